"""What a disk that takes no more says, in words for the operator.

The kernel, SQLite and LMDB each say it in their own way: SQLite calls a disk on which it cannot grow its `-shm` file a
"disk I/O error", and LMDB calls half a page written an "input/output error".
Excluded: whether the state directory's log can be relied on afterwards (`trace.sqlite.store`).
"""

import errno
import os
from pathlib import Path
from shutil import disk_usage
from typing import Final

_FULL: Final = (errno.ENOSPC, errno.EDQUOT)
_FULL_WORDS: Final = (os.strerror(errno.ENOSPC).lower(), "database or disk is full")
_VAGUE: Final = ("disk i/o error", "input/output error")  # LMDB's word for half a page written
_NOT_OPENED: Final = "unable to open database file"
_LITTLE: Final = 1 << 18  # SQLite's -shm file grows by 32 KiB, a WAL page by page


def disk_fault(error: BaseException, path: Path) -> str:
    """Why `path` cannot be written or read: what the system said, beginning small, and what to do where the disk is
    full or nothing can be written there."""
    raw = (error.strerror if isinstance(error, OSError) else "") or str(error) or "unknown"
    raw = raw[:1].lower() + raw[1:]
    if isinstance(error, OSError) and error.errno == errno.EFBIG:
        return f"a limit on the size of files was reached ({raw}): raise it for `{path}` (ulimit -f) and try again"
    if _is_full(error, raw.lower(), path):
        return f"the disk is full ({raw}): free space for `{path}` and try again"
    if raw.lower().endswith(_VAGUE):
        return f"{raw}: the disk of `{path}` is full or failing: look at its free space and the system's log"
    if raw.lower() == _NOT_OPENED and not os.access(_nearest(path), os.W_OK):
        return f"{raw}: nothing can be written in `{_nearest(path)}`"
    return raw


def _is_full(error: BaseException, raw: str, path: Path) -> bool:
    if isinstance(error, OSError) and error.errno in _FULL:
        return True
    is_little = raw.endswith(_VAGUE) and _has_little_room(_nearest(path))
    return is_little or any(words in raw for words in _FULL_WORDS)


def _has_little_room(folder: Path) -> bool:
    """Whether hardly anything is free; False if the disk does not say, as a failing one may not."""
    try:
        return disk_usage(folder).free < _LITTLE
    except OSError:
        return False


def _nearest(path: Path) -> Path:
    """The folder that the path is in, or the nearest one above that is there."""
    return next((folder for folder in path.absolute().parents if _is_folder(folder)), Path("/"))


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # of a disk that fails
        return False
