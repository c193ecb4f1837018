"""The folder in which several workers leave their metrics for each other.

Whoever is killed cannot remove its folder, so each start removes those that no process uses any more: the parent holds
a lock on its folder, and its workers hold it with the parent. One worker alone has its metrics in memory, which no full
disk stops. Source: prometheus_client, multiprocess mode; flock(2).
"""

import contextlib
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from prometheus_client import values

METRICS_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
_PREFIX = "xingate-metrics-"
_NEW_S = 60.0  # a folder of this age may not be locked yet


@contextlib.contextmanager
def metrics_folder() -> Iterator[None]:
    """A folder for the processes that are forked meanwhile, removed at the end. Raises OSError."""
    _sweep(Path(tempfile.gettempdir()))
    made = tempfile.TemporaryDirectory(prefix=f"{_PREFIX}{os.getpid()}-", ignore_cleanup_errors=True)
    with made as folder, contextlib.ExitStack() as held:
        with contextlib.suppress(OSError):  # without locks here, nobody removes the folders of others
            held.enter_context(_lock(Path(folder)))
        os.environ[METRICS_VARIABLE] = folder
        _choose_metrics()
        try:
            yield
        finally:
            del os.environ[METRICS_VARIABLE]
            _choose_metrics()


def _sweep(parent: Path) -> None:
    """Remove what killed gateways of this user have left; those of a version without locks have no `-` in their end."""
    for folder in parent.glob(f"{_PREFIX}*-*"):
        with contextlib.suppress(OSError):  # another user's, or in use
            if time.time() - folder.lstat().st_mtime > _NEW_S:
                with _lock(folder):
                    shutil.rmtree(folder)


@contextlib.contextmanager
def _lock(folder: Path) -> Iterator[None]:
    """Raises OSError if another process has it."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(opened)


def _choose_metrics() -> None:
    """By the variable as it is now: the package itself looks at it once, when it is imported."""
    values.ValueClass = values.get_value_class()  # type: ignore[no-untyped-call] # the package types half of itself
