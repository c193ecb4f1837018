"""`serve`: a parent, and one worker process or several that share both ports.

The parent reserves the ports, imports everything, forks the workers, and answers no call itself. It never starts a
thread, an event loop or gRPC, so it can fork again at any time, and a replacement starts without imports. Workers share
one trace (under a file lock) and the snapshots; metrics of several are added up through files. A worker that ends is
replaced after a pause that doubles while the new ones do not last; when they never do, `serve` reports that and exits.
A worker that is stuck is logged, gets no new connections, and is replaced; if no other one answers, a spare worker is
started for it at once. The parent also decides from which snapshot all answer (`board`). Source: DESIGN sections 1, 6
and 8.
"""

import contextlib
import gc
import multiprocessing
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from multiprocessing.connection import Connection, wait

import structlog

from xingate_server.settings import Settings
from xingate_server.snapshot.errors import SnapshotError, SnapshotSetBackError, SubjectKeyMismatchError
from xingate_server.snapshot.folders import current_sequence, snapshots_dir
from xingate_server.wiring.board import Board, Seat
from xingate_server.wiring.logging_setup import configure
from xingate_server.wiring.processes import listeners
from xingate_server.wiring.processes.listen import Reservation, ServeError
from xingate_server.wiring.processes.metrics_folder import METRICS_VARIABLE, metrics_folder
from xingate_server.wiring.processes.pulse import REPLACED_S, SILENT_S
from xingate_server.wiring.processes.slots import CLOSING, FAILED, SIGNALS, UP, Slot, Worker
from xingate_server.wiring.snapshot_in_use import check_start

__all__ = ["ServeError", "serve"]

_POLL_S = 0.25
_START_WITHIN_S = 60.0
_STOP_EXTRA_S = 5.0
_OPEN_WITHIN_S = 60.0  # the others' wait for a worker that cannot open a new snapshot

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
        with metrics_folder() if count > 1 else contextlib.nullcontext():
            _Parent(settings, reserved).run(tell_up)


class _Parent:
    def __init__(self, settings: Settings, reserved: Reservation) -> None:
        self._settings = settings
        self._reserved = reserved
        self._gone, self._alive = os.pipe()  # the workers' end becomes readable when the parent has gone
        self._is_stopping = False
        self._count = count = settings.server.worker_count
        self._folder = snapshots_dir(settings.state)
        self._board = Board(multiprocessing.get_context("fork"), count + 1, self._pointed())
        self._slots = [Slot(number) for number in range(count)]
        self._spare: Slot | None = Slot(
            count
        )  # for one worker more while none answers; None while it is among the slots
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

        for number in SIGNALS:
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
        for slot in list(self._slots):
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
                slot.worker = Worker(partial(self._work, slot.number))

    def _look_after(self, slot: Slot) -> None:
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
        why = {"problem": one.failure} if one.failure else {}
        if sum(each is not slot and not each.is_told_to_stop for each in self._slots) >= self._count:
            say = log.info if slot.is_told_to_stop else log.error
            say("worker ended, another has its place", pid=one.process.pid, exit_code=exit_code, **why)
            self._slots.remove(slot)
            slot.empty(one, time.monotonic())
            self._spare = slot
            return
        pause_s = slot.bury(one, time.monotonic())
        log.error("worker ended, starting another", exit_code=exit_code, in_s=pause_s, **why)

    def _look_for_stuck(self) -> None:
        now = time.monotonic()
        living = [(slot, slot.worker) for slot in self._slots if slot.worker and slot.worker.process.is_alive()]
        silent = [(slot, one, one.silence.look(self._board.beat(slot.number), now)) for slot, one in living]
        has_well = any(
            silent_s < SILENT_S and one.sequence is not None and not slot.is_told_to_stop
            for slot, one, silent_s in silent
        )
        for slot, one, silent_s in silent:
            pid = one.process.pid
            has_begun = self._board.beat(slot.number) or now - one.started < _START_WITHIN_S
            if one.is_killed:
                continue
            if silent_s >= REPLACED_S or not has_begun:
                if has_begun:
                    log.error("worker is stuck, ending it", pid=pid, silent_s=round(silent_s, 1))
                else:
                    log.error("worker has not started, ending it", pid=pid, within_s=_START_WITHIN_S)
                one.is_killed = True
                one.process.kill()
            elif silent_s >= SILENT_S:
                if has_well and not one.is_shut:
                    one.shut()  # before it is logged: whoever reads that finds that new connections go elsewhere
                    log.warning("stuck worker gets no new connections", pid=pid)
                if not one.stuck_s:
                    log.error("worker does not answer", pid=pid, silent_s=round(silent_s, 1))
                if not has_well:
                    self._add_spare(now)
            elif one.stuck_s:
                event = "worker answers again, replacing it" if one.is_shut else "worker answers again"
                log.warning(event, pid=pid, was_silent_s=round(one.stuck_s, 1))
                if one.is_shut:
                    slot.stop()
                elif not slot.is_told_to_stop:
                    self._dismiss_spare(slot)
            one.stuck_s = silent_s if silent_s >= SILENT_S else 0.0
        self._board.stuck = sum(one.stuck_s > 0 for _, one in living)

    def _add_spare(self, now: float) -> None:
        """Have one worker more while none answers; once it does, the sockets of those that are stuck are shut."""
        if (
            self._spare is not None
            and self._told is not None
            and not self._is_stopping
            and now >= self._spare.not_before
        ):
            log.warning("no worker answers, starting a spare one")
            self._slots.append(self._spare)  # which `_fill` starts
            self._spare = None

    def _dismiss_spare(self, returned: Slot) -> None:
        """Stop the spare worker, if there is one: a worker has returned that has lost no connection."""
        if self._spare is None and returned is not self._slots[-1]:
            self._slots[-1].stop()

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

        self._close_inherited()

        def tell_up(sequence: int, sockets: Sequence[socket.socket]) -> None:
            telling.send((UP, sequence, len(sockets)))
            listeners.hand_over(sockets, telling)

        starter = worker.Starter(
            on_up=tell_up,
            on_snapshot=lambda sequence: telling.send((UP, sequence, 0)),
            on_closing=lambda: _say_closing(telling),
            seat=Seat(self._board, seat),
            sentinel=self._gone,
        )
        try:
            worker.run(self._settings, self._reserved.ports, starter)
        except ServeError as error:
            telling.send((FAILED, str(error), 0))
            sys.exit(1)

    def _close_inherited(self) -> None:
        """In a worker: close what is the parent's alone. The sockets of other workers would listen on here."""
        os.close(self._alive)
        self._reserved.close()
        for slot in self._slots:
            if slot.worker is not None:
                slot.worker.close()


def _say_closing(telling: Connection) -> None:
    with contextlib.suppress(OSError):  # the parent may be gone
        telling.send((CLOSING, 0, 0))
