"""What every face of the gateway does with a message, so that the answers are the same on all of them.

Messages in, messages out, errors as exceptions (`transport.status` has their codes). A method has the name of its RPC
(`calls`). Excluded: questions (`checks`), bytes and JSON, connections, codes. Source: DESIGN section 8.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Any

from google.protobuf.message import Message

from xingate.v1 import catalogue_pb2 as c
from xingate.v1 import snapshot_pb2 as s
from xingate.v1 import trace_pb2 as tr
from xingate.v1 import types_pb2 as t
from xingate.v1 import verification_pb2 as v
from xingate_server.gateway.errors import InvalidQuestionError, UnavailableError, UnknownSequenceError
from xingate_server.gateway.gateway import Gateway
from xingate_server.gateway.records.records import DEFAULT_RECORDS
from xingate_server.pages import receipt as receipt_page
from xingate_server.transport.calls import UNARY, Limit
from xingate_server.transport.checks import Checks
from xingate_server.transport.limits import NO_LIMIT, InFlightLimit, OneByOne
from xingate_server.transport.messages import catalogue as render_catalogue
from xingate_server.transport.messages import outcomes, records
from xingate_server.transport.messages import usage as render_usage
from xingate_server.transport.messages.parse import parse
from xingate_server.transport.metrics import Metrics


class Handlers:
    """The calls of one gateway process. Belongs to one event loop."""

    def __init__(self, gateway: Gateway, metrics: Metrics, most_in_flight: int = NO_LIMIT) -> None:
        self._gateway = gateway
        self.metrics = metrics
        self.limit = InFlightLimit(most_in_flight)
        self.checks = Checks(gateway, metrics, self.limit)
        metrics.count_in_flight(lambda: self.limit.in_flight)
        self._changed = asyncio.Event()
        self._reports = OneByOne("reports")
        self._searches = OneByOne("searches")
        self._is_closing = False

    def announce(self, *, is_closing: bool = False) -> None:
        """Wake those who watch the snapshot: a new one is in use, or the gateway closes."""
        self._is_closing = self._is_closing or is_closing
        self._changed.set()
        self._changed = asyncio.Event()

    async def check_matter(self, request: v.CheckMatterRequest) -> v.CheckMatterResponse:
        """All parties of a matter, in one pass and one commit. Raises GatewayError."""
        return await self.checks.check_matter(request)

    async def list_actions(self, _request: c.ListActionsRequest) -> c.ListActionsResponse:
        """The actions of the current catalogue."""
        return render_catalogue.actions(self._gateway.snapshots.catalogue())

    async def list_measures(self, request: c.ListMeasuresRequest) -> c.ListMeasuresResponse:
        """The measures, or those that touch an action. Raises InvalidQuestionError for one that does not exist."""
        catalogue = self._gateway.snapshots.catalogue()
        if request.action and all(action.id != request.action for action in catalogue.actions):
            text = f"unknown action `{request.action}`: see the list of actions"
            raise InvalidQuestionError("action_unknown", text, "action")
        return render_catalogue.measures(catalogue, request.action)

    async def list_list_types(self, _request: c.ListListTypesRequest) -> c.ListListTypesResponse:
        """The list types of the current catalogue."""
        return render_catalogue.list_types(self._gateway.snapshots.catalogue())

    async def get_snapshot(self, request: s.GetSnapshotRequest) -> s.Snapshot:
        """What the current snapshot, or a retained one, was made of."""
        if not request.sequence:
            return records.snapshot(self._gateway, 0)
        # It may have to be opened, which reads its file from end to end.
        return await asyncio.to_thread(records.snapshot, self._gateway, request.sequence)

    async def watch_snapshot(self, request: s.WatchSnapshotRequest) -> AsyncIterator[s.Snapshot]:
        """The present snapshot at once, then each new one, until the gateway closes; those retained since `after`."""
        shown, last = request.after, t.SnapshotRef()
        while not self._is_closing:
            changed = self._changed
            with contextlib.suppress(UnavailableError):  # none yet: wait for the first
                snapshot = records.snapshot(self._gateway, 0)
                present = snapshot.ref.sequence
                for between in self._gateway.snapshots.retained() if shown else ():
                    if shown < between < present:
                        with contextlib.suppress(UnavailableError, UnknownSequenceError):  # bad, or removed
                            yield await asyncio.to_thread(records.snapshot, self._gateway, between)
                is_other = present != shown or (last.sequence and snapshot.ref != last)
                shown, last = present, snapshot.ref
                if is_other:
                    yield snapshot
            await changed.wait()

    async def get_record(self, request: tr.GetRecordRequest) -> tr.TraceEntry:
        """One record, with its exact bytes. Raises UnknownRecordError."""
        return records.entry(self._gateway, request.record_id)

    async def list_records(self, request: tr.ListRecordsRequest) -> tr.ListRecordsResponse:
        """A page of records, newest first, at most 3.5 MB; a search runs in a thread, one at a time.

        Raises InvalidQuestionError, UnavailableError, OverloadedError.
        """
        before = request.before if request.HasField("before") else None
        limit = request.limit or DEFAULT_RECORDS
        if (search := records.search(request)) is None:
            return records.page(self._gateway, limit, before)
        return await self._searches.run(partial(records.found, self._gateway, search, limit, before))

    async def report_outcome(self, request: tr.ReportOutcomeRequest) -> tr.ReportOutcomeResponse:
        """What became of a lookup. Raises GatewayError."""
        self.limit.take()
        try:
            return outcomes.response(await self._gateway.outcomes.report(outcomes.command(request)))
        finally:
            self.limit.give()

    async def get_receipt(self, request: tr.GetReceiptRequest) -> tr.Receipt:
        """What proves one record offline. Raises UnknownRecordError, UnavailableError (`checkpoint_pending`)."""
        return (await self._gateway.records.receipt(request.record_id)).to_message()

    async def get_matter_receipt(self, request: tr.GetMatterReceiptRequest) -> tr.MatterReceipt:
        """What proves all parties of a matter check offline. Raises GatewayError."""
        return (await self._gateway.records.matter_receipt(request.record_id)).to_message()

    async def get_checkpoint(self, _request: tr.GetCheckpointRequest) -> tr.Checkpoint:
        """The newest signed checkpoint. Raises UnavailableError."""
        return records.checkpoint(await self._gateway.records.checkpoint())

    async def get_consistency_proof(self, request: tr.GetConsistencyProofRequest) -> tr.ConsistencyProof:
        """That the log only grew between two sizes. Raises InvalidQuestionError, UnavailableError."""
        return records.consistency_proof(await self._gateway.records.consistency_proof(request.size1, request.size2))

    async def receipt_page(self, receipt: tr.Receipt) -> str:
        """The receipt as a page to print. Raises UnavailableError if it does not hold."""
        return await receipt_page.page_of(self._gateway, receipt)

    async def get_usage_report(self, request: tr.GetUsageReportRequest) -> tr.UsageReport:
        """Figures over the whole log, counted in a thread, one report at a time.

        Raises InvalidQuestionError, UnavailableError, OverloadedError.
        """
        first = getattr(request, "from")  # a word of Python's own
        usage = await self._reports.run(partial(self._gateway.records.usage_report, first, request.to, request.by))
        return render_usage.usage_report(usage)


def running(handlers: Handlers, method: str) -> Callable[[Any], Awaitable[Message]]:
    """A call with messages. Raises KeyError for a method that does not exist, or takes serialised ones."""
    if UNARY[method].takes_bytes:
        raise KeyError(method)
    run: Callable[[Any], Awaitable[Message]] = getattr(handlers, UNARY[method].handler)
    return run


def calling(handlers: Handlers, method: str) -> Callable[[bytes], Awaitable[bytes]]:
    """A call with serialised messages, which raises GatewayError. Raises KeyError for a method that does not exist."""
    call = UNARY[method]
    if call.takes_bytes:
        serialised: Callable[[bytes], Awaitable[bytes]] = getattr(handlers.checks, call.handler)
        return serialised
    request, run, is_gated = call.request, running(handlers, method), call.limit is Limit.OVERLOAD

    async def answer(data: bytes) -> bytes:
        if is_gated:
            handlers.limit.require_room()
        return (await run(parse(request, data))).SerializeToString()

    return answer


async def call(handlers: Handlers, method: str, data: bytes) -> bytes:
    """One call with serialised messages. Raises GatewayError; KeyError for a method that does not exist."""
    return await calling(handlers, method)(data)
