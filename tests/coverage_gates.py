"""The branches that the tests must take, by package: `python tests/coverage_gates.py`, after a run with coverage.

Reads `.coverage`. Processes that tests start are not measured, for loading coverage would slow each of them, so what
only they run counts as not taken. What is left out of the measurement stands in pyproject.toml with its reason.
"""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from coverage import Coverage

# Percent of branches. Transport's servers and routes run in gateways of their own, which are not measured: of what is
# measured, six branches in ten are taken.
LEAST = {"core": 100.0, "gateway": 90.0, "transport": 55.0, "trace": 90.0, "snapshot": 90.0}


def measured() -> dict[str, Any]:
    """Each file's summary."""
    data = Coverage()
    data.load()
    with tempfile.TemporaryDirectory() as folder:
        to = Path(folder) / "report.json"
        data.json_report(outfile=str(to))
        files: dict[str, Any] = json.loads(to.read_text(encoding="utf-8"))["files"]
    return {name: each["summary"] for name, each in files.items()}


def main() -> int:
    """Print each package's share, with the files that lack most where it is too small; 1 if one is."""
    files, is_good = measured(), True
    for package, least in LEAST.items():
        inside = {name: each for name, each in files.items() if f"xingate_server/{package}/" in name}
        branches = sum(each["num_branches"] for each in inside.values())
        lacking = sum(each["missing_branches"] for each in inside.values())
        share = 100 * (1 - lacking / branches) if branches else 0.0
        # A line without a branch can be missed too: the core may not have one.
        lines = sum(each["missing_lines"] for each in inside.values()) if least == 100 else 0
        sys.stdout.write(f"{package}: {share:.1f} % of {branches} branches, at least {least:.0f}\n")
        if share < least or lines:
            is_good = False
            worst = sorted(inside.items(), key=lambda each: -each[1]["missing_branches"] - each[1]["missing_lines"])
            sys.stdout.writelines(
                f"  {name}: {each['missing_branches']} branches, {each['missing_lines']} lines not taken\n"
                for name, each in worst[:10]
            )
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
