"""The usage report of `testing.FakeGateway`, counted over its records. It denies nobody, so there are no denials."""

from collections.abc import Sequence
from datetime import date, datetime
from statistics import median

from xingate._internal.clock import day_of
from xingate._internal.values.enums import Verdict
from xingate.errors import InvalidRequestError
from xingate.v1 import trace_pb2

_BY = ("organisation", "action", "verdict", "system")
_Record = trace_pb2.TraceRecord


def usage_report(
    request: trace_pb2.GetUsageReportRequest, entries: Sequence[trace_pb2.TraceEntry]
) -> trace_pb2.UsageReport:
    """The figures. Raises InvalidRequestError as a gateway does."""
    by = request.by or "organisation"
    if by not in _BY:
        raise InvalidRequestError(f"a report by `{by}`", reason="by_unknown", field="by")
    first, last = (_day(getattr(request, end), end) for end in ("from", "to"))
    if first and last and first > last:
        raise InvalidRequestError("the first day is after the last one", reason="span_malformed", field="from")
    records = [entry.record for entry in entries]
    lookups = [r for r in records if r.HasField("check") and _is_within(r.time, first, last)]
    outcomes: dict[str, list[_Record]] = {}
    for record in records:
        if record.HasField("outcome"):
            outcomes.setdefault(record.outcome.lookup_record_id, []).append(record)
    groups: dict[str, list[_Record]] = {}
    for record in lookups:
        groups.setdefault(_group(record.check, by), []).append(record)
    rows = [_row(group, found, outcomes) for group, found in groups.items()]
    rows.sort(key=lambda row: (-row.lookups, row.group))
    span = {"from": getattr(request, "from"), "to": request.to}
    return trace_pb2.UsageReport(by=by, rows=rows, total=_row("", lookups, outcomes), **span)


def _row(group: str, lookups: list[_Record], outcomes: dict[str, list[_Record]]) -> trace_pb2.UsageRow:
    verdicts: dict[str, int] = {}
    results: list[int] = []
    waits: list[float] = []
    for record in lookups:
        name = Verdict(record.check.verdict).name
        verdicts[name] = verdicts.get(name, 0) + 1
        told = outcomes.get(record.record_id, [])
        results += {m.measure_id: int(m.result) for r in told for m in r.outcome.measures}.values()
        if told:
            waits.append(_seconds_between(record.time, told[0].time))
    applied, not_applied, other = (results.count(number) for number in (1, 2, 3))
    return trace_pb2.UsageRow(
        group=group,
        lookups=len(lookups),
        subjects=len({record.check.subject_key for record in lookups}),
        verdicts=verdicts,
        outcomes=sum(len(outcomes.get(record.record_id, ())) for record in lookups),
        applied=applied,
        not_applied=not_applied,
        other=other,
        unanswered=sum(bool(r.check.measure_ids) and r.record_id not in outcomes for r in lookups),
        feedback_seconds=median(waits) if waits else None,
    )


def _group(check: trace_pb2.CheckRecord, by: str) -> str:
    if by == "verdict":
        return Verdict(check.verdict).name
    return check.action if by == "action" else str(getattr(check.caller, by))


def _day(text: str, field: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise InvalidRequestError(
            f"`{text}` is not a date: expected YYYY-MM-DD", reason="date_malformed", field=field
        ) from None


def _seconds_between(earlier: str, later: str) -> float:
    return (datetime.fromisoformat(later) - datetime.fromisoformat(earlier)).total_seconds()


def _is_within(time: str, first: date | None, last: date | None) -> bool:
    day = day_of(time)
    return (first is None or day >= first) and (last is None or day <= last)
