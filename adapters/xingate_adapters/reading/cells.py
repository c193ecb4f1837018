"""Cells as text: decoration, blanks, the words that stand for nothing, and dates that stand for "no date" or "no end".

What a cell means is for admission. Here only that is removed which says nothing (DOMAIN, "sentinels"), and a date
with a time of day loses the time. `clean` undoes what spreadsheet programs put around a cell so that it stays text;
every reader of tables and items uses it, for lists and for rosters. Sources: ECMA-376 part 1, 22.9.2.19 (`_xHHHH_`);
`core.characters` for what cannot be seen. Anything that is not known stays as it is, also when it is nonsense.
"""

import re
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from xingate_server.core import characters

NOTHING = frozenset({"", "\\N", "NULL", "null", "None", "N/A", "n/a", "无", "暂无", "-", "--", "—", "——", "/"})
"""Cells that say nothing, in any column (after blanks around them are removed)."""

NO_DATE_WORDS = frozenset(
    {"无处罚期限", "无期限", "长期", "长期有效", "永久", "永久有效", "无固定期限", "至今", "无限期", "不限"}
)
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
_DAY = r"(\d{4})(?:-(\d{1,2})-(\d{1,2})|/(\d{1,2})/(\d{1,2})|年(\d{1,2})月(\d{1,2})日|(\d{2})(\d{2}))"
_DATE = re.compile(
    rf"({_DAY})(?:[T\s]*\d{{1,2}}[:：]\d{{1,2}}(?:[:：;；]\d{{1,2}}(?:\.\d+)?)?\s*(?:Z|[+-]\d{{2}}:?\d{{2}})?)?",
    re.ASCII,
)
_ZONED_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})(?:Z|[+-]\d{2}:\d{2})", re.ASCII)


_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_FORMULA_TEXT = re.compile(r"""[=＝]\s*(?:T\s*)?\(?\s*["“”＂]([^"“”＂]*)["“”＂]\s*\)?|[=＝]\s*([0-9][0-9A-Za-z]{7,})""")
_QUOTED = re.compile(r"""["“”＂]([^"“”＂]+)["“”＂]""")
_APOSTROPHES = "'‘’‛＇`´"
# What an apostrophe marks as text: a code, a number or a date; or words in Chinese, which have no apostrophes.
_MARKED = re.compile(
    rf"[{_APOSTROPHES}]+([^{_APOSTROPHES}A-Za-z\s][^{_APOSTROPHES}]*|[A-Za-z0-9*/.-]*[0-9][A-Za-z0-9*/.-]*)"
)
_TRAILED = re.compile(rf"([A-Za-z0-9*/.-]*[0-9][A-Za-z0-9*/.-]*)[{_APOSTROPHES}]+")
_DECORATION = re.compile(rf"[=＝\"“”＂{_APOSTROPHES}]|_x[0-9A-Fa-f]{{4}}_|[{characters.CHANGED_CLASS}]")
MARKS = ("=", "＝", '""', "“", "_x", "'", "‘", "’", "＇", "`")
"""Text without any of these, and printable, has no decoration that `clean` undoes (but rare apostrophes)."""


def clean(cell: str) -> str:
    """A cell without invisible characters, OOXML escapes and what marks it as text: `="1"`, `=("1")`, `'1`, `"1"`.

    Blanks around it are removed, private letters of GB 18030 made standard. Names such as `'Abd` stay.
    """
    cell = cell.strip()
    if cell.isalnum() and cell.isascii():
        return cell
    if _DECORATION.search(cell) is None:
        return cell
    before = None
    cell = _ESCAPE.sub(_unescaped, cell).translate(characters.TABLE).strip()
    while cell != before:
        before = cell
        cell = _undecorated(cell)
    return cell


def _unescaped(found: re.Match[str]) -> str:
    code = int(found[1], 16)
    if 0xD800 <= code <= 0xDFFF:  # noqa: PLR2004  half a character
        return found[0]
    return "\n" if code == 0x0D else chr(code)  # noqa: PLR2004  a carriage return


def _undecorated(cell: str) -> str:
    formula = _FORMULA_TEXT.fullmatch(cell)
    if formula is not None:
        return (formula[1] or formula[2] or "").strip()
    for pattern in (_QUOTED, _MARKED, _TRAILED):
        found = pattern.fullmatch(cell)
        if found is not None:
            return found[1].strip()
    return cell


def clean_row(cells: list[str]) -> list[str]:
    """The cells of a row, each cleaned; the same list when there is nothing to undo."""
    return [clean(cell) if _DECORATION.search(cell) is not None else cell for cell in cells]


def text(cell: str) -> str:
    """A cell without blanks around it, "" where it says nothing."""
    cell = clean(cell)
    return "" if cell in NOTHING else cell


@lru_cache(maxsize=65_536)
def day(cell: str) -> str:
    """A date cell: the date without a time of day, "" for none or for no end; all else unchanged."""
    cell = text(cell)
    if not cell or cell in NO_DATE_WORDS:
        return ""
    zoned = _ZONED_DAY.fullmatch(cell)
    if zoned:
        return zoned[1]
    found = _DATE.fullmatch(cell)
    if not found:
        return cell
    year, *rest = found.groups()[1:]
    month, of_month = (part for part in rest if part is not None)
    return "" if (int(year), int(month), int(of_month)) in _NO_DATES else found[1]


def yuan_of_ten_thousand(cell: str) -> str:
    """An amount in ten-thousand yuan as an amount in yuan, exact (`0.2` is `2000`); what is no number stays."""
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
