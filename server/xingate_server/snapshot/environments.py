"""The LMDB files of snapshots, each open once in a process: LMDB forbids twice, so all who open one share it.

Nothing is written, and no lock file is made.
"""

import threading
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

import lmdb

from xingate_server.snapshot.manifest import DATABASES

_ENVIRONMENTS: WeakValueDictionary[tuple[int, int], Any] = WeakValueDictionary()
_ENVIRONMENTS_LOCK = threading.Lock()


def environment_of(path: Path) -> Any:
    """The environment of a data file, open for reading. Raises lmdb.Error, OSError."""
    stat = path.stat()
    with _ENVIRONMENTS_LOCK:
        found = _ENVIRONMENTS.get((stat.st_dev, stat.st_ino))
        if found is None:
            found = lmdb.open(
                str(path),
                subdir=False,
                lock=False,
                readonly=True,
                create=False,
                readahead=False,
                max_dbs=DATABASES,
            )
            _ENVIRONMENTS[stat.st_dev, stat.st_ino] = found
        return found


def database_of(environment: Any, name: bytes) -> Any:
    """A database of it; None where it was made by a release that had none of that name."""
    try:
        return environment.open_db(name, create=False)
    except lmdb.NotFoundError:
        return None
