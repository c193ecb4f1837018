"""HTTP by the byte: bodies that are late, cut off or never come, and requests that are none."""

import http.client
import json
import re
import shutil
import signal
import socket
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from tests.support.waiting import wait_until

from xingate_server.demo.numbers import unified_code
from xingate_server.trace.sqlite.store import SqliteLog

BODY = json.dumps(
    {
        "subject": {"kind": "SUBJECT_KIND_LEGAL_ENTITY", "identifiers": [{"value": unified_code(1)}]},
        "action": "market.entry",
        "caller": {"system": "tests"},
    }
).encode()
ECHO = b"qzxjk"  # stands in what is sent, and may not come back
LATE_S = 0.5


@pytest.fixture(scope="module")
def gateway(start_gateway: Callable[..., Any], compiled_state: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    state = tmp_path_factory.mktemp("wire") / "state"
    shutil.copytree(compiled_state, state, symlinks=True)
    return start_gateway(state)


def connect(gateway: Any) -> socket.socket:
    where = urlsplit(gateway.http)
    return socket.create_connection((where.hostname, where.port), timeout=15)


def head(length: int, *more: bytes) -> bytes:
    lines = (b"POST /v1/check HTTP/1.1", b"Host: x", b"Content-Type: application/json", b"Content-Length: %d" % length)
    return b"\r\n".join((*lines, *more, b"", b""))


def answer(raw: socket.socket) -> tuple[int, dict[str, str], bytes]:
    """Status, headers (names in lower case) and body of the next answer."""
    with closing(http.client.HTTPResponse(raw)) as response:
        response.begin()
        return response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()


def counted(gateway: Any, reason: str) -> float:
    text = httpx.get(f"{gateway.http}/metrics", trust_env=False).text
    found = re.search(rf'^xingate_errors_total{{reason="{reason}"}} (\S+)$', text, re.MULTILINE)
    return float(found[1]) if found else 0.0


def test_a_body_that_is_on_its_way_when_it_stops_is_answered(
    start_gateway: Callable[..., Any], own_state: Path
) -> None:
    gateway = start_gateway(own_state)
    with connect(gateway) as late, connect(gateway) as idle:
        idle.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert answer(idle)[0] == 200
        late.sendall(head(len(BODY)) + BODY[:10])
        time.sleep(LATE_S)
        gateway.process.send_signal(signal.SIGTERM)
        assert wait_until(lambda: '"event": "draining"' in gateway.logged())
        time.sleep(LATE_S)
        with pytest.raises(OSError, match="refused"):
            connect(gateway)
        idle.sendall(b"GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n")
        status, headers, body = answer(idle)
        assert (status, json.loads(body)["draining"]) == (503, True)
        assert headers["connection"] == "close"
        late.sendall(BODY[10:])
        status, headers, body = answer(late)
        assert (status, json.loads(body)["verdict"]) == (200, "VERDICT_PROHIBITED")
        assert headers["connection"] == "close"
    assert gateway.stop() == 0
    log = SqliteLog(own_state / "trace")
    assert [s.record_id for s in log.read() if s.kind == "check"] == [json.loads(body)["trace"]["recordId"]]
    log.close()


def test_a_body_that_never_comes_holds_the_end_up_for_the_time_allowed(
    start_gateway: Callable[..., Any], own_state: Path
) -> None:
    gateway = start_gateway(own_state, XINGATE_SERVER__DRAIN_S="1")
    with connect(gateway) as never:
        never.sendall(head(len(BODY)) + BODY[:10])
        time.sleep(LATE_S)
        began = time.monotonic()
        assert gateway.stop() == 0
        assert 0.9 < time.monotonic() - began < 6
    assert '"event": "stopped"' in gateway.logged()
    assert '"event": "bug"' not in gateway.logged()


def test_nothing_in_flight_ends_at_once(start_gateway: Callable[..., Any], own_state: Path) -> None:
    gateway = start_gateway(own_state, XINGATE_SERVER__DRAIN_S="20")
    with connect(gateway) as idle:
        idle.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert answer(idle)[0] == 200
        began = time.monotonic()
        assert gateway.stop() == 0
        assert time.monotonic() - began < 10


@pytest.mark.parametrize("part", [head(1000) + b'{"a"', head(1000), head(1000, b"Expect: 100-continue")])
def test_a_caller_that_hangs_up_is_no_bug(gateway: Any, part: bytes) -> None:
    internal, gone = counted(gateway, "internal"), counted(gateway, "client_gone")
    with connect(gateway) as raw:
        raw.sendall(part)
        time.sleep(0.1)
    assert wait_until(lambda: counted(gateway, "client_gone") == gone + 1)
    assert counted(gateway, "internal") == internal
    assert '"event": "bug"' not in gateway.logged()


def test_a_caller_that_hangs_up_in_a_chunked_body_is_no_bug(gateway: Any) -> None:
    internal, gone = counted(gateway, "internal"), counted(gateway, "client_gone")
    lines = (b"POST /v1/check HTTP/1.1", b"Host: x", b"Content-Type: application/json", b"Transfer-Encoding: chunked")
    with connect(gateway) as raw:
        raw.sendall(b"\r\n".join((*lines, b"", b"4", b'{"a"', b"")))
        time.sleep(0.1)
    assert wait_until(lambda: counted(gateway, "client_gone") == gone + 1)
    assert counted(gateway, "internal") == internal


CHUNKED = b"POST /v1/check HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
NO_REQUESTS = {
    "no_http": (b"\x00\x01" + ECHO + b"\r\n\r\n", 400, "message_malformed"),
    "method": (b"G{}T /" + ECHO + b" HTTP/1.1\r\n\r\n", 400, "message_malformed"),
    "version": (b"GET /" + ECHO + b" HTTP/x.y\r\n\r\n", 400, "message_malformed"),
    "url": (b"GET http://[" + ECHO + b" HTTP/1.1\r\nHost: x\r\n\r\n", 400, "message_malformed"),
    "long_path": (b"GET /" + ECHO * 5000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 400, "message_malformed"),
    "long_header": (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + ECHO * 5000 + b"\r\n\r\n", 400, "message_malformed"),
    "header_name": (b"GET / HTTP/1.1\r\nHost: x\r\n" + ECHO + b"{}: 1\r\n\r\n", 400, "message_malformed"),
    "negative_length": (b"POST /v1/check HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n", 400, "message_malformed"),
    "odd_length": (
        b"POST /v1/check HTTP/1.1\r\nHost: x\r\nContent-Length: " + ECHO + b"\r\n\r\n",
        400,
        "message_malformed",
    ),
    "chunk_size": (CHUNKED + ECHO + b"\r\n", 400, "message_malformed"),
    "expect": (head(0, b"Expect: " + ECHO), 417, "expectation_unknown"),
    "expect_nowhere": (
        b"GET /nowhere HTTP/1.1\r\nHost: x\r\nExpect: " + ECHO + b"\r\n\r\n",
        417,
        "expectation_unknown",
    ),
}


@pytest.mark.parametrize("name", NO_REQUESTS)
def test_what_is_no_request_gets_a_problem_without_an_echo(gateway: Any, name: str) -> None:
    sent, expected, reason = NO_REQUESTS[name]
    before = counted(gateway, reason)
    with connect(gateway) as raw:
        raw.sendall(sent)
        status, headers, body = answer(raw)
    assert status == expected
    assert headers["content-type"] == "application/problem+json"
    told = json.loads(body)
    assert (told["status"], told["reason"], told["type"]) == (expected, reason, f"urn:xingate:problem:{reason}")
    assert ECHO not in body
    assert headers["server"] == "xingate"
    assert counted(gateway, reason) == before + 1
    assert '"level": "error"' not in gateway.logged()
    assert ECHO.decode() not in gateway.logged()


@pytest.mark.parametrize("path", ["/healthz", "/v1/actions", "/nowhere", "/v1/check", "/docs", "/metrics"])
def test_no_answer_says_what_it_is_made_with(gateway: Any, path: str) -> None:
    assert httpx.get(gateway.http + path, trust_env=False).headers["server"] == "xingate"


def test_continue_is_said_where_it_is_asked_for(gateway: Any) -> None:
    with connect(gateway) as raw:
        raw.sendall(head(len(BODY), b"Expect: 100-continue"))
        assert raw.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        raw.sendall(BODY)
        assert answer(raw)[0] == 200


def test_an_answer_in_one_piece_has_the_headers_of_one_made_in_the_usual_way(gateway: Any) -> None:
    varying = ("date", "content-length", "connection")
    found = {}
    ways = {
        "kept": head(len(BODY)),
        "closed": head(len(BODY), b"Connection: close"),
        "expected": head(len(BODY), b"Expect: 100-continue"),
        "old": head(len(BODY)).replace(b"HTTP/1.1", b"HTTP/1.0"),
        "old and kept": head(len(BODY), b"Connection: keep-alive").replace(b"HTTP/1.1", b"HTTP/1.0"),
    }
    for way, asked in ways.items():
        with connect(gateway) as raw:
            raw.sendall(asked + BODY)
            status, headers, body = answer(raw)
            assert (status, json.loads(body)["verdict"]) == (200, "VERDICT_PROHIBITED")
            assert int(headers["content-length"]) == len(body)
            assert headers["date"].endswith(" GMT")
            found[way] = {name: value for name, value in headers.items() if name not in varying}
            if headers.get("connection", "") == "close" or way == "old":
                assert raw.recv(1) == b""
    assert list(found.values()) == [found["closed"]] * len(ways)
    assert found["kept"]["content-type"] == "application/json"


def test_many_answers_over_one_connection_and_pipelined(gateway: Any) -> None:
    with connect(gateway) as raw:
        raw.sendall((head(len(BODY)) + BODY) * 20)
        records = {json.loads(answer_of(raw))["trace"]["recordId"] for _ in range(20)}
    assert len(records) == 20


def answer_of(raw: socket.socket) -> bytes:
    """The body of one answer of several: `http.client` would read on into the next."""
    got = b""
    while b"\r\n\r\n" not in got:
        got += raw.recv(1)
    length = int(got.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
    body = b""
    while len(body) < length:
        body += raw.recv(length - len(body))
    return body
