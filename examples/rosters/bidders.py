"""An invented roster of bidders: companies named 示例…, numbers of division 420399 and 990000, which were never issued.

python examples/rosters/bidders.py 1000 examples/rosters/bidders.xlsx
python examples/rosters/bidders.py 100000 bidders.csv

Among them are the companies of the demo's lists, one with a mistyped number and one without any.
"""

import csv
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from xingate_server.demo.numbers import citizen_number, unified_code

TITLE = "示例市政道路工程投标人名单"
HEADER = (
    "序号",
    "投标人名称",
    "统一社会信用代码",
    "主体类别",
    "法定代表人",
    "法定代表人身份证号",
    "标段编号",
    "投标报价（元）",
)
LISTED = range(1, 21)  # the companies that the demo's lists and register know
MISTYPED, NAMELESS = 500, 501
_EVERY = 37
_WIDTHS = (6, 32, 24, 14, 12, 24, 12, 16)
_MADE = datetime(2026, 7, 1)  # noqa: DTZ001 -- the same file whenever it is made


def rows(count: int) -> Iterator[tuple[str, ...]]:
    """The rows under the header."""
    listed = iter(LISTED)
    for number in range(1, count + 1):
        serial = next(listed, 0) if number % _EVERY == 1 else 0
        code = unified_code(serial or 10_000 + number)
        if number == MISTYPED:
            code = code[:-1] + ("1" if code[-1] != "1" else "2")
        elif number == NAMELESS:
            code = ""
        person = citizen_number(101 if serial == 1 else number % 1000, "19800101" if serial == 1 else _born(number))
        yield (
            *(str(number), f"示例第{number}建设工程有限公司", code, "法人和其他组织", f"示例{number}", person),
            *(f"BD-2026-{number % 3 + 1}", f"{9_000_000 + number * 7919 % 1_000_000}"),
        )


def _born(number: int) -> str:
    return f"{1960 + number // 1000 % 40}{number // 40_000 % 12 + 1:02d}{number // 480_000 % 28 + 1:02d}"


def write_xlsx(file: Path, count: int) -> None:
    """A workbook as an office makes it: a merged title above the header, codes as text."""
    from xlsxwriter import Workbook

    with Workbook(str(file), {"constant_memory": True}) as book:
        book.set_properties({"created": _MADE})
        page = book.add_worksheet("投标人")
        bold = book.add_format({"bold": True, "bg_color": "#D9E1F2", "border": 1})
        for column, width in enumerate(_WIDTHS):
            page.set_column(column, column, width)
        page.merge_range(0, 0, 0, len(HEADER) - 1, TITLE, book.add_format({"bold": True, "align": "center"}))
        page.write_row(1, 0, HEADER, bold)
        for line, row in enumerate(rows(count), 2):
            for column, cell in enumerate(row):
                page.write_string(line, column, cell)


def write_csv(file: Path, count: int) -> None:
    """The same as csv in UTF-8 with its mark."""
    with file.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(HEADER)
        writer.writerows(rows(count))


if __name__ == "__main__":
    if len(sys.argv) != 3:  # noqa: PLR2004 -- the script, COUNT and FILE
        sys.exit("usage: python examples/rosters/bidders.py COUNT FILE.xlsx|FILE.csv")
    target = Path(sys.argv[2])
    (write_csv if target.suffix == ".csv" else write_xlsx)(target, int(sys.argv[1]))
