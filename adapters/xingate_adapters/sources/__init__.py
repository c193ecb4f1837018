"""The lists that authorities export, one folder per kind: `kinds()`, `load_source(kind)`, then `records(files)`.

A source turns rows into `Record`s of text and judges nothing: admission (`xingate_server.core`) does. Faults of a
whole file are `SourceError`s; nothing else is raised for what a file holds. Sources never import each other.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Protocol, cast

from xingate_adapters.reading.declaration import DeclarationError, SourceDeclaration, read_declaration
from xingate_adapters.reading.errors import SourceError, UnknownSourceError
from xingate_adapters.reading.mapped.mapping import MappingError, MappingFile, read_mapping
from xingate_adapters.reading.mapped.table import MappedReader
from xingate_adapters.reading.run import Correct, Progress, Run
from xingate_server.core.entry import Record

__all__ = [
    "Correct",
    "MappedReader",
    "MappingError",
    "MappingFile",
    "Progress",
    "Records",
    "Source",
    "SourceDeclaration",
    "SourceError",
    "UnknownSourceError",
    "declared",
    "kinds",
    "load_folder",
    "load_source",
    "read_mapping",
]

_HOME = Path(__file__).parent
MAPPING_FILE = "mapping.toml"


class _Reader(Protocol):
    """What a source's `map` module offers."""

    def records(self, files: Sequence[Path], run: Run) -> Iterator[Record | None]: ...

    def own_date(self, file: Path) -> date | None: ...


class Records(Iterator[Record]):
    """The records of a source's files, read as they are asked for.

    `passed_over` counts, during reading, what is in the files but is not a row of the list; `notes` are lines for the
    operator about what nothing reads, what is lacking and what could not be read.
    """

    def __init__(self, records: Iterator[Record | None], run: Run) -> None:
        self._records = records
        self._run = run
        self.passed_over = run.passed_over
        self.notes = run.notes

    def __iter__(self) -> Iterator[Record]:
        return cast("Iterator[Record]", self._records)

    def __next__(self) -> Record:
        return cast("Record", next(self._records))

    def share(self, holds: Callable[[int], bool], on_progress: Progress) -> Iterator[Record | None]:
        """The same, before anything is read: only the records whose number, from 0, `holds` are asked for, and others
        may be None. `on_progress` is told instead."""
        self._run.holds, self._run.on_progress = holds, on_progress
        return self._records


@dataclass(frozen=True, slots=True)
class Source:
    """One kind of list: what it declares of itself, and how its files are read."""

    kind: str
    declaration: SourceDeclaration
    _reader: _Reader

    def records(
        self,
        files: Sequence[Path],
        on_progress: Progress | None = None,
        *,
        data_as_of: date | None = None,
        correct: Correct | None = None,
        accepts_schema: bool = False,
    ) -> Records:
        """The records of all `files` of this kind, in file order, streamed; every row gives one record, save what is
        no subject and the rows that belong to one entry.

        `on_progress(file, bytes_read, bytes_total)` is called as reading goes on. `data_as_of` is the day the data
        is of, needed only where rows have no date (`ofac`). `correct` may change the cells of a row before it is
        read. With `accepts_schema` unknown elements and columns are noted instead of refused. Raises `SourceError`
        while iterating.
        """
        run = Run(
            on_progress,
            data_as_of,
            correct=correct,
            accepts_schema=accepts_schema,
            elements=self.declaration.elements,
        )
        return Records(self._reader.records([Path(file) for file in files], run), run)

    def mapped(self, mapping: MappingFile) -> "Source":
        """The same source, its files read by a mapping of the operator's."""
        return Source(self.kind, self.declaration, MappedReader(self.kind, mapping, is_own=True))

    @property
    def can_be_corrected(self) -> bool:
        """Whether `correct` may change its rows: not where an entry has several rows or is not a row of a table, since
        such lists are corrected at their publisher. A reader of one's own says so with `CAN_BE_CORRECTED`."""
        if isinstance(self._reader, MappedReader):
            return not self._reader.spec.group_by
        return bool(getattr(self._reader, "CAN_BE_CORRECTED", True))

    @property
    def has_labels(self) -> bool:
        """Whether its files are tables whose columns are known by their labels."""
        return isinstance(self._reader, MappedReader) or hasattr(self._reader, "columns_of")

    def columns(self, header: Sequence[str]) -> dict[str, str]:
        """Field of a record -> the column (as in `header`) that it is read from, where the source can tell."""
        if isinstance(self._reader, MappedReader):
            return {field: header[places[0]] for field, places in self._reader.places(header).items()}
        columns_of = getattr(self._reader, "columns_of", None)  # lists that are not tables have none
        return {} if columns_of is None else dict(columns_of(header))

    def knows(self, header: Sequence[str]) -> int:
        """How many of the columns it knows, also those that it need not read."""
        if isinstance(self._reader, MappedReader):
            return self._reader.knows(header)
        return len(self.columns(header))

    def own_date(self, file: Path) -> date | None:
        """The day that the file itself says it is of; None if it does not say. Raises `SourceError`."""
        return self._reader.own_date(Path(file))


def kinds(homes: Sequence[Path] = ()) -> list[str]:
    """The kinds of lists that can be read, sorted; `homes` are further folders of source folders."""
    return sorted({folder.parent.name for home in (_HOME, *homes) for folder in home.glob("*/source.toml")})


def declared(homes: Sequence[Path] = ()) -> dict[str, tuple[str, ...]]:
    """The list types that each known kind declares, `()` where its declaration cannot be read; nothing is loaded."""
    found: dict[str, tuple[str, ...]] = {}
    for home in (_HOME, *homes):
        for file in sorted(home.glob("*/source.toml")):
            try:
                found.setdefault(file.parent.name, read_declaration(file).provides)
            except DeclarationError:
                found.setdefault(file.parent.name, ())
    return found


def load_source(kind: str, homes: Sequence[Path] = ()) -> Source:
    """The source of a kind, the built-in one before those of `homes`. Raises `UnknownSourceError`, `MappingError`."""
    known = kinds(homes)
    if kind not in known:
        raise UnknownSourceError(kind, known)
    if not (_HOME / kind / "source.toml").exists():
        return load_folder(next(home / kind for home in homes if (home / kind / "source.toml").exists()))
    if (_HOME / kind / MAPPING_FILE).exists():
        return load_folder(_HOME / kind)
    reader = cast("_Reader", import_module(f"{__name__}.{kind}.map"))
    return Source(kind, read_declaration(_HOME / kind / "source.toml"), reader)


def load_folder(folder: Path) -> Source:
    """The source in a folder outside this package: `source.toml` with `mapping.toml`, or with a `map.py`.

    Raises `MappingError` for what stands in it.
    """
    try:
        declaration = read_declaration(folder / "source.toml")
    except DeclarationError as error:
        raise MappingError(str(error)) from error
    if (folder / MAPPING_FILE).exists():
        mapping = read_mapping(folder / MAPPING_FILE)
        return Source(folder.name, declaration, MappedReader(folder.name, mapping, is_own=folder.parent != _HOME))
    spec = spec_from_file_location(f"xingate_source_{folder.name}", folder / "map.py")
    if spec is None or spec.loader is None or not (folder / "map.py").exists():
        raise MappingError(f"the source `{folder}` has neither `{MAPPING_FILE}` nor `map.py`")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return Source(folder.name, declaration, cast("_Reader", module))
