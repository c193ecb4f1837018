"""What one reading of a source's files is given and what it leaves behind."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from xingate_adapters.reading.declaration import Elements

Progress = Callable[[Path, int, int], None]
"""Called with the file, the bytes read so far (of the file as it lies on disk) and its size."""

Correct = Callable[[Path, int, Sequence[str], list[str]], list[str]]
"""Given the file, the row, the columns' names and the cells: the cells as they are to be read."""


def _all(ordinal: int) -> bool:
    return True


@dataclass(slots=True)
class Run:
    """`data_as_of` is the day the data is of, for lists whose rows have no date. `passed_over` counts what a file
    holds that is not a row of it (a vessel on a sanctions list, padding), by kind; it is filled while reading goes on.
    `correct` puts corrected cells in the place of those in the files. `accepts_schema`: unknown columns and elements
    are noted, not refused. `notes` are lines for the operator, each once, in the order in which they were found:
    columns that nothing reads, expected elements that do not occur. `elements` are those that the source declares.
    `holds` says which records, by their number from 0, are asked for: a source may give None for the others."""

    on_progress: Progress | None = None
    data_as_of: date | None = None
    passed_over: Counter[str] = field(default_factory=Counter)
    correct: Correct | None = None
    accepts_schema: bool = False
    notes: dict[str, None] = field(default_factory=dict)
    elements: Elements = field(default_factory=Elements)
    holds: Callable[[int], bool] = _all

    def report(self, file: Path, read_bytes: int, total_bytes: int) -> None:
        """Tell how far reading is."""
        if self.on_progress is not None:
            self.on_progress(file, read_bytes, total_bytes)
