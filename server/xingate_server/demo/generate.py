"""Write the invented Shiyan lists, each in its authority's own exchange format.

Run `python -m xingate_server.demo.generate` after a change here; the files are committed. Nobody and nothing in
them exists: companies are 示例…, division 420399; people carry the never-issued division 990000.
"""

import csv
import json
from pathlib import Path

from openpyxl import Workbook

from xingate_server.demo import DATA
from xingate_server.demo.numbers import citizen_number, unified_code

MAYOR = "示例签署人"
AUTHORITY = "示例市场监督管理局"
BASIS = "《示例领域信用名单管理办法》第八条"
NOTICE = {"公示开始": "2026-03-02", "公示结束": "2026-03-30", "签署人": MAYOR}
FULL = {"认定部门": AUTHORITY, "认定依据": BASIS, "认定日期": "2026-04-01"}

COLUMNS = [
    "名单类型",
    "主体类别",
    "主体名称",
    "主体代码",
    "证件类型",
    "法定代表人",
    "法定代表人证件号码",
    "关联人员",
    "失信程度",
    "等级",
    "认定事由",
    "认定部门",
    "认定依据",
    "文书号",
    "认定日期",
    "公示开始",
    "公示结束",
    "签署人",
    "有效期自",
    "有效期至",
    "状态",
    "状态日期",
    "状态原因",
    "区域",
    "领域",
    "可修复",
]


def row(list_type: str, name: str, code: str, number: int, **cells: str) -> dict[str, str]:
    """One row of the city's list, with a complete procedure unless `cells` say otherwise."""
    kind = "自然人" if code.startswith("99") else "个体工商户" if code.startswith("92") else "法人和其他组织"
    procedure = NOTICE if list_type.startswith(("black.", "red.")) else {}
    document = {"文书号": f"示例信认〔2026〕{number}号"}
    subject = {"名单类型": list_type, "主体类别": kind, "主体名称": name, "主体代码": code, "区域": "示例市"}
    return subject | FULL | document | procedure | cells


PEOPLE = {
    name: citizen_number(serial)
    for serial, name in enumerate(
        ("示例甲", "示例乙", "示例丙", "示例丁", "示例戊", "示例己", "示例庚", "示例辛"), start=101
    )
}

BLACK = [
    row(
        "black.bid_rigging",
        "示例建工有限公司",
        unified_code(1),
        1,
        失信程度="严重",
        认定事由="示例：串通投标",
        法定代表人="示例甲",
        法定代表人证件号码=PEOPLE["示例甲"],
        关联人员=";".join(
            f"{role}:{name}:{PEOPLE[name]}"
            for role, name in (
                ("principal", "示例乙"),
                ("executive", "示例丙"),
                ("director", "示例丁"),
                ("shareholder", "示例戊"),
                ("practitioner", "示例己"),
            )
        ),
    ),
    row(
        "black.food_drug",
        "示例异议食品有限公司",
        unified_code(4),
        4,
        失信程度="严重",
        状态="异议核实中",
        状态日期="2026-05-06",
        状态原因="异议",
    ),
    row(
        "black.environment",
        "示例修复化工有限公司",
        unified_code(5),
        5,
        失信程度="严重",
        状态="已修复",
        状态日期="2026-06-01",
        状态原因="修复",
    ),
    row(
        "black.contract_fraud",
        "示例后黑商贸有限公司",
        unified_code(6),
        6,
        失信程度="严重",
        认定日期="2026-05-06",
        公示开始="2026-04-01",
        公示结束="2026-05-05",
    ),
    row("black.tax_evasion", "示例先黑物流有限公司", unified_code(7), 7, 失信程度="特别严重", 可修复="否"),
    row("black.fire_safety", "示例短公示有限公司", unified_code(8), 8, 公示结束="2026-03-27"),
    row(
        "black.work_safety",
        "示例过期运输有限公司",
        unified_code(9),
        9,
        认定日期="2019-04-01",
        公示开始="2019-03-01",
        公示结束="2019-03-29",
        有效期至="2022-03-31",
    ),
    row("black.wage_arrears", "示例轻微劳务有限公司", unified_code(10), 10, 失信程度="轻微"),
    row(
        "black.administrative_default",
        "示例庚",
        PEOPLE["示例庚"],
        11,
        失信程度="严重",
        公示开始="",
        公示结束="",
        签署人="",
    ),
    row(
        "criticised.environment_project",
        "示例环保工程有限公司",
        unified_code(12),
        12,
        法定代表人="示例辛",
        法定代表人证件号码=PEOPLE["示例辛"],
    ),
    row("watch.key_monitoring", "示例监测矿业有限公司", unified_code(13), 13),
    row("general.ordinary", "示例小吃店", unified_code(14, "92"), 14),
    row("commitment.breached", "示例违诺置业有限公司", unified_code(15), 15, 认定事由="示例：承诺期满未补交材料"),
    row("commitment.open", "示例承诺置业有限公司", unified_code(16), 16),
    # Rows as clerks really send them.
    row("black.bribery", "示例错码有限公司", unified_code(21)[:-1] + ("0" if unified_code(21)[-1] != "0" else "1"), 21),
    row("black.bribery", "示例无码有限公司", "无", 22),
    row("black.bribery", "示例缺依据有限公司", unified_code(23), 23, 认定依据=""),
    row("black.bribery", "示例错日期有限公司", unified_code(24), 24, 认定日期="2026-4-1"),
    row("black.bribery", "示例错词有限公司", unified_code(25), 25, 失信程度="很严重"),
    row("black.unheard_of", "示例未知名单有限公司", unified_code(26), 26),
    row(
        "black.bid_rigging", "示例建工有限公司", unified_code(1).lower(), 27, 失信程度="一般", 认定事由="示例：小写代码"
    ),
]
RED = [
    row("red.integrity_model", "示例诚信科技有限公司", unified_code(2), 32),
    row("red.integrity_model", "示例后黑商贸有限公司", unified_code(6), 36),
    row("red.moral_model", "示例先黑物流有限公司", unified_code(7), 37, 认定日期="2026-04-08"),
    row("red.a_grade_taxpayer", "示例纳税科技有限公司", unified_code(17), 38),
    row("red.volunteer", "示例辛", PEOPLE["示例辛"], 39),
    row("grade.credit", "示例甲级制造有限公司", unified_code(18), 40, 等级="A"),
    row("grade.rural_household", "示例农户", citizen_number(201), 41, 等级="十星级"),
]
REGISTER = [
    (name, unified_code(serial, kind), established, entity_type)
    for name, serial, kind, established, entity_type in (
        ("示例建工有限公司", 1, "91", "2010-05-06", "有限责任公司"),
        ("示例诚信科技有限公司", 2, "91", "2012-03-04", "有限责任公司"),
        ("示例清白商贸有限公司", 3, "91", "2015-07-08", "有限责任公司"),
        ("示例异议食品有限公司", 4, "91", "2014-01-02", "有限责任公司"),
        ("示例新设网络有限公司", 19, "91", "2026-01-05", "有限责任公司"),
        ("示例罚款餐饮有限公司", 20, "91", "2013-09-10", "有限责任公司"),
        ("示例小吃店", 14, "92", "2016-02-03", "个体工商户"),
    )
]
PENALTIES = [
    {
        "CF_XDR_MC": "示例罚款餐饮有限公司",
        "CF_XDR_LB": "法人及非法人组织",
        "CF_XDR_SHXYM": unified_code(20),
        "CF_FRDB": "示例壬",
        "CF_WSH": "示例市监罚〔2026〕1号",
        "CF_WFXW": "示例：无证经营",
        "CF_SY": "示例事实",
        "CF_YJ": "《示例条例》第一条",
        "CF_CFLB": "罚款",
        "CF_NR": "罚款2000元",
        "CF_NR_FK": "0.2",
        "CF_JDRQ": "2026-05-20",
        "CF_YXQ": "2099-12-31",
        "CF_CFJG": AUTHORITY,
        "CF_CFJGDM": unified_code(90, "11"),
        "CF_SJLY": AUTHORITY,
        "CF_SJLYDM": unified_code(90, "11"),
        "BZ": " ",
    }
]
PERMITS = [
    {
        "行政相对人名称": "示例清白商贸有限公司",
        "行政相对人类别": "法人及非法人组织",
        "行政相对人代码_1(统一社会信用代码)": unified_code(3),
        "法定代表人": "示例癸",
        "行政许可决定文书名称": "示例准予许可决定书",
        "行政许可决定文书号": "暂无",
        "许可类别": "普通",
        "许可编号": "示例许0001",
        "许可内容": "示例经营许可",
        "许可决定日期": "2026/05/20",
        "有效期自": "2026/05/20",
        "有效期至": "2099/12/31",
        "许可机关": "示例行政审批局",
        "许可机关统一社会信用代码": unified_code(91, "11"),
        "当前状态": "1",
        "数据来源单位": "示例行政审批局",
        "数据来源单位统一社会信用代码": unified_code(91, "11"),
        "备注": "",
    }
]
DEBTORS = [
    {
        "iname": "示例失信装饰有限公司",
        "caseCode": "（2026）示0399执1号",
        "cardNum": unified_code(30)[8:17],
        "businessEntity": "示例子",
        "courtName": "示例区人民法院",
        "areaName": "示例省",
        "partyTypeName": "1",
        "gistId": "（2025）示0399民初9号",
        "gistUnit": "示例区人民法院",
        "regDate": "20260109",
        "publishDate": "2026年03月13日",
        "duty": "示例：支付货款",
        "performance": "全部未履行",
        "performedPart": "",
        "unperformPart": "",
        "disruptTypeName": "有履行能力而拒不履行生效法律文书确定义务",
    },
    {
        "iname": "示例丑",
        "caseCode": "（2026）示0399执2号",
        "cardNum": citizen_number(301)[:10] + "****" + citizen_number(301)[-4:],
        "businessEntity": "",
        "courtName": "示例区人民法院",
        "areaName": "示例省",
        "partyTypeName": "0",
        "gistId": "（2025）示0399民初10号",
        "gistUnit": "示例区人民法院",
        "regDate": "20260112",
        "publishDate": "2026年03月16日",
        "duty": "示例：偿还借款",
        "performance": "全部未履行",
        "performedPart": "",
        "unperformPart": "",
        "disruptTypeName": "违反财产报告制度",
    },
]


def _write_csv(path: Path, columns: list[str], rows: list[dict[str, str]], encoding: str = "utf-8") -> None:
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        writer.writerows(rows)


def _write_xlsx(path: Path, columns: list[str], rows: list[dict[str, str]]) -> None:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("示例")
    for cells in (columns, *([row.get(column, "") for column in columns] for row in rows)):
        sheet.append(cells)
    book.save(path)


def main() -> None:
    """Write all lists into `data/`."""
    _write_csv(DATA / "city_list_black.csv", COLUMNS, BLACK)
    _write_xlsx(DATA / "city_list_red.xlsx", COLUMNS, RED)
    _write_xlsx(DATA / "double_publicity_penalty.xlsx", list(PENALTIES[0]), PENALTIES)
    _write_csv(DATA / "double_publicity_permit.csv", list(PERMITS[0]), PERMITS, "gb18030")
    register = [
        {"name": name, "uscc": code, "reg_date": day, "type": kind, "province": "示例省", "city": "示例市"}
        for name, code, day, kind in REGISTER
    ]
    _write_csv(DATA / "entity_register.csv", list(register[0]), register)
    text = json.dumps(DEBTORS, ensure_ascii=False, indent=1)
    (DATA / "judgment_debtor.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
