"""The logs of state directories, opened for reading: for reports, recipients and replay.

A log is never made here: a state directory without one is told as such.
"""

import tomllib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

import xingate
from xingate.client import connect_backend
from xingate.errors import CheckpointError
from xingate_server.cli.output.common import AskedWronglyError, CommandError, open_gateway, read_settings
from xingate_server.core.identifiers.parsing import mask_text
from xingate_server.settings import Settings
from xingate_server.trace.anchor.push import size_of
from xingate_server.trace.audit.tolerant_read import Damaged, walk
from xingate_server.trace.port import Stored, TraceError, TraceLog
from xingate_server.trace.sqlite.read_only import is_read_only
from xingate_server.trace.sqlite.store import FILE
from xingate_server.trace.tree.checkpoint_files import CheckpointFiles
from xingate_server.wiring.open_log import open_log
from xingate_server.wiring.read_only import ReadingBackend

EXIT_DAMAGED = 1
_TICK = 1000


_file = click.Path(dir_okay=False, path_type=Path)

states_option = click.option(
    "--state",
    "states",
    type=click.Path(file_okay=False, path_type=Path),
    multiple=True,
    metavar="DIR",
    help="A state directory; repeatable, for one view over several nodes. Default: XINGATE_STATE, `state` in "
    "xingate.toml, .xingate.",
)
nodes_option = click.option(
    "--node",
    "nodes",
    type=_file,
    multiple=True,
    metavar="FILE",
    help="The xingate.toml of a node, where its log is in another database; repeatable, beside or instead of --state.",
)


class OpenLog(NamedTuple):
    """A log and what it is called in messages."""

    where: str
    log: TraceLog
    directory: Path  # where the node keeps the log's checkpoints


@contextmanager
def open_logs(states: Sequence[Path], nodes: Sequence[Path] = ()) -> Iterator[list[OpenLog]]:
    """The logs of these state directories and nodes, or of the settings' own, each database once.

    Raises CommandError if one has none or it cannot be read.
    """
    named = [(str(state), read_settings(state=state)) for state in dict.fromkeys(states)]
    named += [(str(file), read_settings(**_node(file))) for file in dict.fromkeys(nodes)]
    if not named:
        settings = read_settings()
        named = [(str(settings.state), settings)]
    once = {_place(settings): (where, settings) for where, settings in reversed(named)}
    with ExitStack() as stack:
        opened = []
        for where, settings in reversed(once.values()):
            opened.append(OpenLog(where, _open(settings), settings.state / "trace"))
            stack.callback(opened[-1].log.close)
        try:
            yield opened
        except TraceError as error:
            raise CommandError(f"the log cannot be read: {error}") from error


def _node(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise AskedWronglyError(f"`{file}` cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise AskedWronglyError(f"`{file}` is not a TOML file: {error}") from error


def _place(settings: Settings) -> str:
    is_here = settings.trace.store == "sqlite"
    return str(settings.state.resolve()) if is_here else settings.trace.dsn.get_secret_value()


def _open(settings: Settings) -> TraceLog:
    _require_state(settings)
    try:
        return open_log(settings, must_exist=True)
    except TraceError as error:
        raise CommandError(str(error)) from error


@contextmanager
def open_records(target: str, state: Path) -> Iterator[xingate.Client]:
    """A client for records alone: of a gateway, or of the log in `state`, of which nothing is changed.

    Raises CommandError if there is no log.
    """
    if target:
        with open_gateway(target, state) as gateway:
            yield gateway
        return
    settings = read_settings(state=state)
    _require_state(settings)
    try:
        backend = ReadingBackend(settings)
    except TraceError as error:
        raise CommandError(str(error)) from error
    with connect_backend(backend) as client:
        yield client


@contextmanager
def open_proofs(target: str, state: Path) -> Iterator[xingate.Client]:
    """A client for receipts and proofs: as `open_recorded`, and in a folder that cannot be written, where nothing can
    be signed, as `open_records`."""
    is_copy = not target and is_read_only(state / "trace" / FILE) and read_settings(state=state).trace.store == "sqlite"
    with open_records("", state) if is_copy else open_recorded(target, state) as gateway:
        yield gateway


@contextmanager
def open_recorded(target: str, state: Path, **who: str) -> Iterator[xingate.Client]:
    """As `open_gateway`, for what needs a log that is there already: raises CommandError where `state` has none."""
    if not target:
        require_log(state)
    with open_gateway(target, state, **who) as gateway:
        yield gateway


def require_log(state: Path) -> None:
    """Raises CommandError if `state` has no log."""
    _open(read_settings(state=state)).close()


def _require_state(settings: Settings) -> None:
    if settings.trace.store == "sqlite" and not settings.state.is_dir():
        raise CommandError(
            f"there is no state directory `{settings.state}`: run `xingate compile` first, or name another with --state"
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
    """All leaves of a log, with a bar, and what of it was cut off after a checkpoint was signed for more."""
    with progress(f"{title} {opened.where}", opened.log.size()) as tell:
        for done, leaf in enumerate(walk(opened.log)):
            if done % _TICK == 0:
                tell(done)
            yield leaf
    yield from cut_off(opened)


def cut_off(opened: OpenLog) -> Iterator[Damaged]:
    """What of a log was cut off after a checkpoint was signed for more."""
    signed, size = _signed(opened.directory), opened.log.size()
    if signed > size:
        yield Damaged(size, f"leaves {size} to {signed - 1} are missing: a checkpoint was signed for {signed}")


def _signed(directory: Path) -> int:
    """How many leaves the newest checkpoint is for; 0 if there is none. That it holds is for fsck to tell."""
    with suppress(OSError, CheckpointError):
        note = CheckpointFiles(directory).read()
        return size_of(note) if note else 0
    return 0


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
            self.fail(f"`{mask_text(value)}` is not a date: expected YYYY-MM-DD", param, ctx)
