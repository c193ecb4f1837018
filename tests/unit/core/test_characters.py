"""What is equal on every side: invisible characters, private letters of GB 18030, the dots of names."""

import unicodedata

import pytest

from xingate_server.core import characters
from xingate_server.core.identifiers import parsing
from xingate_server.core.identifiers._check_digits import is_mojibake
from xingate_server.core.identifiers.parsing import Fault, Scheme
from xingate_server.core.names.normal_form import normalise
from xingate_server.core.subject import SubjectClass
from xingate_server.gateway.question import check_text

CODE = "91420399000000013B"
# Format characters that Unicode draws or counts: UAX 44 takes them out of Default_Ignorable.
SHOWN_FORMATS = {0x600, 0x601, 0x602, 0x603, 0x604, 0x605, 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0xFFF9, 0xFFFA, 0xFFFB}
SHOWN_FORMATS |= {0x110BD, 0x110CD, *range(0x13430, 0x13456)}


def test_every_format_character_of_unicode_is_invisible() -> None:
    formats = {code for code in range(0x110000) if unicodedata.category(chr(code)) == "Cf"}
    assert {code for code in formats if chr(code) not in characters.INVISIBLE} == formats & SHOWN_FORMATS
    assert not {chr(code) for code in SHOWN_FORMATS} & characters.INVISIBLE
    assert all(chr(code) in characters.INVISIBLE for code in (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)))


def test_an_invisible_character_changes_neither_number_nor_name() -> None:
    for invisible in sorted(characters.INVISIBLE):
        number = f"{invisible}{CODE[:5]}{invisible}{CODE[5:]}{invisible}"
        assert parsing.fold(number) == CODE, hex(ord(invisible))
    for invisible in sorted(characters.INVISIBLE)[:300]:
        assert normalise(f"示例{invisible}公司") == "示例公司", hex(ord(invisible))


def test_a_letter_of_gb18030_is_its_standard_one() -> None:
    assert len(characters.STANDARD_LETTERS) == 10 + 2 + 13 + 80
    for private, letter in characters.STANDARD_LETTERS.items():
        assert unicodedata.category(private) == "Co"
        assert unicodedata.category(letter) not in ("Co", "Cn")
        assert normalise(f"示例{private}公司") == normalise(f"示例{letter}公司")
        if unicodedata.category(letter).startswith("L"):
            assert normalise(f"示例{letter}公司") != "示例公司"


def test_the_table_agrees_with_the_codec_where_it_knows_the_standard_letter() -> None:
    codes = [(0xFE, byte) for byte in (*range(0x50, 0x7F), *range(0x80, 0xA1))]
    for private, code in zip(range(0xE815, 0xE865), codes, strict=True):
        decoded = bytes(code).decode("gb18030")
        assert decoded in (chr(private), characters.STANDARD_LETTERS[chr(private)])
        # In the four bytes that stood for the private letter, either may come out as well.
        assert characters.standard(chr(private).encode("gb18030").decode("gb18030")) == characters.standard(decoded)


@pytest.mark.parametrize("letter", ["\ue863", "\ue81e", "\ue816"])
def test_a_private_letter_with_a_twin_is_no_sign_of_a_wrong_encoding(letter: str) -> None:
    assert not is_mojibake(f"示例{letter}")
    read = parsing.parse(f"示{letter}1", Scheme.OTHER_DOCUMENT, SubjectClass.PERSON)
    assert read.fault is None
    assert read.value == f"示{characters.STANDARD_LETTERS[letter]}1"


@pytest.mark.parametrize("rubbish", ["\ue000", "\uf8ff", "\ue5e5", "\U000f0000", "\ufffd", "锟斤"])
def test_other_private_letters_are_rubbish_as_before(rubbish: str) -> None:
    assert is_mojibake(f"示例{rubbish}")
    assert parsing.parse(f"91{rubbish}", Scheme.OTHER_DOCUMENT, SubjectClass.PERSON).fault is Fault.MOJIBAKE


@pytest.mark.parametrize("dot", [*characters.DOTS, ".", "．", "。", "｡", "﹒", "\u2024", "\ufe12", "··", " · ", "• "])
def test_a_dot_between_the_parts_of_a_name(dot: str) -> None:
    assert normalise(f"阿例古丽{dot}示例提") == "阿例古丽·示例提"
    assert normalise(f"阿例{dot}商贸有限公司") == "阿例·商贸有限公司"


@pytest.mark.parametrize(
    ("name", "same"),
    [("约例.F.示例", "约例·F·示例"), ("J. 示例", "J·示例"), ("エグザンプル．示例", "エグザンプル・示例")],
)
def test_full_stops_beside_letters_of_east_asia(name: str, same: str) -> None:
    assert normalise(name) == normalise(same)


def test_full_stops_elsewhere_stay() -> None:
    assert normalise("Example Co.Ltd.") == "example co.ltd."
    assert normalise("示例有限公司.") == "示例有限公司."
    assert characters.standard("Example") == "Example"
    assert characters.standard("示例") == "示例"


def test_a_question_may_hold_what_folds_away_and_no_other_private_letter() -> None:
    for name in ("示\ue863人", "示\u200b人", "示\U000e0101人", "示\u2065人"):
        assert check_text("subject.name", name, 512) is None
        assert check_text("subject.identifiers[0].value", name, 512) is None
    assert check_text("subject.name", "示\ue000人", 512) is not None
    assert check_text("caller.system", "示\ue863人", 512) is not None
