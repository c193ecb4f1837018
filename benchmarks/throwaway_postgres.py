"""A PostgreSQL server in a folder of its own, for tests and measurements; never for data that counts.

Needs initdb and postgres, from the path or where Debian puts them. As root it runs as `postgres` or `nobody`, because
PostgreSQL refuses to run as root. Settings are those of a new installation, so fsync is on.
"""

import contextlib
import ctypes
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_DEBIAN = Path("/usr/lib/postgresql")
_ACCOUNTS = ("postgres", "nobody")
_READY_WITHIN_S = 30.0
_POLL_S = 0.02
_SET_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of Linux's prctl(2)
_LIBC = ctypes.CDLL(None)


class NoPostgresError(Exception):
    """There is no PostgreSQL here; the text says what is missing."""


class ThrowawayPostgres:
    """Made by `initdb` in `folder`; `start` and `stop` it any number of times, `kill` it as a power cut would."""

    def __init__(self, folder: Path) -> None:
        self._programs = _programs()
        self._account = _account()
        self._folder = folder
        self._data = folder / "data"
        self._log = folder / "server.log"
        self._process: subprocess.Popen[bytes] | None = None
        self.port = _free_port()
        folder.chmod(0o755)
        self._data.mkdir(mode=0o700)
        self._log.touch()
        if self._account is not None:
            for path in (self._folder, self._data, self._log):
                os.chown(path, self._account.pw_uid, self._account.pw_gid)
        self._run(
            "initdb", "--pgdata", str(self._data), "--username=xingate", "--auth=trust", "--encoding=UTF8", "--no-sync"
        )

    def dsn(self, database: str = "postgres") -> str:
        """The address of a database."""
        return f"postgresql://xingate@127.0.0.1:{self.port}/{database}"

    def start(self, *settings: str) -> None:
        """Start with further `settings` (`fsync=off`), and wait until it answers."""
        given = [f"port={self.port}", "listen_addresses=127.0.0.1", "unix_socket_directories=", *settings]
        command = [
            str(self._programs / "postgres"),
            "-D",
            str(self._data),
            *(part for one in given for part in ("-c", one)),
        ]
        with self._log.open("ab") as log:
            process: subprocess.Popen[bytes] = subprocess.Popen(
                command,
                stdout=log,
                stderr=log,
                cwd=self._folder,
                start_new_session=True,
                preexec_fn=_die_with_us,  # noqa: PLW1509 - one system call that takes no lock
                **self._as_account(),
            )
        self._process = process
        deadline = time.monotonic() + _READY_WITHIN_S
        while not self._is_ready():
            if process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise NoPostgresError(f"PostgreSQL does not start: {self.logged()[-2000:]}")
            time.sleep(_POLL_S)

    def stop(self) -> None:
        """Stop it at once, sessions and all; it recovers when it starts again."""
        self._end(signal.SIGQUIT)

    def kill(self) -> None:
        """kill -9 of the server and of all its sessions."""
        sessions = self.sessions()
        self._end(signal.SIGKILL)
        for pid in sessions:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        deadline = time.monotonic() + _READY_WITHIN_S
        while any(_is_alive(pid) for pid in sessions) and time.monotonic() < deadline:
            time.sleep(_POLL_S)

    def sessions(self) -> list[int]:
        """The processes that the server has started: its sessions and its helpers."""
        if self._process is None or self._process.poll() is not None:
            return []
        pid = self._process.pid
        return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]

    def logged(self) -> str:
        """All that it has logged."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    def _end(self, number: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is not None:
            if process.poll() is None:
                process.send_signal(number)
            process.wait(_READY_WITHIN_S)

    def _is_ready(self) -> bool:
        """As pg_ctl finds it: the server says so in the eighth line of its lock file."""
        with contextlib.suppress(OSError):
            lines = (self._data / "postmaster.pid").read_text(encoding="ascii").splitlines()
            return (
                len(lines) > 7 and lines[0] == str(self._process and self._process.pid) and lines[7].strip() == "ready"
            )
        return False

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [self._programs / program, *arguments],
            capture_output=True,
            check=False,
            text=True,
            cwd=self._folder,
            env=os.environ | {"LC_ALL": "C"},
            **self._as_account(),
        )
        if done.returncode != 0:
            raise NoPostgresError(f"{program} failed: {done.stderr.strip()}")

    def _as_account(self) -> dict[str, Any]:
        if self._account is None:
            return {}
        return {"user": self._account.pw_uid, "group": self._account.pw_gid, "extra_groups": []}


def _die_with_us() -> None:
    """Have the server end when whoever started it is killed."""
    _LIBC.prctl(_SET_DEATH_SIGNAL, signal.SIGQUIT)


def _is_alive(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    return False


def _programs() -> Path:
    """The folder of initdb and postgres, the newest version first."""
    found = shutil.which("initdb")
    folders = sorted(_DEBIAN.glob("*/bin"), key=lambda path: path.parent.name, reverse=True)
    for folder in ([Path(found).resolve().parent] if found else []) + folders:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    raise NoPostgresError(f"there is no PostgreSQL server: no initdb on the path or under {_DEBIAN}")


def _account() -> pwd.struct_passwd | None:
    """Whom it runs as; None where it need not be another than we are."""
    if os.geteuid() != 0:
        return None
    for name in _ACCOUNTS:
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise NoPostgresError("PostgreSQL refuses to run as root, and there is no account `postgres` or `nobody`")


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextlib.contextmanager
def throwaway_postgres() -> Iterator[ThrowawayPostgres]:
    """A server that runs, gone with its data at the end. Raises NoPostgresError."""
    folder = Path(tempfile.mkdtemp(prefix="xingate-postgres-"))
    try:
        server = ThrowawayPostgres(folder)
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
