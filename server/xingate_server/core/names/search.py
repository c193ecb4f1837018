"""Finding listed names that are alike: rare grams first, a bounded number of names read, the best compared.

Scope: which names are compared, and how many are returned. The index is a port, so that a search reads only its
arguments. Every input is bounded: grams, names counted, names compared. Source: DESIGN sections 4 and 6.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple, Protocol

from xingate_server.core.names.likeness import Frequencies, Likeness, likeness, likeness_of_words
from xingate_server.core.names.parts import (
    ALL,
    han_grams,
    has_han,
    has_letters,
    letter_grams,
    sound_grams,
    whole_grams,
)
from xingate_server.core.names.person_names import asked_pair_grams

THRESHOLD: Final = 0.8
"""How alike a name must be to be shown, unless a snapshot says otherwise."""
MOST_MATCHES: Final = 10
MOST_FREQUENT: Final = 30_000
"""A gram of more names is only counted: it tells too little to be worth reading."""
_MOST_READ = 20_000  # names counted, where more than one gram is read
_MOST_GRAMS = 200
_MOST_COMPARED = 24
_MOST_SHORT = 50  # names compared beside those, which share whole words or are equal without their legal form
_RARE = 200  # a gram of less than one name in so many counts more
_SHORTEST = 2
_DIGITS = 4


class Match(NamedTuple):
    """A listed name that is alike: how much, 0 to 1, and why."""

    name: str
    score: float
    why: str


class NameIndex(Protocol):
    """The listed names of one class of subjects."""

    @property
    def are_people(self) -> bool:
        """Whether they are names of people."""
        ...

    def frequency(self, gram: str) -> int:
        """How many names have a gram."""
        ...

    def names_with(self, gram: str) -> Sequence[int]:
        """The numbers of the names that have it, ascending; none if they are more than `MOST_FREQUENT`."""
        ...

    def name(self, number: int) -> str:
        """A name by its number, normalised."""
        ...


def search(name: str, index: NameIndex, threshold: float) -> list[Match]:
    """Listed names alike to a normalised one, but not equal: at most ten, none below `threshold`, the best first."""
    if len(name.replace(" ", "")) < _SHORTEST or not index.frequency(ALL):
        return []
    known: dict[str, int] = {}

    def frequency(gram: str) -> int:
        found = known.get(gram)
        if found is None:
            found = known[gram] = index.frequency(gram)
        return found

    matches = [
        Match(listed, score, found.why)
        for listed, found in _compared(name, index, frequency)
        if (score := round(found.score, _DIGITS)) >= threshold
    ]
    matches.sort(key=lambda match: (-match.score, match.name))
    return matches[:MOST_MATCHES]


def _compared(name: str, index: NameIndex, frequency: Frequencies) -> Iterator[tuple[str, Likeness]]:
    """The names that are worth comparing, but equal ones, and how alike each is."""
    likely = set(_likely(name, index, frequency))
    for number in likely.union(_sharing_words(name, index, frequency)):
        listed = index.name(number)
        if listed == name:
            continue
        if number in likely:
            yield listed, likeness(name, listed, frequency, are_people=index.are_people)
        else:
            yield listed, likeness_of_words(name, listed, are_people=index.are_people)


def _likely(name: str, index: NameIndex, frequency: Frequencies) -> list[int]:
    """The names that share most with this one, by the rarest grams that are worth reading."""
    asked = _asked_grams(name, is_person=index.are_people)
    grams = sorted([(n, gram) for gram in asked if (n := frequency(gram))])[:_MOST_GRAMS]
    rare = frequency(ALL) // _RARE
    counts: Counter[int] = Counter()
    read = 0
    for n, gram in grams:
        if n > MOST_FREQUENT or (read and read + n > _MOST_READ):
            break
        read += n
        numbers = index.names_with(gram)
        for _ in range(3 if n <= rare else 1):
            counts.update(numbers)
    least, above = _cut(counts)
    best = [number for number, count in counts.items() if count > least]
    ties = [number for number, count in counts.items() if count == least]
    return sorted(best) + sorted(ties)[: _MOST_COMPARED - above]


def _sharing_words(name: str, index: NameIndex, frequency: Frequencies) -> list[int]:
    """The names that share most pairs of words with a person's, or that an organisation's is equal to but for the form.

    They may share too few letters with it to be among the likely ones.
    """
    asked = asked_pair_grams(name) if index.are_people else whole_grams(name)
    counts: Counter[int] = Counter()
    read = 0
    for n, gram in sorted([(n, gram) for gram in asked if (n := frequency(gram))]):
        read += n
        if read > _MOST_READ:
            break
        counts.update(index.names_with(gram))
    return sorted(counts, key=lambda number: (-counts[number], number))[:_MOST_SHORT]


def _cut(counts: Counter[int]) -> tuple[int, int]:
    """The count with which the names to compare are full, and how many have more."""
    above = 0
    for count, names in sorted(Counter(counts.values()).items(), reverse=True):
        if above + names >= _MOST_COMPARED:
            return count, above
        above += names
    return 0, above


def _asked_grams(name: str, *, is_person: bool) -> set[str]:
    if has_han(name):
        return han_grams(name) | (sound_grams(name) if has_letters(name) else set())
    return letter_grams(name, is_person=is_person) | sound_grams(name)
