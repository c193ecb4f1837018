"""Makes the bad files, a fault each: `python tests/unit/adapters/sources_bad/generate.py --write`. All is invented."""

import io
import sys
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl

HERE = Path(__file__).parent
CITY = "list_type,subject_kind,name,code,authority,basis,document_no,document_date"
CODE = "91420399000000013B"
CITY_ROW = "black.wage_arrears,legal_entity,示例公司,91420399000000013B,示例局,条例,示1号,2024-05-01"
SOUND = "914203990000077718"
PENALTY = "CF_XDR_MC,CF_XDR_LB,CF_XDR_SHXYM,CF_WSH,CF_YJ,CF_JDRQ,CF_CFJG"
COURT = '{"iname":"示例","caseCode":"1","cardNum":"1","courtName":"示例法院","publishDate":"20240501"}'
UK = "Unique ID,Name 6,Name 1,Name type,Designation Type,Date Designated"
EU = "Entity_logical_id;Subject_type;Naal_wholename"
UN = '<CONSOLIDATED_LIST dateGenerated="2026-02-27T00:00:00Z"><ENTITIES><ENTITY><FIRST_NAME>A</FIRST_NAME></ENTITY>'


def workbook(change: Callable[[Any], None], lines: tuple[str, ...] = (CITY, CITY_ROW)) -> bytes:
    """A list as xlsx, changed by `change`; always the same bytes."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for line in lines:
        sheet.append(line.split(","))
    change(book)
    book.properties.created = book.properties.modified = datetime(2024, 1, 1)  # noqa: DTZ001  xlsx has no zones
    first, fixed = io.BytesIO(), io.BytesIO()
    book.save(first)
    with zipfile.ZipFile(first) as old, zipfile.ZipFile(fixed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in sorted(old.namelist()):
            content = old.read(name)
            if name == "docProps/core.xml":
                continue
            new.writestr(zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return fixed.getvalue()


def set_cell(place: str, value: object) -> Callable[[Any], None]:
    """Put a value in a cell."""

    def change(book: Any) -> None:
        book.active[place] = value

    return change


def error_cell(book: Any) -> None:
    """A cell with the error that a lost reference leaves."""
    book.active["C2"] = "#REF!"
    book.active["C2"].data_type = "e"


def second_sheet(book: Any) -> None:
    """Rows on a second visible sheet."""
    book.create_sheet("其他").append(["a", "b"])


def bomb() -> bytes:
    """A workbook whose sheet unpacks to 64 MiB of blanks."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("[Content_Types].xml", (2024, 1, 1, 0, 0, 0)), "<Types/>")
        sheet = zipfile.ZipInfo("xl/worksheets/sheet1.xml", (2024, 1, 1, 0, 0, 0))
        archive.writestr(sheet, b" " * (64 << 20), zipfile.ZIP_DEFLATED, 9)
    return packed.getvalue()


def text(*lines: str) -> bytes:
    """Lines as UTF-8."""
    return "\n".join(lines).encode()


# Header, a row and the column of the code of each list that is read by a mapping alone.
MAPPED: dict[str, tuple[str, str, str, str]] = {
    "abnormal_operation": ("entname,uniscid,abntime,decorg_cn", "示例公司,{},2024-05-01,示例局", "uniscid", "abntime"),
    "serious_violation": ("entname,uniscid,abntime,decorg_cn", "示例公司,{},2024-05-01,示例局", "uniscid", "entname"),
    "tax_violation": ("纳税人名称,统一社会信用代码,录入时间", "示例公司,{},2024-05-01", "统一社会信用代码", "录入时间"),
    "procurement_violation": (
        "机构名称,统一社会信用代码/组织机构代码,记录日期,数据来源",
        "示例公司,{},2024-05-01,示例局",
        "统一社会信用代码/组织机构代码",
        "数据来源",
    ),
    "work_safety": (
        "单位名称,统一社会信用代码/工商注册号,信息报送机关",
        "示例公司,{},示例局",
        "统一社会信用代码/工商注册号",
        "信息报送机关",
    ),
    "a_grade_taxpayer": ("纳税人名称,统一社会信用代码,评价年度", "示例公司,{},2025", "统一社会信用代码", "评价年度"),
    "aeo": (
        "企业名称,统一社会信用代码,信用等级,等级认定时间",
        "示例公司,{},高级认证企业,2024-05-01",
        "统一社会信用代码",
        "信用等级",
    ),
    "commitments": (
        "企业名称,统一社会信用代码,做出承诺日期,承诺受理单位,承诺履约状态",
        "示例公司,{},2024-05-01,示例局,履约中",
        "统一社会信用代码",
        "承诺履约状态",
    ),
}


def mapped_files() -> dict[str, bytes]:
    """For each: a column that is missing, a row that is cut off, codes in a column that is not known."""
    found = {}
    for kind, (header, row, code, needed) in MAPPED.items():
        cells = row.format(CODE).split(",")
        found[f"{kind}/missing_column.csv"] = text(header.replace(needed, "余"), ",".join(cells))
        found[f"{kind}/cut_off_row.csv"] = text(header, ",".join(cells), cells[0])
        found[f"{kind}/unknown_code_column.csv"] = text(header.replace(code, "编码"), *([row.format(SOUND)] * 5))
    return found


def strict_workbook() -> bytes:
    """A workbook in the strict form: the same parts under other names of their namespaces."""
    usual, strict = io.BytesIO(workbook(lambda _: None)), io.BytesIO()
    with zipfile.ZipFile(usual) as old, zipfile.ZipFile(strict, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            content = old.read(info)
            for usual_name, strict_name in (
                (b"http://schemas.openxmlformats.org/spreadsheetml/2006/main", b"spreadsheetml/main"),
                (
                    b"http://schemas.openxmlformats.org/officeDocument/2006/relationships",
                    b"officeDocument/relationships",
                ),
            ):
                content = content.replace(usual_name, b"http://purl.oclc.org/ooxml/" + strict_name)
            new.writestr(zipfile.ZipInfo(info.filename, (2024, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return strict.getvalue()


def compound_file(*names: str) -> bytes:
    """The beginning of a compound file (MS-CFB) whose directory has `names`; the rest does not matter."""
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + b"".join(name.encode("utf-16-le") for name in names)


def open_document() -> bytes:
    """An OpenDocument archive with nothing but its kind."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        kind = "application/vnd.oasis.opendocument.spreadsheet"
        archive.writestr(zipfile.ZipInfo("mimetype", (2024, 1, 1, 0, 0, 0)), kind)
    return packed.getvalue()


HTML = "<html><body><table><tr><th>主体名称</th></tr><tr><td>示例公司</td></tr></table></body></html>"
XML_2003 = '<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet/></Workbook>'


ENTITY = '{"id":"ex","schema":"Company","properties":{"name":["Example"],"topics":["sanction"]}}'
BAD: dict[str, bytes] = mapped_files() | {
    "ftm/cut_off.json": text(ENTITY, ENTITY[:40]),
    "ftm/no_entity.json": text(ENTITY, '{"caption":"Example"}'),
    "ftm/no_lists.json": text(ENTITY, ENTITY.replace('["Example"]', '"Example"')),
    "ftm/damaged_sanction.json": text(ENTITY, '{"id":"s","schema":"Sanction","properties":[]}'),
    "city_list/missing_column.csv": text(CITY.replace(",basis", ""), CITY_ROW.replace(",条例", "")),
    "city_list/duplicate_column.csv": text(CITY + ",authority", CITY_ROW + ",示例局"),
    "city_list/same_column_twice.csv": text(CITY + ",认定部门", CITY_ROW + ",示例局"),
    "city_list/cut_off_row.csv": text(CITY, CITY_ROW, CITY_ROW[:60]),
    "city_list/extra_cell.csv": text(CITY, CITY_ROW + ",余"),
    "city_list/unterminated_quote.csv": text(CITY, CITY_ROW, CITY_ROW.replace("示例公司", '"示例公司')),
    "city_list/mixed_encoding.csv": text(CITY, CITY_ROW) + b"\n" + CITY_ROW.encode("gb18030"),
    "city_list/wrong_encoding.csv": CITY.encode() + b"\n\xff\xfe" + CITY_ROW.encode("gb18030"),
    "city_list/nul_inside.csv": text(CITY, CITY_ROW.replace("示例公司", "示例\0公司")),
    "city_list/formula.xlsx": workbook(set_cell("C2", '="示例"&"公司"')),
    "city_list/error_cell.xlsx": workbook(error_cell),
    "city_list/rows_in_a_cell.csv": text(
        CITY,
        CITY_ROW.replace("示例公司", '"示例公司'),
        CITY_ROW.replace("条例,示1号,2024-05-01", '"条例",示1号,2024-05-01'),
    ),
    "city_list/rows_in_a_note.csv": text(
        CITY, CITY_ROW.replace("条例", '"条例'), CITY_ROW, CITY_ROW.replace("条例", '条例"')
    ),
    "city_list/web_page.xls": text(HTML),
    "city_list/web_page.xlsx": HTML.encode("gb18030"),
    "city_list/xml_2003.xls": text(XML_2003),
    "city_list/strict.xlsx": strict_workbook(),
    "city_list/old.xls": compound_file("Root Entry", "Workbook"),
    "city_list/password.xlsx": compound_file("Root Entry", "EncryptionInfo", "EncryptedPackage"),
    "city_list/open_document.xlsx": open_document(),
    "city_list/pages.csv": b"%PDF-1.7\n",
    "city_list/json.csv": text('[{"list_type": "black.wage_arrears"}]'),
    "city_list/utf32.csv": f"{CITY}\n{CITY_ROW}".encode("utf-32"),
    "city_list/unread_codes.csv": text(CITY + ",更多", *([CITY_ROW + "," + SOUND] * 5)),
    "city_list/code_column_unknown.csv": text(CITY.replace(",code,", ",编码,"), *([CITY_ROW.replace(CODE, SOUND)] * 3)),
    "city_list/two_readings.csv": text(CITY.replace("name", "主体名称（一）") + ",主体名称（二）", CITY_ROW + ",示例"),
    "city_list/beside_the_header.xlsx": workbook(set_cell("I2", "余")),
    "city_list/two_sheets.xlsx": workbook(second_sheet),
    "city_list/cut_off.xlsx": workbook(lambda _: None)[:-200],
    "city_list/zip_bomb.xlsx": bomb(),
    "double_publicity/other_list.csv": text(CITY, CITY_ROW),
    "double_publicity/missing_column.csv": text(PENALTY.replace(",CF_JDRQ", ""), "示例公司,法人,1,示1号,条例,示例局"),
    "double_publicity/cut_off_row.csv": text(PENALTY, "示例公司,法人,1,示1号"),
    "entity_register/missing_column.csv": text("name,reg_date", "示例公司,2024-01-01"),
    "entity_register/cut_off_row.csv": text("name,uscc,reg_date", "示例公司,1,2024-01-01", "示例公"),
    "judgment_debtor/cut_off.json": text("[" + COURT + ",", COURT[:50]),
    "judgment_debtor/cut_off.jsonl": text(COURT, COURT[:50]),
    "judgment_debtor/wrapped.json": text('{"data": [' + COURT + "]}"),
    "judgment_debtor/missing_key.json": text("[" + COURT.replace("courtName", "court") + "]"),
    "judgment_debtor/key_twice.json": text("[" + COURT[:-1] + ',"iname":"另一个"}]'),
    "judgment_debtor/no_objects.json": text("[1, 2]"),
    "judgment_debtor/too_deep.json": text("[" + '{"iname":' * 20_000),
    "judgment_debtor/missing_column.csv": text("iname,caseCode,cardNum,publishDate", "示例,1,1,20240501"),
    "un_consolidated/cut_off.xml": text(UN),
    "un_consolidated/other_root.xml": text("<html><ENTITIES/></html>"),
    "un_consolidated/empty.xml": text("<CONSOLIDATED_LIST><INDIVIDUALS/><ENTITIES/></CONSOLIDATED_LIST>"),
    "un_consolidated/unknown_element.xml": text(
        UN, "<ENTITY><FULL_NAME>EXAMPLE</FULL_NAME></ENTITY></ENTITIES></CONSOLIDATED_LIST>"
    ),
    "un_consolidated/unknown_entry.xml": text(UN, "<ENTRY><A>EXAMPLE</A></ENTRY></ENTITIES></CONSOLIDATED_LIST>"),
    "un_consolidated/entities.xml": text('<!DOCTYPE a [<!ENTITY b "c">]>', UN + "</ENTITIES></CONSOLIDATED_LIST>"),
    "uk_sanctions/missing_column.csv": text("Report Date: 18-Nov-2026", UK.replace(",Designation Type", "")),
    "uk_sanctions/cut_off_row.csv": text("Report Date: 18-Nov-2026", UK, "EXU0001,EXEMPLOV,VALERY"),
    "eu_sanctions/missing_column.csv": text(EU.replace("Subject_type;", "")),
    "eu_sanctions/cut_off_row.csv": text(EU, "9001;P"),
    "ftm/unknown_property.json": text(ENTITY, ENTITY.replace('"name"', '"fullName"')),
    "judgment_debtor/unknown_key.json": text("[" + COURT[:-1] + ',"formerCardNum":"示例"}]'),
    "ofac/cut_off_row.csv": text("1,A,-0- ,P" + ",-0- " * 8, "2,B,-0- ,P"),
    "ofac/unknown_type.csv": text('1,A,"airship",P' + ",-0- " * 8),
    "ofac/no_number.csv": text("x,A,-0- ,P" + ",-0- " * 8),
    "ofac/other_columns.csv": text("1,2,3"),
}


def main() -> None:
    """Write the files, only when asked to."""
    if sys.argv[1:] != ["--write"]:
        raise SystemExit("nothing written: say --write")
    for name, content in BAD.items():
        (HERE / name).parent.mkdir(exist_ok=True)
        (HERE / name).write_bytes(content)


if __name__ == "__main__":
    main()
