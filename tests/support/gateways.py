"""Gateways in processes of their own, over copies of one compiled state directory."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

from tests.support.commands import COMMAND, Process
from tests.support.waiting import wait_until

from xingate_server.demo import DATA

READY = re.compile(r"^xingate (?:is ready|listens): http://127\.0\.0\.1:(\d+) grpc://127\.0\.0\.1:(\d+) ", re.MULTILINE)
READY_WITHIN_S = 40.0
STOP_WITHIN_S = 30.0
LISTS = {
    "city_list": ("city_list_black.csv", "city_list_red.xlsx"),
    "double_publicity": ("double_publicity_penalty.xlsx", "double_publicity_permit.csv"),
    "judgment_debtor": ("judgment_debtor.json",),
    "entity_register": ("entity_register.csv",),
}


@dataclass
class RunningGateway:
    """A gateway in a process of its own."""

    process: "Process | subprocess.Popen[bytes]"
    http: str
    grpc: str
    state: Path
    out: Path
    err: Path

    def logged(self) -> str:
        """All that it has logged so far."""
        return self.err.read_text(encoding="utf-8")

    def workers(self) -> list[int]:
        """The process ids of its workers."""
        return _children(self.process.pid)

    def stop(self) -> int:
        """Stop it as an operator would; its exit code."""
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(STOP_WITHIN_S)

    def kill(self) -> None:
        """End it, and its workers, as a power cut would."""
        end(self.process)


StartGateway = Callable[..., RunningGateway]


def serve(
    state: Path,
    folder: Path,
    *arguments: str,
    is_awaited: bool = True,
    is_started: bool = False,
    workers: int | None = 1,
    **env: str,
) -> RunningGateway:
    """Start one on free loopback ports; `folder` gets what it writes. Fails unless it is ready in READY_WITHIN_S.

    `is_started`: with an interpreter of its own, which a test about its start needs (`tests.support.commands`).
    """
    out, err = folder / "out", folder / "err"
    words = ["serve", "--state", str(state), "--http-port", "0", "--grpc-port", "0"]
    words += [] if workers is None else ["--workers", str(workers)]
    with out.open("wb") as stdout, err.open("wb") as stderr, Path(os.devnull).open("rb") as nothing:
        process: Process | subprocess.Popen[bytes]
        if is_started:
            command = [*COMMAND, *words, *arguments]
            process = subprocess.Popen(
                command, stdin=nothing, stdout=stdout, stderr=stderr, cwd=folder, env=os.environ | env
            )
        else:
            process = Process([*words, *arguments], [nothing, stdout, stderr], folder, **env)
    gateway = RunningGateway(process, "", "", state, out, err)
    if is_awaited:
        try:
            _await_ports(gateway)
        except BaseException:
            end(process)
            raise
    return gateway


def _await_ports(gateway: RunningGateway) -> None:
    def said() -> "re.Match[str] | None":
        assert gateway.process.poll() is None or ports(), f"the gateway has ended: {gateway.logged()}"
        return ports()

    def ports() -> "re.Match[str] | None":
        return READY.search(gateway.out.read_text(encoding="utf-8"))

    wait_until(said, READY_WITHIN_S, "the gateway is ready")
    found = ports()
    assert found is not None
    gateway.http, gateway.grpc = f"http://127.0.0.1:{found[1]}", f"127.0.0.1:{found[2]}"


def end(process: "Process | subprocess.Popen[bytes]") -> None:
    """Kill it, and its workers, if it still runs."""
    if process.poll() is None:
        workers = _children(process.pid)  # also those that are stopped, and would stay
        process.send_signal(signal.SIGKILL)
        for each in workers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(each, signal.SIGKILL)
        process.wait(STOP_WITHIN_S)
        wait_until(lambda: all(map(_has_ended, workers)), STOP_WITHIN_S, "the workers have ended")


def compile_shipped_lists(state: Path) -> int:
    """Compile the demo's lists into a state directory; the new sequence."""
    from xingate_server.wiring.compiling.compile import CompileOptions, GivenFile, compile_from_options

    today = datetime.now(timezone(timedelta(hours=8))).date()
    options = CompileOptions(
        state_dir=state,
        files=tuple(GivenFile(kind, DATA / name, today) for kind, names in LISTS.items() for name in names),
        coverage={kind: (date(2017, 10, 12), today) for kind in LISTS},
    )
    return compile_from_options(options).manifest.sequence


def copied(state: Path, to: Path) -> Path:
    """The same state directory elsewhere."""
    shutil.copytree(state, to, symlinks=True)
    return to


def _children(pid: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]


def _has_ended(pid: int) -> bool:
    """Whether a process is gone, or all its threads are and it only waits for whoever adopted it to look."""
    process = Path(f"/proc/{pid}")
    try:
        state = (process / "stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
        return state == "Z" and len(list((process / "task").iterdir())) == 1
    except OSError:
        return True
