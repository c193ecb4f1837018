"""Proofs of an RFC 6962 Merkle tree over SHA-256: verify them, and keep the frontier that an append needs.

Covers the hashes of leaves and nodes, `verify_inclusion`, `verify_consistency` and `Frontier`. Leaves out where hashes
are stored, how a server makes proofs, and who signed a root: `xingate.checkpoint` does that.

**Sizes and roots count only when they come from a signed checkpoint.** The root of a tree does not state its size: one
and the same proof can hold for several sizes of the same shape. What a proof shows is that the hashes fit together.

Source: RFC 6962 section 2.1, RFC 9162 section 2.1.3 and 2.1.4. Pure: the standard library and `xingate.errors` alone.
"""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from itertools import islice
from typing import Any, Final

from xingate.errors import ConsistencyError, InclusionError, ProofError

__all__ = [
    "EMPTY_ROOT",
    "HASH_SIZE",
    "MAX_SIZE",
    "Frontier",
    "leaf_hash",
    "node_hash",
    "root_from_frontier",
    "verify_consistency",
    "verify_inclusion",
]

HASH_SIZE: Final = 32
MAX_SIZE: Final = 2**64 - 1
EMPTY_ROOT: Final = sha256(b"").digest()
_LONGEST_PROOF = 65  # 64 levels below the root of the largest tree, and the seed of a consistency proof
_COUNT_BYTES = 8

_Proof = Sequence[bytes] | None


def leaf_hash(leaf: bytes) -> bytes:
    """The hash of a leaf's exact bytes, 32 bytes. Raises ProofError if `leaf` is not bytes."""
    if type(leaf) is not bytes:
        raise ProofError(f"a leaf is bytes, not {_kind(leaf)}")
    return sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of a node over its two children, 32 bytes. Raises ProofError if one is not a hash of 32 bytes."""
    _need_hash("left", left, ProofError)
    _need_hash("right", right, ProofError)
    return _node(left, right)


def verify_inclusion(*, leaf_hash: bytes, leaf_index: int, tree_size: int, proof: _Proof, root_hash: bytes) -> None:
    """Return if the leaf is at `leaf_index` (from 0) of the tree with `root_hash`; otherwise raise InclusionError.

    `tree_size` and `root_hash` are to be taken from one signed checkpoint: a proof alone binds neither to a log.
    `leaf_hash` and `root_hash` are 32 bytes, `proof` a list of hashes from the leaf upwards, None for an empty one.
    Whatever the arguments are, nothing but InclusionError is raised.
    """
    _need_count("leaf_index", leaf_index, InclusionError)
    _need_count("tree_size", tree_size, InclusionError)
    if leaf_index >= tree_size:
        raise InclusionError(f"leaf {leaf_index} is not in a tree of {tree_size} leaves")
    _need_hash("leaf_hash", leaf_hash, InclusionError)
    _need_hash("root_hash", root_hash, InclusionError)
    inner, border = _shape(leaf_index, tree_size)
    hashes = _hashes(proof, inner + border, InclusionError)
    node = _climb(leaf_hash, hashes[:inner], leaf_index)
    if _join_right(node, hashes[inner:]) != root_hash:
        raise InclusionError(f"the proof of leaf {leaf_index} does not lead to the root of {tree_size} leaves")


def verify_consistency(*, size1: int, size2: int, root1: bytes, root2: bytes, proof: _Proof) -> None:
    """Return if the tree of `size2` leaves begins with the tree of `size1` leaves; otherwise raise ConsistencyError.

    Each size and its root are to be taken from one signed checkpoint: a consistency proof alone does not bind sizes.
    Of two equal sizes only the roots are compared, and the proof is empty. An empty tree (`size1` 0) is refused: that
    a log begins with nothing proves nothing. `proof` is a list of hashes of 32 bytes, None for an empty one.
    Whatever the arguments are, nothing but ConsistencyError is raised.
    """
    _need_count("size1", size1, ConsistencyError)
    _need_count("size2", size2, ConsistencyError)
    if not 0 < size1 <= size2:
        raise ConsistencyError(f"sizes {size1} and {size2}: expected 0 < size1 <= size2")
    if size1 == size2:
        _same_tree(root1, root2, proof)
        return
    _need_hash("root1", root1, ConsistencyError)
    _need_hash("root2", root2, ConsistencyError)
    seed, hashes, inner = _consistency_parts(size1, size2, root1, proof)
    path = (size1 - 1) >> _trailing_zeros(size1)
    if _join_right(_climb_left(seed, hashes[:inner], path), hashes[inner:]) != root1:
        raise ConsistencyError(f"the proof does not lead to the root of {size1} leaves")
    if _join_right(_climb(seed, hashes[:inner], path), hashes[inner:]) != root2:
        raise ConsistencyError(f"the proof does not lead to the root of {size2} leaves")


class Frontier:
    """The roots of the full subtrees that a tree consists of, largest first: all that appending needs.

    `append` makes one hash for the node it completes, two on average with the leaf's own; nothing grows but with the
    logarithm of `size`. Not safe for use by several threads at once.
    """

    __slots__ = ("_nodes", "_size")

    def __init__(self) -> None:
        self._size = 0
        self._nodes: list[bytes] = []

    @property
    def size(self) -> int:
        """The number of leaves."""
        return self._size

    @property
    def nodes(self) -> tuple[bytes, ...]:
        """The roots of the full subtrees, largest first: one for each bit set in `size`."""
        return tuple(self._nodes)

    def append(self, leaf_hash: bytes) -> None:
        """Take one more leaf, given as its leaf hash. Raises ProofError if it is not a hash of 32 bytes."""
        _need_hash("leaf_hash", leaf_hash, ProofError)
        nodes, left, node = self._nodes, self._size, leaf_hash
        while left & 1:
            node = sha256(b"\x01" + nodes.pop() + node).digest()
            left >>= 1
        nodes.append(node)
        self._size += 1

    def extend(self, leaf_hashes: Iterable[bytes]) -> None:
        """Append each of the leaf hashes in order. Raises ProofError at the first that is none."""
        for leaf_hash in leaf_hashes:
            self.append(leaf_hash)

    def root(self) -> bytes:
        """The root of the tree of `size` leaves; of an empty tree the hash of nothing (RFC 6962)."""
        return _fold(self._nodes)

    def copy(self) -> "Frontier":
        """Another frontier of the same tree; appending to one leaves the other as it is."""
        other = Frontier()
        other._size = self._size
        other._nodes = list(self._nodes)
        return other

    def to_bytes(self) -> bytes:
        """The size as 8 bytes, big-endian, then the nodes, largest first."""
        return self._size.to_bytes(_COUNT_BYTES, "big") + b"".join(self._nodes)

    @classmethod
    def from_bytes(cls, content: bytes) -> "Frontier":
        """The reverse of `to_bytes`. Raises ProofError if the length does not fit the size stated."""
        if type(content) is not bytes:
            raise ProofError(f"a stored frontier is bytes, not {_kind(content)}")
        size = int.from_bytes(content[:_COUNT_BYTES], "big")
        expected = _COUNT_BYTES + HASH_SIZE * size.bit_count()
        if len(content) != expected:
            raise ProofError(f"a stored frontier of {size} leaves has {expected} bytes, this one has {len(content)}")
        frontier = cls()
        frontier._size = size
        frontier._nodes = [content[at : at + HASH_SIZE] for at in range(_COUNT_BYTES, expected, HASH_SIZE)]
        return frontier

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Frontier):
            return NotImplemented
        return self._size == other._size and self._nodes == other._nodes

    __hash__ = None  # type: ignore[assignment]  # it changes with every append

    def __repr__(self) -> str:
        return f"Frontier(size={self._size}, root={self.root().hex()})"


def root_from_frontier(size: int, nodes: Sequence[bytes]) -> bytes:
    """The root of the tree of `size` leaves whose full subtrees, largest first, have the roots `nodes`.

    Raises ProofError if the number of nodes does not fit the size, or one is not a hash of 32 bytes.
    """
    _need_count("size", size, ProofError)
    return _fold(list(_hashes(nodes, size.bit_count(), ProofError)))


def _fold(nodes: list[bytes]) -> bytes:
    if not nodes:
        return EMPTY_ROOT
    root = nodes[-1]
    for left in reversed(nodes[:-1]):
        root = _node(left, root)
    return root


def _node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def _shape(leaf_index: int, tree_size: int) -> tuple[int, int]:
    """How many hashes of a path lie below, and how many on, the right border of the tree."""
    inner = (leaf_index ^ (tree_size - 1)).bit_length()
    return inner, (leaf_index >> inner).bit_count()


def _climb(node: bytes, hashes: Sequence[bytes], path: int) -> bytes:
    """Upwards from `node`; bit i of `path` says whether the i-th hash stands to the left."""
    for level, sibling in enumerate(hashes):
        node = _node(sibling, node) if path >> level & 1 else _node(node, sibling)
    return node


def _climb_left(node: bytes, hashes: Sequence[bytes], path: int) -> bytes:
    """As `_climb`, leaving out what stands to the right: it was not there yet."""
    for level, sibling in enumerate(hashes):
        if path >> level & 1:
            node = _node(sibling, node)
    return node


def _join_right(node: bytes, hashes: Sequence[bytes]) -> bytes:
    """Upwards along the right border, where every sibling stands to the left."""
    for sibling in hashes:
        node = _node(sibling, node)
    return node


def _trailing_zeros(number: int) -> int:
    return (number & -number).bit_length() - 1


def _same_tree(root1: object, root2: object, proof: object) -> None:
    if type(root1) is not bytes or type(root2) is not bytes:
        raise ConsistencyError(f"roots are bytes, not {_kind(root1)} and {_kind(root2)}")
    _hashes(proof, 0, ConsistencyError)
    if root1 != root2:
        raise ConsistencyError("two trees of the same size have different roots")


def _consistency_parts(size1: int, size2: int, root1: bytes, proof: object) -> tuple[bytes, tuple[bytes, ...], int]:
    """The node from which both roots are reached, the hashes above it, and how many of these are not on the border."""
    shift = _trailing_zeros(size1)
    inner, border = _shape(size1 - 1, size2)
    inner -= shift
    is_full = size1 == 1 << shift  # then the old root is itself a node of the new tree, and the proof leaves it out
    hashes = _hashes(proof, inner + border + (not is_full), ConsistencyError)
    return (root1, hashes, inner) if is_full else (hashes[0], hashes[1:], inner)


def _kind(value: object) -> str:
    return type(value).__name__


def _need_count(name: str, value: object, error: type[ProofError]) -> None:
    if type(value) is not int:
        raise error(f"`{name}` is a whole number, not {_kind(value)}")
    if not 0 <= value <= MAX_SIZE:
        raise error(f"`{name}` is out of range: expected 0 to 2**64 - 1")


def _need_hash(name: str, value: object, error: type[ProofError]) -> None:
    if type(value) is not bytes:
        raise error(f"`{name}` is {HASH_SIZE} bytes, not {_kind(value)}")
    if len(value) != HASH_SIZE:
        raise error(f"`{name}` has {len(value)} bytes: a hash has {HASH_SIZE}")


def _hashes(proof: object, expected: int, error: type[ProofError]) -> tuple[bytes, ...]:
    """The hashes of a proof, which are `expected` many."""
    try:
        hashes = _taken(proof)
    except Exception:  # noqa: BLE001 -- a foreign sequence may raise anything; it is not a proof then
        hashes = None
    if hashes is None:
        raise error(f"a proof is a list of hashes, not {_kind(proof)}")
    if len(hashes) != expected:
        raise error(f"the proof has {len(hashes)} hashes: expected {expected}")
    for at, item in enumerate(hashes):
        _need_hash(f"proof[{at}]", item, error)
    return hashes


def _taken(proof: object) -> tuple[Any, ...] | None:
    """The items, of a hostile sequence no more than the longest proof has; None if it is not a list."""
    if proof is None:
        return ()
    if isinstance(proof, str | bytes | bytearray) or not isinstance(proof, Sequence):
        return None
    return tuple(islice(proof, _LONGEST_PROOF + 1))
