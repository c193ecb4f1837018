"""Streams and rosters in an event loop: the twin of `threads`, name by name.

A stream has a bounded window of questions in flight, and answers in their order. Each question has its own answer or
error. Where the stream breaks, those in flight are asked again in a batch under their request ids, so that nothing is
recorded twice, and the rest go over a new stream. A way to the gateway that has no streams (HTTP, in-process) gets
batches of the window's size instead. Answers come while the next question is waited for.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable
from typing import TypeAlias

from xingate._internal.concurrency.asking import Asked, Asking, all_failed, has_time, lost
from xingate._internal.ports.methods import STREAM_CHECK
from xingate._internal.ports.port import AsyncStream, AsyncStreamPort
from xingate.errors import XingateError
from xingate.screening import IN_FLIGHT, Result, RosterBatch, ScreenedRow
from xingate.types import Question

Questions: TypeAlias = Iterable[Question] | AsyncIterable[Question]
AskMany: TypeAlias = Callable[[Iterable[Question]], Awaitable[list[Result]]]
"""Asks many at once, with all its retries."""


async def screened(batches: Iterable[RosterBatch], ask_many: AskMany) -> AsyncGenerator[ScreenedRow, None]:
    """The rows of the batches as answered, in order, with a few batches at a time in tasks of their own."""
    pending: deque[tuple[RosterBatch, asyncio.Future[list[Result]]]] = deque()
    try:
        for batch in batches:
            pending.append((batch, asyncio.ensure_future(ask_many(batch.questions))))
            if len(pending) == IN_FLIGHT:
                first, answer = pending.popleft()
                for row in first.screened(await answer):
                    yield row
        while pending:
            first, answer = pending.popleft()
            for row in first.screened(await answer):
                yield row
    finally:
        for _, answer in pending:
            answer.cancel()
        await asyncio.gather(*(answer for _, answer in pending), return_exceptions=True)


async def stream(port: object, asking: Asking, questions: Questions, ask_many: AskMany) -> AsyncGenerator[Result, None]:
    """The results, in order."""
    if not isinstance(port, AsyncStreamPort):
        chunk: list[Question] = []
        async for question in _each(questions):
            chunk.append(question)
            if len(chunk) == asking.window:
                for result in await ask_many(chunk):
                    yield result
                chunk = []
        for result in await ask_many(chunk) if chunk else ():
            yield result
        return
    feeder = _Feeder(port, asking)
    feeding = asyncio.create_task(feeder.feed(questions))
    try:
        while (asked := await feeder.asked.get()) is not None:
            if asked.error is not None or asked.stream is None:
                results: list[Result] = [asked.failed(lost())]
            else:
                try:
                    results = [asked.read(await asked.stream.areceive(asking.wait_s))]
                    asking.options.keep(*results)
                except XingateError as error:
                    broken = [asked, *feeder.give_up(asked.stream)]
                    results = (
                        await ask_many([each.question for each in broken])
                        if has_time(error)
                        else all_failed(broken, error)
                    )
            for result in results:
                yield result
                feeder.slots.release()
        await feeding  # raises what the caller's own iterable raised
    finally:
        feeding.cancel()
        await asyncio.gather(feeding, return_exceptions=True)
        feeder.close()


class _Feeder:
    """Sends questions as long as there is room in the window."""

    def __init__(self, port: AsyncStreamPort, asking: Asking) -> None:
        self._port = port
        self._asking = asking
        self._way: AsyncStream | None = None
        self.slots = asyncio.Semaphore(asking.window)
        self.asked: asyncio.Queue[Asked[AsyncStream] | None] = asyncio.Queue()

    async def feed(self, questions: Iterable[Question] | AsyncIterable[Question]) -> None:
        """Send them all."""
        try:
            async for question in _each(questions):
                await self.slots.acquire()
                asked: Asked[AsyncStream] = self._asking.ask(question)
                if asked.error is None:
                    asked.stream = self._way = self._way or self._port.astream(STREAM_CHECK)
                    self.asked.put_nowait(asked)
                    await asked.stream.asend(asked.payload)
                else:
                    self.asked.put_nowait(asked)
            if self._way is not None:
                await self._way.aend()
        finally:
            self.asked.put_nowait(None)

    def give_up(self, broken: AsyncStream) -> list[Asked[AsyncStream]]:
        """Use this stream no more; what else was sent over it, or could not be sent at all before that."""
        broken.close()
        if self._way is broken:
            self._way = None
        found: list[Asked[AsyncStream]] = []
        others: list[Asked[AsyncStream] | None] = []
        while not self.asked.empty():
            asked = self.asked.get_nowait()
            is_lost = asked is not None and not others and (asked.stream is broken or asked.error is not None)
            if is_lost and asked is not None:
                found.append(asked)
            else:
                others.append(asked)
        for asked in others:
            self.asked.put_nowait(asked)
        return found

    def close(self) -> None:
        """End the stream."""
        if self._way is not None:
            self._way.close()


async def _each(questions: Iterable[Question] | AsyncIterable[Question]) -> AsyncIterator[Question]:
    if isinstance(questions, AsyncIterable):
        async for question in questions:
            yield question
    else:
        for question in questions:
            yield question
