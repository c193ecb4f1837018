"""What labels and cells usually mean: the knowledge behind `inspection` and `rosters`."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from rapidfuzz import fuzz, process

from xingate_adapters.reading.cells.text import last_day, text
from xingate_adapters.reading.mapped.labels import LABELS
from xingate_adapters.reading.tables import columns
from xingate_adapters.reading.tables.probe import Probe
from xingate_server.core.days import parse_day
from xingate_server.core.entry import SEVERITY_WORDS, STATUS_WORDS, fold_word
from xingate_server.core.identifiers import parsing
from xingate_server.core.subject import KIND_WORDS, SubjectClass, SubjectKind

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
_PEOPLE = ("legal_representative", "principal")
_CLOSE = 75  # of 100: below, two labels have nothing to do with each other
_SURE = 0.5
_OTHER_SHAPE = 0.5
_BESIDE = 0.9
_WEAKER = 0.95  # a label without its number or brackets
_HALF = 0.5
UNSURE = "unsure: "
"""How the reason begins for a column that a person has to settle."""
_PERSON = re.compile(
    r"法定代表人|法人代表|责任人|负责人|代表人|联系人|经办人|股东|董事|监事|高管|实际控制人|控制人|经理|监护人|受益人|委托人|签署人"
    r"|经营者|业主|投资人|出资人|合伙人|授权代表|代理人|担保人|财务人员|工作人员|姓名|法人(?=姓名|身份证|证件|号)|^法人$"
)
_ORGANISATION = re.compile(r"企业|单位|公司|机构|组织|商户")
_CITIZEN_LABEL = re.compile(r"身份证|公民身份")

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
        (number := parsing.read(cell, "", subject_class)).is_sound or number.is_masked
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
    guesses = _of_whom(header, body, guesses, synonyms)
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


def _of_whom(
    header: Sequence[str], body: Sequence[Sequence[str]], guesses: Sequence[ColumnGuess], synonyms: Synonyms
) -> list[ColumnGuess]:
    """The guesses, where a column of citizen numbers that is of a person beside the subject is not a number of the
    subject's: it is the representative's, or unsure."""
    named = [place for place, label in enumerate(header) if label]
    columns_of = dict(zip(named, guesses, strict=True))
    rows = _rows_of_organisations(columns_of, body)
    coded = [
        place
        for place, guess in columns_of.items()
        if guess.field == "identifiers" and _share(_cells(rows, place), _is_code) >= _SHARE
    ]
    settled = dict(columns_of)
    for place, guess in columns_of.items():
        cells = _cells(rows, place)
        is_of_people = guess.field == "identifiers" and cells and place not in coded
        if not is_of_people or not (_CITIZEN_LABEL.search(guess.label) or _share(cells, _is_citizen_number) >= _SHARE):
            continue
        owner = _owner(columns_of, named, place)
        if owner is not None:
            settled[place] = _number_of(guess.label, owner, columns_of, synonyms)
        elif coded and _share_with(rows, place, coded) > _HALF:
            settled[place] = _unsure(guess.label, f"its rows have the code of an organisation in `{header[coded[0]]}`")
    return list(settled.values())


def _rows_of_organisations(
    columns_of: Mapping[int, ColumnGuess], body: Sequence[Sequence[str]]
) -> Sequence[Sequence[str]]:
    """The rows but those whose kind is a natural person."""
    kinds = [place for place, guess in columns_of.items() if guess.field == "subject_kind"]

    def is_person(cells: Sequence[str]) -> bool:
        words = (fold_word(cells[place]) for place in kinds if place < len(cells))
        return any(KIND_WORDS.get(word) is SubjectKind.NATURAL_PERSON for word in words)

    return [cells for cells in body if not is_person(cells)]


def _cells(rows: Sequence[Sequence[str]], place: int) -> list[str]:
    return [cell for cells in rows if place < len(cells) and (cell := text(cells[place]))]


def _share(cells: Sequence[str], test: Callable[[str], bool]) -> float:
    return sum(map(test, cells)) / len(cells) if cells else 0.0


def _share_with(rows: Sequence[Sequence[str]], place: int, coded: Sequence[int]) -> float:
    """The share of rows with a number in `place` that have a code in one of `coded` too."""
    filled = [cells for cells in rows if place < len(cells) and text(cells[place])]
    return sum(any(_cells([cells], at) for at in coded) for cells in filled) / len(filled)


def _is_citizen_number(cell: str) -> bool:
    read = parsing.read(cell, "", SubjectClass.PERSON)
    return read.scheme is parsing.Scheme.CITIZEN_ID and (read.is_sound or read.is_masked)


def _is_code(cell: str) -> bool:
    read = parsing.read(cell, "", SubjectClass.ORGANISATION)
    return read.is_sound and not _is_citizen_number(cell)


def _owner(columns_of: Mapping[int, ColumnGuess], named: Sequence[int], place: int) -> ColumnGuess | None:
    """The column of the person whose number a column holds, itself if its label names one; None for the subject."""
    own = columns_of[place]
    if _PERSON.search(own.label):
        return own
    at = named.index(place)
    before = columns_of[named[at - 1]] if at else None
    names = [guess.label for guess in columns_of.values() if guess.field == "name"]
    has_names = any(_ORGANISATION.search(label) for label in names)  # so that `姓名` is another's
    if before is not None and before.field == "name" and not has_names:
        return None
    after = columns_of[named[at + 1]] if at + 1 < len(named) else None
    beside = (one for one in (before, after) if one is not None)
    return next((one for one in beside if _is_of_a_person(one, has_names=has_names)), None)


def _is_of_a_person(guess: ColumnGuess, *, has_names: bool) -> bool:
    is_subject = guess.field == "name" and not (has_names and not _ORGANISATION.search(guess.label))
    return guess.field in _PEOPLE or (not is_subject and _PERSON.search(guess.label) is not None)


def _number_of(
    label: str, owner: ColumnGuess, columns_of: Mapping[int, ColumnGuess], synonyms: Synonyms
) -> ColumnGuess:
    field, score, _ = _by_label(synonyms, _CITIZEN_LABEL.split(owner.label)[0])
    number = f"{owner.field if owner.field in _PEOPLE else field if score == 1 else ''}_id"
    is_taken = any(guess.field == number for guess in columns_of.values())
    if number not in synonyms or is_taken:
        return _unsure(label, f"citizen numbers beside `{owner.label}`, most likely of that person and not the subject")
    return ColumnGuess(label, number, _BESIDE, f"citizen numbers beside `{owner.label}`")


def _unsure(label: str, why: str) -> ColumnGuess:
    return ColumnGuess(label, "", 0.0, f"{UNSURE}{why}")


def _column(synonyms: Synonyms, label: str, cells: Sequence[str]) -> ColumnGuess:
    shape, share = looks_like(cells)
    field, score, spelt = _by_label(synonyms, label)
    if not field:
        if shape in ("identifiers", "subject_kind", "list_type", "severity", "status") and share >= _SURE:
            return ColumnGuess(label, shape, round(0.8 * share, 2), f"{share:.0%} of its cells look like it")
        return ColumnGuess(label, "", 0.0, f"{share:.0%} of its cells are dates" if shape == "date" else "")
    person = field.removesuffix("_id")
    role = _role(label)
    is_other = person in _PEOPLE and role not in ("", _role(spelt)) and _by_label(synonyms, role)[:2] != (person, 1.0)
    if score < 1 and is_other:
        return _unsure(label, f"its label is like `{spelt}`, but names another person")
    why = "its label" if score == 1 else f"its label is like `{spelt}`"
    wanted = "date" if "date" in field or field.startswith(("notice_", "valid_", "ended", "established")) else field
    wanted = "identifiers" if field.endswith("_id") else wanted
    is_fitting = not cells or wanted == shape or (wanted not in ("date", "identifiers") and shape != "identifiers")
    if not is_fitting:
        return ColumnGuess(label, field, round(score * _OTHER_SHAPE, 2), f"{why}, but its cells do not look like it")
    return ColumnGuess(label, field, round(score, 2), why)


def _role(label: str) -> str:
    """The person that a label names, "" for none."""
    found = _PERSON.search(columns.fold(label))
    return "" if found is None else found[0]


def _by_label(synonyms: Synonyms, label: str) -> tuple[str, float, str]:
    folded = columns.fold(label)
    choices = {columns.fold(synonym): field for field, labels in synonyms.items() for synonym in labels}
    for reading in (folded, *columns.readings(label)):
        if reading in choices:
            return choices[reading], 1.0 if reading == folded else _WEAKER, label
    found = process.extractOne(folded, list(choices), scorer=fuzz.ratio, score_cutoff=_CLOSE)
    return (choices[found[0]], found[1] / 100, found[0]) if found else ("", 0.0, "")
