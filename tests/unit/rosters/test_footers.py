"""Which rows of a roster are footers: nobody who may be a party is dropped as one, whatever words stand in the row."""

from pathlib import Path

import pytest
from tests.support.rosters.reading import asked, csv
from tests.support.rosters.running import cells, fake_gateway, run, screening

from xingate.types import SubjectKind
from xingate_adapters.rosters.layout import guess_layout
from xingate_server.demo.numbers import citizen_number, unified_code

CODE, CITIZEN = unified_code(1), citizen_number(101)
MISTYPED = CITIZEN[:-1] + ("1" if CITIZEN[-1] != "1" else "2")
DOCUMENTS = ("00000001-9", "E12345678", "110000012345678", "990000198001011014", MISTYPED, CODE[:-1] + "?", CODE)
WORDS = ("已签字", "审核：通过", "合计", "审核人", "（盖章）", "单位盖章：", "负责人（签字）", "日期", "见证：示例")


@pytest.mark.parametrize("number", DOCUMENTS[:5])
@pytest.mark.parametrize("word", WORDS)
def test_whatever_number_makes_a_party(word: str, number: str, tmp_path: Path) -> None:
    header = ["签到", "姓名", "证件类型", "证件号码"]
    kind = SubjectKind.NATURAL_PERSON
    layout = guess_layout(csv(tmp_path, header, [word, "", "", number]), kind).mapped({"证件号码": "identifiers"})
    assert asked(layout, kind)[0][0][0] != "footer"


@pytest.mark.parametrize("number", ["", *DOCUMENTS])
@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("name", ["示例甲", "示例建工公司（盖章）", "合计（十堰）有限公司", "总计 示例工作室"])
def test_a_name_makes_a_party(word: str, name: str, number: str, tmp_path: Path) -> None:
    header = ["签到", "投标单位", "组织机构代码"]
    layout = guess_layout(csv(tmp_path, header, [word, name, number])).mapped({"组织机构代码": "identifiers"})
    assert asked(layout)[0][0][0] != "footer"


@pytest.mark.parametrize(
    "name",
    [
        "示例建工公司（盖章）",
        "投标人（盖章）：示例建工有限公司",
        "第一页科技有限公司",
        "示例签字笔厂",
        "示例公章店",
        "盖章示例",
    ],
)
def test_the_word_in_the_name_does_not_drop_it(name: str, tmp_path: Path) -> None:
    layout = guess_layout(csv(tmp_path, ["投标单位", "备注"], [name, ""])).mapped({"投标单位": "name"})
    assert asked(layout)[0][0][0] == "subject"


@pytest.mark.parametrize(
    "label",
    [
        *(
            "签字：",
            "（盖章）",
            "单位盖章：",
            "单位（公章）",
            "法定代表人或授权代表（签字或盖章）：",
            "投标人名称（盖章）：",
            "签名",
        ),
        *("合计（2家）", "总计：3家投标人", "本页小计", "共计 12 人", "审核人：示例甲", "第 1 页 共 2 页"),
    ],
)
@pytest.mark.parametrize("place", [0, 1])
def test_labels_of_totals_and_signing_are_footers(label: str, place: int, tmp_path: Path) -> None:
    header = ["序号", "投标人名称", "统一社会信用代码", "备注"]
    row = ["", "", "", ""]
    row[place] = label
    layout = guess_layout(csv(tmp_path, header, ["1", "示例有限公司", CODE, ""], row), SubjectKind.LEGAL_ENTITY)
    assert asked(layout)[1] == [("footer", "", "")]


def test_amounts_and_dates_of_footers_are_no_numbers(tmp_path: Path) -> None:
    header = ["序号", "投标人名称", "统一社会信用代码"]
    rows = [["合计", "", "9000000"], ["合计", "2家", "12345678.00"], ["填表人：示例", "", "2026.11.30"]]
    layout = guess_layout(csv(tmp_path, header, ["1", "示例有限公司", CODE], *rows), SubjectKind.LEGAL_ENTITY)
    assert asked(layout)[1:] == [[("footer", "", "")]] * 3


def test_a_run_in_which_nobody_was_asked_about_is_not_answered(tmp_path: Path) -> None:
    file = csv(tmp_path, ["投标人名称", "统一社会信用代码"], ["合计", ""], ["（盖章）", ""])
    done = run(fake_gateway(), screening(file, kind=SubjectKind.LEGAL_ENTITY))
    assert (done.tally.rows, done.tally.footers, done.tally.is_answered) == (0, [2, 3], False)
    assert len(cells(tmp_path / "roster.xlsx")) == 2


def test_signatures_below_the_columns_of_members_are_a_footer_and_a_member_is_none(tmp_path: Path) -> None:
    header = ["投标人名称", "统一社会信用代码", "联合体成员", "备注"]
    rows = [["审核人", "", "示例某", ""], ["审核人", "", "示例乙有限公司", ""], ["示例丙", "", "审核人", "示例某"]]
    rows += [["制表人", "示例某", "审核人", "示例某某"]]
    layout = guess_layout(csv(tmp_path, header, ["示例有限公司", CODE, "", ""], *rows), SubjectKind.LEGAL_ENTITY)
    assert [row[0][0] for row in asked(layout)] == ["subject", "footer", "subject", "subject", "footer"]


def test_an_organisation_beside_labels_of_signers_is_a_party(tmp_path: Path) -> None:
    header = ["签到", "投标人名称", "备注"]
    rows = [["制表人", "示例丁有限公司", "审核人"], ["制表人", "示例丁", ""], ["制表人", "示例丁", "审核人"]]
    layout = guess_layout(csv(tmp_path, header, *rows)).mapped({"投标人名称": "name"})
    assert [row[0][0] for row in asked(layout)] == ["subject", "subject", "footer"]
