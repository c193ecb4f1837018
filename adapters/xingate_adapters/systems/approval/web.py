"""A check before a web application's routes, as WSGI (PEP 3333) and ASGI 3 middleware.

`file_of` says of a request which file it concerns, or None for requests that need no check; it reads what the framework
put there (path, session) and leaves the body to the application. A stop is answered with 409 and the reasons and
remedies as JSON, and the application is not entered; no answer of the gateway is 503, never a pass. The application
finds the handling under `xingate.handling`.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any

from xingate.errors import InvalidRequestError, UnavailableError, XingateError
from xingate_adapters.systems.approval.approval import ApprovalDesk, ApprovalFile
from xingate_adapters.systems.approval.handling import Handling, Stage
from xingate_adapters.systems.errors import SystemAdapterError

__all__ = ["HANDLING", "AsgiGate", "Checked", "WsgiGate"]

HANDLING = "xingate.handling"
_MEDIA = "application/problem+json"


@dataclass(frozen=True)
class Checked:
    """What a request is about: the file, at which stage, and for a decision the note of the acceptance."""

    file: ApprovalFile
    stage: Stage
    accepted: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class _Refusal:
    status: int
    phrase: str
    body: dict[str, Any]

    @property
    def content(self) -> bytes:
        return json.dumps({"status": self.status, **self.body}, ensure_ascii=False).encode()

    @property
    def headers(self) -> list[tuple[str, str]]:
        headers = [("Content-Type", _MEDIA), ("Content-Length", str(len(self.content))), ("Cache-Control", "no-store")]
        return [*headers, ("Retry-After", "1")] if self.status == 503 else headers  # noqa: PLR2004 -- as HTTP names it


def _ask(desk: ApprovalDesk, checked: Checked) -> Handling | _Refusal:
    try:
        handling = desk.handle(checked.file, checked.stage, checked.accepted)
    except SystemAdapterError as error:
        return _Refusal(422, "Unprocessable Content", {"reason": error.reason, "detail": error.message})
    except InvalidRequestError as error:
        body = {"reason": error.reason, "detail": error.message, "field": error.field}
        return _Refusal(422, "Unprocessable Content", body)
    except XingateError as error:
        reason = error.reason if isinstance(error, UnavailableError) else "no_answer"
        body = {"reason": reason or "unavailable", "detail": "no answer, so the matter does not go on: try again"}
        return _Refusal(503, "Service Unavailable", body | {"requestId": error.request_id})
    if handling.step.is_stop:
        note = handling.note()
        told = {key: note[key] for key in ("matter", "step", "verdict", "reasons", "remedies", "requestId")}
        return _Refusal(409, "Conflict", {"reason": "stopped", "detail": handling.step.title_zh, **told})
    return handling


class WsgiGate:
    """WSGI middleware."""

    def __init__(
        self,
        app: Callable[..., Iterable[bytes]],
        desk: ApprovalDesk,
        file_of: Callable[[dict[str, Any]], Checked | None],
    ) -> None:
        self._app = app
        self._desk = desk
        self._file_of = file_of

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request."""
        checked = self._file_of(environ)
        if checked is None:
            return self._app(environ, start_response)
        answer = _ask(self._desk, checked)
        if isinstance(answer, _Refusal):
            start_response(f"{answer.status} {answer.phrase}", answer.headers)
            return [answer.content]
        environ[HANDLING] = answer
        return self._app(environ, start_response)


_Scope = MutableMapping[str, Any]
_App = Callable[[_Scope, Callable[..., Any], Callable[..., Any]], Awaitable[None]]


class AsgiGate:
    """ASGI middleware; the check runs in a thread, so that it holds up nobody else."""

    def __init__(self, app: _App, desk: ApprovalDesk, file_of: Callable[[_Scope], Awaitable[Checked | None]]) -> None:
        self._app = app
        self._desk = desk
        self._file_of = file_of

    async def __call__(self, scope: _Scope, receive: Callable[..., Any], send: Callable[..., Any]) -> None:
        """Answer one request; anything but HTTP goes through."""
        checked = await self._file_of(scope) if scope["type"] == "http" else None
        if checked is None:
            await self._app(scope, receive, send)
            return
        answer = await asyncio.to_thread(_ask, self._desk, checked)
        if isinstance(answer, _Refusal):
            headers = [(name.lower().encode(), value.encode()) for name, value in answer.headers]
            await send({"type": "http.response.start", "status": answer.status, "headers": headers})
            await send({"type": "http.response.body", "body": answer.content})
            return
        await self._app({**scope, HANDLING: answer}, receive, send)
