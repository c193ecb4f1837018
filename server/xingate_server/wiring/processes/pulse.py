"""Whether a process, or its event loop, still runs: signs of life, and for how long there was none.

Who looks may itself have been stopped (a machine that slept, a starved processor): that time does not count, since
nobody can say what the other did in it. Excluded: what follows from it (`serve`, `worker`).
"""

import asyncio
import threading
from collections.abc import Callable
from time import monotonic
from typing import Final

import structlog

SILENT_S: Final = 2.0
"""After this long without a sign of life a worker is logged as stuck, and no new connections go to it."""

REPLACED_S: Final = 10.0
"""After this long it is replaced."""

BEAT_S: Final = 0.25
_MOST_PAUSE_S = 1.0

log = structlog.get_logger(__name__)


class Silence:
    """For how long somebody has given no sign of life."""

    def __init__(self) -> None:
        self._sign = 0.0
        self._since = self._looked = 0.0

    def look(self, sign: float, now: float) -> float:
        """The seconds, given the last `sign` (any number that changes; 0: none is expected yet) and the time."""
        pause = now - self._looked
        self._looked = now
        if sign != self._sign or not sign:
            self._sign, self._since = sign, now
        elif pause > _MOST_PAUSE_S:
            self._since += pause
        return now - self._since


async def beating(beat: Callable[[], None]) -> None:
    """Give a sign of life for as long as the event loop runs."""
    while True:
        beat()
        await asyncio.sleep(BEAT_S)


class LoopWatch:
    """Logs, from a thread, when the event loop of a lone process is stuck: it has no parent that could. Where the whole
    process was stopped, it says so afterwards."""

    def __init__(self) -> None:
        self._sign = self._looked = 0.0
        self._silence, self._stuck_s = Silence(), 0.0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="xingate-loop-watch", daemon=True)
        self._thread.start()

    def beat(self) -> None:
        """The loop runs."""
        self._sign = monotonic()

    def close(self) -> None:
        """Look no more."""
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(BEAT_S):
            self.look(self._sign, monotonic())

    def look(self, sign: float, now: float) -> None:
        """Log what changed by the time `now`, given the last sign of life."""
        paused_s, self._looked = now - (self._looked or now), now
        silent_s = self._silence.look(sign, now)
        if paused_s >= SILENT_S:
            log.error("the process was stopped", for_s=round(paused_s, 1))
        if silent_s >= SILENT_S and not self._stuck_s:
            log.error("the worker does not answer", silent_s=round(silent_s, 1))
        elif self._stuck_s and silent_s < SILENT_S:
            log.warning("the worker answers again", was_silent_s=round(self._stuck_s, 1))
        self._stuck_s = silent_s if silent_s >= SILENT_S else 0.0
