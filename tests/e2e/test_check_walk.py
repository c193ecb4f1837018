"""The way of a check in docs/architecture.md is the way that a check goes."""

import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def documented() -> list[str]:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    section = page[page.index("## The way of a check") :]
    rows = [line.split("|") for line in section.splitlines() if line.startswith("| ")][1:]
    cells = [row[2] for row in rows if "prepared answer" not in row[2]]
    return [file for cell in cells for file in re.findall(r"`([\w/]+\.py)`", cell)]


def test_the_files_of_a_check_are_those_in_the_page() -> None:
    """In a process of its own, which no other test's caches or threads disturb."""
    code = "import json; from benchmarks.walk import walks; print(json.dumps({k: v.files for k, v in walks().items()}))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    walked = json.loads(ran.stdout.splitlines()[-1])
    files = [file.replace("sdk: ", "xingate/") for file in walked["gRPC"]]
    assert set(files) == set(documented())
    assert files[0] == documented()[0]
    for face in ("HTTP", "embedded"):
        assert "gateway/check.py" in walked[face]
        core_and_trace = {file for file in files if file.startswith(("core/", "trace/", "gateway/"))}
        assert core_and_trace <= set(walked[face])
