"""What spreadsheet programs put around a cell so that it stays text, undone: on lists, rosters and questions alike.

Formulas that only quote (`="1"`), a leading apostrophe, quotes, OOXML escapes (ECMA-376 part 1, 22.9.2.19: `_xHHHH_`),
and what cannot be seen (`core.characters`). Left out: what the cell means.
"""

import re
from typing import Final

from xingate_server.core import characters

_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_FORMULA_TEXT = re.compile(r"""[=＝]\s*(?:T\s*)?\(?\s*["“”＂]([^"“”＂]*)["“”＂]\s*\)?|[=＝]\s*([0-9][0-9A-Za-z]{7,})""")
_QUOTED = re.compile(r"""["“”＂]([^"“”＂]+)["“”＂]""")
_APOSTROPHES = "'‘’‛＇`´"
# What an apostrophe marks as text: a code, a number or a date; or words in Chinese, which have no apostrophes.
_MARKED = re.compile(
    rf"[{_APOSTROPHES}]+\s*([^{_APOSTROPHES}A-Za-z\s][^{_APOSTROPHES}]*|[A-Za-z0-9*/.\s-]*[0-9][A-Za-z0-9*/.\s-]*)"
)
_TRAILED = re.compile(rf"([A-Za-z0-9*/.-]*[0-9][A-Za-z0-9*/.-]*)[{_APOSTROPHES}]+")
DECORATION: Final = re.compile(rf"[=＝\"“”＂{_APOSTROPHES}]|_x[0-9A-Fa-f]{{4}}_|[{characters.CHANGED_CLASS}]")
MARKS = ("=", "＝", '""', "“", "_x", "'", "‘", "’", "＇", "`")
"""Text without any of these, and printable, has no decoration that `clean` undoes (but rare apostrophes)."""


def clean(cell: str) -> str:
    """A cell without invisible characters, OOXML escapes and what marks it as text: `="1"`, `=("1")`, `'1`, `"1"`.

    Blanks around it are removed, private letters of GB 18030 made standard. Names such as `'Abd` stay.
    """
    cell = cell.strip()
    if cell.isalnum() and cell.isascii():
        return cell
    if DECORATION.search(cell) is None:
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
