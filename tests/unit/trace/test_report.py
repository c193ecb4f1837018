"""The figures of the usage report (Cl. 31), each counted by hand from a small log."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from tests.support import blocking

from xingate_server.core.catalogue import Verdict
from xingate_server.core.subject import SubjectKind
from xingate_server.trace.audit.report import By, Coverage, Matter, OpenMatter, Usage, UsageCount, UsageRow
from xingate_server.trace.audit.tolerant_read import MOST_DAMAGED, Damaged, walk
from xingate_server.trace.leaf import record as leaves
from xingate_server.trace.memory import MemoryLog
from xingate_server.trace.port import Draft, LeafKind, ReadFailedError, Stored

PERMITS, TRADING = "示例审批局", "示例交易中心"
KINDS: dict[type, LeafKind] = {
    leaves.CheckLeaf: "check",
    leaves.OutcomeLeaf: "outcome",
    leaves.DenialLeaf: "denial",
    leaves.ActLeaf: "act",
}


def append(log: MemoryLog, leaf: leaves.Leaf, content: bytes | None = None) -> None:
    blocking.append(
        log,
        Draft(
            kind=KINDS[type(leaf)],
            record_id=leaf.record_id,
            request_id=leaf.request_id,
            system="s",
            organisation="o",
            question_digest=b"q",
            time=leaf.time,
            leaf=leaves.encode(leaf) if content is None else content,
            answer=b"{}",
        ),
    )


def check(log: MemoryLog, record_id: str, time: str, **fields: Any) -> None:
    given = {
        "action": "permit.grant",
        "subject_kind": SubjectKind.LEGAL_ENTITY,
        "subject_key": b"subject-1",
        "as_of": time[:10],
        "sequence": 1,
        "snapshot_hash": "h",
        "catalogue_hash": "c",
        "verdict": Verdict.CLEAR,
        "decision_digest": "d",
        "situation": b"{}",
        "system": "permits",
        "organisation": PERMITS,
    }
    append(log, leaves.CheckLeaf(record_id=record_id, request_id=record_id, time=time, **(given | fields)))


def outcome(log: MemoryLog, record_id: str, time: str, lookup: str, **results: leaves.Result) -> None:
    measures = tuple(leaves.MeasureOutcome(measure_id=m, result=r) for m, r in results.items())
    leaf = leaves.OutcomeLeaf(
        record_id=record_id, request_id=record_id, time=time, lookup_record_id=lookup, measures=measures
    )
    append(log, leaf)


def denial(log: MemoryLog, record_id: str, time: str, **fields: str) -> None:
    given = {"method": "Check", "reason": "not_allowed", "organisation": TRADING, "system": "trading"} | fields
    append(log, leaves.DenialLeaf(record_id=record_id, request_id=record_id, time=time, **given))


def usage(*logs: Any, by: By = By.ORGANISATION, **span: Any) -> Usage:
    count = UsageCount(**span)
    for place, log in enumerate(logs):
        count.take(f"node {place}", walk(log))
    found = count.report(by)
    count.close()
    return found


@pytest.fixture
def log() -> MemoryLog:
    """Five lookups of two organisations, on 1 to 3 March 2026 in Shanghai."""
    log = MemoryLog()
    bad = {"verdict": Verdict.RESTRICTED, "measure_ids": ("m1", "m2")}
    check(log, "a", "2026-03-01T01:00:00.000000Z", **bad)
    check(log, "b", "2026-03-01T02:00:00.000000Z", subject_key=b"subject-2")
    check(log, "c", "2026-03-02T01:00:00.000000Z", verdict=Verdict.CAUTION, measure_ids=("m1",))
    check(log, "d", "2026-03-02T02:00:00.000000Z", organisation=TRADING, system="trading", action="tender.bid", **bad)
    check(log, "e", "2026-03-03T01:00:00.000000Z", organisation=TRADING, system="trading", action="tender.bid")
    outcome(log, "o1", "2026-03-01T01:01:40.000000Z", "a", m1=leaves.Result.APPLIED, m2=leaves.Result.NOT_APPLIED)
    outcome(log, "o2", "2026-03-02T01:05:00.000000Z", "c", m1=leaves.Result.OTHER)
    outcome(log, "o3", "2026-03-01T01:10:00.000000Z", "a", m2=leaves.Result.APPLIED)
    denial(log, "x", "2026-03-02T03:00:00.000000Z")
    act = leaves.ActLeaf(
        record_id="act", request_id="act", time="2026-03-02T03:00:00.000000Z", act="retention_run", operator="某员"
    )
    append(log, act)
    return log


class TestFigures:
    def test_by_organisation(self, log: MemoryLog) -> None:
        found = usage(log)
        assert found.rows == (
            UsageRow(
                group=PERMITS,
                lookups=3,
                subjects=2,
                verdicts={"CLEAR": 1, "CAUTION": 1, "RESTRICTED": 1},
                outcomes=3,
                applied=2,  # m1 of a, and m2 of a since its later outcome
                not_applied=0,
                other=1,
                unanswered=0,
                feedback_seconds=200.0,  # 100 s for a and 300 s for c
            ),
            UsageRow(
                group=TRADING,
                lookups=2,
                subjects=1,
                verdicts={"CLEAR": 1, "RESTRICTED": 1},
                unanswered=1,
                denials=1,
            ),
        )
        assert found.total == UsageRow(
            lookups=5,
            subjects=2,
            verdicts={"CLEAR": 2, "CAUTION": 1, "RESTRICTED": 2},
            outcomes=3,
            applied=2,
            other=1,
            unanswered=1,
            feedback_seconds=200.0,
            denials=1,
        )
        assert (found.strays, found.damaged, found.coverage) == (0, (), None)

    @pytest.mark.parametrize(
        ("by", "lookups", "denials"),
        [
            (By.ACTION, {"permit.grant": 3, "tender.bid": 2}, 0),
            (By.VERDICT, {"CLEAR": 2, "RESTRICTED": 2, "CAUTION": 1}, 0),
            (By.SYSTEM, {"permits": 3, "trading": 2}, 1),
        ],
    )
    def test_by_others(self, log: MemoryLog, by: By, lookups: dict[str, int], denials: int) -> None:
        found = usage(log, by=by)
        assert {row.group: row.lookups for row in found.rows} == lookups
        assert sum(row.denials for row in found.rows) == denials
        assert found.total == usage(log).total

    def test_the_median_of_an_even_and_of_an_odd_number(self) -> None:
        log = MemoryLog()
        for name, seconds in (("a", 10), ("b", 20), ("c", 50)):
            check(log, name, "2026-03-01T01:00:00.000000Z")
            outcome(log, f"o{name}", f"2026-03-01T01:00:{seconds}.000000Z", name)
        assert usage(log).total.feedback_seconds == 20.0
        check(log, "d", "2026-03-01T01:00:00.000000Z")
        outcome(log, "od", "2026-03-01T01:00:30.500000Z", "d")
        assert usage(log).total.feedback_seconds == pytest.approx(25.25)

    def test_a_clock_set_back_gives_no_negative_time(self) -> None:
        log = MemoryLog()
        check(log, "a", "2026-03-01T01:00:00.000000Z")
        outcome(log, "o", "2026-02-28T01:00:00.000000Z", "a")
        assert usage(log).total.feedback_seconds == 0.0

    def test_an_outcome_may_stand_before_its_lookup(self) -> None:
        log = MemoryLog()
        outcome(log, "o", "2026-03-01T02:00:00.000000Z", "a", m1=leaves.Result.APPLIED)
        check(log, "a", "2026-03-01T01:00:00.000000Z", measure_ids=("m1",))
        found = usage(log)
        assert (found.total.applied, found.total.unanswered, found.strays) == (1, 0, 0)

    def test_an_outcome_of_a_lookup_that_is_in_no_log_is_told(self, log: MemoryLog) -> None:
        outcome(log, "o9", "2026-03-02T01:05:00.000000Z", "elsewhere", m1=leaves.Result.APPLIED)
        found = usage(log)
        assert (found.strays, found.total.outcomes, found.total.applied) == (1, 3, 2)

    def test_a_later_outcome_counts_also_when_it_is_read_first(self) -> None:
        log = MemoryLog()
        check(log, "a", "2026-03-01T01:00:00.000000Z", measure_ids=("m1",))
        outcome(log, "late", "2026-03-01T03:00:00.000000Z", "a", m1=leaves.Result.APPLIED)
        outcome(log, "early", "2026-03-01T02:00:00.000000Z", "a", m1=leaves.Result.NOT_APPLIED)
        assert (usage(log).total.applied, usage(log).total.not_applied) == (1, 0)

    def test_nobody_is_a_group_too(self) -> None:
        log = MemoryLog()
        check(log, "a", "2026-03-01T01:00:00.000000Z", organisation="")
        assert [row.group for row in usage(log).rows] == [""]

    @pytest.mark.parametrize("by", list(By))
    def test_an_empty_log(self, by: By) -> None:
        found = usage(MemoryLog(), by=by)
        assert (found.rows, found.total, found.strays) == ((), UsageRow(), 0)


class TestSpan:
    def test_days_are_those_of_shanghai_also_at_the_end_of_a_year(self) -> None:
        log = MemoryLog()
        check(log, "old", "2026-12-31T15:59:59.999999Z", measure_ids=("m1",))  # 31 December, one moment before midnight
        check(log, "new", "2026-12-31T16:00:00.000000Z")  # 1 January 2027 in Shanghai
        outcome(log, "o", "2027-01-05T01:00:00.000000Z", "old", m1=leaves.Result.APPLIED)
        denial(log, "x", "2026-12-31T16:30:00.000000Z")
        of_2026 = usage(log, first=date(2026, 1, 1), last=date(2026, 12, 31)).total
        of_2027 = usage(log, first=date(2027, 1, 1), last=date(2027, 12, 31)).total
        assert (of_2026.lookups, of_2026.outcomes, of_2026.applied, of_2026.denials) == (1, 1, 1, 0)
        assert (of_2027.lookups, of_2027.outcomes, of_2027.applied, of_2027.denials) == (1, 0, 0, 1)

    def test_both_ends_are_included(self, log: MemoryLog) -> None:
        assert usage(log, first=date(2026, 3, 2), last=date(2026, 3, 2)).total.lookups == 2
        assert usage(log, first=date(2026, 3, 2)).total.lookups == 3
        assert usage(log, last=date(2026, 3, 1)).total.lookups == 2
        assert usage(log, first=date(2026, 3, 4)).total == UsageRow()

    def test_an_outcome_of_a_lookup_outside_the_span_is_no_stray(self, log: MemoryLog) -> None:
        assert usage(log, first=date(2026, 3, 3)).strays == 0


class TestSeveralLogs:
    def test_one_view_and_each_record_once(self, log: MemoryLog) -> None:
        other = MemoryLog("example.org/other")
        check(other, "a", "2026-03-01T01:00:00.000000Z", verdict=Verdict.RESTRICTED, measure_ids=("m1", "m2"))
        check(other, "f", "2026-03-03T05:00:00.000000Z", subject_key=b"subject-3")
        outcome(other, "o4", "2026-03-02T02:00:10.000000Z", "d", m1=leaves.Result.APPLIED)
        found = usage(log, other)
        assert (found.total.lookups, found.total.subjects) == (6, 3)
        assert (found.total.outcomes, found.total.applied, found.total.unanswered) == (4, 3, 0)
        assert found.damaged == ()
        assert usage(log, log) == usage(log)

    def test_the_order_of_the_logs_is_all_one(self, log: MemoryLog) -> None:
        other = MemoryLog("example.org/other")
        outcome(other, "o4", "2026-03-02T02:00:10.000000Z", "d", m1=leaves.Result.APPLIED)
        assert usage(log, other) == usage(other, log)

    def test_one_record_id_with_two_contents_is_told(self, log: MemoryLog) -> None:
        other = MemoryLog("example.org/other")
        check(other, "a", "2026-03-01T01:00:00.000000Z", verdict=Verdict.CLEAR)
        found = usage(log, other)
        assert found.total.lookups == 5
        assert found.damaged == (
            "node 1: leaf 0 differs from leaf 0 of node 0, which has the same record id and is counted",
        )


class Broken(MemoryLog):
    """A log that refuses some of its leaves, as a store refuses damaged ones, and lacks others."""

    def __init__(self, log: MemoryLog, refused: set[int], missing: set[int]) -> None:
        super().__init__()
        self._leaves = log._leaves
        self._refused, self._missing = refused, missing

    def read(self, start: int = 0, stop: int | None = None) -> Any:
        for stored in super().read(start, stop):
            if stored.leaf_index in self._refused:
                raise ReadFailedError(f"leaf {stored.leaf_index} is damaged: told to be")
            if stored.leaf_index not in self._missing:
                yield stored


class TestDamage:
    def test_a_leaf_that_the_store_refuses_is_named_and_the_rest_counts(self, log: MemoryLog) -> None:
        found = usage(Broken(log, {1, 3}, set()))
        assert found.damaged == (
            "node 0: leaf 1 is damaged: told to be",
            "node 0: leaf 3 is damaged: told to be",
        )
        assert (found.damaged_count, found.total.lookups) == (2, 3)

    @pytest.mark.parametrize(
        ("missing", "told"),
        [
            ({0, 1}, "node 0: leaves 0 to 1 are missing"),
            ({2}, "node 0: leaves 2 to 2 are missing"),
            ({8, 9}, "node 0: leaves 8 to 9 are missing"),
        ],
    )
    def test_leaves_that_are_gone_are_named(self, log: MemoryLog, missing: set[int], told: str) -> None:
        assert usage(Broken(log, set(), missing)).damaged == (told,)

    @pytest.mark.parametrize("content", [b"\xff\xff", b"", b"\x0a\x01a", b"\x0a\x05other\x1a\x142026-03-01T01:00:00Z"])
    def test_bytes_that_are_no_leaf_are_named(self, log: MemoryLog, content: bytes) -> None:
        leaf = leaves.DenialLeaf(record_id="z", request_id="z", time="2026-03-01T01:00:00Z", method="", reason="")
        append(log, leaf, content)
        found = usage(log)
        assert [what.partition(" is damaged: ")[0] for what in found.damaged] == ["node 0: leaf 10"]
        assert found.total == usage(Broken(log, set(), {10})).total

    def test_a_kind_of_a_later_version_is_passed_over(self, log: MemoryLog) -> None:
        leaf = leaves.DenialLeaf(record_id="z", request_id="z", time="2026-03-01T01:00:00.0Z", method="", reason="")
        append(log, leaf, b"\x0a\x01z\x1a\x162026-03-01T01:00:00.0Z" + b"\xfa\x01\x00")
        assert (usage(log).damaged, usage(log).total.lookups) == ((), 5)

    def test_only_some_are_named_but_all_are_counted(self) -> None:
        log = MemoryLog()
        for place in range(30):
            check(log, f"r{place}", "2026-03-01T01:00:00.000000Z")
        found = usage(Broken(log, set(range(25)), set()))
        assert (len(found.damaged), found.damaged_count, found.total.lookups) == (20, 25, 5)

    def test_a_log_that_cannot_be_read_at_all_is_an_error(self) -> None:
        class Unreadable:
            def size(self) -> int:
                return 10 * MOST_DAMAGED

            def read(self, start: int = 0, stop: int | None = None) -> Any:
                raise ReadFailedError("no such disk")

        with pytest.raises(ReadFailedError, match="no such disk"):
            list(walk(Unreadable()))

    def test_walking_from_somewhere(self, log: MemoryLog) -> None:
        found = list(walk(log, 7))
        assert [leaf.record_id for leaf in found if isinstance(leaf, Stored)] == ["o3", "x", "act"]
        assert not [leaf for leaf in found if isinstance(leaf, Damaged)]


class TestMatters:
    @pytest.fixture
    def count(self) -> Callable[..., UsageCount]:
        log = MemoryLog()
        check(log, "a", "2026-02-28T01:00:00.000000Z", matter="M-1")
        check(log, "b", "2026-03-05T01:00:00.000000Z", matter="M-1")
        check(log, "c", "2026-03-09T16:00:00.000000Z", matter="M-2")  # 10 March in Shanghai
        check(log, "d", "2026-03-01T01:00:00.000000Z", matter="M-3", organisation=TRADING)
        check(log, "e", "2026-03-01T01:00:00.000000Z", matter="M-5")

        def make(*matters: Matter, **span: date) -> UsageCount:
            count = UsageCount(matters=matters, **span)
            count.take("node", walk(log))
            return count

        return make

    def test_coverage_and_what_was_decided_without_a_lookup(self, count: Callable[..., UsageCount]) -> None:
        made = count(
            Matter(number="M-1", organisation=PERMITS, decided_on=date(2026, 3, 1)),  # looked up on the day before
            Matter(number="M-2", organisation=PERMITS, decided_on=date(2026, 3, 9)),  # only on the day after
            Matter(number="M-3", organisation=PERMITS, decided_on=date(2026, 3, 9)),  # by another organisation
            Matter(number="M-4", organisation=TRADING),
            Matter(number="M-5", organisation=PERMITS),
            first=date(2026, 3, 1),
            last=date(2026, 3, 31),
        )
        assert made.report(By.ORGANISATION).coverage == (
            Coverage(organisation=TRADING, matters=1, missing=1),
            Coverage(organisation=PERMITS, matters=4, covered=2, late=1, missing=1),
        )
        assert list(made.open_matters()) == [
            OpenMatter(number="M-4", organisation=TRADING),
            OpenMatter(number="M-2", organisation=PERMITS, decided_on="2026-03-09", asked_on="2026-03-10"),
            OpenMatter(number="M-3", organisation=PERMITS, decided_on="2026-03-09"),
        ]

    def test_a_lookup_on_the_day_of_the_decision_is_in_time(self, count: Callable[..., UsageCount]) -> None:
        made = count(Matter(number="M-2", organisation=PERMITS, decided_on=date(2026, 3, 10)))
        assert list(made.open_matters()) == []

    def test_matters_decided_outside_the_span_are_left_out_and_counted(self, count: Callable[..., UsageCount]) -> None:
        made = count(Matter(number="M-9", organisation=PERMITS, decided_on=date(2025, 12, 31)), first=date(2026, 1, 1))
        found = made.report(By.ORGANISATION)
        assert (found.coverage, found.left_out) == ((), 1)

    def test_a_matter_that_stands_twice_counts_once(self, count: Callable[..., UsageCount]) -> None:
        matter = Matter(number="M-1", organisation=PERMITS)
        assert count(matter, matter).report(By.ACTION).coverage == (
            Coverage(organisation=PERMITS, matters=1, covered=1),
        )

    def test_an_empty_list(self, count: Callable[..., UsageCount]) -> None:
        assert count().report(By.ACTION).coverage == ()
