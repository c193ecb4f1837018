"""From messages to what the gateway takes, and from its answers to messages. No I/O, no codes.

Each part of an answer becomes a message here and nowhere else. Excluded: keeping what was made and joining it
(`fragments`), the catalogue of a snapshot (`catalogue`), words and their numbers (`trace.leaf.words`).
"""

from collections.abc import Callable, Iterable
from datetime import date
from typing import NamedTuple

from xingate.v1 import types_pb2 as t
from xingate.v1 import verification_pb2 as v
from xingate_server.core.catalogue import BasicListItem, Effect, Force, LegalBasis, Remedy, Title
from xingate_server.core.decide import decision as d
from xingate_server.gateway.answer import Answer, Command, SnapshotInfo
from xingate_server.gateway.errors import GatewayError, InvalidQuestionError
from xingate_server.trace.leaf.words import EFFECTS, FORCES, KINDS, KINDS_READ, VERDICTS
from xingate_server.transport.errors import MalformedMessageError
from xingate_server.transport.status import fault_of

_VIEWS = frozenset((v.VIEW_UNSPECIFIED, v.VIEW_BASIC, v.VIEW_FULL))


def command(request: v.CheckRequest) -> Command:
    """The question in a message. Raises InvalidQuestionError without a kind, MalformedMessageError if a kind
    or view has a number that stands for nothing."""
    subject = request.subject
    kind = KINDS_READ.get(subject.kind)
    if kind is None:
        if subject.kind == t.SUBJECT_KIND_UNSPECIFIED:
            text = "the kind of the subject is missing: state legal entity, sole trader or natural person"
            raise InvalidQuestionError("subject_kind_missing", text, "subject.kind")
        raise MalformedMessageError(f"`{subject.kind}` is not a kind of subject", "subject.kind")
    if request.view not in _VIEWS:
        raise MalformedMessageError(f"`{request.view}` is not a view", "view")
    caller, context = request.caller, request.context
    return Command(
        kind=kind,
        action=request.action,
        identifiers=tuple([(i.scheme, i.value) for i in subject.identifiers]),
        name=subject.name,
        as_of=request.as_of,
        sequence=request.sequence,
        request_id=request.request_id,
        system=caller.system,
        organisation=caller.organisation,
        operator=caller.operator,
        matter=request.matter,
        context=dict(context) if context else {},
    )


def check_response(answer: Answer, view: int) -> v.CheckResponse:
    """An answer as a message. `VIEW_BASIC` keeps the ids of measures and records only."""
    made = decision_message(answer.decision, view)
    made.request_id = answer.request_id
    made.flags.extend([flag(f) for f in answer.notices])
    made.snapshot.CopyFrom(snapshot_ref(answer.snapshot))
    made.trace.CopyFrom(
        t.TraceRef(record_id=answer.record_id, leaf_index=answer.leaf_index, log_origin=answer.log_origin)
    )
    made.as_of = day(answer.as_of)
    made.decision_digest = answer.digest
    return made


def decision_message(decision: d.Decision, view: int, ruled: "Ruled | None" = None) -> v.CheckResponse:
    """What a decision says, and no more. `ruled` is `ruled_part`, or what remembers its results."""
    is_basic = view == v.VIEW_BASIC
    make = ruled or ruled_part
    records = record_ids if is_basic else shown_records

    made = v.CheckResponse(
        verdict=VERDICTS[decision.verdict],
        records=records(decision.records),
        gaps=[gap(g) for g in decision.gaps],
        candidates=[candidate_ref(c) for c in decision.candidates],
        flags=[flag(f) for f in decision.flags],
    )
    for shown, applied in (
        (made.measures, decision.measures),
        (made.suspended, decision.suspended),
        (made.withheld, decision.withheld),
        (made.advisory_only, decision.advisory_only),
        (made.ended, decision.ended),
    ):
        for a in applied:
            if is_basic:
                shown.add(id=a.id)
            else:
                fill_measure(shown.add(), a, make)
    return made


def check_error(error: GatewayError) -> v.CheckError:
    """The error of one item."""
    fault = fault_of(error)
    return v.CheckError(code=fault.code, reason=fault.reason, message=fault.message, field=fault.field)


def snapshot_ref(info: SnapshotInfo) -> t.SnapshotRef:
    """Which snapshot answered."""
    return t.SnapshotRef(
        sequence=info.sequence,
        hash=info.hash,
        catalogue=info.catalogue,
        catalogue_hash=info.catalogue_hash,
        created_at=info.created_at,
        status=info.status,
    )


def text(title: Title) -> t.Text:
    """A text in both languages."""
    return t.Text(zh=title.zh, en=title.en)


def legal_basis(basis: LegalBasis) -> t.LegalBasis:
    """Where a measure stands, and from when to when."""
    return t.LegalBasis(
        instrument=basis.instrument,
        article=basis.article,
        level=basis.level,
        in_force_from=day(basis.in_force_from),
        in_force_until=day(basis.in_force_until),
        document_no=basis.document_no,
        issued_on=day(basis.issued_on),
    )


def basic_list_item(item: BasicListItem) -> t.BasicListItem:
    """The national basic list's item."""
    return t.BasicListItem(edition=item.edition, item=item.item)


def day(value: date | None) -> str:
    """YYYY-MM-DD, or empty if there is none."""
    return "" if value is None else value.isoformat()


def record_ids(records: Iterable[d.ShownRecord]) -> list[t.Record]:
    """Records by the ids of their entries."""
    return [t.Record(entry=t.EntryRef(id=r.entry.id)) for r in records]


def shown_records(records: Iterable[d.ShownRecord]) -> list[t.Record]:
    """Penalties, permits and commitments."""
    return [t.Record(entry=entry_ref(r.entry), amount_yuan=r.amount_yuan) for r in records]


class Rule(NamedTuple):
    """What of a measure is the catalogue's: the same for every subject that it applies to. Obligations are their kind,
    title and sorted parameters, so that the whole can be a key."""

    id: str
    title: Title
    clause: str
    effect: Effect
    force: Force
    reach: str
    obligations: tuple[tuple[str, Title, tuple[tuple[str, str], ...]], ...]
    basis: tuple[LegalBasis, ...]
    bodies: tuple[str, ...]
    remedies: tuple[Remedy, ...]
    basic_list: BasicListItem | None


Ruled = Callable[[Rule], t.AppliedMeasure]


def rule_of(a: d.Applied) -> Rule:
    """The catalogue's part of a measure."""
    return Rule(
        a.id,
        a.title,
        a.clause,
        a.effect,
        a.force,
        a.reach,
        tuple([(o.kind, o.title, tuple(sorted(o.parameters.items()))) for o in a.obligations]),
        a.basis,
        a.bodies,
        a.remedies,
        a.basic_list,
    )


def ruled_part(rule: Rule) -> t.AppliedMeasure:
    """The message of a measure as far as the catalogue says it; not to be changed."""
    return t.AppliedMeasure(
        id=rule.id,
        title=text(rule.title),
        clause=rule.clause,
        effect=EFFECTS[rule.effect],
        force=FORCES[rule.force],
        reach=rule.reach,
        obligations=[
            t.Obligation(kind=kind, title=text(title), parameters=dict(parameters))
            for kind, title, parameters in rule.obligations
        ],
        basis=[legal_basis(b) for b in rule.basis],
        bodies=rule.bodies,
        remedies=[remedy(r) for r in rule.remedies],
        basic_list=basic_list_item(rule.basic_list) if rule.basic_list else None,
    )


def fill_measure(shown: t.AppliedMeasure, a: d.Applied, ruled: Ruled) -> None:
    """Put one measure with all that is told of it into an empty message."""
    shown.CopyFrom(ruled(rule_of(a)))
    if a.via is not None:
        shown.via.CopyFrom(via_ref(a.via))
    if a.is_executable_by_caller is not None:
        shown.executable_by_caller = a.is_executable_by_caller
    if a.entry is not None:
        shown.entry.CopyFrom(entry_ref(a.entry))
    shown.because = a.because
    shown.evidence = a.evidence


def remedy(r: Remedy) -> t.Remedy:
    """A way to contest or to end it."""
    return t.Remedy(kind=r.kind, title=text(r.title), basis=r.basis)


def entry_ref(entry: d.EntryRef) -> t.EntryRef:
    """The entry that a measure rests on."""
    return t.EntryRef(
        id=entry.id,
        list_type=entry.list_type,
        title=text(entry.title),
        authority=entry.authority,
        document_no=entry.document_no,
        document_date=day(entry.document_date),
        valid_from=day(entry.valid_from),
        valid_until=day(entry.valid_until),
        severity=entry.severity or "",
        grade=entry.grade,
        facts=entry.facts,
        region=entry.region,
        field=entry.field,
        status=entry.status,
        status_date=day(entry.status_date),
        source=entry.source,
    )


def gap(g: d.Gap) -> t.Gap:
    """Something that the answer does not know."""
    return t.Gap(reason=g.reason, could_be=VERDICTS[g.could_be], closes_with=g.closes_with, about=g.about)


def flag(f: d.Flag) -> t.Flag:
    """Something worth knowing."""
    return t.Flag(code=f.code, detail=f.detail)


def via_ref(via: d.Via) -> t.Via:
    """The relation by which a person is reached."""
    return t.Via(role=via.role, entity_name=via.entity_name, entity_code=via.entity_code)


def candidate_ref(candidate: d.Candidate) -> t.Candidate:
    """A possible match."""
    return t.Candidate(
        kind=KINDS[candidate.kind],
        name=candidate.name,
        code=candidate.display,
        list_types=candidate.list_types,
        score=candidate.score,
        why=candidate.why,
        closes_with=candidate.closes_with,
    )
