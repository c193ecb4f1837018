"""What a parent does about workers that give no sign of life, moment by moment."""

import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import structlog
from structlog.testing import capture_logs

from xingate_server.settings import load
from xingate_server.wiring.processes import serve as serving
from xingate_server.wiring.processes.listen import Reservation
from xingate_server.wiring.processes.pulse import Silence
from xingate_server.wiring.processes.serve import _Parent
from xingate_server.wiring.processes.slots import Slot, Worker

STEP_S = 0.25


class Watched:
    """A parent whose workers are no processes and whose clock is the test's. `silent`: the seats without signs of
    life; `starting`: those that do not answer yet."""

    def __init__(self, state: Path, count: int, monkeypatch: pytest.MonkeyPatch) -> None:
        settings = load(state=state, server={"workers": count, "http_port": 0, "grpc_port": 0})
        with Reservation(settings.server) as reserved:
            self.parent = _Parent(settings, reserved)
        self.parent._told = 1
        self.now = 1000.0
        self.silent: set[int] = set()
        self.starting: set[int] = set()
        monkeypatch.setattr(serving, "time", SimpleNamespace(monotonic=lambda: self.now))
        monkeypatch.setattr(serving, "Worker", self._worker)
        monkeypatch.setattr(serving, "log", structlog.get_logger("watched"))
        self._pid = 100
        self.parent._fill()

    def _worker(self, _work: object) -> Worker:
        one = Worker.__new__(Worker)
        self._pid += 1
        one.hearing = SimpleNamespace(poll=lambda: False, close=lambda: None)  # type: ignore[assignment]
        one.process = Process(self._pid)  # type: ignore[assignment]
        one.started, one.sequence, one.failure, one.silence, one.stuck_s = self.now, None, "", Silence(), 0.0
        one.is_shut = one.is_killed = False
        one._listeners, one._due = [socket.create_server(("127.0.0.1", 0))], 0
        return one

    def run(self, seconds: float) -> list[str]:
        """Let that time pass; what was logged in it."""
        with capture_logs() as logged:
            for _ in range(int(seconds / STEP_S)):
                self.now += STEP_S
                for slot in self.parent._slots:
                    if slot.worker and slot.worker.process.is_alive() and slot.number not in self.silent:
                        self.parent._board.beats[slot.number] = self.now
                        if slot.number not in self.starting:
                            slot.worker.sequence = 1
                for slot in list(self.parent._slots):
                    self.parent._look_after(slot)
                self.parent._look_for_stuck()
                self.parent._fill()
        return [each["event"] for each in logged]

    @property
    def slots(self) -> list[Slot]:
        return self.parent._slots

    def workers(self) -> list[Worker]:
        return [slot.worker for slot in self.slots if slot.worker]

    def end(self, one: Worker) -> None:
        one.process.kill()


class Process:
    """Ends when it is killed; one that is told to stop drains until the test ends it."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.exitcode: int | None = None
        self.is_terminated = False

    def is_alive(self) -> bool:
        return self.exitcode is None

    def terminate(self) -> None:
        self.is_terminated = True

    def kill(self) -> None:
        self.exitcode = -9


@pytest.fixture
def lone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watched]:
    yield from watched(tmp_path, 1, monkeypatch)


@pytest.fixture
def two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watched]:
    yield from watched(tmp_path, 2, monkeypatch)


def watched(state: Path, count: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watched]:
    found = Watched(state, count, monkeypatch)
    assert found.run(1) == []
    yield found
    for each in found.workers():
        each.close()


def test_a_spare_worker_takes_the_place_of_a_lone_one(lone: Watched) -> None:
    (stuck,) = lone.workers()
    lone.silent = {0}
    assert lone.run(2.5) == [
        "worker does not answer",
        "no worker answers, starting a spare one",
        "stuck worker gets no new connections",
    ]
    assert [(each.is_shut, slot.number) for each, slot in zip(lone.workers(), lone.slots, strict=True)] == [
        (True, 0),
        (False, 1),
    ]
    assert lone.run(9) == ["worker is stuck, ending it", "worker ended, another has its place"]
    assert [slot.number for slot in lone.slots] == [1]
    assert not stuck.process.is_alive()
    lone.silent = {1}
    assert "no worker answers, starting a spare one" in lone.run(2.5), "its seat is free for the next one"
    assert [slot.number for slot in lone.slots] == [1, 0]


def test_no_spare_for_the_spare(lone: Watched) -> None:
    lone.silent = {0, 1}
    lone.starting = {1}
    assert lone.run(5) == ["worker does not answer", "no worker answers, starting a spare one"]
    assert len(lone.workers()) == 2
    assert not any(each.is_shut for each in lone.workers())


def test_one_that_returns_before_the_spare_is_up_stays(lone: Watched) -> None:
    (stuck,) = lone.workers()
    lone.silent, lone.starting = {0}, {1}
    lone.run(3)
    lone.silent = set()
    assert lone.run(1) == ["worker answers again"]
    spare = lone.workers()[1]
    assert isinstance(spare.process, Process)
    assert spare.process.is_terminated
    lone.end(spare)
    assert lone.run(5) == ["worker ended, another has its place"]
    assert lone.workers() == [stuck]
    assert not stuck.is_shut


def test_a_spare_worker_that_cannot_start_does_not_end_the_gateway(lone: Watched) -> None:
    """The one that is stuck may itself be what keeps others from starting, until it is ended."""
    lone.silent, lone.starting = {0}, {1}
    for _ in range(12):
        lone.run(0.75)
        for each in lone.workers()[1:]:
            lone.end(each)
    lone.starting = set()
    lone.run(5)
    assert [each.sequence for each in lone.workers()] == [1]


def test_while_the_one_that_returned_drains_the_spare_is_replaced_like_any(lone: Watched) -> None:
    stuck = lone.workers()[0]
    lone.silent = {0}
    lone.run(3)
    lone.silent = set()
    assert lone.run(1) == ["worker answers again, replacing it"]
    lone.end(lone.workers()[1])
    assert lone.run(1.5) == ["worker ended, starting another"]
    assert len(lone.workers()) == 2
    lone.end(stuck)
    assert lone.run(1) == ["worker ended, another has its place"]
    assert [each.sequence for each in lone.workers()] == [1]


def test_one_that_was_stuck_beside_another_is_avoided_when_the_other_returns(two: Watched) -> None:
    """It was tried once, while no other was well, and connections went to it until it was ended."""
    two.silent, two.starting = {0, 1}, {2}
    assert two.run(3).count("worker does not answer") == 2
    assert not any(each.is_shut for each in two.workers())
    two.silent = {0}
    assert sorted(two.run(1)) == ["stuck worker gets no new connections", "worker answers again"]
    assert [each.is_shut for each in two.workers()] == [True, False, False]
    assert two.workers()[0]._listeners == []


def test_one_that_has_not_started_is_not_called_stuck(lone: Watched) -> None:
    lone.end(lone.workers()[0])
    lone.silent = {0}
    assert set(lone.run(62)) >= {"worker has not started, ending it"}
    assert "worker is stuck, ending it" not in lone.run(1)


def test_the_mask_of_signals_is_what_it_was_before_the_fork(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("multiprocessing.context.ForkProcess.start", lambda _: None)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        worker: Any = Worker(lambda _: None)
        worker.close()
        after = signal.pthread_sigmask(signal.SIG_BLOCK, [])
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    assert after == before | {signal.SIGINT}
