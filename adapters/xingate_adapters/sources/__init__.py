"""The lists that authorities export, one folder per kind: `kinds()`, `load_source(kind)`, then `records(files)`.

A source turns rows into `Record`s of text and judges nothing: admission (`xingate_server.core`) does. Faults of a
whole file are `SourceError`s; nothing else is raised for what a file holds. Sources never import each other.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

from xingate_adapters.reading.declaration import SourceDeclaration, read_declaration
from xingate_adapters.reading.errors import SourceError, UnknownSourceError
from xingate_adapters.reading.run import Progress, Run
from xingate_server.core.entry import Record

__all__ = [
    "Progress",
    "Records",
    "Source",
    "SourceDeclaration",
    "SourceError",
    "UnknownSourceError",
    "kinds",
    "load_source",
]

_HOME = Path(__file__).parent


class _Reader(Protocol):
    """What a source's `map` module offers."""

    def records(self, files: Sequence[Path], run: Run) -> Iterator[Record]: ...

    def own_date(self, file: Path) -> date | None: ...


class Records(Iterator[Record]):
    """The records of a source's files, read as they are asked for.

    `passed_over` counts, while reading goes on, what the files hold that is no row of the list.
    """

    def __init__(self, records: Iterator[Record], passed_over: Counter[str]) -> None:
        self._records = records
        self.passed_over = passed_over

    def __iter__(self) -> Iterator[Record]:
        return self._records

    def __next__(self) -> Record:
        return next(self._records)


@dataclass(frozen=True, slots=True)
class Source:
    """One kind of list: what it declares of itself, and how its files are read."""

    kind: str
    declaration: SourceDeclaration
    _reader: _Reader

    def records(
        self, files: Sequence[Path], on_progress: Progress | None = None, *, data_as_of: date | None = None
    ) -> Records:
        """The records of all `files` of this kind, in file order, streamed; every row gives one record.

        `on_progress(file, bytes_read, bytes_total)` is called as reading goes on. `data_as_of` is the day the data
        is of, needed only where rows have no date (`ofac`). Raises `SourceError` while iterating.
        """
        run = Run(on_progress, data_as_of)
        return Records(self._reader.records([Path(file) for file in files], run), run.passed_over)

    def own_date(self, file: Path) -> date | None:
        """The day that the file itself says it is of; None where it does not say. Raises `SourceError`."""
        return self._reader.own_date(Path(file))


def kinds() -> list[str]:
    """The kinds of lists that can be read, sorted."""
    return sorted(folder.parent.name for folder in _HOME.glob("*/source.toml"))


def load_source(kind: str) -> Source:
    """The source of a kind. Raises `UnknownSourceError`."""
    known = kinds()
    if kind not in known:
        raise UnknownSourceError(kind, known)
    reader = cast("_Reader", import_module(f"{__name__}.{kind}.map"))
    return Source(kind, read_declaration(_HOME / kind / "source.toml"), reader)
