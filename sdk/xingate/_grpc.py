"""The way to a gateway over gRPC, for threads and for asyncio.

Messages go through as bytes. gRPC's own retries are off: ours keep count and keep the request id.
"""

from collections.abc import Iterable
from typing import Any

import grpc
import grpc.aio

from xingate import _status
from xingate._methods import grpc_path
from xingate._target import Target
from xingate.errors import ProtocolError, XingateError

_MOST_BYTES = 64 * 1024 * 1024  # 1000 answers in full
_CLOSED = "Channel closed!"  # gRPC's word for a call that our own `close` cut off
# Without a status of the gateway's own: the transport, or a server that stops and cancels what is in flight.
_CANCELLED: int = grpc.StatusCode.CANCELLED.value[0]
_LOST = frozenset({grpc.StatusCode.UNAVAILABLE.value[0], _CANCELLED})
_RETRY_AFTER_S = 0.5  # who cancels without a word stops, or has more calls than it can look at


def _options(target: Target) -> list[tuple[str, int]]:
    options = [("grpc.max_receive_message_length", _MOST_BYTES), ("grpc.enable_retries", 0)]
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

    async def aclose(self) -> None:
        """Close the channel."""
        await self._channel.close(None)
