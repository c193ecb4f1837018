"""The words for people, in Chinese and English: one table for each thing that an answer names by a code.

Every page, table and workbook takes its words from here, so that a gap or a flag has one name everywhere; those of
verdicts, effects and forces are their own `title_zh` (`_internal.values.enums`). A code that a newer gateway sends is
its own word.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from xingate._internal.values.common_parts import Text


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
        "identity_name_only": "请用完整号码再查，重名不等于同一主体",
        "identity_masked": "请用完整号码再查",
        "identity_ambiguous": "请用唯一的号码再查",
        "identity_checksum": "请核对证照原件",
        "identity_unsettled": "请人工核实是否同一主体",
        "clean_years_unknown": "请补足所缺的登记名录或者名单，或者等存疑、有异议的记录核实之后再查",
        "row_unreadable": "请向认定部门核实该行内容，或者请维护名单和目录的人员更正，然后重新装入",
        "commitment_overdue": "请受理承诺的部门确认是否履行，并更新名单",
    }
)
WHYS_ZH: Final[Mapping[str, str]] = MappingProxyType(
    {
        "the name is equal": "名称相同",
        "the masked number is equal": "带星号的号码相同",
        "a tax number ends in the organisation code": "税号末尾是该组织机构代码",
        "the name is equal and the masked number fits": "名称相同，带星号的号码相符",
        "the number stands for several subjects": "该号码对应不止一个主体",
        "the name is equal but for the legal form": "名称相同，组织形式除外",
        "the words of the name are equal": "名称各词相同",
        "the words of the name are equal, the legal form is not": "名称各词相同，组织形式不同",
        "the name has the same characters in another order": "名称用字相同，顺序不同",
        "the name is spelled alike": "名称拼写相近",
        "the name is written alike": "名称写法相近",
        "the name sounds alike": "名称读音相近",
        "the name sounds the same": "名称读音相同",
        "a short form: all words are words of the name, its first and last among them": (
            "简称：各词都在所列姓名中，包括首词和末词"
        ),
        "a short form: all words are words of the name, its first or last among them": (
            "简称：各词都在所列姓名中，包括首词或末词"
        ),
        "the listed name is a short form: all its words are words of the name asked": (
            "所列姓名是简称：其各词都在所查姓名中"
        ),
    }
)
"""Why a candidate fits; behind it may stand how alike the names are, in brackets."""
SETTLES_ZH: Final[Mapping[str, str]] = MappingProxyType(
    {
        "compare the person's own document, and ask again with its complete number": "请核对本人证件，用完整号码再查",
        "ask again with the subject's own code; it is this one if that is `": "请用该主体自己的代码再查，相同才是：`",
        "compare the subject's name and documents with the entry: the number is also another subject's": (
            "请将主体的名称和证件与名单记录核对：该号码也属于另一主体"
        ),
        "compare the subject's documents with the entry; no complete code of this one is known": (
            "请将该主体的证照与名单记录核对；此候选的完整代码未知"
        ),
    }
)
"""What settles whether a candidate is the subject; one that ends in a backtick is followed by a code."""
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
        "registration_unknown": ("未写明登记地，无法确定是否在境外登记", "where it is registered is not known"),
        "rounded": ("号码被表格软件舍入", "a number that a spreadsheet program rounded"),
        "established_unreadable": ("登记名录中的成立日期无法读取", "the date of establishment cannot be read"),
        "identifier_ignored": ("有一个号码不能使用，未据以查询", "a number that could not be used"),
        "identity_settled": ("身份已由先前的反馈认定", "an earlier report settled the identity"),
    }
)


def text_of(table: Mapping[str, Text], code: str) -> Text:
    """The words of a code; a code that is not in the table is its own word."""
    return table.get(code) or Text(code, code)


def why_zh(why: str) -> str:
    """Why a candidate fits, in Chinese, such as `名称读音相同 (0.90)`; "" for words that are not in the table."""
    words, bracket, share = why.partition(" (")
    known = WHYS_ZH.get(words, "")
    return f"{known}{bracket}{share}" if known else ""


def settles_zh(closes_with: str) -> str:
    """What settles whether a candidate is the subject, in Chinese; "" for words that are not in the table."""
    words, tick, code = closes_with.partition("`")
    known = SETTLES_ZH.get(f"{words}{tick}", "")
    return f"{known}{code}" if known else ""
