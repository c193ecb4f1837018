"""The installation's own key, from which all subject hashes are made (`keys/subject.key`, 32 random bytes).

Whoever has the key can find identity numbers by trying them all, so the file is readable by its owner alone; a key that
others can read is refused. It is outside the snapshot, and losing it makes every snapshot useless: a compile therefore
refuses to make a new key beside existing snapshots. Source: DESIGN sections 6 and 10.
"""

import os
import secrets
import stat
from pathlib import Path

from xingate_server.disk_faults import disk_fault
from xingate_server.snapshot.errors import SubjectKeyError

KEY_FILE_BYTES = 32
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def key_path(state_dir: Path) -> Path:
    """Where the key of a state directory stands."""
    return state_dir / "keys" / "subject.key"


def read_key(state_dir: Path) -> bytes:
    """The key of an existing state directory. Raises `SubjectKeyError`."""
    path = key_path(state_dir)
    try:
        mode = path.stat().st_mode
        key = path.read_bytes()
    except FileNotFoundError:
        raise SubjectKeyError(
            f"there is no subject key at `{path}`: compile a snapshot first, or restore the key from a backup"
        ) from None
    except OSError as error:
        raise SubjectKeyError(f"cannot read the subject key `{path}`: {error.strerror}") from error
    if mode & _OTHERS:
        raise SubjectKeyError(
            f"the subject key `{path}` has mode {stat.S_IMODE(mode):o}, expected 600: run chmod 600 on it"
        )
    if len(key) != KEY_FILE_BYTES:
        raise SubjectKeyError(
            f"the subject key `{path}` has {len(key)} bytes, expected {KEY_FILE_BYTES}: restore it from a backup"
        )
    return key


def read_or_make_key(state_dir: Path, *, is_dry_run: bool = False) -> bytes:
    """The key, made at the first compile; a dry run without a key gets one that is thrown away.

    Raises `SubjectKeyError`, also if snapshots exist but their key is gone.
    """
    path = key_path(state_dir)
    try:
        is_there, is_needed = path.exists(), _has_snapshots(state_dir)
    except OSError as error:
        raise SubjectKeyError(f"cannot read the state directory `{state_dir}`: {error.strerror}") from error
    if is_there:
        return read_key(state_dir)
    if is_needed:
        raise SubjectKeyError(
            f"`{state_dir}` contains snapshots but their key `{path}` is gone: restore it from a backup, "
            "or compile into a new state directory"
        )
    key = secrets.token_bytes(KEY_FILE_BYTES)
    if is_dry_run:
        return key
    _write_once(path, key)
    return read_key(state_dir)


def _has_snapshots(state_dir: Path) -> bool:
    folder = state_dir / "snapshots"
    return folder.is_dir() and any(f.name.isdigit() for f in folder.iterdir())


def _write_once(path: Path, key: bytes) -> None:
    """Write whole or not at all; where another process was first, its key stands."""
    draft = path.with_name(f".{path.name}-{os.getpid()}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(key)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    except OSError as error:
        raise SubjectKeyError(f"cannot write the subject key `{path}`: {disk_fault(error, path)}") from error
