"""The HTTP routes that ask: `POST /v1/check` and `POST /v1/check:batch`.

Apart from the others because most requests come here: bodies become commands and answers are joined from JSON made
before, without a message in between. Excluded: errors (`problems`), the meaning of a question (`gateway`).
"""

from collections.abc import Awaitable, Callable
from time import perf_counter

import orjson
from aiohttp import web

from xingate_server.gateway.answer import Answer
from xingate_server.gateway.errors import GatewayError
from xingate_server.transport.handlers import Handlers
from xingate_server.transport.http.bodies.check import read_batch, read_check
from xingate_server.transport.http.body import body_of
from xingate_server.transport.http.fast.ready import ReadyAnswer
from xingate_server.transport.http.problems import json_path
from xingate_server.transport.messages import answers, proto_json
from xingate_server.transport.messages.fragments import AnswerEncoder

CHECK, BATCH_CHECK = "/v1/check", "/v1/check:batch"

Handle = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


def hot_handles(handlers: Handlers, most_bytes: int) -> dict[str, Handle]:
    """What answers these paths."""
    return {CHECK: _check_handle(handlers, most_bytes), BATCH_CHECK: _batch_handle(handlers, most_bytes)}


def _check_handle(handlers: Handlers, most_bytes: int) -> Handle:
    """One question."""
    observe = handlers.metrics.timing("http", "Check").observe
    checks, require_room = handlers.checks, handlers.admission.require_room
    encode = checks.encoder.response_json

    async def handle(request: web.BaseRequest) -> web.Response:
        started = perf_counter()
        try:
            require_room()
            return ReadyAnswer(await checks.check(await body_of(request, most_bytes), read_check, encode))
        finally:
            observe(perf_counter() - started)

    return handle


def _batch_handle(handlers: Handlers, most_bytes: int) -> Handle:
    """Several questions."""
    observe = handlers.metrics.timing("http", "BatchCheck").observe
    checks, require_room = handlers.checks, handlers.admission.require_room

    async def handle(request: web.BaseRequest) -> web.Response:
        started = perf_counter()
        try:
            require_room()
            items = read_batch(await body_of(request, most_bytes))
            outcomes = await checks.answers(items)
            results = [
                _result(outcome, item.view, checks.encoder) for outcome, item in zip(outcomes, items, strict=True)
            ]
            return ReadyAnswer(b'{"results":[%b]}' % b",".join(results))
        finally:
            observe(perf_counter() - started)

    return handle


def _result(outcome: Answer | GatewayError, view: int, encoder: AnswerEncoder) -> bytes:
    """One item's own answer or error, whose field is named as JSON does."""
    if isinstance(outcome, Answer):
        return b'{"response":%b}' % encoder.response_json(outcome, view)
    error = proto_json.members(answers.check_error(outcome))
    return orjson.dumps({"error": error | {"field": json_path(error["field"])}})
