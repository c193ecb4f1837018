"""The rows of `trace.leaf.terms` beside a log in PostgreSQL: a table of their own, which readers need no right to.

Excluded: connections. Writing comes behind the commits, in their connection; where it fails, the leaves are read.
"""

from collections.abc import Sequence
from contextlib import suppress

from xingate_server.trace.leaf.terms import Block, Waiting
from xingate_server.trace.port import StoreUnusableError
from xingate_server.trace.postgres.reader import Reader
from xingate_server.trace.postgres.server import LOST, Connection

_INSERT = (
    "INSERT INTO xingate.terms (chunk, first, content) VALUES ($1, $2, $3)"
    " ON CONFLICT (chunk, first) DO UPDATE SET content = excluded.content"
)
_CLEAR = "DELETE FROM xingate.terms WHERE chunk = $1"
_FIND = "SELECT content FROM xingate.terms WHERE chunk = $1"
_MAY_READ = "SELECT coalesce(has_table_privilege(to_regclass('xingate.terms'), 'SELECT'), false)"


class PostgresTerms:
    """The table, read through `reader`."""

    def __init__(self, reader: Reader) -> None:
        self.waiting = Waiting()
        self._reader = reader
        self._may_read = False

    async def write(self, connection: Connection | None, *, at_once: bool = False) -> None:
        """Put in what waits for long enough; it is left out where that fails."""
        if connection is not None and (blocks := self.waiting.take(at_once=at_once)):
            with suppress(*LOST):
                await connection.executemany(_INSERT, blocks)

    def replace(self, chunk: int, blocks: Sequence[Block]) -> bool:
        """See `TraceLog.replace_terms`."""

        async def put(connection: Connection) -> str:
            async with connection.transaction():
                await connection.execute(_CLEAR, chunk)
                await connection.executemany(_INSERT, blocks)
            return ""

        with suppress(StoreUnusableError):
            self._reader.run(put)
            return True
        return False

    def read(self, chunk: int) -> list[bytes]:
        """See `TraceLog.terms`. Raises ReadFailedError."""
        self._may_read = self._may_read or bool(self._reader.fetch(_MAY_READ)[0][0])
        return [row["content"] for row in self._reader.fetch(_FIND, chunk)] if self._may_read else []
