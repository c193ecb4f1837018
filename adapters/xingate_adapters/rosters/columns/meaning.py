"""What each column of a roster means: by its label, the labels above it, its neighbours, its cells, and its rows' kind.

Every reading of a column has a score from 0 to 1. How sure the best one is, is its score less the second's; below
`SURE` a person is asked. Where it cannot be known whose number it is, the column has no field and is asked about. In
rows of organisations a column with 60 % valid citizen numbers is never the organisation's own.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from xingate.types import SubjectKind
from xingate_adapters.reading.cells.text import text
from xingate_adapters.reading.tables import columns
from xingate_adapters.rosters.columns import labels
from xingate_adapters.rosters.columns.kinds import kind_of
from xingate_adapters.rosters.columns.labels import (
    MEMBER,
    OTHER_BODY,
    OTHER_PERSON,
    PEOPLE,
    ROLES,
    SINGLE_FIELDS,
    LabelReading,
)
from xingate_adapters.rosters.columns.parties import (
    has_shape,
    is_any,
    is_organisations_name,
    is_organisations_number,
    is_persons_number,
    share,
)
from xingate_server.core.identifiers import parsing
from xingate_server.core.subject import SubjectClass

SURE: Final = 0.9
"""A column whose best reading leads by less wants a person's word."""
UNSURE: Final = "unsure: "
"""How the reason begins for a column that is not a field and may be a party's."""
SHARE: Final = 0.6
_BESIDE: Final = 0.95
_SHAPE: Final = 0.8  # of a reading by cells alone
_OTHER_SHAPE: Final = 0.5
_HALF: Final = 0.5
_OF_KINDS: Final = frozenset(
    map(columns.fold, ("subject_kind", "主体类别", "主体类型", "主体性质", "行政相对人类别", "相对人类别", "kind"))
)
_CITIZEN: Final = ("身份证", "公民身份")
_UNIFIED, _ORGANISATION = parsing.UNIFIED_LENGTH, 9


class Meaning(NamedTuple):
    """What a column is read as ("" nothing), how sure that is, and why."""

    field: str = ""
    confidence: float = 0.0
    why: str = ""

    @property
    def is_unsure(self) -> bool:
        """Whether a person has to be asked about it."""
        return self.why.startswith(UNSURE) or (self.field != "" and self.confidence < SURE)


class Column(NamedTuple):
    """What is known of a column: its label, that of its group, what both say, and its filled cells in the rows of
    organisations (all rows where there are none of them)."""

    place: int
    label: str
    group: str
    reading: LabelReading
    cells: Sequence[str]
    people: float  # shares of cells that are, or hold, numbers of people, and of organisations
    bodies: float

    @property
    def who(self) -> str:
        """Whom label or group names."""
        return labels.who_of(self.label) or labels.who_of(self.group)


def meanings(
    header: Sequence[str], groups: Sequence[str], body: Sequence[Sequence[str]], kind: SubjectKind | None = None
) -> list[Meaning]:
    """What each column of `header` means. `groups` are the labels above; `kind` is that of rows without their own."""
    readings = [_label_reading(header, groups, place) for place in range(len(header))]
    kinds = [_kind_column(label, readings[place], _cells(body, place)) for place, label in enumerate(header)]
    kind_place = max(range(len(kinds)), key=lambda place: kinds[place].confidence, default=-1)
    if kind_place >= 0 and not kinds[kind_place].field:
        kind_place = -1
    rows = [row for row in body if _kind(row, kind_place, kind) is not SubjectKind.NATURAL_PERSON]
    of_people = not rows
    rows = rows or list(body)
    found = [_column(place, header[place], groups[place], readings[place], rows) for place in range(len(header))]
    if kind is None and kind_place < 0:
        of_people = _are_of_people(found)
    result = [_meaning(column, found, of_people=of_people) for column in found]
    for place, own in enumerate(kinds):
        if place == kind_place:
            result[place] = own
        elif result[place].field == "subject_kind":
            result[place] = Meaning()
    _settle_codes(result, found, rows)
    return _once(result, found)


# ---- rows


def _kind(row: Sequence[str], place: int, kind: SubjectKind | None) -> SubjectKind | None:
    word = text(row[place]) if 0 <= place < len(row) else ""
    return kind_of(word) if word else kind


def _kind_column(label: str, reading: LabelReading, cells: Sequence[str]) -> Meaning:
    """A column of kinds: by its label, where its words are known or the label means nothing else; or by its cells."""
    fitting = share(cells, lambda cell: kind_of(cell) is not None)
    if reading.field == "subject_kind" and (fitting >= SHARE or not cells or columns.fold(label) in _OF_KINDS):
        return Meaning("subject_kind", round(reading.certainty, 2), "its label")
    if not reading.field and fitting >= SHARE:
        return Meaning("subject_kind", round(_SHAPE * fitting, 2), f"{fitting:.0%} of its cells look like it")
    return Meaning()


def _are_of_people(found: Sequence[Column]) -> bool:
    """Whether rows whose kind nothing says are people's: no column has organisations' codes or names."""
    if any(column.bodies >= SHARE and not column.who for column in found):
        return False
    names = [column for column in found if column.reading.field == "name"]
    return not any(
        share(column.cells, is_organisations_name) >= _HALF or labels.is_of_a_body(column.label) for column in names
    )


def _cells(rows: Sequence[Sequence[str]], place: int) -> list[str]:
    return [cell for row in rows if place < len(row) and (cell := text(row[place]))]


# ---- columns


def _label_reading(header: Sequence[str], groups: Sequence[str], place: int) -> LabelReading:
    """What the label says, under its group; without one, that of the group or of the column before."""
    label, group = header[place], groups[place]
    own = labels.reading_of(label) if label else LabelReading()
    who = labels.who_of(group)
    if not who or labels.who_of(label):
        return own
    if who not in ROLES:
        return LabelReading()
    if not label or labels.is_number_label(label):
        return LabelReading(f"{who}_id" if label else "", _BESIDE)
    return LabelReading(who, _BESIDE) if own.field == "name" else LabelReading()


def _column(place: int, label: str, group: str, reading: LabelReading, rows: Sequence[Sequence[str]]) -> Column:
    cells = _cells(rows, place)
    people, bodies = share(cells, is_any(is_persons_number)), share(cells, is_any(is_organisations_number))
    return Column(place, label, group, reading, cells, people, bodies)


def _meaning(column: Column, found: Sequence[Column], *, of_people: bool) -> Meaning:
    holds_people = column.people >= SHARE
    holds_bodies = column.bodies >= SHARE and not holds_people
    if not of_people and (holds_people or (not holds_bodies and _may_be_a_persons(column, found))):
        return _persons_number(column, found)
    if column.who == OTHER_BODY:
        return Meaning(why="of another organisation")
    if column.who == OTHER_PERSON and (holds_people or holds_bodies):
        return _unsure("its numbers are of somebody who is not a party")
    if holds_bodies and (other := _code_of_another(column, of_people=of_people)) is not None:
        return other
    if column.reading.field:
        return _by_label(column, of_people=of_people)
    if not (holds_people or holds_bodies):
        return Meaning()
    if not column.label and labels.reading_of(column.group).field == "name":
        return Meaning("identifiers", _BESIDE, f"codes under `{column.group}`")
    fitting = max(column.people, column.bodies)
    return Meaning("identifiers", round(_SHAPE * fitting, 2), f"{fitting:.0%} of its cells look like it")


def _code_of_another(column: Column, *, of_people: bool) -> Meaning | None:
    """Of a column of organisations' codes: what it is where it is not the subject's code, None if it may be."""
    field = column.reading.field
    if of_people and field in ("", "identifiers"):
        return _unsure("codes of organisations in rows of people")
    if field.removesuffix("_id") in PEOPLE:
        return _unsure("codes of organisations under the label of a person")
    if column.who == MEMBER:
        return Meaning(field or f"{MEMBER}_id", max(column.reading.score, _BESIDE), "codes under the label of members")
    return None


def _may_be_a_persons(column: Column, found: Sequence[Column]) -> bool:
    """Whether a column in rows of organisations whose cells do not show it is a person's number: its label says so, or
    it stands beside a person and does not hold organisations' codes."""
    if column.reading.field.removesuffix("_id") in ROLES or column.reading.field not in ("", "identifiers"):
        return False
    if any(word in column.label for word in _CITIZEN):
        return True
    return labels.is_number_label(column.label) and bool(column.cells) and bool(_left(column, found))


def _by_label(column: Column, *, of_people: bool) -> Meaning:
    """The label's reading, less that of what the cells show beside it."""
    reading = column.reading
    why = f"its label is like `{reading.like}`" if reading.like else "its label"
    if reading.certainty < reading.score:
        why = f"{why}, and nearly as like a label of another field"
    score = reading.certainty
    if reading.field == "identifiers" or reading.field.endswith("_id"):
        shaped = share(column.cells, lambda cell: has_shape(cell) or _is_document(cell))
        packed = max(column.people, column.bodies, shaped)
        if column.cells and packed < SHARE:
            return Meaning(reading.field, round(score * _OTHER_SHAPE, 2), f"{why}, but its cells do not look like it")
    elif (reading.field == "name" or reading.field in ROLES) and share(column.cells, has_shape) >= SHARE:
        field = "identifiers" if reading.field == "name" else f"{reading.field}_id"
        return Meaning(field, round(score * _OTHER_SHAPE, 2), f"{why}, but its cells are numbers")
    second = column.people if reading.field == "identifiers" and not of_people else 0.0
    return Meaning(reading.field, round(score - second, 2), why)


def _is_document(cell: str) -> bool:
    """Whether a cell is a sound number of a document of any class, such as a travel permit."""
    return any(parsing.read(cell, "", of).is_sound for of in (SubjectClass.PERSON, SubjectClass.ORGANISATION))


def _unsure(why: str) -> Meaning:
    return Meaning(why=f"{UNSURE}{why}")


# ---- whose number it is


def _persons_number(column: Column, found: Sequence[Column]) -> Meaning:
    """Of a column of citizen numbers in rows of organisations: its own label says whose, else its group, else the
    person to the left."""
    if column.reading.field == "related":
        return Meaning("related", round(column.reading.certainty, 2), "its label")
    if column.cells and max(column.people, share(column.cells, has_shape)) < SHARE:
        return _unsure("its label is that of numbers, but its cells do not look like it")
    if own := labels.who_of(column.label):
        return _of(own, column, f"citizen numbers of `{column.label}`")
    if group := labels.who_of(column.group):
        return _of(group, column, f"citizen numbers under `{column.group}`")
    owners = _left(column, found)
    if not owners or (column.label and not labels.is_number_label(column.label)):
        return _unsure("citizen numbers in rows of organisations, and nothing says of whom")
    names = "`, `".join(owner.label or owner.group for owner in owners)
    if len(owners) > 1:
        return _unsure(f"citizen numbers that may be those of `{names}`")
    return _of(owners[0].who, column, f"citizen numbers beside `{names}`")


def _of(who: str, column: Column, why: str) -> Meaning:
    if who not in PEOPLE:
        return _unsure(f"{why}: most likely of that person and not the subject")
    score = max(column.reading.score if column.reading.field in (who, f"{who}_id") else 0.0, _BESIDE)
    if column.reading.field != who:
        return Meaning(f"{who}_id", round(score, 2), why)
    if share(column.cells, is_persons_number) >= SHARE:
        return Meaning(f"{who}_id", _OTHER_SHAPE, f"{why}, but its label is that of names")
    return Meaning(who, round(score, 2), f"names and {why}")


def _left(column: Column, found: Sequence[Column]) -> list[Column]:
    """The people whose number a column may hold: the nearest to its left, what is said of them passed over, and those
    directly before it who have no number either."""
    owners: list[Column] = []
    for other in reversed(found[: column.place]):
        if labels.is_attribute(other.label) and not has_number(other):
            continue
        if not _is_persons_name(other, found) or _has_own_number(other, found):
            break
        owners.append(other)
    return owners


def has_number(column: Column) -> bool:
    """Whether most cells of a column are numbers of somebody."""
    return max(column.people, column.bodies) >= SHARE


def _is_persons_name(column: Column, found: Sequence[Column]) -> bool:
    if has_number(column) or column.who == OTHER_BODY or labels.is_attribute(column.label):
        return False
    if column.who in (*PEOPLE, OTHER_PERSON):
        return True
    # `姓名` beside the names of organisations is somebody's, nobody knows whose
    has_names = any(
        other.place != column.place
        and other.reading.field == "name"
        and share(other.cells, is_organisations_name) >= _HALF
        for other in found
    )
    return column.reading.field == "name" and has_names and share(column.cells, is_organisations_name) < _HALF


def _has_own_number(owner: Column, found: Sequence[Column]) -> bool:
    """Whether another column says by its label that it is this person's number."""
    return any(
        other.place != owner.place
        and has_number(other)
        and labels.who_of(other.label or other.group) == owner.who != ""
        for other in found
        if other.reading.field == f"{owner.who}_id"
    )


# ---- all columns together


def _settle_codes(result: list[Meaning], found: Sequence[Column], rows: Sequence[Sequence[str]]) -> None:
    """Several columns of the subject's codes: one that a label names beats one that only looks like it, and two whose
    codes differ are not both the subject's."""
    codes = [place for place, one in enumerate(result) if one.field == "identifiers"]
    is_named = any(result[place].why.startswith("its label") for place in codes)
    if is_named:
        for place in codes:
            if not result[place].why.startswith("its label"):
                result[place] = Meaning(why="codes, and its label does not say whose")
        codes = [place for place in codes if result[place].field]
    codes.sort(key=lambda place: (-result[place].confidence, place))
    for at, place in enumerate(codes):
        if any(_differ(rows, first, place) > _HALF for first in codes[:at] if result[first].field):
            result[place] = _unsure(f"its codes are not those of `{found[codes[0]].label}`")
            if labels.is_of_the_lead(found[place].label):
                result[place] = Meaning(f"{MEMBER}_id", _BESIDE, "codes of the member that leads")


def _differ(rows: Sequence[Sequence[str]], one: int, other: int) -> float:
    """The share of rows with numbers of one class in both columns whose numbers are of two."""
    pairs = [(_whose(text(row[one])), _whose(text(row[other]))) for row in rows if max(one, other) < len(row)]
    both = [(a[1], b[1]) for a, b in pairs if a[0] == b[0] != ""]
    return sum(a != b for a, b in both) / len(both) if both else 0.0


def _whose(cell: str) -> tuple[str, str]:
    """The class of a valid number, and what of it is the same in all numbers of one subject; blanks where unknown."""
    if is_persons_number(cell):
        return "person", parsing.read(cell, "", SubjectClass.PERSON).value
    code = parsing.fold(cell)
    if not is_organisations_number(cell) or len(code) not in (_UNIFIED, _ORGANISATION):
        return "", ""
    return "organisation", code[8:17] if len(code) == _UNIFIED else code


def _once(result: Sequence[Meaning], found: Sequence[Column]) -> list[Meaning]:
    """A field that is one column's goes to the surest of its columns alone: of equals to the first."""
    best: dict[str, int] = {}
    for place, one in enumerate(result):
        if one.field in SINGLE_FIELDS and (
            one.field not in best or one.confidence > result[best[one.field]].confidence
        ):
            best[one.field] = place
    names = [place for place, one in enumerate(result) if one.field == "name"]
    bodies = [place for place in names if share(found[place].cells, is_organisations_name) >= _HALF]
    if bodies and "name" in best and best["name"] not in bodies:
        best["name"] = bodies[0]
    return [
        _second(one, found[place]) if one.field in best and best[one.field] != place else one
        for place, one in enumerate(result)
    ]


def _second(one: Meaning, column: Column) -> Meaning:
    """What a column is whose field is another column's."""
    if one.field == "name" and labels.is_of_the_lead(column.label):
        return Meaning(MEMBER, _BESIDE, "the member that leads")
    return Meaning(why=f"another column is more likely `{one.field}`")
