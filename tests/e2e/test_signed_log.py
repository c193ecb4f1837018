"""`xingate serve` over its signed log: what it shows of checkpoints, a disk that fills up, a log that was cut off."""

import contextlib
import itertools
import json
import os
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.support.waiting import stays, wait_until

from xingate.checkpoint import verify
from xingate_server.demo.numbers import unified_code

BODY = {
    "subject": {"kind": "SUBJECT_KIND_LEGAL_ENTITY", "identifiers": [{"value": unified_code(1)}]},
    "action": "market.entry",
    "caller": {"system": "tests"},
}


def check(gateway: Any) -> httpx.Response:
    return httpx.post(f"{gateway.http}/v1/check", json=BODY, trust_env=False, timeout=20)


def ready(gateway: Any) -> httpx.Response:
    return httpx.get(f"{gateway.http}/readyz", trust_env=False, timeout=20)


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 32 MiB that can be filled for real."""
    if os.name != "posix" or os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root")
    place = tmp_path / "tiny"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=32m", "tmpfs", str(place)]
    mounted = subprocess.run(mount, capture_output=True, check=False)
    if mounted.returncode != 0:
        pytest.skip(f"a small file system cannot be mounted here: {mounted.stderr.decode().strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def test_checkpoints_are_shown(start_gateway: Callable[..., Any], own_state: Path) -> None:
    gateway = start_gateway(own_state)
    for _ in range(3):
        assert check(gateway).status_code == 200
    key = (own_state / "keys" / "trace.pub").read_text().strip()
    size = verify(httpx.get(f"{gateway.http}/v1/checkpoint", trust_env=False).json()["note"], key).tree_size

    def shown() -> int:
        return int(ready(gateway).json()["trace"]["checkpoint"]["treeSize"])

    wait_until(lambda: shown() >= max(size, 3), within_s=2)
    assert ready(gateway).json()["trace"]["checkpoint"]["ageSeconds"] < 60
    wait_until(lambda: f"xingate_checkpoint_size {shown()}.0" in _metrics(gateway), within_s=5)
    assert "xingate_checkpoint_age_seconds" in _metrics(gateway)
    assert gateway.stop() == 0


def test_the_body_of_readyz_is_as_documented(
    start_gateway: Callable[..., Any], own_state: Path, tmp_path: Path
) -> None:
    """The sample in docs/operations.md has the fields of a gateway with an anchor, those of `sources` apart."""
    page = (Path(__file__).parents[2] / "docs" / "operations.md").read_text(encoding="utf-8")
    sample = json.loads(page.partition("```json\n")[2].partition("```")[0])
    (anchor := tmp_path / "anchor").mkdir()
    config = tmp_path / "anchored.toml"
    config.write_text(f'[trace.anchor]\nfolder = "{anchor}"\nevery_s = 0\n', encoding="utf-8")
    gateway = start_gateway(own_state, XINGATE_CONFIG=str(config))
    assert check(gateway).status_code == 200
    wait_until(lambda: ready(gateway).json()["trace"]["checkpoint"]["anchored"] >= 1)
    assert ready(gateway).json()["trace"]["checkpoint"]["anchorProblem"] == ""
    assert _fields(ready(gateway).json() | {"sources": {}}) == _fields(sample | {"sources": {}})
    assert gateway.stop() == 0


def _fields(body: Any) -> Any:
    return {name: _fields(value) for name, value in body.items()} if isinstance(body, dict) else None


def test_a_full_disk_gives_no_verdict_and_serving_resumes_within_a_second(
    start_gateway: Callable[..., Any], compiled_state: Path, tiny_disk: Path
) -> None:
    state = Path(shutil.copytree(compiled_state, tiny_disk / "state", symlinks=True))
    gateway = start_gateway(state)
    ballast = tiny_disk / "ballast"
    for _ in range(2):
        assert check(gateway).status_code == 200
        with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(4096))
        statuses = (check(gateway).status_code for _ in range(20_000))
        assert {*itertools.takewhile(lambda status: status != 503, statuses)} <= {200}
        assert ready(gateway).status_code == 503
        ballast.unlink()
        freed = time.monotonic()
        wait_until(lambda: check(gateway).status_code == 200, within_s=1)
        assert time.monotonic() - freed < 1
    wait_until(lambda: not ready(gateway).json()["trace"]["problem"], within_s=5)
    assert gateway.stop() == 0


def test_a_log_that_was_cut_off_is_refused_at_start(start_gateway: Callable[..., Any], own_state: Path) -> None:
    gateway = start_gateway(own_state)
    for _ in range(5):
        check(gateway)
    assert gateway.stop() == 0
    _cut_off(own_state)
    again = start_gateway(own_state, is_awaited=False)
    assert again.process.wait(30) == 3
    assert "its end was lost or cut off" in again.logged()
    assert len(again.logged().splitlines()) == 1


def test_a_log_that_is_cut_off_while_it_runs_gives_no_more_answers(
    start_gateway: Callable[..., Any], own_state: Path
) -> None:
    gateway = start_gateway(own_state)
    for _ in range(5):
        assert check(gateway).status_code == 200
    wait_until(lambda: ready(gateway).json()["trace"]["checkpoint"]["treeSize"] >= 5, within_s=5)
    _cut_off(own_state)
    wait_until(lambda: ready(gateway).status_code == 503, within_s=5)
    assert "its end was lost or cut off" in ready(gateway).json()["trace"]["problem"]
    assert check(gateway).status_code == 503
    stays(lambda: ready(gateway).status_code == 503, 1.5)
    assert "can no longer be relied on" in gateway.logged()
    assert gateway.stop() == 0


def _cut_off(state: Path) -> None:
    with contextlib.closing(sqlite3.connect(state / "trace" / "log.sqlite")) as connection, connection:
        connection.execute("DELETE FROM leaves WHERE leaf_index >= 2")


def _metrics(gateway: Any) -> str:
    return httpx.get(f"{gateway.http}/metrics", trust_env=False).text
