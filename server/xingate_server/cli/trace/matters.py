"""The list of matters that should have been looked up: csv or xlsx, columns in codes or in Chinese.

`matter` (事项编号) and `organisation` (部门) are needed, `decided_on` (决定日期) is optional. Numbers are compared as
the log holds them, that is with persons' numbers hidden. Excluded: old .xls files, several sheets with rows.
"""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from xingate_adapters.reading.cells import text
from xingate_adapters.reading.errors import SourceError, quoted
from xingate_adapters.reading.run import Run
from xingate_adapters.reading.tables import columns
from xingate_adapters.reading.tables.tables import open_table
from xingate_server.cli.output.common import AskedWronglyError
from xingate_server.gateway.question import hide_numbers
from xingate_server.trace.audit.report import Matter

LABELS = {
    "matter": ("matter", "事项编号"),
    "organisation": ("organisation", "部门", "单位"),
    "decided_on": ("decided_on", "决定日期"),
}
REQUIRED = ("matter", "organisation")


def read_matters(file: Path) -> Iterator[Matter]:
    """The matters of a file. Raises AskedWronglyError with the row that cannot be read."""
    try:
        table = open_table(file, Run())
        places = columns.places(file, table.header_row, table.header, columns.inverted(LABELS))
        columns.require(file, table.header_row, places, LABELS, REQUIRED)
        for row, values in table.rows:
            given = {field: text.text(values[place]) for field, place in places.items()}
            yield _matter(file, row, given)
    except SourceError as error:
        raise AskedWronglyError(f"the list of matters: {error}") from error


def _matter(file: Path, row: int, given: dict[str, str]) -> Matter:
    for field in REQUIRED:
        if not given[field]:
            raise SourceError("the cell is empty", file=file, row=row, column=LABELS[field][0])
    said = text.day(given.get("decided_on", ""))
    return Matter(
        number=hide_numbers(given["matter"]), organisation=given["organisation"], decided_on=_day(file, row, said)
    )


def _day(file: Path, row: int, said: str) -> date | None:
    if not said:
        return None
    digits = "".join(c if c.isdigit() else " " for c in said).split()
    try:
        if len(digits) == 1:
            return date.fromisoformat(digits[0])
        year, month, day = (int(part) for part in digits)
        return date(year, month, day)
    except ValueError:
        raise SourceError(
            f"{quoted(said)} is not a date", file=file, row=row, column="decided_on", expected="YYYY-MM-DD"
        ) from None
