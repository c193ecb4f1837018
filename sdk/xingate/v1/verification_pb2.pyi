from xingate.v1 import types_pb2 as _types_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class View(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    VIEW_UNSPECIFIED: _ClassVar[View]
    VIEW_BASIC: _ClassVar[View]
    VIEW_FULL: _ClassVar[View]
VIEW_UNSPECIFIED: View
VIEW_BASIC: View
VIEW_FULL: View

class CheckRequest(_message.Message):
    __slots__ = ("request_id", "subject", "action", "as_of", "sequence", "caller", "matter", "context", "view")
    class ContextEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    CALLER_FIELD_NUMBER: _ClassVar[int]
    MATTER_FIELD_NUMBER: _ClassVar[int]
    CONTEXT_FIELD_NUMBER: _ClassVar[int]
    VIEW_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    subject: _types_pb2.Subject
    action: str
    as_of: str
    sequence: int
    caller: _types_pb2.Caller
    matter: str
    context: _containers.ScalarMap[str, str]
    view: View
    def __init__(self, request_id: _Optional[str] = ..., subject: _Optional[_Union[_types_pb2.Subject, _Mapping]] = ..., action: _Optional[str] = ..., as_of: _Optional[str] = ..., sequence: _Optional[int] = ..., caller: _Optional[_Union[_types_pb2.Caller, _Mapping]] = ..., matter: _Optional[str] = ..., context: _Optional[_Mapping[str, str]] = ..., view: _Optional[_Union[View, str]] = ...) -> None: ...

class CheckResponse(_message.Message):
    __slots__ = ("request_id", "verdict", "measures", "suspended", "withheld", "advisory_only", "ended", "records", "gaps", "candidates", "flags", "snapshot", "trace", "as_of", "decision_digest")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    MEASURES_FIELD_NUMBER: _ClassVar[int]
    SUSPENDED_FIELD_NUMBER: _ClassVar[int]
    WITHHELD_FIELD_NUMBER: _ClassVar[int]
    ADVISORY_ONLY_FIELD_NUMBER: _ClassVar[int]
    ENDED_FIELD_NUMBER: _ClassVar[int]
    RECORDS_FIELD_NUMBER: _ClassVar[int]
    GAPS_FIELD_NUMBER: _ClassVar[int]
    CANDIDATES_FIELD_NUMBER: _ClassVar[int]
    FLAGS_FIELD_NUMBER: _ClassVar[int]
    SNAPSHOT_FIELD_NUMBER: _ClassVar[int]
    TRACE_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    DECISION_DIGEST_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    verdict: _types_pb2.Verdict
    measures: _containers.RepeatedCompositeFieldContainer[_types_pb2.AppliedMeasure]
    suspended: _containers.RepeatedCompositeFieldContainer[_types_pb2.AppliedMeasure]
    withheld: _containers.RepeatedCompositeFieldContainer[_types_pb2.AppliedMeasure]
    advisory_only: _containers.RepeatedCompositeFieldContainer[_types_pb2.AppliedMeasure]
    ended: _containers.RepeatedCompositeFieldContainer[_types_pb2.AppliedMeasure]
    records: _containers.RepeatedCompositeFieldContainer[_types_pb2.Record]
    gaps: _containers.RepeatedCompositeFieldContainer[_types_pb2.Gap]
    candidates: _containers.RepeatedCompositeFieldContainer[_types_pb2.Candidate]
    flags: _containers.RepeatedCompositeFieldContainer[_types_pb2.Flag]
    snapshot: _types_pb2.SnapshotRef
    trace: _types_pb2.TraceRef
    as_of: str
    decision_digest: str
    def __init__(self, request_id: _Optional[str] = ..., verdict: _Optional[_Union[_types_pb2.Verdict, str]] = ..., measures: _Optional[_Iterable[_Union[_types_pb2.AppliedMeasure, _Mapping]]] = ..., suspended: _Optional[_Iterable[_Union[_types_pb2.AppliedMeasure, _Mapping]]] = ..., withheld: _Optional[_Iterable[_Union[_types_pb2.AppliedMeasure, _Mapping]]] = ..., advisory_only: _Optional[_Iterable[_Union[_types_pb2.AppliedMeasure, _Mapping]]] = ..., ended: _Optional[_Iterable[_Union[_types_pb2.AppliedMeasure, _Mapping]]] = ..., records: _Optional[_Iterable[_Union[_types_pb2.Record, _Mapping]]] = ..., gaps: _Optional[_Iterable[_Union[_types_pb2.Gap, _Mapping]]] = ..., candidates: _Optional[_Iterable[_Union[_types_pb2.Candidate, _Mapping]]] = ..., flags: _Optional[_Iterable[_Union[_types_pb2.Flag, _Mapping]]] = ..., snapshot: _Optional[_Union[_types_pb2.SnapshotRef, _Mapping]] = ..., trace: _Optional[_Union[_types_pb2.TraceRef, _Mapping]] = ..., as_of: _Optional[str] = ..., decision_digest: _Optional[str] = ...) -> None: ...

class BatchCheckRequest(_message.Message):
    __slots__ = ("requests",)
    REQUESTS_FIELD_NUMBER: _ClassVar[int]
    requests: _containers.RepeatedCompositeFieldContainer[CheckRequest]
    def __init__(self, requests: _Optional[_Iterable[_Union[CheckRequest, _Mapping]]] = ...) -> None: ...

class CheckError(_message.Message):
    __slots__ = ("code", "reason", "message", "field")
    CODE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    FIELD_FIELD_NUMBER: _ClassVar[int]
    code: int
    reason: str
    message: str
    field: str
    def __init__(self, code: _Optional[int] = ..., reason: _Optional[str] = ..., message: _Optional[str] = ..., field: _Optional[str] = ...) -> None: ...

class BatchCheckResult(_message.Message):
    __slots__ = ("response", "error")
    RESPONSE_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    response: CheckResponse
    error: CheckError
    def __init__(self, response: _Optional[_Union[CheckResponse, _Mapping]] = ..., error: _Optional[_Union[CheckError, _Mapping]] = ...) -> None: ...

class BatchCheckResponse(_message.Message):
    __slots__ = ("results",)
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[BatchCheckResult]
    def __init__(self, results: _Optional[_Iterable[_Union[BatchCheckResult, _Mapping]]] = ...) -> None: ...

class Party(_message.Message):
    __slots__ = ("role", "subject")
    ROLE_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    role: str
    subject: _types_pb2.Subject
    def __init__(self, role: _Optional[str] = ..., subject: _Optional[_Union[_types_pb2.Subject, _Mapping]] = ...) -> None: ...

class CheckMatterRequest(_message.Message):
    __slots__ = ("request_id", "matter", "action", "parties", "as_of", "sequence", "caller", "context", "view")
    class ContextEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    MATTER_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    PARTIES_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    CALLER_FIELD_NUMBER: _ClassVar[int]
    CONTEXT_FIELD_NUMBER: _ClassVar[int]
    VIEW_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    matter: str
    action: str
    parties: _containers.RepeatedCompositeFieldContainer[Party]
    as_of: str
    sequence: int
    caller: _types_pb2.Caller
    context: _containers.ScalarMap[str, str]
    view: View
    def __init__(self, request_id: _Optional[str] = ..., matter: _Optional[str] = ..., action: _Optional[str] = ..., parties: _Optional[_Iterable[_Union[Party, _Mapping]]] = ..., as_of: _Optional[str] = ..., sequence: _Optional[int] = ..., caller: _Optional[_Union[_types_pb2.Caller, _Mapping]] = ..., context: _Optional[_Mapping[str, str]] = ..., view: _Optional[_Union[View, str]] = ...) -> None: ...

class PartyAnswer(_message.Message):
    __slots__ = ("role", "response")
    ROLE_FIELD_NUMBER: _ClassVar[int]
    RESPONSE_FIELD_NUMBER: _ClassVar[int]
    role: str
    response: CheckResponse
    def __init__(self, role: _Optional[str] = ..., response: _Optional[_Union[CheckResponse, _Mapping]] = ...) -> None: ...

class CheckMatterResponse(_message.Message):
    __slots__ = ("request_id", "verdict", "parties")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    PARTIES_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    verdict: _types_pb2.Verdict
    parties: _containers.RepeatedCompositeFieldContainer[PartyAnswer]
    def __init__(self, request_id: _Optional[str] = ..., verdict: _Optional[_Union[_types_pb2.Verdict, str]] = ..., parties: _Optional[_Iterable[_Union[PartyAnswer, _Mapping]]] = ...) -> None: ...
