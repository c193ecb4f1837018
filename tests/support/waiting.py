"""Wait for a condition, with a bound: never a fixed sleep before an assert, never a busy loop."""

import asyncio
import time
from collections.abc import Callable

WITHIN_S = 20.0
EVERY_S = 0.005


def wait_until(holds: Callable[[], object], within_s: float = WITHIN_S, what: str = "") -> float:
    """Return the seconds that passed until the condition held. Raises AssertionError after `within_s`."""
    started = time.monotonic()
    while not holds():
        assert time.monotonic() < started + within_s, _late(holds, within_s, what)
        time.sleep(EVERY_S)
    return time.monotonic() - started


def stays(holds: Callable[[], object], for_s: float, what: str = "") -> None:
    """Look for `for_s` seconds whether the condition goes on to hold: for what must not happen."""
    end = time.monotonic() + for_s
    while time.monotonic() < end:
        assert holds(), f"{what or getattr(holds, '__qualname__', holds)}: no longer so"
        time.sleep(EVERY_S)


async def until(holds: Callable[[], object], within_s: float = WITHIN_S, what: str = "") -> float:
    """`wait_until` for a test that runs on an event loop: other tasks go on."""
    started = time.monotonic()
    while not holds():
        assert time.monotonic() < started + within_s, _late(holds, within_s, what)
        await asyncio.sleep(EVERY_S)
    return time.monotonic() - started


def _late(holds: Callable[[], object], within_s: float, what: str) -> str:
    return f"{what or getattr(holds, '__qualname__', holds)}: not so within {within_s} s"
