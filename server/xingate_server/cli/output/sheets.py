"""Tables of figures as csv and xlsx that a spreadsheet program can open without running anything in them.

A cell that begins like a formula (`=`, `+`, `-`, `@`, their full-width forms, tab or return, blanks before them
aside) is told apart from one: csv gets an apostrophe before it, xlsx is said to be text. Source: OWASP, CSV Injection.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

CSV_MARK: Final = "\ufeff"  # without it spreadsheet programs take Chinese for something else
Cell = str | int | float | None

_STARTS = tuple("=+-@＝＋－＠\t\r\n")


class Sheet(NamedTuple):
    """A table: its name, its header, its rows."""

    name: str
    header: Sequence[str]
    rows: Iterable[Sequence[Cell]]


def is_formula(text: str) -> bool:
    """Whether a spreadsheet program could take the text for a formula."""
    return text.startswith(_STARTS) or text.lstrip().startswith(_STARTS)


def to_csv(sheets: Sequence[Sheet]) -> str:
    """The tables one after the other, with an empty line between them."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    for place, sheet in enumerate(sheets):
        if place:
            out.write("\r\n")
        writer.writerow(_safe(cell) for cell in sheet.header)
        writer.writerows([_safe(cell) for cell in row] for row in sheet.rows)
    return out.getvalue()


def to_xlsx(sheets: Sequence[Sheet]) -> bytes:
    """A workbook with a sheet for each. Needs openpyxl (extra `adapters`)."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    for sheet in sheets:
        page = book.create_sheet(sheet.name)
        page.freeze_panes = "A2"
        for row in (sheet.header, *sheet.rows):
            page.append([_cell(page, value) for value in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _cell(page: object, value: Cell) -> object:
    from openpyxl.cell import WriteOnlyCell

    if not isinstance(value, str):
        return value
    text = _printable(value)
    cell = WriteOnlyCell(page, value="")  # type: ignore[arg-type]  # the stub wants another kind of sheet
    cell.value = text
    if is_formula(text):
        cell.data_type = "s"
        cell.quotePrefix = True  # stays text when a person edits the cell
    return cell


def _safe(cell: Cell) -> Cell:
    if isinstance(cell, str):
        text = _printable(cell)
        return f"'{text}" if is_formula(text) else text
    return "" if cell is None else cell


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() or c in "\t\r\n" else " " for c in text)
