from xingate.v1 import types_pb2 as _types_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class GetSnapshotRequest(_message.Message):
    __slots__ = ("sequence",)
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    sequence: int
    def __init__(self, sequence: _Optional[int] = ...) -> None: ...

class WatchSnapshotRequest(_message.Message):
    __slots__ = ("after",)
    AFTER_FIELD_NUMBER: _ClassVar[int]
    after: int
    def __init__(self, after: _Optional[int] = ...) -> None: ...

class Source(_message.Message):
    __slots__ = ("kind", "provides", "required", "loaded", "rows", "admitted", "refused", "data_as_of", "coverage_from", "coverage_to", "max_age_days", "vanished")
    class RefusedEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    KIND_FIELD_NUMBER: _ClassVar[int]
    PROVIDES_FIELD_NUMBER: _ClassVar[int]
    REQUIRED_FIELD_NUMBER: _ClassVar[int]
    LOADED_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    ADMITTED_FIELD_NUMBER: _ClassVar[int]
    REFUSED_FIELD_NUMBER: _ClassVar[int]
    DATA_AS_OF_FIELD_NUMBER: _ClassVar[int]
    COVERAGE_FROM_FIELD_NUMBER: _ClassVar[int]
    COVERAGE_TO_FIELD_NUMBER: _ClassVar[int]
    MAX_AGE_DAYS_FIELD_NUMBER: _ClassVar[int]
    VANISHED_FIELD_NUMBER: _ClassVar[int]
    kind: str
    provides: _containers.RepeatedScalarFieldContainer[str]
    required: bool
    loaded: bool
    rows: int
    admitted: int
    refused: _containers.ScalarMap[str, int]
    data_as_of: str
    coverage_from: str
    coverage_to: str
    max_age_days: int
    vanished: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, kind: _Optional[str] = ..., provides: _Optional[_Iterable[str]] = ..., required: _Optional[bool] = ..., loaded: _Optional[bool] = ..., rows: _Optional[int] = ..., admitted: _Optional[int] = ..., refused: _Optional[_Mapping[str, int]] = ..., data_as_of: _Optional[str] = ..., coverage_from: _Optional[str] = ..., coverage_to: _Optional[str] = ..., max_age_days: _Optional[int] = ..., vanished: _Optional[_Iterable[str]] = ...) -> None: ...

class Snapshot(_message.Message):
    __slots__ = ("ref", "sources", "subjects", "entries", "posture", "retained", "list_types")
    class ListTypesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    REF_FIELD_NUMBER: _ClassVar[int]
    SOURCES_FIELD_NUMBER: _ClassVar[int]
    SUBJECTS_FIELD_NUMBER: _ClassVar[int]
    ENTRIES_FIELD_NUMBER: _ClassVar[int]
    POSTURE_FIELD_NUMBER: _ClassVar[int]
    RETAINED_FIELD_NUMBER: _ClassVar[int]
    LIST_TYPES_FIELD_NUMBER: _ClassVar[int]
    ref: _types_pb2.SnapshotRef
    sources: _containers.RepeatedCompositeFieldContainer[Source]
    subjects: int
    entries: int
    posture: str
    retained: _containers.RepeatedScalarFieldContainer[int]
    list_types: _containers.ScalarMap[str, int]
    def __init__(self, ref: _Optional[_Union[_types_pb2.SnapshotRef, _Mapping]] = ..., sources: _Optional[_Iterable[_Union[Source, _Mapping]]] = ..., subjects: _Optional[int] = ..., entries: _Optional[int] = ..., posture: _Optional[str] = ..., retained: _Optional[_Iterable[int]] = ..., list_types: _Optional[_Mapping[str, int]] = ...) -> None: ...
