"""Streams and rosters for threads: the twin of `loop`, name by name, which says what a stream promises."""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeAlias

from xingate._internal.concurrency.asking import Asked, Asking, all_failed, has_time, lost
from xingate._internal.ports.methods import STREAM_CHECK
from xingate._internal.ports.port import Stream, StreamPort
from xingate.errors import XingateError
from xingate.screening import IN_FLIGHT, Result, RosterBatch, ScreenedRow
from xingate.types import Question

Questions: TypeAlias = Iterable[Question]
AskMany: TypeAlias = Callable[[Iterable[Question]], list[Result]]
"""Asks many at once, with all its retries."""


def screened(batches: Iterable[RosterBatch], ask_many: AskMany) -> Generator[ScreenedRow, None, None]:
    """The rows of the batches as answered, in order, with a few batches at a time in threads of their own."""
    pending: deque[tuple[RosterBatch, Future[list[Result]]]] = deque()
    with ThreadPoolExecutor(IN_FLIGHT, thread_name_prefix="xingate-screen") as pool:
        try:
            for batch in batches:
                pending.append((batch, pool.submit(ask_many, batch.questions)))
                if len(pending) == IN_FLIGHT:
                    first, answer = pending.popleft()
                    yield from first.screened(answer.result())
            while pending:
                first, answer = pending.popleft()
                yield from first.screened(answer.result())
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def stream(port: object, asking: Asking, questions: Questions, ask_many: AskMany) -> Generator[Result, None, None]:
    """The results, in order."""
    if isinstance(port, StreamPort):
        yield from _streamed(port, asking, questions, ask_many)
        return
    remaining = iter(questions)
    while chunk := list(islice(remaining, asking.window)):
        yield from ask_many(chunk)


def _streamed(
    port: StreamPort, asking: Asking, questions: Questions, ask_many: AskMany
) -> Generator[Result, None, None]:
    way: Stream | None = None
    pending: deque[Asked[Stream]] = deque()

    def take() -> Iterator[Result]:
        nonlocal way
        asked = pending[0]
        try:
            if asked.error is None and way is not None:
                result = asked.read(way.receive(asking.wait_s))
                asking.options.keep(result)
            else:
                result = asked.failed(lost())
        except XingateError as error:
            broken = list(pending)
            pending.clear()
            if way is not None:
                way.close()
                way = None
            yield from ask_many([each.question for each in broken]) if has_time(error) else all_failed(broken, error)
            return
        pending.popleft()
        yield result

    try:
        for question in questions:
            asked: Asked[Stream] = asking.ask(question)
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
