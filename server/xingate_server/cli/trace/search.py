"""What records are searched by, as options of `xingate trace list` and `recipients`.

A person's number comes by `-` alone: arguments are seen by the shell's history and by whoever lists processes.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import date
from difflib import get_close_matches
from typing import Any, TypedDict, TypeVar

import click
from click.core import ParameterSource

import xingate
from xingate.errors import XingateError
from xingate.types import SearchOptions, Verdict
from xingate_server.cli.output.common import AskedWronglyError, read_code
from xingate_server.cli.trace.logs import Day
from xingate_server.core.identifiers.parsing import could_be_citizen_number, fold, holds_citizen_number, mask_text
from xingate_server.core.subject import SubjectClass
from xingate_server.gateway.errors import InvalidQuestionError
from xingate_server.gateway.records.search import numbers_of

_F = TypeVar("_F", bound=Callable[..., Any])
VERDICTS = [verdict.name.lower() for verdict in Verdict if verdict.value]


def _not_empty(context: click.Context, parameter: click.Parameter, text: str) -> str:
    """A text that was given: an empty one, such as of a variable that is not set, would let every record fit."""
    is_given = context.get_parameter_source(str(parameter.name)) is not ParameterSource.DEFAULT
    if is_given and not text.strip():
        raise AskedWronglyError(f"{parameter.opts[0]} is empty: leave it out to search without it")
    return text


_SUBJECT = (
    click.option(
        "--subject",
        default="",
        callback=_not_empty,
        metavar="CODE|-",
        help="The number asked about; `-` reads it from a hidden prompt or from standard input, as a person's must be.",
    ),
    click.option(
        "--scheme",
        default="",
        callback=_not_empty,
        metavar="S",
        help="What CODE is: uscc, passport, ...; default: by its shape.",
    ),
    click.option(
        "--name",
        default="",
        callback=_not_empty,
        metavar="N",
        help="The name, of lookups by name alone; with --subject, either fits.",
    ),
)
_DAYS = (
    click.option("--from", "first", type=Day(), default=None, metavar="D", help="First day (Asia/Shanghai)."),
    click.option("--to", "last", type=Day(), default=None, metavar="D", help="Last day, included."),
)
_CALLER = (
    click.option("--organisation", default="", callback=_not_empty, metavar="O", help="The organisation that asked."),
    click.option("--operator", default="", callback=_not_empty, metavar="P", help="The person who asked."),
    click.option(
        "--action",
        default="",
        callback=_not_empty,
        metavar="A",
        help="What was about to be done, such as permit.grant.",
    ),
    click.option(
        "--verdict", default=None, type=click.Choice(VERDICTS, case_sensitive=False), help="What was answered."
    ),
)
_MATTER = (click.option("--matter", default="", callback=_not_empty, metavar="M", help="The case number."),)


class Given(TypedDict):
    """The options as they come in."""

    subject: str
    scheme: str
    name: str
    organisation: str
    operator: str
    action: str
    verdict: str | None
    first: date | None
    last: date | None
    matter: str


def search_options(function: _F) -> _F:
    """All of them."""
    return _with(function, *_SUBJECT, *_CALLER, *_DAYS, *_MATTER)


def subject_options(function: _F) -> _F:
    """Those of a subject and a span of days."""
    return _with(function, *_SUBJECT, *_DAYS)


def options_of(given: Given) -> SearchOptions:
    """Those that were given, the number read. Raises AskedWronglyError."""
    for option in ("scheme", "name", "organisation", "operator", "action", "matter"):
        refuse_number(option, str(given[option]))
    search = SearchOptions(
        subject=read_subject(given["subject"], given["scheme"]),
        scheme=given["scheme"],
        name=given["name"],
        organisation=given["organisation"],
        operator=given["operator"],
        action=given["action"],
        first=given["first"],
        last=given["last"],
        matter=given["matter"],
    )
    if given["verdict"]:
        search["verdict"] = Verdict[given["verdict"].upper()]
    return search


def read_subject(code: str, scheme: str) -> str:
    """The number, from standard input for `-`. Notes one whose check digit is wrong. Raises AskedWronglyError."""
    is_typed = code == "-"
    code = read_code() if is_typed else code.strip()
    if not code:
        return ""
    try:
        numbers = numbers_of(code, scheme)
    except InvalidQuestionError as error:
        raise AskedWronglyError(f"{error.reason}: {error.message.replace('`scheme`', '--scheme')}") from error
    is_persons = all(subject_class is SubjectClass.PERSON for subject_class, _ in numbers)
    if not is_typed and (is_persons or could_be_citizen_number(fold(code))):
        raise AskedWronglyError(
            "a person's number does not belong on the command line, where the shell and the system keep it: give "
            "--subject - and type it, or write it to standard input"
        )
    if all(number.is_checksum_failure for _, number in numbers):
        click.echo("xingate: the check digit of the number is wrong: only lookups with this very number fit", err=True)
    return code


def refuse_number(option: str, text: str) -> None:
    """Raise AskedWronglyError if a text, as an argument, holds a person's number."""
    if holds_citizen_number(text) or could_be_citizen_number(fold(text)):
        raise AskedWronglyError(
            f"--{option} contains what looks like a citizen number. It does not belong on the command line, where the "
            "shell and the system keep it: search by --subject - and type it, or by what else is known of the lookup"
        )


def warn_unknown_action(gateway: xingate.Client, action: str) -> None:
    """Note an action that the catalogue in use does not know, with what it is near to. It is searched for all the same,
    since records of an older catalogue may have it; without a catalogue nothing is noted."""
    if not action:
        return
    with suppress(XingateError):
        known = [each.id for each in gateway.actions()]
        if action not in known:
            close = get_close_matches(action, known, n=1)
            hint = f", did you mean `{close[0]}`" if close else ""
            click.echo(
                f"xingate: the catalogue in use knows no action `{mask_text(action)}`{hint}: only records of another "
                "one can have it (xingate catalogue show lists them)",
                err=True,
            )


def _with(function: _F, *options: Callable[[_F], _F]) -> _F:
    for option in reversed(options):
        function = option(function)
    return function
