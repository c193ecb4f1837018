"""Every trap of DOMAIN "Identifiers", with check digits worked out here a second time, straight from the standards.

Companies have the invented division 420399, people the never-issued 990000.
"""

import csv
import unicodedata
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pytest
from stdnum.cn import ric, uscc

from xingate_server.core.identifiers.parsing import (
    SCHEME_WORDS,
    Fault,
    Identifier,
    Scheme,
    by_shape,
    could_be_citizen_number,
    fold,
    is_missing,
    mask,
    mask_text,
    parse,
    read,
    scheme_of,
    shape,
)
from xingate_server.core.subject import SubjectClass

ORGANISATION, PERSON = SubjectClass.ORGANISATION, SubjectClass.PERSON
NONCONFORMING = Path(__file__).parents[3].parent / "shared" / "data" / "uscc_nonconforming.csv"


def unified(body: str) -> str:
    """GB 32100: weights 3^i mod 31, check = (31 - sum mod 31) mod 31."""
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    total = sum(alphabet.index(character) * 3**place for place, character in enumerate(body))
    return body + alphabet[(31 - total % 31) % 31]


def organisation(body: str) -> str:
    """GB 11714: weights 3 7 9 10 5 8 4 2, 11 minus the remainder, 10 is X and 11 is 0."""
    total = sum(int(c, 36) * w for c, w in zip(body, (3, 7, 9, 10, 5, 8, 4, 2), strict=True))
    return body + {10: "X", 11: "0"}.get(11 - total % 11, str(11 - total % 11))


def citizen(body: str) -> str:
    """GB 11643: weights 2^(18-i) mod 11, the published row of check characters."""
    return body + "10X98765432"[sum(int(c) * 2 ** (17 - i) for i, c in enumerate(body)) % 11]


def registration(body: str) -> str:
    """ISO 7064 MOD 11,10."""
    carry = 10
    for character in body:
        carry = (carry + int(character)) % 10 or 10
        carry = carry * 2 % 11
    return body + str((11 - carry) % 10)


CODE = unified("91420399" + organisation("MA4X0001"))
CITIZEN = citizen("99000019900101123")


def citizen_that_is_a_unified_code() -> str:
    """The first invented citizen number that a unified code could be as well, inside and outside."""
    for days in range(365):
        birth = date(1990, 1, 1) + timedelta(days=days)
        for order in range(1000):
            number = citizen(f"990000{birth:%Y%m%d}{order:03}")
            inner_fits = organisation(number[8:16])[8] == number[16]
            if "X" not in number and unified(number[:17]) == number and inner_fits:
                return number
    raise AssertionError("no such number")


def test_a_sound_unified_code_gives_its_organisation_code() -> None:
    found = parse(CODE, Scheme.USCC, ORGANISATION)
    assert found == Identifier(Scheme.USCC, CODE)
    assert found.is_sound
    assert not found.is_malformed
    assert not found.is_checksum_failure
    assert found.org_code == CODE[8:17] == organisation("MA4X0001")


@pytest.mark.parametrize("prefix", ["N1", "A1", "Y1"])
def test_codes_that_begin_with_a_letter_are_sound_where_stdnum_says_no(prefix: str) -> None:
    code = unified(f"{prefix}420399" + organisation("MA4X0001"))
    assert read(code, "", ORGANISATION).is_sound
    assert not uscc.is_valid(code)


def test_where_stdnum_is_not_right() -> None:
    inner_wrong = unified("91420399" + "MA4X00010")
    assert organisation("MA4X0001") != "MA4X00010"
    assert uscc.is_valid(inner_wrong), "stdnum looks at the outer check alone"
    assert parse(inner_wrong, Scheme.USCC, ORGANISATION).inner_mismatch
    assert not ric.is_valid(CITIZEN), "stdnum rejects counties that its table lacks"
    assert parse(CITIZEN, Scheme.CITIZEN_ID, PERSON).is_sound
    assert not ric.is_valid("990000900101123"), "stdnum takes 18 characters only"
    assert parse("990000900101123", Scheme.CITIZEN_ID, PERSON).is_sound
    wide = "".join(chr(ord(character) + 0xFEE0) for character in CODE)
    assert uscc.is_valid(CODE)
    assert not uscc.is_valid(wide), "stdnum does not fold full-width digits"
    assert parse(wide, Scheme.USCC, ORGANISATION).value == CODE


def test_an_inner_mismatch_is_sound_and_flagged() -> None:
    found = parse(unified("91420399MA4X00010"), Scheme.USCC, ORGANISATION)
    assert found.is_sound
    assert found.inner_mismatch
    assert found.org_code == "MA4X00010"
    letter_in_check_place = parse(unified("91420399MA4X0001A"), Scheme.USCC, ORGANISATION)
    assert letter_in_check_place.is_sound
    assert letter_in_check_place.inner_mismatch


def test_a_wrong_check_character_keeps_its_organisation_code() -> None:
    wrong = CODE[:17] + ("1" if CODE[17] != "1" else "2")
    found = parse(wrong, Scheme.USCC, ORGANISATION)
    assert found.fault is Fault.CHECKSUM
    assert found.is_checksum_failure
    assert not found.is_malformed
    assert not found.is_sound
    assert not found.inner_mismatch
    assert found.value == wrong
    assert found.org_code == CODE[8:17]


def test_a_citizen_number_can_be_a_valid_unified_code_so_the_class_decides() -> None:
    number = citizen_that_is_a_unified_code()
    assert read(number, "", PERSON) == Identifier(Scheme.CITIZEN_ID, number)
    assert read(number, "", ORGANISATION) == Identifier(Scheme.USCC, number)
    assert could_be_citizen_number(number)
    shown = f"{number[:6]}********{number[14:]}"
    assert mask(read(number, "", PERSON)) == shown
    assert mask(read(number, "", ORGANISATION)) == shown, "whatever could be a person's number is hidden"


@pytest.mark.parametrize(
    "text",
    [
        CODE.lower(),
        f" {CODE}\t",
        f"{CODE[:8]}-{CODE[8:16]}-{CODE[16:]}",
        f"{CODE[:8]}—{CODE[8:16]}－{CODE[16:]}",
        f"{CODE[:4]}\u3000{CODE[4:]}\u200b\ufeff",
        "".join(chr(ord(character) + 0xFEE0) for character in CODE.lower()),
    ],
    ids=["lower", "blanks", "dashes", "wide-dashes", "unseen-blanks", "full-width"],
)
def test_case_width_blanks_and_dashes_do_not_matter(text: str) -> None:
    assert read(text, "", ORGANISATION) == Identifier(Scheme.USCC, CODE)


@pytest.mark.parametrize(
    "text", ["", " ", "-", "－", "——", "无", "暂无", " 暂 无 ", r"\N", "null", "N/A", "/", "0", "0" * 18]
)
@pytest.mark.parametrize("subject_class", list(SubjectClass))
def test_placeholders_are_missing(text: str, subject_class: SubjectClass) -> None:
    found = read(text, "", subject_class)
    assert found.fault is Fault.MISSING
    assert found.is_malformed
    assert found.org_code is None
    scheme = Scheme.OTHER_DOCUMENT if subject_class is PERSON else Scheme.FOREIGN_REG_NO
    assert parse(text, scheme, subject_class).fault is Fault.MISSING


@pytest.mark.parametrize(
    "text",
    ["\ufffd\ufffd路18号", "ʡ\ue000", "\U000b0cb4", "\u0378" * 18, "\ud800" * 9, "锟斤拷锟斤拷"],
    ids=["replacement", "private-use", "unassigned-plane", "unassigned", "surrogate", "twice-broken"],
)
@pytest.mark.parametrize("scheme_word", ["", "uscc", "org_code", "foreign_reg_no"])
def test_mojibake_is_named_before_its_length(text: str, scheme_word: str) -> None:
    found = read(text, scheme_word, ORGANISATION)
    assert found.fault is Fault.MOJIBAKE
    assert "encoding" in found.detail


@pytest.mark.parametrize(
    ("text", "scheme"),
    [
        ("EXA110000061501", Scheme.FOREIGN_RESIDENT_ID),
        ("990000900101123", Scheme.CITIZEN_ID),
        ("H90000001", Scheme.HK_MACAU_PERMIT),
        ("E90000001", None),
    ],
)
def test_shapes_of_persons(text: str, scheme: Scheme | None) -> None:
    assert by_shape(text, PERSON) is scheme


def test_old_registration_certificates_have_no_known_shape() -> None:
    text = "企合鄂总字第000999"
    assert by_shape(text, ORGANISATION) is None
    found = read(text, "", ORGANISATION)
    assert (found.scheme, found.fault) == (Scheme.USCC, Fault.SCHEME)
    assert found.detail.startswith("12 characters have no known shape")
    assert read(text, "注册号", ORGANISATION).fault is Fault.LENGTH
    assert read(text + "1", "注册号", ORGANISATION).fault is Fault.CHARACTERS
    assert read("12345", "", PERSON).fault is Fault.SCHEME
    assert read("12345", "", PERSON).scheme is Scheme.CITIZEN_ID


@pytest.mark.parametrize("text", ["MA4X0001{}", "MA4X0001-{}", "ma4x0001－{}", "MA4X 0001–{}"])
def test_organisation_codes_plain_and_dashed(text: str) -> None:
    check = organisation("MA4X0001")[8]
    found = read(text.format(check), "", ORGANISATION)
    assert found == Identifier(Scheme.ORG_CODE, f"MA4X0001{check}")
    assert found.org_code == found.value
    wrong = read(text.format("X" if check != "X" else "1"), "", ORGANISATION)
    assert wrong.is_checksum_failure
    assert wrong.org_code == wrong.value


@pytest.mark.parametrize("check", ["X", "0"])
def test_organisation_codes_whose_check_is_ten_or_eleven(check: str) -> None:
    code = next(c for n in range(10_000) if (c := organisation(f"9990{n:04}"))[8] == check)
    assert parse(code, Scheme.ORG_CODE, ORGANISATION).is_sound


@pytest.mark.parametrize(
    ("text", "scheme", "fault"),
    [
        (CODE[:17], Scheme.USCC, Fault.LENGTH),
        (CODE + "0", Scheme.USCC, Fault.LENGTH),
        ("O" + CODE[1:], Scheme.USCC, Fault.CHARACTERS),
        (CODE[:17] + "Z", Scheme.USCC, Fault.CHARACTERS),
        ("٩" + CODE[1:], Scheme.USCC, Fault.CHARACTERS),
        ("MA4X0001", Scheme.ORG_CODE, Fault.LENGTH),
        ("MA4X000一1", Scheme.ORG_CODE, Fault.CHARACTERS),
        ("MA4X0001A", Scheme.ORG_CODE, Fault.CHARACTERS),
        ("42039900000000", Scheme.REG_NO, Fault.LENGTH),
        ("4203990000000A", Scheme.REG_NO, Fault.LENGTH),
        ("42039900000A1", Scheme.REG_NO, Fault.CHARACTERS),
        ("5493001KJTIIGC8Y1R1", Scheme.LEI, Fault.LENGTH),
        ("5493001KJTIIGC8Y1R1A", Scheme.LEI, Fault.CHARACTERS),
        ("5493001KJTIIGC8Y1.12", Scheme.LEI, Fault.CHARACTERS),
        ("5493001KJTIIGC8Y1R13", Scheme.LEI, Fault.CHECKSUM),
        ("AB" * 33, Scheme.FOREIGN_REG_NO, Fault.LENGTH),
        ("A\x00B", Scheme.FOREIGN_REG_NO, Fault.CHARACTERS),
    ],
)
def test_faults_of_organisations(text: str, scheme: Scheme, fault: Fault) -> None:
    found = parse(text, scheme, ORGANISATION)
    assert found.fault is fault
    assert found.detail
    assert not found.is_sound


def test_registration_numbers_of_15_and_13() -> None:
    number = registration("42039900000012")
    assert read(number, "", ORGANISATION) == Identifier(Scheme.REG_NO, number)
    wrong = number[:14] + str((int(number[14]) + 1) % 10)
    assert read(wrong, "", ORGANISATION).is_checksum_failure
    assert read("4203991200123", "", ORGANISATION) == Identifier(Scheme.REG_NO, "4203991200123"), "uncheckable"
    assert by_shape("42039900000012A", ORGANISATION) is None
    assert parse(number, Scheme.REG_NO, ORGANISATION).org_code is None


def test_legal_entity_identifiers() -> None:
    assert parse("5493001KJTIIGC8Y1R12", Scheme.LEI, ORGANISATION).is_sound, "the example of ISO 17442"


@pytest.mark.parametrize("scheme", [Scheme.FOREIGN_REG_NO, Scheme.TAX_NO, Scheme.INSTITUTION_NO, Scheme.SOCIAL_ORG_NO])
def test_other_numbers_of_organisations_are_printable(scheme: Scheme) -> None:
    assert parse("hrb 12.345/Ж", scheme, ORGANISATION) == Identifier(scheme, "HRB12.345/Ж")
    assert parse("xy" * 32, scheme, ORGANISATION).is_sound


def test_citizen_numbers() -> None:
    assert read(CITIZEN, "", PERSON) == Identifier(Scheme.CITIZEN_ID, CITIZEN)
    with_x = next(n for i in range(1000) if (n := citizen(f"99000019900101{i:03}")).endswith("X"))
    assert read(with_x.lower(), "身份证", PERSON) == Identifier(Scheme.CITIZEN_ID, with_x)
    wrong = CITIZEN[:17] + ("0" if CITIZEN[17] != "0" else "1")
    assert read(wrong, "", PERSON).is_checksum_failure
    assert read(wrong, "", PERSON).org_code is None


def test_a_citizen_number_of_15_gets_its_century_and_check() -> None:
    found = read("990000 900101 123", "", PERSON)
    assert found == Identifier(Scheme.CITIZEN_ID, citizen("99000019900101123"))
    assert read("990000901301123", "", PERSON).fault is Fault.DATE
    assert read("99000090010112X", "", PERSON).fault is Fault.CHARACTERS


@pytest.mark.parametrize(
    ("birth", "fault"),
    [
        ("20000229", None),
        ("19000229", Fault.DATE),
        ("19900230", Fault.DATE),
        ("19901301", Fault.DATE),
        ("19900100", Fault.DATE),
        ("17991231", Fault.DATE),
        ("21000101", Fault.DATE),
        ("18000101", None),
    ],
)
def test_the_birth_date_must_exist(birth: str, fault: Fault | None) -> None:
    found = parse(citizen(f"990000{birth}123"), Scheme.CITIZEN_ID, PERSON)
    assert found.fault is fault
    assert found.is_malformed is (fault is not None)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (CITIZEN[:17], Fault.LENGTH),
        (CITIZEN + "1", Fault.LENGTH),
        ("A" + CITIZEN[1:], Fault.CHARACTERS),
        (CITIZEN[:17] + "A", Fault.CHARACTERS),
        ("٩" + CITIZEN[1:], Fault.CHARACTERS),
    ],
)
def test_faults_of_citizen_numbers_never_repeat_the_number(text: str, fault: Fault) -> None:
    found = parse(text, Scheme.CITIZEN_ID, PERSON)
    assert found.fault is fault
    assert not any(part in found.detail for part in (text, CITIZEN[6:14]))


def test_passports_and_other_documents() -> None:
    assert parse("e1234 5678", Scheme.PASSPORT, PERSON) == Identifier(Scheme.PASSPORT, "E12345678")
    assert parse("E123", Scheme.PASSPORT, PERSON).fault is Fault.LENGTH
    assert parse("EF" * 11, Scheme.PASSPORT, PERSON).fault is Fault.LENGTH
    assert parse("E1234/5678", Scheme.PASSPORT, PERSON).fault is Fault.CHARACTERS
    assert parse("E12****78", Scheme.PASSPORT, PERSON) == Identifier(Scheme.PASSPORT, "E12****78", is_masked=True)
    for scheme in (
        Scheme.HK_MACAU_PERMIT,
        Scheme.TAIWAN_PERMIT,
        Scheme.FOREIGN_RESIDENT_ID,
        Scheme.RESIDENCE_PERMIT,
        Scheme.OTHER_DOCUMENT,
    ):
        assert parse("h0123456(7)", scheme, PERSON) == Identifier(scheme, "H0123456(7)")
        assert parse("12" * 33, scheme, PERSON).fault is Fault.LENGTH


@pytest.mark.parametrize("scheme", list(Scheme))
def test_each_scheme_belongs_to_one_class(scheme: Scheme) -> None:
    faults = {
        parse("91420399MA4X0001XX", scheme, subject_class).fault is Fault.SCHEME for subject_class in SubjectClass
    }
    assert faults == {True, False}


@pytest.mark.parametrize(
    ("word", "scheme"),
    [
        ("uscc", Scheme.USCC),
        ("USCC", Scheme.USCC),
        ("统一社会信用代码", Scheme.USCC),
        (" 统一社会 信用代码 ", Scheme.USCC),
        ("组织机构代码", Scheme.ORG_CODE),
        ("工商注册号", Scheme.REG_NO),
        ("身份证", Scheme.CITIZEN_ID),
        ("居民身份证", Scheme.CITIZEN_ID),
        ("公民身份号码", Scheme.CITIZEN_ID),
        ("护照号", Scheme.PASSPORT),
        ("港澳居民来往内地通行证", Scheme.HK_MACAU_PERMIT),
        ("台湾居民来往大陆通行证", Scheme.TAIWAN_PERMIT),
        ("外国人永久居留身份证", Scheme.FOREIGN_RESIDENT_ID),
        ("其他", Scheme.OTHER_DOCUMENT),
        ("其他个人证件", Scheme.OTHER_DOCUMENT),
        ("纳税人识别号", Scheme.TAX_NO),
        ("事业单位证书号", Scheme.INSTITUTION_NO),
        ("社会组织登记证号", Scheme.SOCIAL_ORG_NO),
        ("", None),
        ("  ", None),
    ],
)
def test_scheme_words(word: str, scheme: Scheme | None) -> None:
    assert scheme_of(word) is scheme


def test_every_scheme_has_its_code_as_a_word_and_an_unknown_word_is_an_error() -> None:
    assert {SCHEME_WORDS[scheme.value] for scheme in Scheme} == set(Scheme)
    with pytest.raises(ValueError, match="unknown identifier scheme `工号`: expected one of uscc, org_code"):
        read("1234", "工号", PERSON)


MASKS = {
    "10+4+4": CITIZEN[:10] + "****" + CITIZEN[14:],
    "6+8+4": CITIZEN[:6] + "********" + CITIZEN[14:],
    "6+12": CITIZEN[:6] + "*" * 12,
    "3+12+3": CITIZEN[:3] + "*" * 12 + CITIZEN[15:],
    "6+6+6": CODE[:6] + "*" * 6 + CODE[12:],
}


@pytest.mark.parametrize("shape", MASKS)
def test_masks_of_every_shape_seen(shape: str) -> None:
    subject_class = ORGANISATION if shape == "6+6+6" else PERSON
    found = read(MASKS[shape], "", subject_class)
    assert found.value == MASKS[shape]
    assert found.fault is None
    assert found.is_masked
    assert not found.is_sound
    assert found.org_code is None
    assert read(MASKS[shape].replace("*", "＊"), "", subject_class) == found
    assert set(mask(found)[6:14]) == {"*"} or subject_class is ORGANISATION
    assert (
        read(
            MASKS[shape].replace("*", "", 1), "uscc" if subject_class is ORGANISATION else "citizen_id", subject_class
        ).fault
        is Fault.LENGTH
    )


@pytest.mark.parametrize(
    ("text", "scheme_word", "subject_class", "fault"),
    [
        ("*" * 18, "", PERSON, Fault.MISSING),
        ("990000*****1123", "", PERSON, Fault.LENGTH),
        ("A90000********1123", "", PERSON, Fault.CHARACTERS),
        ("990000********112A", "", PERSON, Fault.CHARACTERS),
        ("O14203******X0001X", "", ORGANISATION, Fault.CHARACTERS),
        ("MA4X****X", "", ORGANISATION, Fault.LENGTH),
        ("420399******123", "reg_no", ORGANISATION, Fault.LENGTH),
        ("5493001KJT******1R12", "lei", ORGANISATION, Fault.LENGTH),
    ],
)
def test_masks_that_are_malformed(text: str, scheme_word: str, subject_class: SubjectClass, fault: Fault) -> None:
    found = read(text, scheme_word, subject_class)
    assert found.fault is fault
    assert found.is_malformed


@pytest.mark.parametrize(
    ("text", "scheme", "subject_class", "shown"),
    [
        (CODE, Scheme.USCC, ORGANISATION, CODE),
        (registration("42039900000012"), Scheme.REG_NO, ORGANISATION, registration("42039900000012")),
        ("990000900101123", Scheme.REG_NO, ORGANISATION, "990000*******23"),
        (CITIZEN, Scheme.TAX_NO, ORGANISATION, f"990000********{CITIZEN[14:]}"),
        (CITIZEN + "1", Scheme.USCC, ORGANISATION, f"990000*********{CITIZEN[15:]}1"),
        ("E12345678", Scheme.PASSPORT, PERSON, "E******78"),
        ("E12", Scheme.OTHER_DOCUMENT, PERSON, "***"),
        (CITIZEN, Scheme.CITIZEN_ID, PERSON, f"990000********{CITIZEN[14:]}"),
        ("990000900101123", Scheme.CITIZEN_ID, PERSON, f"990000********{CITIZEN[14:]}"),
        (CITIZEN[:16], Scheme.CITIZEN_ID, PERSON, f"9*************{CITIZEN[14:16]}"),
        # One number is one subject: a valid citizen number under another scheme is a citizen number.
        (CITIZEN, Scheme.OTHER_DOCUMENT, PERSON, f"990000********{CITIZEN[14:]}"),
    ],
)
def test_display(text: str, scheme: Scheme, subject_class: SubjectClass, shown: str) -> None:
    assert mask(parse(text, scheme, subject_class)) == shown


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (CITIZEN, True),
        (CITIZEN[:17] + "X", True),  # whatever its check character: a mistyped number is hidden as well
        (" ".join(CITIZEN), True),
        ("990000900101123", True),
        ("990000901301123", False),
        ("42039900000012", False),
        (CODE, False),
        ("914203991234567890", False),
        ("", False),
    ],
)
def test_what_could_be_a_citizen_number(value: str, expected: bool) -> None:
    assert could_be_citizen_number(value) is expected


WIDE = "".join(chr(ord(character) + 0xFEE0) for character in "99000019900101123X")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ""),
        ("湖北省十堰市茅箭区人民北路，示例路1号，2017年11月1日", None),
        ("张三，身份证号990000199001011234，住十堰", "张三，身份证号990000********1234，住十堰"),
        ("ID99000019900101123x.", "ID990000********123x."),
        ("990000-19900101-1234", "990000-********-1234"),
        ("9900 0019 9001 0112 34", "9900 00** **** **12 34"),
        ("990000 901301 123", "990000 ****** *23"),
        (WIDE, WIDE[:6] + "********" + WIDE[14:]),
        ("99000019900101123Ⅹ", "990000********123Ⅹ"),
        ("①90000199001011234", "①90000********1234"),
        ("990000900101123", "990000*******23"),
        ("990000199013011234", "990000********1234"),  # no such month, and still a person's
        ("99000019900101123", "990000*********23"),  # a digit is missing
        ("9900001990010112345", "990000*********2345"),  # one too many
        ("990000-19900101-1234X", "990000-********-1234X"),
        ("990000 900101 123 2017", "990000 ****** *23 2017"),
        ("2017-11-01 2018-01-01 2019", None),
        ("13800000000 990000-19900101-1234", "13800000000 990000-********-1234"),
        ("张三:990000199001011234;李四:990000199001015678", "张三:990000********1234;李四:990000********5678"),
        ("2017-11-01 2017-11-30", None),
        ("2017.11.01-2017.11.30 2018.01.01", None),
        ("0719-8888888 13800000000", None),
        (CODE, None),
        ("914203991234567890", None),  # a company's code, its check digit right or wrong
        ("914203999001011234", None),  # though 15 of its digits could be an old citizen number
        ("9142039990010112X4", None),  # the X is the organisation code's check
        ("ID990000900101123", "ID990000*******23"),
        ("911156199001011234", "911156********1234"),  # a foreign permanent resident's
        ("f00d420399123456789012beef", None),  # a digest
        ("doc990000199001011234no", "doc990000********1234no"),
        ("990000********1234", None),
        ("号码 9.9000019900101123E+17。", "号码 9.9000************E+17。"),
        ("990,000,199,001,011,234.00", "990,00*****************.00"),
        ("1,234,567.00 1.5E+10 3.14159265358979", None),
    ],
)
def test_free_text_is_masked(text: str, shown: str | None) -> None:
    expected = text if shown is None else shown
    assert mask_text(text) == expected
    assert mask_text(expected) == expected


def test_a_long_row_of_figures_is_masked_in_linear_time() -> None:
    """100,000 lone digits: minutes if each were compared with each."""
    assert mask_text("7 " * 100_000) == "7 " * 100_000
    assert mask_text("7" * 100_000) == "777777" + "*" * 99_990 + "7777"


def expected_of(cell: str, finding: str) -> tuple[Scheme, Fault | None]:
    """What a cell of the file is, worked out from the defect's name and the standards alone."""
    if any(c == "\ufffd" or unicodedata.category(c) in ("Co", "Cn") for c in cell):
        return Scheme.USCC, Fault.MOJIBAKE
    if finding in ("ok_lowercase", "uscc_ok_org_bad"):
        return Scheme.USCC, None
    if finding in ("uscc_bad_org_ok", "InvalidChecksum"):
        return Scheme.USCC, Fault.CHECKSUM
    if cell.isdecimal() and finding == "length_13":
        return Scheme.REG_NO, None
    if cell.isdecimal() and finding == "length_15":
        return Scheme.REG_NO, None if registration(cell[:14]) == cell else Fault.CHECKSUM
    if len(cell) == 10 and cell[8] == "-":
        return Scheme.ORG_CODE, None if organisation(cell[:8])[8] == cell[9] else Fault.CHECKSUM
    return Scheme.USCC, Fault.MISSING if cell == "无" else Fault.SCHEME


@pytest.mark.skipif(not NONCONFORMING.exists(), reason="the real nonconforming cells are not beside the project")
def test_every_real_nonconforming_cell_gets_the_right_class() -> None:
    with NONCONFORMING.open(encoding="utf-8", newline="") as file:
        rows = [(row["uscc"], row["finding"]) for row in csv.DictReader(file)]
    seen: Counter[str] = Counter()
    for cell, finding in rows:
        found = read(cell, "", ORGANISATION)
        scheme, fault = expected_of(cell, finding)
        if fault is Fault.MOJIBAKE:  # its shape is chance
            assert found.fault is fault, (cell, finding)
        else:
            assert (found.scheme, found.fault) == (scheme, fault), (cell, finding)
        assert found.inner_mismatch is (finding == "uscc_ok_org_bad"), (cell, finding)
        if finding == "ok_lowercase":
            assert found.value == cell.upper() == unified(found.value[:17])
        seen[finding] += 1
        seen[str(fault)] += 1
    assert len(rows) == 686
    assert seen["ok_lowercase"] == 108
    assert seen["uscc_ok_org_bad"] == 37
    assert seen[Fault.MISSING] == 1
    assert seen[Fault.MOJIBAKE] > 200


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", True), ("暂无", True), ("-", True), ("000000000", True), ("＊＊＊", True), ("无锡", False), ("0001", False)],
)
def test_what_holds_no_number(text: str, expected: bool) -> None:
    assert is_missing(text) is expected


def test_the_shape_of_a_mask_says_what_it_hides() -> None:
    assert shape(MASKS["6+8+4"]) == "......********...."


def test_folding_is_stable_on_awkward_text() -> None:
    assert fold("ß－ﬁ ①²") == "SSFI12"
    assert fold("e-\u0301") == fold(fold("e-\u0301")) == "É"
