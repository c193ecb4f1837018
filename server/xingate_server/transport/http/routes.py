"""The HTTP server: JSON bodies in, proto3 JSON out, problems as RFC 9457.

Every answer is what the gRPC call of the same name gives, in lowerCamelCase with all fields written out. Excluded:
what a call does (`handlers`), errors (`problems`), connections (`server`), the description of it all (`openapi`,
`pages.api_docs`), TLS and callers' rights. Source: DESIGN section 9; RFC 9457; proto3 JSON.
"""

import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from time import perf_counter
from typing import Any, Protocol

import orjson
from aiohttp import web
from google.protobuf.message import Message
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel

from xingate.matter_receipt import MatterReceipt
from xingate.receipt import Receipt
from xingate.v1 import trace_pb2 as tr
from xingate_server.core.identifiers.parsing import mask_text
from xingate_server.pages.api_docs import LANGUAGES, page
from xingate_server.transport.bodies import models
from xingate_server.transport.bodies.read import read, read_body
from xingate_server.transport.calls import ROUTES, Call, Limit
from xingate_server.transport.errors import MalformedMessageError
from xingate_server.transport.handlers import Handlers, running
from xingate_server.transport.http.authzen import routes
from xingate_server.transport.http.body import JSON, body_of, listed
from xingate_server.transport.http.checks import check_handles
from xingate_server.transport.http.openapi import document
from xingate_server.transport.http.problems import SAFE

Handle = Callable[[web.Request], Awaitable[web.StreamResponse]]
_VARY = {"Vary": "Accept"}
_PAGE = {**SAFE, "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"}


class Readiness(Protocol):
    """What `/readyz` tells."""

    def readiness(self) -> Mapping[str, Any]:
        """An object whose `ready` says whether questions can be answered, with the reasons beside it."""
        ...

    def source_faults(self) -> Mapping[str, Any]:
        """The sources that are stale, missing or hold rows that cannot be read: an operator's concern, so apart."""
        ...


async def _present_receipt(handlers: Handlers, receipt: tr.Receipt, request: web.Request) -> web.Response:
    """The receipt file itself, or the page to print."""
    if request.query.get("format") == "html" or ("format" not in request.query and _prefers(request, "text/html")):
        text = await handlers.receipt_page(receipt)
        return web.Response(text=text, content_type="text/html", headers={**_PAGE, **_VARY})
    file = Receipt.from_message(receipt).to_json().encode()
    return web.Response(body=file, content_type=JSON, headers={**SAFE, **_VARY})


async def _present_checkpoint(handlers: Handlers, checkpoint: tr.Checkpoint, request: web.Request) -> web.Response:
    """The signed note alone, or all of it as JSON."""
    if _prefers(request, "text/plain"):
        return web.Response(text=checkpoint.note, content_type="text/plain", headers={**SAFE, **_VARY})
    return web.Response(
        body=handlers.checks.encoder.json.encode(checkpoint), content_type=JSON, headers={**SAFE, **_VARY}
    )


def _prefers(request: web.Request, media: str) -> bool:
    """Whether the caller names `media` and does not want JSON as much (RFC 9110 section 12.5.1)."""
    weights: dict[str, float] = {}
    for part in listed(request, "Accept").lower().split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        given = next((p.removeprefix("q=") for p in parameters if p.startswith("q=")), "1")
        with contextlib.suppress(ValueError):
            weights[name] = float(given)
    return weights.get(media, 0.0) > weights.get(JSON, 0.0)


async def _present_matter_receipt(
    _handlers: Handlers, receipt: tr.MatterReceipt, _request: web.Request
) -> web.Response:
    """The receipt file itself."""
    file = MatterReceipt.from_message(receipt).to_json().encode()
    return web.Response(body=file, content_type=JSON, headers=SAFE)


PRESENT: Mapping[str, Callable[[Handlers, Any, web.Request], Awaitable[web.Response]]] = {
    "GetReceipt": _present_receipt,
    "GetMatterReceipt": _present_matter_receipt,
    "GetCheckpoint": _present_checkpoint,
}
"""The calls whose answer has other forms than proto3 JSON, and what makes the one that was asked for."""


def application(
    handlers: Handlers,
    readiness: Readiness,
    middlewares: Sequence[Any],
    expect: Callable[[web.Request], Awaitable[web.StreamResponse | None]],
    *,
    most_bytes: int,
    public_url: str,
    proxies: routes.Networks = (),
) -> web.Application:
    """The routes of DESIGN section 9; `expect` is what is done with the header of that name."""
    app = web.Application(client_max_size=most_bytes, middlewares=middlewares)
    api = document(public_url)
    api_json = orjson.dumps(api, option=orjson.OPT_INDENT_2)
    pages = {language: page(api, language) for language in LANGUAGES}

    async def healthz(_request: web.Request) -> web.Response:
        return _json({"status": "ok"})

    async def readyz(_request: web.Request) -> web.Response:
        state = readiness.readiness()
        return _json({**state, "sources": readiness.source_faults()}, status=200 if state["ready"] else 503)

    async def metrics(_request: web.Request) -> web.Response:
        headers = {**SAFE, "Content-Type": CONTENT_TYPE_LATEST}
        return web.Response(body=handlers.metrics.exposition(), headers=headers)

    async def openapi(_request: web.Request) -> web.Response:
        return web.Response(body=api_json, content_type=JSON, headers=SAFE)

    async def docs(request: web.Request) -> web.Response:
        language = request.query.get("lang") or listed(request, "Accept-Language")
        text = pages["zh" if language.lower().startswith("zh") else "en"]
        return web.Response(text=text, content_type="text/html", headers=_PAGE)

    own: dict[str, Callable[[Any], Awaitable[web.StreamResponse]]] = {
        **check_handles(handlers, most_bytes),
        **routes.handles(handlers, most_bytes),
        "authzenConfiguration": routes.configuration_handle(public_url, proxies),
        "healthz": healthz,
        "readyz": readyz,
        "metrics": metrics,
        "openapi": openapi,
        "docs": docs,
    }
    for call in ROUTES:
        add = app.router.add_get if call.verb == "GET" else app.router.add_post  # HEAD goes with GET
        inner = own.get(call.id)
        if inner is None:
            handle = _handle(handlers, call, most_bytes)
        else:
            handle = inner if call.model is models.AnyQuery else _with_query(_query_of(call), inner)
        add(call.path, handle, expect_handler=expect)
    return app


def _handle(handlers: Handlers, call: Call, most_bytes: int) -> Handle:
    observe = handlers.metrics.timing("http", call.method).observe
    run = running(handlers, call.method)
    is_gated, present = call.limit is Limit.OVERLOAD, PRESENT.get(call.id)
    encode = handlers.checks.encoder.json.encode

    async def handle(request: web.Request) -> web.Response:
        started = perf_counter()
        try:
            if is_gated:
                handlers.limit.require_room()
            if call.verb == "POST":
                read(_query_of(call), _query(request))
                model = read_body(call.model, await body_of(request, most_bytes))
            else:
                model = read(call.model, _query(request))
            response = await run(_message(call, model, request.match_info))
            if present is not None:
                return await present(handlers, response, request)
            return web.Response(body=encode(response), content_type=JSON, headers=SAFE)
        finally:
            observe(perf_counter() - started)

    return handle


def _message(call: Call, model: Any, in_path: Mapping[str, str]) -> Message:
    """The request: what the model makes, or the fields of its names, with what stands in the path."""
    if hasattr(model, "message"):
        made: Message = model.message(**in_path)
        return made
    return call.request(**{name.rstrip("_"): getattr(model, name) for name in type(model).model_fields}, **in_path)


def _query_of(call: Call) -> type[BaseModel]:
    """The model of the query: on POST nothing may be in it, since an address stands in every log on the way."""
    return call.model if call.verb == "GET" else models.NoQuery


def _with_query(model: type[BaseModel], inner: Callable[[Any], Awaitable[web.StreamResponse]]) -> Handle:
    """The same, where the query is one of `model`: what else stands in it is refused, on every route."""

    async def handle(request: web.Request) -> web.StreamResponse:
        read(model, _query(request))
        return await inner(request)

    return handle


def _query(request: web.Request) -> dict[str, str]:
    given: dict[str, str] = {}
    for name, value in request.query.items():
        if name in given:
            shown = mask_text(name)
            raise MalformedMessageError(f"`{shown}` is given twice", shown)
        given[name] = value
    return given


def _json(value: Mapping[str, Any], *, status: int = 200) -> web.Response:
    return web.Response(body=orjson.dumps(value), status=status, content_type=JSON, headers=SAFE)
