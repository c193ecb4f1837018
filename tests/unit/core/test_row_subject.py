"""The numbers of a row: which can be used, which are counted, and under which keys the row is stored.

Everybody here is invented: division 420399 for organisations, 990000 for people.
"""

from typing import Any

import pytest

from xingate_server.core.admission.relations import read_relations
from xingate_server.core.admission.row_subject import Numbers, Place, names_of, place_of, read_numbers
from xingate_server.core.entry import REGISTER, Record
from xingate_server.core.identifiers import _check_digits
from xingate_server.core.identifiers.number_patterns import is_filler, looks_rounded
from xingate_server.core.identifiers.parsing import Scheme, parse, read
from xingate_server.core.subject import BY_SCHEME, SubjectClass, SubjectKeyer
from xingate_server.demo.numbers import citizen_number, unified_code

KEYER = SubjectKeyer(b"k" * 32)
ORGANISATION, PERSON = SubjectClass.ORGANISATION, SubjectClass.PERSON
CODE, HUMAN = unified_code(1), citizen_number(1)
ROUNDED_CODE = unified_code(11)[:15] + "000"
ROUNDED_HUMAN = HUMAN[:15] + "000"
INNER = CODE[8:17]
TAX_NO = "420399" + INNER


def numbers(*identifiers: tuple[str, str], subject_class: SubjectClass = ORGANISATION, **cells: Any) -> Numbers:
    """The numbers of a row with these pairs of scheme and number."""
    row: dict[str, Any] = {"source": "s", "file": "f", "row": 2, "list_type": "black.bribery", "name": "示例"}
    return read_numbers(Record(**(row | {"identifiers": identifiers} | cells)), subject_class, ())


def reasons(found: Numbers) -> list[str]:
    return [reason for reason, _ in found.counted]


def place(found: Numbers, subject_class: SubjectClass = ORGANISATION, names: tuple[str, ...] = ("示例",)) -> Place:
    return place_of(subject_class, found.usable, names, KEYER)


def key(number: str, subject_class: SubjectClass = ORGANISATION) -> bytes:
    """One number is one subject, so that the scheme does not matter."""
    return KEYER.identifier(subject_class, "", number)


class TestBesideText:
    def test_the_day_of_issue_is_no_passport(self) -> None:
        found = numbers(("passport", "E1234501 (20120512)"), subject_class=PERSON)
        assert [number.value for number in found.usable] == ["E1234501"]

    def test_a_number_that_names_several_documents_in_one_keeps_its_own_too(self) -> None:
        found = numbers(("other_document", "护照 E1234501"), subject_class=PERSON)
        assert {number.value for number in found.usable} == {"护照E1234501", "E1234501"}

    def test_an_organisation_code_behind_a_label(self) -> None:
        found = numbers(("org_code", f"组织机构代码：{INNER[:8]}-{INNER[8]}"))
        assert [number.value for number in found.usable] == [INNER]
        assert numbers(("org_code", "组织机构代码：12345678-0")).usable == ()

    def test_the_number_of_a_person_in_a_companys_name_is_not_the_companys(self) -> None:
        both = next(n for n in map(citizen_number, range(999)) if _check_digits.unified_check(n) == n[17])
        assert numbers(("", ""), name=f"示例经营部（{both}）").usable == ()
        assert numbers(("", f"经营者 {both}")).usable == ()

    def test_a_number_with_a_wrong_check_digit_is_none(self) -> None:
        wrong = CODE[:17] + ("0" if CODE[17] != "0" else "1")
        assert reasons(numbers(("", f"代码：{wrong}"))) == ["identifier_malformed"]
        assert numbers(("", ""), name=f"示例（{wrong}）").usable == ()


class TestUsable:
    @pytest.mark.parametrize(
        ("bad", "reason"),
        [
            (CODE[:17], "identifier_malformed"),
            (CODE[:17] + ("0" if CODE[17] != "0" else "1"), "identifier_checksum"),
            (ROUNDED_CODE, "identifier_rounded"),
            ("123456789012345678", "identifier_filler"),
        ],
    )
    def test_a_bad_number_leaves_the_good_one_standing(self, bad: str, reason: str) -> None:
        for pairs in ((("", bad), ("", CODE)), (("", CODE), ("", bad))):
            found = numbers(*pairs)
            assert reasons(found) == [reason]
            assert found.usable[0].value == CODE
            assert "identifier_ignored" in found.flags or reason == "identifier_rounded", "which is a mask beside it"
            assert place(found).group == key(INNER)

    def test_without_another_number_the_row_is_where_its_name_is(self) -> None:
        found = numbers(("", CODE[:17]))
        assert (found.usable, found.flags) == ((), frozenset())
        at = place(found, names=("示例", "别名"))
        assert (at.group, at.is_unsettled) == (KEYER.name(ORGANISATION, "示例"), True)

    def test_what_stands_for_no_number_is_missing(self) -> None:
        assert reasons(numbers(("", "无"), ("uscc", "\\N"))) == ["identifier_missing"]

    def test_a_complete_number_is_the_main_one_whatever_the_order(self) -> None:
        masked = CODE[:6] + "******" + CODE[12:]
        found = numbers(("", masked), ("", CODE))
        assert [number.is_masked for number in found.usable] == [False, True]
        at = place(found)
        assert (at.group, at.is_unsettled) == (key(INNER), False)
        assert at.masks == (KEYER.mask(ORGANISATION, "", masked),)

    def test_several_masks_are_places_each(self) -> None:
        one, two = HUMAN[:10] + "****" + HUMAN[14:], HUMAN[:6] + "*" * 8 + HUMAN[14:]
        at = place(numbers(("", one), ("", two), subject_class=PERSON), PERSON)
        assert at.masks == (KEYER.mask(PERSON, "", one), KEYER.mask(PERSON, "", two))
        assert at.mask_shapes == ("citizen_id:..........****....", "citizen_id:......********....")
        assert at.is_unsettled


class TestRounded:
    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            (ROUNDED_CODE, True),
            ("1234567890123450", True),
            ("1234567890123456", False),
            ("123456789012345", False),
            (HUMAN[:14] + "X000", False),
        ],
    )
    def test_what_it_looks_like(self, value: str, expected: bool) -> None:
        assert looks_rounded(value) is expected

    @pytest.mark.parametrize(("number", "subject_class"), [(ROUNDED_CODE, ORGANISATION), (ROUNDED_HUMAN, PERSON)])
    def test_it_is_a_mask_of_what_is_left(self, number: str, subject_class: SubjectClass) -> None:
        found = numbers(("", number), subject_class=subject_class)
        assert (reasons(found), found.flags) == (
            ["identifier_rounded"],
            frozenset({"masked", "rounded"}),
        )
        assert [one.value for one in found.usable] == [number[:15] + "***"]
        assert "export the column again as text" in found.counted[0][1]
        assert number not in found.counted[0][1]

    def test_a_column_may_show_it_where_the_check_fits(self) -> None:
        fitting = next(code for n in range(99999) if (code := unified_code(n)).endswith("000") and code.isdigit())
        assert numbers(("", fitting)).usable[0].value == fitting
        found = numbers(("", fitting), rounded=(fitting,))
        assert (reasons(found), found.usable[0].value) == (["identifier_rounded"], fitting[:15] + "***")

    def test_in_a_register_it_stands_for_nobody(self) -> None:
        found = numbers(("", ROUNDED_CODE), list_type=REGISTER)
        assert (reasons(found), found.usable) == (["identifier_rounded"], ())

    def test_a_rounded_number_of_another_length_is_counted_alone(self) -> None:
        number = "4203990000000010"
        found = numbers(("tax_no", number), rounded=(number,))
        assert (reasons(found), found.usable) == (["identifier_rounded"], ())
        assert numbers(("tax_no", number), ("", CODE), rounded=(number,)).flags == {"identifier_ignored"}

    def test_the_number_of_a_person_whom_a_row_names(self) -> None:
        row: dict[str, Any] = {"source": "s", "file": "f", "row": 2, "list_type": "black.bribery"}
        record = Record(**row, legal_representative="示例甲", legal_representative_id=ROUNDED_HUMAN)
        (person,), is_unresolved = read_relations(record, KEYER, ())
        assert person.mask == KEYER.mask(PERSON, "", ROUNDED_HUMAN[:15] + "***")
        assert (person.subject, is_unresolved) == (b"", False)

    def test_a_rounded_number_is_known_however_it_is_written(self) -> None:
        row: dict[str, Any] = {"source": "s", "file": "f", "row": 2, "list_type": "black.bribery"}
        number = HUMAN[:15] + "000"
        record = Record(**row, legal_representative_id=f" {number[:6]} {number[6:]}", rounded=(number,))
        (person,), _ = read_relations(record, KEYER, ())
        assert person.mask == KEYER.mask(PERSON, "", HUMAN[:15] + "***")


class TestMainNumber:
    @pytest.mark.parametrize("order", [1, -1])
    def test_a_number_of_one_subject_alone_says_who_it_is(self, order: int) -> None:
        pairs = (("passport", "E1234501"), ("citizen_id", HUMAN))[::order]
        found = place(numbers(*pairs, subject_class=PERSON), PERSON)
        assert (found.group, found.scheme) == (key(HUMAN, PERSON), "citizen_id")
        assert found.aliases == (key("E1234501", PERSON),)

    def test_older_keys_stay_as_they_were(self) -> None:
        older = KEYER.in_form(BY_SCHEME)
        found = numbers(("passport", "E1234501"), ("citizen_id", HUMAN), subject_class=PERSON)
        made = place_of(PERSON, found.usable, ("示例",), older)
        assert made.group == older.identifier(PERSON, "passport", "E1234501")


class TestNames:
    def test_one_name_in_all_the_ways_it_is_asked(self) -> None:
        row: dict[str, Any] = {"source": "s", "file": "f", "row": 2, "list_type": "black.bribery"}
        written = Record(**row, name="EXEMPLOV, Valery", aliases=("MUSTER, Anna", "示例"))
        assert names_of(written, str) == ("exemplov, valery", "muster, anna", "示例", "valery exemplov", "anna muster")
        with_code = Record(**row, name=f"示例有限公司（统一社会信用代码：{CODE}）")
        assert names_of(with_code, str)[1:] == ("示例有限公司",)
        for name in ("示例有限公司第123456789012345678号项目部", "示例" * 10):
            assert names_of(Record(**row, name=name), str) == (name,)


class TestFillers:
    @pytest.mark.parametrize(
        "value",
        [
            "111111111111111111",
            "123456789012345678",
            "12345678X",
            "987654321",
            "012345",
            "98765X",
            "AAAAAA",
            "EEEEEEEE",
        ],
    )
    def test_typed_to_fill_the_field(self, value: str) -> None:
        assert is_filler(value)

    @pytest.mark.parametrize("value", ["11111", "12345", "112233", "135791", "ABCDEF", "１２３４５６", CODE, HUMAN])
    def test_everything_else_may_be_a_number(self, value: str) -> None:
        assert not is_filler(value)

    @pytest.mark.parametrize("scheme", ["", "citizen_id", "passport", "other_document"])
    def test_a_filler_joins_nobody(self, scheme: str) -> None:
        found = numbers((scheme, "123456789012345678"), subject_class=PERSON)
        assert (reasons(found), found.usable) == (["identifier_filler"], ())

    def test_in_a_question_it_is_malformed_and_named(self) -> None:
        asked = read("12345678-8", "", ORGANISATION)
        assert asked.is_malformed
        assert "a filler" in asked.detail


class TestOneNumberOneSubject:
    @pytest.mark.parametrize("scheme", ["tax_no", "institution_no", "foreign_reg_no", "social_org_no", "uscc", ""])
    def test_a_unified_code_is_that_whatever_its_scheme_is_called(self, scheme: str) -> None:
        at = place(numbers((scheme, CODE)))
        assert (at.group, at.unified, at.shared) == (key(INNER), key(CODE), ())

    @pytest.mark.parametrize("scheme", ["passport", "other_document", "foreign_resident_id", "hk_macau_permit"])
    def test_so_is_a_citizen_number(self, scheme: str) -> None:
        at = place(numbers((scheme, HUMAN), subject_class=PERSON), PERSON)
        assert (at.group, at.shared) == (key(HUMAN, PERSON), ())

    @pytest.mark.parametrize(
        ("scheme", "number", "subject_class", "is_shared"),
        [
            ("passport", "E12345678", PERSON, True),
            ("other_document", "示例字第9876号", PERSON, True),
            ("hk_macau_permit", "H87654321", PERSON, False),
            ("taiwan_permit", "87654320", PERSON, False),
            ("reg_no", "4203991200123", ORGANISATION, True),
            ("tax_no", "示税9876", ORGANISATION, True),
            ("institution_no", "示机9876", ORGANISATION, True),
            ("foreign_reg_no", "HRB 9876", ORGANISATION, True),
            ("lei", "529900T8BM49AURSDO55", ORGANISATION, False),
            ("social_org_no", "示社9876", ORGANISATION, False),
        ],
    )
    def test_which_numbers_may_be_another_subjects_too(
        self, scheme: str, number: str, subject_class: SubjectClass, is_shared: bool
    ) -> None:
        at = place(numbers((scheme, number), subject_class=subject_class), subject_class)
        assert [kind for _, kind in at.shared] == ([scheme] if is_shared else [])

    @pytest.mark.parametrize("number", ["H87654321", "m8765432109"])
    def test_a_travel_permit_is_known_by_its_shape(self, number: str) -> None:
        assert read(number, "", PERSON).scheme is Scheme.HK_MACAU_PERMIT
        assert read(number, "passport", PERSON).scheme is Scheme.PASSPORT, "a passport number may look alike"

    def test_a_tax_number_may_contain_an_organisation_code(self) -> None:
        at = place(numbers(("tax_no", TAX_NO)))
        assert at.possible == (key(INNER),)
        assert at.group == key(TAX_NO)
        wrong = TAX_NO[:-1] + ("0" if TAX_NO[-1] != "0" else "1")
        assert place(numbers(("tax_no", wrong))).possible == ()
        assert place(numbers(("tax_no", "1" + TAX_NO))).possible == ()

    def test_a_wrong_registration_number_is_never_a_tax_number(self) -> None:
        """One in eleven ends in what could be an organisation code."""
        wrong = next(
            number
            for n in range(10**7, 10**7 + 99)
            if (number := f"420399{n}{_check_digits.organisation_check(str(n))}").isdigit()
            and not _check_digits.is_registration_checked(number)
        )
        for scheme in ("", "reg_no"):
            found = read(wrong, scheme, ORGANISATION)
            assert (found.scheme, found.is_checksum_failure) == (Scheme.REG_NO, True)
        assert parse(wrong, Scheme.TAX_NO, ORGANISATION).possible_org_code == wrong[6:]

    def test_a_tax_number_with_a_letter_is_known_by_its_shape(self) -> None:
        number = next(
            f"420399{n}X" for n in range(10**7, 10**7 + 99) if _check_digits.organisation_check(str(n)) == "X"
        )
        assert read(number, "", ORGANISATION).scheme is Scheme.TAX_NO

    def test_a_number_of_a_scheme_of_the_other_class_goes_by_its_shape(self) -> None:
        assert place(numbers(("citizen_id", CODE))).group == key(INNER)
        assert reasons(numbers(("passport", "E1234567"))) == ["identifier_malformed"]
