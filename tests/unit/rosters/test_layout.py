"""Rosters: which column is which, what a row asks, and what of it may be shown."""

from pathlib import Path

import pytest

from xingate.types import SubjectKind
from xingate_adapters.reading.errors import SourceError
from xingate_adapters.reading.run import Run
from xingate_adapters.rosters.layout import SURE, MapError, RosterLayout, guess_layout
from xingate_adapters.rosters.rows import Fault, ReadRow, RowReader, read_all
from xingate_server.demo.numbers import citizen_number, unified_code

PERSON, OTHER = citizen_number(101), citizen_number(102)
CODE = unified_code(1)


def roster(path: Path, *lines: str, encoding: str = "utf-8-sig") -> Path:
    path.write_bytes("\r\n".join(lines).encode(encoding))
    return path


def fields(layout: RosterLayout) -> dict[str, str]:
    return {column.label: column.field for column in layout.columns}


def read(layout: RosterLayout, kind: SubjectKind | None = SubjectKind.LEGAL_ENTITY, matter: str = "") -> list[ReadRow]:
    reader = RowReader(layout, kind, matter)
    return [reader.read(number, cells) for number, cells in read_all(layout, Run())]


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "utf-8-sig"])
def test_usual_labels_are_known_under_a_title_and_in_every_encoding(encoding: str, tmp_path: Path) -> None:
    file = roster(
        tmp_path / "a.csv",
        "示例工程投标人名单,,,,,,,",
        "序号,投标人名称,统一社会信用代码,主体类别,法定代表人,法定代表人身份证号,标段编号,报价",
        f"1,示例建工有限公司,{CODE},企业,示例甲,{PERSON},B-1,100",
        encoding=encoding,
    )
    layout = guess_layout(file)
    assert fields(layout) == {
        "序号": "",
        "投标人名称": "name",
        "统一社会信用代码": "identifiers",
        "主体类别": "subject_kind",
        "法定代表人": "legal_representative",
        "法定代表人身份证号": "legal_representative_id",
        "标段编号": "matter",
        "报价": "",
    }
    assert layout.confidence >= SURE
    (row,) = read(layout, None)
    assert not isinstance(row.asked, Fault)
    assert (row.number, row.asked.subject.kind, row.asked.matter) == (3, SubjectKind.LEGAL_ENTITY, "B-1")
    assert [(person.role, person.subject.name) for person in row.asked.people] == [("legal_representative", "示例甲")]
    assert PERSON not in str(row.shown)
    assert CODE in row.shown


def test_examples_never_show_a_number(tmp_path: Path) -> None:
    file = roster(tmp_path / "a.csv", "姓名,身份证号,备注", f"示例甲,{PERSON},电话和 {OTHER}")
    shown = str([column.examples for column in guess_layout(file).columns])
    assert PERSON not in shown
    assert OTHER not in shown
    assert PERSON[6:14] not in shown


def test_a_column_that_only_looks_like_numbers_is_a_guess_and_not_beside_a_named_one(tmp_path: Path) -> None:
    lone = guess_layout(roster(tmp_path / "a.csv", "甲方,编码栏", f"示例公司,{CODE}"))
    assert fields(lone)["编码栏"] == "identifiers"
    assert lone.confidence < SURE
    both = guess_layout(roster(tmp_path / "b.csv", "企业名称,统一社会信用代码,经办人留存", f"示例,{CODE},{PERSON}"))
    assert fields(both) == {"企业名称": "name", "统一社会信用代码": "identifiers", "经办人留存": ""}
    (row,) = read(both)
    assert PERSON not in str(row.shown)


def test_a_map_overrides_the_guess_and_takes_a_field_from_its_column(tmp_path: Path) -> None:
    file = roster(tmp_path / "a.csv", "企业名称,简称,统一社会信用代码,法定代表人身份证号", f"全称,简,{CODE},{PERSON}")
    layout = guess_layout(file).mapped({"简称": "name", "法定代表人身份证号": "-"})
    assert fields(layout) == {
        "企业名称": "",
        "简称": "name",
        "统一社会信用代码": "identifiers",
        "法定代表人身份证号": "",
    }
    assert not layout.has_people
    with pytest.raises(MapError, match="has no column `统一信用代码`: did you mean `统一社会信用代码`"):
        layout.mapped({"统一信用代码": "name"})
    with pytest.raises(MapError, match="unknown field `nonsense` of a roster"):
        layout.mapped({"简称": "nonsense"})


def test_two_columns_of_one_label_are_told_apart_by_their_place_and_cannot_be_mapped(tmp_path: Path) -> None:
    file = roster(tmp_path / "a.csv", "名称,统一社会信用代码,备注,备注", f"示例,{CODE},一,二")
    layout = guess_layout(file)
    (row,) = read(layout)
    assert row.shown[2:] == ["一", "二"]
    with pytest.raises(MapError, match="has two columns `备注`"):
        layout.mapped({"备注": "matter"})


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        (f"示例,{CODE},", "subject_kind_missing"),
        (f"示例,{CODE},外星人", "subject_kind_unknown"),
        (",,企业", "subject_missing"),
    ],
)
def test_a_row_that_says_too_little_has_a_fault_of_its_own(cells: str, reason: str, tmp_path: Path) -> None:
    layout = guess_layout(roster(tmp_path / "a.csv", "名称,统一社会信用代码,主体类别,备注", f"{cells},备注"))
    (row,) = read(layout, None)
    assert isinstance(row.asked, Fault)
    assert row.asked.reason == reason
    assert row.asked.zh
    assert row.asked.en


def test_the_kind_is_never_guessed_from_a_number(tmp_path: Path) -> None:
    layout = guess_layout(roster(tmp_path / "a.csv", "姓名,身份证号", f"示例甲,{PERSON}"))
    (row,) = read(layout, None)
    assert isinstance(row.asked, Fault)
    assert PERSON not in str(row), "a row of an unknown kind may be a person's"


def test_related_people_are_read_with_their_roles_and_a_wrong_part_is_a_fault(tmp_path: Path) -> None:
    related = f"主要负责人：示例甲：{PERSON}；股东:示例乙:{OTHER}"
    header = "名称,统一社会信用代码,关联人员"
    layout = guess_layout(roster(tmp_path / "a.csv", header, f"示例,{CODE},{related}", f"示例,{CODE},老板:甲:{PERSON}"))
    good, bad = read(layout)
    assert not isinstance(good.asked, Fault)
    assert [person.role for person in good.asked.people] == ["principal", "shareholder"]
    assert isinstance(bad.asked, Fault)
    assert bad.asked.reason == "related_malformed"
    for row in (good, bad):
        assert PERSON not in str(row.shown)
        assert OTHER not in str(row.shown)


def test_whoever_stands_in_a_persons_row_is_asked_about_and_numbers_are_masked_wherever_they_stand(
    tmp_path: Path,
) -> None:
    header = "姓名,身份证号,法定代表人身份证号,说明"
    layout = guess_layout(roster(tmp_path / "a.csv", header, f"示例甲,{PERSON},{OTHER},即{PERSON}号"))
    (row,) = read(layout, SubjectKind.NATURAL_PERSON, matter="M-1")
    assert not isinstance(row.asked, Fault)
    assert row.asked.matter == "M-1"
    # before, a wrong word in the column of kinds hid the people of a company: they were left out without a word
    assert [(one.role, one.subject.identifiers[0].value) for one in row.asked.people] == [
        ("legal_representative", OTHER)
    ]
    assert PERSON not in str(row.shown)
    assert OTHER not in str(row.shown)
    assert PERSON not in repr(row.asked)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "the file is empty"),
        (b'[{"a": 1}]', "a roster in json"),
        ("名称,代码\n示例,1,多一格\n".encode(), "the row has 3 cells"),
        (b"\xd0\xcf\x11\xe0old", "an old .xls workbook"),
    ],
)
def test_a_file_that_cannot_be_read_to_its_end_is_refused(content: bytes, told: str, tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(content)
    with pytest.raises(SourceError, match=told):
        read_all(guess_layout(file), Run())
