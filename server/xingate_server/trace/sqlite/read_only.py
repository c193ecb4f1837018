"""A SQLite file in a folder that this process cannot write: an auditor's copy, a mount that is read-only.

Two states can be read there, and everything else is refused with what to do:

* `-wal` and `-shm` stand beside the file: SQLite reads them without writing, and a gateway that writes the log at the
  same time is seen through their locks. So a live log of another user, or the copy of one, is read like any other.
* There is no `-wal`, or an empty one alone. Whoever writes has both files open from its first read to its last, and
  SQLite removes them behind the last one: nobody writes now, and the file is opened `immutable`, without locks.
  Somebody with more rights may begin to write meanwhile; so what was read is used only while the file is as it was at
  the opening (`FileGuard`).

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


def open_read_only(path: Path, wait_ms: int) -> "tuple[apsw.Connection, FileGuard]":
    """A connection that writes nothing, not even beside the file, and what notices that others write it.

    Raises apsw.Error, OSError, StoreUnusableError.
    """
    wal, shm = _beside(path)
    if _size(wal) and not shm.exists():
        raise StoreUnusableError(
            f"{path} cannot be read where nothing can be written: `{wal.name}` holds records and `{shm.name}` is "
            f"missing; copy the whole state directory to a place that you can write (cp -r), and read it there"
        )
    is_quiet = _is_quiet(path)
    guard = FileGuard(path, is_quiet=is_quiet)  # before the opening, with the same judgement
    uri = f"{path.absolute().as_uri()}?mode=ro{'&immutable=1' if is_quiet else ''}"
    connection = apsw.Connection(uri, flags=apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI)
    connection.set_busy_timeout(wait_ms)
    return connection, guard


class FileGuard:
    """Notices a file that is written although it was quiet when it was opened. Raises OSError if it is not there."""

    def __init__(self, path: Path, *, is_quiet: bool) -> None:
        self._path = path
        self._then = self._state() if is_quiet else None

    def holds(self) -> bool:
        """Whether nobody has written since; True for a file that was not quiet, since SQLite's locks are used there."""
        return self._then is None or (_is_quiet(self._path) and self._state() == self._then)

    def _state(self) -> tuple[int, int, int]:
        found = self._path.stat()
        return found.st_ino, found.st_size, found.st_mtime_ns


def _is_quiet(path: Path) -> bool:
    """Whether nobody has the file open to write."""
    return not all(file.exists() for file in _beside(path))


def _beside(path: Path) -> tuple[Path, Path]:
    return path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
