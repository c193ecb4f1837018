"""A stream of questions over StreamCheck: a bounded window of them in flight, answers in their order.

Each question has its own answer or error. Where the stream breaks, those in flight are asked again in a batch under
their request ids, so that nothing is recorded twice, and the rest go over a new stream. A way to the gateway that has
no streams (HTTP, in-process) gets batches of the window's size instead.
"""

import asyncio
from collections import deque
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Awaitable,
    Callable,
    Generator,
    Iterable,
    Iterator,
)
from copy import copy
from dataclasses import dataclass
from itertools import islice
from typing import Final, Generic, Protocol, TypeAlias, TypeVar, runtime_checkable

from xingate._internal import wire
from xingate._internal.base import BATCH_LIMIT, Options, encoded, with_id
from xingate._internal.ports.methods import STREAM_CHECK
from xingate.errors import DeadlineError, InvalidRequestError, UnavailableError, XingateError
from xingate.types import Decision, Question, View

WINDOW: Final = 64

_S = TypeVar("_S")
Result: TypeAlias = Decision | XingateError


class Stream(Protocol):
    """Messages there and back, for threads. Methods raise errors of `xingate.errors`."""

    def send(self, payload: bytes) -> None: ...

    def end(self) -> None:
        """No more is sent."""

    def has_answer(self) -> bool:
        """Whether `receive` would not wait."""

    def receive(self, timeout_s: float) -> bytes: ...

    def close(self) -> None: ...


class AsyncStream(Protocol):
    """The same for asyncio."""

    async def asend(self, payload: bytes) -> None: ...

    async def aend(self) -> None: ...

    async def areceive(self, timeout_s: float) -> bytes: ...

    def close(self) -> None: ...


@runtime_checkable
class StreamPort(Protocol):
    """A port that has streams."""

    def stream(self, path: str) -> Stream: ...


@runtime_checkable
class AsyncStreamPort(Protocol):
    """A port for asyncio that has streams."""

    def astream(self, path: str) -> AsyncStream: ...


@dataclass
class _Asked(Generic[_S]):
    """A question on its way: over which stream, or why it could not even be sent."""

    question: Question
    payload: bytes = b""
    error: XingateError | None = None
    stream: _S | None = None

    def read(self, content: bytes) -> Result:
        return wire.read_stream_result(content, self.question.request_id)

    def failed(self, error: XingateError) -> XingateError:
        """The error with the request id under which to ask again."""
        own = self.error or copy(error)
        own.request_id = self.question.request_id
        return own


@dataclass(frozen=True)
class Asking:
    """How a stream is asked."""

    options: Options
    view: View
    window: int
    timeout_s: float | None

    def __post_init__(self) -> None:
        if not 1 <= self.window <= BATCH_LIMIT:
            raise ValueError(f"window is 1 to {BATCH_LIMIT}, not {self.window}")

    @property
    def wait_s(self) -> float:
        """The seconds that the next answer may take."""
        return self.options.timeout_s if self.timeout_s is None else self.timeout_s

    def ask(self, question: Question) -> "_Asked[_S]":
        """The question with a request id, encoded."""
        asked: _Asked[_S] = _Asked(with_id(question))
        try:
            message = encoded(lambda: wire.build_check(asked.question, self.options.caller, self.view))
            asked.payload = message.SerializeToString()
        except InvalidRequestError as error:
            asked.error = error
        return asked


def stream(
    port: object, asking: Asking, questions: Iterable[Question], batch: Callable[[list[Question]], list[Result]]
) -> Generator[Result, None, None]:
    """The results, in order. `batch` asks many at once, with all its retries."""
    if isinstance(port, StreamPort):
        yield from _streamed(port, asking, questions, batch)
        return
    remaining = iter(questions)
    while chunk := list(islice(remaining, asking.window)):
        yield from batch(chunk)


def _streamed(
    port: StreamPort, asking: Asking, questions: Iterable[Question], batch: Callable[[list[Question]], list[Result]]
) -> Generator[Result, None, None]:
    way: Stream | None = None
    pending: deque[_Asked[Stream]] = deque()

    def take() -> Iterator[Result]:
        nonlocal way
        asked = pending[0]
        try:
            if asked.error is None and way is not None:
                result = asked.read(way.receive(asking.wait_s))
                asking.options.keep(result)
            else:
                result = asked.failed(_lost())
        except XingateError as error:
            broken = list(pending)
            pending.clear()
            if way is not None:
                way.close()
                way = None
            yield from batch([each.question for each in broken]) if _has_time(error) else _all(broken, error)
            return
        pending.popleft()
        yield result

    try:
        for question in questions:
            asked: _Asked[Stream] = asking.ask(question)
            pending.append(asked)
            if asked.error is None:
                way = way or port.stream(STREAM_CHECK)
                way.send(asked.payload)
            while pending and (len(pending) >= asking.window or (way is not None and way.has_answer())):
                yield from take()
        if way is not None:
            way.end()
        while pending:
            yield from take()
    finally:
        if way is not None:
            way.close()


async def astream(
    port: object,
    asking: Asking,
    questions: Iterable[Question] | AsyncIterable[Question],
    batch: Callable[[list[Question]], Awaitable[list[Result]]],
) -> AsyncGenerator[Result, None]:
    """The same for asyncio; answers come while the next question is waited for."""
    if not isinstance(port, AsyncStreamPort):
        chunk: list[Question] = []
        async for question in _each(questions):
            chunk.append(question)
            if len(chunk) == asking.window:
                for result in await batch(chunk):
                    yield result
                chunk = []
        for result in await batch(chunk) if chunk else ():
            yield result
        return
    feeder = _Feeder(port, asking)
    feeding = asyncio.create_task(feeder.feed(questions))
    try:
        while (asked := await feeder.asked.get()) is not None:
            if asked.error is not None or asked.stream is None:
                results: list[Result] = [asked.failed(_lost())]
            else:
                try:
                    results = [asked.read(await asked.stream.areceive(asking.wait_s))]
                    asking.options.keep(*results)
                except XingateError as error:
                    broken = [asked, *feeder.give_up(asked.stream)]
                    results = (
                        await batch([each.question for each in broken]) if _has_time(error) else _all(broken, error)
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
        self.asked: asyncio.Queue[_Asked[AsyncStream] | None] = asyncio.Queue()

    async def feed(self, questions: Iterable[Question] | AsyncIterable[Question]) -> None:
        """Send them all."""
        try:
            async for question in _each(questions):
                await self.slots.acquire()
                asked: _Asked[AsyncStream] = self._asking.ask(question)
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

    def give_up(self, broken: AsyncStream) -> list[_Asked[AsyncStream]]:
        """Use this stream no more; what else was sent over it, or could not be sent at all before that."""
        broken.close()
        if self._way is broken:
            self._way = None
        found: list[_Asked[AsyncStream]] = []
        others: list[_Asked[AsyncStream] | None] = []
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


def _has_time(error: XingateError) -> bool:
    """Whether those in flight are asked again in a batch, whose own errors then count: a lost connection shows itself
    in many ways."""
    return not isinstance(error, DeadlineError)


def _all(broken: Iterable[_Asked[_S]], error: XingateError) -> list[Result]:
    return [asked.failed(error) for asked in broken]


def _lost() -> UnavailableError:
    return UnavailableError("the stream has ended", reason="stream_ended")
