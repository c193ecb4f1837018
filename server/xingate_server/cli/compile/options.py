"""What a compile is asked for: the command line first, then `[sources]` in xingate.toml.

Files are all of the command line or, without `--source`, all of `[sources]`. Every other option stands alone; what
`[sources]` says of a kind counts where the kind has a file or is required. Source: DESIGN section 6.
"""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from xingate_server.cli.compile.refusals_fix import read_report
from xingate_server.cli.output.common import read_settings
from xingate_server.core.catalogue import Posture
from xingate_server.settings import Settings, SourceSettings
from xingate_server.trace.port import TraceError
from xingate_server.wiring.compiling.compile import CompileOptions, GivenFile
from xingate_server.wiring.compiling.source_files import choose_files
from xingate_server.wiring.snapshot_in_use import last_and_highest
from xingate_server.wiring.source_state import today

_Value = TypeVar("_Value")


class Pair(click.ParamType[Any]):
    """`KIND=VALUE`, the value read by `read`."""

    name = "pair"

    def __init__(self, shape: str, read: Callable[[str], Any]) -> None:
        self.shape = shape
        self._read = read

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The kind and what was read; a usage error where it cannot be."""
        kind, equals, text = str(value).partition("=")
        if not (kind and equals and text):
            self.fail(f"`{value}` is not of the form {self.shape}", param, ctx)
        try:
            return kind, self._read(text)
        except ValueError as error:
            self.fail(f"`{value}` is not of the form {self.shape}: {error}", param, ctx)


def read_options(given: Mapping[str, Any], refused: Path | None) -> CompileOptions:
    """The options of a compile whose refused rows are copied to `refused`. Raises `OptionError`,
    `SourceFilesMissingError` and click's usage errors."""
    settings = read_settings(state=given["state"])
    stated = settings.sources
    files = tuple(GivenFile(kind, path, day) for kind, (path, day) in given["sources"]) or tuple(_chosen(stated.kinds))
    with_files = {file.kind for file in files}
    kinds = {kind: source for kind, source in stated.kinds.items() if source.require or kind in with_files}
    last_in_use, highest = _in_use(settings)
    return CompileOptions(
        state_dir=given["state"],
        files=files,
        coverage=_stated(kinds, lambda source: source.coverage) | _once("--coverage", given["coverage"]),
        required=(*given["require"], *(kind for kind, source in kinds.items() if source.require)),
        max_age_days=_stated(kinds, lambda source: source.max_age) | _once("--max-age", given["max_age"]),
        catalogues=given["catalogue"] or stated.catalogue,
        document_no=settings.catalogue.document_no,
        posture=Posture(given["posture"]) if given["posture"] else stated.posture,
        calendars=given["calendar"] or stated.calendar,
        accept_shrink=frozenset(given["accept_shrink"]),
        accept_refusals=frozenset(given["accept_refusals"]),
        accept_schema=frozenset(given["accept_schema"]),
        last_in_use=last_in_use,
        above=highest,
        is_dry_run=given["dry_run"],
        jobs=given["jobs"],
        name_threshold=stated.name_threshold if given["name_threshold"] is None else given["name_threshold"],
        mappings=_stated(kinds, lambda source: source.map) | _once("--map", given["mappings"]),
        corrections=tuple(read_report(file) for file in given["fixes"]),
        refused_to=refused,
    )


def _chosen(kinds: Mapping[str, SourceSettings]) -> Iterator[GivenFile]:
    """The files of `[sources]`. That others of the same day fit is said: a list may have come in parts."""
    for chosen in choose_files(kinds, today()):
        if chosen.others:
            names = ", ".join(f"`{path.name}`" for path in chosen.others)
            click.echo(
                f"note: source {chosen.file.kind}: `{chosen.file.path.name}` is taken, and of the same day {names} fit"
                " as well: a list in several parts needs a pattern for each",
                err=True,
            )
        yield chosen.file


def _stated(kinds: Mapping[str, SourceSettings], read: Callable[[SourceSettings], _Value | None]) -> dict[str, _Value]:
    return {kind: value for kind, source in kinds.items() if (value := read(source)) is not None}


def _in_use(settings: Settings) -> tuple[int, int]:
    """Which sequence was last in use, and the highest that ever was; a log that cannot be read does not keep lists from
    being compiled."""
    try:
        return last_and_highest(settings)
    except TraceError as error:
        click.echo(f"xingate: the log does not say which snapshots were in use: {error}", err=True)
        return 0, 0


def _once(option: str, pairs: tuple[tuple[str, _Value], ...]) -> dict[str, _Value]:
    values = dict(pairs)
    if len(values) != len(pairs):
        raise click.UsageError(f"{option} is given twice for one source")
    return values
