"""The way to a gateway over gRPC, for asyncio. `sync.py` beside it is made from this file (`make sync`)."""

from typing import Any

import grpc
import grpc.aio

from xingate._internal.ports.grpc.channel import error_of, options_of
from xingate._internal.ports.grpc.streams import AsyncGrpcStream
from xingate._internal.ports.methods import grpc_path
from xingate._internal.ports.target import Target


class AsyncGrpcPort:
    """A channel for the running event loop."""

    def __init__(self, target: Target) -> None:
        self._target = target
        address, options = target.host_and_port, options_of(target)
        if target.is_secure:
            self._channel = grpc.aio.secure_channel(address, grpc.ssl_channel_credentials(), options)
        else:
            self._channel = grpc.aio.insecure_channel(address, options)
        self._calls: dict[str, Any] = {}

    async def acall(self, method: str, payload: bytes, timeout_s: float) -> bytes:
        """One unary call."""
        if (function := self._calls.get(method)) is None:
            function = self._calls[method] = self._channel.unary_unary(grpc_path(method), None, None)
        try:
            answer: bytes = await function(payload, timeout=timeout_s)
        except (grpc.RpcError, grpc.aio.UsageError, ValueError) as error:
            raise error_of(error, self._target) from None
        return answer

    def astream(self, path: str) -> AsyncGrpcStream:
        """A stream there and back."""
        return AsyncGrpcStream(self._channel, path, self._target)

    async def aclose(self) -> None:
        """Close the channel."""
        await self._channel.close(None)
