"""Write the project's own Merkle vectors, one case a file: `python tests/conformance/merkle/generate.py --regenerate`.

Proofs come from `rfc6962.py`, which shares nothing with `xingate.merkle`. Without `--regenerate` nothing is written;
what differs is listed. Hashes are in base64; `refused` says what a verifier must make of the case.
"""

import argparse
import json
import sys
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
import rfc6962  # a neighbour of this script

FOLDER = Path(__file__).parent
LEAVES = [rfc6962.leaf(f"xingate leaf {number}".encode()) for number in range(70)]
INCLUSION = [
    (0, 1),
    (0, 2),
    (1, 2),
    (2, 3),
    (1, 4),
    (4, 5),
    (3, 7),
    (6, 7),
    (5, 8),
    (12, 13),
    (20, 33),
    (64, 65),
    (69, 70),
]
CONSISTENCY = [
    (1, 1),
    (1, 2),
    (1, 8),
    (2, 3),
    (2, 8),
    (3, 7),
    (4, 7),
    (6, 8),
    (7, 13),
    (32, 33),
    (33, 64),
    (64, 70),
    (69, 70),
]
Case = dict[str, Any]


def _root(size: int) -> bytes:
    return rfc6962.tree_head(LEAVES[:size])


def _flipped(content: bytes, bit: int) -> bytes:
    changed = bytearray(content)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def _inclusion(index: int, size: int) -> Case:
    return {
        "leaf_hash": LEAVES[index],
        "leaf_index": index,
        "tree_size": size,
        "proof": rfc6962.path(index, LEAVES[:size]),
        "root_hash": _root(size),
    }


def _consistency(size1: int, size2: int) -> Case:
    proof = rfc6962.proof(size1, LEAVES[:size2])
    return {"size1": size1, "size2": size2, "root1": _root(size1), "root2": _root(size2), "proof": proof}


def _bad_proofs(proof: list[bytes]) -> Iterator[tuple[str, list[bytes]]]:
    yield "proof-hash-appended", [*proof, LEAVES[0]]
    yield "proof-hash-preceding", [LEAVES[0], *proof]
    yield "proof-hash-empty", [*proof, b""]
    yield "proof-much-too-long", [LEAVES[0]] * 100
    if proof:
        yield "proof-truncated", proof[:-1]
        yield "proof-headless", proof[1:]
        yield "proof-missing", []
        yield "proof-hash-short", [*proof[:-1], proof[-1][:31]]
        yield "proof-hash-long", [*proof[:-1], proof[-1] + b"\x00"]
        yield "proof-first-bit", [_flipped(proof[0], 0), *proof[1:]]
        yield "proof-last-bit", [*proof[:-1], _flipped(proof[-1], 255)]
    if len(proof) > 1:
        yield "proof-reversed", proof[::-1]


def _bad_inclusion() -> Iterator[tuple[str, Case]]:
    good = _inclusion(5, 8)
    for name, proof in _bad_proofs(good["proof"]):
        yield name, {**good, "proof": proof}
    yield "leaf-other", {**good, "leaf_hash": LEAVES[4]}
    yield "leaf-short", {**good, "leaf_hash": LEAVES[5][:31]}
    yield "leaf-is-a-node", {**good, "leaf_hash": rfc6962.tree_head(LEAVES[4:6]), "proof": good["proof"][1:]}
    yield "root-other", {**good, "root_hash": _root(7)}
    yield "root-empty", {**good, "root_hash": b""}
    yield "index-other", {**good, "leaf_index": 4}
    yield "index-is-the-size", {**good, "leaf_index": 8}
    yield "index-negative", {**good, "leaf_index": -1}
    yield "size-smaller", {**good, "tree_size": 5}
    yield "size-greater", {**good, "tree_size": 16}
    yield "size-zero", {**good, "leaf_index": 0, "tree_size": 0}
    yield "size-negative", {**good, "tree_size": -8}
    yield "size-above-64-bits", {**good, "tree_size": 2**64 + 8}
    yield "alone-with-a-proof", {**_inclusion(0, 1), "proof": [LEAVES[0]]}
    yield "alone-under-another-root", {**_inclusion(0, 1), "root_hash": LEAVES[1]}


def _bad_consistency() -> Iterator[tuple[str, Case]]:
    good, full, same = _consistency(6, 8), _consistency(4, 7), _consistency(1, 1)
    for name, proof in _bad_proofs(good["proof"]):
        yield name, {**good, "proof": proof}
    yield "full-proof-truncated", {**full, "proof": full["proof"][:-1]}
    yield "full-root1-as-seed", {**full, "proof": [full["root1"], *full["proof"]]}
    yield "root1-other", {**good, "root1": _root(5)}
    yield "root2-other", {**good, "root2": _root(7)}
    yield "root1-short", {**good, "root1": _root(6)[:31]}
    yield "roots-swapped", {**good, "root1": good["root2"], "root2": good["root1"]}
    yield "sizes-swapped", {**good, "size1": 8, "size2": 6}
    yield "size1-zero", {**good, "size1": 0}
    yield "size1-other", {**good, "size1": 5}
    yield "size1-negative", {**good, "size1": -6}
    yield "size2-other", {**good, "size2": 9}
    yield "size2-above-64-bits", {**good, "size2": 2**64 + 8}
    yield "empty-trees", {**same, "size1": 0, "size2": 0, "root1": _root(0), "root2": _root(0)}
    yield "same-size-other-root", {**same, "root2": LEAVES[1]}
    yield "same-size-with-a-proof", {**same, "proof": [LEAVES[0]]}
    rewritten = [*LEAVES[:2], rfc6962.leaf(b"rewritten"), *LEAVES[3:8]]
    yield "history-rewritten", {**good, "root2": rfc6962.tree_head(rewritten), "proof": rfc6962.proof(6, rewritten)}


def files() -> dict[str, str]:
    """The name and the text of every case."""
    found: dict[str, str] = {}
    for index, size in INCLUSION:
        found[f"inclusion-good-{index}-of-{size}.json"] = _text(_inclusion(index, size), is_refused=False)
    for size1, size2 in CONSISTENCY:
        found[f"consistency-good-{size1}-to-{size2}.json"] = _text(_consistency(size1, size2), is_refused=False)
    for name, case in _bad_inclusion():
        found[f"inclusion-bad-{name}.json"] = _text(case, is_refused=True)
    for name, case in _bad_consistency():
        found[f"consistency-bad-{name}.json"] = _text(case, is_refused=True)
    return found


def _text(case: Case, *, is_refused: bool) -> str:
    return json.dumps({**case, "refused": is_refused}, indent=1, default=lambda raw: b64encode(raw).decode()) + "\n"


def differing() -> list[str]:
    """Files that are missing, too many, or not what would be written."""
    present = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.json")}
    wanted = files()
    return sorted(name for name in present.keys() | wanted.keys() if present.get(name) != wanted.get(name))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--regenerate", action="store_true", help="write the files, and remove those without a case")
    if not parser.parse_args().regenerate:
        sys.stdout.writelines(f"differs: {name}\n" for name in differing())
        return 1 if differing() else 0
    for path in FOLDER.glob("*.json"):
        path.unlink()
    for name, text in files().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
