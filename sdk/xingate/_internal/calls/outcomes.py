"""The call that reports what became of a lookup, and how to read its answer."""

from collections.abc import Iterable

from xingate._internal import messages
from xingate._internal.calls.call import Call, encoded, require_record_id
from xingate._internal.clock import new_request_id
from xingate.errors import ProtocolError
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
    """ReportOutcome, with an id made here so that a retry is recorded once."""
    require_record_id(record_id)
    outcome_id = outcome_id or new_request_id()

    def build() -> bytes:
        request = trace_pb2.ReportOutcomeRequest(
            record_id=record_id,
            outcome_id=outcome_id,
            caller=types_pb2.Caller(system=caller.system, organisation=caller.organisation, operator=caller.operator),
            note=note,
        )
        for measure in measures:
            messages.write(measure, request.measures.add())
        for identity in identities:
            messages.write(identity, request.identities.add())
        return request.SerializeToString()

    def read(content: bytes) -> RecordedOutcome:
        message = messages.parse(trace_pb2.ReportOutcomeResponse, content)
        if not message.trace.record_id:
            raise ProtocolError("the answer names no record, so it cannot be relied on")
        if (message.outcome_id, message.lookup_record_id) != (outcome_id, record_id):
            raise ProtocolError("the answer belongs to another report")
        return messages.read(RecordedOutcome, message)

    return Call("ReportOutcome", encoded(build), read, outcome_id)
