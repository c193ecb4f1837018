"""The workers as their parent sees them: each process with what it has reported, and the slot that it fills.

Excluded: when a worker starts, is avoided or is replaced (`serve`), and what runs in it (`worker`). Source: DESIGN
sections 1 and 8.
"""

import multiprocessing
import signal
import socket
import time
from collections.abc import Callable
from multiprocessing.connection import Connection

from xingate_server.wiring.processes import listeners
from xingate_server.wiring.processes.listen import ServeError
from xingate_server.wiring.processes.pulse import Silence

UP, CLOSING, FAILED = "up", "closing", "failed"
_FIRST_PAUSE_S, _LAST_PAUSE_S = 0.5, 30.0
_QUICK_S = 10.0
_MOST_QUICK_DEATHS = 5
SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Worker:
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
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)  # the child would take the parent's handlers along
        try:
            self.process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        telling.close()

    def _begin(self, work: Callable[[Connection], None], telling: Connection) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(
            signal.SIGINT, signal.SIG_IGN
        )  # Ctrl-C reaches every process of a terminal: the parent sees to it
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)  # whatever the parent was started with: it stops it so
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
                if told == CLOSING:
                    self.close_listeners()
                elif told == FAILED:
                    self.failure = value
                else:
                    self.sequence = value
            except OSError as error:
                raise EOFError from error

    def shut(self) -> None:
        """Have no new connection come to it, now that it cannot do so itself."""
        self.is_shut = True
        listeners.shut(self._listeners)
        self.close_listeners()

    def close_listeners(self) -> None:
        """Leave its sockets to itself: while the parent has them too, they listen on when the worker closes them."""
        for each in self._listeners:
            each.close()
        self._listeners.clear()

    def close(self) -> None:
        """Nothing more is heard of it."""
        self.close_listeners()
        self.hearing.close()


class Slot:
    """The place of one worker: who is in it, and when the next one may start."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.worker: Worker | None = None
        self.quick_deaths = 0
        self.not_before = 0.0
        self.is_told_to_stop = False

    def empty(self, dead: Worker, now: float) -> None:
        """Take note that its worker has ended and that no other one follows."""
        dead.close()
        self.worker, self.is_told_to_stop, self.quick_deaths = None, False, 0
        self.not_before = now + _FIRST_PAUSE_S

    def bury(self, dead: Worker, now: float) -> float:
        """Take note that its worker has ended; the seconds until another one starts. Raises ServeError."""
        dead.close()
        is_quick = now - dead.started < _QUICK_S and not self.is_told_to_stop
        self.worker, self.is_told_to_stop = None, False
        self.quick_deaths = self.quick_deaths + 1 if is_quick else 0
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
            self.worker.close_listeners()
            self.worker.process.terminate()
