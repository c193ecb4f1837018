"""`xingate compile`: list files in, a snapshot out.

Exit codes: 0 compiled, refusals listed; 2 wrong usage, a file that is not there included; 3 nothing could be
compiled, because of what a file holds or of the state directory, or the shrink guard fired. Source: DESIGN sections 6
and 10.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import click
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from xingate_server.cli._common import (
    AskedWronglyError,
    CommandError,
    console,
    json_option,
    print_object,
    read_settings,
    state_option,
)
from xingate_server.cli._compiled import compiled_document, show_compiled
from xingate_server.core.catalogue import Posture
from xingate_server.core.days import parse_day
from xingate_server.core.name_search import THRESHOLD
from xingate_server.cores import available_cores
from xingate_server.snapshot.errors import SnapshotError
from xingate_server.snapshot.plan import Compiled
from xingate_server.trace.log import TraceError
from xingate_server.wiring.compile import (
    SOURCES_FOLDER,
    CompileOptions,
    GivenFile,
    OptionError,
    compile_from_options,
    load_listed_source,
)
from xingate_server.wiring.list_sources import unprovided_list_types
from xingate_server.wiring.snapshot_in_use import last_and_highest

_DATED = re.compile(r"(?P<path>.+)@(?P<day>\d{4}-\d{2}-\d{2})")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_AGE = re.compile(r"(\d{1,5})d?")
_STAGES = {"admit": ("admit", "rows"), "resolve": ("resolve", "rows"), "write": ("write", "keys")}
_Value = TypeVar("_Value")


class _Pair(click.ParamType[Any]):
    """`KIND=VALUE`, the value read by `read`."""

    name = "pair"

    def __init__(self, shape: str, read: Callable[[str], Any]) -> None:
        self.shape = shape
        self._read = read

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        kind, equals, text = str(value).partition("=")
        if not (kind and equals and text):
            self.fail(f"`{value}` is not of the form {self.shape}", param, ctx)
        try:
            return kind, self._read(text)
        except ValueError as error:
            self.fail(f"`{value}` is not of the form {self.shape}: {error}", param, ctx)


def _dated_path(text: str) -> tuple[Path, date | None]:
    found = _DATED.fullmatch(text)
    if found is None or Path(text).exists():
        return Path(text), None
    return Path(found["path"]), _day(found["day"])


def _window(text: str) -> tuple[date, date]:
    first, dots, last = text.partition("..")
    if not dots:
        raise ValueError("two dates joined by `..` are expected")
    window = _day(first), _day(last)
    if window[0] > window[1]:
        raise ValueError("the first date is after the last one")
    return window


def _day(text: str) -> date:
    day = parse_day(text) if _DAY.fullmatch(text) else None
    if day is None:
        raise ValueError(f"`{text}` is not a date; expected YYYY-MM-DD")
    return day


def _days(text: str) -> int:
    found = _AGE.fullmatch(text)
    if found is None:
        raise ValueError("a number of days such as 30d is expected")
    return int(found[1])


@click.command("compile")
@click.option(
    "--source",
    "sources",
    multiple=True,
    required=True,
    type=_Pair("KIND=PATH[@DATA-AS-OF]", _dated_path),
    metavar="KIND=PATH[@DATA-AS-OF]",
    help="A list file; repeatable, also for one kind. The day that its data is of is YYYY-MM-DD.",
)
@click.option(
    "--map",
    "mappings",
    multiple=True,
    type=_Pair("KIND=MAPPING", Path),
    metavar="KIND=MAPPING",
    help="How this source's files are laid out (made by `xingate source inspect`).",
)
@click.option(
    "--coverage",
    multiple=True,
    type=_Pair("KIND=FROM..TO", _window),
    metavar="KIND=FROM..TO",
    help="The days that a source speaks for.",
)
@click.option("--require", multiple=True, metavar="KIND", help="A source without which answers have a gap.")
@click.option(
    "--max-age",
    multiple=True,
    type=_Pair("KIND=DAYS", _days),
    metavar="KIND=30d",
    help="After how many days a source is stale.",
)
@click.option(
    "--catalogue", multiple=True, default=("shiyan2017",), show_default=True, help="A name or folder; repeatable."
)
@click.option(
    "--posture",
    type=click.Choice([posture.value for posture in Posture]),
    default=Posture.AS_PLANNED_2017.value,
    show_default=True,
    help="Whether restrictions without an item in the national basic list act.",
)
@click.option(
    "--calendar",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A year of official working days (holiday-cn JSON); repeatable.",
)
@click.option(
    "--accept-shrink", multiple=True, metavar="KIND", help="Let this source shrink, have too few rows, or be left out."
)
@click.option(
    "--accept-refusals",
    multiple=True,
    metavar="KIND",
    help="Let this source have more unreadable rows than it may.",
)
@click.option(
    "--accept-schema",
    multiple=True,
    metavar="KIND",
    help="Note what nothing reads in this source's files, or what is expected and lacking, instead of refusing them.",
)
@click.option(
    "--refusals",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE.xlsx",
    help="Write the refused rows to a workbook in which a clerk can correct them.",
)
@click.option(
    "--fix",
    "fixes",
    multiple=True,
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE.xlsx",
    help="Take such a workbook back: its corrected rows replace those of the files. Repeatable, in order.",
)
@click.option(
    "--name-threshold",
    type=click.FloatRange(0, 1),
    default=THRESHOLD,
    show_default=True,
    metavar="X",
    help="How alike, from 0 to 1, a listed name must be to be shown to who has no number.",
)
@click.option(
    "--jobs",
    type=click.IntRange(1, 64),
    default=available_cores,
    show_default="cores",
    help="How many processes work at it; what they make is the same.",
)
@click.option("--dry-run", is_flag=True, help="Do all but move the current snapshot, and say what would change.")
@state_option
@json_option
def compile_command(**given: Any) -> None:
    """Compile list files into the next snapshot."""
    from xingate_adapters.sources import SourceError, UnknownSourceError
    from xingate_server.catalogues import CatalogueError

    try:
        with _refused_to(given["refusals"]) as refused:
            options = _options(given, refused)
            compiled = _compiled(options, given["refusals"])
    except (OptionError, UnknownSourceError, CatalogueError) as error:
        raise AskedWronglyError(str(error)) from error
    except (SourceError, SnapshotError) as error:
        raise CommandError(str(error)) from error
    unprovided = [str(one) for one in unprovided_list_types(options.catalogues, [options.state_dir / SOURCES_FOLDER])]
    if given["as_json"]:
        said = {"unprovidedListTypes": unprovided} if unprovided else {}
        print_object(compiled_document(compiled, is_dry_run=options.is_dry_run) | said)
    else:
        show_compiled(compiled, console(), is_dry_run=options.is_dry_run)
        for line in unprovided:
            click.echo(f"note: {line}")


@contextmanager
def _refused_to(report: Path | None) -> Iterator[Path | None]:
    """Where the refused rows are kept until the report is written."""
    if report is None:
        yield None
        return
    if report.suffix.lower() != ".xlsx":
        raise AskedWronglyError(f"--refusals writes xlsx; `{report.name}` has another ending")
    if not report.parent.is_dir():
        raise AskedWronglyError(f"--refusals: there is no folder `{report.parent}`")
    with TemporaryDirectory(prefix="xingate-") as folder:
        yield Path(folder) / "refused.jsonl"


def _compiled(options: CompileOptions, report: Path | None) -> Compiled:
    """Compile, and write the report, also when nothing could be compiled."""
    try:
        compiled = _with_progress(options)
    except SnapshotError as error:
        for line in getattr(error, "__notes__", ()):
            click.echo(line, err=True)
        _report(options, report)
        raise
    _report(options, report)
    return compiled


def _report(options: CompileOptions, report: Path | None) -> None:
    from xingate_server.cli._refusals import write_report

    refused = options.refused_to
    if report is None or refused is None or not refused.exists():
        return

    def columns_of(kind: str, header: Sequence[str]) -> Mapping[str, str]:
        return load_listed_source(kind, options).columns(header)

    def can_be_corrected(kind: str) -> bool:
        return load_listed_source(kind, options).can_be_corrected

    try:
        rows = write_report(refused, report, columns_of, can_be_corrected)
    except OSError as error:
        raise CommandError(f"cannot write `{report}`: {(error.strerror or 'unknown').lower()}") from error
    click.echo(f"{rows:,} refused rows in {report}", err=True)


def _options(given: dict[str, Any], refused: Path | None) -> CompileOptions:
    from xingate_server.cli._refusals_fix import read_report

    last_in_use, highest = _in_use(given["state"])
    return CompileOptions(
        state_dir=given["state"],
        files=tuple(GivenFile(kind, path, day) for kind, (path, day) in given["sources"]),
        coverage=_once("--coverage", given["coverage"]),
        required=given["require"],
        max_age_days=_once("--max-age", given["max_age"]),
        catalogues=given["catalogue"],
        document_no=read_settings().catalogue.document_no,
        posture=Posture(given["posture"]),
        calendars=given["calendar"],
        accept_shrink=frozenset(given["accept_shrink"]),
        accept_refusals=frozenset(given["accept_refusals"]),
        accept_schema=frozenset(given["accept_schema"]),
        last_in_use=last_in_use,
        above=highest,
        is_dry_run=given["dry_run"],
        jobs=given["jobs"],
        name_threshold=given["name_threshold"],
        mappings=_once("--map", given["mappings"]),
        corrections=tuple(read_report(file) for file in given["fixes"]),
        refused_to=refused,
    )


def _in_use(state: Path) -> tuple[int, int]:
    """Which sequence was last in use, and the highest that ever was; a log that cannot be read does not keep lists from
    being compiled."""
    try:
        return last_and_highest(read_settings(state=state))
    except TraceError as error:
        click.echo(f"xingate: the log does not say which snapshots were in use: {error}", err=True)
        return 0, 0


def _once(option: str, pairs: tuple[tuple[str, _Value], ...]) -> dict[str, _Value]:
    values = dict(pairs)
    if len(values) != len(pairs):
        raise click.UsageError(f"{option} is given twice for one source")
    return values


def _with_progress(options: CompileOptions) -> Compiled:
    """A bar per file while it is read and one per stage, on standard error, where that is a terminal."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,.0f} {task.fields[unit]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as bars:
        tasks: dict[Path | str, TaskID] = {}

        def task(key: Path | str, title: str, unit: str, total: int) -> TaskID:
            if key not in tasks:
                tasks[key] = bars.add_task(title, total=total or None, unit=unit)
            return tasks[key]

        def on_bytes(path: Path, done: int, total: int) -> None:
            bars.update(task(path, escape(path.name), "bytes", total), completed=done, total=total)

        def on_stage(stage: str, done: int, total: int) -> None:
            title, unit = _STAGES.get(stage, (stage, ""))
            bars.update(task(stage, title, unit, total), completed=done, total=total or None)

        return compile_from_options(options, on_bytes=on_bytes, on_stage=on_stage)
