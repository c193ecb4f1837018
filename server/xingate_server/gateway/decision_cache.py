"""The cache of decisions, and of all that is made from them, for each snapshot.

Most questions are alike: another company that is on no list, another look at the same entry. Their prepared answers
are found by everything that they depend on, the day in Asia/Shanghai among it. Answers that rest on names, masks and
earlier reports are not stored. Excluded: deciding (`check`). Source: DESIGN sections 4 and 7.
"""

from collections.abc import Hashable
from typing import Final

import msgspec

from xingate_server.core.decide import decision as core
from xingate_server.core.decide.context import ContextWords
from xingate_server.core.decide.decision import Decision, GapReason, Question, Situation
from xingate_server.core.identity.identify import Resolved
from xingate_server.core.subject import EMPTY_FILE, SubjectKeyer
from xingate_server.gateway.answer import SnapshotInfo
from xingate_server.gateway.bounded_cache import BoundedCache
from xingate_server.gateway.ports import SnapshotView
from xingate_server.gateway.records.check_leaf import (
    Recorded,
    RecordedSituation,
    leaf_parts,
    sources_sha256,
    stored_answer,
)
from xingate_server.trace.leaf.parts import LeafParts

MAY_BE_SETTLED: Final = frozenset({GapReason.IDENTITY_UNSETTLED, GapReason.ROW_UNREADABLE})
"""Gaps whose entry or row a person may have compared with the subject's documents."""
MOST_STORED: Final = 4096  # for each snapshot; a few kB each for a subject with entries
_ANSWER_HEAD: Final = b'{"request_id":""'


class PreparedAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """An answer but for who asked, about whom, and where its record is.

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
        """The answer as stored for a retry."""
        return b'{"request_id":' + msgspec.json.encode(request_id) + self.answer_tail

    def with_settled(self, notices: tuple[core.Flag, ...], records: tuple[str, ...]) -> "PreparedAnswer":
        """The same with what earlier reports settled: shown beside the decision, which stays as it is."""
        situation = msgspec.structs.replace(self.situation, settlements=records)
        decided = core.Encoded(self.decision, self.encoded, self.digest)
        return prepare_answer(self.question, decided, self.snapshot, situation, notices)


class SnapshotAnswers:
    """One snapshot, and the answers prepared from it. For any number of threads."""

    def __init__(self, view: SnapshotView) -> None:
        self.view = view
        self.actions = frozenset(action.id for action in view.catalogue.actions)
        self.context = ContextWords(view.catalogue.context)
        self.sources_hash = sources_sha256(view.sources)
        self._attributes = sorted({key for measure in view.catalogue.measures for key in measure.when})
        self._key_form = view.key_form
        self._shown: dict[str, SnapshotInfo] = {}
        self._prepared: BoundedCache[Hashable, PreparedAnswer] = BoundedCache(MOST_STORED)
        self.prepared = self._prepared.get

    def keyer(self, given: SubjectKeyer) -> SubjectKeyer:
        """The maker of hashes in the form that this snapshot uses."""
        return given.in_form(self._key_form)

    def key_of(self, asked: Question, situation: Situation, subject: Resolved, status: str) -> Hashable | None:
        """Everything that the answer depends on; None if it rests on names, masks or earlier reports.

        `status` is the snapshot's.
        """
        file = subject.file
        is_doubtful = file.unsettled or any(held.is_unsettled for held in file.unread)
        if subject.candidates or is_doubtful or subject.unsettled_keys:
            return None
        about: Hashable = None
        if file.held or file.unread:
            about = subject.subject_key
        elif file is not EMPTY_FILE:  # registered and on no list: the same answer as for others like it
            about = self.view.decider.encoded(file, asked, situation).digest
        context = asked.context
        return (
            about,
            asked.action,
            asked.kind,
            asked.as_of,
            situation.checked_on,
            status,
            tuple([(name, context[name]) for name in self._attributes if name in context]) if context else (),
            subject.reasons,
            subject.flags,
            asked.is_foreign,
            asked.bodies,
        )

    def keep(self, key: Hashable | None, prepared: PreparedAnswer) -> None:
        """Store a prepared answer; nothing without a key."""
        if key is not None:
            self._prepared.put(key, prepared)

    def shown(self, status: str) -> SnapshotInfo:
        """The snapshot as an answer names it."""
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


def prepare_answer(
    asked: Question,
    decided: core.Encoded,
    snapshot: SnapshotInfo,
    situation: RecordedSituation,
    notices: tuple[core.Flag, ...] = (),
) -> PreparedAnswer:
    """All that is made of a decision: the parts of its leaf, and the answer for a retry."""
    decision, digest = decided.decision, decided.digest
    recorded = Recorded(
        request_id="", as_of=asked.as_of, decision=decision, digest=digest, snapshot=snapshot, notices=notices
    )
    return PreparedAnswer(
        question=asked,
        decision=decision,
        encoded=decided.encoded,
        digest=digest,
        snapshot=snapshot,
        situation=situation,
        notices=notices,
        unsettled=tuple(gap.about for gap in decision.gaps if gap.reason in MAY_BE_SETTLED),
        leaf=leaf_parts(asked, decision, digest, snapshot, situation),
        answer_tail=stored_answer(recorded, decided.encoded).removeprefix(_ANSWER_HEAD),
    )
