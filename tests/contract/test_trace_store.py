"""One behaviour suite for every store of the log, and what only the SQLite one has to show.

What only the PostgreSQL one has to show is in test_trace_postgres.
"""

import asyncio
import contextlib
import itertools
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import apsw
import pytest
from tests.support import blocking

from xingate.merkle import Frontier, leaf_hash
from xingate_server.trace.memory import MemoryLog
from xingate_server.trace.port import (
    Draft,
    LeafKind,
    ReadFailedError,
    RecordFailedError,
    RequestIdReusedError,
    StoreClosedError,
    Stored,
    StoreUnusableError,
    TraceLog,
)
from xingate_server.trace.postgres.store import PostgresLog
from xingate_server.trace.sqlite.file import refuse_faulty_library
from xingate_server.trace.sqlite.store import FILE, SqliteLog

_numbers = itertools.count()


def draft(
    request_id: str = "",
    digest: bytes = b"q",
    *,
    kind: LeafKind = "check",
    system: str = "s",
    organisation: str = "o",
    topic: bytes = b"",
) -> Draft:
    record_id = f"record-{next(_numbers)}"
    return Draft(
        kind=kind,
        record_id=record_id,
        request_id=request_id or record_id,
        system=system,
        organisation=organisation,
        question_digest=digest,
        time="2026-05-04T03:02:01.000000Z",
        leaf=b"leaf of " + record_id.encode(),
        answer=b"answer of " + record_id.encode(),
        topic=topic,
    )


@pytest.fixture(params=["sqlite", "postgres", "memory"])
def log(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[TraceLog]:
    made: TraceLog
    match request.param:
        case "sqlite":
            made = SqliteLog(tmp_path / "trace")
        case "postgres":
            made = PostgresLog(request.getfixturevalue("postgres_dsn"))
        case _:
            made = MemoryLog()
    yield made
    made.close()


@pytest.fixture
def sqlite_log(tmp_path: Path) -> Iterator[SqliteLog]:
    made = SqliteLog(tmp_path / "trace")
    yield made
    made.close()


def stored(outcome: object) -> Stored:
    assert isinstance(outcome, Stored)
    return outcome


class TestEveryStore:
    async def test_an_append_gives_the_exact_bytes_back(self, log: TraceLog) -> None:
        wanted = draft("r1")
        got = await log.append(wanted)
        assert (got.leaf_index, got.record_id, got.request_id) == (0, wanted.record_id, "r1")
        assert (got.leaf, got.answer, got.is_replay) == (wanted.leaf, wanted.answer, False)
        assert log.get(wanted.record_id) == got
        assert log.find("check", "s", "o", "r1") == got

    def test_threads_append_as_well(self, log: TraceLog) -> None:
        assert [blocking.append(log, draft()).leaf_index for _ in range(3)] == [0, 1, 2]

    async def test_leaves_are_counted_from_0_without_gaps(self, log: TraceLog) -> None:
        got = await asyncio.gather(*(log.append(draft()) for _ in range(200)))
        assert sorted(one.leaf_index for one in got) == list(range(200))
        assert log.size() == 200

    async def test_leaves_are_found_by_their_topic(self, log: TraceLog) -> None:
        first = await log.append(draft(topic=b"t" * 32))
        await log.append_many([draft(), draft(topic=b"u" * 32)])
        second = await log.append(draft(topic=b"t" * 32))
        assert log.by_topic(b"t" * 32, 10) == [second, first]
        assert log.by_topic(b"t" * 32, 1) == [second]
        assert log.by_topic(b"v" * 32, 10) == log.by_topic(b"", 10) == []

    async def test_the_same_question_again_gives_the_stored_leaf(self, log: TraceLog) -> None:
        first = await log.append(draft("r1"))
        again = await log.append(draft("r1"))
        assert again.is_replay
        assert (again.record_id, again.leaf, again.answer) == (first.record_id, first.leaf, first.answer)
        assert log.size() == 1

    async def test_another_question_under_the_same_id_is_refused(self, log: TraceLog) -> None:
        await log.append(draft("r1", b"q"))
        with pytest.raises(RequestIdReusedError, match="request id `r1`"):
            await log.append(draft("r1", b"another"))
        assert log.size() == 1

    @pytest.mark.parametrize("other", [{"system": "t"}, {"organisation": "p"}])
    async def test_request_ids_are_each_callers_own(self, log: TraceLog, other: dict[str, str]) -> None:
        await log.append(draft("r1", b"q"))
        assert not (await log.append(draft("r1", b"another", **other))).is_replay
        assert log.size() == 2

    async def test_a_batch_holds_replays_and_reused_ids(self, log: TraceLog) -> None:
        await log.append(draft("old", b"q"))
        outcomes = await log.append_many(
            [draft("a"), draft("a"), draft("a", b"x"), draft("old"), draft("old", b"x"), draft("b")]
        )
        a, again, reused, old, old_reused, b = outcomes
        assert stored(a).leaf_index == 1
        assert not stored(a).is_replay
        assert stored(again).is_replay
        assert stored(again).record_id == stored(a).record_id
        assert isinstance(reused, RequestIdReusedError)
        assert stored(old).is_replay
        assert stored(old).leaf_index == 0
        assert isinstance(old_reused, RequestIdReusedError)
        assert stored(b).leaf_index == 2
        assert log.size() == 3

    def test_a_batch_of_threads_and_an_empty_one(self, log: TraceLog) -> None:
        outcomes = blocking.append_many(log, [draft(), draft()])
        assert [stored(one).leaf_index for one in outcomes] == [0, 1]
        assert list(blocking.append_many(log, [])) == []

    async def test_an_empty_batch(self, log: TraceLog) -> None:
        assert list(await log.append_many([])) == []

    async def test_more_than_one_insert_can_hold(self, log: TraceLog) -> None:
        outcomes = await log.append_many([draft() for _ in range(5000)])
        assert [stored(one).leaf_index for one in outcomes] == list(range(5000))

    def test_what_is_not_there(self, log: TraceLog) -> None:
        assert log.get("nothing") is None
        assert log.find("check", "s", "o", "nothing") is None
        assert list(log.list(10)) == []
        assert log.size() == 0

    async def test_the_list_is_newest_first_and_pages(self, log: TraceLog) -> None:
        await log.append_many([draft() for _ in range(5)])
        assert [one.leaf_index for one in log.list(2)] == [4, 3]
        assert [one.leaf_index for one in log.list(2, 3)] == [2, 1]
        assert [one.leaf_index for one in log.list(9, 1)] == [0]
        assert list(log.list(9, 0)) == []
        assert [one.leaf_index for one in log.list(2, 2**64 - 1)] == [4, 3]

    async def test_kinds_of_leaves_have_request_ids_of_their_own(self, log: TraceLog) -> None:
        kinds: list[LeafKind] = ["check", "outcome", "denial", "act"]
        outcomes = await log.append_many([draft("r1", kind=kind) for kind in kinds])
        assert [stored(one).kind for one in outcomes] == kinds
        assert [stored(log.find(kind, "s", "o", "r1")).leaf_index for kind in kinds] == [0, 1, 2, 3]
        assert (await log.append(draft("r1", kind="outcome"))).leaf_index == 1

    async def test_reading_goes_oldest_first_over_any_range(self, log: TraceLog) -> None:
        assert list(log.read()) == []
        await log.append_many([draft() for _ in range(2500)])
        assert [one.leaf_index for one in log.read()] == list(range(2500))
        assert [one.leaf_index for one in log.read(2498, 10**30)] == [2498, 2499]
        assert [one.leaf_index for one in log.read(7, 9)] == [7, 8]
        assert list(log.read(9, 9)) == []
        assert next(log.read(3)) == log.list(1, 4)[0]

    async def test_every_leaf_has_its_hash_and_the_end_its_frontier(self, log: TraceLog) -> None:
        assert log.frontier().size == 0
        for count in (1, 2, 600, 1):
            await log.append_many([draft() for _ in range(count)])
            hashes = [leaf_hash(one.leaf) for one in log.read()]
            assert list(log.leaf_hashes()) == hashes
            assert list(log.leaf_hashes(1, 3)) == hashes[1:3]
            frontier = Frontier()
            for each in hashes:
                frontier.append(each)
            found = log.frontier()
            assert (found.size, found.root()) == (frontier.size, frontier.root())

    async def test_the_frontier_of_an_earlier_batch_is_there(self, log: TraceLog) -> None:
        for count in (1, 4):
            await log.append_many([draft() for _ in range(count)])
        first, last, none = log.frontier_at(1), log.frontier_at(5), log.frontier_at(0)
        assert first is not None
        assert (first.size, first.root()) == (1, leaf_hash(log.list(1, 1)[0].leaf))
        assert last == log.frontier()
        assert none == Frontier()
        assert log.frontier_at(6) is None
        assert log.frontier_at(2**64) is None

    async def test_a_frontier_given_out_is_the_callers_own(self, log: TraceLog) -> None:
        await log.append(draft())
        log.frontier().append(bytes(32))
        assert log.frontier().size == 1
        assert (await log.append(draft())).leaf_index == 1

    async def test_a_closed_log_says_so(self, log: TraceLog) -> None:
        log.close()
        log.close()
        uses: list[Callable[[], object]] = [
            lambda: blocking.append(log, draft()),
            lambda: blocking.append_many(log, [draft()]),
            lambda: log.find("check", "s", "o", "r"),
            lambda: log.get("r"),
            lambda: log.list(1),
            lambda: list(log.read()),
            lambda: list(log.leaf_hashes()),
            log.frontier,
            log.size,
        ]
        for use in uses:
            with pytest.raises(StoreClosedError, match="the log is closed"):
                use()
        with pytest.raises(StoreClosedError):
            await log.append(draft())


class TestSqliteFile:
    def test_it_is_there_again_after_closing(self, tmp_path: Path) -> None:
        log = SqliteLog(tmp_path)
        first = blocking.append(log, draft("r1"))
        log.close()
        again = SqliteLog(tmp_path)
        assert again.find("check", "s", "o", "r1") == first
        assert blocking.append(again, draft()).leaf_index == 1
        again.close()

    def test_settings_that_durability_rests_on(self, sqlite_log: SqliteLog) -> None:
        connection = sqlite_log._connection
        assert connection is not None
        assert connection.pragma("journal_mode") == "wal"
        assert connection.pragma("synchronous") == 2

    @pytest.mark.parametrize("version", ["3.7.0", "3.40.1", "3.51.2"])
    def test_faulty_libraries_are_refused(self, version: str) -> None:
        with pytest.raises(StoreUnusableError, match="WAL-reset fault"):
            refuse_faulty_library(version)

    @pytest.mark.parametrize("version", ["3.6.23", "3.51.3", "3.54.0", apsw.sqlite_lib_version()])
    def test_sound_libraries_are_not(self, version: str) -> None:
        assert refuse_faulty_library(version) is None  # type: ignore[func-returns-value]  # and it raises nothing

    def test_another_programs_file_is_refused(self, tmp_path: Path) -> None:
        connection = apsw.Connection(str(tmp_path / FILE))
        connection.execute("CREATE TABLE mine (a)")
        connection.close()
        with pytest.raises(StoreUnusableError, match="contains something other"):
            SqliteLog(tmp_path)

    def test_another_schema_is_refused(self, tmp_path: Path) -> None:
        SqliteLog(tmp_path).close()
        connection = apsw.Connection(str(tmp_path / FILE))
        connection.pragma("user_version", 99)
        connection.close()
        with pytest.raises(StoreUnusableError, match="schema version 99, expected 3"):
            SqliteLog(tmp_path)

    def test_bytes_that_are_no_database_are_refused(self, tmp_path: Path) -> None:
        (tmp_path / FILE).write_bytes(b"not a database, but long enough to be read as one" * 20)
        with pytest.raises(StoreUnusableError, match="cannot be opened"):
            SqliteLog(tmp_path)

    def test_a_directory_that_cannot_be_made(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        with pytest.raises(StoreUnusableError, match="cannot be made"):
            SqliteLog(tmp_path / "file" / "trace")

    @pytest.mark.parametrize(
        ("column", "content"),
        [("leaf", b"x"), ("answer", b"x"), ("question_digest", b"x"), ("time", "x"), ("system", "x"), ("kind", "act")],
    )
    def test_an_altered_row_is_not_given_out(self, tmp_path: Path, column: str, content: object) -> None:
        with contextlib.closing(SqliteLog(tmp_path)) as log:
            kept = blocking.append(log, draft())
            altered = blocking.append(log, draft())
            blocking.append(log, draft())
            _alter(tmp_path, f"UPDATE leaves SET {column} = ? WHERE leaf_index = 1", content)
            with pytest.raises(ReadFailedError, match="leaf 1 is damaged"):
                log.get(altered.record_id)
            with pytest.raises(ReadFailedError, match="leaf 1 is damaged"):
                list(log.read())
            assert log.get(kept.record_id) == kept
            assert blocking.append(log, draft()).leaf_index == 3

    @pytest.mark.parametrize("content", [None, b"", b"x" * 40, Frontier().to_bytes()])
    def test_a_damaged_frontier_is_refused_at_start(self, tmp_path: Path, content: bytes | None) -> None:
        with contextlib.closing(SqliteLog(tmp_path)) as log:
            blocking.append(log, draft())
        _alter(tmp_path, "UPDATE leaves SET frontier = ?", content)
        with pytest.raises(StoreUnusableError, match="is damaged"):
            SqliteLog(tmp_path)


def _alter(directory: Path, sql: str, content: object) -> None:
    connection = apsw.Connection(str(directory / FILE))
    connection.execute(sql, (content,))  # type: ignore[arg-type]  # whatever a column takes
    connection.close()


class TestOrigin:
    def test_made_once_and_kept(self, tmp_path: Path) -> None:
        first = SqliteLog(tmp_path)
        second = SqliteLog(tmp_path)
        assert first.origin == second.origin
        assert first.origin.startswith("xingate.local/")
        first.close()
        second.close()

    def test_given(self, tmp_path: Path) -> None:
        log = SqliteLog(tmp_path, origin="example.org/shiyan")
        assert log.origin == "example.org/shiyan"
        log.close()
        with pytest.raises(StoreUnusableError, match=r"has the origin `example.org/shiyan`, not `other`"):
            SqliteLog(tmp_path, origin="other")

    @pytest.mark.parametrize("origin", ["", "two words", "a+b", "line\n", "x" * 256])
    def test_malformed(self, tmp_path: Path, origin: str) -> None:
        with pytest.raises(StoreUnusableError, match="cannot be the origin"):
            SqliteLog(tmp_path, origin=origin)

    def test_damaged(self, tmp_path: Path) -> None:
        (tmp_path / "origin").write_text("")
        with pytest.raises(StoreUnusableError, match="restore it from a backup"):
            SqliteLog(tmp_path)

    def test_several_come_first(self, tmp_path: Path) -> None:
        with ThreadPoolExecutor(8) as pool:
            logs = list(pool.map(lambda _: SqliteLog(tmp_path), range(8)))
        assert len({log.origin for log in logs}) == 1
        for log in logs:
            log.close()
        assert sorted(path.name for path in tmp_path.iterdir() if "origin" in path.name) == ["origin"]


class TestSqliteTogether:
    def test_two_logs_on_one_file_leave_no_gap_and_no_twin(self, tmp_path: Path) -> None:
        logs = [SqliteLog(tmp_path), SqliteLog(tmp_path)]

        def work(number: int) -> list[Stored]:
            return [blocking.append(logs[number % 2], draft(f"r{i}")) for i in range(100)]

        with ThreadPoolExecutor(8) as pool:
            got = [one for many in pool.map(work, range(8)) for one in many]
        assert logs[0].size() == logs[1].size() == 100
        assert {one.leaf_index for one in got} == set(range(100))
        assert sum(not one.is_replay for one in got) == 100
        assert len({(one.request_id, one.record_id) for one in got}) == 100
        for log in logs:
            log.close()

    @pytest.mark.parametrize("known", [0, 300, 1499])
    @pytest.mark.parametrize("count", [1500, 400])
    def test_a_known_id_in_a_batch_of_who_shares_the_log(self, tmp_path: Path, known: int, count: int) -> None:
        mine, other = SqliteLog(tmp_path), SqliteLog(tmp_path)
        known %= count
        ids = [f"b{number}" for number in range(count)]
        blocking.append(mine, draft("r0"))
        first = blocking.append(other, draft(ids[known]))
        outcomes = blocking.append_many(mine, [draft(each) for each in ids])
        stored = [one for one in outcomes if isinstance(one, Stored)]
        assert [one.request_id for one in stored] == ids
        assert [one.request_id for one in stored if one.is_replay] == [ids[known]]
        assert stored[known].leaf_index == first.leaf_index == 1
        assert [one.leaf_index for one in mine.read()] == list(range(count + 1))
        frontier = Frontier()
        frontier.extend(other.leaf_hashes())
        assert mine.frontier() == other.frontier() == frontier
        assert blocking.append(other, draft("r1")).leaf_index == count + 1
        mine.close()
        other.close()

    def test_processes_that_share_a_log_take_turns(self, tmp_path: Path) -> None:
        logs = [SqliteLog(tmp_path) for _ in range(3)]
        until = time.monotonic() + 1.0

        def work(log: SqliteLog) -> int:
            done = 0
            while time.monotonic() < until:
                blocking.append(log, draft())
                done += 1
            return done

        with ThreadPoolExecutor(3) as pool:
            done = list(pool.map(work, logs))
        assert min(done) * 5 > max(done) > 0, f"one starves: {done}"
        for log in logs:
            log.close()

    def test_a_lock_held_too_long_fails_the_record_and_nothing_else(self, tmp_path: Path) -> None:
        log = SqliteLog(tmp_path, lock_wait_s=0.05)
        holder = apsw.Connection(str(tmp_path / FILE))
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(RecordFailedError, match="could not be made durable"):
            blocking.append(log, draft("r1"))
        assert log.find("check", "s", "o", "r1") is None
        holder.execute("ROLLBACK")
        holder.close()
        assert blocking.append(log, draft("r1")).leaf_index == 0
        log.close()

    async def test_a_cancelled_caller_may_find_its_leaf(self, sqlite_log: SqliteLog) -> None:
        task = asyncio.create_task(sqlite_log.append(draft("r1")))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (await sqlite_log.append(draft("r1"))).is_replay

    def test_closing_commits_what_waits(self, tmp_path: Path) -> None:
        log = SqliteLog(tmp_path)
        with ThreadPoolExecutor(4) as pool:
            waiting = [pool.submit(blocking.append, log, draft()) for _ in range(4)]
            while log._writer._waiting + log.size() < 4:
                pass
            log.close()
            assert sorted(one.result().leaf_index for one in waiting) == [0, 1, 2, 3]

    def test_a_loop_that_is_gone_stops_nobody_else(self, sqlite_log: SqliteLog, tmp_path: Path) -> None:
        holder = apsw.Connection(str(tmp_path / "trace" / FILE))
        holder.execute("BEGIN IMMEDIATE")
        loop = asyncio.new_event_loop()
        waiting = loop.create_task(sqlite_log._writer.append((draft("gone"),)))
        loop.call_soon(loop.stop)
        loop.run_forever()  # the draft waits for the lock when the loop ends
        waiting.cancel()
        loop.run_until_complete(asyncio.gather(waiting, return_exceptions=True))
        loop.close()
        holder.execute("ROLLBACK")
        holder.close()
        assert blocking.append(sqlite_log, draft()).leaf_index == 1
        assert sqlite_log.find("check", "s", "o", "gone") is not None

    def test_a_record_id_twice_fails_that_batch_only(self, sqlite_log: SqliteLog) -> None:
        first = draft("r1")
        blocking.append(sqlite_log, first)
        twin = Draft(**{name: getattr(first, name) for name in Draft.__struct_fields__} | {"request_id": "r2"})
        with pytest.raises(RecordFailedError, match="record_id"):
            blocking.append(sqlite_log, twin)
        assert blocking.append(sqlite_log, draft()).leaf_index == 1


class TestUnknownOutcome:
    """A commit that raised although it may be stored: settled by request id before anything is answered."""

    def test_found_and_made_durable_it_is_answered(
        self, sqlite_log: SqliteLog, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        insert = sqlite_log._insert_rows

        def stored_but_failed(*arguments: object) -> object:
            insert(*arguments)  # type: ignore[arg-type]  # handed through as they are
            raise apsw.IOError("disk I/O error")

        monkeypatch.setattr(sqlite_log, "_insert_rows", stored_but_failed)
        got = blocking.append(sqlite_log, draft("r1"))
        assert (got.leaf_index, got.is_replay) == (0, False)
        monkeypatch.undo()
        assert blocking.append(sqlite_log, draft("r1")).is_replay
        assert blocking.append(sqlite_log, draft()).leaf_index == 1

    def test_not_found_it_has_failed(self, sqlite_log: SqliteLog, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(*_: object) -> object:
            raise apsw.IOError("disk I/O error")

        monkeypatch.setattr(sqlite_log, "_insert_rows", fail)
        with pytest.raises(RecordFailedError, match="disk I/O error"):
            blocking.append(sqlite_log, draft("r1"))
        monkeypatch.undo()
        assert blocking.append(sqlite_log, draft("r1")).leaf_index == 0

    def test_found_but_not_made_durable_it_has_failed(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        log = SqliteLog(tmp_path, lock_wait_s=0.05)
        insert = log._insert_rows
        reader = apsw.Connection(str(tmp_path / FILE))

        def stored_but_failed(*arguments: object) -> object:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM leaves").fetchall()  # keeps the WAL from being emptied
            insert(*arguments)  # type: ignore[arg-type]  # handed through as they are
            raise apsw.IOError("disk I/O error")

        monkeypatch.setattr(log, "_insert_rows", stored_but_failed)
        with pytest.raises(RecordFailedError, match="disk I/O error"):
            blocking.append(log, draft("r1"))
        monkeypatch.undo()
        for _ in range(2):  # it can be seen, but may be on no disk
            with pytest.raises(RecordFailedError, match="cannot be made durable yet"):
                blocking.append(log, draft("r1"))
        reader.execute("ROLLBACK")
        reader.close()
        assert blocking.append(log, draft("r1")).is_replay
        log.close()

    def test_any_bug_fails_the_batch_and_leaves_nobody_waiting(
        self, sqlite_log: SqliteLog, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_: object) -> object:
            raise KeyError("unforeseen")

        monkeypatch.setattr(sqlite_log, "_insert", fail)
        with pytest.raises(RecordFailedError, match="unforeseen"):
            blocking.append(sqlite_log, draft())
        monkeypatch.undo()
        assert blocking.append(sqlite_log, draft()).leaf_index == 0

    def test_a_file_that_vanished_is_a_clear_error(self, tmp_path: Path) -> None:
        log = SqliteLog(tmp_path)
        blocking.append(log, draft())
        log._drop_writer()
        (tmp_path / FILE).rename(tmp_path / "away")
        (tmp_path / FILE).mkdir()
        with pytest.raises(RecordFailedError):
            blocking.append(log, draft())
        (tmp_path / FILE).rmdir()
        (tmp_path / "away").rename(tmp_path / FILE)
        assert blocking.append(log, draft()).leaf_index == 1
        log.close()


@pytest.mark.skipif(os.name != "posix", reason="permissions are those of POSIX")
def test_the_directory_is_its_owners_alone(tmp_path: Path) -> None:
    SqliteLog(tmp_path / "trace").close()
    assert (tmp_path / "trace").stat().st_mode & 0o077 == 0
