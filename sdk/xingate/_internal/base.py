"""What both clients think with: options, request ids, retries, requests and how to read their answers.

Nothing here waits or sends: `client` and `aio` drive a `Call` over a port and sleep as `Attempts` says. A retry
carries the same bytes, so the same request id, and a recorded answer comes back unchanged (DESIGN section 7).
"""

import random
import secrets
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from copy import copy
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from xingate._internal import wire
from xingate.errors import DeadlineError, InvalidRequestError, UnavailableError, XingateError
from xingate.spool import Spool
from xingate.types import (
    Action,
    Caller,
    Decision,
    ListType,
    Measure,
    Question,
    Snapshot,
    TraceEntry,
    UsageReport,
    UsageRow,
    View,
    to_day,
)
from xingate.v1 import catalogue_pb2, snapshot_pb2, trace_pb2, verification_pb2

BATCH_LIMIT = 1000

_T = TypeVar("_T")


class Port(Protocol):
    """The way to a gateway. Raises errors of `xingate.errors` only."""

    def call(self, method: str, payload: bytes, timeout_s: float) -> bytes: ...

    def close(self) -> None: ...


class AsyncPort(Protocol):
    """The way to a gateway for asyncio. Raises errors of `xingate.errors` only."""

    async def acall(self, method: str, payload: bytes, timeout_s: float) -> bytes: ...

    async def aclose(self) -> None: ...


@dataclass(frozen=True)
class RetryPolicy:
    """How often an unavailable gateway is asked again, and how long is waited in between.

    Pauses grow from `pause_s` by `factor` up to `max_pause_s`; each is cut at random by up to a half, so that
    many callers do not come back at once. Where the gateway says after how long to ask again, the pause is that, and at
    random up to a half more. Everything ends with the call's own time limit.
    """

    attempts: int = 4
    pause_s: float = 0.05
    factor: float = 4.0
    max_pause_s: float = 2.0

    def __post_init__(self) -> None:
        if self.attempts < 1 or self.pause_s < 0 or self.factor < 1:
            raise ValueError("a retry policy has at least 1 attempt, a pause of 0 or more and a factor of 1 or more")


@dataclass(frozen=True)
class Options:
    """What a client is made with."""

    caller: Caller
    timeout_s: float = 10.0
    retry: RetryPolicy = RetryPolicy()
    spool: Spool | None = None

    def __post_init__(self) -> None:
        require_timeout(self.timeout_s)

    def caller_with(self, operator: str) -> Caller:
        """The caller, with a call's own operator where there is one."""
        return replace(self.caller, operator=operator) if operator else self.caller

    def keep(self, *answers: object) -> None:
        """Put every decision among the answers into the spool, if there is one."""
        if self.spool is not None:
            for answer in answers:
                if isinstance(answer, Decision):
                    self.spool.keep(answer)


def require_timeout(timeout_s: float) -> float:
    """The time limit. Raises ValueError for one that leaves no time, or is no number."""
    if not timeout_s > 0:
        raise ValueError(f"timeout_s is above 0, not {timeout_s}")
    return timeout_s


def open_spool(spool: "Path | str | Spool | None") -> Spool | None:
    """The spool that `connect` was given."""
    return spool if spool is None or isinstance(spool, Spool) else Spool(spool)


@dataclass(frozen=True)
class Call(Generic[_T]):
    """One request and how to read its answer."""

    method: str
    payload: bytes
    read: Callable[[bytes], _T]
    request_id: str = ""


class Attempts:
    """The time and the tries that one call has."""

    def __init__(self, policy: RetryPolicy, timeout_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._policy = policy
        self._clock = clock
        self._deadline = clock() + require_timeout(timeout_s)
        self._failed = 0

    @property
    def timeout_s(self) -> float:
        """The seconds that the next try may take."""
        return max(self._deadline - self._clock(), 0.001)

    def pause_s(self, error: UnavailableError) -> float:
        """The seconds to wait after `error`; raises it when there is no further try."""
        self._failed += 1
        policy = self._policy
        pause = min(policy.pause_s * policy.factor ** (self._failed - 1), policy.max_pause_s)
        pause *= random.uniform(0.5, 1.0)  # noqa: S311 -- spreads callers out, guards nothing
        pause = max(pause, error.retry_after_s * random.uniform(1.0, 1.5))  # noqa: S311 -- the same
        is_last = self._failed >= policy.attempts or self._clock() + pause >= self._deadline
        if is_last or isinstance(error, DeadlineError):
            raise error
        return pause


def new_request_id() -> str:
    """A UUIDv7 (RFC 9562): milliseconds since 1970, then random bits, so that ids sort by time."""
    milliseconds = time.time_ns() // 1_000_000
    bits = (milliseconds << 80) | secrets.randbits(80)
    bits = bits & ~(0xF << 76) | (0x7 << 76)
    return str(uuid.UUID(int=bits & ~(0x3 << 62) | (0x2 << 62)))


def with_id(question: Question) -> Question:
    """The question with a request id, made here so that every retry has the same one."""
    return question if question.request_id else replace(question, request_id=new_request_id())


def check_call(question: Question, caller: Caller, view: View) -> Call[Decision]:
    """Check."""
    asked = with_id(question)

    def read(content: bytes) -> Decision:
        message = wire.parse(verification_pb2.CheckResponse, content)
        return wire.read_decision(message, asked.request_id)

    payload = encoded(lambda: wire.build_check(asked, caller, view).SerializeToString())
    return Call("Check", payload, read, asked.request_id)


@dataclass(frozen=True)
class Batch:
    """One BatchCheck of up to 1000 questions. `refused` are those, by place, that could not even be sent."""

    call: Call[list[Decision | XingateError]]
    request_ids: list[str]
    refused: dict[int, XingateError]

    def merge(self, answered: list[Decision | XingateError]) -> list[Decision | XingateError]:
        """All results in the order of the questions."""
        rest = iter(answered)
        return [self.refused.get(place) or next(rest) for place in range(len(self.request_ids))]

    def failed(self, error: XingateError) -> list[Decision | XingateError]:
        """The results when the call failed as a whole: the error for each, with its own request id."""
        errors: list[Decision | XingateError] = []
        for place, request_id in enumerate(self.request_ids):
            own = self.refused.get(place) or copy(error)
            own.request_id = request_id
            errors.append(own)
        return errors


def batches(questions: Iterable[Question], caller: Caller, view: View) -> Iterator[Batch]:
    """BatchCheck, as often as needed."""
    remaining = iter(questions)
    while chunk := [with_id(question) for question in islice(remaining, BATCH_LIMIT)]:
        yield _batch(chunk, caller, view)


def _batch(chunk: list[Question], caller: Caller, view: View) -> Batch:
    refused: dict[int, XingateError] = {}
    request = verification_pb2.BatchCheckRequest()
    sent: list[str] = []
    for place, question in enumerate(chunk):
        try:
            request.requests.append(encoded(partial(wire.build_check, question, caller, view)))
            sent.append(question.request_id)
        except InvalidRequestError as error:
            error.request_id = question.request_id
            refused[place] = error
    payload = request.SerializeToString()
    call = Call("BatchCheck", payload, lambda content: wire.read_batch(content, sent))
    return Batch(call, [question.request_id for question in chunk], refused)


def actions_call() -> Call[list[Action]]:
    """ListActions."""

    def read(content: bytes) -> list[Action]:
        response = wire.parse(catalogue_pb2.ListActionsResponse, content)
        return [wire.read(Action, action) for action in response.actions]

    return Call("ListActions", catalogue_pb2.ListActionsRequest().SerializeToString(), read)


def measures_call(action: str) -> Call[list[Measure]]:
    """ListMeasures."""

    def read(content: bytes) -> list[Measure]:
        response = wire.parse(catalogue_pb2.ListMeasuresResponse, content)
        return [wire.read(Measure, measure) for measure in response.measures]

    payload = encoded(lambda: catalogue_pb2.ListMeasuresRequest(action=action).SerializeToString())
    return Call("ListMeasures", payload, read)


def list_types_call() -> Call[list[ListType]]:
    """ListListTypes."""

    def read(content: bytes) -> list[ListType]:
        response = wire.parse(catalogue_pb2.ListListTypesResponse, content)
        return [wire.read(ListType, list_type) for list_type in response.list_types]

    return Call("ListListTypes", catalogue_pb2.ListListTypesRequest().SerializeToString(), read)


def snapshot_call(sequence: int) -> Call[Snapshot]:
    """GetSnapshot."""

    def read(content: bytes) -> Snapshot:
        return wire.read(Snapshot, wire.parse(snapshot_pb2.Snapshot, content))

    payload = encoded(lambda: snapshot_pb2.GetSnapshotRequest(sequence=sequence).SerializeToString())
    return Call("GetSnapshot", payload, read)


def record_call(record_id: str) -> Call[TraceEntry]:
    """GetRecord."""
    if not record_id:
        raise InvalidRequestError("a record id is needed", reason="record_id_missing", field="record_id")

    def read(content: bytes) -> TraceEntry:
        return read_entry(wire.parse(trace_pb2.TraceEntry, content))

    payload = encoded(lambda: trace_pb2.GetRecordRequest(record_id=record_id).SerializeToString())
    return Call("GetRecord", payload, read)


def usage_call(first: date | str | None, last: date | str | None, by: str) -> Call[UsageReport]:
    """GetUsageReport."""

    def read(content: bytes) -> UsageReport:
        message = wire.parse(trace_pb2.UsageReport, content)
        return UsageReport(
            first=wire.read_day(getattr(message, "from")),
            last=wire.read_day(message.to),
            by=message.by,
            rows=tuple(wire.read(UsageRow, row) for row in message.rows),
            total=wire.read(UsageRow, message.total),
        )

    def encode() -> bytes:
        span = {"from": to_day(first), "to": to_day(last)}  # `from` is a word of Python's own
        return trace_pb2.GetUsageReportRequest(by=by, **span).SerializeToString()

    return Call("GetUsageReport", encoded(encode), read)


def read_entry(message: trace_pb2.TraceEntry) -> TraceEntry:
    """A trace entry that keeps the message it was read from."""
    return wire.read(TraceEntry, message, wire=message.SerializeToString())


def require_limit(limit: int) -> int:
    """The limit, which is at least 1."""
    if limit < 1:
        raise InvalidRequestError(f"limit is 1 or more, not {limit}", reason="limit_malformed", field="limit")
    return limit


def encoded(encode: Callable[[], _T]) -> _T:
    """What `encode` makes, which is done before anything is sent. Raises InvalidRequestError."""
    try:
        return encode()
    except (TypeError, ValueError, AttributeError) as error:
        # The error's own text may hold a name or a number, so it is not passed on.
        raise InvalidRequestError(
            "the question cannot be sent: a text is no Unicode, a number does not fit, or a part has the wrong type",
            reason="question_unencodable",
        ) from error
