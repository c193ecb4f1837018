"""How people write a name: the variants by which `benchmarks.names` and a test measure the search.

Each takes a name and a random generator and gives the name as somebody may write it who has no code. Slips are those of
typing Chinese by its sound: a character of the same sound, one left out, one twice, two changed places. Pinyin comes
from pypinyin, which reads words, not from the tables of the search itself.
"""

import re
from collections.abc import Callable, Sequence
from functools import cache
from random import Random

from pypinyin import lazy_pinyin

Variant = Callable[[str, Random], str]

_FORM = re.compile(r"(?<![分支子])(?:股份|有限|责任|集团)*公司")
_AREA = re.compile(r"(?:湖北省?|武汉市?|十堰市?|示例[省市]?|..[市县区])")


def without_form(name: str, _: Random) -> str:
    """The legal form left out."""
    return _FORM.sub("", name)


def other_form(name: str, random: Random) -> str:
    """Another word for the legal form."""
    forms = ["有限公司", "有限责任公司", "股份有限公司"]
    return _FORM.sub(lambda found: random.choice([form for form in forms if form != found[0]]), name, count=1)


def other_order(name: str, random: Random) -> str:
    """The area behind the trade name or at the end, or the legal form first."""
    area = _AREA.match(name)
    head = area[0] if area else name[:2]
    rest = name[len(head) :]
    form = _FORM.search(name)
    if form is None:
        return rest + head
    core = _FORM.sub("", rest)
    return random.choice([f"{core}{head}{form[0]}", f"{core}（{head}）{form[0]}", f"{form[0]}{head}{core}"])


def spaced(name: str, random: Random) -> str:
    """Blanks of several kinds here and there."""
    return "".join(character + random.choice(["", "", " ", "\u3000"]) for character in name)


def full_width(name: str, _: Random) -> str:
    """Every letter, digit and bracket in its full width, and the name in brackets of that kind."""
    return "（" + "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in name) + "）"


def pinyin(name: str, random: Random) -> str:
    """In letters: in one word, in syllables, or with capitals."""
    syllables = lazy_pinyin(name)
    return random.choice(["".join(syllables), " ".join(syllables), "".join(s.capitalize() for s in syllables)])


def half_pinyin(name: str, random: Random) -> str:
    """The beginning or the end in letters."""
    at = random.randrange(2, max(3, len(name) - 2))
    parts = (
        ["".join(lazy_pinyin(name[:at])), name[at:]]
        if random.random() < 0.5
        else [name[:at], pinyin(name[at:], random)]
    )
    return " ".join(parts)


def slip(characters: Sequence[str]) -> Variant:
    """One slip; `characters` are those that names are made of."""
    by_sound: dict[str, list[str]] = {}
    for character in characters:
        by_sound.setdefault(_sound(character), []).append(character)

    def same_sound(name: str, random: Random) -> str:
        at = random.randrange(len(name))
        return name[:at] + random.choice(by_sound.get(_sound(name[at]), [name[at]])) + name[at + 1 :]

    def left_out(name: str, random: Random) -> str:
        at = random.randrange(len(name))
        return name[:at] + name[at + 1 :]

    def twice(name: str, random: Random) -> str:
        at = random.randrange(len(name))
        return name[:at] + name[at] + name[at:]

    def swapped(name: str, random: Random) -> str:
        at = random.randrange(len(name) - 1)
        return name[:at] + name[at + 1] + name[at] + name[at + 2 :]

    return lambda name, random: random.choice([same_sound, left_out, twice, swapped])(name, random)


def another(characters: Sequence[str]) -> Variant:
    """Any other character in the place of one: most often what tells two companies apart."""

    def variant(name: str, random: Random) -> str:
        at = random.randrange(len(name))
        return name[:at] + random.choice(characters) + name[at + 1 :]

    return variant


def variants(names: Sequence[str]) -> dict[str, Variant]:
    """Every kind by its name; `names` give the characters that slips are made of."""
    characters = sorted({character for name in names for character in name if character >= "\u3400"})
    one = slip(characters)
    return {
        "no legal form": without_form,
        "another legal form": other_form,
        "another order": other_order,
        "spacing": spaced,
        "full width": full_width,
        "pinyin": pinyin,
        "pinyin and Chinese": half_pinyin,
        "one slip": one,
        "two slips": lambda name, random: one(one(name, random), random),
    }


@cache
def _sound(character: str) -> str:
    return lazy_pinyin(character)[0]
