"""The check: a question goes in, an answer that is on record comes out. The whole way is in this file, step by step.

1. **Read** the question. What is wrong with it is an InvalidQuestionError that names the field, and leaves no record.
   A retry (same caller, same request id) gets its stored answer, whatever snapshot is in use by now; the same id with
   another question is refused. From here on one snapshot answers, also if another one comes into use meanwhile.
2. **Settle the identity**: from numbers and names to one subject, or to the reasons why there is none.
3. **Look up** all that the snapshot holds on that subject; settling has read it.
4. **Decide** by a pure function. What was decided of the same question before is not decided again.
5. **Record**: the leaf and the answer for a retry are durable before anybody hears of them. A record that cannot be
   made durable leaves no answer.
6. **Answer**, with the place of the record in the log.

One question, several, and the parties of a matter take the same way and share commits. Excluded: who may ask, bytes
and codes (`transport`), the rules (`core`), what can be done with records later (`gateway.records`). Source: DESIGN
sections 4 and 7; clause 5.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from typing import TypeVar

import msgspec

from xingate_server.core.decide.context import ContextError
from xingate_server.core.decide.decision import Encoded, Question, Situation
from xingate_server.core.identifiers.parsing import mask_text
from xingate_server.core.identity.identify import Resolved, older_keys, settle
from xingate_server.core.subject import BY_SCHEME, SubjectFile, SubjectKeyer
from xingate_server.gateway import errors
from xingate_server.gateway.answer import Answer, Command
from xingate_server.gateway.decision_cache import PreparedAnswer, SnapshotAnswers, prepare_answer
from xingate_server.gateway.matter import Member, of_party, party_commands
from xingate_server.gateway.question import QuestionReader, ReadQuestion, question_digest
from xingate_server.gateway.records.check_leaf import Recorded, recorded_situation, with_identity
from xingate_server.gateway.records.outcomes import Outcomes
from xingate_server.gateway.snapshots import SnapshotsInUse
from xingate_server.gateway.timestamps import Moment, Moments
from xingate_server.trace import port
from xingate_server.trace.leaf import parts, terms

_read_recorded = msgspec.json.Decoder(Recorded).decode
_Made = TypeVar("_Made")


class Pending(msgspec.Struct, frozen=True, gc=False):
    """An answer that waits for its record (between steps 4 and 5)."""

    draft: port.Draft
    prepared: PreparedAnswer


class Checker:
    """Answers questions. `clock` returns an aware time, `new_id` a UUIDv7. For any number of threads and loops."""

    def __init__(
        self,
        snapshots: SnapshotsInUse,
        trace: port.TraceLog,
        outcomes: Outcomes,
        clock: Callable[[], datetime],
        new_id: Callable[[], str],
    ) -> None:
        self._snapshots = snapshots
        self._trace = trace
        self._outcomes = outcomes
        self._clock = clock
        self._new_id = new_id
        self._reader = QuestionReader()
        self._moments = Moments()
        self._leaves = parts.LeafJoiner()
        self._aside_thread = ThreadPoolExecutor(1, "aside")  # one: they take turns with the event loop anyway

    async def check(self, command: Command) -> Answer:
        """Answer one question. Raises GatewayError."""
        (work,) = await self._aside((command,), lambda: (self.prepare(command),))
        if isinstance(work, Answer):
            return work
        try:
            stored = await self._trace.append(work.draft)
        except port.TraceError as error:
            raise errors.of_trace(error) from error
        return self._answer(work, stored)

    async def check_many(self, commands: Sequence[Command]) -> list[Answer | errors.GatewayError]:
        """Answer many with one commit, each with its own answer or error, in their order. Raises nothing."""
        works = await self._aside(commands, lambda: [self._prepare_or_error(command) for command in commands])
        ended = iter(await self.complete([work for work in works if isinstance(work, Pending)]))
        return [next(ended) if isinstance(work, Pending) else work for work in works]

    async def check_matter(self, request_id: str, members: tuple[Member, ...]) -> tuple[str, list[Answer]]:
        """Answer about all parties of a matter with one commit; its request id, and the answers in their order.

        Raises GatewayError: if one question is wrong, nothing is recorded for any.
        """
        request_id = request_id or self._new_id()
        commands = party_commands(request_id, members)
        works = await self._aside(commands, lambda: self._prepare_parties(commands))
        ended = iter(await self.complete([work for work in works if isinstance(work, Pending)]))
        outcomes = [next(ended) if isinstance(work, Pending) else work for work in works]
        answers = [outcome for outcome in outcomes if isinstance(outcome, Answer)]
        for outcome in outcomes:
            if isinstance(outcome, errors.GatewayError):
                raise outcome
        return request_id, answers

    def prepare(self, command: Command) -> Answer | Pending:
        """Steps 1 to 4: a stored answer, or one that waits for its record. Raises GatewayError.

        A question that `may_wait` is better asked with `check`, which keeps nobody else waiting.
        """
        question = self._reader.read(command)
        keyer = self._snapshots.keyer()
        digest = question_digest(command, keyer)
        if command.request_id and (earlier := self._stored_answer(command, digest)) is not None:
            return earlier
        snapshot = self._snapshots.answering(command.sequence)
        question = _in_words_of(snapshot, command.action, question)
        moment = self._moments.of(self._clock())
        subject = settle(
            command.kind, question.identifiers, question.names, snapshot.view, snapshot.keyer(keyer)
        )  # which looks up
        prepared = self._decide(command, question, subject, snapshot, moment.day)
        prepared = self._with_earlier_reports(command, question, subject, keyer, prepared)
        further = _further_keys(command, question, subject.subject_key, snapshot.keyer(keyer))
        return Pending(self._draft(command, question, digest, subject, further, moment, prepared), prepared)

    async def complete(self, works: Sequence[Pending]) -> list[Answer | errors.GatewayError]:
        """Steps 5 and 6 with one commit, each with its own answer or error, in their order. Raises nothing."""
        drafts = [work.draft for work in works]
        outcomes: Sequence[port.Outcome]
        try:
            outcomes = await self._trace.append_many(drafts)
        except port.TraceError as error:
            outcomes = [error] * len(drafts)
        return [self._answer_or_error(work, outcome) for work, outcome in zip(works, outcomes, strict=True)]

    def _decide(
        self, command: Command, question: ReadQuestion, subject: Resolved, snapshot: SnapshotAnswers, today: date
    ) -> PreparedAnswer:
        """`today` is the day in Asia/Shanghai: what expires by date is never answered from yesterday."""
        status = self._snapshots.status(command.sequence)
        asked = Question(
            action=command.action,
            kind=command.kind,
            as_of=question.as_of or today,
            context=question.context,
            names=question.names,
            is_foreign=subject.is_foreign,
            bodies=command.bodies,
        )
        situation = Situation(sources=snapshot.view.sources, checked_on=today, identity=subject.reasons)
        key = snapshot.key_of(asked, situation, subject, status)
        prepared = snapshot.prepared(key)
        if prepared is None:
            decided = snapshot.view.decider.encoded(subject.file, asked, situation)
            if subject.candidates or subject.flags:
                decided = Encoded.of(with_identity(decided.decision, subject.candidates, subject.flags))
            recorded = recorded_situation(situation, snapshot.sources_hash, subject, asked)
            prepared = prepare_answer(asked, decided, snapshot.shown(status), recorded)
            snapshot.keep(key, prepared)
        return prepared

    def _with_earlier_reports(
        self,
        command: Command,
        question: ReadQuestion,
        subject: Resolved,
        keyer: SubjectKeyer,
        prepared: PreparedAnswer,
    ) -> PreparedAnswer:
        """With the notice of what the caller's organisation has reported of this identity in this matter (Cl. 22)."""
        if not prepared.unsettled:
            return prepared
        keys = (subject.subject_key, *older_keys(command.kind, question.identifiers, keyer.in_form(BY_SCHEME)))
        ids = entry_ids(subject.file, prepared.unsettled)
        earlier = self._outcomes.settled(command.organisation, question.matter, keys, ids)
        return prepared.with_settled(earlier.flags, earlier.records) if earlier.records else prepared

    def _draft(
        self,
        command: Command,
        question: ReadQuestion,
        digest: bytes,
        subject: Resolved,
        further: tuple[bytes, ...],
        moment: Moment,
        prepared: PreparedAnswer,
    ) -> port.Draft:
        """What is to be recorded: the leaf, the answer for a retry, and the terms by which a search finds it."""
        record_id = self._new_id()
        request_id = command.request_id or record_id  # a caller without one gets one that nobody else has
        asked = parts.Asked(
            record_id,
            request_id,
            moment.time,
            self._leaves.caller(command.system, command.organisation, question.operator),
            question.matter,
            subject.subject_key,
            subject.subject_code,
            question.context,
            further,
        )
        return port.Draft(
            kind="check",
            record_id=record_id,
            request_id=request_id,
            system=command.system,
            organisation=command.organisation,
            question_digest=digest,
            time=moment.time,
            leaf=self._leaves.join(prepared.leaf, asked),
            answer=prepared.answer(request_id),
            terms=terms.check_terms(
                moment.minute,
                subject.subject_key,
                question.matter,
                self._leaves.answer_terms(
                    command.organisation, question.operator, command.action, prepared.decision.verdict
                ),
                further,
            ),
        )

    def _answer(self, pending: Pending, stored: port.Stored) -> Answer:
        """The answer whose record is durable. Raises UnavailableError for an older one that cannot be read."""
        if stored.is_replay:  # another caller with the same request id was faster
            return self._replayed(stored)
        prepared = pending.prepared
        return Answer(
            request_id=stored.request_id,
            as_of=prepared.question.as_of,
            decision=prepared.decision,
            digest=prepared.digest,
            snapshot=prepared.snapshot,
            record_id=stored.record_id,
            leaf_index=stored.leaf_index,
            log_origin=self._trace.origin,
            notices=prepared.notices,
        )

    def _stored_answer(self, command: Command, digest: bytes) -> Answer | None:
        """The answer of a retry. Raises RequestIdReusedError, UnavailableError."""
        try:
            stored = self._trace.find("check", command.system, command.organisation, command.request_id)
            if stored is None:
                return None
            if stored.question_digest != digest:
                raise port.RequestIdReusedError(command.request_id)
        except port.TraceError as error:
            raise errors.of_trace(error) from error
        return self._replayed(stored)

    def _replayed(self, stored: port.Stored) -> Answer:
        try:
            recorded = _read_recorded(stored.answer)
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

    async def _aside(self, commands: Sequence[Command], work: Callable[[], _Made]) -> _Made:
        """`work()`: in a thread if it may take longer than others, so that it keeps nobody else waiting."""
        if any(map(may_wait, commands)):
            return await asyncio.get_running_loop().run_in_executor(self._aside_thread, work)
        return work()

    def _prepare_or_error(self, command: Command) -> Answer | Pending | errors.GatewayError:
        try:
            return self.prepare(command)
        except errors.GatewayError as error:
            return error

    def _prepare_parties(self, commands: Sequence[Command]) -> list[Answer | Pending]:
        works = []
        for place, command in enumerate(commands):
            try:
                works.append(self.prepare(command))
            except errors.GatewayError as error:
                raise of_party(error, place) from error
        return works

    def _answer_or_error(self, pending: Pending, outcome: port.Outcome) -> Answer | errors.GatewayError:
        if isinstance(outcome, port.TraceError):
            return errors.of_trace(outcome)
        try:
            return self._answer(pending, outcome)
        except errors.GatewayError as error:
            return error


def may_wait(command: Command) -> bool:
    """Whether a question may take longer than others.

    With a name only, listed names are searched for those that are alike, which takes milliseconds. A sequence may have
    to be opened, which means reading its file from end to end, once a snapshot that is being opened is done with.
    """
    return bool(command.sequence) or (bool(command.name) and not command.identifiers)


def entry_ids(file: SubjectFile, shown: Sequence[str]) -> dict[str, str]:
    """The ids of unsettled entries that an answer names, and those that older records know them by, each with the id
    in the answer."""
    older = {held.entry.older_id: held.entry.id for held in file.unsettled if held.entry.older_id}
    return {known: now for known, now in older.items() if now in shown} | {now: now for now in shown}


def _in_words_of(snapshot: SnapshotAnswers, action: str, question: ReadQuestion) -> ReadQuestion:
    """The question with the catalogue's own words for its context. Raises InvalidQuestionError."""
    if action not in snapshot.actions:
        text = f"unknown action `{mask_text(action)}`: see the list of actions"
        raise errors.InvalidQuestionError("action_unknown", text, "action")
    if not question.context:
        return question
    try:
        context = snapshot.context.read(question.context)
    except ContextError as error:
        field = f"context[{mask_text(error.attribute)}]"
        raise errors.InvalidQuestionError("context_value_unknown", mask_text(str(error)), field) from None
    return msgspec.structs.replace(question, context=context)


def _further_keys(
    command: Command, question: ReadQuestion, subject_key: bytes, keyer: SubjectKeyer
) -> tuple[bytes, ...]:
    """If several numbers were given: all keys by which a search may know one of them, but for the record's own."""
    if len(question.identifiers) == 1:
        return ()
    return tuple(dict.fromkeys(k for k in older_keys(command.kind, question.identifiers, keyer) if k != subject_key))
