"""A gateway inside the caller's own process, for `xingate.connect("embedded:DIR")`.

It runs an event loop in a thread of its own and takes the same messages as the servers, so that the answers are the
same. Errors are those of `xingate.errors`.
"""

import asyncio
import contextlib
import threading
from concurrent.futures import Future
from os import PathLike, fspath
from pathlib import Path
from typing import Any, Protocol

from xingate.errors import ProtocolError, XingateError, from_status
from xingate_server.settings import InvalidSettingsError, load
from xingate_server.snapshot.errors import SnapshotSetBackError, SubjectKeyMismatchError
from xingate_server.trace.port import TraceError
from xingate_server.transport.handlers import call
from xingate_server.transport.status import fault_of
from xingate_server.wiring.logging_setup import configure_quietly
from xingate_server.wiring.node import Node


class Backend(Protocol):
    """What the SDK asks of a gateway in this process. Raises errors of `xingate.errors`."""

    def call(self, method: str, request: bytes, /) -> bytes:
        """Answer one serialised request, from any thread."""
        ...

    async def acall(self, method: str, request: bytes, /) -> bytes:
        """The same, from any event loop."""
        ...

    def close(self) -> None:
        """Commit what waits and end the thread. Closing twice does nothing."""
        ...


class _Embedded:
    def __init__(self, state: Path) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="xingate-embedded", daemon=True)
        self._thread.start()
        self._is_closed = False
        self._keeping: asyncio.Task[None] | None = None
        try:
            self._node = asyncio.run_coroutine_threadsafe(self._open(state), self._loop).result()
        except BaseException:
            self._end_loop()
            raise

    def call(self, method: str, request: bytes, /) -> bytes:
        return self._submit(method, request).result()

    async def acall(self, method: str, request: bytes, /) -> bytes:
        return await asyncio.wrap_future(self._submit(method, request))

    def close(self) -> None:
        if self._is_closed:
            return
        self._is_closed = True
        asyncio.run_coroutine_threadsafe(self._shut(), self._loop).result()
        self._end_loop()
        self._node.close()

    async def _open(self, state: Path) -> Node:
        node = Node(load(state=state))
        await node.refresh()
        for kind in (SnapshotSetBackError, SubjectKeyMismatchError):
            if not node.sequence and node.problem.startswith(kind.reason):
                node.close()
                raise kind(_without_reason(node.problem, kind.reason))
        self._keeping = asyncio.create_task(node.keep_current())
        return node

    async def _shut(self) -> None:
        if self._keeping is not None:
            self._keeping.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._keeping
        me = asyncio.current_task()
        if others := [task for task in asyncio.all_tasks() if task is not me]:
            await asyncio.wait(others)

    def _submit(self, method: str, request: bytes) -> Future[bytes]:
        if self._is_closed:
            raise ProtocolError("the client is closed", reason="closed")
        return asyncio.run_coroutine_threadsafe(self._answer(method, request), self._loop)

    async def _answer(self, method: str, request: bytes) -> bytes:
        try:
            return await call(self._node.handlers, method, request)
        except Exception as error:  # noqa: BLE001 - the table says what a caller is told
            told: XingateError = _told(error)
            self._node.metrics.failed(told.reason)
            raise told from None

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    def _end_loop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()


def open_embedded(path: str | PathLike[str]) -> Backend:
    """The gateway over the state directory `path`. Raises errors of `xingate.errors`."""
    configure_quietly()
    try:
        return _Embedded(Path(fspath(path)))
    except TraceError as error:
        raise from_status(14, "trace_unusable", str(error), "") from error
    except (SnapshotSetBackError, SubjectKeyMismatchError) as error:
        raise from_status(14, error.reason, _without_reason(str(error), error.reason), "") from error
    except InvalidSettingsError as error:
        raise from_status(9, "settings_invalid", str(error), "") from error


def _without_reason(told: str, reason: str) -> str:
    return told.removeprefix(f"{reason}: ")


def _told(error: Exception) -> Any:
    fault = fault_of(error)
    return from_status(fault.code, fault.reason, fault.message, fault.field)
