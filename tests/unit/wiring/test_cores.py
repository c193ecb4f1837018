"""How many workers there are by default: affinity, and the limits of control groups of both kinds."""

import os
from pathlib import Path

import pytest

from xingate_server.cores import available_cores


@pytest.fixture(autouse=True)
def _eight_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)))


def cores(folder: Path, own: str, **files: str) -> int:
    for name, content in files.items():
        path = folder / name.replace("__", "/").replace("cpu_max", "cpu.max").replace("cfs_", "cpu.cfs_")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="ascii")
    (folder / "own").write_text(own, encoding="utf-8")
    return available_cores(folder, folder / "own")


@pytest.mark.parametrize(
    ("own", "files", "expected"),
    [
        ("0::/\n", {}, 8),
        ("0::/\n", {"cpu_max": "max 100000\n"}, 8),
        ("0::/\n", {"cpu_max": "200000 100000\n"}, 2),
        ("0::/\n", {"cpu_max": "150000 100000\n"}, 2),
        ("0::/\n", {"cpu_max": "5000 100000\n"}, 1),
        ("0::/\n", {"cpu_max": "6400000 100000\n"}, 8),
        ("0::/\n", {"cpu_max": "nonsense"}, 8),
        ("0::/\n", {"cpu_max": "100000 0\n"}, 8),
        ("0::/\n", {"cpu_max": ""}, 8),
        ("0::/a/b\n", {"a__cpu_max": "300000 100000\n", "a__b__cpu_max": "max 100000\n"}, 3),
        ("0::/a\n", {"b__cpu_max": "100000 100000\n"}, 8),
        ("0::/../../elsewhere\n", {"cpu_max": "400000 100000\n"}, 4),
        ("4:cpu,cpuacct:/x\n", {"cpu__x__cfs_quota_us": "250000\n", "cpu__x__cfs_period_us": "100000\n"}, 3),
        ("4:cpu,cpuacct:/\n", {"cpu__cfs_quota_us": "-1\n", "cpu__cfs_period_us": "100000\n"}, 8),
        ("no line of such a file\n", {}, 8),
        ("", {}, 8),
        ("0::/示例\n", {"cpu_max": "200000 100000\n"}, 2),
    ],
)
def test_quota(tmp_path: Path, own: str, files: dict[str, str], expected: int) -> None:
    assert cores(tmp_path, own, **files) == expected


def test_affinity_comes_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {3})
    assert cores(tmp_path, "0::/\n", cpu_max="400000 100000\n") == 1


def test_without_such_a_system_call_all_cores_count(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: 3)
    assert available_cores(tmp_path, tmp_path / "own") == 3
