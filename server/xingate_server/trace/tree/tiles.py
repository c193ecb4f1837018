"""Stores the hashes of full tiles: derived from the log, never needed for an append, rebuilt when missing.

A tile at level L contains 256 hashes of subtrees of 256**L leaves each (as in C2SP tlog-tiles). Only full tiles are
stored, so that none ever changes. Excluded: how tiles come about (`trace.tree.proofs`). Source: C2SP tlog-tiles.
"""

import contextlib
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Final, Protocol

import apsw
import msgspec

from xingate_server.trace.port import StoreUnusableError
from xingate_server.trace.sqlite.file import open_beside
from xingate_server.trace.sqlite.read_only import is_read_only, open_read_only

TILE_WIDTH: Final = 256
FILE: Final = "tiles.sqlite"

_SCHEMA = """
CREATE TABLE IF NOT EXISTS tiles (
    level INTEGER NOT NULL,
    tile_index INTEGER NOT NULL,
    hashes BLOB NOT NULL,
    root BLOB NOT NULL,
    PRIMARY KEY (level, tile_index)
) STRICT
"""
_PUT = "INSERT OR REPLACE INTO tiles (level, tile_index, hashes, root) VALUES (?, ?, ?, ?)"
_GET = "SELECT hashes, root FROM tiles WHERE level = ? AND tile_index = ?"
_ROOTS = "SELECT tile_index, root FROM tiles WHERE level = ? AND tile_index >= ? AND tile_index < ? ORDER BY tile_index"
_COUNT = "SELECT coalesce(max(tile_index) + 1, 0) FROM tiles WHERE level = ?"
_BUSY_MS = 1000


class Tile(msgspec.Struct, frozen=True):
    """256 hashes of 32 bytes each, one after the other, and the root over them."""

    level: int
    index: int
    hashes: bytes
    root: bytes


class TileStore(Protocol):
    """Keeps tiles, for any number of threads. It may forget and never fails: what is not there is made again."""

    def get(self, level: int, index: int) -> Tile | None:
        """A tile, where it is kept."""
        ...

    def roots(self, level: int, start: int, stop: int) -> dict[int, bytes]:
        """The roots of the tiles that are kept, by their index."""
        ...

    def put(self, tiles: Iterable[Tile]) -> None:
        """Keep, in place of what there was."""
        ...

    def count(self, level: int) -> int:
        """One more than the largest index that is kept at a level."""
        ...

    def clear(self) -> None:
        """Forget everything."""
        ...

    def close(self) -> None:
        """Closing twice does nothing."""
        ...


class MemoryTiles:
    """A `TileStore` that ends with the process."""

    def __init__(self) -> None:
        self._tiles: dict[tuple[int, int], Tile] = {}

    def get(self, level: int, index: int) -> Tile | None:
        """See `TileStore`."""
        return self._tiles.get((level, index))

    def roots(self, level: int, start: int, stop: int) -> dict[int, bytes]:
        """See `TileStore`."""
        found = ((index, self._tiles.get((level, index))) for index in range(start, stop))
        return {index: tile.root for index, tile in found if tile is not None}

    def put(self, tiles: Iterable[Tile]) -> None:
        """See `TileStore`."""
        self._tiles |= {(tile.level, tile.index): tile for tile in tiles}

    def count(self, level: int) -> int:
        """See `TileStore`."""
        return max((index + 1 for at, index in tuple(self._tiles) if at == level), default=0)

    def clear(self) -> None:
        """See `TileStore`."""
        self._tiles.clear()

    def close(self) -> None:
        """See `TileStore`."""


class FileTiles:
    """A `TileStore` in `tiles.sqlite` of the log's directory, shared by all worker processes.

    A file that cannot be read is put aside and started again; where that fails too (a full disk), nothing is kept.
    """

    def __init__(self, directory: Path) -> None:
        self._path = directory / FILE
        self._lock = threading.Lock()
        self._connection: apsw.Connection | None = None
        self._is_closed = False

    def get(self, level: int, index: int) -> Tile | None:
        """See `TileStore`."""
        rows = self._run(_GET, (level, index))
        return Tile(level, index, bytes(rows[0][0]), bytes(rows[0][1])) if rows else None

    def roots(self, level: int, start: int, stop: int) -> dict[int, bytes]:
        """See `TileStore`."""
        return {int(index): bytes(root) for index, root in self._run(_ROOTS, (level, start, stop))}

    def put(self, tiles: Iterable[Tile]) -> None:
        """See `TileStore`."""
        rows = [(tile.level, tile.index, tile.hashes, tile.root) for tile in tiles]
        if not rows:
            return
        with self._lock, contextlib.suppress(apsw.Error, OSError, StoreUnusableError):
            connection = self._open()
            with connection:
                connection.executemany(_PUT, rows)

    def count(self, level: int) -> int:
        """See `TileStore`."""
        rows = self._run(_COUNT, (level,))
        return int(rows[0][0]) if rows else 0

    def clear(self) -> None:
        """See `TileStore`."""
        self._run("DELETE FROM tiles", ())

    def close(self) -> None:
        """See `TileStore`."""
        with self._lock:
            self._is_closed = True
            self._drop()

    def _run(self, sql: str, values: tuple[int, ...]) -> list[tuple]:  # type: ignore[type-arg]  # apsw's own rows
        with self._lock:
            try:
                return self._open().execute(sql, values).fetchall()
            except (apsw.CorruptError, apsw.NotADBError, apsw.SQLError):
                self._put_aside()
            except (apsw.Error, OSError, StoreUnusableError):
                self._drop()
        return []

    def _open(self) -> apsw.Connection:
        if self._is_closed:
            raise OSError("the tiles are closed")
        if self._connection is None:
            if is_read_only(self._path):
                self._connection, _ = open_read_only(self._path, _BUSY_MS)
            else:
                self._connection = open_beside(self._path, _BUSY_MS, _SCHEMA)
        return self._connection

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close(True)

    def _put_aside(self) -> None:
        self._drop()
        with contextlib.suppress(OSError):
            for end in ("-wal", "-shm", ""):
                self._path.with_name(self._path.name + end).unlink(missing_ok=True)
