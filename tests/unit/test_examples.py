"""The examples say how they are called."""

import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.py"))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_without_arguments_it_prints_its_usage(example: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(example)], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert done.stderr.startswith(f"usage: python examples/{example.name} URL")
    assert len(done.stderr.splitlines()) == 1
