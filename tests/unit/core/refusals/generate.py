"""Write one bad-input file for each refusal reason: `python tests/unit/core/refusals/generate.py --regenerate`.

Each file is a city list whose last row is the bad one. What admission must make of it stands in `expected.yaml`, by
hand, and nowhere else: a row that has a name is admitted whatever its number, and counted. All subjects are invented
(示例…, division 420399).
"""

import csv
import sys
from pathlib import Path

from xingate_server.demo.generate import COLUMNS, row
from xingate_server.demo.numbers import citizen_number, unified_code

HERE = Path(__file__).parent
ROUNDED = unified_code(11)[:15] + "000"
BAD_CHECK = unified_code(11)[:-1] + ("0" if unified_code(11)[-1] != "0" else "1")


def _black(number: int, **cells: str) -> dict[str, str]:
    return row("black.bribery", f"示例第{number}有限公司", unified_code(number), number, **cells)


def _red(number: int, **cells: str) -> dict[str, str]:
    return row("red.integrity_model", f"示例第{number}有限公司", unified_code(number), number + 100, **cells)


# file name -> rows
CASES: dict[str, list[dict[str, str]]] = {
    "identifier_missing": [_black(1, 主体代码="无")],
    "identifier_malformed": [_black(1, 主体代码=unified_code(1)[:17])],
    "identifier_mojibake": [_black(1, 主体代码="锟�斤拷")],
    "identifier_masked_short": [_black(1, 主体代码="914203****0001")],
    "identifier_of_nobody": [row("black.bribery", "", unified_code(1)[:17], 1), row("black.bribery", "", "暂无", 2)],
    "identifier_rounded": [_black(1, 主体代码=ROUNDED)],
    "identifier_filler": [_black(1, 主体代码="123456789012345678")],
    "identifier_checksum": [_black(1, 主体代码=BAD_CHECK)],
    "subject_kind_missing": [_black(1, 主体类别="")],
    "subject_kind_unknown": [_black(1, 主体类别="店铺", 主体代码="12")],
    "list_type_unknown": [_black(1, 名单类型="black.unheard_of")],
    "value_unknown": [_black(1, 失信程度="很严重")],
    "grade_unknown": [row("grade.credit", "示例", unified_code(1), 1, 等级="E")],
    "authority_missing": [_black(1, 认定部门=" ")],
    "basis_missing": [_black(1, 认定依据="")],
    "document_missing": [_black(1, 文书号="")],
    "document_date_missing": [_black(1, 认定日期="")],
    "date_malformed": [_black(1, 有效期至="2027-2-30", 有效期自="1.2.2026")],
    "validity_inverted": [_black(1, 有效期自="2026-06-01", 有效期至="2026-05-31")],
    "validity_exceeds_maximum": [
        row("penalty.administrative", "示例", unified_code(1), 1, 失信程度="轻微", 有效期至="2026-07-02")
    ],
    "validity_at_maximum": [
        row("penalty.administrative", "示例", unified_code(1), 1, 失信程度="轻微", 有效期至="2026-07-01")
    ],
    "notice_too_short": [_black(1, 公示结束="2026-03-27")],
    "notice_document_on_last_day": [_black(1, 认定日期="2026-03-30")],
    "notice_calendar_unknown": [_black(1, 公示开始="2026-12-14", 公示结束="2027-01-15", 认定日期="2027-01-18")],
    "notice_known_days_suffice": [_black(1, 公示开始="2026-12-01", 公示结束="2027-01-15", 认定日期="2027-01-18")],
    "notice_missing": [_black(1, 公示开始="")],
    "signature_missing": [_black(1, 签署人="")],
    "several_reasons": [_black(1, 签署人="", 认定部门="", 主体代码="暂无")],
    "red_blocked_by_black": [_black(1), _red(1)],
    "red_removed_by_black": [_red(1), _black(1, 公示开始="2026-04-01", 公示结束="2026-05-05", 认定日期="2026-05-06")],
    "red_beside_suspended_black": [_black(1, 状态="suspended", 状态日期="2026-04-01"), _red(1)],
    "red_beside_corrected_black": [_black(1, 状态="已更正", 状态日期="2026-06-01"), _red(1)],
    "duplicate": [_black(1), _black(1, 主体代码=unified_code(1).lower(), 名单类型="black.bribery")],
    "superseded": [_black(1), _black(1, 状态="已修复", 状态日期="2026-06-01")],
    "superseded_severity": [_black(1, 失信程度="严重"), _black(1, 失信程度="一般", 状态="有效", 状态日期="2026-06-01")],
    "relation_unresolved": [_black(1, 法定代表人="示例甲", 法定代表人证件号码="1234")],
    "relation_full_width": [
        _black(1, 关联人员=f"ｐｒｉｎｃｉｐａｌ：示例乙：{citizen_number(1)}；董事：示例丙：{citizen_number(2)}")
    ],
}


def write(folder: Path) -> None:
    """Write all files into `folder`."""
    for name, rows in CASES.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS, restval="")
            writer.writeheader()
            writer.writerows(rows)


if __name__ == "__main__":
    if sys.argv[1:] != ["--regenerate"]:
        raise SystemExit("usage: generate.py --regenerate")
    write(HERE)
