"""The rows of a roster: read once to the end before anything is asked, and kept packed in memory.

A file that cannot be read to its end is refused as a whole. A row that says too little to be asked about is a row with
a fault of its own. Persons' numbers stay in memory; what is shown of a row has them masked.
"""

import json
import zlib
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple
from unicodedata import normalize

from xingate.screening import RosterPerson, RosterRow
from xingate.types import Identifier, Subject, SubjectKind
from xingate_adapters.reading.cells import text
from xingate_adapters.reading.rounded import Tally, has_lost_digits, is_checked, looks_rounded, numbers_of
from xingate_adapters.reading.run import Run
from xingate_adapters.reading.tables import open_table
from xingate_adapters.rosters.layout import PERSON_NUMBERS, RosterLayout, kind_of
from xingate_server.core.entry import ROLE_WORDS
from xingate_server.core.privacy import SHORTEST_NUMBER, hidden

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
    asked: RosterRow | Fault


class PackedRows:
    """All rows of a table, compressed: about a tenth of what they take as text. `rounded` are the places of columns
    whose numbers a spreadsheet program has rounded, as the whole column shows."""

    def __init__(self) -> None:
        self._blocks: list[bytes] = []
        self._open: list[tuple[int, list[str]]] = []
        self.count = 0
        self.rounded: frozenset[int] = frozenset()

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
    for number, cells in open_table(layout.file, run, layout.table).rows:
        rows.add(number, cells)
        tally.add(cells)
    rows.close()
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
        self._field = {field: places[0] for field in _SINGLE if (places := layout.places(field))}

    def read(self, number: int, cells: Sequence[str]) -> ReadRow:
        """What a row asks."""
        numbers: list[str] = []
        asked = self._asked(number, cells, numbers)
        is_person = isinstance(asked, Fault) or asked.subject.kind is SubjectKind.NATURAL_PERSON
        if is_person:
            numbers += [text(cells[place]) for place in self._codes]
        long = [one for one in numbers if len(one) >= SHORTEST_NUMBER]
        return ReadRow(number, [hidden(cell, long) for cell in cells], asked)

    def _cell(self, cells: Sequence[str], field: str) -> str:
        place = self._field.get(field)
        return "" if place is None else _line(cells[place])

    def _asked(self, number: int, cells: Sequence[str], numbers: list[str]) -> RosterRow | Fault:
        numbers += [found for field in PERSON_NUMBERS if (found := self._cell(cells, field))]
        people, related_fault = self._people(cells, numbers)
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
        subject = Subject(kind, tuple(Identifier(scheme, code) for code in codes), name)
        asked_people = people if kind is not SubjectKind.NATURAL_PERSON else ()
        return RosterRow(subject, asked_people, self._cell(cells, "matter") or self._matter, str(number))

    def _has_rounded(self, cells: Sequence[str], kind: SubjectKind) -> bool:
        """Whether a number of the row is rounded: it looks so, and its own check fails or its column shows it."""
        is_person = kind is SubjectKind.NATURAL_PERSON
        places = [(place, is_person) for place in self._codes]
        places += [(self._field[field], True) for field in (*PERSON_NUMBERS, "related") if field in self._field]
        return any(
            has_lost_digits(number)
            or (looks_rounded(number) and (place in self._rounded or not is_checked(number, is_person=of_person)))
            for place, of_person in places
            for number in numbers_of(cells[place])
        )

    def _people(self, cells: Sequence[str], numbers: list[str]) -> tuple[tuple[RosterPerson, ...], Fault | None]:
        found = [
            (role, self._cell(cells, role), self._cell(cells, f"{role}_id"))
            for role in ("legal_representative", "principal")
            if f"{role}_id" in self._field
        ]
        fault = None
        for part in normalize("NFKC", self._cell(cells, "related")).split(";"):
            if not part.strip():
                continue
            pieces = [piece.strip() for piece in part.split(":")]
            if len(pieces) != _PARTS or pieces[0] not in ROLE_WORDS:
                fault = _RELATED
                numbers.append(pieces[-1])
                continue
            found.append((ROLE_WORDS[pieces[0]].value, pieces[1], pieces[2]))
            numbers.append(pieces[2])
        people = [
            RosterPerson(role, Subject.natural_person(number, name=name))
            for role, name, number in found
            if number or name
        ]
        return tuple(dict.fromkeys(people)), fault


def _line(cell: str) -> str:
    """A cell on one line: what a spreadsheet breaks into lines is asked about in one."""
    return " ".join(text(cell).split())


_NUMBERS: Final = ("identifiers", *PERSON_NUMBERS, "related")
_SINGLE: Final = (
    *("name", "subject_kind", "id_scheme", "legal_representative", "legal_representative_id"),
    *("principal", "principal_id", "related", "matter"),
)
_NOBODY: Final = Fault("subject_missing", "名称和号码都是空的：请填写", "neither name nor number is given: fill one in")
_ROUNDED: Final = Fault(
    "identifier_rounded",
    "号码被表格软件舍入，末尾数字已丢失：请把该列设为文本，按原件重新填写完整号码",
    "a spreadsheet program has rounded the number, its last digits are lost: make the column text and write the "
    "number again from the document",
)
_RELATED: Final = Fault(
    "related_malformed",
    "关联人员应写成“角色:姓名:号码”，多人用分号隔开",
    "related people are `role:name:number`, several with semicolons",
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
