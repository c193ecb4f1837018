"""What the trace holds: records of each kind (Cl. 7, 22), and the checkpoints and proofs of its log."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from xingate._internal.values.common_parts import NO_CALLER, Caller
from xingate._internal.values.enums import SubjectKind, Verdict
from xingate._internal.values.outcome import IdentitySettlement, MeasureOutcome


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
class OutcomeRecord:
    """A recorded report on the lookup `lookup_record_id`."""

    caller: Caller = NO_CALLER
    lookup_record_id: str = ""
    measures: tuple[MeasureOutcome, ...] = ()
    identities: tuple[IdentitySettlement, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class DenialRecord:
    """Who was refused what: `method` is the call, `about` the record concerned or ""."""

    caller: Caller = NO_CALLER
    method: str = ""
    reason: str = ""
    about: str = ""
    detail: str = ""


@dataclass(frozen=True)
class OperatorAct:
    """An act of an operator that changes answers, such as `snapshot_activated`; `before` and `after` are JSON."""

    kind: str = ""
    operator: str = ""
    before: str = ""
    after: str = ""
    detail: str = ""


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
        from xingate._internal.values.message_json import to_json

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
