"""At a fixed rate: latency beside the floor, and what the swap of a snapshot does to it.

The rate is half of what the gateway answered with 64 in flight, so that queues come from stalls and not from load.
For the swap a second copy of the snapshot is made under another number, and `current` is moved between the two; each
time the whole file is read and verified again while the calls go on.
"""

import shutil
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from benchmarks import open_loop, wire
from benchmarks.rows import RUNS, Row, paired, percentile
from benchmarks.servers import BenchError
from benchmarks.trace_rows import Rows
from benchmarks.wire import Bench
from xingate_server.snapshot import folders
from xingate_server.snapshot.manifest import MANIFEST_FILE, encode_manifest, read_manifest

SHARES = (0.50, 0.99, 0.999)
_LOAD_SHARE = 0.5
_SWAP_EVERY_S = 3.0


def rows(bench: Bench, peak_rate: float) -> Iterator[Row]:
    """The open-loop run, then the swaps."""
    rate = float(int(peak_rate * _LOAD_SHARE))
    messages = [wire.request(bench.data.code(n, 1)).SerializeToString() for n in range(1000)]
    yield from _open_loop(bench, rate, messages)
    yield from _swaps(bench, rate, messages)


def _open_loop(bench: Bench, rate: float, messages: list[bytes]) -> Iterator[Row]:
    ours: list[list[float]] = []
    floor: list[list[float]] = []
    refused = calls = 0
    with wire.grpc_floor(bench, bench.data.clean(0), "open-loop") as noop, Rows(bench.state) as log:
        for number in range(RUNS):
            for is_ours in (True, False) if number % 2 == 0 else (False, True):
                port = bench.server.grpc if is_ours else noop.grpc
                sent = open_loop.finish(open_loop.start(port, rate, bench.seconds, messages))
                if is_ours:
                    log.expect(len(sent.answers))
                    refused, calls = refused + sent.errors, calls + sent.errors + len(sent.answers)
                elif sent.errors:
                    raise BenchError(f"{sent.errors:,} calls of the floor failed: the run does not count")
                (ours if is_ours else floor).append([percentile(sent.latencies(), share) for share in SHARES])
    for place, share in enumerate(SHARES):
        pair = paired([run[place] for run in ours], [run[place] for run in floor])
        name = f"p{share * 100:g}"
        yield Row(
            id=f"open-loop-{name}",
            what=f"gRPC Check, open loop at {rate:,.0f}/s, {name}",
            unit="ms",
            ours=pair.ours,
            floor=pair.floor,
            floor_name="no-op grpc.aio",
            ratio=pair.ratio,
            note=f"{refused:,} of {calls:,} calls refused" if refused else "",
        )


def _swaps(bench: Bench, rate: float, messages: list[bytes]) -> Iterator[Row]:
    folder = folders.snapshots_dir(bench.state)
    first = folders.current_sequence(folder)
    if first is None:
        raise BenchError("there is no snapshot to swap")
    other = _copy(folder, first)
    seconds = (RUNS + 1) * _SWAP_EVERY_S
    with Rows(bench.state) as log:
        sending = open_loop.start(bench.server.grpc, rate, seconds, messages)
        began = time.perf_counter()
        swaps = []
        for number in range(RUNS):
            time.sleep(max(0.0, began + (number + 1) * _SWAP_EVERY_S - time.perf_counter()))
            _point(folder, other if number % 2 == 0 else first)
            swaps.append(time.perf_counter() - began)
        sent = open_loop.finish(sending)
        log.expect(len(sent.answers))
    _point(folder, first)
    in_swap, quiet = _p99s(sent, swaps, seconds)
    pair = paired(in_swap, [statistics.median(quiet)] * len(in_swap))
    yield Row(
        id="swap-failed",
        what=f"swap under load: failed of {len(sent.answers) + sent.errors:,} calls, {len(swaps)} swaps",
        unit="calls",
        ours=float(sent.errors),
    )
    yield Row(
        id="swap-p99",
        what=f"swap under load at {rate:,.0f}/s: p99 in the worst second of a swap",
        unit="ms",
        ours=pair.ours,
        floor=pair.floor,
        floor_name="seconds without a swap",
        ratio=pair.ratio,
    )


def _p99s(sent: open_loop.Sent, swaps: list[float], seconds: float) -> tuple[list[float], list[float]]:
    """Of each swap the worse of the two seconds after it (the gateway looks once a second), and of the others."""
    in_swap = [
        max(percentile(sent.latencies(at + n, at + n + 1), 0.99) for n in (0, 1)) for at in swaps
    ]  # fmt: skip
    quiet = [percentile(sent.latencies(at - 1, at), 0.99) for at in (*swaps, seconds)]
    return in_swap, quiet


def _copy(folder: Path, sequence: int) -> int:
    other = folders.next_sequence(folder)
    shutil.copytree(folder / str(sequence), folder / str(other))
    manifest = msgspec.structs.replace(read_manifest(folder / str(sequence)), sequence=other)
    (folder / str(other) / MANIFEST_FILE).write_bytes(encode_manifest(manifest))
    return other


def _point(folder: Path, sequence: int) -> None:
    link = folder / ".current-bench"
    link.unlink(missing_ok=True)
    link.symlink_to(str(sequence))
    link.replace(folder / folders.CURRENT)
