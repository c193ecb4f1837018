"""`xingate compile`: list files in, a snapshot out.

Exit codes: 0 compiled, refusals listed; 2 wrong usage, a file that is not there included; 3 nothing could be
compiled, because of what a file holds or of the state directory, or the shrink guard fired. Source: DESIGN sections 6
and 10.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from xingate_server.cli.compile.changes import changes_file
from xingate_server.cli.compile.options import Pair, read_options
from xingate_server.cli.compile.summary import compiled_document, show_compiled
from xingate_server.cli.output.common import (
    AskedWronglyError,
    CommandError,
    console,
    json_option,
    print_object,
    state_option,
)
from xingate_server.core.catalogue import Posture
from xingate_server.core.names.search import THRESHOLD
from xingate_server.cores import available_cores
from xingate_server.disk_faults import disk_fault
from xingate_server.option_values import read_dated_path, read_days, read_window
from xingate_server.snapshot.errors import SnapshotError
from xingate_server.snapshot.request import Compiled, SubjectChange
from xingate_server.wiring.compiling.compile import (
    SOURCES_FOLDER,
    CompileOptions,
    OptionError,
    compile_from_options,
    load_listed_source,
)
from xingate_server.wiring.compiling.list_sources import unprovided_list_types
from xingate_server.wiring.compiling.source_files import SourceFilesMissingError

_STAGES = {
    "admit": ("admit", "rows"),
    "resolve": ("resolve", "rows"),
    "write": ("write", "keys"),
    "compare": ("compare with the snapshot in use", "keys"),
    "match": ("look for what is the same", "keys"),
}


@click.command("compile")
@click.option(
    "--source",
    "sources",
    multiple=True,
    type=Pair("KIND=PATH[@DATA-AS-OF]", read_dated_path),
    metavar="KIND=PATH[@DATA-AS-OF]",
    help="A list file; repeatable, also for one kind. The day that its data is of is YYYY-MM-DD. Default: the newest "
    "files of [sources] in xingate.toml.",
)
@click.option(
    "--map",
    "mappings",
    multiple=True,
    type=Pair("KIND=MAPPING", Path),
    metavar="KIND=MAPPING",
    help="How this source's files are laid out (made by `xingate source inspect`).",
)
@click.option(
    "--coverage",
    multiple=True,
    type=Pair("KIND=FROM..[TO]", read_window),
    metavar="KIND=FROM..[TO]",
    help="The days that a source speaks for.",
)
@click.option("--require", multiple=True, metavar="KIND", help="A source without which answers have a gap.")
@click.option(
    "--max-age",
    multiple=True,
    type=Pair("KIND=DAYS", read_days),
    metavar="KIND=30d",
    help="After how many days a source is stale.",
)
@click.option("--catalogue", multiple=True, show_default="shiyan2017", help="A name or folder; repeatable.")
@click.option(
    "--posture",
    type=click.Choice([posture.value for posture in Posture]),
    show_default=Posture.AS_PLANNED_2017.value,
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
    show_default=str(THRESHOLD),
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
@click.option(
    "--dry-run", is_flag=True, help="Do all but move the current snapshot, and show what would change for whom."
)
@click.option(
    "--changes",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="With --dry-run: write every subject whose answer would change, a JSON object a line.",
)
@state_option
@json_option
def compile_command(**given: Any) -> None:
    """Compile list files into the next snapshot.

    What is not given here is taken from [sources] in xingate.toml; with --source, its files are not looked for. What is
    accepted (--accept-...) is an officer's act of the day and no setting.
    """
    from xingate_adapters.sources import SourceError, UnknownSourceError
    from xingate_server.catalogues import CatalogueError

    if given["changes"] is not None and not given["dry_run"]:
        raise AskedWronglyError("--changes belongs to --dry-run: it writes what would change")
    try:
        with _refused_to(given["refusals"]) as refused:
            options = read_options(given, refused)
            with changes_file(given["changes"]) as on_subject:
                compiled = _compiled(options, given["refusals"], on_subject)
    except (OptionError, UnknownSourceError, CatalogueError) as error:
        raise AskedWronglyError(str(error)) from error
    except (SourceError, SnapshotError, SourceFilesMissingError) as error:
        raise CommandError(str(error)) from error
    unprovided = [str(one) for one in unprovided_list_types(options.catalogues, [options.state_dir / SOURCES_FOLDER])]
    if given["as_json"]:
        said = {"unprovidedListTypes": unprovided} if unprovided else {}
        print_object(compiled_document(compiled, is_dry_run=options.is_dry_run) | said)
    else:
        show_compiled(compiled, console(), is_dry_run=options.is_dry_run, every=given["changes"])
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


def _compiled(options: CompileOptions, report: Path | None, on_subject: Callable[[SubjectChange], None]) -> Compiled:
    """Compile, and write the report, also when nothing could be compiled."""
    try:
        compiled = _with_progress(options, on_subject)
    except SnapshotError as error:
        for line in getattr(error, "__notes__", ()):
            click.echo(line, err=True)
        _report(options, report)
        raise
    _report(options, report)
    return compiled


def _report(options: CompileOptions, report: Path | None) -> None:
    from xingate_server.cli.compile.refusals import write_report

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
        raise CommandError(f"cannot write `{report}`: {disk_fault(error, report)}") from error
    click.echo(f"{rows:,} refused rows in {report}", err=True)


def _with_progress(options: CompileOptions, on_subject: Callable[[SubjectChange], None]) -> Compiled:
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

        return compile_from_options(options, on_bytes=on_bytes, on_stage=on_stage, on_subject=on_subject)
