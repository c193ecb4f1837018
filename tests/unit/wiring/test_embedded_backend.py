"""The gateway in the caller's own process: from threads, from asyncio, its errors, its end."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from xingate.errors import InvalidRequestError, NotFoundError, ProtocolError, UnavailableError
from xingate.v1 import trace_pb2, types_pb2, verification_pb2
from xingate_server.demo.numbers import unified_code
from xingate_server.wiring import open_embedded


@pytest.fixture
def backend(own_state: Path) -> Iterator[Any]:
    backend = open_embedded(own_state)
    yield backend
    backend.close()


def question(**more: Any) -> bytes:
    subject = types_pb2.Subject(
        kind=types_pb2.SUBJECT_KIND_LEGAL_ENTITY, identifiers=[types_pb2.Identifier(value=unified_code(1))]
    )
    return verification_pb2.CheckRequest(**({"subject": subject, "action": "market.entry"} | more)).SerializeToString()


def test_threads_share_it(backend: Any) -> None:
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda i: backend.call("Check", question(request_id=f"t-{i}")), range(200)))
    found = [verification_pb2.CheckResponse.FromString(answer) for answer in answers]
    assert {answer.verdict for answer in found} == {types_pb2.VERDICT_PROHIBITED}
    assert sorted(answer.trace.leaf_index for answer in found) == list(range(1, 201))  # 0: the snapshot's activation


async def test_any_event_loop_may_ask(backend: Any) -> None:
    answers = await asyncio.gather(*(backend.acall("Check", question()) for _ in range(50)))
    assert len({verification_pb2.CheckResponse.FromString(a).trace.record_id for a in answers}) == 50


def test_several_event_loops_ask_at_once(backend: Any) -> None:
    async def ask(name: str) -> list[bytes]:
        return await asyncio.gather(*(backend.acall("Check", question(request_id=f"{name}-{i}")) for i in range(60)))

    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(lambda number: asyncio.run(ask(f"loop{number}")), range(4)))
    found = [[verification_pb2.CheckResponse.FromString(each) for each in answers] for answers in told]
    for number, answers in enumerate(found):
        assert [answer.request_id for answer in answers] == [f"loop{number}-{i}" for i in range(60)]
    assert len({answer.trace.leaf_index for answers in found for answer in answers}) == 240


@pytest.mark.parametrize(
    ("method", "request_", "kind", "reason", "field"),
    [
        ("Check", question(action="no.such"), InvalidRequestError, "action_unknown", "action"),
        (
            "Check",
            question(context={"domain": "水电"}),
            InvalidRequestError,
            "context_value_unknown",
            "context[domain]",
        ),
        ("Check", b"\x0a\xff", InvalidRequestError, "message_malformed", ""),
        ("Check", question(sequence=9), NotFoundError, "sequence_unknown", "sequence"),
        (
            "GetRecord",
            trace_pb2.GetRecordRequest(record_id="x").SerializeToString(),
            NotFoundError,
            "record_unknown",
            "record_id",
        ),
    ],
)
def test_errors_are_those_of_the_sdk(
    backend: Any, method: str, request_: bytes, kind: type[Exception], reason: str, field: str
) -> None:
    with pytest.raises(kind) as caught:
        backend.call(method, request_)
    assert (caught.value.reason, caught.value.field) == (reason, field)


def test_it_ends_once_and_for_all(own_state: Path) -> None:
    backend = open_embedded(own_state)
    backend.call("Check", question())
    backend.close()
    backend.close()
    with pytest.raises(ProtocolError) as caught:
        backend.call("Check", question())
    assert caught.value.reason == "closed"
    assert "xingate-embedded" not in {thread.name for thread in threading.enumerate()}
    again = open_embedded(own_state)
    try:
        records = trace_pb2.ListRecordsResponse.FromString(again.call("ListRecords", b""))
        kinds = [entry.record.WhichOneof("body") for entry in records.entries]
        assert kinds == ["check", "act"]  # the snapshot was activated once
    finally:
        again.close()


def test_without_a_snapshot_there_is_no_verdict(tmp_path: Path) -> None:
    backend = open_embedded(tmp_path / "empty")
    try:
        with pytest.raises(UnavailableError) as caught:
            backend.call("Check", question())
        assert caught.value.reason == "snapshot_missing"
    finally:
        backend.close()


def test_a_log_that_cannot_be_opened(own_state: Path) -> None:
    (own_state / "trace").write_text("a file", encoding="utf-8")
    with pytest.raises(UnavailableError) as caught:
        open_embedded(own_state)
    assert caught.value.reason == "trace_unusable"
