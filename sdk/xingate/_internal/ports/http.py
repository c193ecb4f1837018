"""The way to a gateway over HTTP with httpx (extra `http`), for threads and for asyncio.

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


def _request(method: str, payload: bytes) -> dict[str, Any]:
    shape = METHODS[method]
    message = shape.request.FromString(payload)
    path = shape.path_of(message)
    if not shape.has_body(message):
        return {"method": "GET", "url": path}
    if shape.in_path:
        message.ClearField(shape.in_path)
    body = json_format.MessageToJson(message, indent=None, ensure_ascii=False).encode()
    return {"method": "POST", "url": path, "content": body, "headers": _HEADERS}


def _answer(method: str, response: httpx.Response) -> bytes:
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
def _errors(target: Target) -> Iterator[None]:
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


class HttpPort:
    """A pool of connections for threads; safe to share between them."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._client = httpx.Client(base_url=str(target), trust_env=not target.is_loopback)

    def call(self, method: str, payload: bytes, timeout_s: float) -> bytes:
        """One exchange."""
        with _errors(self._target):
            response = self._client.request(**_request(method, payload), timeout=timeout_s)
        return _answer(method, response)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


class AsyncHttpPort:
    """A pool of connections for one event loop."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._client = httpx.AsyncClient(base_url=str(target), trust_env=not target.is_loopback)

    async def acall(self, method: str, payload: bytes, timeout_s: float) -> bytes:
        """One exchange."""
        with _errors(self._target):
            response = await self._client.request(**_request(method, payload), timeout=timeout_s)
        return _answer(method, response)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()
