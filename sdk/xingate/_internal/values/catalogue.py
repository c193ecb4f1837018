"""What can be looked up beside answers: the catalogue, and the snapshot with its sources."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from xingate._internal.values.common_parts import (
    NO_SNAPSHOT,
    NO_TEXT,
    BasicListItem,
    LegalBasis,
    Obligation,
    SnapshotRef,
    Text,
)
from xingate._internal.values.enums import Effect, Force


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
