"""A thousand malformed requests to each transport: none is our fault, none leaves a traceback, nothing is lost.

Random bytes, damaged messages, wrong types, huge values and bad UTF-8, from a fixed seed. Some are accepted all the
same (a damaged name is still a name): each of those must be in the trace, and nothing else may be.
"""

import json
import random
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest
from google.protobuf.json_format import ParseDict

from xingate.v1 import trace_pb2, trace_pb2_grpc, verification_pb2
from xingate_server.demo.numbers import citizen_number, unified_code
from xingate_server.transport.calls import UNARY

COUNT = 1000
SEED = 20171012
OUR_FAULT = {grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN, grpc.StatusCode.UNAVAILABLE}
TIMEOUT_S = 20.0

PERSON = {
    "subject": {
        "kind": "SUBJECT_KIND_NATURAL_PERSON",
        "identifiers": [{"scheme": "citizen_id", "value": citizen_number(101)}],
        "name": "示例甲",
    },
    "action": "personnel.recruit",
    "asOf": "2024-06-01",
    "sequence": "1",
    "caller": {"system": "hr", "organisation": "示例单位", "operator": "op-1"},
    "matter": "HR-1",
    "context": {"domain": "environmental_protection"},
    "view": "VIEW_FULL",
}
COMPANY = PERSON | {
    "subject": {"kind": "SUBJECT_KIND_LEGAL_ENTITY", "identifiers": [{"value": unified_code(1)}], "name": ""},
    "action": "market.entry",
    "asOf": "",
}
ODD: list[Any] = [
    None,
    True,
    -1,
    2**64,
    1e308,
    10**400,
    "",
    "\x00",
    "\u202e",
    "无",
    "x" * 70_000,
    "示" * 5000,
    [],
    [[]],
    {},
    {"a": {"b": []}},
    "2024-02-30",
    "9" * 18,
    "*" * 18,
    "￿",
    "\U0010ffff",
]


@pytest.fixture(scope="module")
def gateway(start_gateway: Callable[..., Any], compiled_state: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    state = tmp_path_factory.mktemp("malformed") / "state"
    shutil.copytree(compiled_state, state, symlinks=True)
    return start_gateway(state)


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a JSON value."""
    if path:
        yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from paths(item, (*path, key))


def with_odd_value(value: Any, chance: random.Random) -> Any:
    """A copy with something odd at one place, or under a name that does not exist."""
    changed = json.loads(json.dumps(value))
    *parents, last = chance.choice(list(paths(changed)))
    target = changed
    for key in parents:
        target = target[key]
    if isinstance(target, dict) and chance.random() < 0.2:
        target[chance.choice(["kinds", "", "$", citizen_number(7), "requestID", "__class__"])] = chance.choice(ODD)
    else:
        target[last] = chance.choice(ODD)
    return changed


def damaged(content: bytes, chance: random.Random) -> bytes:
    """Bytes flipped, cut off, doubled or put in."""
    out = bytearray(content)
    for _ in range(chance.randint(1, 6)):
        place = chance.randrange(len(out) or 1)
        way = chance.randrange(4)
        if way == 0 and out:
            out[place] = chance.randrange(256)
        elif way == 1:
            del out[place:]
        elif way == 2:
            out[place:place] = out[place : place + chance.randrange(40)]
        else:
            out[place:place] = chance.randbytes(chance.randrange(1, 9))
    return bytes(out)


def malformed_json(chance: random.Random) -> bytes:
    base = chance.choice((PERSON, COMPANY, {"requests": [COMPANY, PERSON]}))
    way = chance.randrange(4)
    if way == 0:
        return chance.randbytes(chance.randrange(300))
    if way == 1:
        return damaged(json.dumps(base, ensure_ascii=False).encode(), chance)
    if way == 2:
        return b"[" * chance.randrange(1, 5000) + json.dumps(base).encode()
    return json.dumps(with_odd_value(base, chance), ensure_ascii=False).encode("utf-8", "surrogatepass")


def message() -> verification_pb2.CheckRequest:
    return ParseDict(PERSON, verification_pb2.CheckRequest())


def malformed_message(method: str, chance: random.Random) -> bytes:
    request = UNARY[method].request
    if request is verification_pb2.CheckRequest:
        whole = message().SerializeToString()
    elif request is verification_pb2.BatchCheckRequest:
        whole = verification_pb2.BatchCheckRequest(requests=[message()] * 3).SerializeToString()
    else:
        whole = b"\x0a\x05abcde\x10\x96\x01"
    return damaged(whole, chance) if chance.random() < 0.7 else chance.randbytes(chance.randrange(1, 300))


def record_ids(gateway: Any) -> set[str]:
    """Of everything in the trace, read over gRPC."""
    found: set[str] = set()
    with grpc.insecure_channel(gateway.grpc) as channel:
        trace = trace_pb2_grpc.TraceServiceStub(channel)
        request = trace_pb2.ListRecordsRequest(limit=1000)
        while True:
            page = trace.ListRecords(request, timeout=TIMEOUT_S)
            found |= {entry.record.record_id for entry in page.entries}
            if not page.HasField("next_before"):
                return found
            request.before = page.next_before


def assert_unharmed(gateway: Any, answered: set[str], before: set[str]) -> None:
    assert record_ids(gateway) - before == answered
    response = httpx.post(f"{gateway.http}/v1/check", json=COMPANY, trust_env=False)
    assert response.json()["verdict"] == "VERDICT_PROHIBITED"
    logged = gateway.logged()
    assert "Traceback" not in logged
    assert '"level": "error"' not in logged
    assert citizen_number(101) not in logged
    assert gateway.process.poll() is None


def test_a_thousand_malformed_requests_over_http(gateway: Any) -> None:
    chance = random.Random(SEED)  # noqa: S311 - a fixed seed, so that a failure can be repeated
    before, answered, statuses = record_ids(gateway), set(), Counter[int]()
    with httpx.Client(base_url=gateway.http, trust_env=False, timeout=TIMEOUT_S) as client:
        for _ in range(COUNT):
            path = chance.choice(("/v1/check", "/v1/check:batch"))
            content = malformed_json(chance)
            response = client.post(path, content=content, headers={"Content-Type": "application/json"})
            statuses[response.status_code] += 1
            body = response.json()
            if response.status_code == 200:
                answers = [body] if "trace" in body else [r["response"] for r in body["results"] if "response" in r]
                answered |= {answer["trace"]["recordId"] for answer in answers}
                continue
            assert 400 <= response.status_code < 500, (content, body)
            assert response.headers["content-type"] == "application/problem+json"
            assert body["reason"] not in {"", "internal"}
    assert statuses[400] > COUNT / 2
    assert_unharmed(gateway, answered, before)


def test_a_thousand_malformed_queries_over_http(gateway: Any) -> None:
    chance = random.Random(SEED)  # noqa: S311 - a fixed seed, so that a failure can be repeated
    before = record_ids(gateway)
    paths = ("/v1/actions", "/v1/measures", "/v1/snapshot", "/v1/trace", "/v1/trace/", "/v1/", "/docs", "/")
    names = ("limit", "before", "sequence", "action", "lang", "x", "%ff", "")
    alphabet = "abc019-_.%/?&=+;:@<>\"'{}|^`~示\u202e"
    with httpx.Client(base_url=gateway.http, trust_env=False, timeout=TIMEOUT_S) as client:
        for _ in range(COUNT):
            text = "".join(chance.choices(alphabet, k=chance.randrange(30)))
            tail = f"?{chance.choice(names)}={text}" if chance.random() < 0.7 else text
            verb = chance.choice(("GET", "GET", "GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"))
            response = client.request(verb, httpx.URL(gateway.http + chance.choice(paths) + tail))
            assert response.status_code < 500, (verb, response.url, response.text)
    assert_unharmed(gateway, set(), before)


def test_a_thousand_malformed_requests_over_grpc(gateway: Any) -> None:
    chance = random.Random(SEED)  # noqa: S311 - a fixed seed, so that a failure can be repeated
    before, answered, codes = record_ids(gateway), set(), Counter[str]()
    with grpc.insecure_channel(gateway.grpc) as channel:
        calls = {name: channel.unary_unary(f"/{rpc.service}/{name}", None, None) for name, rpc in UNARY.items()}
        for _ in range(COUNT):
            method = chance.choice(("Check", "Check", "Check", "BatchCheck", *UNARY))
            content = malformed_message(method, chance)
            try:
                answer = calls[method](content, timeout=TIMEOUT_S)
            except grpc.RpcError as error:
                codes[error.code().name] += 1
                if error.code() in OUR_FAULT:
                    pytest.fail(f"{method} {content!r}: {error.code()} {error.details()}")
                continue
            codes["OK"] += 1
            answered |= _recorded(method, answer)
    assert codes["INVALID_ARGUMENT"] > COUNT / 3
    assert_unharmed(gateway, answered, before)


def test_a_thousand_malformed_items_in_one_stream(gateway: Any) -> None:
    chance = random.Random(SEED)  # noqa: S311 - a fixed seed, so that a failure can be repeated
    before = record_ids(gateway)
    items = [malformed_message("Check", chance) for _ in range(COUNT)]
    with grpc.insecure_channel(gateway.grpc) as channel:
        stream = channel.stream_stream(
            "/xingate.v1.VerificationService/StreamCheck", None, verification_pb2.BatchCheckResult.FromString
        )
        results = list(stream(iter(items), timeout=60))
    assert len(results) == COUNT
    assert all(r.error.code in {3, 5, 6} for r in results if r.WhichOneof("result") == "error")
    answered = {r.response.trace.record_id for r in results if r.WhichOneof("result") == "response"}
    assert_unharmed(gateway, answered, before)


def _recorded(method: str, answer: bytes) -> set[str]:
    if method == "Check":
        return {verification_pb2.CheckResponse.FromString(answer).trace.record_id}
    if method == "BatchCheck":
        results = verification_pb2.BatchCheckResponse.FromString(answer).results
        return {r.response.trace.record_id for r in results if r.WhichOneof("result") == "response"}
    return set()
