"""Who is asked about: every way a number or a name settles a subject, or does not.

Companies and people are invented: division 420399 for companies, 990000 for people.
"""

from collections.abc import Sequence
from datetime import date

import msgspec
import pytest

from xingate_server.core.decide.decision import GapReason
from xingate_server.core.entry import Entry
from xingate_server.core.identifiers import _check_digits
from xingate_server.core.identifiers.parsing import Identifier, Scheme, read
from xingate_server.core.identity.candidates import CANDIDATES_AT_MOST
from xingate_server.core.identity.identify import Resolved, older_keys, settle
from xingate_server.core.names.normal_form import normalise
from xingate_server.core.names.search import Match
from xingate_server.core.subject import (
    BY_SCHEME,
    EMPTY_FILE,
    Held,
    Profile,
    Registration,
    SubjectClass,
    SubjectFile,
    SubjectKeyer,
    SubjectKind,
    class_of,
)

KEYER = SubjectKeyer(b"k" * 32)
COMPANY, TRADER, PERSON = SubjectKind.LEGAL_ENTITY, SubjectKind.SOLE_TRADER, SubjectKind.NATURAL_PERSON
NAME_ONLY, MASKED = (GapReason.IDENTITY_NAME_ONLY,), (GapReason.IDENTITY_MASKED,)
AMBIGUOUS, CHECKSUM = (GapReason.IDENTITY_AMBIGUOUS,), (GapReason.IDENTITY_CHECKSUM,)


def org_code(serial: int) -> str:
    body = f"MA{serial:06d}"
    return body + _check_digits.organisation_check(body)


def uscc(serial: int, head: str = "91420399") -> str:
    body = head + org_code(serial)
    return body + _check_digits.unified_check(body + "0")


def citizen(serial: int) -> str:
    body = f"99000019900101{serial:03d}"
    return body + _check_digits.citizen_check(body)


def wrong(number: str) -> str:
    """The same number with another check character."""
    return number[:-1] + ("1" if number[-1] != "1" else "2")


ORG, CODE, OTHER = org_code(1), uscc(1), uscc(2)
HUMAN = citizen(7)
PROFILE = Profile(COMPANY, "示例一公司", CODE, CODE)
OTHER_PROFILE = Profile(COMPANY, "示例二公司", OTHER, OTHER)


def entry(list_type: str = "black.bribery", entry_id: str = "e1") -> Entry:
    return Entry(id=entry_id, list_type=list_type, document_date=date(2026, 1, 5), valid_from=date(2026, 1, 5))


class Snapshot:
    """A lookup in memory, with the layout of the stored one."""

    def __init__(self) -> None:
        self.files: dict[bytes, SubjectFile] = {}
        self.bearers: dict[bytes, list[bytes]] = {}
        self.shapes: dict[tuple[SubjectClass, str], tuple[str, ...]] = {}
        self.alike: list[Match] = []

    def get(self, key: bytes) -> SubjectFile | None:
        return self.files.get(key)

    def mask_shapes(self, subject_class: SubjectClass, scheme: str) -> Sequence[str]:
        return self.shapes.get((subject_class, scheme), ())

    def similar(self, subject_class: SubjectClass, normalised: str) -> list[Match]:
        return self.alike

    def named(self, subject_class: SubjectClass, normalised: str) -> tuple[tuple["Named", ...], tuple[Held, ...]]:
        key = KEYER.name(subject_class, normalised)
        alone = self.files.get(key, EMPTY_FILE)
        found = [self.files[bearer] for bearer in self.bearers.get(key, [])]
        named = [
            Named(profile, tuple(h.entry.list_type for h in (*file.held, *file.unsettled)))
            for file in found
            for profile in [p for p in file.profiles if normalise(p.name) == normalised] or file.profiles
        ]
        return tuple(named), alone.unsettled

    def put(self, kind: SubjectKind, numbers: dict[Scheme, str], file: SubjectFile) -> None:
        subject_class = class_of(kind)
        keys = [KEYER.identifier(subject_class, scheme, value) for scheme, value in numbers.items()]
        self.files |= dict.fromkeys(keys, file)
        for profile in file.profiles:
            self.name(subject_class, profile.name, keys[0])

    def put_masked(self, kind: SubjectKind, scheme: Scheme, masked: str, file: SubjectFile) -> None:
        key = KEYER.mask(class_of(kind), scheme, masked)
        self.files[key] = file
        at = (class_of(kind), str(scheme))
        shape = "".join("*" if c == "*" else "." for c in masked)
        self.shapes[at] = (*self.shapes.get(at, ()), shape)
        for profile in file.profiles:
            self.name(class_of(kind), profile.name, key)

    def put_named(self, kind: SubjectKind, name: str, file: SubjectFile) -> None:
        key = KEYER.name(class_of(kind), normalise(name))
        self.files[key] = file
        self.name(class_of(kind), name, key)

    def name(self, subject_class: SubjectClass, name: str, key: bytes) -> None:
        self.bearers.setdefault(KEYER.name(subject_class, normalise(name)), []).append(key)


class Named(msgspec.Struct, frozen=True):
    profile: Profile
    list_types: tuple[str, ...]


@pytest.fixture
def snapshot() -> Snapshot:
    return Snapshot()


def ask(snapshot: Snapshot, kind: SubjectKind, *numbers: tuple[str, str], name: str = "") -> Resolved:
    identifiers = [read(value, scheme, class_of(kind)) for scheme, value in numbers]
    assert not any(i.is_malformed for i in identifiers)
    return settle(kind, identifiers, [normalise(name)] if name else [], snapshot, KEYER)


def black(profile: Profile, entry_id: str = "e1") -> SubjectFile:
    return SubjectFile(profiles=(profile,), held=(Held(entry(entry_id=entry_id)),))


def masked_file(name: str, display: str, *names: str) -> SubjectFile:
    held = Held(entry("black.wage_arrears", "masked"), names=tuple(map(normalise, names)))
    return SubjectFile(profiles=(Profile(PERSON, name, display),), unsettled=(held,))


class TestOneCompleteNumber:
    def test_a_hit(self, snapshot: Snapshot) -> None:
        snapshot.put(COMPANY, {Scheme.USCC: CODE, Scheme.ORG_CODE: ORG}, black(PROFILE))
        got = ask(snapshot, COMPANY, ("uscc", CODE))
        assert got.file == black(PROFILE)
        assert (got.reasons, got.candidates, got.flags) == ((), (), ())
        assert got.subject_code == CODE

    def test_a_miss_is_settled_as_well(self, snapshot: Snapshot) -> None:
        got = ask(snapshot, COMPANY, ("", CODE))
        assert (got.file, got.reasons) == (EMPTY_FILE, ())

    def test_a_sole_trader_listed_as_a_company_is_found(self, snapshot: Snapshot) -> None:
        snapshot.put(COMPANY, {Scheme.USCC: CODE, Scheme.ORG_CODE: ORG}, black(PROFILE))
        assert ask(snapshot, TRADER, ("uscc", CODE)).file == black(PROFILE)

    def test_a_person_is_no_company_with_the_same_number(self, snapshot: Snapshot) -> None:
        snapshot.put(COMPANY, {Scheme.TAX_NO: HUMAN}, black(PROFILE))
        assert ask(snapshot, PERSON, ("citizen_id", HUMAN)).file == EMPTY_FILE

    @pytest.mark.parametrize("listed", [True, False])
    def test_both_codes_have_one_key(self, snapshot: Snapshot, listed: bool) -> None:
        if listed:
            snapshot.put(COMPANY, {Scheme.USCC: CODE, Scheme.ORG_CODE: ORG}, black(PROFILE))
        by_code, by_org = ask(snapshot, COMPANY, ("uscc", CODE)), ask(snapshot, COMPANY, ("org_code", ORG))
        assert by_code.subject_key == by_org.subject_key
        assert by_code.file == by_org.file

    def test_what_the_record_holds_gives_the_file_again(self, snapshot: Snapshot) -> None:
        snapshot.put(COMPANY, {Scheme.USCC: CODE, Scheme.ORG_CODE: ORG}, black(PROFILE))
        got = ask(snapshot, COMPANY, ("uscc", CODE))
        assert snapshot.get(got.subject_key) == got.file

    def test_other_schemes(self, snapshot: Snapshot) -> None:
        snapshot.put(COMPANY, {Scheme.FOREIGN_REG_NO: "X77"}, black(Profile(COMPANY, "Example Ltd", "X77")))
        got = ask(snapshot, COMPANY, ("foreign_reg_no", "X77"))
        assert got.file.held
        assert got.is_foreign

    def test_foreign_only_without_a_number_given_in_china(self, snapshot: Snapshot) -> None:
        assert not ask(snapshot, COMPANY, ("foreign_reg_no", "X77"), ("uscc", CODE)).is_foreign
        assert not ask(snapshot, COMPANY, ("uscc", CODE)).is_foreign

    def test_a_persons_number_is_never_the_code(self, snapshot: Snapshot) -> None:
        assert ask(snapshot, PERSON, ("citizen_id", HUMAN)).subject_code == ""
        assert ask(snapshot, TRADER, ("tax_no", HUMAN)).subject_code == ""
        assert ask(snapshot, TRADER, ("tax_no", HUMAN), ("org_code", ORG)).subject_code == ORG


class TestOrganisationCodeInside:
    def test_a_subject_known_by_it_alone(self, snapshot: Snapshot) -> None:
        file = black(Profile(COMPANY, "示例一公司", ORG))
        snapshot.put(COMPANY, {Scheme.ORG_CODE: ORG}, file)
        got = ask(snapshot, COMPANY, ("uscc", CODE))
        assert (got.file, got.reasons) == (file, ())
        assert snapshot.get(got.subject_key) == file

    def test_known_by_another_unified_code(self, snapshot: Snapshot) -> None:
        elsewhere = uscc(1, "91420398")
        profile = Profile(COMPANY, "示例一公司", elsewhere, elsewhere)
        snapshot.put(COMPANY, {Scheme.USCC: elsewhere, Scheme.ORG_CODE: ORG}, black(profile))
        got = ask(snapshot, COMPANY, ("uscc", CODE))
        assert (got.file, got.reasons) == (EMPTY_FILE, AMBIGUOUS)
        (candidate,) = got.candidates
        assert (candidate.display, candidate.list_types) == (elsewhere, ("black.bribery",))

    def test_rivals(self, snapshot: Snapshot) -> None:
        codes = [uscc(1, head) for head in ("91420398", "91420397")]
        profiles = tuple(Profile(COMPANY, "示例一公司", code, code) for code in codes)
        snapshot.put(COMPANY, {Scheme.ORG_CODE: ORG}, SubjectFile(rivals=profiles))
        snapshot.put(COMPANY, {Scheme.USCC: codes[0]}, black(profiles[0]))
        for number in (("uscc", CODE), ("org_code", ORG)):
            got = ask(snapshot, COMPANY, number)
            assert (got.file, got.reasons) == (EMPTY_FILE, AMBIGUOUS)
            assert [c.display for c in got.candidates] == sorted(codes)
        exact = ask(snapshot, COMPANY, ("uscc", codes[0]))
        assert exact.file == black(profiles[0])
        assert snapshot.get(exact.subject_key) == exact.file

    def test_rivals_at_the_exact_number(self, snapshot: Snapshot) -> None:
        snapshot.put(COMPANY, {Scheme.REG_NO: "4203990001234"}, SubjectFile(rivals=(PROFILE, OTHER_PROFILE)))
        got = ask(snapshot, COMPANY, ("reg_no", "4203990001234"))
        assert got.reasons == AMBIGUOUS
        assert len(got.candidates) == 2

    def test_a_wrong_inner_check_is_a_flag(self, snapshot: Snapshot) -> None:
        body = "91420399" + wrong(ORG)
        got = ask(snapshot, COMPANY, ("uscc", body + _check_digits.unified_check(body + "0")))
        assert got.reasons == ()
        assert [(f.code, f.detail) for f in got.flags] == [("inner_check_mismatch", "subject.identifiers[0]")]


class TestWrongCheckDigit:
    def test_nobody_holds_it(self, snapshot: Snapshot) -> None:
        snapshot.put(COMPANY, {Scheme.USCC: CODE, Scheme.ORG_CODE: ORG}, black(PROFILE))
        got = ask(snapshot, COMPANY, ("uscc", wrong(CODE)), name="示例一公司")
        assert (got.file, got.reasons) == (EMPTY_FILE, CHECKSUM)
        assert [c.display for c in got.candidates] == [CODE]

    def test_a_register_holds_it(self, snapshot: Snapshot) -> None:
        file = SubjectFile(profiles=(PROFILE,), registrations=(Registration("entity_register", None),))
        snapshot.put(COMPANY, {Scheme.USCC: wrong(CODE)}, file)
        got = ask(snapshot, COMPANY, ("uscc", wrong(CODE)))
        assert (got.file, got.reasons) == (file, ())

    def test_several_hold_it(self, snapshot: Snapshot) -> None:
        snapshot.put(COMPANY, {Scheme.USCC: wrong(CODE)}, SubjectFile(rivals=(PROFILE, OTHER_PROFILE)))
        assert ask(snapshot, COMPANY, ("uscc", wrong(CODE))).reasons == AMBIGUOUS

    def test_beside_a_sound_number_it_is_a_flag(self, snapshot: Snapshot) -> None:
        snapshot.put(COMPANY, {Scheme.USCC: CODE, Scheme.ORG_CODE: ORG}, black(PROFILE))
        got = ask(snapshot, COMPANY, ("uscc", CODE), ("reg_no", "420399000012340"))
        assert (got.file, got.reasons) == (black(PROFILE), ())
        assert [(f.code, f.detail) for f in got.flags] == [("identifier_ignored", "subject.identifiers[1]")]


class TestSeveralNumbers:
    def test_of_one_subject(self, snapshot: Snapshot) -> None:
        unsettled = (Held(entry(entry_id="other")),)
        reg_no = "4203990001234"
        snapshot.put(COMPANY, {Scheme.USCC: CODE, Scheme.ORG_CODE: ORG}, black(PROFILE))
        at_reg_no = msgspec.structs.replace(black(PROFILE), unsettled=unsettled)
        snapshot.put(COMPANY, {Scheme.REG_NO: reg_no}, at_reg_no)
        got = ask(snapshot, COMPANY, ("uscc", CODE), ("reg_no", reg_no))
        assert got.file == at_reg_no
        assert got.unsettled_keys == (KEYER.identifier(SubjectClass.ORGANISATION, Scheme.REG_NO, reg_no),)

    def test_one_of_them_unknown(self, snapshot: Snapshot) -> None:
        snapshot.put(COMPANY, {Scheme.USCC: CODE, Scheme.ORG_CODE: ORG}, black(PROFILE))
        got = ask(snapshot, COMPANY, ("reg_no", "4203990001234"), ("uscc", CODE))
        assert (got.file, got.reasons) == (black(PROFILE), ())

    def test_of_different_subjects(self, snapshot: Snapshot) -> None:
        snapshot.put(COMPANY, {Scheme.USCC: CODE, Scheme.ORG_CODE: ORG}, black(PROFILE))
        snapshot.put(COMPANY, {Scheme.REG_NO: "4203990001234"}, black(OTHER_PROFILE, "e2"))
        got = ask(snapshot, COMPANY, ("uscc", CODE), ("reg_no", "4203990001234"))
        assert (got.file, got.reasons) == (EMPTY_FILE, AMBIGUOUS)
        assert [c.name for c in got.candidates] == ["示例一公司", "示例二公司"]

    def test_a_unified_code_that_contradicts_the_found_one(self, snapshot: Snapshot) -> None:
        snapshot.put(COMPANY, {Scheme.REG_NO: "4203990001234", Scheme.USCC: CODE}, black(PROFILE))
        got = ask(snapshot, COMPANY, ("reg_no", "4203990001234"), ("uscc", OTHER))
        assert got.reasons == AMBIGUOUS
        assert [c.display for c in got.candidates] == [CODE]

    @pytest.mark.parametrize(
        ("kind", "first", "second"),
        [
            (COMPANY, ("uscc", CODE), ("org_code", org_code(2))),
            (COMPANY, ("uscc", CODE), ("uscc", uscc(1, "91420398"))),
            (PERSON, ("citizen_id", HUMAN), ("citizen_id", citizen(8))),
            (PERSON, ("citizen_id", HUMAN), ("citizen_id", "990000********9999")),
        ],
    )
    def test_that_one_subject_cannot_have(
        self, snapshot: Snapshot, kind: SubjectKind, first: tuple[str, str], second: tuple[str, str]
    ) -> None:
        got = ask(snapshot, kind, first, second)
        assert (got.file, got.reasons, got.candidates) == (EMPTY_FILE, AMBIGUOUS, ())

    def test_the_same_twice(self, snapshot: Snapshot) -> None:
        snapshot.put(COMPANY, {Scheme.USCC: CODE, Scheme.ORG_CODE: ORG}, black(PROFILE))
        assert ask(snapshot, COMPANY, ("uscc", CODE), ("uscc", CODE.lower())).file == black(PROFILE)

    def test_a_mask_that_fits_the_complete_one(self, snapshot: Snapshot) -> None:
        masked = HUMAN[:6] + "*" * 8 + HUMAN[-4:]
        snapshot.put(PERSON, {Scheme.CITIZEN_ID: HUMAN}, black(Profile(PERSON, "某甲", masked)))
        got = ask(snapshot, PERSON, ("citizen_id", masked), ("citizen_id", HUMAN))
        assert got.reasons == ()
        assert got.file.held


class TestUnsettledEntries:
    MASKED = HUMAN[:6] + "*" * 8 + HUMAN[-4:]

    def test_a_complete_number_meets_the_masks_that_fit(self, snapshot: Snapshot) -> None:
        snapshot.put_masked(PERSON, Scheme.CITIZEN_ID, self.MASKED, masked_file("某甲", self.MASKED, "某甲"))
        snapshot.put_masked(
            PERSON, Scheme.CITIZEN_ID, HUMAN[:6] + "*" * 12, masked_file("某乙", HUMAN[:6] + "*" * 12, "某乙")
        )
        got = ask(snapshot, PERSON, ("citizen_id", HUMAN), name="某甲")
        assert got.reasons == ()
        assert got.file.held == ()
        assert [h.names for h in got.file.unsettled] == [("某甲",), ("某乙",)]
        assert len(got.unsettled_keys) == 2
        assert {h for key in got.unsettled_keys for h in snapshot.files[key].unsettled} == set(got.file.unsettled)

    def test_masks_of_another_length_or_number_do_not_fit(self, snapshot: Snapshot) -> None:
        other = citizen(8)
        snapshot.put_masked(PERSON, Scheme.CITIZEN_ID, other[:6] + "*" * 8 + "9999", masked_file("某甲", ""))
        snapshot.shapes[SubjectClass.PERSON, "citizen_id"] += ("..****",)
        got = ask(snapshot, PERSON, ("citizen_id", HUMAN))
        assert (got.file, got.unsettled_keys) == (EMPTY_FILE, ())

    def test_a_further_masked_number(self, snapshot: Snapshot) -> None:
        snapshot.put_masked(PERSON, Scheme.PASSPORT, "E9*******", masked_file("某甲", "E********"))
        got = ask(snapshot, PERSON, ("citizen_id", HUMAN), ("passport", "E9*******"))
        assert got.reasons == ()
        assert len(got.file.unsettled) == 1

    def test_masks_of_the_unified_code_that_the_subject_is_known_by(self, snapshot: Snapshot) -> None:
        snapshot.put(COMPANY, {Scheme.USCC: CODE, Scheme.ORG_CODE: ORG}, black(PROFILE))
        masked = CODE[:6] + "*" * 8 + CODE[-4:]
        snapshot.put_masked(COMPANY, Scheme.USCC, masked, masked_file("示例一公司", masked, "示例一公司"))
        assert len(ask(snapshot, COMPANY, ("org_code", ORG)).file.unsettled) == 1

    def test_entries_that_rest_on_the_name_alone(self, snapshot: Snapshot) -> None:
        file = SubjectFile(profiles=(Profile(COMPANY, "Example Ltd", ""),), unsettled=(Held(entry()),))
        snapshot.put_named(COMPANY, "Example Ltd", file)
        got = ask(snapshot, COMPANY, ("uscc", CODE), name="EXAMPLE  LTD")
        assert got.reasons == ()
        assert got.file.unsettled == file.unsettled
        assert ask(snapshot, COMPANY, ("uscc", CODE), name="Another").file == EMPTY_FILE

    def test_each_only_once(self, snapshot: Snapshot) -> None:
        file = masked_file("某甲", self.MASKED, "某甲")
        snapshot.put_masked(PERSON, Scheme.CITIZEN_ID, self.MASKED, file)
        snapshot.put(PERSON, {Scheme.CITIZEN_ID: HUMAN}, SubjectFile(unsettled=file.unsettled))
        got = ask(snapshot, PERSON, ("citizen_id", HUMAN))
        assert (len(got.file.unsettled), got.unsettled_keys) == (1, ())


class TestMasked:
    MASKED = HUMAN[:6] + "*" * 8 + HUMAN[-4:]

    def test_candidates_by_mask_and_by_name(self, snapshot: Snapshot) -> None:
        file = SubjectFile(
            profiles=(Profile(PERSON, "某甲", self.MASKED), Profile(PERSON, "某乙", self.MASKED)),
            unsettled=(
                Held(entry("black.wage_arrears"), names=("某甲",)),
                Held(entry("black.bribery", "e2"), names=("某乙",)),
                Held(entry("black.price_order", "e3")),
            ),
        )
        snapshot.put_masked(PERSON, Scheme.CITIZEN_ID, self.MASKED, file)
        snapshot.put(PERSON, {Scheme.CITIZEN_ID: citizen(9)}, black(Profile(PERSON, "某甲", "990000********0000")))
        got = ask(snapshot, PERSON, ("citizen_id", self.MASKED), name="某甲")
        assert (got.file, got.reasons, got.subject_code) == (EMPTY_FILE, MASKED, "")
        assert [(c.name, c.score, c.why) for c in got.candidates] == [
            ("某甲", 0.9, "the name is equal and the masked number fits"),
            ("某乙", 0.6, "the masked number is equal"),
            ("某甲", 0.5, "the name is equal"),
        ]
        assert got.candidates[1].list_types == ("black.bribery", "black.price_order")
        assert got.subject_key == KEYER.mask(SubjectClass.PERSON, Scheme.CITIZEN_ID, self.MASKED)

    def test_without_candidates(self, snapshot: Snapshot) -> None:
        got = ask(snapshot, PERSON, ("citizen_id", self.MASKED))
        assert (got.reasons, got.candidates) == (MASKED, ())

    def test_with_a_wrong_check_digit_beside(self, snapshot: Snapshot) -> None:
        got = ask(snapshot, PERSON, ("citizen_id", self.MASKED), ("citizen_id", wrong(HUMAN)))
        assert got.reasons == (GapReason.IDENTITY_CHECKSUM, GapReason.IDENTITY_MASKED)


class TestNameOnly:
    def test_candidates_never_a_decision(self, snapshot: Snapshot) -> None:
        snapshot.put(COMPANY, {Scheme.USCC: CODE}, black(PROFILE))
        second = Profile(COMPANY, "示例一公司", OTHER, OTHER)
        snapshot.put(COMPANY, {Scheme.USCC: OTHER}, SubjectFile(profiles=(second,)))
        got = ask(snapshot, COMPANY, name="示例一(公司)")
        assert (got.file, got.reasons, got.subject_code) == (EMPTY_FILE, NAME_ONLY, "")
        assert [(c.display, c.list_types) for c in got.candidates] == [(CODE, ("black.bribery",)), (OTHER, ())]
        assert got.subject_key == KEYER.name(SubjectClass.ORGANISATION, "示例一公司")

    def test_nobody_bears_it(self, snapshot: Snapshot) -> None:
        got = ask(snapshot, PERSON, name="某甲")
        assert (got.reasons, got.candidates) == (NAME_ONLY, ())

    def test_candidates_are_bounded_and_in_order(self, snapshot: Snapshot) -> None:
        for serial in range(30, 0, -1):
            code = uscc(serial)
            snapshot.put(COMPANY, {Scheme.USCC: code}, SubjectFile(profiles=(Profile(COMPANY, "示例", code, code),)))
        got = ask(snapshot, COMPANY, name="示例")
        shown = [c.display for c in got.candidates]
        assert len(shown) == CANDIDATES_AT_MOST
        assert shown == sorted(uscc(serial) for serial in range(1, 31))[:CANDIDATES_AT_MOST]

    def test_one_subject_found_twice_is_told_once(self, snapshot: Snapshot) -> None:
        snapshot.put(COMPANY, {Scheme.USCC: CODE}, black(PROFILE))
        snapshot.put_named(
            COMPANY, PROFILE.name, SubjectFile(profiles=(PROFILE,), unsettled=(Held(entry("black.price_order")),))
        )
        got = ask(snapshot, COMPANY, name=PROFILE.name)
        (candidate,) = got.candidates
        assert candidate.list_types == ("black.bribery", "black.price_order")


def test_identifiers_are_those_of_the_class() -> None:
    assert Identifier(Scheme.USCC, CODE).is_sound
    assert read(HUMAN, "citizen_id", SubjectClass.ORGANISATION).is_malformed


class TestOneNumberOneSubject:
    @pytest.mark.parametrize("scheme", ["", "uscc", "tax_no", "institution_no", "foreign_reg_no", "social_org_no"])
    def test_a_unified_code_is_found_whatever_it_is_called(self, snapshot: Snapshot, scheme: str) -> None:
        snapshot.put(COMPANY, {Scheme.USCC: CODE, Scheme.ORG_CODE: ORG}, black(PROFILE))
        got = ask(snapshot, COMPANY, (scheme, CODE))
        assert (got.file, got.subject_code) == (black(PROFILE), CODE)

    @pytest.mark.parametrize("scheme", ["", "citizen_id", "other_document", "foreign_resident_id", "hk_macau_permit"])
    def test_so_is_a_citizen_number(self, snapshot: Snapshot, scheme: str) -> None:
        profile = Profile(PERSON, "示例甲", "9***")
        snapshot.put(PERSON, {Scheme.CITIZEN_ID: HUMAN}, black(profile))
        assert ask(snapshot, PERSON, (scheme, HUMAN)).file == black(profile)

    def test_a_tax_number_that_ends_in_a_listed_code_is_a_possible_match(self, snapshot: Snapshot) -> None:
        listed = uscc(3)
        profile = Profile(COMPANY, "示例三公司", listed, listed)
        snapshot.put(COMPANY, {Scheme.USCC: listed, Scheme.ORG_CODE: listed[8:17]}, black(profile))
        got = ask(snapshot, COMPANY, ("tax_no", "420399" + listed[8:17]))
        assert (got.reasons, got.file.held) == ((), ())
        assert [(held.entry.id, held.names) for held in got.file.unsettled] == [("e1", (normalise("示例三公司"),))]
        assert [(c.name, c.why) for c in got.candidates] == [
            ("示例三公司", "a tax number ends in the organisation code")
        ]

    def test_a_code_of_several_is_each_of_theirs(self, snapshot: Snapshot) -> None:
        """Two unified codes with one organisation code inside: a tax number that ends in it may be of either."""
        first, second = uscc(3), uscc(3, "93420399")
        inner = first[8:17]
        listed, bare = Profile(COMPANY, "示例三公司", first, first), Profile(COMPANY, "示例三社", second, second)
        snapshot.put(COMPANY, {Scheme.USCC: first}, black(listed))
        snapshot.put(COMPANY, {Scheme.USCC: second}, black(bare, "e2"))
        possible = SubjectFile(rivals=(listed, bare), unsettled=(Held(entry(entry_id="e3"), names=("示例四公司",)),))
        snapshot.put(COMPANY, {Scheme.ORG_CODE: inner}, possible)
        got = ask(snapshot, COMPANY, ("tax_no", "420399" + inner))
        assert (got.reasons, got.file.held) == ((), ())
        assert sorted(held.entry.id for held in got.file.unsettled) == ["e1", "e2", "e3"]
        assert sorted(c.name for c in got.candidates) == ["示例三公司", "示例三社"]
        own = ask(snapshot, COMPANY, ("", first))
        assert [held.entry.id for held in (*own.file.held, *own.file.unsettled)] == ["e1", "e3"]
        assert own.unsettled_keys == (KEYER.identifier(SubjectClass.ORGANISATION, "", inner),), "for a replay"

    def test_several_of_one_number_are_told_with_their_lists(self, snapshot: Snapshot) -> None:
        first, second = Profile(PERSON, "示例甲", "E*****01"), Profile(PERSON, "示例乙", "E*****01")
        snapshot.put(PERSON, {Scheme.PASSPORT: "E1234501"}, SubjectFile(rivals=(first, second)))
        snapshot.put(PERSON, {Scheme.OTHER_DOCUMENT: "part"}, black(first))
        got = ask(snapshot, PERSON, ("passport", "E1234501"))
        assert got.reasons == AMBIGUOUS
        assert {(c.name, c.list_types) for c in got.candidates} == {("示例甲", ("black.bribery",)), ("示例乙", ())}
        assert {c.closes_with for c in got.candidates} == {
            "compare the subject's name and documents with the entry: the number is also another subject's"
        }

    def test_and_its_own_listing_is_no_doubt(self, snapshot: Snapshot) -> None:
        listed = uscc(3)
        tax_no = "420399" + listed[8:17]
        own = Profile(COMPANY, "示例三公司", tax_no)
        file = black(own)
        snapshot.put(COMPANY, {Scheme.TAX_NO: tax_no}, file)
        possible = SubjectFile(possible=(own,), unsettled=(Held(entry(), names=("示例三公司",)),))
        snapshot.put(COMPANY, {Scheme.ORG_CODE: listed[8:17]}, possible)
        got = ask(snapshot, COMPANY, ("tax_no", tax_no))
        assert (got.file, got.candidates) == (file, ())

    def test_a_tax_number_without_such_a_code_is_a_plain_miss(self, snapshot: Snapshot) -> None:
        got = ask(snapshot, COMPANY, ("tax_no", "420399123456ABC"))
        assert (got.file, got.reasons, got.candidates) == (EMPTY_FILE, (), ())

    def test_older_records_know_a_subject_by_scheme_and_number(self) -> None:
        older = KEYER.in_form(BY_SCHEME)
        masked = HUMAN[:6] + "*" * 8 + HUMAN[14:]
        of_class = class_of(COMPANY)
        assert older_keys(COMPANY, [read(CODE, "", of_class)], older) == [
            older.identifier(of_class, "uscc", CODE),
            older.identifier(of_class, "org_code", ORG),
        ]
        assert older_keys(PERSON, [read(masked, "", class_of(PERSON))], older) == [
            older.mask(class_of(PERSON), "citizen_id", masked)
        ]
        assert older.identifier(of_class, "tax_no", CODE) != older.identifier(of_class, "uscc", CODE)
        assert KEYER.identifier(of_class, "tax_no", CODE) == KEYER.identifier(of_class, "uscc", CODE)
        with pytest.raises(ValueError, match="16 to 64 bytes"):
            SubjectKeyer(b"short")
