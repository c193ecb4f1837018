"""The log in PostgreSQL: one database, shared by all processes of one node or of several.

A batch is one statement in autocommit, which moves the head of the tree from where it is believed to be and inserts
the rows only if it was there. Where another process has appended, or a request id is known already, nothing is
stored, and the batch is done over in a transaction that first takes the head's row lock: so there is one leaf per
request id over all months, and no gap. That lock is held until the commit is on the server's disk.

A failure that leaves open whether the batch was stored (a lost connection, a cancelled statement, a time-out) is
settled by doing it over, under the lock and by request id: what was stored is found, what was not is stored now.
What another session can see is on the disk, because every session that writes waits for it, and a server that comes
back after a crash syncs its files before it answers. Excluded: a lost disk, a standby that takes over without the
last commits (a log that has become shorter is refused, not continued), connection poolers that share sessions.
Source: DESIGN section 7; docs/adr/0005.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Final

import asyncpg

from xingate.errors import ProofError
from xingate.merkle import Frontier, leaf_hash
from xingate_server.trace import stored_rows
from xingate_server.trace.group_commit import GroupCommit, only
from xingate_server.trace.leaf.terms import Block
from xingate_server.trace.port import (
    Draft,
    LeafKind,
    Outcome,
    RecordFailedError,
    Stored,
    StoreUnusableError,
    TraceError,
)
from xingate_server.trace.postgres.loop_thread import new_loop
from xingate_server.trace.postgres.reader import Reader
from xingate_server.trace.postgres.server import (
    IS_DURABLE,
    LOST,
    Connection,
    connect,
    drop,
    find_schema,
    make_month,
    make_schema,
    month_of,
    part,
    said,
    settle_signer,
)
from xingate_server.trace.postgres.terms import PostgresTerms
from xingate_server.trace.row_checksum import seal

LOCK_WAIT_S: Final = 5.0

_ROWS_PER_READ = 1024
_NO_INDEX = (1 << 63) - 1

_COLUMNS = ", ".join(f"l.{name}" for name in stored_rows.COLUMNS)
_KEYED = f"SELECT {_COLUMNS} FROM xingate.keys k JOIN xingate.leaves l USING (leaf_index, time)"  # noqa: S608 - fixed text
_BY_KEY = _KEYED + " WHERE k.kind = $1 AND k.system = $2 AND k.organisation = $3 AND k.request_id = $4"
_BY_KEYS = (
    _KEYED + " JOIN unnest($1::text[], $2::text[], $3::text[], $4::text[]) u (kind, system, organisation, request_id)"
    " ON (k.kind, k.system, k.organisation, k.request_id) = (u.kind, u.system, u.organisation, u.request_id)"
)
_BY_RECORD = _KEYED + " WHERE k.record_id = $1"
_BY_TOPIC = (
    f"SELECT {_COLUMNS} FROM xingate.leaves l WHERE topic = $1 AND topic <> '' ORDER BY leaf_index DESC LIMIT $2"  # noqa: S608 - fixed text
)
_NEWEST = f"SELECT {_COLUMNS} FROM xingate.leaves l WHERE leaf_index < $1 ORDER BY leaf_index DESC LIMIT $2"  # noqa: S608 - fixed text
_RANGE = "FROM xingate.leaves l WHERE leaf_index >= $1 AND leaf_index < $2 ORDER BY leaf_index LIMIT $3"
_PAGE = f"SELECT {_COLUMNS} {_RANGE}"
_HASHES = f"SELECT leaf_index, leaf_hash {_RANGE}"
_FRONTIER_AT = (
    "SELECT leaf_index + 1 AS size, frontier FROM xingate.keys WHERE leaf_index = $1 - 1 AND frontier IS NOT NULL"
)
_HEAD = "SELECT size, frontier FROM xingate.head"
_TAKE_HEAD = _HEAD + " FOR UPDATE"
_IS_WHOLE = "SELECT size = (SELECT coalesce(max(leaf_index) + 1, 0) FROM xingate.keys) FROM xingate.head"
_TOUCH = "UPDATE xingate.head SET size = size"
_KEY_COLUMNS = "time, record_id, kind, system, organisation, request_id"
_LEAF_COLUMNS = _KEY_COLUMNS + ", question_digest, leaf, answer, leaf_hash, topic, seal"
_KEY_VALUES = "$4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[]"
_LEAF_VALUES = _KEY_VALUES + ", $10::bytea[], $11::bytea[], $12::bytea[], $13::bytea[], $14::bytea[], $15::bytea[]"
_APPEND = f"""
WITH head AS (
    UPDATE xingate.head SET size = $2, frontier = $3 WHERE size = $1 AND {IS_DURABLE} RETURNING 1
), keyed AS (
    INSERT INTO xingate.keys (leaf_index, frontier, {_KEY_COLUMNS})
    SELECT $1 + n - 1, CASE WHEN $1 + n = $2 THEN $3 END, {_KEY_COLUMNS}
    FROM head, unnest({_KEY_VALUES}) WITH ORDINALITY u ({_KEY_COLUMNS}, n)
)
INSERT INTO xingate.leaves (leaf_index, {_LEAF_COLUMNS})
SELECT $1 + n - 1, {_LEAF_COLUMNS}
FROM head, unnest({_LEAF_VALUES}) WITH ORDINALITY u ({_LEAF_COLUMNS}, n)
"""  # noqa: S608 - fixed text

# The server says for certain that nothing was stored, and doing it over at once would not help.
_REFUSED = (
    asyncpg.LockNotAvailableError,
    asyncpg.InsufficientResourcesError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.InsufficientPrivilegeError,
)
# It is something in a draft that cannot be stored; the others of its batch can.
_OF_CONTENT = (
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.ProgramLimitExceededError,
    RecordFailedError,
)

_Found = dict[stored_rows.Key, Stored]


class PostgresLog:
    """A `TraceLog` in the database of `dsn`, in its schema `xingate`, which is made where it is not there.

    `origin` names the log on first use (None: at random); `lock_wait_s` bounds the wait for another process's
    commit, and for a connection. `must_exist`: nothing is made, and reading takes SELECT rights alone. Raises
    StoreUnusableError where the log cannot be used at all.
    """

    def __init__(
        self, dsn: str, *, origin: str | None = None, lock_wait_s: float = LOCK_WAIT_S, must_exist: bool = False
    ) -> None:
        self._dsn = dsn
        self._lock_wait_s = lock_wait_s
        # Only used by who commits, as is its event loop. None: to be opened at the next batch.
        self._loop = new_loop()
        self._connection: Connection | None = None
        self._frontier = Frontier()
        self._months: set[str] = set()
        self._is_shared = False  # another process has appended since our last batch
        self._reader = Reader(dsn, lock_wait_s)  # never waits for a commit
        self._terms = PostgresTerms(self._reader)
        try:
            self._origin = self._reader.begin(partial(_prepare, origin=origin, must_exist=must_exist))
        except BaseException:
            self._loop.close()
            raise
        self._writer = GroupCommit(self._commit, self._release)

    @property
    def origin(self) -> str:
        """The log's name."""
        return self._origin

    def settle_signer(self, verifier_key: str) -> None:
        """See `SharedLog`."""
        known = self._reader.run(partial(settle_signer, verifier_key=verifier_key))
        if known != verifier_key:
            raise StoreUnusableError(
                f"the log in the database is signed by the key `{known}`, not by this node's `{verifier_key}`: nodes "
                "that share a log have one key; copy `keys/trace.key` (mode 600) from the node that began it"
            )

    async def append(self, draft: Draft) -> Stored:
        """See `TraceLog`."""
        return only(await self._writer.append((draft,)))

    async def append_many(self, drafts: Sequence[Draft]) -> Sequence[Outcome]:
        """See `TraceLog`."""
        return await self._writer.append(drafts) if drafts else []

    def find(self, kind: LeafKind, system: str, organisation: str, request_id: str) -> Stored | None:
        """See `TraceLog`."""
        found = self._reader.fetch(_BY_KEY, kind, system, organisation, request_id)
        return stored_rows.stored(tuple(found[0])) if found else None

    def get(self, record_id: str) -> Stored | None:
        """See `TraceLog`."""
        found = self._reader.fetch(_BY_RECORD, record_id)
        return stored_rows.stored(tuple(found[0])) if found else None

    def by_topic(self, topic: bytes, limit: int) -> Sequence[Stored]:
        """See `TraceLog`."""
        return [stored_rows.stored(tuple(row)) for row in self._reader.fetch(_BY_TOPIC, topic, limit)]

    def terms(self, chunk: int) -> Sequence[bytes]:
        """See `TraceLog`."""
        return self._terms.read(chunk)

    def replace_terms(self, chunk: int, blocks: Sequence[Block]) -> bool:
        """See `TraceLog`."""
        return self._terms.replace(chunk, blocks)

    def list(self, limit: int, before: int | None = None) -> Sequence[Stored]:
        """See `TraceLog`."""
        below = _NO_INDEX if before is None else min(before, _NO_INDEX)
        return [stored_rows.stored(tuple(row)) for row in self._reader.fetch(_NEWEST, below, limit)]

    def read(self, start: int = 0, stop: int | None = None) -> Iterator[Stored]:
        """See `TraceLog`."""
        return (stored_rows.stored(tuple(row)) for row in self._pages(_PAGE, start, stop))

    def leaf_hashes(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """See `TraceLog`."""
        return (row["leaf_hash"] for row in self._pages(_HASHES, start, stop))

    def size(self) -> int:
        """See `TraceLog`."""
        return int(self._reader.fetch(_HEAD)[0]["size"])

    def frontier(self) -> Frontier:
        """See `TraceLog`."""
        return _frontier(self._reader.fetch(_HEAD))

    def frontier_at(self, size: int) -> Frontier | None:
        """See `TraceLog`."""
        if size == 0:
            return Frontier()
        found = self._reader.fetch(_FRONTIER_AT, size) if 0 < size <= _NO_INDEX else []
        return _frontier(found) if found else None

    def is_writable(self) -> bool:
        """Whether the server takes a durable commit at this moment."""
        try:
            self._reader.fetch(_TOUCH)
        except TraceError:
            return False
        return True

    def close(self) -> None:
        """See `TraceLog`."""
        self._writer.close()
        self._reader.close()

    def _commit(self, drafts: Sequence[Draft]) -> Sequence[Outcome]:
        firsts: dict[stored_rows.Key, Draft] = {}
        for draft in drafts:
            firsts.setdefault(draft.key, draft)
        found, why = self._loop.run_until_complete(self._store(firsts))
        self._terms.waiting.add((row.leaf_index, firsts[key].terms) for key, row in found.items() if not row.is_replay)
        self._loop.run_until_complete(self._terms.write(self._connection))
        return [stored_rows.outcome(draft, found.get(draft.key), why.get(draft.key, "")) for draft in drafts]

    async def _store(self, drafts: dict[stored_rows.Key, Draft]) -> tuple[_Found, dict[stored_rows.Key, str]]:
        """What is stored of `drafts`, and why the others are not."""
        try:
            return await self._try_twice(drafts), {}
        except _OF_CONTENT as error:
            self._months.clear()
            if len(drafts) == 1:
                return {}, dict.fromkeys(drafts, said(error))
        except (TraceError, *LOST) as error:
            await self._drop()
            return {}, dict.fromkeys(drafts, said(error))
        found: _Found = {}
        why: dict[stored_rows.Key, str] = {}
        for key, draft in drafts.items():
            one, its = await self._store({key: draft})
            found |= one
            why |= its
        return found, why

    async def _try_twice(self, drafts: dict[stored_rows.Key, Draft]) -> _Found:
        try:
            return await self._append(drafts)
        except (TraceError, *_REFUSED, *_OF_CONTENT):
            raise
        except LOST:  # whether it was stored is not known: doing it over settles it
            await self._drop()
            self._is_shared = True
            return await self._append(drafts)

    async def _append(self, drafts: dict[stored_rows.Key, Draft]) -> _Found:
        connection = self._connection or await self._open_writer()
        for month in {month_of(draft.time) for draft in drafts.values()} - self._months:
            await make_month(connection, month)
            self._months.add(month)
        if not self._is_shared:
            try:
                if (end := await _insert(connection, self._frontier, list(drafts.values()))) is not None:
                    return self._appended(end, list(drafts.values()))
            except asyncpg.UniqueViolationError:
                pass  # a request id is known: look under the lock
        return await self._append_locked(connection, drafts)

    async def _append_locked(self, connection: Connection, drafts: dict[stored_rows.Key, Draft]) -> _Found:
        async with connection.transaction():
            self._is_shared = self._move_to(await _head(connection, _TAKE_HEAD))
            found = await _known(connection, drafts)
            new = [draft for key, draft in drafts.items() if key not in found]
            end = await _insert(connection, self._frontier, new) if new else self._frontier
            if end is None:
                raise StoreUnusableError("the PostgreSQL server was configured not to sync its commits any more")
        return found | self._appended(end, new)

    def _appended(self, end: Frontier, drafts: Sequence[Draft]) -> _Found:
        """What was committed, with the tree now ending at `end`."""
        self._frontier = end
        return {d.key: stored_rows.fresh(d, leaf_index) for leaf_index, d in enumerate(drafts, end.size - len(drafts))}

    def _move_to(self, found: Frontier) -> bool:
        """Go to the end that the database shows; whether it is another one. Raises StoreUnusableError."""
        known = self._frontier
        if found.size < known.size:
            raise StoreUnusableError(
                f"the log in the database has lost leaves: {found.size} are there, {known.size} were recorded; "
                "bring back the database that has them"
            )
        self._frontier = found
        return found != known

    async def _open_writer(self) -> Connection:
        connection = await connect(self._dsn, self._lock_wait_s)
        try:
            self._move_to(await _head(connection, _HEAD))
        except BaseException:
            await drop(connection)
            raise
        self._connection = connection
        return connection

    async def _drop(self) -> None:
        connection, self._connection = self._connection, None
        self._months.clear()
        await drop(connection)

    def _release(self) -> None:
        self._loop.run_until_complete(self._terms.write(self._connection, at_once=True))
        self._loop.run_until_complete(part(self._connection))
        self._loop.close()

    def _pages(self, sql: str, start: int, stop: int | None) -> Iterator[asyncpg.Record]:
        below = min(self.size() if stop is None else stop, _NO_INDEX)
        while found := self._reader.fetch(sql, start, below, _ROWS_PER_READ):
            yield from found
            start = found[-1]["leaf_index"] + 1


async def _prepare(connection: Connection, origin: str | None, *, must_exist: bool) -> str:
    """Make or check the tables; the log's origin."""
    found = await (find_schema if must_exist else make_schema)(connection, origin)
    if not await connection.fetchval(_IS_WHOLE):
        raise StoreUnusableError("the log in the database is damaged: its head is not at its last leaf")
    return found


async def _head(connection: Connection, sql: str) -> Frontier:
    return _frontier(await connection.fetch(sql))


def _frontier(head: Sequence[asyncpg.Record]) -> Frontier:
    """Raises StoreUnusableError if the head does not hold what it should."""
    try:
        frontier = Frontier.from_bytes(head[0]["frontier"])
    except (IndexError, ProofError) as error:
        raise StoreUnusableError(f"the head of the log in the database is damaged: {said(error)}") from error
    if frontier.size != head[0]["size"]:
        raise StoreUnusableError(
            f"the head of the log in the database is damaged: its frontier is of {frontier.size} leaves, "
            f"its size is {head[0]['size']}"
        )
    return frontier


async def _insert(connection: Connection, end: Frontier, drafts: Sequence[Draft]) -> Frontier | None:
    """Append where the tree is believed to end; its new end. None if it does not end there, or syncs no more."""
    frontier = end.copy()
    hashes = [leaf_hash(draft.leaf) for draft in drafts]
    frontier.extend(hashes)
    done = await connection.execute(
        _APPEND,
        end.size,
        frontier.size,
        frontier.to_bytes(),
        [d.time for d in drafts],
        [d.record_id for d in drafts],
        [d.kind for d in drafts],
        [d.system for d in drafts],
        [d.organisation for d in drafts],
        [d.request_id for d in drafts],
        [d.question_digest for d in drafts],
        [d.leaf for d in drafts],
        [d.answer for d in drafts],
        hashes,
        [d.topic for d in drafts],
        [seal(d) for d in drafts],
    )
    return frontier if done == f"INSERT 0 {len(drafts)}" else None


async def _known(connection: Connection, drafts: dict[stored_rows.Key, Draft]) -> _Found:
    """The stored leaves of these keys."""
    found = await connection.fetch(_BY_KEYS, *([key[part] for key in drafts] for part in range(4)))
    return {
        (row["kind"], row["system"], row["organisation"], row["request_id"]): stored_rows.stored(
            tuple(row), is_replay=True
        )
        for row in found
    }
