"""From a settled question to what is recorded of it: the decision, the leaf, and the answer kept for a retry.

A leaf says who asked what, when, on which snapshot, and what was answered; a person's number is in none of it. Its
`situation` holds what a replay needs besides the snapshot (docs/adr/0006). Source: DESIGN section 7.
"""

from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Final

import msgspec

from xingate_server.core import decision as core
from xingate_server.core.catalogue import Audience
from xingate_server.core.decide import decide
from xingate_server.core.decision import Decision, GapReason, Question, Situation, SourceState
from xingate_server.core.gaps import fits_by_name
from xingate_server.core.identity import Settled, settle
from xingate_server.core.subject import Held, SubjectKeyer
from xingate_server.gateway.answer import Command, SnapshotInfo
from xingate_server.gateway.ports import SnapshotView
from xingate_server.gateway.question import ReadQuestion
from xingate_server.trace.leaf import CheckLeaf, encode

SHANGHAI: Final = timedelta(hours=8)  # no summer time since 1991; every date of a question is of this zone


class Situated(msgspec.Struct, frozen=True, kw_only=True):
    """A question with everything that answers it. `now` is in UTC."""

    command: Command
    question: ReadQuestion
    view: SnapshotView
    keyer: SubjectKeyer
    now: datetime
    status: str


class RecordedSituation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The situation as recorded, with what a replay needs besides: at which keys (hex) the unsettled entries stood,
    which of them (`unsettled_id`) no name spoke against, what was flagged about the numbers given, whether the subject
    is foreign, and the caller's implementing bodies. `settlements` are the records that the answer's notices rest on;
    no decision depends on them. The states of the sources are the snapshot's: `sources_sha256` (hex) says which."""

    sources_sha256: str
    checked_on: date
    identity: tuple[GapReason, ...] = ()
    audience: Audience = Audience.GOVERNMENT
    unsettled_keys: tuple[str, ...] = ()
    unsettled: tuple[str, ...] = ()
    flags: tuple[core.Flag, ...] = ()
    is_foreign: bool = False
    bodies: tuple[str, ...] | None = None
    settlements: tuple[str, ...] = ()

    def situation(self, sources: tuple[SourceState, ...]) -> Situation:
        """The situation again, with the snapshot's own sources, whose digest the caller has compared."""
        return Situation(sources=sources, checked_on=self.checked_on, identity=self.identity, audience=self.audience)


def sources_sha256(sources: tuple[SourceState, ...]) -> str:
    """The digest by which a record names the states of a snapshot's sources: SHA-256 of their deterministic JSON."""
    return sha256(msgspec.json.encode(sources, order="deterministic")).hexdigest()


class Decided(msgspec.Struct, frozen=True, kw_only=True):
    """A decision with the bytes that its digest is over."""

    settled: Settled
    situation: RecordedSituation
    decision: Decision
    encoded: bytes
    digest: str
    as_of: date
    time: str


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """The answer as kept for a retry: all of it but where its record stands. `notices` are those of `Answer`."""

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


def decide_on(situated: Situated) -> Decided:
    """Settle the subject and decide. Candidates, and flags about the numbers given, are part of the decision."""
    command, read, view = situated.command, situated.question, situated.view
    today = (situated.now + SHANGHAI).date()
    settled = settle(command.kind, read.identifiers, read.names, view, situated.keyer)
    question = Question(
        action=command.action,
        kind=command.kind,
        as_of=read.as_of or today,
        context=read.context,
        names=read.names,
        is_foreign=settled.is_foreign,
        bodies=command.bodies,
    )
    situation = Situation(sources=view.sources, checked_on=today, identity=settled.reasons)
    decision = decide(settled.file, view.catalogue, question, situation)
    decision = with_identity(decision, settled.candidates, settled.flags)
    encoded = core.encode(decision)
    return Decided(
        settled=settled,
        situation=_recorded_situation(situation, settled, question),
        decision=decision,
        encoded=encoded,
        digest=sha256(encoded).hexdigest(),
        as_of=question.as_of,
        time=situated.now.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z",
    )


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


def unsettled_id(held: Held) -> str:
    """Which unsettled entry, and where it reaches a person through an organisation, in which role."""
    return held.entry.id if held.role is None else f"{held.entry.id}:{held.role.value}"


def shown_snapshot(situated: Situated) -> SnapshotInfo:
    """Which snapshot answers, as an answer says it."""
    info = situated.view.info
    return SnapshotInfo(
        sequence=info.sequence,
        hash=info.hash,
        catalogue=info.catalogue,
        catalogue_hash=info.catalogue_hash,
        created_at=info.created_at,
        status=situated.status,
    )


def stored_answer(recorded: Recorded, decided: Decided) -> bytes:
    """The answer as kept; `Recorded` reads it back."""
    raw = _RawRecorded(
        request_id=recorded.request_id,
        as_of=recorded.as_of,
        decision=msgspec.Raw(decided.encoded),
        digest=recorded.digest,
        snapshot=recorded.snapshot,
        notices=recorded.notices,
    )
    return msgspec.json.encode(raw)


def leaf_bytes(situated: Situated, decided: Decided, record_id: str, request_id: str) -> bytes:
    """The exact bytes of the leaf."""
    command, read, info = situated.command, situated.question, situated.view.info
    return encode(
        CheckLeaf(
            record_id=record_id,
            request_id=request_id,
            time=decided.time,
            system=command.system,
            organisation=command.organisation,
            operator=read.operator,
            action=command.action,
            matter=read.matter,
            subject_kind=command.kind,
            subject_key=decided.settled.subject_key,
            subject_code=decided.settled.subject_code,
            as_of=decided.as_of.isoformat(),
            sequence=info.sequence,
            snapshot_hash=info.hash,
            catalogue_hash=info.catalogue_hash,
            verdict=decided.decision.verdict,
            measure_ids=tuple(dict.fromkeys(m.id for m in decided.decision.measures)),
            entry_ids=_entry_ids(decided.decision),
            gaps=tuple(dict.fromkeys(gap.reason.value for gap in decided.decision.gaps)),
            decision_digest=decided.digest,
            context=read.context,
            situation=msgspec.json.encode(decided.situation, order="deterministic"),
        )
    )


def _entry_ids(decision: Decision) -> tuple[str, ...]:
    """Every entry that the answer shows, so that whoever received it can be told of a correction (Cl. 25)."""
    shown = (decision.measures, decision.suspended, decision.withheld, decision.advisory_only, decision.ended)
    ids = {applied.entry.id for part in shown for applied in part if applied.entry is not None}
    ids |= {record.entry.id for record in decision.records}
    ids |= {gap.about for gap in decision.gaps if gap.reason is GapReason.IDENTITY_UNSETTLED}
    return tuple(sorted(ids))


def _recorded_situation(situation: Situation, settled: Settled, question: Question) -> RecordedSituation:
    fitting = {unsettled_id(held) for held in settled.file.unsettled if fits_by_name(held, question)}
    return RecordedSituation(
        sources_sha256=sources_sha256(situation.sources),
        checked_on=situation.checked_on,
        identity=situation.identity,
        audience=situation.audience,
        unsettled_keys=tuple(key.hex() for key in settled.unsettled_keys),
        unsettled=tuple(sorted(fitting)),
        flags=settled.flags,
        is_foreign=question.is_foreign,
        bodies=question.bodies,
    )
