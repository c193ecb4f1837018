"""The log's WAL copied into its file beside the appends, not between them.

SQLite copies it inside the commit that finds it long, so that every caller of that commit waits for thousands of pages
to be written and synced. Here a thread of its own copies while appends go on; only what came meanwhile is left to a
commit, which then restarts the WAL, because no other can. Nothing depends on how far the copy is: the WAL holds every
commit until it was copied and synced. Source: sqlite.org/wal.html, section 3 (checkpointing).
"""

import contextlib
from collections.abc import Callable
from threading import Condition, Lock, Thread
from typing import Final

import apsw

EVERY_PAGES: Final = 1000  # SQLite's own measure
LONG_PAGES: Final = 4000  # 16 MB
LONGEST_PAGES: Final = 16_000
FEW_PAGES: Final = 250  # some milliseconds


class WalCopier:
    """Copies for the connections that `watch` it. `connect` opens one for the copying thread.

    A copy that fails is tried again later, as SQLite does: the commits are safe in the WAL.
    """

    def __init__(self, connect: Callable[[], apsw.Connection]) -> None:
        self._connect = connect
        self._changed = Condition()
        self._asked = 0  # the WAL's pages when a copy was last asked for
        self._copied = 0  # how many are in the file
        self._is_asked = False
        self._is_closed = False
        self._one = Lock()  # of the two who copy; SQLite itself lets the second one go on without
        self._thread: Thread | None = None

    def watch(self, connection: apsw.Connection) -> None:
        """Take over from SQLite for the commits of `connection`."""
        connection.set_wal_hook(self._committed)

    def close(self) -> None:
        """End the thread after the copy it is at."""
        with self._changed:
            self._is_closed = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()

    def _committed(self, connection: apsw.Connection, _database: str, pages: int) -> int:
        # The commit is durable, and its callers are told so whatever becomes of the copy.
        with contextlib.suppress(Exception):
            self._look(connection, pages)
        return apsw.SQLITE_OK

    def _look(self, connection: apsw.Connection, pages: int) -> None:
        if pages < self._asked:  # the WAL has started again
            self._asked = self._copied = 0
        is_nearly_copied = pages >= LONG_PAGES and pages - self._copied <= FEW_PAGES
        if is_nearly_copied or pages >= LONGEST_PAGES:
            self._copy(connection)
        elif pages - self._asked >= EVERY_PAGES:
            self._ask(pages)

    def _ask(self, pages: int) -> None:
        with self._changed:
            self._asked, self._is_asked = pages, True
            self._changed.notify()
            if self._thread is None:
                thread = Thread(target=self._run, name="xingate-trace-wal", daemon=True)
                thread.start()
                self._thread = thread

    def _run(self) -> None:
        connection: apsw.Connection | None = None
        while self._is_wanted():
            try:
                connection = connection or self._connect()
                self._copied = self._copy(connection)
            except Exception:  # noqa: BLE001 - whatever it is, the next copy is tried with another connection
                if connection is not None:
                    connection.close(True)
                connection = None
        if connection is not None:
            connection.close(True)

    def _is_wanted(self) -> bool:
        with self._changed:
            while not (self._is_asked or self._is_closed):
                self._changed.wait()
            self._is_asked = False
            return not self._is_closed

    def _copy(self, connection: apsw.Connection) -> int:
        """Copy what no reader needs as it is; how many pages of the WAL are in the file, 0 if that is not known."""
        with self._one, contextlib.suppress(apsw.BusyError):  # another process copies
            return connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)[1]
        return 0
