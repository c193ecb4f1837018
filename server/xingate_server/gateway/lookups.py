"""One lookup before and after its record: from a question to what is to be recorded, and from the record to the answer.

A retry finds its stored answer before anything else is looked at, also after another snapshot came into use. Excluded:
recording, which may wait (`check`); deciding (`told`). Source: DESIGN sections 4 and 7; clause 5.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec

from xingate_server.core.decide.context import ContextError, ContextWords
from xingate_server.core.identifiers.parsing import mask_text
from xingate_server.core.identity.identify import older_keys, settle
from xingate_server.core.subject import BY_SCHEME, SubjectFile, SubjectKeyer
from xingate_server.gateway import errors
from xingate_server.gateway.answer import Answer, Command
from xingate_server.gateway.check_leaf import Recorded
from xingate_server.gateway.decision_cache import Ground, Told
from xingate_server.gateway.question import ReadQuestion, question_digest, read_question
from xingate_server.gateway.records.outcomes import Outcomes
from xingate_server.gateway.snapshots import Grounds
from xingate_server.gateway.timestamps import Moments
from xingate_server.trace import port
from xingate_server.trace.leaf import parts, terms

_read_recorded = msgspec.json.Decoder(Recorded).decode


class Pending(msgspec.Struct, frozen=True, gc=False):
    """An answer that waits for its record."""

    draft: port.Draft
    told: Told


class Lookups:
    """Prepares lookups and ends them. `clock` gives an aware time, `new_id` a UUIDv7. For any number of threads."""

    def __init__(
        self,
        grounds: Grounds,
        trace: port.TraceLog,
        outcomes: Outcomes,
        clock: Callable[[], datetime],
        new_id: Callable[[], str],
    ) -> None:
        self._grounds = grounds
        self._trace = trace
        self._outcomes = outcomes
        self._clock = clock
        self._moments = Moments()
        self._new_id = new_id
        self._leaves = parts.LeafJoiner()

    def prepare(self, command: Command) -> Answer | Pending:
        """A stored answer, or one that waits for its record. Raises GatewayError."""
        question = read_question(command)
        keyer = self._grounds.keyer()
        digest = question_digest(command, keyer)
        if command.request_id:
            known = self._find(command, digest)
            if known is not None:
                return known
        ground = self._grounds.ground(command.sequence)
        if command.action not in ground.actions:
            text = f"unknown action `{mask_text(command.action)}`: see the list of actions"
            raise errors.InvalidQuestionError("action_unknown", text, "action")
        if question.context:
            question = _in_words_of(ground.context, question)
        return self._decide(command, question, digest, ground, keyer)

    def prepare_or_error(self, command: Command) -> Answer | Pending | errors.GatewayError:
        """The same with the error as a value."""
        try:
            return self.prepare(command)
        except errors.GatewayError as error:
            return error

    def answer(self, pending: Pending, stored: port.Stored) -> Answer:
        """The answer whose record is durable. Raises UnavailableError for an older one that cannot be read."""
        if stored.is_replay:  # another caller with the same request id was faster
            return self._replayed(stored)
        told = pending.told
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

    def answer_or_error(self, pending: Pending, outcome: port.Outcome) -> Answer | errors.GatewayError:
        """The same for one of several, with the error as a value."""
        if isinstance(outcome, port.TraceError):
            return trace_error(outcome)
        try:
            return self.answer(pending, outcome)
        except errors.GatewayError as error:
            return error

    def _find(self, command: Command, digest: bytes) -> Answer | None:
        try:
            stored = self._trace.find("check", command.system, command.organisation, command.request_id)
            if stored is None:
                return None
            if stored.question_digest != digest:
                raise port.RequestIdReusedError(command.request_id)
        except port.TraceError as error:
            raise trace_error(error) from error
        return self._replayed(stored)

    def _decide(
        self, command: Command, question: ReadQuestion, digest: bytes, ground: Ground, keyer: SubjectKeyer
    ) -> Pending:
        moment = self._moments.of(self._clock())
        settled = settle(command.kind, question.identifiers, question.names, ground.view, ground.keyer(keyer))
        told = ground.tell(command, question, settled, moment.day, self._grounds.status(command.sequence))
        if told.unsettled:
            keys = (settled.subject_key, *older_keys(command.kind, question.identifiers, keyer.in_form(BY_SCHEME)))
            ids = entry_ids(settled.file, told.unsettled)
            earlier = self._outcomes.settled(command.organisation, question.matter, keys, ids)
            if earlier.records:
                told = told.with_settled(earlier.flags, earlier.records)
        further = _further_keys(command, question, settled.subject_key, ground.keyer(keyer))
        record_id = self._new_id()
        request_id = command.request_id or record_id  # whoever gave none is told one that nobody else has
        asked = parts.Asked(
            record_id,
            request_id,
            moment.time,
            self._leaves.caller(command.system, command.organisation, question.operator),
            question.matter,
            settled.subject_key,
            settled.subject_code,
            question.context,
            further,
        )
        draft = port.Draft(
            kind="check",
            record_id=record_id,
            request_id=request_id,
            system=command.system,
            organisation=command.organisation,
            question_digest=digest,
            time=moment.time,
            leaf=self._leaves.join(told.leaf, asked),
            answer=told.answer(request_id),
            terms=terms.check_terms(
                moment.minute,
                settled.subject_key,
                question.matter,
                self._leaves.answer_terms(
                    command.organisation, question.operator, command.action, told.decision.verdict
                ),
                further,
            ),
        )
        return Pending(draft, told)

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


def _further_keys(
    command: Command, question: ReadQuestion, subject_key: bytes, keyer: SubjectKeyer
) -> tuple[bytes, ...]:
    """Where several numbers were given: all keys by which a search may know one of them, but for the record's own."""
    if len(question.identifiers) == 1:
        return ()
    return tuple(dict.fromkeys(k for k in older_keys(command.kind, question.identifiers, keyer) if k != subject_key))


def _in_words_of(words: ContextWords, question: ReadQuestion) -> ReadQuestion:
    """The question with the catalogue's own words for its context. Raises InvalidQuestionError."""
    try:
        context = words.read(question.context)
    except ContextError as error:
        field = f"context[{mask_text(error.attribute)}]"
        raise errors.InvalidQuestionError("context_value_unknown", mask_text(str(error)), field) from None
    return msgspec.structs.replace(question, context=context)


def entry_ids(file: SubjectFile, told: Sequence[str]) -> dict[str, str]:
    """The ids of unsettled entries that an answer names, and those that older records know them by, each with the id
    in the answer."""
    older = {held.entry.older_id: held.entry.id for held in file.unsettled if held.entry.older_id}
    return {known: now for known, now in older.items() if now in told} | {now: now for now in told}


def trace_error(error: port.TraceError) -> errors.GatewayError:
    """What a caller is told of a failed record."""
    if isinstance(error, port.RequestIdReusedError):
        told = f"request id `{mask_text(error.request_id)}` stands for another question of the same caller"
        return errors.RequestIdReusedError("request_id_reused", told, "request_id")
    text = "no verdict is given because its record could not be made durable: ask again with the same request id"
    if isinstance(error, port.ReadFailedError):
        text = "the log cannot be read at the moment: ask again with the same request id"
    return errors.UnavailableError("record_failed", text)
