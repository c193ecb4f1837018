"""The call that reports what became of a lookup, and how to read its answer."""

from collections.abc import Iterable

from xingate._internal import wire
from xingate._internal.base import Call, encoded, new_request_id
from xingate.errors import InvalidRequestError, ProtocolError
from xingate.types import Caller, IdentitySettlement, MeasureOutcome, RecordedOutcome
from xingate.v1 import trace_pb2, types_pb2


def outcome_call(
    record_id: str,
    caller: Caller,
    measures: Iterable[MeasureOutcome],
    identities: Iterable[IdentitySettlement],
    note: str,
    outcome_id: str,
) -> Call[RecordedOutcome]:
    """ReportOutcome, with an id made here so that a retry is no second report."""
    if not record_id:
        raise InvalidRequestError("a record id is needed", reason="record_id_missing", field="record_id")
    outcome_id = outcome_id or new_request_id()

    def build() -> bytes:
        request = trace_pb2.ReportOutcomeRequest(
            record_id=record_id,
            outcome_id=outcome_id,
            caller=types_pb2.Caller(system=caller.system, organisation=caller.organisation, operator=caller.operator),
            note=note,
        )
        for measure in measures:
            wire.write(measure, request.measures.add())
        for identity in identities:
            wire.write(identity, request.identities.add())
        return request.SerializeToString()

    def read(content: bytes) -> RecordedOutcome:
        message = wire.parse(trace_pb2.ReportOutcomeResponse, content)
        if not message.trace.record_id:
            raise ProtocolError("the answer names no record, so it cannot be relied on")
        if (message.outcome_id, message.lookup_record_id) != (outcome_id, record_id):
            raise ProtocolError("the answer belongs to another report")
        return wire.read(RecordedOutcome, message)

    return Call("ReportOutcome", encoded(build), read, outcome_id)
