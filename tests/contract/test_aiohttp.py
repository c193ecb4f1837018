"""What `transport/http/fast` relies on in aiohttp, part by part, and that the same answers come without it.

Where a newer aiohttp fails the first half, either adapt `transport/http/fast` to it and raise the bound in
pyproject.toml, or set `server.fast_http = false` until then.
"""

import asyncio
import inspect
import json
import re
import socket
import tomllib
from collections.abc import AsyncIterator, Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import helpers, http_exceptions, http_parser, http_writer, web
from aiohttp.base_protocol import BaseProtocol
from aiohttp.web_protocol import RequestHandler

from xingate_server.demo.numbers import unified_code
from xingate_server.gateway.gateway import Gateway
from xingate_server.snapshot.store import SnapshotSet
from xingate_server.trace.memory import MemoryLog
from xingate_server.transport.handlers import Handlers
from xingate_server.transport.http.fast.connection import Connection
from xingate_server.transport.http.fast.ready import ReadyAnswer, ReadyHead
from xingate_server.transport.http.server import HttpFace
from xingate_server.transport.metrics import Metrics

KNOWN = "3.14"
"""The minor version of aiohttp whose parts are those below."""

MOST_BYTES = 20_000


def changed(what: str, where: str) -> str:
    return (
        f"aiohttp {version('aiohttp')}: {what}, which {where} relies on. Adapt it, or serve with "
        "`server.fast_http = false`"
    )


class TestWhatIsReliedOn:
    """By name, so that a change says what it breaks."""

    def test_the_version_is_bounded_by_what_is_known_here(self) -> None:
        project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))
        (bound,) = [each for each in project["project"]["optional-dependencies"]["server"] if "aiohttp" in each]
        major, minor = map(int, KNOWN.split("."))
        assert bound == f"aiohttp>={KNOWN},<{major}.{minor + 1}"
        assert version("aiohttp").startswith(f"{KNOWN}."), changed("is another minor version", "transport/http/fast")

    @pytest.mark.parametrize(
        ("owner", "member", "user"),
        [
            (RequestHandler, "_request_handler", "Connection: what is called with each request"),
            (RequestHandler, "handle_error", "Connection: the answer to bytes that are not a request"),
            (RequestHandler, "finish_response", "Connection: where each answer is written"),
            (web.Server, "request_handler", "Connection: the usual way"),
            (web.StreamResponse, "_keep_alive", "ReadyAnswer: read by `keep_alive` once it is written"),
            (web.StreamResponse, "prepare", "ReadyAnswer: called before it is written"),
            (web.StreamResponse, "write_eof", "ReadyAnswer: called to write it"),
            (web.BaseRequest, "writer", "ReadyAnswer: what it is written to"),
            (http_writer.StreamWriter, "transport", "ReadyAnswer: the bytes go straight there"),
            (http_writer.StreamWriter, "output_size", "Connection: whether an answer was begun"),
            (http_writer.StreamWriter, "drain", "ReadyAnswer: held back by a slow reader"),
            (http_exceptions, "LineTooLong", "Connection: what is said of a line that is too long"),
            (http_exceptions, "PayloadEncodingError", "Connection: what is said of a body that broke off"),
            (helpers, "rfc822_formatted_time", "ReadyHead: the header `Date`, made once a second"),
        ],
    )
    def test_a_part_is_there(self, owner: Any, member: str, user: str) -> None:
        code = "" if inspect.ismodule(owner) else inspect.getsource(owner)
        is_there = hasattr(owner, member) or f"self.{member}" in code
        assert is_there, changed(f"`{owner.__name__}.{member}` is gone", user)

    @pytest.mark.parametrize(
        ("method", "names"),
        [
            ("handle_error", ["self", "request", "status", "exc", "message"]),
            ("finish_response", ["self", "request", "resp", "start_time"]),
        ],
    )
    def test_what_is_overridden_is_called_as_before(self, method: str, names: list[str]) -> None:
        theirs, ours = (inspect.signature(getattr(each, method)) for each in (RequestHandler, Connection))
        assert list(theirs.parameters) == names, changed(
            f"`RequestHandler.{method}` takes other arguments", "Connection"
        )
        assert list(ours.parameters) == names

    def test_a_connection_asks_the_handler_that_it_holds(self) -> None:
        code = inspect.getsource(RequestHandler.start)
        assert "request_handler = self._request_handler" in code, changed(
            "`RequestHandler.start` does not call `_request_handler`", "Connection"
        )

    def test_an_answer_is_prepared_and_ended_and_nothing_else_is_asked_of_it(self) -> None:
        """A ReadyAnswer has no headers, no status and no body of its own."""
        asked = set(re.findall(r"\bresp\.(\w+)", inspect.getsource(RequestHandler.finish_response)))
        asked |= set(re.findall(r"\bresp\.(\w+)", inspect.getsource(RequestHandler.start)))
        assert asked == {"prepare", "write_eof", "keep_alive"}, changed("more is asked of an answer", "ReadyAnswer")

    async def test_the_arguments_of_a_connection(self) -> None:
        names = inspect.signature(RequestHandler.__init__).parameters
        assert {"manager", "loop", "access_log", "auto_decompress"} <= set(names), changed(
            "`RequestHandler` is made with other arguments", "Connection"
        )

    async def test_a_header_that_is_sent_twice_is_named_by_the_error(self) -> None:
        loop = asyncio.get_running_loop()
        parser = http_parser.HttpRequestParser(BaseProtocol(loop), loop, 2**16, max_line_size=8190, max_field_size=8190)
        with pytest.raises(http_exceptions.BadHttpMessage, match="Duplicate 'Host' header"):
            parser.feed_data(b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")

    def test_the_head_is_made_once_a_second(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from xingate_server.transport.http.fast import ready

        dates = iter(("a", "a", "b"))
        monkeypatch.setattr(ready, "rfc822_formatted_time", lambda: next(dates))
        head = ReadyHead()
        first, second, third = head(), head(), head()
        assert first is second
        assert b"Date: a\r\n" in first
        assert b"Date: b\r\n" in third
        assert ReadyAnswer(b"{}", head).keep_alive is None


class Ready:
    """What `/readyz` tells."""

    def readiness(self) -> Mapping[str, Any]:
        return {"ready": True}

    def source_faults(self) -> Mapping[str, Any]:
        return {}


@pytest.fixture
async def ways(compiled_state: Path) -> AsyncIterator[dict[bool, tuple[HttpFace, int]]]:
    """The same gateway served fast (True) and by aiohttp's documented parts: server and port."""
    gateway = Gateway(SnapshotSet(compiled_state), MemoryLog())
    made = {}
    for is_fast in (True, False):
        face = HttpFace(Handlers(gateway, Metrics()), Ready(), most_bytes=MOST_BYTES, is_fast=is_fast)
        bound = socket.create_server(("127.0.0.1", 0))
        await face.start(bound)
        made[is_fast] = (face, bound.getsockname()[1])
    yield made
    await asyncio.gather(*(face.stop(0.0) for face, _ in made.values()))


def question(**fields: object) -> dict[str, Any]:
    subject = {"kind": "SUBJECT_KIND_LEGAL_ENTITY", "identifiers": [{"value": unified_code(1)}]}
    return {"subject": subject, "action": "permit.grant", "requestId": "once", "caller": {"system": "t"}} | fields


CHECK, BATCH = "/v1/check", "/v1/check:batch"
JSON = {"Content-Type": "application/json"}
Ask = tuple[str, str, bytes, dict[str, str]]


def body(**fields: object) -> bytes:
    return json.dumps(question(**fields)).encode()


ASKED: dict[str, Ask] = {
    "check": ("POST", CHECK, body(), JSON),
    "check-basic": ("POST", CHECK, body(view="VIEW_BASIC"), JSON),
    "check-written-otherwise": (
        "POST",
        CHECK,
        body(asOf=None),
        JSON | {"Content-Type": "application/json; charset=UTF-8"},
    ),
    "check-by-the-usual-way": ("POST", "/v1/%63heck", body(), JSON),
    "check-expecting": ("POST", CHECK, body(), JSON | {"Expect": "100-continue"}),
    "check-closing": ("POST", CHECK, body(), JSON | {"Connection": "close"}),
    "batch": ("POST", BATCH, json.dumps({"requests": [question(), question(asOf="no day")]}).encode(), JSON),
    "no-such-action": ("POST", CHECK, body(action="no.such", requestId=""), JSON),
    "another-question": ("POST", CHECK, body(action="market.entry"), JSON),
    "no-json": ("POST", CHECK, b"{", JSON),
    "no-media": ("POST", CHECK, body(), {"Content-Type": "text/plain"}),
    "compressed": ("POST", CHECK, b"\x1f\x8b", JSON | {"Content-Encoding": "gzip"}),
    "too-large": ("POST", CHECK, b" " * (MOST_BYTES + 1), JSON),
    "a-query": ("POST", f"{CHECK}?a=1", body(), JSON),
    "get": ("GET", CHECK, b"", {}),
    "unknown-path": ("POST", "/v1/checks", body(), JSON),
    "unmet-expectation": ("POST", CHECK, body(), JSON | {"Expect": "tea"}),
    "actions": ("GET", "/v1/actions", b"", {}),
    "ready": ("GET", "/readyz", b"", {}),
}


async def answered(port: int, ask: Ask) -> tuple[int, dict[str, str], bytes]:
    """Status, headers but for the time, and body."""
    verb, path, content, headers = ask
    async with aiohttp.ClientSession() as session:
        from yarl import URL

        url = URL(f"http://127.0.0.1:{port}{path}", encoded=True)
        async with session.request(verb, url, data=content or None, headers=headers) as response:
            told = {name: value for name, value in response.headers.items() if name != "Date"}
            assert re.fullmatch(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT", response.headers["Date"])
            return response.status, told, await response.read()


@pytest.mark.parametrize("name", ASKED)
async def test_both_ways_give_the_same_answer(ways: dict[bool, tuple[HttpFace, int]], name: str) -> None:
    first = await answered(ways[True][1], ASKED["check"])  # recorded: from here on its answer is the same
    assert first[0] == 200
    fast, standard = [await answered(ways[is_fast][1], ASKED[name]) for is_fast in (True, False)]
    assert fast == standard
    assert fast[1]["Server"] == "xingate"


async def test_both_ways_speak_http_1_0(ways: dict[bool, tuple[HttpFace, int]]) -> None:
    content = body()
    head = _head("1.0", len(content))
    told = []
    for _, port in ways.values():
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head.encode() + content)
        told.append(sorted(re.sub(rb"Date: [^\r]*", b"", await reader.read()).split(b"\r\n")))
        writer.close()
    assert told[0] == told[1]
    assert b"HTTP/1.0 200 OK" in told[0]


@pytest.mark.parametrize("is_fast", [True, False])
async def test_both_ways_close_their_connections_at_the_end(
    ways: dict[bool, tuple[HttpFace, int]], is_fast: bool
) -> None:
    face, port = ways[is_fast]
    content = body()
    head = (
        f"POST {CHECK} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(head.encode() + content[:10])
    await _until(lambda: face._in_flight._count == 1)
    stopping = asyncio.create_task(face.stop(10.0))
    await _until(lambda: face._in_flight.is_closing)
    writer.write(content[10:])
    told = await reader.read()
    await stopping
    assert told.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"Connection: close\r\n" in told
    assert b"VERDICT_" in told
    writer.close()


def _head(http_version: str, length: int) -> str:
    lines = (
        f"POST {CHECK} HTTP/{http_version}",
        "Host: x",
        "Content-Type: application/json",
        f"Content-Length: {length}",
    )
    return "\r\n".join((*lines, "", ""))


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - of a server that has no event for it
            await asyncio.sleep(0.005)
