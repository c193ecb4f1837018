"""Questions of many callers that arrive together, answered together.

Between two calls the code of gRPC or HTTP pushes ours out of the processor's caches, so that one question at a time
takes twice as long as one of several in a row (docs/performance.md). Questions wait for the log anyway; so they wait
before they are read instead of after, by the rule of `trace.group_commit`: until as many have arrived as were answered
last and came meanwhile, or four times as long as that took, at most 4 ms. A lone question waits for nothing. Then they
are prepared in a row, recorded in one commit and answered in a row, each with its own answer or error, whatever becomes
of the others. Belongs to one event loop.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Final, NamedTuple

from xingate_server.gateway.answer import Answer, Command
from xingate_server.gateway.check import Gateway, may_wait
from xingate_server.gateway.errors import GatewayError
from xingate_server.gateway.lookups import Pending
from xingate_server.trace.group_commit import LINGER_S
from xingate_server.transport.metrics import Metrics

LINGER_TIMES: Final = 4  # twice, as for a commit, costs a tenth of the highest rate
MOST_IN_A_ROW: Final = 256  # before the loop may do something else: some milliseconds


class Item(NamedTuple):
    """A question of several, or why it is none, and how much its answer tells."""

    command: Command | GatewayError
    view: int


Read = Callable[[bytes], Item]
"""A question from its bytes. Raises GatewayError."""

Write = Callable[[Answer, int], bytes]
"""The bytes of an answer, and how much it tells."""


class _Asked(NamedTuple):
    """A question that arrived, and whoever waits for its answer."""

    data: bytes
    read: Read
    write: Write
    waiting: "asyncio.Future[bytes]"


class _Prepared(NamedTuple):
    """A question that was read."""

    asked: _Asked
    command: Command
    view: int


class Gathered:
    """Asks the gateway for many callers."""

    def __init__(self, gateway: Gateway, metrics: Metrics) -> None:
        self._gateway = gateway
        self._metrics = metrics
        self._arrived: list[_Asked] = []
        self._target = 1
        self._linger_until = 0.0
        self._lingering: asyncio.TimerHandle | None = None
        self._in_flight = 0  # batches
        self._tasks: set[asyncio.Task[None]] = set()

    def ask(self, data: bytes, read: Read, write: Write) -> "asyncio.Future[bytes]":
        """The answer to one question, once it is recorded; or GatewayError, or what else went wrong."""
        waiting: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._arrived.append(_Asked(data, read, write, waiting))
        self._look()
        return waiting

    def _look(self) -> None:
        """Take what has arrived where it is time for that; otherwise see to it that the time will come."""
        count = len(self._arrived)
        if not count:
            return
        if count >= (MOST_IN_A_ROW if self._in_flight else self._target):
            self._take()
        elif self._lingering is None and not self._in_flight:
            loop = asyncio.get_running_loop()
            if loop.time() >= self._linger_until:
                self._take()
            else:
                self._lingering = loop.call_at(self._linger_until, self._take)

    def _take(self) -> None:
        if self._lingering is not None:
            self._lingering.cancel()
            self._lingering = None
        began = asyncio.get_running_loop().time()
        taken, self._arrived = self._arrived[:MOST_IN_A_ROW], self._arrived[MOST_IN_A_ROW:]
        prepared, works = [], []
        for asked in taken:
            try:
                work = self._prepare(asked)
            except Exception as error:  # noqa: BLE001 - one caller's alone, who is told by the table
                _fail(asked, error)
                continue
            if work is not None:
                prepared.append(work[0])
                works.append(work[1])
        if works:
            self._in_flight += 1
            self._run(self._complete(prepared, works, began))
        else:
            self._ended(len(taken), began)

    def _ended(self, count: int, began: float) -> None:
        """`count` that were taken at `began` are answered: they may ask again soon."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        self._target = min(count + len(self._arrived), MOST_IN_A_ROW)
        self._linger_until = now + min(LINGER_S, LINGER_TIMES * (now - began))
        if self._arrived:
            loop.call_soon(self._look)

    def _prepare(self, asked: _Asked) -> tuple[_Prepared, Pending] | None:
        """What is to be recorded; nothing where it is answered already or by itself, or nobody waits."""
        if asked.waiting.done():
            return None
        command, view = asked.read(asked.data)
        if isinstance(command, GatewayError):
            raise command
        question = _Prepared(asked, command, view)
        if may_wait(command):
            self._run(self._aside(question))
            return None
        work = self._gateway.prepare(command)
        if isinstance(work, Answer):
            self._tell(question, work)
            return None
        return question, work

    async def _complete(self, prepared: Sequence[_Prepared], works: Sequence[Pending], began: float) -> None:
        outcomes: Sequence[Answer | Exception]
        try:
            outcomes = await self._gateway.complete(works)
        except Exception as error:  # noqa: BLE001 - nobody may be left waiting
            outcomes = [error] * len(works)
        finally:
            self._in_flight -= 1
        for question, outcome in zip(prepared, outcomes, strict=True):
            self._tell(question, outcome)
        self._ended(len(works), began)

    async def _aside(self, question: _Prepared) -> None:
        try:
            outcome: Answer | Exception = await self._gateway.check(question.command)
        except Exception as error:  # noqa: BLE001 - the caller is told by the table
            outcome = error
        self._tell(question, outcome)

    def _tell(self, question: _Prepared, outcome: Answer | Exception) -> None:
        asked, command, view = question
        if isinstance(outcome, Exception):
            _fail(asked, outcome)
            return
        self._metrics.answered(outcome.decision.verdict, command.action, outcome.decision.gaps)
        try:
            told = asked.write(outcome, view)
        except Exception as error:  # noqa: BLE001 - one caller's alone
            _fail(asked, error)
            return
        if not asked.waiting.done():
            asked.waiting.set_result(told)

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)  # the loop itself keeps no hold of it
        task.add_done_callback(self._tasks.discard)


def _fail(asked: _Asked, error: Exception) -> None:
    if not asked.waiting.done():
        asked.waiting.set_exception(error)
