"""The three ways to ask, for every face of the gateway: one question, a batch, a stream.

Serialised messages in and out, because an answer is joined from bytes that were made before (`fragments`); HTTP gives
its questions as commands. A batch, and what has arrived of a stream, is decided in one pass and recorded in one
commit. Excluded: connections, codes, JSON. Source: DESIGN section 8. Belongs to one event loop.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple

from xingate.v1 import verification_pb2 as v
from xingate_server.gateway.answer import Answer, Command
from xingate_server.gateway.check_batcher import CheckBatcher
from xingate_server.gateway.errors import GatewayError
from xingate_server.gateway.gateway import Gateway
from xingate_server.transport.errors import BatchTooLargeError
from xingate_server.transport.limits import InFlightLimit
from xingate_server.transport.messages import answers as render
from xingate_server.transport.messages import matters
from xingate_server.transport.messages.fragments import AnswerEncoder
from xingate_server.transport.messages.parse import parse
from xingate_server.transport.metrics import Metrics

MOST_ITEMS = 1000
_STREAM_WINDOW = 256


class Item(NamedTuple):
    """A question of several, or why it is none, and how much its answer shows."""

    command: Command | GatewayError
    view: int


_Arrived = asyncio.Queue[Item | asyncio.Task[None]]
"""Questions in their order, and at the end the task that read them."""


class Checks:
    """Asks the gateway, counts, and answers."""

    def __init__(self, gateway: Gateway, metrics: Metrics, limit: InFlightLimit) -> None:
        self._checker = gateway.checker
        self._metrics = metrics
        self._limit = limit
        self._batcher = CheckBatcher(self._checker, metrics)
        self.encoder = AnswerEncoder()

    async def check(self, data: bytes) -> bytes:
        """One question, a serialised CheckRequest; its CheckResponse. Raises GatewayError."""
        self._limit.require_room()
        request = parse(v.CheckRequest, data)
        return self.encoder.response(await self.answer(render.command(request)), request.view)

    async def answer(self, command: Command) -> Answer:
        """One question. Raises GatewayError."""
        self._limit.take()
        try:
            return await self._batcher.ask(command)
        finally:
            self._limit.give()

    async def batch_check(self, data: bytes) -> bytes:
        """One serialised BatchCheckRequest; its BatchCheckResponse. Raises GatewayError."""
        self._limit.require_room()
        items = batch_items(parse(v.BatchCheckRequest, data))
        outcomes = await self.answers(items)
        return self.encoder.batch(
            [self.encoder.result(outcome, item.view) for outcome, item in zip(outcomes, items, strict=True)]
        )

    async def answers(self, items: Sequence[Item]) -> list[Answer | GatewayError]:
        """Several questions with one commit, each with its own answer or error. Raises OverloadedError."""
        count = sum([isinstance(item.command, Command) for item in items])
        self._limit.take(count)
        try:
            return await self._ask(items)
        finally:
            self._limit.give(count)

    async def check_matter(self, request: v.CheckMatterRequest) -> v.CheckMatterResponse:
        """All parties of a matter with one commit. Raises GatewayError, and then nothing is recorded."""
        members = matters.members(request)
        self._limit.take(len(members))
        try:
            request_id, answers = await self._checker.check_matter(request.request_id, members)
        finally:
            self._limit.give(len(members))
        for answer in answers:
            self._metrics.answered(answer.decision.verdict, request.action, answer.decision.gaps)
        return matters.response(request_id, members, answers, request.view, self.encoder)

    async def stream_check(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """Serialised BatchCheckResults in the order of the questions; what has arrived is asked at once.

        A window of questions is read ahead. Under overload the next one is left unread until there is room, which
        holds its sender back.
        """
        arrived: _Arrived = asyncio.Queue()
        room = asyncio.Semaphore(_STREAM_WINDOW)
        taken = 0

        async def read() -> None:
            nonlocal taken
            async for data in chunks:
                await self._limit.take_in_turn()
                taken += 1
                await room.acquire()
                arrived.put_nowait(_stream_item(data))

        reader = asyncio.create_task(read())
        reader.add_done_callback(arrived.put_nowait)
        try:
            while items := await _next_of(arrived):
                outcomes = await self._ask(items)
                self._limit.give(len(items))
                taken -= len(items)
                for outcome, item in zip(outcomes, items, strict=True):
                    room.release()
                    yield self.encoder.result(outcome, item.view)
        finally:
            reader.cancel()
            await asyncio.gather(reader, return_exceptions=True)
            self._limit.give(taken)

    async def _ask(self, items: Sequence[Item]) -> list[Answer | GatewayError]:
        commands = [item.command for item in items if isinstance(item.command, Command)]
        answers = iter(await self._checker.check_many(commands) if commands else ())
        outcomes = []
        for item in items:
            outcome = next(answers) if isinstance(item.command, Command) else item.command
            if isinstance(outcome, Answer) and isinstance(item.command, Command):
                self._metrics.answered(outcome.decision.verdict, item.command.action, outcome.decision.gaps)
            elif isinstance(outcome, GatewayError):
                self._metrics.failed(outcome.reason)
            outcomes.append(outcome)
        return outcomes


def batch_items(request: v.BatchCheckRequest) -> list[Item]:
    """The questions of a batch. Raises BatchTooLargeError."""
    if len(request.requests) > MOST_ITEMS:
        raise BatchTooLargeError(len(request.requests), MOST_ITEMS)
    return [_item(item) for item in request.requests]


def _item(request: v.CheckRequest) -> Item:
    try:
        return Item(render.command(request), request.view)
    except GatewayError as error:
        return Item(error, request.view)


def _stream_item(data: bytes) -> Item:
    try:
        return _item(parse(v.CheckRequest, data))
    except GatewayError as error:  # this item's own; the stream goes on
        return Item(error, v.VIEW_UNSPECIFIED)


async def _next_of(arrived: "_Arrived") -> list[Item]:
    """What has arrived, at least one; nothing at the end. Raises what the reader of the stream failed with."""
    items: list[Item] = []
    following = await arrived.get()
    while isinstance(following, Item):
        items.append(following)
        if arrived.empty():
            return items
        following = arrived.get_nowait()
    if items:
        arrived.put_nowait(following)  # the end is told once these are answered
    else:
        following.result()
    return items
