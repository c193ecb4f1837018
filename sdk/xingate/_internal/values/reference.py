"""What can be looked up beside answers: the catalogue, the snapshot, the trace."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from xingate._internal.values.outcome import DenialRecord, OperatorAct, OutcomeRecord
from xingate._internal.values.shared import (
    NO_CALLER,
    NO_SNAPSHOT,
    NO_TEXT,
    BasicListItem,
    Caller,
    LegalBasis,
    Obligation,
    SnapshotRef,
    Text,
)
from xingate._internal.values.words import Effect, Force, SubjectKind, Verdict


@dataclass(frozen=True)
class Action:
    """Something that can be asked about; `work` is one of the five kinds of work of clause 5, 0 for none."""

    id: str
    title: Text = NO_TEXT
    clause: str = ""
    work: int = 0


@dataclass(frozen=True)
class Trigger:
    """Which entries set a measure off (empty: any), or how many clean years."""

    name: str = ""
    list_types: tuple[str, ...] = ()
    severities: tuple[str, ...] = ()
    grades: tuple[str, ...] = ()
    clean_years: int = 0


@dataclass(frozen=True)
class Measure:
    """A measure as the catalogue holds it."""

    id: str
    title: Text = NO_TEXT
    clause: str = ""
    actions: tuple[str, ...] = ()
    when: Mapping[str, str] = field(default_factory=dict)
    effect: Effect = Effect.UNSPECIFIED
    force: Force = Force.UNSPECIFIED
    reach: tuple[str, ...] = ()
    triggers: tuple[Trigger, ...] = ()
    obligations: tuple[Obligation, ...] = ()
    basis: tuple[LegalBasis, ...] = ()
    bodies: tuple[str, ...] = ()
    basic_list: BasicListItem | None = None
    layer: str = ""
    note: str = ""


@dataclass(frozen=True)
class MaximumValidity:
    """The longest validity that a law allows for a severity."""

    severity: str
    months: int = 0
    basis: str = ""


@dataclass(frozen=True)
class ListType:
    """A kind of list."""

    id: str
    title: Text = NO_TEXT
    family: str = ""
    procedure: str = ""
    audience: str = ""
    clause: str = ""
    layer: str = ""
    maximum_validity: tuple[MaximumValidity, ...] = ()
    grades: tuple[str, ...] = ()
    adverse: bool = False
    note: str = ""


@dataclass(frozen=True)
class Source:
    """What a snapshot knows about one source of lists."""

    kind: str
    provides: tuple[str, ...] = ()
    required: bool = False
    loaded: bool = False
    rows: int = 0
    admitted: int = 0
    refused: Mapping[str, int] = field(default_factory=dict)
    data_as_of: date | None = None
    coverage_from: date | None = None
    coverage_to: date | None = None
    max_age_days: int = 0
    vanished: tuple[str, ...] = ()


@dataclass(frozen=True)
class Snapshot:
    """The snapshot that answers, and what it was made of."""

    ref: SnapshotRef = NO_SNAPSHOT
    sources: tuple[Source, ...] = ()
    subjects: int = 0
    entries: int = 0
    posture: str = ""
    retained: tuple[int, ...] = ()
    list_types: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class CheckRecord:
    """A recorded lookup. A person's number is in no field."""

    caller: Caller = NO_CALLER
    action: str = ""
    matter: str = ""
    subject_kind: SubjectKind = SubjectKind.UNSPECIFIED
    subject_key: str = ""
    subject_code: str = ""
    as_of: date | None = None
    sequence: int = 0
    snapshot_hash: str = ""
    catalogue_hash: str = ""
    verdict: Verdict = Verdict.CANNOT_TELL
    measure_ids: tuple[str, ...] = ()
    entry_ids: tuple[str, ...] = ()
    gaps: tuple[str, ...] = ()
    decision_digest: str = ""
    context: Mapping[str, str] = field(default_factory=dict)
    situation: bytes = field(default=b"", repr=False)
    further_keys: tuple[str, ...] = ()


NO_CHECK = CheckRecord()


@dataclass(frozen=True)
class TraceRecord:
    """What one leaf of the log says: a lookup, what became of one, a refusal, or an operator's act. One of the four
    is there, none for a kind of leaf that this version does not know."""

    record_id: str
    request_id: str = ""
    time: datetime | None = None
    check: CheckRecord | None = None
    outcome: OutcomeRecord | None = None
    denial: DenialRecord | None = None
    act: OperatorAct | None = None


@dataclass(frozen=True)
class SignedCheckpoint:
    """A log's newest checkpoint as the gateway gave it: not yet verified. `note` is the signed note; size, root and the
    log's verifier key are the gateway's own words, to be compared with what `xingate.checkpoint.verify` reads."""

    note: str
    tree_size: int = 0
    root_hash: bytes = b""
    verifier_key: str = ""


@dataclass(frozen=True)
class ConsistencyProof:
    """Hashes for `xingate.merkle.verify_consistency`; sizes and roots are to be taken from signed checkpoints."""

    size1: int
    size2: int
    proof: tuple[bytes, ...] = ()


@dataclass(frozen=True)
class TraceEntry:
    """A leaf, where it stands in the log, and its exact bytes."""

    leaf_index: int
    record: TraceRecord
    log_origin: str = ""
    leaf: bytes = field(default=b"", repr=False)
    wire: bytes = field(default=b"", repr=False, compare=False)  # the TraceEntry message as received

    def to_json(self, *, indent: int | None = None) -> str:
        """The proto3 JSON of the TraceEntry message, every field present."""
        from xingate._internal.wire import to_json

        return to_json("TraceEntry", self.wire, indent)

    @property
    def record_id(self) -> str:
        """The record's own id."""
        return self.record.record_id

    @property
    def request_id(self) -> str:
        """The id under which the question was put."""
        return self.record.request_id

    @property
    def time(self) -> datetime | None:
        """When it was recorded, UTC."""
        return self.record.time

    @property
    def kind(self) -> str:
        """What sort of leaf it is: check, outcome, denial, act, or unknown."""
        record = self.record
        kinds = {"check": record.check, "outcome": record.outcome, "denial": record.denial, "act": record.act}
        return next((kind for kind, body in kinds.items() if body is not None), "unknown")

    @property
    def check(self) -> CheckRecord:
        """The lookup; an empty one for another kind of leaf."""
        return self.record.check or NO_CHECK
