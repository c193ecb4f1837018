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
from rich.table import Table

from xingate_server.cli._common import (
    AskedWronglyError,
    CommandError,
    console,
    json_option,
    print_object,
    state_option,
)
from xingate_server.core.catalogue import Posture
from xingate_server.core.days import parse_day
from xingate_server.core.name_search import THRESHOLD
from xingate_server.cores import available_cores
from xingate_server.snapshot.errors import SnapshotError
from xingate_server.snapshot.plan import Compiled, Corrected
from xingate_server.wiring.compile import (
    CompileOptions,
    GivenFile,
    OptionError,
    compile_from_options,
    load_listed_source,
)

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
@click.option("--accept-shrink", multiple=True, metavar="KIND", help="Let this source shrink, or be left out.")
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
    if given["as_json"]:
        print_object(_document(compiled, is_dry_run=options.is_dry_run))
    else:
        _show(compiled, console(), is_dry_run=options.is_dry_run)


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
    except SnapshotError:
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

    try:
        rows = write_report(refused, report, columns_of)
    except OSError as error:
        raise CommandError(f"cannot write `{report}`: {(error.strerror or 'unknown').lower()}") from error
    click.echo(f"{rows:,} refused rows in {report}", err=True)


def _options(given: dict[str, Any], refused: Path | None) -> CompileOptions:
    from xingate_server.cli._refusals_fix import read_report

    return CompileOptions(
        state_dir=given["state"],
        files=tuple(GivenFile(kind, path, day) for kind, (path, day) in given["sources"]),
        coverage=_once("--coverage", given["coverage"]),
        required=given["require"],
        max_age_days=_once("--max-age", given["max_age"]),
        catalogues=given["catalogue"],
        posture=Posture(given["posture"]),
        calendars=given["calendar"],
        accept_shrink=frozenset(given["accept_shrink"]),
        accept_schema=frozenset(given["accept_schema"]),
        is_dry_run=given["dry_run"],
        jobs=given["jobs"],
        name_threshold=given["name_threshold"],
        mappings=_once("--map", given["mappings"]),
        corrections=tuple(read_report(file) for file in given["fixes"]),
        refused_to=refused,
    )


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


def _document(compiled: Compiled, *, is_dry_run: bool) -> dict[str, Any]:
    manifest = compiled.manifest
    document: dict[str, Any] = {
        "sequence": manifest.sequence,
        "path": str(compiled.path),
        "sources": [
            {
                "kind": kind,
                "path": file.path,
                "rows": file.rows,
                "admitted": file.admitted,
                "refused": file.refused,
                "notes": compiled.notes.get(kind, ()),
            }
            for kind, file in compiled.file_counts()
        ],
        "subjects": manifest.subjects,
        "entries": manifest.entries,
    }
    if compiled.manifest.corrections:
        document["fix"] = {
            "applied": compiled.corrected.applied,
            "changedSince": compiled.corrected.changed_since,
            "masked": compiled.corrected.masked,
            "notFound": compiled.corrected.not_found,
        }
    if is_dry_run:
        document["dryRun"] = True
        document["changes"] = _changes(compiled)
    return document


def _changes(compiled: Compiled) -> dict[str, dict[str, list[int]]]:
    """Counts before and after, where they differ."""
    before, after = compiled.previous, compiled.manifest
    had = {s.kind: s.admitted for s in before.sources} if before else {}
    has = {s.kind: s.admitted for s in after.sources}
    return {
        "sources": _difference(had, has),
        "listTypes": _difference(dict(before.list_types) if before else {}, dict(after.list_types)),
    }


def _difference(had: dict[str, int], has: dict[str, int]) -> dict[str, list[int]]:
    pairs = {name: [had.get(name, 0), has.get(name, 0)] for name in sorted({*had, *has})}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def _corrected(corrected: Corrected) -> Iterator[str]:
    yield f"{corrected.applied:,} rows corrected by the report"
    for place in corrected.changed_since:
        yield f"not corrected: {place} has changed since the report was made; make the report again"
    for place in corrected.masked:
        yield f"not corrected: {place} has a cell that was changed and still holds `*`; write the whole number"
    for place in corrected.not_found:
        yield f"not corrected: {place} is in no file of this compile"


def _about_sources(compiled: Compiled) -> Iterator[str]:
    for source in compiled.manifest.sources:
        if not source.is_loaded:
            yield f"source {source.kind} is not loaded: actions that depend on it cannot be told"
        if source.passed_over:
            passed = ", ".join(f"{what} {count:,}" for what, count in source.passed_over.items())
            yield f"source {source.kind} also holds what is no row of the list: {passed}"
        for note in compiled.notes.get(source.kind, ()):
            yield f"note on source {source.kind}: {note}"
        if source.vanished:
            yield f"source {source.kind} no longer lists {', '.join(source.vanished)}"


def _show(compiled: Compiled, out: Console, *, is_dry_run: bool) -> None:
    table = Table("source", "file", "rows", "admitted", "refused and flagged")
    for column in table.columns[2:4]:
        column.justify = "right"
    for kind, file in compiled.file_counts():
        reasons = [f"{reason} {count:,}" for reason, count in file.refused.items()]
        flags = [f"[dim]{flag} {count:,}[/dim]" for flag, count in file.flags.items()]
        table.add_row(
            kind, escape(Path(file.path).name), f"{file.rows:,}", f"{file.admitted:,}", "\n".join(reasons + flags)
        )
    out.print(table)
    manifest = compiled.manifest
    if manifest.corrections:
        for line in _corrected(compiled.corrected):
            out.print(escape(line), soft_wrap=True)
    for line in _about_sources(compiled):
        out.print(escape(line), soft_wrap=True)
    counts = f"{manifest.subjects:,} subjects, {manifest.entries:,} entries"
    if is_dry_run:
        out.print(f"dry run: snapshot {manifest.sequence} would hold {counts}; nothing was changed")
        for what, differences in _changes(compiled).items():
            for name, (had, has) in differences.items():
                out.print(f"  {what} {name}: {had:,} -> {has:,}")
    else:
        out.print(f"snapshot {manifest.sequence}: {counts}, in {escape(str(compiled.path))}", soft_wrap=True)
