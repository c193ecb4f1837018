"""The way to a gateway over gRPC, for threads and for asyncio.

Messages go through as bytes. gRPC's own retries are off: ours keep count and keep the request id.
"""

import asyncio
import queue
import threading
from collections.abc import Iterable
from typing import Any

import grpc
import grpc.aio

from xingate._internal.ports import status as _status
from xingate._internal.ports.methods import grpc_path
from xingate._internal.ports.target import Target
from xingate.errors import DeadlineError, ProtocolError, UnavailableError, XingateError

_MOST_BYTES = 64 * 1024 * 1024  # 1000 answers in full
_CLOSED = "Channel closed!"  # gRPC's word for a call that our own `close` cut off
# Without a status of the gateway's own: the transport, or a server that stops and cancels what is in flight.
_CANCELLED: int = grpc.StatusCode.CANCELLED.value[0]
_LOST = frozenset({grpc.StatusCode.UNAVAILABLE.value[0], _CANCELLED})
# gRPC's own pauses grow to two minutes, in which a gateway that is back would go on to be called unavailable.
_FIRST_RECONNECT_MS, _LAST_RECONNECT_MS = 100, 2000
# A connection that died without a word is noticed before the next question has to wait for it; a gateway allows pings
# every 5 s, also while no call is open.
_PING_EVERY_MS, _PONG_WITHIN_MS = 20_000, 10_000
_RETRY_AFTER_S = 0.5  # who cancels without a word stops, or has more calls than it can look at


def _options(target: Target) -> list[tuple[str, int]]:
    options = [
        ("grpc.max_receive_message_length", _MOST_BYTES),
        ("grpc.enable_retries", 0),
        ("grpc.initial_reconnect_backoff_ms", _FIRST_RECONNECT_MS),
        ("grpc.max_reconnect_backoff_ms", _LAST_RECONNECT_MS),
        ("grpc.keepalive_time_ms", _PING_EVERY_MS),
        ("grpc.keepalive_timeout_ms", _PONG_WITHIN_MS),
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.http2.max_pings_without_data", 0),  # as many as there are
    ]
    if target.is_loopback:
        options.append(("grpc.enable_http_proxy", 0))
    return options


def _closed() -> ProtocolError:
    return ProtocolError("the client is closed", reason="closed")


def _error(error: Any, target: Target) -> XingateError:
    code: int = error.code().value[0]
    metadata: Iterable[Any] = error.trailing_metadata() or ()
    status = next((value for key, value in metadata if key == _status.STATUS_DETAILS), None)
    if code in _LOST and status is None:
        if error.details() == _CLOSED:
            return _closed()
        lost = _status.unreachable(str(target), error.details() or "the gateway ended the call")
        if code == _CANCELLED:
            lost.retry_after_s = _RETRY_AFTER_S
        return lost
    return _status.from_grpc(code, error.details() or "", status)


def _ended(target: Target) -> UnavailableError:
    return _status.unreachable(str(target), "the gateway ended the stream")


def _late(target: Target) -> DeadlineError:
    return DeadlineError(f"no answer from `{target}` in time", reason="deadline_exceeded")


class GrpcStream:
    """See `xingate._internal.ports.stream.Stream`."""

    def __init__(self, channel: grpc.Channel, path: str, target: Target) -> None:
        self._target = target
        self._outgoing: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[bytes | XingateError] = queue.SimpleQueue()
        function: Any = channel.stream_stream(path, None, None)
        try:
            self._call = function(iter(self._outgoing.get, None))
        except ValueError:  # the channel is closed
            raise _closed() from None
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
            raise _late(self._target) from None
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
            self._answers.put(_ended(self._target))
        except grpc.RpcError as error:
            self._answers.put(_error(error, self._target))


class AsyncGrpcStream:
    """See `xingate._internal.ports.stream.AsyncStream`."""

    def __init__(self, channel: grpc.aio.Channel, path: str, target: Target) -> None:
        self._target = target
        function: Any = channel.stream_stream(path, None, None)
        try:
            self._call = function()
        except grpc.aio.UsageError:
            raise _closed() from None

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
            raise _late(self._target) from None
        except grpc.RpcError as error:
            raise _error(error, self._target) from None
        except asyncio.CancelledError:
            if self._call.cancelled() and not asyncio.current_task().cancelling():  # type: ignore[union-attr]
                raise _closed() from None
            raise
        if answer is grpc.aio.EOF:  # type: ignore[attr-defined]  # missing in its stubs
            raise _ended(self._target)
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


class GrpcPort:
    """A channel for threads; safe to share between them."""

    def __init__(self, target: Target) -> None:
        self._target = target
        if target.is_secure:
            self._channel = grpc.secure_channel(target.host_and_port, grpc.ssl_channel_credentials(), _options(target))
        else:
            self._channel = grpc.insecure_channel(target.host_and_port, _options(target))
        self._calls: dict[str, Any] = {}

    def call(self, method: str, payload: bytes, timeout_s: float) -> bytes:
        """One unary call."""
        if (function := self._calls.get(method)) is None:
            function = self._calls[method] = self._channel.unary_unary(grpc_path(method), None, None)
        try:
            answer: bytes = function(payload, timeout=timeout_s)
        except grpc.RpcError as error:
            raise _error(error, self._target) from None
        except ValueError as error:  # the channel is closed
            if "closed" not in str(error):
                raise
            raise _closed() from None
        return answer

    def stream(self, path: str) -> GrpcStream:
        """A stream there and back."""
        return GrpcStream(self._channel, path, self._target)

    def close(self) -> None:
        """Close the channel."""
        self._channel.close()


class AsyncGrpcPort:
    """A channel for the running event loop."""

    def __init__(self, target: Target) -> None:
        self._target = target
        if target.is_secure:
            credentials = grpc.ssl_channel_credentials()
            self._channel = grpc.aio.secure_channel(target.host_and_port, credentials, _options(target))
        else:
            self._channel = grpc.aio.insecure_channel(target.host_and_port, _options(target))
        self._calls: dict[str, Any] = {}

    async def acall(self, method: str, payload: bytes, timeout_s: float) -> bytes:
        """One unary call."""
        if (function := self._calls.get(method)) is None:
            function = self._calls[method] = self._channel.unary_unary(grpc_path(method), None, None)
        try:
            answer: bytes = await function(payload, timeout=timeout_s)
        except grpc.RpcError as error:
            raise _error(error, self._target) from None
        except grpc.aio.UsageError:
            raise _closed() from None
        return answer

    def astream(self, path: str) -> AsyncGrpcStream:
        """A stream there and back."""
        return AsyncGrpcStream(self._channel, path, self._target)

    async def aclose(self) -> None:
        """Close the channel."""
        await self._channel.close(None)
