"""Short forms of the names of people: what a word of a name is, and when a name is another one cut short.

A person is meant by two words of a listed name where one is the first or the last of it: patronymics, second
surnames, middle names and the long chains of Arabic names are left out in daily use. One word never means anybody, nor
do initials alone. Words joined by hyphens are one and may be written apart; particles (al, bin, de la, von) and
abd al- do not count. Exclusions: slips, and names that sound alike (`name_likeness`). Names come as `names.normalise`
gives them.
"""

import re
from collections import Counter
from functools import lru_cache
from itertools import combinations
from typing import Final, NamedTuple

from anyascii import anyascii
from rapidfuzz.distance import OSA

_LONGEST: Final = 96  # as in `name_parts`
_MOST_WORDS: Final = 12  # a longer name is nobody's short form
_LEAST_WORDS: Final = 2
_GRAM: Final = "t"
_SYLLABLES, _LONGEST_SYLLABLE = 3, 6
_SLIPS_IN_WORD: Final = ((4, 0), (6, 1), (9, 2))  # in words of fewer letters than so many: how many
_SLIPS_IN_LONG_WORD: Final = 3
_SLIPS_IN_NAME: Final = 2
_TELLING: Final = 10  # letters of a listed name that is shorter than the one asked: `ly nam` is in too many names
_LONG, _LETTERS_A_SLIP = 16, 8  # of the whole name


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_PARTICLES: Final = _set(
    "al el ul ibn bin ibne bint binti binte bn abn abu abou abi umm um de del della dei la las los dos das der den "
    "ter ten von vom zu zur bar bat mc mac mr mrs ms miss dr prof"
)
_NOT_COUNTED: Final = "van"  # a particle in Dutch and a name in Vietnamese: never a name alone, never left out
_BETWEEN: Final = _set("ben da do di du le san st y e i und ou os oz vel")  # names where they stand first
_ARTICLES: Final = _set("ad an ar as ash at ath az ed en er es ur us ud un uz ush l d")  # before a hyphen
_BEHIND: Final = _set("jr sr ii iii iv")
_SERVANT: Final = _set("abd abdul abdel abdal abdol abdur abdu abdil abdun abdus abdar bd")
_GOD: Final = _set("allah ullah alla ulla ollah lah la")
_SERVANT_OF = re.compile(r"a?bd(?:[uaeoi][lrsnzdt])?([a-z]{3,})")
_ARABIC_ARTICLE = re.compile(r"(?<!\w)ال(?=\w{2})")
_COMMA = re.compile("[,，،、]")
_UNIT = re.compile(r"[\s;·/_|]+")
_PIECE = re.compile(r"[^-‐‑–—.]+")
_APOSTROPHES = re.compile("['’‘`´ʻʼʿʾ\"“”]")
_PLAIN = re.compile("[^a-z0-9]+")
_CJK = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]")

_EQUAL, _SHORT, _SHARE, _BOTH_ENDS, _LONGER, _SHARE_OF_LONGER = 0.97, 0.82, 0.1, 0.02, 0.8, 0.04


def given_name_first(name: str) -> tuple[str, ...]:
    """`Given Surname` of a name written `Surname, Given`; empty for one with no comma, or with several."""
    sections = [part.strip() for part in _COMMA.split(name)]
    return (f"{sections[1]} {sections[0]}",) if len(sections) == _LEAST_WORDS and all(sections) else ()


class Reading(NamedTuple):
    """One way to part a name into words: its words, and those that stand first or last."""

    words: tuple[str, ...]
    ends: frozenset[str]


class Parts(NamedTuple):
    """A name: how many words it has that count, how many with initials, and the ways to read it."""

    counted: int
    units: int
    readings: tuple[Reading, ...]
    words: frozenset[str]
    letters: str


class _Unit(NamedTuple):
    pieces: tuple[str, ...]
    is_end: bool


def short_form(asked: str, listed: str) -> tuple[float, str]:
    """How alike two names of people are by whole words, 0 to 1, and why; 0 if neither is the other cut short."""
    mine, its = parts(asked), parts(listed)
    if mine.counted < _LEAST_WORDS or its.counted < _LEAST_WORDS:
        return 0.0, ""
    if len(mine.words & its.words) < _LEAST_WORDS:
        return 0.0, ""
    best = (0.0, "")
    for one in mine.readings:
        for other in its.readings:
            best = max(best, _compared(one, other))
    return best


def are_words_alike(asked: str, listed: str) -> bool:
    """Whether each word of one name is a word of the other but for slips: another short word is another person."""
    both = parts(asked), parts(listed)
    mine, its = (list(found.readings[0].words) for found in both)
    ours, theirs = (found.letters for found in both)
    if min(found.counted for found in both) < _LEAST_WORDS and max(found.units for found in both) > 1:
        return ours == theirs
    letters = max(len(ours), len(theirs))
    if OSA.distance(ours, theirs) <= (letters // _LETTERS_A_SLIP if letters >= _LONG else 1):
        return True
    if len(mine) != len(its):
        return False
    in_order = list(zip(mine, its, strict=True))
    if _are_slips(in_order, _SLIPS_IN_NAME):
        return True
    return _are_slips(_nearest(mine, its), _SLIPS_IN_NAME if letters >= _LONG else 1)


def _nearest(mine: list[str], its: list[str]) -> list[tuple[str, str]]:
    """The words in pairs, whatever their order: equal ones first."""
    pairs = []
    for word in sorted(mine, key=lambda word: word not in its):
        nearest = min(its, key=lambda other: (OSA.distance(word, other), other))
        its.remove(nearest)
        pairs.append((word, nearest))
    return pairs


def _are_slips(pairs: list[tuple[str, str]], most: int) -> bool:
    for mine, its in pairs:
        slips = OSA.distance(mine, its)
        most -= slips
        if most < 0 or slips > _slips_allowed(max(len(mine), len(its))):
            return False
    return True


def pair_grams(name: str) -> set[str]:
    """By what the short forms of a listed name are found: its first and last words with each other word."""
    found: set[str] = set()
    for reading in parts(name).readings:
        words = [word for word in reading.words if not _is_initial(word)]
        for end in reading.ends:
            found |= {_pair(end, word) for word in words if word != end or words.count(word) > 1}
    return found


def asked_pair_grams(name: str) -> set[str]:
    """By what the listed names are found of which a name is a short form: each two of its words."""
    found: set[str] = set()
    whole = parts(name)
    if whole.counted < _LEAST_WORDS:
        return found
    for reading in whole.readings:
        words = [word for word in reading.words if not _is_initial(word)]
        if len(words) <= _MOST_WORDS:
            found |= {_pair(one, other) for one, other in combinations(words, 2)}
    return found


@lru_cache(maxsize=8192)
def parts(name: str) -> Parts:
    """The words of a normalised name. With a comma, what stands before it is the surname: `b c, a` is `a b c`."""
    sections = [found for text in re.split("[,،、]", name[:_LONGEST]) if (found := _units(text))]
    if sections and all(piece in _BEHIND for unit in sections[-1] for piece in unit):
        sections = sections[:-1]  # jr
    if len(sections) == _LEAST_WORDS:
        sections.reverse()
    units = [
        _Unit(unit, is_end=place in (0, len(section) - 1)) for section in sections for place, unit in enumerate(section)
    ]
    if len(units) > 1 and units[-1].pieces[0] in _BEHIND:
        units = units[:-1]
        units[-1] = units[-1]._replace(is_end=True)
    kept = [
        [piece for at, piece in enumerate(unit.pieces) if not _is_particle(piece, at, unit, place, len(units))]
        for place, unit in enumerate(units)
    ]
    apart = _reading([(piece, n) for n, pieces in enumerate(kept) for piece in pieces], units, kept)
    whole = _reading([(piece, n) for n, unit in enumerate(units) for piece in unit.pieces], units, kept)
    joined = _reading(_servants([("".join(p), n) for n, p in enumerate(kept) if p]), units, kept)
    with_article = [
        ("".join(kept[n] if n and units[n - 1].pieces[-1] in _SERVANT else unit.pieces), n)
        for n, unit in enumerate(units)
        if kept[n]
    ]
    raw = _reading(_servants(with_article), units, kept)
    last = len(joined.words) - 1
    counted = sum(
        not _is_initial(word) and (word != _NOT_COUNTED or at == last) for at, word in enumerate(joined.words)
    )
    readings = tuple(dict.fromkeys((apart, joined, raw, whole, *_of_syllables(apart), *_of_syllables(whole))))
    words = frozenset(word for reading in readings for word in reading.words)
    return Parts(counted, len(joined.words), readings, words, "".join(whole.words))


def _of_syllables(apart: Reading) -> list[Reading]:
    """A name of three short words with two of them as one: `li wei ming`, `li weiming`, `weiming li`."""
    if len(apart.words) != _SYLLABLES or max(map(len, apart.words)) > _LONGEST_SYLLABLE:
        return []
    one, two, three = apart.words
    return [Reading(words, frozenset(words)) for words in ((one, two + three), (one + two, three))]


def _units(text: str) -> list[tuple[str, ...]]:
    """What stands between blanks or dots of transcribed names, each in the pieces that hyphens join."""
    units = []
    for unit in _UNIT.split(_ARABIC_ARTICLE.sub("ال-", _APOSTROPHES.sub("", text))):
        pieces = tuple(plain for piece in _PIECE.findall(unit) if (plain := _plain(piece)))
        if pieces:
            units.append(pieces)
    return units


def _plain(piece: str) -> str:
    """A piece in plain letters; Chinese, Japanese and Korean ones as they are written."""
    if piece.isascii() or not _CJK.search(piece):
        return _PLAIN.sub("", anyascii(piece).lower())
    return piece


def _is_particle(piece: str, at: int, unit: _Unit, place: int, units: int) -> bool:
    """Whether it only leads to the next word; a name that ends with it has it as a word of its own."""
    if at == len(unit.pieces) - 1 and place == units - 1:
        return False
    if piece in _PARTICLES:
        return True
    if piece in _ARTICLES:
        return at < len(unit.pieces) - 1
    return piece in _BETWEEN and place > 0


def _servants(words: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """With abd al-X, abdul X and abdulX as one word each."""
    found: list[tuple[str, int]] = []
    waits = False
    for word, place in words:
        if waits:
            found[-1] = (_servant(word), found[-1][1])
            waits = False
            continue
        inner = _SERVANT_OF.fullmatch(word)
        waits = word in _SERVANT
        found.append((_servant(inner[1]) if inner and not waits else word, place))
    return found


def _servant(of: str) -> str:
    return "abdullah" if of in _GOD else f"abd{of}"


def _reading(words: list[tuple[str, int]], units: list[_Unit], kept: list[list[str]]) -> Reading:
    """A reading of `words`, each with the place of the unit that it comes from."""
    last = max((place for place, pieces in enumerate(kept) if pieces), default=0)
    first = min((place for place, pieces in enumerate(kept) if pieces), default=0)
    ends = set()
    for n, pieces in enumerate(kept):
        if pieces and (units[n].is_end or n in (first, last)):
            of_unit = [word for word, place in words if place == n and word not in _PARTICLES]
            ends |= {word for word in (of_unit[:1] + of_unit[-1:]) if not _is_initial(word)}
    return Reading(tuple(word for word, _ in words), frozenset(ends))


def _slips_allowed(letters: int) -> int:
    return next((slips for less_than, slips in _SLIPS_IN_WORD if letters < less_than), _SLIPS_IN_LONG_WORD)


def _is_initial(word: str) -> bool:
    return len(word) == 1 and word.isascii()


def _pair(one: str, other: str) -> str:
    return f"{_GRAM}{one} {other}" if one < other else f"{_GRAM}{other} {one}"


def _compared(asked: Reading, listed: Reading) -> tuple[float, str]:
    if sorted(asked.words) == sorted(listed.words):
        return _EQUAL, "the words of the name are equal"
    if _holds(listed.words, asked.words):
        ends = len(listed.ends & set(asked.words))
        if ends:
            share = len(asked.words) / len(listed.words)
            where = "its first and last among them" if ends > 1 else "its first or last among them"
            score = _SHORT + _SHARE * share + (_BOTH_ENDS if ends > 1 else 0)
            return score, f"a short form: all words are words of the name, {where}"
    elif (
        len("".join(listed.words)) >= _TELLING and asked.ends & set(listed.words) and _holds(asked.words, listed.words)
    ):
        score = _LONGER + _SHARE_OF_LONGER * len(listed.words) / len(asked.words)
        return score, "the listed name is a short form: all its words are words of the name asked"
    return 0.0, ""


def _holds(whole: tuple[str, ...], some: tuple[str, ...]) -> bool:
    """Whether all words of the shorter name are distinct words of the other; an initial is where a word begins so."""
    if any(word not in whole and not _is_initial(word) for word in some):
        return False
    rest = Counter(whole)
    rest.subtract(word for word in some if not _is_initial(word))
    if min(rest.values()) < 0:
        return False
    for initial in filter(_is_initial, some):
        found = next((word for word in sorted(rest.elements()) if word.startswith(initial)), None)
        if found is None:
            return False
        rest[found] -= 1
    return True
