"""The LMDB files of snapshots, each open once in a process: LMDB forbids twice, so all who open one share it.

Nothing is written, and no lock file is made.
"""

import threading
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from weakref import WeakValueDictionary

import lmdb

from xingate_server.snapshot.manifest import DATA_FILE, DATABASES, SUBJECT

_CLOSED_WITHIN_S, _POLL_S = 1.0, 0.001
PART_KEYS = 16_384  # read at once by who reads all of it

_ENVIRONMENTS: WeakValueDictionary[tuple[int, int], Any] = WeakValueDictionary()
_ENVIRONMENTS_LOCK = threading.Lock()


def environment_of(path: Path) -> Any:
    """The environment of a data file, open for reading. Raises lmdb.Error, OSError."""
    stat = path.stat()
    with _ENVIRONMENTS_LOCK:
        found = _ENVIRONMENTS.get((stat.st_dev, stat.st_ino))
        if found is None:
            found = _ENVIRONMENTS[stat.st_dev, stat.st_ino] = _open(path)
        return found


def _open(path: Path) -> Any:
    """Open it; if another thread is letting go of it at this moment, once that is done. Raises lmdb.Error."""
    until = monotonic() + _CLOSED_WITHIN_S
    while True:
        try:
            return lmdb.open(
                str(path),
                subdir=False,
                lock=False,
                readonly=True,
                create=False,
                readahead=False,
                max_dbs=DATABASES,
            )
        except lmdb.Error as error:
            if "already open" not in str(error) or monotonic() > until:
                raise
            sleep(_POLL_S)


def database_of(environment: Any, name: bytes) -> Any:
    """A database of it; None if it was made by a release that had none of that name."""
    try:
        return environment.open_db(name, create=False)
    except lmdb.NotFoundError:
        return None


def packed_files(folder: Path) -> Iterator[tuple[bytes, bytes]]:
    """All that a snapshot holds of subjects, as it is stored, in the order of the keys. The file is mapped again for
    each part, so that no more of it counts as memory in use (unless somebody else has it open)."""
    begin = b""
    while part := _part(folder / DATA_FILE, begin):
        yield from part
        begin = part[-1][0] + b"\0"


def _part(path: Path, begin: bytes) -> list[tuple[bytes, bytes]]:
    environment = environment_of(path)
    with environment.begin(db=environment.open_db(SUBJECT, create=False)) as transaction:
        cursor = transaction.cursor()
        return list(islice(cursor, PART_KEYS)) if cursor.set_range(begin) else []
