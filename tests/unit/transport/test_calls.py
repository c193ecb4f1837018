"""The table of calls against all that follows it: .proto files, handlers, the OpenAPI document, the SDK, docs/http.md.

What one of them lacks, or has besides, is named.
"""

import re
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.descriptor import FieldDescriptor
from tests.support.filled import Filler

from xingate._internal.ports import methods
from xingate._internal.ports.http.exchange import request_of
from xingate.v1 import catalogue_pb2, snapshot_pb2, trace_pb2, types_pb2, verification_pb2
from xingate_server.gateway.errors import GatewayError
from xingate_server.gateway.gateway import Gateway
from xingate_server.snapshot.store import SnapshotSet
from xingate_server.trace.memory import MemoryLog
from xingate_server.transport.calls import CALLS, ROUTES, SERVICES, STREAMS, UNARY, Call, Limit
from xingate_server.transport.checks import Checks
from xingate_server.transport.errors import OverloadedError
from xingate_server.transport.handlers import Handlers, calling
from xingate_server.transport.http.openapi import document
from xingate_server.transport.http.routes import PRESENT
from xingate_server.transport.metrics import Metrics

FILES = (catalogue_pb2, snapshot_pb2, trace_pb2, types_pb2, verification_pb2)
PAGE = Path(__file__).parents[3] / "docs" / "http.md"
RPCS = {call.method: call for call in CALLS if call.service}


def test_every_rpc_of_the_proto_files_is_in_the_table_with_its_messages() -> None:
    declared = {
        (service.full_name, method.name): (method.input_type.name, method.output_type.name)
        for file in FILES
        for service in file.DESCRIPTOR.services_by_name.values()
        for method in service.methods
    }
    rows = {(call.service, call.method): call for call in CALLS if call.service}
    assert {
        where: (call.request.DESCRIPTOR.name, call.response.DESCRIPTOR.name if call.response else "")
        for where, call in rows.items()
    } == declared
    assert {service for service, _ in declared} == set(SERVICES)
    assert set(UNARY) | set(STREAMS) == set(RPCS)


def test_ids_and_routes_are_there_once() -> None:
    assert len({call.id for call in CALLS}) == len(CALLS)
    assert len({(call.verb, call.path) for call in ROUTES}) == len(ROUTES)
    assert all(call.en and call.zh for call in CALLS)
    assert all(call.service or call.path for call in CALLS)


@pytest.mark.parametrize("call", RPCS.values(), ids=lambda call: call.id)
def test_every_rpc_is_answered(call: Call) -> None:
    assert callable(getattr(Checks if call.takes_bytes else Handlers, call.handler))


def test_every_handler_is_called_by_the_table() -> None:
    own = {"announce", "receipt_page"}
    answering = {name for name in vars(Handlers) if not name.startswith("_")} - own
    assert answering == {call.handler for call in RPCS.values() if not call.takes_bytes}
    assert set(PRESENT) <= set(UNARY)


def test_every_row_of_one_rpc_says_the_same_of_it() -> None:
    for call in CALLS:
        first = RPCS.get(call.method, call)
        assert (call.service, call.request, call.response) == (first.service, first.request, first.response)
        assert (call.limit is Limit.OVERLOAD) == (first.limit is Limit.OVERLOAD)


def test_a_get_asks_by_what_its_request_has() -> None:
    shown = {"GetReceipt": {"format"}}  # in which form: no concern of the gateway's
    for call in ROUTES:
        if call.service and call.verb == "GET":
            names = {name.rstrip("_") for name in call.model.model_fields}
            assert names - shown.get(call.id, set()) <= set(call.request.DESCRIPTOR.fields_by_name), call.id
        elif call.service:
            in_path = set(re.findall(r"{(\w+)}", call.path))
            names = {name.rstrip("_") for name in call.model.model_fields} | in_path
            assert names == set(call.request.DESCRIPTOR.fields_by_name), call.id


def test_the_document_has_every_route() -> None:
    described = {
        (verb.upper(), path): operation
        for path, verbs in document()["paths"].items()
        for verb, operation in verbs.items()
    }
    assert {where: each["operationId"] for where, each in described.items()} == {
        (call.verb, call.openapi_path): call.id for call in ROUTES
    }
    for call in ROUTES:
        operation = described[call.verb, call.openapi_path]
        assert (operation["summary"], operation["x-summary-zh"]) == (call.en, call.zh)
        assert ("429" in operation["responses"]) == (call.limit is not Limit.NONE), call.id


def test_the_sdk_has_every_call() -> None:
    assert {
        name: (f"xingate.v1.{each.service}", each.request, each.response) for name, each in methods.METHODS.items()
    } == {name: (call.service, call.request, call.response) for name, call in UNARY.items()}
    assert f"/{STREAMS['StreamCheck'].service}/StreamCheck" == methods.STREAM_CHECK


@pytest.mark.parametrize("method", UNARY)
def test_the_sdk_asks_over_http_where_the_table_says(method: str) -> None:
    """By a request with nothing in it, and by one with every field."""
    request = UNARY[method].request
    rows = {(call.verb, call.path) for call in ROUTES if call.method == method}
    found = set()
    for message in (request(), Filler().message(request), _with_page_alone(request)):
        if "record_id" in request.DESCRIPTOR.fields_by_name:
            message.record_id = "一/?"  # type: ignore[attr-defined]
        sent = request_of(method, message.SerializeToString())
        path = sent["url"].partition("?")[0].replace("%E4%B8%80%2F%3F", "{record_id}")
        found.add((sent["method"], path))
    assert found == rows


def _with_page_alone(request: Any) -> Any:
    message = request()
    for field in request.DESCRIPTOR.fields:
        if field.cpp_type in {FieldDescriptor.CPPTYPE_UINT32, FieldDescriptor.CPPTYPE_UINT64}:
            setattr(message, field.name, 7)
    return message


@pytest.mark.parametrize("row", [row for row in CALLS if row.service and not row.is_stream], ids=lambda row: row.id)
async def test_a_call_is_refused_under_load_where_the_table_says(row: Call, compiled_state: Path) -> None:
    handlers = Handlers(Gateway(SnapshotSet(compiled_state), MemoryLog()), Metrics())
    for limit in (handlers.limit, handlers._reports._limit, handlers._searches._limit):
        limit.most = 0
    message: Any = row.request() if row.id == "ListRecords" else Filler().message(row.request)
    is_refused = False
    try:
        await calling(handlers, row.method)(message.SerializeToString())
    except OverloadedError:
        is_refused = True
    except GatewayError:
        pass  # the request makes no sense, or there is no such record
    assert is_refused == (row.limit is not Limit.NONE)


def test_the_page_lists_every_route() -> None:
    rows = re.findall(r"^\| (`.*?) \| (.*?) \| ?(.*?) ?\|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    listed: dict[tuple[str, str], tuple[str, str]] = {}
    for routes, told, parameters in rows:
        verb = ""
        for route in re.findall(r"`([^`]+)`", routes):
            verb, _, path = route.rpartition(" ") if " " in route else (verb, "", route)
            listed[verb, path] = (told, parameters)
    routes_ = {(call.verb, call.openapi_path): call for call in ROUTES}
    assert {where for where in listed if where[1].startswith("/")} == set(routes_)
    for where, call in routes_.items():
        told, parameters = listed[where]
        if call.service:
            assert told == f"`{call.method}`", where
        if call.service and call.verb == "GET":
            names = {field.alias or name for name, field in call.model.model_fields.items()}
            assert {name for name in names if f"`{name}`" not in parameters} == set(), where
        elif call.service:
            assert "body" in parameters, where


def test_a_call_without_a_handler_is_an_error_at_once() -> None:
    from xingate_server.transport.handlers import running

    with pytest.raises(KeyError, match="NoSuchCall"):
        running(object.__new__(Handlers), "NoSuchCall")
