"""`xingate bench`: measures on the snapshot in use, and leaves the installation as it was."""

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from xingate_server.cli.bench import bench_command
from xingate_server.trace.port import StoreUnusableError


def bench(state: Path, *arguments: str) -> Result:
    return CliRunner().invoke(bench_command, ["--state", str(state), "--seconds", "0.2", *arguments])


def files(state: Path) -> set[Path]:
    return set(state.rglob("*"))


def test_it_measures_and_leaves_nothing_behind(own_state: Path) -> None:
    before = files(own_state)
    result = bench(own_state, "--callers", "8", "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told["sequence"] == 1
    assert told["subjects"] > 0
    assert [run["callers"] for run in told["runs"]] == [1, 8]
    for run in told["runs"]:
        assert run["checksPerSecond"] > 10
        assert 0 < run["p50Ms"] <= run["p99Ms"]
        assert run["logBytesPerCheck"] > 300
    assert files(own_state) == before  # the own log is neither made nor written to


def test_the_table_says_what_was_asked(own_state: Path) -> None:
    result = bench(own_state, "--callers", "1", "--action", "tender.bid")
    assert result.exit_code == 0, result.output
    assert "tender.bid about" in result.stdout
    assert result.stdout.count(" ms ") == 2  # p50 and p99 of one run: one caller at most


def test_an_unknown_action_is_refused(own_state: Path) -> None:
    result = bench(own_state, "--action", "no.such")
    assert (result.exit_code, "unknown action `no.such`" in result.stderr) == (2, True)


def test_without_a_snapshot_it_says_so(tmp_path: Path) -> None:
    result = bench(tmp_path / "nothing")
    assert result.exit_code == 3
    assert result.stderr.startswith("xingate: ")
    assert not (tmp_path / "nothing").exists()


def test_a_log_that_cannot_be_made_is_told_and_cleared_away(own_state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(folder: Path) -> None:
        raise StoreUnusableError(f"the log in {folder} cannot be made: no space left on device")

    monkeypatch.setattr("xingate_server.cli.bench.SqliteLog", refuse)
    result = bench(own_state)
    assert (result.exit_code, "no space left on device" in result.stderr) == (3, True)
    assert not [name for name in os.listdir(own_state) if name.startswith("bench-")]  # noqa: PTH208
