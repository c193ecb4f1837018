"""Codes that became floating-point numbers (IEEE 754 binary64), in workbooks and in JSON.

Which digits of the code are certain depends on who wrote the number: a spreadsheet program has put zeros behind the
15th digit, a library has written 16 or 17 digits of the nearest double. What is left out: numbers with a fraction.
"""

import math

from xingate_server.core.number_patterns import EXACT_DIGITS

WRITTEN_DIGITS = 16  # the fewest that libraries write
EXACT_BELOW = 2**53  # every whole number below is a double of its own


def as_code(value: float) -> str:
    """A whole number as the text of a code.

    One that the first 15 digits and zeros give ends in these zeros, for `rounded` to find. Of another one that has
    lost digits those are `*` which are not certain, so that it is read as masked.
    """
    sign, digits = ("-" if value < 0 else ""), str(abs(int(value)))
    length = len(digits)
    if length <= EXACT_DIGITS:
        return sign + digits
    kept = f"{abs(value):.{EXACT_DIGITS - 1}e}".partition("e")[0].replace(".", "").ljust(length, "0")
    if float(kept) == abs(value):
        return sign + kept
    number = int(digits)
    if number < EXACT_BELOW:
        return sign + digits
    doubt = math.ceil(math.ulp(value) / 2) + max(10 ** (length - WRITTEN_DIGITS) // 2, 1)
    least, most = str(number - doubt), str(number + doubt)
    sure = next((place for place, digit in enumerate(least) if most[place] != digit), length)
    return sign + least[:sure].ljust(length, "*")
