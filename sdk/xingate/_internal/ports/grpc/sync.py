# Made from _internal/ports/grpc/aio.py by sdk/make_sync.py: change that file, then run `make sync`.
"""The way to a gateway over gRPC, for threads. Made from `aio.py` beside it (`make sync`)."""

from typing import Any

import grpc

from xingate._internal.ports.grpc.channel import error_of, options_of
from xingate._internal.ports.grpc.streams import GrpcStream
from xingate._internal.ports.methods import grpc_path
from xingate._internal.ports.target import Target


class GrpcPort:
    """A channel for threads; safe to share between them."""

    def __init__(self, target: Target) -> None:
        self._target = target
        address, options = target.host_and_port, options_of(target)
        if target.is_secure:
            self._channel = grpc.secure_channel(address, grpc.ssl_channel_credentials(), options)
        else:
            self._channel = grpc.insecure_channel(address, options)
        self._calls: dict[str, Any] = {}

    def call(self, method: str, payload: bytes, timeout_s: float) -> bytes:
        """One unary call."""
        if (function := self._calls.get(method)) is None:
            function = self._calls[method] = self._channel.unary_unary(grpc_path(method), None, None)
        try:
            answer: bytes = function(payload, timeout=timeout_s)
        except (grpc.RpcError, ValueError) as error:
            raise error_of(error, self._target) from None
        return answer

    def stream(self, path: str) -> GrpcStream:
        """A stream there and back."""
        return GrpcStream(self._channel, path, self._target)

    def close(self) -> None:
        """Close the channel."""
        self._channel.close()
