"""Which columns each layout has, and how their labels are varied by those who export them.

Sources: docs/sources.md (the city list), the double publicity standard of 2018, the courts' list, tax violations.
"""

from random import Random
from typing import Final

CITY: Final = {
    "list_type": "名单类型",
    "subject_kind": "主体类别",
    "name": "主体名称",
    "code": "主体代码",
    "id_scheme": "证件类型",
    "legal_representative": "法定代表人",
    "legal_representative_id": "法定代表人证件号码",
    "related": "关联人员",
    "severity": "失信程度",
    "grade": "等级",
    "facts": "认定事由",
    "authority": "认定部门",
    "basis": "认定依据",
    "document_no": "文书号",
    "document_date": "认定日期",
    "notice_start": "公示开始",
    "notice_end": "公示结束",
    "signed_by": "签署人",
    "valid_from": "有效期自",
    "valid_until": "有效期至",
    "status": "状态",
    "status_date": "状态日期",
    "status_reason": "状态原因",
    "region": "区域",
    "field": "领域",
    "repairable": "可修复",
}
PENALTY: Final = {
    "name": "行政相对人名称",
    "kind": "行政相对人类别",
    "uscc": "行政相对人代码_1（统一社会信用代码）",
    "reg_no": "行政相对人代码_2（工商注册号）",
    "org_code": "行政相对人代码_3（组织机构代码）",
    "tax_no": "行政相对人代码_4（税务登记号）",
    "document_kind": "证件类型",
    "document_number": "证件号码",
    "document_no": "行政处罚决定书文号",
    "conduct": "违法行为类型",
    "facts": "违法事实",
    "basis": "处罚依据",
    "sort": "处罚类别",
    "content": "处罚内容",
    "amount": "罚款金额（万元）",
    "document_date": "处罚决定日期",
    "valid_until": "处罚有效期",
    "publicity_end": "公示截止期",
    "authority": "处罚机关",
}
PENALTY_CODES: Final = {
    "name": "CF_XDR_MC",
    "kind": "CF_XDR_LB",
    "uscc": "CF_XDR_SHXYM",
    "reg_no": "CF_XDR_GSZC",
    "org_code": "CF_XDR_ZZJG",
    "tax_no": "CF_XDR_SWDJ",
    "document_kind": "CF_XDR_ZJLX",
    "document_number": "CF_XDR_ZJHM",
    "document_no": "CF_WSH",
    "conduct": "CF_WFXW",
    "facts": "CF_SY",
    "basis": "CF_YJ",
    "sort": "CF_CFLB",
    "content": "CF_NR",
    "amount": "CF_NR_FK",
    "document_date": "CF_JDRQ",
    "valid_until": "CF_YXQ",
    "publicity_end": "CF_GSJZQ",
    "authority": "CF_CFJG",
}
PERMIT: Final = {
    "name": "行政相对人名称",
    "kind": "行政相对人类别",
    "uscc": "行政相对人代码_1（统一社会信用代码）",
    "reg_no": "行政相对人代码_2（工商注册号）",
    "org_code": "行政相对人代码_3（组织机构代码）",
    "tax_no": "行政相对人代码_4（税务登记号）",
    "document_kind": "证件类型",
    "document_number": "证件号码",
    "paper": "行政许可决定文书名称",
    "document_no": "行政许可决定文书号",
    "sort": "许可类别",
    "content": "许可内容",
    "document_date": "许可决定日期",
    "valid_from": "有效期自",
    "valid_until": "有效期至",
    "authority": "许可机关",
    "status": "当前状态",
}
COURT: Final = {
    "document_no": "案号",
    "name": "姓名/名称",
    "party": "主体类型",
    "sex": "性别",
    "age": "年龄",
    "code": "身份证号码/组织机构代码",
    "authority": "执行法院",
    "area": "省份",
    "basis": "执行依据文号",
    "unit": "作出执行依据单位",
    "duty": "生效法律文书确定的义务",
    "performance": "履行情况",
    "conduct": "失信行为具体情形",
    "filed": "立案时间",
    "document_date": "发布时间",
}
COURT_KEYS: Final = {
    "name": "iname",
    "document_no": "caseCode",
    "code": "cardNum",
    "sex": "sexy",
    "age": "age",
    "authority": "courtName",
    "area": "areaName",
    "party": "partyTypeName",
    "basis": "gistId",
    "filed": "regDate",
    "unit": "gistUnit",
    "duty": "duty",
    "performance": "performance",
    "conduct": "disruptTypeName",
    "document_date": "publishDate",
}
TAX: Final = {
    "name": "纳税人名称",
    "code": "统一社会信用代码",
    "legal_representative": "法定代表人或负责人姓名",
    "conduct": "案件性质",
    "facts": "主要违法事实",
    "basis": "相关法律依据及税务处理处罚情况",
    "authority": "认定部门",
    "document_no": "文书号",
    "document_date": "认定日期",
    "notice_start": "公示开始",
    "notice_end": "公示结束",
    "signed_by": "签署人",
    "valid_from": "有效期自",
    "valid_until": "有效期至",
}
INTERNATIONAL: Final = {
    "type": "Type",
    "name": "Full Name",
    "passport": "Passport No",
    "registration": "Registration No",
    "country": "Country",
    "listed_on": "Listed On",
    "reference": "Reference",
}
LONG: Final = {
    "主体代码": "主体代码（统一社会信用代码）",
    "主体名称": "主体名称（全称）",
    "认定日期": "认定日期（年月日）",
    "姓名/名称": "失信被执行人姓名／名称",
    "身份证号码/组织机构代码": "身份证号码／组织机构代码",
    "履行情况": "被执行人的履行情况",
    "失信行为具体情形": "失信被执行人具体情形",
    "生效法律文书确定的义务": "法律生效文书确定的义务",
    "统一社会信用代码": "纳税人识别号（统一社会信用代码）",
}

OWN_SOURCE: Final = {
    "source.toml": """\
title_zh = "示例国际名单"
title_en = "Invented international list"
authority = "Example Council"
licence = "invented"
max_age_days = 90
shrink_threshold = 0.5
provides = ["international.un"]
""",
    "mapping.toml": """\
required = ["name", "document_date"]

[columns]
subject_kind = ["Type"]
name = ["Full Name"]
document_no = ["Reference"]
document_date = ["Listed On"]
registered_in = ["Country"]

[identifiers]
passport = ["Passport No"]
foreign_reg_no = ["Registration No"]

[constants]
list_type = "international.un"
authority = "Example Council"
basis = "Example resolution 1"

[words.subject_kind]
Individual = "natural_person"
Entity = "legal_entity"
""",
}


def varied(labels: dict[str, str], how: str, random: Random) -> dict[str, str]:
    """The labels as another exporter writes them: `numbered`, `colon` or `long`."""
    if how == "numbered":
        style = random.choice(("{0}.{1}", "{0}、{1}", "（{0}）{1}", "{0} {1}"))
        return {field: style.format(place, label) for place, (field, label) in enumerate(labels.items(), 1)}
    if how == "colon":
        mark = random.choice((":", "：", "*", "＊"))
        return {field: label + mark for field, label in labels.items()}
    return {field: LONG.get(label, label) for field, label in labels.items()}
