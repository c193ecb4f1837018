"""The client for asyncio: the twin of `xingate.client`, method by method."""

import asyncio
from collections.abc import Iterable
from datetime import date
from types import TracebackType
from typing import Self, TypeVar, Unpack

from xingate import _base
from xingate._base import AsyncPort, Attempts, Call, Options, RetryPolicy
from xingate._target import Target, parse_target
from xingate.errors import MissingExtraError, UnavailableError, XingateError
from xingate.types import (
    Action,
    Caller,
    Decision,
    ListType,
    Measure,
    Question,
    QuestionOptions,
    Snapshot,
    Subject,
    TraceEntry,
    UsageReport,
    View,
)

__all__ = ["AsyncClient", "connect_async"]

_T = TypeVar("_T")


def connect_async(
    url: str,
    *,
    system: str = "",
    organisation: str = "",
    operator: str = "",
    timeout_s: float = 10.0,
    retry: RetryPolicy | None = None,
) -> "AsyncClient":
    """A client for the running event loop; to be called inside it. All else as `xingate.connect` says.

    Opening an embedded gateway reads its snapshot, which takes a moment and is done at once.
    """
    options = Options(Caller(system, organisation, operator), timeout_s, retry or RetryPolicy())
    return AsyncClient(_open(parse_target(url)), options)


def _open(target: Target) -> AsyncPort:
    if target.state is not None:
        from xingate._embedded import BackendPort, open_backend

        return BackendPort(open_backend(target.state))
    if target.scheme.startswith("grpc"):
        from xingate._grpc import AsyncGrpcPort

        return AsyncGrpcPort(target)
    try:
        from xingate._http import AsyncHttpPort
    except ModuleNotFoundError as error:
        raise MissingExtraError("http", f"`{target}`") from error
    return AsyncHttpPort(target)


class AsyncClient:
    """Asks a gateway. Belongs to one event loop; close it, or use it in an `async with`."""

    def __init__(self, port: AsyncPort, options: Options) -> None:
        self._port = port
        self._options = options

    async def check(
        self,
        subject: Subject,
        action: str,
        *,
        view: View = View.FULL,
        timeout_s: float | None = None,
        **options: Unpack[QuestionOptions],
    ) -> Decision:
        """What applies to `subject` for `action`. The answer is recorded before it comes back.

        Options are those of `QuestionOptions`. Raises errors of `xingate.errors`, which carry the `request_id`.
        """
        question = Question(subject, action, **options)
        return await self._run(_base.check_call(question, self._options.caller, view), timeout_s)

    async def check_many(
        self, questions: Iterable[Question], *, view: View = View.FULL, timeout_s: float | None = None
    ) -> list[Decision | XingateError]:
        """Many questions, 1000 a call; each has its own answer or error, in their order.

        `timeout_s` is for each call of up to 1000; when one fails as a whole, each of its questions has the error, with
        the request id under which to ask again.
        """
        results: list[Decision | XingateError] = []
        for batch in _base.batches(questions, self._options.caller, view):
            try:
                results += batch.merge(await self._run(batch.call, timeout_s))
            except XingateError as error:
                results += batch.failed(error)
        return results

    async def record(self, record_id: str) -> TraceEntry:
        """The record of a lookup. Raises NotFoundError."""
        return await self._run(_base.record_call(record_id))

    async def records(self, limit: int = 50, *, before: int | None = None) -> list[TraceEntry]:
        """The newest `limit` records, newest first; with `before`, only those of a lower leaf index."""
        entries: list[TraceEntry] = []
        remaining = _base.require_limit(limit)
        while remaining > 0:
            page = await self._run(_base.records_call(remaining, before))
            entries += page.entries
            remaining, before = limit - len(entries), page.next_before
            if before is None or not page.entries:
                break
        return entries[:limit]

    async def actions(self) -> list[Action]:
        """The actions that can be asked about."""
        return await self._run(_base.actions_call())

    async def measures(self, action: str = "") -> list[Measure]:
        """The measures of the catalogue, or those that touch `action`."""
        return await self._run(_base.measures_call(action))

    async def list_types(self) -> list[ListType]:
        """The list types of the catalogue."""
        return await self._run(_base.list_types_call())

    async def snapshot(self, sequence: int = 0) -> Snapshot:
        """The snapshot that answers, or a retained one. Raises NotFoundError."""
        return await self._run(_base.snapshot_call(sequence))

    async def usage_report(
        self,
        first: date | str | None = None,
        last: date | str | None = None,
        *,
        by: str = "organisation",
        timeout_s: float | None = None,
    ) -> UsageReport:
        """Figures of the lookups from `first` to `last`, days in Asia/Shanghai, both included (None: open).

        `by`: organisation, action, verdict or system. The gateway reads its whole log for it, so a long log wants a
        longer `timeout_s`.
        """
        return await self._run(_base.usage_call(first, last, by), timeout_s)

    async def close(self) -> None:
        """Close the connection; an embedded gateway is closed with it."""
        await self._port.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _run(self, call: Call[_T], timeout_s: float | None = None) -> _T:
        attempts = Attempts(self._options.retry, timeout_s or self._options.timeout_s)
        try:
            while True:
                try:
                    return call.read(await self._port.acall(call.method, call.payload, attempts.timeout_s))
                except UnavailableError as error:
                    pause_s = attempts.pause_s(error)
                await asyncio.sleep(pause_s)
        except XingateError as error:
            error.request_id = error.request_id or call.request_id
            raise
