"""The exact bytes of a leaf: a serialised `xingate.v1.TraceRecord`, made once and never made again.

The bytes are stored and hashed as they are; reading them back is for display, never for hashing, because protobuf
promises no canonical form across versions. Four kinds: a lookup, what became of one (Cl. 22), a refusal, and an act
of an operator that changes answers. Excluded: who may read a leaf, and what it may say (`gateway`). Source: DESIGN
section 7.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from xingate.v1 import trace_pb2, types_pb2
from xingate_server.core.catalogue import Verdict
from xingate_server.core.subject import SubjectKind
from xingate_server.trace.leaf import words
from xingate_server.trace.leaf.words import Result


class CheckLeaf(msgspec.Struct, frozen=True, kw_only=True):
    """A lookup as the log keeps it. `subject_key` is a keyed hash, `further_keys` are those of the other numbers given;
    `subject_code` is an organisation's code in clear or ""; `time` is RFC 3339 in UTC with microseconds; `situation` is
    deterministic JSON."""

    record_id: str
    request_id: str
    time: str
    action: str
    subject_kind: SubjectKind
    subject_key: bytes
    as_of: str
    sequence: int
    snapshot_hash: str
    catalogue_hash: str
    verdict: Verdict
    decision_digest: str
    situation: bytes
    system: str = ""
    organisation: str = ""
    operator: str = ""
    matter: str = ""
    subject_code: str = ""
    measure_ids: tuple[str, ...] = ()
    entry_ids: tuple[str, ...] = ()
    gaps: tuple[str, ...] = ()
    context: Mapping[str, str] = msgspec.field(default_factory=dict)
    further_keys: tuple[bytes, ...] = ()


class MeasureOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What the implementing body did with one measure of an answer. `amount_yuan` is a decimal number or "", `date`
    YYYY-MM-DD or ""."""

    measure_id: str
    result: Result
    reason: str = ""
    amount_yuan: str = ""
    date: str = ""
    document_no: str = ""


class IdentitySettlement(msgspec.Struct, frozen=True, kw_only=True):
    """A person's decision whether the subject asked about is the one of an entry."""

    entry_id: str
    is_same: bool
    evidence: str
    decided_by: str


class OutcomeLeaf(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the lookup `lookup_record_id`; `request_id` is the outcome's own id."""

    record_id: str
    request_id: str
    time: str
    lookup_record_id: str
    system: str = ""
    organisation: str = ""
    operator: str = ""
    measures: tuple[MeasureOutcome, ...] = ()
    identities: tuple[IdentitySettlement, ...] = ()
    note: str = ""


class DenialLeaf(msgspec.Struct, frozen=True, kw_only=True):
    """Who was refused what: `method` is the RPC, `about` the record concerned or ""."""

    record_id: str
    request_id: str
    time: str
    method: str
    reason: str
    system: str = ""
    organisation: str = ""
    operator: str = ""
    about: str = ""
    detail: str = ""


class ActLeaf(msgspec.Struct, frozen=True, kw_only=True):
    """An act that changes answers: its kind, who, and what stood before and after."""

    record_id: str
    request_id: str
    time: str
    act: str
    operator: str
    before: str = ""
    after: str = ""
    detail: str = ""


Leaf = CheckLeaf | OutcomeLeaf | DenialLeaf | ActLeaf


def encode(leaf: Leaf) -> bytes:
    """The bytes to append: the same leaf gives the same bytes."""
    body: dict[str, Any]
    if isinstance(leaf, CheckLeaf):
        body = {"check": check_record(leaf)}
    elif isinstance(leaf, OutcomeLeaf):
        body = {"outcome": _outcome(leaf)}
    elif isinstance(leaf, DenialLeaf):
        body = {"denial": _denial(leaf)}
    else:
        body = {"act": _act(leaf)}
    record = trace_pb2.TraceRecord(record_id=leaf.record_id, request_id=leaf.request_id, time=leaf.time, **body)
    return record.SerializeToString(deterministic=True)


def _caller(leaf: CheckLeaf | OutcomeLeaf | DenialLeaf) -> types_pb2.Caller:
    return types_pb2.Caller(system=leaf.system, organisation=leaf.organisation, operator=leaf.operator)


def check_record(leaf: CheckLeaf) -> trace_pb2.CheckRecord:
    """The body of a lookup's leaf."""
    return trace_pb2.CheckRecord(
        caller=_caller(leaf),
        action=leaf.action,
        matter=leaf.matter,
        subject_kind=words.KINDS[leaf.subject_kind],
        subject_key=leaf.subject_key.hex(),
        subject_code=leaf.subject_code,
        as_of=leaf.as_of,
        sequence=leaf.sequence,
        snapshot_hash=leaf.snapshot_hash,
        catalogue_hash=leaf.catalogue_hash,
        verdict=words.VERDICTS[leaf.verdict],
        measure_ids=leaf.measure_ids,
        entry_ids=leaf.entry_ids,
        gaps=leaf.gaps,
        decision_digest=leaf.decision_digest,
        context=leaf.context,
        situation=leaf.situation,
        further_keys=[key.hex() for key in leaf.further_keys],
    )


def _outcome(leaf: OutcomeLeaf) -> trace_pb2.OutcomeRecord:
    return trace_pb2.OutcomeRecord(
        caller=_caller(leaf),
        lookup_record_id=leaf.lookup_record_id,
        measures=[
            trace_pb2.MeasureOutcome(
                measure_id=m.measure_id,
                result=words.RESULTS[m.result],
                reason=m.reason,
                amount_yuan=m.amount_yuan,
                date=m.date,
                document_no=m.document_no,
            )
            for m in leaf.measures
        ],
        identities=[
            trace_pb2.IdentitySettlement(
                entry_id=i.entry_id, is_same=i.is_same, evidence=i.evidence, decided_by=i.decided_by
            )
            for i in leaf.identities
        ],
        note=leaf.note,
    )


def _denial(leaf: DenialLeaf) -> trace_pb2.DenialRecord:
    return trace_pb2.DenialRecord(
        caller=_caller(leaf), method=leaf.method, reason=leaf.reason, about=leaf.about, detail=leaf.detail
    )


def _act(leaf: ActLeaf) -> trace_pb2.OperatorAct:
    return trace_pb2.OperatorAct(
        kind=leaf.act, operator=leaf.operator, before=leaf.before, after=leaf.after, detail=leaf.detail
    )


def read(content: bytes) -> Leaf:
    """Read a leaf of any kind. Raises ValueError if the bytes are none that this version knows."""
    record = _parse(content)
    match record.WhichOneof("body"):
        case "check":
            return _read_check(record)
        case "outcome":
            return _read_outcome(record)
        case "denial":
            return _read_denial(record)
        case "act":
            return _read_act(record)
    raise ValueError(f"the leaf of record `{record.record_id}` is of a kind that this version does not know")


def decode(content: bytes) -> CheckLeaf:
    """Read a lookup's leaf. Raises ValueError if the bytes are not such a leaf."""
    record = _parse(content)
    if record.WhichOneof("body") != "check":
        raise ValueError(f"the leaf of record `{record.record_id}` is not that of a lookup")
    return _read_check(record)


def _parse(content: bytes) -> trace_pb2.TraceRecord:
    try:
        return trace_pb2.TraceRecord.FromString(content)
    except Exception as error:  # protobuf's DecodeError derives from Exception alone
        raise ValueError("the leaf is not a serialised TraceRecord") from error


def _read_check(record: trace_pb2.TraceRecord) -> CheckLeaf:
    check = record.check
    if check.subject_kind not in words.KINDS_READ:
        raise ValueError(f"the leaf of record `{record.record_id}` states no kind of subject")
    return CheckLeaf(
        record_id=record.record_id,
        request_id=record.request_id,
        time=record.time,
        action=check.action,
        subject_kind=words.KINDS_READ[check.subject_kind],
        subject_key=bytes.fromhex(check.subject_key),
        as_of=check.as_of,
        sequence=check.sequence,
        snapshot_hash=check.snapshot_hash,
        catalogue_hash=check.catalogue_hash,
        verdict=Verdict(check.verdict or Verdict.CANNOT_TELL),
        decision_digest=check.decision_digest,
        situation=check.situation,
        system=check.caller.system,
        organisation=check.caller.organisation,
        operator=check.caller.operator,
        matter=check.matter,
        subject_code=check.subject_code,
        measure_ids=tuple(check.measure_ids),
        entry_ids=tuple(check.entry_ids),
        gaps=tuple(check.gaps),
        context=dict(check.context),
        further_keys=tuple(map(bytes.fromhex, check.further_keys)),
    )


def _read_outcome(record: trace_pb2.TraceRecord) -> OutcomeLeaf:
    outcome = record.outcome
    if any(m.result not in words.RESULTS_READ for m in outcome.measures):
        raise ValueError(f"the leaf of record `{record.record_id}` has a result that this version does not know")
    return OutcomeLeaf(
        record_id=record.record_id,
        request_id=record.request_id,
        time=record.time,
        lookup_record_id=outcome.lookup_record_id,
        system=outcome.caller.system,
        organisation=outcome.caller.organisation,
        operator=outcome.caller.operator,
        measures=tuple(
            MeasureOutcome(
                measure_id=m.measure_id,
                result=words.RESULTS_READ[m.result],
                reason=m.reason,
                amount_yuan=m.amount_yuan,
                date=m.date,
                document_no=m.document_no,
            )
            for m in outcome.measures
        ),
        identities=tuple(
            IdentitySettlement(entry_id=i.entry_id, is_same=i.is_same, evidence=i.evidence, decided_by=i.decided_by)
            for i in outcome.identities
        ),
        note=outcome.note,
    )


def _read_denial(record: trace_pb2.TraceRecord) -> DenialLeaf:
    denial = record.denial
    return DenialLeaf(
        record_id=record.record_id,
        request_id=record.request_id,
        time=record.time,
        method=denial.method,
        reason=denial.reason,
        system=denial.caller.system,
        organisation=denial.caller.organisation,
        operator=denial.caller.operator,
        about=denial.about,
        detail=denial.detail,
    )


def _read_act(record: trace_pb2.TraceRecord) -> ActLeaf:
    act = record.act
    return ActLeaf(
        record_id=record.record_id,
        request_id=record.request_id,
        time=record.time,
        act=act.kind,
        operator=act.operator,
        before=act.before,
        after=act.after,
        detail=act.detail,
    )
