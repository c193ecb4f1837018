"""Run `xingate` commands as a user would: a process each, with its own streams, exit code, folder and environment.

Loading the program takes most of a short command's time, so one process loads it once for all tests of this process
and forks one for each command (`command_server`). What is about starting itself (what is imported, a package that is
missing, the encoding of a terminal) uses `COMMAND` with an interpreter of its own.
"""

import atexit
import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import IO

COMMAND = (sys.executable, "-m", "xingate_server.cli")
WITHIN_S = 120.0
Done = subprocess.CompletedProcess[str]


class Process:
    """A command that runs, with what tests use of `subprocess.Popen`."""

    def __init__(
        self, arguments: Sequence[str], streams: Sequence[IO[bytes]], folder: Path, **environment: str
    ) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(_door(), [b"!"], [theirs.fileno(), *(stream.fileno() for stream in streams)])
        request = {"arguments": arguments, "folder": str(folder), "environment": os.environ | environment}
        ours.sendall(json.dumps(request).encode() + b"\n")
        self._connection = ours
        self._answer = ours.makefile("r", encoding="utf-8")
        self.pid = int(self._answer.readline())
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """The exit code, or None as long as it runs."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """The exit code, negative if a signal ended it. Raises subprocess.TimeoutExpired after `timeout` seconds."""
        if self.returncode is None:
            if not select.select([self._connection], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired("xingate", timeout or 0)
            self.returncode = int(self._answer.readline())
            self._answer.close()
            self._connection.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal to it, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)


def run_command(
    *arguments: str | Path,
    code: int | None = None,
    stdin: str = "",
    folder: Path | None = None,
    within_s: float = WITHIN_S,
    **environment: str,
) -> Done:
    """Run a command to its end. `code` is the exit code that must come; a traceback never may.

    Without `stdin` standard input is empty; `environment` is added to that of the tests. Raises
    subprocess.TimeoutExpired after `within_s` seconds.
    """
    words = [str(argument) for argument in arguments]
    with contextlib.ExitStack() as stack:
        streams = [stack.enter_context(tempfile.TemporaryFile()) for _ in range(3)]
        streams[0].write(stdin.encode())
        streams[0].seek(0)
        process = Process(words, streams, folder or Path.cwd(), **environment)
        try:
            returned = process.wait(within_s)
        finally:
            process.kill()
        done = Done(["xingate", *words], returned, _text(streams[1]), _text(streams[2]))
    assert "Traceback" not in done.stderr, done.stderr
    assert code is None or done.returncode == code, done.stdout + done.stderr
    return done


@cache
def _door() -> socket.socket:
    """The socket of the process that forks; that process ends with this one."""
    ours, theirs = socket.socketpair()
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.command_server", str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            cwd=Path(__file__).parents[2],
        )

    def close() -> None:
        ours.close()
        process.wait()

    atexit.register(close)
    return ours


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode().replace("\r\n", "\n")
