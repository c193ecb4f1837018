"""`make bench`: every figure beside its floor, in one run on this machine. `--help` lists the options.

Prints each row when it is there, then the table; writes `results/latest.json`, `results/latest.svg` and the tables
of the pages. Exit codes: 0 all rows measured, 1 a run did not count (the reason is printed), 4 rows were left out
because a tool is missing. A target that is not met is no failure of the run.
"""

import argparse
import contextlib
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks import appends, inside, proof, swaps, wire
from benchmarks.chart import bars
from benchmarks.compile_once import compile_apart
from benchmarks.data import Data, cache, prepare
from benchmarks.results import LATEST, RESULTS, cells, results, save
from benchmarks.rows import RUNS, Row, Skipped
from benchmarks.servers import BenchError, cores, gateway, pinned
from benchmarks.table import show, write_pages

SUBJECTS = 1_000_000
GROUPS = ("compile", "inside", "start", "wire", "swaps", "appends")
_FAILED, _LEFT_OUT = 1, 4


def main() -> int:
    """Measure and tell."""
    options = _options()
    groups = options.only or GROUPS
    command = "make bench" if not sys.argv[1:] else f"python -m benchmarks {' '.join(sys.argv[1:])}"
    with tempfile.TemporaryDirectory(prefix="run-", dir=cache()) as folder:
        try:
            found = list(_told(_measure(Path(folder), options.subjects, options.seconds, groups)))
        except BenchError as error:
            print(f"the run failed: {error}", file=sys.stderr)
            return _FAILED
    told = results(command, options.subjects, RUNS, found)
    show(told)
    if not options.only and options.subjects == SUBJECTS:
        save(told, LATEST)
        title = f"{told.taken_at[:10]}, {told.machine}, {told.subjects:,} subjects, medians of {RUNS} paired runs"
        (RESULTS / "latest.svg").write_text(bars("xingate against its targets", title, told.rows), encoding="utf-8")
        write_pages()
    return _LEFT_OUT if told.skipped else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure xingate on this machine.")
    parser.add_argument("--subjects", type=int, default=SUBJECTS, metavar="N", help="how many; default: %(default)s")
    parser.add_argument("--seconds", type=float, default=2.0, metavar="S", help="length of a run; default: %(default)s")
    parser.add_argument("--only", nargs="+", choices=GROUPS, help="these groups alone; nothing is written then")
    return parser.parse_args()


def _told(found: Iterator[Row | Skipped]) -> Iterator[Row | Skipped]:
    for each in found:
        text = f"left out: {each.reason}" if isinstance(each, Skipped) else "  ".join(filter(None, cells(each)))
        print(text, flush=True)
        yield each


def _measure(folder: Path, subjects: int, seconds: float, groups: tuple[str, ...]) -> Iterator[Row | Skipped]:
    data, state = prepare(subjects), folder / "state"
    rate, peak, size = compile_apart(subjects, state)
    if "compile" in groups:
        note = f"peak memory {peak:,.0f} MB, {size / 1e6:,.0f} MB of data"
        yield Row(id="compile", what=f"compile {data.records:,} records", unit="/s", ours=rate, note=note)
    if "inside" in groups:
        yield from _inside(data, state)
    if "start" in groups:
        yield from inside.starts(state, folder)
    if "wire" in groups or "swaps" in groups:
        yield from _served(data, state, folder, seconds, groups)
    if "appends" in groups:
        yield from appends.rows()


def _inside(data: Data, state: Path) -> Iterator[Row]:
    with pinned(cores().server):
        yield from inside.lookups(data, state)
        yield from inside.decisions(data, state)
    yield from inside.checks(data, state)
    yield from proof.checks(data, state)


def _served(data: Data, state: Path, folder: Path, seconds: float, groups: tuple[str, ...]) -> Iterator[Row | Skipped]:
    with gateway(state, folder / "gateway") as server:
        bench = wire.Bench(data, state, folder, server, seconds)
        peak = 0.0
        for row in wire.rows(bench):
            if isinstance(row, Row) and row.id == "grpc-64":
                peak = row.ours
            yield row
        if "swaps" in groups:
            if not peak:
                yield Skipped(("open-loop", "swap-failed", "swap-p99"), "without h2load there is no rate to go by")
                return
            yield from swaps.rows(bench, peak)
    with contextlib.suppress(OSError):
        shutil.rmtree(folder / "gateway")


if __name__ == "__main__":
    sys.exit(main())
