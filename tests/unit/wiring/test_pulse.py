"""Signs of life: how long there was none, and what a lone process says of its own event loop."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from tests.support.waiting import until, wait_until

from xingate_server.wiring.processes import pulse
from xingate_server.wiring.processes.pulse import LoopWatch, Silence, beating


def looked(*looks: tuple[float, float]) -> list[float]:
    """What is said of looks, each a sign and a time."""
    silence = Silence()
    return [silence.look(sign, now) for sign, now in looks]


def test_silence_counts_from_the_last_sign() -> None:
    assert looked((1.0, 10.0), (1.0, 10.5), (1.0, 11.0), (2.0, 11.5), (2.0, 12.0)) == [0, 0.5, 1.0, 0, 0.5]


def test_nothing_is_expected_before_the_first_sign() -> None:
    assert looked((0.0, 10.0), (0.0, 10.9), (0.0, 11.8)) == [0, 0, 0]


def test_time_in_which_the_looker_did_not_run_does_not_count() -> None:
    """A machine that slept for an hour ends no worker when it wakes."""
    assert looked((1.0, 10.0), (1.0, 10.5), (1.0, 3610.5), (1.0, 3611.0)) == [0, 0.5, 0.5, 1.0]


class Heard:
    """Takes the place of the log."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.said: list[str] = []
        monkeypatch.setattr(pulse, "log", self)

    def error(self, event: str, **_: Any) -> None:
        self.said.append(event)

    warning = error


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopWatch]:
    """One that is looked through by the test, by a clock of its own."""
    monkeypatch.setattr(LoopWatch, "_run", lambda _: None)
    watch = LoopWatch()
    yield watch
    watch.close()


def test_a_loop_that_is_blocked_is_said_once_and_its_return_once(
    monkeypatch: pytest.MonkeyPatch, watch: LoopWatch
) -> None:
    heard = Heard(monkeypatch)
    after = []
    for quarter in range(1, 60):  # beats until 12.5, from 15.5 on again
        now = 10 + quarter / 4
        watch.look(now if now <= 12.5 or now >= 15.5 else 12.5, now)
        after.append((now, list(heard.said)))
    assert [now for now, said in after if len(said) == 1] == [14.5, 14.75, 15.0, 15.25], "after 2 s"
    assert heard.said == ["the worker does not answer", "the worker answers again"]


def test_a_process_that_was_stopped_is_said_when_it_runs_again(
    monkeypatch: pytest.MonkeyPatch, watch: LoopWatch
) -> None:
    heard = Heard(monkeypatch)
    for now in (10.0, 10.25, 11.9, 15.0, 15.25):  # 1.65 s are a busy machine
        watch.look(now, now)
    assert heard.said == ["the process was stopped"]


async def test_the_loop_is_watched_while_it_is_blocked(monkeypatch: pytest.MonkeyPatch) -> None:
    """That it beats and is looked at by themselves; when what is said, is shown above."""
    heard = Heard(monkeypatch)
    monkeypatch.setattr(pulse, "SILENT_S", 0.4)
    monkeypatch.setattr(pulse, "BEAT_S", 0.05)
    watch = LoopWatch()
    beats = asyncio.create_task(beating(watch.beat))
    await asyncio.sleep(0)
    assert watch._sign, "the first beat"
    wait_until(lambda: "the worker does not answer" in heard.said)  # the loop is to be blocked
    await until(lambda: heard.said.count("the worker answers again") >= heard.said.count("the worker does not answer"))
    beats.cancel()
    watch.close()
