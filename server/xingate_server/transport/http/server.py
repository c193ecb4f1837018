"""The HTTP server of one process: listening, connections, and an orderly end.

aiohttp drops a request whose body is still on its way once it shuts down. Therefore requests are counted here, and
aiohttp shuts down only when none is left or the time for it has passed. Excluded: routes (`http`), errors
(`problems`), TLS.
"""

import asyncio
import contextlib
import socket
from collections.abc import Mapping
from typing import Any, Final

from aiohttp import hdrs, web

from xingate_server.transport.errors import MalformedMessageError
from xingate_server.transport.handlers import Handlers
from xingate_server.transport.http.authzen import routes
from xingate_server.transport.http.body import one
from xingate_server.transport.http.fast.checks import Handle, hot_handles
from xingate_server.transport.http.fast.ready import SERVER, ReadyAnswer
from xingate_server.transport.http.problems import Problems
from xingate_server.transport.http.routes import Readiness, application

_BACKLOG: Final = 1024
_SHUTDOWN_S: Final = 1.0  # for what is left when the time to drain has passed


class HttpFace:
    """The server of one process. `start`, `stop`."""

    def __init__(
        self,
        handlers: Handlers,
        readiness: Readiness,
        *,
        most_bytes: int,
        public_url: str = "",
        proxies: routes.Networks = (),
    ) -> None:
        self._problems = Problems(handlers.metrics, most_bytes)
        self._in_flight = InFlight()
        middlewares = (self._in_flight.middleware, routes.middleware, self._problems.middleware)
        app = application(
            handlers, readiness, middlewares, most_bytes=most_bytes, public_url=public_url, proxies=proxies
        )
        self._hot = hot_handles(handlers, most_bytes)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=_SHUTDOWN_S)
        self._listener: asyncio.AbstractServer | None = None

    async def start(self, bound: socket.socket) -> None:
        """Listen on a socket that is bound; it is ours from here on."""
        await self._runner.setup()
        server = self._runner.server
        if server is None:
            raise RuntimeError("the HTTP server was set up without a server")

        def connect() -> Connection:
            return Connection(server, self._problems, self._in_flight, self._hot)

        self._listener = await asyncio.get_running_loop().create_server(connect, sock=bound, backlog=_BACKLOG)

    async def stop(self, grace_s: float) -> None:
        """Take no new connections, let the requests in flight end for at most `grace_s` seconds, then close all."""
        if self._listener is not None:
            self._listener.close()
        self._in_flight.is_closing = True
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(grace_s):
                await self._in_flight.none()
        await self._runner.cleanup()


class InFlight:
    """How many requests are between their headers and the last byte of their answer."""

    def __init__(self) -> None:
        self.is_closing = False
        self._count = 0
        self._ended = asyncio.Event()

    async def none(self) -> None:
        """Return when there is none."""
        while self._count:
            self._ended.clear()
            await self._ended.wait()

    def __enter__(self) -> None:
        """One more."""
        self._count += 1

    def __exit__(self, *_: object) -> None:
        """One less."""
        self._count -= 1
        if not self._count:
            self._ended.set()

    @property
    def middleware(self) -> Any:
        """The middleware that counts what handlers do; `Connection` counts the writing of answers."""

        @web.middleware
        async def middleware(request: web.Request, handler: Any) -> web.StreamResponse:
            with self:
                answer: web.StreamResponse = await handler(request)
            return answer

        return middleware


class Connection(web.RequestHandler):
    """A connection on which also what aiohttp itself refuses is answered with a problem document.

    Questions go to their handlers at once: finding the route and the way through the middlewares would cost as much
    as the answer. What comes with an `Expect`, and every other path, takes the usual way.
    """

    __slots__ = ("_hot", "_in_flight", "_problems", "_usual")

    def __init__(self, server: web.Server, problems: Problems, in_flight: InFlight, hot: Mapping[str, Handle]) -> None:
        loop = asyncio.get_running_loop()
        super().__init__(server, loop=loop, access_log=None, auto_decompress=False)  # type: ignore[arg-type] # no log
        self._problems = problems
        self._in_flight = in_flight
        self._hot = hot
        self._usual = server.request_handler
        self._request_handler = self._handle

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        handle = self._hot.get(request.raw_path)
        if handle is None or request.method != hdrs.METH_POST or hdrs.EXPECT in request.headers:
            try:
                one(request, hdrs.EXPECT)
            except MalformedMessageError as error:
                return self._problems.answer(error)
            return await self._usual(request)
        with self._in_flight:
            try:
                return await handle(request)
            except Exception as error:  # noqa: BLE001 - the table says what a caller is told
                return self._problems.answer(error)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """What aiohttp calls for bytes that are no request, and for what no middleware saw."""
        del message  # echoes what was sent
        if request.writer.output_size > 0:
            raise ConnectionError("an answer was begun: the error cannot be told any more")
        ours = web.HTTPInternalServerError.status_code
        answer = self._problems.answer(exc) if status >= ours else self._problems.broken(exc)
        answer.force_close()
        return answer

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        """Write the answer, or the problem in the place of aiohttp's own words."""
        if isinstance(resp, web.HTTPException):
            resp = self._problems.answer(resp)
        if not isinstance(resp, ReadyAnswer):
            resp.headers["Server"] = SERVER
        if self._in_flight.is_closing:
            resp.force_close()
        with self._in_flight:
            return await super().finish_response(request, resp, start_time)
