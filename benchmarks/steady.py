"""Latency second by second while something happens: a snapshot is swapped, lists are compiled, too much is asked.

    python -m benchmarks.steady swap|compile|overload [--subjects N] [--rate R] [--workers W] [--nice N]

Load is open-loop (h2load at a fixed rate over gRPC), its own log gives every latency; answers are counted by the
gateway's own metrics, because h2load calls a refusal over gRPC a success. Not part of `make bench`: figures are in
docs/performance.md.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from benchmarks.data import Data, prepare
from benchmarks.load import CHECK, grpc_frame, require
from benchmarks.rows import percentile
from benchmarks.servers import Server, gateway
from xingate.v1 import types_pb2, verification_pb2
from xingate_server.snapshot import folders
from xingate_server.wiring.compiling.compile import compile_from_options

_CONNECTIONS = 16
_STREAMS = 256  # per connection: 4096 calls are open before the tool has to wait
_SECONDS = 12
_AT_S = 6.0
_WARM_S = 2.0


class Second(NamedTuple):
    """What began in one second: how many, and their latencies in milliseconds."""

    count: int
    p50_ms: float
    p99_ms: float


class Run(NamedTuple):
    """Seconds since the first request, and the wall time of that one."""

    began: float
    seconds: list[Second]


def frame(data: Data, number: int = 0) -> bytes:
    """A question about a listed company, as h2load sends it."""
    subject = types_pb2.Subject(
        kind=types_pb2.SUBJECT_KIND_LEGAL_ENTITY, identifiers=[types_pb2.Identifier(value=data.hit(number))]
    )
    caller = types_pb2.Caller(system="steady")
    message = verification_pb2.CheckRequest(subject=subject, action="market.entry", caller=caller)
    return grpc_frame(message.SerializeToString())


def open_loop(port: int, body: bytes, rate: float, seconds: int) -> Run:
    """Ask at a fixed rate."""
    with tempfile.TemporaryDirectory(prefix="xingate-steady-") as folder:
        (Path(folder) / "body").write_bytes(body)
        log = Path(folder) / "log"
        command = [require("h2load"), "-c", str(_CONNECTIONS), "-m", str(_STREAMS), "-D", str(seconds)]
        command += ["--rps", str(rate / _CONNECTIONS), "-d", str(Path(folder) / "body"), "--log-file", str(log)]
        command += ["-H", "content-type: application/grpc", "-H", "te: trailers", f"http://127.0.0.1:{port}{CHECK}"]
        subprocess.run(command, check=True, capture_output=True, timeout=seconds + 60)
        lines = [line.split() for line in log.read_text(encoding="ascii").splitlines()]
    began = min(int(line[0]) for line in lines) / 1e6
    by_second: dict[int, list[float]] = {}
    for start, _, took in lines:
        by_second.setdefault(int(int(start) / 1e6 - began), []).append(int(took) / 1e3)
    return Run(began, [_second(sorted(by_second.get(second, []))) for second in range(seconds)])


def _second(took_ms: list[float]) -> Second:
    if not took_ms:
        return Second(0, 0.0, 0.0)
    return Second(len(took_ms), percentile(took_ms, 0.5), percentile(took_ms, 0.99))


def answered(server: Server) -> tuple[int, int]:
    """Answers and errors so far, by the gateway's metrics."""
    with urllib.request.urlopen(f"http://127.0.0.1:{server.http}/metrics") as response:
        text = response.read().decode()
    checks, errors = (
        sum(float(count) for count in re.findall(rf"^xingate_{name}_total\{{[^}}]*\}} (\S+)$", text, re.MULTILINE))
        for name in ("checks", "errors")
    )
    return int(checks), int(errors)


@contextmanager
def served(state: Path, workers: int) -> Iterator[Server]:
    """A gateway over `state`, warmed up."""
    with (
        tempfile.TemporaryDirectory(prefix="xingate-steady-") as folder,
        gateway(state, Path(folder), "--workers", str(workers)) as server,
    ):
        yield server


def during(act: Callable[[], None], at_s: float) -> threading.Thread:
    """Do something `at_s` seconds from now."""
    thread = threading.Timer(at_s, act)
    thread.start()
    return thread


def swap(data: Data, state: Path, rate: float, workers: int) -> None:
    """The second in which `current` moves to a snapshot of the same size."""
    root = folders.snapshots_dir(state)
    for _ in range(2 - len(folders.sequences(root))):
        compile_from_options(data.options(state))
    first, second = folders.sequences(root)[-2:]
    point(root, first)
    with served(state, workers) as server:
        open_loop(server.grpc, frame(data), rate, int(_WARM_S))
        swapping = during(lambda: point(root, second), _AT_S)
        before = answered(server)
        run = open_loop(server.grpc, frame(data), rate, _SECONDS)
        swapping.join()
        after = answered(server)
    report(run, f"swap to a snapshot of {data.subjects} subjects after {_AT_S:.0f} s")
    sys.stdout.write(f"errors: {after[1] - before[1]}, answers: {after[0] - before[0]}\n")


def point(root: Path, sequence: int) -> None:
    """Move `current`, as a compile does at its end."""
    link = root / ".current-steady"
    link.unlink(missing_ok=True)
    link.symlink_to(str(sequence))
    link.replace(root / folders.CURRENT)


def beside_compile(data: Data, state: Path, rate: float, workers: int, niceness: int = 0) -> None:
    """A compile in another process, into the state that is served."""
    if not folders.sequences(folders.snapshots_dir(state)):
        compile_from_options(data.options(state))
    command = ["nice", "-n", str(niceness)]
    command += [sys.executable, "-m", "xingate_server.cli", "compile", "--state", str(state)]
    for kind, file in data.sources:
        command += ["--source", f"{kind}={file}@{time.strftime('%Y-%m-%d')}"]
    with served(state, workers) as server:
        open_loop(server.grpc, frame(data), rate, int(_WARM_S))
        compiling: list[subprocess.Popen[bytes]] = []
        start = during(lambda: compiling.append(subprocess.Popen(command, stdout=subprocess.DEVNULL)), _AT_S)
        run = open_loop(server.grpc, frame(data), rate, 2 * _SECONDS)
        start.join()
        ended_after_s = time.time() - run.began if compiling[0].poll() is not None else None
        compiling[0].wait()
    report(run, f"compile of {data.records} records from {_AT_S:.0f} s on (ended by the last second: {ended_after_s})")


def overload(data: Data, state: Path, _rate: float, workers: int) -> None:
    """The peak, and what is left of it at twice that rate."""
    if not folders.sequences(folders.snapshots_dir(state)):
        compile_from_options(data.options(state))
    with served(state, workers) as server:
        open_loop(server.grpc, frame(data), 2000, int(_WARM_S))
        peak = max(_rate_of(server, data, limit) for limit in (64, 64, 64))
        sys.stdout.write(f"peak with 64 in flight: {peak:.0f}/s\n")
        for times in (1.0, 2.0, 3.0):
            before, began = answered(server), time.perf_counter()
            run = open_loop(server.grpc, frame(data), times * peak, 8)
            took_s = time.perf_counter() - began
            after = answered(server)
            rate = (after[0] - before[0]) / took_s
            sys.stdout.write(
                f"{times:.0f} times: {rate:.0f} answers/s ({rate / peak:.2f} of the peak), "
                f"{(after[1] - before[1]) / took_s:.0f} refused/s by the gateway, "
                f"p99 {max(s.p99_ms for s in run.seconds[2:]):.0f} ms\n"
            )


def _rate_of(server: Server, data: Data, in_flight: int) -> float:
    with tempfile.TemporaryDirectory(prefix="xingate-steady-") as folder:
        (Path(folder) / "body").write_bytes(frame(data))
        command = [require("h2load"), "-c", "8", "-m", str(in_flight // 8), "-D", "4", "-d", str(Path(folder) / "body")]
        command += ["-H", "content-type: application/grpc", "-H", "te: trailers"]
        before = answered(server)
        subprocess.run([*command, f"http://127.0.0.1:{server.grpc}{CHECK}"], check=True, capture_output=True)
        return (answered(server)[0] - before[0]) / 4


def report(run: Run, what: str) -> None:
    """A line a second."""
    sys.stdout.write(f"{what}\n")
    for number, second in enumerate(run.seconds):
        sys.stdout.write(
            f"{number:>4} s  {second.count:>6}  p50 {second.p50_ms:7.2f} ms  p99 {second.p99_ms:7.2f} ms\n"
        )


def main() -> None:
    """Run one of them."""
    parser = argparse.ArgumentParser(prog="benchmarks.steady")
    parser.add_argument("what", choices=("swap", "compile", "overload"))
    parser.add_argument("--subjects", type=int, default=1_000_000)
    parser.add_argument("--rate", type=float, default=1000.0)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--state", type=Path, help="Keep the compiled state here, for the next run.")
    parser.add_argument("--nice", type=int, default=0, help="How far the compile gives way (compile only).")
    given = parser.parse_args()
    data = prepare(given.subjects)
    state = given.state or Path(tempfile.mkdtemp(prefix="xingate-steady-"))
    try:
        if given.what == "compile":
            beside_compile(data, state, given.rate, given.workers, given.nice)
        else:
            {"swap": swap, "overload": overload}[given.what](data, state, given.rate, given.workers)
    finally:
        if given.state is None:
            shutil.rmtree(state, ignore_errors=True)


if __name__ == "__main__":
    os.environ["XINGATE_LOG_LEVEL"] = "warning"
    main()
