"""The requests of one process that are being answered: counted, so that the server ends when none is left.

Excluded: checks in flight, by which calls are refused (`limits`).
"""

import asyncio
from typing import Any

from aiohttp import web


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
        """The middleware that counts what handlers do, and closes connections once the server ends."""

        @web.middleware
        async def middleware(request: web.Request, handler: Any) -> web.StreamResponse:
            with self:
                answer: web.StreamResponse = await handler(request)
            if self.is_closing:
                answer.force_close()
            return answer

        return middleware
