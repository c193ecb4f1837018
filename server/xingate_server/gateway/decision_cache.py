"""From a settled subject to the decision and all that is made of it: digest, leaf, the answer kept for a retry.

Most questions are alike: another company that is on no list, another look at the same entry. What is told of them is
made once for each snapshot and kept under everything that it depends on, the day in Asia/Shanghai among it, so that
what expires by date is never answered from yesterday. Not kept is what rests on names, masks and earlier reports.
Source: DESIGN sections 4 and 7.
"""

from collections.abc import Hashable
from datetime import date
from typing import Final

import msgspec

from xingate_server.core.decide import decision as core
from xingate_server.core.decide.context import ContextWords
from xingate_server.core.decide.decision import Decision, GapReason, Question, Situation
from xingate_server.core.identity.identify import Settled
from xingate_server.core.subject import EMPTY_FILE, SubjectKeyer
from xingate_server.gateway.answer import Command, SnapshotInfo
from xingate_server.gateway.bounded_cache import Kept
from xingate_server.gateway.check_leaf import (
    Recorded,
    RecordedSituation,
    kept_answer,
    leaf_parts,
    recorded_situation,
    sources_sha256,
    with_identity,
)
from xingate_server.gateway.ports import SnapshotView
from xingate_server.gateway.question import ReadQuestion
from xingate_server.trace.leaf.parts import LeafParts

MAY_BE_SETTLED: Final = frozenset({GapReason.IDENTITY_UNSETTLED, GapReason.ROW_UNREADABLE})
"""Gaps whose entry or row a person may have compared with the subject's documents."""
MOST_KEPT: Final = 4096  # for each snapshot; a few kB each for a subject with entries
_ANSWER_HEAD: Final = b'{"request_id":""'


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """An answer but for who asked, about whom, and where its record stands.

    `unsettled` are the entries whose possible match may have been settled by an earlier report.
    """

    question: Question
    decision: Decision
    encoded: bytes
    digest: str
    snapshot: SnapshotInfo
    situation: RecordedSituation
    notices: tuple[core.Flag, ...]
    unsettled: tuple[str, ...]
    leaf: LeafParts
    answer_tail: bytes

    def answer(self, request_id: str) -> bytes:
        """The answer as kept for a retry."""
        return b'{"request_id":' + msgspec.json.encode(request_id) + self.answer_tail

    def with_settled(self, notices: tuple[core.Flag, ...], records: tuple[str, ...]) -> "Told":
        """The same with what earlier reports settled: told beside the decision, which stays as it is."""
        situation = msgspec.structs.replace(self.situation, settlements=records)
        encoded = core.Encoded(self.decision, self.encoded, self.digest)
        return _told(self.question, encoded, self.snapshot, situation, notices)


class Ground:
    """One snapshot, and what was told from it. For any number of threads."""

    def __init__(self, view: SnapshotView) -> None:
        self.view = view
        self.actions = frozenset(action.id for action in view.catalogue.actions)
        self.context = ContextWords(view.catalogue.context)
        self._attributes = sorted({key for measure in view.catalogue.measures for key in measure.when})
        self._sources_hash = sources_sha256(view.sources)
        self._key_form = view.key_form
        self._shown: dict[str, SnapshotInfo] = {}
        self._kept: Kept[Hashable, Told] = Kept(MOST_KEPT)

    def keyer(self, given: SubjectKeyer) -> SubjectKeyer:
        """The maker of hashes in the form that this snapshot uses."""
        return given.in_form(self._key_form)

    def tell(self, command: Command, read: ReadQuestion, settled: Settled, today: date, status: str) -> Told:
        """Decide, or find what was decided before. `today` is the day in Asia/Shanghai, `status` the snapshot's."""
        as_of = read.as_of or today
        file = settled.file
        is_doubtful = file.unsettled or any(held.is_unsettled for held in file.unread)
        if settled.candidates or is_doubtful or settled.unsettled_keys:
            return self._decide(command, read, settled, today, status)
        context = read.context
        key = (
            self._about(command, read, settled, today),
            command.action,
            command.kind,
            as_of,
            today,
            status,
            tuple([(name, context[name]) for name in self._attributes if name in context]) if context else (),
            settled.reasons,
            settled.flags,
            settled.is_foreign,
            command.bodies,
        )
        told = self._kept.get(key)
        return told if told is not None else self._kept.put(key, self._decide(command, read, settled, today, status))

    def _about(self, command: Command, read: ReadQuestion, settled: Settled, today: date) -> Hashable:
        """What of the subject the answer depends on: who is registered and on no list is told what others are told."""
        if settled.file is EMPTY_FILE:
            return None
        if settled.file.held or settled.file.unread:
            return settled.subject_key
        question, situation = self._asked(command, read, settled, today)
        return self.view.decider.encoded(settled.file, question, situation).digest

    def _decide(self, command: Command, read: ReadQuestion, settled: Settled, today: date, status: str) -> Told:
        question, situation = self._asked(command, read, settled, today)
        encoded = self.view.decider.encoded(settled.file, question, situation)
        if settled.candidates or settled.flags:
            encoded = core.Encoded.of(with_identity(encoded.decision, settled.candidates, settled.flags))
        recorded = recorded_situation(situation, self._sources_hash, settled, question)
        return _told(question, encoded, self._snapshot(status), recorded, ())

    def _asked(self, command: Command, read: ReadQuestion, settled: Settled, today: date) -> tuple[Question, Situation]:
        question = Question(
            action=command.action,
            kind=command.kind,
            as_of=read.as_of or today,
            context=read.context,
            names=read.names,
            is_foreign=settled.is_foreign,
            bodies=command.bodies,
        )
        return question, Situation(sources=self.view.sources, checked_on=today, identity=settled.reasons)

    def _snapshot(self, status: str) -> SnapshotInfo:
        shown = self._shown.get(status)
        if shown is None:
            info = self.view.info
            shown = self._shown[status] = SnapshotInfo(
                sequence=info.sequence,
                hash=info.hash,
                catalogue=info.catalogue,
                catalogue_hash=info.catalogue_hash,
                created_at=info.created_at,
                status=status,
            )
        return shown


def _told(
    question: Question,
    encoded: core.Encoded,
    snapshot: SnapshotInfo,
    situation: RecordedSituation,
    notices: tuple[core.Flag, ...],
) -> Told:
    decision, digest = encoded.decision, encoded.digest
    recorded = Recorded(
        request_id="", as_of=question.as_of, decision=decision, digest=digest, snapshot=snapshot, notices=notices
    )
    return Told(
        question=question,
        decision=decision,
        encoded=encoded.encoded,
        digest=digest,
        snapshot=snapshot,
        situation=situation,
        notices=notices,
        unsettled=tuple(gap.about for gap in decision.gaps if gap.reason in MAY_BE_SETTLED),
        leaf=leaf_parts(question, decision, digest, snapshot, situation),
        answer_tail=kept_answer(recorded, encoded.encoded).removeprefix(_ANSWER_HEAD),
    )
