"""Corrected rows in the place of refused ones, for one compile.

A report shows persons' numbers masked, so a cell that is unchanged in the report keeps the file's value; only changed
cells are taken from the report. A row is recognised by its file, its number and a keyed digest of all its cells: one
that has changed since the report was made stays as it is in the file, and is reported.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from xingate_server.core.subject import SubjectKeyer
from xingate_server.snapshot.compile.refusals import row_digest
from xingate_server.snapshot.request import Corrected

LONGEST_CELL = 32_767  # what a spreadsheet cell holds
_Correct = Callable[[Path, int, Sequence[str], list[str]], list[str]]


class Correction(msgspec.Struct, frozen=True):
    """One row of a report: where it is from, its digest then, and its cells now by column."""

    kind: str
    file: str
    row: int
    digest: str
    cells: Mapping[str, str]


class Corrections(msgspec.Struct, frozen=True):
    """A report that came back."""

    file: Path
    rows: tuple[Correction, ...]


def shown(cell: str) -> str:
    """A cell as it can stand in a workbook: control characters blank, line ends one kind, no longer than a cell."""
    plain = cell.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c if c.isprintable() or c in "\t\n" else " " for c in plain)[:LONGEST_CELL]


class Corrector:
    """Applies reports in their order; `keyer` is set before the first row is read."""

    def __init__(self, reports: Sequence[Corrections]) -> None:
        self.keyer: SubjectKeyer | None = None
        self._reports = [_Report(report) for report in reports]

    def of(self, kind: str) -> _Correct | None:
        """What a source of this kind is given to correct its rows; None if no report has any."""
        reports = [report for report in self._reports if report.has(kind)]
        if not reports:
            return None

        def correct(file: Path, row: int, names: Sequence[str], cells: list[str]) -> list[str]:
            for report in reports:
                correction = report.find(kind, file, row)
                if correction is not None:
                    cells = self._apply(report, correction, names, cells)
            return cells

        return correct

    def outcome(self) -> Corrected:
        """What became of all of them."""
        return Corrected(
            sum(report.applied for report in self._reports),
            tuple(place for report in self._reports for place in report.changed_since),
            tuple(place for report in self._reports for place in report.masked),
            tuple(place for report in self._reports for place in report.not_found()),
        )

    def _apply(self, report: "_Report", correction: Correction, names: Sequence[str], cells: list[str]) -> list[str]:
        if self.keyer is None or row_digest(self.keyer, cells) != correction.digest:
            report.changed_since.append(_place(correction))
            return cells
        corrected = [_cell(correction.cells.get(name), cell) for name, cell in zip(names, cells, strict=True)]
        if any("*" in new and "*" not in old for new, old in zip(corrected, cells, strict=True) if new != old):
            report.masked.append(_place(correction))
            return cells
        report.applied += corrected != cells
        return corrected


class _Report:
    def __init__(self, report: Corrections) -> None:
        self._rows: dict[tuple[str, str, int], Correction] = {}
        files: dict[tuple[str, str], set[str]] = {}
        for row in report.rows:
            files.setdefault((row.kind, Path(row.file).name), set()).add(row.file)
        for row in report.rows:
            self._rows[row.kind, row.file, row.row] = row
            if len(files[row.kind, Path(row.file).name]) == 1:  # the folder may be another one by now
                self._rows[row.kind, Path(row.file).name, row.row] = row
        self._kinds = {row.kind for row in report.rows}
        self._all = {_place(row) for row in report.rows}
        self._met: set[str] = set()
        self.applied = 0
        self.changed_since: list[str] = []
        self.masked: list[str] = []

    def has(self, kind: str) -> bool:
        return kind in self._kinds

    def find(self, kind: str, file: Path, row: int) -> Correction | None:
        found = self._rows.get((kind, str(file), row)) or self._rows.get((kind, file.name, row))
        if found is not None:
            self._met.add(_place(found))
        return found

    def not_found(self) -> list[str]:
        return sorted(self._all - self._met)


def _place(correction: Correction) -> str:
    return f"{correction.kind} {correction.file} row {correction.row}"


def _cell(given: str | None, original: str) -> str:
    """The cell to read: the file's own where the report's says the same, masked places aside."""
    if given is None:
        return original
    before = shown(original)
    is_same = len(given) == len(before) and all(g in ("*", b) for g, b in zip(given, before, strict=True))
    return original if is_same or given.strip() == before.strip() else given
