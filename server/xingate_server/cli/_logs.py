"""The logs of state directories, opened for reading: for reports, recipients and replay.

A log is never made here: a state directory without one is told as such.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import date
from pathlib import Path
from typing import NamedTuple

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

import xingate
from xingate_server.cli._common import CommandError, open_gateway, read_settings
from xingate_server.settings import Settings
from xingate_server.trace.log import Stored, TraceError, TraceLog
from xingate_server.trace.sqlite import FILE
from xingate_server.trace.walk import Damaged, walk
from xingate_server.wiring.store import open_log

EXIT_DAMAGED = 1
_TICK = 1000


def _states(context: click.Context, _parameter: click.Parameter, values: tuple[Path, ...]) -> tuple[Path, ...]:
    if context.resilient_parsing or values:
        return values
    return (read_settings().state,)


states_option = click.option(
    "--state",
    "states",
    type=click.Path(file_okay=False, path_type=Path),
    multiple=True,
    callback=_states,
    metavar="DIR",
    help="A state directory; repeatable, for one view over several nodes. Default: XINGATE_STATE, `state` in "
    "xingate.toml, .xingate.",
)


class OpenLog(NamedTuple):
    """A log and what it is called in messages."""

    where: str
    log: TraceLog


@contextmanager
def open_logs(states: Sequence[Path]) -> Iterator[list[OpenLog]]:
    """The logs of these state directories. Raises CommandError where one has none or it cannot be read."""
    with ExitStack() as stack:
        try:
            opened = [OpenLog(str(state), _open(state)) for state in dict.fromkeys(states)]
            for each in opened:
                stack.callback(each.log.close)
            yield opened
        except TraceError as error:
            raise CommandError(f"the log cannot be read: {error}") from error


def _open(state: Path) -> TraceLog:
    settings = read_settings(state=state)
    _require_log(settings)
    return open_log(settings)


@contextmanager
def open_recorded(target: str, state: Path, **who: str) -> Iterator[xingate.Client]:
    """As `open_gateway`, for what asks about records: raises CommandError where `state` has no log to ask."""
    if not target:
        _require_log(read_settings(state=state))
    with open_gateway(target, state, **who) as gateway:
        yield gateway


def _require_log(settings: Settings) -> None:
    if settings.trace.store != "sqlite":
        return
    if not settings.state.is_dir():
        raise CommandError(
            f"there is no state directory `{settings.state}`: run `xingate compile` first, or name another with --state"
        )
    file = settings.state / "trace" / FILE
    if not file.is_file():
        raise CommandError(
            f"there is no log in `{settings.state}`: expected `{file}`, which the first `xingate serve` or "
            "`xingate check` makes; name another state directory with --state"
        )


@contextmanager
def progress(title: str, total: int) -> Iterator[Callable[[int], None]]:
    """A bar on standard error, where that is a terminal; what is given takes how many are done."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bars:
        task = bars.add_task(title, total=total or None)
        yield lambda done: bars.update(task, completed=done)


def walked(opened: OpenLog, title: str) -> Iterator[Stored | Damaged]:
    """All leaves of a log, with a bar."""
    with progress(f"{title} {opened.where}", opened.log.size()) as tell:
        for done, leaf in enumerate(walk(opened.log)):
            if done % _TICK == 0:
                tell(done)
            yield leaf


class Day(click.ParamType[date]):
    """A day as YYYY-MM-DD, in Asia/Shanghai."""

    name = "day"

    def convert(self, value: str | date, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """The date."""
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.fail(f"`{value}` is no day: expected YYYY-MM-DD", param, ctx)
