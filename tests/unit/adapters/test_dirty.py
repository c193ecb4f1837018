"""Dirty lists as they arrive: every row is accounted for, and what is refused says what to do about it."""

import csv
import io
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from xingate_adapters.sources import load_source
from xingate_server import catalogues
from xingate_server.core.admission.admit import admit
from xingate_server.core.admission.result import Admitted, Refused
from xingate_server.core.admission.rules import Rules
from xingate_server.core.calendar import WorkCalendar
from xingate_server.core.catalogue import Posture
from xingate_server.core.days import parse_day
from xingate_server.core.subject import SubjectKeyer
from xingate_server.demo.numbers import unified_code

REAL = Path(__file__).parents[3].parent / "shared" / "data" / "uscc_nonconforming.csv"
CODE = unified_code(1)
ROW = {
    "list_type": "watch.key_monitoring",
    "subject_kind": "legal_entity",
    "name": "示例公司",
    "code": CODE,
    "authority": "示例局",
    "basis": "示例办法",
    "document_no": "示例1号",
    "document_date": "2026-03-02",
    "valid_until": "",
}
RULES = Rules(
    catalogue=catalogues.load(("shiyan2017",), Posture.AS_PLANNED_2017),
    calendar=WorkCalendar.official(),
    keyer=SubjectKeyer(bytes(range(32))),
    today=date(2026, 6, 1),
)


def in_csv(tmp_path: Path, *rows: dict[str, str], encoding: str = "utf-8") -> Path:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(ROW))
    writer.writeheader()
    writer.writerows(rows)
    file = tmp_path / "rows.csv"
    file.write_bytes(text.getvalue().encode(encoding))
    return file


def in_xlsx(tmp_path: Path, *rows: dict[str, Any]) -> Path:
    """With two title rows above the header, the first one merged, and a hidden sheet of choices."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["示例市重点监测名单"])
    sheet.merge_cells("A1:I1")
    sheet.append(["（2026年第一批）"])
    sheet.append(list(ROW))
    for row in rows:
        sheet.append(list(row.values()))
    book.create_sheet("选项").append(["有效", "已退出"])
    book["选项"].sheet_state = "hidden"
    file = tmp_path / "rows.xlsx"
    book.save(file)
    return file


def outcomes(file: Path) -> list[Admitted | Refused]:
    return [admit(record, RULES) for record in load_source("city_list").records([file])]


def outcome(tmp_path: Path, **cells: str) -> Admitted | Refused:
    [found] = outcomes(in_csv(tmp_path, ROW | cells))
    return found


# The findings of the real file, each re-made with an invented code: what becomes of the row.
TWINS: dict[str, tuple[str, str]] = {
    "ok_lowercase": (CODE.lower(), ""),
    "full_width": ("".join(chr(ord(c) + 0xFEE0) for c in CODE), ""),
    "blanks inside": (f"{CODE[:8]} {CODE[8:17]} {CODE[17:]}", ""),
    "uscc_bad_org_ok": (CODE[:17] + ("A" if CODE[17] != "A" else "B"), "identifier_checksum"),
    "InvalidChecksum": (CODE[:9] + ("1" if CODE[9] != "1" else "2") + CODE[10:], "identifier_checksum"),
    "InvalidFormat": ("��������·1��", "identifier_malformed"),
    "length_1": ("无", "identifier_missing"),
    "length_8": (CODE[:8], "identifier_malformed"),
    "length_10": ("42039900-" + "X", "identifier_checksum"),
    "length_11": ("企合示分字第0006", "identifier_malformed"),
    "length_13": ("4203990000001", ""),
    "length_15": ("420399000000001", "identifier_checksum"),
    "length_17": (CODE[:17], "identifier_malformed"),
    "length_19": (CODE + "0", "identifier_malformed"),
    "length_24": ("示例省示例市示例区示例街道示例路一百一十三号附一号", "identifier_malformed"),
    "two codes": (f"{CODE}/{CODE}", "identifier_malformed"),
    "exponent": ("9.14204E+17", "identifier_malformed"),
}


@pytest.mark.parametrize("twin", TWINS)
def test_each_defect_of_a_code(twin: str, tmp_path: Path) -> None:
    code, reason = TWINS[twin]
    found = outcome(tmp_path, code=code)
    assert isinstance(found, Admitted), "the row has a name, so that a number that cannot be used drops nothing"
    assert [counted for counted, _ in found.counted] == ([reason] if reason else [])
    assert found.is_unsettled is bool(reason)


@pytest.mark.parametrize("code", ["9.14204E+17", "1.23e+17", "１.２３Ｅ＋１７", "9E+17"])
@pytest.mark.parametrize("scheme", ["", "uscc", "reg_no"])
def test_a_destroyed_code_is_told_as_that(code: str, scheme: str, tmp_path: Path) -> None:
    file = in_csv(tmp_path, ROW | {"code": code})
    file.write_text(
        file.read_text("utf-8").replace("code,", "code,id_scheme,").replace(f"{code},", f"{code},{scheme},")
    )
    [found] = outcomes(file)
    assert isinstance(found, Admitted)
    [(reason, detail)] = found.counted
    assert reason == "identifier_malformed"
    assert "a spreadsheet program" in detail
    assert "export the column again as text" in detail


def _reasons(outcome: Admitted | Refused) -> tuple[str, ...]:
    """What is counted of a row: of a refused one, and of one that stands by its name."""
    return outcome.reasons if isinstance(outcome, Refused) else tuple(reason for reason, _ in outcome.counted)


@pytest.mark.skipif(not REAL.exists(), reason="the real nonconforming cells are not beside the project")
def test_every_real_cell_is_accounted_for_in_every_form(tmp_path: Path) -> None:
    with REAL.open(encoding="utf-8", newline="") as file:
        real = list(csv.DictReader(file))
    rows = [ROW | {"code": row["uscc"], "document_no": str(n)} for n, row in enumerate(real)]
    told = []
    for form in (in_csv(tmp_path, *rows), in_xlsx(tmp_path, *rows)):
        found = outcomes(form)
        assert len(found) == len(rows) == 686
        told.append([_reasons(one) for one in found])
    assert told[0] == told[1]
    counts = Counter(reason for reasons in told[0] for reason in reasons)
    assert set(counts) == {"identifier_checksum", "identifier_malformed", "identifier_missing"}
    by_finding: dict[str, set[tuple[str, ...]]] = {}
    for row, reasons in zip(real, told[0], strict=True):
        by_finding.setdefault(row["finding"], set()).add(reasons)
    assert by_finding["ok_lowercase"] == by_finding["uscc_ok_org_bad"] == {()}
    assert by_finding["uscc_bad_org_ok"] == by_finding["InvalidChecksum"] == {("identifier_checksum",)}
    assert by_finding["length_1"] == {("identifier_missing",)}
    assert by_finding["length_other"] == by_finding["length_24"] == {("identifier_malformed",)}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_encodings_make_no_difference(encoding: str, tmp_path: Path) -> None:
    rows = [ROW | {"name": "示例㐂𠮷公司", "document_no": str(n)} for n in range(50)]
    found = list(load_source("city_list").records([in_csv(tmp_path, *rows, encoding=encoding)]))
    assert [record.name for record in found] == ["示例㐂𠮷公司"] * 50


class TestWorkbook:
    def test_titles_hidden_sheets_and_dates_as_numbers(self, tmp_path: Path) -> None:
        file = in_xlsx(tmp_path, ROW | {"document_date": 20260302, "valid_until": date(2027, 3, 2)})
        records = load_source("city_list").records([file])
        [record] = records
        assert (record.row, record.document_date, record.valid_until) == (4, "20260302", "2027-03-02")
        assert records.passed_over == {"hidden_sheets": 1}
        assert isinstance(admit(record, RULES), Admitted)

    def test_a_day_number_is_told_as_that(self, tmp_path: Path) -> None:
        [found] = outcomes(in_xlsx(tmp_path, ROW | {"document_date": 46083}))
        assert isinstance(found, Refused)
        assert found.reasons == ("date_malformed",)
        assert "is a spreadsheet's day number; format the column as a date" in found.details[0]

    def test_a_code_that_became_a_number_hurts_its_row_alone(self, tmp_path: Path) -> None:
        """What is not certain is hidden, and no other row is lost with it (DESIGN, *Rounded*)."""
        file = in_xlsx(tmp_path, ROW, ROW | {"code": 9.14203990000000199e17}, ROW)
        found = list(load_source("city_list").records([file]))
        assert [record.identifiers[0][1] for record in found] == [CODE, "914203990000000***", CODE]

    def test_merged_cells_of_one_subject_leave_blanks_that_are_refused(self, tmp_path: Path) -> None:
        """Only the first cell of a merged range holds its value: the rows below lack it, and say so."""
        blank = ROW | {"name": None, "code": None, "document_no": "示例2号"}
        first, second = outcomes(in_xlsx(tmp_path, ROW, blank))
        assert isinstance(first, Admitted)
        assert isinstance(second, Refused)
        assert second.reasons == ("identifier_missing",)


def test_full_width_cells_are_read(tmp_path: Path) -> None:
    def wide(text: str) -> str:
        return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)

    found = outcome(tmp_path, code=wide(CODE), document_date=wide("2026-03-02"), valid_until=wide("20270302"))
    assert isinstance(found, Admitted)
    assert found.entry is not None
    assert (found.entry.document_date, found.entry.valid_until) == (date(2026, 3, 2), date(2027, 3, 2))


@pytest.mark.parametrize("text", ["46083", "46083.5", "69999"])
def test_day_numbers(text: str) -> None:
    with pytest.raises(ValueError, match="day number"):
        parse_day(text)


@pytest.mark.parametrize("text", ["2026", "99999", "0", "460833"])
def test_what_is_no_day_number(text: str) -> None:
    with pytest.raises(ValueError, match="is not a date"):
        parse_day(text)
