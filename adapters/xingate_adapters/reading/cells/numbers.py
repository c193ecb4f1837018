"""The numbers that stand in a cell written by a person: `B/054321`, two numbers, a number among words.

Every number that can be got out is given and none is made up: no digits are joined over words, dates are not numbers,
and what a list hides (`?`, `…`, runs of `x` or `*`) stays hidden, as `*`. Whether a number is sound is for admission.
Left out: what a remark says about a number, such as that it is expired or false.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator

from xingate_adapters.reading.cells.text import NOTHING
from xingate_server.core.identifiers import parsing
from xingate_server.core.identifiers.decoration import clean
from xingate_server.core.subject import SubjectClass

Number = tuple[str, str]
"""Scheme and number."""

_HIDDEN = re.compile(r"\.{2,}|…|[?？•＊*]|[xX]{2,}")
_MONTHS = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_DATES = re.compile(
    rf"\b\d{{1,2}}(?:st|nd|rd|th)?[ .-]*{_MONTHS}[ .,-]*\d{{2,4}}\b|\b{_MONTHS}[ .]*\d{{1,2}},? *\d{{4}}\b"
    r"|\b\d{4}[-/.]\d{1,2}[-/.]\d{1,2}\b|\b\d{1,2}[/.-]\d{1,2}[/.-](?:19|20)\d{2}\b",
    re.IGNORECASE,
)
_CHECK_IN_BRACKETS = re.compile(r"\b([A-Z]{1,2}\d{6}) ?\(([0-9A])\)")  # identity cards of Hong Kong
_NOTE = re.compile(r"[(\[（【]([^()\[\]（）【】]*)[)\]）】]")
_NUMBER_SIGN = re.compile(r"№|\b[Nn] ?[°º]")
_ABBREVIATION = re.compile(r"\b(?:P|PP|ID|N|No|Nr)\.(?=[A-Z]{0,3}\d)", re.IGNORECASE)
_SEPARATOR = re.compile(r"[;,|。&、；，\"“”:：=<>]|\s(?:and|or|&|et|y)\s")
_WORD = re.compile(r"[^\W\d_]{4,}|\b(?:no|nr)[.°]* *(?=\d)", re.IGNORECASE)  # what is not part of a number
_BREAK = "\0"
_AROUND = "'`´.-–—/\\#"
_YEAR = re.compile(r"(?:19|20)\d\d", re.ASCII)
_NO_SERIES = frozenset({"NO", "NR", "ID", "IN", "OF", "ON", "AT", "TO", "BY", "UK", "US", "UN", "EU", "NI", "PP"})
_LONGEST_SERIES = 2  # letters that stand before a number; three may as well be a country
_SHORTEST_AMONG_WORDS = 5
_FEWEST_DIGITS = 3
_LONG = 6


def document_numbers(cell: str) -> tuple[str, ...]:
    """The numbers in a cell, each once, in the order in which they stand; () for none.

    A cell that is one number and nothing else is given as it is, blanks within it included. Among words a number has
    five letters and digits or more, three digits of them at least.
    """
    text = _plain(cell)
    if not text or text in NOTHING:
        return ()
    text = _CHECK_IN_BRACKETS.sub(r"\1\2", text)
    notes = _NOTE.findall(text)
    bare = _NOTE.sub(" ; ", text)
    found = [number for part in _parts(bare) for number in _in_part(part)]
    found += [number for note in notes for part in _parts(note) for number in _in_part(f"{_BREAK} {part}")]
    return tuple(dict.fromkeys(found))


def sound_first(numbers: Iterable[Number], subject_class: SubjectClass) -> tuple[Number, ...]:
    """The same numbers, each once: the complete ones that pass their check before masked and doubtful ones."""

    def doubt(number: Number) -> int:
        read = parsing.read(number[1], number[0], subject_class)
        return 0 if read.is_sound else 1 if read.is_masked and not read.is_malformed else 2

    return tuple(sorted(dict.fromkeys(numbers), key=doubt))


def without_separators(number: str) -> str:
    """A passport's number without the strokes and points that some write into it."""
    return re.sub(r"[/.\\]", "", number)


def _plain(cell: str) -> str:
    """In one line, all digits European, hidden places as stars."""
    written = _NUMBER_SIGN.sub(" ", clean(cell).replace("…", ".."))
    line = _ABBREVIATION.sub(" ", " ".join(unicodedata.normalize("NFKC", written).split())).strip()
    plain = "".join(c if c.isascii() else _european(c) for c in line)
    return _HIDDEN.sub(lambda part: "*" * max(len(part[0]), 2), plain)


def _european(character: str) -> str:
    """A digit as a European one; a letter of a script without capitals, of which no number is made, as a break."""
    if character.isdecimal():
        return str(unicodedata.decimal(character))
    return f" {_BREAK} " if unicodedata.category(character) == "Lo" else character


def _parts(text: str) -> list[str]:
    return [part for part in _SEPARATOR.split(_DATES.sub(" ; ", text)) if part.strip()]


def _in_part(part: str) -> Iterator[str]:
    """The numbers between two separators: each is a run of words that hold digits, with the series before it."""
    words = [word.strip(_AROUND) or _BREAK for word in _WORD.sub(f" {_BREAK} ", part).split()]
    is_alone = all(_has_digits(word) or _is_series(word) for word in words)
    runs: list[list[str]] = [[]]
    for word in words:
        if _has_digits(word):
            runs[-1].append(word)
        elif _is_series(word):
            runs.append([word])
        else:
            runs.append([])
    for run in runs:
        for number in _in_run(run):
            if is_alone or (_weight(number) >= _SHORTEST_AMONG_WORDS and _digits(number) >= _FEWEST_DIGITS):
                yield number


def _in_run(run: list[str]) -> Iterator[str]:
    if not any(map(_has_digits, run)):
        return
    series = run[0] if _is_series(run[0]) else ""
    numbers = run[1:] if series else run
    if len(numbers) > 1 and _YEAR.fullmatch(numbers[-1]) and any(_weight(word) >= _LONG for word in numbers):
        numbers = numbers[:-1]
    if len(numbers) == 1:
        first, *others = _halves(numbers[0])
    elif sum(_weight(word) >= _LONG for word in numbers) > 1:
        first, *others = (half for word in numbers for half in _halves(word))
    else:
        first, others = " ".join(numbers), []
    if series:
        yield f"{series} {first}"
    if len(series) not in range(1, _LONGEST_SERIES + 1):
        yield first
    yield from others


def _has_digits(word: str) -> bool:
    return any(c.isdigit() for c in word)


def _is_series(word: str) -> bool:
    return word.isalpha() and word.isupper() and word not in _NO_SERIES


def _digits(word: str) -> int:
    return sum(c.isdigit() for c in word)


def _weight(word: str) -> int:
    return sum(c.isalnum() or c == "*" for c in word)


def _halves(word: str) -> list[str]:
    """The numbers of `A1234567/B7654321`; a stroke beside something short is a part of the number."""
    halves = re.split(r"[/\\]", word)
    are_numbers = all(_weight(half) >= _SHORTEST_AMONG_WORDS and _digits(half) >= _FEWEST_DIGITS for half in halves)
    return halves if are_numbers else [word]
