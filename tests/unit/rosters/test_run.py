"""A roster from file to workbook, before a gateway in memory: rows, faults, breaks, journals, disks that are full."""

import resource
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from tests.support.rosters.running import (
    HEADER,
    LISTED,
    PERSON,
    WHO,
    cells,
    company,
    fake_gateway,
    roster,
    run,
    screening,
)

from xingate.errors import InvalidRequestError, NotAllowedError
from xingate.testing import FakeGateway
from xingate.types import (
    Decision,
    Gap,
    SubjectKind,
    TraceRef,
    Verdict,
)
from xingate_adapters.reading.errors import SourceError
from xingate_adapters.rosters.book.summary import Tally
from xingate_adapters.rosters.journal import Journal, JournalError
from xingate_adapters.rosters.layout import guess_layout
from xingate_adapters.rosters.run import Screening, StoppedError, screen_file
from xingate_server.demo.numbers import unified_code

FORMULAS = ("=1+1", "+SUM(1)", "-2", "@x", "＝1", "  =HYPERLINK(0)", "\t=1")


@pytest.fixture
def fake() -> FakeGateway:
    return fake_gateway()


def break_off(fake: FakeGateway, asked: Screening, begun: list[Journal]) -> None:
    """A run whose gateway goes away before its first answer."""

    def begin(journal: Journal) -> None:
        begun.append(journal)
        fake.fail(10_000)

    with fake.client(**WHO) as client, pytest.raises(StoppedError, match="row 2: "):
        screen_file(client, asked, begin, lambda *_: None)
    fake.fail(0)


def test_each_row_has_its_verdict_in_words_and_colour_with_all_that_it_rests_on(
    fake: FakeGateway, tmp_path: Path
) -> None:
    file = roster(tmp_path / "a.csv", f"示例一,{LISTED},企业,,,好", company(2), "示例同名公司,,企业,,,")
    done = run(fake, screening(file))
    listed, clear, person, doubtful = cells(tmp_path / "a.xlsx")
    assert listed["结论 verdict"] == "受限制 RESTRICTED"
    assert listed["措施 measures"].startswith("18.3b 限制参与有关公共资源交易活动 / Limit taking part")
    assert listed["依据 legal basis"] == "实施方案 十八(3)"
    assert listed["认定 entries"] == "black.bid_rigging，示例局，示例〔2026〕1号"
    assert listed["救济 remedies"] == "提出异议 Object\n认定 recognised by 示例局"
    assert (listed["行 row"], listed["号码 number"], listed["备注"]) == (2, LISTED, "好")
    assert (clear["结论 verdict"], person["对象 asked about"]) == ("无措施 CLEAR", "法定代表人 legal_representative")
    assert doubtful["缺口（如何补足）gaps (what closes them)"].startswith("只有名称没有号码")
    records = {entry.record_id for entry in fake.records}
    assert {row["留痕编号 record"] for row in (listed, clear, person, doubtful)} == records
    assert (done.tally.rows, done.tally.records, done.tally.is_answered) == (3, 4, True)
    page = openpyxl.load_workbook(tmp_path / "a.xlsx")["结果 results"]
    colours = {page.cell(line, 6).fill.start_color.rgb for line in (2, 3, 5)}
    assert len(colours) == 3, "each verdict has a colour of its own"
    assert (page.freeze_panes, page.auto_filter.ref) == ("G2", f"A1:{page.dimensions.split(':')[1]}")


def test_no_number_of_a_person_stands_in_the_workbook(fake: FakeGateway, tmp_path: Path) -> None:
    rows = (
        f"示例甲,{PERSON},自然人,,,号码是{PERSON}",
        f"示例一,{LISTED},企业,示例甲,{PERSON},{PERSON[:6]} {PERSON[6:]}",
    )
    run(fake, screening(roster(tmp_path / "a.csv", *rows)))
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    shown = str([[list(row) for row in sheet.iter_rows(values_only=True)] for sheet in book])
    assert PERSON not in shown
    assert PERSON[6:14] not in shown
    assert LISTED in shown


def test_no_cell_is_a_formula_and_what_looks_like_one_stays_text(fake: FakeGateway, tmp_path: Path) -> None:
    rows = [f'"{text}",{unified_code(50 + number)},企业,,,"{text}"' for number, text in enumerate(FORMULAS)]
    run(fake, screening(roster(tmp_path / "a.csv", *rows)))
    page = openpyxl.load_workbook(tmp_path / "a.xlsx")["结果 results"]
    assert not [cell.coordinate for row in page.iter_rows() for cell in row if cell.data_type == "f"]
    last = page.max_column
    assert [page.cell(line, last).value.strip() for line in range(2, 9)] == [text.strip() for text in FORMULAS]
    assert all(page.cell(line, last).quotePrefix for line in range(2, 9))


def test_a_bad_row_is_a_row_with_its_error_and_the_run_goes_on(fake: FakeGateway, tmp_path: Path) -> None:
    rows = (",,企业,,,", company(1), "示例,1,外星人,,,", company(2), "示例,1,,,,")
    done = run(fake, screening(roster(tmp_path / "a.csv", *rows)))
    found = [row for row in cells(tmp_path / "a.xlsx") if row["对象 asked about"].startswith("申请")]
    assert [row["行 row"] for row in found] == [2, 3, 4, 5, 6]
    assert [bool(row["错误 error"]) for row in found] == [True, False, True, False, True]
    assert found[0]["结论 verdict"] == "未能查询 not answered"
    assert "外星人" in found[2]["错误 error"]
    assert not done.tally.is_answered
    assert done.tally.verdicts[None] == 3
    assert not (tmp_path / "a.xlsx.journal").exists()
    summary = str(list(openpyxl.load_workbook(tmp_path / "a.xlsx")["汇总 summary"].iter_rows(values_only=True)))
    assert "subject_kind_unknown" in summary
    assert "行 rows 4" in summary


def test_the_summary_has_one_line_a_reason_however_many_rows_differ(fake: FakeGateway, tmp_path: Path) -> None:
    rows = [f"示例{n},{n},外星{n}号,,," for n in range(3)]
    done = run(fake, screening(roster(tmp_path / "a.csv", company(1), *rows)))
    assert done.tally.errors == {"subject_kind_unknown": 3}
    page = openpyxl.load_workbook(tmp_path / "a.xlsx")["汇总 summary"]
    lines = [row for row in page.iter_rows(values_only=True) if row[0] == "subject_kind_unknown"]
    words = "主体类别不认识：请写法人和其他组织、个体工商户或自然人"
    assert [line[:4] for line in lines] == [("subject_kind_unknown", words, "行 rows 3, 4, 5", 3)]


def test_gaps_about_entries_are_counted_by_reason_alone() -> None:
    tally = Tally()
    for number in range(3):
        gaps = [
            Gap("row_unreadable", Verdict.PROHIBITED, "示例", f"E{number}"),
            Gap("row_unreadable", Verdict.PROHIBITED, "示例", f"F{number}"),
            Gap("commitment_overdue", Verdict.CAUTION, "示例", f"E{number}"),
            Gap("identity_unsettled", Verdict.PROHIBITED, "示例", f"E{number}"),
            Gap("source_stale", Verdict.PROHIBITED, "示例", "city_list"),
        ]
        decision = Decision(f"r{number}", Verdict.CANNOT_TELL, TraceRef(f"x{number}", number), gaps=tuple(gaps))
        tally.add(number, Verdict.CANNOT_TELL, [decision])
    assert tally.gaps == {
        ("row_unreadable", ""): 3,
        ("commitment_overdue", ""): 3,
        ("identity_unsettled", ""): 3,
        ("source_stale", "city_list"): 3,
    }


def test_the_certificate_says_how_many_when_and_on_what(fake: FakeGateway, tmp_path: Path) -> None:
    asked = screening(
        roster(tmp_path / "a.csv", *map(company, range(100))), operator="示例经办人", organisation="示例局"
    )
    begun: list[Journal] = []
    run(fake, asked, begun)
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    said = {row[1]: row[2] for row in book["证明 certificate"].iter_rows(min_row=3, values_only=True)}
    assert said["lookups recorded"] == "200"
    assert said["run"] == begun[0].run_id
    assert said["checkpoint (signed note)"].splitlines()[:2] == ["fake", "200"]
    assert said["first record"].startswith(fake.records[0].record_id)
    assert said["last record"].startswith(fake.records[-1].record_id)
    assert "示例局" in said["asked by"]
    assert len(book["汇总 summary"]._charts) == 1


def test_a_run_that_stops_is_continued_without_a_second_record(fake: FakeGateway, tmp_path: Path) -> None:
    file = roster(tmp_path / "a.csv", *map(company, range(300)))
    asked = screening(file)
    taken = threading.Event()
    begun: list[Journal] = []
    with fake.client(**WHO) as client:

        def tell(what: str, done: int, _total: int) -> None:
            if what == "asking" and done >= 64 and not taken.is_set():
                taken.set()
                fake.fail(10_000)

        with pytest.raises(StoppedError) as stopped:
            screen_file(client, asked, begun.append, tell)
    assert stopped.value.row > 64
    assert (tmp_path / "a.xlsx.journal").exists()
    assert not (tmp_path / "a.xlsx").exists()
    assert not list(tmp_path.glob(".*draft*"))
    before = [entry.record_id for entry in fake.records]
    assert 0 < len(before) < 600
    fake.fail(0)
    run(fake, asked, begun)
    assert [journal.origin for journal in begun] == ["new", "continued"]
    assert [entry.record_id for entry in fake.records][: len(before)] == before
    assert len(fake.records) == 600
    assert len(cells(tmp_path / "a.xlsx")) == 600
    assert not (tmp_path / "a.xlsx.journal").exists()


@pytest.mark.parametrize(
    ("change", "origin"), [("file", "file_changed"), ("action", "asked_differently"), ("journal", "new")]
)
def test_another_file_or_question_starts_anew(change: str, origin: str, fake: FakeGateway, tmp_path: Path) -> None:
    file = roster(tmp_path / "a.csv", *map(company, range(10)))
    begun: list[Journal] = []
    break_off(fake, screening(file), begun)
    if change == "file":
        roster(file, *map(company, range(11)))
    if change == "journal":
        journal = tmp_path / "a.xlsx.journal"
        journal.write_text(journal.read_text(encoding="utf-8")[:40], encoding="utf-8")
    run(fake, screening(file, action="market.entry" if change == "action" else "tender.bid"), begun)
    assert begun[1].origin == origin
    assert begun[1].run_id != begun[0].run_id


def test_the_day_asked_about_stays_that_of_the_first_run(fake: FakeGateway, tmp_path: Path) -> None:
    file = roster(tmp_path / "a.csv", company(1))
    begun: list[Journal] = []
    break_off(fake, screening(file), begun)
    path = tmp_path / "a.xlsx.journal"
    path.write_text(path.read_text(encoding="utf-8").replace(begun[0].as_of, "2026-01-02"), encoding="utf-8")
    run(fake, screening(file), begun)
    assert begun[1].as_of == "2026-01-02"
    assert {entry.check.as_of.isoformat() for entry in fake.records if entry.check.as_of} == {"2026-01-02"}


def test_two_runs_for_one_workbook_at_once_are_refused(fake: FakeGateway, tmp_path: Path) -> None:
    asked = screening(roster(tmp_path / "a.csv", *map(company, range(10))))

    def second(_: Journal) -> None:
        with pytest.raises(JournalError, match="another run is writing"):
            run(fake, asked)

    with fake.client(**WHO) as client:
        screen_file(client, asked, second, lambda *_: None)
    assert len(fake.records) == 20


def test_what_is_wrong_with_every_row_ends_the_run_and_leaves_nothing(fake: FakeGateway, tmp_path: Path) -> None:
    file = roster(tmp_path / "a.csv", company(1))
    with pytest.raises(InvalidRequestError, match=r"no action `tender\.bit`: did you mean `tender\.bid`"):
        run(fake, screening(file, action="tender.bit"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv"]


def test_a_caller_that_may_not_ask_is_stopped_at_once(
    fake: FakeGateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> list[Any]:
        raise NotAllowedError("not you", reason="not_allowed")

    file = roster(tmp_path / "a.csv", *map(company, range(200)))
    monkeypatch.setattr(fake, "_answers_of", {**fake._answers_of, "BatchCheck": refuse})
    with pytest.raises(StoppedError, match="row 2: not you"):
        run(fake, screening(file))


def test_a_file_that_changes_while_it_is_read_is_refused(
    fake: FakeGateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = roster(tmp_path / "a.csv", company(1))
    hashes: Iterator[str] = iter(("a", "b"))
    monkeypatch.setattr("xingate_adapters.rosters.run.sha256_of", lambda _: next(hashes))
    with pytest.raises(SourceError, match="changed while it was read"):
        run(fake, screening(file))
    assert not fake.records


def test_a_disk_that_is_full_is_told_and_the_run_can_be_continued(fake: FakeGateway, tmp_path: Path) -> None:
    asked = screening(roster(tmp_path / "a.csv", *map(company, range(3_000))))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, before[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            run(fake, asked)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert not list(tmp_path.glob("*.xlsx"))
    assert not list(tmp_path.glob(".*draft*"))
    done = run(fake, asked)
    assert len(fake.records) == done.tally.records == 6_000


def test_hostile_text_is_written_and_read_back(fake: FakeGateway, tmp_path: Path) -> None:
    note = "\x00\x07<&>\"'_x0041_" + "长" * 40_000
    file = tmp_path / "a.csv"
    file.write_text(f'{HEADER}\n示例,{LISTED},企业,,,"{note[2:].replace(chr(34), "")}"\n', encoding="utf-8")
    run(fake, screening(file))
    (row,) = cells(tmp_path / "a.xlsx")
    assert row["备注"].startswith("<&>'")
    assert len(row["备注"]) < 32_767


def test_a_number_among_the_options_or_in_the_files_name_is_masked(fake: FakeGateway, tmp_path: Path) -> None:
    file = roster(tmp_path / f"{PERSON}.csv", company(1))
    options = {"operator": f"示例 {PERSON}", "matter": PERSON, "context": {"note": PERSON}}
    asked = screening(file, out=tmp_path / "out.xlsx", **options)
    break_off(fake, asked, [])
    assert PERSON not in asked.journal.read_text(encoding="utf-8")
    run(fake, asked)
    book = openpyxl.load_workbook(tmp_path / "out.xlsx")
    assert PERSON not in repr([list(sheet.values) for sheet in book])


def test_no_sheet_of_a_workbook_is_left_out_unsaid(fake: FakeGateway, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for title, rows in (("一标段", [*map(company, range(2))]), ("填表说明", ["一行", "请,填写"]), ("空表", [])):
        sheet = book.create_sheet(title)
        for line in [HEADER, *rows] if title == "一标段" else rows:
            sheet.append(line.split(","))
    book.save(tmp_path / "a.xlsx")
    asked = screening(tmp_path / "a.xlsx", out=tmp_path / "out.xlsx")
    assert run(fake, asked).tally.rows == 2
    page = openpyxl.load_workbook(tmp_path / "out.xlsx")["证明 certificate"]
    assert ("未读的工作表", "sheets not read", "填表说明") in list(page.values)
    sheet = book.create_sheet("二标段")
    for line in (HEADER, company(7)):
        sheet.append(line.split(","))
    book.save(tmp_path / "b.xlsx")
    with pytest.raises(SourceError, match=r"sheets with the same columns \(`一标段`, `二标段`\)"):
        guess_layout(tmp_path / "b.xlsx")


def test_a_roster_without_rows_gives_no_workbook(fake: FakeGateway, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="there are no rows under the header"):
        run(fake, screening(roster(tmp_path / "a.csv"), kind=SubjectKind.LEGAL_ENTITY))
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


def test_more_rows_than_a_sheet_takes_go_on_to_the_next(
    fake: FakeGateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xingate_adapters.rosters.book.workbook.ROWS_A_SHEET", 101)
    run(fake, screening(roster(tmp_path / "a.csv", *map(company, range(120)))))
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert book.sheetnames == ["汇总 summary", "结果 results", "结果 results 2", "结果 results 3", "证明 certificate"]
    assert [sheet.max_row for sheet in book.worksheets[1:4]] == [101, 101, 41], "a subject and its people stay together"
    assert [sheet.freeze_panes for sheet in book.worksheets[1:4]] == ["G2"] * 3
