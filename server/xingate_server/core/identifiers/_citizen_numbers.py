"""Whether an id, a key or a system's name contains a citizen number; it is then refused, not masked.

Stricter than `_masks`, because a refusal that comes by chance is an outage for whoever numbers by time or at random:
the check digit must be right, the birth must lie before 2020 (later days are those of cases), and a time stamp is no
number. Left out: UUIDs, whose digits are random. Source: GB 11643, ISO 8601 (basic form), RFC 9562.
"""

import re
from collections.abc import Iterable

from xingate_server.core.identifiers import _check_digits
from xingate_server.core.identifiers._masking import LENGTH, OLD_LENGTH, PIECE, RUN

FIRST_YEAR, FIRST_YEAR_OF_CASES = 1900, 2020

_UUID = re.compile(r"(?=.*[a-f])[0-9a-f]{8}(-?)(?:[0-9a-f]{4}\1){3}[0-9a-f]{12}", re.IGNORECASE)
_MONTH_TO_SECOND = r"(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:[01]\d|2[0-3])[0-5]\d[0-5]\d"
_STAMP = re.compile(rf"(?:20\d\d|2[4-9]|30){_MONTH_TO_SECOND}")  # no division begins so
_STAMP_LENGTH = 14
_GLUED = (4, 8)  # where within a stamp a number may begin all the same: behind a year, behind a day


def holds_citizen_number(text: str, *, is_serial: bool = False) -> bool:
    """Whether `text` contains a citizen number, however written.

    `is_serial`: the text differs with every request, so the old form of 15 digits, which has no check digit and is
    out of use since 2013, is left out: one in thirty serial numbers of that length looks like it.
    """
    if len(text) < OLD_LENGTH or _UUID.fullmatch(text):
        return False
    runs = ([_check_digits.fold(piece.group()) for piece in PIECE.finditer(run.group())] for run in RUN.finditer(text))
    return any(_run_holds(pieces, is_serial=is_serial) for pieces in runs)


def _run_holds(pieces: list[str], *, is_serial: bool) -> bool:
    joined = "".join(pieces)
    if not is_serial and any(_is_old(digits) for digits in (joined, *pieces)):
        return True
    if any(_is_within(piece, range(len(piece))) for piece in pieces):
        return True
    return _is_within(joined, (sum(map(len, pieces[:place])) for place in range(len(pieces))))


def _is_old(digits: str) -> bool:
    return len(digits) == OLD_LENGTH and _check_digits.could_be_citizen_number(digits)


def _is_within(digits: str, starts: Iterable[int]) -> bool:
    """Whether a number of 18 characters begins at one of `starts`."""
    stamp_length = _STAMP_LENGTH if _STAMP.match(digits) else 0
    return any(
        _is_sound(digits[start : start + LENGTH]) and (start >= stamp_length or start in _GLUED) for start in starts
    )


def _is_sound(digits: str) -> bool:
    return (
        len(digits) == LENGTH
        and _check_digits.could_be_citizen_number(digits)
        and FIRST_YEAR <= int(digits[6:10]) < FIRST_YEAR_OF_CASES
        and _check_digits.citizen_check(digits[:17]) == digits[17]
    )
