"""The WAL is copied into the log's file beside the appends, and nothing depends on whether that works."""

import contextlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest
from tests.support import blocking
from tests.support.drafts import draft
from tests.support.waiting import wait_until

from xingate_server.trace.port import Stored, StoreUnusableError
from xingate_server.trace.sqlite import wal
from xingate_server.trace.sqlite.store import FILE, SqliteLog
from xingate_server.trace.sqlite.wal import LONGEST_PAGES, WalCopier

_PATIENCE_S = 30.0
_PAGE = 4096
_PAGES_PER_LEAF = 5
_LEAF = os.urandom(_PAGES_PER_LEAF * _PAGE)


def append(log: SqliteLog, start: int, count: int) -> None:
    drafts = [draft(number, _LEAF) for number in range(start, start + count)]
    for at in range(0, count, 20):
        assert all(isinstance(each, Stored) for each in blocking.append_many(log, drafts[at : at + 20]))


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SqliteLog]:
    made = SqliteLog(tmp_path)
    yield made
    made.close()


def copying_threads() -> list[threading.Thread]:
    return [each for each in threading.enumerate() if each.name == "xingate-trace-wal"]


def until(path: Path, size: int) -> None:
    """Wait until the file has that many bytes."""
    wait_until(lambda: path.stat().st_size >= size, _PATIENCE_S, f"{path.name} has {size} bytes")


def check(folder: Path, count: int) -> None:
    with contextlib.closing(apsw.Connection(str(folder / FILE))) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("SELECT count(*), max(leaf_index) FROM leaves").fetchall() == [(count, count - 1)]


def test_the_wal_is_copied_while_the_log_is_open(log: SqliteLog, tmp_path: Path) -> None:
    append(log, 0, 400)
    until(tmp_path / FILE, 1000 * _PAGE)
    assert len(copying_threads()) == 1
    log.close()
    assert copying_threads() == []
    check(tmp_path, 400)


def test_a_short_log_has_no_thread_for_it(log: SqliteLog) -> None:
    append(log, 0, 40)
    assert copying_threads() == []


def test_the_wal_begins_anew(log: SqliteLog, tmp_path: Path) -> None:
    append(log, 0, 5000)  # 25,000 pages and more
    assert (tmp_path / f"{FILE}-wal").stat().st_size < (LONGEST_PAGES + 500) * _PAGE
    log.close()
    check(tmp_path, 5000)


def test_a_reader_stops_no_append_and_the_wal_begins_anew_after_it(log: SqliteLog, tmp_path: Path) -> None:
    append(log, 0, 20)
    with contextlib.closing(apsw.Connection(str(tmp_path / FILE))) as reader:
        reader.execute("BEGIN")
        assert reader.execute("SELECT count(*) FROM leaves").fetchall() == [(20,)]
        append(log, 20, 5000)
        assert reader.execute("SELECT count(*) FROM leaves").fetchall() == [(20,)]
        reader.execute("COMMIT")
    long = (tmp_path / f"{FILE}-wal").stat().st_size
    assert long > LONGEST_PAGES * _PAGE
    append(log, 5020, 5000)
    assert (tmp_path / f"{FILE}-wal").stat().st_size < long + 2000 * _PAGE
    log.close()
    check(tmp_path, 10_020)


def test_two_logs_of_one_file_copy_without_harm(log: SqliteLog, tmp_path: Path) -> None:
    other = SqliteLog(tmp_path)
    threads = [threading.Thread(target=append, args=(each, at, 2000)) for each, at in ((log, 0), (other, 2000))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(_PATIENCE_S)
    other.close()
    log.close()
    check(tmp_path, 4000)


@pytest.mark.parametrize(
    "error", [OSError(28, "No space left on device"), StoreUnusableError("invented"), apsw.IOError("disk I/O error")]
)
def test_a_copy_that_fails_costs_no_record_and_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    tries = []

    def failing() -> apsw.Connection:
        tries.append(1)
        raise error

    with contextlib.closing(SqliteLog(tmp_path)) as log:
        monkeypatch.setattr(log._copier, "_connect", failing)
        append(log, 0, 1000)
        assert tries
        monkeypatch.undo()
        append(log, 1000, 400)
        until(tmp_path / FILE, 1000 * _PAGE)
    check(tmp_path, 1400)


def test_a_thread_that_cannot_be_started_costs_no_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = SqliteLog(tmp_path)

    class NoThread(threading.Thread):
        def start(self) -> None:
            raise RuntimeError("can't start new thread")

    monkeypatch.setattr(wal, "Thread", NoThread)
    append(log, 0, 5000)
    assert copying_threads() == []
    assert (tmp_path / f"{FILE}-wal").stat().st_size < (LONGEST_PAGES + 500) * _PAGE
    monkeypatch.undo()
    append(log, 5000, 400)
    assert len(copying_threads()) == 1
    log.close()
    assert log._connection is None
    check(tmp_path, 5400)


def test_closing_waits_for_no_copy_that_was_not_begun(tmp_path: Path) -> None:
    copier = WalCopier(lambda: apsw.Connection(str(tmp_path / FILE)))
    copier.close()
    assert copying_threads() == []


def test_its_measures_are_in_order() -> None:
    measures = (wal.FEW_PAGES, wal.EVERY_PAGES, wal.LONG_PAGES, wal.LONGEST_PAGES)
    assert list(measures) == sorted(set(measures))
