"""The gRPC server: raw bytes in and out, rich errors, health, reflection.

Bytes are parsed here and not by grpc.aio, whose own answer to bytes that are not a message is UNKNOWN with a Python
type name. Excluded: what a call does (`handlers`), what reflection returns (`reflection`), codes (`status`), TLS.
Source: DESIGN section 8; grpc.health.v1.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from time import perf_counter
from typing import Any, NoReturn

import grpc
import grpc.aio
from google.protobuf.message import Message
from grpc_health.v1 import health, health_pb2
from grpc_status import rpc_status

from xingate.v1 import snapshot_pb2 as s
from xingate_server.gateway.errors import GatewayError
from xingate_server.transport.calls import SERVICES, STREAMS, UNARY
from xingate_server.transport.grpc.reflection import REFLECTION, Reflection
from xingate_server.transport.handlers import Handlers, calling
from xingate_server.transport.messages.parse import parse
from xingate_server.transport.status import fault_of
from xingate_server.transport.status import rpc_status as status_of

Context = grpc.aio.ServicerContext[Any, Any]
HEALTH = "grpc.health.v1.Health"
_LEAST_WAITING, _MOST_WAITING = 16, 65_536
_LAST_WORD_S = 0.05
# Clients ping every 10 s or so, also while no call is open, so that a dead connection is noticed; gRPC itself allows
# one ping in five minutes and ends the connection after two more (`too_many_pings`). Ours notice a dead client.
_LEAST_BETWEEN_PINGS_MS = 5_000
_PING_EVERY_MS, _PONG_WITHIN_MS = 60_000, 20_000


class GrpcFace:
    """The server of one process. `start`, `set_ready` whenever that changes, `stop`."""

    def __init__(self, handlers: Handlers, *, most_bytes: int, is_port_shared: bool) -> None:
        most_waiting = max(_LEAST_WAITING, min(handlers.limit.most, _MOST_WAITING) // 2)
        self._handlers = handlers
        self._closed = asyncio.Event()
        self._health = health.aio.HealthServicer()  # type: ignore[attr-defined] # missing in its stubs
        self._server = grpc.aio.server(
            options=[
                ("grpc.so_reuseport", int(is_port_shared)),
                ("grpc.max_receive_message_length", most_bytes),
                ("grpc.http2.min_ping_interval_without_data_ms", _LEAST_BETWEEN_PINGS_MS),
                ("grpc.keepalive_permit_without_calls", 1),
                ("grpc.keepalive_time_ms", _PING_EVERY_MS),
                ("grpc.keepalive_timeout_ms", _PONG_WITHIN_MS),
                # What gRPC has received and no Python has seen: past the first, ever more of the newest calls are
                # cancelled, past the second all of them. Refusing these one by one would cost as much as answering;
                # a shorter queue cancels calls of a burst that would soon have had their turn (docs/performance.md).
                ("grpc.server.max_pending_requests", most_waiting),
                ("grpc.server.max_pending_requests_hard_limit", 2 * most_waiting),
                ("grpc.max_send_message_length", -1),  # a batch of a thousand full answers is large, and asked for
            ]
        )
        for service, methods in self._services().items():
            self._server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, methods),))

    async def start(self, address: str) -> int:
        """Listen on `host:port`; the port bound to. Raises RuntimeError if it is taken."""
        port = self._server.add_insecure_port(address)
        await self.set_ready(False)
        await self._server.start()
        return port

    async def set_ready(self, is_ready: bool) -> None:
        """Say whether questions can be answered, for the whole server and for each service."""
        word = health_pb2.HealthCheckResponse.SERVING if is_ready else health_pb2.HealthCheckResponse.NOT_SERVING
        for service in ("", *SERVICES):
            await self._health.set(service, word)

    async def stop(self, grace_s: float) -> None:
        """Take no new calls, let those in flight end for at most `grace_s` seconds."""
        await self._health.enter_graceful_shutdown()
        self._handlers.announce(is_closing=True)
        await asyncio.sleep(_LAST_WORD_S)
        self._closed.set()
        await self._server.stop(grace_s)

    def _services(self) -> dict[str, dict[str, Any]]:
        services: dict[str, dict[str, Any]] = {service: {} for service in SERVICES}
        for name, call in UNARY.items():
            services[call.service][name] = grpc.unary_unary_rpc_method_handler(self._unary(name))
        streams = {
            "StreamCheck": grpc.stream_stream_rpc_method_handler(self._stream_check),
            "WatchSnapshot": grpc.unary_stream_rpc_method_handler(self._watch_snapshot),
        }
        for name, call in STREAMS.items():
            services[call.service][name] = streams[name]
        services[HEALTH] = {
            "Check": grpc.unary_unary_rpc_method_handler(self._health_check),
            "Watch": grpc.unary_stream_rpc_method_handler(self._health_watch, response_serializer=_serialise),
        }
        names = (*SERVICES, HEALTH, *REFLECTION)
        reflection = Reflection(names, self._abort)
        for service in REFLECTION:
            services[service] = {"ServerReflectionInfo": grpc.stream_stream_rpc_method_handler(reflection.info)}
        return services

    def _unary(self, name: str) -> Callable[[bytes, Context], Awaitable[bytes]]:
        observe = self._handlers.metrics.timing("grpc", name).observe
        answer = calling(self._handlers, name)

        async def handle(data: bytes, context: Context) -> bytes:
            started = perf_counter()
            try:
                return await answer(data)
            except Exception as error:  # noqa: BLE001 - the table says what a caller is told
                return await self._abort(context, error)
            finally:
                observe(perf_counter() - started)

        return handle

    async def _stream_check(self, chunks: AsyncIterator[bytes], context: Context) -> AsyncIterator[bytes]:
        try:
            async for result in self._handlers.checks.stream_check(chunks):
                yield result
        except Exception as error:  # noqa: BLE001 - the table says what a caller is told
            await self._abort(context, error)

    async def _watch_snapshot(self, data: bytes, context: Context) -> AsyncIterator[bytes]:
        try:
            async for snapshot in self._handlers.watch_snapshot(parse(s.WatchSnapshotRequest, data)):
                yield snapshot.SerializeToString()
        except Exception as error:  # noqa: BLE001 - the table says what a caller is told
            await self._abort(context, error)

    async def _health_check(self, data: bytes, context: Context) -> bytes:
        try:
            request = parse(health_pb2.HealthCheckRequest, data)
        except GatewayError as error:
            return await self._abort(context, error)
        response: Message = await self._health.Check(request, context)
        return response.SerializeToString()

    async def _health_watch(self, data: bytes, context: Context) -> None:
        try:
            request = parse(health_pb2.HealthCheckRequest, data)
        except GatewayError as error:
            await self._abort(context, error)
        # A watcher hears that the gateway closes, and is then no call to wait for.
        watching, closed = (
            asyncio.ensure_future(each) for each in (self._health.Watch(request, context), self._closed.wait())
        )
        try:
            await asyncio.wait((watching, closed), return_when=asyncio.FIRST_COMPLETED)
        finally:
            watching.cancel()
            closed.cancel()

    async def _abort(self, context: Context, error: Exception) -> NoReturn:
        if isinstance(error, grpc.aio.AbortError):
            raise error
        fault = fault_of(error)
        self._handlers.metrics.failed(fault.reason)
        status = rpc_status.to_status(status_of(fault))
        await context.abort(status.code, status.details, status.trailing_metadata)
        raise error  # never reached: abort raises


def _serialise(message: Message) -> bytes:
    return message.SerializeToString()
