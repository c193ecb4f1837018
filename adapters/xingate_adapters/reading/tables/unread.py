"""Columns that nothing reads: named to the operator, and a fault when they hold the subjects' codes (DESIGN section 5,
*Schema drift*).

A code is a sound unified code, organisation code, registration number of 15 digits or citizen number; in a column of
passports or travel permits, where the list may hold people, also what has the shape of one. Columns that hold the code
of an authority or of who supplied the row are named, never a fault: their label says so, and few different codes stand
in them, since one authority stands in many rows.
"""

import re
from collections.abc import Container, Iterable, Iterator, Sequence

from xingate_adapters.reading.cells.text import NOTHING, text
from xingate_adapters.reading.errors import SchemaError, quoted
from xingate_adapters.reading.run import Run
from xingate_adapters.reading.tables import columns
from xingate_adapters.reading.tables.tables import Row, Table
from xingate_server.core.identifiers import parsing
from xingate_server.core.identifiers.parsing import Scheme
from xingate_server.core.subject import SubjectClass

FEWEST_CELLS = 5
_SHARE_PERCENT = 60
_LOOKED_AT_ROWS = 300
_LONGEST = 40  # a code, its decoration and blanks
_OF_AUTHORITY = re.compile(
    r"(机关|部门|法院|来源|报送|上报|归集|提供|发布|登记单位|受理单位|认定单位|处罚单位|许可单位).*(代码|编码|号)"
    r"|(JG|BM|LY|LYDW)DM(_\d+)?$"  # the same in initials, as in double publicity
)
_ACTED_UPON = re.compile(r"被.{2,4}?(?:单位|企业|公司|机构|对象|主体|当事人|法人|方|者|人)")
_GIVEN = re.compile(r"(?:机关|部门|单位|法院)所?(?:核发|颁发|发放|发给|赋予|核准|登记的)")
_ROWS_OF_AN_AUTHORITY = 2  # on average, at the least
_MOST_AUTHORITIES = 10_000
_OF_DOCUMENTS = re.compile(r"(?:护照|通行证|PASSPORT)(?:证?件?号码?|编号|NUMBER|NO\.?)?$")
_DOCUMENT = re.compile(r"[A-Z]{0,3}[0-9]{6,12}[A-Z]?", re.ASCII)
_SHAPES: tuple[tuple[int, Scheme, SubjectClass], ...] = (
    (18, Scheme.USCC, SubjectClass.ORGANISATION),
    (18, Scheme.CITIZEN_ID, SubjectClass.PERSON),
    (9, Scheme.ORG_CODE, SubjectClass.ORGANISATION),
    (15, Scheme.REG_NO, SubjectClass.ORGANISATION),
    (15, Scheme.CITIZEN_ID, SubjectClass.PERSON),
)


def is_code(cell: str) -> bool:
    """Whether a cell is a sound number of a subject."""
    if len(cell) > _LONGEST:
        return False
    cell = text(cell)
    length = len(parsing.fold(cell))
    return any(length == long and parsing.parse(cell, scheme, of).is_sound for long, scheme, of in _SHAPES)


def holds_codes(cells: Iterable[str]) -> bool:
    """Whether all filled cells of a column are codes, or 60 % of them where at least five are filled."""
    filled = [cell for cell in cells if cell and text(cell)]
    return are_codes(len(filled), sum(map(is_code, filled)))


def are_codes(filled: int, codes: int) -> bool:
    """Whether so many codes make a column of codes: all of its filled cells, or 60 % of them where there are five."""
    if filled < FEWEST_CELLS:
        return 0 < filled == codes
    return codes * 100 >= filled * _SHARE_PERCENT


def _is_document(cell: str) -> bool:
    """Whether a cell has the shape of a passport's or travel permit's number."""
    return _DOCUMENT.fullmatch(parsing.fold(text(cell))) is not None


def watched(
    table: Table, read: Iterable[int], run: Run, ignored: Sequence[str] = (), *, holds_people: bool = True
) -> Table:
    """The same table; when its rows have been read, columns besides `read` (places) are noted in `run.notes`, and
    `SchemaError` is raised for one that holds codes, unless `run.accepts_schema`. `ignored` are labels of columns
    that are left out on purpose; `holds_people` says whether the list may have people on it."""
    known = set(read)
    left_out = {columns.fold(label) for label in ignored}
    names = columns.names(table.header)
    unread = [
        place
        for place, label in enumerate(table.header)
        if place not in known and not left_out & set(columns.readings(label))
    ]
    named = [place for place in unread if table.header[place].strip()]
    if named:
        run.notes[f"`{table.file}`: columns that nothing reads: {', '.join(quoted(names[at]) for at in named)}"] = None
    if not unread or run.accepts_schema:
        return table
    documents = {place for place in unread if holds_people and _OF_DOCUMENTS.search(columns.fold(table.header[place]))}
    return table._replace(rows=_judged(table, unread, documents, names))


def is_of_authorities(label: str, codes: Sequence[str]) -> bool:
    """Whether codes under a label are those of authorities, each of which stands in many rows."""
    return _is_of_authority(label) and _are_few(len(set(codes)), len(codes))


def _is_of_authority(label: str) -> bool:
    """Whether a label may be that of an authority's or supplier's code. Not: `被处罚单位信用编码`, the code of whom an
    authority punished, or `登记机关核发的代码`, one that it gave."""
    folded = _ACTED_UPON.sub("", columns.fold(label))
    return _OF_AUTHORITY.search(folded) is not None and _GIVEN.search(folded) is None


def _judged(table: Table, places: Sequence[int], documents: Container[int], names: Sequence[str]) -> Iterator[Row]:
    filled = dict.fromkeys(places, 0)
    codes = dict.fromkeys(places, 0)
    different: dict[int, set[int]] = {place: set() for place in places if _is_of_authority(table.header[place])}
    for row, cells in table.rows:
        for place in places:
            if (cell := cells[place]) not in NOTHING:
                filled[place] += 1
                if len(cell) <= _LONGEST and (is_code(cell) or (place in documents and _is_document(cell))):
                    codes[place] += 1
                    if place in different and len(different[place]) <= _MOST_AUTHORITIES:
                        different[place].add(hash(cell))
        yield row, cells
    for place in places:
        if place in different and _are_few(len(different[place]), codes[place]):
            continue
        if are_codes(filled[place], codes[place]):
            raise SchemaError(
                f"nothing reads the column, and {codes[place]:,} of its {filled[place]:,} filled cells are codes of "
                "subjects",
                file=table.file,
                row=table.header_row,
                column=names[place],
                expected="every column of codes to be one that the kind reads",
                hint="correct the label or the mapping, or accept it with `--accept-schema`",
            )


def _are_few(different: int, codes: int) -> bool:
    if codes < FEWEST_CELLS:
        return True
    return different <= _MOST_AUTHORITIES and different * _ROWS_OF_AN_AUTHORITY <= codes


def code_columns(header: Sequence[str], body: Sequence[Sequence[str]], read: Iterable[int]) -> list[int]:
    """The places of columns besides `read` that would be a fault, as far as the rows of `body` show."""
    known = set(read)
    found = []
    for place, label in enumerate(header):
        filled = [cells[place] for cells in body if place < len(cells)]
        if place in known or not holds_codes(filled):
            continue
        codes = [text(cell) for cell in filled if is_code(cell)]
        if not is_of_authorities(label, codes):
            found.append(place)
    return found


def hint_of(table: Table, read: Iterable[int]) -> str:
    """For a required column that is missing: which unread column holds codes and may be it; "" for none."""
    known = set(read)
    head = [cells for _, cells in _first(table.rows)]
    names = columns.names(table.header)
    found = [
        quoted(names[place])
        for place in range(len(table.header))
        if place not in known and _hold_codes(cells[place] for cells in head)
    ]
    return (
        f"column {', '.join(found)} holds codes: if it is meant, correct its label or name it in a mapping"
        if found
        else ""
    )


def _hold_codes(cells: Iterable[str]) -> bool:
    """Like `holds_codes`, for a file of fewer rows as well."""
    filled = [cell for cell in cells if cell and text(cell)]
    return bool(filled) and sum(map(is_code, filled)) * 100 >= len(filled) * _SHARE_PERCENT


def _first(rows: Iterator[Row]) -> list[Row]:
    found = []
    for row in rows:
        found.append(row)
        if len(found) == _LOOKED_AT_ROWS:
            break
    return found
