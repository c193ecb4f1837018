"""Batches the questions of several callers that arrive together.

Between two calls the code of gRPC or HTTP pushes ours out of the processor's caches, so that one question at a time
takes twice as long as one of several in a row (docs/performance.md). Questions wait for the log anyway; so they wait
before they are prepared instead of after, by the rule of `trace.pacing`. A lone question waits for nothing. Then they
are prepared in a row, recorded in one commit and answered in a row, each with its own answer or error, whatever becomes
of the others. Belongs to one event loop.
"""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, Final, NamedTuple

from xingate_server.gateway.answer import Answer, Command
from xingate_server.gateway.check import Checker, Pending, may_wait
from xingate_server.gateway.ports import Counters
from xingate_server.trace.pacing import Pacing

LINGER_TIMES: Final = 4  # twice, as for a commit, costs a tenth of the highest rate
MOST_IN_A_ROW: Final = 256  # before the loop may do something else: some milliseconds


class _Asked(NamedTuple):
    """A question that arrived, and whoever waits for its answer."""

    command: Command
    waiting: "asyncio.Future[Answer]"


class CheckBatcher:
    """Asks the checker for many callers, and counts the answers."""

    def __init__(self, checker: Checker, counters: Counters) -> None:
        self._checker = checker
        self._counters = counters
        self._arrived: list[_Asked] = []
        self._pacing = Pacing(MOST_IN_A_ROW, LINGER_TIMES)
        self._lingering: asyncio.TimerHandle | None = None
        self._in_flight = 0  # batches
        self._tasks: set[asyncio.Task[None]] = set()

    def ask(self, command: Command) -> "asyncio.Future[Answer]":
        """The answer to one question, once it is recorded; or GatewayError, or what else went wrong."""
        waiting: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        asked = _Asked(command, waiting)
        if may_wait(command):
            self._run(self._aside(asked))
        else:
            self._arrived.append(asked)
            self._look()
        return waiting

    def _look(self) -> None:
        """Take what has arrived if it is time for that; otherwise see to it that the time will come."""
        count = len(self._arrived)
        if not count:
            return
        if count >= (MOST_IN_A_ROW if self._in_flight else self._pacing.target):
            self._take()
        elif self._lingering is None and not self._in_flight:
            loop = asyncio.get_running_loop()
            left_s = self._pacing.left_s(now := loop.time())
            if left_s <= 0:
                self._take()
            else:
                self._lingering = loop.call_at(now + left_s, self._take)

    def _take(self) -> None:
        if self._lingering is not None:
            self._lingering.cancel()
            self._lingering = None
        began = asyncio.get_running_loop().time()
        taken, self._arrived = self._arrived[:MOST_IN_A_ROW], self._arrived[MOST_IN_A_ROW:]
        prepared, works = [], []
        for asked in taken:
            if asked.waiting.done():  # nobody waits any more
                continue
            try:
                work = self._checker.prepare(asked.command)
            except Exception as error:  # noqa: BLE001 - one caller's alone
                self._end(asked, error)
                continue
            if isinstance(work, Answer):
                self._end(asked, work)
                continue
            prepared.append(asked)
            works.append(work)
        if works:
            self._in_flight += 1
            self._run(self._complete(prepared, works, began))
        else:
            self._ended(len(taken), began)

    async def _complete(self, prepared: Sequence[_Asked], works: Sequence[Pending], began: float) -> None:
        outcomes: Sequence[Answer | Exception]
        try:
            outcomes = await self._checker.complete(works)
        except Exception as error:  # noqa: BLE001 - nobody may be left waiting
            outcomes = [error] * len(works)
        finally:
            self._in_flight -= 1
        for asked, outcome in zip(prepared, outcomes, strict=True):
            self._end(asked, outcome)
        self._ended(len(works), began)

    async def _aside(self, asked: _Asked) -> None:
        try:
            outcome: Answer | Exception = await self._checker.check(asked.command)
        except Exception as error:  # noqa: BLE001 - the caller's alone
            outcome = error
        self._end(asked, outcome)

    def _ended(self, count: int, began: float) -> None:
        """`count` that were taken at `began` are answered: they may ask again soon."""
        loop = asyncio.get_running_loop()
        self._pacing.answered(count, len(self._arrived), began, loop.time())
        if self._arrived:
            loop.call_soon(self._look)

    def _end(self, asked: _Asked, outcome: Answer | Exception) -> None:
        command, waiting = asked
        if isinstance(outcome, Answer):
            self._counters.answered(outcome.decision.verdict, command.action, outcome.decision.gaps)
        if waiting.done():
            return
        if isinstance(outcome, Answer):
            waiting.set_result(outcome)
        else:
            waiting.set_exception(outcome)

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)  # the loop itself keeps no hold of it
        task.add_done_callback(self._tasks.discard)
