"""What the label of a roster's column says: of whom (`who_of`), and what of them (`what_of`).

Only words are judged here; what the cells, the neighbours and the rows add is in `meaning`. Labels are compared folded
(`reading.columns.fold`).
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from rapidfuzz import fuzz, process

from xingate_adapters import guesses
from xingate_adapters.reading.tables import columns
from xingate_adapters.reading.tables.columns import Label

FIELDS: Final[Mapping[str, str]] = {
    "identifiers": "号码 number",
    "name": "名称 name",
    "subject_kind": "主体类别 kind",
    "id_scheme": "证件类型 scheme",
    "legal_representative": "法定代表人 legal representative",
    "legal_representative_id": "法定代表人号码 its number",
    "principal": "主要负责人 principal",
    "principal_id": "主要负责人号码 its number",
    "representative": "授权代表 authorised representative",
    "representative_id": "授权代表号码 its number",
    "consortium_member": "联合体成员 consortium member",
    "consortium_member_id": "联合体成员代码 its number",
    "related": "关联人员 related people",
    "matter": "事项编号 matter",
}
"""What a column may be, with its words for people."""
MEMBER: Final = "consortium_member"
PEOPLE: Final = ("legal_representative", "principal", "representative")
"""Roles of natural persons, each a field with its name and one more with its number."""
ROLES: Final = (*PEOPLE, MEMBER)
OTHER_PERSON: Final = "other_person"
OTHER_BODY: Final = "other_body"

_MORE: Final[Mapping[str, Sequence[str]]] = {
    "identifiers": ("信用代码", "代码", "证件号", "身份证", "统一信用代码", "id number", "credit code", "number"),
    "name": (
        *(
            "投标人",
            "投标人名称",
            "投标单位",
            "投标单位名称",
            "供应商",
            "供应商名称",
            "申请人",
            "申请人名称",
            "申请单位",
        ),
        *("候选人", "候选人姓名", "考生姓名", "申请人姓名", "公司名称", "单位", "企业", "姓名", "名称", "法人名称"),
        *("联合体牵头人", "联合体牵头单位", "牵头人", "牵头单位"),
        *("bidder", "applicant", "candidate", "company", "supplier"),
    ),
    "subject_kind": ("主体性质", "投标人类别", "申请人类别", "kind"),
    "id_scheme": ("证件种类", "scheme"),
    "legal_representative": ("法人姓名", "法定代表人名称", "legal representative"),
    "legal_representative_id": (
        *("法定代表人身份证号码", "法定代表人身份证", "法定代表人号码", "法人身份证号码", "法人身份证"),
        "legal representative id",
    ),
    "principal": ("主要负责人", "实际控制人", "项目负责人", "项目经理"),
    "representative": ("授权代表", "委托代理人", "被授权人"),
    "consortium_member": ("联合体成员", "联合体成员名称", "联合体成员单位"),
    "consortium_member_id": ("联合体成员代码", "联合体成员统一社会信用代码"),
    "matter": ("事项编号", "办件编号", "标段编号", "标段", "项目编号", "申请编号", "受理号"),
}
SYNONYMS: Final = {field: (field, *guesses.SYNONYMS.get(field, ()), *_MORE.get(field, ())) for field in FIELDS}
_FIELD_OF: Final = {columns.fold(label): field for field, labels in SYNONYMS.items() for label in labels}
_CLOSE: Final = 75  # of 100: below, two labels have nothing to do with each other
_LEAD: Final = 0.2  # of 1: by less, it is not sure which of two fields a label is like
_ONLY_LIKELY: Final = 0.8
_WEAKER: Final = 0.95  # a label without its number or brackets, or one put together of known words

# Who, in the order in which the words are looked for: the first that fits says it.
_WHO: Final = (
    (
        OTHER_BODY,
        re.compile(
            r"代理(机构|公司|单位)|(招标|采购)(代理|人|单位)|推荐单位|(工作|所在|任职|用人)单位|开户|机关|部门|法院"
        ),
    ),
    (
        MEMBER,
        re.compile(
            r"联合体|成员(单位|方|企业|公司)|^(其他)?成员[0-9一二三四五]*(名称|(统一)?社会信用代码|信用代码|组织机构代码|代码|编码)?$|共同(投标|申请)|CONSORTIUM|JOINTVENTURE"
        ),
    ),
    (
        "principal",
        re.compile(
            r"主要负责人|实际控制人|控制人|项目负责人|项目经理|项目总监|总监理工程师|技术负责人|建造师|PRINCIPAL"
        ),
    ),
    ("representative", re.compile(r"授权|委托代理人|委托人|受托人|代理人|全权代表|AUTHORI[SZ]EDREPRESENTATIVE")),
    (
        "legal_representative",
        re.compile(
            r"法定代表|法人代表|^法人$|法人[(（]?(?=姓名|身份证|公民身份|证件|号码)|^负责人|[/(（]负责人|(?:单位|企业)负责人|LEGALREPRESENTATIVE|[(（]法人[)）]"
        ),
    ),
    (
        OTHER_PERSON,
        re.compile(
            r"联系人|经办人|责任人|负责人|股东|董事|监事|高管|经理|监护人|受益人|签署人|经营者|业主|投资人|出资人|合伙人|担保人"
            r"|财务人员|工作人员|推荐人|代表人|法人"
        ),
    ),
    (OTHER_PERSON, re.compile(r"配偶|父|母|子女|家属|CONTACT")),
)
_NOT_MEMBER: Final = re.compile(r"是否|协议|牵头")
_NUMBER: Final = re.compile(
    r"代码|信用码|编码|证号|证件号|证照号|身份证|身份号|公民身份|号码|编号|注册号|识别号|护照|通行证|证件$|USCC|PASSPORT"
    r"|(?<![A-Z])(?:ID|CODE|NUMBER|NO\.?)(?![A-Z])|ID$|CODE$|NUMBER$"
)
_NOT_NUMBER: Final = re.compile(
    r"电话|手机|联系方式|账号|帐号|卡号|开户|银行|文号|标段|项目编号|邮编|邮政|资质|许可证|证书|执业证|注册证|PHONE|ACCOUNT|类型|类别|种类"
)
_ATTRIBUTE: Final = re.compile(
    r"电话|手机|联系方式|性别|年龄|职务|职称|学历|民族|出生|邮箱|地址|籍贯|政治面貌|证书|执业|资格|等级|专业|证件(类型|种类)"
)
_ATTRIBUTE_PART: Final = "attribute"
_BARE_MEMBER: Final = "成员"
_NUMBERED: Final = re.compile(r"^[(（]?[0-9一二三四五六七八九十]{1,2}[)）.:、/-]+(?=\D)")
_GROUP_LONGEST: Final = 14
_SUBJECT: Final = re.compile(
    r"^(?:联合体牵头人|联合体牵头单位|牵头人|牵头单位|投标人|投标单位|供应商|供货商|申请人|申请单位|申报单位|竞买人|响应人|企业|单位|公司|主体|候选人|考生|报名人|应聘人员?|申报人)的?"
)
_NAME_OF_BODY: Final = re.compile(r"(?:成员)?(?:单位|企业|公司|机构|成员)(?:名称)?")
_TITLE: Final = re.compile(r"(?<!代)表$|名单|名册|清单|一览|登记|汇总|花名册")
SINGLE_FIELDS: Final = ("name", "subject_kind", "id_scheme", "related", "matter")
"""Fields that one column of a roster gives at most."""


class LabelReading(NamedTuple):
    """What a label says: the field, how surely (0 to 1), the words that it is like ("" for its own), and by how much it
    is more like these than like those of another field."""

    field: str = ""
    score: float = 0.0
    like: str = ""
    lead: float = 1.0

    @property
    def certainty(self) -> float:
        """The score, or the lead where two readings are nearly as good."""
        return self.score if self.lead >= _LEAD else self.lead


def who_of(label: str) -> str:
    """Whom a label names: one of `ROLES`, `OTHER_PERSON`, `OTHER_BODY`, or "" for the subject or nobody."""
    folded = _NUMBERED.sub("", columns.fold(label))
    for who, words in _WHO:
        if words.search(folded) and not (who == MEMBER and _NOT_MEMBER.search(folded)):
            return who
    return ""


def is_of_the_lead(label: str) -> bool:
    """Whether a label is that of the member that leads a consortium: the subject, or a member beside the subject."""
    return "牵头" in label


def is_number_label(label: str) -> bool:
    """Whether a label says that a number of somebody stands in its column."""
    folded = columns.fold(label)
    return _NUMBER.search(folded) is not None and _NOT_NUMBER.search(folded) is None


def is_attribute(label: str) -> bool:
    """Whether a label is of what is said of a person beside name and number, such as a telephone."""
    return _ATTRIBUTE.search(columns.fold(label)) is not None


def is_of_a_body(label: str) -> bool:
    """Whether a label of names is that of organisations' names."""
    return (
        re.search(r"企业|单位|公司|机构|组织机构名|商户|供应商|投标人|BIDDER|COMPANY|SUPPLIER", columns.fold(label))
        is not None
    )


def reading_of(label: str) -> LabelReading:
    """What a label says by itself, without its cells."""
    folded = columns.fold(label)
    if folded in _FIELD_OF:
        return LabelReading(_FIELD_OF[folded], 1.0)
    who = who_of(label)
    if folded == _BARE_MEMBER:  # of a consortium, or of a team
        return LabelReading(MEMBER, _ONLY_LIKELY)
    if who in ROLES:
        part = columns.fold(_part(label))
        if is_number_label(part):
            return LabelReading(f"{who}_id", _WEAKER)
        return LabelReading() if _ATTRIBUTE.search(part) or _NOT_NUMBER.search(part) else LabelReading(who, _WEAKER)
    if who:
        return LabelReading()
    for reading in columns.readings(label):
        for known in (reading, _SUBJECT.sub("", reading)):
            if known in _FIELD_OF:
                return LabelReading(_FIELD_OF[known], _WEAKER)
    is_number = is_number_label(label)
    alike = [one for one in _FIELD_OF if is_number_label(one) is is_number]
    found = process.extract(folded, alike, scorer=fuzz.ratio, limit=None)
    if not found or found[0][1] < _CLOSE:
        return LabelReading()
    like, best, _ = found[0]
    second = next((score for other, score, _ in found if _FIELD_OF[other] != _FIELD_OF[like]), 0.0)
    return LabelReading(_FIELD_OF[like], best / 100, like, (best - second) / 100)


def _part(label: str) -> str:
    return label.part if isinstance(label, Label) else label


def is_known(label: str) -> bool:
    """Whether a label is one that rosters have: what tells a header from a title or a row."""
    return bool(label.strip()) and reading_of(label).score >= _WEAKER


def groups_above(above: Sequence[str], header: Sequence[str]) -> list[str]:
    """Per column the label in the row above that it stands under, "" for none: it reaches to the right over labels that
    are bare parts (`姓名`, `身份证号`), each of them once."""
    found: list[str] = []
    group = ""
    parts: set[str] = set()
    for place, label in enumerate(header):
        over = above[place].strip() if place < len(above) else ""
        if over:
            is_group = len(over) <= _GROUP_LONGEST and not _TITLE.search(over)
            group = over if is_group and columns.fold(over) != columns.fold(label) else ""
            parts = set()
        part = part_of(label, group)
        if (label and not part) or part in parts:
            group = ""
        parts |= {part} - {"", _ATTRIBUTE_PART}
        found.append(group)
    return found


def part_of(label: str, group: str = "") -> str:
    """What a label is a bare part of somebody's data for: `name`, `number` or an attribute; "" where it says whose, or
    something else. Under a group of organisations `单位名称` is a bare name."""
    folded = _NUMBERED.sub("", columns.fold(label))
    if not folded or who_of(folded):
        return ""
    if folded in ("姓名", "名称", "姓名/名称"):
        return "name"
    if _NAME_OF_BODY.fullmatch(folded):
        return "name" if who_of(group) in (MEMBER, OTHER_BODY) else ""
    if _ATTRIBUTE.search(folded):
        return _ATTRIBUTE_PART
    return "number" if is_number_label(folded) and not is_of_a_body(folded) else ""
