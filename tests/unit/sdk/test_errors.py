"""Errors: every code, every transport's form of them, and nothing of a stranger's answer taken for a gateway's."""

import copy
import json
import pickle
from pathlib import Path

import pytest
from google.protobuf import any_pb2, duration_pb2
from google.rpc import code_pb2, error_details_pb2, status_pb2

from xingate import errors
from xingate._internal.ports import status as _status
from xingate.errors import from_status
from xingate.types import Decision, TraceRef, Verdict

ROWS = [
    ("INVALID_ARGUMENT", errors.InvalidRequestError),
    ("OUT_OF_RANGE", errors.InvalidRequestError),
    ("FAILED_PRECONDITION", errors.InvalidRequestError),
    ("RESOURCE_EXHAUSTED", errors.InvalidRequestError),
    ("NOT_FOUND", errors.NotFoundError),
    ("ALREADY_EXISTS", errors.RequestIdReusedError),
    ("PERMISSION_DENIED", errors.NotAllowedError),
    ("UNAUTHENTICATED", errors.NotAllowedError),
    ("UNAVAILABLE", errors.UnavailableError),
    ("DEADLINE_EXCEEDED", errors.DeadlineError),
    ("INTERNAL", errors.ProtocolError),
    ("UNKNOWN", errors.ProtocolError),
    ("UNIMPLEMENTED", errors.ProtocolError),
    ("DATA_LOSS", errors.ProtocolError),
    ("ABORTED", errors.ProtocolError),
    ("CANCELLED", errors.ProtocolError),
]


@pytest.mark.parametrize(("name", "kind"), ROWS)
def test_every_code_has_its_error(name: str, kind: type[errors.XingateError]) -> None:
    error = from_status(code_pb2.Code.Value(name), "some_reason", "what is wrong", "action")
    assert type(error) is kind
    assert (str(error), error.reason, error.field) == ("what is wrong", "some_reason", "action")


def test_the_rows_are_all_codes() -> None:
    assert {name for name, _ in ROWS} == set(code_pb2.Code.keys()) - {"OK"}


def test_even_code_0_is_an_error_and_has_a_message() -> None:
    error = from_status(0, "", "")
    assert type(error) is errors.ProtocolError
    assert "code 0" in str(error)


def test_the_tree_is_the_one_drawn_at_the_top() -> None:
    text = Path(errors.__file__).read_text(encoding="utf-8")
    drawn = {line.split("-- ")[1].split()[0]: line.index("|--") if "|--" in line else line.index("`--")
             for line in text.splitlines() if "|-- " in line or "`-- " in line}  # fmt: skip
    classes = {name for name in errors.__all__ if name.endswith("Error")} - {"XingateError"}
    assert set(drawn) == classes
    direct = {name for name in classes if getattr(errors, name).__mro__[1] is errors.XingateError}
    assert direct == {name for name, column in drawn.items() if column == min(drawn.values())}


def packed(*details: object) -> bytes:
    status = status_pb2.Status(code=3, message="m")
    for detail in details:
        holder = any_pb2.Any()
        holder.Pack(detail)
        status.details.append(holder)
    return status.SerializeToString()


def test_grpc_details_give_reason_and_field() -> None:
    violation = error_details_pb2.BadRequest.FieldViolation(field="subject.kind", description="d")
    details = packed(
        error_details_pb2.ErrorInfo(reason="kind_missing"),
        error_details_pb2.RequestInfo(request_id="not ours to read"),
        error_details_pb2.BadRequest(field_violations=[violation]),
    )
    error = _status.from_grpc(3, "kind is needed", details)
    assert (error.reason, error.field, str(error)) == ("kind_missing", "subject.kind", "kind is needed")


@pytest.mark.parametrize("details", [None, b"", b"\xff\xff no message", packed()])
def test_grpc_without_usable_details_is_still_the_right_error(details: bytes | None) -> None:
    assert type(_status.from_grpc(14, "down", details)) is errors.UnavailableError


def problem(**members: object) -> bytes:
    return json.dumps({"type": "about:blank", "title": "T"} | members).encode()


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, errors.InvalidRequestError),
        (413, errors.InvalidRequestError),
        (415, errors.InvalidRequestError),
        (401, errors.NotAllowedError),
        (403, errors.NotAllowedError),
        (404, errors.NotFoundError),
        (409, errors.RequestIdReusedError),
        (429, errors.UnavailableError),
        (502, errors.UnavailableError),
        (503, errors.UnavailableError),
        (504, errors.UnavailableError),
        (500, errors.ProtocolError),
        (302, errors.ProtocolError),
        (204, errors.ProtocolError),
    ],
)
def test_http_problems(status: int, kind: type[errors.XingateError]) -> None:
    error = _status.from_http(status, problem(detail="what", reason="why", field="action"))
    assert type(error) is kind
    assert (str(error), error.reason, error.field) == ("what", "why", "action")


@pytest.mark.parametrize(
    ("shown", "field"),
    [
        ("asOf", "as_of"),
        ("measures[0].measureId", "measures[0].measure_id"),
        ("size1", "size1"),
        ("context[aKey]", "context[aKey]"),
    ],
)
def test_a_field_has_one_name_whatever_the_transport(shown: str, field: str) -> None:
    assert _status.from_http(400, problem(detail="what", reason="why", field=shown)).field == field


@pytest.mark.parametrize("content", [b"<html>404</html>", b"", b"[]", problem(reason="route_unknown"), b"\xff"])
def test_a_strangers_404_says_nothing_about_a_record(content: bytes) -> None:
    assert type(_status.from_http(404, content)) is errors.ProtocolError


@pytest.mark.parametrize(
    "error",
    [
        errors.UnavailableError("m", reason="r", field="f", request_id="i"),
        errors.MissingExtraError("http", "`http://x`"),
        errors.RefusedError(Decision("i", Verdict.PROHIBITED, TraceRef("r1")), "permit.grant"),
    ],
)
def test_errors_copy_and_pickle(error: errors.XingateError) -> None:
    for again in (copy.copy(error), pickle.loads(pickle.dumps(error))):  # noqa: S301 -- our own bytes
        assert type(again) is type(error)
        assert vars(again) == vars(error)
        assert str(again) == str(error)


def test_a_missing_extra_says_which() -> None:
    assert "pip install 'xingate[http]'" in str(errors.MissingExtraError("http", "`http://x`"))


def status_bytes(reason: str, retry: duration_pb2.Duration) -> bytes:
    status = status_pb2.Status(code=code_pb2.RESOURCE_EXHAUSTED, message="too much")
    details = (error_details_pb2.ErrorInfo(reason=reason), error_details_pb2.RetryInfo(retry_delay=retry))
    for detail in details:
        status.details.add().Pack(detail)
    return status.SerializeToString()


def test_overload_says_over_grpc_when_to_ask_again() -> None:
    error = _status.from_grpc(
        8, "too much", status_bytes("overloaded", duration_pb2.Duration(seconds=1, nanos=500_000_000))
    )
    assert isinstance(error, errors.OverloadedError)
    assert (error.reason, error.retry_after_s) == ("overloaded", 1.5)


def test_a_message_too_large_is_no_overload() -> None:
    error = _status.from_grpc(8, "large", status_bytes("message_too_large", duration_pb2.Duration(seconds=1)))
    assert type(error) is errors.InvalidRequestError


@pytest.mark.parametrize(
    ("header", "told"),
    [("3", 3.0), ("", 0.0), ("-3", 0.0), ("soon", 0.0), ("Wed, 21 Oct 2026 07:28:00 GMT", 0.0), ("9" * 400, 0.0)],
)
def test_overload_says_over_http_when_to_ask_again(header: str, told: float) -> None:
    error = _status.from_http(429, problem(detail="too much", reason="overloaded"), header)
    assert isinstance(error, errors.OverloadedError)
    assert error.retry_after_s == told


def test_429_of_something_in_between_is_overload_too() -> None:
    error = _status.from_http(429, b"<html>slow down</html>", "2")
    assert isinstance(error, errors.OverloadedError)
    assert (error.reason, error.retry_after_s) == ("overloaded", 2.0)
