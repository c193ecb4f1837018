"""A gateway in this process: the one in a state directory (extra `server`), or `testing.FakeGateway`.

The server is found by its entry point in the group `xingate.embedded`, never by import. It is a callable that
takes the state directory and returns a `Backend`.
"""

import asyncio
from importlib.metadata import entry_points
from pathlib import Path
from typing import Protocol, cast

from xingate.errors import DeadlineError, MissingExtraError, UnavailableError

GROUP = "xingate.embedded"


class Backend(Protocol):
    """What a gateway in this process offers. Raises errors of `xingate.errors`."""

    def call(self, method: str, payload: bytes, /) -> bytes:
        """Answer one request, given and returned as a serialised message."""
        ...

    async def acall(self, method: str, payload: bytes, /) -> bytes:
        """The same for asyncio."""
        ...

    def close(self) -> None:
        """Release what the gateway holds."""
        ...


class BackendPort:
    """A backend as a port, for threads and for asyncio. A call for threads is not cut off by its time limit."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def call(self, method: str, payload: bytes, _timeout_s: float) -> bytes:
        """One call."""
        return self._backend.call(method, payload)

    async def acall(self, method: str, payload: bytes, timeout_s: float) -> bytes:
        """One call."""
        try:
            async with asyncio.timeout(timeout_s):
                return await self._backend.acall(method, payload)
        except TimeoutError:
            raise DeadlineError("no answer in time", reason="deadline_exceeded") from None

    def close(self) -> None:
        """Close the backend."""
        self._backend.close()

    async def aclose(self) -> None:
        """Close the backend, which may wait for its last commit."""
        await asyncio.to_thread(self._backend.close)


def open_backend(state: Path) -> Backend:
    """The gateway over a state directory, which a compile has made."""
    found = list(entry_points(group=GROUP))
    if not found:
        raise MissingExtraError("server", f"`embedded:{state}`")
    if not state.is_dir():
        raise UnavailableError(
            f"there is no state directory `{state}`: run `xingate compile` first", reason="state_missing"
        )
    try:
        opener = found[0].load()
    except ModuleNotFoundError as error:
        raise MissingExtraError("server", f"`embedded:{state}`") from error
    return cast("Backend", opener(state))
