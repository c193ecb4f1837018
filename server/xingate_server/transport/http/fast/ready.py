"""An HTTP answer whose headers never change but for length and date: written with its body in one piece.

aiohttp makes, orders and checks a table of headers for each answer, which costs more than deciding. Where a connection
is to be closed, or speaks HTTP/1.0, the answer is made in aiohttp's usual way. Source: RFC 9112.
"""

from collections.abc import Callable

from aiohttp import HttpVersion11, web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.helpers import rfc822_formatted_time
from aiohttp.http_writer import StreamWriter

from xingate_server.transport.http.body import JSON
from xingate_server.transport.http.problems import SAFE, SERVER


class ReadyHead:
    """Everything up to the length, made again once a second."""

    def __init__(self) -> None:
        self._date = ""
        self._head = b""

    def __call__(self) -> bytes:
        """The bytes for now."""
        date = rfc822_formatted_time()
        if date != self._date:
            lines = {**SAFE, "Content-Type": JSON, "Date": date, "Server": SERVER}
            fields = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
            self._date, self._head = date, f"HTTP/1.1 200 OK\r\n{fields}Content-Length: ".encode()
        return self._head


class ReadyAnswer(web.Response):
    """200 with a JSON body. `head` is a `ReadyHead`."""

    def __init__(self, body: bytes, head: Callable[[], bytes]) -> None:
        # The table of headers, and all that rests on it, is made in the usual way alone.
        self._content = body
        self._head = head
        self._writer: AbstractStreamWriter | None = None
        self._keep_alive: bool | None = None
        self._usual: web.Response | None = None

    def force_close(self) -> None:
        """Close the connection behind this answer."""
        self._keep_alive = False

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        """See `web.StreamResponse`."""
        self._writer = request.writer
        is_kept = request.keep_alive and self._keep_alive is not False
        if not is_kept or request.version != HttpVersion11:
            self._usual = usual = web.Response(body=self._content, content_type=JSON, headers=SAFE)
            usual.headers["Server"] = SERVER
            if not is_kept:
                usual.force_close()
            writer = await usual.prepare(request)
            self._keep_alive = usual.keep_alive
            return writer
        self._keep_alive = True
        return self._writer

    async def write_eof(self, data: bytes = b"") -> None:
        """See `web.StreamResponse`. Raises ConnectionError if the caller is gone."""
        if self._usual is not None:
            await self._usual.write_eof(data)
            return
        content = self._content
        whole = b"%b%d\r\n\r\n%b" % (self._head(), len(content), content)
        writer = self._writer
        if not isinstance(writer, StreamWriter) or writer.transport is None or writer.transport.is_closing():
            raise ConnectionResetError("the connection was closed before the answer was written")
        writer.output_size += len(whole)
        writer.transport.write(whole)
        await writer.drain()
