"""kill -9 around the log in PostgreSQL: of who appends, of one session, of the whole server.

What was answered is there, once, at the index that was told, without a gap. A kill tells nothing about power loss:
what the disk does with an fsync is its own matter. Clause 5 (leave a trace).
"""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from benchmarks.throwaway_postgres import NoPostgresError, ThrowawayPostgres, throwaway_postgres

from xingate.merkle import Frontier, leaf_hash
from xingate_server.trace.postgres import PostgresLog

Sql = Callable[..., list[list[tuple[Any, ...]]]]

_APPENDER = Path(__file__).with_name("trace_appender.py")
_SESSIONS = "SELECT pid FROM pg_stat_activity WHERE application_name = 'xingate'"
_END_S = 120


@pytest.fixture(scope="module")
def server() -> Iterator[ThrowawayPostgres]:
    with contextlib.ExitStack() as stack:
        try:
            made = stack.enter_context(throwaway_postgres())
        except NoPostgresError as error:
            pytest.skip(f"no PostgreSQL can be started here: {error}")
        yield made


@pytest.fixture
def dsn(server: ThrowawayPostgres, sql: Sql) -> str:
    """A database without a log in it."""
    sql(server.dsn(), "DROP SCHEMA IF EXISTS xingate CASCADE")
    return server.dsn()


def start(dsn: str, prefix: str, callers: int = 16, limit: int = 0) -> "subprocess.Popen[str]":
    command = [sys.executable, str(_APPENDER), dsn, prefix, str(callers)]
    return subprocess.Popen(
        command + ([str(limit)] if limit else []), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def answered(output: str) -> dict[str, int]:
    """Request ids and leaf indexes of the complete lines."""
    lines = [line.split() for line in output.splitlines(keepends=True) if line.endswith("\n")]
    return {request_id: int(leaf_index) for request_id, leaf_index in lines}


def killed(dsn: str, prefix: str, after_s: float) -> dict[str, int]:
    """What an appender was answered until it was killed."""
    process = start(dsn, prefix)
    try:
        assert process.stdout is not None
        first = process.stdout.readline()
        time.sleep(after_s)
    finally:
        process.send_signal(signal.SIGKILL)
        output, complaint = process.communicate(timeout=_END_S)
    assert first, complaint
    return answered(first + output)


def check_log(dsn: str, told: dict[str, int]) -> None:
    """No answered lookup is missing, none is there twice, and the tree ends with the last leaf."""
    with contextlib.closing(PostgresLog(dsn)) as log:
        frontier = Frontier()
        found: dict[str, int] = {}
        for number, leaf in enumerate(log.read()):
            assert leaf.leaf_index == number, "the log has a gap"
            assert leaf.request_id not in found, "a request id has two leaves"
            assert leaf.leaf == leaf.request_id.encode() * 20
            found[leaf.request_id] = number
            frontier.append(leaf_hash(leaf.leaf))
        missing = [request_id for request_id in told if request_id not in found]
        assert not missing, f"{len(missing)} answered lookups are not in the log"
        assert {request_id: found[request_id] for request_id in told} == told
        assert log.frontier() == frontier


def kill_appenders(dsn: str, times: int) -> int:
    """Kill one appender after the other over one log."""
    told: dict[str, int] = {}
    for number in range(times):
        told |= killed(dsn, f"run{number}", after_s=0.02 + 0.03 * (number % 5))
    check_log(dsn, told)
    return len(told)


def kill_sessions(server: ThrowawayPostgres, sql: Sql, times: int) -> int:
    """Kill sessions of a steady appender; each time the server ends all others too and recovers."""
    process = start(server.dsn(), "by-session")
    try:
        assert process.stdout is not None
        first = process.stdout.readline()
        done, until = 0, time.monotonic() + _END_S + times
        while done < times:
            assert time.monotonic() < until, f"only {done} sessions in {times} could be killed"
            time.sleep(0.05 + random.random() * 0.15)  # noqa: S311 - any moment will do
            pids = _sessions(server, sql)
            if pids:
                os.kill(pids[done % len(pids)], signal.SIGKILL)
                done += 1
        time.sleep(1)
    finally:
        process.send_signal(signal.SIGKILL)
        output, complaint = process.communicate(timeout=_END_S)
    told = answered(first + output)
    assert told, complaint
    check_log(server.dsn(), told)
    return len(told)


def _sessions(server: ThrowawayPostgres, sql: Sql) -> list[int]:
    """The sessions of appenders; none while the server recovers."""
    with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return [pid for (pid,) in sql(server.dsn(), _SESSIONS)[0]]
    return []


def kill_server(server: ThrowawayPostgres, times: int) -> int:
    """Kill the server and all its sessions at once, and start it again."""
    process = start(server.dsn(), "by-server")
    try:
        assert process.stdout is not None
        first = process.stdout.readline()
        for _ in range(times):
            time.sleep(0.05 + random.random() * 0.2)  # noqa: S311 - any moment will do
            server.kill()
            server.start()
        time.sleep(0.5)
    finally:
        process.send_signal(signal.SIGKILL)
        output, complaint = process.communicate(timeout=_END_S)
    told = answered(first + output)
    assert told, complaint
    check_log(server.dsn(), told)
    return len(told)


def test_kill_9_of_who_appends_loses_no_answered_lookup(dsn: str) -> None:
    assert kill_appenders(dsn, 6) > 50


def test_kill_9_of_a_session_loses_no_answered_lookup(server: ThrowawayPostgres, dsn: str, sql: Sql) -> None:
    assert dsn
    assert kill_sessions(server, sql, 6) > 50


def test_kill_9_of_the_server_loses_no_answered_lookup(server: ThrowawayPostgres, dsn: str) -> None:
    assert dsn
    assert kill_server(server, 3) > 50


def test_two_nodes_share_one_log_and_one_of_them_is_killed(dsn: str) -> None:
    steady = start(dsn, "steady", callers=8, limit=2000)
    told = killed(dsn, "killed", after_s=0.2)
    output, complaint = steady.communicate(timeout=_END_S)
    assert steady.returncode == 0, complaint
    of_steady = answered(output)
    assert len(of_steady) == 2000
    check_log(dsn, told | of_steady)


def test_two_nodes_ask_the_same_and_get_the_same_leaves(dsn: str) -> None:
    processes = [start(dsn, "same", callers=8, limit=500) for _ in range(2)]
    outputs = [process.communicate(timeout=_END_S) for process in processes]
    assert [process.returncode for process in processes] == [0, 0], outputs
    first, second = (answered(output) for output, _ in outputs)
    assert first == second
    assert len(first) == 500
    check_log(dsn, first)


@pytest.mark.soak
def test_kill_9_many_times(server: ThrowawayPostgres, dsn: str, sql: Sql) -> None:
    appended = kill_appenders(dsn, 2000)
    by_session = kill_sessions(server, sql, 6000)
    by_server = kill_server(server, 2000)
    print(f"10,000 kills, {appended} + {by_session} + {by_server} answered lookups, 0 missing")  # noqa: T201
