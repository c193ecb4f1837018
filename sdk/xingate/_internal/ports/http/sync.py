# Made from _internal/ports/http/aio.py by sdk/make_sync.py: change that file, then run `make sync`.
"""The way to a gateway over HTTP, for threads. Made from `aio.py` beside it (`make sync`)."""

import httpx

from xingate._internal.ports.http.exchange import answer_of, errors_of, request_of
from xingate._internal.ports.target import Target


class HttpPort:
    """A pool of connections for threads; safe to share between them."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._client = httpx.Client(base_url=str(target), trust_env=not target.is_loopback)

    def call(self, method: str, payload: bytes, timeout_s: float) -> bytes:
        """One exchange."""
        with errors_of(self._target):
            response = self._client.request(**request_of(method, payload), timeout=timeout_s)
        return answer_of(method, response)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()
