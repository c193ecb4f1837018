"""Hashes, proofs and the frontier, case by case: what holds, what is refused, and that nothing else is ever raised."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from hashlib import sha256
from itertools import repeat
from typing import Any

import pytest

from xingate import merkle
from xingate.errors import ConsistencyError, InclusionError, ProofError
from xingate.merkle import (
    EMPTY_ROOT,
    Frontier,
    leaf_hash,
    node_hash,
    root_from_frontier,
    verify_consistency,
    verify_inclusion,
)

A, B, C = (leaf_hash(content) for content in (b"a", b"b", b"c"))
AB = node_hash(A, B)
ABC = node_hash(AB, C)
INCLUSION: dict[str, Any] = {"leaf_hash": B, "leaf_index": 1, "tree_size": 3, "proof": [A, C], "root_hash": ABC}
CONSISTENCY: dict[str, Any] = {"size1": 2, "size2": 3, "root1": AB, "root2": ABC, "proof": [C]}


class _Hostile(Sequence[bytes]):
    """A list that does what it can to get out of hand."""

    def __len__(self) -> int:
        raise RuntimeError("no length")

    def __getitem__(self, index: Any) -> Any:
        raise RuntimeError("no item")

    def __bool__(self) -> bool:
        raise RuntimeError("no truth")

    def __repr__(self) -> str:
        raise RuntimeError("no words")


class _Endless(_Hostile):
    def __iter__(self) -> Iterator[bytes]:
        return repeat(A)


class _LyingBytes(bytes):
    def __eq__(self, other: object) -> bool:
        return True

    def __ne__(self, other: object) -> bool:
        return False

    __hash__ = bytes.__hash__


class _LyingInt(int):
    def __lt__(self, other: int) -> bool:
        return True


NUMBERS = [None, True, False, -1, -(10**5000), 2**64, 10**5000, 1.0, float("nan"), "1", b"\x01", [1], _LyingInt(1), 1j]
HASHES = [
    None,
    "",
    b"",
    A.hex(),
    bytearray(A),
    memoryview(A),
    A[:31],
    A + b"\x00",
    7,
    [A],
    _LyingBytes(A),
    b"x" * 10**6,
]
PROOFS = [
    *(
        1,
        True,
        "ab",
        b"ab",
        bytearray(64),
        {A: C},
        {A, C},
        iter([A, C]),
        object(),
        float("inf"),
        _Hostile(),
        _Endless(),
    ),
    *([None], [A, None], [A, "c"], [A, bytearray(C)], [A, C[:31]], [[A, C]], [A, C, A], [A] * 10**5, range(2)),
    [_LyingBytes(A), _LyingBytes(C)],
]


def test_leaves_and_nodes_are_hashed_apart() -> None:
    assert leaf_hash(b"") == sha256(b"\x00").digest()
    assert leaf_hash(b"\x00" * 64) == sha256(b"\x00" * 65).digest()
    assert node_hash(A, B) == sha256(b"\x01" + A + B).digest()
    assert leaf_hash(A + B) != AB


@pytest.mark.parametrize("value", [None, "a", 1, bytearray(b"a")])
def test_what_is_no_leaf_is_refused(value: Any) -> None:
    with pytest.raises(ProofError):
        leaf_hash(value)


@pytest.mark.parametrize("value", HASHES)
def test_what_is_no_hash_is_refused(value: Any) -> None:
    for call in (lambda: node_hash(value, A), lambda: node_hash(A, value), lambda: Frontier().append(value)):
        with pytest.raises(ProofError):
            call()


def test_good_proofs_hold() -> None:
    verify_inclusion(**INCLUSION)
    verify_inclusion(**{**INCLUSION, "proof": (A, C)})
    verify_inclusion(leaf_hash=A, leaf_index=0, tree_size=1, proof=None, root_hash=A)
    verify_consistency(**CONSISTENCY)
    verify_consistency(size1=3, size2=3, root1=ABC, root2=ABC, proof=[])


def test_a_message_of_the_gateway_may_hold_the_proof() -> None:
    from xingate.v1 import trace_pb2

    verify_inclusion(**{**INCLUSION, "proof": trace_pb2.Receipt(inclusion_proof=[A, C]).inclusion_proof})


@pytest.mark.parametrize("name", ["leaf_index", "tree_size"])
@pytest.mark.parametrize("value", NUMBERS, ids=lambda value: type(value).__name__)
def test_inclusion_takes_no_other_number(name: str, value: Any) -> None:
    with pytest.raises(InclusionError):
        verify_inclusion(**{**INCLUSION, name: value})


@pytest.mark.parametrize("name", ["size1", "size2"])
@pytest.mark.parametrize("value", NUMBERS, ids=lambda value: type(value).__name__)
def test_consistency_takes_no_other_number(name: str, value: Any) -> None:
    with pytest.raises(ConsistencyError):
        verify_consistency(**{**CONSISTENCY, name: value})


@pytest.mark.parametrize("value", HASHES, ids=lambda value: type(value).__name__)
def test_no_other_hash_is_taken(value: Any) -> None:
    for name in ("leaf_hash", "root_hash"):
        with pytest.raises(InclusionError):
            verify_inclusion(**{**INCLUSION, name: value})
    for name in ("root1", "root2"):
        with pytest.raises(ConsistencyError):
            verify_consistency(**{**CONSISTENCY, name: value})
        with pytest.raises(ConsistencyError):
            verify_consistency(**{**CONSISTENCY, "size1": 3, "root1": ABC, "proof": [], name: value})


@pytest.mark.parametrize("value", PROOFS, ids=lambda value: type(value).__name__)
def test_no_other_proof_is_taken(value: Any) -> None:
    with pytest.raises(InclusionError):
        verify_inclusion(**{**INCLUSION, "proof": value})
    with pytest.raises(ConsistencyError):
        verify_consistency(**{**CONSISTENCY, "proof": value})
    with pytest.raises(ConsistencyError):
        verify_consistency(size1=3, size2=3, root1=ABC, root2=ABC, proof=value)


def test_a_proof_alone_does_not_bind_the_size() -> None:
    """Why sizes are taken from signed checkpoints alone: trees of 3 and of 4 leaves have the same path to leaf 0."""
    verify_inclusion(leaf_hash=A, leaf_index=0, tree_size=3, proof=[B, C], root_hash=ABC)
    verify_inclusion(leaf_hash=A, leaf_index=0, tree_size=4, proof=[B, C], root_hash=ABC)


def test_the_largest_tree_has_proofs_of_64_hashes() -> None:
    root = A
    for _ in range(64):
        root = node_hash(root, B)
    verify_inclusion(leaf_hash=A, leaf_index=0, tree_size=2**64 - 1, proof=[B] * 64, root_hash=root)


def test_an_empty_frontier() -> None:
    assert Frontier().root() == EMPTY_ROOT == sha256(b"").digest()
    assert Frontier.from_bytes(Frontier().to_bytes()) == Frontier()
    assert root_from_frontier(0, []) == EMPTY_ROOT


def test_a_frontier_grows_and_is_copied() -> None:
    frontier = Frontier()
    frontier.extend([A, B])
    earlier = frontier.copy()
    frontier.append(C)
    assert (frontier.size, frontier.nodes, frontier.root()) == (3, (AB, C), ABC)
    assert (earlier.size, earlier.root()) == (2, AB)
    assert root_from_frontier(3, frontier.nodes) == ABC
    assert frontier != earlier
    assert frontier != 3
    assert ABC.hex() in repr(frontier)
    with pytest.raises(TypeError):
        hash(frontier)


def test_a_refused_leaf_leaves_the_frontier_as_it_was() -> None:
    frontier = Frontier()
    frontier.append(A)
    with pytest.raises(ProofError):
        frontier.extend([b"short"])
    assert (frontier.size, frontier.root()) == (1, A)


@pytest.mark.parametrize(
    "content", [b"", b"\x00" * 7, b"\x00" * 7 + b"\x01", b"\x00" * 7 + b"\x01" + b"x" * 33, "x", None]
)
def test_a_damaged_stored_frontier_is_refused(content: Any) -> None:
    with pytest.raises(ProofError):
        Frontier.from_bytes(content)


@pytest.mark.parametrize(
    ("size", "nodes"), [(3, [A]), (1, []), (-1, []), (True, [A]), (1, [b"x"]), (2**64, [A]), (1, "x")]
)
def test_nodes_that_do_not_fit_the_size_have_no_root(size: Any, nodes: Any) -> None:
    with pytest.raises(ProofError):
        root_from_frontier(size, nodes)


def test_appending_costs_one_node_a_leaf_and_room_for_the_logarithm(monkeypatch: pytest.MonkeyPatch) -> None:
    count = 0

    def counted(content: bytes) -> Any:
        nonlocal count
        count += 1
        return sha256(content)

    monkeypatch.setattr(merkle, "sha256", counted)
    frontier = Frontier()
    for size in range(1, 4097):
        frontier.append(A)
        assert len(frontier.to_bytes()) <= 8 + 32 * size.bit_length()
    assert count == 4095


def test_no_transport_is_imported() -> None:
    code = (
        "import sys, xingate.merkle, xingate.checkpoint, xingate.receipt\n"
        "print([name for name in ('grpc', 'google.protobuf', 'httpx', 'asyncio', 'socket') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
