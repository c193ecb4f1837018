"""How alike two names are, from 0 to 1, and what is different. Never an identity.

Names with Chinese characters: what differs costs, and 1 - cost / 5 is how alike they are. Cheap is what happens when
a name is typed or copied (a character of the same sound, one left out, doubled or changed places, another order,
another legal form). Dear is what tells companies apart: of 10,000 real names one in ten is another one but for a
single character, most often in the trade name, so another character that names really have at that place is not a slip.
What names really have is asked of the index (`Frequencies`). Names in other scripts: rapidfuzz on their words. A name
in letters against one in characters: their sound. Organisations whose names are equal without their legal form
(`legal_forms`) and people's names cut short (`person_names`) are alike whatever their letters. Costs and threshold
are measured by `python -m benchmarks.names`.
"""

import math
from collections import Counter
from collections.abc import Callable
from functools import lru_cache
from typing import Final, NamedTuple

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA, Indel, LCSseq

from xingate_server.core.names.legal_forms import names_without_form
from xingate_server.core.names.parts import (
    ALL,
    LONGEST,
    character_gram,
    core_of,
    has_han,
    has_letters,
    is_chinese,
    legal_form,
    sound,
    sound_of,
    syllables,
    words_of,
)
from xingate_server.core.names.person_names import are_words_alike, short_form

Frequencies = Callable[[str], int]
"""How many of the listed names have a gram."""

_SAME_SOUND, _DOUBLED, _FORM, _MOVED, _MOVED_WITH = 0.3, 0.2, 0.2, 0.3, 0.05
_LEFT_OUT, _LEFT_OUT_BETWEEN_OTHERS, _ADDED, _ADDED_BETWEEN_OTHERS = 0.45, 0.7, 0.5, 0.7
_SLIP, _ANOTHER, _ANOTHER_BY_TEN, _RUN, _NUMBER = 0.5, 1.05, 0.8, 1.2, 2.0
_FULL_COST, _TOO_MANY, _SHORT = 5.0, 8, 6
_FIXED, _SMOOTHING = 0.3, 3  # a place that one character takes in so many of the names is not a free choice
_UNUSUAL = 2000  # two characters that stand side by side in less than one name in so many
_USUAL = 3000  # characters that names are made of
_NUMBERS = frozenset("一二三四五六七八九十百0123456789")
_DIRECTIONS = frozenset("东西南北")
_AREAS = frozenset("市省县区")
_FORMS = frozenset(["有限", "限责", "责任", "任公", "限公", "公司", "股份", "份有", "份公", "集团", "团公", "团有"])
_SOUND_ALONE: Final = 0.95
_SLIPS: Final = ((1, 6, 0.88), (2, 11, 0.82))  # how many, in how long a name at least, and how alike that is
_WORDS_ALIKE, _LETTERS_STEEP, _SUBSET = 0.98, 1.5, 0.93
_EQUAL_BUT_FORM: Final = 0.98


class Likeness(NamedTuple):
    """How alike, 0 to 1, and why."""

    score: float
    why: str


def likeness(asked: str, listed: str, frequency: Frequencies, *, are_people: bool = False) -> Likeness:
    """How alike two different normalised names are, of people or of organisations."""
    written = _alike(asked, listed, frequency, are_people=are_people)
    if not are_people and (written.score >= _EQUAL_BUT_FORM or is_chinese(listed)):
        return written
    return max(written, likeness_of_words(asked, listed, are_people=are_people))


def likeness_of_words(asked: str, listed: str, *, are_people: bool) -> Likeness:
    """How alike they are by whole words: an organisation's without its legal form, a person's cut short."""
    if are_people:
        return Likeness(*short_form(asked, listed))
    if set(names_without_form(asked)).isdisjoint(names_without_form(listed)):
        return Likeness(0.0, "")
    return Likeness(_EQUAL_BUT_FORM, "the name is equal but for the legal form")


def _alike(asked: str, listed: str, frequency: Frequencies, *, are_people: bool) -> Likeness:
    if has_han(listed):
        if not has_han(asked):
            return _alike_in_sound(asked, listed)
        written = _alike_in_characters(asked[:LONGEST], listed[:LONGEST], frequency)
        if has_letters(asked) and not has_letters(listed):  # a part of it may be written by its sound
            return max(written, _alike_in_sound(asked, listed))
        return written
    return _alike_in_words(asked, listed, are_people=are_people)


# -- names in other scripts


def _alike_in_words(asked: str, listed: str, *, are_people: bool) -> Likeness:
    (mine, all_mine), (its, all_its) = words_of(asked, is_person=are_people), words_of(listed, is_person=are_people)
    if sorted(mine) == sorted(its):
        form = "" if sorted(all_mine) == sorted(all_its) else ", the legal form is not"
        return Likeness(_WORDS_ALIKE, f"the words of the name are equal{form}")
    if are_people and not are_words_alike(asked, listed):
        return Likeness(0.0, "")
    ours, theirs = "".join(mine), "".join(its)
    alike = max(
        Indel.normalized_similarity(ours, theirs),
        Indel.normalized_similarity("".join(all_mine), "".join(all_its)),
        fuzz.token_sort_ratio(" ".join(mine), " ".join(its)) / 100,
    )
    score = max(1 - (1 - alike) * _LETTERS_STEEP, _few_slips(ours, theirs))
    both = set(mine) & set(its)
    if len(both) > 1 and both in (set(mine), set(its)):
        score = max(score, _SUBSET * fuzz.token_sort_ratio(" ".join(mine), " ".join(its)) ** 0.5 / 10)
    return Likeness(max(0.0, score), "the name is spelled alike")


def _few_slips(mine: str, its: str) -> float:
    """One or two slips in names long enough for them; another digit is another thing."""
    slips = OSA.distance(mine, its, score_cutoff=len(_SLIPS))
    if slips > len(_SLIPS) or [c for c in mine if c.isdigit()] != [c for c in its if c.isdigit()]:
        return 0.0
    longest = max(len(mine), len(its))
    return next((score for most, least, score in _SLIPS if slips <= most and longest >= least), 0.0)


def _alike_in_sound(asked: str, listed: str) -> Likeness:
    mine, its = "".join(syllables(asked)), "".join(syllables(listed))
    alike = max(Indel.normalized_similarity(mine, its), Indel.normalized_similarity(sound(asked), sound(listed)))
    score = _SOUND_ALONE - (1 - alike) * _LETTERS_STEEP
    return Likeness(max(0.0, score), "the name sounds alike" if mine != its else "the name sounds the same")


# -- names with Chinese characters


def _alike_in_characters(asked: str, listed: str, frequency: Frequencies) -> Likeness:
    mine, its = core_of(asked), core_of(listed)
    form = 0.0 if legal_form(asked) == legal_form(listed) else _FORM
    cost = _Cost(mine, its, frequency).total() + form
    ours, theirs = asked.replace(" ", ""), listed.replace(" ", "")
    if cost > form and (ours, theirs) != (mine, its):  # a slip may stand in the legal form
        cost = min(cost, _Cost(ours, theirs, frequency).total())
    if mine == its:
        return Likeness(1 - min(cost, form) / _FULL_COST, "the name is equal but for the legal form")
    if mine and sorted(mine) == sorted(its):
        why = "the name has the same characters in another order"
    elif "".join(map(sound_of, mine)) == "".join(map(sound_of, its)):
        why = "the name sounds the same"
    else:
        why = "the name is written alike"
    return Likeness(max(0.0, 1 - cost / _FULL_COST), why)


class _Cost:
    """What it costs to get from the name asked to the listed one."""

    def __init__(self, asked: str, listed: str, frequency: Frequencies) -> None:
        self._asked = asked
        self._listed = listed
        self._frequency = frequency
        self._mine, self._its = Counter(asked), Counter(listed)
        self._added = sorted((self._mine - self._its).elements())
        self._lacking = sorted((self._its - self._mine).elements())

    def total(self) -> float:
        changes = len(self._added) + len(self._lacking)
        if changes > _TOO_MANY:
            return _FULL_COST
        cost = self._order() + self._same_sounds() + self._doubled() + self._others()
        if _is_run(self._lacking, self._listed) or _is_run(self._added, self._asked):
            cost += _RUN
        cost += sum([self._left_out(character) for character in self._lacking])
        cost += sum([self._put_in(character) for character in self._added])
        return cost * max(1.0, _SHORT / len(self._listed))

    def _order(self) -> float:
        """Characters that stand in both names, but not in the same order."""
        moved = (self._mine & self._its).total() - LCSseq.similarity(self._asked, self._listed)
        return _MOVED + _MOVED_WITH * (moved - 1) if moved else 0.0

    def _same_sounds(self) -> float:
        cost = 0.0
        for added in tuple(self._added):
            twin = next((c for c in self._lacking if sound_of(c) == sound_of(added)), None)
            if twin is not None:
                self._added.remove(added)
                self._lacking.remove(twin)
                cost += _SAME_SOUND
        return cost

    def _doubled(self) -> float:
        """Characters typed twice, and the words for areas, which are often left out."""
        twice = [c for c in self._added if c * 2 in self._asked and not self._is_usual(c * 2)]
        slips = [c for c in (*self._added, *self._lacking) if c in _AREAS or c in twice]
        self._added = [c for c in self._added if c not in slips]
        self._lacking = [c for c in self._lacking if c not in _AREAS]
        return _DOUBLED * len(slips)

    def _others(self) -> float:
        """Other characters in the place of some: the cheapest pairs first."""
        pairs = sorted((self._another(a, b), a, b) for a in self._added for b in self._lacking)
        total = 0.0
        for cost, added, lacking in pairs:
            if added in self._added and lacking in self._lacking:
                self._added.remove(added)
                self._lacking.remove(lacking)
                total += cost
        return total

    def _another(self, added: str, lacking: str) -> float:
        for kind in (_NUMBERS, _DIRECTIONS):
            if added in kind and lacking in kind:
                return _NUMBER
        if _is_odd(added) or (self._is_new(added, self._asked) and self._is_fixed(lacking)):
            return _SLIP
        share = (self._df(added) + 0.3) / (self._frequency(ALL) + 1)
        return _ANOTHER + _ANOTHER_BY_TEN * max(0.0, math.log10(share * _USUAL))

    def _left_out(self, character: str) -> float:
        if self._is_fixed(character):
            return _LEFT_OUT
        if character in _NUMBERS:
            return _NUMBER
        is_usual = all(
            left and right and self._is_usual(left + right) for left, right in _around(self._listed, character)
        )
        return _LEFT_OUT_BETWEEN_OTHERS if is_usual else _LEFT_OUT

    def _put_in(self, character: str) -> float:
        if character in _NUMBERS:
            return _NUMBER
        return _ADDED if self._is_new(character, self._asked) else _ADDED_BETWEEN_OTHERS

    def _is_new(self, character: str, name: str) -> bool:
        """Whether it stands nowhere in the listed names beside one of those that it stands beside here."""
        return all(
            not (left and self._df(left + character)) and not (right and self._df(character + right))
            for left, right in _around(name, character)
        )

    def _is_fixed(self, character: str) -> bool:
        """Whether the listed names hardly have another character at its place."""
        return any(
            left + character in _FORMS
            or character + right in _FORMS
            or (left and self._share(left + character, left) > _FIXED)
            or (right and self._share(character + right, right) > _FIXED)
            for left, right in _around(self._listed, character)
        )

    def _is_usual(self, pair: str) -> bool:
        return self._df(pair) * _UNUSUAL > self._frequency(ALL)

    def _share(self, pair: str, character: str) -> float:
        return self._df(pair) / (self._df(character) + _SMOOTHING)

    def _df(self, characters: str) -> int:
        return self._frequency(character_gram(characters))


def _is_run(characters: list[str], name: str) -> bool:
    """Whether all that is left over stands side by side in a name: a part of it, no slips."""
    size = len(characters)
    return size > 1 and any(sorted(name[at : at + size]) == characters for at in range(len(name) - size + 1))


def _around(name: str, character: str) -> list[tuple[str, str]]:
    """What stands before and behind each of its places."""
    return [(name[at - 1 : at], name[at + 1 : at + 2]) for at, found in enumerate(name) if found == character]


@lru_cache(maxsize=4096)
def _is_odd(character: str) -> bool:
    """A Chinese character outside GB 2312: names hardly have any, slips do."""
    if not has_han(character):
        return False
    try:
        character.encode("gb2312")
    except UnicodeEncodeError:
        return True
    return False
