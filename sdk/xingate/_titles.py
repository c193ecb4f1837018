"""The words for people, in Chinese and English: one table for each thing that an answer names by a code.

Every page, table and workbook takes its words from here, so that a gap or a flag has one name everywhere; those of
verdicts, effects and forces are their own `title_zh` (`_words`). A code that a newer gateway sends is its own word.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from xingate._shared import Text


def _texts(words: Mapping[str, tuple[str, str]]) -> Mapping[str, Text]:
    return MappingProxyType({code: Text(zh, en) for code, (zh, en) in words.items()})


REACHES: Final = _texts(
    {
        "subject": ("名单主体", "subject"),
        "organisation": ("名单主体（组织）", "organisation"),
        "person": ("名单主体（自然人）", "person"),
        "legal_representative": ("法定代表人", "legal representative"),
        "principal": ("主要负责人", "principal"),
        "executive": ("高级管理人员", "executive"),
        "director": ("董事", "director"),
        "shareholder": ("股东", "shareholder"),
        "practitioner": ("注册执业人员", "practitioner"),
    }
)
SEVERITIES: Final = _texts(
    {
        "minor": ("轻微", "minor"),
        "ordinary": ("一般", "ordinary"),
        "serious": ("严重", "serious"),
        "exceptional": ("特别严重", "exceptional"),
    }
)
GAPS: Final = _texts(
    {
        "source_missing": ("名单缺失", "a list is missing"),
        "source_stale": ("名单过期", "a list is too old"),
        "source_not_covering": ("名单不含所查日期", "a list does not cover the day"),
        "context_missing": ("缺少判断所需的事项属性", "a context attribute is missing"),
        "identity_name_only": ("只有名称没有号码", "a name without a number"),
        "identity_masked": ("号码带星号", "a masked number"),
        "identity_ambiguous": ("号码对应不止一个主体", "a number of several subjects"),
        "identity_checksum": ("号码校验位不符，多半有错字", "a wrong check digit"),
        "identity_unsettled": ("名单上有一行可能是该主体", "a listed entry may be this subject"),
        "clean_years_unknown": ("无法确认三年无失信记录", "three clean years are not certain"),
        "row_unreadable": ("名单上有关于该主体的一行无法读取", "a row about this subject cannot be read"),
        "commitment_overdue": ("信用承诺已到期，尚未确认是否履行", "a commitment is past its day"),
    }
)
CLOSES_ZH: Final[Mapping[str, str]] = MappingProxyType(
    {
        "source_missing": "请装入该名单并发布新快照",
        "source_stale": "请装入新的名单，或查询较早的日期",
        "source_not_covering": "请装入覆盖该日期的名单",
        "context_missing": "请补充后再查",
        "identity_name_only": "请用完整号码再查，重名不等于本人",
        "identity_masked": "请用完整号码再查",
        "identity_ambiguous": "请用唯一的号码再查",
        "identity_checksum": "请核对证照原件",
        "identity_unsettled": "请人工核实是否本人",
        "clean_years_unknown": "请装入覆盖三年的名单",
        "row_unreadable": "请向认定部门核实该行内容，更正名单后重新装入",
        "commitment_overdue": "请受理承诺的部门确认是否履行，并更新名单",
    }
)
FLAGS: Final = _texts(
    {
        "legacy_code_in_register": ("校验位不符，但登记名录中有此代码", "a failing code that a register holds"),
        "inner_check_mismatch": ("统一代码内的组织机构代码校验位不符", "the organisation code inside fails its check"),
        "kind_mismatch": ("主体类别与名单所列不同", "listed as another kind"),
        "masked": ("名单上的号码带星号", "listed with a masked number"),
        "relation_unresolved": ("关联人员未能确认", "a related person could not be settled"),
        "status_undated": ("状态没有日期", "a status without a date"),
        "validity_clipped": ("有效期按法定上限截止", "validity ends at the legal maximum"),
        "objection_open": ("异议核实中", "an objection is open"),
        "document_undated": ("没有文书号或认定日期，以名单编号或数据日期代替", "a document without number or date"),
        "rounded": ("号码被表格软件舍入", "a number that a spreadsheet program rounded"),
        "established_unreadable": ("登记名录中的成立日期无法读取", "the date of establishment cannot be read"),
        "identifier_ignored": ("有一个号码不能使用，未据以查询", "a number that could not be used"),
        "identity_settled": ("身份已由先前的反馈认定", "an earlier report settled the identity"),
    }
)


def text_of(table: Mapping[str, Text], code: str) -> Text:
    """The words of a code; a code that is not in the table is its own word."""
    return table.get(code) or Text(code, code)
