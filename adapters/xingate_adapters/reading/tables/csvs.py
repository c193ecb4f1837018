"""Rows of a csv file (RFC 4180, and what real exports make of it), with their numbers.

A row that the strict reading refuses is read again by the quotes of its own lines alone: a double quote inside a cell
that is not written twice is text, when the row then has as many cells as the row above it. Nothing is guessed beyond
that: a cell that opens with a double quote and is never closed, or that has whole rows of the list inside, is a fault
of the file, because what stands below cannot be trusted to be what it seems.
"""

import csv
import itertools
import re
from collections.abc import Generator, Iterator
from pathlib import Path

from xingate_adapters.reading.cells.text import clean_row
from xingate_adapters.reading.errors import SourceError
from xingate_server.core.identifiers.decoration import MARKS

Row = tuple[int, list[str]]
_LINES_OF_A_ROW = 50
_FEWEST_SEPARATORS = 3
_BALANCED = "csv with balanced double quotes"


class Lines:
    """Lines, handed to the csv module block by block, and those of them that the row being read has taken.

    `row_start` is the number of lines that the reader on `source` had read before that row.
    """

    def __init__(self, blocks: Iterator[list[str]]) -> None:
        self._blocks = blocks
        self._rest: list[str] = []
        self._kept: list[str] = []
        self._base = 0
        self.row_start = 0

    def source(self) -> Iterator[str]:
        """The lines that have not been read, counted from 0."""
        self._base = self.row_start = 0
        self._kept = []
        return itertools.chain.from_iterable(self._noted())

    def _noted(self) -> Iterator[list[str]]:
        for block in itertools.chain([self._rest] if self._rest else [], self._blocks):
            start = self.row_start - self._base
            self._kept = self._kept[start:] + block
            self._base += start
            yield block

    def of_row(self) -> list[str]:
        """The row's first line and those after it, as many as a row may have."""
        start = self.row_start - self._base
        while len(self._kept) - start < _LINES_OF_A_ROW and (block := next(self._blocks, None)) is not None:
            self._kept = self._kept + block
        return self._kept[start : start + _LINES_OF_A_ROW]

    def go_back(self, lines_used: int) -> None:
        """Have all lines read again but the first `lines_used` of the row."""
        self._rest = self._kept[self.row_start - self._base + lines_used :]


class Watch:
    """What is known of the text that rows are being read from: its separator once it is found, and whether it has any
    mark of decoration (`core.identifiers.decoration.MARKS`)."""

    def __init__(self) -> None:
        self.separator = ""
        self.is_marked = False  # this chunk or the one before, in which a row may have begun

    def over(self, chunks: Iterator[str]) -> Iterator[str]:
        """The same chunks, each looked at before it is handed out."""
        was_marked = False
        for chunk in chunks:
            now_marked = any(mark in chunk for mark in MARKS)
            self.is_marked, was_marked = now_marked or was_marked, now_marked
            yield chunk


def rows_of(
    file: Path, blocks: Iterator[list[str]], separator: str, watch: Watch, *, is_cleaned: bool = True
) -> Generator[Row, None, None]:
    """The rows of lines that end in a line feed, cells cleaned unless `is_cleaned` is false. Raises SourceError."""
    lines = Lines(blocks)
    reader = csv.reader(lines.source(), strict=True, delimiter=separator)
    row = 0
    header: list[str] = []
    while True:
        row += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            cells, used = _recovered(file, row, _lines_of(lines, row), separator, header)
            if used > 1:
                _refuse_swallowed(file, row, cells, separator, header)
            lines.go_back(used)
            reader = csv.reader(lines.source(), strict=True, delimiter=separator)
        except SourceError as error:
            raise error.at(row) from error.__cause__
        read = reader.line_num
        if read - lines.row_start > 1:
            _refuse_swallowed(file, row, cells, separator, header)
        lines.row_start = read
        if is_cleaned and (watch.is_marked or not "".join(cells).isprintable()):
            cells = clean_row(cells)
        if len(cells) != len(header) and len(cells) > 1:
            header = cells
        yield row, cells


def _lines_of(lines: Lines, row: int) -> list[str]:
    try:
        return lines.of_row()
    except SourceError as error:
        raise error.at(row) from error.__cause__


def _recovered(file: Path, row: int, taken: list[str], separator: str, header: list[str]) -> tuple[list[str], int]:
    """The row read by the quotes of its own lines, and how many of the lines it has."""
    for count in range(1, len(taken) + 1):
        cells = _balanced("".join(taken[:count]).rstrip("\r\n"), separator)
        if cells is None:
            continue
        if header and len(cells) != len(header):
            break
        return cells, count
    raise _open_quote(file, row, taken[0], separator, header)


def _balanced(text: str, separator: str) -> list[str] | None:
    """Cells whose double quotes come in pairs, those inside taken as text; None when one is left open."""
    cells: list[str] = []
    held: list[str] = []
    for part in text.split(separator):
        held.append(part)
        cell = separator.join(held)
        if cell.startswith('"') and cell.count('"') % 2:
            continue
        held.clear()
        is_quoted = len(cell) > 1 and cell.startswith('"') and cell.endswith('"')
        cells.append(cell[1:-1].replace('""', '"') if is_quoted else cell)
    return None if held else cells


def _open_quote(file: Path, row: int, line: str, separator: str, header: list[str]) -> SourceError:
    """The fault of a double quote, with the column of the first cell that opens with one and does not close."""
    place = next(
        (at for at, cell in enumerate(line.split(separator)) if cell.startswith('"') and cell.count('"') % 2), None
    )
    return SourceError(
        "a double quote opens a cell and is not closed in its row, or stands inside a cell without being written twice",
        file=file,
        row=row,
        column=header[place] if place is not None and place < len(header) else None,
        expected=_BALANCED,
        hint="remove the double quote or write it twice, or export the list again as xlsx",
    )


def _refuse_swallowed(file: Path, row: int, cells: list[str], separator: str, header: list[str]) -> None:
    """A row of several lines whose cell has rows of the list inside: its double quote was never meant to open."""
    if header and len(cells) > 1 and len(cells) != len(header):
        raise _open_quote(file, row, _first_lines(cells, separator), separator, header)
    code = re.compile(re.escape(separator) + r'\s*"?[0-9A-Z]{15,18}\b')
    for cell in cells:
        for line in cell.splitlines()[:-1] if "\n" in cell else ():
            if line.count(separator) >= max(len(header) - 1, _FEWEST_SEPARATORS) or code.search(line):
                raise _open_quote(file, row, _first_lines(cells, separator), separator, header)


def _first_lines(cells: list[str], separator: str) -> str:
    """The row's first line as it may have been written: the cell that holds line feeds opens with a double quote."""
    place = next((at for at, cell in enumerate(cells) if "\n" in cell), len(cells))
    return separator.join([*([""] * place), '"'])
