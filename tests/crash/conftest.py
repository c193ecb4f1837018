"""Appenders that are killed: each a process of its own, forked from one that has everything imported."""

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.support.waiting import wait_until

_APPENDER = Path(__file__).with_name("trace_appender.py")
_WITHIN_S = 120.0


class KilledAppender:
    """Appends without end until it is killed. What it was answered goes to a file, since a full pipe would stop it."""

    def __init__(self, pid: int, out: Path) -> None:
        self._pidfd = os.pidfd_open(pid)
        self._out = out

    def until_answered(self) -> None:
        """Return once it was answered something."""

        def is_answered() -> bool:
            assert not self._has_ended(0), "the appender ended by itself; its complaint stands on standard error"
            return self._out.stat().st_size > 0

        wait_until(is_answered, _WITHIN_S)

    def kill(self) -> dict[str, int]:
        """End it as a power cut would: request ids and leaf indexes that it was answered."""
        signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
        assert self._has_ended(_WITHIN_S)
        os.close(self._pidfd)
        complete = self._out.read_text(encoding="utf-8").rpartition("\n")[0].splitlines()
        self._out.unlink()
        return {request_id: int(leaf_index) for request_id, leaf_index in (line.split() for line in complete)}

    def _has_ended(self, within_s: float) -> bool:
        return bool(select.select([self._pidfd], [], [], within_s)[0])


@pytest.fixture(scope="module")
def start_appender(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str, str, int], KilledAppender]]:
    """Starts one over a log: its directory or address, a prefix of request ids, how many callers."""
    folder = tmp_path_factory.mktemp("appenders")
    with subprocess.Popen(
        [sys.executable, str(_APPENDER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as forking:
        assert forking.stdin is not None
        assert forking.stdout is not None

        def start(place: str, prefix: str, callers: int) -> KilledAppender:
            out = folder / prefix
            out.touch()
            print(json.dumps([str(out), place, prefix, str(callers)]), file=forking.stdin, flush=True)
            return KilledAppender(int(forking.stdout.readline()), out)

        yield start
