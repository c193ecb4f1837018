"""What goes into a decision and what comes out: `Question`, `Situation`, `Decision`.

All of it is frozen and serialisable: the situation is stored with the record so that a replay needs nothing but the
snapshot, and the decision's digest is taken over its deterministic JSON (DESIGN section 4).
"""

from datetime import date
from enum import StrEnum
from hashlib import sha256

import msgspec

from xingate_server.core.catalogue import (
    Audience,
    BasicListItem,
    Effect,
    Force,
    LegalBasis,
    Remedy,
    Title,
    Verdict,
)
from xingate_server.core.entry import Severity, Status
from xingate_server.core.subject import SubjectKind


class GapReason(StrEnum):
    """Why an answer does not know something."""

    SOURCE_MISSING = "source_missing"
    SOURCE_STALE = "source_stale"
    SOURCE_NOT_COVERING = "source_not_covering"
    CONTEXT_MISSING = "context_missing"
    IDENTITY_NAME_ONLY = "identity_name_only"
    IDENTITY_MASKED = "identity_masked"
    IDENTITY_AMBIGUOUS = "identity_ambiguous"
    IDENTITY_CHECKSUM = "identity_checksum"
    IDENTITY_UNSETTLED = "identity_unsettled"
    CLEAN_YEARS_UNKNOWN = "clean_years_unknown"
    ROW_UNREADABLE = "row_unreadable"
    COMMITMENT_OVERDUE = "commitment_overdue"


class _Struct(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    pass


class Question(_Struct, frozen=True):
    """What is asked. `names` are the normalised names given; `is_foreign` says that the numbers given are those of
    a subject registered outside China; `bodies` are the authenticated caller's implementing bodies, None without
    authentication."""

    action: str
    kind: SubjectKind
    as_of: date
    context: dict[str, str] = msgspec.field(default_factory=dict)
    names: tuple[str, ...] = ()
    is_foreign: bool = False
    bodies: tuple[str, ...] | None = None


class SourceState(_Struct, frozen=True):
    """What a snapshot knows about one source: what it provides, and for which days it speaks.

    `vanished` are list types that had entries in the previous sequence and have none now without an accepted
    shrink. Dates are None if the source is absent.
    """

    kind: str
    provides: tuple[str, ...]
    is_required: bool = False
    is_loaded: bool = True
    admitted: int = 0
    coverage_from: date | None = None
    data_as_of: date | None = None
    max_age_days: int = 0
    vanished: tuple[str, ...] = ()


class Situation(_Struct, frozen=True):
    """What the gateway knew about its own knowledge when it answered.

    `identity` holds the reasons (name only, masked, ambiguous, checksum) why the subject is not settled; empty
    when it is. `checked_on` is the day of the check in Asia/Shanghai. `audience` is what the caller may see.
    """

    sources: tuple[SourceState, ...]
    checked_on: date
    identity: tuple[GapReason, ...] = ()
    audience: Audience = Audience.GOVERNMENT


class EntryRef(_Struct, frozen=True):
    """The entry that a measure rests on, as shown in an answer."""

    id: str
    list_type: str
    title: Title
    authority: str
    document_no: str
    document_date: date
    valid_from: date
    valid_until: date | None = None
    severity: Severity | None = None
    grade: str = ""
    facts: str = ""
    region: str = ""
    field: str = ""
    status: Status = Status.ACTIVE
    status_date: date | None = None
    source: str = ""


class Via(_Struct, frozen=True):
    """The relation through which a person is reached."""

    role: str
    entity_name: str
    entity_code: str


class ShownObligation(_Struct, frozen=True):
    """An obligation as shown in an answer."""

    kind: str
    title: Title
    parameters: dict[str, str] = msgspec.field(default_factory=dict)


class Applied(_Struct, frozen=True):
    """One measure in an answer, with all that a person needs to contest it.

    `entry` is None only for a measure that rests on three clean years, whose `evidence` then says which.
    `because` says why it stands in `suspended`, `withheld`, `advisory_only` or `ended`.
    """

    id: str
    title: Title
    clause: str
    effect: Effect
    force: Force
    reach: str
    basis: tuple[LegalBasis, ...]
    bodies: tuple[str, ...]
    via: Via | None = None
    obligations: tuple[ShownObligation, ...] = ()
    basic_list: BasicListItem | None = None
    is_executable_by_caller: bool | None = None
    entry: EntryRef | None = None
    remedies: tuple[Remedy, ...] = ()
    because: str = ""
    evidence: str = ""


class ShownRecord(_Struct, frozen=True):
    """A penalty, permit or commitment: shown, with no measure of its own."""

    entry: EntryRef
    amount_yuan: str = ""


class Gap(_Struct, frozen=True):
    """Something that the answer does not know, what it may hide, and what would close it."""

    reason: GapReason
    could_be: Verdict
    closes_with: str
    about: str = ""  # the source, the attribute, the list type or the entry concerned


class Candidate(_Struct, frozen=True):
    """A possible match, never a decision. `score` is 0 to 1; `why` names what fits, `closes_with` what settles it."""

    kind: SubjectKind
    name: str
    display: str
    list_types: tuple[str, ...]
    score: float
    why: str
    closes_with: str = ""


class Flag(_Struct, frozen=True):
    """Something worth knowing about the data behind the answer."""

    code: str
    detail: str = ""


class Decision(_Struct, frozen=True):
    """The answer. Each list has a fixed order, so that the same inputs give the same bytes."""

    verdict: Verdict
    measures: tuple[Applied, ...] = ()
    suspended: tuple[Applied, ...] = ()
    withheld: tuple[Applied, ...] = ()
    advisory_only: tuple[Applied, ...] = ()
    ended: tuple[Applied, ...] = ()
    records: tuple[ShownRecord, ...] = ()
    gaps: tuple[Gap, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    flags: tuple[Flag, ...] = ()


def encode(decision: Decision) -> bytes:
    """The deterministic JSON of a decision."""
    return msgspec.json.encode(decision, order="deterministic")


def digest(decision: Decision) -> str:
    """SHA-256 over `encode`, in hex: the decision digest of DESIGN section 4."""
    return sha256(encode(decision)).hexdigest()


class Encoded(msgspec.Struct, frozen=True):
    """A decision with the bytes that its digest is over, and the digest."""

    decision: Decision
    encoded: bytes
    digest: str

    @classmethod
    def of(cls, decision: Decision) -> "Encoded":
        """Encode `decision`."""
        encoded = encode(decision)
        return cls(decision, encoded, sha256(encoded).hexdigest())
