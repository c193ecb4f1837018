"""What becomes of a lookup: reports, their refusals, and what a settled identity says later (Cl. 22).

Companies and people are invented (division 420399, and 990000 which was never issued).
"""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.support import blocking
from tests.support.city_list import compile_rows, row

from xingate_server.core.catalogue import Verdict
from xingate_server.core.decide.decision import GapReason
from xingate_server.core.subject import SubjectKind
from xingate_server.demo.numbers import citizen_number, unified_code
from xingate_server.gateway.answer import Answer, Command
from xingate_server.gateway.errors import (
    GatewayError,
    InvalidOutcomeError,
    NotAllowedError,
    RequestIdReusedError,
    UnavailableError,
    UnknownRecordError,
)
from xingate_server.gateway.gateway import Gateway
from xingate_server.gateway.ids import uuid7
from xingate_server.gateway.records.check_leaf import RecordedSituation
from xingate_server.gateway.records.denials import Denial, Denials
from xingate_server.gateway.records.outcome_reading import MAX_REPORTED, OutcomeCommand, ReportedMeasure
from xingate_server.snapshot.store import SnapshotSet
from xingate_server.trace.leaf import record as leaves
from xingate_server.trace.leaf.record import IdentitySettlement, Result
from xingate_server.trace.memory import MemoryLog
from xingate_server.trace.sqlite.store import SqliteLog

NOW = datetime(2026, 7, 1, 9, 30, 5, 123456, tzinfo=UTC)
COMPANY, OTHER = unified_code(1), unified_code(2)
HUMAN = citizen_number(5)
WHO = {"system": "approval", "organisation": "示例审批局"}
ASKER = WHO | {"operator": "示例员"}


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    state = tmp_path_factory.mktemp("compiled") / "state"
    masked = HUMAN[:6] + "*" * 8 + HUMAN[-4:]
    hidden = OTHER[:6] + "*" * 8 + OTHER[-4:]
    compile_rows(
        state,
        row(2, "示例一公司", COMPANY),
        row(3, "某乙", masked, subject_kind="natural_person"),
        row(4, "示例二公司", hidden),
    )
    return state


@pytest.fixture
def trace(tmp_path: Path) -> Iterator[SqliteLog]:
    log = SqliteLog(tmp_path / "trace", origin="example.org/log")
    yield log
    log.close()


@pytest.fixture
def gateway(compiled: Path, trace: SqliteLog, tmp_path: Path) -> Gateway:
    shutil.copytree(compiled, tmp_path / "state", symlinks=True)
    return Gateway(SnapshotSet(tmp_path / "state"), trace, clock=lambda: NOW)


def ask(gateway: Gateway, **fields: Any) -> Answer:
    given = {
        "kind": SubjectKind.LEGAL_ENTITY,
        "action": "permit.grant",
        "identifiers": (("uscc", COMPANY),),
        "matter": "M-1",
    }
    return blocking.check(gateway, Command(**(given | ASKER | fields)))


def ask_person(gateway: Gateway, **fields: Any) -> Answer:
    person = {"kind": SubjectKind.NATURAL_PERSON, "identifiers": (("citizen_id", HUMAN),), "name": "某乙"}
    return ask(gateway, **(person | fields))


def applied(measure_id: str, **fields: Any) -> ReportedMeasure:
    return ReportedMeasure(**({"measure_id": measure_id, "result": Result.APPLIED} | fields))


def report(answer: Answer, **fields: Any) -> OutcomeCommand:
    given = {"record_id": answer.record_id, "measures": (applied(answer.decision.measures[0].id),)}
    return OutcomeCommand(**(given | WHO | fields))


def unsettled(answer: Answer) -> str:
    (entry_id,) = [gap.about for gap in answer.decision.gaps if gap.reason is GapReason.IDENTITY_UNSETTLED]
    return entry_id


def settle(answer: Answer, **fields: Any) -> OutcomeCommand:
    identity = {"entry_id": unsettled(answer), "is_same": False, "evidence": "户籍", "decided_by": "李四"}
    return OutcomeCommand(record_id=answer.record_id, identities=(IdentitySettlement(**(identity | fields)),), **WHO)


class TestReports:
    async def test_a_report_is_a_leaf_of_its_own_that_names_the_lookup(self, gateway: Gateway) -> None:
        answer = ask(gateway)
        first, second = [m.id for m in answer.decision.measures][:2]
        sent = report(
            answer,
            operator="张三",
            note="第一行\n第二行",
            outcome_id="o-1",
            measures=(
                applied(first, amount_yuan="1234.50", date="2026-07-02", document_no="示例〔2026〕1号"),
                ReportedMeasure(measure_id=second, result=Result.NOT_APPLIED, reason="已履行"),
            ),
        )
        told = await gateway.outcomes.report(sent)
        assert (told.outcome_id, told.lookup_record_id, told.leaf_index) == ("o-1", answer.record_id, 1)
        assert told.log_origin == "example.org/log"
        stored = gateway.records.get(told.record_id)
        leaf = leaves.read(stored.leaf)
        assert isinstance(leaf, leaves.OutcomeLeaf)
        assert (stored.kind, leaf.request_id, leaf.lookup_record_id) == ("outcome", "o-1", answer.record_id)
        assert (leaf.system, leaf.organisation, leaf.operator) == ("approval", "示例审批局", "张三")
        assert leaf.note == "第一行\n第二行"
        assert leaf.measures[0].amount_yuan == "1234.50"
        assert [(m.measure_id, m.result, m.reason) for m in leaf.measures] == [
            (first, Result.APPLIED, ""),
            (second, Result.NOT_APPLIED, "已履行"),
        ]
        assert leaves.encode(leaf) == stored.leaf

    async def test_a_retry_is_no_second_report(self, gateway: Gateway, trace: SqliteLog) -> None:
        sent = report(ask(gateway), outcome_id="o-1")
        assert await gateway.outcomes.report(sent) == await gateway.outcomes.report(sent)
        assert blocking.report(gateway, sent).leaf_index == 1
        assert trace.size() == 2

    async def test_two_retries_at_once_are_one_leaf(self, gateway: Gateway, trace: SqliteLog) -> None:
        sent = report(ask(gateway), outcome_id="o-1")
        told = [await outcome for outcome in [gateway.outcomes.report(sent) for _ in range(20)]]
        assert len({each.record_id for each in told}) == 1
        assert trace.size() == 2

    async def test_without_an_id_the_gateway_makes_one(self, gateway: Gateway) -> None:
        sent = report(ask(gateway))
        first, second = await gateway.outcomes.report(sent), await gateway.outcomes.report(sent)
        assert first.outcome_id == first.record_id != second.outcome_id

    async def test_the_same_id_for_another_report_is_refused(self, gateway: Gateway) -> None:
        answer = ask(gateway)
        await gateway.outcomes.report(report(answer, outcome_id="o-1"))
        with pytest.raises(RequestIdReusedError) as caught:
            await gateway.outcomes.report(report(answer, outcome_id="o-1", note="another"))
        assert (caught.value.reason, caught.value.field) == ("request_id_reused", "outcome_id")

    def test_a_check_and_a_report_may_have_the_same_id(self, gateway: Gateway) -> None:
        answer = ask(gateway, request_id="same")
        assert blocking.report(gateway, report(answer, outcome_id="same")).outcome_id == "same"
        assert ask(gateway, request_id="same").record_id == answer.record_id

    def test_a_note_alone_is_a_report(self, gateway: Gateway) -> None:
        answer = ask(gateway)
        assert blocking.report(gateway, report(answer, measures=(), note="已办结")).leaf_index == 1

    def test_no_persons_number_is_recorded(self, gateway: Gateway) -> None:
        answer = ask(gateway)
        measure = applied(answer.decision.measures[0].id, reason=HUMAN, document_no=HUMAN)
        told = blocking.report(gateway, report(answer, measures=(measure,), note=HUMAN, operator=HUMAN))
        assert HUMAN.encode() not in gateway.records.get(told.record_id).leaf

    def test_a_log_that_fails_means_no_report(self, compiled: Path) -> None:
        log = MemoryLog()
        gateway = Gateway(SnapshotSet(compiled), log, clock=lambda: NOW)
        answer = ask(gateway)
        log.is_failing = True
        with pytest.raises(UnavailableError) as caught:
            blocking.report(gateway, report(answer))
        assert caught.value.reason == "record_failed"
        with pytest.raises(UnavailableError):
            blocking.report(gateway, report(answer, system="another"))
        assert log.size() == 1


class TestRefusals:
    BAD: tuple[tuple[dict[str, Any], str, str], ...] = (
        ({"record_id": ""}, "record_id_missing", "record_id"),
        ({"measures": ()}, "outcome_empty", "measures"),
        ({"measures": (applied(""),)}, "measure_id_missing", "measures[0].measure_id"),
        ({"measures": (applied("no.such"),)}, "measure_not_in_answer", "measures[0].measure_id"),
        ({"note": "x" * 2001}, "note_malformed", "note"),
        ({"note": "bell \a"}, "note_malformed", "note"),
        ({"operator": "line\nbreak"}, "operator_malformed", "caller.operator"),
        ({"outcome_id": "x" * 129}, "outcome_id_malformed", "outcome_id"),
        ({"outcome_id": f"o-{HUMAN}"}, "outcome_id_malformed", "outcome_id"),
        ({"system": f"{HUMAN[:6]}-{HUMAN[6:]}"}, "system_malformed", "caller.system"),
        ({"organisation": f"示例{HUMAN}"}, "organisation_malformed", "caller.organisation"),
        ({"outcome_id": "o-1 "}, "outcome_id_malformed", "outcome_id"),
    )
    BAD_MEASURES: tuple[tuple[dict[str, Any], str, str], ...] = (
        ({"result": None}, "result_missing", "result"),
        ({"result": Result.NOT_APPLIED}, "reason_missing", "reason"),
        ({"result": Result.OTHER, "reason": " "}, "reason_missing", "reason"),
        *(
            ({"amount_yuan": amount}, "amount_malformed", "amount_yuan")
            for amount in ("-1", "1,000", "1.234", "01", "1e3", "١", "1.", ".5", "9" * 16, " 1")
        ),
        *(
            ({"date": day}, "date_malformed", "date")
            for day in ("2026-02-30", "2026-2-3", "20260203", "today", "2026-07-01T00:00:00")
        ),
    )

    @pytest.mark.parametrize(("fields", "reason", "field"), BAD)
    def test_what_cannot_be_recorded_says_why(
        self, gateway: Gateway, trace: SqliteLog, fields: dict[str, Any], reason: str, field: str
    ) -> None:
        answer = ask(gateway)
        with pytest.raises(InvalidOutcomeError) as caught:
            blocking.report(gateway, report(answer, **fields))
        assert (caught.value.reason, caught.value.field) == (reason, field)
        assert trace.size() == 1

    @pytest.mark.parametrize(("fields", "reason", "field"), BAD_MEASURES)
    def test_a_measure_that_cannot_be_recorded(
        self, gateway: Gateway, fields: dict[str, Any], reason: str, field: str
    ) -> None:
        answer = ask(gateway)
        measure = applied(answer.decision.measures[0].id, **fields)
        with pytest.raises(InvalidOutcomeError) as caught:
            blocking.report(gateway, report(answer, measures=(measure,)))
        assert (caught.value.reason, caught.value.field) == (reason, f"measures[0].{field}")

    @pytest.mark.parametrize("amount", ["0", "0.5", "1", "1000000.00", "9" * 15])
    def test_amounts_that_are_sums_in_yuan(self, gateway: Gateway, amount: str) -> None:
        answer = ask(gateway)
        measure = applied(answer.decision.measures[0].id, amount_yuan=amount)
        assert blocking.report(gateway, report(answer, measures=(measure,)))

    def test_nothing_is_reported_twice_in_one_report(self, gateway: Gateway) -> None:
        answer = ask(gateway)
        measure = applied(answer.decision.measures[0].id)
        with pytest.raises(InvalidOutcomeError) as caught:
            blocking.report(gateway, report(answer, measures=(measure, measure)))
        assert caught.value.reason == "measure_repeated"

    def test_too_much_at_once(self, gateway: Gateway) -> None:
        measures = tuple(applied(str(n)) for n in range(MAX_REPORTED + 1))
        with pytest.raises(InvalidOutcomeError) as caught:
            blocking.report(gateway, report(ask(gateway), measures=measures))
        assert caught.value.reason == "outcome_too_large"

    def test_an_unknown_lookup(self, gateway: Gateway) -> None:
        with pytest.raises(UnknownRecordError) as caught:
            blocking.report(gateway, report(ask(gateway), record_id=uuid7()))
        assert (caught.value.reason, caught.value.field) == ("record_unknown", "record_id")

    def test_a_record_that_is_no_lookup(self, gateway: Gateway) -> None:
        answer = ask(gateway)
        told = blocking.report(gateway, report(answer))
        with pytest.raises(InvalidOutcomeError) as caught:
            blocking.report(gateway, report(answer, record_id=told.record_id))
        assert caught.value.reason == "record_not_lookup"

    @pytest.mark.parametrize("other", [{"system": "trading"}, {"organisation": "另一机关"}, {"organisation": ""}])
    async def test_anothers_lookup_is_refused_and_the_refusal_is_on_record(
        self, gateway: Gateway, trace: SqliteLog, other: dict[str, str]
    ) -> None:
        answer = ask(gateway)
        for _ in range(2):
            with pytest.raises(NotAllowedError) as caught:
                await gateway.outcomes.report(report(answer, operator="张三", **other))
            assert (caught.value.reason, caught.value.field) == ("not_allowed", "record_id")
        (newest, _, _) = trace.list(3)
        leaf = leaves.read(newest.leaf)
        assert isinstance(leaf, leaves.DenialLeaf)
        assert newest.kind == "denial"
        assert (leaf.method, leaf.reason, leaf.about) == ("ReportOutcome", "not_allowed", answer.record_id)
        assert (leaf.system, leaf.organisation, leaf.operator) == (
            other.get("system", "approval"),
            other.get("organisation", "示例审批局"),
            "张三",
        )
        assert leaves.encode(leaf) == newest.leaf
        assert trace.size() == 3  # each attempt is on record

    async def test_a_denial_hides_numbers_and_takes_any_length(self) -> None:
        log = MemoryLog()
        denial = Denial(
            method="Check", reason="not_allowed", message="no", system="s" * 5000, operator=HUMAN, about="a" * 5000
        )
        error = await Denials(log, lambda: NOW, uuid7).deny(denial)
        assert isinstance(error, NotAllowedError)
        stored = log.list(1)[0]
        assert HUMAN.encode() not in stored.leaf
        assert len(stored.leaf) < 2000


class TestSettledIdentities:
    def test_the_next_answer_says_so_and_stays_as_it_is(self, gateway: Gateway) -> None:
        first = ask_person(gateway)
        assert first.decision.verdict is Verdict.CANNOT_TELL
        assert first.notices == ()
        told = blocking.report(gateway, settle(first))
        again = ask_person(gateway, request_id="later")
        (notice,) = again.notices
        assert notice.code == "identity_settled"
        assert notice.detail == f"{unsettled(first)}: not the same, decided by 李四, record {told.record_id}"
        assert (again.decision, again.digest) == (first.decision, first.digest)
        leaf = leaves.decode(gateway.records.get(again.record_id).leaf)
        situation = msgspec.json.decode(leaf.situation, type=RecordedSituation)
        assert situation.settlements == (told.record_id,)
        assert ask_person(gateway, request_id="later").notices == again.notices  # a retry

    def test_the_newest_report_counts(self, gateway: Gateway) -> None:
        first = ask_person(gateway)
        blocking.report(gateway, settle(first))
        blocking.report(gateway, settle(first, is_same=True, decided_by="王五"))
        (notice,) = ask_person(gateway).notices
        assert ": the same, decided by 王五" in notice.detail

    @pytest.mark.parametrize("other", [{"matter": "M-2"}, {"organisation": "另一机关"}], ids=["matter", "who"])
    def test_another_matter_or_organisation_is_told_nothing(self, gateway: Gateway, other: dict[str, str]) -> None:
        blocking.report(gateway, settle(ask_person(gateway)))
        assert ask_person(gateway, **other).notices == ()

    def test_another_system_of_the_organisation_is_told(self, gateway: Gateway) -> None:
        blocking.report(gateway, settle(ask_person(gateway)))
        assert ask_person(gateway, system="trading").notices

    def test_without_a_matter_nothing_is_carried_over(self, gateway: Gateway) -> None:
        asked = {"identifiers": (("uscc", OTHER),), "matter": ""}  # a person is asked about with a matter only
        blocking.report(gateway, settle(ask(gateway, **asked)))
        assert ask(gateway, **asked).notices == ()

    @pytest.mark.parametrize("part", ["entry_id", "evidence", "decided_by"])
    def test_what_a_settlement_must_say(self, gateway: Gateway, part: str) -> None:
        with pytest.raises(InvalidOutcomeError) as caught:
            blocking.report(gateway, settle(ask_person(gateway), **{part: " "}))
        assert (caught.value.reason, caught.value.field) == (f"{part}_missing", f"identities[0].{part}")

    def test_an_entry_that_was_not_in_the_answer(self, gateway: Gateway) -> None:
        with pytest.raises(GatewayError) as caught:
            blocking.report(gateway, settle(ask_person(gateway), entry_id="0" * 32))
        assert (caught.value.reason, caught.value.field) == ("entry_not_in_answer", "identities[0].entry_id")
