"""The rows of `trace.leaf.terms` beside a log in SQLite: a file of its own, which can be removed at any time.

It is not part of the log, takes no lock of it and is waited for 200 ms at most: what cannot be written is left
out, what cannot be read is not there, and the leaves are read instead.
"""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import apsw

from xingate_server.trace.leaf.terms import Block, Waiting
from xingate_server.trace.port import StoreUnusableError
from xingate_server.trace.sqlite.file import open_beside
from xingate_server.trace.sqlite.read_only import is_read_only, open_read_only

FILE: Final = "search.sqlite"

_WAIT_MS = 200
_SCHEMA = """
CREATE TABLE IF NOT EXISTS terms (
    chunk INTEGER NOT NULL,
    first INTEGER NOT NULL,
    content BLOB NOT NULL,
    PRIMARY KEY (chunk, first)
) STRICT
"""
_INSERT = "INSERT OR REPLACE INTO terms (chunk, first, content) VALUES (?, ?, ?)"
_CLEAR = "DELETE FROM terms WHERE chunk = ?"
_FIND = "SELECT content FROM terms WHERE chunk = ?"


class SqliteTerms:
    """The file in `directory`, made at the first `write`."""

    def __init__(self, directory: Path) -> None:
        self.waiting = Waiting()
        self._path = directory / FILE
        self._writer: apsw.Connection | None = None
        self._reading = threading.Lock()
        self._reader: apsw.Connection | None = None

    def write(self, *, at_once: bool = False) -> None:
        """Put in what waits for long enough; it is left out where that fails. By the thread that commits."""
        if blocks := self.waiting.take(at_once=at_once):
            try:
                self._writer = self._writer or open_beside(self._path, _WAIT_MS, _SCHEMA)
                self._writer.executemany(_INSERT, blocks)
            except (apsw.Error, OSError):
                self._drop_writer()

    def read(self, chunk: int) -> list[bytes]:
        """See `TraceLog.terms`."""
        with self._reading:
            try:
                if self._reader is None:
                    self._reader = _opened_to_read(self._path)
                rows = self._reader.execute(_FIND, (chunk,)).fetchall()
            except (apsw.Error, OSError, UnicodeDecodeError, StoreUnusableError):
                self._drop_reader()
                return []
        return [content for (content,) in rows if isinstance(content, bytes)]

    def replace(self, chunk: int, blocks: Sequence[Block]) -> bool:
        """See `TraceLog.replace_terms`."""
        try:
            connection = open_beside(self._path, _WAIT_MS, _SCHEMA)
        except (apsw.Error, OSError):
            return False
        try:
            with connection:
                connection.execute(_CLEAR, (chunk,))
                connection.executemany(_INSERT, blocks)
        except apsw.Error:
            return False
        finally:
            connection.close(True)
        return True

    def close(self) -> None:
        """Close the file."""
        self._drop_writer()
        with self._reading:
            self._drop_reader()

    def _drop_writer(self) -> None:
        connection, self._writer = self._writer, None
        if connection is not None:
            connection.close(True)

    def _drop_reader(self) -> None:
        connection, self._reader = self._reader, None
        if connection is not None:
            connection.close(True)


def _opened_to_read(path: Path) -> apsw.Connection:
    if is_read_only(path):
        return open_read_only(path, _WAIT_MS)[0]
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    connection.set_busy_timeout(_WAIT_MS)
    return connection
