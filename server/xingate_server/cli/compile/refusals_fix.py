"""Reading a refusal report that a clerk has corrected."""

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from pathlib import Path

from xingate_server.cli.compile.refusals import KEYS, SUMMARY
from xingate_server.wiring.compiling.compile import OptionError
from xingate_server.wiring.compiling.corrections import Correction, Corrections


def read_report(file: Path) -> Corrections:
    """The rows of a report. Raises OptionError if the file is not a report, and SourceError if the workbook cannot be
    read (a formula, a number whose digits the spreadsheet program destroyed)."""
    from xingate_adapters.reading.tables.workbook import sheet_titles

    visible, _ = sheet_titles(file)
    if SUMMARY not in visible:
        raise OptionError(f"`{file}` is not a refusal report; expected the workbook that --refusals wrote")
    rows = tuple(row for title in visible if title != SUMMARY for row in _sheet(file, title))
    return Corrections(file, rows)


def _sheet(file: Path, title: str) -> Iterator[Correction]:
    from xingate_adapters.reading.run import Run
    from xingate_adapters.reading.tables.workbook import workbook_rows

    header: Sequence[str] | None = None
    for number, cells in workbook_rows(file, Run(), title, is_exact=True):
        if header is None:
            header = cells
            if tuple(header[: len(KEYS)]) != KEYS:
                raise OptionError(f"`{file}`, sheet `{title}`: the first columns are not those of a refusal report")
            continue
        kind, path, row, digest, *_ = [*cells, *[""] * len(KEYS)]
        # No key: another row is the reason, or the list is corrected at its publisher.
        if not any(cells) or not digest:
            continue
        if not row.isdecimal():
            raise OptionError(f"`{file}`, sheet `{title}`, row {number}: the row number `{row[:20]}` was changed")
        pairs = zip_longest(header[len(KEYS) :], cells[len(KEYS) : len(header)], fillvalue="")
        yield Correction(kind, path, int(row), digest, {name: cell for name, cell in pairs if name})
