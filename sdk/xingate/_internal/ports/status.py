"""From what a transport says about a failure to the tree of `xingate.errors`. Imports protobuf, not grpc."""

import json
import math
import re
from typing import Any

from google.protobuf.message import DecodeError
from google.rpc import error_details_pb2, status_pb2

from xingate.errors import OVERLOADED, ProtocolError, UnavailableError, XingateError, from_status

STATUS_DETAILS = "grpc-status-details-bin"

_CAPITAL = re.compile(r"(?<=[a-z0-9])[A-Z]")

_TOO_MANY_REQUESTS = 429
_CODE_BY_HTTP_STATUS = {
    400: 3,
    401: 16,
    403: 7,
    404: 5,
    409: 6,
    413: 8,
    415: 3,
    422: 3,
    429: 14,
    502: 14,
    503: 14,
    504: 14,
}

# For what ends a call without a status of the gateway's own.
_REASON_BY_CODE = {4: "deadline_exceeded"}


def from_grpc(code: int, details: str, status: bytes | None) -> XingateError:
    """The error of a failed RPC; `status` are the bytes of its `google.rpc.Status`, where it sent one."""
    reason, field, retry_after_s = _details(status) if status else ("", "", 0.0)
    error = from_status(code, reason or _REASON_BY_CODE.get(code, ""), details, field)
    return _to_be_asked_again(error, retry_after_s)


def _to_be_asked_again(error: XingateError, retry_after_s: float) -> XingateError:
    if isinstance(error, UnavailableError) and 0 < retry_after_s < math.inf:
        error.retry_after_s = retry_after_s
    return error


def _details(content: bytes) -> tuple[str, str, float]:
    reason, field, retry_after_s = "", "", 0.0
    try:
        status = status_pb2.Status.FromString(content)
        for detail in status.details:
            info, bad_request = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
            retry = error_details_pb2.RetryInfo()
            if detail.Unpack(info):
                reason = info.reason
            elif detail.Unpack(bad_request) and bad_request.field_violations:
                field = bad_request.field_violations[0].field
            elif detail.Unpack(retry):
                retry_after_s = retry.retry_delay.seconds + retry.retry_delay.nanos / 1e9
    except DecodeError:
        return reason, field, retry_after_s
    return reason, field, retry_after_s


def from_http(status: int, content: bytes, retry_after: str = "") -> XingateError:
    """The error of an HTTP answer that is not 200: a problem document (RFC 9457), or whatever stood between.

    `retry_after` is the header of that name; a date in it (RFC 9110 section 10.2.3) is passed over.
    """
    problem = _object(content)
    message = str(problem.get("detail") or problem.get("title") or f"the gateway answered HTTP status {status}")
    code = _CODE_BY_HTTP_STATUS.get(status, 13)
    reason = str(problem.get("reason", "")) or (OVERLOADED if status == _TOO_MANY_REQUESTS else "")
    if reason in {"", "route_unknown"} and status in {404, 405, 409}:
        # Something else than a gateway, or another version: its "not found" says nothing about our record.
        return ProtocolError(f"HTTP status {status} for one of a gateway's own paths: is the address right?")
    error = from_status(code, reason, message, proto_path(str(problem.get("field", ""))))
    return _to_be_asked_again(error, float(retry_after) if retry_after.isdecimal() else 0.0)


def proto_path(field: str) -> str:
    """A field that HTTP names as JSON does, as the messages name it: `subject.asOf` is `subject.as_of`."""
    if field.startswith("context"):  # what follows is a key of the caller's
        return field
    return _CAPITAL.sub(lambda found: f"_{found[0].lower()}", field)


def _object(content: bytes) -> dict[str, Any]:
    try:
        value = json.loads(content)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def unreachable(where: str, why: object) -> UnavailableError:
    """The gateway could not be reached, or the connection broke."""
    return UnavailableError(f"the gateway at `{where}` cannot be reached: {why}", reason="unreachable")
