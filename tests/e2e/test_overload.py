"""More calls than are taken: refused early and clearly, the rest answered, and the gateway can still be watched.

Records are held up by another process that keeps the log locked, so that calls pile up without any load.
"""

import asyncio
import re
import shutil
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_status import rpc_status
from tests.support.waiting import stays, wait_until

import xingate
from xingate.v1 import types_pb2, verification_pb2, verification_pb2_grpc
from xingate_server.demo.numbers import unified_code
from xingate_server.trace.sqlite.store import SqliteLog

MOST = 4
COMPANY = xingate.Subject.legal_entity(unified_code(1))


def question(request_id: str = "") -> verification_pb2.CheckRequest:
    return verification_pb2.CheckRequest(
        request_id=request_id,
        subject=types_pb2.Subject(
            kind=types_pb2.SUBJECT_KIND_LEGAL_ENTITY, identifiers=[types_pb2.Identifier(value=unified_code(1))]
        ),
        action="market.entry",
        caller=types_pb2.Caller(system="tests"),
    )


def body(request_id: str) -> dict[str, Any]:
    return {
        "requestId": request_id,
        "subject": {"kind": "SUBJECT_KIND_LEGAL_ENTITY", "identifiers": [{"value": unified_code(1)}]},
        "action": "market.entry",
        "caller": {"system": "tests"},
    }


@contextmanager
def log_held(state: Path) -> Iterator[None]:
    """No record can be made durable for as long as this lasts."""
    connection = sqlite3.connect(state / "trace" / "log.sqlite", isolation_level=None)
    try:
        connection.execute("BEGIN IMMEDIATE")
        yield
    finally:
        connection.close()


@contextmanager
def filled(gateway: Any) -> Iterator[list[Any]]:
    """As many checks in flight as are taken; their answers stand in the list afterwards."""
    answers: list[Any] = []
    with grpc.insecure_channel(gateway.grpc) as channel:
        check = verification_pb2_grpc.VerificationServiceStub(channel).Check
        with log_held(gateway.state):
            futures = [check.future(question(f"held-{time.time_ns()}-{n}"), timeout=20) for n in range(MOST)]
            wait_until(lambda: in_flight(gateway) == MOST)
            yield answers
        answers += [future.exception() or future.result() for future in futures]


def in_flight(gateway: Any) -> float:
    text = httpx.get(f"{gateway.http}/metrics", trust_env=False).text
    found = re.search(r"^xingate_checks_in_flight(?:\{[^}]*\})? (\S+)$", text, re.MULTILINE)
    return float(found[1]) if found else -1


@pytest.fixture(scope="module")
def gateway(start_gateway: Callable[..., Any], compiled_state: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    state = tmp_path_factory.mktemp("overload") / "state"
    shutil.copytree(compiled_state, state, symlinks=True)
    return start_gateway(state, XINGATE_SERVER__MOST_IN_FLIGHT=str(MOST), XINGATE_TRACE__LOCK_WAIT_S="20")


def test_grpc_refuses_with_a_reason_and_a_time(gateway: Any) -> None:
    with filled(gateway), grpc.insecure_channel(gateway.grpc) as channel:
        verification = verification_pb2_grpc.VerificationServiceStub(channel)
        batch = verification_pb2.BatchCheckRequest(requests=[question()])
        for call, message in ((verification.Check, question()), (verification.BatchCheck, batch)):
            with pytest.raises(grpc.RpcError) as caught:
                call(message, timeout=5)
            assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
            status = rpc_status.from_call(caught.value)
            info, retry = error_details_pb2.ErrorInfo(), error_details_pb2.RetryInfo()
            assert status.details[0].Unpack(info)
            assert status.details[1].Unpack(retry)
            assert (info.reason, retry.retry_delay.seconds) == ("overloaded", 1)


def test_http_refuses_with_a_reason_and_a_time_whatever_the_body(gateway: Any) -> None:
    with filled(gateway):
        for path, content in (("check", b"no JSON"), ("check:batch", b"{}"), ("check", b"x" * 100_000)):
            response = httpx.post(f"{gateway.http}/v1/{path}", content=content, trust_env=False)
            assert response.status_code == 429
            assert response.headers["retry-after"] == "1"
            assert response.headers["content-type"] == "application/problem+json"
            assert response.json()["reason"] == "overloaded"


def test_what_is_watched_stays_reachable_and_nothing_is_lost(gateway: Any) -> None:
    with filled(gateway) as answers:
        assert httpx.post(f"{gateway.http}/v1/check", json=body("r-1"), trust_env=False).status_code == 429
        for path in ("/healthz", "/readyz", "/metrics", "/v1/snapshot", "/v1/actions"):
            assert httpx.get(f"{gateway.http}{path}", trust_env=False).status_code == 200
        with grpc.insecure_channel(gateway.grpc) as channel:
            health = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=5)
        assert health.status == health_pb2.HealthCheckResponse.SERVING
    assert [type(answer).__name__ for answer in answers] == ["CheckResponse"] * MOST
    response = httpx.post(f"{gateway.http}/v1/check", json=body("r-1"), trust_env=False)
    assert response.status_code == 200  # the id that was refused was not used up
    assert in_flight(gateway) == 0


def test_a_batch_counts_as_its_items_and_finds_its_turn(gateway: Any) -> None:
    batch = verification_pb2.BatchCheckRequest(requests=[question() for _ in range(50)])
    with grpc.insecure_channel(gateway.grpc) as channel:
        verification = verification_pb2_grpc.VerificationServiceStub(channel)
        with log_held(gateway.state):
            future = verification.BatchCheck.future(batch, timeout=20)
            wait_until(lambda: in_flight(gateway) == 50)
            response = httpx.post(f"{gateway.http}/v1/check", json=body("r-2"), trust_env=False)
            assert response.status_code == 429
        assert len(future.result().results) == 50


def test_a_stream_is_held_back_and_then_answered_in_full(gateway: Any) -> None:
    with grpc.insecure_channel(gateway.grpc) as channel:
        verification = verification_pb2_grpc.VerificationServiceStub(channel)
        with log_held(gateway.state):
            results = verification.StreamCheck((question(f"s-{n}") for n in range(100)), timeout=20)
            wait_until(lambda: in_flight(gateway) == MOST)
            stays(lambda: in_flight(gateway) == MOST, 0.2)
        assert [r.response.request_id for r in results] == [f"s-{n}" for n in range(100)]
    assert in_flight(gateway) == 0


def test_a_cancelled_stream_leaves_nothing_in_flight(gateway: Any) -> None:
    with grpc.insecure_channel(gateway.grpc) as channel:
        verification = verification_pb2_grpc.VerificationServiceStub(channel)
        with log_held(gateway.state):
            streams = [verification.StreamCheck((question() for _ in range(20)), timeout=20) for _ in range(3)]
            wait_until(lambda: in_flight(gateway) == MOST)
            for stream in streams[:2]:
                stream.cancel()
        assert len(list(streams[2])) == 20
    wait_until(lambda: in_flight(gateway) == 0)


@pytest.mark.parametrize("scheme", ["grpc", "http"])
def test_the_client_asks_again_and_gets_its_answer_once(gateway: Any, scheme: str) -> None:
    url = gateway.http if scheme == "http" else f"grpc://{gateway.grpc}"
    with xingate.connect(url, system="tests") as client, ThreadPoolExecutor(1) as threads:
        with filled(gateway):
            waiting = threads.submit(client.check, COMPANY, "market.entry", request_id=f"again-{scheme}")
            stays(lambda: not waiting.done(), 0.3)
        assert waiting.result(10).request_id == f"again-{scheme}"
    log = SqliteLog(gateway.state / "trace")
    recorded = [stored for stored in log.read() if stored.request_id == f"again-{scheme}"]
    log.close()
    assert len(recorded) == 1


@pytest.mark.parametrize("scheme", ["grpc", "http"])
def test_the_client_ends_with_a_clear_exception(gateway: Any, scheme: str) -> None:
    url = gateway.http if scheme == "http" else f"grpc://{gateway.grpc}"
    with xingate.connect(url, system="tests", timeout_s=0.5) as client, filled(gateway):
        with pytest.raises(xingate.OverloadedError, match="ask again later") as caught:
            client.check(COMPANY, "market.entry", request_id="r-3")
        assert (caught.value.reason, caught.value.retry_after_s) == ("overloaded", 1.0)
        assert caught.value.request_id == "r-3"


async def test_a_burst_of_one_client_is_answered_in_full(start_gateway: Callable[..., Any], own_state: Path) -> None:
    gateway = start_gateway(own_state)
    async with xingate.connect_async(f"grpc://{gateway.grpc}", system="tests") as client:
        answers = await asyncio.gather(*(client.check(COMPANY, "market.entry") for _ in range(1000)))
    assert len({answer.trace.record_id for answer in answers}) == 1000


def test_far_too_much_leaves_no_call_hanging_and_no_record_unanswered(
    start_gateway: Callable[..., Any], own_state: Path
) -> None:
    gateway = start_gateway(own_state, XINGATE_SERVER__MOST_IN_FLIGHT="32")
    ends: Counter[str] = Counter()
    channels = [grpc.insecure_channel(gateway.grpc, [("grpc.use_local_subchannel_pool", 1)]) for _ in range(40)]
    futures = []
    for n in range(1200):
        check = verification_pb2_grpc.VerificationServiceStub(channels[n % len(channels)]).Check
        futures.append(check.future(question(f"f-{n}"), timeout=20))
    for future in futures:
        error = future.exception()
        ends[error.code().name if isinstance(error, grpc.RpcError) else "OK"] += 1
    for channel in channels:
        channel.close()
    assert set(ends) <= {"OK", "RESOURCE_EXHAUSTED", "CANCELLED"}
    assert ends["OK"] >= 32
    assert ends.total() == 1200
    log = SqliteLog(own_state / "trace")
    recorded = sum(stored.kind == "check" for stored in log.read())
    log.close()
    assert recorded == ends["OK"]
