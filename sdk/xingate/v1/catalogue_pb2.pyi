from xingate.v1 import types_pb2 as _types_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Action(_message.Message):
    __slots__ = ("id", "title", "clause", "work")
    ID_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    CLAUSE_FIELD_NUMBER: _ClassVar[int]
    WORK_FIELD_NUMBER: _ClassVar[int]
    id: str
    title: _types_pb2.Text
    clause: str
    work: int
    def __init__(self, id: _Optional[str] = ..., title: _Optional[_Union[_types_pb2.Text, _Mapping]] = ..., clause: _Optional[str] = ..., work: _Optional[int] = ...) -> None: ...

class Trigger(_message.Message):
    __slots__ = ("name", "list_types", "severities", "grades", "clean_years")
    NAME_FIELD_NUMBER: _ClassVar[int]
    LIST_TYPES_FIELD_NUMBER: _ClassVar[int]
    SEVERITIES_FIELD_NUMBER: _ClassVar[int]
    GRADES_FIELD_NUMBER: _ClassVar[int]
    CLEAN_YEARS_FIELD_NUMBER: _ClassVar[int]
    name: str
    list_types: _containers.RepeatedScalarFieldContainer[str]
    severities: _containers.RepeatedScalarFieldContainer[str]
    grades: _containers.RepeatedScalarFieldContainer[str]
    clean_years: int
    def __init__(self, name: _Optional[str] = ..., list_types: _Optional[_Iterable[str]] = ..., severities: _Optional[_Iterable[str]] = ..., grades: _Optional[_Iterable[str]] = ..., clean_years: _Optional[int] = ...) -> None: ...

class Measure(_message.Message):
    __slots__ = ("id", "title", "clause", "actions", "when", "effect", "force", "reach", "triggers", "obligations", "basis", "bodies", "basic_list", "layer", "note")
    class WhenEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    ID_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    CLAUSE_FIELD_NUMBER: _ClassVar[int]
    ACTIONS_FIELD_NUMBER: _ClassVar[int]
    WHEN_FIELD_NUMBER: _ClassVar[int]
    EFFECT_FIELD_NUMBER: _ClassVar[int]
    FORCE_FIELD_NUMBER: _ClassVar[int]
    REACH_FIELD_NUMBER: _ClassVar[int]
    TRIGGERS_FIELD_NUMBER: _ClassVar[int]
    OBLIGATIONS_FIELD_NUMBER: _ClassVar[int]
    BASIS_FIELD_NUMBER: _ClassVar[int]
    BODIES_FIELD_NUMBER: _ClassVar[int]
    BASIC_LIST_FIELD_NUMBER: _ClassVar[int]
    LAYER_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    id: str
    title: _types_pb2.Text
    clause: str
    actions: _containers.RepeatedScalarFieldContainer[str]
    when: _containers.ScalarMap[str, str]
    effect: _types_pb2.Effect
    force: _types_pb2.Force
    reach: _containers.RepeatedScalarFieldContainer[str]
    triggers: _containers.RepeatedCompositeFieldContainer[Trigger]
    obligations: _containers.RepeatedCompositeFieldContainer[_types_pb2.Obligation]
    basis: _containers.RepeatedCompositeFieldContainer[_types_pb2.LegalBasis]
    bodies: _containers.RepeatedScalarFieldContainer[str]
    basic_list: _types_pb2.BasicListItem
    layer: str
    note: str
    def __init__(self, id: _Optional[str] = ..., title: _Optional[_Union[_types_pb2.Text, _Mapping]] = ..., clause: _Optional[str] = ..., actions: _Optional[_Iterable[str]] = ..., when: _Optional[_Mapping[str, str]] = ..., effect: _Optional[_Union[_types_pb2.Effect, str]] = ..., force: _Optional[_Union[_types_pb2.Force, str]] = ..., reach: _Optional[_Iterable[str]] = ..., triggers: _Optional[_Iterable[_Union[Trigger, _Mapping]]] = ..., obligations: _Optional[_Iterable[_Union[_types_pb2.Obligation, _Mapping]]] = ..., basis: _Optional[_Iterable[_Union[_types_pb2.LegalBasis, _Mapping]]] = ..., bodies: _Optional[_Iterable[str]] = ..., basic_list: _Optional[_Union[_types_pb2.BasicListItem, _Mapping]] = ..., layer: _Optional[str] = ..., note: _Optional[str] = ...) -> None: ...

class MaximumValidity(_message.Message):
    __slots__ = ("severity", "months", "basis")
    SEVERITY_FIELD_NUMBER: _ClassVar[int]
    MONTHS_FIELD_NUMBER: _ClassVar[int]
    BASIS_FIELD_NUMBER: _ClassVar[int]
    severity: str
    months: int
    basis: str
    def __init__(self, severity: _Optional[str] = ..., months: _Optional[int] = ..., basis: _Optional[str] = ...) -> None: ...

class ListType(_message.Message):
    __slots__ = ("id", "title", "family", "procedure", "audience", "clause", "layer", "maximum_validity", "grades", "adverse", "note")
    ID_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    FAMILY_FIELD_NUMBER: _ClassVar[int]
    PROCEDURE_FIELD_NUMBER: _ClassVar[int]
    AUDIENCE_FIELD_NUMBER: _ClassVar[int]
    CLAUSE_FIELD_NUMBER: _ClassVar[int]
    LAYER_FIELD_NUMBER: _ClassVar[int]
    MAXIMUM_VALIDITY_FIELD_NUMBER: _ClassVar[int]
    GRADES_FIELD_NUMBER: _ClassVar[int]
    ADVERSE_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    id: str
    title: _types_pb2.Text
    family: str
    procedure: str
    audience: str
    clause: str
    layer: str
    maximum_validity: _containers.RepeatedCompositeFieldContainer[MaximumValidity]
    grades: _containers.RepeatedScalarFieldContainer[str]
    adverse: bool
    note: str
    def __init__(self, id: _Optional[str] = ..., title: _Optional[_Union[_types_pb2.Text, _Mapping]] = ..., family: _Optional[str] = ..., procedure: _Optional[str] = ..., audience: _Optional[str] = ..., clause: _Optional[str] = ..., layer: _Optional[str] = ..., maximum_validity: _Optional[_Iterable[_Union[MaximumValidity, _Mapping]]] = ..., grades: _Optional[_Iterable[str]] = ..., adverse: _Optional[bool] = ..., note: _Optional[str] = ...) -> None: ...

class ListActionsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListActionsResponse(_message.Message):
    __slots__ = ("actions",)
    ACTIONS_FIELD_NUMBER: _ClassVar[int]
    actions: _containers.RepeatedCompositeFieldContainer[Action]
    def __init__(self, actions: _Optional[_Iterable[_Union[Action, _Mapping]]] = ...) -> None: ...

class ListMeasuresRequest(_message.Message):
    __slots__ = ("action",)
    ACTION_FIELD_NUMBER: _ClassVar[int]
    action: str
    def __init__(self, action: _Optional[str] = ...) -> None: ...

class ListMeasuresResponse(_message.Message):
    __slots__ = ("measures",)
    MEASURES_FIELD_NUMBER: _ClassVar[int]
    measures: _containers.RepeatedCompositeFieldContainer[Measure]
    def __init__(self, measures: _Optional[_Iterable[_Union[Measure, _Mapping]]] = ...) -> None: ...

class ListListTypesRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListListTypesResponse(_message.Message):
    __slots__ = ("list_types",)
    LIST_TYPES_FIELD_NUMBER: _ClassVar[int]
    list_types: _containers.RepeatedCompositeFieldContainer[ListType]
    def __init__(self, list_types: _Optional[_Iterable[_Union[ListType, _Mapping]]] = ...) -> None: ...
