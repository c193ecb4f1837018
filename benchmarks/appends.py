"""Durable appends per second of each store, beside a bare batched insert into the same tables in the same run.

The floor is what the same library reaches with one multi-row insert per commit, one commit after the other, batches
as large as there are callers: the same rows and unique keys, but no callers to wake, no hashes, no tree, no lock.
Floor and log are measured in turns, so that a busy machine is busy for both.
"""

import asyncio
import itertools
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import asyncpg

from benchmarks.throwaway_postgres import NoPostgresError, throwaway_postgres
from xingate_server.trace._sqlite_file import make_schema, open_file
from xingate_server.trace.log import Draft, TraceLog
from xingate_server.trace.postgres import PostgresLog
from xingate_server.trace.sqlite import LOCK_WAIT_S, SqliteLog

CALLERS = (1, 64, 512)
RUNS = 7
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
Row = tuple[str, str, str, float]
Floor = Callable[[list[Draft]], Awaitable[None]]

_numbers = itertools.count()


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


def rows() -> list[Row]:
    """All stores that can be had here."""
    with tempfile.TemporaryDirectory(prefix="xingate-bench-") as folder:
        measured = asyncio.run(_sqlite(Path(folder)))
    try:
        with throwaway_postgres() as server:
            measured += asyncio.run(_postgres(server.dsn()))
    except NoPostgresError as error:
        print(f"no row for PostgreSQL: {error}", file=sys.stderr)
    return measured


async def _sqlite(folder: Path) -> list[Row]:
    log = SqliteLog(folder / "trace")
    connection = open_file(folder / "floor.sqlite", LOCK_WAIT_S)
    make_schema(connection, folder / "floor.sqlite")
    numbers = itertools.count()

    async def insert(drafts: list[Draft]) -> None:
        values: list[SqliteValue] = []
        for d in drafts:
            values += (next(numbers), d.kind, d.record_id, d.system, d.organisation, d.request_id, d.question_digest)
            values += (d.leaf, d.answer, d.time, HASH, d.topic, SEAL)
        connection.execute(_SQLITE_INSERT + ",".join((_SQLITE_ROW,) * len(drafts)), values)

    try:
        return [await _row("SQLite", log, insert, callers) for callers in CALLERS]
    finally:
        connection.close()
        log.close()


async def _postgres(dsn: str) -> list[Row]:
    log = PostgresLog(dsn)
    connection = await asyncpg.connect(dsn)
    await connection.execute(_POSTGRES_TABLES)
    numbers = itertools.count()

    async def insert(drafts: list[Draft]) -> None:
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
        return [await _row("PostgreSQL", log, insert, callers) for callers in CALLERS]
    finally:
        await connection.close()
        log.close()


async def _row(name: str, log: TraceLog, insert: Floor, callers: int) -> Row:
    ours, floor, ratios = [], [], []
    for _ in range(RUNS):
        floor.append(await _floor_rate(insert, callers))
        ours.append(await _rate(log, callers))
        ratios.append(ours[-1] / floor[-1])
    return (
        f"durable append, {name}, {callers} waiting",
        f"{statistics.median(ours):,.0f}/s",
        f"bare insert: {statistics.median(floor):,.0f}/s",
        statistics.median(ratios),
    )


async def _rate(log: TraceLog, callers: int) -> float:
    before, start = log.size(), time.perf_counter()
    until = start + SECONDS

    async def caller() -> int:
        done = 0
        while time.perf_counter() < until:
            await log.append(draft())
            done += 1
        return done

    appended = sum(await asyncio.gather(*(caller() for _ in range(callers))))
    spent = time.perf_counter() - start
    if log.size() - before != appended:
        raise SystemExit(f"{appended} appends, {log.size() - before} leaves: the figures do not count")
    return appended / spent


async def _floor_rate(insert: Floor, batch: int) -> float:
    inserted, start = 0, time.perf_counter()
    while time.perf_counter() < start + SECONDS:
        await insert([draft() for _ in range(batch)])
        inserted += batch
    return inserted / (time.perf_counter() - start)


if __name__ == "__main__":
    for row in rows():
        print("{:40} {:>12}  {:28} {:.3f}".format(*row))
