"""Check digits and folding: the arithmetic under `core.identifiers.parsing`, on text that is already folded.

Sources: GB 32100-2015 (unified code), GB 11714-1997 (organisation code), GB 11643-1999 with ISO 7064 MOD 11-2
(citizen number), ISO 7064 MOD 11,10 (15-digit registration number), ISO 17442 with ISO 7064 MOD 97-10 (LEI).
Left out: whether a division, a department or a number was ever issued; those tables age.
"""

import unicodedata
from datetime import date
from operator import mul

from stdnum.iso7064 import mod_11_10, mod_97_10

from xingate_server.core import characters
from xingate_server.core.identifiers import doubles

DIGITS = "0123456789"
ALPHANUMERIC = DIGITS + "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
UNIFIED_ALPHABET = DIGITS + "ABCDEFGHJKLMNPQRTUWXY"  # no I O S V Z
EARLIEST_BIRTH_YEAR, LATEST_BIRTH_YEAR = 1800, 2099

_UNIFIED_WEIGHTS = tuple(pow(3, place, 31) for place in range(17))
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_UNIFIED_VALUES = bytes(max(UNIFIED_ALPHABET.find(chr(byte)), 0) for byte in range(256))
_BASE_36_VALUES = bytes(max(ALPHANUMERIC.find(chr(byte)), 0) for byte in range(256))
_ORGANISATION_CHECKS = "0123456789X"
_CITIZEN_WEIGHTS = tuple(pow(2, 17 - place, 11) for place in range(17))
_CITIZEN_CHECKS = "10X98765432"

# What people type for nothing: blanks, and dashes of every kind. Invisible characters are in `characters`.
_BLANKS = " \t\n\r\v\f\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009"
_BLANKS += "\u200a\u2028\u2029\u202f\u205f\u3000"
_DASHES = "-\xad\u058a\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u207b\u208b\u2212\u2500\u2501\u2e3a\u2e3b\ufe58\ufe63"
DROPPED = _BLANKS + _DASHES + "\uff0d"
_DROP: dict[int, str | None] = dict.fromkeys(map(ord, DROPPED)) | characters.TABLE
_UNREADABLE = frozenset({"Co", "Cn", "Cs"})  # private use, unassigned, lone surrogates


def fold(text: str) -> str:
    """`text` as it is compared: NFKC, upper case, private letters made standard (`core.characters`), without blanks,
    dashes and invisible characters, the digits of what was written as a number (`core.identifiers.doubles`); folding
    again changes nothing."""
    if text.isascii():
        return text.upper() if text.isalnum() else doubles.digits_of(text.upper().translate(_DROP))
    folded = _fold_once(text)
    while folded != text:
        text, folded = folded, _fold_once(folded)
    return doubles.digits_of(folded)


def _fold_once(text: str) -> str:
    return unicodedata.normalize("NFKC", text.translate(_DROP)).upper().translate(_DROP)


def is_of(text: str, alphabet: str) -> bool:
    """Whether every character of `text` is in `alphabet`."""
    return not text.strip(alphabet)


def is_mojibake(text: str) -> bool:
    """Whether `text` shows that bytes were read in a wrong encoding.

    Replacement characters, private use (but not letters with a standard twin), unassigned code points, lone
    surrogates, and the GBK reading of a UTF-8 replacement character.
    """
    if text.isascii():
        return False
    if "\ufffd" in text or "锟斤" in text:
        return True
    return any(unicodedata.category(character) in _UNREADABLE for character in characters.standard(text))


def unified_check(body: str) -> str:
    """The check character of the first 17 characters of a unified code (more are not looked at)."""
    total = sum(map(mul, _UNIFIED_WEIGHTS, body.encode().translate(_UNIFIED_VALUES)))
    return UNIFIED_ALPHABET[-total % 31]


def organisation_check(body: str) -> str:
    """The check character of the first 8 characters of an organisation code (more are not looked at)."""
    total = sum(map(mul, _ORGANISATION_WEIGHTS, body.encode().translate(_BASE_36_VALUES)))
    return _ORGANISATION_CHECKS[-total % 11]


def citizen_check(body: str) -> str:
    """The check character of the 17 digits of a citizen number."""
    total = sum(map(mul, _CITIZEN_WEIGHTS, body.encode().translate(_BASE_36_VALUES)))
    return _CITIZEN_CHECKS[total % 11]


def is_registration_checked(value: str) -> bool:
    """Whether the last of 15 digits is right."""
    return bool(mod_11_10.checksum(value) == 1)


def is_lei_checked(value: str) -> bool:
    """Whether the last two of 20 letters and digits are right."""
    return bool(mod_97_10.checksum(value) == 1)


def has_citizen_shape(value: str) -> bool:
    """Whether a folded value is written like a citizen number: 15 digits, or 17 digits and a digit or X."""
    if len(value) == 15:  # noqa: PLR2004 (the old form)
        return is_of(value, DIGITS)
    return len(value) == 18 and is_of(value[:17], DIGITS) and value[17] in _ORGANISATION_CHECKS  # noqa: PLR2004 (GB 11643)


def widen_citizen(value: str) -> str:
    """The 18 characters of a 15-digit citizen number: the century 19 and the check character are added."""
    body = f"{value[:6]}19{value[6:]}"
    return body + citizen_check(body)


def has_birth_date(value: str) -> bool:
    """Whether an 18-character citizen number holds a day that exists, in the years 1800 to 2099."""
    year = int(value[6:10])
    if not EARLIEST_BIRTH_YEAR <= year <= LATEST_BIRTH_YEAR:
        return False
    try:
        date(year, int(value[10:12]), int(value[12:14]))
    except ValueError:
        return False
    return True


def could_be_citizen_number(value: str) -> bool:
    """Whether `value`, whatever it is said to be, may be a person's number: its shape, and a birth date that exists.

    The check digit is not asked for, so that a mistyped number is hidden as well.
    """
    folded = fold(value)
    if not has_citizen_shape(folded):
        return False
    return has_birth_date(folded if len(folded) == 18 else f"{folded[:6]}19{folded[6:]}")  # noqa: PLR2004 (GB 11643)
