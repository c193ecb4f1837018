"""kill -9 of a gateway under load: every answered request is in the trace, once, with the answer that was given.

A kill tells nothing about power loss: what the disk does with an fsync is its own matter. Clause 5 (leave a trace).
"""

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest

from xingate.v1 import trace_pb2, types_pb2, verification_pb2, verification_pb2_grpc
from xingate_server.demo.numbers import unified_code
from xingate_server.trace.sqlite.store import SqliteLog

GRPC_CALLERS = 6
HTTP_CALLERS = 2
LOAD_S = 0.4


class Load:
    """Callers that ask without a pause and note what they were answered: record id and digest by request id."""

    def __init__(self, gateway: Any, prefix: str) -> None:
        self.answered: dict[str, tuple[str, str]] = {}
        self._gateway = gateway
        self._prefix = prefix
        self._is_over = threading.Event()
        self._threads = [threading.Thread(target=self._ask_grpc, args=(i,)) for i in range(GRPC_CALLERS)]
        self._threads += [threading.Thread(target=self._ask_http, args=(i,)) for i in range(HTTP_CALLERS)]
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        self._is_over.set()
        for thread in self._threads:
            thread.join()

    def _ask_grpc(self, caller: int) -> None:
        with grpc.insecure_channel(self._gateway.grpc) as channel:
            verification = verification_pb2_grpc.VerificationServiceStub(channel)
            number = 0
            while not self._is_over.is_set():
                request_id = f"{self._prefix}-g{caller}-{number}"
                number += 1
                try:
                    answer = verification.Check(question(request_id, number), timeout=10)
                except grpc.RpcError:
                    return  # killed: whether this one was recorded is not known, and need not be
                self.answered[request_id] = (answer.trace.record_id, answer.decision_digest)

    def _ask_http(self, caller: int) -> None:
        with httpx.Client(base_url=self._gateway.http, trust_env=False, timeout=10) as client:
            number = 0
            while not self._is_over.is_set():
                request_id = f"{self._prefix}-h{caller}-{number}"
                number += 1
                try:
                    response = client.post("/v1/check", json=body(request_id, number))
                    answer = json.loads(response.content)
                except (httpx.TransportError, ValueError):
                    return
                self.answered[request_id] = (answer["trace"]["recordId"], answer["decisionDigest"])


def question(request_id: str, number: int) -> verification_pb2.CheckRequest:
    identifier = types_pb2.Identifier(scheme="uscc", value=unified_code(1 + number % 20))
    return verification_pb2.CheckRequest(
        request_id=request_id,
        subject=types_pb2.Subject(kind=types_pb2.SUBJECT_KIND_LEGAL_ENTITY, identifiers=[identifier]),
        action="tender.bid",
        caller=types_pb2.Caller(system="load"),
        view=verification_pb2.VIEW_BASIC,
    )


def body(request_id: str, number: int) -> dict[str, Any]:
    return {
        "requestId": request_id,
        "subject": {
            "kind": "SUBJECT_KIND_LEGAL_ENTITY",
            "identifiers": [{"scheme": "uscc", "value": unified_code(1 + number % 20)}],
        },
        "action": "tender.bid",
        "caller": {"system": "load"},
    }


def kill_and_count(start: Callable[..., Any], state: Path, rounds: int, *arguments: str) -> int:
    """Kill a gateway under load, again and again over one state directory; how many answers were checked."""
    answered: dict[str, tuple[str, str]] = {}
    for number in range(rounds):
        gateway = start(state, *arguments, XINGATE_LOG_LEVEL="error")
        load = Load(gateway, f"r{number}")
        time.sleep(LOAD_S)
        gateway.kill()
        load.end()
        assert load.answered, f"round {number} was killed before it answered anything"
        answered |= load.answered
        assert_recorded(state, answered)
    return len(answered)


def assert_recorded(state: Path, answered: dict[str, tuple[str, str]]) -> None:
    log = SqliteLog(state / "trace")
    try:
        stored = log.list(limit=1_000_000)
        assert [leaf.leaf_index for leaf in stored] == list(range(len(stored)))[::-1]
        recorded: dict[str, tuple[str, str]] = {}
        for leaf in stored:
            record = trace_pb2.TraceRecord.FromString(leaf.leaf)
            assert record.request_id not in recorded
            recorded[record.request_id] = (record.record_id, record.check.decision_digest)
    finally:
        log.close()
    assert {request_id: recorded.get(request_id) for request_id in answered} == answered


def test_what_was_answered_is_recorded_after_three_kills(start_gateway: Callable[..., Any], own_state: Path) -> None:
    assert kill_and_count(start_gateway, own_state, 3) > 50


def test_a_retry_after_a_kill_finds_its_answer(start_gateway: Callable[..., Any], own_state: Path) -> None:
    gateway = start_gateway(own_state)
    first = httpx.post(f"{gateway.http}/v1/check", json=body("once", 1), trust_env=False)
    gateway.kill()
    again = start_gateway(own_state)
    assert httpx.post(f"{again.http}/v1/check", json=body("once", 1), trust_env=False).content == first.content
    assert again.stop() == 0


@pytest.mark.soak
def test_what_was_answered_is_recorded_after_fifty_kills(start_gateway: Callable[..., Any], own_state: Path) -> None:
    checked = kill_and_count(start_gateway, own_state, 50)
    print(f"50 kills, {checked} answers, all in the trace")  # noqa: T201 - what the long run is for
    assert checked > 1000
