"""What people write in a catalogue's files, as pydantic checks it. Nothing here compares one thing with another:
that is the work of `checks`.

Texts that may be missing default to "" so that `checks` can name the measure that lacks them.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, RootModel, StringConstraints, model_validator

from xingate_server.core.catalogue import Audience, Effect, Force, Procedure, Reach
from xingate_server.core.entry import Severity


class Family(StrEnum):
    """The group of a list type: for black lists the four fields of clause 17, else the kind of list."""

    HEALTH_AND_LIFE = "health_and_life"
    MARKET_AND_SOCIAL_ORDER = "market_and_social_order"
    LEGAL_DUTIES = "legal_duties"
    NATIONAL_DEFENCE = "national_defence"
    CRITICISM = "criticism"
    RED = "red"
    WATCH = "watch"
    GRADE = "grade"
    GENERAL = "general"
    DOUBLE_PUBLICITY = "double_publicity"
    COMMITMENT = "commitment"
    INTERNATIONAL = "international"


SHORTHANDS = ("black", "red", "A")


def _text(value: Any) -> Any:
    """Whole numbers are welcome where text is wanted (`days: 20`), and a key without a value is empty text."""
    if value is None:
        return ""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _day(value: Any) -> date:
    if not isinstance(value, str) or len(value) != len("2017-10-12"):
        raise ValueError("expected a date as YYYY-MM-DD")
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise ValueError("expected a date as YYYY-MM-DD") from None


Text = Annotated[str, BeforeValidator(_text), StringConstraints(strip_whitespace=True)]
Filled = Annotated[str, BeforeValidator(_text), StringConstraints(strip_whitespace=True, min_length=1)]
Day = Annotated[date, BeforeValidator(_day)]
DottedId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]+(\.[a-z0-9_]+)+$")]
Pattern = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]+(\.[a-z0-9_]+)*(\.[a-z0-9_]+|\.\*)$")]
Name = Annotated[str, BeforeValidator(_text), StringConstraints(pattern=r"^[a-z0-9_]+$")]
MeasureId = Annotated[str, BeforeValidator(_text), StringConstraints(pattern=r"^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$")]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TitleDoc(_Model):
    """A text in both languages."""

    zh: Text = ""
    en: Text = ""


class ActionDoc(_Model):
    """One concrete action."""

    id: DottedId
    title: TitleDoc = TitleDoc()
    clause: Filled
    work: Annotated[int, Field(ge=0, le=5, strict=True)] = 0


class MaximumValidityDoc(_Model):
    """The longest validity for a severity, in months."""

    severity: Severity
    months: Annotated[int, Field(gt=0, le=1200, strict=True)]
    basis: Filled
    in_force_from: Day | None = None


class ListTypeDoc(_Model):
    """One kind of list."""

    id: DottedId
    title: TitleDoc = TitleDoc()
    family: Family
    procedure: Procedure
    audience: Audience
    clause: Filled
    synonyms: tuple[Filled, ...] = ()
    provided_by: tuple[Filled, ...] = ()
    maximum_validity: tuple[MaximumValidityDoc, ...] = ()
    grades: tuple[Filled, ...] = ()
    is_adverse: Annotated[bool, Field(strict=True)] = False
    adverse_grades: tuple[Filled, ...] = ()
    is_name_only: Annotated[bool, Field(strict=True)] = False
    is_foreign_only: Annotated[bool, Field(strict=True)] = False
    note: Text = ""


class TriggerDoc(_Model):
    """What sets a measure off: a shorthand or one list type as plain text, or the keys of this model."""

    named: str = ""  # set from plain text
    list_types: tuple[Pattern, ...] = ()
    severities: tuple[Severity, ...] = ()
    any_severity: Annotated[bool, Field(strict=True)] = False
    grades: tuple[Filled, ...] = ()
    clean_years: Annotated[int, Field(ge=0, le=100, strict=True)] = 0

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        return {"named": value} if value in SHORTHANDS else {"list_types": [value]}

    @model_validator(mode="after")
    def _is_one_thing(self) -> "TriggerDoc":
        if self.named and (self.named not in SHORTHANDS or len(self.model_fields_set) > 1):
            raise ValueError("write a shorthand (black, red, A) as plain text")
        if self.clean_years and len(self.model_fields_set) > 1:
            raise ValueError("`clean_years` stands alone in a trigger")
        if self.any_severity and self.severities:
            raise ValueError("`any_severity` and `severities` exclude each other")
        if not (self.named or self.list_types or self.clean_years):
            raise ValueError("names no list type")
        return self


class BasisDoc(_Model):
    """An article of one of the file's instruments."""

    instrument: Filled
    article: Filled


class InstrumentDoc(_Model):
    """A law, regulation or document, and from when to when it is in force.

    A `document_no` without a value is one that the operator's settings may fill in.
    """

    title: Filled
    document_no: Text = ""
    issued_on: Day | None = None
    level: Filled
    in_force_from: Day
    in_force_until: Day | None = None

    @property
    def is_unnumbered(self) -> bool:
        """Whether the number is left to the operator."""
        return "document_no" in self.model_fields_set and not self.document_no


class ObligationDoc(_Model):
    """What comes with a measure; parameters are text."""

    kind: Filled
    title: TitleDoc = TitleDoc()
    parameters: dict[str, Filled] = {}


class MeasureDoc(_Model):
    """One incentive or restriction."""

    id: MeasureId
    title: TitleDoc = TitleDoc()
    clause: Filled
    actions: tuple[Pattern, ...] = ()
    when: dict[str, Text] = {}
    effect: Effect
    force: Force
    reach: tuple[Reach, ...] = ()
    trigger: tuple[TriggerDoc, ...] = ()
    basis: tuple[BasisDoc, ...] = ()
    bodies: tuple[Filled, ...] = ()
    obligations: tuple[ObligationDoc, ...] = ()
    note: Text = ""


class RemedyDoc(_Model):
    """What a subject can do against an adverse answer."""

    kind: Filled
    title: TitleDoc = TitleDoc()
    basis: Filled


class ContextValueDoc(_Model):
    """One value of a context attribute."""

    id: Name
    title: TitleDoc = TitleDoc()
    words: tuple[Filled, ...] = ()


class ContextAttributeDoc(_Model):
    """An attribute that a `when` may name, with all its values."""

    id: Name
    title: TitleDoc = TitleDoc()
    values: Annotated[tuple[ContextValueDoc, ...], Field(min_length=1)]


class NoteDoc(_Model):
    """Something about a clause that belongs to no single measure."""

    clause: Filled
    text: TitleDoc = TitleDoc()


class ActionsFile(_Model):
    """`actions.yaml`; each item is an `ActionDoc`, checked one by one so that one fault hides no other."""

    actions: Annotated[tuple[Any, ...], Field(min_length=1)]


class ListTypesFile(_Model):
    """`list_types.yaml`; each item is a `ListTypeDoc`."""

    list_types: Annotated[tuple[Any, ...], Field(min_length=1)]


class MeasuresFile(_Model):
    """`measures.yaml`: the layer's name and edition, what its measures rest on, and the measures (`MeasureDoc`)."""

    catalogue: Filled
    edition: Filled
    title: TitleDoc = TitleDoc()
    actions_from: Filled | None = None
    instruments: dict[str, InstrumentDoc] = {}
    responsible: dict[str, tuple[Filled, ...]] = {}
    remedies: tuple[RemedyDoc, ...] = ()
    context: tuple[ContextAttributeDoc, ...] = ()
    notes: tuple[NoteDoc, ...] = ()
    measures: Annotated[tuple[Any, ...], Field(min_length=1)]


class BasicListItemDoc(_Model):
    """An item of the national basic list of restriction measures."""

    edition: Filled
    item: Filled


class BasicListFile(RootModel[dict[str, BasicListItemDoc]]):
    """`basic_list.yaml`: measure id to item. The operator's own: none is shipped."""
