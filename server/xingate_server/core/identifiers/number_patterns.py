"""Numbers that are none, by their digits alone: rounded by a spreadsheet program, or typed to fill a field.

On folded text. Source: DESIGN section 5, "A number that cannot be used".
"""

from itertools import pairwise
from typing import Final

EXACT_DIGITS: Final = 15  # a spreadsheet program keeps no more of a number
SHORTEST_FILLER: Final = 6


def looks_rounded(value: str) -> bool:
    """Whether a folded value looks like what a spreadsheet program leaves of a longer number: digits alone, 16 or more,
    of which all after the 15th are zero. Only a wrong check digit, or its column, shows that it is one."""
    return len(value) > EXACT_DIGITS and value.isdecimal() and not value[EXACT_DIGITS:].strip("0")


def is_filler(value: str) -> bool:
    """Whether a folded value was typed to fill a field: one character again and again, or digits that count up or down
    (modulo 10), the last character perhaps being the check. Shorter ones than six characters are not judged.

    Examples: `111111111111111111`, `123456789012345678`, `12345678-8`, `987654321`.
    """
    if len(value) < SHORTEST_FILLER:
        return False
    first, second = value[0], value[1]
    if first == second:
        return value == first * len(value)
    if not (value.isascii() and first.isdecimal() and second.isdecimal()):
        return False
    step = (int(second) - int(first)) % 10
    body = value[:-1]
    return step in (1, 9) and body.isdecimal() and all((int(b) - int(a)) % 10 == step for a, b in pairwise(body))
