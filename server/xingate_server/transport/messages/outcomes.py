"""Reports of what became of a lookup: from a message to what the gateway takes, and its answer as a message."""

from xingate.v1 import trace_pb2 as tr
from xingate.v1 import types_pb2 as t
from xingate_server.gateway.records.outcome_reading import OutcomeAnswer, OutcomeCommand, ReportedMeasure
from xingate_server.trace.leaf.record import IdentitySettlement
from xingate_server.trace.leaf.words import RESULTS_READ
from xingate_server.transport.errors import MalformedMessageError


def command(request: tr.ReportOutcomeRequest) -> OutcomeCommand:
    """The report in a message. Raises MalformedMessageError if a result has a number that stands for nothing."""
    return OutcomeCommand(
        record_id=request.record_id,
        outcome_id=request.outcome_id,
        system=request.caller.system,
        organisation=request.caller.organisation,
        operator=request.caller.operator,
        measures=tuple(_measure(m, place) for place, m in enumerate(request.measures)),
        identities=tuple(
            IdentitySettlement(entry_id=i.entry_id, is_same=i.is_same, evidence=i.evidence, decided_by=i.decided_by)
            for i in request.identities
        ),
        note=request.note,
    )


def _measure(measure: tr.MeasureOutcome, place: int) -> ReportedMeasure:
    if measure.result and measure.result not in RESULTS_READ:
        raise MalformedMessageError(f"`{measure.result}` is not a result", f"measures[{place}].result")
    return ReportedMeasure(
        measure_id=measure.measure_id,
        result=RESULTS_READ.get(measure.result),
        reason=measure.reason,
        amount_yuan=measure.amount_yuan,
        date=measure.date,
        document_no=measure.document_no,
    )


def response(answer: OutcomeAnswer) -> tr.ReportOutcomeResponse:
    """A recorded report as a message."""
    return tr.ReportOutcomeResponse(
        outcome_id=answer.outcome_id,
        trace=t.TraceRef(record_id=answer.record_id, leaf_index=answer.leaf_index, log_origin=answer.log_origin),
        lookup_record_id=answer.lookup_record_id,
    )
