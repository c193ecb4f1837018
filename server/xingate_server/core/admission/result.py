"""What admission makes of a row: an admitted one, a refused one, and of which kind the refusal is.

Scope: the outcomes and the reason codes by kind (DESIGN section 5, "Unreadable rows"). Excluded: how a row is judged
(`core.admission.admit`).
"""

from datetime import date
from typing import Final

import msgspec

from xingate_server.core.admission.relations import Related
from xingate_server.core.admission.row_subject import Place
from xingate_server.core.entry import Entry, UnreadRow
from xingate_server.core.subject import Profile, Registration, SubjectClass

BY_RULE: Final = frozenset(
    {
        "authority_missing",
        "basis_missing",
        "document_missing",
        "duplicate",
        "notice_calendar_unknown",
        "notice_missing",
        "notice_too_short",
        "red_blocked_by_black",
        "signature_missing",
        "superseded",
        "validity_exceeds_maximum",
    }
)
"""Reasons for which a row was not properly recognised: it has no effect, and makes no gap."""
UNREADABLE: Final = frozenset(
    {
        "date_malformed",
        "list_type_not_provided",
        "list_type_unknown",
        "subject_kind_missing",
        "validity_inverted",
        "value_unknown",
    }
)
"""Reasons for which nobody can tell what a row says: what could be read of it makes a gap."""


def kind_of_refusal(reason: str) -> str:
    """The kind of a reason: `unreadable`, `number` (one is lacking or cannot be used), or `by_rule`."""
    if reason in UNREADABLE:
        return "unreadable"
    return "number" if reason.startswith("identifier_") else "by_rule"


class Admitted(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An accepted row, or what remains of one that could not be read, ready for the snapshot.

    `place` says under which keys it is stored. `names` are normalised, the main name and its aliases. Exactly one of
    `entry`, `registration` and `unread` is set. `flags` are the row's own. `counted` are reasons that are counted of a
    row which stands all the same (a number that cannot be used), each with what was found. `also` is what may be of a
    subject of the other class, where the kind and the number contradict each other. `is_validity_open`: a red or
    black row of procedure publicity without an end, which is counted and is not a flag of an answer.
    """

    subject_class: SubjectClass
    place: Place
    profile: Profile
    names: tuple[str, ...] = ()
    document: str = ""  # stands for the document number in the entry's id
    entry: Entry | None = None
    registration: Registration | None = None
    unread: UnreadRow | None = None
    related: tuple[Related, ...] = ()
    flags: tuple[str, ...] = ()
    counted: tuple[tuple[str, str], ...] = ()
    is_validity_open: bool = False
    also: tuple["Admitted", ...] = ()

    @property
    def group(self) -> bytes:
        """The key of the subject."""
        return self.place.group

    @property
    def is_unsettled(self) -> bool:
        """Whether only a mask or a name says whom the row is about."""
        return self.place.is_unsettled


class Refused(msgspec.Struct, frozen=True):
    """A refused row: every reason that applies, each once, sorted; `details` say what was found.

    `remains` is what could be read of an unreadable row, once for each class of subject that it may be about.
    `is_of_nobody`: neither a number nor a name says whom the row is about.
    """

    reasons: tuple[str, ...]
    details: tuple[str, ...]
    remains: tuple[Admitted, ...] = ()
    is_of_nobody: bool = False

    @property
    def is_by_rule(self) -> bool:
        """Whether the row was not properly recognised, whatever else is wrong with it."""
        return not BY_RULE.isdisjoint(self.reasons)

    @property
    def is_unreadable(self) -> bool:
        """Whether the list says something about a subject, and nobody can tell what."""
        return not (self.is_by_rule or self.is_of_nobody or UNREADABLE.isdisjoint(self.reasons))


class SourceTerms(msgspec.Struct, frozen=True):
    """What admission knows of a row's source: the list types that it provides (None: any), the day of its data."""

    provides: frozenset[str] | None = None
    data_as_of: date | None = None


ANY_SOURCE: Final = SourceTerms()
