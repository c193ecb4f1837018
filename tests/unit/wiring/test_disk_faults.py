"""What a full disk, or one that takes nothing, says."""

import errno
import os
import resource
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import apsw
import lmdb
import pytest

from xingate_server import disk_faults
from xingate_server.demo import DATA
from xingate_server.disk_faults import disk_fault

FULL = "the disk is full ("
LIMIT = "a limit on the size of files was reached ("
VAGUE = "is full or failing: look at its free space"


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)),
        OSError(errno.EDQUOT, os.strerror(errno.EDQUOT)),
        apsw.FullError("database or disk is full"),
        lmdb.DiskError("mdb_txn_commit: No space left on device"),
    ],
)
def test_every_word_for_a_full_disk_is_known(tmp_path: Path, error: Exception) -> None:
    told = disk_fault(error, tmp_path / "log.sqlite")
    assert told.startswith(FULL)
    assert f"free space for `{tmp_path / 'log.sqlite'}` and try again" in told


def test_a_vague_word_is_a_full_disk_where_nothing_is_free(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "not-there" / "log.sqlite"
    for error in (apsw.IOError("disk I/O error"), lmdb.DiskError("mdb_txn_commit: Input/output error")):
        monkeypatch.setattr(disk_faults, "disk_usage", lambda _: SimpleNamespace(free=1 << 30))
        assert f"the disk of `{path}` {VAGUE}" in disk_fault(error, path)
        monkeypatch.setattr(disk_faults, "disk_usage", lambda _: SimpleNamespace(free=4096))
        assert disk_fault(error, path).startswith(FULL)


def test_other_faults_are_said_as_they_are(tmp_path: Path) -> None:
    assert disk_fault(PermissionError(errno.EACCES, "Permission denied"), tmp_path / "x") == "permission denied"
    assert (
        disk_fault(apsw.CantOpenError("unable to open database file"), tmp_path / "x") == "unable to open database file"
    )


def limited(size: int, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """A command that can write no file beyond `size` bytes, as on a disk that becomes full."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    code = (
        "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
        f"from xingate_server.cli import main; main({list(arguments)!r})"
    )
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=False, preexec_fn=limit)


def test_a_compile_on_a_full_disk_says_so_and_changes_nothing(tmp_path: Path) -> None:
    lists = f"city_list={DATA / 'city_list_black.csv'}@2026-11-01"
    done = limited(20_000, "compile", "--state", str(tmp_path / "state"), "--source", lists)
    assert done.returncode == 3
    assert f"cannot make a snapshot in `{tmp_path / 'state' / 'snapshots'}`: " in done.stderr
    assert FULL in done.stderr or VAGUE in done.stderr
    assert "the current one is unchanged" in done.stderr
    assert not (tmp_path / "state" / "snapshots" / "current").exists()
    assert done.stderr.count("\n") == 1


def test_a_record_on_a_full_disk_says_so(tmp_path: Path) -> None:
    lists = f"city_list={DATA / 'city_list_black.csv'}@2026-11-01"
    question = ("--kind", "legal_entity", "--action", "tender.bid", "--state", str(tmp_path))
    assert limited(1 << 30, "compile", "--state", str(tmp_path), "--source", lists).returncode == 0
    done = limited(9_000, "check", "91420399000097711P", *question)
    assert done.returncode == 3
    assert FULL in done.stderr or VAGUE in done.stderr
    assert "log.sqlite" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_workbook_that_may_not_grow_keeps_the_reason(tmp_path: Path) -> None:
    code = f"""
import resource, signal
from pathlib import Path
from xingate_adapters.rosters.book.workbook import Roster
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
with Roster(Path({str(tmp_path / "answered.xlsx")!r}), ["单位名称"], {{}}, has_people=False) as roster:
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
    try:
        roster.save()
    except OSError as error:
        from xingate_server.disk_faults import disk_fault
        print(disk_fault(error, Path("answered.xlsx")))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.startswith(LIMIT), done
    assert list(tmp_path.iterdir()) == []


def test_a_limit_of_files_is_not_a_full_disk(tmp_path: Path) -> None:
    reason = disk_fault(OSError(errno.EFBIG, os.strerror(errno.EFBIG)), tmp_path / "log.sqlite")
    assert reason.startswith(LIMIT)
    assert f"raise it for `{tmp_path / 'log.sqlite'}`" in reason


def test_a_disk_that_does_not_say_what_is_free_is_still_described(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(_: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(disk_faults, "disk_usage", failing)
    assert VAGUE in disk_fault(apsw.IOError("disk I/O error"), tmp_path / "log.sqlite")
