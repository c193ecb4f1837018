"""Masks persons' numbers: in one value (`hide`), and anywhere in free text (`mask_text`).

For rows of refused records and for logs, where a number may be mistyped, dashed, full width, or in the wrong
column; so what only looks like a citizen number is hidden too. Left out: names, and other documents' numbers,
which have no shape to go by. Source: DESIGN section 5, personal information law (REQUIREMENTS).
"""

import re
from functools import partial

from xingate_server.core import characters
from xingate_server.core.identifiers import _check_digits

OLD_LENGTH, LENGTH = 15, 18  # of a citizen number
HEAD, TAIL, OLD_TAIL = 6, 4, 2  # characters that stay

# Whatever NFKC makes a digit or an X of, and what people put between the digits of one number.
_DIGIT = r"[\d⁰¹²³⁴-⁹₀-₉①-⑨]"
_EX = "[XxＸｘⅩⅹ]"
_BETWEEN = rf"[{re.escape(_check_digits.DROPPED)}{characters.INVISIBLE_CLASS}.·_]{{0,3}}"
RUN = re.compile(rf"{_DIGIT}(?:{_BETWEEN}{_DIGIT}){{13,}}(?:{_BETWEEN}(?:{_DIGIT}|{_EX}))?")
PIECE = re.compile(rf"{_DIGIT}+{_EX}?|{_EX}")
# What a program leaves of one that it took for a number (`core.identifiers.doubles`).
_AS_NUMBER = re.compile(r"(?<![0-9.,])(?:[1-9]\.[0-9]{10,}(?=[Ee]\+?[0-9])|[1-9][0-9]{2}(?:,[0-9]{3}){4,5}(?![0-9,]))")
# Unified codes of the market regulator; no division begins so, and only with a birth date may it be a person's.
_COMPANY_STARTS = ("91", "92", "93")


def hide(value: str, head: int, tail: int) -> str:
    """`value` with `*` for all but its first `head` and last `tail` characters; all of a value too short for that."""
    hidden = len(value) - head - tail
    return value[:head] + "*" * hidden + value[-tail:] if hidden > 0 else "*" * len(value)


def mask_text(text: str) -> str:
    """`text` with every number hidden that looks like a citizen number (15 digits, or 17 and a digit or X).

    Digits may be full width, separated by blanks, dashes, dots and the like, or those of a floating-point number.
    Longer runs are hidden as well.
    Unified codes in clear stay, save those of digits alone that do not begin with 91 to 93, or hold a birth date.
    """
    if len(text) < OLD_LENGTH:
        return text
    if "." in text or "," in text:
        text = _AS_NUMBER.sub(lambda found: found[0][:HEAD].ljust(len(found[0]), "*"), text)
    return RUN.sub(_mask_run, text)


def mask_dated(text: str) -> str:
    """`text` with every number hidden that has the length of a citizen number and a birth date in it.

    For the numbers of documents: a driver's or a practitioner's licence may bear its holder's number, and other long
    runs of digits are common there, and needed.
    """
    if len(text) < OLD_LENGTH:
        return text
    return RUN.sub(partial(_mask_run, needs_date=True), text)


def _mask_run(found: re.Match[str], *, needs_date: bool = False) -> str:
    run = found.group()
    is_in_word = needs_date or _is_word(found.string, found.start() - 1) or _is_word(found.string, found.end())
    if run.isascii() and run.isalnum() and not _is_suspect(run.upper(), is_in_word):
        return run  # one unbroken piece, as codes are
    pieces = list(PIECE.finditer(run))
    characters = list(run)
    for piece in pieces:
        if _is_suspect(_check_digits.fold(piece.group()), is_in_word):
            _star(characters, range(piece.start(), piece.end()))
    if len(pieces) > 1:
        _mask_separated(pieces, characters, needs_date=needs_date)
    return "".join(characters)


def _mask_separated(pieces: list[re.Match[str]], characters: list[str], *, needs_date: bool) -> None:
    """Hide what pieces make together: all of them with a citizen number's length, or some with a birth date as well.

    18 characters may run on into whatever follows; 15, where a date proves less, must end where a piece ends.
    """
    places = [place for piece in pieces for place in range(piece.start(), piece.end())]
    if not needs_date and len(places) in (OLD_LENGTH, LENGTH):
        _star(characters, places)
        return
    folded = [_check_digits.fold(characters[place]) for place in places]
    ends = {piece.end() - 1 for piece in pieces}
    starts = {piece.start() for piece in pieces}
    for first in (n for n, place in enumerate(places) if place in starts):
        for length in (LENGTH, OLD_LENGTH):
            window = places[first : first + length]
            if length == OLD_LENGTH and window[-1] not in ends:
                continue
            if _check_digits.could_be_citizen_number("".join(folded[first : first + length])):
                _star(characters, window)


def _is_suspect(folded: str, is_in_word: bool) -> bool:
    """Whether an unbroken run is to be hidden. In a word (a digest, a document's number) it needs a birth date."""
    if len(folded) < OLD_LENGTH:
        return False
    if len(folded) == LENGTH and folded.startswith(_COMPANY_STARTS):
        return _check_digits.has_citizen_shape(folded) and _check_digits.has_birth_date(folded)
    if is_in_word:
        return any(_check_digits.could_be_citizen_number(window) for window in _windows(folded))
    return True


def _windows(folded: str) -> list[str]:
    # In a longer run any 15 digits are too often a date by chance.
    whole = [folded] if len(folded) == OLD_LENGTH else []
    return whole + [folded[i : i + LENGTH] for i in range(len(folded) - LENGTH + 1)]


def _star(characters: list[str], places: "range | list[int]") -> None:
    tail = TAIL if len(places) >= LENGTH else OLD_TAIL
    for place in places[HEAD:-tail]:
        characters[place] = "*"


def _is_word(text: str, place: int) -> bool:
    return 0 <= place < len(text) and text[place].isascii() and text[place].isalnum()
