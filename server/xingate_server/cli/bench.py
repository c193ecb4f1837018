"""`xingate bench`: how fast this machine checks an operator's own snapshot, with durable records in a log of its own.

In this process, without a transport: gRPC and HTTP cost what they cost anywhere. The log stands in a folder of its own
on the disk of the state directory and is removed at the end; the installation's own log and snapshot are not touched,
so that no invented lookup gets on record. Excluded: other programs' load, several workers, comparisons (`make bench`).
"""

import asyncio
import shutil
import statistics
import tempfile
from collections.abc import Coroutine, Sequence
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple, TypeVar

import click
from rich.table import Table

from xingate_server.cli.output.common import (
    AskedWronglyError,
    CommandError,
    console,
    json_option,
    print_object,
    state_option,
)
from xingate_server.core.subject import SubjectClass, SubjectKind, class_of
from xingate_server.gateway.answer import Command
from xingate_server.gateway.gateway import Gateway
from xingate_server.snapshot.errors import SnapshotError
from xingate_server.snapshot.store import Snapshot, SnapshotSet
from xingate_server.trace.port import TraceError
from xingate_server.trace.sqlite.store import SqliteLog

_SUBJECTS_AT_MOST = 1000
_LOOKED_AT = 50_000  # keys, in search of organisations

_T = TypeVar("_T")


class _Measured(NamedTuple):
    callers: int
    rate: float
    p50_ms: float
    p99_ms: float
    bytes_per_record: float


@click.command("bench")
@click.option("--callers", type=click.IntRange(1, 10_000), default=64, show_default=True, metavar="N", help="At once.")
@click.option(
    "--seconds",
    type=click.FloatRange(0.1, 600),
    default=3.0,
    show_default=True,
    metavar="S",
    help="How long each run is.",
)
@click.option("--action", default="", metavar="A", help="What is asked; default: the catalogue's first action.")
@state_option
@json_option
def bench_command(*, callers: int, seconds: float, action: str, state: Path, as_json: bool) -> None:
    """Measure checks on this machine, on the snapshot in use.

    Asks about up to a thousand organisations of the snapshot, chosen at random, first one caller and then N at once.
    Every check is recorded durably, in a log that is thrown away: the installation's own log is not touched.
    """
    try:
        snapshot = SnapshotSet(state).current()
    except SnapshotError as error:
        raise CommandError(str(error)) from error
    chosen = _action(snapshot, action)
    subjects = _subjects(snapshot)
    if not subjects:
        raise CommandError("the snapshot contains no organisation with a unified code: there is nobody to ask about")
    questions = [
        Command(kind=kind, action=chosen, identifiers=(("uscc", code),), system="bench") for kind, code in subjects
    ]
    try:
        measured = [_measure(state, questions, each, seconds) for each in dict.fromkeys((1, callers))]
    except (OSError, TraceError) as error:
        raise CommandError(f"the log for the measurement cannot be stored in `{state}`: {error}") from error
    _show(snapshot, chosen, len(subjects), measured, as_json=as_json)


def _action(snapshot: Snapshot, action: str) -> str:
    known = [each.id for each in snapshot.catalogue.actions]
    if action and action not in known:
        raise AskedWronglyError(f"unknown action `{action}`: see `xingate catalogue show`")
    return action or known[0]


def _subjects(snapshot: Snapshot) -> list[tuple[SubjectKind, str]]:
    """Kinds and codes. Keys are hashes, so that those that come first are a random sample."""
    found: dict[str, SubjectKind] = {}
    for _key, file in islice(snapshot.keys(), _LOOKED_AT):
        for profile in file.profiles:
            if profile.uscc and class_of(profile.kind) is SubjectClass.ORGANISATION:
                found[profile.uscc] = profile.kind
        if len(found) >= _SUBJECTS_AT_MOST:
            break
    return [(kind, code) for code, kind in found.items()]


def _measure(state: Path, questions: Sequence[Command], callers: int, seconds: float) -> _Measured:
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir=state))
    try:
        log = SqliteLog(folder)
        try:
            took, spent = _run(_ask(Gateway(SnapshotSet(state), log), questions, callers, seconds))
            records = log.size()
        finally:
            log.close()
        size = sum(file.stat().st_size for file in folder.iterdir())
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if records != len(took) + 1:
        raise CommandError(f"{len(took) + 1} answers and {records} records: the figures do not count")
    cuts = statistics.quantiles(took, n=100, method="inclusive") if len(took) > 1 else took * 99
    return _Measured(callers, len(took) / spent, cuts[49] * 1000, cuts[98] * 1000, size / records)


def _run(asking: Coroutine[Any, Any, _T]) -> _T:
    """On the loop that the gateway runs on."""
    try:
        from uvloop import new_event_loop
    except ImportError:
        return asyncio.run(asking)
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        return runner.run(asking)


async def _ask(
    gateway: Gateway, questions: Sequence[Command], callers: int, seconds: float
) -> tuple[list[float], float]:
    """How long each check took, after a first one that opens everything, and how long all of them together."""
    await gateway.checker.check(questions[0])
    began = perf_counter()
    runs = [_caller(gateway, questions, first, began + seconds) for first in range(callers)]
    took = [each for one in await asyncio.gather(*runs) for each in one]
    return took, perf_counter() - began


async def _caller(gateway: Gateway, questions: Sequence[Command], first: int, until: float) -> list[float]:
    took: list[float] = []
    while not took or perf_counter() < until:
        began = perf_counter()
        await gateway.checker.check(questions[(first * 7919 + len(took)) % len(questions)])
        took.append(perf_counter() - began)
    return took


def _show(snapshot: Snapshot, action: str, subjects: int, measured: Sequence[_Measured], *, as_json: bool) -> None:
    info = snapshot.info
    if as_json:
        runs = [
            {
                "callers": each.callers,
                "checksPerSecond": round(each.rate, 1),
                "p50Ms": round(each.p50_ms, 3),
                "p99Ms": round(each.p99_ms, 3),
                "logBytesPerCheck": round(each.bytes_per_record),
            }
            for each in measured
        ]
        print_object({"sequence": info.sequence, "subjects": info.subjects, "action": action, "runs": runs})
        return
    title = f"snapshot {info.sequence}, {info.subjects:,} subjects; {action} about {subjects:,} of them"
    table = Table(title=title, title_justify="left")
    for column in ("callers at once", "checks a second", "p50", "p99", "log per check"):
        table.add_column(column, justify="right")
    for each in measured:
        cells = (f"{each.rate:,.0f}", f"{each.p50_ms:.2f} ms", f"{each.p99_ms:.2f} ms")
        table.add_row(str(each.callers), *cells, f"{each.bytes_per_record:,.0f} bytes")
    console().print(table)
