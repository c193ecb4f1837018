"""The rows of a log in PostgreSQL as they are, right or wrong, for `trace.audit.fsck`.

Excluded: what is wrong with them (`trace.audit.fsck_chunk`), but for what only this store can have: keys that are not
those of the leaves, and a head that does not stand at the last one.
"""

import asyncio
from collections.abc import Iterator, Sequence
from typing import Final

import asyncpg
import msgspec

from xingate_server.trace.audit.fsck_chunk import Fault
from xingate_server.trace.port import StoreUnusableError
from xingate_server.trace.postgres.server import NO_LOG, Connection, connect, part
from xingate_server.trace.row_checksum import SEALED

_PAGE: Final = 4096
_MOST_FAULTS: Final = 20
_WAIT_S = 60.0  # no caller waits for fsck

_SIZE = "SELECT coalesce(max(leaf_index) + 1, 0) FROM xingate.leaves"
_COLUMNS = ", ".join(f"l.{name}" for name in SEALED)
_ROWS = (
    f"SELECT l.leaf_index, l.leaf_hash, l.seal, k.frontier, l.leaf, {_COLUMNS}"  # noqa: S608 - fixed text
    " FROM xingate.leaves l LEFT JOIN xingate.keys k USING (leaf_index)"
    " WHERE l.leaf_index >= $1 AND l.leaf_index < $2 ORDER BY l.leaf_index LIMIT $3"
)
_OTHER_KEYS = (
    "SELECT coalesce(k.leaf_index, l.leaf_index) FROM xingate.keys k FULL JOIN xingate.leaves l"
    " USING (leaf_index, time, record_id, kind, system, organisation, request_id)"
    " WHERE k.leaf_index IS NULL OR l.leaf_index IS NULL ORDER BY 1 LIMIT $1"
)
_OTHER_HEAD = (
    "SELECT h.size FROM xingate.head h LEFT JOIN xingate.keys k ON k.leaf_index = h.size - 1"
    " WHERE h.size <> (SELECT coalesce(max(leaf_index) + 1, 0) FROM xingate.leaves)"
    " OR (h.size > 0 AND k.frontier IS DISTINCT FROM h.frontier)"
)


class PostgresRows(msgspec.Struct, frozen=True):
    """The rows in the database of `dsn`, which is a secret. Methods raise what asyncpg raises."""

    dsn: str

    def __repr__(self) -> str:
        return "PostgresRows()"

    def size(self) -> int:
        """See `fsck_chunk.Rows`. Raises StoreUnusableError if there is no log."""
        with asyncio.Runner() as runner:
            try:
                return int(runner.run(_fetch(self.dsn, _SIZE))[0][0])
            except asyncpg.UndefinedTableError:
                raise StoreUnusableError(NO_LOG) from None

    def rows(self, start: int, stop: int) -> Iterator[Sequence[object]]:
        """See `fsck_chunk.Rows`."""
        with asyncio.Runner() as runner:
            connection = runner.run(connect(self.dsn, _WAIT_S))
            try:
                while page := runner.run(_page(connection, start, stop)):
                    yield from map(tuple, page)
                    start = page[-1][0] + 1
            finally:
                runner.run(part(connection))

    def faults(self) -> list[Fault]:
        """See `fsck_chunk.Rows`."""
        with asyncio.Runner() as runner:
            keys = runner.run(_fetch(self.dsn, _OTHER_KEYS, _MOST_FAULTS))
            heads = runner.run(_fetch(self.dsn, _OTHER_HEAD))
        wrong = dict.fromkeys(int(row[0]) for row in keys)
        found = [Fault(index, f"leaf {index} and its row in `xingate.keys` are not the same") for index in wrong]
        return found + [Fault(None, f"the head at {row[0]} is not at the last leaf") for row in heads]


async def _page(connection: Connection, start: int, stop: int) -> Sequence[asyncpg.Record]:
    return await connection.fetch(_ROWS, start, stop, _PAGE)


async def _fetch(dsn: str, sql: str, *values: object) -> Sequence[asyncpg.Record]:
    connection = await connect(dsn, _WAIT_S)
    try:
        return await connection.fetch(sql, *values)
    finally:
        await part(connection)
