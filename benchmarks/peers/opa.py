"""Open Policy Agent's server: built from its Go module, with the same lists as data and decision logs on.

The decision logs go to a file through standard error and are not synced; ours are durable records.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.data import Data, cache
from benchmarks.peers import plan
from benchmarks.servers import BenchError, Server, free_port, listening

VERSION = "v1.22.2"
PATH = "/v1/data/xingate/answer"
_MODULE = f"github.com/open-policy-agent/opa@{VERSION}"
_POLICY = Path(__file__).parent / "policy.rego"


class NoOpaError(Exception):
    """It cannot be had here; the text says why."""


def program() -> Path:
    """The built server, in the cache folder. Raises NoOpaError."""
    folder = cache() / f"opa-{VERSION}"
    built = folder / "opa"
    if built.exists():
        return built
    go = shutil.which("go")
    if go is None:
        raise NoOpaError("Open Policy Agent is built with Go, which is not installed: Debian has it in `golang`")
    print(f"building {_MODULE}, once", flush=True)
    env = os.environ | {"GOBIN": str(folder), "CGO_ENABLED": "0"}
    done = subprocess.run([go, "install", _MODULE], capture_output=True, text=True, check=False, env=env)
    if done.returncode:
        raise NoOpaError(f"`go install {_MODULE}` failed: {done.stderr.strip()[-500:]}")
    return built


def body(code: str, action: str, as_of: str) -> str:
    """One question, one line."""
    return json.dumps({"input": {"code": code, "action": action, "as_of": as_of}})


def write_data(data: Data, folder: Path) -> Path:
    """The lists, the register and the plan as one JSON file."""
    listed: dict[str, list[dict[str, str]]] = {}
    for code, entry in plan.entries(data):
        listed.setdefault(code, []).append(entry)
    file = folder / "data.json"
    with file.open("w", encoding="utf-8") as out:
        json.dump({"entries": listed, "register": dict(plan.register(data)), "plan": plan.plan()}, out)
    return file


@contextmanager
def server(file: Path, folder: Path) -> Iterator[Server]:
    """The running server, ready once it has loaded the data. Raises NoOpaError, BenchError."""
    port = free_port()
    command = [str(program()), "run", "--server", "--addr", f"127.0.0.1:{port}", "--disable-telemetry"]
    command += ["--log-level", "error", "--set", "decision_logs.console=true", str(file), str(_POLICY)]
    with listening(command, folder, port, path="/health") as running:
        yield running
    logged = (folder / "err").stat().st_size
    if not logged:
        raise BenchError("Open Policy Agent wrote no decision log: the figures do not count")
