"""Go's own packages for transparency logs, by the programs in `examples/go`: they watch a gateway's log, and have a log
of their own cosigned by the witness. Skipped without Go, and where its modules cannot be downloaded."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from xingate_server.demo.numbers import unified_code

ROOT = Path(__file__).parents[2] / "examples" / "go"
UNREACHABLE = re.compile(r"dial tcp|no such host|i/o timeout|proxyconnect|TLS handshake|module lookup disabled|: 50\d ")
TOO_OLD = re.compile(r"go\.mod requires go >= \S+ \(running go \S+;")
BUILD_WITHIN_S = 240


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with both programs."""
    if (go := shutil.which("go", path=os.pathsep.join((os.environ["PATH"], "/usr/local/go/bin")))) is None:
        pytest.skip("Go is not on this machine")
    folder = tmp_path_factory.mktemp("go")
    env = os.environ | {"GOFLAGS": "-mod=readonly", "GOTOOLCHAIN": "local"}
    command = [go, "build", "-buildvcs=false", "-o", f"{folder}{os.sep}", "./monitor", "./witnessed"]
    try:
        done = subprocess.run(
            command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=BUILD_WITHIN_S, check=False
        )
    except subprocess.TimeoutExpired:
        pytest.skip(f"`go build` did not end within {BUILD_WITHIN_S} s: its modules come too slowly")
    if UNREACHABLE.search(done.stderr):
        pytest.skip(f"the modules cannot be downloaded: {done.stderr[-300:]}")
    if found := TOO_OLD.search(done.stderr):
        pytest.skip(f"this machine's Go is too old: {found[0]}")
    assert done.returncode == 0, done.stderr
    return folder


def run(*command: str | Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=60, check=False)


class Monitor:
    """The program, with the checkpoint that it has seen."""

    def __init__(self, built: Path, state: Path, folder: Path) -> None:
        self._command = (built / "monitor", "-key", state / "keys" / "trace.pub", "-seen", folder / "seen.note")

    def watch(self, gateway: Any, records: int = 1000) -> str:
        done = run(*self._command, "-gateway", gateway.http, "-records", str(records))
        assert done.returncode == 0, done.stderr
        return done.stdout

    def objection(self, gateway: Any) -> str:
        done = run(*self._command, "-gateway", gateway.http)
        assert done.returncode == 1, done.stdout
        return done.stderr


def grow(gateway: Any, checks: int) -> None:
    """So many records more, under a signed checkpoint."""
    question = {
        "subject": {"kind": "SUBJECT_KIND_LEGAL_ENTITY", "identifiers": [{"value": unified_code(1)}]},
        "action": "market.entry",
    }
    caller = {"X-Xingate-System": "s", "X-Xingate-Organisation": "o"}
    with httpx.Client(base_url=gateway.http, headers=caller, trust_env=False) as client:
        for _ in range(checks):
            answer = client.post("/v1/check", json=question)
            assert answer.status_code == 200, answer.text
        size = int(answer.json()["trace"]["leafIndex"]) + 1
        until = time.monotonic() + 10
        while int(client.get("/v1/checkpoint", headers={"Accept": "text/plain"}).text.split("\n")[1]) < size:
            assert time.monotonic() < until
            time.sleep(0.05)


def test_a_monitor_in_go_finds_that_the_log_only_grows(
    built: Path, start_gateway: Callable[..., Any], own_state: Path, tmp_path: Path
) -> None:
    """From sizes that are powers of two and others, with two workers, and past the first full tile."""
    gateway = start_gateway(own_state, workers=2)
    monitor = Monitor(built, own_state, tmp_path)
    size = 1  # the snapshot's activation
    for more in (1, 2, 4, 5, 300):
        grow(gateway, more)
        said = monitor.watch(gateway)
        assert (f"consistent: with the {size} leaves" in said) is (size > 1)
        size += more
        assert f", {size} leaves\n" in said
        assert f"included: {size} records\nwhole: " in said
    said = monitor.watch(gateway, records=5)
    assert "included: 5 records" in said
    assert "whole" not in said
    assert gateway.stop() == 0


def test_a_monitor_in_go_objects_to_a_fork_and_to_a_log_that_was_set_back(
    built: Path, start_gateway: Callable[..., Any], own_state: Path, tmp_path: Path
) -> None:
    """Two logs of one key, both of which its operator signs."""
    first = start_gateway(own_state)
    grow(first, 3)
    assert first.stop() == 0
    other = tmp_path / "other"
    shutil.copytree(own_state, other, symlinks=True)
    monitor = Monitor(built, own_state, tmp_path)
    one, two = start_gateway(own_state), start_gateway(other)
    grow(one, 2)
    monitor.watch(one)
    assert "the log had 6 leaves and has 4" in monitor.objection(two)
    grow(two, 3)
    assert "does not continue the one of 6 leaves" in monitor.objection(two)
    assert "consistent: with the 6 leaves" in monitor.watch(one)
    assert (one.stop(), two.stop()) == (0, 0)


def test_the_witness_cosigns_a_log_in_go_and_refuses_its_fork(built: Path, tmp_path: Path) -> None:
    assert run(built / "witnessed", "-new", tmp_path).returncode == 0
    folder, out = tmp_path / "witness", tmp_path / "out"
    given = ["--log", str(tmp_path / "log.pub"), "--name", "w.example", "--dir", str(folder), "--port", "0"]
    with out.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "xingate_server.cli", "witness", "serve", *given],
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    try:
        while (found := re.search(r"^witness is ready: (\S+)$", out.read_text(encoding="utf-8"), re.MULTILINE)) is None:
            assert process.poll() is None, out.read_text(encoding="utf-8")
            time.sleep(0.02)
        key = folder / "witness.pub"
        done = run(built / "witnessed", "-keys", tmp_path, "-witness", found[1], "-witness-key", key)
    finally:
        process.terminate()
        process.wait(20)
    assert done.returncode == 0, done.stderr
    answered = [int(line.split()[0]) for line in done.stdout.splitlines()]
    assert answered == [200, 200, 200, 409, 422, 422, 403, 200]


@pytest.mark.skipif(shutil.which("gofmt") is None, reason="Go is not on this machine")
def test_the_go_files_are_formatted() -> None:
    done = run("gofmt", "-l", ROOT)
    assert (done.returncode, done.stdout) == (0, "")
