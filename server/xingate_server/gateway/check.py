"""The main use case: a question, the snapshot that answers it, the record, and only then the answer.

Everything that can be wrong with a question is a GatewayError and leaves no record; a record that cannot be made
durable leaves no answer. Excluded: who may ask (transport), what is recorded and answered (`lookups`), rules (core).
Source: DESIGN sections 4 and 7; clause 5.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from time import monotonic
from typing import Final, TypeVar

from xingate.matter_receipt import MatterReceipt
from xingate.receipt import Receipt
from xingate.types import ConsistencyProof, SignedCheckpoint
from xingate_server.core.catalogue import Catalogue
from xingate_server.core.subject import SubjectKeyer
from xingate_server.gateway import errors
from xingate_server.gateway.answer import Answer, Command
from xingate_server.gateway.ids import uuid7
from xingate_server.gateway.lookups import Lookups, Pending, trace_error
from xingate_server.gateway.matter import Member, of_party, party_commands, sibling_keys
from xingate_server.gateway.ports import Snapshots, SnapshotView
from xingate_server.gateway.records.outcome_reading import OutcomeAnswer, OutcomeCommand
from xingate_server.gateway.records.outcomes import Outcomes
from xingate_server.gateway.records.receipts import Proofs, Receipts
from xingate_server.gateway.records.search import Search, read_search
from xingate_server.gateway.records.usage import usage_report
from xingate_server.gateway.snapshots import Grounds
from xingate_server.gateway.timestamps import now_utc
from xingate_server.trace import port
from xingate_server.trace.audit.report import Usage
from xingate_server.trace.audit.search import search as find
from xingate_server.trace.audit.tolerant_read import Damaged

MAX_RECORDS: Final = 1000
DEFAULT_RECORDS: Final = 50
SEARCH_S: Final = 1.0  # of one page
_Made = TypeVar("_Made")


class Gateway:
    """Answers questions. Its calls may come from any thread and any event loop.

    `keyer` defaults to that of the snapshots, read when it is first needed. `clock` gives an aware time in UTC,
    `new_id` a UUIDv7.
    """

    def __init__(
        self,
        snapshots: Snapshots,
        trace: port.TraceLog,
        keyer: SubjectKeyer | None = None,
        clock: Callable[[], datetime] = now_utc,
        new_id: Callable[[], str] = uuid7,
        proofs: Proofs | None = None,
    ) -> None:
        self._grounds = Grounds(snapshots, keyer)
        self._trace = trace
        self._new_id = new_id
        self._aside_thread = ThreadPoolExecutor(1, "aside")  # one: they take turns with the event loop anyway
        self._receipts = Receipts(trace, proofs)
        self._outcomes = Outcomes(trace, self._grounds.keyer, clock, new_id)
        self._lookups = Lookups(self._grounds, trace, self._outcomes, clock, new_id)

    @property
    def origin(self) -> str:
        """The name of the log that keeps the records."""
        return self._trace.origin

    async def check(self, command: Command) -> Answer:
        """Answer one question. Raises GatewayError."""
        work = await self._aside([command], lambda: self._lookups.prepare(command))
        if isinstance(work, Answer):
            return work
        try:
            stored = await self._trace.append(work.draft)
        except port.TraceError as error:
            raise trace_error(error) from error
        return self._lookups.answer(work, stored)

    def check_blocking(self, command: Command) -> Answer:
        """The same for a thread."""
        work = self._lookups.prepare(command)
        if isinstance(work, Answer):
            return work
        try:
            stored = self._trace.append_blocking(work.draft)
        except port.TraceError as error:
            raise trace_error(error) from error
        return self._lookups.answer(work, stored)

    async def check_many(self, commands: Sequence[Command]) -> list[Answer | errors.GatewayError]:
        """Answer many with one commit, each with its own answer or error, in their order. Raises nothing."""
        works = await self._aside(commands, lambda: [self._lookups.prepare_or_error(command) for command in commands])
        ended = iter(await self.complete([work for work in works if isinstance(work, Pending)]))
        return [next(ended) if isinstance(work, Pending) else work for work in works]

    def prepare(self, command: Command) -> Answer | Pending:
        """The part of a lookup before its record, for who has several recorded together. Raises GatewayError.

        A question that `may_wait` is better asked with `check`, which keeps nobody else waiting.
        """
        return self._lookups.prepare(command)

    async def complete(self, works: Sequence[Pending]) -> list[Answer | errors.GatewayError]:
        """Record what was prepared with one commit, and answer, each with its own error. Raises nothing."""
        drafts = [work.draft for work in works]
        outcomes: Sequence[port.Outcome]
        try:
            outcomes = await self._trace.append_many(drafts)
        except port.TraceError as error:
            outcomes = [error] * len(drafts)
        return [self._lookups.answer_or_error(work, outcome) for work, outcome in zip(works, outcomes, strict=True)]

    async def check_matter(self, request_id: str, members: tuple[Member, ...]) -> tuple[str, list[Answer]]:
        """Answer about all parties of a matter with one commit; its request id, and the answers in their order.

        Raises GatewayError: where one question is wrong, nothing is recorded for any.
        """
        request_id = request_id or self._new_id()
        commands = party_commands(request_id, members)
        works = await self._aside(commands, lambda: self._parties(commands))
        drafts = [work.draft for work in works if isinstance(work, Pending)]
        try:
            outcomes = await self._trace.append_many(drafts)
        except port.TraceError as error:
            raise trace_error(error) from error
        remaining = iter(outcomes)
        answers = []
        for work in works:
            outcome = self._lookups.answer_or_error(work, next(remaining)) if isinstance(work, Pending) else work
            if isinstance(outcome, errors.GatewayError):
                raise outcome
            answers.append(outcome)
        return request_id, answers

    async def report_outcome(self, command: OutcomeCommand) -> OutcomeAnswer:
        """Record what became of a lookup (Cl. 22). Raises GatewayError."""
        return await self._outcomes.report(command)

    def report_outcome_blocking(self, command: OutcomeCommand) -> OutcomeAnswer:
        """The same for a thread."""
        return self._outcomes.report_blocking(command)

    def record(self, record_id: str) -> port.Stored:
        """One record. Raises UnknownRecordError, and UnavailableError where the log cannot be read."""
        try:
            stored = self._trace.get(record_id)
        except port.TraceError as error:
            raise trace_error(error) from error
        if stored is None:
            text = "no record has this id"
            raise errors.UnknownRecordError("record_unknown", text, "record_id")
        return stored

    def records(self, limit: int = DEFAULT_RECORDS, before: int | None = None) -> Sequence[port.Stored]:
        """At most `limit` (1 to 1000) records, newest first, with an index below `before`."""
        check_limit(limit)
        try:
            return self._trace.list(limit, before)
        except port.TraceError as error:
            raise trace_error(error) from error

    def search(self, search: Search, limit: int, before: int | None = None) -> tuple[list[port.Stored], int | None]:
        """At most `limit` (1 to 1000) records that fit, newest first, with an index below `before`; and where to look
        further. Fewer, also none, after a second: for a thread of its own. Raises GatewayError."""
        check_limit(limit)
        query = read_search(search, self._grounds.keyer)
        until = monotonic() + SEARCH_S
        try:
            page = find(self._trace, query, limit, before, lambda: monotonic() < until)
        except port.TraceError as error:
            raise trace_error(error) from error
        leaves = [leaf for leaf in page.leaves if isinstance(leaf, port.Stored)]
        for leaf in page.leaves:
            if isinstance(leaf, Damaged):
                text = f"{leaf.what}: look before it (`before` {leaf.leaf_index}) and behind it apart"
                raise errors.UnavailableError("log_damaged", text)
        return leaves, page.next_before

    async def receipt(self, record_id: str) -> Receipt:
        """What proves one record offline. Raises UnknownRecordError, and UnavailableError (`checkpoint_pending`)."""
        return await self._receipts.receipt(self.record(record_id))

    async def matter_receipt(self, record_id: str) -> MatterReceipt:
        """What proves the records of all parties of the matter check that this record is part of, offline.

        Raises UnknownRecordError, InvalidQuestionError (`record_not_matter`), UnavailableError.
        """
        leaves = [self._found(*key) for key in sibling_keys(self.record(record_id))]
        return MatterReceipt(tuple(await self._receipts.receipts(leaves)))

    async def checkpoint(self) -> SignedCheckpoint:
        """The newest signed checkpoint of the log. Raises UnavailableError."""
        return await self._receipts.checkpoint()

    async def consistency_proof(self, size1: int, size2: int = 0) -> ConsistencyProof:
        """That the log at `size2` (0: the newest checkpoint's) begins with the log at `size1`.

        Raises InvalidQuestionError (`size_unknown`, `size_order`), UnavailableError.
        """
        return await self._receipts.consistency_proof(size1, size2)

    def usage_report(self, first: str, last: str, by: str) -> Usage:
        """Figures over the whole log (`gateway.records.usage`): for a thread of its own. Raises GatewayError."""
        return usage_report(self._trace, first, last, by)

    def catalogue(self) -> Catalogue:
        """The catalogue of the snapshot in use. Raises UnavailableError without one."""
        return self.snapshot().catalogue

    def snapshot(self, sequence: int = 0) -> SnapshotView:
        """A retained snapshot, or (0) the one in use. Raises UnknownSequenceError and UnavailableError."""
        return self._grounds.snapshot(sequence)

    def snapshot_status(self, sequence: int = 0) -> str:
        """`current`, `retained` or `superseded_by_bad`, as it stands in an answer from that sequence."""
        return self._grounds.status(sequence)

    def retained(self) -> list[int]:
        """The sequences that can be asked, oldest first."""
        return self._grounds.retained()

    def forget(self) -> None:
        """Let go of all snapshots and of what was told from them, when another one has come into use."""
        self._grounds.forget()

    async def _aside(self, commands: Sequence[Command], work: Callable[[], _Made]) -> _Made:
        """`work()`: in a thread where it may take longer than others, so that it keeps nobody else waiting."""
        if any(map(may_wait, commands)):
            return await asyncio.get_running_loop().run_in_executor(self._aside_thread, work)
        return work()

    def _parties(self, commands: Sequence[Command]) -> list[Answer | Pending]:
        works = []
        for place, command in enumerate(commands):
            try:
                works.append(self._lookups.prepare(command))
            except errors.GatewayError as error:
                raise of_party(error, place) from error
        return works

    def _found(self, system: str, organisation: str, request_id: str) -> port.Stored:
        try:
            stored = self._trace.find("check", system, organisation, request_id)
        except port.TraceError as error:
            raise trace_error(error) from error
        if stored is None:
            text = "another party of this matter check has no record: its call failed, so ask it again"
            raise errors.UnknownRecordError("record_unknown", text, "record_id")
        return stored


def may_wait(command: Command) -> bool:
    """Whether a question may take longer than others.

    With a name only, listed names are searched for those that are alike, which takes milliseconds. A sequence may have
    to be opened, which means reading its file from end to end, once a snapshot that is being opened is done with.
    """
    return bool(command.sequence) or (bool(command.name) and not command.identifiers)


def check_limit(limit: int) -> None:
    """Raises InvalidQuestionError for a page of less than one record or more than `MAX_RECORDS`."""
    if not 1 <= limit <= MAX_RECORDS:
        text = f"`{limit}` records at once: ask for 1 to {MAX_RECORDS}"
        raise errors.InvalidQuestionError("limit_out_of_range", text, "limit")
