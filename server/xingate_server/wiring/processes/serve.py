"""`serve`: a parent, and one worker process or several that share both ports.

The parent reserves the ports, imports everything, forks the workers, and answers no call itself. It never starts a
thread, an event loop or gRPC, so it can fork again at any time, and a replacement starts without imports. Workers share
one trace (under a file lock) and the snapshots; metrics of several are added up through files. A worker that ends is
replaced after a pause that doubles while the new ones do not last; when they never do, `serve` reports that and exits.
A worker that is stuck is logged, gets no new connections if there is another, and is replaced. The parent also decides
from which snapshot all answer (`board`). Source: DESIGN sections 1, 6 and 8.
"""

import contextlib
import gc
import multiprocessing
import os
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from multiprocessing.connection import Connection, wait

import structlog
from prometheus_client import values

from xingate_server.settings import Settings
from xingate_server.snapshot.errors import SnapshotError, SnapshotSetBackError, SubjectKeyMismatchError
from xingate_server.snapshot.folders import current_sequence, snapshots_dir
from xingate_server.wiring.board import Board, Seat
from xingate_server.wiring.logging_setup import configure
from xingate_server.wiring.processes import listeners
from xingate_server.wiring.processes.listen import Reservation, ServeError
from xingate_server.wiring.processes.pulse import REPLACED_S, SILENT_S, Silence
from xingate_server.wiring.snapshot_in_use import check_start

__all__ = ["ServeError", "serve"]

METRICS_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
_FIRST_PAUSE_S, _LAST_PAUSE_S = 0.5, 30.0
_QUICK_S = 10.0
_MOST_QUICK_DEATHS = 5
_POLL_S = 0.25
_START_WITHIN_S = 60.0
_STOP_EXTRA_S = 5.0
_OPEN_WITHIN_S = 60.0  # the others' wait for a worker that cannot open a new snapshot
_SIGNALS = (signal.SIGTERM, signal.SIGINT)
_UP, _CLOSING, _FAILED = "up", "closing", "failed"

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

        def tell_up(sequence: int) -> None:
            state, snapshot = "is ready", f"snapshot {sequence}"
            if not sequence:
                state, snapshot = "listens", "no snapshot yet: run xingate compile"
            workers = "1 worker" if count == 1 else f"{count} workers"
            sys.stdout.write(f"xingate {state}: {ports.http_url} {ports.grpc_url} ({workers}, {snapshot})\n")
            sys.stdout.flush()

        configure(settings.log_level, settings.log_format)
        with _metrics_folder() if count > 1 else contextlib.nullcontext():
            _Parent(settings, reserved).run(tell_up)


@contextlib.contextmanager
def _metrics_folder() -> Iterator[None]:
    """Where the workers leave their metrics for each other; one alone has them in memory, which no full disk stops."""
    with tempfile.TemporaryDirectory(prefix="xingate-metrics-") as folder:
        os.environ[METRICS_VARIABLE] = folder
        _choose_metrics()
        try:
            yield
        finally:
            del os.environ[METRICS_VARIABLE]
            _choose_metrics()


def _choose_metrics() -> None:
    """By the variable as it is now: the package itself looks at it once, when it is imported."""
    values.ValueClass = values.get_value_class()  # type: ignore[no-untyped-call] # the package types half of itself


class _Worker:
    """A worker as its parent sees it. `work` is its whole life, with the connection to its parent."""

    def __init__(self, work: Callable[[Connection], None]) -> None:
        context = multiprocessing.get_context("fork")
        self.hearing, telling = context.Pipe()
        self.process = context.Process(target=self._begin, args=(work, telling), name="xingate-worker", daemon=True)
        self.started = time.monotonic()
        self.sequence: int | None = None  # of its first snapshot; 0 while it has none, None until it answers at all
        self.failure = ""  # why it could not start
        self.silence = Silence()
        self.stuck_s = 0.0
        self.is_shut = self.is_killed = False
        self._listeners: list[socket.socket] = []
        self._due = 0  # listeners that it has announced and not given yet
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)  # the child would take the parent's handlers along
        try:
            self.process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        telling.close()

    def _begin(self, work: Callable[[Connection], None], telling: Connection) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(
            signal.SIGINT, signal.SIG_IGN
        )  # Ctrl-C reaches every process of a terminal: the parent sees to it
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        self.hearing.close()
        work(telling)

    def hear(self) -> None:
        """Take in what it has told, and wait for nothing: it may stop at any moment. Raises EOFError where it has
        ended."""
        while self.hearing.poll():
            try:
                if self._due:
                    self._listeners.append(listeners.take_over(self.hearing))
                    self._due -= 1
                    continue
                told, value, self._due = self.hearing.recv()
                if told == _CLOSING:
                    self.let_go()
                elif told == _FAILED:
                    self.failure = value
                else:
                    self.sequence = value
            except OSError as error:
                raise EOFError from error

    def shut(self) -> None:
        """Have no new connection come to it, now that it cannot do so itself."""
        self.is_shut = True
        listeners.shut(self._listeners)
        self.let_go()

    def let_go(self) -> None:
        """Leave its sockets to itself: while the parent has them too, they listen on when the worker closes them."""
        for each in self._listeners:
            each.close()
        self._listeners.clear()

    def close(self) -> None:
        """Nothing more is heard of it."""
        self.let_go()
        self.hearing.close()


class _Slot:
    """The place of one worker: who is in it, and when the next one may start."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.worker: _Worker | None = None
        self.quick_deaths = 0
        self.not_before = 0.0
        self.is_told_to_stop = False

    def bury(self, dead: _Worker, now: float) -> float:
        """Take note that its worker has ended; the seconds until another one starts. Raises ServeError."""
        dead.close()
        self.worker, self.is_told_to_stop = None, False
        self.quick_deaths = self.quick_deaths + 1 if now - dead.started < _QUICK_S else 0
        if self.quick_deaths >= _MOST_QUICK_DEATHS:
            raise ServeError(
                f"a worker ended within {_QUICK_S:.0f} s of its start {self.quick_deaths} times in a row (exit code "
                f"{dead.process.exitcode} at last): {dead.failure or 'see what it logged above'}"
            )
        pause_s = min(_FIRST_PAUSE_S * 2.0 ** max(0, self.quick_deaths - 1), _LAST_PAUSE_S)
        self.not_before = now + pause_s
        return pause_s

    def stop(self) -> None:
        """Tell its worker to stop, once: a second signal would find it while it closes the log."""
        if self.worker is not None and not self.is_told_to_stop:
            self.is_told_to_stop = True
            self.worker.let_go()
            self.worker.process.terminate()


class _Parent:
    def __init__(self, settings: Settings, reserved: Reservation) -> None:
        self._settings = settings
        self._reserved = reserved
        self._gone, self._alive = os.pipe()  # the workers' end becomes readable when the parent has gone
        self._is_stopping = False
        count = settings.server.worker_count
        self._folder = snapshots_dir(settings.state)
        self._board = Board(multiprocessing.get_context("fork"), count, self._pointed())
        self._slots = [_Slot(number) for number in range(count)]
        self._told: int | None = None  # the sequence that was told to whoever started this; None before all answer
        self._divided_since: float | None = None  # workers have opened different snapshots

    def _pointed(self) -> int:
        """What `current` points to; 0 where that is nothing that can be read."""
        with contextlib.suppress(SnapshotError):
            return current_sequence(self._folder) or 0
        return 0

    def run(self, tell_up: Callable[[int], None]) -> None:
        """Start, watch, stop. `tell_up` hears the sequence once all answer, and again where there was none. Raises
        ServeError, with all workers stopped."""
        from xingate_server.wiring.processes import worker  # noqa: F401 - for all workers, which are forked from here

        for number in _SIGNALS:
            signal.signal(number, self._on_signal)
        gc.freeze()  # so that collections of the workers leave the pages that they share with the parent alone
        try:
            self._fill()
            deadline = time.monotonic() + _START_WITHIN_S
            while not self._is_stopping:
                self._look()
                self._tell(tell_up, deadline)
                if self._told is not None:
                    self._fill()
        finally:
            self._stop()

    def _tell(self, tell_up: Callable[[int], None], deadline: float) -> None:
        sequences = [slot.worker.sequence for slot in self._slots if slot.worker and slot.worker.sequence is not None]
        if len(sequences) < len(self._slots):
            if self._told is None and time.monotonic() > deadline:
                raise ServeError(f"the workers did not start within {_START_WITHIN_S:.0f} s")
        elif not self._told and min(sequences) != self._told:
            self._told = min(sequences)
            tell_up(self._told)

    def _look(self) -> None:
        """Wait for something to happen, a moment at most, and see to it."""
        living = [slot.worker for slot in self._slots if slot.worker]
        wait([each for one in living for each in (one.process.sentinel, one.hearing)], timeout=_POLL_S)
        for slot in self._slots:
            self._look_after(slot)
        self._look_for_stuck()
        self._agree()

    def _on_signal(self, _number: int, _frame: object) -> None:
        self._is_stopping = True
        for slot in self._slots:
            slot.stop()

    def _fill(self) -> None:
        for slot in self._slots:
            if slot.worker is None and not self._is_stopping and time.monotonic() >= slot.not_before:
                self._board.clear(slot.number)
                slot.worker = _Worker(partial(self._work, slot.number))

    def _look_after(self, slot: _Slot) -> None:
        one = slot.worker
        if one is None or self._is_stopping:
            return
        is_alive = one.process.is_alive()
        with contextlib.suppress(EOFError):
            one.hear()
        if is_alive:
            return
        exit_code = one.process.exitcode
        if self._told is None:
            raise ServeError(
                one.failure or f"a worker could not start (exit code {exit_code}): see what it logged above"
            )
        if METRICS_VARIABLE in os.environ:
            from prometheus_client.multiprocess import mark_process_dead

            mark_process_dead(one.process.pid)  # type: ignore[no-untyped-call] # the package types half of itself
        self._board.clear(slot.number)
        pause_s = slot.bury(one, time.monotonic())
        why = {"problem": one.failure} if one.failure else {}
        log.error("worker ended, starting another", exit_code=exit_code, in_s=pause_s, **why)

    def _look_for_stuck(self) -> None:
        now = time.monotonic()
        living = [(slot, slot.worker) for slot in self._slots if slot.worker and slot.worker.process.is_alive()]
        silent = [(slot, one, one.silence.look(self._board.beat(slot.number), now)) for slot, one in living]
        has_others = any(
            silent_s < SILENT_S and one.sequence is not None and not slot.is_told_to_stop
            for slot, one, silent_s in silent
        )
        for slot, one, silent_s in silent:
            pid = one.process.pid
            has_begun = self._board.beat(slot.number) or now - one.started < _START_WITHIN_S
            if one.is_killed:
                continue
            if silent_s >= REPLACED_S or not has_begun:
                log.error("worker is stuck, ending it", pid=pid, silent_s=round(silent_s, 1))
                one.is_killed = True
                one.process.kill()
            elif silent_s >= SILENT_S and not one.stuck_s:
                if has_others:
                    one.shut()  # before it is said: who reads it finds that new connections go elsewhere
                log.error("worker does not answer", pid=pid, silent_s=round(silent_s, 1))
            elif silent_s < SILENT_S and one.stuck_s:
                event = "worker answers again, replacing it" if one.is_shut else "worker answers again"
                log.warning(event, pid=pid, was_silent_s=round(one.stuck_s, 1))
                if one.is_shut:
                    slot.stop()
            one.stuck_s = silent_s if silent_s >= SILENT_S else 0.0
        self._board.stuck = sum(one.stuck_s > 0 for _, one in living)

    def _agree(self) -> None:
        """Have all answer from a snapshot that all have opened, but for those that are stuck or told to stop."""
        board = self._board
        counted = [slot for slot in self._slots if not slot.is_told_to_stop]
        seats = [slot.number for slot in counted if slot.worker and not slot.worker.stuck_s]
        opened = {board.opened(seat) for seat in seats} - {0}
        if len(opened) == 1:
            self._divided_since = None
            # An older one only if `current` is set back: a worker that was stuck may have missed a newer one.
            if (sequence := opened.pop()) > board.in_use or sequence == self._pointed():
                board.use(sequence)
            return
        now = time.monotonic()
        if not opened:
            return
        self._divided_since = self._divided_since or now
        if now - self._divided_since > _OPEN_WITHIN_S and (newest := self._pointed()) in opened:
            log.error("a worker has not opened the new snapshot, the others use it", sequence=newest)
            board.use(newest)
            self._divided_since = None

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
            each.close()

    def _work(self, seat: int, telling: Connection) -> None:
        """The whole life of a worker process, which begins as a copy of its parent."""
        from xingate_server.wiring.processes import worker

        self._forget()

        def tell_up(sequence: int, sockets: Sequence[socket.socket]) -> None:
            telling.send((_UP, sequence, len(sockets)))
            listeners.hand_over(sockets, telling)

        starter = worker.Starter(
            on_up=tell_up,
            on_snapshot=lambda sequence: telling.send((_UP, sequence, 0)),
            on_closing=lambda: _say_closing(telling),
            seat=Seat(self._board, seat),
            sentinel=self._gone,
        )
        try:
            worker.run(self._settings, self._reserved.ports, starter)
        except ServeError as error:
            telling.send((_FAILED, str(error), 0))
            sys.exit(1)

    def _forget(self) -> None:
        """In a worker: close what is the parent's alone. The sockets of other workers would listen on here."""
        os.close(self._alive)
        self._reserved.close()
        for slot in self._slots:
            if slot.worker is not None:
                slot.worker.close()


def _say_closing(telling: Connection) -> None:
    with contextlib.suppress(OSError):  # the parent may be gone
        telling.send((_CLOSING, 0, 0))
