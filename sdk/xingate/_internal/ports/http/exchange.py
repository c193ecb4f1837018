"""What both faces of the way over HTTP have in common: a call as a request of httpx, its answer, its errors.

Messages go as proto3 JSON. Redirects are not followed: an answer comes from the address that was given. Unknown
fields in answers are ignored, so that a newer gateway can be asked.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from google.protobuf import json_format

from xingate._internal.ports import status
from xingate._internal.ports.methods import METHODS
from xingate._internal.ports.target import Target
from xingate.errors import DeadlineError, ProtocolError
from xingate.v1 import verification_pb2

_HEADERS = {"Accept": "application/json", "Content-Type": "application/json"}


def request_of(method: str, payload: bytes) -> dict[str, Any]:
    """The arguments of httpx for a call."""
    shape = METHODS[method]
    message = shape.request.FromString(payload)
    path = shape.path_of(message)
    if not shape.has_body(message):
        return {"method": "GET", "url": path}
    if shape.in_path:
        message.ClearField(shape.in_path)
    body = json_format.MessageToJson(message, indent=None, ensure_ascii=False).encode()
    return {"method": "POST", "url": path, "content": body, "headers": _HEADERS}


def answer_of(method: str, response: httpx.Response) -> bytes:
    """The serialised message of an answer. Raises errors of `xingate.errors`."""
    if response.status_code != httpx.codes.OK:
        raise status.from_http(response.status_code, response.content, response.headers.get("Retry-After", ""))
    message = METHODS[method].response()
    try:
        json_format.Parse(response.content, message, ignore_unknown_fields=True)
    except (json_format.ParseError, UnicodeDecodeError):
        raise ProtocolError(f"the answer to {method} is not the JSON of `{message.DESCRIPTOR.name}`") from None
    if isinstance(message, verification_pb2.BatchCheckResponse):
        for result in message.results:
            if result.HasField("error"):
                result.error.field = status.proto_path(result.error.field)
    return message.SerializeToString()


@contextmanager
def errors_of(target: Target) -> Iterator[None]:
    """What goes wrong with an exchange, as errors of `xingate.errors`."""
    try:
        yield
    except httpx.ConnectTimeout as error:
        raise status.unreachable(str(target), error) from None
    except httpx.TimeoutException:
        raise DeadlineError(f"no answer from `{target}` in time", reason="deadline_exceeded") from None
    except httpx.TransportError as error:
        raise status.unreachable(str(target), error) from None
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise ProtocolError(f"the exchange with `{target}` failed: {error}") from None
    except RuntimeError as error:
        if "closed" not in str(error):
            raise
        raise ProtocolError("the client is closed", reason="closed") from None
