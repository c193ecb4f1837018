"""Guessing what a list is that nobody has described yet, for a person to confirm.

What comes out is a proposal: form, header, kind of list, which column is which, each with a confidence (0 to 1) and
its grounds, the first rows as they would be read, and a mapping file to be corrected. Nothing here is used by a
compile. The kind of subject is never guessed from a number, and a number of a person beside an organisation is never
taken for the organisation's.
"""

import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from xingate_adapters.guesses import NEEDED, UNSURE, ColumnGuess, guess_columns, header_of
from xingate_adapters.reading.errors import EmptyListError, SchemaError, SourceError
from xingate_adapters.reading.mapped.mapping import BY_SHAPE, MappingFile
from xingate_adapters.reading.tables import unread
from xingate_adapters.reading.tables.probe import Probe, probe
from xingate_adapters.sources import Source, kinds, load_source
from xingate_server.core.entry import Record, fold_word
from xingate_server.core.identifiers import parsing
from xingate_server.core.identifiers.privacy import hidden, personal_numbers
from xingate_server.core.subject import KIND_WORDS, SubjectClass, class_of

SHOWN_ROWS = 10
_UNREAD_CODES = "nothing reads it, and its cells are codes of subjects"


class Inspection(NamedTuple):
    """What a file seems to be. `kind` is a source that reads it as it is, "" where it needs a mapping."""

    file: Path
    probe: Probe
    kind: str
    header_row: int
    columns: tuple[ColumnGuess, ...]
    mapping: MappingFile | None
    rows: tuple[dict[str, str], ...]
    fault: str = ""
    notes: tuple[str, ...] = ()


def inspect(file: Path, homes: Sequence[Path] = (), mapping: MappingFile | None = None) -> Inspection:
    """Look at a file; with a `mapping`, show its rows by that one. Raises `SourceError` for what cannot be read."""
    try:
        found = probe(file)
    except SourceError:
        source = _unlabelled(file, homes)  # of Western encodings, which lists with Chinese labels never have
        if source is None:
            raise
        shown = _shown(source, file)
        return Inspection(file, Probe("csv"), source.kind, 0, (), None, *shown)
    if mapping is not None:
        shown = _shown(load_source(mapping.kind or "city_list", homes).mapped(mapping), file)
        return Inspection(file, found, mapping.kind, mapping.header_row, (), mapping, *shown)
    if found.form in ("json", "xml"):
        return _ready(file, found, homes)
    header_row, header = header_of(found)
    source = _best(file, header, homes)
    if source is not None:
        known = {label: field for field, label in source.columns(header).items()}
        read = [place for place, label in enumerate(header) if label in known]
        codes = unread.code_columns(header, [cells for row, cells in found.head if row > header_row], read)
        guesses = [
            ColumnGuess(label, known.get(label, ""), float(label in known), _UNREAD_CODES if place in codes else "")
            for place, label in enumerate(header)
            if label
        ]
        shown = _shown(source, file)
        return Inspection(file, found, source.kind, header_row, tuple(guesses), None, *shown)
    body = [cells for row, cells in found.head if row > header_row]
    guesses = guess_columns(header, body)
    if not any(guess.field for guess in guesses) and (source := _unlabelled(file, homes)) is not None:
        shown = _shown(source, file)
        return Inspection(file, found, source.kind, 0, (), None, *shown)
    proposed = _mapping(found, header_row, guesses)
    shown = _shown(load_source("city_list").mapped(proposed), file)
    return Inspection(file, found, "", header_row, tuple(guesses), proposed, *shown)


# -- a kind that reads it as it is


def _reads(source: Source, file: Path) -> bool:
    """Whether a source reads the file's first row without a fault."""
    try:
        return next(source.records([file]), None) is not None
    except SourceError:
        return False


def _unlabelled(file: Path, homes: Sequence[Path]) -> Source | None:
    """The source that reads a table without labels, such as the csv of the SDN list."""
    return next((source for source in _sources(homes) if not source.has_labels and _reads(source, file)), None)


def _ready(file: Path, found: Probe, homes: Sequence[Path]) -> Inspection:
    for source in _sources(homes):
        try:
            next(source.records([file]), None)
        except (SchemaError, EmptyListError):  # it is this source's list, and says why it cannot be read
            raise
        except SourceError:
            continue
        if _reads(source, file):
            shown = _shown(source, file)
            return Inspection(file, found, source.kind, 0, (), None, *shown)
    raise SourceError(
        f"no source reads this {found.form} file", file=file, expected=f"one of {', '.join(kinds(homes))}"
    )


def _sources(homes: Sequence[Path]) -> Iterator[Source]:
    for kind in kinds(homes):
        try:
            yield load_source(kind, homes)
        except ModuleNotFoundError:  # an extra that is not installed
            continue


def _best(file: Path, header: Sequence[str], homes: Sequence[Path]) -> Source | None:
    """The source that knows most of the columns, more than half of them, and reads the file."""
    filled = sum(1 for label in header if label)
    known = [(source.knows(header), source) for source in _sources(homes)]
    likely = sorted((pair for pair in known if 2 * pair[0] > filled), key=lambda pair: -pair[0])
    return next((source for _, source in likely if _reads(source, file)), None)


# -- a layout of its own


def _mapping(found: Probe, header_row: int, guesses: Sequence[ColumnGuess]) -> MappingFile:
    by_field: dict[str, tuple[str, ...]] = {}
    for guess in guesses:
        if guess.field:
            by_field[guess.field] = (*by_field.get(guess.field, ()), guess.label)
    codes = by_field.pop("identifiers", ())
    return MappingFile(
        kind="city_list",
        sheet=found.sheet if len(found.sheets) > 1 else "",
        header_row=header_row,
        delimiter=found.delimiter,
        columns=by_field,
        identifiers={BY_SHAPE: codes} if codes else {},
        constants={field: "" for field in NEEDED if field not in by_field},
    )


def as_toml(inspection: Inspection) -> str:
    """The proposed mapping as a file, with what a person should look at."""
    mapping = inspection.mapping
    if mapping is None:
        raise ValueError("the file needs no mapping")
    sure = {guess.label: guess for guess in inspection.columns}
    lines = [
        f"# How `{inspection.file.name}` is read. Correct what is wrong, then:",
        f"#   xingate source inspect {inspection.file.name} --map THIS-FILE",
        f"#   xingate compile --source city_list={inspection.file.name} --map city_list=THIS-FILE",
        f"kind = {_quoted(mapping.kind)}",
        f"header_row = {mapping.header_row}",
    ]
    lines += [f"delimiter = {_quoted(mapping.delimiter)}"] if mapping.delimiter not in ("", ",") else []
    lines += [f"sheet = {_quoted(mapping.sheet)}"] if mapping.sheet else []
    lines += ["", "[columns]  # field = the labels of its columns; the first filled cell counts"]
    for field, labels in mapping.columns.items():
        guess = sure[labels[0]]
        lines.append(f"{field} = [{', '.join(map(_quoted, labels))}]  # {guess.confidence:.0%}: {guess.why}")
    lines += ["", '[identifiers]  # scheme = labels, the main one first; "by_shape" tells the codes of a column apart']
    lines += [f"{scheme} = [{', '.join(map(_quoted, labels))}]" for scheme, labels in mapping.identifiers.items()]
    lines += [
        f"# by_shape = [{_quoted(guess.label)}]  # {guess.why}"
        for guess in inspection.columns
        if guess.why.startswith(UNSURE)
    ]
    lines += ["", "[constants]  # what stands where the list has no such column, or a blank cell"]
    lines += [f"{field} = {_quoted(value)}  # {NEEDED[field]}" for field, value in mapping.constants.items()]
    unused = [guess.label for guess in inspection.columns if not guess.field]
    lines += ["", f"# Columns that are not used: {', '.join(unused) or 'none'}"]
    lines += ["# [words.severity]  # a whole cell = what it means", '# "重" = "serious"', ""]
    return "\n".join(lines)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)  # a JSON string is a TOML basic string


# -- the first rows


def _shown(source: Source, file: Path) -> tuple[tuple[dict[str, str], ...], str, tuple[str, ...]]:
    """The first rows as read, the fault that stops them, and what was noted so far."""
    rows: list[dict[str, str]] = []
    records = source.records([file])
    fault = ""
    try:
        rows.extend(map(_row, itertools.islice(records, SHOWN_ROWS)))
    except SourceError as error:
        fault = str(error)
    return tuple(rows), fault, tuple(records.notes)


def _row(record: Record) -> dict[str, str]:
    numbers = personal_numbers(record)
    found = {"row": str(record.row), "list_type": record.list_type}
    for field in Record.__struct_fields__:
        value = getattr(record, field)
        if isinstance(value, str) and value and field not in ("source", "file"):
            found[field] = hidden(value, numbers)
    kind = KIND_WORDS.get(fold_word(record.subject_kind))
    subject_class = None if kind is None else class_of(kind)
    found["identifiers"] = ", ".join(_masked(scheme, number, subject_class) for scheme, number in record.identifiers)
    return found


def _masked(scheme: str, number: str, subject_class: SubjectClass | None) -> str:
    if subject_class is None:  # it may be a person's
        return parsing.hide(number, 6, 4)
    try:
        read = parsing.read(number, scheme, subject_class)
    except ValueError:
        return hidden(number, [number])
    return f"{read.scheme}:{parsing.mask(read)}" + (f" ({read.detail})" if read.detail else "")


def columns_as_json(guesses: Sequence[ColumnGuess]) -> list[Mapping[str, object]]:
    """The guesses as plain values."""
    return [guess._asdict() for guess in guesses]
