"""How a roster is laid out: where its header is, and which column is which.

A guess, with examples in which every number is masked, for a person to confirm (`meaning` judges the columns).

The kind of subject is never guessed from a number: a column says it, or the person who asks.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Final, NamedTuple

from xingate.types import SubjectKind
from xingate_adapters.reading.errors import SourceError, quoted
from xingate_adapters.reading.tables import columns
from xingate_adapters.reading.tables.headers import header_of
from xingate_adapters.reading.tables.probe import Probe, probe
from xingate_adapters.reading.tables.tables import Layout
from xingate_adapters.rosters.columns import labels
from xingate_adapters.rosters.columns.footers import is_footer
from xingate_adapters.rosters.columns.labels import FIELDS, PEOPLE, ROLES
from xingate_adapters.rosters.columns.meaning import SURE, Meaning, meanings
from xingate_server.core.identifiers.parsing import hide, mask_text

__all__ = ["FIELDS", "IGNORED", "SURE", "MapError", "Pair", "RosterColumn", "RosterLayout", "guess_layout"]

IGNORED: Final = "-"
CONFIRMED: Final = "confirmed by a person"
"""The reason of a column that a person has settled."""
_HEADER_WITHIN: Final = 15
_EXAMPLES: Final = 3
_LONGEST_EXAMPLE: Final = 24
_SHORTEST_NUMBER: Final = 5


class MapError(ValueError):
    """A column or a field of `--map` that there is not; the text is one line."""


class Pair(NamedTuple):
    """The columns of one person or member: of the name and of the number, None if there is none."""

    role: str
    name: int | None
    number: int | None


class RosterColumn(NamedTuple):
    """A column: its place from 0, its label (with its place, where it has none or another has the same), what it is
    read as ("" nothing), how sure that is, why, masked examples, and whether a person has to be asked about it."""

    place: int
    label: str
    field: str
    confidence: float
    why: str
    examples: tuple[str, ...]
    is_unsure: bool = False


class RosterLayout(NamedTuple):
    """How a roster is laid out, as guessed and then corrected. `unread` are other visible sheets that have rows."""

    file: Path
    table: Layout
    columns: tuple[RosterColumn, ...]
    unread: tuple[str, ...] = ()

    def places(self, field: str) -> tuple[int, ...]:
        """The places of a field's columns."""
        return tuple(column.place for column in self.columns if column.field == field)

    @property
    def numbers(self) -> tuple[int, ...]:
        """The places where numbers of anybody stand."""
        return tuple(
            place for field in ("identifiers", *(f"{role}_id" for role in ROLES)) for place in self.places(field)
        )

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """Whom a row may name beside its subject: each number with the nearest name to its left (else to its right) of
        the same role that has none yet."""
        return tuple(pair for role in ROLES for pair in _pairs(role, self.places(role), self.places(f"{role}_id")))

    @property
    def has_people(self) -> bool:
        """Whether others than the subject of a row are asked about: where the roster has their numbers, or members."""
        return bool(self.places("related")) or any(self.places(f"{role}_id") or self.places(role) for role in ROLES)

    @property
    def unnumbered(self) -> tuple[RosterColumn, ...]:
        """Columns of people's names without a column of their numbers: nobody is asked about by such a name alone."""
        places = {pair.name for pair in self.pairs if pair.number is None and pair.role in PEOPLE}
        return tuple(column for column in self.columns if column.place in places)

    @property
    def unsure(self) -> tuple[RosterColumn, ...]:
        """The columns about which a person has to be asked."""
        return tuple(column for column in self.columns if column.is_unsure)

    @property
    def confidence(self) -> float:
        """Of the least sure of the columns that are used or may be a party's; 0 if nobody could be asked about."""
        used = [column.confidence for column in self.columns if column.field or column.is_unsure]
        return min(used) if self.places("identifiers") or self.places("name") else 0.0

    def mapped(self, given: Mapping[str, str]) -> "RosterLayout":
        """The layout with columns read as given: label -> field, or `-` for none. Raises MapError."""
        by_label = {columns.fold(column.label): column for column in self.columns}
        changed: dict[int, RosterColumn] = {}
        for label, field in given.items():
            column = by_label.get(columns.fold(label))
            if column is None:
                raise self._no_column(label)
            if field not in (*FIELDS, IGNORED):
                raise MapError(f"unknown field `{field}` of a roster: expected one of {', '.join((*FIELDS, IGNORED))}")
            changed[column.place] = column._replace(
                field="" if field == IGNORED else field, confidence=1.0, why=CONFIRMED, is_unsure=False
            )
        taken = {column.field for column in changed.values()} - _SEVERAL
        kept = (
            changed.get(one.place)
            or (one._replace(field="", why=CONFIRMED, is_unsure=False) if one.field in taken else one)
            for one in self.columns
        )
        return self._replace(columns=tuple(kept))

    def _no_column(self, label: str) -> MapError:
        names = [one.label for one in self.columns]
        same = [name for name in names if columns.fold(name).startswith(columns.fold(label) + "(COLUMN")]
        if same:
            return MapError(f"`{self.file}` has two columns `{label}`: name one of {', '.join(map(quoted, same))}")
        close = get_close_matches(label, names, n=1)
        return MapError(
            f"`{self.file}` has no column `{label}`: "
            + (f"did you mean `{close[0]}`" if close else f"expected one of {', '.join(names)}")
        )


_SEVERAL: Final = frozenset({"", "identifiers", *ROLES, *(f"{role}_id" for role in ROLES)})
"""Fields of which a roster may have several columns."""


def _pairs(role: str, names: Sequence[int], numbers: Sequence[int]) -> list[Pair]:
    free = list(names)
    found = []
    for number in numbers:
        left = [place for place in free if place < number]
        right = [place for place in free if place > number and not any(number < other <= place for other in numbers)]
        name = left[-1] if left else right[0] if right else None
        if name is not None:
            free.remove(name)
        found.append(Pair(role, name, number))
    return [*found, *(Pair(role, name, None) for name in free)]


def guess_layout(file: Path, kind: SubjectKind | None = None) -> RosterLayout:
    """What a roster's columns seem to be; `kind` is that of rows that do not say their own. Raises SourceError for what
    can never be read."""
    found = probe(file)
    if found.form not in ("csv", "xlsx"):
        raise SourceError(f"a roster in {found.form}", file=file, expected="xlsx or csv with a header")
    if found.alike:
        titles = ", ".join(map(quoted, (found.sheet, *found.alike)))
        raise SourceError(
            f"sheets with the same columns ({titles})",
            file=file,
            expected="one sheet with rows",
            hint="save each sheet as a file of its own, or hide those that are not meant",
        )
    header_row, header, groups, body = _header(file, found)
    table = Layout(found.delimiter, found.sheet if len(found.sheets) > 1 else "", header_row)
    named = _named(header, body)
    judged = meanings(header, groups, body, kind)
    return RosterLayout(
        file,
        table,
        tuple(
            RosterColumn(place, label, *judged[place], _examples(judged[place], body, place), judged[place].is_unsure)
            for place, label in enumerate(named)
            if label
        ),
        found.unread,
    )


def _header(file: Path, found: Probe) -> tuple[int, list[str], list[str], list[list[str]]]:
    """The header's row, its labels (two rows of them made one), the labels of groups above them, and the rows below. It
    is the row in which most labels are known; without any, the first with several filled cells."""
    best, most = -1, 0
    for at, (row, cells) in enumerate(found.head[:_HEADER_WITHIN]):
        filled = sum(1 for cell in cells if cell.strip())
        header = header_of(file, iter(found.head[at:]), row)[1] if filled else []
        known = sum(map(labels.is_known, header)) if filled > 1 or len(header) == 1 else 0
        if known > most or (best < 0 and filled > 1):
            best, most = at, known
    best = max(best, 0)
    row, header, below = header_of(file, iter(found.head[best:]), found.head[best][0])
    above = _above(header) or (found.head[best - 1][1] if best else [])
    header = [label.part if isinstance(label, columns.Label) else label.strip() for label in header]
    groups = labels.groups_above(above, header)
    for place, label in enumerate(header):
        if groups[place] and label:
            header[place] = columns.Label.of(groups[place], label)
        elif not label and place and not groups[place]:
            groups[place] = header[place - 1] or groups[place - 1]
    return row, header, groups, [cells for _, cells in below if not is_footer(cells)]


def _above(header: Sequence[str]) -> list[str]:
    """The upper of two rows of labels that were made one, [] where there is only one: how far a group reaches is judged
    again, since nothing but blank cells says it."""
    if not any(isinstance(label, columns.Label) for label in header):
        return []
    above: list[str] = []
    group = ""
    for label in header:
        own = label.group if isinstance(label, columns.Label) else ""
        above.append("" if own and own == group else own or label)
        group = own
    return above


def _named(header: Sequence[str], body: Sequence[Sequence[str]]) -> list[str]:
    """What each column is called: its label, with its place where another has the same; by its place where it has none
    but cells; "" where it has neither."""
    times = Counter(columns.fold(label) for label in header if label)
    named = []
    for place, label in enumerate(header):
        own = f"column {place + 1}"
        if label:
            named.append(label if times[columns.fold(label)] == 1 else f"{label} ({own})")
        else:
            named.append(own if any(place < len(cells) and cells[place].strip() for cells in body) else "")
    return named


def _examples(meaning: Meaning, body: Sequence[Sequence[str]], place: int) -> tuple[str, ...]:
    cells = dict.fromkeys(cells[place].strip() for cells in body if place < len(cells) and cells[place].strip())
    is_number = meaning.field in ("identifiers", "related", *(f"{role}_id" for role in ROLES)) or meaning.is_unsure
    return tuple(
        _masked_digits(cell)[:_LONGEST_EXAMPLE] if is_number else mask_text(cell)[:_LONGEST_EXAMPLE]
        for cell in list(cells)[:_EXAMPLES]
    )


def _masked_digits(cell: str) -> str:
    parts = cell.replace("：", ":").split(":")
    return ":".join(
        hide(part, 4, 2) if any(c.isdigit() for c in part) and len(part) >= _SHORTEST_NUMBER else part for part in parts
    )
