"""Whether a record becomes an entry (DESIGN section 5): every refusal with its reason codes, nothing silent.

`admit` looks at one record alone; what needs a subject's other entries (superseding, red against black) is in
`core.resolve`. Source: clauses 6 to 10, 23 to 25.
"""

from collections.abc import Collection
from datetime import date

import msgspec

from xingate_server.core.calendar import WorkCalendar
from xingate_server.core.catalogue import Catalogue
from xingate_server.core.entry import Entry, Record, Role
from xingate_server.core.subject import Profile, Registration, SubjectClass, SubjectKeyer


class Related(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A person whom an organisation's entry names: by a complete number (`subject`) or by a mask (`mask`)."""

    role: Role
    name: str  # as written
    subject: bytes = b""
    mask: bytes = b""
    display: str = ""  # masked number


class Admitted(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An accepted row, ready for the snapshot.

    `group` is the key of the subject: the organisation code's where there is one, otherwise the main identifier's,
    for masked and name-only rows (`is_unsettled`) the mask's or the name's. `unified` is the key of the unified
    code, b"" without one. `aliases` are the keys of all further identifiers. `names` are normalised, the main name
    and its aliases. Exactly one of `entry` and `registration` is set. `flags` are the row's own.
    """

    subject_class: SubjectClass
    group: bytes
    profile: Profile
    unified: bytes = b""
    aliases: tuple[bytes, ...] = ()
    names: tuple[str, ...] = ()
    masks: tuple[bytes, ...] = ()
    is_unsettled: bool = False
    entry: Entry | None = None
    registration: Registration | None = None
    related: tuple[Related, ...] = ()
    flags: tuple[str, ...] = ()


class Refused(msgspec.Struct, frozen=True):
    """A refused row: every reason that applies, each once, sorted; `details` say what was found and expected."""

    reasons: tuple[str, ...]
    details: tuple[str, ...]


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """What admission goes by. `registered_codes` are codes with a failing check digit that a loaded register holds
    exactly; `today` is the day of the compile."""

    catalogue: Catalogue
    calendar: WorkCalendar
    keyer: SubjectKeyer
    today: date
    registered_codes: Collection[str] = ()


def admit(record: Record, rules: Rules) -> Admitted | Refused:
    """Admit or refuse one record."""
    ...
