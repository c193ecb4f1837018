"""The exact bytes of a leaf: a serialised `xingate.v1.TraceRecord`, made once and never made again.

The bytes are stored and hashed as they are; reading them back is for display, never for hashing, because protobuf
promises no canonical form across versions. Excluded: who may read a leaf. Source: DESIGN section 7.
"""

from collections.abc import Mapping

import msgspec

from xingate.v1 import trace_pb2, types_pb2
from xingate_server.core.catalogue import Verdict
from xingate_server.core.subject import SubjectKind

_KINDS: Mapping[SubjectKind, types_pb2.SubjectKind] = {
    SubjectKind.LEGAL_ENTITY: types_pb2.SUBJECT_KIND_LEGAL_ENTITY,
    SubjectKind.SOLE_TRADER: types_pb2.SUBJECT_KIND_SOLE_TRADER,
    SubjectKind.NATURAL_PERSON: types_pb2.SUBJECT_KIND_NATURAL_PERSON,
}
_VERDICTS: Mapping[Verdict, types_pb2.Verdict] = {
    Verdict.CLEAR: types_pb2.VERDICT_CLEAR,
    Verdict.FAVOURED: types_pb2.VERDICT_FAVOURED,
    Verdict.CAUTION: types_pb2.VERDICT_CAUTION,
    Verdict.RESTRICTED: types_pb2.VERDICT_RESTRICTED,
    Verdict.PROHIBITED: types_pb2.VERDICT_PROHIBITED,
    Verdict.CANNOT_TELL: types_pb2.VERDICT_CANNOT_TELL,
}
_KINDS_READ = {number: kind for kind, number in _KINDS.items()}


class CheckLeaf(msgspec.Struct, frozen=True, kw_only=True):
    """A lookup as the log keeps it. `subject_key` is a keyed hash; `subject_code` an organisation's code in clear
    or ""; `time` is RFC 3339 in UTC with microseconds; `situation` is deterministic JSON."""

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


def encode(leaf: CheckLeaf) -> bytes:
    """The bytes to append: the same leaf gives the same bytes."""
    record = trace_pb2.TraceRecord(
        record_id=leaf.record_id,
        request_id=leaf.request_id,
        time=leaf.time,
        check=trace_pb2.CheckRecord(
            caller=types_pb2.Caller(system=leaf.system, organisation=leaf.organisation, operator=leaf.operator),
            action=leaf.action,
            matter=leaf.matter,
            subject_kind=_KINDS[leaf.subject_kind],
            subject_key=leaf.subject_key.hex(),
            subject_code=leaf.subject_code,
            as_of=leaf.as_of,
            sequence=leaf.sequence,
            snapshot_hash=leaf.snapshot_hash,
            catalogue_hash=leaf.catalogue_hash,
            verdict=_VERDICTS[leaf.verdict],
            measure_ids=leaf.measure_ids,
            entry_ids=leaf.entry_ids,
            gaps=leaf.gaps,
            decision_digest=leaf.decision_digest,
            context=leaf.context,
            situation=leaf.situation,
        ),
    )
    return record.SerializeToString(deterministic=True)


def decode(content: bytes) -> CheckLeaf:
    """Read a lookup's leaf. Raises ValueError where the bytes are no such leaf."""
    try:
        record = trace_pb2.TraceRecord.FromString(content)
    except Exception as error:  # protobuf's DecodeError derives from Exception alone
        raise ValueError("the leaf is no serialised TraceRecord") from error
    if record.WhichOneof("body") != "check":
        raise ValueError(f"the leaf of record `{record.record_id}` is not that of a lookup")
    check = record.check
    if check.subject_kind not in _KINDS_READ:
        raise ValueError(f"the leaf of record `{record.record_id}` states no kind of subject")
    return CheckLeaf(
        record_id=record.record_id,
        request_id=record.request_id,
        time=record.time,
        action=check.action,
        subject_kind=_KINDS_READ[check.subject_kind],
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
    )
