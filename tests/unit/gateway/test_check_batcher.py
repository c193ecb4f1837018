"""Questions that arrive together: each has its own answer or error, as if it had been asked alone."""

import asyncio
import gc
import itertools
import random
import threading
import weakref
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.support import blocking

from xingate_server.core.subject import SubjectKind
from xingate_server.demo.numbers import unified_code
from xingate_server.gateway.answer import Answer, Command
from xingate_server.gateway.check import Pending
from xingate_server.gateway.check_batcher import MOST_IN_A_ROW, CheckBatcher
from xingate_server.gateway.errors import GatewayError, InvalidQuestionError, RequestIdReusedError, UnavailableError
from xingate_server.gateway.gateway import Gateway
from xingate_server.snapshot.store import SnapshotSet
from xingate_server.trace.memory import MemoryLog
from xingate_server.trace.port import Draft, Outcome, RecordFailedError
from xingate_server.transport.metrics import Metrics


class Log(MemoryLog):
    """A log that knows its commits, takes a moment for each, and can fail."""

    def __init__(self) -> None:
        super().__init__()
        self.commits: list[int] = []
        self.is_full = False

    async def append_many(self, drafts: Sequence[Draft]) -> Sequence[Outcome]:
        self.commits.append(len(drafts))
        await asyncio.sleep(0.002)
        return [RecordFailedError("full")] * len(drafts) if self.is_full else await super().append_many(drafts)


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def gateway(compiled_state: Path, log: Log) -> Gateway:
    return Gateway(SnapshotSet(compiled_state), log)


@pytest.fixture
def batcher(gateway: Gateway) -> CheckBatcher:
    return CheckBatcher(gateway.checker, Metrics())


def question(number: int = 1, **fields: Any) -> Command:
    given = {"action": "permit.grant", "identifiers": (("", unified_code(number)),)} | fields
    return Command(kind=SubjectKind.LEGAL_ENTITY, **given)


SEARCH = question(identifiers=(), name="示例公司")


def ask(batcher: CheckBatcher, *questions: Command) -> "list[asyncio.Future[Answer]]":
    return [batcher.ask(command) for command in questions]


async def answers(batcher: CheckBatcher, *questions: Command) -> list[Answer | BaseException]:
    return await asyncio.gather(*ask(batcher, *questions), return_exceptions=True)


def shown(outcome: Answer | BaseException) -> Answer:
    assert isinstance(outcome, Answer)
    return outcome


async def test_the_same_answer_as_one_asked_alone(compiled_state: Path) -> None:
    def gateway() -> Gateway:
        numbers = itertools.count()
        clock = lambda: datetime(2026, 7, 1, 1, 2, 3, 4, tzinfo=UTC)  # noqa: E731
        return Gateway(SnapshotSet(compiled_state), Log(), clock=clock, new_id=lambda: f"id-{next(numbers)}")

    questions = [question(number, matter=f"m-{number}") for number in range(1, 9)]
    alone = gateway()
    expected = [await alone.checker.check(command) for command in questions]
    assert await answers(CheckBatcher(gateway().checker, Metrics()), *questions) == expected


async def test_each_has_its_own_answer_or_error(batcher: CheckBatcher, log: Log) -> None:
    good = [question(number, request_id=f"r{number}") for number in range(1, 101)]
    bad = [question(action=""), question(action="no.such"), question(identifiers=())]
    told = await answers(batcher, *good, *bad, good[0])
    assert [shown(each).request_id for each in told[:100]] == [f"r{number}" for number in range(1, 101)]
    assert [type(each) for each in told[100:103]] == [InvalidQuestionError] * 3
    assert shown(told[103]).record_id == shown(told[0]).record_id
    assert log.size() == 100
    assert len(log.commits) <= 3  # the first one alone, all others together


async def test_a_retry_is_given_the_stored_answer(batcher: CheckBatcher, log: Log) -> None:
    (first,) = await answers(batcher, question(request_id="r"))
    assert await answers(batcher, question(request_id="r")) == [first]
    assert log.commits == [1]


async def test_what_breaks_one_breaks_no_other(
    batcher: CheckBatcher, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare = gateway.checker.prepare

    def breaking(command: Command) -> Answer | Pending:
        if command.matter == "breaks":
            raise ZeroDivisionError
        return prepare(command)

    monkeypatch.setattr(gateway.checker, "prepare", breaking)
    told = await answers(batcher, question(), question(matter="breaks"), question())
    assert [type(each) for each in told] == [Answer, ZeroDivisionError, Answer]
    assert [type(each) for each in await answers(batcher, question())] == [Answer]


async def test_a_failed_record_is_no_answer_and_the_next_one_is_taken(batcher: CheckBatcher, log: Log) -> None:
    log.is_full = True
    told = await answers(batcher, *[question()] * 5)
    assert [type(each) for each in told] == [UnavailableError] * 5
    log.is_full = False
    assert [type(each) for each in await answers(batcher, *[question()] * 5)] == [Answer] * 5


async def test_a_fault_of_the_gateway_leaves_nobody_waiting(
    batcher: CheckBatcher, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_: object) -> list[Answer | GatewayError]:
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr(gateway.checker, "complete", broken)
        told = await answers(batcher, *[question()] * 3)
    assert [type(each) for each in told] == [ZeroDivisionError] * 3
    assert [type(each) for each in await answers(batcher, *[question()] * 3)] == [Answer] * 3


async def test_who_has_gone_before_being_read_leaves_no_record(batcher: CheckBatcher, log: Log) -> None:
    first, gone, last = ask(batcher, question(), question(), question())
    gone.cancel()
    assert [type(each) for each in await asyncio.gather(first, last)] == [Answer, Answer]
    assert log.size() == 2


async def test_who_has_gone_meanwhile_keeps_nobody_waiting(batcher: CheckBatcher, log: Log) -> None:
    (gone,) = ask(batcher, question(request_id="gone"))
    await asyncio.sleep(0)
    gone.cancel()
    assert [type(each) for each in await answers(batcher, question())] == [Answer]
    (again,) = await answers(batcher, question(request_id="gone"))
    assert shown(again).leaf_index == 0
    assert log.size() == 2


async def test_a_lone_caller_never_waits_for_others(batcher: CheckBatcher, log: Log) -> None:
    for _ in range(50):
        assert [type(each) for each in await answers(batcher, question())] == [Answer]
        assert batcher._lingering is None
    assert log.commits == [1] * 50


async def test_who_waits_for_others_that_do_not_come_is_answered(batcher: CheckBatcher) -> None:
    await answers(batcher, *[question()] * 40)
    assert [type(each) for each in await asyncio.wait_for(answers(batcher, question()), 1)] == [Answer]


async def test_more_than_are_taken_in_a_row(batcher: CheckBatcher, log: Log) -> None:
    told = await answers(batcher, *[question()] * (3 * MOST_IN_A_ROW + 7))
    assert sorted(shown(each).leaf_index for each in told) == list(range(3 * MOST_IN_A_ROW + 7))
    assert max(log.commits) <= MOST_IN_A_ROW
    assert len(log.commits) < 12


async def test_any_number_of_questions_that_are_none(batcher: CheckBatcher, log: Log) -> None:
    told = await answers(batcher, *[question(action="")] * (40 * MOST_IN_A_ROW), question())
    assert [type(each) for each in told] == [*[InvalidQuestionError] * (40 * MOST_IN_A_ROW), Answer]
    assert log.commits == [1]


async def test_many_callers_one_after_the_other_share_commits(batcher: CheckBatcher, log: Log) -> None:
    async def caller() -> None:
        for _ in range(20):
            assert [type(each) for each in await answers(batcher, question())] == [Answer]

    await asyncio.gather(*(caller() for _ in range(30)))
    assert log.size() == 600
    assert len(log.commits) < 60


async def test_a_search_for_a_name_keeps_nobody_waiting(batcher: CheckBatcher) -> None:
    told = await answers(batcher, question(), SEARCH, question())
    assert "identity_name_only" in [gap.reason.value for gap in shown(told[1]).decision.gaps]


async def test_equal_ids_that_wait_together_are_one_record_and_another_question_is_refused(
    batcher: CheckBatcher, log: Log
) -> None:
    first = ask(batcher, question())  # on its way to the log, so that all others wait together
    same, other = question(1, request_id="r"), question(2, request_id="r")
    told = await answers(batcher, same, same, other, question(3, request_id="s"), same)
    await asyncio.gather(*first)
    assert log.commits == [1, 5]
    assert told[0] == told[1] == told[4]
    assert shown(told[0]).request_id == "r"
    assert isinstance(told[2], RequestIdReusedError)
    assert shown(told[3]).request_id == "s"
    assert log.size() == 3


async def test_whoever_goes_at_any_moment_the_others_have_their_own_answers(batcher: CheckBatcher, log: Log) -> None:
    choice = random.Random(5)  # noqa: S311 - a choice of callers
    told: dict[str, str] = {}

    async def caller(number: int) -> None:
        for turn in range(4):
            name = f"{number}-{turn}"
            (waiting,) = ask(batcher, question(number + 1, request_id=name))
            if choice.random() < 0.3:
                await asyncio.sleep(choice.random() * 0.006)
                waiting.cancel()
            else:
                answer = shown(await waiting)
                assert answer.request_id == name
                told[name] = answer.record_id

    await asyncio.gather(*(caller(number) for number in range(150)))
    await answers(batcher, question())
    recorded = {stored.request_id: stored.record_id for stored in log.read()}
    assert log.size() == len(recorded)
    assert len(set(told.values())) == len(told) > 300
    assert told.items() <= recorded.items()


async def test_a_sequence_that_has_to_wait_keeps_nobody_waiting(gateway: Gateway, batcher: CheckBatcher) -> None:
    snapshots = gateway.snapshots._snapshots
    assert isinstance(snapshots, SnapshotSet)
    snapshots.current()
    snapshots._lock.acquire()  # as while a new snapshot is read from end to end
    opening = threading.Timer(1, snapshots._lock.release)
    opening.start()
    (retained,) = ask(batcher, question(sequence=7))
    in_a_batch = asyncio.create_task(gateway.checker.check_many([question(sequence=7)]))
    assert [type(each) for each in await answers(batcher, question())] == [Answer]
    assert not opening.finished.is_set()
    assert not retained.done()
    with pytest.raises(GatewayError, match="snapshot 7 is not retained"):
        await retained
    assert [type(each).__name__ for each in await in_a_batch] == ["UnknownSequenceError"]


async def test_what_waits_during_a_swap_is_answered_from_the_new_one_and_the_old_one_is_let_go(
    own_state: Path, compile_lists: Callable[[Path], int]
) -> None:
    snapshots = SnapshotSet(own_state)
    gateway = Gateway(snapshots, Log())
    batcher = CheckBatcher(gateway.checker, Metrics())
    before = [shown(each) for each in await answers(batcher, question(), SEARCH, question(request_id="r"))]
    with_thread = threading.Thread(target=lambda: blocking.check(gateway, question()))
    with_thread.start()
    with_thread.join()
    assert {answer.snapshot.sequence for answer in before} == {1}
    old = weakref.ref(snapshots.current())

    first = ask(batcher, question())
    waiting = ask(batcher, question(), SEARCH, question(request_id="r"))
    compile_lists(own_state)
    assert snapshots.refresh()
    gateway.snapshots.forget()
    await asyncio.gather(*first)
    plain, searched, again = [shown(each) for each in await asyncio.gather(*waiting)]
    assert (plain.snapshot.sequence, searched.snapshot.sequence) == (2, 2)
    assert again == before[2]
    gc.collect()
    assert old() is None
