"""Labels as real forms write them, headers of two rows, merged cells, and columns that nothing reads."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from xingate_adapters.inspection import as_toml, inspect
from xingate_adapters.reading.errors import SchemaError, SourceError
from xingate_adapters.reading.mapped.mapping import MappingFile
from xingate_adapters.reading.mapped.table import MappedReader
from xingate_adapters.reading.run import Run
from xingate_adapters.reading.tables import columns
from xingate_adapters.reading.tables.headers import combined
from xingate_adapters.reading.tables.tables import open_table
from xingate_adapters.rosters.layout import SURE, guess_layout
from xingate_adapters.sources import load_source, read_mapping
from xingate_adapters.sources.city_list import map as city_list
from xingate_server.core.entry import Record
from xingate_server.demo.numbers import citizen_number, unified_code

CODE, OTHER, PERSON = unified_code(711), unified_code(712), citizen_number(711)
HEADER = ["名单类型", "主体类别", "主体名称", "主体代码", "认定部门", "认定依据", "文书号", "认定日期"]
ROW = ["watch.key_monitoring", "法人和其他组织", "示例甲有限公司", CODE, "示例局", "示例办法", "示例1号", "2026-04-01"]


def table(tmp_path: Path, *rows: list[str]) -> Path:
    file = tmp_path / "list.csv"
    file.write_text("\n".join(",".join(cells) for cells in rows), encoding="utf-8")
    return file


def workbook(tmp_path: Path, change: Callable[[Any], None], *rows: list[Any]) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for cells in rows:
        sheet.append(cells)
    change(sheet)
    file = tmp_path / "list.xlsx"
    book.save(file)
    return file


def read(kind: str, file: Path) -> list[Record]:
    return list(load_source(kind).records([file]))


@pytest.mark.parametrize(
    "variant",
    [
        "主体代码：",
        "*主体代码",
        "主体代码（必填）",
        "4.主体代码",
        "④主体代码",
        "（4）主体代码",
        "主体代码【18位】",
        "四、主体代码",
        *("主体 代码", "主体\u200b代码", "主体代码1", "主体代码_1", "代码（主体代码）", "ＣＯＤＥ", "主体代码 *:"),
    ],
)
def test_a_variant_of_a_label_is_the_label(variant: str, tmp_path: Path) -> None:
    header = [variant if label == "主体代码" else label for label in HEADER]
    (found,) = read("city_list", table(tmp_path, header, ROW))
    assert found.identifiers == (("", CODE),)


def test_separators_between_two_names_of_one_column_are_equal() -> None:
    forms = {columns.fold(label) for label in ("姓名/名称", "姓名／名称", "姓名、名称", "姓名或名称", "姓名或者名称：")}
    assert forms == {"姓名/名称"}


def test_two_columns_that_are_one_weakly_are_named_both(tmp_path: Path) -> None:
    header = [*("主体代码1" if label == "主体代码" else label for label in HEADER), "主体代码2"]
    with pytest.raises(SourceError, match="column `主体代码2`: the column says the same as column `主体代码1`"):
        read("city_list", table(tmp_path, header, [*ROW, OTHER]))


def test_the_label_as_it_is_goes_before_a_weaker_one(tmp_path: Path) -> None:
    file = table(tmp_path, [*HEADER, "主体名称（曾用名）"], [*ROW, "示例旧有限公司"])
    assert [record.name for record in read("city_list", file)] == ["示例甲有限公司"]


def test_a_number_of_a_person_in_brackets_is_not_the_subjects(tmp_path: Path) -> None:
    header = [*HEADER, "法定代表人", "身份证号（法人）"]
    (found,) = read("city_list", table(tmp_path, header, [*ROW, "示例乙", PERSON]))
    assert (found.identifiers, found.legal_representative_id) == ((("", CODE),), PERSON)
    assert "身份证号" not in columns.readings("身份证号（法定代表人）")


@pytest.mark.parametrize("number", ["6 ", "6.", "⑥", "（6）"])
def test_a_number_before_the_label_of_a_group(number: str) -> None:
    label = columns.Label.of(f"{number}法定代表人", f"{number}身份证号")
    assert "法定代表人身份证号" in columns.readings(label)


def test_double_publicity_with_colons_notes_and_numbers(tmp_path: Path) -> None:
    header = [
        "行政相对人名称：",
        "行政相对人类别：",
        "行政相对人代码_1 （统一社会信用代码）：",
        "行政相对人代码_4(税务登记号)：",
    ]
    header += [
        "行政处罚决定书文号：",
        "违法事实：",
        "处罚依据（必填）",
        "处罚决定日期:",
        "处罚机关*",
        "处罚机关统一社会信用代码：",
    ]
    row = ["示例甲", "法人及非法人组织", CODE, "", "示罚1号", "示例", "示例法", "2026/04/01", "示例局", OTHER]
    (found,) = read("double_publicity", table(tmp_path, header, row))
    assert (found.identifiers, found.document_no) == ((("uscc", CODE),), "示罚1号")


def test_the_courts_form_and_the_tax_form(tmp_path: Path) -> None:
    header = [
        "案号",
        "失信被执行人姓名／名称",
        "身份证号码／组织机构代码",
        "执行法院",
        "地域名称",
        "失信被执行人具体情形",
        "发布时间",
    ]
    (found,) = read(
        "judgment_debtor",
        table(tmp_path, header, ["示执1号", "示例甲", CODE, "示例法院", "示例省", "示例", "2026-04-01"]),
    )
    assert (found.name, found.identifiers, found.region) == ("示例甲", (("", CODE),), "示例省")
    header = ["案号", "被执行人名称", "组织机构代码", "统一社会信用代码", "执行法院", "发布时间"]
    rows = (
        ["示执2号", "示例乙", CODE[8:17], CODE, "示例法院", "2026-04-01"],
        ["示执3号", "示例丙", CODE[8:17], "", "示例法院", "2026-04-01"],
    )
    assert [one.identifiers for one in read("judgment_debtor", table(tmp_path, header, *rows))] == [
        (("", CODE),),
        (("", CODE[8:17]),),
    ]
    header = ["纳税人名称", "纳税人识别号（统一社会信用代码）", "主要违法事实", "公布日期"]
    (found,) = read("tax_violation", table(tmp_path, header, ["示例乙", CODE, "示例", "2026-04-01"]))
    assert found.identifiers == (("", CODE),)


@pytest.mark.parametrize("kind", ["tax_violation", "a_grade_taxpayer"])
def test_an_older_taxpayers_number_is_a_tax_number(kind: str, tmp_path: Path) -> None:
    header = ["纳税人名称", "纳税人识别号", "主要违法事实", "公布日期", "评价年度"]
    numbers = [f"990000{unified_code(place)[8:17]}" for place in range(1, 6)]
    mistyped = CODE[:-1] + ("1" if CODE[-1] != "1" else "2")
    rows = [["示例乙", number, "示例", "2026-04-01", "2026"] for number in (*numbers, CODE, mistyped)]
    found = list(read(kind, table(tmp_path, header, *rows)))
    assert [one.identifiers for one in found] == [
        *((("tax_no", number),) for number in numbers),
        (("", CODE),),
        (("", mistyped),),
    ]


# -- two rows of labels, merged cells

UPPER = [*HEADER[:4], "法定代表人", "", *HEADER[4:]]
LOWER = ["", "", "", "", "姓名", "证件号码", "", "", "", ""]
BELOW = [*ROW[:4], "示例乙", PERSON, *ROW[4:]]


def test_a_header_of_two_rows_in_csv_and_in_a_workbook(tmp_path: Path) -> None:
    def merge(sheet: Any) -> None:
        sheet.merge_cells("A1:J1")
        sheet.merge_cells("E2:F2")
        for letter in "ABCDGHIJ":
            sheet.merge_cells(f"{letter}2:{letter}3")

    plain = table(tmp_path, UPPER, LOWER, BELOW)
    merged = workbook(tmp_path, merge, ["示例市名单"], UPPER, LOWER, BELOW, BELOW)
    for file, rows in ((plain, [3]), (merged, [4, 5])):
        found = read("city_list", file)
        assert [record.row for record in found] == rows
        assert {(one.name, one.legal_representative, one.legal_representative_id) for one in found} == {
            ("示例甲有限公司", "示例乙", PERSON)
        }


def test_the_lower_label_alone_where_the_group_is_no_person(tmp_path: Path) -> None:
    upper = ["认定信息", "", "", "", *HEADER[:4]]
    lower = ["认定部门", "认定依据", "文书号", "认定日期", "", "", "", ""]
    (found,) = read("city_list", table(tmp_path, upper, lower, [*ROW[4:], *ROW[:4]]))
    assert (found.authority, found.document_date, found.identifiers) == ("示例局", "2026-04-01", (("", CODE),))


@pytest.mark.parametrize(
    ("upper", "lower"),
    [
        (["名称", "代码", "备注", ""], ["示例甲", CODE, "示例", "示例"]),
        (["名称", "代码", ""], ["示例甲", CODE, "示例"]),
        (["名称", ""], ["示例甲", "2026-04-01"]),
        (["名称", "代码"], ["", ""]),
        (["", "代码"], ["示例", ""]),
    ],
)
def test_a_row_of_data_is_no_second_header(upper: list[str], lower: list[str]) -> None:
    assert combined(upper, lower) is None


def test_a_cell_merged_over_rows_is_of_each_row(tmp_path: Path) -> None:
    def merge(sheet: Any) -> None:
        for letter in "ABCD":
            sheet.merge_cells(f"{letter}2:{letter}3")

    file = workbook(tmp_path, merge, HEADER, ROW, ["", "", "", "", *ROW[4:6], "示例2号", "2026-04-02"])
    found = read("city_list", file)
    assert [(one.identifiers, one.document_no) for one in found] == [
        ((("", CODE),), "示例1号"),
        ((("", CODE),), "示例2号"),
    ]


# -- columns that nothing reads


def test_columns_that_nothing_reads_are_noted(tmp_path: Path) -> None:
    run = Run()
    file = table(tmp_path, [*HEADER, "备注", "联系电话"], [*ROW, "示例", "1"])
    assert len(list(city_list.records([file], run))) == 1
    assert list(run.notes) == [f"`{file}`: columns that nothing reads: `备注`, `联系电话`"]


def codes(tmp_path: Path, label: str, *cells: str) -> Path:
    return table(tmp_path, [*HEADER, label], *([*ROW, cell] for cell in cells))


def test_a_column_of_codes_that_nothing_reads_is_a_fault_unless_it_is_accepted(tmp_path: Path) -> None:
    file = codes(tmp_path, "更多", OTHER, PERSON, CODE, "", "示例", "示例")
    with pytest.raises(
        SchemaError, match=r"schema_unknown: .*row 1, column `更多`: nothing reads the column, and 3 of its 5"
    ):
        list(city_list.records([file], Run()))
    accepting = Run(accepts_schema=True)
    assert len(list(city_list.records([file], accepting))) == 6
    assert "`更多`" in str(accepting.notes)


@pytest.mark.parametrize("filled", range(1, 7))
@pytest.mark.parametrize(
    ("label", "cell"),
    [
        *(("更多", code) for code in (OTHER, PERSON, CODE[8:17])),
        *((label, "EX1234567") for label in ("护照号", "护照号码", "护照", "往来港澳通行证号码", "Passport No.")),
    ],
)
def test_one_cell_is_enough_where_all_that_are_filled_are_codes(
    label: str, cell: str, filled: int, tmp_path: Path
) -> None:
    file = codes(tmp_path, label, *[cell] * filled, "", "无")
    with pytest.raises(SchemaError, match=f"{filled} of its {filled} filled cells are codes"):
        list(city_list.records([file], Run()))


@pytest.mark.parametrize(("kind", "is_fault"), [("法人", False), ("自然人", True), ("", True)])
def test_passports_are_nobodys_on_a_list_of_organisations(kind: str, is_fault: bool, tmp_path: Path) -> None:
    file = codes(tmp_path, "护照号码", "EX1234567")
    given: dict[str, Any] = {"columns": {"name": ["主体名称"]}, "identifiers": {"by_shape": ["主体代码"]}}
    reader = MappedReader("city_list", MappingFile(**given, constants={"subject_kind": kind}))
    if is_fault:
        with pytest.raises(SchemaError, match="column `护照号码`"):
            list(reader.records([file], Run()))
    else:
        assert len(list(reader.records([file], Run()))) == 1


@pytest.mark.parametrize(
    ("label", "cells"),
    [
        ("更多", (OTHER, OTHER, OTHER, "甲")),
        ("更多", ("EX1234567",) * 6),
        ("护照签发日期", ("20240101",) * 6),
        ("护照号码", ("无", "-", "")),
        ("更多", (OTHER, OTHER, OTHER, "甲", "乙", "丙")),
        ("更多", ("13800000000",) * 6),
        ("认定部门统一社会信用代码", (OTHER,) * 6),
        ("处罚机关代码", (OTHER, OTHER, OTHER, CODE, CODE, CODE)),
        ("被处罚单位的登记机关代码", (OTHER,) * 6),
        ("核发机关统一社会信用代码", (OTHER,) * 6),
    ],
)
def test_what_is_no_column_of_codes(label: str, cells: tuple[str, ...], tmp_path: Path) -> None:
    assert len(list(city_list.records([codes(tmp_path, label, *cells)], Run()))) == len(cells)


SUBJECTS = [unified_code(720 + place) for place in range(6)]


@pytest.mark.parametrize(
    ("label", "cells"),
    [
        ("被处罚单位信用编码", SUBJECTS),
        ("被处罚单位信用编码", SUBJECTS[:1] * 6),  # one company, punished again and again
        ("被许可单位信用编码", SUBJECTS[:1] * 6),
        ("被处罚单位统一社会信用代码（新）", SUBJECTS[:1] * 6),
        ("被上报企业统一社会信用编码", SUBJECTS[:1] * 6),
        ("登记机关核发的统一社会信用代码", SUBJECTS[:1] * 6),
        ("登记部门颁发的代码", SUBJECTS[:1] * 6),
        ("登记机关信用编码", SUBJECTS),  # too many of them to be authorities
        ("报送企业的信用编码", SUBJECTS),
    ],
)
def test_a_column_of_subjects_under_words_of_an_authority_is_a_fault(
    label: str, cells: list[str], tmp_path: Path
) -> None:
    file = codes(tmp_path, label, *cells)
    with pytest.raises(SchemaError, match=r"nothing reads the column, and 6 of its 6 filled cells are codes"):
        list(city_list.records([file], Run()))
    assert {guess.label: guess.why for guess in inspect(file).columns}[label].startswith("nothing reads it")


def test_a_mapping_may_leave_a_column_out_on_purpose(tmp_path: Path) -> None:
    file = codes(tmp_path, "母公司代码", *[OTHER] * 6)
    given: dict[str, Any] = {"columns": {"name": ["主体名称"]}, "identifiers": {"by_shape": ["主体代码"]}}
    with pytest.raises(SchemaError, match="column `母公司代码`"):
        list(MappedReader("city_list", MappingFile(**given)).records([file], Run()))
    spec = MappingFile(**given, ignored=("母公司代码",))
    assert len(list(MappedReader("city_list", spec).records([file], Run()))) == 6


def test_inspect_shows_the_same(tmp_path: Path) -> None:
    found = inspect(codes(tmp_path, "更多", *[OTHER] * 6))
    assert found.kind == "city_list"
    assert {guess.label: guess.why for guess in found.columns}[
        "更多"
    ] == "nothing reads it, and its cells are codes of subjects"


def test_a_required_code_column_under_another_label_is_named(tmp_path: Path) -> None:
    header = ["编号" if label == "主体代码" else label for label in HEADER]
    with pytest.raises(SourceError, match=r"missing column `code / 主体代码`.*column `编号` holds codes"):
        read("city_list", table(tmp_path, header, ROW))


def test_a_table_that_is_a_workbook_under_the_name_of_a_csv(tmp_path: Path) -> None:
    file = workbook(tmp_path, lambda _: None, HEADER, ROW).rename(tmp_path / "a.csv")
    assert open_table(file, Run()).header == HEADER
    other = table(tmp_path, HEADER, ROW).rename(tmp_path / "b.xlsx")
    assert [record.name for record in read("city_list", other)] == ["示例甲有限公司"]


# -- whose number a column of citizen numbers holds


PEOPLE = [citizen_number(730 + place) for place in range(3)]


def guessed(tmp_path: Path, header: str, *rows: str) -> dict[str, tuple[str, str]]:
    """Label -> what its column is guessed to be, and why."""
    file = tmp_path / "list.csv"
    file.write_text("\n".join([header, *rows]), encoding="utf-8")
    return {guess.label: (guess.field, guess.why) for guess in inspect(file).columns}


@pytest.mark.parametrize(
    ("header", "label", "field"),
    [
        ("企业名称,统一社会信用代码,责任人,责任人身份证", "责任人身份证", ""),
        ("企业名称,统一社会信用代码,责任人,责任人身份证号", "责任人身份证号", ""),
        ("企业名称,统一社会信用代码,责任人,身份证号", "身份证号", ""),
        ("企业名称,统一社会信用代码,责任人,证件号码", "证件号码", ""),
        ("企业名称,统一社会信用代码,联系人,联系人身份证号", "联系人身份证号", ""),
        ("企业名称,统一社会信用代码,经营者,身份证号", "身份证号", ""),
        ("企业名称,统一社会信用代码,姓名,身份证号", "身份证号", ""),
        ("企业名称,统一社会信用代码,说明,身份证号", "身份证号", ""),
        ("企业名称,统一社会信用代码,法定代表人,身份证号", "身份证号", "legal_representative_id"),
        ("企业名称,统一社会信用代码,法定代表人,证件号码", "证件号码", "legal_representative_id"),
        ("企业名称,统一社会信用代码,说明,身份证号（法人）", "身份证号（法人）", "legal_representative_id"),
        ("企业名称,统一社会信用代码,法人代表,公民身份号码", "公民身份号码", "legal_representative_id"),
        ("企业名称,统一社会信用代码,负责人,负责人身份证号", "负责人身份证号", "legal_representative_id"),
    ],
)
def test_a_citizen_number_beside_a_persons_name_is_not_the_companys(
    header: str, label: str, field: str, tmp_path: Path
) -> None:
    rows = [f"示例{n}公司,{code},示例甲,{PEOPLE[n]}" for n, code in enumerate(SUBJECTS[:3])]
    found = guessed(tmp_path, header, *rows)
    assert found[label][0] == field
    assert found["统一社会信用代码"][0] == "identifiers"
    mapping = inspect(tmp_path / "list.csv").mapping
    assert mapping is not None
    assert mapping.identifiers == {"by_shape": ("统一社会信用代码",)}
    text = as_toml(inspect(tmp_path / "list.csv"))
    assert (f'# by_shape = ["{label}"]  # unsure: ' in text) == (not field)
    (tmp_path / "m.toml").write_text(text, encoding="utf-8")
    written = read_mapping(tmp_path / "m.toml")
    assert (written.columns, written.identifiers) == (mapping.columns, mapping.identifiers)
    layout = guess_layout(tmp_path / "list.csv")
    read_as = {column.label: column.field for column in layout.columns}[label]
    assert read_as in ((field, "principal_id") if field else ("",))  # a roster knows one more person in charge
    assert (layout.confidence >= SURE) == (read_as == "legal_representative_id")
    assert layout.mapped({label: "-"}).confidence >= SURE


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("姓名,身份证号,列入原因", f"示例甲,{PERSON},示例"),
        ("姓名,身份证号,法定代表人", f"示例甲,{PERSON},示例乙"),
        ("类别,姓名/名称,联系人,身份证号", f"自然人,示例甲,示例乙,{PERSON}"),
        ("名称,统一社会信用代码,说明,身份证号", f"示例甲,,示例,{PERSON}"),
    ],
)
def test_a_persons_own_number_stays_the_subjects(header: str, row: str, tmp_path: Path) -> None:
    assert guessed(tmp_path, header, row)["身份证号"][0] == "identifiers"


def test_without_a_code_a_number_beside_a_person_is_not_the_companys(tmp_path: Path) -> None:
    found = guessed(tmp_path, "企业名称,责任人,身份证号,原因", f"示例公司,示例甲,{PERSON},示例")
    assert found["身份证号"][0] == ""
    assert found["身份证号"][1].startswith("unsure: citizen numbers beside `责任人`")


def test_the_code_of_who_supplied_the_row_is_not_the_subjects(tmp_path: Path) -> None:
    header = ["CF_XDR_MC", "CF_XDR_LB", "CF_XDR_SHXYM", "CF_WSH", "CF_YJ", "CF_JDRQ", "CF_CFJG", "CF_SJLYDM"]
    row = ["示例甲", "法人及非法人组织", CODE, "示罚1号", "示例法", "2026/04/01", "示例局", OTHER]
    (found,) = read("double_publicity", table(tmp_path, header, row))
    assert found.identifiers == (("uscc", CODE),)
