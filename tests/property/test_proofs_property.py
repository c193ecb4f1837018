"""Proofs against a naive RFC 6962: every true one is taken, no mutated one is, and nothing but our errors is raised."""

import json
import random
import runpy
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xingate.checkpoint import Checkpoint, SignedNote, VerifierKey, verify
from xingate.errors import CheckpointError, ConsistencyError, InclusionError, ProofError, ReceiptError
from xingate.merkle import Frontier, root_from_frontier, verify_consistency, verify_inclusion
from xingate.receipt import Receipt, verify_receipt

RECEIPTS = Path(__file__).parents[1] / "unit" / "sdk" / "receipts_good"
naive = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[1] / "conformance" / "merkle" / "rfc6962.py")))
LARGEST = 130
LEAVES = [naive.leaf(number.to_bytes(4, "big")) for number in range(LARGEST)]
STRANGERS = [naive.leaf(b"stranger %d" % number) for number in range(8)]

hashes = st.binary(min_size=32, max_size=32)
junk = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=2**60, max_value=2**70)
    | st.just(10**4000)
    | st.floats()
    | st.text(max_size=40)
    | st.binary(max_size=40)
    | st.binary(max_size=40).map(bytearray)
    | hashes
    | st.just(object()),
    lambda inner: (
        st.lists(inner, max_size=4) | st.tuples(inner) | st.dictionaries(st.text(max_size=3), inner, max_size=2)
    ),
    max_leaves=6,
)
Case = dict[str, Any]


@cache
def root(size: int) -> bytes:
    found: bytes = naive.tree_head(LEAVES[:size])
    return found


def inclusion(index: int, size: int) -> Case:
    proof = naive.path(index, LEAVES[:size])
    return {"leaf_hash": LEAVES[index], "leaf_index": index, "tree_size": size, "proof": proof, "root_hash": root(size)}


def consistency(size1: int, size2: int) -> Case:
    proof = naive.proof(size1, LEAVES[:size2])
    return {"size1": size1, "size2": size2, "root1": root(size1), "root2": root(size2), "proof": proof}


def test_every_true_proof_of_small_trees_is_taken() -> None:
    for size in range(1, 40):
        for other in range(size):
            verify_inclusion(**inclusion(other, size))
            verify_consistency(**consistency(other + 1, size))


@given(st.lists(hashes, max_size=100), st.data())
def test_a_frontier_has_the_root_of_the_naive_tree(leaves: list[bytes], data: st.DataObject) -> None:
    stop = data.draw(st.integers(0, len(leaves)))
    first = Frontier()
    first.extend(leaves[:stop])
    resumed = Frontier.from_bytes(first.to_bytes())
    resumed.extend(leaves[stop:])
    first.extend(leaves[stop:])
    assert resumed == first
    assert resumed.root() == naive.tree_head(leaves) == root_from_frontier(resumed.size, resumed.nodes)


@given(st.integers(1, LARGEST), st.data())
def test_true_proofs_are_taken(size: int, data: st.DataObject) -> None:
    verify_inclusion(**inclusion(data.draw(st.integers(0, size - 1)), size))
    verify_consistency(**consistency(data.draw(st.integers(1, size)), size))


def flip(rng: random.Random, content: bytes) -> bytes:
    changed = bytearray(content or b"\x00")
    changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def _any_hash(rng: random.Random, case: Case) -> bytes:
    chosen: bytes = rng.choice([*case["proof"], *STRANGERS, *rng.sample(LEAVES, 4), root(rng.randrange(LARGEST))])
    return chosen


def _flip_a_field(rng: random.Random, case: Case) -> None:
    name = rng.choice([name for name, value in case.items() if type(value) is bytes])
    case[name] = flip(rng, case[name])


def _replace_a_field(rng: random.Random, case: Case) -> None:
    name = rng.choice([name for name, value in case.items() if type(value) is bytes])
    case[name] = _any_hash(rng, case)


def _flip_a_hash(rng: random.Random, case: Case) -> None:
    at = rng.randrange(len(case["proof"]))
    case["proof"][at] = flip(rng, case["proof"][at])


def _replace_a_hash(rng: random.Random, case: Case) -> None:
    case["proof"][rng.randrange(len(case["proof"]))] = _any_hash(rng, case)


def _cut_a_hash(rng: random.Random, case: Case) -> None:
    at = rng.randrange(len(case["proof"]))
    case["proof"][at] = case["proof"][at][: rng.randrange(32)]


def _remove_a_hash(rng: random.Random, case: Case) -> None:
    del case["proof"][rng.randrange(len(case["proof"]))]


def _insert_a_hash(rng: random.Random, case: Case) -> None:
    case["proof"].insert(rng.randrange(len(case["proof"]) + 1), _any_hash(rng, case))


def _shuffle(rng: random.Random, case: Case) -> None:
    rng.shuffle(case["proof"])


def _lengthen(rng: random.Random, case: Case) -> None:
    case["proof"] += rng.choices(STRANGERS, k=rng.randrange(1, 100))


def _other_place(rng: random.Random, case: Case) -> None:
    """Another index in the same tree; or another size with its own true root, as a checkpoint would bind them."""
    if "leaf_index" in case:
        case["leaf_index"] = rng.randrange(-1, case["tree_size"] + 2)
    else:
        case["size1"] = rng.randrange(case["size2"] or 1)
        case["root1"] = root(case["size1"])


def _other_tree(rng: random.Random, case: Case) -> None:
    """The proof under the checkpoint of another size, with its true root."""
    size_name, root_name = ("tree_size", "root_hash") if "tree_size" in case else ("size2", "root2")
    case[size_name] = rng.randrange(LARGEST)
    case[root_name] = root(case[size_name])


MUTATIONS: list[Callable[[random.Random, Case], None]] = [
    *(_flip_a_field, _replace_a_field, _flip_a_hash, _replace_a_hash, _cut_a_hash, _remove_a_hash, _insert_a_hash),
    *(_shuffle, _lengthen, _other_place, _other_tree),
]
WITHOUT_A_HASH = {_flip_a_field, _replace_a_field, _insert_a_hash, _lengthen, _other_place, _other_tree}


def _mutated(rng: random.Random) -> Case:
    """A true case after one to three mutations."""
    size = rng.randrange(2, LARGEST)
    case = inclusion(rng.randrange(size), size) if rng.random() < 0.5 else consistency(rng.randrange(1, size), size)
    for mutate in rng.sample(MUTATIONS, rng.choice([1, 1, 2, 3])):
        if case["proof"] or mutate in WITHOUT_A_HASH:
            mutate(rng, case)
    return case


def _is_true(case: Case) -> bool:
    """Whether the mutations have undone each other, or made another true statement."""
    if "leaf_index" in case:
        return case == inclusion(case["leaf_index"], case["tree_size"])
    return case == consistency(case["size1"], case["size2"])


def _is_accepted(case: Case) -> bool:
    try:
        if "leaf_index" in case:
            verify_inclusion(**case)
        else:
            verify_consistency(**case)
    except (InclusionError, ConsistencyError):
        return False
    return True


def _none_is_accepted(count: int, seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311 -- a repeatable choice of mutations, no secret
    refused = 0
    while refused < count:
        case = _mutated(rng)
        if _is_accepted(case):
            assert _is_true(case), case
        else:
            refused += 1


def test_no_mutated_proof_is_accepted() -> None:
    _none_is_accepted(2_000, seed=1)


@pytest.mark.soak
def test_no_mutated_proof_of_100_000_is_accepted() -> None:
    _none_is_accepted(100_000, seed=2)


@given(st.fixed_dictionaries(dict.fromkeys(["leaf_hash", "leaf_index", "tree_size", "proof", "root_hash"], junk)))
def test_inclusion_raises_nothing_but_its_error(case: Case) -> None:
    with pytest.raises(InclusionError):
        verify_inclusion(**case)


@given(st.fixed_dictionaries(dict.fromkeys(["size1", "size2", "root1", "root2", "proof"], junk)))
def test_consistency_raises_nothing_but_its_error(case: Case) -> None:
    try:
        verify_consistency(**case)
    except ConsistencyError:
        return
    assert case["size1"] == case["size2"] > 0
    assert case["root1"] == case["root2"]


@given(inclusion_name=st.sampled_from(["leaf_hash", "leaf_index", "tree_size", "proof", "root_hash"]), value=junk)
def test_one_part_of_a_true_proof_replaced(inclusion_name: str, value: Any) -> None:
    case = {**inclusion(5, 11), inclusion_name: value}
    if case != inclusion(5, 11):
        with pytest.raises(InclusionError):
            verify_inclusion(**case)


@given(st.one_of(st.text(), st.binary(), junk))
def test_what_is_no_note_raises_nothing_but_its_error(note: Any) -> None:
    for read in (SignedNote.parse, Checkpoint.parse, VerifierKey.parse):
        with pytest.raises(CheckpointError):
            read(note)


@given(
    st.text(st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1, max_size=50),
    st.integers(1, 2**64 - 1),
    hashes,
    st.lists(st.text(st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1, max_size=20), max_size=3),
)
def test_a_checkpoint_is_read_as_it_was_written(
    origin: str, size: int, root_hash: bytes, extensions: list[str]
) -> None:
    checkpoint = Checkpoint(origin, size, root_hash, tuple(extensions))
    assert Checkpoint.parse(checkpoint.body()) == checkpoint


@given(st.one_of(st.text(), st.binary(), junk, junk.map(lambda value: json.dumps(value, default=str))))
def test_what_is_no_receipt_raises_nothing_but_its_error(content: Any) -> None:
    with pytest.raises(ReceiptError):
        verify_receipt(content, "x+00000000+AA==")


def test_every_byte_of_a_receipt_counts() -> None:
    """Flipped one at a time, in the file and in the note: refused, or read as the very same receipt."""
    key = (RECEIPTS / "verifier_key.txt").read_text(encoding="utf-8").strip()
    content = (RECEIPTS / "check.json").read_bytes()
    receipt = Receipt.from_json(content)
    rng = random.Random(3)  # noqa: S311 -- a repeatable choice of bits, no secret
    for at in range(len(content)):
        changed = content[:at] + bytes([content[at] ^ 1 << rng.randrange(8)]) + content[at + 1 :]
        try:
            same = Receipt.from_json(changed)
            verify_receipt(same, key)
        except ReceiptError:
            continue
        assert same == receipt
    for at in range(len(receipt.checkpoint.encode())):
        note = bytearray(receipt.checkpoint.encode())
        note[at] ^= 1 << rng.randrange(8)
        with pytest.raises(ProofError):
            verify(bytes(note), key)
