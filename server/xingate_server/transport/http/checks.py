"""The HTTP routes that ask: `POST /v1/check` and `POST /v1/check:batch`.

Apart from the others because most requests come here: bodies become commands and answers are joined from JSON made
before, without a message in between. Excluded: errors (`problems`), the meaning of a question (`gateway`), how an
answer is written (`make`).
"""

from collections.abc import Awaitable, Callable, Mapping
from time import perf_counter
from typing import Final

import orjson
from aiohttp import web

from xingate_server.gateway.answer import Answer
from xingate_server.gateway.errors import GatewayError
from xingate_server.transport.bodies.check import read_batch, read_check
from xingate_server.transport.calls import UNARY
from xingate_server.transport.handlers import Handlers
from xingate_server.transport.http.body import JSON, body_of
from xingate_server.transport.http.problems import SAFE, json_path
from xingate_server.transport.messages import answers
from xingate_server.transport.messages.fragments import AnswerEncoder

PATHS: Final[Mapping[str, str]] = {name: UNARY[name].path for name in ("Check", "BatchCheck")}

Handle = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]
Make = Callable[[bytes], web.Response]
"""The answer with status 200 and a body of JSON."""


def json_answer(body: bytes) -> web.Response:
    """As aiohttp makes one."""
    return web.Response(body=body, content_type=JSON, headers=SAFE)


def check_handles(handlers: Handlers, most_bytes: int, make: Make = json_answer) -> dict[str, Handle]:
    """What answers the calls of these ids."""
    return {"Check": _check(handlers, most_bytes, make), "BatchCheck": _batch(handlers, most_bytes, make)}


def _check(handlers: Handlers, most_bytes: int, make: Make) -> Handle:
    """One question."""
    observe = handlers.metrics.timing("http", "Check").observe
    checks, require_room = handlers.checks, handlers.limit.require_room
    encode = checks.encoder.response_json

    async def handle(request: web.BaseRequest) -> web.Response:
        started = perf_counter()
        try:
            require_room()
            command, view = read_check(await body_of(request, most_bytes))
            return make(encode(await checks.answer(command), view))
        finally:
            observe(perf_counter() - started)

    return handle


def _batch(handlers: Handlers, most_bytes: int, make: Make) -> Handle:
    """Several questions."""
    observe = handlers.metrics.timing("http", "BatchCheck").observe
    checks, require_room = handlers.checks, handlers.limit.require_room
    members = checks.encoder.json.members

    def result(outcome: Answer | GatewayError, view: int, encoder: AnswerEncoder) -> bytes:
        """One item's own answer or error, whose field is named as JSON does."""
        if isinstance(outcome, Answer):
            return b'{"response":%b}' % encoder.response_json(outcome, view)
        error = members(answers.check_error(outcome))
        return orjson.dumps({"error": error | {"field": json_path(error["field"])}})

    async def handle(request: web.BaseRequest) -> web.Response:
        started = perf_counter()
        try:
            require_room()
            items = read_batch(await body_of(request, most_bytes))
            outcomes = await checks.answers(items)
            results = [result(each, item.view, checks.encoder) for each, item in zip(outcomes, items, strict=True)]
            return make(b'{"results":[%b]}' % b",".join(results))
        finally:
            observe(perf_counter() - started)

    return handle
