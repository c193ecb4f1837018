"""`make bench-growth`: lookups, compile, file and memory from 10,000 subjects up, in one run.

Each size is compiled and then read in processes of their own, so that memory is that size's alone. Writes
`results/growth.json` and `results/growth.svg`; `make bench-growth` then fills in docs/scaling.md. `GROWTH_MOST`
(10,000,000 unless set) is the largest size.
"""

import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import msgspec

from benchmarks import inside
from benchmarks.chart import Curve, curves
from benchmarks.compile_once import compile_apart
from benchmarks.data import Data, cache, prepare
from benchmarks.results import RESULTS, results
from benchmarks.rows import RUNS, TARGETS, Row
from benchmarks.servers import BenchError, cores, gateway, peak_mb, pinned
from xingate_server.gateway.gateway import Gateway
from xingate_server.snapshot.store import Snapshot, SnapshotSet
from xingate_server.trace.sqlite.store import SqliteLog
from xingate_server.trace.tree.checkpoints import Checkpointer
from xingate_server.trace.tree.signing import settle_key

GROWTH = RESULTS / "growth.json"
SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
_BIG, _BIG_RUNS = 1_000_000, 3
_RECORDS, _BATCH = 20_000, 100


class Size(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured at one size. `ready_own_mb` is a gateway's memory without pages of files."""

    subjects: int
    records: int
    compile_per_s: float
    compile_s: float
    compile_peak_mb: float
    data_bytes: int
    lookup_us: float
    open_s: float
    ready_s: float
    ready_mb: float
    ready_own_mb: float


class Growth(msgspec.Struct, frozen=True, kw_only=True):
    """All sizes of one run, and what one record in the log takes."""

    taken_at: str
    machine: str
    sizes: tuple[Size, ...]
    log_bytes_per_record: float
    leaf_bytes: float
    answer_bytes: float

    def at(self, subjects: int) -> Size | None:
        """The size of so many subjects, if it was measured."""
        return next((size for size in self.sizes if size.subjects == subjects), None)


def main() -> int:
    """Measure, tell, write."""
    most = int(os.environ.get("GROWTH_MOST") or SIZES[-1])
    sizes = []
    with tempfile.TemporaryDirectory(prefix="growth-", dir=cache()) as folder:
        try:
            for subjects in (size for size in SIZES if size <= most):
                found = _measure(subjects, Path(folder) / str(subjects))
                sizes.append(found)
                print(json.dumps(msgspec.to_builtins(found)), flush=True)
            record = asyncio.run(_record(Path(folder) / str(SIZES[0]) / "state"))
        except BenchError as error:
            print(f"the run failed: {error}", file=sys.stderr)
            return 1
    about = results("make bench-growth", sizes[-1].subjects, RUNS, ())
    growth = Growth(
        taken_at=about.taken_at,
        machine=about.machine,
        sizes=tuple(sizes),
        log_bytes_per_record=record[0],
        leaf_bytes=record[1],
        answer_bytes=record[2],
    )
    if len(sizes) > 1:
        RESULTS.mkdir(exist_ok=True)
        text = msgspec.json.format(msgspec.json.encode(growth), indent=1)
        GROWTH.write_bytes(text + b"\n")
        (RESULTS / "growth.svg").write_text(chart(growth), encoding="utf-8")
    return 0


def load() -> Growth | None:
    """The saved run; None where there is none."""
    return msgspec.json.decode(GROWTH.read_bytes(), type=Growth) if GROWTH.exists() else None


def rows(growth: Growth) -> tuple[Row, ...]:
    """What the largest size is judged by."""
    small, large = growth.sizes[0], growth.sizes[-1]
    return (
        Row(
            id="growth-lookup",
            what=f"look up one of {large.subjects:,} subjects",
            unit="us",
            ours=large.lookup_us,
            floor=small.lookup_us,
            floor_name=f"one of {small.subjects:,}",
            ratio=large.lookup_us / small.lookup_us,
        ),
        Row(
            id="growth-memory",
            what=f"compile {large.records:,} records: peak memory",
            unit="MB",
            ours=large.compile_peak_mb,
            note=f"{large.compile_per_s:,.0f} records/s",
        ),
    )


def chart(growth: Growth) -> str:
    """Everything over the number of subjects."""

    def curve(title: str, unit: str, field: str, scale: float = 1.0, limit: float | None = None) -> Curve:
        points = tuple((float(size.subjects), getattr(size, field) * scale) for size in growth.sizes)
        return Curve(title, unit, points, limit)

    drawn = (
        curve("look up one subject, decoded", "us", "lookup_us"),
        curve("compile", "records/s", "compile_per_s", limit=TARGETS["compile"].bound),
        curve("compile, peak memory", "MB", "compile_peak_mb", limit=TARGETS["growth-memory"].bound),
        curve("data file", "MB", "data_bytes", 1e-6),
        curve("open and verify", "s", "open_s"),
        curve("gateway's own memory when ready", "MB", "ready_own_mb"),
    )
    return curves("Growth with the number of subjects", f"{growth.taken_at[:10]}, {growth.machine}", drawn)


def _measure(subjects: int, folder: Path) -> Size:
    state = folder / "state"
    state.mkdir(parents=True)
    rate, peak, size = compile_apart(subjects, state)
    _, _, printed = peak_mb([sys.executable, "-m", "benchmarks.growth", "read", str(subjects), str(state)])
    read = json.loads(printed)
    with gateway(state, folder / "gateway") as server:
        ready_s, ready_mb, own_mb = server.ready_s, server.rss_mb(), server.own_mb()
    data = prepare(subjects)
    return Size(
        subjects=subjects,
        records=data.records,
        compile_per_s=rate,
        compile_s=data.records / rate,
        compile_peak_mb=peak,
        data_bytes=size,
        lookup_us=read["lookup_us"],
        open_s=read["open_s"],
        ready_s=ready_s,
        ready_mb=ready_mb,
        ready_own_mb=own_mb,
    )


def _read(data: Data, state: Path) -> dict[str, float]:
    """Opens and lookups, in a process of their own."""
    snapshots = SnapshotSet(state)
    path = (state / "snapshots" / "current").resolve()
    opens = []
    for _ in range(RUNS if data.subjects <= _BIG else _BIG_RUNS):
        began = time.perf_counter()
        Snapshot.open(path, snapshots.keyer)
        opens.append(time.perf_counter() - began)
    with pinned(cores().server):
        row = next(iter(inside.lookups(data, state)))
    return {"lookup_us": row.ours, "open_s": statistics.median(opens)}


async def _record(state: Path) -> tuple[float, float, float]:
    """Bytes on disk, of the leaf and of the kept answer, for one lookup, tiles and checkpoints included."""
    data, folder = prepare(SIZES[0]), state / "log"
    log = SqliteLog(folder)
    signing = Checkpointer(log, settle_key(folder, log.origin), folder)
    answering = Gateway(SnapshotSet(state), log)
    for first in range(0, _RECORDS, _BATCH):
        await answering.check_many([inside.command(data, number) for number in range(first, first + _BATCH)])
    stored = list(log.read())
    if len(stored) != _RECORDS:
        raise BenchError(f"{_RECORDS:,} answers and {len(stored):,} records: the figures do not count")
    signing.close()
    log.close()
    on_disk = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    leaves, answers = (sum(map(len, each)) for each in zip(*((s.leaf, s.answer) for s in stored), strict=True))
    return on_disk / _RECORDS, leaves / _RECORDS, answers / _RECORDS


if __name__ == "__main__":
    if sys.argv[1:2] == ["read"]:
        json.dump(_read(prepare(int(sys.argv[2])), Path(sys.argv[3])), sys.stdout)
    else:
        sys.exit(main())
