"""The refusal report: what a clerk sees, and what becomes of what the clerk gives back."""

import csv
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner, Result

from xingate_adapters.sources import load_source
from xingate_server.cli.app import cli
from xingate_server.cli.compile.refusals import KEYS, SUMMARY
from xingate_server.cli.compile.refusals_words import REASONS
from xingate_server.demo.numbers import citizen_number, unified_code

ROW = {
    "list_type": "watch.key_monitoring",
    "subject_kind": "legal_entity",
    "name": "示例建筑公司",
    "code": unified_code(1),
    "legal_representative": "示例甲",
    "legal_representative_id": citizen_number(3),
    "facts": "拖欠",
    "authority": "示例局",
    "basis": "示例办法",
    "document_no": "示例1号",
    "document_date": "2026-03-02",
}
PERSON = ROW | {"subject_kind": "natural_person", "name": "示例乙", "code": citizen_number(5)}


def run(*arguments: str | Path, code: int = 0) -> Result:
    done = CliRunner().invoke(cli, [str(argument) for argument in arguments])
    assert done.exit_code == code, (done.output, done.exception)
    return done


def city(path: Path, *rows: dict[str, str]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(ROW))
        writer.writeheader()
        writer.writerows(rows)
    return path


class Desk:
    """A list, its state directory, and the report of one compile."""

    def __init__(self, folder: Path, *rows: dict[str, str]) -> None:
        self.folder = folder
        self.file = city(folder / "list.csv", *rows)
        self.report = folder / "report.xlsx"

    def compile(self, *more: str | Path, code: int = 0) -> dict[str, Any]:
        source = f"city_list={self.file}@2026-06-01"
        done = run("compile", "--source", source, "--state", self.folder / "state", "--json", *more, code=code)
        return dict(json.loads(done.stdout)) if code == 0 else {"error": done.output}

    def refuse(self, code: int = 0) -> dict[str, Any]:
        return self.compile("--refusals", self.report, code=code)

    def sheet(self) -> Any:
        return openpyxl.load_workbook(self.report)["city_list"]

    def place(self, column: str) -> int:
        header = [cell.value for cell in self.sheet()[1]]
        return header.index(column) + 1

    def correct(self, **cells: Any) -> None:
        """Write into the report's first row, as a person with a spreadsheet program."""
        book = openpyxl.load_workbook(self.report)
        for column, value in cells.items():
            book["city_list"].cell(2, self.place(column)).value = value
        book.save(self.report)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path, ROW, ROW | {"document_no": "示例2号", "document_date": "明天"})


class TestReport:
    def test_the_row_the_reasons_and_the_marked_cell(self, desk: Desk) -> None:
        desk.refuse()
        sheet = desk.sheet()
        header, row = ([cell.value for cell in cells] for cells in sheet.iter_rows(max_row=2))
        assert tuple(header[:6]) == KEYS
        assert header[6:] == list(ROW)
        assert row[:3] == ["city_list", str(desk.file), "3"]
        assert row[4].startswith("日期格式不对")
        assert row[5].startswith("a date in a wrong form")
        assert "`明天` is not a date" in row[5]
        marked = [cell for cell in sheet[2] if cell.fill.fgColor.rgb == "00FFC7CE"]
        assert [cell.value for cell in marked] == ["明天"]
        assert "日期格式不对" in marked[0].comment.text
        assert all(cell.number_format == "@" for cell in sheet[2])
        assert desk.report.stat().st_mode & 0o777 == 0o640

    def test_it_can_be_read_as_it_opens(self, desk: Desk) -> None:
        desk.refuse()
        sheet = desk.sheet()
        for place in (5, 6):
            assert sheet.cell(2, place).alignment.wrap_text
        code = sheet.cell(1, desk.place("code")).column_letter
        assert sheet.column_dimensions[code].width >= 18

    def test_a_column_that_the_list_lacks_is_told(self, tmp_path: Path) -> None:
        desk = Desk(tmp_path, ROW)
        tax = desk.folder / "tax.csv"
        tax.write_text(
            f"纳税人名称,统一社会信用代码,录入时间\n示例面馆,{unified_code(2)},2026-03-02\n", encoding="utf-8"
        )
        desk.compile("--source", f"tax_violation={tax}@2026-06-01", "--refusals", desk.report)
        row = [cell.value for cell in openpyxl.load_workbook(desk.report)["tax_violation"][2]]
        assert "没有认定部门：请填写（名单没有这一列，无法在此更正" in row[4]
        assert "the list has no such column" in row[5]
        desk.file = city(tmp_path / "list.csv", ROW, ROW | {"document_no": "示例2号", "authority": ""})
        desk.refuse()
        assert "没有这一列" not in desk.sheet().cell(2, 5).value

    def test_the_summary_counts(self, desk: Desk) -> None:
        desk.refuse()
        rows = list(openpyxl.load_workbook(desk.report)[SUMMARY].values)
        assert ("city_list", str(desk.file), 1, "合计", "all refused rows") in rows
        assert any(row[2] == 1 and str(row[4]).startswith("date_malformed: ") for row in rows if row[2])

    def test_no_number_of_a_person_stands_in_it(self, tmp_path: Path) -> None:
        desk = Desk(tmp_path, ROW, PERSON | {"basis": ""})
        desk.refuse()
        import zipfile

        with zipfile.ZipFile(desk.report) as archive:
            content = b"".join(archive.read(name) for name in archive.namelist())
        for number in (citizen_number(3), citizen_number(5)):
            assert number.encode() not in content
            assert number[6:14].encode() not in content

    @pytest.mark.parametrize("text", ["=1+1", "+1", "-2+3", "@SUM(A1)", '=HYPERLINK("http://x")', "\t=1", "#REF!"])
    def test_no_cell_is_a_formula(self, text: str, tmp_path: Path) -> None:
        desk = Desk(tmp_path, ROW, ROW | {"facts": text, "authority": ""})
        desk.refuse()
        cell = desk.sheet().cell(2, desk.place("facts"))
        assert cell.data_type == "s"
        assert cell.value == text.strip()  # blanks around a cell are removed when it is read
        desk.correct(authority="示例局")
        assert desk.compile("--fix", desk.report)["fix"]["applied"] == 1

    def test_it_is_written_when_nothing_can_be_compiled(self, tmp_path: Path) -> None:
        desk = Desk(tmp_path, ROW | {"basis": ""})
        assert "nothing to compile" in desk.refuse(code=3)["error"]
        assert desk.sheet().max_row == 2
        desk.correct(basis="示例办法")
        assert desk.compile("--fix", desk.report)["sources"][0]["admitted"] == 1

    def test_a_dry_run_writes_it_and_nothing_else(self, desk: Desk) -> None:
        desk.compile("--refusals", desk.report, "--dry-run")
        assert desk.report.exists()
        assert not (desk.folder / "state" / "snapshots").exists()

    def test_a_place_that_cannot_be_written(self, desk: Desk) -> None:
        assert "there is no folder" in desk.compile("--refusals", desk.folder / "no" / "r.xlsx", code=2)["error"]
        (desk.folder / ".r.xlsx.draft").mkdir()
        assert "cannot write" in desk.compile("--refusals", desk.folder / "r.xlsx", code=3)["error"]
        assert "another ending" in desk.compile("--refusals", desk.folder / "r.csv", code=2)["error"]

    def test_every_source_of_the_compile_has_its_sheet(self, desk: Desk) -> None:
        tax = desk.folder / "tax.csv"
        tax.write_text(
            f"纳税人名称,统一社会信用代码,录入时间\n示例面馆,{unified_code(2)},2026-03-02\n", encoding="utf-8"
        )
        desk.compile("--source", f"tax_violation={tax}@2026-06-01", "--refusals", desk.report)
        book = openpyxl.load_workbook(desk.report)
        assert book.sheetnames == [SUMMARY, "city_list", "tax_violation"]
        assert [cell.value for cell in book["tax_violation"][1]][6:] == ["纳税人名称", "统一社会信用代码", "录入时间"]

    def test_every_reason_of_admission_has_its_words(self) -> None:
        import re

        core = Path(__file__).parents[2] / "server" / "xingate_server" / "core"
        text = "".join(path.read_text(encoding="utf-8") for path in core.rglob("*.py"))
        reasons = {*re.findall(r'self\.refuse\(\s*"(\w+)"', text), "red_blocked_by_black", "duplicate", "superseded"}
        assert {"value_unknown", "notice_too_short", "list_type_not_provided"} <= reasons, (
            "they are looked for where they are"
        )
        numbers = {f"identifier_{fault}" for fault in ("missing", "malformed", "checksum", "rounded", "filler")}
        assert reasons | numbers <= set(REASONS)


class TestFix:
    def test_the_corrected_row_replaces_the_refused_one(self, desk: Desk) -> None:
        desk.refuse()
        desk.correct(document_date="2026-03-03")
        document = desk.compile("--fix", desk.report)
        assert document["fix"] == {"applied": 1, "changedSince": [], "masked": [], "notFound": []}
        assert (document["sources"][0]["admitted"], document["sources"][0]["refused"]) == (2, {})

    def test_what_is_not_corrected_stays_refused(self, desk: Desk) -> None:
        desk.refuse()
        document = desk.compile("--fix", desk.report)
        assert document["fix"]["applied"] == 0
        assert document["sources"][0]["refused"] == {"date_malformed": 1}

    def test_a_masked_number_is_restored_from_the_file(self, tmp_path: Path) -> None:
        desk = Desk(tmp_path, PERSON | {"basis": ""})
        desk.refuse(code=3)
        assert "*" in desk.sheet().cell(2, desk.place("code")).value
        desk.correct(basis="示例办法")
        assert desk.compile("--fix", desk.report)["fix"]["applied"] == 1
        asked = ("check", citizen_number(5), "--kind", "natural_person", "--action", "permit.grant")
        purpose = ("--organisation", "示例局", "--operator", "示例员", "--matter", "M-1")
        done = run(*asked, *purpose, "--state", desk.folder / "state", "--json", code=10)
        assert json.loads(done.stdout)["measures"]

    def test_a_whole_number_may_be_written_and_a_half_one_not(self, tmp_path: Path) -> None:
        wrong = citizen_number(5)[:-1] + ("0" if citizen_number(5)[-1] != "0" else "1")
        desk = Desk(tmp_path, ROW, PERSON | {"code": wrong})
        desk.refuse()
        masked = desk.sheet().cell(2, desk.place("code")).value
        desk.correct(code=masked[:-1] + citizen_number(5)[-1])
        assert desk.compile("--fix", desk.report)["fix"]["masked"] == [f"city_list {desk.file} row 3"]
        desk.correct(code=citizen_number(5))
        document = desk.compile("--fix", desk.report)
        assert (document["fix"]["applied"], document["sources"][0]["refused"]) == (1, {})

    def test_a_row_that_changed_since_is_not_corrected(self, desk: Desk) -> None:
        desk.refuse()
        desk.correct(document_date="2026-03-03")
        city(desk.file, ROW, ROW | {"document_no": "示例9号", "document_date": "明天"})
        document = desk.compile("--fix", desk.report)
        assert document["fix"]["changedSince"] == [f"city_list {desk.file} row 3"]
        assert document["sources"][0]["refused"] == {"date_malformed": 1}
        plain = ("compile", "--source", f"city_list={desk.file}@2026-06-01", "--state", desk.folder / "state")
        assert "has changed since the report was made" in run(*plain, "--fix", desk.report).stdout

    def test_a_row_that_is_gone_is_told(self, desk: Desk) -> None:
        desk.refuse()
        city(desk.file, ROW)
        assert desk.compile("--fix", desk.report)["fix"]["notFound"] == [f"city_list {desk.file} row 3"]

    def test_the_file_may_have_moved(self, desk: Desk) -> None:
        desk.refuse()
        desk.correct(document_date=datetime(2026, 3, 3))  # noqa: DTZ001  as a spreadsheet program keeps it
        (desk.folder / "new").mkdir()
        desk.file = desk.file.rename(desk.folder / "new" / "list.csv")
        assert desk.compile("--fix", desk.report)["fix"]["applied"] == 1

    def test_two_reports_in_their_order(self, tmp_path: Path) -> None:
        desk = Desk(tmp_path, ROW, ROW | {"document_no": "示例2号", "document_date": "明天", "basis": ""})
        desk.refuse()
        desk.correct(document_date="2026-03-03")
        first, desk.report = desk.report, tmp_path / "second.xlsx"
        assert desk.compile("--fix", first, "--refusals", desk.report)["sources"][0]["refused"] == {"basis_missing": 1}
        desk.correct(basis="示例办法")
        document = desk.compile("--fix", first, "--fix", desk.report)
        assert (document["fix"]["applied"], document["sources"][0]["refused"]) == (2, {})
        alone = desk.compile("--fix", desk.report, "--accept-shrink", "city_list")
        assert alone["fix"]["changedSince"] == [f"city_list {desk.file} row 3"]

    def test_the_manifest_names_the_reports(self, desk: Desk) -> None:
        desk.refuse()
        document = desk.compile("--fix", desk.report)
        manifest = json.loads((Path(document["path"]) / "manifest.json").read_text(encoding="utf-8"))
        assert [one["file"] for one in manifest["corrections"]] == ["report.xlsx"]

    def test_a_list_of_the_courts_in_json(self, tmp_path: Path) -> None:
        good = Path(__file__).parents[1] / "contract" / "sources_good" / "judgment_debtor" / "court.json"
        rows = json.loads(good.read_text(encoding="utf-8"))
        rows[0]["courtName"] = ""
        file = tmp_path / "court.json"
        file.write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
        report, state = tmp_path / "r.xlsx", tmp_path / "state"
        given = ("compile", "--source", f"judgment_debtor={file}@2026-06-01", "--state", state, "--json")
        run(*given, "--refusals", report)
        book = openpyxl.load_workbook(report)
        header = [cell.value for cell in book["judgment_debtor"][1]]
        book["judgment_debtor"].cell(2, header.index("courtName") + 1).value = "示例法院"
        book.save(report)
        document = json.loads(run(*given, "--fix", report).stdout)
        assert (document["fix"]["applied"], document["sources"][0]["refused"]) == (1, {})

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"行 row": "x"}, "the row number `x` was changed"),
            ({"document_date": "=TODAY()"}, "the cell contains a formula"),
            ({"code": 9.14203990000000199e17}, "the spreadsheet program has destroyed the others"),
        ],
    )
    def test_a_spoilt_report_is_told(self, change: dict[str, Any], said: str, desk: Desk) -> None:
        desk.refuse()
        desk.correct(**change)
        assert (
            said
            in run(
                *("compile", "--source", f"city_list={desk.file}", "--state", desk.folder / "state"),
                *("--fix", desk.report),
                code=2 if "row number" in said else 3,
            ).output
        )

    def test_another_workbook_is_no_report(self, desk: Desk) -> None:
        other = desk.folder / "other.xlsx"
        openpyxl.Workbook().save(other)
        assert "is not a refusal report" in desk.compile("--fix", other, code=2)["error"]
        other.write_bytes(b"no workbook")
        assert "is cut off or damaged" in desk.compile("--fix", other, code=3)["error"]
        assert "cannot be read" in desk.compile("--fix", desk.folder / "absent.xlsx", code=3)["error"]

    def test_what_became_of_corrections_is_told_also_when_the_compile_is_refused(self, desk: Desk) -> None:
        desk.refuse()
        desk.correct(document_date="2026-03-05")
        city(desk.file, *[ROW | {"document_no": f"示例{n}号", "list_type": "很严重"} for n in range(8)])
        error = desk.compile("--fix", desk.report, code=3)["error"]
        assert "rows_unreadable" in error
        assert f"not corrected: city_list {desk.file} row 3 has changed since the report was made" in error


class TestAListOfAPublisher:
    """Its entries have several rows, or it is no table: what its publisher wrote is corrected there."""

    def compile(self, folder: Path, *more: str | Path) -> dict[str, Any]:
        good = Path(__file__).parents[1] / "contract" / "sources_good"
        uk, sdn = folder / "uk.csv", folder / "sdn.csv"
        uk.write_text((good / "uk_sanctions" / "UK-Sanctions-List.csv").read_text("utf-8").replace("Entity", "Group"))
        null = ["-0- "] * 7
        sdn.write_text(",".join(["1", "-0- ", "-0- ", "EX", *null, '"Registration Number 1 (Russia)."']), "cp1252")
        sources = ("--source", f"uk_sanctions={uk}@2026-06-01", "--source", f"ofac={sdn}@2026-06-01")
        catalogues = ("--catalogue", "shiyan2017", "--catalogue", "international", "--state", folder / "state")
        accepted = ("--accept-refusals", "uk_sanctions", "--accept-refusals", "ofac", "--json")
        own = ("--source", f"city_list={city(folder / 'list.csv', ROW, ROW | {'code': '1', 'basis': ''})}@2026-06-01")
        return dict(json.loads(run("compile", *sources, *own, *catalogues, *accepted, *more).stdout))

    def test_the_workbook_says_so_and_fix_passes_over_it(self, tmp_path: Path) -> None:
        report = tmp_path / "report.xlsx"
        self.compile(tmp_path, "--refusals", report)
        book = openpyxl.load_workbook(report)
        said = "（本名单由发布机构更正，在此改动无效） (this list is corrected at its publisher"
        first = [str(row[0].value) for row in book[SUMMARY].iter_rows()]
        assert any(line.startswith(f"uk_sanctions{said}") for line in first)
        assert not any(line.startswith(f"city_list{said[:3]}") for line in first)
        page = book["uk_sanctions"]
        assert page.max_row > 1
        for row in page.iter_rows(min_row=2):
            assert row[3].value is None
            assert "由发布机构更正" in str(row[4].value)
            assert "corrected at its publisher" in str(row[5].value)
            assert all(cell.fill.fgColor.rgb != "00FFC7CE" and cell.comment is None for cell in row)
        [own] = list(book["city_list"].iter_rows(min_row=2))
        assert own[3].value
        assert "publisher" not in str(own[5].value)
        label = [cell.value for cell in page[1]].index("Designation Type") + 1
        page.cell(2, label).value = "Entity"
        book["city_list"].cell(2, len(KEYS) + list(ROW).index("basis") + 1).value = "示例办法"
        book["city_list"].cell(2, len(KEYS) + list(ROW).index("code") + 1).value = unified_code(2)
        book.save(report)
        fixed = self.compile(tmp_path, "--fix", report)
        assert fixed["fix"] == {"applied": 1, "changedSince": [], "masked": [], "notFound": []}

    def test_which_sources_can_be_corrected(self) -> None:
        for kind in ("city_list", "judgment_debtor", "tax_violation", "double_publicity", "entity_register"):
            assert load_source(kind).can_be_corrected
        for kind in ("uk_sanctions", "eu_sanctions", "ofac", "un_consolidated"):
            assert not load_source(kind).can_be_corrected
