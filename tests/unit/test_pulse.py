"""Signs of life: how long there was none, and what a lone process says of its own event loop."""

import asyncio
import time
from typing import Any

import pytest

from xingate_server.wiring import pulse
from xingate_server.wiring.pulse import LoopWatch, Silence, beating


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


async def test_a_loop_that_is_blocked_is_said_once_and_its_return_once(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []

    class Heard:
        def error(self, event: str, **_: Any) -> None:
            said.append(event)

        warning = error

    monkeypatch.setattr(pulse, "log", Heard())
    monkeypatch.setattr(pulse, "SILENT_S", 0.4)
    monkeypatch.setattr(pulse, "BEAT_S", 0.05)
    watch = LoopWatch()
    beats = asyncio.create_task(beating(watch.beat))
    await asyncio.sleep(0.2)
    assert said == []
    time.sleep(0.9)  # noqa: ASYNC251 -- the loop is to be blocked
    await asyncio.sleep(0.2)
    assert said == ["the worker does not answer", "the worker answers again"]
    beats.cancel()
    watch.close()
