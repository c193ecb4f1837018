"""Rows below a roster's parties that are none: totals, signatures, page numbers. They are reported and not asked about.

A row is a footer when its first filled cell or its name is a word of totals or signatures, and nobody may stand in it:
no number where numbers stand, right or wrong and of whatever document, no name where names stand, and no valid number
of anybody in any cell.
"""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from xingate_adapters.reading.cells.text import text
from xingate_adapters.rosters.columns.parties import has_shape, is_organisations_name, is_somebodys

_FIGURE: Final = r"[（(]?\s*[共¥￥]?\s*[0-9,.，零一二三四五六七八九十百千万亿]*\s*[家个人条户名页份项元万]*"
_COUNT: Final = rf"{_FIGURE}(?:单位|企业|公司|供应商|投标人)?\s*[整)）]?"
_TOTAL: Final = re.compile(
    r"[（(]?(?:本页|以上)?(?:合\s*计|总\s*计|小\s*计|共\s*计|累\s*计|总数|总金额|sub-?total|total|sum)(?:金额|人数|家数|数)?[)）]?"
    rf"\s*[:：]?\s*{_COUNT}",
    re.IGNORECASE,
)
_ONLY_COUNT: Final = re.compile(rf"(?=.*[0-9零一二三四五六七八九十]){_COUNT}")
_ACTS: Final = r"填表|制表|填报|编制|审核|复核|校对|审批|批准|审查|经办|录入|报送|统计|监督|记录|见证"
_SIGNERS: Final = (
    rf"(?:{_ACTS})(?:人员?|单位|部门)?|(?:单位|部门|主管|分管|项目|技术|主要|企业|公司)?(?:负责人|领导|经理)|法定代表人?"
    r"|法人(?:代表)?|授权代表|(?:授权)?委托(?:代理)?人|代理人|代表人?|(?:投标|供应|申请|申报|报名|参选|填写|推荐|招标|采购)[人商]"
    r"|(?:投标|申请|申报|报名|参选|推荐|招标|采购|本)?(?:单位|部门|企业|公司|机构)|联合体|牵头[人方]|成员|联系人|本人|评委|专家"
)
_SIGNING: Final = r"签字|签名|签章|盖章|(?:加?盖)?(?:单位)?公章|signature"
_SIGNED: Final = re.compile(
    rf"(?:{_ACTS})(?:人员?|单位|部门|日期|时间)\s*(?:[:：].*)?"
    rf"|(?:{_ACTS})\s*[:：].*"
    r"|(?:单位|部门|主管|分管)?(?:负责人|领导)\s*[:：].*"
    r"|(?:日\s*期|时\s*间|date|(?:prepared|checked|approved) by)\s*(?:[:：].*)?"
    rf"|(?:(?:{_SIGNERS})(?:名称|或其?|及|和|、|/)?)*\s*[（(]?\s*(?:(?:{_SIGNING})(?:或|及|和|、|/)?)+\s*[)）]?\s*(?:处|栏|日期)?\s*(?:[:：].*)?",
    re.IGNORECASE | re.DOTALL,
)
_NOTE: Final = re.compile(
    r"(?:注|备注|说明|填[表写]说明)\s*[:：].*|[（(]?以下空白[)）]?|第\s*[0-9一二三四五六七八九十]+\s*页[^\w]*(?:共.*)?"
    r"|(?:以上)?共\s*\d+\s*[页家人条个户名].*",
    re.DOTALL,
)
_SIGNER: Final = re.compile(rf"(?:{_ACTS})(?:人员?|单位|部门)\s*[:：]?")
_AMOUNT: Final = re.compile(r"[0-9]{1,7}|[0-9,]+\.[0-9]{1,2}")  # shorter than any number of an organisation, or money
_DATE: Final = re.compile(r"[0-9]{4}[-./][0-9]{1,2}[-./][0-9]{1,2}")


class Footer(NamedTuple):
    """A row that is not a party; its words are in its cells."""


def is_footer(
    cells: Sequence[str], names: Sequence[int] = (), members: Sequence[int] = (), numbers: Sequence[int] = ()
) -> bool:
    """Whether the cells of a row are those of a footer. `names` and `members` are the places where names of subjects
    and of members stand, `numbers` those of all numbers; all are empty if they are not known yet."""
    first = next((cell for each in cells if (cell := text(each))), "")
    is_note = _NOTE.fullmatch(first) is not None and sum(1 for cell in cells if text(cell)) == 1
    if is_note:
        return not is_organisations_name(first) and not is_somebodys(first)
    if not (_is_word(first) or any(_is_word(text(cells[place])) for place in names)):
        return False
    if any(_may_be_named(cells, place) for place in names) or any(map(is_somebodys, cells)):
        return False
    if any(is_organisations_name(cell) and not _is_word(cell) for cell in (text(cells[place]) for place in members)):
        return False
    is_total = _TOTAL.fullmatch(first) is not None
    return not any(_may_be_a_number(text(cells[place]), is_total=is_total) for place in numbers)


def _may_be_a_number(cell: str, *, is_total: bool) -> bool:
    """Whether a cell looks like the number of a document, right or wrong: no date, and no amount in a row of totals."""
    return has_shape(cell) and _DATE.fullmatch(cell) is None and not (is_total and _AMOUNT.fullmatch(cell))


def _may_be_named(cells: Sequence[str], place: int) -> bool:
    """Whether somebody is named in a cell: it is filled, and not with the words or the figures of a footer, nor with
    a signature in a row of labels of signers and signatures by turns (`制表人`, `示例某`, `审核人`, `示例某某`)."""
    name = text(cells[place])
    if not name or _is_word(name) or _ONLY_COUNT.fullmatch(name):
        return False
    signers = [cell for each in cells if (cell := text(each))][::2]
    is_signature = len(signers) > 1 and all(map(_SIGNER.fullmatch, signers))
    return not is_signature or is_organisations_name(name)


def _is_word(cell: str) -> bool:
    """Whether a cell is a word of totals or of signing, and names no organisation after it."""
    if not cell or (_TOTAL.fullmatch(cell) is None and _SIGNED.fullmatch(cell) is None):
        return False
    return not is_organisations_name(cell.replace("：", ":").partition(":")[2])
