"""What labels and cells usually mean: the knowledge behind `inspection` and `rosters`."""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from rapidfuzz import fuzz, process

from xingate_adapters.reading import columns
from xingate_adapters.reading.cells import last_day, text
from xingate_adapters.reading.labels import LABELS
from xingate_adapters.reading.probe import Probe
from xingate_server.core import identifiers
from xingate_server.core.days import parse_day
from xingate_server.core.entry import SEVERITY_WORDS, STATUS_WORDS, fold_word
from xingate_server.core.subject import KIND_WORDS, SubjectClass

_MORE: dict[str, tuple[str, ...]] = {
    "identifiers": (
        *LABELS["code"],
        *(
            "统一社会信用代码",
            "社会信用代码",
            "信用代码",
            "组织机构代码",
            "注册号",
            "工商注册号",
            "证件号码",
            "身份证号码",
        ),
        *(
            "身份证号",
            "统一社会信用代码/组织机构代码",
            "统一社会信用代码/工商注册号",
            "uscc",
            "uniscid",
            "纳税人识别号",
        ),
    ),
    "name": ("名称", "企业名称", "单位名称", "机构名称", "姓名", "当事人", "失信主体名称", "纳税人名称", "姓名/名称"),
    "subject_kind": ("主体类型", "行政相对人类别", "类别", "相对人类别"),
    "list_type": ("名单类别", "红黑名单类型"),
    "legal_representative": ("法定代表人/负责人", "法人代表", "法人", "负责人", "法定代表人姓名"),
    "legal_representative_id": ("法定代表人身份证号", "法人身份证号", "法定代表人证件号", "法人证件号码"),
    "severity": ("失信等级", "严重程度", "程度"),
    "facts": (
        "列入原因",
        "失信事实",
        "失信行为",
        "违法事实",
        "主要违法事实",
        "事由",
        "认定原因",
        "列入事由",
        "失信情形",
    ),
    "authority": ("列入机关", "作出决定机关", "决定机关", "认定机关", "认定单位", "发布单位", "列入部门", "处罚机关"),
    "basis": ("列入依据", "法律依据", "处罚依据", "依据"),
    "document_no": ("决定书文号", "文号", "案号", "认定文号", "决定文书号", "列入决定书文号"),
    "document_date": ("列入日期", "决定日期", "认定时间", "列入时间", "发布日期", "发布时间"),
    "notice_start": ("公示开始日期", "公示起始日期", "公示期自"),
    "notice_end": ("公示结束日期", "公示截止日期", "公示期至"),
    "signed_by": ("签发人", "负责人签字"),
    "valid_until": ("有效期截止", "截止日期", "有效期止", "到期日"),
    "valid_from": ("有效期起", "起始日期", "生效日期"),
    "ended_on": ("移出日期", "移出时间", "退出日期", "撤销日期"),
    "region": ("所属区域", "地区", "行政区划", "区县"),
    "field": ("行业领域", "行业", "失信领域"),
}
SYNONYMS: dict[str, tuple[str, ...]] = {
    field: (*LABELS.get(field, ()), *_MORE.get(field, ()))
    for field in dict.fromkeys((*LABELS, *_MORE))
    if field != "code"
}
NEEDED = {
    "list_type": "a list type of the catalogue, such as black.wage_arrears (`xingate catalogue show`)",
    "subject_kind": "legal_entity, sole_trader, natural_person ...: never guessed from a number",
    "authority": "the recognising authority",
    "basis": "the legal basis",
    "document_no": "the document by which the listing was recognised",
    "document_date": "its day, YYYY-MM-DD",
    "notice_start": "for black.* and red.*: the public notice (Cl. 7)",
    "notice_end": "at least 20 working days later",
    "signed_by": "the responsible officer",
}
"""What admission asks of a listing, and what is meant by it."""

_LIST_TYPE = re.compile(r"(black|red|watch|grade|general|commitment|criticised|penalty|permit)\.\w+")
_SHARE = 0.6
_HEADER_WITHIN = 15
_CLOSE = 75  # of 100: below, two labels have nothing to do with each other
_SURE = 0.5
_OTHER_SHAPE = 0.5

Synonyms = Mapping[str, Sequence[str]]
"""Field -> the labels that its column usually has."""


class ColumnGuess(NamedTuple):
    """One column: what it seems to be (`field` "" where nothing fits), how sure that is, and why."""

    label: str
    field: str
    confidence: float
    why: str


def looks_like(cells: Sequence[str]) -> tuple[str, float]:
    """What most cells of a column look like (`date`, or a field), and which share of them does; ("text", 1) else."""
    filled = [cell for original in cells if (cell := text(original))]
    if not filled:
        return "text", 0.0
    tests = {
        "identifiers": _is_number,
        "date": _is_day,
        "subject_kind": lambda cell: fold_word(cell) in KIND_WORDS,
        "severity": lambda cell: fold_word(cell) in SEVERITY_WORDS,
        "status": lambda cell: fold_word(cell) in STATUS_WORDS,
        "list_type": lambda cell: _LIST_TYPE.fullmatch(cell) is not None,
    }
    shares = {what: sum(map(test, filled)) / len(filled) for what, test in tests.items()}
    what = max(shares, key=lambda name: shares[name])
    return (what, shares[what]) if shares[what] >= _SHARE else ("text", 1.0)


def _is_number(cell: str) -> bool:
    return any(
        (number := identifiers.read(cell, "", subject_class)).is_sound or number.is_masked
        for subject_class in (SubjectClass.ORGANISATION, SubjectClass.PERSON)
    )


def _is_day(cell: str) -> bool:
    try:
        return parse_day(last_day(cell)) is not None
    except ValueError:
        return False


def header_of(found: Probe, synonyms: Synonyms = SYNONYMS) -> tuple[int, list[str]]:
    """The row in which most cells are labels that are known; without any, the first with several filled cells."""
    known = {columns.fold(label) for labels in synonyms.values() for label in labels}
    best, best_score = (0, list[str]()), 0
    for row, cells in found.head[:_HEADER_WITHIN]:
        score = sum(1 for cell in cells if columns.fold(cell) in known)
        filled = sum(1 for cell in cells if cell.strip())
        if score > best_score or (not best[0] and filled > 1):
            best, best_score = (row, [cell.strip() for cell in cells]), score
    row, header = best
    return (row, header) if row else (found.head[0][0], [cell.strip() for cell in found.head[0][1]])


def guess_columns(
    header: Sequence[str], body: Sequence[Sequence[str]], synonyms: Synonyms = SYNONYMS
) -> list[ColumnGuess]:
    """Each column's best field; a field goes to the surest of its columns alone."""
    guesses = [
        _column(synonyms, label, [cells[place] for cells in body if place < len(cells) and cells[place].strip()])
        for place, label in enumerate(header)
        if label
    ]
    surest: dict[str, float] = {}
    for guess in guesses:
        surest[guess.field] = max(surest.get(guess.field, 0.0), guess.confidence)
    taken: set[str] = set()
    for place, guess in enumerate(guesses):
        is_second = guess.confidence < surest[guess.field] or guess.field in taken
        if guess.field and guess.field != "identifiers" and is_second:
            guesses[place] = ColumnGuess(guess.label, "", 0.0, f"another column is more likely `{guess.field}`")
        taken.add(guess.field)
    return guesses


def _column(synonyms: Synonyms, label: str, cells: Sequence[str]) -> ColumnGuess:
    shape, share = looks_like(cells)
    field, score, spelt = _by_label(synonyms, label)
    if not field:
        if shape in ("identifiers", "subject_kind", "list_type", "severity", "status") and share >= _SURE:
            return ColumnGuess(label, shape, round(0.8 * share, 2), f"{share:.0%} of its cells look like it")
        return ColumnGuess(label, "", 0.0, f"{share:.0%} of its cells are dates" if shape == "date" else "")
    why = "its label" if score == 1 else f"its label is like `{spelt}`"
    wanted = "date" if "date" in field or field.startswith(("notice_", "valid_", "ended", "established")) else field
    wanted = "identifiers" if field.endswith("_id") else wanted
    is_fitting = not cells or wanted == shape or (wanted not in ("date", "identifiers") and shape != "identifiers")
    if not is_fitting:
        return ColumnGuess(label, field, round(score * _OTHER_SHAPE, 2), f"{why}, but its cells do not look like it")
    return ColumnGuess(label, field, round(score, 2), why)


def _by_label(synonyms: Synonyms, label: str) -> tuple[str, float, str]:
    folded = columns.fold(label)
    choices = {columns.fold(synonym): field for field, labels in synonyms.items() for synonym in labels}
    if folded in choices:
        return choices[folded], 1.0, label
    found = process.extractOne(folded, list(choices), scorer=fuzz.ratio, score_cutoff=_CLOSE)
    return (choices[found[0]], found[1] / 100, found[0]) if found else ("", 0.0, "")
