"""Roots and proofs over a log, with tiles that are there, missing, damaged, or of another log."""

import contextlib
import random
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from xingate.merkle import EMPTY_ROOT, Frontier, verify_consistency, verify_inclusion
from xingate_server.trace.port import ReadFailedError
from xingate_server.trace.tree import tiles
from xingate_server.trace.tree.proofs import OutOfRangeError, Tree
from xingate_server.trace.tree.tiles import TILE_WIDTH, FileTiles, MemoryTiles, Tile, TileStore

SIZE = 70_000  # more than 256 tiles of the lowest level


class Hashes:
    """A log of nothing but leaf hashes, made up from their index. Counts what was read."""

    def __init__(self, size: int, seed: str = "") -> None:
        self.count = size
        self.read = 0
        self._all = [sha256(f"{seed}{index}".encode()).digest() for index in range(size)]

    def size(self) -> int:
        return self.count

    def leaf_hashes(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        mine = self._all[start : min(self.count, self.count if stop is None else stop)]
        self.read += len(mine)
        return iter(mine)

    def roots(self, *sizes: int) -> dict[int, bytes]:
        frontier, found = Frontier(), {0: EMPTY_ROOT}
        for size, each in enumerate(self._all, 1):
            frontier.append(each)
            if size in sizes:
                found[size] = frontier.root()
        return found


@pytest.fixture(scope="module")
def log() -> Hashes:
    return Hashes(SIZE)


@pytest.fixture(params=["memory", "file"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[TileStore]:
    made: TileStore = MemoryTiles() if request.param == "memory" else FileTiles(tmp_path)
    yield made
    made.close()


def check(tree: Tree, log: Hashes, pairs: list[tuple[int, int]]) -> None:
    roots = log.roots(*{size for pair in pairs for size in pair})
    hashes = list(log.leaf_hashes())
    for size1, size2 in pairs:
        assert tree.root(size2) == roots[size2]
        proof = tree.consistency_proof(size1, size2)
        if size1:
            verify_consistency(size1=size1, size2=size2, root1=roots[size1], root2=roots[size2], proof=proof)
        if size1 < size2:
            proof = tree.inclusion_proof(size1, size2)
            verify_inclusion(
                leaf_hash=hashes[size1], leaf_index=size1, tree_size=size2, proof=proof, root_hash=roots[size2]
            )


def test_every_pair_of_small_sizes(store: TileStore) -> None:
    log = Hashes(40)
    check(Tree(log, store), log, [(a, b) for b in range(41) for a in range(b + 1)])


def test_sizes_around_tiles(log: Hashes, store: TileStore) -> None:
    edges = [1, 2, 255, 256, 257, 511, 512, 65_535, 65_536, 65_537, 65_792, SIZE - 1, SIZE]
    check(Tree(log, store), log, [(a, b) for b in edges for a in edges if a <= b])


def test_any_sizes(log: Hashes, store: TileStore) -> None:
    dice = random.Random(3)  # noqa: S311 - sizes to try
    pairs = [(dice.randrange(size + 1), size) for size in (dice.randrange(1, SIZE + 1) for _ in range(60))]
    tree = Tree(log, store)
    tree.catch_up()
    check(tree, log, pairs)


def test_a_growing_log() -> None:
    log = Hashes(3000)
    tree = Tree(log, MemoryTiles())
    for size in (0, 1, 5, 255, 256, 300, 1000, 2999, 3000):
        log.count = size
        check(tree, log, [(size // 2, size)])
        tree.catch_up()


def test_nothing_outside_the_log_is_proven(log: Hashes) -> None:
    tree = Tree(log, MemoryTiles())
    wrong = [
        lambda: tree.root(SIZE + 1),
        lambda: tree.root(-1),
        lambda: tree.inclusion_proof(SIZE, SIZE),
        lambda: tree.inclusion_proof(5, 5),
        lambda: tree.inclusion_proof(-1, 5),
        lambda: tree.inclusion_proof(1, 2**64),
        lambda: tree.consistency_proof(6, 5),
        lambda: tree.consistency_proof(-1, 5),
        lambda: tree.consistency_proof(1, SIZE + 1),
    ]
    for ask in wrong:
        with pytest.raises(OutOfRangeError):
            ask()


def test_a_proof_reads_a_tile_of_leaves_at_most(log: Hashes, store: TileStore) -> None:
    Tree(log, store).catch_up()
    again = Tree(log, store)
    log.read = 0
    again.inclusion_proof(12_345, SIZE)
    again.consistency_proof(54_321, SIZE)
    assert log.read <= 2 * TILE_WIDTH


def test_catching_up_goes_by_small_steps(log: Hashes, store: TileStore) -> None:
    tree = Tree(log, store)
    made = []
    while step := tree.catch_up(100):
        made.append(step)
    assert made == [100, 100, 73]
    assert (store.count(0), store.count(1)) == (273, 1)


def test_damaged_tiles_are_made_again(log: Hashes, store: TileStore) -> None:
    tree = Tree(log, store)
    tree.catch_up()
    bad = bytes(TILE_WIDTH * 32)
    store.put([Tile(0, 3, bad, bad[:32]), Tile(0, 4, b"short", bad[:32])])
    store.put([Tile(0, 3, bad, store.roots(0, 5, 6)[5])])
    check(Tree(log, store), log, [(3 * TILE_WIDTH + 1, 4 * TILE_WIDTH), (4 * TILE_WIDTH + 7, SIZE)])


def test_tiles_of_a_longer_log_are_forgotten(store: TileStore) -> None:
    Tree(Hashes(2000, "another"), store).catch_up()
    log = Hashes(1000)
    check(Tree(log, store), log, [(700, 1000)])


def test_missing_leaves_are_told(store: TileStore) -> None:
    log = Hashes(1000)
    tree = Tree(log, store)
    log._all = log._all[:500]
    with pytest.raises(ReadFailedError, match="leaves are missing"):
        tree.root(1000)
    with pytest.raises(ReadFailedError, match="leaves are missing"):
        tree.catch_up()


class TestTheFile:
    def test_two_processes_share_it(self, log: Hashes, tmp_path: Path) -> None:
        with contextlib.closing(FileTiles(tmp_path)) as one, contextlib.closing(FileTiles(tmp_path)) as other:
            Tree(log, one).catch_up()
            assert other.count(0) == 273
            check(Tree(log, other), log, [(5, SIZE)])

    def test_what_is_no_database_is_begun_anew(self, log: Hashes, tmp_path: Path) -> None:
        (tmp_path / tiles.FILE).write_bytes(b"no database at all, but as long as one needs to be" * 100)
        with contextlib.closing(FileTiles(tmp_path)) as store:
            tree = Tree(log, store)
            check(tree, log, [(5, SIZE)])
            tree.catch_up()
            assert store.count(0) == 273

    def test_where_nothing_can_be_kept_proofs_are_made_all_the_same(self, tmp_path: Path) -> None:
        (tmp_path / tiles.FILE).mkdir()
        log = Hashes(1000)
        with contextlib.closing(FileTiles(tmp_path)) as store:
            check(Tree(log, store), log, [(5, 1000)])
            assert store.count(0) == 0

    def test_closed_it_keeps_nothing(self, tmp_path: Path) -> None:
        store = FileTiles(tmp_path)
        store.close()
        store.close()
        store.put([Tile(0, 0, bytes(8192), bytes(32))])
        assert store.get(0, 0) is None
