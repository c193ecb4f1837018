"""Numbers that a spreadsheet program has rounded, in the columns of one file (DESIGN section 5, *Rounded*).

A spreadsheet keeps 15 digits of a number (IEEE 754 binary64; ECMA-376). A code that was once a number there ends in
zeros from the 16th digit on. Its check digit fits by chance once in 11 or 31 times, so what its column shows decides:
another such number whose check fails, or at least two of them that make more than 2 % of the column's filled cells.
A number whose own check fails is judged by admission.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from xingate_adapters.reading.cells import text
from xingate_adapters.reading.errors import SourceError
from xingate_server.core import identifiers
from xingate_server.core.subject import SubjectClass

KEPT_DIGITS = 15
_FEWEST = 2
_ONE_IN = 50
_PARTS = re.compile(r"[;；]")
_PIECES = re.compile(r"[:：]")


def looks_rounded(number: str) -> bool:
    """All digits after folding, 16 or more, all zero after the 15th, and not all zero before."""
    if number[-1:] not in ("0", "０"):
        return False
    folded = identifiers.fold(number)
    return (
        len(folded) > KEPT_DIGITS
        and folded.isdecimal()
        and not folded[KEPT_DIGITS:].strip("0")
        and folded[:KEPT_DIGITS].strip("0") != ""
    )


def fails(number: str) -> bool:
    """Whether a number of 18 digits fits neither as a unified code nor as a citizen number."""
    if len(identifiers.fold(number)) != identifiers.UNIFIED_LENGTH:
        return False
    return not any(
        identifiers.parse(number, scheme, subject_class).is_sound
        for scheme, subject_class in (
            (identifiers.Scheme.USCC, SubjectClass.ORGANISATION),
            (identifiers.Scheme.CITIZEN_ID, SubjectClass.PERSON),
        )
    )


def numbers_of(cell: str) -> list[str]:
    """The numbers in a cell of one number, or of related people (`role:name:number; ...`)."""
    if ":" not in cell and "：" not in cell:
        return [text(cell)]
    return [text(_PIECES.split(part)[-1]) for part in _PARTS.split(cell)]


class Tally:
    """What the columns `places` of a file show, row by row."""

    def __init__(self, places: Iterable[int]) -> None:
        self._places = tuple(places)
        self._filled = dict.fromkeys(self._places, 0)
        self._rounded = dict.fromkeys(self._places, 0)
        self._failing: set[int] = set()

    def add(self, cells: Sequence[str]) -> None:
        """Take a row in."""
        for place in self._places:
            cell = cells[place] if place < len(cells) else ""
            if not cell or not text(cell):
                continue
            self._filled[place] += 1
            found = [number for number in numbers_of(cell) if looks_rounded(number)]
            self._rounded[place] += bool(found)
            if any(map(fails, found)):
                self._failing.add(place)

    def marked(self) -> frozenset[int]:
        """The columns in which a number that looks rounded is one, although its check fits."""
        many = {
            place
            for place, count in self._rounded.items()
            if count >= _FEWEST and count * _ONE_IN > self._filled[place]
        }
        return frozenset(many | self._failing)


class Rounded:
    """Finds the rounded numbers of rows. Called with a row's cells, it gives those whose check digit means nothing.

    The file is read a second time, by `again`, when the first number that looks rounded is met: a file without any is
    read once.
    """

    def __init__(self, places: Iterable[int], again: Callable[[], Iterator[tuple[int, list[str]]]]) -> None:
        self._places = tuple(dict.fromkeys(places))
        self._again = again
        self._marked: frozenset[int] | None = None

    def __call__(self, cells: Sequence[str]) -> tuple[str, ...]:
        """The numbers, as written, that are rounded; nearly always none."""
        found: list[str] = []
        for place in self._places:
            cell = cells[place]
            if not cell or (
                cell[-1] not in "0０\n " and ";" not in cell and "；" not in cell and not cell[-1].isspace()
            ):
                continue
            if seen := [number for number in numbers_of(cell) if looks_rounded(number)]:
                if self._marked is None:
                    self._marked = self._look()
                if place in self._marked:
                    found += seen
        return tuple(found)

    def _look(self) -> frozenset[int]:
        tally = Tally(self._places)
        try:
            for _, cells in self._again():
                tally.add(cells)
        except SourceError:  # reported where the rows are read
            pass
        return tally.marked()
