"""From messages to what the gateway takes, and from its answers to messages. No I/O, no codes.

Words become numbers by the tables here and nowhere else, so that renaming one side breaks loudly. The parts that
rest on the catalogue and the snapshot are in `render_catalogue`.
"""

from collections.abc import Iterable, Mapping
from datetime import date

from xingate.v1 import types_pb2 as t
from xingate.v1 import verification_pb2 as v
from xingate_server.core.catalogue import BasicListItem, Effect, Force, LegalBasis, Remedy, Title, Verdict
from xingate_server.core.decide import decision as d
from xingate_server.core.subject import SubjectKind
from xingate_server.gateway.answer import Answer, Command, SnapshotInfo
from xingate_server.gateway.errors import GatewayError, InvalidQuestionError
from xingate_server.transport.errors import MalformedMessageError
from xingate_server.transport.status import fault_of

KINDS: Mapping[int, SubjectKind] = {
    t.SUBJECT_KIND_LEGAL_ENTITY: SubjectKind.LEGAL_ENTITY,
    t.SUBJECT_KIND_SOLE_TRADER: SubjectKind.SOLE_TRADER,
    t.SUBJECT_KIND_NATURAL_PERSON: SubjectKind.NATURAL_PERSON,
}
KIND_NUMBERS: Mapping[SubjectKind, t.SubjectKind] = {
    SubjectKind.LEGAL_ENTITY: t.SUBJECT_KIND_LEGAL_ENTITY,
    SubjectKind.SOLE_TRADER: t.SUBJECT_KIND_SOLE_TRADER,
    SubjectKind.NATURAL_PERSON: t.SUBJECT_KIND_NATURAL_PERSON,
}
VERDICTS: Mapping[Verdict, t.Verdict] = {
    Verdict.CLEAR: t.VERDICT_CLEAR,
    Verdict.FAVOURED: t.VERDICT_FAVOURED,
    Verdict.CAUTION: t.VERDICT_CAUTION,
    Verdict.RESTRICTED: t.VERDICT_RESTRICTED,
    Verdict.PROHIBITED: t.VERDICT_PROHIBITED,
    Verdict.CANNOT_TELL: t.VERDICT_CANNOT_TELL,
}
EFFECTS: Mapping[Effect, t.Effect] = {
    Effect.BAR: t.EFFECT_BAR,
    Effect.LIMIT: t.EFFECT_LIMIT,
    Effect.SCRUTINISE: t.EFFECT_SCRUTINISE,
    Effect.INFORM: t.EFFECT_INFORM,
    Effect.FAVOUR: t.EFFECT_FAVOUR,
}
FORCES: Mapping[Force, t.Force] = {
    Force.MANDATORY: t.FORCE_MANDATORY,
    Force.DISCRETIONARY: t.FORCE_DISCRETIONARY,
    Force.ADVISORY: t.FORCE_ADVISORY,
}
_VIEWS = frozenset((v.VIEW_UNSPECIFIED, v.VIEW_BASIC, v.VIEW_FULL))


def command(request: v.CheckRequest) -> Command:
    """The question in a message. Raises InvalidQuestionError without a kind, MalformedMessageError where a kind
    or view has a number that stands for nothing."""
    subject = request.subject
    kind = KINDS.get(subject.kind)
    if kind is None:
        if subject.kind == t.SUBJECT_KIND_UNSPECIFIED:
            text = "the kind of the subject is missing: state legal entity, sole trader or natural person"
            raise InvalidQuestionError("subject_kind_missing", text, "subject.kind")
        raise MalformedMessageError(f"`{subject.kind}` is no kind of subject", "subject.kind")
    if request.view not in _VIEWS:
        raise MalformedMessageError(f"`{request.view}` is no view", "view")
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
    decision = answer.decision
    measures = _measure_ids if view == v.VIEW_BASIC else _measures
    records = record_ids if view == v.VIEW_BASIC else shown_records
    return v.CheckResponse(
        request_id=answer.request_id,
        verdict=VERDICTS[decision.verdict],
        measures=measures(decision.measures),
        suspended=measures(decision.suspended),
        withheld=measures(decision.withheld),
        advisory_only=measures(decision.advisory_only),
        ended=measures(decision.ended),
        records=records(decision.records),
        gaps=[gap(g) for g in decision.gaps],
        candidates=[candidate_ref(c) for c in decision.candidates],
        flags=[flag(f) for f in (*decision.flags, *answer.notices)],
        snapshot=snapshot_ref(answer.snapshot),
        trace=t.TraceRef(record_id=answer.record_id, leaf_index=answer.leaf_index, log_origin=answer.log_origin),
        as_of=day(answer.as_of),
        decision_digest=answer.digest,
    )


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
    """YYYY-MM-DD, or empty where there is none."""
    return "" if value is None else value.isoformat()


def _measure_ids(applied: Iterable[d.Applied]) -> list[t.AppliedMeasure]:
    return [t.AppliedMeasure(id=a.id) for a in applied]


def record_ids(records: Iterable[d.ShownRecord]) -> list[t.Record]:
    """Records by the ids of their entries."""
    return [t.Record(entry=t.EntryRef(id=r.entry.id)) for r in records]


def shown_records(records: Iterable[d.ShownRecord]) -> list[t.Record]:
    """Penalties, permits and commitments."""
    return [t.Record(entry=entry_ref(r.entry), amount_yuan=r.amount_yuan) for r in records]


def _measures(applied: Iterable[d.Applied]) -> list[t.AppliedMeasure]:
    return [measure(a) for a in applied]


def measure(a: d.Applied) -> t.AppliedMeasure:
    """One measure with all that is told of it."""
    return t.AppliedMeasure(
        id=a.id,
        title=text(a.title),
        clause=a.clause,
        effect=EFFECTS[a.effect],
        force=FORCES[a.force],
        reach=a.reach,
        via=via_ref(a.via) if a.via else None,
        obligations=[obligation(o) for o in a.obligations],
        basis=[legal_basis(b) for b in a.basis],
        bodies=a.bodies,
        executable_by_caller=a.is_executable_by_caller,
        entry=entry_ref(a.entry) if a.entry else None,
        remedies=[remedy(r) for r in a.remedies],
        because=a.because,
        evidence=a.evidence,
        basic_list=basic_list_item(a.basic_list) if a.basic_list else None,
    )


def obligation(o: d.ShownObligation) -> t.Obligation:
    """What a measure asks of whom it binds."""
    return t.Obligation(kind=o.kind, title=text(o.title), parameters=o.parameters)


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
        kind=KIND_NUMBERS[candidate.kind],
        name=candidate.name,
        code=candidate.display,
        list_types=candidate.list_types,
        score=candidate.score,
        why=candidate.why,
        closes_with=candidate.closes_with,
    )
