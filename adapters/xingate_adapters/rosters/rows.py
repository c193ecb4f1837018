"""The rows of a roster: read once to the end before anything is asked, and kept packed in memory.

A file that cannot be read to its end is refused as a whole. A row that says too little to be asked about is a row with
a fault of its own; one of totals or signatures is a footer. Persons' numbers stay in memory; what is shown of a row has
them masked.
"""

import json
import zlib
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple
from unicodedata import normalize

from xingate.screening import RosterPerson, RosterRow
from xingate.types import Identifier, Subject, SubjectKind
from xingate_adapters.reading.cells.rounded import Tally, has_lost_digits, is_checked, looks_rounded, numbers_of
from xingate_adapters.reading.cells.text import text
from xingate_adapters.reading.run import Run
from xingate_adapters.reading.tables.tables import open_table
from xingate_adapters.rosters.columns.consortia import apart, bare, consortium, names_in
from xingate_adapters.rosters.columns.footers import Footer, is_footer
from xingate_adapters.rosters.columns.kinds import kind_of
from xingate_adapters.rosters.columns.labels import MEMBER, PEOPLE, ROLES, SINGLE_FIELDS
from xingate_adapters.rosters.columns.parties import (
    Named,
    in_cell,
    is_organisations_name,
    is_organisations_number,
    is_persons_number,
    is_sound_code,
    paired,
)
from xingate_adapters.rosters.layout import RosterLayout
from xingate_adapters.rosters.unasked_codes import UnaskedCodes
from xingate_server.core import characters
from xingate_server.core.entry import ROLE_WORDS
from xingate_server.core.identifiers.parsing import mask_text
from xingate_server.core.identifiers.privacy import SHORTEST_NUMBER, hidden

_PACKED_ROWS: Final = 512
_PARTS: Final = 3


class Fault(NamedTuple):
    """Why a row cannot be asked about: a fixed word, and what it says to people."""

    reason: str
    zh: str
    en: str


class ReadRow(NamedTuple):
    """A row of the file: its number as a spreadsheet counts, its cells with persons' numbers masked, and what is asked,
    or why nothing is."""

    number: int
    shown: list[str]
    asked: RosterRow | Fault | Footer


class PackedRows:
    """All rows of a table, compressed: about a tenth of what they take as text. `rounded` are the places of columns
    whose numbers a spreadsheet program has rounded, as the whole column shows; `unasked` are the labels of columns of
    codes that are not asked about, with how many there are; `has_members` says that a subject's own cells name several.
    """

    def __init__(self) -> None:
        self._blocks: list[bytes] = []
        self._open: list[tuple[int, list[str]]] = []
        self.count = 0
        self.rounded: frozenset[int] = frozenset()
        self.unasked: dict[str, int] = {}
        self.has_members = False

    def add(self, number: int, cells: list[str]) -> None:
        """Take a row in."""
        self._open.append((number, cells))
        self.count += 1
        if len(self._open) == _PACKED_ROWS:
            self.close()

    def close(self) -> None:
        """Pack what is left."""
        if self._open:
            self._blocks.append(zlib.compress(json.dumps(self._open, ensure_ascii=False).encode("utf-8", "replace"), 1))
            self._open = []

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        for block in self._blocks:
            yield from json.loads(zlib.decompress(block))


def read_all(layout: RosterLayout, run: Run) -> PackedRows:
    """Every row under the header. Raises SourceError."""
    rows = PackedRows()
    tally = Tally(place for field in _NUMBERS for place in layout.places(field))
    unasked = UnaskedCodes(layout)
    name, codes = next(iter(layout.places("name")), None), layout.places("identifiers")
    footers = layout.places("name"), layout.places(MEMBER), layout.numbers
    for number, cells in open_table(layout.file, run, layout.table).rows:
        rows.add(number, cells)
        tally.add(cells)
        if not is_footer(cells, *footers):
            unasked.add(cells)
        rows.has_members = rows.has_members or len(_joint(cells, name, codes) or ()) > 1
    rows.close()
    rows.unasked = unasked.found()
    rows.rounded = tally.marked()
    return rows


class RowReader:
    """Makes questions of rows. `kind` stands where no column says it, `matter` where none is given; `rounded` are the
    places of columns of rounded numbers (`PackedRows`)."""

    def __init__(
        self,
        layout: RosterLayout,
        kind: SubjectKind | None,
        matter: str = "",
        rounded: frozenset[int] = frozenset(),
    ) -> None:
        self._kind = kind
        self._matter = matter
        self._rounded = rounded
        self._codes = layout.places("identifiers")
        self._pairs = layout.pairs
        self._footers = layout.places("name"), layout.places(MEMBER), layout.numbers
        self._field = {field: places[0] for field in SINGLE_FIELDS if (places := layout.places(field))}
        self._numbers = tuple((place, False) for place in self._codes) + tuple(
            (pair.number, pair.role != MEMBER) for pair in self._pairs if pair.number is not None
        )

    def read(self, number: int, cells: Sequence[str]) -> ReadRow:
        """What a row asks."""
        numbers: list[str] = []
        asked = self.asked(number, cells, numbers)
        codes = [text(cells[place]) for place in self._codes]
        if isinstance(asked, Fault):  # an organisation's code is how a clerk finds the row
            numbers += [code for code in codes if not is_organisations_number(code)]
        elif isinstance(asked, RosterRow) and asked.subject.kind is SubjectKind.NATURAL_PERSON:
            numbers += codes
        long = sorted({one for one in numbers if len(one) >= SHORTEST_NUMBER}, key=len, reverse=True)
        return ReadRow(number, [_masked(cell, long) for cell in cells], asked)

    def _cell(self, cells: Sequence[str], field: str) -> str:
        place = self._field.get(field)
        return "" if place is None else _line(cells[place])

    def asked(self, number: int, cells: Sequence[str], numbers: list[str] | None = None) -> RosterRow | Fault | Footer:
        """The question of a row, or why there is none; people's numbers in it are added to `numbers`."""
        numbers = [] if numbers is None else numbers
        if is_footer(cells, *self._footers):
            return Footer()
        related, related_fault = self._related(cells, numbers)
        others = self._others(cells, numbers)
        word = self._cell(cells, "subject_kind")
        kind = kind_of(word) if word else self._kind
        if kind is None:
            return _unknown_kind(word)
        scheme = self._cell(cells, "id_scheme")
        codes = dict.fromkeys(code for place in self._codes if (code := _line(cells[place])))
        name = self._cell(cells, "name")
        if not codes and not name:
            return _NOBODY
        if related_fault is not None:
            return related_fault
        if self._has_rounded(cells, kind):
            return _ROUNDED
        if kind is not SubjectKind.NATURAL_PERSON:
            joint = _joint(cells, self._field.get("name"), self._codes)
            if joint is None or len(joint) < _stated_members(name) - sum(one.role == MEMBER for one in others):
                return _MEMBERS
            first, *members = joint
            name = first.name if members else bare(name)
            if len(self._codes) <= 1 and (members or not codes):
                codes = dict.fromkeys([first.number] if first.number else ())
                name = first.name
            known = {one.subject.name for one in others if one.role == MEMBER}
            others += [
                RosterPerson(MEMBER, Subject.legal_entity(one.number, name=one.name))
                for one in members
                if one.number or one.name not in known
            ]
        subject = Subject(kind, tuple(Identifier(scheme, code) for code in codes), name)
        people = tuple(dict.fromkeys(one for one in (*others, *related) if not _is_same(one.subject, subject)))
        if kind is not SubjectKind.NATURAL_PERSON and _is_a_persons(subject, people):
            return _OF_A_PERSON
        matter = self._cell(cells, "matter")
        return RosterRow(subject, people, self._matter if is_blank(matter) else matter, str(number))

    def _has_rounded(self, cells: Sequence[str], kind: SubjectKind) -> bool:
        """Whether a number of the row is rounded: it looks so, and its own check fails or its column shows it."""
        is_person = kind is SubjectKind.NATURAL_PERSON
        found = [
            (place, of_person or (place in self._codes and is_person), one)
            for place, of_person in self._numbers
            for one in ([each.number for each in in_cell(cells[place]) if each.number] or [text(cells[place])])
        ]
        if (place := self._field.get("related")) is not None:
            found += [(place, True, one) for one in numbers_of(cells[place])]
        return any(
            has_lost_digits(number)
            or (looks_rounded(number) and (place in self._rounded or not is_checked(number, is_person=of_person)))
            for place, of_person, number in found
        )

    def _others(self, cells: Sequence[str], numbers: list[str]) -> list[RosterPerson]:
        """The people and members that columns of their own name. People without a column of numbers are asked about
        where a number stands beside the name."""
        found = []
        for pair in self._pairs:
            names = "" if pair.name is None else cells[pair.name]
            named = in_cell(names) if pair.number is None else paired(names, cells[pair.number])
            if pair.role in PEOPLE:
                found_numbers = [one.number for one in named if one.number]
                numbers += found_numbers
                held = "" if pair.number is None else text(cells[pair.number])
                if not (found_numbers and all(one in held for one in found_numbers)):
                    numbers.append(held)  # whole, since its numbers are not known as they are written
                named = [one for one in named if one.number or (one.name and pair.number is not None)]
            else:
                named = [each for one in named for each in apart(one)]
            of = Subject.legal_entity if pair.role == MEMBER else Subject.natural_person
            found += [RosterPerson(pair.role, of(one.number, name=one.name)) for one in named]
        return found

    def _related(self, cells: Sequence[str], numbers: list[str]) -> tuple[list[RosterPerson], Fault | None]:
        found: list[RosterPerson] = []
        fault = None
        for part in normalize("NFKC", self._cell(cells, "related")).split(";"):
            if not part.strip():
                continue
            pieces = [piece.strip() for piece in part.split(":")]
            numbers.append(pieces[-1])
            if len(pieces) != _PARTS or pieces[0] not in ROLE_WORDS:
                fault = _RELATED
            elif pieces[1] or pieces[2]:
                person = Subject.natural_person(pieces[2], name=pieces[1])
                found.append(RosterPerson(ROLE_WORDS[pieces[0]].value, person))
        return found, fault


def is_blank(cell: str) -> bool:
    """Whether nothing can be seen in a text, as the gateway judges organisation, operator and matter."""
    return not characters.standard(cell).strip()


def _joint(cells: Sequence[str], name: int | None, codes: Sequence[int]) -> list[Named] | None:
    """Whoever stands in the subject's own cells. Several columns of codes are those of one subject."""
    return consortium("" if name is None else cells[name], cells[codes[0]] if len(codes) == 1 else "")


def _stated_members(name: str) -> int:
    """How many organisations a name says that it is, such as two or more of a `联合体`."""
    return names_in(name).told


def _is_same(one: Subject, other: Subject) -> bool:
    """Whether a row names its own subject a second time, such as a person under the label of a representative."""
    return one.identifiers == other.identifiers and (bool(one.identifiers) or one.name == other.name)


def _is_a_persons(subject: Subject, people: Sequence[RosterPerson]) -> bool:
    """Whether an organisation's row has a citizen number for its code. One that is also a valid unified code is the
    organisation's, unless the name is not one, or a person's number is a code. A member's is always a person's."""
    persons = [one.value for one in subject.identifiers if is_persons_number(one.value)]
    if persons and (
        not is_organisations_name(subject.name)
        or not all(map(is_sound_code, persons))
        or any(
            is_organisations_number(one.value)
            for person in people
            if person.role != MEMBER
            for one in person.subject.identifiers
        )
    ):
        return True
    members = (person.subject for person in people if person.role == MEMBER)
    return any(is_persons_number(one.value) for member in members for one in member.identifiers)


def _masked(cell: str, numbers: Sequence[str]) -> str:
    """A cell with people's numbers masked as everywhere in the workbook."""
    for number in numbers:
        if number in cell:
            cell = cell.replace(number, Identifier("", number).shown(is_person=True))
    return mask_text(cell)


def _line(cell: str) -> str:
    """A cell on one line: what a spreadsheet breaks into lines is asked about in one."""
    return " ".join(text(cell).split())


_NUMBERS: Final = ("identifiers", *(f"{role}_id" for role in ROLES), "related")
_NOBODY: Final = Fault("subject_missing", "名称和号码都是空的：请填写", "neither name nor number is given: fill one in")
_ROUNDED: Final = Fault(
    "identifier_rounded",
    "号码被表格软件舍入，末尾数字已丢失：请把该列设为文本，按原件重新填写完整号码",
    "a spreadsheet program has rounded the number, its last digits are lost: make the column text and write the "
    "number again from the document",
)
_OF_A_PERSON: Final = Fault(
    "identifier_of_person",
    "单位的号码栏里是自然人的证件号码：请核对主体类别和各栏号码",
    "found a person's number, expected the code of an organisation: check the kind and the columns of this row",
)
_RELATED: Final = Fault(
    "related_malformed",
    "关联人员应写成“角色:姓名:号码”，多人用分号隔开",
    "related people are `role:name:number`, several with semicolons",
)


_MEMBERS: Final = Fault(
    "members_unclear",
    "投标主体是联合体，但其成员的名称和号码对不上或不全：请把每个成员连同其代码写入“联合体成员”栏",
    "the subject is a consortium, and who its members are cannot be told: write each with its code into a column of "
    "consortium members",
)


def _unknown_kind(word: str) -> Fault:
    if not word:
        return Fault(
            "subject_kind_missing",
            "没有主体类别：请填写，或用 --kind 指明",
            "the kind is blank: fill it in, or give --kind",
        )
    return Fault(
        "subject_kind_unknown",
        f"主体类别“{hidden(word, ())}”不认识：请写法人和其他组织、个体工商户或自然人",
        f"the kind `{hidden(word, ())}` is not known: expected legal_entity, sole_trader or natural_person",
    )
