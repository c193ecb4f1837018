"""The folders of metrics: removed at the end, and those of killed gateways at the next start."""

import fcntl
import os
import tempfile
from pathlib import Path

import pytest

from xingate_server.wiring.processes.metrics_folder import METRICS_VARIABLE, metrics_folder


def made(parent: Path, name: str, age_s: float) -> Path:
    folder = parent / name
    folder.mkdir()
    (folder / "counter_1.db").write_bytes(b"1")
    then = folder.stat().st_mtime - age_s
    os.utime(folder, (then, then))
    return folder


def test_a_start_removes_what_killed_gateways_have_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    left = made(tmp_path, "xingate-metrics-17-abc", 90)
    kept = [
        made(tmp_path, "xingate-metrics-18-used", 90),
        made(tmp_path, "xingate-metrics-19-new", 0),
        made(tmp_path, "xingate-metrics-unlocked", 90),  # of a version whose folders are not locked
    ]
    target = made(tmp_path, "elsewhere", 90)
    (tmp_path / "xingate-metrics-20-link").symlink_to(target)
    lock = os.open(kept[0], os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with metrics_folder():
            own = Path(os.environ[METRICS_VARIABLE])
            assert own.parent == tmp_path
            assert not left.exists()
            again = os.open(own, os.O_RDONLY)
            with pytest.raises(BlockingIOError):  # which keeps others from removing it
                fcntl.flock(again, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.close(again)
    finally:
        os.close(lock)
    assert METRICS_VARIABLE not in os.environ
    assert not own.exists()
    assert all((folder / "counter_1.db").exists() for folder in [*kept, target])
