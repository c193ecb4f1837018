"""What a roster's label says: never surely one thing where it is nearly as much like another."""

from pathlib import Path

import pytest
from tests.support.rosters.reading import csv, fields

from xingate.types import SubjectKind
from xingate_adapters.reading.tables import columns
from xingate_adapters.rosters.columns.labels import SYNONYMS, reading_of
from xingate_adapters.rosters.columns.meaning import SURE
from xingate_adapters.rosters.layout import guess_layout
from xingate_server.demo.numbers import citizen_number, unified_code

KNOWN = [(field, columns.fold(label)) for field, known in SYNONYMS.items() for label in known]


def test_a_label_that_lost_a_character_is_never_surely_another_field() -> None:
    cut = {(label[:at] + label[at + 1 :], field) for field, label in KNOWN for at in range(len(label))}
    guessed = [(each, field, one) for each, field in cut if (one := reading_of(each)).like]
    assert len(guessed) > 300
    assert [each for each in guessed if each[2].certainty >= SURE and each[2].field != each[1]] == []


@pytest.mark.parametrize("label", ["人身份证号码", "主体证类型"])
def test_a_label_that_is_like_those_of_two_fields_is_asked_about(label: str, tmp_path: Path) -> None:
    cell = citizen_number(101) if "号码" in label else "居民身份证"
    file = csv(tmp_path, ["姓名", "证件号码", label], ["示例甲", citizen_number(102), cell])
    assert fields(guess_layout(file, SubjectKind.NATURAL_PERSON))[2] == "?"


@pytest.mark.parametrize("label", ["成员代码", "成员统一社会信用代码", "其他成员信用代码", "成员1代码"])
def test_the_code_of_a_member_beside_its_name_is_its_number(label: str, tmp_path: Path) -> None:
    header = ["投标人名称", "统一社会信用代码", "联合体成员", label]
    rows = [[f"示例{n}有限公司", unified_code(n), f"示例{n}设计院", unified_code(n + 10)] for n in range(1, 4)]
    found = fields(guess_layout(csv(tmp_path, header, *rows), SubjectKind.LEGAL_ENTITY))
    assert found == ["name", "identifiers", "consortium_member", "consortium_member_id"]


def test_members_of_nobody_knows_what_are_asked_about(tmp_path: Path) -> None:
    file = csv(tmp_path, ["投标人名称", "统一社会信用代码", "成员"], ["示例有限公司", unified_code(1), "示例设计院"])
    assert fields(guess_layout(file, SubjectKind.LEGAL_ENTITY)) == ["name", "identifiers", "?"]
