"""`xingate check`: one question, its answer on the screen, its verdict in the exit code.

Shows what the SDK gives and decides nothing. A person's number belongs in the hidden prompt or on standard input
(`-`), not in a shell's history.
"""

from pathlib import Path
from typing import TypedDict, Unpack

import click

import xingate
from xingate.errors import XingateError
from xingate.types import Identifier, Subject, SubjectKind, Verdict
from xingate_server.cli.output.answer import show
from xingate_server.cli.output.common import (
    console,
    json_option,
    open_gateway,
    print_line,
    read_code,
    report_errors,
    state_option,
    target_option,
)

EXIT_BY_VERDICT = {
    Verdict.CLEAR: 0,
    Verdict.FAVOURED: 0,
    Verdict.CAUTION: 10,
    Verdict.RESTRICTED: 11,
    Verdict.PROHIBITED: 12,
    Verdict.CANNOT_TELL: 13,
}
KINDS = {kind.name.lower(): kind for kind in SubjectKind if kind is not SubjectKind.UNSPECIFIED}


class _Options(TypedDict):
    code: str
    action: str
    kind: str
    scheme: str
    name: str
    as_of: str
    sequence: int
    context: tuple[str, ...]
    matter: str
    organisation: str
    operator: str
    system: str
    request_id: str
    target: str
    state: Path
    as_json: bool


@click.command("check")
@click.argument("code", default="")
@click.option("--action", required=True, metavar="A", help="What is about to be done, such as permit.grant.")
@click.option("--kind", required=True, type=click.Choice(list(KINDS)), help="Who is asked about; never guessed.")
@click.option("--scheme", default="", metavar="S", help="What CODE is: uscc, passport, ...; default: by its shape.")
@click.option("--name", default="", metavar="N", help="The subject's name. Without CODE it gives candidates only.")
@click.option("--as-of", default="", metavar="D", help="The day asked about, YYYY-MM-DD; default: today in Shanghai.")
@click.option("--sequence", default=0, metavar="S", type=click.IntRange(0, 2**64 - 1), help="A retained snapshot.")
@click.option("--context", multiple=True, metavar="K=V", help="An attribute that a measure depends on; repeatable.")
@click.option("--matter", default="", metavar="M", help="The case number, for the record.")
@click.option("--organisation", default="", metavar="O", help="The organisation that asks, for the record.")
@click.option("--operator", default="", metavar="P", help="The person who asks, for the record.")
@click.option("--system", default="xingate-cli", show_default=True, metavar="S", help="The system that asks.")
@click.option("--request-id", default="", metavar="R", help="Asking again with the same id gives the same answer.")
@target_option
@state_option
@json_option
@report_errors
def check_command(**options: Unpack[_Options]) -> None:
    """Ask which measures apply to a subject for an action.

    CODE is the subject's number; `-` reads it from a hidden prompt or from standard input. The answer is recorded
    before it is shown.

    Exit codes: 0 clear or favoured, 10 caution, 11 restricted, 12 prohibited, 13 cannot tell, 2 usage or a question
    that cannot be answered, 3 refused or unavailable. With --json the answer is the proto3 JSON of CheckResponse.
    """
    subject = _subject(options)
    context = read_context(options["context"])
    with open_gateway(
        options["target"],
        options["state"],
        system=options["system"],
        organisation=options["organisation"],
        operator=options["operator"],
    ) as gateway:
        decision = gateway.check(
            subject,
            options["action"],
            as_of=options["as_of"],
            sequence=options["sequence"],
            matter=options["matter"],
            context=context,
            request_id=options["request_id"],
        )
        is_titled = bool(decision.candidates) and not options["as_json"]
        list_titles = _list_titles(gateway) if is_titled else {}
    if options["as_json"]:
        print_line(decision.to_json(indent=2))
    else:
        show(decision, console(), list_titles)
    click.get_current_context().exit(EXIT_BY_VERDICT[decision.verdict])


def _list_titles(gateway: xingate.Client) -> dict[str, str]:
    """Chinese titles by list type; none if they are not to be had, for the answer stands without them."""
    try:
        return {known.id: known.title.zh for known in gateway.list_types()}
    except XingateError:
        return {}


def _subject(options: _Options) -> Subject:
    kind = KINDS[options["kind"]]
    code = options["code"]
    if code == "-":
        code = read_code()
    elif code and kind is SubjectKind.NATURAL_PERSON:
        click.echo("xingate: a person's number stays in the shell's history: give `-` and type it", err=True)
    if not code and not options["name"]:
        raise click.UsageError("give CODE, `-` to type it, or --name")
    identifiers = (Identifier(options["scheme"], code),) if code else ()
    return Subject(kind, identifiers, options["name"])


def read_context(pairs: tuple[str, ...]) -> dict[str, str]:
    """The attributes of a question, given as KEY=VALUE."""
    context: dict[str, str] = {}
    for pair in pairs:
        key, found, value = pair.partition("=")
        if not found or not key:
            raise click.UsageError(f"`{pair}` is not an attribute: expected KEY=VALUE")
        if key in context:
            raise click.UsageError(f"the attribute `{key}` is given twice")
        context[key] = value
    return context
