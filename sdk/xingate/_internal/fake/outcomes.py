"""What `testing.FakeGateway` does with reports: the rules of a gateway, without its judgement of texts."""

from collections.abc import Callable

from google.protobuf.message import Message

from xingate._internal.clock import new_request_id, now_text
from xingate._internal.values.enums import MeasureResult
from xingate.errors import InvalidRequestError, NotAllowedError, RequestIdReusedError
from xingate.v1 import trace_pb2


class FakeOutcomes:
    """Takes reports on the lookups of a list of entries, to which `append` adds a record's body."""

    def __init__(
        self,
        record: Callable[[str], trace_pb2.TraceEntry],
        append: Callable[[trace_pb2.TraceRecord], trace_pb2.TraceEntry],
    ) -> None:
        self._record = record
        self._append = append
        self._stored: dict[tuple[str, str, str], tuple[bytes, trace_pb2.ReportOutcomeResponse]] = {}

    def report(self, request: trace_pb2.ReportOutcomeRequest) -> trace_pb2.ReportOutcomeResponse:
        """Record a report. Raises errors of `xingate.errors`."""
        if not (request.measures or request.identities or request.note):
            raise _invalid("outcome_empty", "nothing is reported", "measures")
        _require_words(request)
        request.outcome_id = request.outcome_id or new_request_id()
        key = (request.caller.system, request.caller.organisation, request.outcome_id)
        asked = request.SerializeToString(deterministic=True)
        if key in self._stored:
            before, response = self._stored[key]
            if before != asked:
                text = f"outcome id `{request.outcome_id}` belongs to another report"
                raise RequestIdReusedError(text, reason="request_id_reused", field="outcome_id")
            return response
        self._require_lookup(request)
        outcome = trace_pb2.OutcomeRecord(
            caller=request.caller,
            lookup_record_id=request.record_id,
            measures=request.measures,
            identities=request.identities,
            note=request.note,
        )
        entry = self._append(_record(request.outcome_id, outcome=outcome))
        response = trace_pb2.ReportOutcomeResponse(outcome_id=request.outcome_id, lookup_record_id=request.record_id)
        response.trace.record_id = entry.record.record_id
        response.trace.leaf_index, response.trace.log_origin = entry.leaf_index, entry.log_origin
        self._stored[key] = (asked, response)
        return response

    def _require_lookup(self, request: trace_pb2.ReportOutcomeRequest) -> None:
        record = self._record(request.record_id).record
        if record.WhichOneof("body") != "check":
            raise _invalid("record_not_lookup", "the record is not that of a lookup", "record_id")
        lookup, caller = record.check, request.caller
        if (caller.system, caller.organisation) != (lookup.caller.system, lookup.caller.organisation):
            text = "the lookup was made by another organisation or system"
            denial = trace_pb2.DenialRecord(
                caller=caller, method="ReportOutcome", reason="not_allowed", about=request.record_id, detail=text
            )
            self._append(_record("", denial=denial))
            raise NotAllowedError(text, reason="not_allowed", field="record_id")
        for place, measure in enumerate(request.measures):
            if measure.measure_id not in lookup.measure_ids:
                field = f"measures[{place}].measure_id"
                raise _invalid("measure_not_in_answer", f"measure `{measure.measure_id}` was not in the answer", field)
        for place, identity in enumerate(request.identities):
            if identity.entry_id not in lookup.entry_ids:
                field = f"identities[{place}].entry_id"
                raise _invalid("entry_not_in_answer", f"entry `{identity.entry_id}` was not in the answer", field)


def _require_words(request: trace_pb2.ReportOutcomeRequest) -> None:
    for place, measure in enumerate(request.measures):
        result = MeasureResult(measure.result)
        if result is MeasureResult.UNSPECIFIED:
            raise _invalid("result_missing", "say what was done", f"measures[{place}].result")
        if result is not MeasureResult.APPLIED and not measure.reason:
            raise _invalid("reason_missing", "say why", f"measures[{place}].reason")
    for place, identity in enumerate(request.identities):
        for part in ("entry_id", "evidence", "decided_by"):
            if not getattr(identity, part):
                raise _invalid(f"{part}_missing", f"{part} is missing", f"identities[{place}].{part}")


def _record(request_id: str, **body: Message) -> trace_pb2.TraceRecord:
    record_id = new_request_id()
    record = trace_pb2.TraceRecord(
        record_id=record_id,
        request_id=request_id or record_id,
        time=now_text(),
    )
    for name, message in body.items():
        getattr(record, name).MergeFrom(message)
    return record


def _invalid(reason: str, message: str, field: str) -> InvalidRequestError:
    return InvalidRequestError(message, reason=reason, field=field)
