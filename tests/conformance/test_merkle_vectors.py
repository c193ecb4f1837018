"""`xingate.merkle` judges every vector as it says: the 196 of transparency-dev beside the project, and its own."""

import json
import runpy
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest

from xingate.errors import ConsistencyError, InclusionError, ProofError
from xingate.merkle import verify_consistency, verify_inclusion

OWN = Path(__file__).parent / "merkle"
PUBLISHED = Path(__file__).parents[2].parent / "shared" / "data" / "merkle_vectors.json"
_NAMES = {"leafIdx": "leaf_index", "treeSize": "tree_size", "root": "root_hash", "leafHash": "leaf_hash"}
_HASHES = {"leaf_hash", "root_hash", "root1", "root2"}


def judge(case: dict[str, Any]) -> ProofError | None:
    """What the verifier says of a case, hashes in base64; names are ours."""
    given: dict[str, Any] = {key: b64decode(value or "") if key in _HASHES else value for key, value in case.items()}
    if given["proof"] is not None:
        given["proof"] = [b64decode(item) for item in given["proof"]]
    try:
        if "size1" in given:
            verify_consistency(**given)
        else:
            verify_inclusion(**given)
    except (InclusionError, ConsistencyError) as error:
        return error
    return None


def test_the_published_vectors_are_judged_as_they_say() -> None:
    if not PUBLISHED.exists():
        pytest.skip("the vectors of transparency-dev/merkle are not beside the project")
    vectors = json.loads(PUBLISHED.read_text(encoding="utf-8"))
    wanted = {name: case["wantErr"] for name, case in vectors.items()}
    said = {
        name: judge({_NAMES.get(key, key): value for key, value in case.items() if key not in {"desc", "wantErr"}})
        is not None
        for name, case in vectors.items()
    }
    assert said == wanted
    assert (len(said), sum(said.values())) == (196, 184)


@pytest.mark.parametrize("path", sorted(OWN.glob("*.json")), ids=lambda path: path.stem)
def test_each_of_our_vectors_is_judged_as_it_says(path: Path) -> None:
    case = json.loads(path.read_text(encoding="utf-8"))
    is_refused = case.pop("refused")
    error = judge(case)
    assert (error is not None) is is_refused, error
    if error is not None:
        assert type(error) is (ConsistencyError if path.name.startswith("consistency") else InclusionError)
        assert str(error)


def test_our_vectors_are_those_of_their_generator() -> None:
    assert runpy.run_path(str(OWN / "generate.py"))["differing"]() == []
    assert len(list(OWN.glob("*-good-*.json"))) == 26
    assert len(list(OWN.glob("*-bad-*.json"))) > 50
