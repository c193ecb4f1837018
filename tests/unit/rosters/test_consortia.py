"""Several organisations in the cells of a subject: each is asked about, or the row has a word about it."""

from itertools import pairwise
from pathlib import Path

import pytest
from tests.support.rosters.reading import asked, csv
from tests.support.rosters.running import LISTED, cells, fake_gateway, run, screening

from xingate.types import SubjectKind
from xingate_adapters.rosters.columns.consortia import names_in
from xingate_adapters.rosters.layout import RosterLayout, guess_layout
from xingate_server.demo.numbers import unified_code

CODES = [unified_code(n) for n in (2, 3, 4)]
A, B, C = "示例清白有限公司", "示例建工有限公司", "示例和光设计院"


def layout(folder: Path, *rows: list[str]) -> RosterLayout:
    file = csv(folder, ["投标人名称", "统一社会信用代码"], *rows)
    return guess_layout(file).mapped({"投标人名称": "name", "统一社会信用代码": "identifiers"})


@pytest.mark.parametrize(
    "between", ["与", "和", "及", "以及", "、", "，", ",", "；", ";", "/", "+", " + ", "&", "\n", " ", "|"]
)
@pytest.mark.parametrize("code", ["", CODES[0]])
@pytest.mark.parametrize(
    "form",
    ["{0}{2}{1}", "{0}{2}{1}联合体", "{0}（牵头人）{2}{1}（成员）", "联合体：{0}{2}{1}", "牵头人：{0}{2}成员：{1}"],
)
def test_members_without_a_number_are_asked_about_by_name(form: str, code: str, between: str, tmp_path: Path) -> None:
    row = [form.format(A, B, between), code]
    assert asked(layout(tmp_path, row))[0] == [("subject", A, code), ("consortium_member", B, "")]


def test_three_in_a_cell_and_codes_that_cover_all_or_not(tmp_path: Path) -> None:
    names = f"{A}、{B}和{C}"
    found = asked(
        layout(
            tmp_path,
            [names, CODES[0]],
            [names, "；".join(CODES)],
            [names, "；".join(CODES[:2])],
            [f"{A}（{CODES[0]}）与{B}（{CODES[1]}）、{C}", ""],
            [f"{A}（{CODES[0]}）、{B}", CODES[0]],
            ["", "；".join(CODES)],
            [A, "、".join(CODES)],
        )
    )
    roles = ("subject", "consortium_member", "consortium_member")
    assert found[0] == list(zip(roles, (A, B, C), (CODES[0], "", ""), strict=True))
    assert found[1] == list(zip(roles, (A, B, C), CODES, strict=True))
    assert found[2] == [("members_unclear", "", "")]
    assert found[3] == list(zip(roles, (A, B, C), (*CODES[:2], ""), strict=True))
    assert found[4] == list(zip(roles[:2], (A, B), (CODES[0], ""), strict=True))
    assert found[5] == list(zip(roles, ("", "", ""), CODES, strict=True))
    assert found[6] == list(zip(roles, (A, "", ""), CODES, strict=True))


@pytest.mark.parametrize(
    "name",
    [
        *(
            A,
            "示例和光有限公司",
            "示例与众不同科技有限公司",
            "示例（十堰、郧西）有限公司",
            "示例建设\n有限公司",
            "示例及时雨商行",
        ),
        *("Example Trading Co., Ltd.", "Example and Sons Ltd", "示例集团 有限公司", "示例A+公司", C),
    ],
)
def test_one_name_stays_one(name: str) -> None:
    assert names_in(name).names == [" ".join(name.split())]


@pytest.mark.parametrize("name", ["示例集团和平分公司", "示例印刷、包装有限公司"])
def test_what_may_be_one_name_or_two_is_asked_about_as_both(name: str, tmp_path: Path) -> None:
    [row] = asked(layout(tmp_path, [name, CODES[0]]))
    assert row[0] == ("subject", name, CODES[0])
    assert [role for role, _, _ in row[1:]] == ["consortium_member"]


@pytest.mark.parametrize("name", [f"{A}联合体", f"{A}等三家单位组成的联合体", f"{A}、{B}等3家联合体"])
def test_a_consortium_whose_members_are_not_all_named_is_a_fault(name: str, tmp_path: Path) -> None:
    assert asked(layout(tmp_path, [name, CODES[0]])) == [[("members_unclear", "", "")]]


def test_roles_and_seals_in_brackets_are_no_part_of_a_name(tmp_path: Path) -> None:
    names = [f"{A}（牵头人）", f"{A}（联合体成员单位）", f"{A}（盖章）", f"牵头方：{A}（公章）", f"{A}(成员1)"]
    found = asked(layout(tmp_path, *([name, ""] for name in names)))
    assert all(one == other for one, other in pairwise(found))
    assert found[0] == [("subject", A, "")]


def test_members_joined_in_a_column_of_members_are_asked_about_one_by_one(tmp_path: Path) -> None:
    file = csv(tmp_path, ["投标人名称", "统一社会信用代码", "联合体成员"], [A, CODES[0], f"{B}与{C}（成员）"])
    members = asked(guess_layout(file, SubjectKind.LEGAL_ENTITY))[0][1:]
    assert members == [("consortium_member", B, ""), ("consortium_member", C, "")]


def test_a_listed_member_in_the_name_cell_is_seen_in_the_workbook(tmp_path: Path) -> None:
    file = csv(
        tmp_path, ["投标人名称", "统一社会信用代码"], [f"{A}（牵头人）、示例同名公司（成员）", CODES[0]], [B, LISTED]
    )
    done = run(fake_gateway(), screening(file, kind=SubjectKind.LEGAL_ENTITY))
    lead, member, _ = cells(tmp_path / "roster.xlsx")
    assert lead["本行结论 verdict of the row"] == member["结论 verdict"] == "无法判断 CANNOT_TELL"
    assert done.tally.records == 3
