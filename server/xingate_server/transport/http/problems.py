"""Errors over HTTP: problem documents (RFC 9457) for ours and for those of aiohttp alike.

A problem names fields as JSON does (`asOf`, `subject.identifiers[0].value`) and never contains the text of a broken
request line or header. Excluded: codes and titles (`status`).
"""

import re
from typing import Any, Final

import orjson
from aiohttp import HttpVersion11, hdrs, web

from xingate_server.transport.errors import (
    ExpectationError,
    MalformedMessageError,
    MessageTooLargeError,
    MethodNotAllowedError,
    TransportError,
    UnknownRouteError,
)
from xingate_server.transport.http.body import one
from xingate_server.transport.metrics import Metrics
from xingate_server.transport.status import Fault, fault_of, problem

SAFE: Final = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
MEDIA: Final = "application/problem+json"
SERVER: Final = "xingate"

_UNDERSCORE = re.compile(r"_([a-z0-9])")
BROKEN_BODY: Final = "the body broke off or is not framed as HTTP says"


class Problems:
    """Makes the answer to every error and counts it."""

    def __init__(self, metrics: Metrics, most_bytes: int) -> None:
        self._metrics = metrics
        self._most_bytes = most_bytes

    @property
    def middleware(self) -> Any:
        """The middleware that answers whatever a handler raises."""

        @web.middleware
        async def middleware(request: web.Request, handler: Any) -> web.StreamResponse:
            try:
                answer: web.StreamResponse = await handler(request)
            except Exception as error:  # noqa: BLE001 - the table says what a caller is told
                return self.answer(error)
            return answer

        return middleware

    def answer(self, error: BaseException | None) -> web.Response:
        """The problem document of an error; aiohttp's own errors are told in our words."""
        error = self._ours(error)
        fault = fault_of(error)
        self._metrics.failed(fault.reason)
        headers = dict(SAFE)
        if isinstance(error, MethodNotAllowedError):
            headers["Allow"] = error.allowed
        if fault.retry_after_s:
            headers["Retry-After"] = str(fault.retry_after_s)
        # What a transport refuses is already named as the caller wrote it.
        document = problem(fault if isinstance(error, TransportError) else _in_json(fault))
        return web.Response(body=orjson.dumps(document), status=fault.http, content_type=MEDIA, headers=headers)

    async def expect(self, request: web.Request) -> web.Response | None:
        """What a route does with the header `Expect`, before any middleware (RFC 9110 section 10.1.1): lets the body
        come, or refuses what it does not know."""
        if request.version != HttpVersion11:
            return None
        try:
            expected = one(request, hdrs.EXPECT)
        except MalformedMessageError as error:
            return self.answer(error)
        if expected.lower() != "100-continue":
            return self.answer(ExpectationError())
        if request.transport is not None:
            request.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        return None

    def _ours(self, error: BaseException | None) -> Exception:
        if isinstance(error, web.HTTPNotFound):
            return UnknownRouteError()
        if isinstance(error, web.HTTPMethodNotAllowed):
            return MethodNotAllowedError(", ".join(sorted(error.allowed_methods)))
        if isinstance(error, web.HTTPRequestEntityTooLarge):
            return MessageTooLargeError(self._most_bytes)
        if isinstance(error, web.HTTPExpectationFailed):
            return ExpectationError()
        if isinstance(error, web.RequestPayloadError | web.HTTPBadRequest):
            return MalformedMessageError(BROKEN_BODY)
        return error if isinstance(error, Exception) else RuntimeError()


def json_path(field: str) -> str:
    """A field of a message, by the path that its JSON has: `subject.as_of` is `subject.asOf`. Keys of maps stand."""
    path, bracket, key = field.partition("[") if field.startswith("context[") else (field, "", "")
    return _UNDERSCORE.sub(lambda found: found[1].upper(), path) + bracket + key


def _in_json(fault: Fault) -> Fault:
    """The same fault with the field's JSON name, in the message too."""
    path, message = json_path(fault.field), fault.message
    for said, shown in ((fault.field, path), (fault.field.rpartition(".")[2], path.rpartition(".")[2])):
        if said != shown:
            message = re.sub(rf"(?<![\w.]){re.escape(said)}(?!\w)", shown, message)
    return fault._replace(field=path, message=message)
