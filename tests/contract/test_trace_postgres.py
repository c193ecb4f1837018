"""What only the PostgreSQL store of the log has to show: months, the one lock, settings, lost and doubtful commits."""

import contextlib
import itertools
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from benchmarks.throwaway_postgres import NoPostgresError, ThrowawayPostgres, throwaway_postgres
from click.testing import CliRunner
from tests.support import blocking

from xingate.merkle import Frontier, leaf_hash
from xingate_server.cli.trace.fsck import fsck_command
from xingate_server.settings import load
from xingate_server.trace.audit.fsck import fsck
from xingate_server.trace.port import (
    Draft,
    ReadFailedError,
    RecordFailedError,
    RequestIdReusedError,
    Stored,
    StoreUnusableError,
)
from xingate_server.trace.postgres import store
from xingate_server.trace.postgres.raw_rows import PostgresRows
from xingate_server.trace.postgres.store import PostgresLog
from xingate_server.wiring.open_log import open_log

Sql = Callable[..., list[list[tuple[Any, ...]]]]

_numbers = itertools.count()

MONTHS = (
    "SELECT relname::text FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid"
    " WHERE inhparent = 'xingate.leaves'::regclass ORDER BY 1"
)
OURS = "pid <> pg_backend_pid() AND application_name = 'xingate'"


def draft(request_id: str = "", digest: bytes = b"q", *, month: str = "2026-05", record_id: str = "") -> Draft:
    record_id = record_id or f"record-{next(_numbers)}"
    return Draft(
        kind="check",
        record_id=record_id,
        request_id=request_id or record_id,
        system="s",
        organisation="o",
        question_digest=digest,
        time=f"{month}-04T03:02:01.000000Z",
        leaf=b"leaf of " + record_id.encode(),
        answer=b"answer of " + record_id.encode(),
    )


@pytest.fixture
def log(postgres_dsn: str) -> Iterator[PostgresLog]:
    made = PostgresLog(postgres_dsn)
    yield made
    made.close()


@pytest.fixture(scope="module")
def spare_postgres() -> Iterator[ThrowawayPostgres]:
    with contextlib.ExitStack() as stack:
        try:
            server = stack.enter_context(throwaway_postgres())
        except NoPostgresError as error:
            pytest.skip(f"no PostgreSQL can be started here: {error}")
        yield server


@pytest.fixture
def own_postgres(spare_postgres: ThrowawayPostgres, sql: Sql) -> Iterator[ThrowawayPostgres]:
    """A server that the test may stop, kill and set up as it likes."""
    yield spare_postgres
    if not spare_postgres.sessions():
        spare_postgres.start()
    sql(spare_postgres.dsn(), "ALTER SYSTEM RESET ALL", "DROP SCHEMA IF EXISTS xingate CASCADE")
    spare_postgres.stop()
    spare_postgres.start()


class TestMonths:
    def test_each_month_has_its_partition(self, log: PostgresLog, postgres_dsn: str, sql: Sql) -> None:
        blocking.append_many(log, [draft(month=month) for month in ("2026-05", "2026-12", "2027-01")])
        names = [f"leaves_{month}" for month in ("2026_05", "2026_12", "2027_01")]
        assert sql(postgres_dsn, MONTHS) == [[(name,) for name in names]]
        assert sql(postgres_dsn, "SELECT count(*) FROM xingate.leaves_2026_12") == [[(1,)]]

    def test_a_request_id_is_one_leaf_over_all_months(self, log: PostgresLog) -> None:
        first = blocking.append(log, draft("r1", month="2026-05"))
        again = blocking.append(log, draft("r1", month="2026-06"))
        assert (again.is_replay, again.time, again.leaf_index) == (True, first.time, 0)
        with pytest.raises(RequestIdReusedError):
            blocking.append(log, draft("r1", b"another", month="2026-07"))
        assert log.size() == 1

    def test_the_database_itself_refuses_a_second_leaf(self, log: PostgresLog, postgres_dsn: str, sql: Sql) -> None:
        blocking.append(log, draft("r1"))
        copy = (
            "INSERT INTO xingate.keys SELECT {}, time, {}, kind, system, organisation, {}, frontier FROM xingate.keys"
        )
        for values in (("1", "'other'", "request_id"), ("1", "record_id", "'r2'"), ("0", "'other'", "'r2'")):
            with pytest.raises(asyncpg.UniqueViolationError):
                sql(postgres_dsn, copy.format(*values))

    def test_a_clock_set_back_keeps_the_order(self, log: PostgresLog) -> None:
        months = ["2026-06", "2026-05", "2026-06", "2026-04"]
        for month in months:
            blocking.append(log, draft(month=month))
        assert [one.time[:7] for one in log.read()] == months
        assert [one.leaf_index for one in log.list(9)] == [3, 2, 1, 0]
        frontier = Frontier()
        frontier.extend(leaf_hash(one.leaf) for one in log.read())
        assert log.frontier() == frontier

    def test_two_nodes_come_to_a_new_month_at_once(self, postgres_dsn: str, sql: Sql) -> None:
        logs = [PostgresLog(postgres_dsn) for _ in range(3)]
        with ThreadPoolExecutor(3) as pool:
            for month in ("2026-05", "2026-06", "2026-07"):
                list(pool.map(lambda one, month=month: blocking.append(one, draft(month=month)), logs))
        assert [one.leaf_index for one in logs[0].read()] == list(range(9))
        assert len(sql(postgres_dsn, MONTHS)[0]) == 3
        for one in logs:
            one.close()

    def test_an_open_reader_does_not_hold_up_a_new_month(self, log: PostgresLog, postgres_dsn: str, sql: Sql) -> None:
        blocking.append(log, draft())
        with ThreadPoolExecutor(1) as pool:
            backup = pool.submit(sql, postgres_dsn, "BEGIN", "SELECT * FROM xingate.leaves", "SELECT pg_sleep(1)")
            time.sleep(0.2)
            started = time.monotonic()
            blocking.append(log, draft(month="2026-06"))
            assert time.monotonic() - started < 0.7
            backup.result()

    def test_a_time_that_is_none_fails_its_record_alone(self, log: PostgresLog) -> None:
        bad, good = blocking.append_many(log, [draft(month="2026-13"), draft()])
        assert isinstance(bad, RecordFailedError)
        assert "its time `2026-13-04" in str(bad)
        assert isinstance(good, Stored)
        assert good.leaf_index == 0


class TestOneLock:
    def test_two_logs_leave_no_gap_and_no_twin(self, postgres_dsn: str) -> None:
        logs = [PostgresLog(postgres_dsn), PostgresLog(postgres_dsn)]

        def work(number: int) -> list[Stored]:
            return [blocking.append(logs[number % 2], draft(f"r{i}")) for i in range(100)]

        with ThreadPoolExecutor(8) as pool:
            got = [one for many in pool.map(work, range(8)) for one in many]
        assert logs[0].size() == logs[1].size() == 100
        assert {one.leaf_index for one in got} == set(range(100))
        assert sum(not one.is_replay for one in got) == 100
        assert len({(one.request_id, one.record_id) for one in got}) == 100
        frontier = Frontier()
        frontier.extend(leaf_hash(one.leaf) for one in logs[0].read())
        assert logs[0].frontier() == frontier
        for log in logs:
            log.close()

    def test_held_too_long_it_fails_the_record_and_nothing_else(self, postgres_dsn: str, sql: Sql) -> None:
        log = PostgresLog(postgres_dsn, lock_wait_s=0.1)
        with ThreadPoolExecutor(1) as pool:
            holder = pool.submit(
                sql, postgres_dsn, "BEGIN", "SELECT 1 FROM xingate.head FOR UPDATE", "SELECT pg_sleep(1)"
            )
            time.sleep(0.3)
            with pytest.raises(RecordFailedError, match="lock timeout"):
                blocking.append(log, draft("r1"))
            assert log.find("check", "s", "o", "r1") is None
            assert not log.is_writable()
            holder.result()
        assert log.is_writable()
        assert blocking.append(log, draft("r1")).leaf_index == 0
        log.close()

    def test_who_hangs_with_the_lock_in_its_hands_is_cut_off(
        self, postgres_dsn: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A process that was stopped (SIGSTOP, a suspended machine) between taking the lock and its commit."""
        hanging = PostgresLog(postgres_dsn, lock_wait_s=0.2)
        hanging._is_shared = True
        known = store._known

        async def hang(*arguments: Any) -> Any:
            time.sleep(0.5)  # noqa: ASYNC251 - the event loop hangs: that is the test
            return await known(*arguments)

        monkeypatch.setattr(store, "_known", hang)
        with PooledLog(postgres_dsn) as other, ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(blocking.append, hanging, draft("r1"))
            time.sleep(0.1)
            assert blocking.append(other, draft("r2")).leaf_index == 0
            with pytest.raises(RecordFailedError):
                waiting.result()
            monkeypatch.undo()
            assert blocking.append(hanging, draft("r1")).leaf_index == 1
        hanging.close()

    def test_a_record_id_twice_fails_that_record_alone(self, log: PostgresLog) -> None:
        first = draft("r1")
        blocking.append(log, first)
        twin, other = blocking.append_many(log, [draft("r2", record_id=first.record_id), draft("r3")])
        assert isinstance(twin, RecordFailedError)
        assert "record_id" in str(twin)
        assert isinstance(other, Stored)
        assert other.leaf_index == 1

    def test_a_text_that_cannot_be_stored_fails_its_record_alone(self, log: PostgresLog) -> None:
        bad, good = blocking.append_many(log, [draft("nul\0"), draft("good")])
        assert isinstance(bad, RecordFailedError)
        assert isinstance(good, Stored)
        assert log.find("check", "s", "o", "nul\0") is None


class PooledLog(PostgresLog):
    """A log as a context."""

    def __enter__(self) -> "PooledLog":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class TestDoubtfulCommit:
    """A commit whose answer was lost: settled by request id before anything is answered."""

    @pytest.mark.parametrize("error", [ConnectionResetError("lost"), TimeoutError(), asyncpg.QueryCanceledError("cut")])
    @pytest.mark.parametrize("is_shared", [False, True])
    def test_stored_it_is_answered_as_stored(
        self, log: PostgresLog, monkeypatch: pytest.MonkeyPatch, error: Exception, is_shared: bool
    ) -> None:
        append = log._append
        log._is_shared = is_shared

        async def stored_but_lost(drafts: Any) -> Any:
            monkeypatch.undo()
            await append(drafts)
            raise error

        monkeypatch.setattr(log, "_append", stored_but_lost)
        got = blocking.append(log, draft("r1"))
        assert (got.leaf_index, got.is_replay) == (0, False)
        assert blocking.append(log, draft("r1")).is_replay
        assert blocking.append(log, draft()).leaf_index == 1
        assert log.size() == 2

    def test_not_stored_it_is_done_over(self, log: PostgresLog, monkeypatch: pytest.MonkeyPatch) -> None:
        async def lost(_: Any) -> Any:
            monkeypatch.undo()
            raise ConnectionResetError

        monkeypatch.setattr(log, "_append", lost)
        assert blocking.append(log, draft("r1")).leaf_index == 0
        assert log.size() == 1

    def test_neither_answer_comes_and_nothing_is_promised(
        self, log: PostgresLog, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def lost(_: Any) -> Any:
            raise ConnectionResetError("gone again")

        monkeypatch.setattr(log, "_append", lost)
        with pytest.raises(RecordFailedError, match="could not be made durable: gone again"):
            blocking.append(log, draft("r1"))
        monkeypatch.undo()
        assert blocking.append(log, draft("r1")).leaf_index == 0

    def test_a_commit_that_fails_leaves_the_end_where_it_was(
        self, log: PostgresLog, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        insert = store._insert
        log._is_shared = True

        async def inserted_then_lost(connection: Any, *arguments: Any) -> Any:
            monkeypatch.undo()
            await insert(connection, *arguments)
            connection.terminate()
            raise ConnectionResetError

        monkeypatch.setattr(store, "_insert", inserted_then_lost)
        assert blocking.append(log, draft("r1")).leaf_index == 0
        assert [one.request_id for one in log.read()] == ["r1"]

    def test_ended_and_cancelled_sessions_lose_nothing(self, log: PostgresLog, postgres_dsn: str, sql: Sql) -> None:
        for function in ("pg_terminate_backend", "pg_cancel_backend"):
            blocking.append(log, draft(f"before-{function}"))
            sql(postgres_dsn, f"SELECT {function}(pid) FROM pg_stat_activity WHERE {OURS}")
            time.sleep(0.05)
            blocking.append(log, draft(f"after-{function}"))
            assert log.find("check", "s", "o", f"before-{function}") is not None
        assert [one.leaf_index for one in log.read()] == [0, 1, 2, 3]

    def test_ctrl_c_ends_the_wait_of_its_thread_and_nothing_else(
        self, log: PostgresLog, postgres_dsn: str, sql: Sql
    ) -> None:
        blocking.append(log, draft())
        with ThreadPoolExecutor(1) as pool:
            holder = pool.submit(
                sql, postgres_dsn, "BEGIN", "SELECT 1 FROM xingate.head FOR UPDATE", "SELECT pg_sleep(1)"
            )
            time.sleep(0.3)
            pressed = threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT))
            pressed.start()
            with pytest.raises(KeyboardInterrupt):
                blocking.append(log, draft("r1"))
            pressed.join()
            holder.result()
        assert blocking.append(log, draft("r2")).leaf_index in (1, 2)  # r1 was asked for: stored or not
        asked_again = blocking.append(log, draft("r1"))
        assert {asked_again.leaf_index, *(one.leaf_index for one in log.read())} == {0, 1, 2}

    def test_any_bug_fails_the_batch_and_leaves_nobody_waiting(
        self, log: PostgresLog, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def fail(_: Any) -> Any:
            raise KeyError("unforeseen")

        monkeypatch.setattr(log, "_append", fail)
        with pytest.raises(RecordFailedError, match="unforeseen"):
            blocking.append(log, draft())
        monkeypatch.undo()
        assert blocking.append(log, draft()).leaf_index == 0


class TestServer:
    def test_gone_it_fails_records_and_back_it_takes_them_again(self, own_postgres: ThrowawayPostgres) -> None:
        log = PostgresLog(own_postgres.dsn())
        blocking.append(log, draft("r1"))
        own_postgres.stop()
        started = time.monotonic()
        with pytest.raises(RecordFailedError, match="could not be made durable"):
            blocking.append(log, draft("r2"))
        with pytest.raises(ReadFailedError, match="cannot be read"):
            log.find("check", "s", "o", "r1")
        assert not log.is_writable()
        assert time.monotonic() - started < 2
        own_postgres.start()
        assert log.is_writable()
        assert blocking.append(log, draft("r2")).leaf_index == 1
        assert blocking.append(log, draft("r1")).is_replay
        log.close()

    def test_closing_without_a_server_ends(self, own_postgres: ThrowawayPostgres) -> None:
        log = PostgresLog(own_postgres.dsn())
        blocking.append(log, draft())
        own_postgres.stop()
        log.close()
        with pytest.raises(StoreUnusableError, match="the PostgreSQL server cannot be used"):
            PostgresLog(own_postgres.dsn())

    @pytest.mark.parametrize("name", ["fsync", "full_page_writes", "synchronous_commit"])
    def test_told_not_to_be_durable_it_is_refused(self, own_postgres: ThrowawayPostgres, name: str) -> None:
        log = PostgresLog(own_postgres.dsn())
        blocking.append(log, draft("r1"))
        own_postgres.stop()
        own_postgres.start(f"{name}=off")
        with pytest.raises(StoreUnusableError, match=f"`{name}` is `off`, expected `on`"):
            PostgresLog(own_postgres.dsn())
        with pytest.raises(RecordFailedError, match=f"`{name}` is `off`"):
            blocking.append(log, draft("r2"))
        own_postgres.stop()
        own_postgres.start()
        assert blocking.append(log, draft("r2")).leaf_index == 1
        log.close()

    @pytest.mark.parametrize("is_shared", [False, True])
    def test_told_so_while_it_runs_no_record_is_taken(
        self, own_postgres: ThrowawayPostgres, sql: Sql, is_shared: bool
    ) -> None:
        log = PostgresLog(own_postgres.dsn())
        blocking.append(log, draft("r1"))
        for value, expected in (("off", False), ("on", True)):
            sql(own_postgres.dsn(), f"ALTER SYSTEM SET fsync = {value}", "SELECT pg_reload_conf()")
            time.sleep(0.3)
            log._is_shared = is_shared
            if expected:
                assert blocking.append(log, draft("r2")).leaf_index == 1
            else:
                with pytest.raises(RecordFailedError, match="not to sync"):
                    blocking.append(log, draft("r2"))
        log.close()

    def test_what_the_session_was_given_stays_as_it_was_checked(
        self, own_postgres: ThrowawayPostgres, sql: Sql
    ) -> None:
        log = PostgresLog(own_postgres.dsn())
        blocking.append(log, draft("r1"))
        sql(own_postgres.dsn(), "ALTER SYSTEM SET synchronous_commit = off", "SELECT pg_reload_conf()")
        time.sleep(0.3)
        assert blocking.append(log, draft("r2")).leaf_index == 1
        assert log._reader.fetch("SHOW synchronous_commit")[0][0] == "on"
        log.close()


class TestDatabase:
    def test_it_is_there_again_after_closing(self, postgres_dsn: str) -> None:
        log = PostgresLog(postgres_dsn)
        first = blocking.append(log, draft("r1"))
        log.close()
        again = PostgresLog(postgres_dsn)
        assert again.find("check", "s", "o", "r1") == first
        assert blocking.append(again, draft()).leaf_index == 1
        assert again.origin == log.origin
        again.close()

    def test_several_come_first(self, postgres_dsn: str) -> None:
        with ThreadPoolExecutor(6) as pool:
            logs = list(pool.map(lambda _: PostgresLog(postgres_dsn), range(6)))
        assert len({log.origin for log in logs}) == 1
        assert logs[0].origin.startswith("xingate.local/")
        for log in logs:
            log.close()

    def test_the_origin_is_kept(self, postgres_dsn: str) -> None:
        PostgresLog(postgres_dsn, origin="example.org/shiyan").close()
        with pytest.raises(StoreUnusableError, match=r"has the origin `example.org/shiyan`, not `other`"):
            PostgresLog(postgres_dsn, origin="other")
        with pytest.raises(StoreUnusableError, match="cannot be the origin"):
            PostgresLog(postgres_dsn, origin="two words")

    def test_anothers_schema_is_refused(self, postgres_dsn: str, sql: Sql) -> None:
        sql(postgres_dsn, "CREATE SCHEMA xingate", "CREATE TABLE xingate.mine (a integer)")
        with pytest.raises(StoreUnusableError, match="contains something other"):
            PostgresLog(postgres_dsn)

    def test_an_empty_schema_made_by_an_administrator_is_used(self, postgres_dsn: str, sql: Sql) -> None:
        sql(postgres_dsn, "CREATE SCHEMA xingate")
        with contextlib.closing(PostgresLog(postgres_dsn)) as log:
            assert log.size() == 0

    def test_another_release_is_refused(self, postgres_dsn: str, sql: Sql) -> None:
        PostgresLog(postgres_dsn).close()
        sql(postgres_dsn, "UPDATE xingate.head SET schema_version = 99")
        with pytest.raises(StoreUnusableError, match="the version 99, expected 1"):
            PostgresLog(postgres_dsn)

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ("UPDATE xingate.head SET size = 1", "is not at its last leaf"),
            ("DELETE FROM xingate.keys WHERE leaf_index = 1", "is not at its last leaf"),
        ],
    )
    def test_a_head_beside_the_leaves_is_refused(self, postgres_dsn: str, sql: Sql, change: str, said: str) -> None:
        log = PostgresLog(postgres_dsn)
        blocking.append_many(log, [draft(), draft()])
        log.close()
        sql(postgres_dsn, change)
        with pytest.raises(StoreUnusableError, match=said):
            PostgresLog(postgres_dsn)

    def test_a_log_that_became_shorter_is_not_continued(self, log: PostgresLog, postgres_dsn: str, sql: Sql) -> None:
        blocking.append_many(log, [draft(), draft()])
        frontier = Frontier()
        frontier.append(leaf_hash(log.list(1, 1)[0].leaf))
        for table in ("keys", "leaves"):
            sql(postgres_dsn, f"DELETE FROM xingate.{table} WHERE leaf_index = 1")  # a fixed name
        head = f"UPDATE xingate.head SET size = 1, frontier = '\\x{frontier.to_bytes().hex()}'"
        sql(postgres_dsn, head)
        with pytest.raises(RecordFailedError, match="has lost leaves: 1 are there, 2 were recorded"):
            blocking.append(log, draft())

    @pytest.mark.parametrize("column", ["leaf", "answer", "question_digest", "leaf_hash", "seal"])
    def test_an_altered_row_is_not_answered(self, log: PostgresLog, postgres_dsn: str, sql: Sql, column: str) -> None:
        blocking.append(log, draft("r1"))
        sql(postgres_dsn, f"UPDATE xingate.leaves SET {column} = set_byte({column}, 0, 255)")
        with pytest.raises(ReadFailedError, match="leaf 0 is damaged"):
            log.find("check", "s", "o", "r1")


class TestAddress:
    SECRET = "hush/hush@at"  # noqa: S105 - an invented one

    @pytest.mark.parametrize(
        "dsn",
        [
            f"postgresql://u:{SECRET}@127.0.0.1:1/d",
            f"mysql://u:{SECRET}@127.0.0.1:1/d",
            f"postgresql://u:{SECRET}@127.0.0.1:port/d",
            f"postgresql://u:{SECRET}@127.0.0.1:1/d?sslmode=none",
            "",
        ],
    )
    def test_its_secret_stands_in_no_error(self, dsn: str) -> None:
        with pytest.raises(StoreUnusableError) as caught:
            PostgresLog(dsn, lock_wait_s=0.2)
        assert "hush" not in f"{caught.value} {caught.value.__cause__}"

    def test_the_settings_choose_the_store_and_hide_the_address(self, postgres_dsn: str) -> None:
        settings = load(trace={"store": "postgres", "dsn": postgres_dsn, "origin": "example.org/log"})
        assert postgres_dsn not in f"{settings!r} {settings} {settings.model_dump_json()}"
        log = open_log(settings)
        assert isinstance(log, PostgresLog)
        assert log.origin == "example.org/log"
        log.close()

    def test_a_missing_address_is_asked_for(self) -> None:
        with pytest.raises(StoreUnusableError, match=r"set `trace\.dsn`"):
            open_log(load(trace={"store": "postgres"}))


class TestFsck:
    """`trace.audit.fsck` over PostgreSQL: a clean log is clean, and what is wrong is named with its index."""

    @pytest.fixture
    def filled(self, log: PostgresLog, postgres_dsn: str) -> PostgresRows:
        for count in (1, 5, 3, 1):
            blocking.append_many(log, [draft() for _ in range(count)])
        return PostgresRows(postgres_dsn)

    def test_a_clean_log(self, log: PostgresLog, filled: PostgresRows, tmp_path: Path) -> None:
        report = fsck(filled, tmp_path)
        assert (report.faults, report.leaves, report.root) == ([], 10, log.frontier().root())

    def test_an_empty_one(self, log: PostgresLog, postgres_dsn: str, tmp_path: Path) -> None:
        report = fsck(PostgresRows(postgres_dsn), tmp_path)
        assert (report.is_clean, report.root) == (True, log.frontier().root())

    @pytest.mark.parametrize(
        ("change", "first_bad"),
        [
            ("UPDATE xingate.leaves SET leaf = 'other' WHERE leaf_index = 4", 4),
            ("UPDATE xingate.leaves SET answer = 'other' WHERE leaf_index = 7", 7),
            ("DELETE FROM xingate.leaves WHERE leaf_index = 3", 3),
            ("DELETE FROM xingate.leaves WHERE leaf_index = 9", 9),
            ("DELETE FROM xingate.keys WHERE leaf_index = 2", 2),
            ("UPDATE xingate.keys SET request_id = 'other' WHERE leaf_index = 8", 8),
        ],
    )
    def test_damage_is_named(
        self, filled: PostgresRows, postgres_dsn: str, sql: Sql, tmp_path: Path, change: str, first_bad: int
    ) -> None:
        sql(postgres_dsn, change)
        assert fsck(filled, tmp_path).first_bad == first_bad

    def test_a_head_elsewhere(self, filled: PostgresRows, postgres_dsn: str, sql: Sql, tmp_path: Path) -> None:
        sql(postgres_dsn, "UPDATE xingate.head SET frontier = set_byte(frontier, 20, 0)")
        assert "the head at 10" in str(fsck(filled, tmp_path).faults)

    def test_by_command(
        self, filled: PostgresRows, postgres_dsn: str, sql: Sql, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("XINGATE_TRACE__STORE", "postgres")
        monkeypatch.setenv("XINGATE_TRACE__DSN", filled.dsn)
        arguments = ["--state", str(tmp_path)]
        clean = CliRunner().invoke(fsck_command, arguments, standalone_mode=False)
        assert (clean.return_value, "10 leaves" in clean.output) == (0, True)
        sql(postgres_dsn, "UPDATE xingate.leaves SET leaf = 'other' WHERE leaf_index = 4")
        damaged = CliRunner().invoke(fsck_command, arguments, standalone_mode=False)
        assert (damaged.return_value, "the first wrong leaf is 4" in damaged.output) == (1, True)

    def test_its_address_is_shown_nowhere(self) -> None:
        assert "hush" not in repr(PostgresRows("postgresql://u:hush@h/d"))
