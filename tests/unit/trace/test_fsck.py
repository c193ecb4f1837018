"""The check of a whole log: clean logs are told so, and each kind of damage is named with its first leaf."""

import contextlib
import json
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.support import blocking
from tests.support.drafts import draft

from xingate.merkle import Frontier, leaf_hash
from xingate_server.cli.trace.fsck import fsck_command
from xingate_server.trace.audit import fsck as fsck_module
from xingate_server.trace.audit.fsck import Report, fsck
from xingate_server.trace.audit.fsck_chunk import CHUNK, SqliteRows
from xingate_server.trace.row_checksum import seal
from xingate_server.trace.sqlite.store import FILE, SqliteLog
from xingate_server.trace.tree.checkpoint_files import CheckpointFiles
from xingate_server.trace.tree.checkpoints import Checkpointer
from xingate_server.trace.tree.signing import settle_key

LARGE = CHUNK + 3000


def make(state: Path, sizes: list[int]) -> None:
    """A log with a checkpoint at each of these sizes."""
    with contextlib.closing(SqliteLog(state / "trace", origin="example.org/log")) as log:
        key = settle_key(state / "keys", log.origin)
        for size in sizes:
            with contextlib.closing(Checkpointer(log, key, state / "trace", interval_s=60)) as checkpoints:
                for start in range(log.size(), size, 1500):
                    blocking.append_many(log, [draft(number) for number in range(start, min(start + 1500, size))])
                while checkpoints.tree.catch_up():
                    pass


@pytest.fixture(scope="module")
def small_state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    state = tmp_path_factory.mktemp("small")
    make(state, [3, 10, 600, 601])
    return state


@pytest.fixture(scope="module")
def large_state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    state = tmp_path_factory.mktemp("large")
    make(state, [5, CHUNK - 1, CHUNK, CHUNK + 1500, LARGE])
    return state


@pytest.fixture
def small(small_state: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(small_state, tmp_path / "state"))


@pytest.fixture
def large(large_state: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(large_state, tmp_path / "state"))


def check(state: Path, **options: object) -> Report:
    key = (state / "keys" / "trace.pub").read_text().strip()
    return fsck(SqliteRows(state / "trace" / FILE), state / "trace", key=key, **options)  # type: ignore[arg-type]


def alter(state: Path, sql: str, *values: object) -> None:
    connection = sqlite3.connect(state / "trace" / FILE)
    with connection:
        connection.execute(sql, values)
    connection.close()


def test_a_clean_log(small: Path) -> None:
    with contextlib.closing(SqliteLog(small / "trace")) as log:
        report = check(small)
        assert report.root == log.frontier().root()
    assert (report.is_clean, report.leaves, report.first_bad, report.checkpoints) == (True, 601, None, 5)


@pytest.mark.parametrize("processes", [1, 3])
def test_a_large_one_in_one_process_and_in_several(
    large: Path, processes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fsck_module, "_INLINE_CHUNKS", 0)
    seen: list[int] = []
    report = check(large, processes=processes, on_progress=seen.append)
    assert report.faults == []
    with contextlib.closing(SqliteLog(large / "trace")) as log:
        assert report.root == log.frontier().root()
    assert seen == [CHUNK, LARGE]


def test_an_empty_log(tmp_path: Path) -> None:
    make(tmp_path, [0])
    report = check(tmp_path)
    assert (report.is_clean, report.leaves, report.root) == (True, 0, Frontier().root())


@pytest.mark.parametrize(
    ("sql", "what"),
    [
        ("UPDATE leaves SET leaf = x'00' WHERE leaf_index = 7", "leaf 7 is altered: its bytes"),
        ("UPDATE leaves SET leaf_hash = zeroblob(32) WHERE leaf_index = 7", "leaf 7 is altered: its bytes"),
        ("UPDATE leaves SET answer = x'00' WHERE leaf_index = 7", "leaf 7 is altered: its ids"),
        ("UPDATE leaves SET request_id = 'another' WHERE leaf_index = 7", "leaf 7 is altered: its ids"),
        ("UPDATE leaves SET kind = 'act' WHERE leaf_index = 7", "leaf 7 is altered: its ids"),
        ("DELETE FROM leaves WHERE leaf_index = 7", "leaf 7 is missing"),
        ("UPDATE leaves SET leaf_index = 9999 WHERE leaf_index = 7", "leaf 7 is missing"),
    ],
)
def test_a_wrong_row_is_named(small: Path, sql: str, what: str) -> None:
    alter(small, sql)
    report = check(small)
    assert report.first_bad == 7
    assert report.faults[0].what.startswith(what)


def replace_leaf(state: Path, index: int) -> None:
    """As somebody does who knows the format: with the hash and the seal that belong to it."""
    new = draft(index, b"forged")
    sql = "UPDATE leaves SET leaf = ?, leaf_hash = ?, seal = ? WHERE leaf_index = ?"
    alter(state, sql, new.leaf, leaf_hash(new.leaf), seal(new), index)


@pytest.mark.parametrize("index", [0, 5, 300, 599])
def test_a_forged_leaf_is_found_by_the_tree(small: Path, index: int) -> None:
    replace_leaf(small, index)
    report = check(small)
    assert report.first_bad is not None
    assert report.first_bad <= index
    assert "is not the one over which the tree was built" in report.faults[0].what


def forge_all(state: Path, index: int) -> None:
    """The leaf, and every frontier from there on."""
    replace_leaf(state, index)
    connection = sqlite3.connect(state / "trace" / FILE)
    frontier = Frontier()
    rows = connection.execute("SELECT leaf_index, leaf_hash, frontier FROM leaves ORDER BY leaf_index").fetchall()
    for at, hashed, kept in rows:
        frontier.append(hashed)
        if kept is not None:
            connection.execute("UPDATE leaves SET frontier = ? WHERE leaf_index = ?", (frontier.to_bytes(), at))
    connection.commit()
    connection.close()


def test_a_tree_forged_as_well_is_found_by_checkpoints_and_tiles(small: Path) -> None:
    forge_all(small, 300)
    report = check(small)
    told = "\n".join(fault.what for fault in report.faults)
    assert "leaf 300 has another hash than tiles.sqlite keeps" in told
    assert "the first 600 leaves are not those that it signed" in told
    assert "the first 10 leaves" not in told
    assert report.first_bad == 300


def test_a_tree_forged_in_an_earlier_chunk(large: Path) -> None:
    (large / "trace" / "tiles.sqlite").unlink()
    forge_all(large, CHUNK + 464)
    told = "\n".join(fault.what for fault in check(large, is_deep=False).faults)
    assert f"the first {LARGE} leaves are not those that it signed" in told
    assert f"the first {CHUNK} leaves" not in told


@pytest.mark.parametrize("index", [CHUNK - 1, CHUNK, LARGE - 1])
def test_damage_anywhere_in_a_large_log(large: Path, index: int) -> None:
    alter(large, "UPDATE leaves SET leaf = x'00' WHERE leaf_index = ?", index)
    report = check(large, is_deep=False)
    assert [fault.index for fault in report.faults if fault.index is not None] == [index]


def test_a_frontier_at_the_edge_of_a_chunk(large: Path) -> None:
    alter(large, "UPDATE leaves SET frontier = zeroblob(40) WHERE leaf_index = ?", CHUNK - 1)
    report = check(large, is_deep=False)
    assert report.first_bad == CHUNK - 1


def test_two_bad_chunks_are_both_named(large: Path) -> None:
    for index in (9, CHUNK + 9):
        alter(large, "UPDATE leaves SET leaf = x'00' WHERE leaf_index = ?", index)
    assert [fault.index for fault in check(large, is_deep=False).faults] == [9, CHUNK + 9]


class TestCheckpoints:
    def history(self, state: Path) -> Path:
        (path,) = (state / "trace" / "checkpoints").iterdir()
        return path

    def test_an_altered_one(self, small: Path) -> None:
        path = self.history(small)
        path.write_text(path.read_text().replace("example.org/log\\n600\\n", "example.org/log\\n599\\n"))
        (fault,) = check(small).faults
        assert f"{path.name} line 4" in fault.what

    def test_one_that_the_log_never_had(self, small: Path) -> None:
        lines = self.history(small).read_text().splitlines()
        self.history(small).write_text("\n".join([lines[0], lines[2], lines[1], *lines[3:]]) + "\n")
        (fault,) = check(small).faults
        assert "signed for 3 leaves after one for 10" in fault.what

    def test_of_a_longer_log(self, small: Path) -> None:
        alter(small, "DELETE FROM leaves WHERE leaf_index >= 600")
        report = check(small)
        assert report.first_bad == 600
        assert "signed for 601 leaves, but the log contains 600" in report.faults[0].what

    def test_no_note_at_all(self, small: Path) -> None:
        (small / "trace" / "checkpoint").write_text("nothing\n")
        (fault,) = check(small).faults
        assert fault.what.startswith("checkpoint: ")

    def test_another_key(self, small: Path) -> None:
        shutil.rmtree(small / "keys")
        settle_key(small / "keys", "example.org/log")
        assert len(check(small).faults) == 5

    def test_without_a_key_roots_are_compared_all_the_same(self, small: Path) -> None:
        source = SqliteRows(small / "trace" / FILE)
        assert fsck(source, small / "trace").is_clean
        forge_all(small, 2)
        assert not fsck(source, small / "trace").is_clean

    def test_the_history_is_read_in_full(self, small: Path) -> None:
        assert [where for where, _ in CheckpointFiles(small / "trace").history()] == [
            f"{self.history(small).name} line {number}" for number in range(1, 6)
        ]


class TestTiles:
    def test_a_damaged_tile_is_named(self, small: Path) -> None:
        with contextlib.closing(sqlite3.connect(small / "trace" / "tiles.sqlite")) as tiles, tiles:
            tiles.execute("UPDATE tiles SET hashes = zeroblob(8192) WHERE tile_index = 1")
        assert check(small).first_bad == 256

    def test_of_an_upper_level(self, large: Path) -> None:
        with contextlib.closing(sqlite3.connect(large / "trace" / "tiles.sqlite")) as tiles, tiles:
            assert tiles.execute("UPDATE tiles SET hashes = zeroblob(8192) WHERE level = 1").rowcount == 1
        assert len(check(large, is_deep=False).faults) == 1

    def test_no_database(self, small: Path) -> None:
        (small / "trace" / "tiles.sqlite").write_bytes(b"no database" * 500)
        (fault,) = check(small).faults
        assert "it can be removed, and is made again" in fault.what


class TestCommand:
    def run(self, state: Path, *arguments: str) -> "tuple[int, str]":
        run = CliRunner().invoke(fsck_command, ["--state", str(state), *arguments], standalone_mode=False)
        if isinstance(run.exception, Exception):
            return getattr(run.exception, "exit_code", -1), str(run.exception)
        return int(run.return_value), run.stdout

    def test_clean(self, small: Path) -> None:
        code, told = self.run(small)
        assert code == 0
        assert told.startswith("601 leaves and 5 checkpoints are as they were recorded")

    def test_without_any_checkpoint_it_says_what_cannot_be_told(self, small: Path) -> None:
        assert "it is unknown whether the end of the log is missing" not in self.run(small)[1]
        shutil.rmtree(small / "trace" / "checkpoints")
        (small / "trace" / "checkpoint").unlink()
        code, told = self.run(small)
        assert code == 0
        assert "no checkpoint is stored here: it is unknown whether the end of the log is missing" in told

    def test_damaged(self, small: Path) -> None:
        alter(small, "UPDATE leaves SET leaf = x'00' WHERE leaf_index = 7")
        code, told = self.run(small)
        assert code == 1
        assert "the first wrong leaf is 7" in told

    def test_json(self, small: Path) -> None:
        shutil.rmtree(small / "trace" / "checkpoints")
        (small / "keys" / "trace.pub").unlink()
        code, told = self.run(small, "--json", "--quick", "--processes", "1")
        found = json.loads(told)
        assert (code, found["clean"], found["leaves"], found["signaturesChecked"]) == (0, True, 601, False)

    def test_only_what_is_about_leaves_is_wrong(self, small: Path) -> None:
        (small / "trace" / "checkpoint").write_text("nothing\n")
        code, told = self.run(small)
        assert code == 1
        assert "every leaf is as it was recorded, but not everything about them" in told

    @pytest.mark.parametrize("prepare", [lambda state: None, lambda state: (state / "trace").mkdir()])
    def test_no_log(self, tmp_path: Path, prepare: Callable[[Path], object]) -> None:
        prepare(tmp_path)
        code, told = self.run(tmp_path)
        assert code == 3
        assert "there is no log" in told

    def test_no_database(self, tmp_path: Path) -> None:
        (tmp_path / "trace").mkdir()
        (tmp_path / "trace" / FILE).write_bytes(b"no database" * 500)
        code, told = self.run(tmp_path)
        assert code == 3
        assert "cannot be read" in told

    def test_the_file_is_left_as_it_is(self, small: Path) -> None:
        before = {path: path.read_bytes() for path in (small / "trace").glob("log.sqlite*")}
        self.run(small)
        assert {path: path.read_bytes() for path in before} == before
