"""The README's command for an operator's own lists, pasted into a fresh clone."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def commands_of(readme: str) -> str:
    """The block that compiles own lists, with the program that is under test."""
    text = (ROOT / readme).read_text(encoding="utf-8")
    (block,) = [part for part in text.split("```")[1::2] if part.startswith("sh\n") and "--source city_list=" in part]
    return block.removeprefix("sh\n").replace(".venv/bin/xingate", f"{sys.executable} -m xingate_server.cli")


@pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
def test_own_lists(readme: str, tmp_path: Path) -> None:
    environment = os.environ | {"XINGATE_STATE": str(tmp_path / "state")}
    command = ["bash", "-e", "-c", commands_of(readme)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "subjects with another content" in done.stdout
    assert not (tmp_path / "state" / "snapshots").exists(), "a dry run publishes nothing"
