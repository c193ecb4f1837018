"""How much a process takes on at once: past it, a call is refused before anything is done for it.

What waits in a process is bounded, so that those whom it answers never wait behind those whom it cannot: a check
counts from its question to its record, a batch counts as its items. A call is taken while fewer than `most` are in
flight, so that a batch of any size finds its turn; what is in flight never exceeds `most` by more than one batch.
Searches and reports, which read much of the log, run one at a time and a few may wait (`OneByOne`). Excluded: other
calls that only read, health, readiness and metrics, which are answered whatever the load; what gRPC's own code queues
before Python sees it (`transport.grpc.server`). Belongs to one event loop.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable
from typing import Final, TypeVar

from xingate_server.transport.errors import OverloadedError

NO_LIMIT: Final = 1 << 62
MOST_WAITING: Final = 8
"""Searches, and reports, that are taken at once: one runs, the others wait."""
_T = TypeVar("_T")


class InFlightLimit:
    """Counts the checks in flight, and the calls that were refused.

    Whoever calls `take` calls `give` with the same number, whatever happens.
    """

    def __init__(self, most: int, what: str = "checks") -> None:
        self.most = most
        self._what = what
        self.in_flight = 0
        self.refusals = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    def require_room(self) -> None:
        """Raise OverloadedError if as many are in flight as are taken."""
        if self.in_flight >= self.most:
            self.refusals += 1
            raise OverloadedError(self.most, self._what)

    def take(self, count: int = 1) -> None:
        """Count `count` checks as in flight. Raises OverloadedError."""
        self.require_room()
        self.in_flight += count

    def give(self, count: int = 1) -> None:
        """They are answered, or failed."""
        self.in_flight -= count
        if self._waiting:
            self._wake()

    async def take_in_turn(self) -> None:
        """Wait for room and take one: for a stream, whose sender is held back by not being read."""
        while self.in_flight >= self.most:
            turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            try:
                await turn
            except asyncio.CancelledError:
                self._wake()  # its turn may have come at the same moment: it is the next one's
                raise
        self.in_flight += 1

    def _wake(self) -> None:
        room = self.most - self.in_flight
        while self._waiting and room > 0:
            if not (first := self._waiting.popleft()).done():
                first.set_result(None)
                room -= 1


class OneByOne:
    """Runs what takes long in a thread, one after the other; past `MOST_WAITING` calls it refuses."""

    def __init__(self, what: str) -> None:
        self._limit = InFlightLimit(MOST_WAITING, what)
        self._running = asyncio.Lock()

    async def run(self, work: Callable[[], _T]) -> _T:
        """What `work` returns. Raises OverloadedError, and what `work` raises."""
        self._limit.take()
        try:
            async with self._running:
                running = asyncio.ensure_future(asyncio.to_thread(work))
                try:
                    return await asyncio.shield(running)
                except asyncio.CancelledError:  # a thread cannot be stopped, and the next one has to wait for it
                    with contextlib.suppress(Exception):
                        await running
                    raise
        finally:
            self._limit.give()
