"""What rows of the city's lists and of the register become."""

import csv
import io
import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.amounts import amount

from xingate_adapters.reading.cells.text import NO_DATE_WORDS
from xingate_adapters.sources import SourceError, load_source
from xingate_adapters.sources.city_list.read import LABELS
from xingate_server.core.days import parse_day
from xingate_server.core.entry import REGISTER, Record

CODE = "91420399000000013B"
VALUES = {
    "list_type": "black.wage_arrears",
    "subject_kind": "法人和其他组织",
    "name": "示例公司",
    "code": CODE,
    "id_scheme": "统一社会信用代码",
    "legal_representative": "示例甲",
    "legal_representative_id": "9900001980****1014",
    "related": "股东:示例乙:9900001980****1015",
    "severity": "严重",
    "grade": "D",
    "facts": "拖欠工资，共3人",
    "authority": "示例局",
    "basis": "条例第一条",
    "document_no": "示〔2024〕1号",
    "document_date": "2024-05-01",
    "notice_start": "2024-04-01",
    "notice_end": "2024-04-30",
    "signed_by": "示例丙",
    "valid_from": "2024-05-01",
    "valid_until": "2027-04-30",
    "status": "已退出",
    "status_date": "2025-01-01",
    "status_reason": "修复",
    "region": "茅箭区",
    "field": "建筑",
    "repairable": "是",
}


def read_csv(kind: str, tmp_path: Path, rows: list[list[str]], encoding: str = "utf-8") -> list[Record]:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    file = tmp_path / "rows.csv"
    file.write_bytes(text.getvalue().encode(encoding))
    return list(load_source(kind).records([file]))


def read_xlsx(kind: str, tmp_path: Path, rows: list[list[Any]]) -> list[Record]:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    hidden = book.create_sheet("选项")
    hidden.append(["有效", "已退出"])
    hidden.sheet_state = "hidden"
    file = tmp_path / "rows.xlsx"
    book.save(file)
    return list(load_source(kind).records([file]))


def city(changes: dict[str, str]) -> list[list[str]]:
    row = VALUES | changes
    return [list(row), list(row.values())]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("which", [0, 1])
def test_every_column_reaches_its_field(which: int, encoding: str, tmp_path: Path) -> None:
    header = [LABELS[field][which] for field in reversed(VALUES)]
    [record] = read_csv("city_list", tmp_path, [header, list(reversed(VALUES.values()))], encoding)
    for field, value in VALUES.items():
        if field not in ("code", "id_scheme"):
            assert getattr(record, field) == value
    assert record.identifiers == (("统一社会信用代码", CODE),)
    assert record.raw == dict(zip(header, reversed(VALUES.values()), strict=True))
    assert record.row == 2


def test_a_header_may_be_written_loosely_and_have_titles_above(tmp_path: Path) -> None:
    rows = city({"extra": "余"})
    rows[0] = [f" {label.upper()}* " for label in rows[0]]
    width = len(rows[0])
    [record] = read_csv("city_list", tmp_path, [["示例市黑名单", *[""] * (width - 1)], [""] * width, *rows])
    assert (record.name, record.row) == ("示例公司", 4)
    assert record.raw["EXTRA*"] == "余"


@pytest.mark.parametrize(
    ("cell", "date_"),
    [
        ("2024-05-01 00:00:00", "2024-05-01"),
        ("2024-05-01T08:30", "2024-05-01"),
        ("2024/5/1 0:00", "2024/5/1"),
        ("20240501", "20240501"),
        (" 2024年5月1日 ", "2024年5月1日"),
        ("2024-13-45", "2024-13-45"),
        ("明年", "明年"),
        ("2099-12-31", ""),
        ("2099/12/31", ""),
        ("20991231", ""),
        ("2099-12-31 00:00;00", ""),
        ("9999-09-09", ""),
        ("1900-01-01", ""),
        ("1899-12-31", ""),
        ("\\N", ""),
        ("暂无", ""),
        ("无处罚期限", ""),
        ("长期", ""),
        (" ", ""),
        ("\u3000", ""),
    ],
)
def test_dates_lose_times_and_sentinels(cell: str, date_: str, tmp_path: Path) -> None:
    [record] = read_csv("city_list", tmp_path, city({"valid_until": cell}))
    assert record.valid_until == date_
    assert record.raw["valid_until"] == cell


OTHER_DATES = ("document_date", "notice_start", "notice_end", "valid_from", "status_date")
NO_DATES = ("2099-12-31", "20991231", "2999年12月31日", "9999/9/9", "1900-01-01 00:00:00", "1899-12-30")


@pytest.mark.parametrize("field", OTHER_DATES)
@pytest.mark.parametrize("cell", [*NO_DATES, *sorted(NO_DATE_WORDS)])
def test_no_end_is_malformed_in_every_other_date(cell: str, field: str, tmp_path: Path) -> None:
    """As a blank it would say that there is no document or notice."""
    [record] = read_csv("city_list", tmp_path, city({field: cell}))
    if field in ("valid_from", "status_date") and cell.startswith(("1899", "1900")):
        assert getattr(record, field) == "", "the zero of a calendar, where a row need not have a day"
    else:
        with pytest.raises(ValueError):  # noqa: PT011
            parse_day(getattr(record, field))
    assert record.raw[field] == cell


@pytest.mark.parametrize("field", OTHER_DATES)
@pytest.mark.parametrize("cell", ["", " ", "-", "\\N", "暂无", "NULL"])
def test_a_blank_date_is_a_blank(cell: str, field: str, tmp_path: Path) -> None:
    [record] = read_csv("city_list", tmp_path, city({field: cell}))
    assert getattr(record, field) == ""


@pytest.mark.parametrize("cell", ["", " ", "无", "暂无", "-", "\\N"])
def test_a_code_that_says_nothing_is_none(cell: str, tmp_path: Path) -> None:
    [record] = read_csv("city_list", tmp_path, city({"code": cell}))
    assert record.identifiers == ()


def test_a_blank_scheme_is_left_to_admission(tmp_path: Path) -> None:
    [record] = read_csv("city_list", tmp_path, city({"id_scheme": " "}))
    assert record.identifiers == (("", CODE),)


def test_only_the_header_is_no_fault(tmp_path: Path) -> None:
    assert read_csv("city_list", tmp_path, city({})[:1]) == []


def test_a_line_break_in_a_quoted_cell_is_one_row(tmp_path: Path) -> None:
    rows = city({"facts": '第一行\r\n"第二行"'})
    found = read_csv("city_list", tmp_path, [*rows, [], rows[1]])
    assert [(record.row, record.facts) for record in found] == [(2, '第一行\r\n"第二行"'), (4, '第一行\r\n"第二行"')]


def test_workbook_cells_become_text(tmp_path: Path) -> None:
    rows: list[list[Any]] = [["示例市名单"], *city({})]
    place = {field: number for number, field in enumerate(VALUES)}
    cells = rows[2]
    cells[place["document_date"]] = datetime(2024, 5, 1, 8, 30)  # noqa: DTZ001  xlsx has no zones
    cells[place["valid_until"]] = date(2027, 4, 30)
    cells[place["code"]] = 420399000000001
    cells[place["document_no"]] = 12.0
    cells[place["grade"]] = 0.5
    cells[place["repairable"]] = True
    cells[place["region"]] = None
    [record] = read_xlsx("city_list", tmp_path, rows)
    assert record.row == 3
    assert record.document_date == "2024-05-01"
    assert record.valid_until == "2027-04-30"
    assert record.identifiers == (("统一社会信用代码", "420399000000001"),)
    assert (record.document_no, record.grade, record.repairable, record.region) == ("12", "0.5", "true", "")


def test_an_empty_workbook_is_an_empty_file(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="the file is empty"):
        read_xlsx("city_list", tmp_path, [])


@settings(max_examples=amount(200, 50), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_workbook_gives_rows_or_a_source_error(data: st.DataObject, tmp_path: Path) -> None:
    read_xlsx("city_list", tmp_path, city({}))
    with zipfile.ZipFile(tmp_path / "rows.xlsx") as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    victim = data.draw(st.sampled_from(sorted(parts)))
    content = bytearray(parts[victim])
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(content)))
        content[place : place + data.draw(st.integers(0, 8))] = data.draw(
            st.one_of(
                st.binary(max_size=4), st.sampled_from([b"9", b"<c/>", b'r="ZZZ9"', b"&x;", b't="e"', b"<f>1</f>"])
            )
        )
    damaged = tmp_path / "damaged.xlsx"
    with zipfile.ZipFile(damaged, "w") as archive:
        for name, part in (parts | {victim: bytes(content)}).items():
            archive.writestr(name, part)
    if data.draw(st.booleans()):
        whole = damaged.read_bytes()
        cut = data.draw(st.integers(5, len(whole)))
        damaged.write_bytes(whole[:cut] + data.draw(st.binary(max_size=8)) + whole[cut + 4 :])
    try:
        found = len(list(load_source("city_list").records([damaged])))
    except SourceError as error:
        found = 0
        assert "\n" not in str(error)  # noqa: PT017  a good outcome is possible as well
    assert found <= 1


def test_the_register(tmp_path: Path) -> None:
    rows = [
        ["name", "uscc", "reg_date", "entity_type", "province", "city", "source_year"],
        ["示例公司", CODE, "2015-01-02", "N/A", "湖北", "十堰", "2015"],
        ["示例面馆", "暂无", "1900-01-01", "个体工商户", "", "", ""],
    ]
    first, second = read_csv("entity_register", tmp_path, rows)
    assert (first.list_type, first.subject_kind, first.name) == (REGISTER, "legal_entity", "示例公司")
    assert first.identifiers == (("", CODE),)
    assert (first.established, first.region, first.registered_in) == ("2015-01-02", "湖北十堰", "CN")
    assert first.raw["source_year"] == "2015"
    assert (second.subject_kind, second.identifiers, second.established) == ("sole_trader", (), "")


def test_the_real_register_is_read_whole() -> None:
    file = Path(__file__).parents[3].parent / "shared" / "data" / "hubei_entities.csv.gz"
    if not file.exists():
        pytest.skip("the real register does not lie beside the project")
    records = load_source("entity_register").records([file])
    assert sum(1 for record in records if record.name and record.identifiers) == 39_848
    assert records.passed_over == {"nul_bytes": 1_411}
