"""Checkpoints over a real log: signed soon, by one process at a time, and refused where the log does not fit them."""

import asyncio
import contextlib
import os
import shutil
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import apsw
import pytest
from tests.support import blocking
from tests.support.drafts import draft
from tests.support.waiting import wait_until

from xingate.checkpoint import VerifierKey, verify
from xingate.merkle import leaf_hash, verify_consistency, verify_inclusion
from xingate_server.trace.memory import MemoryLog
from xingate_server.trace.port import StoreUnusableError
from xingate_server.trace.sqlite import store
from xingate_server.trace.sqlite.store import SqliteLog
from xingate_server.trace.tree import checkpoint_files
from xingate_server.trace.tree.checkpoint_files import CheckpointFiles
from xingate_server.trace.tree.checkpoints import Checkpointer
from xingate_server.trace.tree.signing import settle_key
from xingate_server.trace.tree.tiles import MemoryTiles


def fill(log: SqliteLog | MemoryLog, count: int) -> None:
    start = log.size()
    for number in range(start, start + count):
        blocking.append(log, draft(number))


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    return tmp_path / "trace"


@pytest.fixture
def log(trace: Path) -> Iterator[SqliteLog]:
    with contextlib.closing(SqliteLog(trace, origin="example.org/log")) as made:
        yield made


def start(log: SqliteLog | MemoryLog, trace: Path, **options: object) -> "contextlib.closing[Checkpointer]":
    key = settle_key(trace.parent / "keys", log.origin)
    return contextlib.closing(Checkpointer(log, key, trace, **options))  # type: ignore[arg-type]  # named by the test


class TestSigning:
    def test_an_empty_log_has_a_checkpoint_too(self, log: SqliteLog, trace: Path) -> None:
        with start(log, trace) as checkpoints:
            told = verify(checkpoints.latest(), checkpoints.verifier_key)
            assert (told.origin, told.tree_size) == ("example.org/log", 0)
            assert VerifierKey.parse((trace.parent / "keys" / "trace.pub").read_text().strip()).name == told.origin

    def test_it_is_at_most_a_second_behind(self, log: SqliteLog, trace: Path) -> None:
        with start(log, trace) as checkpoints:
            for size in (1, 3):
                fill(log, size - log.size())
                started = time.monotonic()
                wait_until(lambda: checkpoints.checkpoint.tree_size == log.size())
                assert time.monotonic() - started < 1
            assert (trace / "checkpoint").read_text() == checkpoints.latest()

    async def test_who_waits_for_a_leaf_gets_it_sooner(self, log: SqliteLog, trace: Path) -> None:
        with start(log, trace, interval_s=60) as checkpoints:
            fill(log, 4)
            notes = await asyncio.gather(*(checkpoints.covering(index, 5) for index in (0, 3, 3)))
            assert set(notes) == {checkpoints.latest()}
            assert await checkpoints.covering(3, 0) == checkpoints.latest()
            assert await checkpoints.covering(4, 0.1) is None
            assert checkpoints._waiters == []

    async def test_it_proves_what_it_has_signed(self, log: SqliteLog, trace: Path) -> None:
        with start(log, trace) as checkpoints:
            fill(log, 5)
            first = verify(await checkpoints.covering(4, 5) or "", checkpoints.verifier_key)
            fill(log, 600)
            second = verify(await checkpoints.covering(604, 5) or "", checkpoints.verifier_key)
            verify_consistency(
                size1=first.tree_size,
                size2=second.tree_size,
                root1=first.root_hash,
                root2=second.root_hash,
                proof=checkpoints.consistency_proof(first.tree_size, second.tree_size),
            )
            for stored in (log.list(1)[0], log.list(1, 3)[0]):
                verify_inclusion(
                    leaf_hash=leaf_hash(stored.leaf),
                    leaf_index=stored.leaf_index,
                    tree_size=second.tree_size,
                    proof=checkpoints.inclusion_proof(stored.leaf_index, second.tree_size),
                    root_hash=second.root_hash,
                )

    def test_closing_signs_the_rest_and_starting_again_signs_nothing_new(self, log: SqliteLog, trace: Path) -> None:
        with start(log, trace, interval_s=60) as checkpoints:
            fill(log, 7)
        kept = (trace / "checkpoint").read_text()
        assert verify(kept, checkpoints.verifier_key).tree_size == 7
        with start(log, trace) as again:
            assert again.latest() == kept
        sizes = [verify(note, again.verifier_key).tree_size for _, note in CheckpointFiles(trace).history()]
        assert sizes == [0, 7]

    def test_several_sign_one_log_and_never_disagree(self, trace: Path) -> None:
        logs = [SqliteLog(trace) for _ in range(3)]
        signers = [start(log, trace, interval_s=0.01) for log in logs]
        with contextlib.ExitStack() as stack:
            opened = [stack.enter_context(signer) for signer in signers]
            with ThreadPoolExecutor(3) as pool:
                list(pool.map(lambda n: [blocking.append(logs[n], draft(n * 1000 + i)) for i in range(100)], range(3)))
            for each in opened:
                wait_until(lambda each=each: each.checkpoint.tree_size == 300)
            assert [each.problem for each in opened] == ["", "", ""]
            assert [each.trouble for each in opened] == ["", "", ""]
        told = [verify(note, opened[0].verifier_key) for _, note in CheckpointFiles(trace).history()]
        assert [one.tree_size for one in told] == sorted({one.tree_size for one in told})
        for one in told:
            assert opened[0].tree.root(one.tree_size) == one.root_hash
        for log in logs:
            log.close()

    def test_without_the_newest_file_the_history_serves(self, log: SqliteLog, trace: Path) -> None:
        with start(log, trace):
            fill(log, 3)
        (trace / "checkpoint").unlink()
        with (next((trace / "checkpoints").iterdir())).open("ab") as file:
            file.write(b'{"time":"2026-11-01T0')
        with start(log, trace) as again:
            assert again.checkpoint.tree_size == 3

    def test_a_full_disk_is_told_and_ends(self, log: SqliteLog, trace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(*_: object) -> None:
            raise OSError(28, "No space left on device")

        with start(log, trace, interval_s=0.01) as checkpoints:
            monkeypatch.setattr(checkpoint_files, "write_whole", fail)
            fill(log, 1)
            wait_until(lambda: "No space left" in checkpoints.trouble)
            assert (checkpoints.checkpoint.tree_size, checkpoints.problem) == (0, "")
            with start(log, trace, interval_s=60) as another:
                assert "No space left" in another.trouble
                assert another.checkpoint.tree_size == 0
            monkeypatch.undo()
            wait_until(lambda: not checkpoints.trouble)
            assert checkpoints.checkpoint.tree_size == 1

    def test_the_memory_log_can_be_signed_as_well(self, trace: Path) -> None:
        trace.mkdir()
        log = MemoryLog()
        fill(log, 3)
        with start(log, trace, tiles=MemoryTiles()) as checkpoints:
            assert checkpoints.checkpoint.tree_size == 3


class TestALogThatDoesNotFit:
    @pytest.fixture
    def signed(self, trace: Path) -> Path:
        """A log of 12 leaves with checkpoints at 0, 5 and 10."""
        with contextlib.closing(SqliteLog(trace, origin="example.org/log")) as log:
            for _ in range(2):
                with start(log, trace, interval_s=60):
                    fill(log, 5)
            fill(log, 2)
        return trace

    def refused(self, trace: Path) -> str:
        with contextlib.closing(SqliteLog(trace)) as log:
            with pytest.raises(StoreUnusableError) as caught:
                start(log, trace)
            return str(caught.value)

    def alter(self, trace: Path, sql: str) -> None:
        connection = apsw.Connection(str(trace / store.FILE))
        connection.execute(sql)
        connection.close()

    def test_as_it_is_it_fits(self, signed: Path) -> None:
        with contextlib.closing(SqliteLog(signed)) as log, start(log, signed) as checkpoints:
            assert checkpoints.checkpoint.tree_size == 12

    def test_cut_off(self, signed: Path) -> None:
        self.alter(signed, "DELETE FROM leaves WHERE leaf_index >= 9")
        assert "holds 9 leaves, but a checkpoint was signed for 10" in self.refused(signed)

    def test_gone(self, signed: Path) -> None:
        for path in signed.glob("log.sqlite*"):
            path.unlink()
        assert "holds 0 leaves, but a checkpoint was signed for 10" in self.refused(signed)

    def test_begun_anew_and_grown_beyond(self, signed: Path, tmp_path: Path) -> None:
        for path in signed.glob("log.sqlite*"):
            path.unlink()
        with contextlib.closing(SqliteLog(signed)) as log:
            for number in range(20):
                blocking.append(log, draft(number + 100))
        assert "the first 10 leaves of the log `example.org/log` are not those" in self.refused(signed)

    def test_rewritten_before_the_checkpoint(self, signed: Path) -> None:
        sql = "UPDATE leaves SET frontier = (SELECT frontier FROM leaves WHERE leaf_index = 8) WHERE leaf_index = 9"
        self.alter(signed, sql)
        assert "frontier" in self.refused(signed)

    @pytest.mark.parametrize("column", ["leaf", "leaf_hash", "answer"])
    def test_altered_after_the_checkpoint(self, signed: Path, column: str) -> None:
        self.alter(signed, f"UPDATE leaves SET {column} = zeroblob(32) WHERE leaf_index = 10")
        assert "leaf 10 is damaged" in self.refused(signed)

    def test_a_missing_leaf_after_the_checkpoint(self, signed: Path) -> None:
        self.alter(signed, "DELETE FROM leaves WHERE leaf_index = 10")
        assert "damaged between leaf 10 and its end" in self.refused(signed)

    def test_another_key(self, signed: Path) -> None:
        shutil.rmtree(signed.parent / "keys")
        assert "restore the key and the checkpoint" in self.refused(signed)

    @pytest.mark.parametrize("content", [b"", b"no note", b"\xff\xfe"])
    def test_a_damaged_checkpoint(self, signed: Path, content: bytes) -> None:
        (signed / "checkpoint").write_bytes(content)
        assert "is not a checkpoint of the log" in self.refused(signed)

    def test_while_it_runs(self, signed: Path) -> None:
        told: list[str] = []
        with (
            contextlib.closing(SqliteLog(signed)) as log,
            start(log, signed, interval_s=0.01, on_problem=told.append) as checkpoints,
        ):
            self.alter(signed, "DELETE FROM leaves WHERE leaf_index >= 6")
            wait_until(lambda: told)
            assert told == [checkpoints.problem]
            assert "holds 6 leaves, but a checkpoint was signed for 12" in told[0]


class TestTheKey:
    def test_made_once_for_its_owner_alone(self, tmp_path: Path) -> None:
        with ThreadPoolExecutor(8) as pool:
            keys = list(pool.map(lambda _: settle_key(tmp_path / "keys", "example.org/log"), range(8)))
        assert len({key.private_bytes_raw() for key in keys}) == 1
        assert (tmp_path / "keys" / "trace.key").stat().st_mode & 0o777 == 0o600
        assert sorted(path.name for path in (tmp_path / "keys").iterdir()) == ["trace.key", "trace.pub"]

    def test_read_by_others_it_is_refused(self, tmp_path: Path) -> None:
        settle_key(tmp_path, "a")
        (tmp_path / "trace.key").chmod(0o644)
        with pytest.raises(StoreUnusableError, match="can be read by others"):
            settle_key(tmp_path, "a")

    def test_damaged_it_is_refused(self, tmp_path: Path) -> None:
        descriptor = os.open(tmp_path / "trace.key", os.O_WRONLY | os.O_CREAT, 0o600)
        os.close(descriptor)
        with pytest.raises(StoreUnusableError, match="contains no signing key"):
            settle_key(tmp_path, "a")

    def test_where_it_cannot_be_made(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        with pytest.raises(StoreUnusableError, match="cannot be read or made"):
            settle_key(tmp_path / "file", "a")

    def test_the_public_half_follows(self, tmp_path: Path) -> None:
        settle_key(tmp_path, "a")
        (tmp_path / "trace.pub").write_text("stale")
        settle_key(tmp_path, "a")
        assert (tmp_path / "trace.pub").read_text().startswith("a+")


def test_only_one_holds_the_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoint_files, "_LOCK_WAIT_S", 0.05)
    with (
        CheckpointFiles(tmp_path).locked(),
        pytest.raises(TimeoutError, match="signing for too long"),
        CheckpointFiles(tmp_path).locked(),
    ):
        pytest.fail("two hold the lock")
    with CheckpointFiles(tmp_path).locked():
        assert (tmp_path / "checkpoint.lock").exists()
