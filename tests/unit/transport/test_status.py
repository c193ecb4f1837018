"""The table from errors to codes: one test per row, and what becomes of everything that is not in it."""

import ast
from pathlib import Path

import pytest
from google.rpc import code_pb2, error_details_pb2
from structlog.testing import capture_logs

from xingate_server.gateway import errors as gateway
from xingate_server.transport import errors as transport
from xingate_server.transport.status import INTERNAL_TEXT, TABLE, fault_of, problem, rpc_status

ROWS = [
    (
        gateway.InvalidQuestionError("action_unknown", "no such action", "action"),
        "INVALID_ARGUMENT",
        400,
        "action_unknown",
    ),
    (
        gateway.InvalidOutcomeError("measure_not_in_answer", "not among them", "measures[0].measure_id"),
        "INVALID_ARGUMENT",
        400,
        "measure_not_in_answer",
    ),
    (gateway.UnknownSequenceError("sequence_unknown", "not kept", "sequence"), "NOT_FOUND", 404, "sequence_unknown"),
    (gateway.UnknownRecordError("record_unknown", "no such record"), "NOT_FOUND", 404, "record_unknown"),
    (gateway.RequestIdReusedError("request_id_reused", "another one"), "ALREADY_EXISTS", 409, "request_id_reused"),
    (gateway.NotAllowedError("not_allowed", "not yours", "record_id"), "PERMISSION_DENIED", 403, "not_allowed"),
    (gateway.UnavailableError("snapshot_missing", "none"), "UNAVAILABLE", 503, "snapshot_missing"),
    (transport.MalformedMessageError("no message"), "INVALID_ARGUMENT", 400, "message_malformed"),
    (transport.UnknownFieldError("subjet"), "INVALID_ARGUMENT", 400, "field_unknown"),
    (transport.BatchTooLargeError(1001, 1000), "INVALID_ARGUMENT", 400, "batch_too_large"),
    (transport.MessageTooLargeError(4096), "RESOURCE_EXHAUSTED", 413, "message_too_large"),
    (transport.MediaTypeError("text"), "INVALID_ARGUMENT", 415, "media_type_unsupported"),
    (transport.ExpectationError(), "INVALID_ARGUMENT", 417, "expectation_unknown"),
    (transport.OverloadedError(512), "RESOURCE_EXHAUSTED", 429, "overloaded"),
    (transport.ClientGoneError(), "CANCELLED", 400, "client_gone"),
    (transport.UnknownRouteError(), "NOT_FOUND", 404, "route_unknown"),
    (transport.MethodNotAllowedError("GET"), "UNIMPLEMENTED", 405, "method_not_allowed"),
]


@pytest.mark.parametrize(("error", "code", "http", "reason"), ROWS, ids=lambda value: getattr(value, "reason", None))
def test_row(error: gateway.GatewayError, code: str, http: int, reason: str) -> None:
    fault = fault_of(error)
    assert (code_pb2.Code.Name(fault.code), fault.http, fault.reason) == (code, http, reason)
    assert fault.message == error.message
    assert fault.field == error.field


def test_every_row_of_the_table_has_a_test() -> None:
    assert {type(error) for error, *_ in ROWS} == set(TABLE)


def test_every_error_has_a_row() -> None:
    leaves = {
        kind
        for module in (gateway, transport)
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, gateway.GatewayError)
    } - {gateway.GatewayError, transport.TransportError}
    assert {kind for kind in leaves if not any(parent in TABLE for parent in kind.__mro__)} == set()


def test_the_table_stands_in_one_place() -> None:
    folder = Path(transport.__file__).parent
    allowed = {"status.py"}
    for path in folder.glob("*.py"):
        names = {
            node.attr
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Attribute)
        }
        codes = names & {
            "INVALID_ARGUMENT",
            "NOT_FOUND",
            "ALREADY_EXISTS",
            "UNAVAILABLE",
            "PERMISSION_DENIED",
            "RESOURCE_EXHAUSTED",
        }
        assert not codes or path.name in allowed, f"{path.name} has codes of its own: {codes}"


def _fail(text: str) -> None:
    raise LookupError(text)


def test_a_bug_is_told_and_logged_without_any_value() -> None:
    number = "990000199001010017"
    with capture_logs() as logs:
        try:
            _fail(f"no `{number}` of 张三")
        except LookupError as error:
            fault = fault_of(error)
    assert (fault.code, fault.http, fault.reason, fault.message) == (code_pb2.INTERNAL, 500, "internal", INTERNAL_TEXT)
    assert logs[0]["error"] == "LookupError"
    assert number not in repr(logs)
    assert "张三" not in repr(logs)
    assert any("test_status.py" in frame for frame in logs[0]["frames"])


def test_rpc_status_carries_reason_domain_and_field() -> None:
    status = rpc_status(fault_of(gateway.InvalidQuestionError("action_unknown", "unknown action `x`", "action")))
    info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    assert status.details[0].Unpack(info)
    assert (info.reason, info.domain) == ("action_unknown", "xingate")
    assert status.details[1].Unpack(bad)
    assert (bad.field_violations[0].field, bad.field_violations[0].description) == ("action", "unknown action `x`")
    assert status.message == "unknown action `x`"


def test_without_a_field_there_is_no_violation() -> None:
    error = gateway.UnknownRecordError("record_unknown", "no such record")
    assert len(rpc_status(fault_of(error)).details) == 1


@pytest.mark.parametrize(
    "error", [transport.OverloadedError(512), gateway.UnavailableError("record_failed", "no record")]
)
def test_what_is_worth_asking_again_says_when(error: gateway.GatewayError) -> None:
    info, retry = error_details_pb2.ErrorInfo(), error_details_pb2.RetryInfo()
    details = rpc_status(fault_of(error)).details
    assert [details[0].Unpack(info), details[1].Unpack(retry), len(details)] == [True, True, 2]
    assert (info.reason, retry.retry_delay.seconds, retry.retry_delay.nanos) == (error.reason, 1, 0)


def test_problem_is_that_of_rfc_9457() -> None:
    assert problem(fault_of(gateway.InvalidQuestionError("action_unknown", "unknown action `x`", "action"))) == {
        "type": "urn:xingate:problem:action_unknown",
        "title": "The question cannot be answered as asked",
        "status": 400,
        "detail": "unknown action `x`",
        "reason": "action_unknown",
        "field": "action",
    }


def test_what_a_caller_sent_never_overflows_the_metadata() -> None:
    fault = fault_of(
        gateway.InvalidQuestionError("action_unknown", f"unknown action `{'示' * 100_000}`", "字" * 10_000)
    )
    assert rpc_status(fault).ByteSize() < 3000
    assert fault.message.endswith("…")
