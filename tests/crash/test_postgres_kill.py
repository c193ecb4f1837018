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
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import asyncpg
import pytest
from benchmarks.throwaway_postgres import NoPostgresError, ThrowawayPostgres, throwaway_postgres
from tests.support.amounts import amount
from tests.support.waiting import wait_until

from xingate.merkle import Frontier, leaf_hash
from xingate_server.trace.postgres.store import PostgresLog

Sql = Callable[..., list[list[tuple[Any, ...]]]]
StartAppender = Callable[[str, str, int], Any]

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


class Appender:
    """An appender in a process of its own. What it was answered goes to a file, since a full pipe would stop it."""

    def __init__(self, dsn: str, prefix: str, callers: int = 16, limit: int = 0) -> None:
        self._out, self._err = (tempfile.TemporaryFile("w+") for _ in range(2))  # noqa: SIM115 - closed when it ended
        command = [sys.executable, str(_APPENDER), dsn, prefix, str(callers), *([str(limit)] if limit else [])]
        self._process = subprocess.Popen(command, stdout=self._out, stderr=self._err)

    def until_answered(self) -> None:
        """Return once it was answered something."""
        self.until_more_than(0)

    def answered_bytes(self) -> int:
        """How much it was answered so far."""
        return os.fstat(self._out.fileno()).st_size

    def until_more_than(self, size: int) -> None:
        """Return once it was answered more than that."""

        def is_more() -> bool:
            assert self._process.poll() is None, self._read(self._err)
            return self.answered_bytes() > size

        wait_until(is_more, _END_S, "the appender is answered")

    def kill(self) -> dict[str, int]:
        """End it as a power cut would: request ids and leaf indexes that it was answered."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(_END_S)
        return self._answered()

    def wait(self) -> dict[str, int]:
        """The same when it has ended by itself."""
        assert self._process.wait(_END_S) == 0, self._read(self._err)
        return self._answered()

    def _answered(self) -> dict[str, int]:
        with self._out, self._err:
            complete = self._read(self._out).rpartition("\n")[0].splitlines()
        return {request_id: int(leaf_index) for request_id, leaf_index in (line.split() for line in complete)}

    @staticmethod
    def _read(file: IO[str]) -> str:
        file.seek(0)
        return file.read()


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


def kill_appenders(start_appender: StartAppender, dsn: str, times: int) -> int:
    """Kill one appender after the other over one log."""
    told: dict[str, int] = {}
    for number in range(times):
        appender = start_appender(dsn, f"run{number}", 16)
        try:
            appender.until_answered()
            time.sleep(0.02 + 0.03 * (number % 5))
        finally:
            told |= appender.kill()
    check_log(dsn, told)
    return len(told)


def kill_sessions(server: ThrowawayPostgres, sql: Sql, times: int) -> int:
    """Kill sessions of a steady appender; each time the server ends all others too and recovers."""
    appender = Appender(server.dsn(), "by-session")
    try:
        appender.until_answered()
        done, until = 0, time.monotonic() + _END_S + times
        while done < times:
            assert time.monotonic() < until, f"only {done} sessions in {times} could be killed"
            time.sleep(0.05 + random.random() * 0.15)  # noqa: S311 - any moment will do
            pids = _sessions(server, sql)
            if pids:
                os.kill(pids[done % len(pids)], signal.SIGKILL)
                done += 1
        wait_until(lambda: _sessions(server, sql), _END_S, "the appender comes back")
        appender.until_more_than(appender.answered_bytes())
    finally:
        told = appender.kill()
    check_log(server.dsn(), told)
    return len(told)


def kill_server(server: ThrowawayPostgres, times: int) -> int:
    """Kill the server and all its sessions at once, and start it again."""
    appender = Appender(server.dsn(), "by-server")
    try:
        appender.until_answered()
        for _ in range(times):
            time.sleep(0.05 + random.random() * 0.2)  # noqa: S311 - any moment will do
            server.kill()
            server.start()
        appender.until_more_than(appender.answered_bytes())
    finally:
        told = appender.kill()
    check_log(server.dsn(), told)
    return len(told)


def _sessions(server: ThrowawayPostgres, sql: Sql) -> list[int]:
    """The sessions of appenders; none while the server recovers."""
    with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return [pid for (pid,) in sql(server.dsn(), _SESSIONS)[0]]
    return []


@pytest.mark.sampled
def test_kill_9_of_who_appends_loses_no_answered_lookup(start_appender: StartAppender, dsn: str) -> None:
    assert kill_appenders(start_appender, dsn, amount(100, 25)) > amount(1000, 250)


def test_kill_9_of_a_session_loses_no_answered_lookup(server: ThrowawayPostgres, dsn: str, sql: Sql) -> None:
    assert dsn
    assert kill_sessions(server, sql, 6) > 50


def test_kill_9_of_the_server_loses_no_answered_lookup(server: ThrowawayPostgres, dsn: str) -> None:
    assert dsn
    assert kill_server(server, 3) > 50


def test_two_nodes_share_one_log_and_one_of_them_is_killed(dsn: str) -> None:
    steady, other = Appender(dsn, "steady", callers=8, limit=2000), Appender(dsn, "killed")
    other.until_answered()
    time.sleep(0.2)
    told = other.kill()
    of_steady = steady.wait()
    assert len(of_steady) == 2000
    check_log(dsn, told | of_steady)


def test_two_nodes_ask_the_same_and_get_the_same_leaves(dsn: str) -> None:
    first, second = (each.wait() for each in [Appender(dsn, "same", callers=8, limit=500) for _ in range(2)])
    assert first == second
    assert len(first) == 500
    check_log(dsn, first)


@pytest.mark.soak
def test_kill_9_many_times(server: ThrowawayPostgres, start_appender: StartAppender, dsn: str, sql: Sql) -> None:
    appended = kill_appenders(start_appender, dsn, 2000)
    by_session = kill_sessions(server, sql, 6000)
    by_server = kill_server(server, 2000)
    print(f"10,000 kills, {appended} + {by_session} + {by_server} answered lookups, 0 missing")  # noqa: T201
