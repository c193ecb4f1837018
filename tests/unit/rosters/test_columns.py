"""What the columns of a roster mean, judged by label, group, neighbours, cells and the rows' kind together."""

from pathlib import Path

import pytest
from tests.support.rosters.reading import asked, csv, fields, xlsx

from xingate.types import SubjectKind
from xingate_adapters.reading.errors import SourceError
from xingate_adapters.reading.run import Run
from xingate_adapters.rosters.layout import SURE, MapError, guess_layout
from xingate_adapters.rosters.rows import RowReader, read_all
from xingate_server.demo.numbers import citizen_number, unified_code

ORGANISATION, PERSON = SubjectKind.LEGAL_ENTITY, SubjectKind.NATURAL_PERSON
CODES = [unified_code(800 + n) for n in range(20)]
PEOPLE = [citizen_number(800 + n) for n in range(20)]


# -- whose number it is


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ("法定代表人,身份证号", "legal_representative,legal_representative_id"),
        ("法人代表,证件号码", "legal_representative,legal_representative_id"),
        ("项目经理,身份证号", "principal,principal_id"),
        ("授权代表,公民身份号码", "representative,representative_id"),
        ("单位负责人,证件号", "legal_representative,legal_representative_id"),
        ("法定代表人,身份证号（法定代表人）", "legal_representative,legal_representative_id"),
        ("法定代表人,", "legal_representative,legal_representative_id"),
        ("联系人,身份证号", ",?"),
        ("姓名,身份证号", ",?"),
        ("备注,身份证号", ",?"),
        ("备注,附加", ",?"),
    ],
)
def test_in_rows_of_organisations_a_citizen_number_is_the_persons_to_its_left(
    labels: str, expected: str, tmp_path: Path
) -> None:
    header = ["投标人名称", "统一社会信用代码", *labels.split(",")]
    rows = [[f"示例{n}有限公司", CODES[n], f"示例人{n}", PEOPLE[n]] for n in range(3)]
    assert fields(guess_layout(csv(tmp_path, header, *rows), ORGANISATION)) == [
        "name",
        "identifiers",
        *expected.split(","),
    ]


def test_of_two_people_without_numbers_nobody_is_taken_and_each_with_its_own_is(tmp_path: Path) -> None:
    header = ["单位名称", "统一社会信用代码", "法定代表人", "项目经理", "身份证号"]
    layout = guess_layout(
        csv(tmp_path, header, ["示例有限公司", CODES[0], "示例甲", "示例乙", PEOPLE[0]]), ORGANISATION
    )
    assert fields(layout)[-1] == "?"
    assert layout.columns[-1].why.endswith("may be those of `项目经理`, `法定代表人`")
    header = ["单位名称", "统一社会信用代码", "法定代表人", "身份证号", "项目经理", "身份证号"]
    row = ["示例有限公司", CODES[0], "示例甲", PEOPLE[0], "示例乙", PEOPLE[1]]
    layout = guess_layout(csv(tmp_path, header, row), ORGANISATION)
    assert fields(layout)[2:] == ["legal_representative", "legal_representative_id", "principal", "principal_id"]
    assert [one[0] for one in asked(layout)[0]] == ["subject", "legal_representative", "principal"]


def test_what_is_said_of_a_person_may_stand_between_name_and_number(tmp_path: Path) -> None:
    header = ["单位名称", "统一社会信用代码", "法定代表人", "联系电话", "身份证号"]
    row = ["示例有限公司", CODES[0], "示例甲", "13800000000", PEOPLE[0]]
    assert fields(guess_layout(csv(tmp_path, header, row), ORGANISATION))[-1] == "legal_representative_id"


def test_the_column_of_codes_may_be_blank_and_a_persons_number_stays_the_persons(tmp_path: Path) -> None:
    header = ["投标人名称", "统一社会信用代码", "法定代表人", "身份证号"]
    layout = guess_layout(csv(tmp_path, header, ["示例有限公司", "", "示例甲", PEOPLE[0]]), ORGANISATION)
    assert asked(layout) == [[("subject", "示例有限公司", ""), ("legal_representative", "示例甲", PEOPLE[0])]]


def test_the_more_citizen_numbers_among_codes_the_less_sure_the_column_is(tmp_path: Path) -> None:
    def sure(people: int) -> float:
        rows = [[f"示例{n}有限公司", PEOPLE[n] if n < people else CODES[n]] for n in range(20)]
        return (
            guess_layout(csv(tmp_path, ["投标人名称", "统一社会信用代码"], *rows), ORGANISATION).columns[1].confidence
        )

    assert [sure(people) for people in (0, 1, 4, 11)] == [1.0, 0.95, 0.8, 0.45]
    rows = [[f"示例{n}有限公司", PEOPLE[n] if n < 12 else CODES[n]] for n in range(20)]
    layout = guess_layout(csv(tmp_path, ["投标人名称", "统一社会信用代码"], *rows), ORGANISATION)
    assert (layout.columns[1].field, layout.columns[1].is_unsure) == ("", True)


def test_rows_of_people_have_their_own_numbers_and_an_employers_code_is_none(tmp_path: Path) -> None:
    header = ["姓名", "身份证号", "工作单位", "统一社会信用代码"]
    layout = guess_layout(csv(tmp_path, header, ["示例甲", PEOPLE[0], "示例有限公司", CODES[0]]), PERSON)
    assert fields(layout) == ["name", "identifiers", "", "?"]
    header[3] = "工作单位统一社会信用代码"
    layout = guess_layout(csv(tmp_path, header, ["示例甲", PEOPLE[0], "示例有限公司", CODES[0]]), PERSON)
    assert fields(layout) == ["name", "identifiers", "", ""]
    assert read_all(layout, Run()).unasked == {"工作单位统一社会信用代码": 1}


def test_the_kind_column_says_which_rows_are_of_organisations(tmp_path: Path) -> None:
    header = ["申请人名称", "主体类别", "证件号码", "法定代表人", "身份证号"]
    rows = [
        ["示例甲", "自然人", PEOPLE[0], "", ""],
        ["示例乙", "自然人", PEOPLE[1], "", ""],
        ["示例有限公司", "企业", CODES[0], "示例丙", PEOPLE[2]],
    ]
    layout = guess_layout(csv(tmp_path, header, *rows))
    assert fields(layout) == ["name", "subject_kind", "identifiers", "legal_representative", "legal_representative_id"]
    assert asked(layout, None)[2] == [
        ("subject", "示例有限公司", CODES[0]),
        ("legal_representative", "示例丙", PEOPLE[2]),
    ]
    header[1] = "类别"  # which says as well whether a bidder builds or plans
    assert fields(guess_layout(csv(tmp_path, header, *rows)))[1] == "subject_kind"
    rows = [[*row[:1], "施工", *row[2:]] for row in rows[2:]]
    assert fields(guess_layout(csv(tmp_path, header, *rows), ORGANISATION))[1] == ""


def test_labels_that_stand_over_each_others_cells_are_asked_about(tmp_path: Path) -> None:
    header = ["统一社会信用代码", "投标人名称"]
    rows = [[f"示例{n}有限公司", CODES[n]] for n in range(3)]
    assert fields(guess_layout(csv(tmp_path, header, *rows), ORGANISATION)) == ["?", "?"]


def test_two_columns_of_codes_are_the_subjects_where_they_are_of_one_organisation(tmp_path: Path) -> None:
    header = ["单位名称", "统一社会信用代码", "组织机构代码"]
    same = [[f"示例{n}有限公司", CODES[n], f"{CODES[n][8:16]}-{CODES[n][16]}"] for n in range(3)]
    assert fields(guess_layout(csv(tmp_path, header, *same), ORGANISATION)) == ["name", "identifiers", "identifiers"]
    other = [[f"示例{n}有限公司", CODES[n], CODES[n + 5]] for n in range(3)]
    assert fields(guess_layout(csv(tmp_path, header, *other), ORGANISATION)) == ["name", "identifiers", "?"]


# -- groups


GROUPS = ["序号", "投标人", "", "法定代表人", "", "项目经理", "", "备注"]
PARTS = ["", "名称", "统一社会信用代码", "姓名", "身份证号", "姓名", "身份证号", ""]
BODY = [["1", "示例有限公司", CODES[0], "示例甲", PEOPLE[0], "示例乙", PEOPLE[1], ""]]
GROUPED = [
    "",
    "name",
    "identifiers",
    "legal_representative",
    "legal_representative_id",
    "principal",
    "principal_id",
    "",
]


@pytest.mark.parametrize("titles", [0, 1])
def test_labels_of_groups_stand_over_their_columns(titles: int, tmp_path: Path) -> None:
    top = [["示例项目投标人登记表", *[""] * 7]] * titles
    merged = [(titles, place, titles, place + 1) for place in (1, 3, 5)]
    merged += [(titles, place, titles + 1, place) for place in (0, 7)]
    for file in (csv(tmp_path, *top, GROUPS, PARTS, *BODY), xlsx(tmp_path, merged, *top, GROUPS, PARTS, *BODY)):
        layout = guess_layout(file, ORGANISATION)
        assert fields(layout) == GROUPED
        assert layout.columns[4].label == "法定代表人身份证号"
        assert layout.confidence >= SURE
        assert [one[2] for one in asked(layout)[0]] == [CODES[0], PEOPLE[0], PEOPLE[1]]


def test_a_group_alone_in_the_row_above_is_seen(tmp_path: Path) -> None:
    above = ["", "", "", "授权代表", "", ""]
    header = ["序号", "投标人名称", "统一社会信用代码", "姓名", "身份证号", "联系电话"]
    rows = [["1", "示例有限公司", CODES[0], "示例甲", PEOPLE[0], "13800000000"]]
    layout = guess_layout(csv(tmp_path, above, header, *rows), ORGANISATION)
    assert fields(layout) == ["", "name", "identifiers", "representative", "representative_id", ""]
    title = ["项目经理报名登记表", "", "", "", "", ""]
    assert fields(guess_layout(csv(tmp_path, title, header, *rows), ORGANISATION))[3:5] == ["", "?"]


def test_a_label_merged_over_name_and_number_is_that_of_both(tmp_path: Path) -> None:
    header = ["投标人名称", "统一社会信用代码", "法定代表人", ""]
    file = xlsx(tmp_path, [(0, 2, 0, 3)], header, ["示例有限公司", CODES[0], "示例甲", PEOPLE[0]])
    layout = guess_layout(file, ORGANISATION)
    assert [column.label for column in layout.columns][2:] == ["法定代表人", "column 4"]
    assert asked(layout) == [[("subject", "示例有限公司", CODES[0]), ("legal_representative", "示例甲", PEOPLE[0])]]


def test_a_cell_merged_downwards_belongs_to_each_of_its_rows(tmp_path: Path) -> None:
    header = ["投标人名称", "统一社会信用代码", "项目负责人", "身份证号"]
    first, second = ["示例有限公司", CODES[0], "示例甲", PEOPLE[0]], ["", "", "示例乙", PEOPLE[1]]
    layout = guess_layout(xlsx(tmp_path, [(1, 0, 2, 0), (1, 1, 2, 1)], header, first, second), ORGANISATION)
    assert asked(layout)[1] == [("subject", "示例有限公司", CODES[0]), ("principal", "示例乙", PEOPLE[1])]


# -- consortium members


@pytest.mark.parametrize(
    ("cell", "members"),
    [
        (f"示例乙有限公司（{CODES[1]}）", [("示例乙有限公司", CODES[1])]),
        (f"示例乙有限公司（{CODES[1]}）、示例丙院({CODES[2]})", [("示例乙有限公司", CODES[1]), ("示例丙院", CODES[2])]),
        (f"{CODES[1]} 示例乙有限公司；{CODES[2]} 示例丙院", [("示例乙有限公司", CODES[1]), ("示例丙院", CODES[2])]),
        ("示例乙有限公司、示例丙院", [("示例乙有限公司", ""), ("示例丙院", "")]),
        ("无", []),
        ("/", []),
        ("独立投标", []),
    ],
)
def test_members_in_a_cell_are_asked_about(cell: str, members: list[tuple[str, str]], tmp_path: Path) -> None:
    header = ["投标人名称", "统一社会信用代码", "联合体成员"]
    layout = guess_layout(csv(tmp_path, header, ["示例甲有限公司", CODES[0], cell]), ORGANISATION)
    assert layout.confidence >= SURE
    assert asked(layout)[0][1:] == [("consortium_member", name, number) for name, number in members]


@pytest.mark.parametrize("is_grouped", [False, True])
def test_members_in_columns_of_their_own_are_asked_about(tmp_path: Path, *, is_grouped: bool) -> None:
    groups = ["投标人", "", "联合体成员1", "", "联合体成员2", ""]
    parts = ["名称", "统一社会信用代码"] * 3
    labels = [f"{(groups[place - place % 2])}{part}" for place, part in enumerate(parts)]
    row = ["示例甲有限公司", CODES[0], "示例乙有限公司", CODES[1], "示例丙院", CODES[2]]
    header = [groups, parts] if is_grouped else [labels]
    layout = guess_layout(csv(tmp_path, *header, row), ORGANISATION)
    assert layout.confidence >= SURE
    assert [one[1:] for one in asked(layout)[0]] == [(row[0], row[1]), (row[2], row[3]), (row[4], row[5])]


def test_a_consortium_in_the_subjects_own_cells_is_its_lead_and_its_members(tmp_path: Path) -> None:
    header = ["投标人名称", "统一社会信用代码"]
    rows = [[f"示例{n}有限公司", CODES[n]] for n in range(3)]
    rows.append(["示例甲有限公司、示例乙院", f"{CODES[4]}、{CODES[5]}"])
    found = asked(guess_layout(csv(tmp_path, header, *rows), ORGANISATION))
    assert found[3] == [("subject", "示例甲有限公司", CODES[4]), ("consortium_member", "示例乙院", CODES[5])]


def test_the_member_that_leads_is_the_subject_or_beside_it_a_member(tmp_path: Path) -> None:
    lead = ["联合体牵头人", "牵头人统一社会信用代码"]
    row = ["示例甲有限公司", CODES[0]]
    assert fields(guess_layout(csv(tmp_path, lead, row), ORGANISATION)) == ["name", "identifiers"]
    header, row = ["投标人名称", "统一社会信用代码", *lead], ["示例联合体投标公司", CODES[1], *row]
    layout = guess_layout(csv(tmp_path, header, row), ORGANISATION)
    assert fields(layout) == ["name", "identifiers", "consortium_member", "consortium_member_id"]


def test_several_people_of_a_cell_are_paired_with_their_numbers(tmp_path: Path) -> None:
    header = ["投标人名称", "统一社会信用代码", "项目经理", "项目经理身份证号"]
    rows = [
        ["示例甲有限公司", CODES[0], "示例乙、示例丙", f"{PEOPLE[0]}、{PEOPLE[1]}"],
        ["示例丁有限公司", CODES[1], "示例乙", f"{PEOPLE[0]}；{PEOPLE[1]}"],
    ]
    first, second = asked(guess_layout(csv(tmp_path, header, *rows), ORGANISATION))
    assert [one[1:] for one in first[1:]] == [("示例乙", PEOPLE[0]), ("示例丙", PEOPLE[1])]
    assert {one[1:] for one in second[1:]} == {("", PEOPLE[0]), ("", PEOPLE[1]), ("示例乙", "")}


# -- columns of one label, blank labels, codes that nobody asks about


def test_columns_of_one_label_are_told_apart_by_their_place(tmp_path: Path) -> None:
    header = ["投标人名称", "统一社会信用代码", "联系人", "身份证号", "经办人", "身份证号"]
    row = ["示例有限公司", CODES[0], "示例甲", PEOPLE[0], "示例乙", PEOPLE[1]]
    layout = guess_layout(csv(tmp_path, header, row), ORGANISATION)
    assert [column.label for column in layout.unsure] == ["身份证号 (column 4)", "身份证号 (column 6)"]
    with pytest.raises(MapError, match=r"has two columns `身份证号`: name one of `身份证号 \(column 4\)`"):
        layout.mapped({"身份证号": "-"})
    mapped = layout.mapped({"身份证号 (column 4)": "representative_id", "身份证号 (column 6)": "-"})
    assert (fields(mapped)[3], fields(mapped)[5], mapped.unsure) == ("representative_id", "", ())


def test_codes_that_nobody_asks_about_are_found_wherever_they_begin(tmp_path: Path) -> None:
    header = ["投标人名称", "统一社会信用代码", "附加信息", "登记机关代码", "投标报价"]
    rows = [
        [f"示例{n}有限公司", CODES[n % 20], f"备案 {PEOPLE[n % 20]}" if n >= 400 else "", CODES[19], "123456789"]
        for n in range(410)
    ]
    layout = guess_layout(csv(tmp_path, header, *rows), ORGANISATION)
    assert layout.unsure == ()
    assert read_all(layout, Run()).unasked == {"附加信息": 10}, "an authority's code and a price are no party's"
    assert read_all(layout.mapped({"附加信息": "-"}), Run()).unasked == {}


def test_a_cell_beyond_the_header_is_still_refused(tmp_path: Path) -> None:
    file = xlsx(tmp_path, [], ["投标人名称", "统一社会信用代码"], ["示例有限公司", CODES[0], CODES[1]])
    with pytest.raises(SourceError, match="a cell is filled in column 3, which has no header"):
        read_all(guess_layout(file, ORGANISATION), Run())


# -- rows


@pytest.mark.parametrize(
    "cells",
    [
        ["合计", "2家", "", ""],
        ["", "合计：2家", "", ""],
        ["总计", "", "", "300"],
        ["填表人：示例", "", "审核人：示例", "2026年11月"],
        ["制表人", "示例某", "审核人", "示例某"],
        ["", "负责人（签字）：", "", ""],
        ["", "共 2 家", "", ""],
        ["日期：2026年11月30日", "", "", ""],
        ["单位（盖章）", "", "", ""],
    ],
)
def test_totals_and_signatures_are_footers(cells: list[str], tmp_path: Path) -> None:
    header = ["序号", "投标人名称", "统一社会信用代码", "备注"]
    layout = guess_layout(csv(tmp_path, header, ["1", "示例有限公司", CODES[0], ""], cells), ORGANISATION)
    assert asked(layout)[1] == [("footer", "", "")]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["3", "合计建设有限公司", "", "审核人"], "subject"),
        (["合计", "示例有限公司", "", ""], "subject"),
        (["合计", "示例", CODES[3], ""], "subject"),
        (["填表人", "", "", PEOPLE[3]], "subject_missing"),
        (["3", "", "", "合计"], "subject_missing"),
    ],
)
def test_whoever_may_be_a_party_is_no_footer(cells: list[str], expected: str, tmp_path: Path) -> None:
    header = ["序号", "投标人名称", "统一社会信用代码", "备注"]
    layout = guess_layout(csv(tmp_path, header, ["1", "示例有限公司", CODES[0], ""], cells), ORGANISATION)
    assert asked(layout)[1][0][0] == expected


def test_a_persons_number_where_an_organisations_should_be_is_a_fault_of_the_row(tmp_path: Path) -> None:
    header = ["投标人名称", "统一社会信用代码", "法定代表人", "法定代表人身份证号"]
    rows = [[f"示例{n}有限公司", CODES[n], f"示例人{n}", PEOPLE[n]] for n in range(12)]
    rows[4][1], rows[4][3] = rows[4][3], rows[4][1]
    rows[5] = ["示例甲", PEOPLE[5], "", ""]
    found = asked(guess_layout(csv(tmp_path, header, *rows), ORGANISATION).mapped({"统一社会信用代码": "identifiers"}))
    assert [number for number, row in enumerate(found) if row[0][0] == "identifier_of_person"] == [4, 5]


def test_a_persons_number_under_an_organisations_name_is_a_fault_unless_it_is_a_valid_code_too(tmp_path: Path) -> None:
    header = ["企业名称", "统一社会信用代码"]
    rows = [[f"示例{n}有限公司", CODES[n]] for n in range(11)]
    rows[3][1] = PEOPLE[3]
    rows[7][1] = PEOPLE[7][:6] + "********" + PEOPLE[7][-4:]
    found = asked(guess_layout(csv(tmp_path, header, *rows), ORGANISATION).mapped({"统一社会信用代码": "identifiers"}))
    assert [number for number, row in enumerate(found) if row[0][0] == "identifier_of_person"] == [3, 7]


def test_a_row_with_an_error_shows_an_organisations_code_and_a_footer_keeps_its_words(tmp_path: Path) -> None:
    header = ["企业名称", "统一社会信用代码"]
    rows = [
        ["示例一有限公司", CODES[0]],
        ["示例二有限公司联合体", CODES[1]],
        ["示例甲", PEOPLE[0]],
        ["", "审核人：示例周"],
    ]
    layout = guess_layout(csv(tmp_path, header, *rows), ORGANISATION).mapped({"统一社会信用代码": "identifiers"})
    reader = RowReader(layout, ORGANISATION)
    read = [reader.read(*one) for one in read_all(layout, Run())]
    assert [getattr(row.asked, "reason", type(row.asked).__name__) for row in read] == [
        "RosterRow",
        "members_unclear",
        "identifier_of_person",
        "Footer",
    ]
    assert [row.shown[1] for row in read][:2] == CODES[:2]
    assert PEOPLE[0] not in read[2].shown[1]
    assert read[3].shown[1] == "审核人：示例周"
