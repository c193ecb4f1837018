"""Brings sources, catalogue, calendar and key together into one compile.

The only place where a source's records meet the snapshot: `snapshot` itself imports no source. Source: DESIGN
sections 3 and 6.
"""

import json
import os
import pwd
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import msgspec

from xingate_server import catalogues
from xingate_server.core.admission.rules import Rules
from xingate_server.core.calendar import WorkCalendar
from xingate_server.core.catalogue import Catalogue, Posture, provided
from xingate_server.core.names.search import THRESHOLD
from xingate_server.core.subject import SubjectKeyer
from xingate_server.core.timestamps import SHANGHAI, shanghai_day
from xingate_server.snapshot.compile.compile import compile_snapshot
from xingate_server.snapshot.errors import CompileError
from xingate_server.snapshot.keys import read_or_make_key
from xingate_server.snapshot.manifest import CalendarRef
from xingate_server.snapshot.request import (
    AbsentPlan,
    Compiled,
    CompilePlan,
    FileProgress,
    Progress,
    SourcePlan,
    SubjectChange,
)
from xingate_server.wiring.compiling.corrections import Corrections, Corrector
from xingate_server.wiring.compiling.list_sources import declared_list_types

if TYPE_CHECKING:
    from xingate_adapters.sources import Source

SOURCES_FOLDER = "sources"
"""In the state directory: the operator's own sources, a folder each."""
_Plan = TypeVar("_Plan", SourcePlan, AbsentPlan)
_WORTH_A_JOB_BYTES = 1 << 20


class OptionError(ValueError):
    """Something that was asked for cannot be: a file, a kind or a date; the text says which."""


class GivenFile(msgspec.Struct, frozen=True):
    """One file of a source, and the day that its data is of where the operator says so. `named_day` is the day in its
    name, which counts where the file itself states none; where the age of a source counts, the time of a file that
    `is_chosen` by a pattern says nothing."""

    kind: str
    path: Path
    data_as_of: date | None = None
    named_day: date | None = None
    is_chosen: bool = False


class CompileOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What an operator asks of a compile. All that maps is by source kind; ages in days. `mappings` say how files in a
    layout of their own are read; further sources are in the folder `sources` of the state directory. `corrections` are
    applied in their order; the refused rows are copied to `refused_to`. The guards compare with `last_in_use`, the
    sequence is above `above`. More than one of
    `jobs` are for a program that has no other threads (`snapshot.compile.workers`). `accept_schema` names kinds whose
    unknown or lacking elements and columns are noted instead of refused. `document_no` is by catalogue."""

    state_dir: Path
    files: tuple[GivenFile, ...]
    coverage: Mapping[str, tuple[date, date | None]] = msgspec.field(default_factory=dict)
    required: tuple[str, ...] = ()
    max_age_days: Mapping[str, int] = msgspec.field(default_factory=dict)
    catalogues: tuple[str, ...] = ("shiyan2017",)
    document_no: Mapping[str, str] = msgspec.field(default_factory=dict)
    posture: Posture = Posture.AS_PLANNED_2017
    calendars: tuple[Path, ...] = ()
    accept_shrink: frozenset[str] = frozenset()
    accept_refusals: frozenset[str] = frozenset()
    accept_schema: frozenset[str] = frozenset()
    last_in_use: int = 0
    above: int = 0
    is_dry_run: bool = False
    keep: int = 10
    name_threshold: float = THRESHOLD
    jobs: int = 1
    mappings: Mapping[str, Path] = msgspec.field(default_factory=dict)
    corrections: tuple[Corrections, ...] = ()
    refused_to: Path | None = None


def _quiet_file(path: Path, done: int, total: int) -> None:
    """No progress is shown."""


def _quiet_stage(stage: str, done: int, total: int) -> None:
    """No progress is shown."""


def _unheard(change: SubjectChange) -> None:
    """Nobody keeps it."""


def compile_from_options(
    options: CompileOptions,
    *,
    now: datetime | None = None,
    on_bytes: FileProgress = _quiet_file,
    on_stage: Progress = _quiet_stage,
    on_subject: Callable[[SubjectChange], None] = _unheard,
) -> Compiled:
    """Compile the files of `options` into the next snapshot of its state directory. A dry run compares it with the one
    in use, and `on_subject` gets every subject whose answers would change.

    Raises `OptionError`, the sources' `SourceError` and `UnknownSourceError`, `CatalogueError`, and the errors of
    `snapshot.errors`.
    """
    moment = now or datetime.now(UTC)
    today = shanghai_day(moment)
    _check(options, today)
    catalogue = catalogues.load(
        options.catalogues,
        options.posture,
        document_no=options.document_no,
        sources=declared_list_types([options.state_dir / SOURCES_FOLDER]),
    )
    calendar = _calendar(options.calendars)
    corrector = Corrector(options.corrections)
    sources = _sources(options, today, on_bytes, corrector)
    plan = CompilePlan(
        sources=_provided(sources, catalogue),
        absent=_provided(_absent(options), catalogue),
        accept_shrink=options.accept_shrink,
        accept_refusals=options.accept_refusals,
        accept_schema=options.accept_schema,
        last_in_use=options.last_in_use,
        above=options.above,
        catalogue_hash=catalogues.catalogue_hash(catalogue),
        created_at=moment,
        keep=options.keep,
        name_threshold=options.name_threshold,
        is_dry_run=options.is_dry_run,
        compiled_by=_who(),
        calendars=_file_refs(options.calendars),
        corrections=_file_refs(tuple(corrections.file for corrections in options.corrections)),
        refused_to=options.refused_to,
        jobs=_jobs(options),
        on_bytes=on_bytes,
        on_subject=on_subject,
    )
    key = read_or_make_key(options.state_dir, is_dry_run=options.is_dry_run)
    rules = Rules(
        catalogue=catalogue,
        calendar=calendar,
        keyer=SubjectKeyer(key),
        today=today,
    )
    corrector.keyer = rules.keyer
    try:
        compiled = compile_snapshot(plan, rules, options.state_dir, on_stage)
    except CompileError as error:
        if options.corrections:
            for line in corrector.outcome().lines():
                error.add_note(line)
        raise
    return msgspec.structs.replace(compiled, corrected=corrector.outcome())


def _check(options: CompileOptions, today: date) -> None:
    if not options.files:
        raise OptionError("no source is given: name at least one as --source KIND=PATH or in [sources] of xingate.toml")
    for file in options.files:
        _check_file(file)
    paths = [os.path.realpath(file.path) for file in options.files]
    for file, path in zip(options.files, paths, strict=True):
        if paths.count(path) > 1:
            raise OptionError(f"source `{file.kind}`: the file `{file.path}` is given twice")
    known = {file.kind for file in options.files} | set(options.required)
    for kind in (*options.coverage, *options.max_age_days, *options.mappings):
        if kind not in known:
            raise OptionError(
                f"source `{kind}` has a coverage, a maximum age or a mapping but no file: name one, or require it"
            )
    for kind, window in options.coverage.items():
        _check_window(kind, *window, today)
    for kind in (options.accept_shrink | options.accept_refusals | options.accept_schema) - known:
        load_listed_source(kind, options)


def _check_window(kind: str, first: date, last: date | None, today: date) -> None:
    if last is not None and first > last:
        raise OptionError(f"source `{kind}`: its coverage begins on {first}, after it ends on {last}")
    if first > today:
        raise OptionError(f"source `{kind}`: its coverage begins on {first}, after today ({today} in Shanghai)")


def _check_file(file: GivenFile) -> None:
    """A fault here is told as the file's; later it would look like one of the state directory."""
    try:
        str(file.path).encode()
        if not file.path.is_file():
            raise OptionError(f"source `{file.kind}`: there is no file `{file.path}`")
        with file.path.open("rb"):
            pass
    except UnicodeEncodeError:
        raise OptionError(f"source `{file.kind}`: the name of `{file.path}` is not UTF-8: rename the file") from None
    except OSError as error:
        raise OptionError(f"source `{file.kind}`: cannot read `{file.path}`: {error.strerror}") from error


def _sources(
    options: CompileOptions, today: date, on_bytes: FileProgress, corrector: Corrector
) -> tuple[SourcePlan, ...]:
    by_kind: dict[str, list[GivenFile]] = {}
    for file in options.files:
        by_kind.setdefault(file.kind, []).append(file)
    return tuple(_source(kind, files, options, today, on_bytes, corrector) for kind, files in by_kind.items())


def _source(
    kind: str,
    files: list[GivenFile],
    options: CompileOptions,
    today: date,
    on_bytes: FileProgress,
    corrector: Corrector,
) -> SourcePlan:
    source = load_listed_source(kind, options)
    declared = source.declaration
    paths = tuple(file.path for file in files)
    # Of several files the oldest decides: what is not known later is not known.
    has_age = kind in options.max_age_days
    data_as_of = min(_data_as_of(file, source, today, has_age=has_age) for file in files)
    coverage = options.coverage.get(kind)
    records = source.records(
        paths,
        on_bytes,
        data_as_of=data_as_of,
        correct=corrector.of(kind),
        accepts_schema=kind in options.accept_schema,
    )
    return SourcePlan(
        kind=kind,
        provides=declared.provides,
        files=paths,
        records=records,
        passed_over=records.passed_over,
        notes=records.notes,
        share=records.share,
        data_as_of=data_as_of,
        coverage_from=coverage[0] if coverage else data_as_of,
        coverage_to=coverage[1] if coverage else None,
        max_age_days=options.max_age_days.get(kind, declared.max_age_days),
        shrink_threshold=declared.shrink_threshold,
        refused_most=declared.refused_most,
        least_rows=declared.least_rows,
        is_register=declared.is_register,
        is_required=kind in options.required,
    )


def _provided(plans: tuple[_Plan, ...], catalogue: Catalogue) -> tuple[_Plan, ...]:
    """The same with the list types that a layer says these sources provide."""
    return tuple(
        msgspec.structs.replace(plan, provides=provided(catalogue, plan.kind, plan.provides)) for plan in plans
    )


def _jobs(options: CompileOptions) -> int:
    """As many processes as asked for, but no more than the files are worth; corrections are counted by one."""
    if options.corrections:
        return 1
    size = sum(file.path.stat().st_size for file in options.files)
    return max(1, min(options.jobs, size // _WORTH_A_JOB_BYTES))


def _absent(options: CompileOptions) -> tuple[AbsentPlan, ...]:
    given = {file.kind for file in options.files}
    plans = []
    for kind in sorted(set(options.required) - given):
        declared = load_listed_source(kind, options).declaration
        plans.append(
            AbsentPlan(
                kind=kind,
                provides=declared.provides,
                max_age_days=options.max_age_days.get(kind, declared.max_age_days),
                is_register=declared.is_register,
            )
        )
    return tuple(plans)


def load_listed_source(kind: str, options: CompileOptions) -> "Source":
    """The source of a kind as these options read it. Raises `OptionError`, and `UnknownSourceError` of the sources."""
    try:
        from xingate_adapters.sources import MappingError, load_source, read_mapping
    except ImportError as error:
        raise OptionError(f"sources need the extra `adapters`: pip install 'xingate[adapters]' ({error})") from error
    try:
        source = load_source(kind, [options.state_dir / SOURCES_FOLDER])
        mapping = options.mappings.get(kind)
        return source if mapping is None else source.mapped(read_mapping(mapping))
    except MappingError as error:
        raise OptionError(str(error)) from error


def _data_as_of(file: GivenFile, source: "Source", today: date, *, has_age: bool) -> date:
    """The day that the data is of. One to come would keep the source from ever being stale: OptionError. So would the
    time of a chosen file, copied again and again, where an operator has its age counted."""
    day, whence = file.data_as_of, "as given"
    if day is None:
        day, whence = source.own_date(file.path), "as the file states"
    if day is None:
        day, whence = file.named_day, "from its name"
    if day is None and file.is_chosen and has_age:
        raise OptionError(
            f"source `{file.kind}` has a `max_age`, and nothing says of which day the data of `{file.path}` is (the "
            "time of a file is changed by copying): put the date in its name, or @YYYY-MM-DD behind the pattern"
        )
    if day is None:
        day = datetime.fromtimestamp(file.path.stat().st_mtime, SHANGHAI).date()
        whence = "from its time of modification"
    if day > today:
        raise OptionError(
            f"source `{file.kind}`: the data of `{file.path}` is of {day} ({whence}), which is after today "
            f"({today} in Shanghai): give the right day as {file.kind}={file.path}@YYYY-MM-DD"
        )
    return day


def _who() -> str:
    """Who runs this, by the operating system's word: the effective user, whatever the environment says."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:  # a user without a name, as in containers
        return f"uid {os.geteuid()}"


def _file_refs(files: tuple[Path, ...]) -> tuple[CalendarRef, ...]:
    return tuple(CalendarRef(file=file.name, sha256=sha256(file.read_bytes()).hexdigest()) for file in files)


def _calendar(files: tuple[Path, ...]) -> WorkCalendar:
    calendar = WorkCalendar.official()
    for file in files:
        try:
            document = json.loads(file.read_text(encoding="utf-8"))
        except OSError as error:
            raise OptionError(f"cannot read the calendar `{file}`: {error.strerror}") from error
        except (ValueError, RecursionError) as error:
            raise OptionError(f"the calendar `{file}` is not JSON: {error}") from error
        try:
            calendar = calendar.overlay(document)
        except ValueError as error:
            raise OptionError(f"the calendar `{file}` cannot be used: {error}") from error
    return calendar
