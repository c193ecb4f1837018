"""`xingate trace`: what was asked and answered, from a gateway or from a state directory."""

from pathlib import Path

import click
from rich.markup import escape
from rich.table import Table

from xingate.types import TraceEntry
from xingate_server.cli._common import (
    console,
    json_option,
    open_gateway,
    print_line,
    print_object,
    state_option,
    target_option,
    tell_errors,
)
from xingate_server.cli.trace_fsck import fsck_command
from xingate_server.cli.trace_receipt import receipt_command, verify_command
from xingate_server.cli.trace_replay import replay_command
from xingate_server.cli.trace_report import recipients_command, report_command


@click.group("trace")
def trace() -> None:
    """Show what was asked and answered."""


trace.add_command(receipt_command)
trace.add_command(verify_command)
trace.add_command(fsck_command)
trace.add_command(replay_command)
trace.add_command(report_command)
trace.add_command(recipients_command)


@trace.command("show")
@click.argument("record_id")
@target_option
@state_option
@json_option
@tell_errors
def show_command(record_id: str, target: str, state: Path, *, as_json: bool) -> None:
    """Show one record.

    Exit codes: 0 shown, 3 no such record or no gateway. With --json it is the proto3 JSON of TraceEntry.
    """
    with open_gateway(target, state) as gateway:
        entry = gateway.record(record_id)
    if as_json:
        print_line(entry.to_json(indent=2))
        return
    table = Table(show_header=False)
    for name, value in summary(entry).items():
        table.add_row(name, _cell(value))
    console().print(table)


@trace.command("list")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1), metavar="N", help="At most so many.")
@target_option
@state_option
@json_option
@tell_errors
def list_command(limit: int, target: str, state: Path, *, as_json: bool) -> None:
    """List the newest records, newest first.

    With --json one object a line: recordId, requestId, leafIndex, time, verdict, action and what else is recorded.
    """
    with open_gateway(target, state) as gateway:
        entries = gateway.records(limit)
    if as_json:
        for entry in entries:
            print_object(summary(entry))
        return
    table = Table()
    for header in ("leaf", "time (UTC)", "verdict", "action", "matter", "asked by", "subject"):
        table.add_column(header, overflow="fold")
    table.add_column("record", no_wrap=True)
    for entry in entries:
        table.add_row(*(escape(cell) for cell in _row(entry)))
    console().print(table)


def _row(entry: TraceEntry) -> tuple[str, ...]:
    check = entry.check
    time = entry.time.isoformat(" ", "seconds").removesuffix("+00:00") if entry.time else ""
    caller = " ".join(part for part in (check.caller.organisation, check.caller.operator) if part)
    asked_by = caller or check.caller.system
    verdict = check.verdict.name if entry.record.check else ""
    return (
        str(entry.leaf_index),
        time,
        verdict,
        check.action,
        check.matter,
        asked_by,
        check.subject_code,
        entry.record_id,
    )


def summary(entry: TraceEntry) -> dict[str, object]:
    """A record as one flat object; names as in the proto3 JSON, numbers as numbers."""
    record, check = entry.record, entry.record.check
    time = record.time.isoformat(timespec="microseconds").replace("+00:00", "Z") if record.time else ""
    found: dict[str, object] = {
        "recordId": record.record_id,
        "requestId": record.request_id,
        "leafIndex": entry.leaf_index,
        "time": time,
    }
    if check is None:
        return found
    return found | {
        "verdict": check.verdict.wire_name,
        "action": check.action,
        "system": check.caller.system,
        "organisation": check.caller.organisation,
        "operator": check.caller.operator,
        "matter": check.matter,
        "asOf": check.as_of.isoformat() if check.as_of else "",
        "sequence": check.sequence,
        "subjectKind": check.subject_kind.wire_name,
        "subjectCode": check.subject_code,
        "subjectKey": check.subject_key,
        "measureIds": list(check.measure_ids),
        "entryIds": list(check.entry_ids),
        "gaps": list(check.gaps),
        "context": dict(check.context),
        "snapshotHash": check.snapshot_hash,
        "catalogueHash": check.catalogue_hash,
        "decisionDigest": check.decision_digest,
        "logOrigin": entry.log_origin,
    }


def _cell(value: object) -> str:
    if isinstance(value, list):
        value = ", ".join(str(item) for item in value)
    if isinstance(value, dict):
        value = ", ".join(f"{key}={item}" for key, item in value.items())
    return escape(str(value))
