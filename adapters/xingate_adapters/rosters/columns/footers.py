"""Rows below a roster's parties that are none: totals, signatures, page numbers. They are reported and not asked about.

A row is a footer when no number of anybody stands in it, its first filled cell or its name is a word of totals or
signatures, and no name of an organisation stands where names stand.
"""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from xingate_adapters.reading.cells import text
from xingate_adapters.rosters.columns.parties import is_organisations_name, is_somebodys

_TOTAL: Final = re.compile(
    r"[（(]?(?:本页|以上)?(?:合\s*计|总\s*计|小\s*计|共\s*计|累\s*计|总数|总金额|sub-?total|total|sum)"
    r"(?=$|[\s:：（()）0-9一二三四五六七八九十共])",
    re.IGNORECASE,
)
_ACTS: Final = r"填表|制表|填报|编制|审核|复核|校对|审批|批准|审查|经办|录入|报送|统计|监督|记录|见证"
_SIGNED: Final = re.compile(
    rf"(?:{_ACTS})(?:人员?|单位|部门|日期|时间)\s*(?:[:：].*)?"
    rf"|(?:{_ACTS})\s*[:：].*"
    r"|(?:单位|部门|主管|分管)?(?:负责人|领导)\s*[:：].*"
    r"|(?:日\s*期|时\s*间|date|(?:prepared|checked|approved) by)\s*(?:[:：].*)?"
    r"|.{0,12}?[（(]?(?:签字|签名|签章|盖章|公章|signature)[)）]?\s*(?:[:：].*)?",
    re.IGNORECASE | re.DOTALL,
)
_NOTE: Final = re.compile(
    r"(?:注|备注|说明|填[表写]说明)\s*[:：].*|[（(]?以下空白[)）]?|第.{1,4}页.*|(?:以上)?共\s*\d+\s*[页家人条个户名].*",
    re.DOTALL,
)


class Footer(NamedTuple):
    """A row that is no party; its words are in its cells."""


def is_footer(cells: Sequence[str], name_place: int | None) -> bool:
    """Whether the cells of a row are those of a footer; `name_place` is where the subjects' names stand."""
    first = next((cell for each in cells if (cell := text(each))), "")
    name = "" if name_place is None else text(cells[name_place])
    is_note = _NOTE.fullmatch(first) is not None and sum(1 for cell in cells if text(cell)) == 1
    if not (is_note or _is_word(first) or _is_word(name)):
        return False
    if name and not _is_word(name) and is_organisations_name(name):
        return False
    return not any(map(is_somebodys, cells))


def _is_word(cell: str) -> bool:
    return bool(cell) and (_TOTAL.match(cell) is not None or _SIGNED.fullmatch(cell) is not None)
