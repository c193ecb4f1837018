"""Lists in a layout of their own, read by a mapping file instead of code.

A mapping (TOML) says which columns are which fields of a record, which value stands where a column is lacking or
blank, and which words of the list mean which words of ours. What it cannot say: dates in other forms than those of
docs/sources.md, one cell split into several fields, two rows joined into one. Such a list needs a `map.py`.
"""

import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from xingate_adapters.reading import columns, unread
from xingate_adapters.reading.cells import day, text, yuan_of_ten_thousand
from xingate_adapters.reading.errors import SourceError
from xingate_adapters.reading.labels import DATES, LABELS, RECOGNITION
from xingate_adapters.reading.run import Run
from xingate_adapters.reading.tables import Layout, Table, open_table
from xingate_server.core.entry import REGISTER, Record, fold_word

BY_SHAPE = "by_shape"
"""The scheme of a column whose codes are told apart by their shape."""
AMOUNT_WAN = "amount_wan_yuan"
"""An amount in ten-thousand yuan; the record's is in yuan."""
ENDED_ON = "ended_on"
"""The day of removal: where it is filled, the entry has exited on that day."""
SCHEME = "id_scheme"
_NUMBERS = ("identifiers", "legal_representative_id")

_TEXTS = tuple(field for field in LABELS if field not in ("code", SCHEME))
FIELDS = (*_TEXTS, SCHEME, "established", "registered_in", "aliases", "amount_yuan", AMOUNT_WAN, ENDED_ON)
_Names = tuple[str, ...]


_WORDS = {"tuple_type": 'expected a list, such as ["名称"]', "dict_type": "expected a table"}
"""What the validator says with names of this program's own."""


class MappingError(ValueError):
    """A mapping file that cannot be used; the text is one line and names the file and the key."""


class MappingFile(BaseModel):
    """A mapping as it is written. `columns` and `identifiers` give labels in the order in which they are tried, the
    first filled cell counts; `constants` stand in where there is none. `words` translate whole cells, `contains` a
    cell that holds the text (the first that fits); what neither knows stays as it is, for admission to judge. `ignored`
    are labels of columns that are left out on purpose."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: str = ""
    sheet: str = ""
    header_row: int = Field(0, ge=0, le=100)
    delimiter: str = Field("", max_length=1)
    adds_recognition_columns: bool = False
    is_register: bool = False
    columns: dict[str, _Names]
    identifiers: dict[str, _Names] = {}
    constants: dict[str, str] = {}
    words: dict[str, dict[str, str]] = {}
    contains: dict[str, dict[str, str]] = {}
    required: tuple[str, ...] = ()
    ignored: _Names = ()

    @model_validator(mode="after")
    def _fields_are_known(self) -> Self:
        tables: dict[str, Mapping[str, object]] = {
            "columns": self.columns,
            "constants": self.constants,
            "words": self.words,
            "contains": self.contains,
        }
        for table, fields in tables.items():
            for field in fields:
                if field not in FIELDS:
                    close = get_close_matches(field, FIELDS, n=1)
                    hint = f"did you mean `{close[0]}`" if close else f"expected one of {', '.join(FIELDS)}"
                    raise ValueError(f"`{table}.{field}` is no field of a record: {hint}")
        for field in self.required:
            if field != "identifiers" and field not in self.columns:
                raise ValueError(f"`required` names `{field}`, which has no column")
        return self


def read_mapping(file: Path) -> MappingFile:
    """The mapping in a file. Raises MappingError."""
    try:
        return MappingFile.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except OSError as error:
        raise MappingError(f"cannot read the mapping `{file}`: {(error.strerror or 'no file').lower()}") from error
    except UnicodeDecodeError:
        raise MappingError(f"the mapping `{file}` is not UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise MappingError(f"the mapping `{file}` is not TOML: {str(error).lower()}") from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        told = _WORDS.get(first["type"], first["msg"].removeprefix("Value error, "))
        where = f" at `{place}`" if place else ""
        raise MappingError(f"the mapping `{file}`{where}: {told[:1].lower()}{told[1:]}") from error


class _Cell:
    """How one field is read from a row: its places, and what its words mean."""

    __slots__ = ("_constant", "_contains", "_is_date", "_places", "_words")

    def __init__(self, spec: MappingFile, field: str, places: Sequence[int]) -> None:
        self._places = tuple(places)
        self._is_date = field in DATES or field == ENDED_ON
        self._words = {fold_word(word): meant for word, meant in spec.words.get(field, {}).items()}
        self._contains = tuple((fold_word(part), meant) for part, meant in spec.contains.get(field, {}).items())
        self._constant = spec.constants.get(field, "")

    def read(self, cells: Sequence[str]) -> str:
        for place in self._places:
            found = day(cells[place]) if self._is_date else text(cells[place])
            if found:
                return self._meant(found) if self._words or self._contains else found
        return self._constant

    def _meant(self, found: str) -> str:
        folded = fold_word(found)
        if folded in self._words:
            return self._words[folded]
        return next((meant for part, meant in self._contains if part in folded), found)


class MappedReader:
    """Reads tables by a mapping, as records of source `kind`."""

    def __init__(self, kind: str, spec: MappingFile) -> None:
        self.kind = kind
        self.spec = spec

    def records(self, files: Sequence[Path], run: Run) -> Iterator[Record]:
        """One record per row."""
        for file in files:
            yield from self._records(file, run)

    def own_date(self, file: Path) -> date | None:
        """The rows have dates of their own; the file has none."""
        del file
        return None

    def places(self, header: Sequence[str]) -> dict[str, list[int]]:
        """Field (or `identifiers`) -> the columns that it is read from, in the order in which they are tried."""
        by_label = self._by_label(header)
        spec = self.spec
        wanted: dict[str, list[str]] = {}
        if spec.adds_recognition_columns:
            wanted = {field: list(LABELS[field]) for field in RECOGNITION}
        for field, own in spec.columns.items():
            wanted.setdefault(field, []).extend(own)
        wanted["identifiers"] = [label for labels in spec.identifiers.values() for label in labels]
        found = {}
        for field, labels in wanted.items():
            hits = [by_label[label] for label in map(columns.fold, labels) if label in by_label]
            if hits:
                found[field] = list(dict.fromkeys(hits))
        return found

    def _by_label(self, header: Sequence[str], file: Path | None = None, row: int = 0) -> dict[str, int]:
        """Folded label that the mapping names -> its place."""
        spec = self.spec
        labels = [label for own in (*spec.columns.values(), *spec.identifiers.values()) for label in own]
        if spec.adds_recognition_columns:
            labels += [label for field in RECOGNITION for label in LABELS[field]]
        exact, weak = columns.match(header, map(columns.fold, labels), file, row)
        return weak | exact

    def _records(self, file: Path, run: Run) -> Iterator[Record]:
        spec = self.spec
        table = open_table(file, run, Layout(spec.delimiter, spec.sheet, spec.header_row))
        columns.check_unique(file, table.header_row, table.header)
        self._by_label(table.header, file, table.header_row)
        places = self.places(table.header)
        self._require(table, places)
        read = {place for found_at in places.values() for place in found_at}
        table = unread.watched(table, read, run, spec.ignored)
        numbers = [at for field in _NUMBERS for at in places.get(field, ())]
        rounded = table.rounded(numbers, places.get("related", ()))
        names, origin = columns.names(table.header), str(file)
        identify = self._identify(table.header, places)
        fields = {*places, *spec.constants} - {"identifiers", SCHEME}
        cells_of = [(field, _Cell(spec, field, places.get(field, ()))) for field in sorted(fields)]
        for row, cells in table.rows:
            found = {field: value for field, cell in cells_of if (value := cell.read(cells))}
            _derive(found)
            list_type = REGISTER if spec.is_register else found.pop("list_type", "")
            yield Record(
                source=self.kind,
                file=origin,
                row=row,
                list_type=list_type,
                identifiers=identify(cells),
                aliases=tuple(part for part in (found.pop("aliases", "")).split("；") if part),
                rounded=rounded(cells),
                raw=dict(zip(names, cells, strict=True)),
                **found,
            )

    def _identify(
        self, header: Sequence[str], places: Mapping[str, Sequence[int]]
    ) -> Callable[[Sequence[str]], tuple[tuple[str, str], ...]]:
        by_label = self._by_label(header)
        schemes = [
            ("" if scheme == BY_SHAPE else scheme, by_label[columns.fold(label)])
            for scheme, labels in self.spec.identifiers.items()
            for label in labels
            if columns.fold(label) in by_label
        ]
        scheme_cell = _Cell(self.spec, SCHEME, places.get(SCHEME, ()))

        def identify(cells: Sequence[str]) -> tuple[tuple[str, str], ...]:
            said = scheme_cell.read(cells)
            pairs = ((scheme or said, text(cells[place])) for scheme, place in schemes)
            return tuple(dict.fromkeys(pair for pair in pairs if pair[1]))

        return identify

    def _require(self, table: Table, places: Mapping[str, Sequence[int]]) -> None:
        spec = self.spec
        missing = []
        for field in spec.required:
            of_identifiers = tuple(label for given in spec.identifiers.values() for label in given)
            labels = of_identifiers if field == "identifiers" else spec.columns[field]
            if field not in places and field not in spec.constants:
                missing.append(f"`{' / '.join(labels[:3])}`")
        if missing:
            raise SourceError(
                f"missing column {', '.join(missing)}",
                file=table.file,
                row=table.header_row,
                expected="the columns that the mapping names",
                hint=unread.hint_of(table, [place for found_at in places.values() for place in found_at])
                or "correct the mapping, or export the list with them; `xingate source inspect` shows what there is",
            )


def _derive(found: dict[str, str]) -> None:
    """Fields that stand for two: a day of removal, and an amount in ten-thousand yuan."""
    ended = found.pop(ENDED_ON, "")
    if ended:
        found["status"], found["status_date"] = "exited", ended
    amount = found.pop(AMOUNT_WAN, "")
    if amount:
        found["amount_yuan"] = yuan_of_ten_thousand(amount)
