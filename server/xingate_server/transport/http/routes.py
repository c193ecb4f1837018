"""The HTTP server: JSON bodies in, proto3 JSON out, problems as RFC 9457.

Every answer is what the gRPC call of the same name gives, in lowerCamelCase with all fields written out. Excluded:
what a call does (`handlers`), errors (`problems`), connections (`http_server`), the description of it all (`openapi`,
`docs_page`), TLS and callers' rights. Source: DESIGN section 9; RFC 9457; proto3 JSON.
"""

import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from time import perf_counter
from typing import Any, NamedTuple, Protocol

import orjson
from aiohttp import web
from google.protobuf.message import Message
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel

from xingate.matter_receipt import MatterReceipt
from xingate.receipt import Receipt
from xingate.v1 import catalogue_pb2 as c
from xingate.v1 import snapshot_pb2 as s
from xingate.v1 import trace_pb2 as tr
from xingate_server.core.identifiers.parsing import mask_text
from xingate_server.pages.api_docs import LANGUAGES, page
from xingate_server.transport.errors import MalformedMessageError
from xingate_server.transport.handlers import Handlers, running
from xingate_server.transport.http.authzen import routes
from xingate_server.transport.http.bodies import models
from xingate_server.transport.http.bodies.read import read, read_body
from xingate_server.transport.http.body import JSON, body_of, listed
from xingate_server.transport.http.fast.checks import hot_handles
from xingate_server.transport.http.openapi import document
from xingate_server.transport.http.problems import SAFE
from xingate_server.transport.limits import GATED
from xingate_server.transport.messages.proto_json import encode

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


class Route(NamedTuple):
    """A path that stands for a call: how to get its message out of a request. `model` is a body's or a query's; where
    an answer has other forms than proto3 JSON, `present` makes the one that was asked for."""

    verb: str
    path: str
    method: str
    model: type[BaseModel]
    message: Callable[[Any, web.Request], Message]
    present: Callable[[Handlers, Any, web.Request], Awaitable[web.Response]] | None = None


async def _present_receipt(handlers: Handlers, receipt: tr.Receipt, request: web.Request) -> web.Response:
    """The receipt file itself, or the page to print."""
    if request.query.get("format") == "html" or ("format" not in request.query and _prefers(request, "text/html")):
        text = await handlers.receipt_page(receipt)
        return web.Response(text=text, content_type="text/html", headers={**_PAGE, **_VARY})
    file = Receipt.from_message(receipt).to_json().encode()
    return web.Response(body=file, content_type=JSON, headers={**SAFE, **_VARY})


async def _present_checkpoint(_handlers: Handlers, checkpoint: tr.Checkpoint, request: web.Request) -> web.Response:
    """The signed note alone, or all of it as JSON."""
    if _prefers(request, "text/plain"):
        return web.Response(text=checkpoint.note, content_type="text/plain", headers={**SAFE, **_VARY})
    return web.Response(body=encode(checkpoint), content_type=JSON, headers={**SAFE, **_VARY})


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


ROUTES = (
    Route("POST", "/v1/check:matter", "CheckMatter", models.CheckMatterBody, lambda m, _: m.message()),
    Route("GET", "/v1/actions", "ListActions", models.NoQuery, lambda _m, _r: c.ListActionsRequest()),
    Route(
        "GET",
        "/v1/measures",
        "ListMeasures",
        models.MeasuresQuery,
        lambda m, _: c.ListMeasuresRequest(action=m.action),
    ),
    Route("GET", "/v1/list-types", "ListListTypes", models.NoQuery, lambda _m, _r: c.ListListTypesRequest()),
    Route(
        "GET",
        "/v1/snapshot",
        "GetSnapshot",
        models.SnapshotQuery,
        lambda m, _: s.GetSnapshotRequest(sequence=m.sequence),
    ),
    Route(
        "GET",
        "/v1/trace",
        "ListRecords",
        models.RecordsQuery,
        lambda m, _: m.message(),
    ),
    Route("POST", "/v1/trace:search", "ListRecords", models.SearchBody, lambda m, _: m.message()),
    Route(
        "GET",
        "/v1/trace/report",
        "GetUsageReport",
        models.UsageQuery,
        lambda m, _: tr.GetUsageReportRequest(to=m.to, by=m.by, **{"from": m.from_}),
    ),
    Route(
        "GET",
        "/v1/trace/{record_id}",
        "GetRecord",
        models.NoQuery,
        lambda _, r: tr.GetRecordRequest(record_id=r.match_info["record_id"]),
    ),
    Route(
        "POST",
        "/v1/trace/{record_id}/outcome",
        "ReportOutcome",
        models.OutcomeBody,
        lambda m, r: m.message(r.match_info["record_id"]),
    ),
    Route(
        "GET",
        "/v1/trace/{record_id}/receipt",
        "GetReceipt",
        models.ReceiptQuery,
        lambda _, r: tr.GetReceiptRequest(record_id=r.match_info["record_id"]),
        _present_receipt,
    ),
    Route(
        "GET",
        "/v1/trace/{record_id}/matter-receipt",
        "GetMatterReceipt",
        models.NoQuery,
        lambda _, r: tr.GetMatterReceiptRequest(record_id=r.match_info["record_id"]),
        _present_matter_receipt,
    ),
    Route(
        "GET",
        "/v1/checkpoint",
        "GetCheckpoint",
        models.NoQuery,
        lambda _m, _r: tr.GetCheckpointRequest(),
        _present_checkpoint,
    ),
    Route(
        "GET",
        "/v1/checkpoint/consistency",
        "GetConsistencyProof",
        models.ConsistencyQuery,
        lambda m, _: tr.GetConsistencyProofRequest(size1=m.size1, size2=m.size2),
    ),
)


def application(
    handlers: Handlers,
    readiness: Readiness,
    middlewares: Sequence[Any],
    *,
    most_bytes: int,
    public_url: str,
    proxies: routes.Networks = (),
) -> web.Application:
    """The routes of DESIGN section 9."""
    app = web.Application(client_max_size=most_bytes, middlewares=middlewares)
    for path, hot in hot_handles(handlers, most_bytes).items():
        app.router.add_post(path, _with_query(models.NoQuery, hot))
    for path, evaluating in routes.handles(handlers, most_bytes).items():
        app.router.add_post(path, _with_query(models.NoQuery, evaluating))
    for route in ROUTES:
        add = app.router.add_get if route.verb == "GET" else app.router.add_post  # HEAD goes with GET
        add(route.path, _handle(handlers, route, most_bytes))
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

    for path, handle in (
        ("/healthz", healthz),
        ("/readyz", readyz),
        ("/metrics", metrics),
        ("/openapi.json", openapi),
        (routes.CONFIGURATION, routes.configuration_handle(public_url, proxies)),
    ):
        app.router.add_get(path, _with_query(models.NoQuery, handle))
    app.router.add_get("/docs", _with_query(models.DocsQuery, docs))
    return app


def _handle(handlers: Handlers, route: Route, most_bytes: int) -> Handle:
    observe = handlers.metrics.timing("http", route.method).observe
    run = running(handlers, route.method)
    is_gated = route.method in GATED

    async def handle(request: web.Request) -> web.Response:
        started = perf_counter()
        try:
            if is_gated:
                handlers.admission.require_room()
            if route.verb == "POST":
                read(models.NoQuery, _query(request))  # a number in an address stands in every log on the way
                model = read_body(route.model, await body_of(request, most_bytes))
            else:
                model = read(route.model, _query(request))
            response = await run(route.message(model, request))
            if route.present is not None:
                return await route.present(handlers, response, request)
            return web.Response(body=encode(response), content_type=JSON, headers=SAFE)
        finally:
            observe(perf_counter() - started)

    return handle


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
