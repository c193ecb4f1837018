from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class SubjectKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SUBJECT_KIND_UNSPECIFIED: _ClassVar[SubjectKind]
    SUBJECT_KIND_LEGAL_ENTITY: _ClassVar[SubjectKind]
    SUBJECT_KIND_SOLE_TRADER: _ClassVar[SubjectKind]
    SUBJECT_KIND_NATURAL_PERSON: _ClassVar[SubjectKind]

class Verdict(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    VERDICT_UNSPECIFIED: _ClassVar[Verdict]
    VERDICT_CLEAR: _ClassVar[Verdict]
    VERDICT_FAVOURED: _ClassVar[Verdict]
    VERDICT_CAUTION: _ClassVar[Verdict]
    VERDICT_RESTRICTED: _ClassVar[Verdict]
    VERDICT_PROHIBITED: _ClassVar[Verdict]
    VERDICT_CANNOT_TELL: _ClassVar[Verdict]

class Effect(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    EFFECT_UNSPECIFIED: _ClassVar[Effect]
    EFFECT_BAR: _ClassVar[Effect]
    EFFECT_LIMIT: _ClassVar[Effect]
    EFFECT_SCRUTINISE: _ClassVar[Effect]
    EFFECT_INFORM: _ClassVar[Effect]
    EFFECT_FAVOUR: _ClassVar[Effect]

class Force(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FORCE_UNSPECIFIED: _ClassVar[Force]
    FORCE_MANDATORY: _ClassVar[Force]
    FORCE_DISCRETIONARY: _ClassVar[Force]
    FORCE_ADVISORY: _ClassVar[Force]
SUBJECT_KIND_UNSPECIFIED: SubjectKind
SUBJECT_KIND_LEGAL_ENTITY: SubjectKind
SUBJECT_KIND_SOLE_TRADER: SubjectKind
SUBJECT_KIND_NATURAL_PERSON: SubjectKind
VERDICT_UNSPECIFIED: Verdict
VERDICT_CLEAR: Verdict
VERDICT_FAVOURED: Verdict
VERDICT_CAUTION: Verdict
VERDICT_RESTRICTED: Verdict
VERDICT_PROHIBITED: Verdict
VERDICT_CANNOT_TELL: Verdict
EFFECT_UNSPECIFIED: Effect
EFFECT_BAR: Effect
EFFECT_LIMIT: Effect
EFFECT_SCRUTINISE: Effect
EFFECT_INFORM: Effect
EFFECT_FAVOUR: Effect
FORCE_UNSPECIFIED: Force
FORCE_MANDATORY: Force
FORCE_DISCRETIONARY: Force
FORCE_ADVISORY: Force

class Identifier(_message.Message):
    __slots__ = ("scheme", "value")
    SCHEME_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    scheme: str
    value: str
    def __init__(self, scheme: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...

class Subject(_message.Message):
    __slots__ = ("kind", "identifiers", "name")
    KIND_FIELD_NUMBER: _ClassVar[int]
    IDENTIFIERS_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    kind: SubjectKind
    identifiers: _containers.RepeatedCompositeFieldContainer[Identifier]
    name: str
    def __init__(self, kind: _Optional[_Union[SubjectKind, str]] = ..., identifiers: _Optional[_Iterable[_Union[Identifier, _Mapping]]] = ..., name: _Optional[str] = ...) -> None: ...

class Caller(_message.Message):
    __slots__ = ("system", "organisation", "operator")
    SYSTEM_FIELD_NUMBER: _ClassVar[int]
    ORGANISATION_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    system: str
    organisation: str
    operator: str
    def __init__(self, system: _Optional[str] = ..., organisation: _Optional[str] = ..., operator: _Optional[str] = ...) -> None: ...

class Text(_message.Message):
    __slots__ = ("zh", "en")
    ZH_FIELD_NUMBER: _ClassVar[int]
    EN_FIELD_NUMBER: _ClassVar[int]
    zh: str
    en: str
    def __init__(self, zh: _Optional[str] = ..., en: _Optional[str] = ...) -> None: ...

class LegalBasis(_message.Message):
    __slots__ = ("instrument", "article", "level", "in_force_from", "in_force_until", "document_no", "issued_on")
    INSTRUMENT_FIELD_NUMBER: _ClassVar[int]
    ARTICLE_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    IN_FORCE_FROM_FIELD_NUMBER: _ClassVar[int]
    IN_FORCE_UNTIL_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_NO_FIELD_NUMBER: _ClassVar[int]
    ISSUED_ON_FIELD_NUMBER: _ClassVar[int]
    instrument: str
    article: str
    level: str
    in_force_from: str
    in_force_until: str
    document_no: str
    issued_on: str
    def __init__(self, instrument: _Optional[str] = ..., article: _Optional[str] = ..., level: _Optional[str] = ..., in_force_from: _Optional[str] = ..., in_force_until: _Optional[str] = ..., document_no: _Optional[str] = ..., issued_on: _Optional[str] = ...) -> None: ...

class BasicListItem(_message.Message):
    __slots__ = ("edition", "item")
    EDITION_FIELD_NUMBER: _ClassVar[int]
    ITEM_FIELD_NUMBER: _ClassVar[int]
    edition: str
    item: str
    def __init__(self, edition: _Optional[str] = ..., item: _Optional[str] = ...) -> None: ...

class Obligation(_message.Message):
    __slots__ = ("kind", "title", "parameters")
    class ParametersEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    KIND_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    kind: str
    title: Text
    parameters: _containers.ScalarMap[str, str]
    def __init__(self, kind: _Optional[str] = ..., title: _Optional[_Union[Text, _Mapping]] = ..., parameters: _Optional[_Mapping[str, str]] = ...) -> None: ...

class Remedy(_message.Message):
    __slots__ = ("kind", "title", "basis")
    KIND_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    BASIS_FIELD_NUMBER: _ClassVar[int]
    kind: str
    title: Text
    basis: str
    def __init__(self, kind: _Optional[str] = ..., title: _Optional[_Union[Text, _Mapping]] = ..., basis: _Optional[str] = ...) -> None: ...

class EntryRef(_message.Message):
    __slots__ = ("id", "list_type", "title", "authority", "document_no", "document_date", "valid_from", "valid_until", "severity", "grade", "facts", "region", "field", "status", "status_date", "source")
    ID_FIELD_NUMBER: _ClassVar[int]
    LIST_TYPE_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    AUTHORITY_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_NO_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_DATE_FIELD_NUMBER: _ClassVar[int]
    VALID_FROM_FIELD_NUMBER: _ClassVar[int]
    VALID_UNTIL_FIELD_NUMBER: _ClassVar[int]
    SEVERITY_FIELD_NUMBER: _ClassVar[int]
    GRADE_FIELD_NUMBER: _ClassVar[int]
    FACTS_FIELD_NUMBER: _ClassVar[int]
    REGION_FIELD_NUMBER: _ClassVar[int]
    FIELD_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    STATUS_DATE_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    id: str
    list_type: str
    title: Text
    authority: str
    document_no: str
    document_date: str
    valid_from: str
    valid_until: str
    severity: str
    grade: str
    facts: str
    region: str
    field: str
    status: str
    status_date: str
    source: str
    def __init__(self, id: _Optional[str] = ..., list_type: _Optional[str] = ..., title: _Optional[_Union[Text, _Mapping]] = ..., authority: _Optional[str] = ..., document_no: _Optional[str] = ..., document_date: _Optional[str] = ..., valid_from: _Optional[str] = ..., valid_until: _Optional[str] = ..., severity: _Optional[str] = ..., grade: _Optional[str] = ..., facts: _Optional[str] = ..., region: _Optional[str] = ..., field: _Optional[str] = ..., status: _Optional[str] = ..., status_date: _Optional[str] = ..., source: _Optional[str] = ...) -> None: ...

class Via(_message.Message):
    __slots__ = ("role", "entity_name", "entity_code")
    ROLE_FIELD_NUMBER: _ClassVar[int]
    ENTITY_NAME_FIELD_NUMBER: _ClassVar[int]
    ENTITY_CODE_FIELD_NUMBER: _ClassVar[int]
    role: str
    entity_name: str
    entity_code: str
    def __init__(self, role: _Optional[str] = ..., entity_name: _Optional[str] = ..., entity_code: _Optional[str] = ...) -> None: ...

class AppliedMeasure(_message.Message):
    __slots__ = ("id", "title", "clause", "effect", "force", "reach", "via", "obligations", "basis", "bodies", "executable_by_caller", "entry", "remedies", "because", "evidence", "basic_list")
    ID_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    CLAUSE_FIELD_NUMBER: _ClassVar[int]
    EFFECT_FIELD_NUMBER: _ClassVar[int]
    FORCE_FIELD_NUMBER: _ClassVar[int]
    REACH_FIELD_NUMBER: _ClassVar[int]
    VIA_FIELD_NUMBER: _ClassVar[int]
    OBLIGATIONS_FIELD_NUMBER: _ClassVar[int]
    BASIS_FIELD_NUMBER: _ClassVar[int]
    BODIES_FIELD_NUMBER: _ClassVar[int]
    EXECUTABLE_BY_CALLER_FIELD_NUMBER: _ClassVar[int]
    ENTRY_FIELD_NUMBER: _ClassVar[int]
    REMEDIES_FIELD_NUMBER: _ClassVar[int]
    BECAUSE_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    BASIC_LIST_FIELD_NUMBER: _ClassVar[int]
    id: str
    title: Text
    clause: str
    effect: Effect
    force: Force
    reach: str
    via: Via
    obligations: _containers.RepeatedCompositeFieldContainer[Obligation]
    basis: _containers.RepeatedCompositeFieldContainer[LegalBasis]
    bodies: _containers.RepeatedScalarFieldContainer[str]
    executable_by_caller: bool
    entry: EntryRef
    remedies: _containers.RepeatedCompositeFieldContainer[Remedy]
    because: str
    evidence: str
    basic_list: BasicListItem
    def __init__(self, id: _Optional[str] = ..., title: _Optional[_Union[Text, _Mapping]] = ..., clause: _Optional[str] = ..., effect: _Optional[_Union[Effect, str]] = ..., force: _Optional[_Union[Force, str]] = ..., reach: _Optional[str] = ..., via: _Optional[_Union[Via, _Mapping]] = ..., obligations: _Optional[_Iterable[_Union[Obligation, _Mapping]]] = ..., basis: _Optional[_Iterable[_Union[LegalBasis, _Mapping]]] = ..., bodies: _Optional[_Iterable[str]] = ..., executable_by_caller: _Optional[bool] = ..., entry: _Optional[_Union[EntryRef, _Mapping]] = ..., remedies: _Optional[_Iterable[_Union[Remedy, _Mapping]]] = ..., because: _Optional[str] = ..., evidence: _Optional[str] = ..., basic_list: _Optional[_Union[BasicListItem, _Mapping]] = ...) -> None: ...

class Record(_message.Message):
    __slots__ = ("entry", "amount_yuan")
    ENTRY_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_YUAN_FIELD_NUMBER: _ClassVar[int]
    entry: EntryRef
    amount_yuan: str
    def __init__(self, entry: _Optional[_Union[EntryRef, _Mapping]] = ..., amount_yuan: _Optional[str] = ...) -> None: ...

class Gap(_message.Message):
    __slots__ = ("reason", "could_be", "closes_with", "about")
    REASON_FIELD_NUMBER: _ClassVar[int]
    COULD_BE_FIELD_NUMBER: _ClassVar[int]
    CLOSES_WITH_FIELD_NUMBER: _ClassVar[int]
    ABOUT_FIELD_NUMBER: _ClassVar[int]
    reason: str
    could_be: Verdict
    closes_with: str
    about: str
    def __init__(self, reason: _Optional[str] = ..., could_be: _Optional[_Union[Verdict, str]] = ..., closes_with: _Optional[str] = ..., about: _Optional[str] = ...) -> None: ...

class Candidate(_message.Message):
    __slots__ = ("kind", "name", "code", "list_types", "score", "why", "closes_with")
    KIND_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    LIST_TYPES_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    WHY_FIELD_NUMBER: _ClassVar[int]
    CLOSES_WITH_FIELD_NUMBER: _ClassVar[int]
    kind: SubjectKind
    name: str
    code: str
    list_types: _containers.RepeatedScalarFieldContainer[str]
    score: float
    why: str
    closes_with: str
    def __init__(self, kind: _Optional[_Union[SubjectKind, str]] = ..., name: _Optional[str] = ..., code: _Optional[str] = ..., list_types: _Optional[_Iterable[str]] = ..., score: _Optional[float] = ..., why: _Optional[str] = ..., closes_with: _Optional[str] = ...) -> None: ...

class Flag(_message.Message):
    __slots__ = ("code", "detail")
    CODE_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    code: str
    detail: str
    def __init__(self, code: _Optional[str] = ..., detail: _Optional[str] = ...) -> None: ...

class SnapshotRef(_message.Message):
    __slots__ = ("sequence", "hash", "catalogue", "catalogue_hash", "created_at", "status")
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    HASH_FIELD_NUMBER: _ClassVar[int]
    CATALOGUE_FIELD_NUMBER: _ClassVar[int]
    CATALOGUE_HASH_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    sequence: int
    hash: str
    catalogue: str
    catalogue_hash: str
    created_at: str
    status: str
    def __init__(self, sequence: _Optional[int] = ..., hash: _Optional[str] = ..., catalogue: _Optional[str] = ..., catalogue_hash: _Optional[str] = ..., created_at: _Optional[str] = ..., status: _Optional[str] = ...) -> None: ...

class TraceRef(_message.Message):
    __slots__ = ("record_id", "leaf_index", "log_origin")
    RECORD_ID_FIELD_NUMBER: _ClassVar[int]
    LEAF_INDEX_FIELD_NUMBER: _ClassVar[int]
    LOG_ORIGIN_FIELD_NUMBER: _ClassVar[int]
    record_id: str
    leaf_index: int
    log_origin: str
    def __init__(self, record_id: _Optional[str] = ..., leaf_index: _Optional[int] = ..., log_origin: _Optional[str] = ...) -> None: ...
