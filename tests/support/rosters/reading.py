"""Rosters that tests write, how their columns are read, and what their rows ask."""

from pathlib import Path
from random import Random

from tests.support.dirty import sheets

from xingate.types import SubjectKind
from xingate_adapters.reading.run import Run
from xingate_adapters.rosters.layout import RosterLayout
from xingate_adapters.rosters.rows import Fault, Footer, RowReader, read_all


def csv(folder: Path, *rows: list[str]) -> Path:
    """A csv of these rows."""
    file = folder / "roster.csv"
    file.write_bytes(sheets.csv_bytes(rows, sheets.CsvStyle(), Random(0)))  # noqa: S311 - a fixed seed is wanted
    return file


def xlsx(folder: Path, merged: list[tuple[int, int, int, int]], *rows: list[str]) -> Path:
    """A workbook of these rows, with merged ranges."""
    file = folder / "roster.xlsx"
    file.write_bytes(sheets.xlsx_bytes(rows, sheets.BookStyle(merged=merged)))
    return file


def fields(layout: RosterLayout) -> list[str]:
    """What each column is read as; `?` for one that is asked about."""
    return ["?" if column.is_unsure else column.field for column in layout.columns]


def asked(
    layout: RosterLayout, kind: SubjectKind | None = SubjectKind.LEGAL_ENTITY
) -> list[list[tuple[str, str, str]]]:
    """Per row: role, name and number of its subject and of the others; the reason of a fault, or a footer."""
    rows = read_all(layout, Run())
    reader = RowReader(layout, kind, "示例事项", rows.rounded)
    found = []
    for number, cells in rows:
        row = reader.read(number, cells).asked
        if isinstance(row, Fault | Footer):
            found.append([("footer" if isinstance(row, Footer) else row.reason, "", "")])
            continue
        subjects = [("subject", row.subject), *((one.role, one.subject) for one in row.people)]
        found.append([(role, one.name, one.identifiers[0].value if one.identifiers else "") for role, one in subjects])
    return found
