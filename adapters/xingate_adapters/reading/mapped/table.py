"""Tables read by a mapping, as records of a source.

Without `group_by` every row is a record; with it the rows of an entry are (`grouping`). Nothing is judged here.
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from xingate_adapters.reading import files
from xingate_adapters.reading.cells.dates import full_day
from xingate_adapters.reading.cells.numbers import Number, document_numbers, sound_first, without_separators
from xingate_adapters.reading.cells.text import country, text, yuan_of_ten_thousand
from xingate_adapters.reading.errors import SourceError
from xingate_adapters.reading.mapped import expected
from xingate_adapters.reading.mapped.cell import Cell, places_of
from xingate_adapters.reading.mapped.grouping import grouped
from xingate_adapters.reading.mapped.labels import LABELS, RECOGNITION
from xingate_adapters.reading.mapped.mapping import (
    ALIASES,
    AMOUNT_WAN,
    BY_SHAPE,
    ENDED_ON,
    REGISTERED_IN,
    SCHEME,
    TAXPAYER_NO,
    MappingFile,
)
from xingate_adapters.reading.run import Run
from xingate_adapters.reading.tables import columns, forms, unread
from xingate_adapters.reading.tables.tables import Layout, Row, Table, open_table
from xingate_server.core.days import parse_day
from xingate_server.core.entry import REGISTER, Record, fold_word
from xingate_server.core.identifiers import parsing
from xingate_server.core.identifiers.number import TAX_LENGTH, ends_in_org_code
from xingate_server.core.subject import KIND_WORDS, SubjectClass, SubjectKind, class_of

_TITLE_LINES = 6
_NUMBERS = "identifiers"


class MappedReader:
    """Reads tables by a mapping, as records of source `kind`."""

    def __init__(self, kind: str, spec: MappingFile, *, is_own: bool = False) -> None:
        self.kind = kind
        self.spec = spec
        self._is_own = is_own  # of an operator: what a file lacks is noted

    def records(self, files: Sequence[Path], run: Run) -> Iterator[Record]:
        """One record per row, or per entry where the mapping groups rows."""
        for file in files:
            yield from self._records(file, run)

    def own_date(self, file: Path) -> date | None:
        """The day that the mapping finds in the file; None if it names no place for it, or no day stands there."""
        spec = self.spec
        found = ""
        if spec.dated_by_title:
            found = self._in_title(file, spec.dated_by_title)
        elif spec.dated_by:
            table = self._table(file, Run())
            places = [n for n, label in enumerate(table.header) if self._is_one_of(label, spec.dated_by)]
            _, cells = next(table.rows, (0, [""] * len(table.header)))
            found = next((cell for place in places if (cell := text(cells[place]))), "")
        try:
            return parse_day(full_day(found, spec.date_order))
        except ValueError:
            return None

    def places(self, header: Sequence[str]) -> dict[str, list[int]]:
        """Field (or `identifiers`) -> the columns that it is read from, in the order in which they are tried."""
        spec = self.spec
        wanted: dict[str, list[str]] = {}
        if spec.adds_recognition_columns:
            wanted = {field: list(LABELS[field]) for field in RECOGNITION}
        for field, own in (*spec.columns.items(), *spec.joined.items()):
            wanted.setdefault(field, []).extend(own)
        wanted[_NUMBERS] = [label for labels in spec.identifiers.values() for label in labels]
        by_label = self.by_label(header)
        found = {field: places_of(by_label, labels) for field, labels in wanted.items()}
        return {field: hits for field, hits in found.items() if hits}

    def by_label(self, header: Sequence[str], file: Path | None = None, row: int = 0) -> dict[str, int]:
        """Folded label that the mapping reads -> its place."""
        spec = self.spec
        labels = list(spec.read_labels())
        if spec.adds_recognition_columns:
            labels += [label for field in RECOGNITION for label in LABELS[field]]
        exact, weak = columns.match(header, map(columns.fold, labels), file, row)
        return weak | exact

    def knows(self, header: Sequence[str]) -> int:
        """How many of the columns the mapping names."""
        ignored = {columns.fold(label) for label in self.spec.ignored}
        read = set(self.by_label(header).values())
        return sum(1 for place, label in enumerate(header) if place in read or columns.fold(label) in ignored)

    def _is_one_of(self, label: str, labels: Sequence[str]) -> bool:
        return columns.fold(label) in {columns.fold(own) for own in labels}

    def _in_title(self, file: Path, title: str) -> str:
        if forms.is_workbook(file):
            return ""  # a workbook's titles are not text of the file
        lines = files.lines(file, files.text_chunks(file, Run()), Run())
        for line in itertools.islice(lines, _TITLE_LINES):
            before, found, after = line.partition(title)
            if found and not before.strip(" \"'"):
                return after.strip(" ,;\t\"'\r\n")
        return ""

    def _table(self, file: Path, run: Run) -> Table:
        """The table, of labels that may be repeated only the first left."""
        table = open_table(file, run, Layout(self.spec.delimiter, self.spec.sheet, self.spec.header_row))
        seen: set[str] = set()
        header = []
        for label in table.header:
            folded = columns.fold(label)
            is_again = folded in seen and self._is_one_of(label, self.spec.repeated)
            header.append("" if is_again else label)
            seen.add(folded)
        return table._replace(header=header)

    def _records(self, file: Path, run: Run) -> Iterator[Record]:
        table = self._table(file, run)
        columns.check_unique(file, table.header_row, table.header)
        by_label = self.by_label(table.header, file, table.header_row)
        places = self.places(table.header)
        self._require(table, places)
        keys = places_of(by_label, self.spec.group_by)
        if self.spec.group_by and not keys:
            raise _missing(table, [f"`{' / '.join(self.spec.group_by[:3])}`"], places)
        table = unread.watched(
            table, by_label.values(), run, self.spec.ignored, holds_people=self._holds_people(places)
        )
        table = expected.watched(table, self.spec, by_label, run)
        if self._is_own:
            expected.note_lacking(table, self.spec, by_label, run)
        reading = _Reading(self.kind, self.spec, table, by_label)

        def key(cells: Sequence[str]) -> str:
            return next((cell for place in keys if (cell := cells[place].strip())), "")

        groups = grouped(table.rows, key) if keys else ([row] for row in table.rows)
        for group in groups:
            record = reading.record(group, run)
            if record is not None:
                yield record

    def _holds_people(self, places: Mapping[str, Sequence[int]]) -> bool:
        kind = KIND_WORDS.get(fold_word(self.spec.constants.get("subject_kind", "")))
        return "subject_kind" in places or kind is None or class_of(kind) is SubjectClass.PERSON

    def _require(self, table: Table, places: Mapping[str, Sequence[int]]) -> None:
        spec = self.spec
        missing = []
        for field in spec.required:
            of_identifiers = tuple(label for given in spec.identifiers.values() for label in given)
            own = (*spec.columns.get(field, ()), *spec.joined.get(field, ()))
            labels = of_identifiers if field == _NUMBERS else own
            if field not in places and field not in spec.constants:
                missing.append(f"`{' / '.join(labels[:3])}`")
        if missing:
            raise _missing(table, missing, places)


class _Reading:
    """How the rows of one table become records."""

    def __init__(self, kind: str, spec: MappingFile, table: Table, by_label: Mapping[str, int]) -> None:
        self._kind = kind
        self._spec = spec
        self._origin = str(table.file)
        self._names = columns.names(table.header)
        fields = {*spec.columns, *spec.joined, *spec.constants}
        if spec.adds_recognition_columns:
            fields |= set(RECOGNITION)

        def cell(field: str) -> Cell:
            places = places_of(by_label, self._labels(field))
            return Cell(spec, field, places, places_of(by_label, spec.joined.get(field, ())))

        collected = {SCHEME, ALIASES, REGISTERED_IN, "name"}
        self._cells = [(field, cell(field)) for field in sorted(fields - collected)]
        self._name, self._aliases, self._where = cell("name"), cell(ALIASES), cell(REGISTERED_IN)
        self._scheme = cell(SCHEME)
        self._has_aliases = ALIASES in fields
        self._has_country = REGISTERED_IN in {*spec.columns, *spec.joined}
        self._role = places_of(by_label, spec.role)
        self._main = {fold_word(word) for word in spec.main_roles}
        self._passed_over = {fold_word(word) for word in spec.passed_over}
        self._numbers = [
            ("" if scheme == BY_SHAPE else scheme, place)
            for scheme, labels in spec.identifiers.items()
            for place in places_of(by_label, labels)
        ]
        held = [place for _, place in self._numbers]
        held += places_of(by_label, self._labels("legal_representative_id"))
        self._rounded = table.rounded(held, places_of(by_label, self._labels("related")))
        self._in_text = {"" if scheme == BY_SHAPE else scheme for scheme in spec.numbers_in_text}
        self._schemes = {
            KIND_WORDS[fold_word(kind)]: {fold_word(word): scheme for word, scheme in schemes.items()}
            for kind, schemes in spec.schemes.items()
        }

    def _labels(self, field: str) -> list[str]:
        is_added = self._spec.adds_recognition_columns and field in RECOGNITION
        return [*(LABELS[field] if is_added else ()), *self._spec.columns.get(field, ())]

    def record(self, group: Sequence[Row], run: Run) -> Record | None:
        """The record of the rows of one entry, none if it is not a subject."""
        if len(group) == 1:
            rows: list[Sequence[str]] = [group[0][1]]
            found: dict[str, Any] = {field: value for field, cell in self._cells if (value := cell.read(rows[0]))}
        else:
            rows = sorted((cells for _, cells in group), key=lambda cells: not self._is_main(cells))
            found = self._first_of_each(rows)
        kind = found.get("subject_kind", "")
        if self._passed_over and fold_word(kind) in self._passed_over:
            run.passed_over[kind.casefold()] += 1
            return None
        _derive(found)
        names = self._all_names(rows)
        return Record(
            source=self._kind,
            file=self._origin,
            row=group[0][0],
            list_type=REGISTER if self._spec.is_register else found.pop("list_type", ""),
            name=names[0] if names else "",
            aliases=tuple(names[1:]),
            identifiers=self._all_numbers(rows, kind),
            registered_in=self._registered_in(rows),
            rounded=self._all_rounded(rows),
            raw=self._raw([cells for _, cells in group], kind),
            **found,
        )

    def _first_of_each(self, rows: Sequence[Sequence[str]]) -> dict[str, Any]:
        """Of every field the first cell of the rows that is filled, else the constant."""
        found = {}
        for field, cell in self._cells:
            of_rows = (value for cells in rows for value in cell.every(cells))
            if value := next(of_rows, self._spec.constants.get(field, "")):
                found[field] = value
        return found

    def _all_rounded(self, rows: Sequence[Sequence[str]]) -> tuple[str, ...]:
        return self._rounded(rows[0]) if len(rows) == 1 else tuple(n for cells in rows for n in self._rounded(cells))

    def _is_main(self, cells: Sequence[str]) -> bool:
        return any(fold_word(cells[place]) in self._main for place in self._role)

    def _all_names(self, rows: Sequence[Sequence[str]]) -> list[str]:
        """The name of the first row that has one, then every further name, each once."""
        names = [name for cells in rows if (name := self._name.read(cells))]
        if self._has_aliases:
            names += [
                part.strip() for cells in rows for alias in self._aliases.every(cells) for part in alias.split("；")
            ]
        return names if len(names) == 1 else [name for name in dict.fromkeys(names) if name]

    def _registered_in(self, rows: Sequence[Sequence[str]]) -> str:
        if not self._has_country:
            return self._spec.constants.get(REGISTERED_IN, "")
        found = [where for cells in rows for where in self._where.every(cells)]
        return country(found) or self._spec.constants.get(REGISTERED_IN, "")

    def _all_numbers(self, rows: Sequence[Sequence[str]], kind: str) -> tuple[Number, ...]:
        if not (self._spec.group_by or self._in_text or self._schemes):
            cells = rows[0]
            said = self._scheme.read(cells)
            found = [
                (_in_column(scheme, number) or said, number)
                for scheme, place in self._numbers
                if (number := text(cells[place]))
            ]
            return tuple(found) if len(found) == 1 else tuple(dict.fromkeys(found))
        subject = KIND_WORDS.get(fold_word(kind))
        pairs = (pair for cells in rows for pair in self._numbers_of(cells, subject))
        return tuple(dict.fromkeys(pairs)) if subject is None else sound_first(pairs, class_of(subject))

    def _numbers_of(self, cells: Sequence[str], subject: SubjectKind | None) -> Iterator[Number]:
        said = self._scheme.read(cells)
        own = {} if subject is None else self._schemes.get(subject, {})
        is_stated = fold_word(said) in own and said != ""
        said = own.get(fold_word(said), own.get("", said))
        for column_scheme, place in self._numbers:
            if column_scheme not in self._in_text:
                if number := text(cells[place]):
                    yield _in_column(column_scheme, number) or said, number
                continue
            scheme = column_scheme or said
            for number in document_numbers(cells[place]):
                is_shaped = not column_scheme and not is_stated and _is_citizen_number(number, subject)
                yield _of_text("citizen_id" if is_shaped else scheme, number)

    def _raw(self, rows: Sequence[Sequence[str]], kind: str) -> dict[str, str]:
        """The cells by column. Of several rows each content once; then no numbers of a person."""
        if not self._spec.group_by:
            return dict(zip(self._names, rows[0], strict=True))
        subject = KIND_WORDS.get(fold_word(kind))
        is_person = subject is None or class_of(subject) is SubjectClass.PERSON
        hidden = {place for _, place in self._numbers} if is_person else set()
        return {
            name: "; ".join(dict.fromkeys(filter(None, (cells[place].strip() for cells in rows))))
            for place, name in enumerate(self._names)
            if place not in hidden
        }


def _is_citizen_number(number: str, subject: SubjectKind | None) -> bool:
    """Whether a person's number is one whose check tells it, whatever all other numbers of the column are."""
    if subject is None or class_of(subject) is not SubjectClass.PERSON:
        return False
    read = parsing.read(number, "", SubjectClass.PERSON)
    is_long = len(read.value) == parsing.UNIFIED_LENGTH
    return is_long and read.is_sound and read.scheme is parsing.Scheme.CITIZEN_ID


def _in_column(scheme: str, number: str) -> str:
    """The scheme of a number by its column, "" where its shape tells it."""
    if scheme != TAXPAYER_NO:
        return scheme
    folded = parsing.fold(number)
    if len(folded) != TAX_LENGTH:
        return ""
    by_shape = parsing.read(folded, "", SubjectClass.ORGANISATION)
    return "" if by_shape.is_sound and not ends_in_org_code(folded) else "tax_no"


def _of_text(scheme: str, number: str) -> Number:
    """A number from a text: a passport without strokes, a Chinese company's code by its own name."""
    if scheme == "passport":
        return scheme, without_separators(number)
    read = parsing.read(number, "uscc", SubjectClass.ORGANISATION)
    is_chinese = scheme == "foreign_reg_no" and read.is_sound and read.scheme is parsing.Scheme.USCC
    return ("uscc", number) if is_chinese else (scheme, number)


def _missing(table: Table, labels: Sequence[str], places: Mapping[str, Sequence[int]]) -> SourceError:
    return SourceError(
        f"missing column {', '.join(labels)}",
        file=table.file,
        row=table.header_row,
        expected="the columns that the mapping names",
        hint=unread.hint_of(table, [place for found_at in places.values() for place in found_at])
        or "correct the mapping, or export the list with them; `xingate source inspect` shows what there is",
    )


def _derive(found: dict[str, Any]) -> None:
    """Fields that stand for two: a day of removal, and an amount in ten-thousand yuan."""
    ended = found.pop(ENDED_ON, "")
    if ended:
        found["status"], found["status_date"] = "exited", ended
    amount = found.pop(AMOUNT_WAN, "")
    if amount:
        found["amount_yuan"] = yuan_of_ten_thousand(amount)
