"""Whether a worker's event loop still runs: signs of life, and for how long there was none.

Who looks may itself have been stopped (a machine that slept, a starved processor): that time does not count, since
nobody can say what the other did in it. Excluded: what follows from it (`serve`, `worker`).
"""

import asyncio
from collections.abc import Callable
from typing import Final

SILENT_S: Final = 2.0
"""After this long without a sign of life a worker is logged as stuck, and no new connections go to it."""

REPLACED_S: Final = 10.0
"""After this long it is replaced."""

BEAT_S: Final = 0.25
_MOST_PAUSE_S = 1.0


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
