"""Rows of which nobody can tell what they say: whom they are about, what of them is stored, and which are none.

The days and verdicts of the gap are golden cases (`tests/golden/golden_unread.py`). Everybody here is invented.
"""

from datetime import date
from typing import Any

import msgspec
import pytest

from xingate_server.catalogues import load
from xingate_server.core.admission.admit import admit
from xingate_server.core.admission.result import Admitted, Refused, SourceTerms
from xingate_server.core.admission.rules import Rules
from xingate_server.core.calendar import WorkCalendar
from xingate_server.core.catalogue import Posture
from xingate_server.core.entry import Record, Severity, UnreadRow
from xingate_server.core.identifiers.parsing import Scheme
from xingate_server.core.subject import SubjectClass, SubjectKeyer
from xingate_server.core.unreadable import counts_on
from xingate_server.demo.numbers import citizen_number, unified_code

KEYER = SubjectKeyer(b"k" * 32)
RULES = Rules(
    catalogue=load(["shiyan2017", "international"], Posture.AS_PLANNED_2017),
    calendar=WorkCalendar.official(),
    keyer=KEYER,
    today=date(2026, 7, 1),
)
CODE, HUMAN = unified_code(1), citizen_number(1)
ORGANISATION, PERSON = SubjectClass.ORGANISATION, SubjectClass.PERSON
WHOLE: dict[str, Any] = {
    "source": "city_list",
    "file": "示例.csv",
    "row": 2,
    "list_type": "black.bribery",
    "subject_kind": "legal_entity",
    "name": "示例有限公司",
    "identifiers": (("", CODE),),
    "authority": "示例局",
    "basis": "示例办法",
    "document_no": "示例1号",
    "document_date": "2026-04-01",
    "notice_start": "2026-03-02",
    "notice_end": "2026-03-30",
    "signed_by": "示例签署人",
}


def record(**cells: Any) -> Record:
    """An admissible row, but for `cells`."""
    return Record(**(WHOLE | cells))


def refused(**cells: Any) -> Refused:
    outcome = admit(record(**cells), RULES)
    assert isinstance(outcome, Refused), outcome
    return outcome


def remains(**cells: Any) -> Admitted:
    """What is left of the row, which is about one class of subject."""
    outcome = refused(**cells)
    assert outcome.is_unreadable
    (found,) = outcome.remains
    return found


def unread(**cells: Any) -> UnreadRow:
    row = remains(**cells).unread
    assert row is not None
    return row


def key(number: str, scheme: Scheme, subject_class: SubjectClass = ORGANISATION) -> bytes:
    return KEYER.identifier(subject_class, scheme, number)


class TestKinds:
    """A refusal is by rule, or unreadable, or of nobody."""

    @pytest.mark.parametrize(
        ("cells", "reason"),
        [
            ({"severity": "很严重"}, "value_unknown"),
            ({"list_type": "某种名单"}, "list_type_unknown"),
            ({"valid_until": "2027-2-30"}, "date_malformed"),
            ({"valid_from": "2026-06-01", "valid_until": "2026-05-31"}, "validity_inverted"),
            ({"subject_kind": ""}, "subject_kind_missing"),
        ],
    )
    def test_what_nobody_can_tell_is_unreadable(self, cells: dict[str, str], reason: str) -> None:
        outcome = refused(**cells)
        assert outcome.reasons == (reason,)
        assert (outcome.is_unreadable, outcome.is_by_rule) == (True, False)
        assert [r.unread is not None and r.group == key(CODE[8:17], Scheme.ORG_CODE) for r in outcome.remains] == [True]

    @pytest.mark.parametrize("cells", [{"authority": ""}, {"signed_by": " "}, {"notice_end": "2026-03-05"}])
    def test_with_reasons_of_both_kinds_it_is_refused_by_rule_alone(self, cells: dict[str, str]) -> None:
        outcome = refused(severity="很严重", **cells)
        assert "value_unknown" in outcome.reasons
        assert (outcome.is_by_rule, outcome.is_unreadable, outcome.remains) == (True, False, ())

    def test_a_list_type_that_the_source_does_not_provide(self) -> None:
        outcome = admit(record(), RULES, SourceTerms(frozenset({"red.volunteer"})))
        assert isinstance(outcome, Refused)
        assert outcome.reasons == ("list_type_not_provided",)
        assert "source `city_list` does not provide `black.bribery`" in outcome.details[0]
        assert outcome.remains[0].unread is not None
        assert outcome.remains[0].unread.list_types == ("black.bribery",)
        assert isinstance(admit(record(), RULES, SourceTerms(frozenset({"black.bribery"}))), Admitted)

    def test_a_row_about_nobody_is_of_neither_kind(self) -> None:
        outcome = refused(name="", identifiers=(("", CODE[:17]),), severity="很严重")
        assert outcome.reasons == ("identifier_malformed", "value_unknown")
        assert (outcome.is_by_rule, outcome.is_unreadable, outcome.remains) == (False, False, ())

    def test_a_malformed_date_is_not_also_missing(self) -> None:
        assert refused(document_date="明天").reasons == ("date_malformed",)
        assert refused(notice_end="三月").reasons == ("date_malformed",)


class TestWhose:
    def test_a_kind_that_is_not_known_is_each_class_in_which_the_number_is_valid(self) -> None:
        both = next(n for n in map(citizen_number_that_is_a_code, range(2000)) if n)
        outcome = refused(subject_kind="示例词", identifiers=(("", both),))
        assert {r.subject_class for r in outcome.remains} == {ORGANISATION, PERSON}
        assert [r.subject_class for r in refused(subject_kind="示例词").remains] == [ORGANISATION]
        (person,) = refused(subject_kind="示例词", identifiers=(("", HUMAN),)).remains
        assert (person.subject_class, person.group) == (PERSON, key(HUMAN, Scheme.CITIZEN_ID, PERSON))

    def test_without_kind_and_number_it_is_whoever_bears_the_name(self) -> None:
        outcome = refused(subject_kind="", identifiers=())
        assert outcome.reasons == ("identifier_missing", "subject_kind_missing")
        assert [(r.subject_class, r.is_unsettled) for r in outcome.remains] == [(ORGANISATION, True), (PERSON, True)]

    def test_without_a_known_kind_the_number_is_judged_for_being_there_alone(self) -> None:
        assert refused(subject_kind="", identifiers=(("", CODE[:17]),)).reasons == ("subject_kind_missing",)

    def test_a_word_for_a_scheme_that_is_not_known_is_read_as_blank(self) -> None:
        outcome = refused(identifiers=(("驾照", CODE),))
        assert outcome.reasons == ("value_unknown",)
        assert outcome.remains[0].group == key(CODE[8:17], Scheme.ORG_CODE)

    def test_the_first_word_that_is_not_known_is_named(self) -> None:
        outcome = refused(identifiers=(("驾照", CODE), ("会员卡", unified_code(2))))
        assert "驾照" in outcome.details[0]

    def test_masked_and_name_only_rows_are_unsettled(self) -> None:
        masked = remains(identifiers=(("", CODE[:8] + "*" * 6 + CODE[14:]),), severity="很严重")
        named = remains(identifiers=(), severity="很严重")
        assert masked.is_unsettled
        assert masked.place.masks == (masked.group,)
        assert named.is_unsettled
        assert named.group == KEYER.name(ORGANISATION, "示例有限公司")

    def test_people_whom_it_names(self) -> None:
        found = remains(severity="很严重", legal_representative="示例甲", legal_representative_id=HUMAN)
        assert [(p.name, p.subject) for p in found.related] == [("示例甲", key(HUMAN, Scheme.CITIZEN_ID, PERSON))]
        red = remains(list_type="red.xyz", legal_representative="示例甲", legal_representative_id=HUMAN)
        assert red.related == (), "no red measure reaches a person through an organisation"

    def test_no_number_of_a_person_is_in_it(self) -> None:
        row = unread(severity=HUMAN, authority=f"示例局{HUMAN}", document_no=f"示例{HUMAN}")
        assert HUMAN not in msgspec.json.encode(row).decode()


def citizen_number_that_is_a_code(serial: int) -> str:
    """An invented citizen number that is a valid unified code too, "" where this one is not."""
    from xingate_server.core.identifiers import parsing

    number = citizen_number(serial % 1000, f"19{80 + serial // 1000}0101")
    return number if parsing.read(number, "uscc", ORGANISATION).is_sound else ""


class TestWhatItMayBe:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("black.unheard_of", ("black.*",)),
            ("red.unheard_of", ("red.*",)),
            ("commitment.unheard_of", ("commitment.*",)),
            ("示例红名单", ("red.*",)),
            ("示例黑名单", ("black.*",)),
            ("红黑名单", ("red.*", "black.*")),
            ("重点示例", ("watch.*",)),
            ("信用等级示例", ("grade.*",)),
            ("示例名录", ("black.*",)),
            ("unheard.of", ("black.*",)),
            ("", ("black.*",)),
        ],
    )
    def test_an_unknown_list_type_is_any_of_the_family_that_it_names(self, text: str, expected: tuple[str]) -> None:
        assert unread(list_type=text).list_types == expected

    @pytest.mark.parametrize("text", ["black.unheard_of", "示例黑名单", "示例名录"])
    def test_a_blank_severity_on_what_may_be_a_black_row_is_serious(self, text: str) -> None:
        row = unread(list_type=text)
        assert (row.severity, row.is_severity_known) == (Severity.SERIOUS, True)

    def test_a_severity_that_is_not_known_stays_so(self) -> None:
        row = unread(list_type="示例名录", severity="很严重")
        assert (row.severity, row.is_severity_known) == (None, False)
        assert unread(list_type="red.unheard_of").severity is None

    def test_a_blank_grade_of_an_unknown_list_type_may_be_any(self) -> None:
        assert not unread(list_type="等级名单").is_grade_known
        assert unread(list_type="等级名单", grade="A").is_grade_known
        assert not unread(list_type="grade.credit", grade="E").is_grade_known
        assert unread(severity="很严重").is_grade_known

    def test_it_says_which_cells_were_not_understood(self) -> None:
        row = unread(severity="很严重", valid_until="某日")
        assert "severity `很严重` is not one of" in row.what
        assert "valid_until: `某日`" in row.what
        assert (row.authority, row.document_no, row.document_date) == ("示例局", "示例1号", date(2026, 4, 1))

    def test_its_id_is_that_of_the_entry_which_it_would_be(self) -> None:
        readable = admit(record(), RULES)
        assert isinstance(readable, Admitted)
        assert readable.entry is not None
        assert unread(severity="很严重").id == readable.entry.id
        assert unread(severity="很严重", document_no="示例2号").id != readable.entry.id

    def test_without_a_known_list_type_it_has_an_id_of_its_own(self) -> None:
        one, two = unread(list_type="示例名录"), unread(list_type="示例名录", document_no="示例2号")
        assert len(one.id) == len(two.id) == 32
        assert one.id != two.id
        assert one.id == unread(list_type="示例名录", row=9).id


class TestItsDays:
    def test_from_the_first_readable_day_to_the_last(self) -> None:
        row = unread(severity="很严重", valid_from="2026-05-01", valid_until="2027-04-30")
        assert (row.first, row.valid_until) == (date(2026, 5, 1), date(2027, 4, 30))
        assert unread(severity="很严重").first == date(2026, 4, 1), "the document's day"
        assert unread(valid_from="某日").first == date(2026, 4, 1)
        assert unread(document_date="某日").first is None

    def test_of_inverted_days_neither_is_readable(self) -> None:
        row = unread(valid_from="2026-06-01", valid_until="2026-05-31")
        assert (row.first, row.valid_until, row.document_date) == (None, None, date(2026, 4, 1))
        assert counts_on(row, date(2018, 1, 1))

    def test_a_last_day_that_cannot_be_read_may_be_any(self) -> None:
        cells = {"list_type": "penalty.administrative", "severity": "minor"}
        assert unread(valid_until="某日", **cells).valid_until is None, "no maximum stands in for what is not known"
        readable = admit(record(**cells), RULES)
        assert isinstance(readable, Admitted)
        assert readable.entry is not None
        assert readable.entry.valid_until == date(2026, 7, 1)

    @pytest.mark.parametrize(
        "cells",
        [
            {"status": "corrected"},
            {"status": "已更正", "status_date": "某日"},
            {"status": "exited", "status_reason": "objection", "status_date": "2026-06-01"},
        ],
    )
    def test_a_row_that_was_wrong_from_its_beginning_leaves_nothing(self, cells: dict[str, str]) -> None:
        outcome = refused(severity="很严重", **cells)
        assert outcome.is_unreadable
        assert outcome.remains == ()

    @pytest.mark.parametrize("status", ["exited", "repaired", "suspended"])
    def test_its_end(self, status: str) -> None:
        dated = unread(severity="很严重", status=status, status_date="2026-06-01")
        assert (counts_on(dated, date(2026, 5, 31)), counts_on(dated, date(2026, 6, 1))) == (True, False)
        assert not counts_on(unread(severity="很严重", status=status), date(2026, 5, 31)), "undated: no gap"
        assert counts_on(unread(status=status, status_date="某日"), date(2026, 6, 30)), "a malformed day ends nothing"
        assert dated.is_suspended is (status == "suspended")

    def test_a_status_that_is_not_known_ends_nothing(self) -> None:
        assert counts_on(unread(status="示例词", status_date="2026-05-01"), date(2026, 6, 1))


class TestDocumentsThatMayLack:
    """On the courts' lists and on lists by name a missing document is no refusal."""

    TERMS = SourceTerms(data_as_of=date(2026, 6, 30))

    def entry(self, **cells: Any) -> Any:
        outcome = admit(record(**({"list_type": "black.judgment_default"} | cells)), RULES, self.TERMS)
        assert isinstance(outcome, Admitted), outcome
        assert "document_undated" in outcome.flags
        return outcome.entry

    def test_the_day_of_the_data_stands_in(self) -> None:
        entry = self.entry(document_date="")
        assert entry.document_date == entry.valid_from == date(2026, 6, 30)
        assert self.entry(list_type="international.un", document_date="").document_date == date(2026, 6, 30)

    def test_but_never_after_its_last_day(self) -> None:
        entry = self.entry(document_date="", valid_until="2026-06-01")
        assert entry.document_date == entry.valid_from == entry.valid_until == date(2026, 6, 1)

    def test_a_first_day_of_its_own_stays(self) -> None:
        entry = self.entry(document_date="", valid_from="2026-05-01")
        assert (entry.document_date, entry.valid_from) == (date(2026, 6, 30), date(2026, 5, 1))

    def test_a_missing_number_is_no_refusal(self) -> None:
        assert self.entry(document_no="").document_no == ""

    def test_where_the_day_of_the_data_is_not_known_it_is_today(self) -> None:
        outcome = admit(record(list_type="black.judgment_default", document_date=""), RULES)
        assert isinstance(outcome, Admitted)
        assert outcome.entry is not None
        assert outcome.entry.document_date == RULES.today

    def test_elsewhere_both_are_needed(self) -> None:
        assert refused(document_date="").reasons == ("document_missing",)
        assert refused(document_no="").reasons == ("document_missing",)
        assert refused(list_type="black.judgment_default", document_date="某日").reasons == ("date_malformed",)


def test_that_a_promise_was_kept_is_a_status_of_commitments_alone() -> None:
    for word in ("已履约", "全部履约", "履行完毕", "已兑现"):
        kept = admit(record(list_type="commitment.open", status=word, status_date="2026-06-01"), RULES)
        assert isinstance(kept, Admitted)
        assert kept.entry is not None
        assert kept.entry.status == "exited"
        assert refused(status=word, status_date="2026-06-01").reasons == ("value_unknown",)


class TestForeignOnly:
    def row(self, **cells: Any) -> dict[str, Any]:
        return {
            "list_type": "international.other",
            "source": "ofac",
            "subject_kind": "示例种类",
            "identifiers": (),
        } | cells

    def test_where_it_is_registered_is_not_known_it_may_be_of_a_foreign_subject(self) -> None:
        outcome = refused(**self.row())
        assert [row.unread.foreign for row in outcome.remains if row.unread] == [True, True]

    @pytest.mark.parametrize("cells", [{"registered_in": "CN"}, {"identifiers": (("", CODE),)}])
    def test_of_one_registered_in_china_it_is_not(self, cells: dict[str, Any]) -> None:
        first, *_ = refused(**self.row(**cells)).remains
        assert first.unread is not None
        assert not first.unread.foreign
