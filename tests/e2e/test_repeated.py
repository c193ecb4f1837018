"""Requests that networks, retries and impatient clerks repeat: through two workers, over gRPC and HTTP, in any order,
each has one record and one answer (Cl. 5)."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import httpx

from xingate.v1 import trace_pb2, types_pb2, verification_pb2, verification_pb2_grpc
from xingate_server.demo.numbers import unified_code
from xingate_server.trace.sqlite.store import SqliteLog

QUESTIONS, TIMES, CALLERS = 40, 6, 8
TIMEOUT_S = 30.0


def question(number: int) -> verification_pb2.CheckRequest:
    identifier = types_pb2.Identifier(scheme="uscc", value=unified_code(1 + number % 7))
    return verification_pb2.CheckRequest(
        request_id=f"repeated-{number}",
        subject=types_pb2.Subject(kind=types_pb2.SUBJECT_KIND_LEGAL_ENTITY, identifiers=[identifier]),
        action="tender.bid",
        caller=types_pb2.Caller(system="tests", organisation="示例单位"),
        view=verification_pb2.VIEW_BASIC,
    )


def body(number: int) -> dict[str, Any]:
    identifier = {"scheme": "uscc", "value": unified_code(1 + number % 7)}
    return {
        "requestId": f"repeated-{number}",
        "subject": {"kind": "SUBJECT_KIND_LEGAL_ENTITY", "identifiers": [identifier]},
        "action": "tender.bid",
        "caller": {"system": "tests", "organisation": "示例单位"},
        "view": "VIEW_BASIC",
    }


Told = tuple[int, str, int, str]


def asked(gateway: Any, numbers: list[int], *, is_http: bool) -> list[Told]:
    """Number, record, its place and digest of each answer; over a connection of its own, so that workers differ."""
    if is_http:
        with httpx.Client(base_url=gateway.http, trust_env=False, timeout=TIMEOUT_S) as http:
            answers = [(n, http.post("/v1/check", json=body(n)).json()) for n in numbers]
        return [
            (n, each["trace"]["recordId"], int(each["trace"].get("leafIndex", 0)), each["decisionDigest"])
            for n, each in answers
        ]
    with grpc.insecure_channel(gateway.grpc, [("grpc.use_local_subchannel_pool", 1)]) as channel:
        check = verification_pb2_grpc.VerificationServiceStub(channel).Check
        futures = [(n, check.future(question(n), timeout=TIMEOUT_S)) for n in numbers]
        results = [(n, future.result()) for n, future in futures]
    return [(n, each.trace.record_id, each.trace.leaf_index, each.decision_digest) for n, each in results]


def ask_repeatedly(gateway: Any, seed: int) -> set[Told]:
    """Each question several times, shuffled, by several callers at once; what was told, every difference kept."""
    numbers = list(range(QUESTIONS)) * TIMES
    random.Random(seed).shuffle(numbers)  # noqa: S311 - a repeatable order, no secret
    with ThreadPoolExecutor(CALLERS) as pool:
        parts = [pool.submit(asked, gateway, numbers[i::CALLERS], is_http=i % 2 == 1) for i in range(CALLERS)]
        return {told for part in parts for told in part.result()}


def test_a_repeated_request_has_one_record(start_gateway: Callable[..., Any], own_state: Path) -> None:
    gateway = start_gateway(own_state, "--workers", "2")
    told = ask_repeatedly(gateway, seed=1)
    assert len(told) == QUESTIONS
    assert ask_repeatedly(gateway, seed=2) == told
    assert gateway.stop() == 0
    log = SqliteLog(own_state / "trace")
    try:
        checks = [leaf for leaf in log.read() if leaf.kind == "check"]
    finally:
        log.close()
    digests = {leaf.request_id: trace_pb2.TraceRecord.FromString(leaf.leaf).check.decision_digest for leaf in checks}
    assert len(digests) == len(checks) == QUESTIONS
    assert {(f"repeated-{n}", digest) for n, _, _, digest in told} == set(digests.items())
    assert {(leaf.record_id, leaf.leaf_index) for leaf in checks} == {(record, place) for _, record, place, _ in told}
