"""Who of a roster is asked about beside its subjects, what is told of who is not, and how the workbook shows it."""

from pathlib import Path

import openpyxl
import pytest
from tests.support.rosters.running import (
    LISTED,
    PERSON,
    PURPOSE,
    cells,
    fake_gateway,
    roster,
    run,
    screening,
)

from xingate.errors import InvalidRequestError
from xingate.testing import FakeGateway
from xingate.types import Candidate, Decision, Gap, SubjectKind, TraceRef, Verdict
from xingate_adapters.rosters.book.answers import answer_of
from xingate_adapters.rosters.book.widths import widest_piece
from xingate_adapters.rosters.layout import guess_layout
from xingate_server.demo.numbers import citizen_number, unified_code


@pytest.fixture
def fake() -> FakeGateway:
    return fake_gateway()


def test_members_are_asked_about_and_the_row_is_as_strict_as_its_strictest(fake: FakeGateway, tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    clear = unified_code(1001)
    lines = [
        "投标人名称,统一社会信用代码,联合体成员",
        f"示例乙公司,{clear},示例一公司（{LISTED}）；示例丙公司({unified_code(1002)})",
    ]
    file.write_text("\n".join(lines), encoding="utf-8")
    done = run(fake, screening(file, kind=SubjectKind.LEGAL_ENTITY))
    subject, listed, other = cells(tmp_path / "a.xlsx")
    assert listed["对象 asked about"] == other["对象 asked about"] == "联合体成员 consortium_member"
    assert [row["结论 verdict"] for row in (subject, listed, other)] == [
        "无措施 CLEAR",
        "受限制 RESTRICTED",
        "无措施 CLEAR",
    ]
    assert subject["本行结论 verdict of the row"] == "受限制 RESTRICTED"
    assert (done.tally.rows, done.tally.records) == (1, 3)


def test_footers_are_reported_and_not_asked_about(fake: FakeGateway, tmp_path: Path) -> None:
    file = roster(
        tmp_path / "a.csv", f"示例一,{LISTED},企业,,,", "合计,1家,,,,", "填表人：示例,,,审核人：示例,,2026年11月"
    )
    done = run(fake, screening(file))
    listed, *footers = cells(tmp_path / "a.xlsx")
    assert listed["结论 verdict"] == "受限制 RESTRICTED"
    assert [(row["行 row"], row["结论 verdict"]) for row in footers] == [
        (3, "页脚，未查询 footer, not asked about"),
        (4, "页脚，未查询 footer, not asked about"),
    ]
    assert (done.tally.rows, done.tally.records, done.tally.footers, done.tally.is_answered) == (1, 1, [3, 4], True)
    page = {row[0]: row for row in openpyxl.load_workbook(tmp_path / "a.xlsx")["汇总 summary"].values}
    assert page["页脚，未查询 footer, not asked about"][1:4:2] == ("行 rows 3, 4", 2)
    assert page["合计 total"][3] == 1


def test_names_without_numbers_are_told_of_beside_people_who_were_asked_about(
    fake: FakeGateway, tmp_path: Path
) -> None:
    file = tmp_path / "a.csv"
    lines = ["投标人名称,统一社会信用代码,项目经理,法定代表人,身份证号", f"示例一,{LISTED},示例乙,示例甲,{PERSON}"]
    file.write_text("\n".join(lines), encoding="utf-8")
    layout = guess_layout(file, SubjectKind.LEGAL_ENTITY).mapped({"身份证号": "legal_representative_id"})
    done = run(fake, screening(file, layout=layout, kind=SubjectKind.LEGAL_ENTITY))
    assert done.tally.records == 2
    texts = [row[0] for row in openpyxl.load_workbook(tmp_path / "a.xlsx")["汇总 summary"].values]
    assert "没有号码列，未查询 not asked about, without a column of their numbers: 项目经理" in texts


def test_a_number_is_masked_in_one_way_wherever_it_stands(fake: FakeGateway, tmp_path: Path) -> None:
    old, passport = f"990000{PERSON[8:17]}", "EX1234567"
    rows = [f"示例一,{LISTED},企业,示例甲,{number},即{number}号" for number in (PERSON, old, passport)]
    run(fake, screening(roster(tmp_path / "a.csv", *rows)))
    found = cells(tmp_path / "a.xlsx")
    for place, shown in enumerate((f"{PERSON[:6]}********{PERSON[-4:]}", f"9{'*' * 12}{old[-2:]}", "E******67")):
        subject, person = found[2 * place : 2 * place + 2]
        assert person["号码 number"] == subject["法定代表人身份证号"] == shown
        assert subject["备注"] == f"即{shown}号"


@pytest.mark.parametrize("written", ["示例甲 {}", "示例甲（{}）", "示例甲{}", "示例甲 {}、示例丙 {}"])
def test_a_number_beside_a_name_is_masked_alone(written: str, fake: FakeGateway, tmp_path: Path) -> None:
    number = f"{PERSON[:6]}********{PERSON[-4:]}"
    file = tmp_path / "a.csv"
    cell = written.format(PERSON, PERSON)
    file.write_text(f"投标人名称,统一社会信用代码,法定代表人及身份证号\n示例一,{LISTED},{cell}", encoding="utf-8")
    run(fake, screening(file, kind=SubjectKind.LEGAL_ENTITY))
    assert cells(tmp_path / "a.xlsx")[0]["法定代表人及身份证号"] == written.format(number, number)


def test_no_word_code_or_time_is_wider_than_its_column(fake: FakeGateway, tmp_path: Path) -> None:
    long = "示例" + "x" * 70
    gap = Gap("identity_unsettled", Verdict.PROHIBITED, f"compare {'y' * 90} of 2026-03-02 10:11:12")
    fake.answer("示例二公司", "*", Verdict.CANNOT_TELL, gaps=[gap])
    run(fake, screening(roster(tmp_path / "a.csv", f"{long},{LISTED},企业,,,", "示例二公司,,企业,,,")))
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    for title in ("结果 results", "证明 certificate"):
        dimensions = book[title].column_dimensions.values()  # one for several columns of one width
        wrapped = [cell for row in book[title].iter_rows() for cell in row if cell.alignment.wrap_text and cell.value]
        assert len(wrapped) > 10
        for cell in wrapped:
            width = next(one.width for one in dimensions if one.min <= cell.column <= one.max)
            assert widest_piece(str(cell.value)) <= width, (title, cell.coordinate)
    page = book["证明 certificate"]
    heights = {str(page.cell(line, 1).value): page.row_dimensions[line].height for line in range(3, page.max_row + 1)}
    assert heights["检查点（已签名）"] >= 15 * 4
    assert widest_piece("从 2026-03-02 10:11:12 起") == len("2026-03-02 10:11:12")


def test_the_notes_say_on_which_list_a_candidate_is_and_what_settles_it() -> None:
    closes = f"ask again with the subject's own code; it is this one if that is `{LISTED}`"
    kind, why = SubjectKind.LEGAL_ENTITY, "the name is equal"
    found = Candidate(kind, "示例同名公司", LISTED, ("black.bid_rigging",), 0.5, why, closes)
    decision = Decision("r", Verdict.CANNOT_TELL, TraceRef("x", 0), candidates=(found,))
    [note] = answer_of(decision, {"black.bid_rigging": "串通投标"}).notes
    assert f"示例同名公司 {LISTED}（串通投标 black.bid_rigging；" in note
    assert note.endswith(closes)


@pytest.mark.parametrize(
    ("blank", "field"),
    [("organisation", "caller.organisation"), ("operator", "caller.operator"), ("matter", "matter")],
)
@pytest.mark.parametrize("empty", ["", " ", "\u3000\t", "\u3164\u2800"])
@pytest.mark.parametrize("lines", [f"示例甲,{PERSON},自然人,,,", f"示例一,{LISTED},企业,示例甲,{PERSON},"])
def test_people_are_asked_about_with_organisation_operator_and_matter_or_nobody_is(
    lines: str, blank: str, field: str, empty: str, fake: FakeGateway, tmp_path: Path
) -> None:
    file = roster(tmp_path / "a.csv", f"示例二,{unified_code(2)},企业,,,", lines)
    with pytest.raises(InvalidRequestError) as caught:
        run(fake, screening(file, **{blank: empty}))
    assert (caught.value.reason, caught.value.field) == ("purpose_missing", field)
    assert caught.value.message.startswith("row 3 names a natural person")
    assert fake.records == []
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]
    run(fake, screening(roster(tmp_path / "b.csv", f"示例二,{unified_code(2)},企业,,,"), **{blank: empty}))


@pytest.mark.parametrize("empty", ["", "  ", "\u3000", "\u3164\u2800"])
def test_each_row_of_a_person_needs_a_matter_where_a_column_has_them(
    empty: str, fake: FakeGateway, tmp_path: Path
) -> None:
    file = tmp_path / "a.csv"
    lines = ["姓名,身份证号,标段编号", f"示例甲,{PERSON},M-1", f"示例乙,{citizen_number(102)},{empty}"]
    file.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(InvalidRequestError, match="row 3 names a natural person"):
        run(fake, screening(file, kind=SubjectKind.NATURAL_PERSON, matter=""))
    assert fake.records == []
    assert run(fake, screening(file, kind=SubjectKind.NATURAL_PERSON)).tally.records == 2
    assert [entry.record.check.matter for entry in fake.records] == ["M-1", PURPOSE["matter"]]
