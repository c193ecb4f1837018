"""Days as foreign lists write them: parts of a day, day before month, names of months.

What comes out is a cell that admission reads, "" where the list itself knows no whole day (`2014`, `dd/mm/1970`). Any
other text stays as it is, for admission to refuse with its reason.
"""

import re

from xingate_adapters.reading.cells.text import day, last_day, text

DAY_MONTH_YEAR = "day_month_year"
MONTH_DAY_YEAR = "month_day_year"
ORDERS = ("", DAY_MONTH_YEAR, MONTH_DAY_YEAR)
"""The orders that a list may write its days in; "" for those that docs/sources.md names alone."""

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NAMED = re.compile(r"(\d{1,2})[ /.-]+([A-Za-z]{3,9})\.?[ /.,-]+(\d{4})", re.ASCII)
_ORDERED = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(?:[ T]\d{1,2}:\d{2}.*)?", re.ASCII)
_PART = re.compile(
    r"\d{4}|\d{4}[-/.](?:\d{1,2}|00|mm)(?:[-/.](?:00|dd))?|(?:(?:00|dd|\?\?)[/.-])?(?:00|mm|\?\?|\d{1,2})[/.-]\d{4}",
    re.ASCII | re.IGNORECASE,
)


def full_day(cell: str, order: str = "", *, is_last: bool = False) -> str:
    """A day as admission reads it: from the written forms of `day`, `18-Nov-2026`, and numbers in `order`.

    "" for a blank cell and for a part of a day, for no end where the day `is_last` one; all else unchanged.
    """
    found = text(cell)
    plain = last_day if is_last else day
    named = _NAMED.fullmatch(found)
    if named and named[2][:3].casefold() in _MONTHS:
        return f"{named[3]}-{_MONTHS.index(named[2][:3].casefold()) + 1:02d}-{int(named[1]):02d}"
    if order:
        ordered = _ORDERED.fullmatch(found)
        if ordered and "00" not in (ordered[1], ordered[2]):
            first, second = int(ordered[1]), int(ordered[2])
            of_month, month = (first, second) if order == DAY_MONTH_YEAR else (second, first)
            return plain(f"{ordered[3]}-{month:02d}-{of_month:02d}")
    return "" if _PART.fullmatch(found) else plain(found)
