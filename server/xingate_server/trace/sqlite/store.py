"""The log in SQLite: one file, shared by all worker processes of a node.

A batch is one multi-row INSERT in autocommit, at the index where the tree is believed to end. Where another process
has appended, or a request id is known already, that insert fails as a whole, and the batch is done over inside
BEGIN IMMEDIATE with index and known ids read under the write lock: so there is one leaf per request id and no gap.

After a failure whose outcome is unknown (a failed fsync, say) the file is opened afresh and the batch settled by
request id; what is found is answered only once it was copied out of the WAL, because a second fsync may call data
safe that the first one dropped. Excluded: a lost disk, and a WAL cut off behind our back. Source: DESIGN section 7;
sqlite.org/wal.html, sqlite.org/pragma.html#pragma_synchronous.
"""

import threading
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Final

import apsw

from xingate.merkle import Frontier, leaf_hash
from xingate_server.disk_faults import disk_fault
from xingate_server.trace.group_commit import GroupCommit, only
from xingate_server.trace.leaf.terms import Block
from xingate_server.trace.origin import settle_origin
from xingate_server.trace.port import (
    Draft,
    LeafKind,
    Outcome,
    ReadFailedError,
    StoreClosedError,
    Stored,
    StoreUnusableError,
)
from xingate_server.trace.row_checksum import seal
from xingate_server.trace.sqlite.file import make_schema, open_file, refuse_faulty_library, refuse_other_schema
from xingate_server.trace.sqlite.read_only import FileGuard, open_read_only
from xingate_server.trace.sqlite.terms import SqliteTerms
from xingate_server.trace.sqlite.wal import WalCopier
from xingate_server.trace.stored_rows import COLUMNS, Key, fresh, outcome, stored, tip_of

FILE: Final = "log.sqlite"
LOCK_WAIT_S: Final = 5.0
_PROBE_WAIT_S = 0.5

_ROWS_PER_INSERT = 512

_ROWS_PER_READ = 1024

_COLUMNS = ", ".join(COLUMNS)
_TIP = "SELECT leaf_index, frontier FROM leaves ORDER BY leaf_index DESC LIMIT 1"
_FRONTIER = "SELECT leaf_index, frontier FROM leaves WHERE leaf_index = ?"
_SIZE = "SELECT coalesce(max(leaf_index) + 1, 0) FROM leaves"
_BY_KEY = f"SELECT {_COLUMNS} FROM leaves WHERE kind = ? AND system = ? AND organisation = ? AND request_id = ?"  # noqa: S608 - fixed text
_BY_RECORD = f"SELECT {_COLUMNS} FROM leaves WHERE record_id = ?"  # noqa: S608 - fixed text
_BY_TOPIC = f"SELECT {_COLUMNS} FROM leaves WHERE topic = ? AND topic <> x'' ORDER BY leaf_index DESC LIMIT ?"  # noqa: S608 - fixed text
_NEWEST = f"SELECT {_COLUMNS} FROM leaves WHERE leaf_index < ? ORDER BY leaf_index DESC LIMIT ?"  # noqa: S608 - fixed text
_PAGE = f"SELECT {_COLUMNS} FROM leaves WHERE leaf_index >= ? AND leaf_index < ? ORDER BY leaf_index LIMIT ?"  # noqa: S608 - fixed text
_HASHES = (
    "SELECT leaf_index, leaf_hash FROM leaves WHERE leaf_index >= ? AND leaf_index < ? ORDER BY leaf_index LIMIT ?"
)
_INSERT = (
    "INSERT INTO leaves (leaf_index, kind, record_id, system, organisation, request_id, question_digest, leaf, answer,"
    " time, leaf_hash, topic, seal, frontier) VALUES "
)
_ROW = "(?,?,?,?,?,?,?,?,?,?,?,?,?,?)"  # short: apsw keeps no prepared statement of more than 16 KiB
_NO_INDEX = (1 << 63) - 1

_Value = str | bytes | int | float | None
_Leaf = tuple[Draft, bytes, bytes]
"""With its hash and seal."""


class SqliteLog:
    """A `TraceLog` in `directory`, which is made where it is not there.

    `origin` names the log on first use (None: at random); `lock_wait_s` bounds the wait for another process's
    commit. With `is_read_only` the log is there and only read (`trace.sqlite.read_only`): every append fails. Raises
    StoreUnusableError where the log cannot be used at all.
    """

    def __init__(
        self,
        directory: Path,
        *,
        origin: str | None = None,
        lock_wait_s: float = LOCK_WAIT_S,
        is_read_only: bool = False,
    ) -> None:
        refuse_faulty_library(apsw.sqlite_lib_version())
        try:
            if not is_read_only:
                directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._origin = settle_origin(directory, origin)
        except OSError as error:
            raise StoreUnusableError(
                f"the log in {directory} cannot be made: {disk_fault(error, directory / FILE)}"
            ) from error
        self._path = directory / FILE
        self._lock_wait_s = lock_wait_s
        self._is_closed = False
        # Only used by who commits. None: to be opened at the next batch.
        self._connection: apsw.Connection | None = None
        self._frontier = Frontier()
        self._is_shared = False  # another process has appended since our last batch
        self._is_in_doubt = False  # a failed commit may be in the WAL, seen by all and on no disk
        self._terms = SqliteTerms(directory)
        self._copier = WalCopier(partial(open_file, self._path, lock_wait_s))
        # Readers never wait for a commit: WAL lets them see the state before it.
        self._reading = threading.Lock()
        self._reader: apsw.Connection | None = None
        self._is_read_only = is_read_only
        self._guard: FileGuard | None = None  # of the reader, where nothing can be written
        try:
            if is_read_only:
                self._reader = self._open_reader()
                refuse_other_schema(self._reader, self._path)
            else:
                self._open_writer()
        except (apsw.Error, OSError) as error:
            raise StoreUnusableError(f"{self._path} cannot be opened: {disk_fault(error, self._path)}") from error
        self._writer = GroupCommit(self._commit, self._release)

    @property
    def origin(self) -> str:
        """The log's name."""
        return self._origin

    async def append(self, draft: Draft) -> Stored:
        """See `TraceLog`."""
        return only(await self._writer.append((draft,)))

    async def append_many(self, drafts: Sequence[Draft]) -> Sequence[Outcome]:
        """See `TraceLog`."""
        return await self._writer.append(drafts) if drafts else []

    def find(self, kind: LeafKind, system: str, organisation: str, request_id: str) -> Stored | None:
        """See `TraceLog`."""
        rows = self._read(_BY_KEY, (kind, system, organisation, request_id))
        return stored(rows[0]) if rows else None

    def get(self, record_id: str) -> Stored | None:
        """See `TraceLog`."""
        rows = self._read(_BY_RECORD, (record_id,))
        return stored(rows[0]) if rows else None

    def by_topic(self, topic: bytes, limit: int) -> Sequence[Stored]:
        """See `TraceLog`."""
        return [stored(row) for row in self._read(_BY_TOPIC, (topic, limit))]

    def terms(self, chunk: int) -> Sequence[bytes]:
        """See `TraceLog`."""
        return self._terms.read(chunk)

    def replace_terms(self, chunk: int, blocks: Sequence[Block]) -> bool:
        """See `TraceLog`."""
        return self._terms.replace(chunk, blocks)

    def list(self, limit: int, before: int | None = None) -> Sequence[Stored]:
        """See `TraceLog`."""
        below = _NO_INDEX if before is None else min(before, _NO_INDEX)
        return [stored(row) for row in self._read(_NEWEST, (below, limit))]

    def read(self, start: int = 0, stop: int | None = None) -> Iterator[Stored]:
        """See `TraceLog`."""
        return (stored(row) for row in self._pages(_PAGE, start, stop))

    def leaf_hashes(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """See `TraceLog`."""
        return (_bytes(row[1]) for row in self._pages(_HASHES, start, stop))

    def size(self) -> int:
        """See `TraceLog`."""
        return int(str(self._read(_SIZE, ())[0][0]))

    def frontier(self) -> Frontier:
        """See `TraceLog`."""
        return tip_of(self._read(_TIP, ()), self._path)

    def frontier_at(self, size: int) -> Frontier | None:
        """See `TraceLog`."""
        rows = self._read(_FRONTIER, (size - 1,)) if 0 < size <= _NO_INDEX else []
        if size == 0 or not rows or rows[0][1] is None:
            return None if size else Frontier()
        return tip_of(rows, self._path)

    def is_writable(self) -> bool:
        """Whether the file takes a durable commit at this moment; one is made that changes nothing."""
        try:
            connection = open_file(self._path, _PROBE_WAIT_S)
            try:
                connection.pragma("user_version", connection.pragma("user_version"))
            finally:
                connection.close(True)
        except (apsw.Error, OSError, StoreUnusableError):
            return False
        return True

    def close(self) -> None:
        """See `TraceLog`."""
        self._writer.close()
        with self._reading:
            self._is_closed = True
            if self._reader is not None:
                self._reader.close()
                self._reader = None
        self._terms.close()

    def _commit(self, drafts: Sequence[Draft]) -> Sequence[Outcome]:
        firsts: dict[Key, Draft] = {}
        for draft in drafts:
            firsts.setdefault(draft.key, draft)
        why = ""
        try:
            rows = self._insert(firsts)
        except (apsw.BusyError, apsw.FullError) as error:
            # SQLite says for certain that nothing was stored: the lock was not had, or the disk is full.
            self._drop_writer()
            why = disk_fault(error, self._path)
            rows = {}
        except (apsw.Error, OSError) as error:
            self._drop_writer()
            rows = self._settle(firsts)
            why = disk_fault(error, self._path)
        self._terms.waiting.add((row.leaf_index, firsts[key].terms) for key, row in rows.items() if not row.is_replay)
        self._terms.write()
        return [outcome(draft, rows.get(draft.key), why) for draft in drafts]

    def _insert(self, drafts: dict[Key, Draft]) -> dict[Key, Stored]:
        connection = self._connection or self._open_writer()
        if self._is_in_doubt:
            self._copy_out(connection)
        leaves = [(d, leaf_hash(d.leaf), seal(d)) for d in drafts.values()]
        is_tried = not self._is_shared and len(leaves) <= _ROWS_PER_INSERT
        if is_tried:
            try:
                return self._insert_rows(connection, leaves)
            except apsw.ConstraintError:
                pass  # another process was faster, or a request id is known: look under the lock
        try:
            connection.execute("BEGIN IMMEDIATE")
            tip = tip_of(connection.execute(_TIP).fetchall(), self._path)
            self._is_shared = tip != self._frontier
            self._frontier = tip
            if self._is_shared or not is_tried:
                rows = self._insert_unknown(connection, drafts, leaves)
            else:
                rows = self._insert_new(connection, drafts, leaves)
            connection.execute("COMMIT")
        except BaseException:
            self._drop_writer()  # rolls back; a failed COMMIT leaves nothing else to do
            raise
        return rows

    def _insert_unknown(
        self, connection: apsw.Connection, drafts: dict[Key, Draft], leaves: Sequence[_Leaf]
    ) -> dict[Key, Stored]:
        """All of them, as long as no request id is known: looking each up takes longer than trying."""
        tip = self._frontier
        connection.execute("SAVEPOINT batch")
        try:
            return self._insert_parts(connection, leaves)
        except apsw.ConstraintError:
            connection.execute("ROLLBACK TO batch")
            self._frontier = tip
            return self._insert_new(connection, drafts, leaves)

    def _insert_new(
        self, connection: apsw.Connection, drafts: dict[Key, Draft], leaves: Sequence[_Leaf]
    ) -> dict[Key, Stored]:
        rows = _rows(connection, drafts)
        return rows | self._insert_parts(connection, [leaf for leaf in leaves if leaf[0].key not in rows])

    def _insert_parts(self, connection: apsw.Connection, leaves: Sequence[_Leaf]) -> dict[Key, Stored]:
        rows: dict[Key, Stored] = {}
        for start in range(0, len(leaves), _ROWS_PER_INSERT):
            rows |= self._insert_rows(connection, leaves[start : start + _ROWS_PER_INSERT])
        return rows

    def _insert_rows(self, connection: apsw.Connection, leaves: Sequence[_Leaf]) -> dict[Key, Stored]:
        first_index = self._frontier.size
        frontier = self._frontier.copy()
        frontier.extend(hashed for _, hashed, _ in leaves)
        values: list[_Value] = []
        for leaf_index, (d, hashed, sealed) in enumerate(leaves, first_index):
            values += (
                *(leaf_index, d.kind, d.record_id, d.system, d.organisation, d.request_id, d.question_digest),
                *(d.leaf, d.answer, d.time, hashed, d.topic, sealed, None),
            )
        values[-1] = frontier.to_bytes()
        connection.execute(_INSERT + ",".join((_ROW,) * len(leaves)), values)
        self._frontier = frontier
        return {d.key: fresh(d, leaf_index) for leaf_index, (d, _, _) in enumerate(leaves, first_index)}

    def _settle(self, drafts: dict[Key, Draft]) -> dict[Key, Stored]:
        """What of a batch of unknown outcome is there, and durable for certain."""
        self._is_in_doubt = True
        try:
            connection = self._open_writer()
            rows = _rows(connection, drafts)
            if rows:
                self._copy_out(connection)
        except (apsw.Error, OSError):
            self._drop_writer()
            return {}
        self._is_in_doubt = False
        return rows

    def _copy_out(self, connection: apsw.Connection) -> None:
        """Empty the WAL, whose content may never have come to the disk. Raises apsw.BusyError while others use it."""
        ((is_busy, _, _),) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        if is_busy:
            raise apsw.BusyError("what a failed commit left cannot be made durable yet")
        self._is_in_doubt = False

    def _open_writer(self) -> apsw.Connection:
        if self._is_read_only:
            raise apsw.ReadOnlyError("the log was opened to be read alone")
        connection = open_file(self._path, self._lock_wait_s)
        try:
            make_schema(connection, self._path)
            self._frontier = tip_of(connection.execute(_TIP).fetchall(), self._path)
        except BaseException:
            connection.close()
            raise
        self._copier.watch(connection)
        self._connection = connection
        return connection

    def _release(self) -> None:
        self._terms.write(at_once=True)
        try:
            self._copier.close()
        finally:
            self._drop_writer()

    def _drop_writer(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close(True)  # forced: what closing has to complain about is settled at the next opening

    def _read(self, sql: str, values: tuple[_Value, ...]) -> Sequence[tuple[_Value, ...]]:
        with self._reading:
            if self._is_closed:
                raise StoreClosedError("the log is closed")
            try:
                self._reader = self._reader or self._open_reader()
                rows = self._reader.execute(sql, values).fetchall()
            except (apsw.Error, OSError, UnicodeDecodeError) as error:
                if self._reader is not None:
                    self._reader.close(True)
                    self._reader = None
                raise ReadFailedError(f"{self._path} cannot be read: {disk_fault(error, self._path)}") from error
            if self._guard is not None and not self._guard.holds():
                raise ReadFailedError(f"{self._path} was written while it was read as a copy: run the command again")
            return rows

    def _open_reader(self) -> apsw.Connection:
        if self._is_read_only:
            connection, self._guard = open_read_only(self._path, int(self._lock_wait_s * 1000))
            return connection
        return open_file(self._path, self._lock_wait_s)

    def _pages(self, sql: str, start: int, stop: int | None) -> Iterator[tuple[_Value, ...]]:
        below = min(self.size() if stop is None else stop, _NO_INDEX)
        while rows := self._read(sql, (start, below, _ROWS_PER_READ)):
            yield from rows
            start = int(str(rows[-1][0])) + 1


def _rows(connection: apsw.Connection, keys: Iterable[Key]) -> dict[Key, Stored]:
    """The stored leaves of these keys."""
    return {key: stored(row, is_replay=True) for key in keys for row in connection.execute(_BY_KEY, key).fetchall()}


def _bytes(value: _Value) -> bytes:
    return value if isinstance(value, bytes) else b""
