"""One field of a mapping in one table: from which cells it is read, and what their words mean."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

from xingate_adapters.reading.cells.dates import full_day
from xingate_adapters.reading.cells.text import OPTIONAL_DAYS, day, last_day, optional_day, text
from xingate_adapters.reading.mapped.labels import DATES
from xingate_adapters.reading.mapped.mapping import ENDED_ON, MappingFile
from xingate_adapters.reading.tables import columns
from xingate_server.core.entry import fold_word

_LAST_DAYS = frozenset({"valid_until", ENDED_ON, "established"})
"""Fields in which a word or day for "no end" or "no date" is a blank: nothing has ended, or the day is not known."""


def places_of(by_label: Mapping[str, int], labels: Iterable[str]) -> list[int]:
    """The places of the columns that have one of the labels, in the order of the labels; `by_label` is by folded
    label."""
    return list(dict.fromkeys(by_label[label] for label in map(columns.fold, labels) if label in by_label))


class Cell:
    """How one field is read from a row: its places, and what its words mean."""

    __slots__ = ("_constant", "_contains", "_has_words", "_joined", "_places", "_plain", "_words")

    def __init__(self, spec: MappingFile, field: str, places: Sequence[int], joined: Sequence[int] = ()) -> None:
        self._places = tuple(places)
        self._joined = tuple(joined)
        self._plain: Callable[[str], str] = text
        if field in DATES or field == ENDED_ON:
            is_last = field in _LAST_DAYS
            if spec.date_order:
                self._plain = partial(full_day, order=spec.date_order, is_last=is_last)
            else:
                self._plain = last_day if is_last else optional_day if field in OPTIONAL_DAYS else day
        self._words = {fold_word(word): meant for word, meant in spec.words.get(field, {}).items()}
        self._contains = tuple((fold_word(part), meant) for part, meant in spec.contains.get(field, {}).items())
        self._has_words = bool(self._words or self._contains)
        self._constant = spec.constants.get(field, "")

    def read(self, cells: Sequence[str]) -> str:
        """The first cell that is filled, else what is made of the joined ones, else the constant."""
        for place in self._places:
            found = self._plain(cells[place])
            if found:
                return self._meant(found) if self._has_words else found
        if self._joined and (made := self._made(cells)):
            return made
        return self._constant

    def every(self, cells: Sequence[str]) -> list[str]:
        """Every filled cell, then what is made of the joined ones."""
        found = [self._meant(found) for place in self._places if (found := self._plain(cells[place]))]
        made = self._made(cells)
        return [*found, made] if made else found

    def _made(self, cells: Sequence[str]) -> str:
        return " ".join(part for place in self._joined if (part := text(cells[place])))

    def _meant(self, found: str) -> str:
        folded = fold_word(found)
        if folded in self._words:
            return self._words[folded]
        return next((meant for part, meant in self._contains if part in folded), found)
