"""Questions that arrive together: each has its own answer or error, as if it had been asked alone."""

import asyncio
import gc
import itertools
import random
import threading
import time
import weakref
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from xingate.v1 import types_pb2 as t
from xingate.v1 import verification_pb2 as v
from xingate_server.demo.numbers import unified_code
from xingate_server.gateway.answer import Answer
from xingate_server.gateway.check import Gateway
from xingate_server.gateway.errors import GatewayError, InvalidQuestionError, RequestIdReusedError, UnavailableError
from xingate_server.snapshot.store import SnapshotSet
from xingate_server.trace.memory import MemoryLog
from xingate_server.trace.port import Draft, Outcome, RecordFailedError
from xingate_server.transport.check_batcher import MOST_IN_A_ROW, Gathered, Item
from xingate_server.transport.errors import MalformedMessageError
from xingate_server.transport.messages import answers as render
from xingate_server.transport.messages.fragments import AnswerEncoder
from xingate_server.transport.messages.parse import parse
from xingate_server.transport.metrics import Metrics

ENCODER = AnswerEncoder()


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
def gathered(gateway: Gateway) -> Gathered:
    return Gathered(gateway, Metrics())


def question(number: int = 1, **fields: object) -> bytes:
    subject = t.Subject(kind=t.SUBJECT_KIND_LEGAL_ENTITY, identifiers=[t.Identifier(value=unified_code(number))])
    return v.CheckRequest(**({"action": "permit.grant"} | fields), subject=subject).SerializeToString()


def read(data: bytes) -> Item:
    request = parse(v.CheckRequest, data)
    return Item(render.command(request), request.view)


def ask(gathered: Gathered, *questions: bytes) -> "list[asyncio.Future[bytes]]":
    return [gathered.ask(data, read, ENCODER.response) for data in questions]


async def answers(gathered: Gathered, *questions: bytes) -> list[bytes | BaseException]:
    return await asyncio.gather(*ask(gathered, *questions), return_exceptions=True)


def shown(data: bytes | BaseException) -> v.CheckResponse:
    assert isinstance(data, bytes)
    return v.CheckResponse.FromString(data)


async def test_the_same_bytes_as_one_asked_alone(compiled_state: Path) -> None:
    def gateway() -> Gateway:
        numbers = itertools.count()
        clock = lambda: datetime(2026, 7, 1, 1, 2, 3, 4, tzinfo=UTC)  # noqa: E731
        return Gateway(SnapshotSet(compiled_state), Log(), clock=clock, new_id=lambda: f"id-{next(numbers)}")

    questions = [question(number, matter=f"m-{number}") for number in range(1, 9)]
    alone = gateway()
    expected = [ENCODER.response(await alone.check(read(data).command), 0) for data in questions]  # type: ignore[arg-type]
    assert await answers(Gathered(gateway(), Metrics()), *questions) == expected


async def test_each_has_its_own_answer_or_error(gathered: Gathered, log: Log) -> None:
    good = [question(number, request_id=f"r{number}") for number in range(1, 101)]
    bad = [b"\xff", question(action="no.such"), v.CheckRequest(action="permit.grant").SerializeToString()]
    told = await answers(gathered, *good, *bad, good[0])
    assert [shown(each).request_id for each in told[:100]] == [f"r{number}" for number in range(1, 101)]
    assert [type(each) for each in told[100:103]] == [MalformedMessageError, InvalidQuestionError, InvalidQuestionError]
    assert shown(told[103]).trace.record_id == shown(told[0]).trace.record_id
    assert log.size() == 100
    assert len(log.commits) <= 3  # the first one alone, all others together


async def test_a_retry_is_given_the_stored_answer(gathered: Gathered, log: Log) -> None:
    (first,) = await answers(gathered, question(request_id="r"))
    assert await answers(gathered, question(request_id="r")) == [first]
    assert log.commits == [1]


async def test_what_breaks_one_breaks_no_other(gathered: Gathered) -> None:
    def broken(_: object, *__: object) -> bytes:
        raise ZeroDivisionError

    told = await asyncio.gather(
        *ask(gathered, question()),
        gathered.ask(question(), broken, ENCODER.response),  # type: ignore[arg-type]
        gathered.ask(question(), read, broken),
        *ask(gathered, question()),
        return_exceptions=True,
    )
    assert [type(each) for each in told] == [bytes, ZeroDivisionError, ZeroDivisionError, bytes]
    assert [type(each) for each in await answers(gathered, question())] == [bytes]


async def test_a_failed_record_is_no_answer_and_the_next_one_is_taken(gathered: Gathered, log: Log) -> None:
    log.is_full = True
    told = await answers(gathered, *[question()] * 5)
    assert [type(each) for each in told] == [UnavailableError] * 5
    log.is_full = False
    assert [type(each) for each in await answers(gathered, *[question()] * 5)] == [bytes] * 5


async def test_a_fault_of_the_gateway_leaves_nobody_waiting(
    gathered: Gathered, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_: object) -> list[Answer | GatewayError]:
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr(gateway, "complete", broken)
        told = await answers(gathered, *[question()] * 3)
    assert [type(each) for each in told] == [ZeroDivisionError] * 3
    assert [type(each) for each in await answers(gathered, *[question()] * 3)] == [bytes] * 3


async def test_who_has_gone_before_being_read_leaves_no_record(gathered: Gathered, log: Log) -> None:
    first, gone, last = ask(gathered, question(), question(), question())
    gone.cancel()
    assert [type(each) for each in await asyncio.gather(first, last)] == [bytes, bytes]
    assert log.size() == 2


async def test_who_has_gone_meanwhile_keeps_nobody_waiting(gathered: Gathered, log: Log) -> None:
    (gone,) = ask(gathered, question(request_id="gone"))
    await asyncio.sleep(0)
    gone.cancel()
    assert [type(each) for each in await answers(gathered, question())] == [bytes]
    (again,) = await answers(gathered, question(request_id="gone"))
    assert shown(again).trace.leaf_index == 0
    assert log.size() == 2


async def test_a_lone_caller_never_waits_for_others(gathered: Gathered, log: Log) -> None:
    started = time.perf_counter()
    for _ in range(50):
        assert [type(each) for each in await answers(gathered, question())] == [bytes]
        assert gathered._lingering is None
    assert log.commits == [1] * 50
    assert time.perf_counter() - started < 50 * 0.02


async def test_who_waits_for_others_that_do_not_come_is_answered(gathered: Gathered) -> None:
    await answers(gathered, *[question()] * 40)
    assert [type(each) for each in await asyncio.wait_for(answers(gathered, question()), 1)] == [bytes]


async def test_more_than_are_taken_in_a_row(gathered: Gathered, log: Log) -> None:
    told = await answers(gathered, *[question()] * (3 * MOST_IN_A_ROW + 7))
    assert sorted(shown(each).trace.leaf_index for each in told) == list(range(3 * MOST_IN_A_ROW + 7))
    assert max(log.commits) <= MOST_IN_A_ROW
    assert len(log.commits) < 12


async def test_any_number_of_questions_that_are_none(gathered: Gathered, log: Log) -> None:
    told = await answers(gathered, *[b"\xff"] * (40 * MOST_IN_A_ROW), question())
    assert [type(each) for each in told] == [*[MalformedMessageError] * (40 * MOST_IN_A_ROW), bytes]
    assert log.commits == [1]


async def test_many_callers_one_after_the_other_share_commits(gathered: Gathered, log: Log) -> None:
    async def caller() -> None:
        for _ in range(20):
            assert [type(each) for each in await answers(gathered, question())] == [bytes]

    await asyncio.gather(*(caller() for _ in range(30)))
    assert log.size() == 600
    assert len(log.commits) < 60


async def test_a_search_for_a_name_keeps_nobody_waiting(gathered: Gathered) -> None:
    subject = t.Subject(kind=t.SUBJECT_KIND_LEGAL_ENTITY, name="示例公司")
    search = v.CheckRequest(action="permit.grant", subject=subject).SerializeToString()
    told = await answers(gathered, question(), search, question())
    assert "identity_name_only" in [gap.reason for gap in shown(told[1]).gaps]


async def test_equal_ids_that_wait_together_are_one_record_and_another_question_is_refused(
    gathered: Gathered, log: Log
) -> None:
    first = ask(gathered, question())  # on its way to the log, so that all others wait together
    same, other = question(1, request_id="r"), question(2, request_id="r")
    told = await answers(gathered, same, same, other, question(3, request_id="s"), same)
    await asyncio.gather(*first)
    assert log.commits == [1, 5]
    assert told[0] == told[1] == told[4]
    assert shown(told[0]).request_id == "r"
    assert isinstance(told[2], RequestIdReusedError)
    assert shown(told[3]).request_id == "s"
    assert log.size() == 3


async def test_whoever_goes_at_any_moment_the_others_have_their_own_answers(gathered: Gathered, log: Log) -> None:
    choice = random.Random(5)  # noqa: S311 - a choice of callers
    told: dict[str, str] = {}

    async def caller(number: int) -> None:
        for turn in range(4):
            name = f"{number}-{turn}"
            (waiting,) = ask(gathered, question(number + 1, request_id=name))
            if choice.random() < 0.3:
                await asyncio.sleep(choice.random() * 0.006)
                waiting.cancel()
            else:
                answer = shown(await waiting)
                assert answer.request_id == name
                told[name] = answer.trace.record_id

    await asyncio.gather(*(caller(number) for number in range(150)))
    await answers(gathered, question())
    recorded = {stored.request_id: stored.record_id for stored in log.read()}
    assert log.size() == len(recorded)
    assert len(set(told.values())) == len(told) > 300
    assert told.items() <= recorded.items()


async def test_a_sequence_that_has_to_wait_keeps_nobody_waiting(gateway: Gateway, gathered: Gathered) -> None:
    snapshots = gateway._grounds._snapshots
    assert isinstance(snapshots, SnapshotSet)
    snapshots.current()
    snapshots._lock.acquire()  # as while a new snapshot is read from end to end
    opening = threading.Timer(1, snapshots._lock.release)
    opening.start()
    (retained,) = ask(gathered, question(sequence=7))
    in_a_batch = asyncio.create_task(gateway.check_many([read(question(sequence=7)).command]))  # type: ignore[list-item]
    assert [type(each) for each in await answers(gathered, question())] == [bytes]
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
    gathered = Gathered(gateway, Metrics())
    subject = t.Subject(kind=t.SUBJECT_KIND_LEGAL_ENTITY, name="示例公司")
    search = v.CheckRequest(action="permit.grant", subject=subject).SerializeToString()
    before = [shown(each) for each in await answers(gathered, question(), search, question(request_id="r"))]
    with_thread = threading.Thread(target=lambda: gateway.check_blocking(read(question()).command))  # type: ignore[arg-type]
    with_thread.start()
    with_thread.join()
    assert {answer.snapshot.sequence for answer in before} == {1}
    old = weakref.ref(snapshots.current())

    first = ask(gathered, question())
    waiting = ask(gathered, question(), search, question(request_id="r"))
    compile_lists(own_state)
    assert snapshots.refresh()
    gateway.forget()
    await asyncio.gather(*first)
    plain, searched, again = [shown(each) for each in await asyncio.gather(*waiting)]
    assert (plain.snapshot.sequence, searched.snapshot.sequence) == (2, 2)
    assert again == before[2]
    gc.collect()
    assert old() is None
