"""One stretch of a log, derived again from its leaves: what a worker process of `trace.audit.fsck` does.

A chunk is 65,536 leaves, the reach of one tile of level 1: inside it everything can be derived without the leaves
before it, and what depends on those (the larger subtrees of a frontier) is handed back to be compared. Excluded: the
order of chunks and the report (`trace.audit.fsck`). Source: RFC 6962 section 2.1.
"""

from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Final, Protocol

import apsw
import msgspec

from xingate.checkpoint import VerifierKey, verify
from xingate.errors import ProofError
from xingate.merkle import HASH_SIZE, root_from_frontier
from xingate_server.trace.port import StoreUnusableError
from xingate_server.trace.row_checksum import SEALED, seal_of
from xingate_server.trace.sqlite.read_only import FileGuard, is_read_only, open_read_only
from xingate_server.trace.tree.tiles import FILE as TILES
from xingate_server.trace.tree.tiles import TILE_WIDTH

CHUNK_HEIGHT: Final = 16
CHUNK: Final = 1 << CHUNK_HEIGHT

_TILE_HEIGHT = 8
_COUNT_BYTES = 8
_MOST_FAULTS = 20
_BUSY_MS = 5000
_COLUMNS = ("leaf_index", "leaf_hash", "seal", "frontier", "leaf", *SEALED)
_ROWS = f"SELECT {', '.join(_COLUMNS)} FROM leaves WHERE leaf_index >= ? AND leaf_index < ? ORDER BY leaf_index"  # noqa: S608 - fixed text
_SIZE = "SELECT coalesce(max(leaf_index) + 1, 0) FROM leaves"
_TILES_OF = "SELECT tile_index, hashes FROM tiles WHERE level = ? AND tile_index >= ? AND tile_index < ?"


class Fault(msgspec.Struct, frozen=True):
    """What is wrong. `index` is the first leaf concerned, None if it is not a leaf."""

    index: int | None
    what: str


class Rows(Protocol):
    """Where a log's rows are read as they are, right or wrong; it travels to worker processes."""

    def size(self) -> int:
        """One more than the largest index."""
        ...

    def rows(self, start: int, stop: int) -> Iterator[Sequence[object]]:
        """Index, leaf hash, seal, frontier or None, leaf, then the fields of `SEALED`; by index.

        Raises anything if it cannot read on.
        """
        ...

    def faults(self) -> list[Fault]:
        """What the store itself finds wrong with its file; may take long."""
        ...


class SqliteRows(msgspec.Struct, frozen=True):
    """The rows of a log in SQLite. The file is left as it is, with its WAL."""

    path: Path

    def size(self) -> int:
        """See `Rows`."""
        with _opened(self.path) as connection:
            ((size,),) = connection.execute(_SIZE).fetchall()
        return int(str(size))

    def rows(self, start: int, stop: int) -> Iterator[Sequence[object]]:
        """See `Rows`."""
        with _opened(self.path) as connection:
            yield from connection.execute(_ROWS, (start, stop))

    def faults(self) -> list[Fault]:
        """See `Rows`."""
        with _opened(self.path) as connection:
            found = [str(row[0]) for row in connection.execute(f"PRAGMA integrity_check({_MOST_FAULTS})")]
        return [Fault(None, f"{self.path.name}: {what.lower()}") for what in found if what != "ok"]


class Claim(msgspec.Struct, frozen=True):
    """A signed checkpoint whose size ends in this chunk."""

    where: str
    size: int
    note: str


class Task(msgspec.Struct, frozen=True):
    """A chunk to derive. `key` empty: signatures are not looked at."""

    source: Rows
    start: int
    stop: int
    directory: Path
    claims: tuple[Claim, ...] = ()
    key: str = ""


class Derived(msgspec.Struct):
    """What came of it. `upper` are the nodes of larger subtrees as the rows of the chunk have them, `end` the frontier
    that the chunk's last row has where the chunk is full; both still to be compared."""

    start: int
    count: int = 0
    nodes: list[bytes] = []
    upper: list[bytes] | None = None
    end: bytes | None = None
    faults: list[Fault] = []


class _Chunk:
    def __init__(self, task: Task) -> None:
        self.task = task
        self.hashes: list[bytes] = []
        self.nodes: list[bytes] = []
        self.tile_roots: list[bytes] = []
        self.upper: list[bytes] | None = None
        self.end: bytes | None = None
        self.faults: list[Fault] = []
        self.sound_until = task.start  # leaves before this are shown to be those of a stored frontier
        self.claims: dict[int, list[Claim]] = {}
        for claim in task.claims:
            self.claims.setdefault(claim.size, []).append(claim)

    def derive(self) -> None:
        """Until the end, or the first leaf that is wrong."""
        expected = self.task.start
        try:
            for row in self.task.source.rows(self.task.start, self.task.stop):
                if what := self._take(row, expected):
                    self.faults.append(Fault(expected, what))
                    return
                frontier = row[3]
                if frontier is not None and (what := self._compare(frontier, expected + 1)):
                    self.faults.append(Fault(self.sound_until, what))
                    return
                expected += 1
        except Exception as error:  # noqa: BLE001 - whatever a damaged file makes of itself
            self.faults.append(Fault(expected, f"leaf {expected} cannot be read: {error}"))
            return
        if expected < self.task.stop:
            self.faults.append(Fault(expected, f"leaf {expected} is missing"))

    def _take(self, row: Sequence[object], expected: int) -> str:
        index, stored_hash, stored_seal, _, leaf = row[:5]
        if index != expected:
            return f"leaf {expected} is missing"
        if not isinstance(leaf, bytes) or (hashed := sha256(b"\x00" + leaf).digest()) != stored_hash:
            return f"leaf {expected} is altered: its bytes have another hash than was recorded"
        if seal_of(tuple(row[5:])) != stored_seal:
            return f"leaf {expected} is altered: its ids, time or answer are not those that were recorded"
        self._grow(hashed)
        return ""

    def _grow(self, node: bytes) -> None:
        left, height, nodes = len(self.hashes), 0, self.nodes
        self.hashes.append(node)
        while left & 1:
            node = sha256(b"\x01" + nodes.pop() + node).digest()
            left >>= 1
            height += 1
            if height == _TILE_HEIGHT:
                self.tile_roots.append(node)
        nodes.append(node)

    def _compare(self, frontier: object, size: int) -> str:
        if not isinstance(frontier, bytes):
            return f"leaf {size - 1} has a frontier that cannot be read"
        if len(self.hashes) == CHUNK:
            self.end, self.sound_until = frontier, size
            return ""
        lower = b"".join(self.nodes)
        middle = len(frontier) - len(lower)
        split = [frontier[at : at + HASH_SIZE] for at in range(_COUNT_BYTES, middle, HASH_SIZE)]
        if self.upper is None and len(split) == (size >> CHUNK_HEIGHT).bit_count():
            self.upper = split
        expected = size.to_bytes(_COUNT_BYTES, "big") + b"".join(self.upper or ()) + lower
        if frontier != expected:
            span = (
                f"a leaf from {self.sound_until} to {size - 1}" if self.sound_until < size - 1 else f"leaf {size - 1}"
            )
            return f"{span} is not the one over which the tree was built, or the frontier stored with it is altered"
        self.sound_until = size
        for claim in self.claims.pop(size, ()):
            self._check(claim, root_from_frontier(size, [*(self.upper or ()), *self.nodes]))
        return ""

    def _check(self, claim: Claim, root: bytes) -> None:
        if what := checked(claim, root, self.task.key):
            self.faults.append(Fault(None, what))

    def check_unmet_claims(self) -> None:
        """Checkpoints at sizes at which no frontier was stored; those at the chunk's end are looked at elsewhere."""
        for claims in self.claims.values():
            for claim in claims:
                if claim.size <= self.sound_until and claim.size != self.task.start + CHUNK:
                    self.faults.append(Fault(None, f"{claim.where}: no batch of the log ended at {claim.size} leaves"))

    def check_tiles(self) -> None:
        """Tiles that are kept against what was derived."""
        path = self.task.directory / TILES
        if not path.is_file():
            return
        try:
            with _opened(path) as connection:
                self._check_tiles(connection)
        except apsw.Error as error:
            self.faults.append(Fault(None, f"{TILES} cannot be read ({error}): it can be removed, and is made again"))

    def _check_tiles(self, connection: apsw.Connection) -> None:
        first = self.task.start // TILE_WIDTH
        width = TILE_WIDTH * HASH_SIZE
        derived = b"".join(self.hashes)
        for index, hashes in connection.execute(_TILES_OF, (0, first, first + len(self.hashes) // TILE_WIDTH)):
            mine = derived[(int(str(index)) - first) * width :][:width]
            if hashes != mine:
                self.faults.append(_differing(int(str(index)) * TILE_WIDTH, bytes(hashes), mine))
        if len(self.hashes) == CHUNK:
            at = self.task.start >> CHUNK_HEIGHT
            for _, hashes in connection.execute(_TILES_OF, (1, at, at + 1)):
                if hashes != b"".join(self.tile_roots):
                    text = f"{TILES}: the tile {at} of level 1 is damaged: the file can be removed, and is made again"
                    self.faults.append(Fault(None, text))


def derive(task: Task) -> Derived:
    """Derive a chunk again. Never raises for what is wrong with it."""
    chunk = _Chunk(task)
    chunk.derive()
    chunk.check_unmet_claims()
    chunk.check_tiles()
    return Derived(
        start=task.start,
        count=len(chunk.hashes),
        nodes=chunk.nodes,
        upper=chunk.upper,
        end=chunk.end,
        faults=chunk.faults[:_MOST_FAULTS],
    )


def checked(claim: Claim, root: bytes, key: str) -> str:
    """What is wrong with a checkpoint, given the root that was derived; empty if nothing is."""
    try:
        if key:
            verify(claim.note, VerifierKey.parse(key))
        stated = claim.note.split("\n")[2]
    except (ProofError, IndexError) as error:
        return f"{claim.where}: {error}"
    return (
        "" if stated == _base64(root) else f"{claim.where}: the first {claim.size} leaves are not those that it signed"
    )


def _base64(content: bytes) -> str:
    from base64 import b64encode

    return b64encode(content).decode("ascii")


def _differing(first: int, kept: bytes, derived: bytes) -> Fault:
    for at in range(TILE_WIDTH):
        if kept[at * HASH_SIZE :][:HASH_SIZE] != derived[at * HASH_SIZE :][:HASH_SIZE]:
            return Fault(
                first + at, f"leaf {first + at} has another hash than {TILES} keeps: the leaf or the tile was altered"
            )
    return Fault(first, f"{TILES}: the tile from leaf {first} on has a wrong length")


class _opened:  # noqa: N801 - used as a function
    """A connection that leaves the WAL where it is."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> apsw.Connection:
        self._guard: FileGuard | None = None
        if is_read_only(self._path):
            self._connection, self._guard = open_read_only(self._path, _BUSY_MS)
        else:
            self._connection = apsw.Connection(str(self._path), flags=apsw.SQLITE_OPEN_READWRITE)
            self._connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
            self._connection.set_busy_timeout(_BUSY_MS)
        self._connection.pragma("mmap_size", 0)
        return self._connection

    def __exit__(self, *_: object) -> None:
        self._connection.close(True)
        if self._guard is not None and not self._guard.holds():
            raise StoreUnusableError(f"{self._path} was written while it was read as a copy: run the command again")
