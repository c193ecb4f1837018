"""The HTTP server of one process: listening, and an orderly end.

aiohttp drops a request whose body is still on its way once it shuts down. Therefore requests are counted here
(`in_flight`), and aiohttp shuts down only when none is left or the time for it has passed. Without `is_fast` it is
served by aiohttp's documented parts alone, with the same answers; bytes that are not an HTTP request, and an unknown
`Expect` at an unknown path, then get aiohttp's own words. Excluded: routes (`routes`), errors (`problems`), TLS.
"""

import asyncio
import contextlib
import socket
from typing import Final

from aiohttp import web

from xingate_server.transport.handlers import Handlers
from xingate_server.transport.http.authzen import routes
from xingate_server.transport.http.fast.connection import FastHttp
from xingate_server.transport.http.in_flight import InFlight
from xingate_server.transport.http.problems import SERVER, Problems
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
        is_fast: bool = True,
    ) -> None:
        problems = Problems(handlers.metrics, most_bytes)
        self._in_flight = InFlight()
        middlewares = (self._in_flight.middleware, routes.middleware, problems.middleware)
        app = application(
            handlers,
            readiness,
            middlewares,
            problems.expect,
            most_bytes=most_bytes,
            public_url=public_url,
            proxies=proxies,
        )
        app.on_response_prepare.append(_name_server)
        self._fast = FastHttp(handlers, problems, self._in_flight, most_bytes) if is_fast else None
        self._runner = web.AppRunner(app, access_log=None, auto_decompress=False, shutdown_timeout=_SHUTDOWN_S)
        self._listener: asyncio.AbstractServer | None = None

    async def start(self, bound: socket.socket) -> None:
        """Listen on a socket that is bound; it is ours from here on."""
        await self._runner.setup()
        server = self._runner.server
        if server is None:
            raise RuntimeError("the HTTP server was set up without a server")
        connect = server if self._fast is None else self._fast.connecting(server)
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


async def _name_server(_request: web.Request, answer: web.StreamResponse) -> None:
    answer.headers["Server"] = SERVER
