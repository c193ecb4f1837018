"""The only table from errors to codes: gRPC, HTTP, and the reason that both show.

gRPC details are a `google.rpc.Status` with ErrorInfo and, if a field is concerned, BadRequest, or, if a retry makes
sense, RetryInfo (over HTTP: `Retry-After`). HTTP problems follow RFC 9457. An exception that is not in the table is a
bug: it becomes INTERNAL / 500 with the reason `internal`, and neither its text nor any value goes to the caller or into
the log.
"""

import traceback
from typing import Any, NamedTuple

import structlog
from google.protobuf import any_pb2, duration_pb2
from google.rpc import code_pb2, error_details_pb2, status_pb2

from xingate_server.gateway import errors as gateway
from xingate_server.transport import errors as transport

DOMAIN = "xingate"
INTERNAL_TEXT = "the gateway failed: no verdict was given, a retry with the same request id is safe"

# What the caller sent may stand in a message: clipped, so that gRPC's metadata (8 KiB) always holds it.
_MOST_TEXT, _MOST_FIELD = 240, 120

log = structlog.get_logger(__name__)


class Row(NamedTuple):
    """How one kind of error is told: a google.rpc.Code, an HTTP status, a title, and the seconds after which to ask
    again (0: nothing is said of it)."""

    code: int
    http: int
    title: str
    retry_after_s: int = 0


TABLE: dict[type[Exception], Row] = {
    gateway.InvalidQuestionError: Row(code_pb2.INVALID_ARGUMENT, 400, "The question cannot be answered as asked"),
    gateway.InvalidOutcomeError: Row(code_pb2.INVALID_ARGUMENT, 400, "The report cannot be recorded as it is"),
    gateway.UnknownSequenceError: Row(code_pb2.NOT_FOUND, 404, "No such snapshot"),
    gateway.UnknownRecordError: Row(code_pb2.NOT_FOUND, 404, "No such record"),
    gateway.RequestIdReusedError: Row(code_pb2.ALREADY_EXISTS, 409, "The request id stands for another question"),
    gateway.NotAllowedError: Row(code_pb2.PERMISSION_DENIED, 403, "The caller may not do this"),
    gateway.UnavailableError: Row(code_pb2.UNAVAILABLE, 503, "No verdict can be given now", 1),
    transport.MalformedMessageError: Row(code_pb2.INVALID_ARGUMENT, 400, "The message is malformed"),
    transport.UnknownFieldError: Row(code_pb2.INVALID_ARGUMENT, 400, "The message has an unknown field"),
    transport.BatchTooLargeError: Row(code_pb2.INVALID_ARGUMENT, 400, "The batch is too large"),
    transport.MessageTooLargeError: Row(code_pb2.RESOURCE_EXHAUSTED, 413, "The message is too large"),
    transport.MediaTypeError: Row(code_pb2.INVALID_ARGUMENT, 415, "The media type is not supported"),
    transport.ExpectationError: Row(code_pb2.INVALID_ARGUMENT, 417, "The expectation is not met"),
    transport.OverloadedError: Row(code_pb2.RESOURCE_EXHAUSTED, 429, "The gateway has too much to do", 1),
    transport.ClientGoneError: Row(code_pb2.CANCELLED, 400, "The caller is gone"),
    transport.UnknownRouteError: Row(code_pb2.NOT_FOUND, 404, "No such path"),
    transport.MethodNotAllowedError: Row(code_pb2.UNIMPLEMENTED, 405, "The path does not take this method"),
}
INTERNAL = Row(code_pb2.INTERNAL, 500, "The gateway failed")


class Fault(NamedTuple):
    """An error as told to the caller."""

    code: int
    http: int
    title: str
    retry_after_s: int
    reason: str
    message: str
    field: str


def fault_of(error: Exception) -> Fault:
    """What to tell about `error`; a bug is logged, without any value, and told as `internal`."""
    for kind in type(error).__mro__:
        if (row := TABLE.get(kind)) is not None and isinstance(error, gateway.GatewayError):
            return Fault(*row, error.reason, _clip(error.message, _MOST_TEXT), _clip(error.field, _MOST_FIELD))
    log.error("bug", error=type(error).__qualname__, frames=_frames(error))
    return Fault(*INTERNAL, "internal", INTERNAL_TEXT, "")


def _clip(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _frames(error: Exception) -> list[str]:
    # Places only: an exception's text and a frame's source line may hold a name or a number.
    return [f"{f.filename}:{f.lineno} {f.name}" for f in traceback.extract_tb(error.__traceback__)[-12:]]


def rpc_status(fault: Fault) -> status_pb2.Status:
    """The `google.rpc.Status` of a fault."""
    details: list[Any] = [error_details_pb2.ErrorInfo(reason=fault.reason, domain=DOMAIN)]
    if fault.field:
        violation = error_details_pb2.BadRequest.FieldViolation(
            field=fault.field, description=fault.message, reason=fault.reason
        )
        details.append(error_details_pb2.BadRequest(field_violations=[violation]))
    if fault.retry_after_s:
        details.append(error_details_pb2.RetryInfo(retry_delay=duration_pb2.Duration(seconds=fault.retry_after_s)))
    status = status_pb2.Status(code=fault.code, message=fault.message)
    for detail in details:
        packed = any_pb2.Any()
        packed.Pack(detail)
        status.details.append(packed)
    return status


def problem(fault: Fault) -> dict[str, str | int]:
    """The RFC 9457 problem document of a fault."""
    document: dict[str, str | int] = {
        "type": f"urn:xingate:problem:{fault.reason}",
        "title": fault.title,
        "status": fault.http,
        "detail": fault.message,
        "reason": fault.reason,
    }
    if fault.field:
        document["field"] = fault.field
    return document
