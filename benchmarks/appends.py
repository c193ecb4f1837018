"""Durable appends per second of each store, beside a bare batched insert into the same tables in the same run.

There are two floors, both with one multi-row insert per commit into the same rows and unique keys, without hashes,
tree, seals or a look at what is there. The stricter one inserts batch after batch in one thread, as large as there are
callers, and nobody waits for it. The other one is waited for as the log is: by as many callers, through the same group
commit. Process and event loop are set up as `xingate serve` does it; log and floor are measured in turns, so that a
busy machine is busy for both.
"""

import asyncio
import itertools
import os
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, cast

import asyncpg
from tests.support import blocking

from benchmarks.rows import Row, Skipped, in_turns
from benchmarks.throwaway_postgres import NoPostgresError, throwaway_postgres
from xingate_server.trace.group_commit import GroupCommit
from xingate_server.trace.port import Draft, Outcome, TraceLog
from xingate_server.trace.postgres.loop_thread import new_loop
from xingate_server.trace.postgres.store import PostgresLog
from xingate_server.trace.sqlite.file import make_schema, open_file
from xingate_server.trace.sqlite.store import LOCK_WAIT_S, SqliteLog
from xingate_server.trace.stored_rows import fresh
from xingate_server.wiring.processes.worker import collect_seldom

CALLERS = (1, 64, 512)
SECONDS = 0.5
LEAF, ANSWER = os.urandom(700), os.urandom(900)

HASH, SEAL = os.urandom(32), os.urandom(16)

_SQLITE_ROW = "(?,?,?,?,?,?,?,?,?,?,?,?,?)"
_SQLITE_INSERT = (
    "INSERT INTO leaves (leaf_index, kind, record_id, system, organisation, request_id, question_digest, leaf, answer,"
    " time, leaf_hash, topic, seal) VALUES "
)
_POSTGRES_TABLES = """
CREATE SCHEMA bare;
CREATE TABLE bare.keys (LIKE xingate.keys INCLUDING ALL);
CREATE TABLE bare.leaves (LIKE xingate.leaves INCLUDING ALL) PARTITION BY RANGE (time);
CREATE TABLE bare.leaves_2026_05 PARTITION OF bare.leaves FOR VALUES FROM ('2026-05') TO ('2026-06');
"""
_POSTGRES_INSERT = f"""
WITH keyed AS (
    INSERT INTO bare.keys (leaf_index, time, record_id, kind, system, organisation, request_id)
    SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[])
)
INSERT INTO bare.leaves (leaf_index, time, record_id, kind, system, organisation, request_id, question_digest, leaf,
    answer, leaf_hash, topic, seal)
SELECT *, '\\x{HASH.hex()}'::bytea, ''::bytea, '\\x{SEAL.hex()}'::bytea
FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bytea[],
    $9::bytea[], $10::bytea[])
"""  # noqa: S608 - fixed text

SqliteValue = str | bytes | int | float | None
T = TypeVar("T")

_numbers = itertools.count()


class Store(NamedTuple):
    """A log and a bare insert into the same tables, which ends once it is on the disk, and what runs it."""

    name: str
    log: TraceLog
    insert: Callable[[Sequence[Draft]], Coroutine[Any, Any, None]]
    run: Callable[[Coroutine[Any, Any, Any]], Any]


def draft() -> Draft:
    """An invented lookup of the usual size."""
    number = next(_numbers)
    return Draft(
        kind="check",
        record_id=f"01890a5d-ac96-774b-bcce-{number:012x}",
        request_id=f"01890a5d-ac96-774b-bccf-{number:012x}",
        system="bench",
        organisation="",
        question_digest=bytes(32),
        time="2026-05-04T03:02:01.000000Z",
        leaf=LEAF,
        answer=ANSWER,
    )


def rows() -> Iterator[Row | Skipped]:
    """All stores that can be had here, as they are measured."""
    collect_seldom()
    with tempfile.TemporaryDirectory(prefix="xingate-bench-") as folder, _sqlite(Path(folder)) as store:
        yield from _rows(store)
    try:
        with throwaway_postgres() as server, _postgres(server.dsn()) as store:
            yield from _rows(store)
    except NoPostgresError as error:
        yield Skipped(tuple(_id("PostgreSQL", callers) for callers in CALLERS), str(error))


@contextmanager
def _sqlite(folder: Path) -> Iterator[Store]:
    log = SqliteLog(folder / "trace")
    connection = open_file(folder / "floor.sqlite", LOCK_WAIT_S)
    make_schema(connection, folder / "floor.sqlite")
    numbers = itertools.count()

    async def insert(drafts: Sequence[Draft]) -> None:
        values: list[SqliteValue] = []
        for d in drafts:
            values += (next(numbers), d.kind, d.record_id, d.system, d.organisation, d.request_id, d.question_digest)
            values += (d.leaf, d.answer, d.time, HASH, d.topic, SEAL)
        connection.execute(_SQLITE_INSERT + ",".join((_SQLITE_ROW,) * len(drafts)), values)

    try:
        yield Store("SQLite", log, insert, _run_through)
    finally:
        connection.close()
        log.close()


@contextmanager
def _postgres(dsn: str) -> Iterator[Store]:
    log = PostgresLog(dsn)
    loop = new_loop()  # run by whichever thread inserts
    connection = loop.run_until_complete(asyncpg.connect(dsn))
    loop.run_until_complete(connection.execute(_POSTGRES_TABLES))
    numbers = itertools.count()

    async def insert(drafts: Sequence[Draft]) -> None:
        await connection.execute(
            _POSTGRES_INSERT,
            [next(numbers) for _ in drafts],
            [d.time for d in drafts],
            [d.record_id for d in drafts],
            [d.kind for d in drafts],
            [d.system for d in drafts],
            [d.organisation for d in drafts],
            [d.request_id for d in drafts],
            [d.question_digest for d in drafts],
            [d.leaf for d in drafts],
            [d.answer for d in drafts],
        )

    try:
        yield Store("PostgreSQL", log, insert, loop.run_until_complete)
    finally:
        loop.run_until_complete(connection.close())
        loop.close()
        log.close()


def _id(store: str, callers: int) -> str:
    return f"durable-append-{store}-{callers}-waiting"


def _rows(store: Store) -> Iterator[Row]:
    yield _row(store, "-thread", "1 thread waiting", partial(_thread_rate, store.log), partial(_bare_rate, store, 1))
    for callers in CALLERS:
        ours, bare = partial(_log_rate, store.log, callers), partial(_bare_rate, store, callers)
        yield _row(store, f"-{callers}-waiting", f"{callers} waiting", ours, bare)
        awaited = partial(_awaited_rate, store, callers)
        what = f"{callers} waiting, beside as many who wait for a bare insert"
        yield _row(store, f"-{callers}-waiting-both", what, ours, awaited)


def _row(store: Store, ident: str, what: str, ours: Callable[[], float], floor: Callable[[], float]) -> Row:
    found = in_turns(ours, floor)
    return Row(
        id=f"durable-append-{store.name}{ident}",
        what=f"durable append, {store.name}, {what}",
        unit="/s",
        ours=found.ours,
        floor=found.floor,
        floor_name="bare insert",
        ratio=found.ratio,
    )


def _bare_rate(store: Store, batch: int) -> float:
    async def insert() -> tuple[int, float]:
        inserted, start = 0, time.perf_counter()
        while time.perf_counter() < start + SECONDS:
            await store.insert([draft() for _ in range(batch)])
            inserted += batch
        return inserted, time.perf_counter() - start

    inserted, spent_s = store.run(insert())
    return float(inserted / spent_s)


def _thread_rate(log: TraceLog) -> float:
    with ThreadPoolExecutor(1) as pool:  # the main thread never commits by itself
        return pool.submit(_blocking_rate, log).result()


def _blocking_rate(log: TraceLog) -> float:
    appended, start = 0, time.perf_counter()
    while time.perf_counter() < start + SECONDS:
        blocking.append(log, draft())
        appended += 1
    return appended / (time.perf_counter() - start)


def _log_rate(log: TraceLog, callers: int) -> float:
    before = log.size()
    appended, spent_s = _run(_asked(log.append, callers))
    if log.size() - before != appended:
        raise SystemExit(f"{appended} appends, {log.size() - before} leaves: the figures do not count")
    return appended / spent_s


def _awaited_rate(store: Store, callers: int) -> float:
    """Of the bare insert, with the same callers and the same group commit."""

    def commit(drafts: Sequence[Draft]) -> Sequence[Outcome]:
        store.run(store.insert(drafts))
        return [fresh(each, 0) for each in drafts]

    group = GroupCommit(commit)

    async def append(each: Draft) -> Sequence[Outcome]:
        return await group.append((each,))

    try:
        appended, spent_s = _run(_asked(append, callers))
    finally:
        group.close()
    return appended / spent_s


async def _asked(append: Callable[[Draft], Coroutine[Any, Any, object]], callers: int) -> tuple[int, float]:
    """How many were appended by callers who ask again as soon as they are answered, and in how many seconds."""
    start = time.perf_counter()

    async def caller() -> int:
        done = 0
        while time.perf_counter() < start + SECONDS:
            await append(draft())
            done += 1
        return done

    appended = sum(await asyncio.gather(*(caller() for _ in range(callers))))
    return appended, time.perf_counter() - start


def _run_through(work: Coroutine[Any, Any, T]) -> T:
    """Run what never waits for anything, which takes no event loop."""
    try:
        work.send(None)
    except StopIteration as ended:
        return cast("T", ended.value)
    raise RuntimeError("it waits for something")


def _run(asked: Coroutine[Any, Any, tuple[int, float]]) -> tuple[int, float]:
    with asyncio.Runner(loop_factory=new_loop) as runner:
        return runner.run(asked)


if __name__ == "__main__":
    for row in rows():
        if isinstance(row, Skipped):
            print(f"left out: {row.reason}", file=sys.stderr)
        else:
            print(f"{row.what:80} {row.ours:9,.0f}/s  {row.floor_name}: {row.floor:9,.0f}/s  {row.ratio:.3f}")
