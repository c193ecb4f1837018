"""Why a row was refused, in Chinese and English, what to do about it, and in which fields the fault stands."""

import re
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

_IDENTIFIERS = ("identifiers", "uscc", "code", "card", "citizen_no", "document", "org_code", "reg_no")
_KIND = ("subject_kind", "kind")
_DATE = ("document_date", "published", "filed")
_NOTICE = ("notice_start", "notice_end")
_FIELD = re.compile(r"(?P<field>[a-z_]+)(?::| `)")


class Reason(NamedTuple):
    """A reason in both languages, with the fields it may stand in; the first that has a column is marked."""

    zh: str
    en: str
    fields: Sequence[str] = ()
    is_all: bool = False  # every one of the fields is marked


REASONS: Final[Mapping[str, Reason]] = {
    "identifier_missing": Reason("没有主体代码：请填写", "no number of the subject: fill it in", _IDENTIFIERS),
    "identifier_malformed": Reason(
        "主体代码格式不对：请按原件填写完整代码",
        "the number has a wrong form: write it as in the document",
        _IDENTIFIERS,
    ),
    "identifier_checksum": Reason(
        "主体代码校验位不符，多半有错字：请核对原件",
        "the check digit does not fit, most likely mistyped: check it",
        _IDENTIFIERS,
    ),
    "identifier_rounded": Reason(
        "号码被表格软件舍入，只剩前十五位：请从来源按文本重新导出，填写完整号码",
        "a spreadsheet program has rounded the number: export the column again as text, and write the whole number",
        _IDENTIFIERS,
    ),
    "identifier_filler": Reason(
        "号码是凑数的数字，不是真实号码：请按原件填写",
        "the number only fills the cell: write the one in the document",
        _IDENTIFIERS,
    ),
    "subject_kind_missing": Reason("没有主体类别：请填写", "the kind of subject is blank: fill it in", _KIND),
    "list_type_unknown": Reason(
        "名单类型不在目录中：请改为目录中的类型",
        "the list type is not in the catalogue: write one of it",
        ("list_type",),
    ),
    "list_type_not_provided": Reason(
        "该来源不提供这类名单：请改正名单类型，或在目录中说明由该来源提供",
        "this source does not provide that list type: correct it, or declare it in the catalogue (`provided_by`)",
        ("list_type",),
    ),
    "value_unknown": Reason("填写的词不认识：请改为规定用词", "a word that is not known: write one of those named"),
    "authority_missing": Reason(
        "没有认定部门：请填写", "the recognising authority is blank: fill it in", ("authority",)
    ),
    "basis_missing": Reason("没有认定依据：请填写", "the legal basis is blank: fill it in", ("basis", "basis_no")),
    "document_missing": Reason(
        "没有文书号或认定日期：请填写",
        "the document's number or date is blank: fill it in",
        ("document_no", *_DATE),
        is_all=True,
    ),
    "date_malformed": Reason(
        "日期格式不对：请写成 2026-03-02 的样子", "a date in a wrong form: write it like 2026-03-02", _DATE
    ),
    "validity_inverted": Reason(
        "有效期止早于起：请核对", "it ends before it begins: check both", ("valid_until", "valid_from"), is_all=True
    ),
    "validity_exceeds_maximum": Reason(
        "有效期超过规定上限：请缩短", "valid longer than the rules allow: shorten it", ("valid_until",)
    ),
    "notice_too_short": Reason(
        "公示不足二十个工作日，或文书日期早于公示结束：请核对，不足的须重新公示",
        "the public notice was shorter than 20 working days, or the document is older than its end: check it",
        (*_NOTICE, "document_date"),
        is_all=True,
    ),
    "notice_calendar_unknown": Reason(
        "公示期跨入尚未公布放假安排的年份：公布后再编",
        "the year's working days are not published yet: compile after it",
    ),
    "notice_missing": Reason(
        "没有公示起止日期：请填写", "the notice's start or end is blank: fill it in", _NOTICE, is_all=True
    ),
    "signature_missing": Reason("没有签署人：请填写", "the officer's signature is blank: fill it in", ("signed_by",)),
    "red_blocked_by_black": Reason(
        "主体在黑名单上，不得列入红名单：不必更正", "the subject is on a black list: nothing to correct"
    ),
    "duplicate": Reason("与另一行相同：不必更正", "the same as another row: nothing to correct"),
    "superseded": Reason("已被较新的一行取代：不必更正", "a later row takes its place: nothing to correct"),
}
FIELD_ALIASES: Final[Mapping[str, Sequence[str]]] = {"subject_kind": _KIND, "document_date": _DATE}


def told(reason: str) -> Reason:
    """A reason's words; one that has none yet says its code."""
    return REASONS.get(reason) or Reason(reason, reason)


def faulty_columns(reason: str, detail: str, columns: Mapping[str, str]) -> list[str]:
    """The columns to mark, from field -> column: those that the detail names, else the reason's."""
    named = _FIELD.match(detail)
    if named is not None and reason in ("value_unknown", "date_malformed"):
        fields: Sequence[str] = FIELD_ALIASES.get(named["field"], (named["field"],))
    else:
        fields = told(reason).fields
    found = list(dict.fromkeys(columns[field] for field in fields if field in columns))
    return found if told(reason).is_all else found[:1]
