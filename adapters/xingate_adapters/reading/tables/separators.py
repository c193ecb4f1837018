"""The separator of a csv file, told from its first lines: comma, tab, semicolon or pipe.

A first line `sep=;` says it itself (a convention of spreadsheet programs; the line is not a row of the list). Otherwise
it is the one with which most lines, and the header among them, have the same number of cells, more than one.
"""

import csv
import re
from collections import Counter
from typing import NamedTuple

SEPARATORS = ",\t;|"
NAMES = {",": "comma", "\t": "tab", ";": "semicolon", "|": "pipe"}
_SAMPLE_LINES = 50
_SEP_LINE = re.compile(r"""\s*"?sep=(.)"?[,;\t|]*\s*""", re.IGNORECASE)


def separator_of(text: str) -> str:
    """The separator of the file that begins with `text`; a comma when none separates anything."""
    lines = [line for line in text.splitlines()[:_SAMPLE_LINES] if line.strip()]
    if lines and (declared := declared_separator(lines[0])):
        return declared
    found = {separator: agreed for separator in SEPARATORS if (agreed := _agreement(lines, separator)) is not None}
    most = max((agreed.lines for agreed in found.values()), default=0)
    # The header is separated as well: of those that separate many rows alike, the first to do so.
    likely = {separator: agreed for separator, agreed in found.items() if 2 * agreed.lines >= most}
    first = min((agreed.first for agreed in likely.values()), default=0)
    likely = {separator: agreed for separator, agreed in likely.items() if agreed.first == first}
    best = max(likely, key=lambda separator: likely[separator].lines * (likely[separator].width - 1), default=",")
    # A tab behind every cell, which keeps numbers text, is not what separates them.
    is_comma = "," in likely and likely[","].lines >= likely[best].lines and 2 * likely[","].width > likely[best].width
    return "," if is_comma else best


def declared_separator(line: str) -> str:
    """The separator that a line `sep=;` names, "" for any other line."""
    found = _SEP_LINE.fullmatch(line)
    return found[1] if found else ""


class _Agreement(NamedTuple):
    """How many lines stand in rows of the most frequent number of cells, that number, and the first of those lines. A
    row of which a cell has several lines counts with all of them, as it does for a separator inside that cell."""

    lines: int
    width: int
    first: int


def _agreement(lines: list[str], separator: str) -> _Agreement | None:
    reader = csv.reader(lines, delimiter=separator)
    separated: Counter[int] = Counter()
    first: dict[int, int] = {}
    before = 0
    try:
        for cells in reader:
            if len(cells) > 1:
                separated[len(cells)] += reader.line_num - before
                first.setdefault(len(cells), before)
            before = reader.line_num
    except csv.Error:
        return None
    if not separated:
        return None
    width, count = max(separated.items(), key=lambda item: (item[1], item[0]))
    return _Agreement(count, width, first[width])
