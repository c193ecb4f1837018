"""Makes the good sample files of each source: `python tests/contract/sources_good/generate.py --write`.

Everybody in them is invented: companies named 示例…, division 420399, people with the never-issued division 990000,
all with valid check digits.
"""

import csv
import io
import json
import sys
from pathlib import Path

HERE = Path(__file__).parent
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def uscc(serial: int) -> str:
    """A unified code whose both check digits are right."""
    digits = f"{serial:08d}"
    rest = 11 - sum(int(d) * w for d, w in zip(digits, (3, 7, 9, 10, 5, 8, 4, 2), strict=True)) % 11
    body = f"91420399{digits}" + ("X" if rest == 10 else "0" if rest == 11 else str(rest))
    total = sum(ALPHABET.index(c) * pow(3, place, 31) for place, c in enumerate(body))
    return body + ALPHABET[(31 - total % 31) % 31]


def citizen(serial: int) -> str:
    """A citizen number of a division that was never issued."""
    body = f"990000198001{serial:05d}"
    total = sum(int(c) * pow(2, 17 - place, 11) for place, c in enumerate(body))
    return body + "10X98765432"[total % 11]


def cells(row: str) -> list[str]:
    """A row written with bars between its cells."""
    return row.split("|")


def table(rows: list[list[str]], encoding: str = "utf-8", separator: str = ",") -> bytes:
    """Csv as a spreadsheet program writes it."""
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=separator).writerows(rows)
    return text.getvalue().encode(encoding)


CITY = [
    cells("名单类型|主体类别|主体名称|主体代码|失信程度|认定部门|认定依据|文书号|认定日期|有效期自|有效期至|备注栏"),
    cells(
        f"black.wage_arrears|法人和其他组织|示例建筑公司|{uscc(1)}|严重|示例局|条例|示〔2024〕1号"
        "|2024-05-01|2024/5/1|2027-04-30 00:00:00|余"
    ),
    cells(f"red.volunteer|自然人|示例甲|{citizen(101)}||示例局|条例|示〔2024〕2号|2024年5月2日|20240502|2099-12-31|"),
]
REGISTER = [
    cells("name|uscc|reg_date|type|province|city"),
    cells(f"示例建筑公司|{uscc(1)}|2015-01-02|有限责任公司|湖北|十堰"),
    cells(f"示例面馆|{uscc(2)}|2016-01-02|个体工商户|湖北|十堰"),
    cells("示例旧厂|420399000000001|1999-01-02|N/A|湖北|十堰"),
]
PENALTY = [
    cells(
        "CF_XDR_MC|CF_XDR_LB|CF_XDR_SHXYM|CF_XDR_ZJLX|CF_XDR_ZJHM|CF_WSH|CF_SY|CF_YJ|CF_NR_FK|CF_JDRQ|CF_YXQ|CF_CFJG"
    ),
    cells(
        f"示例建筑公司|法人及非法人组织|{uscc(1)}|||示罚〔2024〕1号|扬尘|条例第一条|0.2|2024-05-01|2025-05-01|示例局"
    ),
    cells(f"示例甲|自然人||身份证|{citizen(101)}|示罚〔2024〕2号|占道|条例第二条|0.02|2024-05-02|无处罚期限|示例局"),
]
COURT = [
    {
        "iname": "示例甲",
        "caseCode": "（2024）示0399执1号",
        "cardNum": "9900001980****1014",
        "businessEntity": "",
        "courtName": "示例法院",
        "areaName": "湖北",
        "partyTypeName": "0",
        "gistId": "（2023）示0399民初1号",
        "gistUnit": "示例法院",
        "regDate": "20240501",
        "publishDate": "2024年05月13日",
        "performance": "全部未履行",
        "disruptTypeName": "有履行能力而拒不履行",
    },
    {
        "iname": "示例建筑公司",
        "caseCode": "（2024）示0399执2号",
        "cardNum": uscc(1)[8:17],
        "businessEntity": "示例乙",
        "courtName": "示例法院",
        "areaName": "湖北",
        "partyTypeName": 1,
        "gistId": "（2023）示0399民初2号",
        "gistUnit": "示例法院",
        "regDate": "20240502",
        "publishDate": "20240514",
        "performance": "全部已履行",
        "disruptTypeName": "违反财产报告制度",
    },
]
UN = """<?xml version="1.0" encoding="UTF-8"?>
<CONSOLIDATED_LIST dateGenerated="2026-02-26T20:00:09.554Z"><INDIVIDUALS><INDIVIDUAL><FIRST_NAME>EXAMPLE</FIRST_NAME>
<SECOND_NAME>PERSON</SECOND_NAME><UN_LIST_TYPE>DRC</UN_LIST_TYPE><REFERENCE_NUMBER>CDi.999</REFERENCE_NUMBER>
<LISTED_ON>2014-06-30-04:00</LISTED_ON><NAME_ORIGINAL_SCRIPT>示例人</NAME_ORIGINAL_SCRIPT><INDIVIDUAL_ALIAS><QUALITY>Good
</QUALITY><ALIAS_NAME>Invented Person</ALIAS_NAME></INDIVIDUAL_ALIAS><INDIVIDUAL_DOCUMENT><TYPE_OF_DOCUMENT>Passport
</TYPE_OF_DOCUMENT><NUMBER>X1234567</NUMBER></INDIVIDUAL_DOCUMENT><INDIVIDUAL_DOCUMENT><TYPE_OF_DOCUMENT>Passport
</TYPE_OF_DOCUMENT><NUMBER>AB12???</NUMBER></INDIVIDUAL_DOCUMENT><INDIVIDUAL_ADDRESS><COUNTRY>Mali</COUNTRY>
</INDIVIDUAL_ADDRESS></INDIVIDUAL></INDIVIDUALS><ENTITIES><ENTITY><FIRST_NAME>EXAMPLE TRADING</FIRST_NAME>
<UN_LIST_TYPE>DPRK</UN_LIST_TYPE><REFERENCE_NUMBER>KPe.999</REFERENCE_NUMBER><LISTED_ON>2017-06-02</LISTED_ON>
<COMMENTS1>Invented.</COMMENTS1><ENTITY_ALIAS><ALIAS_NAME>示例贸易</ALIAS_NAME></ENTITY_ALIAS><ENTITY_ALIAS><ALIAS_NAME/>
</ENTITY_ALIAS><ENTITY_ADDRESS><COUNTRY>Jordan</COUNTRY></ENTITY_ADDRESS><ENTITY_ADDRESS><COUNTRY>China</COUNTRY>
</ENTITY_ADDRESS></ENTITY></ENTITIES></CONSOLIDATED_LIST>
"""
UK_HEADER = (
    "Last Updated|Unique ID|OFSI Group ID|UN Reference Number|Name 6|Name 1|Name 2|Name 3|Name 4|Name 5|Name type"
    "|Alias strength|Title|Name non-latin script|Non-latin script type|Non-latin script language|Regime Name"
    "|Designation Type|Designation source|Sanctions Imposed|Other Information|UK Statement of Reasons|Address Line 1"
    "|Address Line 2|Address Line 3|Address Line 4|Address Line 5|Address Line 6|Address Postal Code|Address Country"
    "|Phone number|Website|Email address|Date Designated|D.O.B|Nationality(/ies)|National Identifier number"
    "|National Identifier additional information|Passport number|Passport additional information|Position|Gender"
    "|Town of birth|Country of birth|Type of entity|Subsidiaries|Parent company|Business registration number (s)"
    "|IMO number|Current owner/operator (s)|Previous owner/operator (s)|Current believed flag of ship|Previous flags"
    "|Type of ship|Tonnage of ship|Length of ship|Year Built|Hull identification number (HIN)"
)


def uk_row(unique_id: str, kind: str, name: str, role: str, **others: str) -> list[str]:
    """A row of the UK list: `name` is its name columns between bars, Name 6 first; other columns by their label."""
    parts = [*name.split("|"), *[""] * 6][:6]
    labels = cells(UK_HEADER)
    found = dict(zip(labels[4:10], parts, strict=True))
    found |= {"Last Updated": "28/10/2026", "Unique ID": unique_id, "Name type": role, "Designation Type": kind}
    found |= {"Regime Name": "The Example (Sanctions) Regulations 2026", "Designation source": "UK"}
    found |= {"Sanctions Imposed": "Asset freeze|Travel ban", "Date Designated": "05/01/2026", **others}
    return [found.get(label, "") for label in labels]


RU = {"Nationality(/ies)": "Russia"}
UK = [
    ["Report Date: 18-Nov-2026"],
    cells(UK_HEADER),
    uk_row("EXU0001", "Individual", "EXEMPLOV|VALERA", "Alias", **RU, **{"Alias strength": "Good quality"}),
    uk_row(
        *("EXU0001", "Individual", "EXEMPLOV|VALERY|NIKOLAEVICH", "Primary Name"),
        **RU,
        **{"Name non-latin script": "Валерий Примеров", "Passport number": "(1) EX1234567 (2) EX7654321 (expired)"},
        **{"D.O.B": "dd/mm/1970", "National Identifier number": "Exampleland tax no. 770000000099"},
    ),
    uk_row(
        *("EXU0002", "Entity", "EXAMPLE TRADING LLC", "Primary Name"),
        **{"Address Country": "Russia", "Business registration number (s)": "1027800000099 (Russia)"},
    ),
    uk_row("EXU0003", "Ship", "EXAMPLE STAR", "Primary Name", **{"IMO number": "0000000"}),
    uk_row("EXU0003", "Ship", "OLD STAR", "Alias"),
    uk_row("EXU0001", "Individual", "PRIMEROV|VALERIY", "Primary Name Variation", **RU),
    uk_row("EXU0004", "Entity", "SHILI TRADING CO", "Primary Name", **{"Address Country": "China"}),
]
EU_HEADER = (
    "fileGenerationDate|Entity_LogicalId|Entity_EU_ReferenceNumber|Entity_UnitedNationId|Entity_DesignationDate"
    "|Entity_DesignationDetails|Entity_Remark|Entity_SubjectType|Entity_SubjectType_ClassificationCode"
    "|Entity_Regulation_Type|Entity_Regulation_OrganisationType|Entity_Regulation_PublicationDate"
    "|Entity_Regulation_EntryIntoForceDate|Entity_Regulation_NumberTitle|Entity_Regulation_Programme"
    "|Entity_Regulation_PublicationUrl|NameAlias_LastName|NameAlias_FirstName|NameAlias_MiddleName"
    "|NameAlias_WholeName|NameAlias_NameLanguage|NameAlias_Gender|NameAlias_LogicalId|Address_City"
    "|Address_CountryIso2Code|Address_LogicalId|BirthDate_BirthDate|BirthDate_Year|Identification_Number"
    "|Identification_LatinNumber|Identification_TypeCode|Identification_TypeDescription|Identification_LogicalId"
    "|Citizenship_CountryIso2Code"
)


def eu_row(logical_id: int, kind: str, **others: str) -> list[str]:
    """A row of the EU list."""
    found = {"fileGenerationDate": "18/11/2026", "Entity_LogicalId": str(logical_id)}
    found |= {"Entity_EU_ReferenceNumber": f"EU.{logical_id}.99", "Entity_SubjectType": kind[0].upper()}
    found |= {"Entity_SubjectType_ClassificationCode": kind, "Entity_Regulation_PublicationDate": "2026-01-05"}
    found |= {"Entity_Regulation_Programme": "EXA", **others}
    return [found.get(label, "") for label in cells(EU_HEADER)]


EU = [
    cells(EU_HEADER),
    eu_row(9001, "person", NameAlias_WholeName="Valery Exemplov", NameAlias_LastName="Exemplov"),
    eu_row(9001, "person", NameAlias_LastName="Primerov", NameAlias_FirstName="Valeriy"),
    eu_row(9001, "person", Identification_Number="EX1234567", Identification_TypeCode="passport"),
    eu_row(9001, "person", Identification_Number="770000000099 (taxid)", Identification_TypeCode="taxid"),
    eu_row(9001, "person", BirthDate_Year="1970", Citizenship_CountryIso2Code="RU"),
    eu_row(9002, "enterprise", NameAlias_WholeName="EXAMPLE TRADING LLC", Address_CountryIso2Code="RU"),
    eu_row(9002, "enterprise", Identification_Number="1027800000099", Identification_TypeCode="regnumber"),
    eu_row(9003, "enterprise", NameAlias_WholeName="SHILI TRADING CO", Address_CountryIso2Code="HK"),
]
NULL = "-0- "
SDN_REMARKS = "Registration Number 1027800000099 (Russia); a.k.a. 'EXSHIP'; Linked To: NOBODY;"
SDN = [
    ["901", "EXAMPLE SHIPPING LTD.", NULL, "EX] [AMPLE", *[NULL] * 7, SDN_REMARKS],
    ["902", "SHILI TRADING CO.", NULL, "EX", *[NULL] * 7, f"Unified Social Credit Code (USCC) {uscc(3)} (China)."],
    ["903", "DOE, John", "individual", "EX", *[NULL] * 7, "DOB 12 Oct 1956; Passport X0000903 (Cuba); Gender Male."],
    ["904", "EXAMPLE STAR", "vessel", "EX", *[NULL] * 8],
]
ADDRESSES = [
    ["901", "1", NULL, "Moscow", "Russia", NULL],
    ["902", "2", NULL, "Dandong", "China", NULL],
    ["903", "3", NULL, NULL, "Cuba", NULL],
]
COMMENTS = [["901", " Company Number 10000099 (Russia)."]]
ALIASES = [["901", "1", "aka", "SOCIÉTÉ EXEMPLE", NULL], ["904", "2", "fka", "OLD STAR", NULL]]

RECOGNISED = "文书号|认定日期|公示开始|公示结束|签署人"
RECOGNITION = "示〔2026〕{}号|2026-04-01|2026-03-02|2026-03-30|示例签署人"
# Header and rows of each list that is read by a mapping alone; `{}` is the row's own number.
MAPPED: dict[str, tuple[str, tuple[str, ...]]] = {
    "abnormal_operation": (
        "经营异常名录ID|统一社会信用代码|注册号|企业名称|列入日期|列入原因|作出决定机关(列入)|移出日期|移出原因",
        (
            f"EX901|{uscc(1)}||示例建筑公司|2025-03-01|通过登记的住所无法联系|示例市场监督管理局||",
            "EX902||420399000000017|示例旧厂|2024年5月6日|未公示年度报告|示例市场监督管理局|2025-01-02|已补报",
        ),
    ),
    "serious_violation": (
        f"illid|uniscid|entname|abntime|serillrea_cn|decorg_cn|remdate|{RECOGNISED}",
        (
            f"EX903|{uscc(1)}|示例建筑公司|2026-04-01|销售不符合食品安全标准的食品|示例市场监督管理局||{RECOGNITION.format(1)}",
            f"EX904|{uscc(2)}|示例面馆|2026-04-01|列入经营异常名录届满3年仍未履行义务|示例市场监督管理局||{RECOGNITION.format(2)}",
        ),
    ),
    "tax_violation": (
        f"纳税人名称|统一社会信用代码|法定代表人或负责人姓名|案件性质|主要违法事实|相关法律依据及税务处理处罚情况|认定部门|{RECOGNISED}",
        (
            f"示例建筑公司|{uscc(1)}|示例甲|偷税|少缴税款|税收征收管理法第六十三条|示例税务局|{RECOGNITION.format(3)}",
            f"示例面馆|{uscc(2)}|示例乙|虚开发票|虚开3份|发票管理办法第三十五条|示例税务局|{RECOGNITION.format(4)}",
        ),
    ),
    "procurement_violation": (
        f"机构名称|统一社会信用代码/组织机构代码|不良行为的具体情形|处罚依据|处罚结果|处罚截止日期|数据来源|{RECOGNISED}",
        (
            f"示例建筑公司|{uscc(1)}|与其他供应商恶意串通|政府采购法第七十七条|禁止参加一年|2027-03-31|示例财政局|{RECOGNITION.format(5)}",
            f"示例面馆|{uscc(2)[8:17]}|提供虚假材料谋取中标|政府采购法第七十七条|罚款|2027/3/31|示例财政局|{RECOGNITION.format(6)}",
        ),
    ),
    "work_safety": (
        f"单位名称|统一社会信用代码/工商注册号|主要负责人|失信行为简况|信息报送机关|纳入理由|{RECOGNISED}",
        (
            f"示例建筑公司|{uscc(1)}|示例甲|发生事故|示例应急管理局|实施办法第二条|{RECOGNITION.format(7)}",
            f"示例旧厂|420399000000017|示例乙|隐瞒事故|示例应急管理局|实施办法第二条|{RECOGNITION.format(8)}",
        ),
    ),
    "a_grade_taxpayer": (
        f"纳税人名称|统一社会信用代码|评价年度|主管税务机关|{RECOGNISED}",
        (
            f"示例建筑公司|{uscc(1)}|2025|示例税务局|{RECOGNITION.format(9)}",
            f"示例面馆|{uscc(2)}|2025|示例税务局|{RECOGNITION.format(10)}",
        ),
    ),
    "aeo": (
        f"海关注册编码|统一社会信用代码|企业名称|信用等级|等级认定时间|注销标志|认定海关|{RECOGNISED}",
        (
            f"4203990001|{uscc(1)}|示例建筑公司|高级认证企业|2026-04-01|正常|示例海关|{RECOGNITION.format(11)}",
            f"4203990002|{uscc(2)}|示例面馆|失信企业|2026-04-01|正常|示例海关|{RECOGNITION.format(12)}",
        ),
    ),
    "commitments": (
        "企业名称|统一社会信用代码|承诺类型|承诺事由|做出承诺日期|承诺受理单位|承诺履约状态|履约日期",
        (
            f"示例建筑公司|{uscc(1)}|审批替代型|三十日内补交图纸|2025-03-01|示例局|履约中|",
            f"示例面馆|{uscc(2)}|审批替代型|十日内补交租约|2025/3/2|示例局|违约|",
        ),
    ),
}
FTM: list[dict[str, object]] = [
    {
        "id": "ex-sanction-1",
        "schema": "Sanction",
        "properties": {
            "entity": ["ex-company"],
            "authority": ["Example Council"],
            "program": ["EX-PROGRAM"],
            "listingDate": ["2024-02-01"],
            "reason": ["Invented."],
        },
    },
    {
        "id": "ex-company",
        "schema": "Company",
        "caption": "Example Shipping Ltd",
        "datasets": ["eu_fsf"],
        "first_seen": "2024-02-03T01:02:03",
        "properties": {
            "name": ["Example Shipping Ltd"],
            "alias": ["Société Exemple", "示例航运"],
            "jurisdiction": ["ru"],
            "ogrnCode": ["1027800000099"],
            "topics": ["sanction"],
        },
    },
    {
        "id": "ex-person",
        "schema": "Person",
        "caption": "Jane Example",
        "datasets": ["un_sc_sanctions", "us_ofac_sdn"],
        "first_seen": "2023-01-02",
        "properties": {"name": ["Jane Example"], "topics": ["sanction"], "nationality": ["ml"]},
    },
    {
        "id": "ex-passport",
        "schema": "Passport",
        "properties": {"holder": ["ex-person"], "number": ["X1234567"], "type": ["passport"]},
    },
    {
        "id": "ex-friend",
        "schema": "Person",
        "caption": "A Politician",
        "datasets": ["peps"],
        "properties": {"name": ["A Politician"], "topics": ["role.pep"]},
    },
    {
        "id": "ex-vessel",
        "schema": "Vessel",
        "caption": "EXAMPLE STAR",
        "datasets": ["us_ofac_sdn"],
        "first_seen": "2023-01-02",
        "properties": {"name": ["EXAMPLE STAR"], "topics": ["sanction"]},
    },
]


def lines(rows: list[dict[str, object]]) -> bytes:
    """JSON lines."""
    return "\n".join(json.dumps(row, ensure_ascii=False) for row in rows).encode()


SAMPLES: dict[str, dict[str, bytes]] = {
    **{kind: {"list.csv": table([cells(header), *map(cells, rows)])} for kind, (header, rows) in MAPPED.items()},
    "ftm": {"entities.ftm.json": lines(FTM)},
    "city_list": {"list.csv": table(CITY, "gb18030")},
    "entity_register": {"register.csv": table(REGISTER)},
    "double_publicity": {"penalty.csv": table(PENALTY)},
    "judgment_debtor": {
        "court.json": json.dumps(COURT, ensure_ascii=False, indent=1).encode(),
        "court.jsonl": "\n".join(json.dumps(row, ensure_ascii=False) for row in COURT).encode(),
    },
    "uk_sanctions": {"UK-Sanctions-List.csv": table(UK)},
    "eu_sanctions": {"eu.csv": table(EU, "utf-8-sig", ";")},
    "un_consolidated": {"consolidated.xml": UN.encode()},
    "ofac": {
        "sdn.csv": table(SDN, "cp1252") + b"\x1a",
        "add.csv": table(ADDRESSES, "cp1252"),
        "alt.csv": table(ALIASES, "cp1252"),
        "sdn_comments.csv": table(COMMENTS, "cp1252"),
    },
}


def main() -> None:
    """Write the samples, only when asked to."""
    if sys.argv[1:] != ["--write"]:
        raise SystemExit("nothing written: say --write")
    for kind, files in SAMPLES.items():
        (HERE / kind).mkdir(exist_ok=True)
        for name, content in files.items():
            (HERE / kind / name).write_bytes(content)


if __name__ == "__main__":
    main()
