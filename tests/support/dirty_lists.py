"""Dirty lists from a seed, with a careful clerk's truth beside each; write one to disk and look at it:

    python -m tests.support.dirty_lists --seed 7 --out /tmp/lists

Everybody in them is invented. What is asked of the product: `tests/e2e/test_dirty_lists.py`.
"""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from tests.support.dirty.generate import dirty_list
from tests.support.dirty.truth import DirtyList

__all__ = ["DirtyList", "covering", "dirty_list", "kinds_by_seed", "write"]


def kinds_by_seed(seeds: range) -> dict[int, set[str]]:
    """Seed -> the kinds of damage in its list."""
    return {seed: dirty_list(seed).all_kinds() for seed in seeds}


def covering(kinds: dict[int, set[str]], size: int) -> list[int]:
    """`size` seeds among which every kind occurs, if so few can: always the one with most kinds not yet seen."""
    left = dict(kinds)
    chosen: list[int] = []
    missing = set[str]().union(*kinds.values())
    while len(chosen) < size:
        seed = max(left, key=lambda each: len(left[each] & missing))
        missing -= left.pop(seed)
        chosen.append(seed)
    return chosen


def write(made: DirtyList, folder: Path) -> Path:
    """The list, and beside it its truth as JSON; the path of the list."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{made.seed}_{made.file_name}"
    path.write_bytes(made.content)
    truth = [asdict(each) for each in made.truths]
    told = {"refusal": asdict(made.refusal) if made.refusal else None, "kinds": made.kinds, "rows": truth}
    path.with_suffix(".truth.json").write_text(json.dumps(told, ensure_ascii=False, indent=1), encoding="utf-8")
    for name, text in made.own_source.items():
        (folder / name).write_text(text, encoding="utf-8")
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description="write one dirty list and its truth")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    made = dirty_list(arguments.seed)
    lines = [f"{write(made, arguments.out)}: source {made.source}, {len(made.truths)} rows"]
    lines.append(f"file: {', '.join(made.kinds)}")
    for truth in made.truths:
        effect = f" (may be clear: {truth.may_be_clear})" if truth.may_be_clear else ""
        lines.append(f"row {truth.row}: {', '.join(truth.kinds) or 'clean'}{effect}; {len(truth.asks)} questions")
    sys.stdout.write("\n".join([*lines, ""]))


if __name__ == "__main__":
    main()
