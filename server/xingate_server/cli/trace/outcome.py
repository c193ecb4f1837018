"""`xingate trace outcome`: report what became of a lookup (Cl. 22)."""

from pathlib import Path
from typing import TypedDict, Unpack

import click
from rich.markup import escape

from xingate.types import IdentitySettlement, MeasureOutcome, MeasureResult
from xingate_server.cli.output.common import (
    console,
    json_option,
    print_object,
    report_errors,
    state_option,
    target_option,
)
from xingate_server.cli.trace.logs import open_recorded

_SAME = {"same": True, "different": False}


class _Options(TypedDict):
    record_id: str
    applied: tuple[str, ...]
    not_applied: tuple[str, ...]
    other: tuple[str, ...]
    amount: tuple[str, ...]
    date: str
    document: str
    identity: tuple[str, ...]
    evidence: str
    decided_by: str
    note: str
    outcome_id: str
    organisation: str
    operator: str
    system: str
    target: str
    state: Path
    as_json: bool


@click.command("outcome")
@click.argument("record_id")
@click.option("--applied", multiple=True, metavar="M", help="A measure of the answer that was applied; repeatable.")
@click.option("--not-applied", multiple=True, metavar="M=WHY", help="One that was not applied, and why; repeatable.")
@click.option("--other", multiple=True, metavar="M=WHAT", help="One with which something else was done; repeatable.")
@click.option("--amount", multiple=True, metavar="[M=]YUAN", help="The sum in yuan; M= where several are reported.")
@click.option("--date", default="", metavar="D", help="When, YYYY-MM-DD; for every measure applied or other.")
@click.option("--document", default="", metavar="N", help="The document's number; for every measure applied or other.")
@click.option("--identity", multiple=True, metavar="E=same|different", help="Whether entry E is the subject's.")
@click.option("--evidence", default="", metavar="T", help="On which evidence; needed with --identity.")
@click.option("--decided-by", default="", metavar="P", help="Who decided; needed with --identity.")
@click.option("--note", default="", metavar="T", help="Anything else.")
@click.option("--outcome-id", default="", metavar="R", help="Reporting again with the same id records nothing new.")
@click.option("--organisation", default="", metavar="O", help="The organisation that asked; it must be the same.")
@click.option("--operator", default="", metavar="P", help="The person who reports, for the record.")
@click.option("--system", default="xingate-cli", show_default=True, metavar="S", help="The system that asked.")
@target_option
@state_option
@json_option
@report_errors
def outcome_command(**options: Unpack[_Options]) -> None:
    """Report what became of the lookup RECORD_ID: measures applied or not, identities settled.

    Only the organisation and system that asked may report; another one's attempt is refused and recorded.

    Exit codes: 0 recorded, 2 a report that cannot be recorded as it is, 3 no such lookup, refused or unavailable.
    With --json: outcomeId, recordId, leafIndex, lookupRecordId.
    """
    measures = _measures(options)
    identities = _identities(options)
    with open_recorded(
        options["target"],
        options["state"],
        system=options["system"],
        organisation=options["organisation"],
        operator=options["operator"],
    ) as gateway:
        told = gateway.report_outcome(
            options["record_id"],
            measures=measures,
            identities=identities,
            note=options["note"],
            outcome_id=options["outcome_id"],
        )
    if options["as_json"]:
        print_object(
            {
                "outcomeId": told.outcome_id,
                "recordId": told.trace.record_id,
                "leafIndex": told.trace.leaf_index,
                "lookupRecordId": told.lookup_record_id,
            }
        )
        return
    out = console()
    for line in (*map(str, measures), *map(str, identities), options["note"]):
        if line:
            out.print(f"  {escape(line)}", soft_wrap=True)
    out.print(
        f"[dim]反馈已留痕 outcome on record[/dim] {escape(told.trace.record_id)} "
        f"[dim]leaf {told.trace.leaf_index}, of lookup {escape(told.lookup_record_id)}[/dim]",
        soft_wrap=True,
    )


def _measures(options: _Options) -> list[MeasureOutcome]:
    date, document = options["date"] or None, options["document"]
    reasons = [_pair("--other", given) for given in options["other"]]
    done = [*options["applied"], *(name for name, _ in reasons)]
    amounts = _amounts(options["amount"], done)
    if (date or document) and not done:
        raise click.UsageError("--date and --document belong to a measure that was applied or other: name one")
    measures = [
        MeasureOutcome.applied(name, amount_yuan=amounts.get(name, ""), date=date, document_no=document)
        for name in options["applied"]
    ]
    measures += [MeasureOutcome.not_applied(*_pair("--not-applied", given)) for given in options["not_applied"]]
    measures += [
        MeasureOutcome(name, MeasureResult.OTHER, what, amounts.get(name, ""), date, document) for name, what in reasons
    ]
    return measures


def _amounts(given: tuple[str, ...], done: list[str]) -> dict[str, str]:
    amounts: dict[str, str] = {}
    for text in given:
        name, equals, amount = text.rpartition("=")
        if not equals:
            if len(done) != 1:
                raise click.UsageError(f"`--amount {text}`: say which measure it belongs to, as MEASURE=YUAN")
            name = done[0]
        if name not in done:
            raise click.UsageError(f"`--amount {text}`: `{name}` is not reported as applied or other")
        if name in amounts:
            raise click.UsageError(f"--amount is given twice for `{name}`")
        amounts[name] = amount
    return amounts


def _identities(options: _Options) -> list[IdentitySettlement]:
    if not options["identity"]:
        if options["evidence"] or options["decided_by"]:
            raise click.UsageError("--evidence and --decided-by belong to --identity ENTRY=same|different")
        return []
    settled = []
    for given in options["identity"]:
        entry_id, word = _pair("--identity", given)
        if word not in _SAME:
            raise click.UsageError(f"`--identity {given}`: expected ENTRY=same or ENTRY=different")
        settled.append(IdentitySettlement(entry_id, _SAME[word], options["evidence"], options["decided_by"]))
    return settled


def _pair(option: str, text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals and value):
        raise click.UsageError(f"`{option} {text}`: expected NAME=TEXT")
    return name, value
