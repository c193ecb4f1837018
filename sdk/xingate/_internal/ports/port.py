"""What a client needs of a way to the gateway. Every method raises errors of `xingate.errors` only."""

from typing import Protocol, runtime_checkable


class Port(Protocol):
    """The way to a gateway, for threads."""

    def call(self, method: str, payload: bytes, timeout_s: float) -> bytes: ...

    def close(self) -> None: ...


class AsyncPort(Protocol):
    """The same for asyncio."""

    async def acall(self, method: str, payload: bytes, timeout_s: float) -> bytes: ...

    async def aclose(self) -> None: ...


class Stream(Protocol):
    """Messages there and back, for threads."""

    def send(self, payload: bytes) -> None: ...

    def end(self) -> None:
        """No more is sent."""

    def has_answer(self) -> bool:
        """Whether `receive` would not wait."""

    def receive(self, timeout_s: float) -> bytes: ...

    def close(self) -> None: ...


class AsyncStream(Protocol):
    """The same for asyncio."""

    async def asend(self, payload: bytes) -> None: ...

    async def aend(self) -> None: ...

    async def areceive(self, timeout_s: float) -> bytes: ...

    def close(self) -> None: ...


@runtime_checkable
class StreamPort(Protocol):
    """A port that has streams."""

    def stream(self, path: str) -> Stream: ...


@runtime_checkable
class AsyncStreamPort(Protocol):
    """A port for asyncio that has streams."""

    def astream(self, path: str) -> AsyncStream: ...
