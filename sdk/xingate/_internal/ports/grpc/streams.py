"""Streams over gRPC, there and back: one that is read by a thread of its own, and one for an event loop."""

import asyncio
import queue
import threading
from typing import Any

import grpc
import grpc.aio

from xingate._internal.ports.grpc.channel import closed, ended, late, status_error
from xingate._internal.ports.target import Target
from xingate.errors import XingateError


class GrpcStream:
    """See `xingate._internal.ports.port.Stream`."""

    def __init__(self, channel: grpc.Channel, path: str, target: Target) -> None:
        self._target = target
        self._outgoing: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[bytes | XingateError] = queue.SimpleQueue()
        function: Any = channel.stream_stream(path, None, None)
        try:
            self._call = function(iter(self._outgoing.get, None))
        except ValueError:  # the channel is closed
            raise closed() from None
        threading.Thread(target=self._read, name="xingate-stream", daemon=True).start()

    def send(self, payload: bytes) -> None:
        """Hand one message over; whether it arrives shows at `receive`."""
        self._outgoing.put(payload)

    def end(self) -> None:
        """No more is sent."""
        self._outgoing.put(None)

    def has_answer(self) -> bool:
        """Whether `receive` would not wait."""
        return not self._answers.empty()

    def receive(self, timeout_s: float) -> bytes:
        """The next message."""
        try:
            answer = self._answers.get(timeout=timeout_s)
        except queue.Empty:
            raise late(self._target) from None
        if isinstance(answer, XingateError):
            raise answer
        return answer

    def close(self) -> None:
        """End the call."""
        self.end()
        self._call.cancel()

    def _read(self) -> None:
        try:
            for answer in self._call:
                self._answers.put(answer)
            self._answers.put(ended(self._target))
        except grpc.RpcError as error:
            self._answers.put(status_error(error, self._target))


class AsyncGrpcStream:
    """See `xingate._internal.ports.port.AsyncStream`."""

    def __init__(self, channel: grpc.aio.Channel, path: str, target: Target) -> None:
        self._target = target
        function: Any = channel.stream_stream(path, None, None)
        try:
            self._call = function()
        except grpc.aio.UsageError:
            raise closed() from None

    async def asend(self, payload: bytes) -> None:
        """Hand one message over; whether it arrives shows at `areceive`."""
        await self._quietly(self._call.write(payload))

    async def aend(self) -> None:
        """No more is sent."""
        await self._quietly(self._call.done_writing())

    async def areceive(self, timeout_s: float) -> bytes:
        """The next message."""
        try:
            async with asyncio.timeout(timeout_s):
                answer = await self._call.read()
        except TimeoutError:
            raise late(self._target) from None
        except grpc.RpcError as error:
            raise status_error(error, self._target) from None
        except asyncio.CancelledError:
            if self._call.cancelled() and not asyncio.current_task().cancelling():  # type: ignore[union-attr]
                raise closed() from None
            raise
        if answer is grpc.aio.EOF:  # type: ignore[attr-defined]  # missing in its stubs
            raise ended(self._target)
        return bytes(answer)

    def close(self) -> None:
        """End the call."""
        self._call.cancel()

    async def _quietly(self, sending: Any) -> None:
        try:
            await sending
        except (grpc.RpcError, asyncio.InvalidStateError):
            pass
        except asyncio.CancelledError:
            if asyncio.current_task().cancelling():  # type: ignore[union-attr]  # inside a task
                raise
