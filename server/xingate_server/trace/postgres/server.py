"""The PostgreSQL side of the log: connections with the settings that durability rests on, tables, monthly partitions.

Source: PostgreSQL's manual, chapters "Reliability and the Write-Ahead Log" and "Table Partitioning". Excluded: what is
written and read (`trace.postgres.store`). No error text made here contains the address, which may contain a password.
"""

import asyncio
import re
import secrets
from typing import TYPE_CHECKING, Final, TypeAlias

import asyncpg

from xingate.merkle import Frontier
from xingate_server.trace.origin import check_origin
from xingate_server.trace.port import NoLogError, RecordFailedError, StoreUnusableError

SCHEMA_VERSION: Final = 1
# What a session must show before anything is committed in it; SQL, so that each batch can ask again for nothing.
IS_DURABLE: Final = (
    "current_setting('fsync') = 'on' AND current_setting('full_page_writes') = 'on'"
    " AND current_setting('synchronous_commit') IN ('on', 'remote_apply')"
)
NO_LOG: Final = (
    "there is no log in the database: expected the schema `xingate`, which the first `xingate serve` or "
    "`xingate check` makes; name another database in `trace.dsn`"
)

_OLDEST_VERSION = 130000
_EXPECTED: Final = {
    "fsync": ("on",),
    "full_page_writes": ("on",),
    "synchronous_commit": ("on", "remote_apply"),
    "data_sync_retry": ("off",),  # on: a second fsync may call safe what the first one dropped
    "server_encoding": ("UTF8",),
}
_COMMAND_GRACE_S = 5.0
_CLOSE_S = 2.0
_MAKING = 0x78696E67  # the advisory lock under which tables and partitions are made
_MONTH = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])")

# All texts are compared as bytes: an index never depends on a collation that an operating system's update changes.
# `head` is the one lock: who holds its row knows where the tree ends. A unique key of a partitioned table would have
# to include the month, so the keys of all months stand in a table of their own. `frontier` is that of the tree after
# the last row of a batch. Few leaves have a topic, so its index is empty for the rest.
_SCHEMA = """
CREATE TABLE xingate.head (
    id smallint PRIMARY KEY CHECK (id = 1),
    schema_version integer NOT NULL,
    origin text NOT NULL,
    size bigint NOT NULL,
    frontier bytea NOT NULL
) WITH (fillfactor = 10);
CREATE TABLE xingate.keys (
    leaf_index bigint PRIMARY KEY,
    time text COLLATE "C" NOT NULL,
    record_id text COLLATE "C" NOT NULL UNIQUE,
    kind text COLLATE "C" NOT NULL,
    system text COLLATE "C" NOT NULL,
    organisation text COLLATE "C" NOT NULL,
    request_id text COLLATE "C" NOT NULL,
    frontier bytea,
    UNIQUE (kind, system, organisation, request_id)
);
CREATE TABLE xingate.leaves (
    leaf_index bigint NOT NULL,
    time text COLLATE "C" NOT NULL,
    record_id text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL,
    system text COLLATE "C" NOT NULL,
    organisation text COLLATE "C" NOT NULL,
    request_id text COLLATE "C" NOT NULL,
    question_digest bytea NOT NULL,
    leaf bytea NOT NULL,
    answer bytea NOT NULL,
    leaf_hash bytea NOT NULL,
    topic bytea NOT NULL,
    seal bytea NOT NULL,
    PRIMARY KEY (leaf_index, time)
) PARTITION BY RANGE (time);
CREATE INDEX leaves_by_topic ON xingate.leaves (topic, leaf_index) WHERE topic <> '';
"""
# Apart from the head, whose row every commit rewrites.
_SIGNER = """
CREATE TABLE xingate.signer (
    id smallint PRIMARY KEY CHECK (id = 1),
    verifier_key text NOT NULL
);
"""

# Derived from the leaves for searches (`trace.leaf.terms`). What is in it does not get smaller by compression.
_TERMS = """
CREATE TABLE xingate.terms (
    chunk bigint NOT NULL,
    first bigint NOT NULL,
    content bytea NOT NULL,
    PRIMARY KEY (chunk, first)
);
ALTER TABLE xingate.terms ALTER COLUMN content SET STORAGE EXTERNAL;
"""

if TYPE_CHECKING:
    Connection: TypeAlias = asyncpg.Connection[asyncpg.Record]
else:
    Connection = asyncpg.Connection  # takes no parameter at run time

LOST: Final = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, TimeoutError)
"""All that asyncpg raises when a server does not do what it was asked."""


def said(error: BaseException) -> str:
    """What an operator is told of an error: its first line, for further ones may hold the values of a row."""
    lines = str(error).splitlines()
    return lines[0] if lines else type(error).__name__


async def connect(dsn: str, lock_wait_s: float) -> Connection:
    """A connection whose commits are durable. Raises StoreUnusableError, or what asyncpg raises."""
    if not dsn:
        raise StoreUnusableError("the address of the PostgreSQL server is missing: set `trace.dsn`")
    wait_ms = str(max(round(lock_wait_s * 1000), 1))
    try:
        connection: Connection = await asyncpg.connect(
            dsn,
            timeout=lock_wait_s,
            command_timeout=lock_wait_s + _COMMAND_GRACE_S,
            server_settings={
                "application_name": "xingate",
                "default_transaction_isolation": "read committed",
                "lock_timeout": wait_ms,
                # A process that hangs with the lock in its hands is cut off, so that the others go on.
                "idle_in_transaction_session_timeout": wait_ms,
                "jit": "off",
                "work_mem": "64MB",  # a full batch stays in memory
            },
        )
    except ValueError:  # its text may hold a part of the address
        raise StoreUnusableError(
            "`trace.dsn` cannot be read: expected postgresql://user:password@host:port/database"
        ) from None
    try:
        await _need_durable(connection)
    except BaseException:
        connection.terminate()
        raise
    return connection


async def _need_durable(connection: Connection) -> None:
    version = await connection.fetchval("SELECT current_setting('server_version_num')::integer")
    if version < _OLDEST_VERSION:
        raise StoreUnusableError(f"PostgreSQL {version // 10000} is too old for the log: 13 or later is needed")
    for name, expected in _EXPECTED.items():
        found = await connection.fetchval("SELECT current_setting($1)", name)
        if found not in expected:
            raise StoreUnusableError(
                f"the PostgreSQL server cannot be relied on: `{name}` is `{found}`, expected `{expected[0]}`; "
                "change it for the server, the database and the role, then start again"
            )
        if name == "synchronous_commit":
            # Kept for the session, whatever the server's configuration becomes.
            await connection.execute("SELECT set_config('synchronous_commit', $1, false)", found)


async def make_schema(connection: Connection, origin: str | None) -> str:
    """Make the tables on first use; the log's origin. Raises StoreUnusableError for a schema that is not ours."""
    if origin is not None:
        check_origin(origin)
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock($1)", _MAKING)
        if await connection.fetchval("SELECT to_regclass('xingate.head') IS NULL"):
            await _create(connection, origin or f"xingate.local/{secrets.token_hex(8)}")
        if await connection.fetchval("SELECT to_regclass('xingate.signer') IS NULL"):
            await connection.execute(_SIGNER)
        if await connection.fetchval("SELECT to_regclass('xingate.terms') IS NULL"):
            await connection.execute(_TERMS)
    return await _origin(connection, origin)


async def find_schema(connection: Connection, origin: str | None) -> str:
    """The origin of a log that is there, for which SELECT rights are enough. Raises as `make_schema`, and for none."""
    if await connection.fetchval("SELECT to_regclass('xingate.head') IS NULL"):
        raise NoLogError(NO_LOG)
    return await _origin(connection, origin)


async def settle_signer(connection: Connection, verifier_key: str) -> str:
    """The key under which checkpoints of this log are signed; on first use `verifier_key`."""
    await connection.execute(
        "INSERT INTO xingate.signer (id, verifier_key) VALUES (1, $1) ON CONFLICT (id) DO NOTHING", verifier_key
    )
    return str(await connection.fetchval("SELECT verifier_key FROM xingate.signer"))


async def _origin(connection: Connection, origin: str | None) -> str:
    head = await connection.fetchrow("SELECT schema_version, origin FROM xingate.head")
    if head is None or head["schema_version"] != SCHEMA_VERSION:
        found = "missing" if head is None else head["schema_version"]
        raise StoreUnusableError(
            f"the database's schema `xingate` has the version {found}, expected {SCHEMA_VERSION}: "
            "it was written by another release, use that one"
        )
    if origin is not None and origin != head["origin"]:
        raise StoreUnusableError(
            f"the log in the database has the origin `{head['origin']}`, not `{origin}`: an origin never changes; "
            "give that origin, or another database for a new log"
        )
    return str(head["origin"])


async def _create(connection: Connection, origin: str) -> None:
    if await connection.fetchval("SELECT to_regnamespace('xingate') IS NULL"):
        await connection.execute("CREATE SCHEMA xingate")
    elif await connection.fetchval("SELECT 1 FROM pg_class WHERE relnamespace = 'xingate'::regnamespace LIMIT 1"):
        raise StoreUnusableError("the database's schema `xingate` contains something other than a log")
    await connection.execute(_SCHEMA)
    await connection.execute(
        "INSERT INTO xingate.head (id, schema_version, origin, size, frontier) VALUES (1, $1, $2, 0, $3)",
        SCHEMA_VERSION,
        origin,
        Frontier().to_bytes(),
    )


def month_of(time: str) -> str:
    """`2026-05` of an RFC 3339 time in UTC. Raises RecordFailedError for what is none."""
    month = time[:7]
    if not _MONTH.fullmatch(month):
        raise RecordFailedError(f"the record could not be made durable: its time `{time}` is none")
    return month


async def make_month(connection: Connection, month: str) -> None:
    """Make the partition of a month where it is not there.

    It is made apart and then attached, which stops neither appends nor readers, and never inside a transaction that
    holds the head: an append locks the tables first and the head second.
    """
    name = f"leaves_{month.replace('-', '_')}"
    year, number = int(month[:4]), int(month[5:])
    following = f"{year + number // 12:04}-{number % 12 + 1:02}"
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock($1)", _MAKING)
        if await connection.fetchval(
            "SELECT 1 FROM pg_inherits WHERE inhparent = 'xingate.leaves'::regclass AND inhrelid = to_regclass($1)",
            f"xingate.{name}",
        ):
            return
        # Names and bounds are made of digits alone (`month_of`), and DDL takes no parameters.
        await connection.execute(f"CREATE TABLE xingate.{name} (LIKE xingate.leaves INCLUDING ALL)")
        await connection.execute(
            f"ALTER TABLE xingate.leaves ATTACH PARTITION xingate.{name} FOR VALUES FROM ('{month}') TO ('{following}')"
        )


async def drop(connection: Connection | None) -> None:
    """End a connection that is not to be trusted any more."""
    if connection is not None:
        connection.terminate()
        await asyncio.sleep(0)  # lets the transport close


async def part(connection: Connection | None) -> None:
    """Say good-bye to the server, or leave without."""
    if connection is not None:
        try:
            await connection.close(timeout=_CLOSE_S)
        except LOST:
            await drop(connection)
