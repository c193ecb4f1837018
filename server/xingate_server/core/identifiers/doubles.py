"""Codes that a program has written as floating-point numbers (IEEE 754 binary64): `1.23E+17`, `123.0`, `1,234,567`.

Which digits of the code are certain depends on who wrote the number: a spreadsheet program has put zeros behind the
15th digit, a library has written 16 or 17 digits of the nearest double, or only the 15 that look like the spreadsheet
program's and may be one higher than the code's. Scope: whole numbers in cells of workbooks, in JSON and in text.
"""

import math
import re
from typing import Final

from xingate_server.core.identifiers.number_patterns import EXACT_DIGITS, looks_rounded

_WRITTEN_DIGITS: Final = 16  # the fewest that libraries write
_SHOWN_DIGITS: Final = 11  # a spreadsheet program that shows a number in the form 1.23E+17 shows fewer
_LONGEST: Final = 30  # of codes; larger doubles are none
_EXACT_BELOW: Final = 2**53  # every whole number below is a double of its own
_WRITTEN = re.compile(
    r"(?P<digits>[0-9]{1,30}|[0-9]{1,3}(?:,[0-9]{3}){1,9})\.0{1,20}"
    r"|(?P<grouped>[0-9]{1,3}(?:,[0-9]{3}){2,9})"
    r"|(?P<lead>[1-9])\.(?P<fraction>[0-9]{1,30})E\+?(?P<exponent>[0-9]{1,2})"
)


def as_code(value: float) -> str:
    """A whole number as the text of a code.

    One that its first 15 digits and zeros give is written so, with `.0` to tell that it was a number. Of another one
    that has lost digits those are `*` which are not certain, so that it is read as masked.
    """
    sign, digits = ("-" if value < 0 else ""), str(abs(int(value)))
    length = len(digits)
    if length <= EXACT_DIGITS:
        return sign + digits
    kept = f"{abs(value):.{EXACT_DIGITS - 1}e}".partition("e")[0].replace(".", "").ljust(length, "0")
    if float(kept) == abs(value):
        return f"{sign}{kept}.0"
    number = int(digits)
    if number < _EXACT_BELOW:
        return sign + digits
    doubt = math.ceil(math.ulp(value) / 2) + max(10 ** (length - _WRITTEN_DIGITS) // 2, 1)
    least, most = str(number - doubt), str(number + doubt)
    sure = next((place for place, digit in enumerate(least) if most[place] != digit), length)
    return sign + least[:sure].ljust(length, "*")


def digits_of(text: str) -> str:
    """The digits of a code written as a number, in capitals and without blanks, `*` for those that are not certain;
    any other text as it is, and also the form 1.23E+17 where so few digits show that the rest is lost."""
    if "." not in text and "," not in text:
        return text
    found = _WRITTEN.fullmatch(text)
    if found is None:
        return text
    if found["lead"]:
        exponent, shown = int(found["exponent"]), len(found["fraction"]) + 1
        if exponent >= _LONGEST or len(found["fraction"].rstrip("0")) > exponent:
            return text
        if shown < min(exponent + 1, _SHOWN_DIGITS):
            return text
        if exponent < EXACT_DIGITS:
            return (found["lead"] + found["fraction"].rstrip("0")).ljust(exponent + 1, "0")
        return as_code(float(text)).removesuffix(".0")
    digits = (found["digits"] or found["grouped"]).replace(",", "")
    if looks_rounded(digits) or int(float(digits)) != int(digits):
        return digits  # one that is not a double was never one
    return as_code(float(digits)).removesuffix(".0")


def is_rounded(text: str) -> bool:
    """Whether a cell is a code of more than 15 digits that became a number and of which only 15 are left: the last of
    these may be one too high, and the check digit means nothing."""
    if "." not in text and "," not in text:
        return False
    written = text.strip().upper()
    digits = digits_of(written)
    return digits != written and looks_rounded(digits)
