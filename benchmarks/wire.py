"""gRPC and HTTP over loopback beside servers that do nothing: throughput and latency at 64, 8 and 1 in flight.

Every run is one of a pair with the floor, in turns, with the same pinning and answers of the same size. A run counts
only if it had no error and the log grew by exactly as many lookups as there were answers.
"""

import json
import sys
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from typing import NamedTuple

import grpc

from benchmarks.data import Data
from benchmarks.load import BATCH_CHECK, CHECK, FRAME_BYTES, Load, MissingToolError, h2load, require, wrk
from benchmarks.rows import RUNS, Row, Skipped, paired
from benchmarks.servers import BenchError, Server, free_port, listening
from benchmarks.trace_rows import Rows
from xingate.v1 import types_pb2 as t
from xingate.v1 import verification_pb2 as v

ACTION = "tender.bid"
BATCH = 100
BATCHES = 8  # in flight: together below the number of checks that a worker takes at once
HIT_RATES = (1, 10, 100)  # percent
_BODIES = 1000
_WARM = 300
_numbers = count()

Found = list[Row | Skipped]


class Bench(NamedTuple):
    """A running gateway with its data; `seconds` is how long one run lasts."""

    data: Data
    state: Path
    folder: Path
    server: Server
    seconds: float


def request(code: str) -> v.CheckRequest:
    """A question about a company; its request id is empty, so that no answer is a replay."""
    return v.CheckRequest(
        subject=t.Subject(
            kind=t.SUBJECT_KIND_LEGAL_ENTITY, identifiers=[t.Identifier(scheme="uscc", value=code)]
        ),
        action=ACTION,
        caller=t.Caller(system="bench", organisation="示例单位"),
        matter="示例-0001",
    )  # fmt: skip


def json_body(code: str) -> str:
    """The same question over HTTP, one line."""
    subject = {"kind": "SUBJECT_KIND_LEGAL_ENTITY", "identifiers": [{"scheme": "uscc", "value": code}]}
    caller = {"system": "bench", "organisation": "示例单位"}
    return json.dumps({"subject": subject, "action": ACTION, "caller": caller, "matter": "示例-0001"})


def rows(bench: Bench) -> Iterator[Row | Skipped]:
    """All of them, as they are measured."""
    yield from _with_tool("h2load", ("grpc-64", "grpc-64-p99", "grpc-8", "grpc-1", "batch-100"), bench, _grpc)
    yield from _with_tool("wrk", ("http-32", "http-1", "http-hits"), bench, _http)


def _with_tool(
    tool: str, ids: tuple[str, ...], bench: Bench, measure: Callable[[Bench], Iterator[Row]]
) -> Iterator[Row | Skipped]:
    try:
        require(tool)
    except MissingToolError as error:
        yield Skipped(ids, str(error))
        return
    yield from measure(bench)


def _grpc(bench: Bench) -> Iterator[Row]:
    with grpc_floor(bench, bench.data.clean(0), "clean") as floor:
        for in_flight in (64, 8, 1):
            ours, theirs = _grpc_runs(bench, floor, in_flight, bench.data.clean)
            yield _rate_row(f"grpc-{in_flight}", f"gRPC Check, {in_flight} in flight", ours, theirs, "no-op grpc.aio")
            yield _p99_row(f"grpc-{in_flight}-p99", f"gRPC Check, {in_flight} in flight, p99", ours, theirs)
            if in_flight == 64:
                single = [run.rate for run in ours]
    with grpc_floor(bench, bench.data.hit(0), "hit") as floor:
        ours, theirs = _grpc_runs(bench, floor, 64, bench.data.hit)
        yield _rate_row("grpc-64-hit", "gRPC Check, 64 in flight, all listed", ours, theirs, "no-op grpc.aio")
    yield _batch(bench, single)


def _grpc_runs(
    bench: Bench, floor: Server, in_flight: int, code: Callable[[int], str]
) -> tuple[list[Load], list[Load]]:
    """Pairs of runs of `bench.seconds` each; every run of ours asks about another subject."""
    with Rows(bench.state) as log:
        sizes = {}
        for server in (bench.server, floor):
            warm = h2load(server.grpc, CHECK, _message(code(0)), in_flight=in_flight, requests=_WARM * in_flight)
            sizes[server.grpc] = max(int(warm.rate * bench.seconds), in_flight)
            if server is bench.server:
                _judge(warm, log)

        def run(server: Server) -> Load:
            message = _message(code(next(_numbers)))
            return h2load(server.grpc, CHECK, message, in_flight=in_flight, requests=sizes[server.grpc])

        return _pairs(lambda: _judge(run(bench.server), log), lambda: _same_size(_judge(run(floor), None)))


def _same_size(load: Load) -> Load:
    """A floor's answers are all alike; a failed gRPC call has status 200 and no message, so they would not be."""
    if load.body_bytes % load.answers or load.body_bytes <= load.answers * FRAME_BYTES:
        raise BenchError(f"{load.answers:,} answers of the floor have {load.body_bytes:,} bytes: some calls failed")
    return load


def _batch(bench: Bench, single: Sequence[float]) -> Row:
    """A hundred questions a call, beside the single calls of this run with 64 in flight."""
    rates = []
    with Rows(bench.state) as log:
        calls = 0
        for number in range(RUNS + 1):
            codes = [bench.data.code(number * BATCH + n, 1) for n in range(BATCH)]
            message = v.BatchCheckRequest(requests=[request(code) for code in codes]).SerializeToString()
            load = h2load(bench.server.grpc, BATCH_CHECK, message, in_flight=BATCHES, requests=calls or 8 * BATCHES)
            _no_errors(load)
            log.expect(load.answers * BATCH)
            calls = calls or max(BATCHES, int(load.rate * bench.seconds))
            if number:
                rates.append(load.rate * BATCH)
    pair = paired(rates, single)
    return Row(
        id="batch-100",
        what=f"BatchCheck of {BATCH}, {BATCHES} in flight",
        unit="checks/s",
        ours=pair.ours,
        floor=pair.floor,
        floor_name="our single Check, 64 in flight",
        ratio=pair.ratio,
    )


def _http(bench: Bench) -> Iterator[Row]:
    with _http_floor(bench, bench.data.clean(0), "clean") as floor:
        for in_flight in (32, 1):
            ours, theirs = _http_runs(bench, floor, in_flight, 1)
            what = f"HTTP /v1/check, {in_flight} in flight"
            yield _rate_row(f"http-{in_flight}", what, ours, theirs, "no-op aiohttp")
            yield _p99_row(f"http-{in_flight}-p99", f"{what}, p99", ours, theirs)
        for percent in HIT_RATES[1:-1]:
            ours, theirs = _http_runs(bench, floor, 32, percent)
            what = f"HTTP /v1/check, 32 in flight, {percent} % listed"
            yield _rate_row(f"http-32-hit{percent}", what, ours, theirs, "no-op aiohttp")
    with _http_floor(bench, bench.data.hit(0), "hit") as floor:
        ours, theirs = _http_runs(bench, floor, 32, 100)
        what = "HTTP /v1/check, 32 in flight, all listed"
        yield _rate_row("http-32-hit100", what, ours, theirs, "no-op aiohttp")


def http_load(server: Server, path: str, bodies: Sequence[str], in_flight: int, seconds: float) -> Load:
    """A run without errors. Raises BenchError."""
    load = wrk(server.http, path, bodies, in_flight=in_flight, seconds=seconds)
    _no_errors(load)
    return load


def _http_runs(bench: Bench, floor: Server, in_flight: int, hit_percent: int) -> tuple[list[Load], list[Load]]:
    bodies = [json_body(bench.data.code(number, hit_percent)) for number in range(_BODIES)]
    with Rows(bench.state) as log:

        def run(server: Server) -> Load:
            return wrk(server.http, "/v1/check", bodies, in_flight=in_flight, seconds=bench.seconds)

        return _pairs(lambda: _judge(run(bench.server), log), lambda: _judge(run(floor), None))


def _pairs(ours: Callable[[], Load], floor: Callable[[], Load]) -> tuple[list[Load], list[Load]]:
    found: tuple[list[Load], list[Load]] = ([], [])
    for number in range(RUNS):
        for which in (0, 1) if number % 2 == 0 else (1, 0):
            found[which].append((ours, floor)[which]())
    return found


def _judge(load: Load, log: Rows | None) -> Load:
    _no_errors(load)
    if log is not None:
        log.expect(load.answers)
    return load


def _no_errors(load: Load) -> None:
    if load.errors:
        raise BenchError(f"{load.errors:,} errors beside {load.answers:,} answers: the run does not count")


def _rate_row(ident: str, what: str, ours: Sequence[Load], floor: Sequence[Load], name: str) -> Row:
    pair = paired([run.rate for run in ours], [run.rate for run in floor])
    return Row(id=ident, what=what, unit="/s", ours=pair.ours, floor=pair.floor, floor_name=name, ratio=pair.ratio)


def _p99_row(ident: str, what: str, ours: Sequence[Load], floor: Sequence[Load]) -> Row:
    pair = paired([run.p99_ms for run in ours], [run.p99_ms for run in floor])
    return Row(
        id=ident, what=what, unit="ms", ours=pair.ours, floor=pair.floor, floor_name="the same floor", ratio=pair.ratio
    )


def _message(code: str) -> bytes:
    return request(code).SerializeToString()


@contextmanager
def grpc_floor(bench: Bench, code: str, name: str) -> Iterator[Server]:
    """A server that gives our own answer to `code`, whatever is asked."""
    with grpc.insecure_channel(f"127.0.0.1:{bench.server.grpc}", [("grpc.enable_http_proxy", 0)]) as channel:
        answer: bytes = channel.unary_unary(CHECK, None, None)(_message(code), timeout=20)
    with _floor(bench, f"grpc-{name}", "benchmarks.floors.grpc_noop", answer) as server:
        yield server


@contextmanager
def _http_floor(bench: Bench, code: str, name: str) -> Iterator[Server]:
    asked = urllib.request.Request(
        f"http://127.0.0.1:{bench.server.http}/v1/check",
        json_body(code).encode(),
        {"Content-Type": "application/json"},
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(asked, timeout=20) as response:
        answer = response.read()
    with _floor(bench, f"http-{name}", "benchmarks.floors.http_noop", answer) as server:
        yield server


@contextmanager
def _floor(bench: Bench, name: str, module: str, answer: bytes) -> Iterator[Server]:
    with ExitStack() as stack:
        folder = bench.folder / name
        folder.mkdir(exist_ok=True)
        file = folder / "answer"
        file.write_bytes(answer)
        port = free_port()
        command = [sys.executable, "-m", module, str(port), str(file)]
        yield stack.enter_context(listening(command, folder, port))
