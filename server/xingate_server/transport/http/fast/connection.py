"""A connection that leads checks to their handlers at once, and answers what aiohttp itself refuses in our words.

Finding the route and the way through the middlewares would cost as much as the answer. What comes with an `Expect`, and
every other path, takes the usual way. Excluded: what a check does (`http.checks`), errors (`problems`).
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import hdrs, web
from aiohttp.http_exceptions import LineTooLong, PayloadEncodingError

from xingate_server.transport.errors import MalformedMessageError
from xingate_server.transport.handlers import Handlers
from xingate_server.transport.http.body import one
from xingate_server.transport.http.checks import PATHS, check_handles
from xingate_server.transport.http.fast.ready import ReadyAnswer, ReadyHead
from xingate_server.transport.http.in_flight import InFlight
from xingate_server.transport.http.problems import BROKEN_BODY, SERVER, Problems

Handle = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]

_TWICE = re.compile(r"Duplicate '([A-Za-z-]+)' header")  # one of the names that aiohttp knows, not what was sent


class FastHttp:
    """Makes the connections of one server, which are aiohttp's own but for what this folder is for."""

    def __init__(self, handlers: Handlers, problems: Problems, in_flight: InFlight, most_bytes: int) -> None:
        head = ReadyHead()
        handles = check_handles(handlers, most_bytes, lambda body: ReadyAnswer(body, head))
        self._hot = {PATHS[name]: handle for name, handle in handles.items()}
        self._problems = problems
        self._in_flight = in_flight

    def connecting(self, server: web.Server) -> Callable[[], asyncio.Protocol]:
        """What makes a connection of `server`, for `loop.create_server`."""
        return lambda: Connection(server, self._problems, self._in_flight, self._hot)


class Connection(web.RequestHandler):
    """One connection. A problem document answers bytes that are not a request, too."""

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
        """What aiohttp calls for bytes that are not a request, and for what no middleware saw."""
        del message  # echoes what was sent
        if request.writer.output_size > 0:
            raise ConnectionError("an answer was begun: the error cannot be reported any more")
        ours = web.HTTPInternalServerError.status_code
        answer = self._problems.answer(exc) if status >= ours else self._problems.answer(_broken(exc))
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


def _broken(error: BaseException | None) -> MalformedMessageError:
    """What is wrong with bytes that are not a request at all."""
    if isinstance(error, LineTooLong):
        text = "the request line or a header is too long: at most 8190 bytes are read"
    elif found := _TWICE.search(str(error)):
        return MalformedMessageError(f"the header `{found[1]}` is given twice", found[1])
    elif isinstance(error, PayloadEncodingError):
        text = BROKEN_BODY
    else:
        text = "the request line or a header is not as HTTP/1.1 says"
    return MalformedMessageError(text)
