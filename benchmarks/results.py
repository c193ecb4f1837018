"""What a run found: its figures with the machine they were taken on, saved as JSON, and told as text."""

import json
import os
import platform
import re
import subprocess
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import apsw
import msgspec

from benchmarks.rows import Row, Skipped
from benchmarks.servers import cores

RESULTS = Path(__file__).parent / "results"
LATEST = RESULTS / "latest.json"
PEERS = RESULTS / "peers.json"
_SMALL = 0.1  # ratios below this are told with two digits that count
_PACKAGES = ("grpcio", "aiohttp", "uvloop", "lmdb", "protobuf", "msgspec")


class Results(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A run: on what machine, with what, over how many subjects, and what came out."""

    command: str
    taken_at: str
    machine: str
    versions: dict[str, str]
    subjects: int
    durable: bool
    runs: int
    rows: tuple[Row, ...]
    skipped: tuple[Skipped, ...] = ()

    def row(self, ident: str) -> Row | None:
        """The row of that id, if it was measured."""
        return next((row for row in self.rows if row.id == ident), None)


def results(command: str, subjects: int, runs: int, found: Iterable[Row | Skipped]) -> Results:
    """What was found, with what it was found on."""
    found = list(found)
    return Results(
        command=command,
        taken_at=datetime.now(UTC).isoformat(timespec="seconds"),
        machine=f"{os.cpu_count()} cores ({_processor()}), {platform.system()} {platform.machine()}, {cores()}",
        versions=_versions(),
        subjects=subjects,
        durable=True,
        runs=runs,
        rows=tuple(row for row in found if isinstance(row, Row)),
        skipped=tuple(each for each in found if isinstance(each, Skipped)),
    )


def save(found: Results, path: Path) -> None:
    """Write the results, with each row's target and whether it is met, for those who read the file alone."""
    path.parent.mkdir(exist_ok=True)
    content: dict[str, Any] = msgspec.to_builtins(found)
    for told, row in zip(content["rows"], found.rows, strict=True):
        if row.target is not None:
            told |= {"target": str(row.target), "met": row.is_met}
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def load(path: Path) -> Results | None:
    """Saved results; None where there are none."""
    return msgspec.json.decode(path.read_bytes(), type=Results) if path.exists() else None


def cells(row: Row) -> tuple[str, str, str, str, str, str]:
    """A row as text."""
    beside = "" if row.floor is None else f"{number(row.floor)} {row.unit} ({row.floor_name})"
    met = {True: "yes", False: "no", None: ""}[row.is_met]
    target = str(row.target) if row.target else ""
    ours = f"{number(row.ours)} {row.unit}" + (f" ({row.note})" if row.note else "")
    ratio = "" if row.ratio is None else f"{row.ratio:.2f}" if row.ratio >= _SMALL else f"{row.ratio:.2g}"
    return row.what, ours, beside, ratio, target, met


def number(value: float) -> str:
    """A figure with as many digits as it is worth."""
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def _versions() -> dict[str, str]:
    found = {"Python": platform.python_version(), "SQLite": apsw.sqlite_lib_version()}
    found |= {name: version(name) for name in _PACKAGES}
    for tool, arguments in (("h2load", ["--version"]), ("wrk", ["--version"])):
        try:
            done = subprocess.run([tool, *arguments], capture_output=True, text=True, check=False)
        except FileNotFoundError:
            continue
        said = re.search(r"(?:nghttp2/|wrk \S*?)(\d+[\d.]*)", done.stdout + done.stderr)
        found[tool] = said[1] if said else "unknown"
    return found


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor()
    found = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    return found[1].strip() if found else platform.machine()
