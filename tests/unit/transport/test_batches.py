"""A batch, and what has arrived of a stream, is one commit; whatever happens, nothing stays counted as in flight."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from tests.support.waiting import until

from xingate.v1 import types_pb2 as t
from xingate.v1 import verification_pb2 as v
from xingate_server.gateway.gateway import Gateway
from xingate_server.snapshot.store import SnapshotSet
from xingate_server.trace.memory import MemoryLog
from xingate_server.trace.port import Draft, Outcome
from xingate_server.transport.handlers import Handlers
from xingate_server.transport.metrics import Metrics

SUBJECT = t.Subject(kind=t.SUBJECT_KIND_LEGAL_ENTITY, identifiers=[t.Identifier(value="91420399MA0000007C")])


class CountingLog(MemoryLog):
    """A log that knows its commits, and takes a moment for each."""

    def __init__(self) -> None:
        super().__init__()
        self.commits: list[int] = []

    async def append_many(self, drafts: Sequence[Draft]) -> Sequence[Outcome]:
        self.commits.append(len(drafts))
        await asyncio.sleep(0.01)
        return await super().append_many(drafts)


@pytest.fixture
def log() -> CountingLog:
    return CountingLog()


@pytest.fixture
def handlers(compiled_state: Path, log: CountingLog) -> Handlers:
    return Handlers(Gateway(SnapshotSet(compiled_state), log), Metrics(), most_in_flight=1000)


def question(**fields: str) -> v.CheckRequest:
    return v.CheckRequest(**({"action": "permit.grant"} | fields), subject=SUBJECT)


async def sent(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


async def test_a_batch_is_one_commit(handlers: Handlers, log: CountingLog) -> None:
    batch = v.BatchCheckRequest(requests=[*[question()] * 500, question(action="no.such"), v.CheckRequest()])
    response = v.BatchCheckResponse.FromString(await handlers.checks.batch_check(batch.SerializeToString()))
    assert log.commits == [500]
    assert [r.response.trace.leaf_index for r in response.results[:500]] == list(range(500))
    assert [r.error.reason for r in response.results[500:]] == ["action_unknown", "subject_kind_missing"]
    assert handlers.limit.in_flight == 0


async def test_what_has_arrived_of_a_stream_is_one_commit(handlers: Handlers, log: CountingLog) -> None:
    chunks = [question(request_id=str(n)).SerializeToString() for n in range(600)]
    results = [v.BatchCheckResult.FromString(r) async for r in handlers.checks.stream_check(sent(*chunks, b"\xff"))]
    assert [r.response.request_id for r in results[:-1]] == [str(n) for n in range(600)]
    assert results[-1].error.reason == "message_malformed"
    assert sum(log.commits) == 600
    assert len(log.commits) < 10
    assert handlers.limit.in_flight == 0


async def test_a_lone_question_of_an_open_stream_is_answered_at_once(handlers: Handlers) -> None:
    asked: asyncio.Queue[bytes] = asyncio.Queue()

    async def open_stream() -> AsyncIterator[bytes]:
        while True:
            yield await asked.get()

    stream = handlers.checks.stream_check(open_stream())
    for number in ("1", "2"):
        asked.put_nowait(question(request_id=number).SerializeToString())
        async with asyncio.timeout(5):
            assert v.BatchCheckResult.FromString(await anext(stream)).response.request_id == number
    await stream.aclose()  # type: ignore[attr-defined] # an async generator
    assert handlers.limit.in_flight == 0


async def test_a_stream_that_breaks_answers_what_came_before(handlers: Handlers) -> None:
    async def breaking() -> AsyncIterator[bytes]:
        yield question().SerializeToString()
        raise ConnectionResetError("gone")

    stream = handlers.checks.stream_check(breaking())
    answered = [v.BatchCheckResult.FromString(await anext(stream))]
    with pytest.raises(ConnectionResetError):
        await anext(stream)
    assert [r.WhichOneof("result") for r in answered] == ["response"]
    assert handlers.limit.in_flight == 0


async def test_a_failing_log_fails_each_of_a_stream(handlers: Handlers, log: CountingLog) -> None:
    log.is_failing = True
    chunks = [question().SerializeToString()] * 3
    results = [v.BatchCheckResult.FromString(r) async for r in handlers.checks.stream_check(sent(*chunks))]
    assert [r.error.reason for r in results] == ["record_failed"] * 3
    assert log.size() == 0


async def test_a_cancelled_stream_gives_back_what_it_took(handlers: Handlers) -> None:
    async def reading() -> None:
        chunks = [question().SerializeToString()] * 300
        async for _ in handlers.checks.stream_check(sent(*chunks)):
            await asyncio.sleep(3600)

    task = asyncio.create_task(reading())
    await until(lambda: handlers.limit.in_flight > 0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await until(lambda: handlers.limit.in_flight == 0)
