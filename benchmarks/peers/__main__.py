"""`make bench-peers`: the same questions to others, each beside a gateway of ours with the same lists.

Over HTTP with wrk, 32 in flight, one company in a hundred listed, one core for the server (for PostgreSQL and its own
server together) and the other for the load. First a sample of questions is put to both and must get the same
verdicts. Writes `results/peers.json` and the tables of the pages. Exit codes as `make bench`.
"""

import argparse
import asyncio
import contextlib
import json
import statistics
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg

from benchmarks import load, wire
from benchmarks.compile_once import compile_apart
from benchmarks.data import Data, cache, prepare
from benchmarks.peers import opa, plan, postgres_table
from benchmarks.results import PEERS, cells, results, save
from benchmarks.rows import RUNS, Row, Skipped, paired
from benchmarks.servers import BenchError, Server, cores, free_port, gateway, listening, peak_mb, pinned
from benchmarks.table import show, write_pages
from benchmarks.throwaway_postgres import NoPostgresError, throwaway_postgres
from benchmarks.trace_rows import Rows

SIZES = (100_000, 1_000_000)
_IN_FLIGHT, _HIT_PERCENT = 32, 1
_BODIES, _SAMPLE = 1000, 400
_STARTS = 3
_FAILED, _LEFT_OUT = 1, 4
_SHANGHAI = timezone(timedelta(hours=8))


class Ours(NamedTuple):
    """A gateway of ours over the lists of one size."""

    data: Data
    state: Path
    server: Server
    seconds: float


class Peer(NamedTuple):
    """Another server with the same lists."""

    name: str
    path: str
    server: Server


def main() -> int:
    """Measure and tell."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description="Measure others beside xingate.")
    parser.add_argument("--subjects", type=int, nargs="+", default=SIZES, metavar="N", help="default: %(default)s")
    parser.add_argument("--seconds", type=float, default=2.0, metavar="S", help="length of a run; default: %(default)s")
    options = parser.parse_args()
    found: list[Row | Skipped] = []
    with tempfile.TemporaryDirectory(prefix="peers-", dir=cache()) as folder:
        try:
            load.require("wrk")
            for subjects in options.subjects:
                for each in _measure(subjects, Path(folder) / str(subjects), options.seconds):
                    print("  ".join(filter(None, cells(each))) if isinstance(each, Row) else each.reason, flush=True)
                    found.append(each)
        except (BenchError, load.MissingToolError) as error:
            print(f"the run failed: {error}", file=sys.stderr)
            return _FAILED
    told = results("make bench-peers", max(options.subjects), RUNS, found)
    show(told)
    if tuple(options.subjects) == SIZES:
        save(told, PEERS)
        write_pages()
    return _LEFT_OUT if told.skipped else 0


def _measure(subjects: int, folder: Path, seconds: float) -> Iterator[Row | Skipped]:
    folder.mkdir(parents=True)
    data, state = prepare(subjects), folder / "state"
    compile_apart(subjects, state)
    ready = []
    for number in range(_STARTS - 1):
        with gateway(state, folder / f"start-{number}") as server:
            ready.append(server.ready_s)
    with gateway(state, folder / "gateway") as server:
        ours = Ours(data, state, server, seconds)
        ready.append(server.ready_s)
        yield from _opa(ours, folder, statistics.median(ready))
        yield from _postgres(ours, folder)
    yield from _dict(subjects, state)


def _ident(name: str, data: Data) -> str:
    """The rows of the largest size have the plain names, which the targets are of."""
    return name if data.subjects == SIZES[-1] else f"{name}-{data.subjects}"


def _opa(ours: Ours, folder: Path, our_start_s: float) -> Iterator[Row | Skipped]:
    data, name = ours.data, f"Open Policy Agent {opa.VERSION}"
    try:
        opa.program()
    except opa.NoOpaError as error:
        yield Skipped(("opa-rate", "opa-p99", "opa-memory", "opa-start"), str(error))
        return
    file = opa.write_data(data, folder)
    with contextlib.ExitStack() as stack:
        starts = []
        for number in range(_STARTS - 1):
            with opa.server(file, folder / f"opa-{number}") as server:
                starts.append(server.ready_s)
                _ask(server.http, opa.PATH, opa.body(data.hit(0), wire.ACTION, _today()))
        server = stack.enter_context(opa.server(file, folder / "opa"))
        starts.append(server.ready_s)
        peer = Peer(name, opa.PATH, server)
        same = _same_verdicts(ours, lambda code, action: _opa_verdict(peer, code, action))
        yield from _side_by_side(ours, peer, "opa", f"; the same verdict on all {same:,} questions of a sample")
        memory, start_s = server.rss_mb(), statistics.median(starts)
    our_memory = ours.server.rss_mb()
    yield Row(
        id=_ident("opa-memory", data),
        what=f"{data.subjects:,} subjects: resident memory after the load",
        unit="MB",
        ours=our_memory,
        floor=memory,
        floor_name=name,
        ratio=our_memory / memory,
        note=f"{ours.server.own_mb():,.0f} MB without pages of files",
    )
    yield Row(
        id=_ident("opa-start", data),
        what=f"{data.subjects:,} subjects: process start to ready",
        unit="s",
        ours=our_start_s,
        floor=start_s,
        floor_name=name,
        ratio=our_start_s / start_s,
    )


def _postgres(ours: Ours, folder: Path) -> Iterator[Row | Skipped]:
    plan_file = folder / "plan.json"
    plan_file.write_text(json.dumps(plan.plan()), encoding="utf-8")
    try:
        with pinned(cores().server), throwaway_postgres() as database:
            asyncio.run(_fill(database.dsn(), ours.data))
            for is_recording in (False, True):
                port = free_port()
                words = ["record"] if is_recording else []
                command = [sys.executable, "-m", "benchmarks.peers.postgres_table", str(port), database.dsn()]
                command += [str(plan_file), *words]
                what = "PostgreSQL table" + (" and a row per lookup" if is_recording else ", nothing recorded")
                with listening(command, folder / f"table-{is_recording}", port) as server:
                    _same_verdicts(ours, lambda code, action, p=port: _table_verdict(p, code, action))  # type: ignore[misc]
                    name = "table-recording" if is_recording else "table"
                    yield from _side_by_side(ours, Peer(what, "/check", server), name, "")
    except NoPostgresError as error:
        yield Skipped(("table-rate", "table-p99", "table-recording-rate", "table-recording-p99"), str(error))


async def _fill(dsn: str, data: Data) -> None:
    connection = await asyncpg.connect(dsn)
    await connection.execute(postgres_table.TABLES)
    columns = ("list_type", "severity", "valid_from", "name", "authority", "document")
    rows = [(code, *(entry[column] for column in columns)) for code, entry in plan.entries(data)]
    await connection.copy_records_to_table("entries", records=rows, columns=["code", *columns])
    await connection.copy_records_to_table("register", records=list(plan.register(data)))
    await connection.execute(postgres_table.INDEXES)
    await connection.close()


def _dict(subjects: int, state: Path) -> Iterator[Row]:
    _, memory, printed = peak_mb([sys.executable, "-m", "benchmarks.peers.python_dict", str(subjects)])
    theirs = json.loads(printed)
    command = [sys.executable, "-m", "benchmarks.growth", "read", str(subjects), str(state)]
    _, our_memory, printed = peak_mb(command)
    ours = json.loads(printed)
    for name, what, unit, mine, other in (
        ("dict-start", "until it can be asked", "s", ours["open_s"], theirs["seconds"]),
        ("dict-memory", "peak memory, file pages included", "MB", our_memory, memory),
        ("dict-lookup", "one lookup, decoded", "us", ours["lookup_us"], theirs["lookup_us"]),
    ):
        yield Row(
            id=name if subjects == SIZES[-1] else f"{name}-{subjects}",
            what=f"{subjects:,} subjects in process: {what}",
            unit=unit,
            ours=mine,
            floor=other,
            floor_name="Python dict of the parsed lists",
            ratio=mine / other,
        )


def _side_by_side(ours: Ours, peer: Peer, name: str, note: str) -> Iterator[Row]:
    """Pairs of runs in turns: throughput and p99."""
    codes = [ours.data.code(number, _HIT_PERCENT) for number in range(_BODIES)]
    mine = [wire.json_body(code) for code in codes]
    theirs = [opa.body(code, wire.ACTION, _today()) for code in codes]
    runs: tuple[list[load.Load], list[load.Load]] = ([], [])
    with Rows(ours.state) as log:
        for number in range(RUNS):
            for is_ours in (True, False) if number % 2 == 0 else (False, True):
                if is_ours:
                    run = wire.http_load(ours.server, "/v1/check", mine, _IN_FLIGHT, ours.seconds)
                    log.expect(run.answers)
                else:
                    run = wire.http_load(peer.server, peer.path, theirs, _IN_FLIGHT, ours.seconds)
                runs[0 if is_ours else 1].append(run)
    of = f"{ours.data.subjects:,} subjects: HTTP, {_IN_FLIGHT} in flight"
    for ident, what, unit, field in ((f"{name}-rate", of, "/s", "rate"), (f"{name}-p99", f"{of}, p99", "ms", "p99_ms")):
        pair = paired(*([getattr(run, field) for run in each] for each in runs))
        yield Row(
            id=_ident(ident, ours.data),
            what=what,
            unit=unit,
            ours=pair.ours,
            floor=pair.floor,
            floor_name=peer.name + (note if field == "rate" else ""),
            ratio=pair.ratio,
        )


def _same_verdicts(ours: Ours, verdict: Callable[[str, str], str]) -> int:
    """How many questions both were asked. Raises BenchError where they differ."""
    data, asked = ours.data, 0
    for number in range(_SAMPLE):
        code = (data.hit, data.clean, data.unknown)[number % 3](number)
        for action in plan.ACTIONS:
            body = json.dumps(json.loads(wire.json_body(code)) | {"action": action})
            mine = _ask(ours.server.http, "/v1/check", body)["verdict"].removeprefix("VERDICT_")
            theirs = verdict(code, action)
            asked += 1
            if mine != theirs:
                raise BenchError(f"`{action}` about `{code}`: we say {mine}, the peer says {theirs}")
    return asked


def _opa_verdict(peer: Peer, code: str, action: str) -> str:
    return str(_ask(peer.server.http, peer.path, opa.body(code, action, _today()))["result"]["verdict"])


def _table_verdict(port: int, code: str, action: str) -> str:
    return str(_ask(port, "/check", opa.body(code, action, _today()))["verdict"])


def _ask(port: int, path: str, body: str) -> Any:
    asked = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}", body.encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(asked, timeout=20) as response:
        return json.loads(response.read())


def _today() -> str:
    return datetime.now(_SHANGHAI).date().isoformat()


if __name__ == "__main__":
    sys.exit(main())
