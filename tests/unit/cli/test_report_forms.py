"""How a report leaves the house: spreadsheets that run nothing, charts that can be read; and how matters come in."""

import csv
import io
from datetime import date
from pathlib import Path
from xml.etree import ElementTree as ET

import openpyxl
import pytest

from xingate_server.cli.output.common import AskedWronglyError
from xingate_server.cli.output.sheets import Sheet, is_formula, to_csv, to_xlsx
from xingate_server.cli.output.svg import BARS_AT_MOST, Bar, Panel, Series, _round_up, draw
from xingate_server.cli.trace.matters import read_matters
from xingate_server.cli.trace.usage import chart, notes, sheets
from xingate_server.demo.numbers import citizen_number
from xingate_server.trace.audit.report import By, Coverage, Matter, OpenMatter, Usage, UsageRow

FORMULAS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    " =1",
    "＝1",
    "＋1",
    "－1",
    "＠x",
    "=cmd|'/c calc'!A0",
    "\n=1",
]
HARMLESS = ["示例局", "1-2", "a=b", "", "(x)", "'=1"]


class TestSheets:
    @pytest.mark.parametrize("text", FORMULAS)
    def test_what_could_run_is_text_in_csv_and_xlsx(self, text: str) -> None:
        assert is_formula(text)
        (row,) = list(csv.reader(io.StringIO(to_csv([Sheet("s", (), [(text, "after")])]))))[1:]
        assert row == [f"'{text}", "after"]
        book = openpyxl.load_workbook(io.BytesIO(to_xlsx([Sheet("s", ("h",), [(text,)])])))
        cell = book["s"]["A2"]
        assert cell.data_type == "s"
        assert cell.quotePrefix
        assert cell.value.replace("\r", "").strip() == text.strip()

    @pytest.mark.parametrize("text", HARMLESS)
    def test_what_could_not_stays_as_it_is(self, text: str) -> None:
        assert not is_formula(text)
        (row,) = list(csv.reader(io.StringIO(to_csv([Sheet("s", (), [(text, "x")])]))))[1:]
        assert row == [text, "x"]

    def test_headers_are_cells_too(self) -> None:
        assert to_csv([Sheet("s", ("=1",), [])]) == "'=1\r\n"
        book = openpyxl.load_workbook(io.BytesIO(to_xlsx([Sheet("s", ("=1",), [])])))
        assert book["s"]["A1"].data_type == "s"

    def test_numbers_stay_numbers_and_nothing_is_an_empty_cell(self) -> None:
        rows = [(-5, 2.5, None, 0)]
        assert to_csv([Sheet("s", ("a", "b", "c", "d"), rows)]) == "a,b,c,d\r\n-5,2.5,,0\r\n"
        book = openpyxl.load_workbook(io.BytesIO(to_xlsx([Sheet("s", ("a", "b", "c", "d"), rows)])))
        assert [cell.value for cell in book["s"][2]] == [-5, 2.5, None, 0]

    def test_characters_that_a_workbook_cannot_hold_become_blanks(self) -> None:
        book = openpyxl.load_workbook(io.BytesIO(to_xlsx([Sheet("s", ("a",), [("x\x00y\x0bz",)])])))
        assert book["s"]["A2"].value == "x y z"

    def test_several_tables(self) -> None:
        two = [Sheet("one", ("a",), [("x",)]), Sheet("two", ("b",), [("y",)])]
        assert to_csv(two) == "a\r\nx\r\n\r\nb\r\ny\r\n"
        assert openpyxl.load_workbook(io.BytesIO(to_xlsx(two))).sheetnames == ["one", "two"]


def usage(**fields: object) -> Usage:
    rows = (
        UsageRow(group="示例局 <&\"'", lookups=3, verdicts={"CLEAR": 1, "PROHIBITED": 2}),
        UsageRow(group="", lookups=1, verdicts={"CANNOT_TELL": 1}),
    )
    given = {
        "first": date(2026, 1, 1),
        "last": date(2026, 12, 31),
        "by": By.ORGANISATION,
        "rows": rows,
        "total": UsageRow(lookups=4, subjects=2, verdicts={"CLEAR": 1, "PROHIBITED": 2, "CANNOT_TELL": 1}),
    } | fields
    return Usage(**given)  # type: ignore[arg-type]  # a test gives what it likes


def texts(svg: str) -> list[str]:
    root = ET.fromstring(svg)  # noqa: S314 -- our own
    return [element.text or "" for element in root.iter("{http://www.w3.org/2000/svg}text")]


class TestChart:
    def test_it_is_xml_with_titles_in_both_languages_and_every_number(self) -> None:
        shown = texts(chart(usage()))
        assert "信用查询使用情况（按单位）：2026-01-01 至 2026-12-31" in shown
        assert "Lookups by organisation, 2026-01-01 to 2026-12-31" in shown
        assert {"示例局 <&\"'", "(未注明 not said)", "3", "1"} <= set(shown)

    def test_segments_are_as_long_as_their_values(self) -> None:
        series = (Series("a", "#111111"), Series("b", "#222222"))
        root = ET.fromstring(draw([Panel("题", "t", series, (Bar("x", (30, 10)), Bar("y", (0, 20))))]))  # noqa: S314
        bars = [e for e in root.iter("{http://www.w3.org/2000/svg}rect") if e.get("height") == "18"]
        widths = {(e.get("fill"), e[0].text): float(e.get("width", "")) for e in bars}
        assert set(widths) == {("#111111", "x: a 30"), ("#222222", "x: b 10"), ("#222222", "y: b 20")}
        assert widths["#111111", "x: a 30"] == pytest.approx(3 * widths["#222222", "x: b 10"], abs=0.5)
        assert widths["#222222", "y: b 20"] == pytest.approx(2 * widths["#222222", "x: b 10"], abs=0.5)

    def test_too_many_bars_are_added_up(self) -> None:
        bars = tuple(Bar(f"g{place}", (1, 2)) for place in range(BARS_AT_MOST + 5))
        shown = texts(draw([Panel("题", "t", (Series("a", "#111"), Series("b", "#222")), bars)]))
        assert "其他 / others (6)" in shown
        assert "18" in shown

    def test_nothing_at_all(self) -> None:
        assert "无记录 / nothing recorded" in texts(chart(usage(rows=(), total=UsageRow(), first=None, last=None)))

    def test_a_long_label_is_cut_and_kept_whole_in_its_title(self) -> None:
        label = "某" * 60
        svg = draw([Panel("题", "t", (Series("a", "#111"),), (Bar(label, (1,)),))])
        assert any(text.endswith("…") for text in texts(svg))
        assert f"<title>{label}</title>" in svg

    def test_control_characters_do_not_break_it(self) -> None:
        draw_of = draw([Panel("题", "t", (Series("a", "#111"),), (Bar("x\x00\x1by", (1,)),))])
        assert "x  y" in texts(draw_of)

    def test_coverage_stands_below(self) -> None:
        shown = texts(chart(usage(coverage=(Coverage(organisation="示例局", matters=3, covered=2, missing=1),))))
        assert "应查事项的查询覆盖" in shown

    @pytest.mark.parametrize("most", [0, 1, 5, 6, 9, 10, 99, 101, 150, 151, 999, 1000, 123_456, 10**7])
    def test_the_scale_ends_above_everything_and_divides_evenly(self, most: int) -> None:
        end = _round_up(most)
        assert end >= most
        assert end % 5 == 0
        assert end <= max(5, 2 * most)


class TestReportSheets:
    def test_total_last_and_sections_for_matters(self) -> None:
        open_matters = [OpenMatter(number="=M", organisation="示例局", decided_on="2026-03-01", asked_on="2026-03-02")]
        coverage = (Coverage(organisation="示例局", matters=1, late=1),)
        lines = to_csv(sheets(usage(coverage=coverage), open_matters)).split("\r\n")
        assert lines[0].startswith("organisation,lookups,subjects,clear,")
        assert lines[3].startswith("total,4,2,1,0,0,0,2,1,0,")
        assert lines[5:7] == ["organisation,matters,covered,late,missing", "示例局,1,0,1,0"]
        assert lines[9] == "示例局,'=M,2026-03-01,2026-03-02"

    def test_what_is_not_counted_is_said(self) -> None:
        said = list(notes(usage(strays=2, left_out=3, damaged=("x: leaf 7 is damaged",), damaged_count=4)))
        assert said == [
            "2 outcomes name a lookup that is in none of these logs; they are not counted",
            "3 matters were decided outside these days; they are not counted",
            "not counted: x: leaf 7 is damaged",
            "not counted: 3 more damaged leaves",
        ]
        one = list(notes(usage(strays=1, left_out=1, damaged=("x: leaf 7 is damaged",), damaged_count=2)))
        assert one == [
            "1 outcome names a lookup that is in none of these logs; it is not counted",
            "1 matter was decided outside these days; it is not counted",
            "not counted: x: leaf 7 is damaged",
            "not counted: 1 more damaged leaf",
        ]


def listed(tmp_path: Path, *lines: str) -> Path:
    file = tmp_path / "matters.csv"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


class TestMatters:
    @pytest.mark.parametrize("day", ["2026-03-01", "2026/3/1", "2026年3月1日", "20260301", "2026-03-01 10:00:00"])
    def test_columns_in_chinese_and_days_as_people_write_them(self, tmp_path: Path, day: str) -> None:
        file = listed(tmp_path, "决定日期,部门,事项编号,备注", f"{day},示例局,M-1,x", ",示例局, M-2 ,")
        assert list(read_matters(file)) == [
            Matter(number="M-1", organisation="示例局", decided_on=date(2026, 3, 1)),
            Matter(number="M-2", organisation="示例局"),
        ]

    def test_without_days_in_codes_and_from_a_workbook(self, tmp_path: Path) -> None:
        book = openpyxl.Workbook()
        for row in (
            ("matter", "organisation", "decided_on"),
            ("M-1", "示例局", date(2026, 3, 1)),
            ("M-2", "示例局", None),
        ):
            book.active.append(row)  # type: ignore[union-attr]  # a new workbook has a sheet
        book.save(tmp_path / "matters.xlsx")
        assert [m.decided_on for m in read_matters(tmp_path / "matters.xlsx")] == [date(2026, 3, 1), None]
        assert [m.number for m in read_matters(listed(tmp_path, "matter,organisation", "M-1,示例局"))] == ["M-1"]

    def test_numbers_are_compared_as_the_log_holds_them(self, tmp_path: Path) -> None:
        person = citizen_number(7)
        (matter,) = read_matters(listed(tmp_path, "matter,organisation", f"{person},示例局"))
        assert person not in matter.number
        assert "*" in matter.number

    @pytest.mark.parametrize(
        ("lines", "told"),
        [
            (("matter,decided_on", "M-1,"), "missing column `organisation / 部门`"),
            (("matter,organisation", ",示例局"), "row 2, column `matter`: the cell is empty"),
            (("matter,organisation", "M-1,示例局", "M-2,无"), "row 3, column `organisation`: the cell is empty"),
            (("matter,organisation,decided_on", "M-1,示例局,soon"), "row 2, column `decided_on`: `soon` is not a date"),
            (
                ("matter,organisation,decided_on", "M-1,示例局,2026-02-30"),
                "column `decided_on`: `2026-02-30` is not a date",
            ),
            (("matter,organisation", "M-1"), "row 2: the row has 1 cells"),
        ],
    )
    def test_what_cannot_be_read_is_named(self, tmp_path: Path, lines: tuple[str, ...], told: str) -> None:
        with pytest.raises(AskedWronglyError) as caught:
            list(read_matters(listed(tmp_path, *lines)))
        assert told in caught.value.message

    def test_a_file_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(AskedWronglyError, match="the file cannot be read"):
            list(read_matters(tmp_path / "none.csv"))
