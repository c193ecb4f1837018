"""A log that is watched notices by itself, also without a caller, when it can and cannot be written."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from xingate_server.trace.sqlite.store import SqliteLog
from xingate_server.transport.metrics import Metrics
from xingate_server.wiring import watched_log
from xingate_server.wiring.watched_log import MeteredLog


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[tuple[MeteredLog, Path]]:
    probed = tmp_path / "probed"
    probed.mkdir()
    log = MeteredLog(SqliteLog(tmp_path / "trace"), probed, Metrics())
    yield log, probed
    log.close()


async def test_an_idle_log_is_tried_now_and_then(
    watched: tuple[MeteredLog, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    log, probed = watched
    shutil.rmtree(probed)
    await log.probe()
    assert not log.is_failing  # it was opened a moment ago
    monkeypatch.setattr(watched_log, "_IDLE_S", 0.0)
    await log.probe()
    assert log.is_failing
    monkeypatch.setattr(watched_log, "_IDLE_S", 1000.0)
    probed.mkdir()
    await log.probe()  # one that fails is tried every time
    assert not log.is_failing
    assert list(probed.iterdir()) == []


async def test_a_log_that_is_refused_stays_so(
    watched: tuple[MeteredLog, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    log, _ = watched
    monkeypatch.setattr(watched_log, "_IDLE_S", 0.0)
    log.refuse("it was cut off")
    await log.probe()
    assert log.is_failing
