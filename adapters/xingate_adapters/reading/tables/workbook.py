"""Rows of an xlsx workbook (ISO/IEC 29500), streamed.

Before openpyxl sees the file, its declared sizes are judged (a zip bomb is refused unopened). Formula and error
cells are refused: what they show is not in the file, or nothing. One visible sheet may hold rows; hidden sheets
(templates keep their choices there) are passed over. A cell merged over several rows is filled in each of them, and a
row is as wide as what is merged in it, so that a label over two columns has both. A number of more digits than a
spreadsheet keeps becomes text with zeros or `*` in their place (`doubles`). Macros, styles and drawings are not read.
"""

import re
import struct
import warnings
import zipfile
import zlib
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, closing
from datetime import date, datetime, time
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from xingate_adapters.reading.cells.text import iso
from xingate_adapters.reading.errors import SourceError, quoted
from xingate_adapters.reading.run import Run
from xingate_adapters.reading.tables import forms
from xingate_server.core.identifiers.decoration import clean
from xingate_server.core.identifiers.doubles import as_code
from xingate_server.core.identifiers.number_patterns import EXACT_DIGITS

TOTAL_LIMIT_BYTES = 2 << 30
STRINGS_LIMIT_BYTES = 512 << 20
RATIO_LIMIT = 250  # what DEFLATE makes of real sheets is 5 to 40
RATIO_FROM_BYTES = 8 << 20
MEMBER_LIMIT = 10_000
COLUMN_LIMIT = 500
PROGRESS_ROWS = 2_000
MERGED_LIMIT = 200_000
ROW_LIMIT = 1_048_576  # of a sheet (ISO/IEC 29500)
_CHUNK_BYTES = 1 << 20
_ROW = re.compile(rb"<(?:\w+:)?row(?=[\s/>])(?:[^>]*?\sr\s*=\s*[\"']\s*([0-9]{1,20}))?")
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\b[^>]{0,40}?\bref="([A-Z]{1,3})([0-9]{1,7}):([A-Z]{1,3})([0-9]{1,7})"')

# All that zipfile, the xml parser and openpyxl raise on damaged bytes; none of it is ours.
_DAMAGE = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
)
_Result = TypeVar("_Result")


def workbook_rows(
    file: Path, run: Run, wanted: str = "", *, is_exact: bool = False
) -> Generator[tuple[int, list[str]], None, None]:
    """The rows of the one visible sheet that has any, or of the sheet `wanted`, as text, with their numbers. Hidden
    sheets are counted as passed over. `is_exact`: a number that has lost digits is a fault, not text with zeros."""
    size = _guard(file)
    with ExitStack() as stack:
        stream = stack.enter_context(file.open("rb"))
        sheets = _chosen(file, _sheets(file, stream), wanted, run)
        filled = []
        for sheet in sheets:
            rows = stack.enter_context(
                closing(_filled_down(_rows(file, sheet, is_exact=is_exact), _looked_through(file, sheet)))
            )
            first = next((row for row in rows if any(row[1])), None)
            if first is not None:
                filled.append((quoted(sheet.title), chain([first], rows)))
        if len(filled) > 1:
            raise SourceError(
                f"there are rows on several sheets ({', '.join(title for title, _ in filled)})",
                file=file,
                expected="one sheet with rows",
                hint="save each sheet as a file of its own",
            )
        for _, rows_of_sheet in filled:
            yield from _reported(file, size, rows_of_sheet, run)
    run.report(file, size, size)


def sheet_titles(file: Path) -> tuple[list[str], list[str]]:
    """The titles of the visible sheets, and of the hidden ones."""
    _guard(file)
    with file.open("rb") as stream:
        sheets = _sheets(file, stream)
        visible = [sheet.title for sheet in sheets if sheet.sheet_state == "visible"]
        return visible, [sheet.title for sheet in sheets if sheet.sheet_state != "visible"]


def _sheets(file: Path, stream: BinaryIO) -> list[Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl tells of extensions that it does not keep
        import openpyxl

        book = _guarded(file, 0, lambda: openpyxl.load_workbook(stream, read_only=True, keep_links=False))
    return list(book.worksheets)


def _chosen(file: Path, sheets: list[Any], wanted: str, run: Run) -> list[Any]:
    if wanted:
        chosen = [sheet for sheet in sheets if sheet.title == wanted]
        if not chosen:
            titles = ", ".join(quoted(sheet.title) for sheet in sheets)
            raise SourceError(f"there is no sheet {quoted(wanted)}", file=file, expected=f"one of {titles}")
        if len(sheets) > 1:
            run.passed_over["other_sheets"] += len(sheets) - 1
        return chosen
    visible = [sheet for sheet in sheets if sheet.sheet_state == "visible"]
    if len(visible) < len(sheets):
        run.passed_over["hidden_sheets"] += len(sheets) - len(visible)
    return visible


def _reported(
    file: Path, size: int, rows: Iterator[tuple[int, list[str]]], run: Run
) -> Iterator[tuple[int, list[str]]]:
    # How far the parser is in the packed file cannot be known; half of it is named until the end.
    for row, cells in rows:
        if row % PROGRESS_ROWS == 0:
            run.report(file, size // 2, size)
        yield row, cells


def _guard(file: Path) -> int:
    try:
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
            total = sum(member.file_size for member in members)
            if total <= TOTAL_LIMIT_BYTES:
                forms.refuse_other_archive(file, archive)
    except SourceError:
        raise
    except _DAMAGE as error:
        raise SourceError(
            "the workbook is cut off or damaged (its zip directory cannot be read)", file=file, hint="fetch it again"
        ) from error
    is_bomb = (
        len(members) > MEMBER_LIMIT
        or total > TOTAL_LIMIT_BYTES
        or any(m.file_size > STRINGS_LIMIT_BYTES for m in members if m.filename.lower().endswith("sharedstrings.xml"))
        or any(m.file_size > RATIO_FROM_BYTES and m.file_size > RATIO_LIMIT * max(m.compress_size, 1) for m in members)
    )
    if is_bomb:
        raise SourceError(
            f"the workbook unpacks to {total:,} bytes in {len(members):,} parts (a zip bomb)",
            file=file,
            expected=f"at most {TOTAL_LIMIT_BYTES:,} bytes, packed at most {RATIO_LIMIT} to 1",
            hint="export it as csv",
        )
    return file.stat().st_size


def _guarded(file: Path, row: int, step: Callable[[], _Result]) -> _Result:
    try:
        return step()
    except SourceError:
        raise
    except _DAMAGE as error:
        raise SourceError(
            "the workbook is damaged in its xml or zip data",
            file=file,
            row=row or None,
            expected="xlsx as a spreadsheet program saves it",
            hint="save it again",
        ) from error


def _rows(file: Path, sheet: Any, *, is_exact: bool) -> Generator[tuple[int, list[str]], None, None]:
    sheet.reset_dimensions()  # the declared size may lie
    header: list[str] = []
    row = 0
    with closing(sheet.iter_rows()) as cells_of_rows:
        while True:
            row += 1
            cells = _guarded(file, row, lambda: next(cells_of_rows, None))
            if cells is None:
                return
            if len(cells) > COLUMN_LIMIT:
                raise SourceError(
                    f"the row has {len(cells):,} columns", file=file, row=row, expected=f"at most {COLUMN_LIMIT}"
                )
            texts = [_text(file, row, place, cell, header, is_exact=is_exact) for place, cell in enumerate(cells)]
            if not header and sum(1 for text in texts if text) > 1:
                header = texts
            yield row, texts


def _looked_through(file: Path, sheet: Any) -> dict[int, list[tuple[int, int, int]]]:
    """First row of a merged range -> its first and last column (from 0) and its last row. They stand behind the rows in
    the sheet's part, which is therefore looked through before it is read. Raises `SourceError` if the numbers of
    rows do not ascend, since openpyxl leaves such rows out, or are higher than any sheet has."""
    found: dict[int, list[tuple[int, int, int]]] = {}
    count = row = 0
    for tags in _tags(file, sheet):
        for match in _ROW.finditer(tags):
            row = _next_row(file, sheet, row, match[1])
        for match in _MERGED.finditer(tags) if b"mergeCell" in tags else ():
            if count < MERGED_LIMIT:
                count += 1
                found.setdefault(int(match[2]), []).append((_column(match[1]), _column(match[3]), int(match[4])))
    return found


def _tags(file: Path, sheet: Any) -> Iterator[bytes]:
    """The bytes of the sheet's part, no tag cut in two."""
    tail = b""
    with zipfile.ZipFile(file) as archive, archive.open(sheet._worksheet_path.lstrip("/")) as part:  # noqa: SLF001
        while chunk := _guarded(file, 0, lambda: part.read(_CHUNK_BYTES)):
            window = tail + chunk
            last = window.rfind(b"<")
            is_whole = last < 0 or window.find(b">", last) >= 0 or len(window) - last > _CHUNK_BYTES
            tail = b"" if is_whole else window[last:]
            yield window if is_whole else window[:last]


def _next_row(file: Path, sheet: Any, before: int, written: bytes | None) -> int:
    row = before + 1 if written is None else int(written)
    if before < row <= ROW_LIMIT:
        return row
    what = "numbers that no sheet has" if row > ROW_LIMIT else "numbers that do not ascend"
    raise SourceError(
        f"the workbook is damaged: the rows of the sheet {quoted(sheet.title)} have {what} ({row:,} behind {before:,})",
        file=file,
        row=row,
        expected="xlsx as a spreadsheet program saves it",
        hint="save it again",
    )


def _column(letters: bytes) -> int:
    place = 0
    for letter in letters:
        place = place * 26 + letter - ord("A") + 1
    return place - 1


def _filled_down(
    rows: Generator[tuple[int, list[str]], None, None], merged: dict[int, list[tuple[int, int, int]]]
) -> Generator[tuple[int, list[str]], None, None]:
    """The rows, with the text of a merged cell in each of its rows."""
    open_ranges: list[tuple[int, int, str]] = []
    with closing(rows):
        for row, cells in rows:
            if open_ranges:
                open_ranges = [one for one in open_ranges if one[1] >= row]
                for column, _, text in open_ranges:
                    cells.extend([""] * (column + 1 - len(cells)))
                    cells[column] = cells[column] or text
            for column, right, last in merged.get(row, ()):
                cells.extend([""] * (min(right + 1, COLUMN_LIMIT) - len(cells)))
                if last > row and column < min(len(cells), COLUMN_LIMIT) and cells[column]:
                    open_ranges.append((column, last, cells[column]))
            yield row, cells


def _text(file: Path, row: int, place: int, cell: Any, header: list[str], *, is_exact: bool) -> str:
    value = cell.value
    if value is None:
        return ""
    kind = cell.data_type
    if kind in ("s", "inlineStr"):
        return clean(str(value))
    column = header[place] if place < len(header) and header[place] else f"column {place + 1}"
    if kind == "f":
        if isinstance(value, str) and not (said := clean(value)).startswith(("=", "＝")):
            return said  # `="1"` only keeps a number text
        raise SourceError(
            "the cell contains a formula",
            file=file,
            row=row,
            column=column,
            expected="values",
            hint="copy the sheet and paste it as values",
        )
    if kind == "e":
        raise SourceError(f"the cell contains the error {quoted(str(value))}", file=file, row=row, column=column)
    if is_exact and isinstance(value, float) and value.is_integer() and abs(value) >= 10**EXACT_DIGITS:
        raise SourceError(
            f"a number of more digits than the {EXACT_DIGITS} that a spreadsheet keeps: the spreadsheet program has "
            "destroyed the others, and they cannot be got back",
            file=file,
            row=row,
            column=column,
            expected="codes as text",
            hint="format the cell as text and write the number again",
        )
    return _value(value)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return iso(value.date())
    if isinstance(value, date):
        return iso(value)
    if isinstance(value, int | float):
        return _number(value)
    if isinstance(value, time):
        return value.isoformat()
    return str(value)


def _number(value: float) -> str:
    """A number as text: whole ones without a point."""
    if isinstance(value, int):
        return str(value)
    return as_code(value) if value.is_integer() else repr(value)
