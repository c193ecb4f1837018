"""What holds of every number: whatever is typed is answered, folding is stable, and no mask lets a number through."""

import re
from datetime import date

from hypothesis import example, given
from hypothesis import strategies as st
from stdnum import lei
from stdnum.cn import ric, uscc
from stdnum.iso7064 import mod_11_2, mod_11_10, mod_97_10

from xingate_server.core.identifiers.parsing import (
    Fault,
    Scheme,
    could_be_citizen_number,
    fold,
    is_filler,
    mask,
    mask_text,
    parse,
    read,
)
from xingate_server.core.subject import SubjectClass

ORGANISATION, PERSON = SubjectClass.ORGANISATION, SubjectClass.PERSON
UNIFIED = "0123456789ABCDEFGHJKLMNPQRTUWXY"
ANY_TEXT = st.text(st.characters(), max_size=80)

digits = st.text("0123456789", min_size=1)
unified_like = st.from_regex(r"[1-9][1-9][0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}", fullmatch=True)


@st.composite
def citizen_numbers(draw: st.DrawFn) -> str:
    birth = draw(st.dates(date(1900, 1, 1), date(2099, 12, 31)))
    body = f"990000{birth:%Y%m%d}{draw(st.integers(0, 999)):03}"
    return body + str(mod_11_2.calc_check_digit(body))


@given(ANY_TEXT, st.sampled_from(Scheme), st.sampled_from(SubjectClass))
@example("\ud800", Scheme.USCC, ORGANISATION)
def test_whatever_is_typed_is_answered(text: str, scheme: Scheme, subject_class: SubjectClass) -> None:
    found = parse(text, scheme, subject_class)
    assert found.scheme is scheme
    assert (found.fault is None) is (found.detail == "")
    assert (
        sum((found.is_sound, found.is_masked and found.fault is None, found.is_malformed, found.is_checksum_failure))
        == 1
    )
    assert isinstance(mask(found), str)
    assert read(text, "", subject_class).scheme in (Scheme.USCC, Scheme.ORG_CODE, Scheme.REG_NO, Scheme.CITIZEN_ID)


@given(ANY_TEXT)
def test_folding_again_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(ANY_TEXT, st.sampled_from(Scheme), st.sampled_from(SubjectClass))
def test_a_value_read_again_is_itself(text: str, scheme: Scheme, subject_class: SubjectClass) -> None:
    found = parse(text, scheme, subject_class)
    assert parse(found.value, scheme, subject_class) == found


@given(unified_like)
def test_unified_codes_agree_with_stdnum_where_it_is_right(code: str) -> None:
    assert (parse(code, Scheme.USCC, ORGANISATION).fault is None) is uscc.is_valid(code)
    right = code[:17] + uscc.calc_check_digit(code[:17])
    assert parse(right, Scheme.USCC, ORGANISATION).is_sound


@given(unified_like, st.integers(0, 17), st.sampled_from(UNIFIED))
def test_one_wrong_character_is_always_seen(code: str, place: int, character: str) -> None:
    right = code[:17] + uscc.calc_check_digit(code[:17])
    wrong = right[:place] + character + right[place + 1 :]
    assert (parse(wrong, Scheme.USCC, ORGANISATION).fault is Fault.CHECKSUM) is (wrong != right)


@given(st.from_regex(r"[0-9]{14}", fullmatch=True).filter(lambda body: body.strip("0") and not is_filler(body)))
def test_registration_numbers_agree_with_stdnum(body: str) -> None:
    right = body + str(mod_11_10.calc_check_digit(body))
    assert parse(right, Scheme.REG_NO, ORGANISATION).is_sound
    assert parse(right[:14] + str((int(right[14]) + 1) % 10), Scheme.REG_NO, ORGANISATION).is_checksum_failure


@given(st.from_regex(r"[0-9A-Z]{18}", fullmatch=True))
def test_legal_entity_identifiers_agree_with_stdnum(body: str) -> None:
    code = body + mod_97_10.calc_check_digits(body)
    assert lei.is_valid(code)
    assert parse(code, Scheme.LEI, ORGANISATION).is_sound


@given(citizen_numbers())
def test_citizen_numbers_agree_with_stdnum_but_for_its_county_table(number: str) -> None:
    assert parse(number, Scheme.CITIZEN_ID, PERSON).is_sound
    assert could_be_citizen_number(number)
    assert ric.calc_check_digit(number) == number[17]
    assert not ric.is_valid(number)


@given(
    citizen_numbers(),
    st.text(st.characters(codec="utf-8", exclude_categories=("N",)), max_size=20),
    st.text(st.characters(codec="utf-8", exclude_categories=("N",)), max_size=20),
    st.sampled_from(["", "-", " ", "—", "\u3000"]),
    st.booleans(),
    st.booleans(),
)
def test_no_number_gets_through_free_text(
    number: str, before: str, after: str, between: str, is_wide: bool, is_lower: bool
) -> None:
    parts = (number[:6], number[6:14], number[14:])
    written = between.join(parts)
    written = written.lower() if is_lower else written
    if is_wide:
        written = "".join(chr(ord(c) + 0xFEE0) if c.isascii() and c.isalnum() else c for c in written)
    masked = mask_text(before + written + after)
    assert number not in fold(masked)
    assert number[6:14] not in re.sub(r"\D", "", fold(masked))
    assert len(masked) == len(before + written + after)
    assert mask_text(masked) == masked


@given(citizen_numbers(), st.sampled_from(Scheme), st.sampled_from(SubjectClass))
def test_no_display_shows_a_persons_birth_date(number: str, scheme: Scheme, subject_class: SubjectClass) -> None:
    assert number[6:14] not in mask(parse(number, scheme, subject_class))
