"""`make bench`: compile, look up, decide and record on this machine, each beside a floor measured in the same run."""

import asyncio
import json
import os
import platform
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import apsw
import lmdb
from rich.console import Console
from rich.table import Table

from benchmarks import appends
from benchmarks.generated import SUBJECTS, city_list, known, unknown
from xingate_server.core.subject import SubjectKind
from xingate_server.gateway.answer import Answer, Command
from xingate_server.gateway.check import Gateway
from xingate_server.snapshot.store import Snapshot, SnapshotSet
from xingate_server.trace.checkpoints import Checkpointer
from xingate_server.trace.signing import settle_key
from xingate_server.trace.sqlite import SqliteLog
from xingate_server.wiring.compile import CompileOptions, GivenFile, compile_from_options

RUNS = 7
CALLERS = 64
ROUNDS = 20
LOOKUPS = 5_000
TODAY = date.today()  # noqa: DTZ011 (the lists of a benchmark are of whatever day it is)
RESULTS = Path(__file__).parent / "results" / "latest.json"

Row = tuple[str, str, str, float]


def main() -> None:
    """Measure, print the table, write `results/latest.json`."""
    with tempfile.TemporaryDirectory(prefix="xingate-bench-") as folder:
        state, file = Path(folder) / "state", Path(folder) / "city_list.csv"
        city_list(file)
        rows = [_compile(state, file), _open(state), *_lookups(state), *asyncio.run(_records(state)), *appends.rows()]
    _show(rows)


def _median_s(action: Callable[[], object], runs: int = RUNS) -> float:
    seconds = []
    for _ in range(runs):
        start = time.perf_counter()
        action()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def _compile(state: Path, file: Path) -> Row:
    floor = _median_s(lambda: sum(1 for _ in file.open(encoding="utf-8")))
    options = CompileOptions(state_dir=state, files=(GivenFile("city_list", file, TODAY),))
    start = time.perf_counter()
    compile_from_options(options)
    spent = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    ours = f"{SUBJECTS / spent:,.0f} records/s, peak {peak} MB"
    return (f"compile {SUBJECTS:,} records", ours, f"reading lines: {SUBJECTS / floor:,.0f}/s", floor / spent)


def _open(state: Path) -> Row:
    snapshots = SnapshotSet(state)
    folder = state / "snapshots" / "1"
    ours = _median_s(lambda: Snapshot.open(folder, snapshots.keyer))
    data = folder / "data.lmdb"
    floor = _median_s(data.read_bytes)
    return (
        "open and verify a snapshot",
        f"{ours * 1e3:.1f} ms",
        f"reading the file: {floor * 1e3:.1f} ms",
        floor / ours,
    )


def _lookups(state: Path) -> list[Row]:
    snapshots = SnapshotSet(state)
    folder = state / "snapshots" / "1"
    environment = lmdb.open(str(folder / "data.lmdb"), subdir=False, readonly=True, lock=False, max_dbs=8)
    database = environment.open_db(b"subject", create=False)
    with environment.begin(db=database) as transaction:
        keys = [bytes(key) for key, _ in zip(transaction.cursor().iternext(values=False), range(LOOKUPS), strict=False)]
        floor = _median_s(lambda: [transaction.get(key) for key in keys]) / len(keys)
    environment.close()
    snapshot = snapshots.current()
    ours = _median_s(lambda: [snapshot.get(key) for key in keys]) / len(keys)
    return [("look up one subject", f"{ours * 1e6:.2f} us", f"bare LMDB get: {floor * 1e6:.2f} us", floor / ours)]


def _command(number: int) -> Command:
    """One in ten asks about a listed company."""
    code = known(number) if number % 10 == 0 else unknown(number)
    return Command(
        kind=SubjectKind.LEGAL_ENTITY, action="tender.bid", identifiers=(("uscc", code),), system="bench", matter="M"
    )  # fmt: skip


async def _records(state: Path) -> list[Row]:
    rows = []
    for callers in (1, CALLERS):
        rate, answers = await _rate(state, callers)
        floor = _floor(state, callers, answers)
        rows.append(
            (
                f"check with a durable record, {callers} in flight",
                f"{rate:,.0f}/s",
                f"bare insert: {floor:,.0f}/s",
                rate / floor,
            )
        )
    return [*rows, await _signing(state)]


async def _signing(state: Path) -> Row:
    """What the signed checkpoints take from `Check`: the same load in turns with and without them."""
    pairs = [(await _rate(state, CALLERS), await _rate(state, CALLERS, is_signed=True)) for _ in range(RUNS)]
    plain, signed = (statistics.median(rate for rate, _ in rates) for rates in zip(*pairs, strict=True))
    what = f"check with tiles and signed checkpoints, {CALLERS} in flight"
    return (what, f"{signed:,.0f}/s", f"without: {plain:,.0f}/s", signed / plain)


async def _rate(state: Path, callers: int, *, is_signed: bool = False) -> tuple[float, int]:
    folder = Path(tempfile.mkdtemp(dir=state))
    log = SqliteLog(folder)
    signing = Checkpointer(log, settle_key(folder, log.origin), folder) if is_signed else None
    gateway = Gateway(SnapshotSet(state), log)
    rates, answered = [], 0

    async def caller(first: int) -> list[Answer]:
        return [await gateway.check(_command(first * ROUNDS + n)) for n in range(ROUNDS)]

    for _ in range(RUNS):
        start = time.perf_counter()
        answers = await asyncio.gather(*(caller(n) for n in range(callers)))
        rates.append(callers * ROUNDS / (time.perf_counter() - start))
        answered += sum(len(each) for each in answers)
    if log.size() != answered:
        raise SystemExit(f"{answered} answers, {log.size()} records: the figures do not count")
    if signing is not None:
        signing.close()
    log.close()
    return statistics.median(rates), answered


def _floor(state: Path, batch: int, rows: int) -> float:
    """Rows a second of a bare durable insert of the same batch size, with rows of about the same length."""
    connection = apsw.Connection(str(state / f"floor-{batch}.sqlite"))
    for statement in (
        "pragma journal_mode=wal",
        "pragma synchronous=full",
        "create table t(i integer primary key, a, b)",
    ):
        connection.execute(statement).fetchall()
    content = os.urandom(1500)
    start = time.perf_counter()
    for _ in range(max(rows // batch, 1)):
        with connection:
            connection.executemany("insert into t(a, b) values(?, ?)", [(content, content)] * batch)
    spent = time.perf_counter() - start
    connection.close()
    return max(rows // batch, 1) * batch / spent


def _show(rows: list[Row]) -> None:
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}, SQLite {apsw.sqlite_lib_version()}"
    table = Table(title=f"xingate, {SUBJECTS:,} subjects; {machine}", title_justify="left")
    for column in ("what", "xingate", "floor", "ratio"):
        table.add_column(column)
    for what, ours, floor, ratio in rows:
        table.add_row(what, ours, floor, f"{ratio:.3f}")
    Console(width=120 if not sys.stdout.isatty() else None).print(table)
    RESULTS.parent.mkdir(exist_ok=True)
    content = {
        "machine": machine,
        "subjects": SUBJECTS,
        "rows": [dict(zip(("what", "xingate", "floor", "ratio"), r, strict=True)) for r in rows],
    }
    RESULTS.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
