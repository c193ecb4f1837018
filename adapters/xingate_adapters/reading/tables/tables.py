"""Tables from csv (UTF-8, GB18030 or UTF-16, gzip or not) and xlsx, told apart by their first bytes.

The header is found by `headers`. Rows without any filled cell hold nothing and are passed over. Every cell is
cleaned (`core.identifiers.decoration.clean`). A csv row whose cell count is not the header's is a damaged file, not a
bad row: after a cut or an unbalanced quote nothing below can be trusted, so it is a `SourceError`. Rows come as a
stream; memory does not grow with the file (an xlsx keeps its shared strings).
"""

import itertools
import re
from collections.abc import Generator, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from xingate_adapters.reading import files
from xingate_adapters.reading.cells.rounded import Again, Rounded
from xingate_adapters.reading.cells.text import clean_row
from xingate_adapters.reading.errors import SourceError
from xingate_adapters.reading.files import CHINESE
from xingate_adapters.reading.run import Correct, Run
from xingate_adapters.reading.tables import columns, csvs, forms
from xingate_adapters.reading.tables.headers import header_of
from xingate_adapters.reading.tables.separators import NAMES, separator_of

Row = tuple[int, list[str]]
FOUND = ""
"""The separator that is to be told from the file."""


class Layout(NamedTuple):
    """What a file's form does not say of itself: the separator of a csv, the sheet of a workbook, the row (1-based)
    of the header; "" and 0 are found."""

    delimiter: str = FOUND
    sheet: str = ""
    header_row: int = 0


AS_FOUND = Layout()
_NOT_SEPARATORS = re.compile(r"[^，；^~:：]([，；^~:：])[^，；^~:：]+\1")


class Table(NamedTuple):
    """A header and the rows under it, each as long as the header; `again` has the rows once more."""

    file: Path
    header: list[str]
    header_row: int
    rows: Iterator[Row]
    again: Again

    def rounded(self, places: Iterable[int | None], related: Iterable[int | None] = ()) -> Rounded:
        """What finds the rounded numbers of a row in the columns `places`, and in those of `related` people."""
        return Rounded(
            (place for place in places if place is not None),
            (place for place in related if place is not None),
            self.again,
        )


def csv_rows(
    file: Path,
    run: Run,
    encodings: Sequence[str] = CHINESE,
    delimiter: str = FOUND,
    watch: csvs.Watch | None = None,
    *,
    is_cleaned: bool = True,
) -> Generator[Row, None, None]:
    """The rows of a csv file with their numbers; blank lines come as empty rows. `watch` notes the separator; cells are
    as they stand in the file unless `is_cleaned`."""
    forms.refuse_other_bytes(file)
    watch = csvs.Watch() if watch is None else watch
    chunks = watch.over(_without_end_mark(files.text_chunks(file, run, encodings)))
    try:
        first = next(chunks, "")
    except SourceError as error:
        raise error.at(1) from error.__cause__
    forms.refuse_other_text(file, first)
    blocks = files.line_blocks(file, itertools.chain([first], chunks), run)
    watch.separator = delimiter or separator_of(first)
    yield from csvs.rows_of(file, blocks, watch.separator, watch, is_cleaned=is_cleaned)


def _without_end_mark(chunks: Iterator[str]) -> Iterator[str]:
    """The text without the Ctrl-Z that old programs write behind the last line."""
    held = ""
    for chunk in chunks:
        text = held + chunk
        bare = text.rstrip("\x1a\r\n")
        held = text[len(bare) :] if "\x1a" in text[len(bare) :] else ""
        yield text[: len(text) - len(held)]


def open_table(file: Path, run: Run, layout: Layout = AS_FOUND) -> Table:
    """The table in a csv or xlsx file. Faults below the header are raised when the rows are read."""
    watch = csvs.Watch()
    header_row, header, body = _body(file, run, layout, watch)

    def rows() -> Iterator[Row]:
        return _body(file, Run(data_as_of=run.data_as_of), layout, csvs.Watch())[2]

    if run.correct is not None:
        body = _corrected(file, columns.names(header), body, run.correct)
    return Table(file, header, header_row, body, Again(file, rows, len(header), watch.separator))


def _body(file: Path, run: Run, layout: Layout, watch: csvs.Watch) -> tuple[int, list[str], Iterator[Row]]:
    is_workbook = forms.is_workbook(file)
    rows: Iterator[Row]
    if is_workbook:
        from xingate_adapters.reading.tables.workbook import workbook_rows

        rows = workbook_rows(file, run, layout.sheet)
    else:
        rows = csv_rows(file, run, delimiter=layout.delimiter, watch=watch)
    header_row, header, below = header_of(file, rows, layout.header_row)
    if is_workbook:
        return header_row, header, _padded(file, header_row, header, below)
    if len(header) == 1 and not layout.delimiter and _NOT_SEPARATORS.search(header[0]):
        raise SourceError(
            "every row has one cell: what separates the cells is none of the separators that are read",
            file=file,
            expected="a comma, tab, semicolon or pipe between the cells",
            hint="export it again with one of them, or name `delimiter` in a mapping",
        )
    return header_row, header, _whole(file, header, below, layout.delimiter)


def _corrected(file: Path, names: list[str], rows: Iterator[Row], correct: Correct) -> Iterator[Row]:
    for row, cells in rows:
        yield row, clean_row(correct(file, row, names, cells))


def _whole(file: Path, header: list[str], rows: Iterator[Row], said: str) -> Iterator[Row]:
    width = len(header)
    for row, cells in rows:
        if len(cells) == width:
            if any(cells):
                yield row, cells
        elif any(cell.strip() for cell in cells):
            raise _other_width(file, row, cells, header, said)


def _other_width(file: Path, row: int, cells: list[str], header: list[str], said: str) -> SourceError:
    what, hint = "cut off, or a separator inside a cell without quotes", "export it again"
    if len(header) == 1 and said:
        other = separator_of("\n".join(header))
        if other != said:
            what, hint = f"the mapping's separator is the {NAMES.get(said, said)}", "correct `delimiter` in the mapping"
    return SourceError(
        f"the row has {len(cells)} cells ({what})",
        file=file,
        row=row,
        expected=f"{len(header)}, as in the header",
        hint=hint,
    )


def _padded(file: Path, header_row: int, header: list[str], rows: Iterator[Row]) -> Iterator[Row]:
    width = len(header)
    for row, cells in rows:
        if not any(cells):
            continue
        if len(cells) > width and any(cells[width:]):
            raise SourceError(
                f"a cell is filled in column {width + 1}, which has no header",
                file=file,
                row=row,
                expected=f"{width} columns, as in row {header_row}, which was taken for the header",
                hint="if that row is a title, remove it, or name the header's row as `header_row` in a mapping",
            )
        yield row, list(itertools.islice(itertools.chain(cells, itertools.repeat("")), width))
