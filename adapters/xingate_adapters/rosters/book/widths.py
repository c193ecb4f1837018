"""How wide columns of the workbook are, so that no word, code, date or time is broken across lines.

A spreadsheet program breaks a wrapped cell between Chinese characters and at blanks, and anything longer than its
column wherever the column ends. So a column is at least as wide as the longest piece that must stay whole. Widths are
in characters of the usual font; a Chinese character is as wide as two.
"""

import re
from collections.abc import Iterable
from typing import Final

WIDEST: Final = 160
_MARGIN: Final = 2
_WHOLE: Final = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d)?|[^\s\u2e80-\uffff]+")


def width_of(text: str) -> int:
    """How wide a line is."""
    return len(text) + sum(1 for c in text if not c.isascii())


def widest_piece(text: str) -> int:
    """How wide the longest piece of a text is that must not be broken."""
    return max((len(found[0]) for found in _WHOLE.finditer(text)), default=0)


def lines_of(lines: Iterable[str], width: int) -> int:
    """How many lines a wrapped cell takes in a column of this width."""
    return sum(max(1, -(-width_of(line) // width)) for line in lines)


class Widths:
    """The widths of a sheet's columns: what they are to have at least, and what was written into them."""

    def __init__(self, least: Iterable[int]) -> None:
        self._widths = dict(enumerate(least))

    def __getitem__(self, column: int) -> int:
        return self._widths[column]

    def take(self, column: int, text: str, *, is_wrapped: bool = True) -> None:
        """Make room for the pieces of a text, or for each of its lines where the cell is not wrapped."""
        wide = widest_piece(text) if is_wrapped else max(map(width_of, text.split("\n")))
        self._widths[column] = min(max(self._widths.get(column, 0), wide + _MARGIN), WIDEST)

    def items(self) -> Iterable[tuple[int, int]]:
        """Column and width."""
        return self._widths.items()
