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
async def serving(stopping: Stopping) -> AsyncIterator[str]:
    server = grpc.aio.server()
    methods = {"ListActions": grpc.unary_unary_rpc_method_handler(stopping.answer)}
    service = grpc.method_handlers_generic_handler("xingate.v1.CatalogueService", methods)
    server.add_generic_rpc_handlers((service,))
    port = server.add_insecure_port("127.0.0.1:0")
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
