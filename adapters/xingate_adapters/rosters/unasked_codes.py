"""Columns of codes that a roster has and nobody asks about: found over the whole file, so that no party is left out
without a word (`columns_not_asked`)."""

from collections.abc import Sequence
from typing import Final

from xingate_adapters.reading.tables.unread import are_codes, is_of_authorities
from xingate_adapters.rosters.columns import labels
from xingate_adapters.rosters.columns.parties import has_shape, is_somebodys
from xingate_adapters.rosters.layout import CONFIRMED, RosterLayout

_MOST_DIFFERENT: Final = 10_000
_UNASKED: Final = ("", "matter", "id_scheme", "subject_kind")


class UnaskedCodes:
    """Counts the codes in columns by which nobody is asked about, but those that a person has settled."""

    def __init__(self, layout: RosterLayout) -> None:
        self._columns = {
            column.place: (column.label, labels.is_number_label(column.label))
            for column in layout.columns
            if column.field in _UNASKED and column.why != CONFIRMED
        }
        self._filled = dict.fromkeys(self._columns, 0)
        self._codes = dict.fromkeys(self._columns, 0)
        self._shaped = dict.fromkeys(self._columns, 0)  # like codes, right or wrong
        self._seen: dict[int, list[str]] = {place: [] for place in self._columns}

    def add(self, cells: Sequence[str]) -> None:
        """Take a row in that is not a footer."""
        for place, (_, is_number) in self._columns.items():
            if not (cell := cells[place]).strip():
                continue
            self._filled[place] += 1
            self._shaped[place] += is_number and has_shape(cell)
            if is_somebodys(cell, is_short_too=is_number):
                self._codes[place] += 1
                if len(self._seen[place]) < _MOST_DIFFERENT:
                    self._seen[place].append(cell)

    def found(self) -> dict[str, int]:
        """Label -> how many codes stand in the column, of those that are columns of codes and not of authorities."""
        return {
            label: self._codes[place]
            for place, (label, _) in self._columns.items()
            if self._are_codes(place) and not is_of_authorities(label, self._seen[place])
        }

    def _are_codes(self, place: int) -> bool:
        """Whether it is a column of codes; under the label of numbers a mistyped one is a code too."""
        filled, codes = self._filled[place], self._codes[place]
        return are_codes(filled, codes) or (codes > 0 and are_codes(filled, self._shaped[place]))
