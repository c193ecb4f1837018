"""The log against kill -9, several processes and a full disk: what was answered is there, once, without a gap.

A kill tells nothing about power loss: what the disk does with an fsync is its own matter.
"""

import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support import blocking
from tests.support.amounts import amount

from xingate_server.trace.port import Draft, RecordFailedError
from xingate_server.trace.sqlite.store import SqliteLog

StartAppender = Callable[[str, str, int], Any]

_APPENDER = Path(__file__).with_name("trace_appender.py")


def start(directory: Path, prefix: str, callers: int, limit: int) -> "subprocess.Popen[str]":
    command = [sys.executable, str(_APPENDER), str(directory), prefix, str(callers), str(limit)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def answered(output: str) -> dict[str, int]:
    """Request ids and leaf indexes of the complete lines."""
    lines = [line.split() for line in output.splitlines(keepends=True) if line.endswith("\n")]
    return {request_id: int(leaf_index) for request_id, leaf_index in lines}


def kill_under_load(start_appender: StartAppender, directory: Path, prefix: str, after_s: float) -> dict[str, int]:
    appender = start_appender(str(directory), prefix, 32)
    try:
        appender.until_answered()
        time.sleep(after_s)
    finally:
        told = appender.kill()
    return told


def check_log(directory: Path, told: dict[str, int]) -> None:
    """No answered lookup is missing, none is there twice, and there is no gap."""
    log = SqliteLog(directory)
    try:
        seen: set[str] = set()
        count = 0
        for leaf in log.read():
            assert leaf.leaf_index == count, "the log has a gap"
            assert leaf.leaf == leaf.request_id.encode() * 20
            assert told.get(leaf.request_id, count) == count, "an answered lookup is elsewhere than was said"
            seen.add(leaf.request_id)
            count += 1
        assert len(seen) == count, "a request id has two leaves"
        missing = told.keys() - seen
        assert not missing, f"{len(missing)} answered lookups are not in the log"
    finally:
        log.close()


def kill_repeatedly(start_appender: StartAppender, directory: Path, times: int) -> int:
    """Kill one process after the other over one log; how many lookups were answered."""
    told: dict[str, int] = {}
    for number in range(times):
        told |= kill_under_load(start_appender, directory, f"run{number}", after_s=0.02 + 0.03 * (number % 5))
    assert len(told) > times
    check_log(directory, told)
    return len(told)


@pytest.mark.sampled
def test_kill_9_loses_no_answered_lookup(start_appender: StartAppender, tmp_path: Path) -> None:
    kill_repeatedly(start_appender, tmp_path, amount(100, 25))


@pytest.mark.soak
def test_kill_9_many_times(start_appender: StartAppender, tmp_path: Path) -> None:
    answers = 0
    for number in range(20):  # a log each, for ten thousand kills fill 28 GB
        answers += kill_repeatedly(start_appender, tmp_path / str(number), 500)
        shutil.rmtree(tmp_path / str(number))
    print(f"10,000 kills, {answers} answered lookups, 0 missing")  # noqa: T201 - what the long run is for


def test_two_processes_share_one_log_and_one_of_them_is_killed(start_appender: StartAppender, tmp_path: Path) -> None:
    steady = start(tmp_path, "steady", callers=8, limit=5000)
    told = {}
    for number in range(2):
        told |= kill_under_load(start_appender, tmp_path, f"killed{number}", after_s=0.2)
    output, complaint = steady.communicate(timeout=120)
    assert steady.returncode == 0, complaint
    of_steady = answered(output)
    assert len(of_steady) == 5000
    check_log(tmp_path, told | of_steady)


def test_two_processes_ask_the_same_and_get_the_same_leaves(tmp_path: Path) -> None:
    processes = [start(tmp_path, "same", callers=8, limit=1000) for _ in range(2)]
    outputs = [process.communicate(timeout=120) for process in processes]
    assert [process.returncode for process in processes] == [0, 0], outputs
    first, second = (answered(output) for output, _ in outputs)
    assert first == second
    assert len(first) == 1000
    check_log(tmp_path, first)


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 16 MiB that can be filled for real."""
    if os.name != "posix" or os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root")
    place = tmp_path / "tiny"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(place)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip(f"a small file system cannot be mounted here: {mounted.stderr.decode().strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


def _draft(request_id: str) -> Draft:
    return Draft(
        kind="check",
        record_id=f"record-{request_id}",
        request_id=request_id,
        system="s",
        organisation="o",
        question_digest=b"q",
        time="2026-05-04T03:02:01.000000Z",
        leaf=request_id.encode() * 20,
        answer=b"a" * 5000,
    )


def _fill(ballast: Path) -> None:
    with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"\0" * 65536)


def test_a_full_disk_fails_the_record_and_space_brings_it_back(tiny_disk: Path) -> None:
    told: dict[str, int] = {}
    with contextlib.closing(SqliteLog(tiny_disk / "trace")) as log:
        for round_number in range(3):
            _fill(tiny_disk / "ballast")
            refused = ""
            for number in range(2000):
                request_id = f"round{round_number}-{number}"
                try:
                    told[request_id] = blocking.append(log, _draft(request_id)).leaf_index
                except RecordFailedError:
                    refused = request_id
                    break
            assert refused, "the disk never was full"
            with pytest.raises(RecordFailedError):
                blocking.append(log, _draft(refused))
            assert log.find("check", "s", "o", refused) is None
            (tiny_disk / "ballast").unlink()
            started = time.monotonic()
            told[refused] = blocking.append(log, _draft(refused)).leaf_index
            assert time.monotonic() - started < 1
    check_log(tiny_disk / "trace", told)
