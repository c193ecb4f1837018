"""The usage report as a message (Cl. 31)."""

from xingate.v1 import trace_pb2 as tr
from xingate_server.trace.audit.report import Usage, UsageRow
from xingate_server.transport.messages.answers import day


def usage_report(usage: Usage) -> tr.UsageReport:
    """The figures; `from` is a word of Python's own, so it goes in by name."""
    span = {"from": day(usage.first), "to": day(usage.last)}
    return tr.UsageReport(by=usage.by.value, rows=[_row(row) for row in usage.rows], total=_row(usage.total), **span)


def _row(row: UsageRow) -> tr.UsageRow:
    return tr.UsageRow(
        group=row.group,
        lookups=row.lookups,
        subjects=row.subjects,
        verdicts=row.verdicts,
        outcomes=row.outcomes,
        applied=row.applied,
        not_applied=row.not_applied,
        other=row.other,
        unanswered=row.unanswered,
        feedback_seconds=row.feedback_seconds,
        denials=row.denials,
    )
