"""What is made once and told many times: the same bytes as if made anew, and never past the day it holds for.

Companies and people are invented (division 420399, and 990000 which was never issued).
"""

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from tests.support import blocking
from tests.support.city_list import compile_rows, row

from xingate.v1 import verification_pb2 as v
from xingate_server.core.catalogue import Verdict
from xingate_server.core.decide.decide import PLANS_AT_MOST
from xingate_server.core.decide.decision import GapReason
from xingate_server.core.entry import REGISTER
from xingate_server.core.subject import SubjectKind
from xingate_server.demo.numbers import unified_code
from xingate_server.gateway.answer import Answer, Command
from xingate_server.gateway.bounded_cache import BoundedCache
from xingate_server.gateway.decision_cache import MOST_STORED
from xingate_server.gateway.errors import UnknownSequenceError
from xingate_server.gateway.gateway import Gateway
from xingate_server.gateway.records.replay import ReplayResult, replay
from xingate_server.snapshot.store import OPEN_AT_MOST, SnapshotSet
from xingate_server.trace.leaf import parts
from xingate_server.trace.leaf import record as leaves
from xingate_server.trace.leaf.wire import varint
from xingate_server.trace.memory import MemoryLog
from xingate_server.transport.messages.fragments import MAX_CACHED as MOST_ENCODED
from xingate_server.transport.messages.fragments import AnswerEncoder

ENCODER = AnswerEncoder()
LISTED, ENDING, NOBODY, NOBODY_ELSE, CRITICISED = (unified_code(n) for n in range(1, 6))
SETTLED, LONG_SETTLED, YOUNG = (unified_code(n) for n in range(6, 9))  # registered, on no list
LAST_DAY = date(2026, 7, 1)
MIDNIGHT = datetime(2026, 7, 1, 16, tzinfo=UTC)  # in Shanghai
MOST_LEAF_BYTES = 800


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = MIDNIGHT - timedelta(microseconds=1)

    def __call__(self) -> datetime:
        return self.now


ROWS = (
    row(2, "示例2公司", LISTED),
    row(3, "示例3公司", ENDING, valid_until=LAST_DAY.isoformat()),
    row(4, "示例4公司", CRITICISED, list_type="criticised.environment_project"),
)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    compile_rows(tmp_path / "state", *ROWS)
    return tmp_path / "state"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def log() -> MemoryLog:
    return MemoryLog()


@pytest.fixture
def gateway(state: Path, clock: Clock, log: MemoryLog) -> Gateway:
    return Gateway(SnapshotSet(state), log, clock=clock)


def ask(gateway: Gateway, code: str, **fields: object) -> Answer:
    given = {"kind": SubjectKind.LEGAL_ENTITY, "action": "permit.grant", "identifiers": (("", code),)} | fields
    return blocking.check(gateway, Command(**given))  # type: ignore[arg-type]  # a test gives what it likes


def leaf_of(gateway: Gateway, answer: Answer) -> leaves.CheckLeaf:
    return leaves.decode(gateway.records.get(answer.record_id).leaf)


class TestAlike:
    def test_another_company_on_no_list_is_told_the_same_object(self, gateway: Gateway) -> None:
        first, second = ask(gateway, NOBODY), ask(gateway, NOBODY_ELSE)
        assert first.decision is second.decision
        assert leaf_of(gateway, first).subject_key != leaf_of(gateway, second).subject_key
        assert leaf_of(gateway, second).subject_code == NOBODY_ELSE

    @pytest.mark.parametrize("code", [LISTED, NOBODY])
    @pytest.mark.parametrize(
        "fields",
        [
            {},
            {"system": "审批", "organisation": "示例局", "operator": "某经办", "matter": "M-1", "request_id": "r-1"},
            {"context": {"z": "1", "a": "二", "empty": ""}, "as_of": "2026-05-01"},
            {"kind": SubjectKind.SOLE_TRADER, "matter": "长" * 200, "operator": "x" * 130},
        ],
    )
    def test_a_leaf_of_parts_has_the_bytes_of_one_made_whole(
        self, gateway: Gateway, code: str, fields: dict[str, object]
    ) -> None:
        for given in (fields, fields | {"request_id": "again"}):
            stored = gateway.records.get(ask(gateway, code, **given).record_id)
            assert leaves.encode(leaves.decode(stored.leaf)) == stored.leaf

    def test_what_is_kept_is_what_is_made_anew(self, gateway: Gateway, state: Path, clock: Clock) -> None:
        for code in (LISTED, ENDING, NOBODY):
            for action in ("permit.grant", "honour.nominate", "market.entry"):
                for as_of in ("", "2026-05-01", "2026-08-01"):
                    ask(gateway, code, action=action, as_of=as_of)
                    kept = ask(gateway, code, action=action, as_of=as_of)
                    fresh = ask(Gateway(SnapshotSet(state), MemoryLog(), clock=clock), code, action=action, as_of=as_of)
                    assert (kept.decision, kept.digest, kept.as_of) == (fresh.decision, fresh.digest, fresh.as_of)

    def test_registered_companies_on_no_list_are_told_the_same_unless_their_years_differ(
        self, tmp_path: Path, clock: Clock
    ) -> None:
        since = {SETTLED: "2015-01-01", LONG_SETTLED: "2001-01-01", YOUNG: "2026-01-01"}
        rows = [
            row(number, f"示例{number}公司", code, list_type=REGISTER, established=established)
            for number, (code, established) in enumerate(since.items(), 2)
        ]
        compile_rows(tmp_path / "state", *rows, max_age_days=3650)
        gateway = Gateway(SnapshotSet(tmp_path / "state"), MemoryLog(), clock=clock)
        plain = [ask(gateway, code, action="personnel.recruit") for code in since]
        assert plain[0].decision is plain[1].decision is plain[2].decision
        assert len(gateway.snapshots.answering(0)._prepared) == 1
        assert [leaf_of(gateway, answer).subject_code for answer in plain] == list(since)
        for action in ("permit.grant", "funding.apply", "inspection.plan"):
            for code in (*since, *since, NOBODY):
                fresh = Gateway(SnapshotSet(tmp_path / "state"), MemoryLog(), clock=clock)
                kept, anew = ask(gateway, code, action=action), ask(fresh, code, action=action)
                assert (kept.decision, kept.digest) == (anew.decision, anew.digest)
                stored = gateway.records.get(kept.record_id)
                assert replay(stored, SnapshotSet(tmp_path / "state")).result is ReplayResult.SAME

    def test_a_record_is_small_and_can_be_replayed(self, gateway: Gateway, state: Path) -> None:
        caller = {"system": "approval", "organisation": "示例审批局", "operator": "op-1", "matter": "SP-2024-000001"}
        for code in (NOBODY, NOBODY_ELSE):
            stored = gateway.records.get(ask(gateway, code, **caller).record_id)
            assert len(stored.leaf) < MOST_LEAF_BYTES
            assert replay(stored, SnapshotSet(state)).result is ReplayResult.SAME

    def test_attributes_that_no_measure_asks_for_are_recorded_and_decide_nothing(self, gateway: Gateway) -> None:
        plain, attributed = ask(gateway, LISTED), ask(gateway, LISTED, context={"nobody": "asks"})
        assert attributed.decision is plain.decision
        assert leaf_of(gateway, attributed).context == {"nobody": "asks"}
        assert leaf_of(gateway, plain).context == {}

    def test_attributes_that_a_measure_asks_for_decide(self, gateway: Gateway) -> None:
        contexts = ({}, {"domain": "other"}, {"domain": "environmental_protection"})
        for _ in range(2):
            verdicts = [
                ask(gateway, CRITICISED, action="tender.bid", context=context).decision.verdict for context in contexts
            ]
            assert verdicts == [Verdict.CANNOT_TELL, Verdict.CLEAR, Verdict.RESTRICTED]

    def test_many_threads_are_told_the_same(self, gateway: Gateway, log: MemoryLog) -> None:
        codes = [LISTED, ENDING, NOBODY, NOBODY_ELSE] * 50
        start = threading.Barrier(8)

        def asking(_: int) -> list[str]:
            start.wait()
            return [ask(gateway, code).digest for code in codes]

        with ThreadPoolExecutor(8) as pool:
            found = {tuple(digests) for digests in pool.map(asking, range(8))}
        assert len(found) == 1
        assert log.size() == 8 * len(codes)


class TestTheDay:
    def test_an_entry_ends_at_midnight_in_shanghai(self, gateway: Gateway, clock: Clock) -> None:
        before = [ask(gateway, ENDING) for _ in range(3)][-1]
        clock.now += timedelta(microseconds=1)
        after = ask(gateway, ENDING)
        assert (before.as_of, after.as_of) == (LAST_DAY, LAST_DAY + timedelta(days=1))
        assert before.decision.measures
        assert after.decision.verdict is Verdict.CLEAR
        assert leaf_of(gateway, after).as_of == "2026-07-02"
        clock.now -= timedelta(microseconds=1)
        assert ask(gateway, ENDING).decision == before.decision

    def test_a_list_becomes_stale_at_midnight_in_shanghai(self, tmp_path: Path, clock: Clock) -> None:
        compile_rows(tmp_path / "state", *ROWS, max_age_days=0)
        gateway = Gateway(SnapshotSet(tmp_path / "state"), MemoryLog(), clock=clock)
        assert [ask(gateway, NOBODY).decision.verdict for _ in range(3)][-1] is Verdict.CLEAR
        clock.now = MIDNIGHT
        stale = ask(gateway, NOBODY)
        assert stale.decision.verdict is Verdict.CANNOT_TELL
        assert GapReason.SOURCE_STALE in {gap.reason for gap in stale.decision.gaps}

    def test_an_entry_ends_with_the_year_on_the_wire_too(self, tmp_path: Path, clock: Clock) -> None:
        compile_rows(tmp_path / "state", row(2, "示例2公司", ENDING, valid_until="2026-12-31"), max_age_days=365)
        gateway = Gateway(SnapshotSet(tmp_path / "state"), MemoryLog(), clock=clock)
        clock.now = datetime(2026, 12, 31, 15, 59, 59, 999_999, tzinfo=UTC)
        told = [v.CheckResponse.FromString(ENCODER.response(ask(gateway, ENDING), 0)) for _ in range(3)]
        clock.now += timedelta(microseconds=1)
        told += [v.CheckResponse.FromString(ENCODER.response(ask(gateway, ENDING), 0)) for _ in range(2)]
        assert [each.as_of for each in told] == ["2026-12-31"] * 3 + ["2027-01-01"] * 2
        assert [bool(each.measures) for each in told] == [True] * 3 + [False] * 2
        assert len({each.decision_digest for each in told}) == 2
        sent = msgspec.json.decode(ENCODER.response_json(ask(gateway, ENDING), 0))
        assert (sent["asOf"], sent["decisionDigest"]) == ("2027-01-01", told[-1].decision_digest)

    @pytest.mark.parametrize(("microsecond", "text"), [(0, "000000"), (7, "000007"), (123456, "123456")])
    def test_times_have_microseconds(self, gateway: Gateway, clock: Clock, microsecond: int, text: str) -> None:
        clock.now = datetime(2026, 7, 1, 1, 2, 3, microsecond, tzinfo=UTC)
        assert leaf_of(gateway, ask(gateway, NOBODY)).time == f"2026-07-01T01:02:03.{text}Z"

    def test_another_day_asked_about_is_not_today(self, gateway: Gateway, clock: Clock) -> None:
        today = ask(gateway, ENDING)
        named = ask(gateway, ENDING, as_of=LAST_DAY.isoformat())
        assert named.decision == today.decision
        clock.now = MIDNIGHT
        since = ask(gateway, ENDING, as_of=LAST_DAY.isoformat())
        assert since.decision.measures
        situation = msgspec.json.decode(leaf_of(gateway, since).situation)
        assert situation["checked_on"] == "2026-07-02"


class TestTheSnapshot:
    def test_another_one_is_asked_anew_and_a_retry_is_not(self, state: Path, clock: Clock) -> None:
        snapshots = SnapshotSet(state)
        gateway = Gateway(snapshots, MemoryLog(), clock=clock)
        first = ask(gateway, LISTED, request_id="r1")
        compile_rows(state, row(2, "示例2公司", NOBODY))
        assert snapshots.refresh()
        assert ask(gateway, LISTED).decision.verdict is Verdict.CLEAR
        assert ask(gateway, NOBODY).decision.measures
        assert ask(gateway, LISTED, request_id="r1") == first
        older = ask(gateway, LISTED, sequence=1)
        assert (older.decision, older.snapshot.status) == (first.decision, "retained")

    def test_callers_cannot_fill_the_memory(self, gateway: Gateway) -> None:
        """Whatever recurs in no other question: days, attributes, their values."""
        days = [date(1990, 1, 1) + timedelta(days=number) for number in range(MOST_STORED + 200)]
        for number, day in enumerate(days):
            context = {"domain": "other", f"attribute{number}": f"示例{number}"}
            answer = ask(gateway, LISTED if number % 2 else NOBODY, as_of=day.isoformat(), context=context)
            ENCODER.response(answer, number % 3)
            ENCODER.response_json(answer, number % 3)
        answers = gateway.snapshots.answering(0)
        assert len(answers._prepared) == MOST_STORED
        plans = answers.view.decider._plan.cache_info()
        assert plans.currsize == plans.maxsize == PLANS_AT_MOST
        assert (len(ENCODER._messages), len(ENCODER._jsons)) == (MOST_ENCODED,) * 2
        assert ask(gateway, LISTED).decision.measures

    def test_whichever_sequences_are_asked_few_stay_open(self, state: Path, clock: Clock) -> None:
        snapshots = SnapshotSet(state)
        gateway = Gateway(snapshots, MemoryLog(), clock=clock)
        for _ in range(12):  # more than are kept
            compile_rows(state, *ROWS)
        assert snapshots.refresh()
        retained = gateway.snapshots.retained()
        for _ in range(2):
            assert [ask(gateway, LISTED, sequence=number).snapshot.sequence for number in retained] == retained
        assert len(snapshots._retained) <= OPEN_AT_MOST
        ask(gateway, LISTED, sequence=retained[0])
        compile_rows(state, *ROWS)
        assert retained[0] not in gateway.snapshots.retained()
        assert snapshots.refresh()
        assert retained[0] not in snapshots._retained
        with pytest.raises(UnknownSequenceError):
            ask(gateway, LISTED, sequence=retained[0])


def test_what_is_kept_is_bounded_and_the_oldest_goes_first() -> None:
    kept: BoundedCache[int, int] = BoundedCache(3)
    for number in (1, 2, 3, 1, 4):
        assert kept.put(number, number) == number
    assert len(kept) == 3
    assert [kept.get(number) for number in (1, 2, 3, 4)] == [None, 2, 3, 4]


@pytest.mark.parametrize("value", [0, 1, 127, 128, 300, 2**32, 2**63])
def test_whole_numbers_are_written_as_protobuf_does(value: int) -> None:
    from xingate.v1 import types_pb2

    assert types_pb2.TraceRef(leaf_index=value).SerializeToString() == (b"\x10" + varint(value) if value else b"")


def test_the_caller_is_a_field_even_where_nobody_is_named() -> None:
    assert parts.LeafJoiner().caller("", "", "") == b"\x0a\x00"


def test_a_child_process_has_random_numbers_of_its_own() -> None:
    code = (
        "import os; from xingate_server.gateway import ids; uuid7 = ids.UuidPool().uuid7; uuid7(); child = os.fork();"
        "os.write(1, f'{uuid7()}\\n'.encode()); child and os.waitpid(child, 0)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    one, two = ran.stdout.split()
    assert one[19:] != two[19:]
