"""Names as they are compared: what is one name, and what stays two."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xingate_server.core.names.normal_form import normalise


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("示例（十堰）建设有限公司", "示例(十堰)建设有限公司"),
        ("示例〔十堰〕建设有限公司", "示例【十堰】建设有限公司"),
        ("示例（十堰）建设有限公司", "示例十堰建设有限公司"),
        ("示例 建设\u3000有限公司\n", "示例建设有限公司"),
        ("示例\u200b建设有限公司\ufeff", "示例建设有限公司"),
        ("示例軟體開發有限公司", "示例软体开发有限公司"),
        ("示例ＡＢＣ有限公司", "示例abc有限公司"),
        ("示例 ABC 有限公司", "示例ABC有限公司"),
        ("阿依古丽・示例", "阿依古丽·示例"),
        ("阿依古丽•示例", "阿依古丽‧示例"),
        ("EXAMPLE  Trading\tLtd", "Example Trading LTD"),
        ("Example (China) Ltd", "EXAMPLE CHINA LTD"),
        ("Straße Example", "STRASSE EXAMPLE"),
        ("Ｅｘａｍｐｌｅ　Ｌｔｄ", "example ltd"),
        ("Cafe\u0301 Example", "CAFÉ  EXAMPLE"),
    ],
)
def test_one_name_written_in_two_ways(left: str, right: str) -> None:
    assert normalise(left) == normalise(right) != ""


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("示例建设有限公司", "示例建设有限责任公司"),
        ("示例一建有限公司", "示例二建有限公司"),
        ("Example Ltd", "Exam pleLtd"),
        ("Example Ltd", "Example Ltd 2"),
    ],
)
def test_two_names_stay_two(left: str, right: str) -> None:
    assert normalise(left) != normalise(right)


def test_forms() -> None:
    assert normalise("示例（十堰）軟體 有限公司") == "示例十堰软体有限公司"
    assert normalise("  ACME  (Example) Ltd ") == "acme example ltd"
    assert normalise("Éxample  Société 示例 公司") == "éxample société示例公司"


@pytest.mark.parametrize("name", ["", "  ", "（）", "()", "\u3000【】"])
def test_a_name_of_nothing_is_empty(name: str) -> None:
    assert normalise(name) == ""


@given(st.text(st.characters(), max_size=40))
def test_any_name_can_be_normalised_and_written_out(name: str) -> None:
    normalised = normalise(name)
    assert normalised.encode().decode() == normalised
    assert normalised == normalised.strip()
    assert not set(normalised) & set("()（）【】〔〕")


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x24F), max_size=40))
def test_normalising_a_latin_name_again_changes_nothing(name: str) -> None:
    assert normalise(normalise(name)) == normalise(name)
