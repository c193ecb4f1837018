"""The SQLite file of the log: opened with the settings that durability rests on, its table made on first use.

Source: sqlite.org/wal.html, sqlite.org/pragma.html#pragma_synchronous; the WAL-reset fault is described in SQLite's
release notes of 3.51.3.
"""

import os
from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep
from typing import Final

import apsw

from xingate_server.trace.port import StoreUnusableError

SCHEMA_VERSION: Final = 3
_FAULTY_FROM, _FAULTY_UNTIL = (3, 7, 0), (3, 51, 2)
_SYNCHRONOUS_FULL = 2
_LOCK_POLL_S = 0.0002  # commits take from 0.1 ms on

# The unique key of a caller's request ids serves retries and the settling of unknown commits. `seal` covers what the
# leaf's own hash does not; `frontier` is that of the tree after this row, in the last row of every insert;
# both stand first, so that reading them never touches overflow pages.
# Few leaves have a topic, so its index is empty for the rest.
_SCHEMA = """
CREATE TABLE leaves (
    leaf_index INTEGER PRIMARY KEY,
    leaf_hash BLOB NOT NULL,
    frontier BLOB,
    kind TEXT NOT NULL,
    record_id TEXT NOT NULL UNIQUE,
    system TEXT NOT NULL,
    organisation TEXT NOT NULL,
    request_id TEXT NOT NULL,
    question_digest BLOB NOT NULL,
    leaf BLOB NOT NULL,
    answer BLOB NOT NULL,
    time TEXT NOT NULL,
    topic BLOB NOT NULL,
    seal BLOB NOT NULL,
    UNIQUE (kind, system, organisation, request_id)
) STRICT;
CREATE INDEX leaves_by_topic ON leaves (topic, leaf_index) WHERE topic <> x''
"""


def refuse_faulty_library(version: str) -> None:
    """Raise StoreUnusableError for SQLite 3.7.0 to 3.51.2, which can corrupt a WAL shared by two connections."""
    if _FAULTY_FROM <= tuple(int(part) for part in version.split(".")[:3]) <= _FAULTY_UNTIL:
        raise StoreUnusableError(
            f"SQLite {version} can corrupt a log shared by two connections (the WAL-reset fault of 3.7.0 to 3.51.2): "
            "install apsw 3.51.3 or later, built with its own SQLite"
        )


def open_file(path: Path, lock_wait_s: float) -> apsw.Connection:
    """A connection with the settings that durability rests on, asserted.

    A WAL left by a killed process may hold commits that were written but not yet synced, and that this opening
    would show as stored: it is synced first.
    """
    wal = path.with_name(path.name + "-wal")
    if wal.exists():
        descriptor = os.open(wal, os.O_RDWR)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    connection = apsw.Connection(str(path))
    try:
        connection.set_busy_handler(_patience(lock_wait_s))
        _set_durable(connection, path, lock_wait_s)
    except BaseException:
        connection.close(True)
        raise
    return connection


def open_beside(path: Path, wait_ms: int, schema: str) -> apsw.Connection:
    """A file beside the log, of what can be made again from it: durable enough, and not as the log is. Raises
    apsw.Error."""
    connection = apsw.Connection(str(path))
    try:
        connection.set_busy_timeout(wait_ms)
        connection.pragma("journal_mode", "wal")
        connection.pragma("synchronous", "normal")
        connection.execute(schema)
    except BaseException:
        connection.close(True)
        raise
    return connection


def _patience(wait_s: float) -> Callable[[int], bool]:
    """Waits for another process's commit. SQLite's own handler asks less often the longer it has waited, so that who
    has just committed gets the lock again and the others starve; here all ask equally often."""
    until = 0.0

    def is_worth_another_try(tries: int) -> bool:
        nonlocal until
        now = monotonic()
        if not tries:
            until = now + wait_s
        sleep(_LOCK_POLL_S)
        return now < until

    return is_worth_another_try


def _set_durable(connection: apsw.Connection, path: Path, lock_wait_s: float) -> None:
    mode = _patiently(lambda: connection.pragma("journal_mode", "wal"), lock_wait_s)
    connection.pragma("synchronous", "full")
    synchronous = connection.pragma("synchronous")
    if mode != "wal" or synchronous != _SYNCHRONOUS_FULL:
        raise StoreUnusableError(
            f"{path} cannot be made durable: journal_mode is `{mode}`, expected `wal`; "
            f"synchronous is `{synchronous}`, expected `{_SYNCHRONOUS_FULL}`"
        )


def _patiently(action: Callable[[], object], wait_s: float) -> object:
    """Do it again while another process has the file locked; SQLite does not wait for a change of journal mode."""
    until = monotonic() + wait_s
    while True:
        try:
            return action()
        except apsw.BusyError:
            if monotonic() >= until:
                raise
            sleep(0.01)


def make_schema(connection: apsw.Connection, path: Path) -> None:
    """Make the table on first use. Raises StoreUnusableError for a schema that is not ours."""
    if connection.pragma("user_version") == 0:
        connection.execute("BEGIN IMMEDIATE")
        try:
            # Another process may have made it while this one waited for the lock.
            if connection.pragma("user_version") == 0:
                _refuse_foreign_file(connection, path)
                connection.execute(_SCHEMA)
                connection.pragma("user_version", SCHEMA_VERSION)
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
    refuse_other_schema(connection, path)


def refuse_other_schema(connection: apsw.Connection, path: Path) -> None:
    """Raise StoreUnusableError for a table that another release made."""
    version = connection.pragma("user_version")
    if version != SCHEMA_VERSION:
        raise StoreUnusableError(
            f"{path} has the schema version {version}, expected {SCHEMA_VERSION}: "
            "it was written by another release, use that one"
        )


def _refuse_foreign_file(connection: apsw.Connection, path: Path) -> None:
    if connection.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchall():
        raise StoreUnusableError(f"{path} contains something other than a log")
