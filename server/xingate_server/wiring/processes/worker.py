"""One worker process: a node with both servers, up until its parent stops it or is gone, then drained."""

import asyncio
import contextlib
import gc
import logging
import signal
import socket
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from aiohttp.http_exceptions import HttpProcessingError

from xingate_server.settings import Settings
from xingate_server.trace.port import TraceError
from xingate_server.transport.grpc.server import GrpcFace
from xingate_server.transport.http.server import HttpFace
from xingate_server.wiring.board import Seat
from xingate_server.wiring.logging_setup import configure
from xingate_server.wiring.node import Node
from xingate_server.wiring.processes.listen import Ports, ServeError, bind
from xingate_server.wiring.processes.listeners import listening
from xingate_server.wiring.processes.pulse import beating

_LATE_S = 0.1

log = structlog.get_logger(__name__)

_OBJECTS_BETWEEN_COLLECTIONS = 50_000  # Python's own 700 are reached by a dozen checks


@dataclass(frozen=True)
class Starter:
    """The parent, and what it hears.

    `on_up` hears the snapshot's sequence (0 without one) once both ports answer, and the sockets that listen on them;
    `on_snapshot` the sequence once there is one, where there was none; `on_closing` that no more connections are
    taken. `seat` is the worker's; `sentinel` is a file descriptor that becomes readable when the parent is gone.
    """

    on_up: Callable[[int, Sequence[socket.socket]], None]
    on_snapshot: Callable[[int], None]
    on_closing: Callable[[], None]
    seat: Seat
    sentinel: int


def run(settings: Settings, ports: Ports, starter: Starter) -> None:
    """Serve until SIGTERM, or until the parent is gone. Raises ServeError."""
    configure(settings.log_level, settings.log_format)
    logging.getLogger("aiohttp.server").addFilter(_is_our_concern)
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_serve(settings, ports, starter))


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop
    return uvloop.new_event_loop


def _is_our_concern(record: logging.LogRecord) -> bool:
    """Bytes that are not HTTP are answered with 400; aiohttp logs them as errors, which are not ours."""
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, HttpProcessingError)


async def _serve(settings: Settings, ports: Ports, starter: Starter) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)

    def orphaned() -> None:
        loop.remove_reader(starter.sentinel)  # which stays readable
        stop.set()

    loop.add_reader(starter.sentinel, orphaned)
    try:
        node = Node(settings, most_in_flight=settings.server.most_in_flight, seat=starter.seat)
    except TraceError as error:
        raise ServeError(f"the trace cannot be used: {error}") from error
    beats = asyncio.create_task(beating(starter.seat.beat))
    try:
        await _up(node, settings, ports, starter, stop)
    finally:
        beats.cancel()
        loop.remove_reader(starter.sentinel)
        node.close()


async def _up(node: Node, settings: Settings, ports: Ports, starter: Starter, stop: asyncio.Event) -> None:
    most_bytes, drain_s = settings.server.most_message_bytes, settings.server.drain_s
    await node.refresh()
    face = GrpcFace(node.handlers, most_bytes=most_bytes, is_port_shared=True)
    http = HttpFace(
        node.handlers,
        node,
        most_bytes=most_bytes,
        public_url=settings.server.public_url,
        proxies=settings.server.trusted_proxies,
        is_fast=settings.server.fast_http,
    )
    keeping: asyncio.Task[None] | None = None
    try:
        await http.start(bind(ports.host, ports.http, is_shared=True))
        await face.start(ports.grpc_address)
        await face.set_ready(node.is_ready)
        node.metrics.tick(node.is_ready)
        first = node.sequence

        async def on_ready(is_ready: bool) -> None:
            nonlocal first
            await face.set_ready(is_ready)
            if not first and node.sequence:
                first = node.sequence
                starter.on_snapshot(first)

        keeping = asyncio.create_task(node.keep_current(on_ready))
        log.info("serving", http=ports.http_url, grpc=ports.grpc_url, sequence=first)
        collect_seldom()
        starter.on_up(first, listening((ports.http, ports.grpc)))
        await stop.wait()
        log.info("draining", most_s=drain_s)
        node.drain()
        starter.on_closing()
        await face.set_ready(False)
        await asyncio.sleep(_LATE_S)  # who was connecting at this moment is still taken in
    finally:
        node.drain()
        await _both(face.stop(drain_s), http.stop(drain_s))
        if keeping is not None:  # until now: calls that are open when the others swap are answered too
            keeping.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await keeping
        log.info("stopped")


def collect_seldom() -> None:
    """Leave alone what stays, and look for cycles less often: a check makes none, and looking took a tenth of it."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)


async def _both(*parts: Coroutine[Any, Any, None]) -> None:
    for outcome in await asyncio.gather(*parts, return_exceptions=True):
        if isinstance(outcome, BaseException):
            log.error("stopping failed in part", error=type(outcome).__qualname__)
