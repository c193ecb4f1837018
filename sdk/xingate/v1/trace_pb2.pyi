from xingate.v1 import types_pb2 as _types_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class TraceRecord(_message.Message):
    __slots__ = ("record_id", "request_id", "time", "check", "outcome", "denial", "act")
    RECORD_ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    CHECK_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    DENIAL_FIELD_NUMBER: _ClassVar[int]
    ACT_FIELD_NUMBER: _ClassVar[int]
    record_id: str
    request_id: str
    time: str
    check: CheckRecord
    outcome: OutcomeRecord
    denial: DenialRecord
    act: OperatorAct
    def __init__(self, record_id: _Optional[str] = ..., request_id: _Optional[str] = ..., time: _Optional[str] = ..., check: _Optional[_Union[CheckRecord, _Mapping]] = ..., outcome: _Optional[_Union[OutcomeRecord, _Mapping]] = ..., denial: _Optional[_Union[DenialRecord, _Mapping]] = ..., act: _Optional[_Union[OperatorAct, _Mapping]] = ...) -> None: ...

class CheckRecord(_message.Message):
    __slots__ = ("caller", "action", "matter", "subject_kind", "subject_key", "subject_code", "as_of", "sequence", "snapshot_hash", "catalogue_hash", "verdict", "measure_ids", "entry_ids", "gaps", "decision_digest", "context", "situation", "further_keys")
    class ContextEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    CALLER_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    MATTER_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_KIND_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_KEY_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_CODE_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    SNAPSHOT_HASH_FIELD_NUMBER: _ClassVar[int]
    CATALOGUE_HASH_FIELD_NUMBER: _ClassVar[int]
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    MEASURE_IDS_FIELD_NUMBER: _ClassVar[int]
    ENTRY_IDS_FIELD_NUMBER: _ClassVar[int]
    GAPS_FIELD_NUMBER: _ClassVar[int]
    DECISION_DIGEST_FIELD_NUMBER: _ClassVar[int]
    CONTEXT_FIELD_NUMBER: _ClassVar[int]
    SITUATION_FIELD_NUMBER: _ClassVar[int]
    FURTHER_KEYS_FIELD_NUMBER: _ClassVar[int]
    caller: _types_pb2.Caller
    action: str
    matter: str
    subject_kind: _types_pb2.SubjectKind
    subject_key: str
    subject_code: str
    as_of: str
    sequence: int
    snapshot_hash: str
    catalogue_hash: str
    verdict: _types_pb2.Verdict
    measure_ids: _containers.RepeatedScalarFieldContainer[str]
    entry_ids: _containers.RepeatedScalarFieldContainer[str]
    gaps: _containers.RepeatedScalarFieldContainer[str]
    decision_digest: str
    context: _containers.ScalarMap[str, str]
    situation: bytes
    further_keys: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, caller: _Optional[_Union[_types_pb2.Caller, _Mapping]] = ..., action: _Optional[str] = ..., matter: _Optional[str] = ..., subject_kind: _Optional[_Union[_types_pb2.SubjectKind, str]] = ..., subject_key: _Optional[str] = ..., subject_code: _Optional[str] = ..., as_of: _Optional[str] = ..., sequence: _Optional[int] = ..., snapshot_hash: _Optional[str] = ..., catalogue_hash: _Optional[str] = ..., verdict: _Optional[_Union[_types_pb2.Verdict, str]] = ..., measure_ids: _Optional[_Iterable[str]] = ..., entry_ids: _Optional[_Iterable[str]] = ..., gaps: _Optional[_Iterable[str]] = ..., decision_digest: _Optional[str] = ..., context: _Optional[_Mapping[str, str]] = ..., situation: _Optional[bytes] = ..., further_keys: _Optional[_Iterable[str]] = ...) -> None: ...

class GetRecordRequest(_message.Message):
    __slots__ = ("record_id",)
    RECORD_ID_FIELD_NUMBER: _ClassVar[int]
    record_id: str
    def __init__(self, record_id: _Optional[str] = ...) -> None: ...

class TraceEntry(_message.Message):
    __slots__ = ("leaf_index", "log_origin", "record", "leaf")
    LEAF_INDEX_FIELD_NUMBER: _ClassVar[int]
    LOG_ORIGIN_FIELD_NUMBER: _ClassVar[int]
    RECORD_FIELD_NUMBER: _ClassVar[int]
    LEAF_FIELD_NUMBER: _ClassVar[int]
    leaf_index: int
    log_origin: str
    record: TraceRecord
    leaf: bytes
    def __init__(self, leaf_index: _Optional[int] = ..., log_origin: _Optional[str] = ..., record: _Optional[_Union[TraceRecord, _Mapping]] = ..., leaf: _Optional[bytes] = ...) -> None: ...

class ListRecordsRequest(_message.Message):
    __slots__ = ("limit", "before", "subject", "name", "organisation", "operator", "action", "verdict", "to", "matter", "kind", "scheme")
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    BEFORE_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    ORGANISATION_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    FROM_FIELD_NUMBER: _ClassVar[int]
    TO_FIELD_NUMBER: _ClassVar[int]
    MATTER_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    SCHEME_FIELD_NUMBER: _ClassVar[int]
    limit: int
    before: int
    subject: str
    name: str
    organisation: str
    operator: str
    action: str
    verdict: _types_pb2.Verdict
    to: str
    matter: str
    kind: str
    scheme: str
    def __init__(self, limit: _Optional[int] = ..., before: _Optional[int] = ..., subject: _Optional[str] = ..., name: _Optional[str] = ..., organisation: _Optional[str] = ..., operator: _Optional[str] = ..., action: _Optional[str] = ..., verdict: _Optional[_Union[_types_pb2.Verdict, str]] = ..., to: _Optional[str] = ..., matter: _Optional[str] = ..., kind: _Optional[str] = ..., scheme: _Optional[str] = ..., **kwargs) -> None: ...

class ListRecordsResponse(_message.Message):
    __slots__ = ("entries", "next_before")
    ENTRIES_FIELD_NUMBER: _ClassVar[int]
    NEXT_BEFORE_FIELD_NUMBER: _ClassVar[int]
    entries: _containers.RepeatedCompositeFieldContainer[TraceEntry]
    next_before: int
    def __init__(self, entries: _Optional[_Iterable[_Union[TraceEntry, _Mapping]]] = ..., next_before: _Optional[int] = ...) -> None: ...

class MeasureOutcome(_message.Message):
    __slots__ = ("measure_id", "result", "reason", "amount_yuan", "date", "document_no")
    class Result(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        RESULT_UNSPECIFIED: _ClassVar[MeasureOutcome.Result]
        RESULT_APPLIED: _ClassVar[MeasureOutcome.Result]
        RESULT_NOT_APPLIED: _ClassVar[MeasureOutcome.Result]
        RESULT_OTHER: _ClassVar[MeasureOutcome.Result]
    RESULT_UNSPECIFIED: MeasureOutcome.Result
    RESULT_APPLIED: MeasureOutcome.Result
    RESULT_NOT_APPLIED: MeasureOutcome.Result
    RESULT_OTHER: MeasureOutcome.Result
    MEASURE_ID_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_YUAN_FIELD_NUMBER: _ClassVar[int]
    DATE_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_NO_FIELD_NUMBER: _ClassVar[int]
    measure_id: str
    result: MeasureOutcome.Result
    reason: str
    amount_yuan: str
    date: str
    document_no: str
    def __init__(self, measure_id: _Optional[str] = ..., result: _Optional[_Union[MeasureOutcome.Result, str]] = ..., reason: _Optional[str] = ..., amount_yuan: _Optional[str] = ..., date: _Optional[str] = ..., document_no: _Optional[str] = ...) -> None: ...

class IdentitySettlement(_message.Message):
    __slots__ = ("entry_id", "is_same", "evidence", "decided_by")
    ENTRY_ID_FIELD_NUMBER: _ClassVar[int]
    IS_SAME_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    DECIDED_BY_FIELD_NUMBER: _ClassVar[int]
    entry_id: str
    is_same: bool
    evidence: str
    decided_by: str
    def __init__(self, entry_id: _Optional[str] = ..., is_same: _Optional[bool] = ..., evidence: _Optional[str] = ..., decided_by: _Optional[str] = ...) -> None: ...

class OutcomeRecord(_message.Message):
    __slots__ = ("caller", "lookup_record_id", "measures", "identities", "note")
    CALLER_FIELD_NUMBER: _ClassVar[int]
    LOOKUP_RECORD_ID_FIELD_NUMBER: _ClassVar[int]
    MEASURES_FIELD_NUMBER: _ClassVar[int]
    IDENTITIES_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    caller: _types_pb2.Caller
    lookup_record_id: str
    measures: _containers.RepeatedCompositeFieldContainer[MeasureOutcome]
    identities: _containers.RepeatedCompositeFieldContainer[IdentitySettlement]
    note: str
    def __init__(self, caller: _Optional[_Union[_types_pb2.Caller, _Mapping]] = ..., lookup_record_id: _Optional[str] = ..., measures: _Optional[_Iterable[_Union[MeasureOutcome, _Mapping]]] = ..., identities: _Optional[_Iterable[_Union[IdentitySettlement, _Mapping]]] = ..., note: _Optional[str] = ...) -> None: ...

class DenialRecord(_message.Message):
    __slots__ = ("caller", "method", "reason", "about", "detail")
    CALLER_FIELD_NUMBER: _ClassVar[int]
    METHOD_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    ABOUT_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    caller: _types_pb2.Caller
    method: str
    reason: str
    about: str
    detail: str
    def __init__(self, caller: _Optional[_Union[_types_pb2.Caller, _Mapping]] = ..., method: _Optional[str] = ..., reason: _Optional[str] = ..., about: _Optional[str] = ..., detail: _Optional[str] = ...) -> None: ...

class OperatorAct(_message.Message):
    __slots__ = ("kind", "operator", "before", "after", "detail")
    KIND_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    BEFORE_FIELD_NUMBER: _ClassVar[int]
    AFTER_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    kind: str
    operator: str
    before: str
    after: str
    detail: str
    def __init__(self, kind: _Optional[str] = ..., operator: _Optional[str] = ..., before: _Optional[str] = ..., after: _Optional[str] = ..., detail: _Optional[str] = ...) -> None: ...

class GetReceiptRequest(_message.Message):
    __slots__ = ("record_id",)
    RECORD_ID_FIELD_NUMBER: _ClassVar[int]
    record_id: str
    def __init__(self, record_id: _Optional[str] = ...) -> None: ...

class Receipt(_message.Message):
    __slots__ = ("format", "log_origin", "record_id", "leaf_index", "leaf", "inclusion_proof", "checkpoint")
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    LOG_ORIGIN_FIELD_NUMBER: _ClassVar[int]
    RECORD_ID_FIELD_NUMBER: _ClassVar[int]
    LEAF_INDEX_FIELD_NUMBER: _ClassVar[int]
    LEAF_FIELD_NUMBER: _ClassVar[int]
    INCLUSION_PROOF_FIELD_NUMBER: _ClassVar[int]
    CHECKPOINT_FIELD_NUMBER: _ClassVar[int]
    format: str
    log_origin: str
    record_id: str
    leaf_index: int
    leaf: bytes
    inclusion_proof: _containers.RepeatedScalarFieldContainer[bytes]
    checkpoint: str
    def __init__(self, format: _Optional[str] = ..., log_origin: _Optional[str] = ..., record_id: _Optional[str] = ..., leaf_index: _Optional[int] = ..., leaf: _Optional[bytes] = ..., inclusion_proof: _Optional[_Iterable[bytes]] = ..., checkpoint: _Optional[str] = ...) -> None: ...

class GetMatterReceiptRequest(_message.Message):
    __slots__ = ("record_id",)
    RECORD_ID_FIELD_NUMBER: _ClassVar[int]
    record_id: str
    def __init__(self, record_id: _Optional[str] = ...) -> None: ...

class MatterReceipt(_message.Message):
    __slots__ = ("format", "receipts")
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    RECEIPTS_FIELD_NUMBER: _ClassVar[int]
    format: str
    receipts: _containers.RepeatedCompositeFieldContainer[Receipt]
    def __init__(self, format: _Optional[str] = ..., receipts: _Optional[_Iterable[_Union[Receipt, _Mapping]]] = ...) -> None: ...

class GetCheckpointRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Checkpoint(_message.Message):
    __slots__ = ("note", "tree_size", "root_hash", "verifier_key")
    NOTE_FIELD_NUMBER: _ClassVar[int]
    TREE_SIZE_FIELD_NUMBER: _ClassVar[int]
    ROOT_HASH_FIELD_NUMBER: _ClassVar[int]
    VERIFIER_KEY_FIELD_NUMBER: _ClassVar[int]
    note: str
    tree_size: int
    root_hash: bytes
    verifier_key: str
    def __init__(self, note: _Optional[str] = ..., tree_size: _Optional[int] = ..., root_hash: _Optional[bytes] = ..., verifier_key: _Optional[str] = ...) -> None: ...

class GetConsistencyProofRequest(_message.Message):
    __slots__ = ("size1", "size2")
    SIZE1_FIELD_NUMBER: _ClassVar[int]
    SIZE2_FIELD_NUMBER: _ClassVar[int]
    size1: int
    size2: int
    def __init__(self, size1: _Optional[int] = ..., size2: _Optional[int] = ...) -> None: ...

class ConsistencyProof(_message.Message):
    __slots__ = ("size1", "size2", "proof")
    SIZE1_FIELD_NUMBER: _ClassVar[int]
    SIZE2_FIELD_NUMBER: _ClassVar[int]
    PROOF_FIELD_NUMBER: _ClassVar[int]
    size1: int
    size2: int
    proof: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, size1: _Optional[int] = ..., size2: _Optional[int] = ..., proof: _Optional[_Iterable[bytes]] = ...) -> None: ...

class ReportOutcomeRequest(_message.Message):
    __slots__ = ("record_id", "outcome_id", "caller", "measures", "identities", "note")
    RECORD_ID_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_ID_FIELD_NUMBER: _ClassVar[int]
    CALLER_FIELD_NUMBER: _ClassVar[int]
    MEASURES_FIELD_NUMBER: _ClassVar[int]
    IDENTITIES_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    record_id: str
    outcome_id: str
    caller: _types_pb2.Caller
    measures: _containers.RepeatedCompositeFieldContainer[MeasureOutcome]
    identities: _containers.RepeatedCompositeFieldContainer[IdentitySettlement]
    note: str
    def __init__(self, record_id: _Optional[str] = ..., outcome_id: _Optional[str] = ..., caller: _Optional[_Union[_types_pb2.Caller, _Mapping]] = ..., measures: _Optional[_Iterable[_Union[MeasureOutcome, _Mapping]]] = ..., identities: _Optional[_Iterable[_Union[IdentitySettlement, _Mapping]]] = ..., note: _Optional[str] = ...) -> None: ...

class ReportOutcomeResponse(_message.Message):
    __slots__ = ("outcome_id", "trace", "lookup_record_id")
    OUTCOME_ID_FIELD_NUMBER: _ClassVar[int]
    TRACE_FIELD_NUMBER: _ClassVar[int]
    LOOKUP_RECORD_ID_FIELD_NUMBER: _ClassVar[int]
    outcome_id: str
    trace: _types_pb2.TraceRef
    lookup_record_id: str
    def __init__(self, outcome_id: _Optional[str] = ..., trace: _Optional[_Union[_types_pb2.TraceRef, _Mapping]] = ..., lookup_record_id: _Optional[str] = ...) -> None: ...

class GetUsageReportRequest(_message.Message):
    __slots__ = ("to", "by")
    FROM_FIELD_NUMBER: _ClassVar[int]
    TO_FIELD_NUMBER: _ClassVar[int]
    BY_FIELD_NUMBER: _ClassVar[int]
    to: str
    by: str
    def __init__(self, to: _Optional[str] = ..., by: _Optional[str] = ..., **kwargs) -> None: ...

class UsageRow(_message.Message):
    __slots__ = ("group", "lookups", "subjects", "verdicts", "outcomes", "applied", "not_applied", "other", "unanswered", "feedback_seconds", "denials")
    class VerdictsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    GROUP_FIELD_NUMBER: _ClassVar[int]
    LOOKUPS_FIELD_NUMBER: _ClassVar[int]
    SUBJECTS_FIELD_NUMBER: _ClassVar[int]
    VERDICTS_FIELD_NUMBER: _ClassVar[int]
    OUTCOMES_FIELD_NUMBER: _ClassVar[int]
    APPLIED_FIELD_NUMBER: _ClassVar[int]
    NOT_APPLIED_FIELD_NUMBER: _ClassVar[int]
    OTHER_FIELD_NUMBER: _ClassVar[int]
    UNANSWERED_FIELD_NUMBER: _ClassVar[int]
    FEEDBACK_SECONDS_FIELD_NUMBER: _ClassVar[int]
    DENIALS_FIELD_NUMBER: _ClassVar[int]
    group: str
    lookups: int
    subjects: int
    verdicts: _containers.ScalarMap[str, int]
    outcomes: int
    applied: int
    not_applied: int
    other: int
    unanswered: int
    feedback_seconds: float
    denials: int
    def __init__(self, group: _Optional[str] = ..., lookups: _Optional[int] = ..., subjects: _Optional[int] = ..., verdicts: _Optional[_Mapping[str, int]] = ..., outcomes: _Optional[int] = ..., applied: _Optional[int] = ..., not_applied: _Optional[int] = ..., other: _Optional[int] = ..., unanswered: _Optional[int] = ..., feedback_seconds: _Optional[float] = ..., denials: _Optional[int] = ...) -> None: ...

class UsageReport(_message.Message):
    __slots__ = ("to", "by", "rows", "total")
    FROM_FIELD_NUMBER: _ClassVar[int]
    TO_FIELD_NUMBER: _ClassVar[int]
    BY_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    to: str
    by: str
    rows: _containers.RepeatedCompositeFieldContainer[UsageRow]
    total: UsageRow
    def __init__(self, to: _Optional[str] = ..., by: _Optional[str] = ..., rows: _Optional[_Iterable[_Union[UsageRow, _Mapping]]] = ..., total: _Optional[_Union[UsageRow, _Mapping]] = ..., **kwargs) -> None: ...
