"""`xingate screen`: a whole roster of bidders, candidates or applicants, asked about row by row.

Shows what the columns seem to be, asks whether that is right, asks the gateway, and writes a workbook. Decides
nothing, and shows no person's number.
"""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

import click
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

import xingate
from xingate.types import SubjectKind, Verdict
from xingate_server.cli.check import KINDS, read_context
from xingate_server.cli.output.answer import COLOURS
from xingate_server.cli.output.common import (
    EXIT_REFUSED,
    AskedWronglyError,
    CommandError,
    counted,
    json_option,
    print_object,
    report_errors,
    state_option,
    target_option,
)
from xingate_server.disk_faults import disk_fault

if TYPE_CHECKING:
    from xingate_adapters.rosters.journal import Journal
    from xingate_adapters.rosters.layout import RosterColumn, RosterLayout
    from xingate_adapters.rosters.run import Done, OnProgress
    from xingate_adapters.rosters.screening import Screening

_TIMEOUT_S = 60.0
_PLAIN_WIDTH = 160
_FOOTERS = 20
_RETRY = xingate.RetryPolicy(attempts=8, pause_s=0.1, max_pause_s=5.0)  # about 20 s: a gateway that is restarted
_ORIGINS = {
    "continued": "continuing the run of {}: what is recorded is not recorded again",
    "file_changed": "the file is not the one of the run of {}: starting again",
    "asked_differently": "an earlier run asked something else: starting again",
}


class _Options(TypedDict):
    file: Path
    action: str
    out: Path | None
    mapping: tuple[str, ...]
    kind: str | None
    as_of: str
    matter: str
    context: tuple[str, ...]
    organisation: str
    operator: str
    system: str
    is_accepted: bool
    target: str
    state: Path
    as_json: bool


@click.command("screen")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--action", required=True, metavar="A", help="What is about to be done, such as tender.bid.")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="The workbook to write; default: FILE with `.screened.xlsx`, beside it.",
)
@click.option(
    "--map",
    "mapping",
    multiple=True,
    metavar="COLUMN=FIELD",
    help="What a column is, where the guess is wrong; FIELD `-`: not used. Repeatable.",
)
@click.option(
    "--kind",
    type=click.Choice(list(KINDS)),
    help="Who is asked about, where no column says it; never guessed from a number.",
)
@click.option("--as-of", default="", metavar="D", help="The day asked about, YYYY-MM-DD; default: today in Shanghai.")
@click.option("--matter", default="", metavar="M", help="The case number, where no column has one; people need one.")
@click.option("--context", multiple=True, metavar="K=V", help="An attribute that a measure depends on; repeatable.")
@click.option(
    "--organisation", default="", metavar="O", help="The organisation that asks; people are asked about only with one."
)
@click.option("--operator", default="", metavar="P", help="The person who asks; likewise.")
@click.option("--system", default="xingate-cli", show_default=True, metavar="S", help="The system that asks.")
@click.option(
    "--yes", "is_accepted", is_flag=True, help="Take the columns as guessed where all are sure, without asking."
)
@target_option
@state_option
@json_option
@report_errors
def screen_command(**options: Unpack[_Options]) -> int:
    """Ask about every row of a roster (xlsx or csv) and write a workbook: each row with its verdict in colour,
    measures, legal basis, remedies and record, a summary with a chart, and a certificate.

    Legal representatives, principals and authorised representatives are asked about too, where the roster has their
    numbers, and members of a consortium. Broken off, the same command continues, and nothing is recorded twice. Fields
    of --map: identifiers, name, subject_kind, id_scheme, related, matter; legal_representative, principal,
    representative, consortium_member, and each of these with _id for the number.

    Exit codes: 0 every row was answered, whatever the verdicts; 2 usage, or a column is not sure and nobody can be
    asked; 3 the file cannot be read, the gateway is unavailable, some rows have no answer (the workbook says why), or a
    column of codes was not asked about (columns_not_asked), or nobody was (nobody_asked: all rows are footers).
    """
    screening = _screening(options)
    url = options["target"] or f"embedded:{options['state']}"
    try:
        client = xingate.connect(
            url,
            system=screening.system,
            organisation=screening.organisation,
            operator=screening.operator,
            timeout_s=_TIMEOUT_S,
            retry=_RETRY,
        )
    except ValueError as error:
        raise AskedWronglyError(str(error)) from error
    with client, _progress() as on_progress:
        done = _run(client, screening, on_progress)
    if options["as_json"]:
        print_object(_document(done, screening))
    else:
        _show(done, screening)
    if done.tally.not_asked:
        names = ", ".join(f"`{label}`" for label in done.tally.not_asked)
        not_meant = " ".join(f"--map {quote(f'{label}=-')}" for label in done.tally.not_asked)
        click.echo(
            f"xingate: columns_not_asked: codes stand in {names} and nobody was asked about them: say what they are "
            f"with --map COLUMN=FIELD, or that they are not parties by screening again with {not_meant}",
            err=True,
        )
    if not done.tally.rows:
        click.echo(
            "xingate: nobody_asked: every row was read as a footer (totals, signatures), so nobody was asked about: "
            "put name and number of each party under their labels, and screen again",
            err=True,
        )
    return 0 if done.tally.is_answered else EXIT_REFUSED


def _run(client: xingate.Client, screening: "Screening", on_progress: "OnProgress") -> "Done":
    from xingate_adapters.reading.errors import SourceError
    from xingate_adapters.rosters.journal import JournalError
    from xingate_adapters.rosters.run import StoppedError, screen_file

    try:
        return screen_file(client, screening, _show_origin, on_progress)
    except StoppedError as error:
        raise CommandError(f"stopped at {error}; run the same command again") from error
    except (SourceError, JournalError) as error:
        raise CommandError(str(error)) from error
    except OSError as error:
        raise CommandError(
            f"cannot write `{screening.out}`: {disk_fault(error, screening.out)}; run the same command again"
        ) from error
    except KeyboardInterrupt:
        click.echo("xingate: broken off; run the same command again", err=True)
        raise


def _show_origin(journal: "Journal") -> None:
    if text := _ORIGINS.get(journal.origin):
        click.echo(text.format(journal.earlier), err=True)


# -- what is asked


def _screening(options: _Options) -> "Screening":
    from xingate_adapters.reading.errors import SourceError
    from xingate_adapters.rosters.layout import MapError, guess_layout
    from xingate_adapters.rosters.screening import Screening

    file = options["file"]
    out = options["out"] or file.with_name(f"{file.stem}.screened.xlsx")
    if out.suffix.lower() != ".xlsx":
        raise AskedWronglyError(f"`{out}` is not a workbook name: expected one that ends in .xlsx")
    kind: SubjectKind | None = KINDS[options["kind"]] if options["kind"] else None
    mapping = _mapping(options["mapping"])
    try:
        layout = guess_layout(file, kind).mapped(mapping)
        if kind is None and not layout.places("subject_kind"):
            kind = _asked_kind(options, layout)
            layout = guess_layout(file, kind).mapped(mapping)
    except MapError as error:
        raise AskedWronglyError(str(error)) from error
    except SourceError as error:
        raise CommandError(str(error)) from error
    if layout.unread:
        click.echo(f"other sheets, which are not read: {', '.join(layout.unread)}", err=True)
    screening = Screening(
        layout=_confirmed(layout, is_asking=_is_asking(options)),
        out=out,
        action=options["action"],
        kind=kind,
        as_of=options["as_of"],
        matter=options["matter"],
        context=read_context(options["context"]),
        system=options["system"],
        organisation=options["organisation"],
        operator=options["operator"],
    )
    if out.exists() and not screening.journal.exists():
        raise AskedWronglyError(f"`{out}` is there already: name another file with --out, or remove it")
    return screening


def _mapping(pairs: tuple[str, ...]) -> dict[str, str]:
    mapping: dict[str, str] = {}
    for pair in pairs:
        label, found, field = pair.rpartition("=")
        if not found or not label:
            raise AskedWronglyError(f"`{pair}` maps nothing: expected COLUMN=FIELD")
        if label in mapping:
            raise AskedWronglyError(f"the column `{label}` is mapped twice")
        mapping[label] = field
    return mapping


def _is_asking(options: _Options) -> bool:
    return sys.stdin.isatty() and not options["is_accepted"]


def _asked_kind(options: _Options, layout: "RosterLayout") -> SubjectKind:
    """The kind of those without one of their own, which a person says."""
    if not layout.confidence:
        _show_layout(layout)
        raise AskedWronglyError("no column has names or numbers: say which with --map COLUMN=identifiers or =name")
    if not _is_asking(options):
        raise AskedWronglyError("no column says who is asked about: give --kind, or --map COLUMN=subject_kind")
    _show_layout(layout)
    return KINDS[click.prompt("who is asked about", type=click.Choice(list(KINDS)), err=True)]


def _confirmed(layout: "RosterLayout", *, is_asking: bool) -> "RosterLayout":
    """The layout once a person, or the labels and cells, have confirmed its columns."""
    if is_asking or layout.unsure or not layout.confidence:
        _show_layout(layout)
    if is_asking:
        layout = layout.mapped({column.label: _asked_field(column) for column in layout.unsure})
    if not (layout.places("identifiers") or layout.places("name")):
        raise AskedWronglyError("no column has names or numbers: say which with --map COLUMN=identifiers or =name")
    if is_asking:
        if not click.confirm("are the columns right", default=True, err=True):
            raise AskedWronglyError("say what the columns are with --map COLUMN=FIELD, `-` for one that is not used")
    elif layout.unsure:
        told = "; ".join(_doubt(column) for column in layout.unsure)
        raise AskedWronglyError(
            f"columns_unsure: the columns are not sure: {told}. Say what each is with --map COLUMN=FIELD, `-` for one "
            "that is not used"
        )
    return layout


def _doubt(column: "RosterColumn") -> str:
    from xingate_adapters.rosters.columns.meaning import UNSURE

    guess = f"{column.field} {column.confidence:.0%}, " if column.field else ""
    return f"`{column.label}` ({guess}{column.why.removeprefix(UNSURE)})"


def _asked_field(column: "RosterColumn") -> str:
    from xingate_adapters.rosters.layout import FIELDS, IGNORED

    question = f"what is {_doubt(column)}"
    choices = click.Choice([*FIELDS, IGNORED])
    return str(click.prompt(question, type=choices, default=column.field or None, show_choices=True, err=True))


def _show_layout(layout: "RosterLayout") -> None:
    from xingate_adapters.rosters.layout import FIELDS

    table = Table(title=f"{layout.file.name}")
    for title in ("column", "read as", "sure"):
        table.add_column(title, no_wrap=True)
    table.add_column("such as (numbers masked)", no_wrap=True)
    for column in layout.columns:
        read_as = FIELDS.get(column.field, "[dim]-[/dim]")
        sure = "[yellow]unsure[/yellow]" if column.is_unsure else f"{column.confidence:.0%}" if column.field else ""
        table.add_row(escape(column.label), read_as, sure, escape("; ".join(column.examples)))
    page = Console(stderr=True, highlight=False)
    if not page.is_terminal:
        page = Console(stderr=True, highlight=False, width=_PLAIN_WIDTH)
    page.print(table)


# -- what is told


@contextmanager
def _progress() -> "Iterator[OnProgress]":
    """A bar on standard error, where that is a terminal."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bars:
        task = bars.add_task("reading", total=None)
        yield lambda what, done, total: bars.update(task, description=what, completed=done, total=total or None)


def _counts(done: "Done") -> Mapping[str, int]:
    names = {verdict: verdict.name for verdict in Verdict}
    return {
        names.get(verdict, "NOT_ANSWERED") if verdict else "NOT_ANSWERED": n
        for verdict, n in done.tally.verdicts.items()
    }


def _document(done: "Done", screening: "Screening") -> dict[str, Any]:
    tally = done.tally
    return {
        "out": str(screening.out),
        "run": done.run.run_id,
        "asOf": done.run.as_of,
        "rows": tally.rows,
        "records": tally.records,
        "verdicts": dict(_counts(done)),
        "errors": dict(tally.errors),
        "footers": tally.footers,
        "columnsNotAsked": dict(tally.not_asked),
        "snapshots": [snapshot.sequence for snapshot in tally.snapshots],
        "seconds": {"reading": round(done.read_s, 2), "askingAndWriting": round(done.screened_s, 2)},
    }


def _show(done: "Done", screening: "Screening") -> None:
    page = Console(highlight=False)
    for verdict in (*Verdict, None):
        if count := done.tally.verdicts[verdict]:
            words = f"{verdict.title_zh} {verdict.title_en}" if verdict else "未能查询 not answered"
            colour = COLOURS[verdict] if verdict else "dim"
            page.print(f"[{colour}]{count:>9,}  {words}[/]")
    for reason, count in done.tally.errors.most_common():
        what = "question" if count == 1 else "questions"
        page.print(escape(f"{count:>9,}  {what} without an answer: {reason}"), soft_wrap=True)
    if footers := done.tally.footers:
        rows = ", ".join(map(str, footers[:_FOOTERS])) + (" ..." if len(footers) > _FOOTERS else "")
        page.print(f"{len(footers):>9,}  页脚，未查询 footer, not asked about: row {rows}", soft_wrap=True)
    rows, lookups = counted(done.tally.rows, "row"), counted(done.tally.records, "lookup")
    page.print(
        escape(f"{rows}, {lookups} on record; written to {screening.out}"),
        soft_wrap=True,
    )
