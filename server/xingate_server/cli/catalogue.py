"""`xingate catalogue`: show what a catalogue holds, and find what is wrong with one.

Exit codes: 0 clean, 2 problems or usage.
"""

import sys
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import click
import msgspec
from rich.console import Console
from rich.table import Table

from xingate.types import Effect, Force, Via
from xingate_server.catalogues import BUILT_IN, CatalogueError, Problem, catalogue_hash, load
from xingate_server.catalogues import lint as find_problems
from xingate_server.catalogues import warnings as find_warnings
from xingate_server.cli.output.common import read_settings, state_option
from xingate_server.core.catalogue import (
    Action,
    Catalogue,
    LegalBasis,
    ListType,
    MaximumValidity,
    Measure,
    Posture,
    Title,
    Trigger,
    matches,
)
from xingate_server.wiring.compiling.compile import SOURCES_FOLDER
from xingate_server.wiring.compiling.list_sources import declared_list_types

PROBLEMS = 2
PIPED_WIDTH = 140  # columns of a table that no terminal shows


@click.group(name="catalogue", help="Show a catalogue of actions, list types and measures, or check one.")
def catalogue() -> None:
    read_settings()  # a broken file is told by every command


@catalogue.command()
@click.option(
    "--catalogue",
    "names",
    multiple=True,
    default=("shiyan2017",),
    show_default=True,
    metavar="NAME|PATH",
    help=f"Built in ({', '.join(BUILT_IN)}), a folder or a measures file; repeat to layer.",
)
@click.option("--action", default="", metavar="ACTION", help="Only what touches this action, such as permit.grant.")
@click.option(
    "--posture",
    type=click.Choice([p.value for p in Posture]),
    default=Posture.AS_PLANNED_2017.value,
    show_default=True,
    help="Whether measures without an item in the national basic list act.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def show(names: Sequence[str], action: str, posture: str, as_json: bool) -> None:
    """Show actions, list types and measures."""
    try:
        loaded = load(names, Posture(posture), document_no=read_settings().catalogue.document_no)
    except CatalogueError as error:
        _print_problems(error.problems, is_error=True)
        sys.exit(PROBLEMS)
    digest = catalogue_hash(loaded)
    if action:
        loaded = _touching(loaded, action)
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode({"hash": digest} | _builtins(loaded))).decode())
        return
    console = _console()
    console.print(f"catalogue {loaded.name}, edition {loaded.edition}, posture {loaded.posture}")
    console.print(f"hash {digest}")
    console.print(_actions_table(loaded.actions), _list_types_table(loaded.list_types))
    console.print(_measures_table(loaded.measures))
    for attribute in loaded.context:
        console.print(f"context {attribute.id}: {attribute.title.zh} {attribute.title.en}")
        for value in attribute.values:
            words = "、".join((value.title.zh, *value.words))
            console.print(f"  {value.id}: {words} {value.title.en}")
    for instrument in sorted({_instrument(b) for m in loaded.measures for b in m.basis}):
        console.print(f"instrument: {instrument}")
    for note in loaded.notes:
        console.print(f"note on {note.clause}: {note.text.zh}\n{note.text.en}")


@catalogue.command()
@click.argument("names", nargs=-1, required=True, metavar="FILE-OR-NAME...")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@state_option
def lint(names: Sequence[str], as_json: bool, state: Path) -> None:
    """Find what is wrong with catalogues; several are checked as layers of one.

    Warnings, such as list types that no source provides, leave the exit code as it is. The kinds of sources are those
    of this package and of the folder `sources` of the state directory.
    """
    sources = declared_list_types([state / SOURCES_FOLDER])
    problems, warnings = find_problems(names, sources), find_warnings(names, sources)
    if as_json:
        click.echo(msgspec.json.encode({"problems": problems, "warnings": warnings}).decode())
    else:
        for warning in warnings:
            click.echo(f"warning: {warning}")
        if problems:
            _print_problems(problems, is_error=False)
        else:
            click.echo(f"no problems in {', '.join(names)}")
    if problems:
        sys.exit(PROBLEMS)


def _touching(loaded: Catalogue, action: str) -> Catalogue:
    """The action, the measures on it, and the list types that set those off."""
    known = tuple(a for a in loaded.actions if a.id == action)
    if not known:
        close = get_close_matches(action, [a.id for a in loaded.actions], n=1)
        hint = f", did you mean `{close[0]}`" if close else ""
        raise click.BadParameter(f"unknown action `{action}`{hint}", param_hint="--action")
    measures = tuple(m for m in loaded.measures if any(matches(p, action) for p in m.actions))
    patterns = {p for m in measures for t in m.triggers for p in t.list_types}
    list_types = tuple(t for t in loaded.list_types if any(matches(p, t.id) for p in patterns))
    return msgspec.structs.replace(loaded, actions=known, measures=measures, list_types=list_types)


def _builtins(loaded: Catalogue) -> dict[str, Any]:
    built: dict[str, Any] = msgspec.to_builtins(loaded)
    return built


def _console() -> Console:
    piped = None if sys.stdout.isatty() else PIPED_WIDTH
    return Console(markup=False, highlight=False, emoji=False, width=piped)


def _print_problems(problems: Sequence[Problem], *, is_error: bool) -> None:
    for problem in problems:
        click.echo(str(problem), err=is_error)
    click.echo(f"{len(problems)} problem{'s' if len(problems) > 1 else ''} found", err=is_error)


def _actions_table(actions: Sequence[Action]) -> Table:
    table = _table("actions", "id", "title", "clause", "work")
    for a in actions:
        table.add_row(a.id, _both(a.title), a.clause, str(a.work or ""))
    return table


def _list_types_table(list_types: Sequence[ListType]) -> Table:
    table = _table("list types", "id", "title", "family", "procedure", "audience", "clause", "valid at most")
    for t in list_types:
        maximum = "\n".join(_months(m) for m in t.maximum_validity)
        table.add_row(t.id, _both(t.title), t.family, t.procedure, t.audience, t.clause, maximum)
    return table


def _measures_table(measures: Sequence[Measure]) -> Table:
    table = _table("measures", "id", "title", "effect", "reach", "trigger", "actions", "article")
    for m in measures:
        actions = [*m.actions, *(f"when {k} = {v}" for k, v in m.when.items())]
        table.add_row(
            m.id,
            _both(m.title),
            f"{Effect[m.effect.name].title_zh} {m.effect}\n{Force[m.force.name].title_zh} {m.force}",
            "\n".join(f"{Via(reach.value).title.zh} {reach}" for reach in m.reach),
            "\n".join(_trigger(t) for t in m.triggers),
            "\n".join(actions),
            "\n".join(b.article for b in m.basis),
        )
    return table


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", show_lines=title == "measures")
    for column in columns:
        table.add_column(column, overflow="fold", no_wrap=column == "id")
    return table


def _both(title: Title) -> str:
    return f"{title.zh}\n{title.en}"


def _instrument(basis: LegalBasis) -> str:
    number = basis.document_no or "document number not known"
    issued = f", issued on {basis.issued_on}" if basis.issued_on else ""
    return f"{basis.instrument} ({basis.level}, {number}{issued}, in force from {basis.in_force_from})"


def _months(maximum: MaximumValidity) -> str:
    return f"{maximum.severity}: {maximum.months} months ({maximum.basis})"


def _trigger(trigger: Trigger) -> str:
    if trigger.clean_years:
        return f"{trigger.clean_years} clean years"
    if trigger.name:
        return trigger.name
    parts = [", ".join(trigger.list_types), "/".join(trigger.severities), "/".join(trigger.grades)]
    return " ".join(p for p in parts if p)
