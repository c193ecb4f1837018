"""Admission: every refusal reason with its own file, every flag, and the settled points of DESIGN section 5."""

import csv
from collections import Counter, defaultdict
from datetime import date
from pathlib import Path

import msgspec
import pytest
import yaml

from xingate_adapters.sources import load_source
from xingate_server.catalogues import load
from xingate_server.core.admission.admit import admit
from xingate_server.core.admission.duplicates import Listed, resolve
from xingate_server.core.admission.result import Admitted, Refused
from xingate_server.core.admission.rules import Rules
from xingate_server.core.calendar import WorkCalendar
from xingate_server.core.catalogue import Posture
from xingate_server.core.entry import REGISTER, REGISTRATION_UNKNOWN, Record, Severity, Status
from xingate_server.core.subject import SubjectClass, SubjectKeyer, SubjectKind
from xingate_server.demo.numbers import citizen_number, unified_code

FOLDER = Path(__file__).parent / "refusals"
EXPECTED = yaml.safe_load((FOLDER / "expected.yaml").read_text(encoding="utf-8"))
KEYER = SubjectKeyer(b"k" * 32)
TODAY = date(2026, 7, 1)


@pytest.fixture(scope="module")
def rules() -> Rules:
    catalogue = load(["shiyan2017", "international"], Posture.AS_PLANNED_2017)
    return Rules(catalogue=catalogue, calendar=WorkCalendar.official(), keyer=KEYER, today=TODAY)


def listing(**cells: str) -> Record:
    """A complete and admissible row of an invented company, but for `cells`."""
    identifiers = cells.pop("identifiers", (("", unified_code(1)),))
    complete = {
        "source": "city_list",
        "file": "示例.csv",
        "row": 2,
        "list_type": "black.bribery",
        "subject_kind": "legal_entity",
        "name": "示例有限公司",
        "authority": "示例局",
        "basis": "示例办法",
        "document_no": "示例1号",
        "document_date": "2026-04-01",
        "notice_start": "2026-03-02",
        "notice_end": "2026-03-30",
        "signed_by": "示例签署人",
    }
    return Record(**(complete | {"identifiers": identifiers} | cells))


def admitted(record: Record, rules: Rules) -> Admitted:
    outcome = admit(record, rules)
    assert isinstance(outcome, Admitted), outcome
    return outcome


def refused(record: Record, rules: Rules) -> Refused:
    outcome = admit(record, rules)
    assert isinstance(outcome, Refused), outcome
    return outcome


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_each_bad_file_gives_its_reasons(name: str, rules: Rules) -> None:
    counts: Counter[str] = Counter()
    groups: dict[bytes, list[Listed]] = defaultdict(list)
    for place, record in enumerate(load_source("city_list").records([FOLDER / f"{name}.csv"], data_as_of=TODAY)):
        outcome = admit(record, rules)
        if isinstance(outcome, Refused):
            counts.update(outcome.reasons)
            assert len(outcome.details) == len(outcome.reasons)
        else:
            assert outcome.entry is not None
            counts.update(reason for reason, _ in outcome.counted)
            groups[outcome.group].append(Listed(outcome.entry, place))
    resolved = [resolve(rows) for rows in groups.values()]
    counts.update(drop.reason for each in resolved for drop in each.dropped)
    kept = sum(len(each.kept) for each in resolved)
    superseded_but_answering = sum(d.is_kept and d.reason == "superseded" for r in resolved for d in r.dropped)
    assert dict(counts) == EXPECTED[name]["refused"]
    assert kept - superseded_but_answering == EXPECTED[name]["admitted"]


def test_the_files_are_what_the_generator_writes(tmp_path: Path) -> None:
    import importlib.util

    spec = importlib.util.spec_from_file_location("refusals_generate", FOLDER / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.write(tmp_path)
    written = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert written == {p.name: p.read_bytes() for p in FOLDER.iterdir() if p.suffix == ".csv"}
    assert {path.stem for path in tmp_path.iterdir()} == EXPECTED.keys()


def test_every_reason_of_the_design_has_a_file() -> None:
    reasons = {reason for case in EXPECTED.values() for reason in case["refused"]}
    assert reasons == {
        "identifier_missing", "identifier_malformed", "identifier_checksum", "subject_kind_missing",
        "list_type_unknown", "value_unknown", "authority_missing", "basis_missing", "document_missing",
        "identifier_rounded", "identifier_filler", "date_malformed", "validity_inverted",
        "validity_exceeds_maximum", "notice_too_short",
        "notice_calendar_unknown", "notice_missing", "signature_missing", "red_blocked_by_black",
        "red_removed_by_black", "duplicate", "superseded",
    }  # fmt: skip


def test_blank_severity_on_a_black_row_is_serious_and_elsewhere_none(rules: Rules) -> None:
    black = admitted(listing(), rules).entry
    ordinary = admitted(listing(list_type="general.ordinary"), rules).entry
    assert black is not None
    assert black.severity is Severity.SERIOUS
    assert ordinary is not None
    assert ordinary.severity is None


def test_blank_valid_from_is_the_document_date(rules: Rules) -> None:
    entry = admitted(listing(), rules).entry
    assert entry is not None
    assert entry.valid_from == date(2026, 4, 1)
    assert entry.valid_until is None


@pytest.mark.parametrize("text", ["2026-04-01", "2026/4/1", "20260401", "2026年4月1日", "２０２６－０４－０１"])
def test_dates_in_each_written_form(text: str, rules: Rules) -> None:
    entry = admitted(listing(document_date=text), rules).entry
    assert entry is not None
    assert entry.document_date == date(2026, 4, 1)


@pytest.mark.parametrize("text", ["2026-4-1", "01.04.2026", "46113", "2026-02-30", "明天"])
def test_dates_in_other_forms_are_malformed(text: str, rules: Rules) -> None:
    assert refused(listing(document_date=text), rules).reasons == ("date_malformed",)


def test_a_code_and_its_organisation_code_are_one_subject(rules: Rules) -> None:
    code = unified_code(1)
    by_code = admitted(listing(), rules)
    by_inner = admitted(listing(identifiers=(("org_code", f"{code[8:16]}-{code[16]}"),)), rules)
    assert by_code.group == by_inner.group
    assert by_code.entry is not None
    assert by_inner.entry is not None
    assert by_code.entry.id == by_inner.entry.id
    assert by_code.place.unified
    assert not by_inner.place.unified


def test_a_failing_code_that_a_register_holds_is_admitted_with_a_flag(rules: Rules) -> None:
    bad = unified_code(1)[:-1] + ("0" if unified_code(1)[-1] != "0" else "1")
    unsettled = admitted(listing(identifiers=(("", bad),)), rules)
    assert (unsettled.is_unsettled, [reason for reason, _ in unsettled.counted]) == (True, ["identifier_checksum"])
    row = Record(
        source="entity_register", file="r.csv", row=2, list_type=REGISTER, subject_kind="legal_entity",
        name="示例有限公司", identifiers=(("", bad),), established="2010-01-02",
    )  # fmt: skip
    registered = admitted(row, rules)
    assert registered.registration is not None
    assert registered.registration.flags == ("legacy_code_in_register",)
    informed = Rules(
        catalogue=rules.catalogue, calendar=rules.calendar, keyer=KEYER, today=TODAY, registered_codes={bad}
    )
    assert admitted(listing(identifiers=(("", bad),)), informed).flags == ("legacy_code_in_register",)


def test_a_failing_inner_code_is_only_a_flag(rules: Rules) -> None:
    # An invented code whose outer check holds and whose organisation code inside fails.
    from xingate_server.demo.numbers import _ALPHABET

    front = "91420399000000020"
    total = sum(_ALPHABET.index(c) * pow(3, i, 31) for i, c in enumerate(front))
    code = front + _ALPHABET[(31 - total % 31) % 31]
    assert admitted(listing(identifiers=(("", code),)), rules).flags == ("inner_check_mismatch",)


def test_further_numbers_are_aliases_and_bad_ones_are_flagged(rules: Rules) -> None:
    outcome = admitted(
        listing(identifiers=(("uscc", unified_code(1)), ("tax_no", "420399000000001"), ("org_code", "12345678-0"))),
        rules,
    )
    assert outcome.place.aliases == (KEYER.identifier(SubjectClass.ORGANISATION, "tax_no", "420399000000001"),)
    assert outcome.flags == ("identifier_ignored",)


def test_a_masked_number_is_unsettled(rules: Rules) -> None:
    masked = citizen_number(1)[:10] + "****" + citizen_number(1)[-4:]
    outcome = admitted(
        listing(list_type="black.judgment_default", subject_kind="自然人", identifiers=(("", masked),)), rules
    )
    assert outcome.is_unsettled
    assert outcome.place.masks == (outcome.group,)
    assert outcome.place.mask_shapes == ("citizen_id:..........****....",)
    assert outcome.flags == ("masked",)


def test_a_list_that_has_no_numbers_is_admitted_by_name_unsettled(rules: Rules) -> None:
    outcome = admitted(listing(list_type="international.un", identifiers=(), name="示例 Trust"), rules)
    assert outcome.is_unsettled
    assert not outcome.place.masks
    assert outcome.counted == (), "on lists by name nobody misses a number"
    assert refused(listing(list_type="international.un", identifiers=(), name=""), rules).reasons == (
        "identifier_missing",
    )


@pytest.mark.parametrize(
    ("identifiers", "country", "foreign"),
    [
        ((("foreign_reg_no", "HRB 1"),), "", True),
        ((("foreign_reg_no", "HRB 1"),), "CN", False),
        ((("", unified_code(1)),), "Germany", False),
        ((("lei", "529900T8BM49AURSDO55"),), "", False),
        ((("lei", "529900T8BM49AURSDO55"),), "Germany", True),
    ],
)
def test_who_is_known_to_be_foreign(
    identifiers: tuple[tuple[str, str], ...], country: str, foreign: bool, rules: Rules
) -> None:
    record = listing(list_type="international.ofac", identifiers=identifiers, registered_in=country)
    entry = admitted(record, rules).entry
    assert entry is not None
    assert (entry.foreign and REGISTRATION_UNKNOWN not in entry.flags) is foreign


def test_scheme_words_that_are_unknown_or_of_the_other_class(rules: Rules) -> None:
    unknown = refused(listing(identifiers=(("驾照", "123"),)), rules)
    assert unknown.reasons == ("identifier_malformed", "value_unknown"), "read as blank, and then of no known shape"
    person = citizen_number(next(n for n in range(99) if citizen_number(n).endswith("X")))
    other = admitted(listing(identifiers=(("citizen_id", person),)), rules)
    assert [reason for reason, _ in other.counted] == ["identifier_checksum"], "read by its shape"
    assert other.is_unsettled


def test_numbers_are_masked_in_what_admission_says(rules: Rules) -> None:
    number = citizen_number(7)
    outcome = refused(listing(subject_kind="自然人", identifiers=(("", number),), severity=number), rules)
    assert number not in " ".join(outcome.details)
    entry = admitted(listing(facts=f"示例：与{number}串通"), rules).entry
    assert entry is not None
    assert number not in entry.facts


def test_related_people_are_reached_by_a_complete_number_only(rules: Rules) -> None:
    number, masked = citizen_number(3), citizen_number(4)[:6] + "*" * 8 + citizen_number(4)[-4:]
    outcome = admitted(
        listing(
            legal_representative="示例甲",
            legal_representative_id=number,
            related=f"principal:示例乙:{masked}；董事:示例丙:123;clerk:示例丁:{number};股东:示例戊",
        ),
        rules,
    )
    assert [(r.role.value, r.name, bool(r.subject), bool(r.mask)) for r in outcome.related] == [
        ("legal_representative", "示例甲", True, False),
        ("principal", "示例乙", False, True),
    ]
    assert outcome.flags == ("relation_unresolved",)


def test_the_same_person_named_twice_in_one_role_is_one_relation(rules: Rules) -> None:
    part = f"principal:示例乙:{citizen_number(5)}"
    assert len(admitted(listing(related=f"{part};{part};"), rules).related) == 1


def test_only_entries_whose_measures_reach_people_name_them(rules: Rules) -> None:
    record = listing(list_type="red.integrity_model", legal_representative="示例甲", legal_representative_id="x")
    outcome = admitted(record, rules)
    assert outcome.related == ()
    assert outcome.flags == ()


@pytest.mark.parametrize(
    ("severity", "until", "expected", "flags"),
    [
        ("minor", "", date(2026, 7, 1), ("validity_clipped",)),
        ("", "", date(2029, 4, 1), ("validity_clipped",)),
        ("", "2031-01-01", date(2029, 4, 1), ("validity_clipped",)),
        ("ordinary", "2026-12-31", date(2026, 12, 31), ()),
        ("exceptional", "2029-04-01", date(2029, 4, 1), ()),
    ],
)
def test_maximum_validity(severity: str, until: str, expected: date, flags: tuple[str, ...], rules: Rules) -> None:
    record = listing(list_type="penalty.administrative", severity=severity, valid_until=until)
    entry = admitted(record, rules).entry
    assert entry is not None
    assert entry.valid_until == expected
    assert entry.flags == flags


@pytest.mark.parametrize(
    ("cells", "flags"),
    [
        ({"status": "已退出", "status_reason": "到期"}, ("status_undated",)),
        ({"status": "suspended", "status_reason": "objection", "status_date": "2026-05-01"}, ("objection_open",)),
        ({"status": "suspended", "status_reason": "court", "status_date": "2026-05-01"}, ()),
    ],
)
def test_status_flags(cells: dict[str, str], flags: tuple[str, ...], rules: Rules) -> None:
    assert admitted(listing(**cells), rules).flags == flags


def test_words_in_chinese_and_code_mean_the_same(rules: Rules) -> None:
    chinese = admitted(listing(status="已修复", status_date="2026-05-01", severity="严重", repairable="否"), rules)
    code = admitted(listing(status="repaired", status_date="20260501", severity="serious", repairable="no"), rules)
    assert chinese.entry == code.entry
    assert code.entry is not None
    assert code.entry.status is Status.REPAIRED
    assert code.entry.repairable is False


def test_admission_says_the_same_whatever_the_source_calls_its_file(rules: Rules) -> None:
    one, two = listing(), msgspec.structs.replace(listing(), file="other.csv", row=99)
    assert admit(one, rules) == admit(two, rules)


def test_kinds_are_kept(rules: Rules) -> None:
    outcome = admitted(listing(subject_kind="个体工商户", identifiers=(("", unified_code(2, "92")),)), rules)
    assert outcome.profile.kind is SubjectKind.SOLE_TRADER
    assert outcome.profile.display == unified_code(2, "92")


def test_the_files_are_read_as_written() -> None:
    with (FOLDER / "duplicate.csv").open(encoding="utf-8", newline="") as file:
        assert len(list(csv.DictReader(file))) == 2


class TestEveryReasonCounts:
    def test_an_inverted_validity_beside_a_bad_date(self, rules: Rules) -> None:
        record = listing(
            document_date="明天", valid_from="2026-05-02", valid_until="2026-05-01", list_type="black.none"
        )
        outcome = admit(record, rules)
        assert isinstance(outcome, Refused)
        assert outcome.reasons == ("date_malformed", "list_type_unknown", "validity_inverted")

    def test_an_inverted_validity_beyond_the_maximum(self, rules: Rules) -> None:
        dates = {"valid_from": "2027-05-02", "valid_until": "2027-05-01"}
        outcome = admit(listing(list_type="penalty.administrative", severity="minor", **dates), rules)
        assert isinstance(outcome, Refused)
        # Of inverted dates neither is readable, so that none can exceed a maximum.
        assert outcome.reasons == ("validity_inverted",)


class TestPrivacy:
    """A natural person's number never stands in a snapshot, wherever a row has it (DESIGN section 6)."""

    @pytest.mark.parametrize("column", ["facts", "authority", "basis", "document_no", "region", "field", "grade"])
    def test_no_text_of_an_entry_holds_a_number(self, rules: Rules, column: str) -> None:
        number = citizen_number(7)
        entry = admitted(listing(**{column: f"示例{number}"}), rules).entry
        assert entry is not None
        assert getattr(entry, column) == f"示例990000********{number[-4:]}"

    def test_names_hold_no_number(self, rules: Rules) -> None:
        number = citizen_number(7)
        found = admitted(listing(name=f"示例{number}", related=f"director:示例甲{number}:{number}"), rules)
        assert number not in found.profile.name + found.names[0] + found.related[0].name

    def test_a_passport_is_hidden_by_its_place(self, rules: Rules) -> None:
        found = admitted(listing(legal_representative_id="E12345678", facts="护照E12345678"), rules)
        assert found.entry is not None
        assert found.entry.facts == "护照E******78"

    def test_a_document_number_of_many_digits_stands(self, rules: Rules) -> None:
        found = admitted(listing(document_no="4203-0320-2399-9900-01", basis="420303202399990001"), rules)
        assert found.entry is not None
        assert (found.entry.document_no, found.entry.basis) == ("4203-0320-2399-9900-01", "420303202399990001")

    def test_documents_that_differ_in_what_is_hidden_are_two(self, rules: Rules) -> None:
        first, second = (
            admitted(listing(document_no=citizen_number(7, born)), rules).entry for born in ("19800101", "19800102")
        )
        assert first is not None
        assert second is not None
        assert first.id != second.id

    def test_a_tax_number_made_of_a_citizen_number_is_not_shown(self, rules: Rules) -> None:
        number = citizen_number(7)
        found = admitted(listing(identifiers=(("tax_no", f"{number}00"),), subject_kind="sole_trader"), rules)
        assert number not in found.profile.display


def test_a_registers_row_with_a_day_that_is_none_is_loaded_without_it(rules: Rules) -> None:
    row = Record(
        source="entity_register",
        file="示例.csv",
        row=2,
        list_type=REGISTER,
        subject_kind="legal_entity",
        name="示例有限公司",
        identifiers=(("", unified_code(1)),),
        established="2026-13-01",
    )
    outcome = admitted(row, rules)
    assert outcome.registration is not None
    assert (outcome.registration.established, outcome.flags) == (None, ("established_unreadable",))


def test_other_names_are_indexed_once_each(rules: Rules) -> None:
    record = msgspec.structs.replace(listing(), aliases=("示例（有限）公司", "EXAMPLE Co", "", "示例有限公司"))
    assert admitted(record, rules).names == ("示例有限公司", "example co")


class TestRegisters:
    """A register's row stands for nobody without a number, and makes no gap when it is refused."""

    def refused(self, rules: Rules, **cells: object) -> Refused:
        row = {"source": "entity_register", "file": "示例.csv", "row": 2, "list_type": REGISTER, "name": "示例有限公司"}
        whole = {"subject_kind": "legal_entity", "identifiers": (("", unified_code(1)),)} | cells
        outcome = refused(Record(**row, **whole), rules)  # type: ignore[arg-type]  # cells of a row
        assert outcome.remains == ()
        return outcome

    @pytest.mark.parametrize(
        ("number", "reason"),
        [
            ("无", "identifier_missing"),
            (unified_code(1)[:17], "identifier_malformed"),
            ("123456789012345678", "identifier_filler"),
            (unified_code(11)[:15] + "000", "identifier_rounded"),
        ],
    )
    def test_a_name_alone_is_not_registered(self, rules: Rules, number: str, reason: str) -> None:
        assert self.refused(rules, identifiers=(("", number),)).reasons == (reason,)

    def test_without_a_known_kind(self, rules: Rules) -> None:
        assert self.refused(rules, subject_kind="").reasons == ("subject_kind_missing",)
        assert self.refused(rules, subject_kind="示例词").reasons == ("value_unknown",)
