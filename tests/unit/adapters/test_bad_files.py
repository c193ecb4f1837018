"""Every bad file of every source: what is said, and at which row and column."""

import gc
from pathlib import Path

import pytest

from xingate_adapters.sources import SourceError, load_source

BAD = Path(__file__).parent / "sources_bad"
GOOD_OFAC = Path(__file__).parents[2] / "contract" / "sources_good" / "ofac"

EXPECTED: dict[str, tuple[int | None, str | None, str]] = {
    **{
        f"{kind}/{name}": (row, None, what)
        for kind in (
            *("a_grade_taxpayer", "abnormal_operation", "aeo", "commitments", "procurement_violation"),
            *("serious_violation", "tax_violation", "work_safety"),
        )
        for name, row, what in (
            ("missing_column.csv", 1, "missing column `"),
            ("cut_off_row.csv", 3, "the row has 1 cells"),
            ("unknown_code_column.csv", 1, "column `编码` holds codes"),
        )
    },
    "ftm/cut_off.json": (2, None, "the JSON is cut off or damaged"),
    "ftm/no_entity.json": (2, None, "no FollowTheMoney entity"),
    "ftm/no_lists.json": (2, "properties", "no FollowTheMoney entity"),
    "ftm/damaged_sanction.json": (2, "properties", "no FollowTheMoney entity"),
    "city_list/missing_column.csv": (1, None, "missing column `basis / 认定依据`"),
    "city_list/duplicate_column.csv": (1, "authority", "the column appears twice"),
    "city_list/same_column_twice.csv": (1, "认定部门", "the column says the same as column `authority`"),
    "city_list/cut_off_row.csv": (3, None, "the row has 6 cells"),
    "city_list/extra_cell.csv": (2, None, "the row has 9 cells"),
    "city_list/unterminated_quote.csv": (3, "name", "a double quote opens a cell and is not closed in its row"),
    "city_list/rows_in_a_cell.csv": (2, "name", "a double quote opens a cell and is not closed in its row"),
    "city_list/rows_in_a_note.csv": (2, "basis", "a double quote opens a cell and is not closed in its row"),
    "city_list/web_page.xls": (1, None, "a web page under the name of a table"),
    "city_list/web_page.xlsx": (1, None, "a web page under the name of a table"),
    "city_list/xml_2003.xls": (1, None, "an XML Spreadsheet 2003 workbook"),
    "city_list/strict.xlsx": (None, None, "a workbook in the form Strict Open XML"),
    "city_list/old.xls": (None, None, "an old .xls workbook"),
    "city_list/password.xlsx": (None, None, "a workbook with a password"),
    "city_list/open_document.xlsx": (None, None, "an OpenDocument file"),
    "city_list/pages.csv": (None, None, "a pdf document"),
    "city_list/json.csv": (1, None, "a JSON file, no table"),
    "city_list/utf32.csv": (1, None, "the encoding is UTF-32"),
    "city_list/unread_codes.csv": (1, "更多", "schema_unknown: "),
    "city_list/code_column_unknown.csv": (1, None, "column `编码` holds codes"),
    "city_list/two_readings.csv": (1, "主体名称（二）", "the column says the same as column `主体名称（一）`"),
    "city_list/mixed_encoding.csv": (3, None, "bytes that are not text (read as UTF-8)"),
    "city_list/wrong_encoding.csv": (2, None, "bytes that are not text (read as UTF-8)"),
    "city_list/nul_inside.csv": (2, None, "the row contains NUL bytes"),
    "city_list/formula.xlsx": (2, "name", "the cell contains a formula"),
    "city_list/error_cell.xlsx": (2, "name", "the cell contains the error `#REF!`"),
    "city_list/beside_the_header.xlsx": (2, None, "a cell is filled in column 9, which has no header"),
    "city_list/two_sheets.xlsx": (None, None, "there are rows on several sheets"),
    "city_list/cut_off.xlsx": (None, None, "the workbook is cut off or damaged"),
    "city_list/zip_bomb.xlsx": (None, None, "a zip bomb"),
    "double_publicity/other_list.csv": (1, None, "neither that of permits nor that of penalties"),
    "double_publicity/missing_column.csv": (1, None, "missing column `CF_JDRQ / 处罚决定日期`"),
    "double_publicity/cut_off_row.csv": (2, None, "the row has 4 cells"),
    "entity_register/missing_column.csv": (1, None, "missing column `uscc / 统一社会信用代码`"),
    "entity_register/cut_off_row.csv": (3, None, "the row has 1 cells"),
    "judgment_debtor/cut_off.json": (2, None, "the JSON is cut off or damaged"),
    "judgment_debtor/cut_off.jsonl": (2, None, "the JSON is cut off or damaged"),
    "judgment_debtor/wrapped.json": (1, None, "missing column `iname / 姓名/名称`"),
    "judgment_debtor/missing_key.json": (1, None, "missing column `courtName / 执行法院`"),
    "judgment_debtor/key_twice.json": (1, None, "the object has a key twice"),
    "judgment_debtor/no_objects.json": (1, None, "an item of the array is not an object"),
    "judgment_debtor/too_deep.json": (1, None, "the JSON is nested too deeply"),
    "judgment_debtor/missing_column.csv": (1, None, "missing column `courtName / 执行法院`"),
    "un_consolidated/cut_off.xml": (2, None, "the xml is cut off or damaged"),
    "un_consolidated/other_root.xml": (1, None, "the xml is not the consolidated list"),
    "un_consolidated/entities.xml": (1, None, "the xml declares a document type or entities"),
    "un_consolidated/empty.xml": (None, None, "the list is empty: it has no `INDIVIDUAL` and no `ENTITY`"),
    "un_consolidated/unknown_element.xml": (2, None, "schema_unknown: "),
    "un_consolidated/unknown_entry.xml": (2, None, "the element `ENTRY` in `ENTITIES` is not known and has content"),
    "uk_sanctions/missing_column.csv": (2, None, "missing column `Designation Type / Individual, Entity, Ship`"),
    "uk_sanctions/cut_off_row.csv": (3, None, "the row has 3 cells"),
    "eu_sanctions/missing_column.csv": (1, None, "missing column `Entity_SubjectType_ClassificationCode"),
    "eu_sanctions/cut_off_row.csv": (2, None, "the row has 2 cells"),
    "ftm/unknown_property.json": (2, None, "the key `fullName` in `properties` is not known and has content"),
    "judgment_debtor/unknown_key.json": (1, None, "the key `formerCardNum` in `item` is not known"),
    "ofac/cut_off_row.csv": (2, None, "the row has 4 cells"),
    "ofac/unknown_type.csv": (1, "SDN_Type", "the type `airship` is not known"),
    "ofac/no_number.csv": (1, "ent_num", "no number"),
    "ofac/other_columns.csv": (1, None, "the row has 3 cells"),
}


def test_every_bad_file_has_its_test() -> None:
    found = {f"{path.parent.name}/{path.name}" for path in BAD.glob("*/*") if path.is_file()}
    assert {name for name in found if "__pycache__" not in name} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_bad_file_says_what_and_where(name: str) -> None:
    row, column, what = EXPECTED[name]
    kind = name.split("/", maxsplit=1)[0]
    if kind == "ftm":
        pytest.importorskip("followthemoney", reason="the extra `ftm` is not installed")
    files = [BAD / name]
    if kind == "ofac":
        files += [GOOD_OFAC / "add.csv", GOOD_OFAC / "alt.csv"]
    gc.collect()  # what other tests left open cannot be closed at the bottom of a deep recursion
    with pytest.raises(SourceError) as caught:
        list(load_source(kind).records(files))
    error = caught.value
    assert (error.file, error.row, error.column) == (BAD / name, row, column)
    assert what in str(error)


def test_what_stands_before_the_damage_has_been_read() -> None:
    records = load_source("city_list").records([BAD / "city_list" / "mixed_encoding.csv"])
    assert next(records).name == "示例公司"
    with pytest.raises(SourceError, match="row 3"):
        next(records)


def test_nul_bytes_are_told_with_their_row(tmp_path: Path) -> None:
    lines = (BAD / "city_list" / "nul_inside.csv").read_text("utf-8").replace("\0", "").splitlines()
    path = tmp_path / "a.csv"
    path.write_text("\n".join([*lines[:2], lines[1].replace(",", ",\0x", 1), ""]), encoding="utf-8")
    with pytest.raises(SourceError, match="row 3: the row contains NUL bytes"):
        list(load_source("city_list").records([path]))


def test_a_message_never_holds_an_identity_number() -> None:
    error = SourceError("what", file=Path("f.csv"), column="990000198001001014", expected="x", hint="y")
    assert str(error) == "`f.csv`, column `******`: what; expected x; y"


def test_the_sdn_entries_are_needed_and_once() -> None:
    source = load_source("ofac")
    with pytest.raises(SourceError, match="the file with the entries is missing"):
        list(source.records([GOOD_OFAC / "alt.csv", GOOD_OFAC / "add.csv"]))
    with pytest.raises(SourceError, match="a second file with the entries"):
        list(source.records([GOOD_OFAC / "sdn.csv", GOOD_OFAC / "sdn.csv"]))
    assert list(source.records([])) == []
