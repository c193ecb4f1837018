"""What is recorded of an answer: the leaf, and the answer stored for a retry.

A leaf says who asked what, when, on which snapshot, and what was answered; a person's number is in none of it. Its
`situation` holds what a replay needs besides the snapshot (docs/adr/0006). Deciding is in `gateway.decision_cache`.
Source: DESIGN section 7.
"""

from datetime import date
from hashlib import sha256

import msgspec

from xingate_server.core.catalogue import Audience
from xingate_server.core.decide import decision as core
from xingate_server.core.decide.decision import Decision, GapReason, Question, Situation, SourceState
from xingate_server.core.decide.gaps import fits_by_name
from xingate_server.core.identity.identify import Resolved
from xingate_server.core.subject import Held, HeldUnread, SubjectClass, class_of
from xingate_server.gateway.answer import SnapshotInfo
from xingate_server.gateway.question import hide_numbers
from xingate_server.trace.leaf.parts import LeafParts, parts_of
from xingate_server.trace.leaf.record import CheckLeaf

_HELD_DIGITS = 8
_ABOUT_ENTRIES = (GapReason.IDENTITY_UNSETTLED, GapReason.ROW_UNREADABLE, GapReason.COMMITMENT_OVERDUE)


class RecordedSituation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The situation as recorded, with what a replay needs besides: at which keys (hex) the unsettled entries stood,
    which of them (`unsettled_id`) no name spoke against, what was flagged about the numbers given, whether the subject
    is foreign, and the caller's implementing bodies. `settlements` are the records that the answer's notices rest on;
    no decision depends on them. `name` is what an organisation was sought by, normalised, where candidates rest on it
    alone; a person's is never recorded. The states of the sources are the snapshot's: `sources_sha256` (hex) says
    which."""

    sources_sha256: str
    checked_on: date
    identity: tuple[GapReason, ...] = ()
    audience: Audience = Audience.GOVERNMENT
    unsettled_keys: tuple[str, ...] = ()
    unsettled: tuple[str, ...] = ()
    flags: tuple[core.Flag, ...] = ()
    is_foreign: bool = False
    name: str = ""
    bodies: tuple[str, ...] | None = None
    settlements: tuple[str, ...] = ()

    def situation(self, sources: tuple[SourceState, ...]) -> Situation:
        """The situation again, with the snapshot's own sources, whose digest the caller has compared."""
        return Situation(sources=sources, checked_on=self.checked_on, identity=self.identity, audience=self.audience)


def sources_sha256(sources: tuple[SourceState, ...]) -> str:
    """The digest by which a record names the states of a snapshot's sources: SHA-256 of their deterministic JSON."""
    return sha256(msgspec.json.encode(sources, order="deterministic")).hexdigest()


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """The answer as stored for a retry: all of it but where its record stands. `notices` are those of `Answer`."""

    request_id: str
    as_of: date
    decision: Decision
    digest: str
    snapshot: SnapshotInfo
    notices: tuple[core.Flag, ...] = ()


class _RawRecorded(msgspec.Struct, frozen=True, kw_only=True):
    request_id: str
    as_of: date
    decision: msgspec.Raw
    digest: str
    snapshot: SnapshotInfo
    notices: tuple[core.Flag, ...] = ()


def with_identity(decision: Decision, candidates: tuple[core.Candidate, ...], flags: tuple[core.Flag, ...]) -> Decision:
    """The decision together with what settling the subject has to say."""
    if not candidates and not flags:
        return decision
    both = sorted({(f.code, f.detail) for f in (*decision.flags, *flags)})
    return msgspec.structs.replace(
        decision,
        candidates=candidates,
        flags=tuple(core.Flag(code=code, detail=detail) for code, detail in both),
    )


def unsettled_id(held: Held | HeldUnread) -> str:
    """Which unsettled entry or row, where it reaches a person through an organisation in which role, and which of
    several of the same key: rows of one key that stand unsettled are not resolved."""
    return f"{older_unsettled_id(held)}#{sha256(msgspec.json.encode(held)).hexdigest()[:_HELD_DIGITS]}"


def older_unsettled_id(held: Held | HeldUnread) -> str:
    """The same as older records have it, without which of several."""
    said = held.entry.id if isinstance(held, Held) else held.row.id
    return said if held.role is None else f"{said}:{held.role.value}"


def is_among(held: Held | HeldUnread, recorded: tuple[str, ...]) -> bool:
    """Whether a record names this unsettled entry or row."""
    return unsettled_id(held) in recorded or older_unsettled_id(held) in recorded


def recorded_situation(
    situation: Situation, sources_hash: str, settled: Resolved, question: Question
) -> RecordedSituation:
    """What of the situation goes into the leaf; `sources_hash` is that of `sources_sha256`."""
    unread = tuple(held for held in settled.file.unread if held.is_unsettled)
    unsettled: tuple[Held | HeldUnread, ...] = (*settled.file.unsettled, *unread)
    fitting = {unsettled_id(held) for held in unsettled if fits_by_name(held, question)} if unsettled else ()
    return RecordedSituation(
        sources_sha256=sources_hash,
        checked_on=situation.checked_on,
        identity=situation.identity,
        audience=situation.audience,
        unsettled_keys=tuple(key.hex() for key in settled.unsettled_keys),
        unsettled=tuple(sorted(fitting)),
        flags=settled.flags,
        is_foreign=question.is_foreign,
        name=_sought(settled, question),
        bodies=question.bodies,
    )


def _sought(settled: Resolved, question: Question) -> str:
    """The name by which candidates were found, of organisations alone, and not where it holds a person's number."""
    is_named_only = settled.candidates and settled.reasons == (GapReason.IDENTITY_NAME_ONLY,)
    if not is_named_only or class_of(question.kind) is SubjectClass.PERSON:
        return ""
    (name,) = question.names
    return name if hide_numbers(name) == name else ""


def stored_answer(recorded: Recorded, encoded: bytes) -> bytes:
    """The answer as stored, with the decision as it is `encoded`; `Recorded` reads it back."""
    raw = _RawRecorded(
        request_id=recorded.request_id,
        as_of=recorded.as_of,
        decision=msgspec.Raw(encoded),
        digest=recorded.digest,
        snapshot=recorded.snapshot,
        notices=recorded.notices,
    )
    return msgspec.json.encode(raw)


def leaf_parts(
    question: Question, decision: Decision, digest: str, snapshot: SnapshotInfo, situation: RecordedSituation
) -> LeafParts:
    """The parts of the leaf that do not depend on the caller or the subject."""
    return parts_of(
        CheckLeaf(
            record_id="",
            request_id="",
            time="",
            action=question.action,
            subject_kind=question.kind,
            subject_key=b"",
            as_of=question.as_of.isoformat(),
            sequence=snapshot.sequence,
            snapshot_hash=snapshot.hash,
            catalogue_hash=snapshot.catalogue_hash,
            verdict=decision.verdict,
            measure_ids=tuple(dict.fromkeys(m.id for m in decision.measures)),
            entry_ids=_entry_ids(decision),
            gaps=tuple(dict.fromkeys(gap.reason.value for gap in decision.gaps)),
            decision_digest=digest,
            situation=msgspec.json.encode(situation, order="deterministic"),
        )
    )


def _entry_ids(decision: Decision) -> tuple[str, ...]:
    """Every entry that the answer shows, so that whoever received it can be told of a correction (Cl. 25)."""
    shown = (decision.measures, decision.suspended, decision.withheld, decision.advisory_only, decision.ended)
    ids = {applied.entry.id for part in shown for applied in part if applied.entry is not None}
    ids |= {record.entry.id for record in decision.records}
    ids |= {gap.about for gap in decision.gaps if gap.reason in _ABOUT_ENTRIES}
    return tuple(sorted(ids))
