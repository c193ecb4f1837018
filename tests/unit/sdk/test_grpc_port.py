"""The way over gRPC against a real server that stops: what it cuts off may be asked again."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
import grpc.aio
import pytest

import xingate
from xingate.errors import ProtocolError, UnavailableError
from xingate.v1 import catalogue_pb2

ONE_TRY = xingate.RetryPolicy(attempts=1)


class Stopping:
    """A server of ListActions that ends its first `cancelled` calls as one does that stops; then it answers."""

    def __init__(self, cancelled: int) -> None:
        self.cancelled = cancelled
        self.asked = 0

    async def answer(self, _data: bytes, context: Any) -> bytes:
        self.asked += 1
        if self.asked <= self.cancelled:
            await context.abort(grpc.StatusCode.CANCELLED, "")
        return catalogue_pb2.ListActionsResponse().SerializeToString()


@asynccontextmanager
async def serving(stopping: Stopping, port: int = 0) -> AsyncIterator[str]:
    server = grpc.aio.server()
    methods = {"ListActions": grpc.unary_unary_rpc_method_handler(stopping.answer)}
    service = grpc.method_handlers_generic_handler("xingate.v1.CatalogueService", methods)
    server.add_generic_rpc_handlers((service,))
    port = server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    try:
        yield f"grpc://127.0.0.1:{port}"
    finally:
        await server.stop(None)


async def ask(url: str, is_async: bool, retry: xingate.RetryPolicy) -> list[Any]:
    if is_async:
        async with xingate.connect_async(url, retry=retry) as client:
            return await client.actions()
    with xingate.connect(url, retry=retry) as client:
        return await asyncio.to_thread(client.actions)


@pytest.mark.parametrize("is_async", [False, True])
async def test_a_call_that_a_stopping_server_cancelled_is_tried_again(is_async: bool) -> None:
    stopping = Stopping(cancelled=2)
    async with serving(stopping) as url:
        assert await ask(url, is_async, xingate.RetryPolicy(pause_s=0.0)) == []
    assert stopping.asked == 3


@pytest.mark.parametrize("is_async", [False, True])
async def test_and_is_unavailable_when_no_try_is_left(is_async: bool) -> None:
    async with serving(Stopping(cancelled=9)) as url:
        with pytest.raises(UnavailableError) as caught:
            await ask(url, is_async, ONE_TRY)
    assert caught.value.reason == "unreachable"
    assert url in caught.value.message


async def test_a_call_cut_off_by_our_own_close_is_not_tried_again() -> None:
    entered = asyncio.Event()

    class Silent(Stopping):
        async def answer(self, _data: bytes, _context: Any) -> bytes:
            entered.set()
            await asyncio.sleep(20)
            return b""

    async with serving(Silent(0)) as url:
        client = xingate.connect(url)
        found: list[BaseException] = []

        def call() -> None:
            try:
                client.actions()
            except ProtocolError as error:
                found.append(error)

        thread = threading.Thread(target=call)
        thread.start()
        await entered.wait()
        started = time.monotonic()
        client.close()
        await asyncio.to_thread(thread.join, 5)
        assert time.monotonic() - started < 5
    assert [getattr(error, "reason", "") for error in found] == ["closed"]


async def answered_again_after_s(is_async: bool) -> float:
    """Seconds from a call that found nobody until calls are answered, by a server that came right after it."""
    async with serving(Stopping(cancelled=0)) as url:
        pass
    made: Any = (xingate.connect_async if is_async else xingate.connect)(url, retry=ONE_TRY)

    async def call() -> list[Any]:
        return await made.actions() if is_async else await asyncio.to_thread(made.actions)

    try:
        with pytest.raises(UnavailableError):
            await call()
        failed = time.monotonic()
        async with serving(Stopping(cancelled=0), int(url.rpartition(":")[2])):
            while True:
                try:
                    await call()
                except UnavailableError:
                    await asyncio.sleep(0.01)
                else:
                    return time.monotonic() - failed
    finally:
        await (made.close() if is_async else asyncio.to_thread(made.close))


@pytest.mark.parametrize("is_async", [False, True])
async def test_a_server_that_is_back_is_found_soon(is_async: bool) -> None:
    for _ in range(5):  # any one will do: with gRPC's own pauses it is never under 0.8 s
        if await answered_again_after_s(is_async) < 0.6:
            return
    pytest.fail("calls go on to fail although the server is back")
