from xingate.v1 import types_pb2 as _types_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class TraceRecord(_message.Message):
    __slots__ = ("record_id", "request_id", "time", "check")
    RECORD_ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    CHECK_FIELD_NUMBER: _ClassVar[int]
    record_id: str
    request_id: str
    time: str
    check: CheckRecord
    def __init__(self, record_id: _Optional[str] = ..., request_id: _Optional[str] = ..., time: _Optional[str] = ..., check: _Optional[_Union[CheckRecord, _Mapping]] = ...) -> None: ...

class CheckRecord(_message.Message):
    __slots__ = ("caller", "action", "matter", "subject_kind", "subject_key", "subject_code", "as_of", "sequence", "snapshot_hash", "catalogue_hash", "verdict", "measure_ids", "entry_ids", "gaps", "decision_digest", "context", "situation")
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
    def __init__(self, caller: _Optional[_Union[_types_pb2.Caller, _Mapping]] = ..., action: _Optional[str] = ..., matter: _Optional[str] = ..., subject_kind: _Optional[_Union[_types_pb2.SubjectKind, str]] = ..., subject_key: _Optional[str] = ..., subject_code: _Optional[str] = ..., as_of: _Optional[str] = ..., sequence: _Optional[int] = ..., snapshot_hash: _Optional[str] = ..., catalogue_hash: _Optional[str] = ..., verdict: _Optional[_Union[_types_pb2.Verdict, str]] = ..., measure_ids: _Optional[_Iterable[str]] = ..., entry_ids: _Optional[_Iterable[str]] = ..., gaps: _Optional[_Iterable[str]] = ..., decision_digest: _Optional[str] = ..., context: _Optional[_Mapping[str, str]] = ..., situation: _Optional[bytes] = ...) -> None: ...

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
    __slots__ = ("limit", "before")
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    BEFORE_FIELD_NUMBER: _ClassVar[int]
    limit: int
    before: int
    def __init__(self, limit: _Optional[int] = ..., before: _Optional[int] = ...) -> None: ...

class ListRecordsResponse(_message.Message):
    __slots__ = ("entries", "next_before")
    ENTRIES_FIELD_NUMBER: _ClassVar[int]
    NEXT_BEFORE_FIELD_NUMBER: _ClassVar[int]
    entries: _containers.RepeatedCompositeFieldContainer[TraceEntry]
    next_before: int
    def __init__(self, entries: _Optional[_Iterable[_Union[TraceEntry, _Mapping]]] = ..., next_before: _Optional[int] = ...) -> None: ...
