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

from xingate_server.cli._common import DEFAULT_STATE, AskedWronglyError, CommandError
from xingate_server.settings import InvalidSettingsError, load
from xingate_server.trace.log import Stored, TraceError, TraceLog
from xingate_server.trace.sqlite import FILE
from xingate_server.trace.walk import Damaged, walk
from xingate_server.wiring.store import open_log

EXIT_DAMAGED = 1
_TICK = 1000

states_option = click.option(
    "--state",
    "states",
    type=click.Path(file_okay=False, path_type=Path),
    multiple=True,
    envvar="XINGATE_STATE",
    default=(DEFAULT_STATE,),
    show_default=True,
    metavar="DIR",
    help="A state directory; repeatable, for one view over several nodes (environment XINGATE_STATE).",
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
    try:
        settings = load(state=state)
    except InvalidSettingsError as error:
        raise AskedWronglyError(str(error)) from error
    if settings.trace.store == "sqlite" and not (state / "trace" / FILE).is_file():
        raise CommandError(f"there is no log in `{state}`: expected `{state / 'trace' / FILE}`")
    return open_log(settings)


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
