"""The main use case: a question, the snapshot that answers it, the record, and only then the answer.

Everything that can be wrong with a question is a GatewayError and leaves no record; a record that cannot be made
durable leaves no answer. A retry finds its stored answer before anything else is looked at, also after another
snapshot came into use. Excluded: who may ask (transport), rules (core). Source: DESIGN sections 4 and 7; clause 5.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from xingate.matter_receipt import MatterReceipt
from xingate.receipt import Receipt
from xingate.types import ConsistencyProof, SignedCheckpoint
from xingate_server.core.catalogue import Catalogue
from xingate_server.core.identifiers import mask_text
from xingate_server.core.identity import settle
from xingate_server.core.subject import SubjectKeyer
from xingate_server.gateway import errors
from xingate_server.gateway.answer import Answer, Command
from xingate_server.gateway.ids import uuid7
from xingate_server.gateway.kept import Kept
from xingate_server.gateway.matter import Member, of_party, party_commands, sibling_keys
from xingate_server.gateway.outcomes import Outcomes
from xingate_server.gateway.ports import Snapshots, SnapshotView
from xingate_server.gateway.question import ReadQuestion, question_digest, read_question
from xingate_server.gateway.receipts import Proofs, Receipts
from xingate_server.gateway.recorded import Recorded
from xingate_server.gateway.reported import OutcomeAnswer, OutcomeCommand
from xingate_server.gateway.told import Ground, Told
from xingate_server.gateway.usage import usage_report
from xingate_server.snapshot.errors import NotRetainedError, SnapshotError
from xingate_server.trace import leaf_parts, log
from xingate_server.trace.report import Usage

MAX_RECORDS: Final = 1000
DEFAULT_RECORDS: Final = 50
SHANGHAI: Final = timedelta(hours=8)  # no summer time since 1991; every date of a question is of this zone
_GROUNDS: Final = 8  # snapshots whose answers are kept


class _Pending(msgspec.Struct, frozen=True):
    """An answer that waits for its record."""

    draft: log.Draft
    told: Told


def _now() -> datetime:
    return datetime.now(UTC)


def _stamp(now: datetime) -> str:
    text = now.isoformat()  # which leaves out microseconds where there are none
    return f"{text[:26]}Z" if now.microsecond else f"{text[:19]}.000000Z"


class Gateway:
    """Answers questions. Its calls may come from any thread and any event loop.

    `keyer` defaults to that of the snapshots, read when it is first needed. `clock` gives an aware time in UTC,
    `new_id` a UUIDv7.
    """

    def __init__(
        self,
        snapshots: Snapshots,
        trace: log.TraceLog,
        keyer: SubjectKeyer | None = None,
        clock: Callable[[], datetime] = _now,
        new_id: Callable[[], str] = uuid7,
        proofs: Proofs | None = None,
    ) -> None:
        self._snapshots = snapshots
        self._trace = trace
        self._given_keyer = keyer
        self._clock = clock
        self._new_id = new_id
        self._ground: Ground | None = None  # of the snapshot asked last
        self._grounds: Kept[str, Ground] = Kept(_GROUNDS)
        self._receipts = Receipts(trace, proofs)
        self._outcomes = Outcomes(trace, self._keyer, clock, new_id)

    @property
    def origin(self) -> str:
        """The name of the log that keeps the records."""
        return self._trace.origin

    async def check(self, command: Command) -> Answer:
        """Answer one question. Raises GatewayError."""
        work = self._work(command)
        if isinstance(work, Answer):
            return work
        try:
            stored = await self._trace.append(work.draft)
        except log.TraceError as error:
            raise _told(error) from error
        return self._answer(work, stored)

    def check_blocking(self, command: Command) -> Answer:
        """The same for a thread."""
        work = self._work(command)
        if isinstance(work, Answer):
            return work
        try:
            stored = self._trace.append_blocking(work.draft)
        except log.TraceError as error:
            raise _told(error) from error
        return self._answer(work, stored)

    async def check_many(self, commands: Sequence[Command]) -> list[Answer | errors.GatewayError]:
        """Answer many with one commit, each with its own answer or error, in their order. Raises nothing."""
        works = [self._work_or_error(command) for command in commands]
        drafts = [work.draft for work in works if isinstance(work, _Pending)]
        outcomes: Sequence[log.Outcome]
        try:
            outcomes = await self._trace.append_many(drafts)
        except log.TraceError as error:
            outcomes = [error] * len(drafts)
        remaining = iter(outcomes)
        return [self._answer_or_error(work, next(remaining)) if isinstance(work, _Pending) else work for work in works]

    async def check_matter(self, request_id: str, members: tuple[Member, ...]) -> tuple[str, list[Answer]]:
        """Answer about all parties of a matter with one commit; its request id, and the answers in their order.

        Raises GatewayError: where one question is wrong, nothing is recorded for any.
        """
        request_id = request_id or self._new_id()
        works = []
        for place, command in enumerate(party_commands(request_id, members)):
            try:
                works.append(self._work(command))
            except errors.GatewayError as error:
                raise of_party(error, place) from error
        drafts = [work.draft for work in works if isinstance(work, _Pending)]
        try:
            outcomes = await self._trace.append_many(drafts)
        except log.TraceError as error:
            raise _told(error) from error
        remaining = iter(outcomes)
        answers = []
        for work in works:
            outcome = self._answer_or_error(work, next(remaining)) if isinstance(work, _Pending) else work
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

    def record(self, record_id: str) -> log.Stored:
        """One record. Raises UnknownRecordError, and UnavailableError where the log cannot be read."""
        try:
            stored = self._trace.get(record_id)
        except log.TraceError as error:
            raise _told(error) from error
        if stored is None:
            text = "no record has this id"
            raise errors.UnknownRecordError("record_unknown", text, "record_id")
        return stored

    def records(self, limit: int = DEFAULT_RECORDS, before: int | None = None) -> Sequence[log.Stored]:
        """At most `limit` (1 to 1000) records, newest first, with an index below `before`."""
        check_limit(limit)
        try:
            return self._trace.list(limit, before)
        except log.TraceError as error:
            raise _told(error) from error

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
        """Figures over the whole log (`gateway.usage`): for a thread of its own. Raises GatewayError."""
        return usage_report(self._trace, first, last, by)

    def catalogue(self) -> Catalogue:
        """The catalogue of the snapshot in use. Raises UnavailableError without one."""
        return self.snapshot().catalogue

    def snapshot(self, sequence: int = 0) -> SnapshotView:
        """A retained snapshot, or (0) the one in use. Raises UnknownSequenceError and UnavailableError."""
        try:
            return self._snapshots.get(sequence) if sequence else self._snapshots.current()
        except NotRetainedError as error:
            raise errors.UnknownSequenceError("sequence_unknown", str(error), "sequence") from error
        except SnapshotError as error:
            raise errors.UnavailableError("snapshot_missing", f"no snapshot can answer: {error}") from error

    def snapshot_status(self, sequence: int = 0) -> str:
        """`current`, `retained` or `superseded_by_bad`, as it stands in an answer from that sequence."""
        if sequence:
            try:
                if self._snapshots.current().info.sequence != sequence:
                    return "retained"
            except SnapshotError:
                return "retained"
        return self._snapshots.status

    def retained(self) -> list[int]:
        """The sequences that can be asked, oldest first."""
        return self._snapshots.retained()

    def forget(self) -> None:
        """Let go of all snapshots and of what was told from them, when another one has come into use."""
        self._ground = None
        self._grounds = Kept(_GROUNDS)

    def _keyer(self) -> SubjectKeyer:
        try:
            return self._given_keyer or self._snapshots.keyer
        except SnapshotError as error:
            raise errors.UnavailableError("snapshot_missing", f"no snapshot can answer: {error}") from error

    def _work(self, command: Command) -> Answer | _Pending:
        """A stored answer, or one that waits for its record. Raises GatewayError."""
        question = read_question(command)
        keyer = self._keyer()
        digest = question_digest(command, keyer)
        if command.request_id:
            known = self._find(command, digest)
            if known is not None:
                return known
        ground = self._ground_of(self.snapshot(command.sequence))
        if command.action not in ground.actions:
            text = f"unknown action `{mask_text(command.action)}`: see the list of actions"
            raise errors.InvalidQuestionError("action_unknown", text, "action")
        return self._decide(command, question, digest, ground, keyer)

    def _found(self, system: str, organisation: str, request_id: str) -> log.Stored:
        try:
            stored = self._trace.find("check", system, organisation, request_id)
        except log.TraceError as error:
            raise _told(error) from error
        if stored is None:
            text = "another party of this matter check has no record: its call failed, so ask it again"
            raise errors.UnknownRecordError("record_unknown", text, "record_id")
        return stored

    def _find(self, command: Command, digest: bytes) -> Answer | None:
        try:
            stored = self._trace.find("check", command.system, command.organisation, command.request_id)
            if stored is None:
                return None
            if stored.question_digest != digest:
                raise log.RequestIdReusedError(command.request_id)
        except log.TraceError as error:
            raise _told(error) from error
        return self._replayed(stored)

    def _ground_of(self, view: SnapshotView) -> Ground:
        ground = self._ground
        if ground is None or ground.view is not view:
            at = view.info.hash
            ground = self._grounds.get(at)
            if ground is None or ground.view is not view:  # opened again: the old one may be closed
                ground = self._grounds.put(at, Ground(view))
            self._ground = ground
        return ground

    def _decide(
        self, command: Command, question: ReadQuestion, digest: bytes, ground: Ground, keyer: SubjectKeyer
    ) -> _Pending:
        now = self._clock().astimezone(UTC)
        settled = settle(command.kind, question.identifiers, question.names, ground.view, keyer)
        status = self.snapshot_status(command.sequence)
        told = ground.tell(command, question, settled, (now + SHANGHAI).date(), status)
        if told.unsettled:
            earlier = self._outcomes.settled(command.organisation, question.matter, settled.subject_key, told.unsettled)
            if earlier.records:
                told = told.with_settled(earlier.flags, earlier.records)
        record_id = self._new_id()
        request_id = command.request_id or self._new_id()
        time = _stamp(now)
        asked = leaf_parts.Asked(
            record_id,
            request_id,
            time,
            leaf_parts.caller_part(command.system, command.organisation, question.operator),
            question.matter,
            settled.subject_key,
            settled.subject_code,
            question.context,
        )
        draft = log.Draft(
            kind="check",
            record_id=record_id,
            request_id=request_id,
            system=command.system,
            organisation=command.organisation,
            question_digest=digest,
            time=time,
            leaf=leaf_parts.join(told.leaf, asked),
            answer=told.answer(request_id),
        )
        return _Pending(draft, told)

    def _answer(self, work: _Pending, stored: log.Stored) -> Answer:
        if stored.is_replay:  # another caller with the same request id was faster
            return self._replayed(stored)
        told = work.told
        return Answer(
            request_id=stored.request_id,
            as_of=told.question.as_of,
            decision=told.decision,
            digest=told.digest,
            snapshot=told.snapshot,
            record_id=stored.record_id,
            leaf_index=stored.leaf_index,
            log_origin=self._trace.origin,
            notices=told.notices,
        )

    def _replayed(self, stored: log.Stored) -> Answer:
        try:
            recorded = msgspec.json.decode(stored.answer, type=Recorded)
        except msgspec.DecodeError as error:
            text = f"the stored answer of record `{stored.record_id}` cannot be read by this release"
            raise errors.UnavailableError("record_failed", text) from error
        return Answer(
            request_id=recorded.request_id,
            as_of=recorded.as_of,
            decision=recorded.decision,
            digest=recorded.digest,
            snapshot=recorded.snapshot,
            record_id=stored.record_id,
            leaf_index=stored.leaf_index,
            log_origin=self._trace.origin,
            notices=recorded.notices,
        )

    def _work_or_error(self, command: Command) -> Answer | _Pending | errors.GatewayError:
        try:
            return self._work(command)
        except errors.GatewayError as error:
            return error

    def _answer_or_error(self, work: _Pending, outcome: log.Outcome) -> Answer | errors.GatewayError:
        if isinstance(outcome, log.TraceError):
            return _told(outcome)
        try:
            return self._answer(work, outcome)
        except errors.GatewayError as error:
            return error


def check_limit(limit: int) -> None:
    """Raises InvalidQuestionError for a page of less than one record or more than `MAX_RECORDS`."""
    if not 1 <= limit <= MAX_RECORDS:
        text = f"`{limit}` records at once: ask for 1 to {MAX_RECORDS}"
        raise errors.InvalidQuestionError("limit_out_of_range", text, "limit")


def _told(error: log.TraceError) -> errors.GatewayError:
    """What a caller is told of a failed record."""
    if isinstance(error, log.RequestIdReusedError):
        told = f"request id `{mask_text(error.request_id)}` stands for another question of the same caller"
        return errors.RequestIdReusedError("request_id_reused", told, "request_id")
    text = "no verdict is given because its record could not be made durable: ask again with the same request id"
    if isinstance(error, log.ReadFailedError):
        text = "the log cannot be read at the moment: ask again with the same request id"
    return errors.UnavailableError("record_failed", text)
