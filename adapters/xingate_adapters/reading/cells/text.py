"""Cells as text: blanks, the words that stand for nothing, and dates that stand for "no date" or "no end".

What a cell means is for admission. Here only that is removed which says nothing (DOMAIN, "sentinels"), and a date
with a time of day loses the time. What spreadsheet programs put around a cell is undone by
`core.identifiers.decoration`, for lists, rosters and questions alike. Anything that is not known stays as it is, also
when it is nonsense.
"""

import re
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from xingate_server.core.identifiers.decoration import DECORATION, clean

NOTHING = frozenset({"", "\\N", "NULL", "null", "None", "N/A", "n/a", "无", "暂无", "-", "--", "—", "——", "/"})
"""Cells that say nothing, in any column (after blanks around them are removed)."""

NO_DATE_WORDS = frozenset(
    {"无处罚期限", "无期限", "长期", "长期有效", "永久", "永久有效", "无固定期限", "至今", "无限期", "不限"}
)
NO_DATE = " (stands for no date)"
_NO_DATES = frozenset(
    {
        (1899, 12, 30),
        (1899, 12, 31),
        (1900, 1, 1),
        (2099, 12, 31),
        (2999, 12, 31),
        (9999, 9, 9),
        (9999, 12, 31),
    }
)
OPTIONAL_DAYS = frozenset({"valid_from", "status_date"})
"""Fields of days that a row need not have."""
_ZERO_YEARS = ("1899", "1900")
_DAY = r"(\d{4})(?:-(\d{1,2})-(\d{1,2})|/(\d{1,2})/(\d{1,2})|年(\d{1,2})月(\d{1,2})日|(\d{2})(\d{2}))"
_DATE = re.compile(
    rf"({_DAY})(?:[T\s]*\d{{1,2}}[:：]\d{{1,2}}(?:[:：;；]\d{{1,2}}(?:\.\d+)?)?\s*(?:Z|[+-]\d{{2}}:?\d{{2}})?)?",
    re.ASCII,
)
_ZONED_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})(?:Z|[+-]\d{2}:\d{2})", re.ASCII)


def clean_row(cells: list[str]) -> list[str]:
    """The cells of a row, each cleaned; the same list when there is nothing to undo."""
    return [clean(cell) if DECORATION.search(cell) is not None else cell for cell in cells]


def text(cell: str) -> str:
    """A cell without blanks around it, "" where it says nothing."""
    cell = clean(cell)
    return "" if cell in NOTHING else cell


def day(cell: str) -> str:
    """A date cell: the date without a time of day, "" for a blank; all else unchanged.

    A day that stands for no date is given with `NO_DATE` behind it, so that admission refuses it as malformed: read as
    blank it would say that there is no document or notice, which takes a listing off by rule.
    """
    found, is_no_date = _read_day(cell)
    return f"{found}{NO_DATE}" if is_no_date and found not in NO_DATE_WORDS else found


def last_day(cell: str) -> str:
    """Like `day`, of the day on which something ends: "" also where the cell says that there is no end."""
    found, is_no_date = _read_day(cell)
    return "" if is_no_date else found


def optional_day(cell: str) -> str:
    """Like `day`, of a day that a row need not have: "" also for the zero of a spreadsheet's calendar, which stands for
    an empty cell."""
    found, is_no_date = _read_day(cell)
    return "" if is_no_date and found.startswith(_ZERO_YEARS) else day(cell)


@lru_cache(maxsize=65_536)
def _read_day(cell: str) -> tuple[str, bool]:
    """The date without a time of day, or what else the cell says; and whether that stands for no date or no end."""
    cell = text(cell)
    if not cell or cell in NO_DATE_WORDS:
        return cell, bool(cell)
    zoned = _ZONED_DAY.fullmatch(cell)
    if zoned:
        return zoned[1], False
    found = _DATE.fullmatch(cell)
    if not found:
        return cell, False
    year, *rest = found.groups()[1:]
    month, of_month = (part for part in rest if part is not None)
    return found[1], (int(year), int(month), int(of_month)) in _NO_DATES


def yuan_of_ten_thousand(cell: str) -> str:
    """An amount in ten-thousand yuan as an amount in yuan, exact (`0.2` is `2000`); what is not a number stays."""
    cell = text(cell)
    try:
        amount = Decimal(cell.replace(",", "").replace("，", ""))
    except InvalidOperation:
        return cell
    if not amount.is_finite() or abs(amount.adjusted()) > 30:  # noqa: PLR2004  no such sum of money exists
        return cell
    plain = f"{amount.scaleb(4):f}"
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def country(names: list[str]) -> str:
    """Where a foreign list's subject is registered, from the countries of its addresses in file order.

    "CN" when any of them is in China, with Hong Kong, Macao and Taiwan: a measure that must not reach Chinese
    subjects (Anti-Foreign Sanctions Law, art. 12) then never does. Otherwise the first; "" when none is given.
    """
    if any(_is_chinese(name) for name in names):
        return "CN"
    return next((name for name in names if name), "")


def _is_chinese(name: str) -> bool:
    words = name.casefold()
    if "hong kong" in words or "macau" in words or "macao" in words or "taiwan" in words:
        return True
    return words == "cn" or re.search(r"\bchina\b", words) is not None or "中国" in words


def iso(value: date) -> str:
    """A date as admission reads it."""
    return f"{value:%Y-%m-%d}" if value.year > 999 else value.isoformat()  # noqa: PLR2004  strftime does not pad
