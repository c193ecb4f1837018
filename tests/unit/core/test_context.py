"""`core.decide.context`: values of declared attributes in code, Chinese or English; else free text (Cl. 18(6))."""

import pytest

from xingate_server.core.catalogue import ContextAttribute, ContextValue, Title
from xingate_server.core.decide.context import ContextError, ContextWords

DOMAIN = ContextAttribute(
    id="domain",
    title=Title(zh="示例领域", en="Example field"),
    values=(
        ContextValue(id="water_supply", title=Title(zh="水利工程", en="Water supply"), words=("水务",)),
        ContextValue(id="other", title=Title(zh="其他", en="Other")),
        ContextValue(id="bare", title=Title(zh="", en="")),
    ),
)
WORDS = ContextWords([DOMAIN])


@pytest.mark.parametrize(
    "word",
    [
        *("water_supply", "WATER_SUPPLY", "水利工程", "水务", "Water supply", "water  supply", "水 务", " 水务\u3000"),
        "ｗａｔｅｒ＿ｓｕｐｐｌｙ",
    ],
)
def test_every_word_of_a_value_is_that_value(word: str) -> None:
    assert WORDS.read({"domain": word}) == {"domain": "water_supply"}


@pytest.mark.parametrize("key", ["Domain", "ＤＯＭＡＩＮ", " domain "])
def test_width_and_case_of_the_attribute_fold_as_well(key: str) -> None:
    assert WORDS.read({key: "其他"}) == {"domain": "other"}


def test_other_attributes_are_free_text() -> None:
    assert WORDS.read({"season": "冬 Winter", "domain": "bare"}) == {"season": "冬 Winter", "domain": "bare"}
    assert ContextWords([]).read({"domain": "水电"}) == {"domain": "水电"}


@pytest.mark.parametrize("blank", ["", "  ", "\u3000"])
def test_a_blank_value_is_an_absent_one(blank: str) -> None:
    assert WORDS.read({"domain": blank, "a": "1"}) == {"a": "1"}


@pytest.mark.parametrize("word", ["水电", "water", "water-supply", "水利工程等", "?"])
def test_an_unknown_value_is_an_error_that_names_the_values(word: str) -> None:
    with pytest.raises(ContextError) as caught:
        WORDS.read({"domain": word})
    expected = "expected one of `water_supply` (水利工程, 水务), `other` (其他), `bare`"
    assert str(caught.value) == f"context attribute `domain` is `{word}`: {expected}"
    assert caught.value.attribute == "domain"


def test_one_attribute_has_one_value() -> None:
    assert WORDS.read({"domain": "水务", "DOMAIN": "water_supply"}) == {"domain": "water_supply"}
    with pytest.raises(ContextError, match="`domain` has two values") as caught:
        WORDS.read({"domain": "水务", "DOMAIN": "其他"})
    assert caught.value.attribute == "DOMAIN"
