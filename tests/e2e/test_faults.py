"""States in which questions are not answered: a line when one begins, one when it ends, a reason, and a metric."""

import json
import re
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.support.waiting import stays, wait_until

from xingate_server.demo.numbers import unified_code

QUESTION = {
    "subject": {"kind": "SUBJECT_KIND_LEGAL_ENTITY", "identifiers": [{"value": unified_code(1)}]},
    "action": "market.entry",
}


def get(gateway: Any, path: str) -> httpx.Response:
    return httpx.get(f"{gateway.http}{path}", trust_env=False, timeout=20)


def ask(gateway: Any) -> int:
    return httpx.post(f"{gateway.http}/v1/check", json=QUESTION, trust_env=False, timeout=20).status_code


def lines(gateway: Any, event: str) -> list[dict[str, Any]]:
    """What it has logged under an event."""
    logged = [json.loads(line) for line in gateway.logged().splitlines() if line.startswith("{")]
    return [each for each in logged if each["event"] == event]


def unready(gateway: Any) -> dict[str, float]:
    """How many workers answer no question, by reason."""
    found = re.findall(r'xingate_unready_workers\{reason="(\w+)"\} (\S+)', get(gateway, "/metrics").text)
    return {reason: float(count) for reason, count in found}


@pytest.mark.skipif(shutil.which("prlimit") is None, reason="prlimit is not there to make a disk refuse writes")
def test_a_disk_that_refuses_writes(start_gateway: Callable[..., Any], own_state: Path) -> None:
    gateway = start_gateway(own_state)

    def limit(size: str) -> None:
        subprocess.run(["prlimit", f"--pid={gateway.workers()[0]}", f"--fsize={size}:unlimited"], check=True)

    assert ask(gateway) == 200
    # Files can still be made, so that only the log itself is refused, as one that has reached a quota is.
    limit(str((own_state / "trace" / "log.sqlite-wal").stat().st_size))
    assert [ask(gateway) for _ in range(5)] == [503] * 5
    wait_until(lambda: unready(gateway)["record_failed"] == 1)
    state = get(gateway, "/readyz")
    assert state.status_code == 503
    assert [each["reason"] for each in state.json()["reasons"]] == ["record_failed"]
    assert "could not be made durable" in state.json()["reasons"][0]["problem"]
    assert state.json()["trace"]["problem"] == state.json()["reasons"][0]["problem"]
    # It is tried again in this time, and goes on failing without another word.
    stays(lambda: len(lines(gateway, "fault begins")) == 1, 1.5)
    assert ask(gateway) == 503
    (began,) = lines(gateway, "fault begins")
    assert (began["fault"], began["is_answering"], began["level"]) == ("record_failed", False, "error")
    assert "could not be made durable" in began["problem"]
    assert lines(gateway, "fault ends") == []
    limit("unlimited")
    wait_until(lambda: get(gateway, "/readyz").status_code == 200)
    assert get(gateway, "/readyz").json()["reasons"] == []
    wait_until(lambda: len(lines(gateway, "fault ends")) == 1)
    assert lines(gateway, "fault ends")[0]["fault"] == "record_failed"
    assert unready(gateway)["record_failed"] == 0
    assert ask(gateway) == 200
    assert gateway.stop() == 0
    assert len(lines(gateway, "fault begins")) == 1


@pytest.mark.parametrize("workers", [pytest.param(1, marks=pytest.mark.soak), 2])
def test_no_snapshot_is_no_readiness(
    start_gateway: Callable[..., Any], compile_lists: Callable[[Path], int], tmp_path: Path, workers: int
) -> None:
    gateway = start_gateway(tmp_path / "state", workers=workers)
    text = gateway.out.read_text(encoding="utf-8")
    assert "is ready" not in text
    assert re.fullmatch(r"xingate listens: http://\S+ grpc://\S+ \(.*, no snapshot yet: run xingate compile\)\n", text)
    assert ask(gateway) == 503
    wait_until(lambda: len(lines(gateway, "fault begins")) == workers)
    assert {each["fault"] for each in lines(gateway, "fault begins")} == {"snapshot_missing"}
    wait_until(lambda: unready(gateway)["snapshot_missing"] == workers)
    assert get(gateway, "/readyz").json()["reasons"] == [
        {"reason": "snapshot_missing", "problem": "there is no snapshot: run xingate compile"}
    ]
    assert compile_lists(tmp_path / "state") == 1
    wait_until(lambda: len(lines(gateway, "fault ends")) == workers)
    wait_until(lambda: len(gateway.out.read_text(encoding="utf-8").splitlines()) == 2)
    second = gateway.out.read_text(encoding="utf-8").splitlines()[1]
    assert second.startswith("xingate is ready: http://")
    assert second.endswith(", snapshot 1)")
    assert ask(gateway) == 200
    assert gateway.stop() == 0


@pytest.mark.soak
def test_overload_has_its_lines_too(start_gateway: Callable[..., Any], own_state: Path) -> None:
    gateway = start_gateway(own_state, XINGATE_SERVER__MOST_IN_FLIGHT="1")
    many = ["curl", "-s", "--noproxy", "*", "-Z", "--parallel-immediate", "--parallel-max", "50"]
    if shutil.which("curl") is None:
        pytest.skip("curl is not on this machine")
    subject = QUESTION | {"matter": "示例"}
    one = ["-o", "/dev/null", "-H", "Content-Type: application/json", "-d", json.dumps(subject)]
    until = time.monotonic() + 20
    while not lines(gateway, "fault begins"):
        assert time.monotonic() < until
        command = list(many)
        for place in range(50):
            command += ([] if place == 0 else ["--next"]) + [*one, f"{gateway.http}/v1/check"]
        subprocess.run(command, check=False, timeout=20)
    wait_until(lambda: len(lines(gateway, "fault ends")) == 1)
    (began,) = lines(gateway, "fault begins")
    assert (began["fault"], began["is_answering"]) == ("overloaded", True)
    assert get(gateway, "/readyz").status_code == 200
    assert gateway.stop() == 0
