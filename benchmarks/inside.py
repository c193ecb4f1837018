"""Within one process: look up, decide, check with a durable record; open a snapshot, start a gateway."""

import asyncio
import itertools
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import uvloop

from benchmarks.data import Data
from benchmarks.rows import RUNS, Row, in_turns, percentile
from benchmarks.servers import BenchError, cores, gateway, pinned
from benchmarks.wire import ACTION
from xingate_server.core.decide.decision import Question, Situation
from xingate_server.core.subject import EMPTY_FILE, SubjectClass, SubjectKind
from xingate_server.gateway.answer import Command
from xingate_server.gateway.gateway import Gateway
from xingate_server.snapshot.manifest import SUBJECT
from xingate_server.snapshot.store import Snapshot, SnapshotSet
from xingate_server.trace.sqlite.store import SqliteLog

CALLERS = 64
_KEYS = 20_000
_QUESTIONS = 400  # of each caller, made beforehand: four of them about a listed company
_SEED = 20171012
_NS_IN_US = 1000


def lookups(data: Data, state: Path) -> Iterator[Row]:
    """One subject by its key, decoded, beside a bare LMDB get of the same keys in the same order."""
    keys = _keys(data, state)
    snapshot = SnapshotSet(state).current()
    with _bare(snapshot) as get:
        pair = in_turns(lambda: _each(snapshot.get, keys), lambda: _each(get, keys))
    yield Row(
        id="lookup",
        what=f"look up one of {data.subjects:,} subjects and decode it",
        unit="us",
        ours=pair.ours,
        floor=pair.floor,
        floor_name="bare LMDB get",
        ratio=pair.ratio,
    )


def decisions(data: Data, state: Path) -> Iterator[Row]:
    """Look up and decide: p50 on random listed, clean and unknown subjects."""
    snapshot = SnapshotSet(state).current()
    names = {"hit": data.hit, "clean": data.clean, "miss": data.unknown}
    what = {"hit": "a listed one", "clean": "one that the register holds and no list", "miss": "an unknown one"}
    for name, code in names.items():
        medians = [_decide_p50(snapshot, code, run) for run in range(RUNS)]
        yield Row(
            id=f"decide-{name}",
            what=f"in process: look up and decide, {what[name]}, p50",
            unit="us",
            ours=statistics.median(medians),
        )


def checks(data: Data, state: Path, seconds: float = 1.0) -> Iterator[Row]:
    """`Gateway.check` with a durable record, in process, from 64 callers and from one."""
    for callers in (CALLERS, 1):
        rates, latencies = uvloop.run(_checks(data, state, callers, seconds))
        yield Row(
            id=f"check-{callers}",
            what=f"in process: check with a durable record, {callers} caller{'s' if callers > 1 else ''}",
            unit="/s",
            ours=statistics.median(rates),
            note=f"p99 {percentile(latencies, 0.99) * 1000:.2f} ms",
        )


def starts(state: Path, folder: Path) -> Iterator[Row]:
    """Open and verify a snapshot; from the start of the process to ready."""
    snapshots = SnapshotSet(state)
    current = state / "snapshots" / "current"
    path = current.resolve()
    with pinned(cores().server):
        seconds = [_timed(lambda: Snapshot.open(path, snapshots.keyer)) for _ in range(RUNS)]
    yield Row(id="open", what="open and verify the snapshot", unit="s", ours=statistics.median(seconds))
    ready = []
    for number in range(RUNS):
        with gateway(state, folder / f"start-{number}") as server:
            ready.append(server.ready_s)
            memory = server.rss_mb(), server.own_mb()
    yield Row(
        id="ready",
        what="process start to ready",
        unit="s",
        ours=statistics.median(ready),
        note=f"{memory[0]:,.0f} MB resident, {memory[1]:,.0f} MB of it its own",
    )


def command(data: Data, number: int) -> Command:
    """Question `number`; one in a hundred is about a listed company."""
    return Command(
        kind=SubjectKind.LEGAL_ENTITY,
        action=ACTION,
        identifiers=(("uscc", data.code(number, 1)),),
        system="bench",
        organisation="示例单位",
        matter="示例-0001",
    )


def _timed(action: Callable[[], object]) -> float:
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def _keys(data: Data, state: Path) -> list[bytes]:
    """Keys of random subjects, spread over the whole file."""
    keyer, chosen = SnapshotSet(state).keyer, random.Random(_SEED)  # noqa: S311 - a sample, no secret
    codes = [data.hit(n) if n % 10 == 0 else data.clean(n) for n in (chosen.randrange(10**9) for _ in range(_KEYS))]
    return [keyer.identifier(SubjectClass.ORGANISATION, "uscc", code) for code in codes]


@contextmanager
def _bare(snapshot: Snapshot) -> Iterator[Callable[[bytes], object]]:
    # LMDB forbids opening one file twice in a process, so it is the snapshot's own.
    environment = snapshot._environment  # noqa: SLF001
    with environment.begin(db=environment.open_db(SUBJECT, create=False)) as transaction:
        yield transaction.get


def _each(get: Callable[[bytes], object], keys: Sequence[bytes]) -> float:
    """Microseconds for one."""
    began = time.perf_counter()
    for key in keys:
        get(key)
    return (time.perf_counter() - began) / len(keys) * 1e6


def _decide_p50(snapshot: Snapshot, code: Callable[[int], str], run: int) -> float:
    chosen = random.Random(_SEED + run)  # noqa: S311 - a sample, no secret
    codes = [code(chosen.randrange(10**9)) for _ in range(2000)]
    keys = [snapshot.keyer.identifier(SubjectClass.ORGANISATION, "uscc", each) for each in codes]
    today = date.today()  # noqa: DTZ011 - of whatever day it is
    question = Question(action=ACTION, kind=SubjectKind.LEGAL_ENTITY, as_of=today)
    situation = Situation(sources=snapshot.sources, checked_on=today)
    decide, took = snapshot.decider.decide, []
    for key in keys:
        began = time.perf_counter_ns()
        decide(snapshot.get(key) or EMPTY_FILE, question, situation)
        took.append(time.perf_counter_ns() - began)
    return statistics.median(took) / _NS_IN_US


async def _checks(data: Data, state: Path, callers: int, seconds: float) -> tuple[list[float], list[float]]:
    rates: list[float] = []
    latencies: list[float] = []
    with tempfile.TemporaryDirectory(dir=state) as folder:
        log = SqliteLog(Path(folder))
        answering = Gateway(SnapshotSet(state), log)
        answered = 0
        for _ in range(RUNS):
            asked = [questions(data, n) for n in range(callers)]
            began = time.perf_counter()
            done = await asyncio.gather(*(caller(answering, each, began + seconds) for each in asked))
            took = [each for one in done for each in one]
            rates.append(len(took) / (time.perf_counter() - began))
            latencies += took
            answered += len(took)
        if log.size() != answered:
            raise BenchError(f"{answered:,} answers and {log.size():,} records: the figures do not count")
        log.close()
    return rates, latencies


def questions(data: Data, caller: int) -> list[Command]:
    """What one caller asks, in turn: others ask about other companies."""
    return [command(data, caller * 1_000_003 + number) for number in range(_QUESTIONS)]


async def caller(answering: Gateway, asked: Sequence[Command], until: float) -> list[float]:
    """Ask one question after the other, from the beginning again at the end; the seconds that each took."""
    took: list[float] = []
    coming = itertools.cycle(asked)
    while (began := time.perf_counter()) < until:
        await answering.checker.check(next(coming))
        took.append(time.perf_counter() - began)
    return took
