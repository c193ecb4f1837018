"""Tables from csv (UTF-8 or GB18030, gzip or not) and xlsx, told apart by their first bytes.

The header is the first row with more than one filled cell; up to five title rows above it are passed over. Rows
without any filled cell hold nothing and are passed over. A csv row whose cell count is not the header's is a
damaged file, not a bad row: after a cut or an unbalanced quote nothing below can be trusted, so it is a
`SourceError`. Rows come as a stream; memory does not grow with the file (an xlsx keeps its shared strings).
"""

import csv
import itertools
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from xingate_adapters.reading import columns, files
from xingate_adapters.reading.errors import SourceError
from xingate_adapters.reading.files import CHINESE
from xingate_adapters.reading.run import Correct, Run

Row = tuple[int, list[str]]
_TITLE_ROWS = 5


class Layout(NamedTuple):
    """What a file's form does not say of itself: the separator of a csv, the sheet of a workbook, the row (1-based)
    of the header; "" and 0 are found."""

    delimiter: str = ","
    sheet: str = ""
    header_row: int = 0


AS_FOUND = Layout()


class Table(NamedTuple):
    """A header and the rows under it, each as long as the header."""

    file: Path
    header: list[str]
    header_row: int
    rows: Iterator[Row]


def csv_rows(
    file: Path, run: Run, encodings: Sequence[str] = CHINESE, delimiter: str = ","
) -> Generator[Row, None, None]:
    """The rows of a csv file with their numbers; blank lines come as empty rows."""
    files.refuse_old_workbook(file, files.first_bytes(file))
    text = files.lines(file, files.text_chunks(file, run, encodings), run)
    row = 0
    try:
        for row, cells in enumerate(csv.reader(text, strict=True, delimiter=delimiter), 1):
            yield row, cells
    except SourceError as error:
        raise error.at(row + 1) from error.__cause__
    except csv.Error as error:
        raise SourceError(
            f"the row is damaged ({error})", file=file, row=row + 1, expected="csv with balanced double quotes"
        ) from error


def open_table(file: Path, run: Run, layout: Layout = AS_FOUND) -> Table:
    """The table in a csv or xlsx file. Faults below the header are raised when the rows are read."""
    is_workbook = files.first_bytes(file).startswith(b"PK\x03\x04")
    if is_workbook:
        from xingate_adapters.reading.workbook import workbook_rows

        rows = workbook_rows(file, run, layout.sheet)
    else:
        rows = csv_rows(file, run, delimiter=layout.delimiter)
    header_row, header = _header_at(file, rows, layout.header_row) if layout.header_row else _header(file, rows)
    body = _padded(file, header, rows) if is_workbook else _whole(file, len(header), rows)
    if run.correct is not None:
        body = _corrected(file, columns.names(header), body, run.correct)
    return Table(file, header, header_row, body)


def _corrected(file: Path, names: list[str], rows: Iterator[Row], correct: Correct) -> Iterator[Row]:
    for row, cells in rows:
        yield row, correct(file, row, names, cells)


def _header_at(file: Path, rows: Iterator[Row], wanted: int) -> Row:
    for row, cells in rows:
        if row == wanted and any(cell.strip() for cell in cells):
            return row, cells
        if row >= wanted:
            break
    raise SourceError("no header stands in this row", file=file, row=wanted, hint="correct `header_row` in the mapping")


def _header(file: Path, rows: Iterator[Row]) -> Row:
    titles = 0
    last: Row | None = None
    for row, cells in rows:
        filled = sum(1 for cell in cells if cell.strip())
        if filled > 1:
            return row, cells
        if filled:
            last = (row, cells)
            titles += 1
            if titles > _TITLE_ROWS:
                break
    if last is None:
        raise SourceError("the file is empty", file=file, expected="at least a header", hint="export it again")
    return last


def _whole(file: Path, width: int, rows: Iterator[Row]) -> Iterator[Row]:
    for row, cells in rows:
        if len(cells) == width:
            if any(cells):
                yield row, cells
        elif any(cell.strip() for cell in cells):
            raise SourceError(
                f"the row has {len(cells)} cells (cut off, or a separator inside a cell without quotes)",
                file=file,
                row=row,
                expected=f"{width}, as in the header",
                hint="export it again",
            )


def _padded(file: Path, header: list[str], rows: Iterator[Row]) -> Iterator[Row]:
    width = len(header)
    for row, cells in rows:
        if not any(cells):
            continue
        if len(cells) > width and any(cells[width:]):
            raise SourceError(
                f"a cell is filled in column {width + 1}, which has no header",
                file=file,
                row=row,
                expected=f"{width} columns, as in the header",
            )
        yield row, list(itertools.islice(itertools.chain(cells, itertools.repeat("")), width))
