"""The folder of snapshots: sequence numbers, the lock, the draft, `current`, and what is retained.

`current` is a symbolic link to the number, moved by an atomic rename after everything else is on disk. A draft is in
`.tmp-<sequence>`; if a compile was killed, the next one deletes its draft. Source: DESIGN section 6.
"""

import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from xingate_server.disk_faults import disk_fault
from xingate_server.snapshot.errors import CompileError, SnapshotError

CURRENT = "current"
_DRAFT = ".tmp-"
_LOCK = ".lock"
_POLL_S = 0.05


def snapshots_dir(state_dir: Path) -> Path:
    """Where the snapshots of a state directory stand."""
    return state_dir / "snapshots"


def sequences(folder: Path) -> list[int]:
    """The retained sequences, oldest first."""
    if not folder.is_dir():
        return []
    return sorted(int(f.name) for f in folder.iterdir() if f.name.isdigit() and f.is_dir() and not f.is_symlink())


def current_sequence(folder: Path) -> int | None:
    """The sequence that `current` points to, None if there is none. Raises `SnapshotError`."""
    link = folder / CURRENT
    try:
        target = str(link.readlink())
    except FileNotFoundError:
        return None
    except OSError as error:
        what = "it is a folder" if link.is_dir() else disk_fault(error, link)
        raise SnapshotError(
            f"`{link}` is not a link to a snapshot: {what}; move it away, then xingate compile or xingate snapshot use "
            "makes the link"
        ) from error
    if not target.isdigit():
        raise SnapshotError(f"`{link}` points to `{target}`, expected the number of a snapshot")
    return int(target)


@contextmanager
def compile_lock(folder: Path, timeout_s: float) -> Iterator[None]:
    """Hold the lock of the folder; a second compile waits `timeout_s` and then raises `CompileError`, as is raised
    where the folder cannot be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        opened = (folder / _LOCK).open("w")
    except OSError as error:
        raise CompileError(f"`{folder}` cannot be written: {disk_fault(error, folder / _LOCK)}") from error
    with opened as file:
        deadline = time.monotonic() + timeout_s
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    raise CompileError(
                        f"another compile is running in `{folder}`: wait for it to end and try again"
                    ) from None
                time.sleep(_POLL_S)
        yield


def next_sequence(folder: Path) -> int:
    """One above every sequence that exists or is current."""
    return max([*sequences(folder), current_sequence(folder) or 0, 0]) + 1


def new_draft(folder: Path, sequence: int) -> Path:
    """An empty draft folder; what killed compiles left is removed. Only under the lock."""
    remove_drafts(folder)
    draft = folder / f"{_DRAFT}{sequence}"
    draft.mkdir(mode=0o750)
    return draft


def remove_drafts(folder: Path) -> None:
    """Remove whatever drafts stand there."""
    for stale in folder.glob(f"{_DRAFT}*"):
        shutil.rmtree(stale, ignore_errors=True)


def publish(folder: Path, draft: Path, sequence: int) -> Path:
    """Give the draft its number and move `current` to it, both atomically."""
    final = folder / str(sequence)
    sync(draft)
    draft.rename(final)
    sync(folder)
    point_to(folder, sequence)
    return final


def point_to(folder: Path, sequence: int) -> None:
    """Move `current` to a sequence, atomically."""
    link = folder / f".{CURRENT}-{sequence}"
    link.unlink(missing_ok=True)
    link.symlink_to(str(sequence))
    link.replace(folder / CURRENT)
    sync(folder)


def retain(folder: Path, keep: int) -> tuple[int, ...]:
    """Remove all but the newest `keep` sequences, never the current one; the numbers removed."""
    current = current_sequence(folder)
    removed = [s for s in sequences(folder)[: -max(keep, 1)] if s != current]
    for sequence in removed:
        shutil.rmtree(folder / str(sequence), ignore_errors=True)
    return tuple(removed)


def sync(path: Path) -> None:
    """Bring a file or folder to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def set_back(folder: Path, sequence: int, newest: int) -> str:
    """What to say of a `current` that is older than what was in use."""
    return (
        f"`{folder / CURRENT}` is set back to {sequence}, and {newest} was in use: an officer allows it with "
        f"xingate snapshot use {sequence} --reason WHY --officer WHO; a compile makes a new one"
    )


def inode(path: Path) -> int:
    """That of a file, by which it differs from another that took its place; 0 if it is not there."""
    try:
        return path.stat().st_ino
    except OSError:
        return 0
