"""`xingate trace`: what was asked and answered, from a gateway or from a state directory."""

from pathlib import Path
from typing import Unpack

import click
from rich.markup import escape
from rich.table import Table

from xingate.types import SearchOptions
from xingate_server.cli.output.common import (
    console,
    json_option,
    print_line,
    print_object,
    report_errors,
    state_option,
    target_option,
)
from xingate_server.cli.output.rows import print_rows
from xingate_server.cli.trace.fsck import fsck_command
from xingate_server.cli.trace.index import index_command
from xingate_server.cli.trace.logs import open_records
from xingate_server.cli.trace.outcome import outcome_command
from xingate_server.cli.trace.receipt import receipt_command, verify_command
from xingate_server.cli.trace.records import HEADERS, row, summary, words
from xingate_server.cli.trace.replay import replay_command
from xingate_server.cli.trace.report import recipients_command, report_command
from xingate_server.cli.trace.search import Given, options_of, search_options, warn_unknown_action
from xingate_server.cli.trace.spool import verify_all_command
from xingate_server.gateway.records.search import ALL, KINDS

_FREE_COLUMNS = ("matter", "by")


@click.group("trace")
def trace() -> None:
    """Show what was asked and answered."""


trace.add_command(outcome_command)
trace.add_command(receipt_command)
trace.add_command(verify_command)
trace.add_command(verify_all_command)
trace.add_command(fsck_command)
trace.add_command(index_command)
trace.add_command(replay_command)
trace.add_command(report_command)
trace.add_command(recipients_command)


@trace.command("show")
@click.argument("record_id")
@target_option
@state_option
@json_option
@report_errors
def show_command(record_id: str, target: str, state: Path, *, as_json: bool) -> None:
    """Show one record.

    Its time is shown in Asia/Shanghai (+08:00).

    Exit codes: 0 shown, 3 no such record or no gateway. With --json it is the proto3 JSON of TraceEntry.
    """
    with open_records(target, state) as gateway:
        entry = gateway.record(record_id)
    if as_json:
        print_line(entry.to_json(indent=2))
        return
    table = Table(show_header=False)
    for name, value in summary(entry).items():
        table.add_row(name, _cell(words(name, value)))
    console().print(table)


@trace.command("list")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1), metavar="N", help="At most so many.")
@click.option(
    "--kind",
    default="check",
    show_default=True,
    type=click.Choice(KINDS),
    help="Lookups, reports on them, refusals, acts that change answers, or all of these.",
)
@click.option(
    "--before",
    default=None,
    type=click.IntRange(0),
    metavar="LEAF",
    help="The next page: only records before this leaf, the last one of the page before.",
)
@search_options
@target_option
@state_option
@json_option
@report_errors
def list_command(
    limit: int,
    kind: str,
    before: int | None,
    target: str,
    state: Path,
    *,
    as_json: bool,
    **given: Unpack[Given],
) -> None:
    """List records, newest first: the newest ones, or those that fit all options.

    A subject is found by its number, whoever asked and whatever was answered; only lookups have subject, action,
    verdict and matter. What is listed stays in its place: `--before` with the last leaf gives the next page. Times
    on the screen are in Asia/Shanghai (+08:00), as the days of --from and --to are; with --json they are in UTC.

    An action that the catalogue in use does not know is noted on standard error: older records may have it.

    Exit codes: 0 listed, also where nothing fits, 2 usage, 3 no log or no gateway. With --json one object a line:
    recordId, requestId, leafIndex, time, kind and what else is recorded.
    """
    search: SearchOptions = options_of(given)
    if kind != ALL:
        search["kind"] = kind
    with open_records(target, state) as gateway:
        entries = gateway.records(limit, before=before, **search)
        warn_unknown_action(gateway, given["action"])
    if as_json:
        for entry in entries:
            print_object(summary(entry))
        return
    if not entries:
        click.echo("no record fits")
        return
    print_rows((*HEADERS, "record"), [row(entry) for entry in entries], _FREE_COLUMNS)
    if len(entries) == limit and entries[-1].leaf_index:
        click.echo(f"xingate: there may be more: --before {entries[-1].leaf_index}", err=True)


def _cell(value: object) -> str:
    return escape(_text(value))


def _text(value: object) -> str:
    if isinstance(value, list):
        are_objects = any(isinstance(item, dict) for item in value)
        return ("\n" if are_objects else ", ").join(_text(item) for item in value)
    if isinstance(value, dict):
        return ", ".join(f"{key}={item}" for key, item in value.items() if item != "")
    return str(value)
