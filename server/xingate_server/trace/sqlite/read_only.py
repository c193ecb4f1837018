"""A SQLite file in a folder that this process cannot write: an auditor's copy, a mount that is read-only.

Two states can be read there, and everything else is refused with what to do:

* `-wal` and `-shm` stand beside the file: SQLite reads them without writing, and a gateway that writes the log at the
  same time is seen through their locks. So a live log of another user, or the copy of one, is read like any other.
* There is no `-wal`, or an empty one alone. Whoever writes has both files open from its first read to its last, and
  SQLite removes them behind the last one: nobody writes now, and the file is opened `immutable`, without locks.
  Somebody with more rights may begin to write meanwhile; so what was read is used only while the file is as it was at
  the opening (`Unchanged`).

A `-wal` with commits and no `-shm` beside it needs a place that can be written. Source: sqlite.org/wal.html#readonly,
sqlite.org/uri.html#uriimmutable.
"""

import os
from pathlib import Path

import apsw

from xingate_server.trace.port import StoreUnusableError


def is_read_only(path: Path) -> bool:
    """Whether this process cannot write the file, or nothing beside it; a file that is not there counts as its
    folder."""
    return not os.access(path.parent, os.W_OK) or (path.exists() and not os.access(path, os.W_OK))


def open_read_only(path: Path, wait_ms: int) -> apsw.Connection:
    """A connection that writes nothing, not even beside the file. Raises apsw.Error, StoreUnusableError."""
    wal, shm = _beside(path)
    if _size(wal) and not shm.exists():
        raise StoreUnusableError(
            f"{path} cannot be read where nothing can be written: `{wal.name}` holds records and `{shm.name}` is "
            f"missing; copy the whole state directory to a place that you can write (cp -r), and read it there"
        )
    is_quiet = not wal.exists() or not shm.exists()
    uri = f"{path.absolute().as_uri()}?mode=ro{'&immutable=1' if is_quiet else ''}"
    connection = apsw.Connection(uri, flags=apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI)
    connection.set_busy_timeout(wait_ms)
    return connection


class Unchanged:
    """Notices a file that is written although it was quiet when it was opened."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._then = self._state()

    def holds(self) -> bool:
        """Whether nobody has written since; true for a file that others may write, where SQLite's locks are kept."""
        return self._then is None or self._state() == self._then

    def _state(self) -> tuple[int, int, int] | None:
        wal, shm = _beside(self._path)
        if wal.exists() and shm.exists():
            return None
        found = self._path.stat()
        return found.st_ino, found.st_size, found.st_mtime_ns


def _beside(path: Path) -> tuple[Path, Path]:
    return path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
