"""The parts of a name by which alike names are found: its core, its grams, its sound.

The core is what is left without the legal form (Provisions on the Administration of Enterprise Name Registration,
art. 6: division, trade name, trade, legal form). Grams are what the index is made of: characters and pairs of them
for names with Chinese characters, pairs of syllables (without tone) for their sound, runs of three letters for names
in other scripts, which are written in plain letters first (anyascii). Two more kinds find what shares too little of
those: names of organisations as a whole without their legal form (`legal_forms`; but Chinese ones, whose core is that
already), and the first and last words of people with each other word (`person_names`). Exclusions: how alike two
names are (`name_likeness`). Names come as `names.normalise` gives them.
"""

import re
from functools import lru_cache
from itertools import pairwise
from typing import Final

from anyascii import anyascii

from xingate_server.core.names.legal_forms import names_without_form, without_legal_form
from xingate_server.core.names.person_names import pair_grams

LONGEST: Final = 96  # characters of a name that are compared; the longest real name of a company has 40
ALL: Final = ""  # the gram of every name: its frequency is their number
_HAN, _SOUND, _LETTERS, _WHOLE = "h", "p", "l", "w"
_RUN = 3

_HAN_CHARACTER = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_LETTERS_OF_SOUND = re.compile(r"[a-z]{2}")
_FORM = re.compile(r"(?:股份|有限|责任|集团)+(?:公司|会社)?|(?<![分支子])公司|(?:株式|合同|合资|合名|相互)会社")
_JAPANESE = re.compile(r"[\u3040-\u30ff]|会社|法人|^株(?!洲)|株$")
_WORD = re.compile(r"[a-z0-9]+")
_SOUNDED_FORM = re.compile(r"(?:gufen|jituan|youxian|zeren)+(?:gongsi)?|(?<!fen)(?<!zhi)gongsi")
_SYLLABLE = re.compile(
    r"(?:[zcs]h|[bpmfdtnlgkhjqxrzcsyw])?"
    r"(?:iang|iong|uang|ang|eng|ing|ong|ian|iao|uai|uan|ai|ao|an|ei|en|er|ia|ie|in|iu|ou|ua|ue|ui|un|uo|a|e|i|o|u)|."
)
_LATIN_FORMS = frozenset(
    re.findall(
        "[a-z]+",
        "ab ag and aktiengesellschaft as asa bv co company corp corporation doo eood est fzc fzco fze gesellschaft "
        "gmbh group holding holdings inc incorporated jsc kft kg limited llc llp lp ltd ltda mbh nv oao ojsc ooo "
        "oy oyj pao pjsc plc private pt pte pty pvt sa sarl sas sdn bhd se spa spol srl sro the tov zao zrt",
    )
)
# Characters whose usual reading in names is not the one that is listed first.
_READINGS = {"地": "di", "行": "hang", "都": "du", "拓": "tuo", "桔": "ju", "陂": "bei", "长": "chang"}


def has_letters(name: str) -> bool:
    """Whether there are letters in it that can be a sound."""
    return _LETTERS_OF_SOUND.search(name) is not None


def has_han(name: str) -> bool:
    """Whether there is a Chinese character in it."""
    return _HAN_CHARACTER.search(name) is not None


@lru_cache(maxsize=1024)
def core_of(name: str) -> str:
    """A name with Chinese characters without blanks and legal form; the name itself if nothing else is left."""
    whole = name[:LONGEST].replace(" ", "")
    return _FORM.sub("", whole) or whole


@lru_cache(maxsize=1024)
def legal_form(name: str) -> str:
    """What `core_of` leaves out, in which 有限责任公司 is 有限公司 and 股份有限公司 is 股份公司."""
    form = "".join(_FORM.findall(name.replace(" ", "")))
    return form.replace("有限责任", "有限").replace("股份有限", "股份")


def words_of(name: str, *, is_person: bool = False) -> tuple[list[str], list[str]]:
    """The words of a name in plain letters, without and with those that say the legal form; people have none."""
    without, words = _words_of(name, is_person=is_person)
    return list(without), list(words)


@lru_cache(maxsize=2048)
def _words_of(name: str, *, is_person: bool) -> tuple[tuple[str, ...], tuple[str, ...]]:
    words = _plain_words(name)
    if is_person:
        return words, words
    left = without_legal_form(name)
    without = words if left == name else _plain_words(left)
    return tuple(word for word in without if word not in _LATIN_FORMS) or without or words, words


@lru_cache(maxsize=16_384)
def sound_of(character: str) -> str:
    """How a character is read, without tone; "" where it has no sound."""
    sound = _READINGS.get(character) or anyascii(character).lower()
    return "".join(_WORD.findall(sound))


def syllables(name: str) -> list[str]:
    """The sound of a name without its legal form, cut the same way whether it was written in characters or letters."""
    letters = sound(core_of(name) if has_han(name) else name)
    return _SYLLABLE.findall(_SOUNDED_FORM.sub("", letters) or letters)


def sound(name: str) -> str:
    """The sound of a name in letters alone."""
    if has_han(name):
        return "".join(map(sound_of, name[:LONGEST]))
    return "".join(words_of(name)[0])


def is_chinese(name: str) -> bool:
    """Whether it is written in Chinese characters and nothing in it is Japanese."""
    return has_han(name) and _JAPANESE.search(name) is None


def grams_of(name: str, *, is_person: bool = False) -> set[str]:
    """By what a listed name is found."""
    grams = han_grams(name) | sound_grams(name) if has_han(name) else letter_grams(name, is_person=is_person)
    if is_person:
        grams |= pair_grams(name)
    elif not is_chinese(name):
        grams |= whole_grams(name)
    return {ALL} | grams


def whole_grams(name: str) -> set[str]:
    """The name of an organisation as a whole, with and without its legal form."""
    return {_WHOLE + whole[:LONGEST] for whole in names_without_form(name)}


def han_grams(name: str) -> set[str]:
    """The characters of the core, and each two that follow each other."""
    core = core_of(name)
    return {_HAN + character for character in core} | {_HAN + core[at : at + 2] for at in range(len(core) - 1)}


def sound_grams(name: str) -> set[str]:
    """Each two syllables that follow each other."""
    sounds = syllables(name)
    return {f"{_SOUND}{one} {two}" for one, two in pairwise(sounds)}


def letter_grams(name: str, *, is_person: bool = False) -> set[str]:
    """Each three letters that follow each other in a word, its ends among them."""
    return {
        _LETTERS + padded[at : at + _RUN]
        for word in words_of(name, is_person=is_person)[0]
        for padded in (f" {word} ",)
        for at in range(len(padded) - _RUN + 1)
    }


def character_gram(characters: str) -> str:
    """The gram of one or two characters of a core."""
    return _HAN + characters


def _plain_words(name: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(_dotless(anyascii(name[:LONGEST]).lower())))


def _dotless(text: str) -> str:
    """`l.l.c.` and `s.a.` as one word each."""
    return re.sub(r"\b(?:[a-z]\.)+[a-z]\b", lambda found: found[0].replace(".", ""), text)
