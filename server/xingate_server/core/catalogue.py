"""The catalogue: actions, list types and measures, as compiled for a snapshot.

Compiled structs only: what people write (YAML) is read and checked in `xingate_server.catalogues`. The catalogue
rides in the snapshot, so that a replay needs nothing else. Source: the plan's clauses 5 to 24 (REQUIREMENTS).
"""

from collections.abc import Iterable, Mapping
from datetime import date
from enum import IntEnum, StrEnum

import msgspec

from xingate_server.core.entry import Severity, fold_word


class Effect(StrEnum):
    """What a measure does, strictest first."""

    BAR = "bar"
    LIMIT = "limit"
    SCRUTINISE = "scrutinise"
    INFORM = "inform"
    FAVOUR = "favour"


class Force(StrEnum):
    """Whether the implementing body must, may, or is encouraged to apply a measure."""

    MANDATORY = "mandatory"
    DISCRETIONARY = "discretionary"
    ADVISORY = "advisory"


class Reach(StrEnum):
    """Whom a measure reaches: the listed subject itself, or people through an organisation's entry."""

    SUBJECT = "subject"
    ORGANISATION = "organisation"
    PERSON = "person"
    LEGAL_REPRESENTATIVE = "legal_representative"
    PRINCIPAL = "principal"
    EXECUTIVE = "executive"
    DIRECTOR = "director"
    SHAREHOLDER = "shareholder"
    PRACTITIONER = "practitioner"


class Procedure(StrEnum):
    """How a listing comes about, which decides what a row must show (DESIGN section 5)."""

    PUBLICITY = "publicity"
    JUDICIAL = "judicial"
    ADMINISTRATIVE_DECISION = "administrative_decision"
    NOTICE = "notice"
    RECORD = "record"


class Audience(StrEnum):
    """Who may see an entry of a list type (Cl. 8)."""

    PUBLIC = "public"
    GOVERNMENT = "government"
    RECOGNISING_AUTHORITY = "recognising_authority"


class Posture(StrEnum):
    """Whether a restriction without an item in the national basic list acts or is only shown."""

    AS_PLANNED_2017 = "as-planned-2017"
    BASIC_LIST_ONLY = "basic-list-only"


class Verdict(IntEnum):
    """The answer in one word; numbers are those of the wire, not an order (see `STRICTNESS`)."""

    CLEAR = 1
    FAVOURED = 2
    CAUTION = 3
    RESTRICTED = 4
    PROHIBITED = 5
    CANNOT_TELL = 6


# CLEAR and FAVOURED are equally strict: a gap that hides an incentive never spoils a CLEAR.
STRICTNESS: Mapping[Verdict, int] = {
    Verdict.CLEAR: 0,
    Verdict.FAVOURED: 0,
    Verdict.CAUTION: 1,
    Verdict.RESTRICTED: 2,
    Verdict.PROHIBITED: 3,
}


def verdict_of(effect: Effect, force: Force) -> Verdict:
    """The verdict that one acting measure gives (DESIGN section 4)."""
    if effect is Effect.FAVOUR:
        return Verdict.FAVOURED
    if force is Force.MANDATORY and effect is Effect.BAR:
        return Verdict.PROHIBITED
    if force is Force.MANDATORY and effect is Effect.LIMIT:
        return Verdict.RESTRICTED
    return Verdict.CAUTION


class _Struct(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    pass


class Title(msgspec.Struct, frozen=True):
    """A text in both languages."""

    zh: str
    en: str


class Action(_Struct, frozen=True):
    """Something a caller is about to do, by its full id such as `permit.grant`."""

    id: str
    title: Title
    clause: str
    work: int  # which of the five kinds of work of Cl. 5; 0 for none of them


class MaximumValidity(_Struct, frozen=True):
    """The longest validity that a law allows for a severity, in months from the document date."""

    severity: Severity
    months: int
    basis: str
    in_force_from: date | None = None  # of the law that gives it


class ListType(_Struct, frozen=True):
    """A kind of list: who is on it, how one gets there, who may see it.

    `grades` is the closed set of grades, empty if any text will do. `is_adverse` list types break three clean
    years (Cl. 11), and so does one of the `adverse_grades` in force on the day. `is_name_only` ones may hold entries
    without any identifier, which are then candidates only. `is_foreign_only` entries act on subjects known to be
    registered outside China only. `synonyms` are Chinese words by which lists name it beside its title. `provided_by`
    are the kinds of sources that hold such entries although they do not declare it, as a layer says.
    """

    id: str
    title: Title
    family: str
    procedure: Procedure
    audience: Audience
    clause: str
    layer: str = ""
    synonyms: tuple[str, ...] = ()
    provided_by: tuple[str, ...] = ()
    maximum_validity: tuple[MaximumValidity, ...] = ()
    grades: tuple[str, ...] = ()
    is_adverse: bool = False
    adverse_grades: tuple[str, ...] = ()
    is_name_only: bool = False
    is_foreign_only: bool = False
    note: str = ""


class Trigger(_Struct, frozen=True):
    """Which entries set a measure off: any of these patterns, severities and grades (empty: any).

    `name` is the shorthand of the plan's table (`black`, `red`, `A`) or "". `clean_years` above 0 makes the
    trigger three clean years (Cl. 11) instead of an entry.
    """

    name: str = ""
    list_types: tuple[str, ...] = ()
    severities: tuple[Severity, ...] = ()
    grades: tuple[str, ...] = ()
    clean_years: int = 0


class Obligation(_Struct, frozen=True):
    """What the implementing body has to do, or may grant, with its parameters (text values)."""

    kind: str
    title: Title
    parameters: dict[str, str] = msgspec.field(default_factory=dict)


class LegalBasis(_Struct, frozen=True):
    """Where a measure stands: instrument, article, its level, and from when to when it is in force.

    `document_no` and `issued_on` are the instrument's own; "" and None if they are not known.
    """

    instrument: str
    article: str
    level: str
    in_force_from: date
    in_force_until: date | None = None
    document_no: str = ""
    issued_on: date | None = None


class BasicListItem(_Struct, frozen=True):
    """The item of the national basic list of restriction measures that an operator mapped a measure to."""

    edition: str
    item: str


class Remedy(_Struct, frozen=True):
    """What a subject can do against an adverse answer (Cl. 23, 25). `kind` "repair" needs a repairable entry."""

    kind: str
    title: Title
    basis: str


class Measure(_Struct, frozen=True):
    """One incentive or restriction."""

    id: str
    title: Title
    clause: str
    actions: tuple[str, ...]
    effect: Effect
    force: Force
    reach: tuple[Reach, ...]
    triggers: tuple[Trigger, ...]
    basis: tuple[LegalBasis, ...]
    bodies: tuple[str, ...]
    when: dict[str, str] = msgspec.field(default_factory=dict)
    obligations: tuple[Obligation, ...] = ()
    basic_list: BasicListItem | None = None
    layer: str = ""
    note: str = ""


class Note(_Struct, frozen=True):
    """Something about a clause that belongs to no single measure, such as why it has none."""

    clause: str
    text: Title
    layer: str = ""


class ContextValue(_Struct, frozen=True):
    """One value of a context attribute; `words` are further words that mean it, beside `id` and both titles."""

    id: str
    title: Title
    words: tuple[str, ...] = ()


class ContextAttribute(_Struct, frozen=True):
    """An attribute of the question that a `when` may name, with all values that it can have (`core.decide.context`)."""

    id: str
    title: Title
    values: tuple[ContextValue, ...]


class Catalogue(_Struct, frozen=True):
    """Layers put together. `name` joins the layers' names by "+", `edition` likewise.

    `context` are the declared attributes; one that is not among them is free text.
    """

    name: str
    edition: str
    posture: Posture
    actions: tuple[Action, ...]
    list_types: tuple[ListType, ...]
    measures: tuple[Measure, ...]
    remedies: tuple[Remedy, ...] = ()
    notes: tuple[Note, ...] = ()
    context: tuple[ContextAttribute, ...] = ()


def matches(pattern: str, value: str) -> bool:
    """Whether a dotted id is matched: `permit.*` is a prefix, everything else is exact."""
    return value.startswith(pattern[:-1]) if pattern.endswith(".*") else pattern == value


def triggers_on(trigger: Trigger, list_type: str, severity: Severity | None, grade: str) -> bool:
    """Whether an entry of this list type, severity and grade sets `trigger` off."""
    return (
        any(matches(pattern, list_type) for pattern in trigger.list_types)
        and (not trigger.severities or severity in trigger.severities)
        and (not trigger.grades or grade in trigger.grades)
    )


def words_of(list_type: ListType) -> tuple[str, ...]:
    """The folded words that name a list type: its id, its Chinese title and its synonyms, each once."""
    return tuple(dict.fromkeys(fold_word(word) for word in (list_type.id, list_type.title.zh, *list_type.synonyms)))


def list_type_words(catalogue: Catalogue) -> Mapping[str, str]:
    """Folded word (`fold_word`) to list type id; a word of several list types names none, an id only its own."""
    ids = {t.id for t in catalogue.list_types}
    found: dict[str, str] = {}
    shared: set[str] = set()
    for list_type in catalogue.list_types:
        for word in words_of(list_type):
            if found.setdefault(word, list_type.id) != list_type.id:
                shared.add(word)
    return {word: name for word, name in found.items() if word not in shared and word not in ids} | {i: i for i in ids}


def provided(catalogue: Catalogue, kind: str, declared: Iterable[str]) -> tuple[str, ...]:
    """The list types of a source of this kind: those that it declares, and those whose `provided_by` names it."""
    said = (t.id for t in catalogue.list_types if kind in t.provided_by)
    return tuple(dict.fromkeys((*declared, *said)))


def in_force(basis: tuple[LegalBasis, ...], as_of: date) -> bool:
    """Whether one of the instruments is in force on `as_of`."""
    return any(b.in_force_from <= as_of and (b.in_force_until is None or as_of <= b.in_force_until) for b in basis)


def acts_under(measure: Measure, posture: Posture) -> bool:
    """Whether the posture lets `measure` act: incentives always, restrictions by their item in the basic list."""
    return posture is Posture.AS_PLANNED_2017 or measure.effect is Effect.FAVOUR or measure.basic_list is not None
