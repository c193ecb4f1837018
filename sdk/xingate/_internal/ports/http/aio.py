"""The way to a gateway over HTTP, for asyncio. `sync.py` beside it is made from this file (`make sync`)."""

import httpx

from xingate._internal.ports.http.exchange import answer_of, errors_of, request_of
from xingate._internal.ports.target import Target


class AsyncHttpPort:
    """A pool of connections for one event loop."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._client = httpx.AsyncClient(base_url=str(target), trust_env=not target.is_loopback)

    async def acall(self, method: str, payload: bytes, timeout_s: float) -> bytes:
        """One exchange."""
        with errors_of(self._target):
            response = await self._client.request(**request_of(method, payload), timeout=timeout_s)
        return answer_of(method, response)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()
