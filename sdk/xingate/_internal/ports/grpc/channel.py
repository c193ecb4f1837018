"""What both faces of the way over gRPC have in common: the options of a channel, and what its errors mean.

Messages go through as bytes. gRPC's own retries are off: ours keep count and keep the request id.
"""

from collections.abc import Iterable
from typing import Any

import grpc
import grpc.aio

from xingate._internal.ports import status as _status
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


def options_of(target: Target) -> list[tuple[str, int]]:
    """The options of a channel to `target`."""
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


def closed() -> ProtocolError:
    """The client is closed."""
    return ProtocolError("the client is closed", reason="closed")


def error_of(error: Exception, target: Target) -> Exception:
    """What an error of a call or a stream means; one that is none of gRPC's own comes back as it is."""
    if isinstance(error, grpc.RpcError):
        return status_error(error, target)
    if isinstance(error, grpc.aio.UsageError) or (isinstance(error, ValueError) and "closed" in str(error)):
        return closed()
    return error


def status_error(error: Any, target: Target) -> XingateError:
    """What an RpcError means: the gateway's own status, or that the way to it is lost."""
    code: int = error.code().value[0]
    metadata: Iterable[Any] = error.trailing_metadata() or ()
    status = next((value for key, value in metadata if key == _status.STATUS_DETAILS), None)
    if code in _LOST and status is None:
        if error.details() == _CLOSED:
            return closed()
        lost = _status.unreachable(str(target), error.details() or "the gateway ended the call")
        if code == _CANCELLED:
            lost.retry_after_s = _RETRY_AFTER_S
        return lost
    return _status.from_grpc(code, error.details() or "", status)


def ended(target: Target) -> UnavailableError:
    """The gateway ended a stream, of which more was expected."""
    return _status.unreachable(str(target), "the gateway ended the stream")


def late(target: Target) -> DeadlineError:
    """The time for an answer has passed."""
    return DeadlineError(f"no answer from `{target}` in time", reason="deadline_exceeded")
