"""Roots and proofs of the tree over a log, at any size it ever had, in time that grows with the logarithm of the size.

Every hash comes from a full tile (`trace.tree.tiles`), from the newest leaves of the log, or from hashing these; tiles
that are missing or damaged are made again from the log. The tiles are outside the log: a root from here that differs
from a signed one, or from the frontier of the log, means that one of them was altered. Excluded: verifying (the SDK's
`xingate.merkle`), signing (`trace.tree.checkpoints`). Source: RFC 6962 section 2.1; C2SP tlog-tiles.
"""

import threading
from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Final, Protocol

import cachetools

from xingate.merkle import EMPTY_ROOT, HASH_SIZE, node_hash
from xingate_server.trace.port import ReadFailedError, TraceError
from xingate_server.trace.tree.tiles import TILE_WIDTH, Tile, TileStore

_HEIGHT: Final = 8  # 2**8 hashes a tile
_EXPANDED = 1024  # tiles with all their inner nodes, 16 KiB each
_BATCH = 64

_Rows = list[list[bytes]]


class Leaves(Protocol):
    """What the tree needs of a log; see `trace.port.TraceLog`."""

    def size(self) -> int: ...
    def leaf_hashes(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]: ...


class OutOfRangeError(TraceError):
    """The index or size asked for is not in the log; the text says which and what there is."""


class Tree:
    """A proof source over `log`, used by any number of threads. Raises TraceError if the log cannot be read."""

    def __init__(self, log: Leaves, tiles: TileStore) -> None:
        self._log = log
        self._tiles = tiles
        self._lock = threading.RLock()
        self._expanded: cachetools.LRUCache[tuple[int, int], _Rows] = cachetools.LRUCache(_EXPANDED)
        self._size = 0  # known to be there
        if tiles.count(0) * TILE_WIDTH > log.size():
            tiles.clear()  # of a longer log: nothing in them can be relied on

    def root(self, size: int) -> bytes:
        """The root when the log had `size` leaves. Raises OutOfRangeError."""
        with self._lock:
            self._need(0, size, "a tree")
            return self._range_root(0, size) if size else EMPTY_ROOT

    def inclusion_proof(self, index: int, size: int) -> list[bytes]:
        """The hashes from leaf `index` up to the root of `size` leaves. Raises OutOfRangeError."""
        with self._lock:
            self._need(index + 1, size, f"leaf {index}")
            if index < 0:
                raise OutOfRangeError(f"leaf {index} cannot be: leaves are counted from 0")
            return [self._range_root(start, stop) for start, stop in _siblings(index, size)]

    def consistency_proof(self, size1: int, size2: int) -> list[bytes]:
        """What shows that `size2` leaves begin with `size1`; empty if it says nothing. Raises OutOfRangeError."""
        with self._lock:
            self._need(size1, size2, f"a tree of {size1} leaves")
            if size1 < 0:
                raise OutOfRangeError(f"a size of {size1} cannot be")
            if size1 in (0, size2):
                return []
            return [self._range_root(start, stop) for start, stop in _old_and_new(size1, size2)]

    def catch_up(self, most_tiles: int = 1 << 62) -> int:
        """Make and keep at most `most_tiles` of the lowest level that are still missing at the end; how many it made.

        Not needed for any proof; it only makes the next one fast.
        """
        with self._lock:
            first = self._tiles.count(0)
            last = min(self._log.size() // TILE_WIDTH, first + most_tiles)
            for start in range(first, last, _BATCH):
                self._make_leaf_tiles(start, min(start + _BATCH, last))
            for level in range(1, _HEIGHT):
                if not self._make_upper_tiles(level):
                    break
            return max(0, last - first)

    def _need(self, least: int, size: int, what: str) -> None:
        if size > self._size:
            self._size = self._log.size()
        if not least <= size <= self._size:
            raise OutOfRangeError(f"{what} is not in a log of {self._size} leaves at size {size}")

    def _range_root(self, start: int, stop: int) -> bytes:
        """Over leaves from `start`, a multiple of the largest power of two that fits, before `stop`."""
        nodes = []
        while start < stop:
            level = (stop - start).bit_length() - 1
            nodes.append(self._node(level, start >> level))
            start += 1 << level
        return _folded(nodes)

    def _node(self, level: int, index: int) -> bytes:
        """The root of the full subtree of 2**level leaves."""
        tile_level, height = divmod(level, _HEIGHT)
        at = index << height
        tile_index, offset = divmod(at, TILE_WIDTH)
        rows = self._rows(tile_level, tile_index, offset + (1 << height))
        return rows[height][offset >> height]

    def _rows(self, level: int, index: int, width: int) -> _Rows:
        """A tile's hashes and all full nodes over them, lowest first; `width` hashes at least."""
        known = self._expanded.get((level, index))
        if known is None or len(known[0]) < width:
            known = self._expand(level, index)
            self._expanded[level, index] = known
        return known

    def _expand(self, level: int, index: int) -> _Rows:
        kept = self._tiles.get(level, index)
        if kept is not None and len(kept.hashes) == TILE_WIDTH * HASH_SIZE:
            rows = _over(_split(kept.hashes))
            if rows[-1][0] == kept.root:
                return rows
        hashes = self._hashes(level, index)
        rows = _over(hashes)
        if len(hashes) == TILE_WIDTH:
            self._tiles.put([Tile(level, index, b"".join(hashes), rows[-1][0])])
        return rows

    def _hashes(self, level: int, index: int) -> list[bytes]:
        """The hashes of a tile that is not kept or not full, from what is below."""
        start = index * TILE_WIDTH
        stop = min(start + TILE_WIDTH, self._size >> (_HEIGHT * level))
        if level == 0:
            hashes = list(self._log.leaf_hashes(start, stop))
            if len(hashes) != stop - start:
                raise ReadFailedError(f"leaves are missing between {start} and {stop}: run `xingate trace fsck`")
            return hashes
        roots = self._tiles.roots(level - 1, start, stop)
        return [roots.get(at) or self._rows(level - 1, at, TILE_WIDTH)[-1][0] for at in range(start, stop)]

    def _make_leaf_tiles(self, first: int, last: int) -> None:
        hashes = list(self._log.leaf_hashes(first * TILE_WIDTH, last * TILE_WIDTH))
        if len(hashes) != (last - first) * TILE_WIDTH:
            raise ReadFailedError(f"leaves are missing from {first * TILE_WIDTH} on: run `xingate trace fsck`")
        made = []
        for index in range(first, last):
            mine = hashes[(index - first) * TILE_WIDTH : (index - first + 1) * TILE_WIDTH]
            made.append(Tile(0, index, b"".join(mine), _over(mine)[-1][0]))
        self._tiles.put(made)

    def _make_upper_tiles(self, level: int) -> bool:
        first, last = self._tiles.count(level), self._tiles.count(level - 1) // TILE_WIDTH
        self._size = max(self._size, last * TILE_WIDTH ** (level + 1))
        for index in range(first, last):
            self._rows(level, index, TILE_WIDTH)
        return last > 0


def _folded(nodes: Sequence[bytes]) -> bytes:
    """The root over full subtrees, largest first."""
    root = nodes[-1]
    for left in reversed(nodes[:-1]):
        root = node_hash(left, root)
    return root


def _siblings(index: int, size: int) -> list[tuple[int, int]]:
    """The ranges beside the path of a leaf, lowest first (RFC 6962 section 2.1.1)."""
    start, stop, found = 0, size, []
    while stop - start > 1:
        middle = start + _split_at(stop - start)
        if index < middle:
            found.append((middle, stop))
            stop = middle
        else:
            found.append((start, middle))
            start = middle
    return found[::-1]


def _old_and_new(size1: int, size2: int) -> list[tuple[int, int]]:
    """The ranges of a consistency proof, in its order (RFC 6962 section 2.1.2)."""
    start, stop, found = 0, size2, []
    while size1 != stop:
        middle = start + _split_at(stop - start)
        if size1 <= middle:
            found.append((middle, stop))
            stop = middle
        else:
            found.append((start, middle))
            start = middle
    if start:
        found.append((start, stop))
    return found[::-1]


def _split_at(count: int) -> int:
    """The largest power of two below `count`."""
    return 1 << (count - 1).bit_length() - 1


def _split(content: bytes) -> list[bytes]:
    return [content[at : at + HASH_SIZE] for at in range(0, len(content), HASH_SIZE)]


def _over(hashes: list[bytes]) -> _Rows:
    """The hashes, the full nodes over pairs of them, and so on."""
    rows = [hashes]
    while len(below := rows[-1]) > 1:
        pairs = zip(below[::2], below[1::2], strict=False)
        rows.append([sha256(b"\x01" + left + right).digest() for left, right in pairs])
    return rows
