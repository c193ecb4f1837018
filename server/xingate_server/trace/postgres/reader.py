"""Reading the log in PostgreSQL, from any thread and from inside any event loop, over one connection of its own.

Excluded: what a row means (`trace.stored_rows`) and what is asked (`trace.postgres.store`).
"""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Sequence
from time import monotonic
from typing import Any, Final

import asyncpg

from xingate_server.trace.port import ReadFailedError, StoreClosedError, StoreUnusableError
from xingate_server.trace.postgres.loop_thread import LoopThread
from xingate_server.trace.postgres.server import LOST, Connection, connect, drop, part, said

_RETRY_S: Final = 0.05


class Reader:
    """Connects at the first question, and again after the connection was lost; `close` it at the end."""

    def __init__(self, dsn: str, lock_wait_s: float) -> None:
        self._dsn = dsn
        self._lock_wait_s = lock_wait_s
        self._lock = threading.Lock()
        self._thread = LoopThread("xingate-trace-reader")
        self._connection: Connection | None = None
        self._is_closed = False

    def begin(self, prepare: Callable[[Connection], Coroutine[Any, Any, str]]) -> str:
        """Connect for the first time and `prepare`. Raises StoreUnusableError; the reader is closed then."""
        try:
            return self._thread.run(self._begin(prepare))
        except BaseException as error:
            self.close()
            if isinstance(error, LOST):
                raise StoreUnusableError(f"the PostgreSQL server cannot be used: {said(error)}") from None
            raise

    def run(self, ask: Callable[[Connection], Coroutine[Any, Any, str]]) -> str:
        """What `ask` finds on a connection of its own. Raises StoreUnusableError."""
        try:
            return self._thread.run(self._apart(ask))
        except LOST as error:
            raise StoreUnusableError(f"the PostgreSQL server cannot be used: {said(error)}") from None

    def fetch(self, sql: str, *values: object) -> Sequence[asyncpg.Record]:
        """All rows; none if a value is a text that cannot be stored. Raises ReadFailedError, StoreClosedError."""
        with self._lock:
            if self._is_closed:
                raise StoreClosedError("the log is closed")
            return self._thread.run(self._fetch(sql, values))

    def close(self) -> None:
        """Leave the server and end the thread. Closing twice does nothing."""
        with self._lock:
            if not self._is_closed:
                self._is_closed = True
                self._thread.run(part(self._connection))
                self._thread.close()

    async def _begin(self, prepare: Callable[[Connection], Coroutine[Any, Any, str]]) -> str:
        self._connection = await self._connect_patiently()
        return await prepare(self._connection)

    async def _apart(self, ask: Callable[[Connection], Coroutine[Any, Any, str]]) -> str:
        connection = await self._connect_patiently()
        try:
            return await ask(connection)
        finally:
            await part(connection)

    async def _connect_patiently(self) -> Connection:
        """Connect; a server that is about to come up, or recovers, is waited for."""
        until = monotonic() + self._lock_wait_s
        while True:
            try:
                return await connect(self._dsn, self._lock_wait_s)
            except asyncpg.CannotConnectNowError:
                if monotonic() > until:
                    raise
            await asyncio.sleep(_RETRY_S)

    async def _fetch(self, sql: str, values: Sequence[object]) -> Sequence[asyncpg.Record]:
        try:
            return await self._fetch_once(sql, values)
        except asyncpg.DataError:
            return []
        except LOST:  # the server may have been restarted since the last question
            await self._drop()
        try:
            return await self._fetch_once(sql, values)
        except (StoreUnusableError, *LOST) as error:
            await self._drop()
            raise ReadFailedError(f"the log in the database cannot be read: {said(error)}") from None

    async def _fetch_once(self, sql: str, values: Sequence[object]) -> Sequence[asyncpg.Record]:
        if self._connection is None:
            self._connection = await connect(self._dsn, self._lock_wait_s)
        return await self._connection.fetch(sql, *values)

    async def _drop(self) -> None:
        connection, self._connection = self._connection, None
        await drop(connection)
