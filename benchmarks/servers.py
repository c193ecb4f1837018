"""Servers in processes of their own, pinned to their cores, with what they hold in memory and how long they take.

Linux only where it pins (`sched_setaffinity`) and reads `/proc`. With two cores or more the server has the first one
and the load the others, for ours, floors and peers alike; on one core everything shares it, and the result says so.
"""

import contextlib
import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

_READY = re.compile(r"^xingate is ready: http://127\.0\.0\.1:(\d+) grpc://127\.0\.0\.1:(\d+) ", re.MULTILINE)
_WITHIN_S = 180.0
_POLL_S = 0.002


class BenchError(Exception):
    """A figure cannot be had or does not count; the text says why."""


class Cores(NamedTuple):
    """Which cores serve and which make the load."""

    server: frozenset[int]
    load: frozenset[int]

    def __str__(self) -> str:
        if not self.server or self.server == self.load:
            return "server and load share the cores"
        return f"server on core {_said(self.server)}, load on {_said(self.load)}"


class Server(NamedTuple):
    """A running server."""

    process: "subprocess.Popen[bytes]"
    http: int
    grpc: int
    ready_s: float

    def rss_mb(self) -> float:
        """Resident memory of it and its children, in MB: `own_mb`, and pages of files in that one which has most."""
        return self.own_mb() + max(_memory_kb(pid, "status", "RssFile") for pid in self._pids()) / 1024

    def own_mb(self) -> float:
        """The same without pages of files, which the system can drop at any time; what processes share counts once."""
        return sum(_memory_kb(pid, "smaps_rollup", "Pss_Anon") for pid in self._pids()) / 1024

    def _pids(self) -> list[int]:
        return [self.process.pid, *_children(self.process.pid)]


def cores() -> Cores:
    """The first core that we may use for the server, the rest for the load."""
    if not hasattr(os, "sched_getaffinity"):
        return Cores(frozenset(), frozenset())
    usable = sorted(os.sched_getaffinity(0))
    return Cores(frozenset(usable[:1]), frozenset(usable[1:] or usable))


def pin(where: frozenset[int]) -> Callable[[], None]:
    """What a child process does before it runs: stay on these cores."""

    def stay() -> None:
        if where:
            os.sched_setaffinity(0, where)

    return stay


@contextlib.contextmanager
def pinned(where: frozenset[int]) -> Iterator[None]:
    """Have this process, and all that it starts, stay on these cores for a while."""
    if not where:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, where)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextlib.contextmanager
def gateway(state: Path, folder: Path, *arguments: str, where: frozenset[int] | None = None) -> Iterator[Server]:
    """`xingate serve` over a state directory, one worker unless told otherwise, its log in `folder`."""
    command = [sys.executable, "-m", "xingate_server.cli", "serve", "--state", str(state)]
    command += ["--http-port", "0", "--grpc-port", "0", "--workers", "1", *arguments]
    out = folder / "gateway.out"
    with started(command, folder, out=out, where=where) as (process, began):
        found = None
        while found is None:
            _alive(process, began, folder)
            found = _READY.search(out.read_text(encoding="utf-8"))
            time.sleep(_POLL_S)
        yield Server(process, int(found[1]), int(found[2]), time.perf_counter() - began)


@contextlib.contextmanager
def listening(
    command: Sequence[str], folder: Path, port: int, *, path: str = "", where: frozenset[int] | None = None
) -> Iterator[Server]:
    """Any server that listens on `port`; with a `path` it is ready once GET of it gives 200."""
    with started(command, folder, where=where) as (process, began):
        while not _answers(port, path):
            _alive(process, began, folder)
            time.sleep(_POLL_S)
        yield Server(process, port, port, time.perf_counter() - began)


@contextlib.contextmanager
def started(
    command: Sequence[str], folder: Path, *, out: Path | None = None, where: frozenset[int] | None = None
) -> Iterator[tuple["subprocess.Popen[bytes]", float]]:
    """A process and when it began; stopped at the end, killed where it does not stop."""
    folder.mkdir(parents=True, exist_ok=True)
    with (out or folder / "out").open("wb") as stdout, (folder / "err").open("wb") as stderr:
        began = time.perf_counter()
        process = subprocess.Popen(
            command,
            stdout=stdout,
            stderr=stderr,
            env=os.environ | {"XINGATE_LOG_LEVEL": "warning"},
            preexec_fn=pin(cores().server if where is None else where),  # noqa: PLW1509 - one system call, no lock
        )
    try:
        yield process, began
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(20)
        if process.poll() is None:
            process.kill()
            process.wait()


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def peak_mb(command: Sequence[str]) -> tuple[float, float, str]:
    """Run a command alone: seconds, its peak memory in MB, and what it printed. Raises BenchError where it fails."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert process.stdout is not None  # noqa: S101 - a pipe was asked for
    printed = process.stdout.read().decode()
    _pid, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise BenchError(f"`{' '.join(command)}` ended with {process.returncode}")
    return time.perf_counter() - began, usage.ru_maxrss / 1024, printed


def _alive(process: "subprocess.Popen[bytes]", began: float, folder: Path) -> None:
    if process.poll() is not None or time.perf_counter() - began > _WITHIN_S:
        said = (folder / "err").read_text(encoding="utf-8", errors="replace")[-1500:]
        raise BenchError(f"`{' '.join(map(str, process.args))}` did not start: {said}")  # type: ignore[arg-type]


def _answers(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.connect()
        if path:
            connection.request("GET", path)
            return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()
    return True


def _memory_kb(pid: int, file: str, field: str) -> int:
    try:
        text = Path(f"/proc/{pid}/{file}").read_text(encoding="ascii")
    except OSError:
        return 0
    found = re.search(rf"^{field}:\s+(\d+) kB", text, re.MULTILINE)
    return int(found[1]) if found else 0


def _children(pid: int) -> list[int]:
    try:
        return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]
    except OSError:
        return []


def _said(where: frozenset[int]) -> str:
    return ",".join(map(str, sorted(where)))
