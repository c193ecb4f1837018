"""`serve`: one worker in this process, or several that share both ports, restarted when they crash.

The parent takes the ports, starts the workers and answers nothing itself. Workers share one trace (under a file
lock) and the snapshots; metrics of all of them are added up through files. One that ends is replaced after a pause that
doubles while the new ones do not last; when they never do, `serve` says so and ends. Source: DESIGN sections 1 and 8.
"""

import contextlib
import multiprocessing
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from multiprocessing.process import parent_process

import structlog

from xingate_server.settings import Settings
from xingate_server.snapshot.errors import SnapshotError, SnapshotSetBackError, SubjectKeyMismatchError
from xingate_server.wiring import worker
from xingate_server.wiring.logs import configure
from xingate_server.wiring.ports import Ports, Reservation, ServeError
from xingate_server.wiring.snapshot_in_use import check_start

__all__ = ["ServeError", "serve"]

METRICS_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
_FIRST_PAUSE_S, _LAST_PAUSE_S = 0.5, 30.0
_QUICK_S = 10.0
_MOST_QUICK_DEATHS = 5
_POLL_S = 0.25
_START_WITHIN_S = 60.0
_STOP_EXTRA_S = 5.0
_FAILED = 3

log = structlog.get_logger(__name__)


def serve(settings: Settings) -> None:
    """Answer until SIGTERM or SIGINT; one line on standard output says when and where.

    Raises ServeError, also over a snapshot of another key and one that was set back.
    """
    try:
        check_start(settings)
    except (SubjectKeyMismatchError, SnapshotSetBackError) as error:
        raise ServeError(str(error)) from error
    except SnapshotError:
        pass  # it runs without a snapshot, and says why
    with Reservation(settings.server) as reserved:
        ports = reserved.ports
        count = settings.server.worker_count

        def tell_ready(sequence: int) -> None:
            snapshot = f"snapshot {sequence}" if sequence else "no snapshot yet"
            workers = "1 worker" if count == 1 else f"{count} workers"
            sys.stdout.write(f"xingate is ready: {ports.http_url} {ports.grpc_url} ({workers}, {snapshot})\n")
            sys.stdout.flush()

        if count == 1:
            worker.run(settings, ports, tell_ready)
        else:
            configure(settings.log_level, settings.log_format)
            with _metrics_folder():
                _Parent(settings, ports).run(tell_ready)


@contextlib.contextmanager
def _metrics_folder() -> Iterator[None]:
    with tempfile.TemporaryDirectory(prefix="xingate-metrics-") as folder:
        os.environ[METRICS_VARIABLE] = folder
        try:
            yield
        finally:
            del os.environ[METRICS_VARIABLE]


class _Worker:
    """A worker as its parent sees it. It tells its snapshot's sequence over a pipe once it answers."""

    def __init__(self, settings: Settings, ports: Ports) -> None:
        context = multiprocessing.get_context("spawn")
        self.told, telling = context.Pipe(duplex=False)
        self.process: SpawnProcess = context.Process(
            target=_work, args=(settings, ports, telling), name="xingate-worker", daemon=True
        )
        self.started = time.monotonic()
        self.process.start()
        telling.close()

    def sequence(self) -> int | None:
        """What it told, or None until then. Raises ServeError where it has ended without a word."""
        if self.told.poll():
            try:
                return int(self.told.recv())
            except EOFError:
                raise ServeError("a worker could not start: its own message stands above") from None
        return None


class _Slot:
    """The place of one worker: who is in it, and when the next one may start."""

    def __init__(self) -> None:
        self.worker: _Worker | None = None
        self.quick_deaths = 0
        self.not_before = 0.0
        self.is_told_to_stop = False

    def bury(self, dead: _Worker, now: float) -> float:
        """Take note that its worker has ended; the seconds until another one starts. Raises ServeError."""
        self.worker = None
        self.quick_deaths = self.quick_deaths + 1 if now - dead.started < _QUICK_S else 0
        if self.quick_deaths >= _MOST_QUICK_DEATHS:
            raise ServeError(
                f"a worker ended within {_QUICK_S:.0f} s of its start {self.quick_deaths} times in a row (exit code "
                f"{dead.process.exitcode} at last): see what it logged above"
            )
        pause_s = min(_FIRST_PAUSE_S * 2.0 ** max(0, self.quick_deaths - 1), _LAST_PAUSE_S)
        self.not_before = now + pause_s
        return pause_s

    def stop(self) -> None:
        """Tell its worker to stop, once: a second signal would find it while it closes the log."""
        if self.worker is not None and not self.is_told_to_stop:
            self.is_told_to_stop = True
            self.worker.process.terminate()


class _Parent:
    def __init__(self, settings: Settings, ports: Ports) -> None:
        self._settings = settings
        self._ports = ports
        self._is_stopping = False
        self._slots = [_Slot() for _ in range(settings.server.worker_count)]

    def run(self, tell_ready: Callable[[int], None]) -> None:
        """Start, watch, stop. Raises ServeError, with all workers stopped."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        try:
            self._fill()
            if (sequence := self._wait_ready()) is not None:
                tell_ready(sequence)
            while not self._is_stopping:
                wait([slot.worker.process.sentinel for slot in self._slots if slot.worker], timeout=_POLL_S)
                for slot in self._slots:
                    self._look_after(slot)
                self._fill()
        finally:
            self._stop()

    def _on_signal(self, _number: int, _frame: object) -> None:
        self._is_stopping = True
        for slot in self._slots:
            slot.stop()

    def _fill(self) -> None:
        for slot in self._slots:
            if slot.worker is None and not self._is_stopping and time.monotonic() >= slot.not_before:
                slot.worker = _Worker(self._settings, self._ports)

    def _wait_ready(self) -> int | None:
        deadline = time.monotonic() + _START_WITHIN_S
        first = [slot.worker for slot in self._slots if slot.worker]
        sequences: dict[int, int] = {}
        while not self._is_stopping and len(sequences) < len(first):
            if time.monotonic() > deadline:
                raise ServeError(f"the workers did not start within {_START_WITHIN_S:.0f} s")
            wait([w.told for i, w in enumerate(first) if i not in sequences], timeout=_POLL_S)
            for index, each in enumerate(first):
                if index not in sequences and (sequence := each.sequence()) is not None:
                    sequences[index] = sequence
        return None if self._is_stopping else min(sequences.values())

    def _look_after(self, slot: _Slot) -> None:
        dead = slot.worker
        if self._is_stopping or dead is None or dead.process.is_alive():
            return
        from prometheus_client.multiprocess import mark_process_dead

        mark_process_dead(dead.process.pid)  # type: ignore[no-untyped-call] # the package types half of itself
        dead.told.close()
        pause_s = slot.bury(dead, time.monotonic())
        log.error("worker ended, starting another", exit_code=dead.process.exitcode, in_s=pause_s)

    def _stop(self) -> None:
        self._is_stopping = True
        deadline = time.monotonic() + self._settings.server.drain_s + _STOP_EXTRA_S
        for slot in self._slots:
            slot.stop()
        for each in [slot.worker for slot in self._slots if slot.worker]:
            each.process.join(max(0.0, deadline - time.monotonic()))
            if each.process.is_alive():
                log.error("worker did not stop in time", pid=each.process.pid)
                each.process.kill()
                each.process.join()


def _work(settings: Settings, ports: Ports, telling: Connection) -> None:
    """The whole life of a worker process."""
    parent = parent_process()
    try:
        worker.run(settings, ports, telling.send, parent.sentinel if parent else None)
    except ServeError as error:
        sys.stderr.write(f"xingate: {error}\n")
        sys.exit(_FAILED)
