"""Numbers that a spreadsheet program has rounded, in the columns of one file (DESIGN section 5, *Rounded*).

A spreadsheet keeps 15 digits of a number (IEEE 754 binary64; ECMA-376). A code that was once a number there ends in
zeros from the 16th digit on. Its check digit fits by chance once in 11 or 31 times, so what its column shows decides:
another such number whose check fails, or one that shows by itself that it lost digits (`core.identifiers.doubles`), or
at least two of them that make more than 2 % of the column's filled cells. A number whose own check fails is judged by
admission.
"""

import csv
import mmap
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from xingate_adapters.reading import files
from xingate_adapters.reading.cells.text import text
from xingate_adapters.reading.errors import SourceError
from xingate_server.core.identifiers import doubles, number_patterns, parsing
from xingate_server.core.identifiers.number_patterns import EXACT_DIGITS
from xingate_server.core.subject import SubjectClass

_FEWEST = 2
_ONE_IN = 50
_TAILS = frozenset("0０ \t\n\xa0\u3000")
_SAMPLE_BYTES = 65_536
_PLAIN = re.compile(rb"000(?<=[0-9]{18})(?![0-9])")  # what stands first is looked for fastest
_EXPONENT = re.compile(rb"[0-9]\.[0-9]+[Ee]\+?[0-9]")
_PARTS = re.compile(r"[;；]")
_PIECES = re.compile(r"[:：]")
_CUT = re.compile(r"[0-9]{6,17}\*+", re.ASCII)


def looks_rounded(number: str) -> bool:
    """Whether a number as written, and not of zeros alone, looks rounded (`core.identifiers.number_patterns`)."""
    if number[-1:] not in ("0", "０") and "." not in number:
        return False
    folded = parsing.fold(number)
    return number_patterns.looks_rounded(folded) and folded.strip("0") != ""


def has_lost_digits(number: str) -> bool:
    """Whether the cell shows by itself that a code became a number and lost digits (`core.identifiers.doubles`)."""
    if len(number) <= EXACT_DIGITS or (number[-1] != "*" and "." not in number):
        return False
    return doubles.is_rounded(number) or _CUT.fullmatch(parsing.fold(number)) is not None


def is_checked(number: str, *, is_person: bool) -> bool:
    """Whether a number of 18 digits fits as a citizen number or as a unified code; true where there is no check."""
    if len(parsing.fold(number)) != parsing.UNIFIED_LENGTH:
        return True
    if is_person:
        return parsing.parse(number, parsing.Scheme.CITIZEN_ID, SubjectClass.PERSON).is_sound
    return parsing.parse(number, parsing.Scheme.USCC, SubjectClass.ORGANISATION).is_sound


def fails(number: str) -> bool:
    """Whether a number of 18 digits fits neither as a unified code nor as a citizen number."""
    return not (is_checked(number, is_person=True) or is_checked(number, is_person=False))


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
            numbers = numbers_of(cell)
            found = [number for number in numbers if looks_rounded(number)]
            self._rounded[place] += bool(found)
            if any(map(fails, found)) or any(map(has_lost_digits, numbers)):
                self._failing.add(place)

    def marked(self) -> frozenset[int]:
        """The columns in which a number that looks rounded is one, although its check fits."""
        many = {
            place
            for place, count in self._rounded.items()
            if count >= _FEWEST and count * _ONE_IN > self._filled[place]
        }
        return frozenset(many | self._failing)


class Again(NamedTuple):
    """A file that can be read again: its rows as they were read, how many columns they have, and the separator of a
    csv file ("" for other forms)."""

    file: Path
    rows: Callable[[], Iterator[tuple[int, list[str]]]]
    width: int
    separator: str = ""


class Rounded:
    """Finds the rounded numbers of rows. Called with a row's cells, it gives those whose check digit means nothing.

    The file is looked through a second time when the first number that looks rounded is met. One in a thousand sound
    numbers ends so: where no such number in the file fails its check, reading goes only so far until the column has
    been shown to hold more than fifty times as many others.
    """

    def __init__(self, places: Iterable[int], related: Iterable[int], again: Again) -> None:
        self._single = tuple(dict.fromkeys(places))
        self._related = tuple(dict.fromkeys(related))
        self._places = (*self._single, *self._related)
        self._again = again
        self._marked: frozenset[int] | None = None

    def __call__(self, cells: Sequence[str]) -> tuple[str, ...]:
        """The numbers, as written, that are rounded; nearly always none."""
        for place in self._single:
            cell = cells[place]
            if len(cell) > EXACT_DIGITS and (
                (cell[-1:] in _TAILS and not cell.strip()[EXACT_DIGITS:].strip("0０")) or doubles.is_rounded(cell)
            ):
                return self._found(cells)
        for place in self._related:
            if cells[place]:
                return self._found(cells)
        return ()

    def _found(self, cells: Sequence[str]) -> tuple[str, ...]:
        found: list[str] = []
        for place in self._places:
            if seen := [number for number in numbers_of(cells[place]) if looks_rounded(number)]:
                if self._marked is None:
                    self._marked = self._look(all(map(_is_plain, seen)))
                if place in self._marked:
                    found += seen
        return tuple(found)

    def _look(self, is_plain: bool) -> frozenset[int]:
        try:
            counts = _occurrences(self._again, self._places) if is_plain and self._again.separator else None
            if counts is not None and self._are_few(counts):
                return frozenset()
            tally = Tally(self._places)
            for _, cells in self._again.rows():
                tally.add(cells)
        except SourceError:  # raised again where the rows are read
            return frozenset(self._places)
        return tally.marked()

    def _are_few(self, counts: Mapping[int, int]) -> bool:
        """Whether each of these columns has more than fifty times as many filled cells."""
        wanted = {place: count * _ONE_IN for place, count in counts.items() if count >= _FEWEST}
        if not wanted:
            return True
        for _, cells in self._again.rows():
            for place in list(wanted):
                if cells[place]:
                    wanted[place] -= 1
                    if wanted[place] < 0:
                        del wanted[place]
            if not wanted:
                return True
        return False


def _is_plain(number: str) -> bool:
    """Of 18 digits of ASCII, as `_PLAIN` finds them."""
    return number.isascii() and len(number) == parsing.UNIFIED_LENGTH


def _occurrences(again: Again, places: Sequence[int]) -> dict[int, int] | None:
    """Place -> in how many rows a number of 18 digits looks rounded, found without reading the rows; None when that
    cannot be recognised so, or when one fails its check."""
    counts: dict[int, int] = {}
    with files.open_file(again.file) as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
        if content[:2] == b"\x1f\x8b" or b"\0" in content[:_SAMPLE_BYTES] or _EXPONENT.search(content):
            return None
        for match in _PLAIN.finditer(content):
            number = content[match.end() - parsing.UNIFIED_LENGTH : match.end()].decode("ascii")
            if fails(number):
                return None
            start = content.rfind(b"\n", 0, match.start()) + 1
            end = content.find(b"\n", match.end())
            line = content[start : end if end >= 0 else len(content)].decode("latin-1")
            cells = next(csv.reader([line], delimiter=again.separator), [])
            if len(cells) != again.width:
                return None
            for place in places:
                if number in cells[place]:
                    counts[place] = counts.get(place, 0) + 1
    return counts
