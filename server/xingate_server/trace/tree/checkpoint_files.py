"""The files of a log's checkpoints: the newest one, those before it, and the lock under which one is signed.

`checkpoint` is replaced as a whole and synced before it counts; `checkpoints/YYYY-MM.jsonl` has one object a line
(`time`, `note`) and is not synced, since the newest one is in `checkpoint`. Excluded: what notes contain and whether
they fit the log (`trace.tree.checkpoints`). Source: C2SP tlog-checkpoint.
"""

import contextlib
import fcntl
import os
import secrets
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic, sleep
from typing import Final

import msgspec

from xingate_server.core.timestamps import written
from xingate_server.trace.tree.signing import sync_directory

FILE: Final = "checkpoint"
HISTORY: Final = "checkpoints"
_LOCK = "checkpoint.lock"
_LOCK_WAIT_S = 5.0
_RETRY_S = 0.005
_TAIL_BYTES = 65_536


class StoredNote(msgspec.Struct, frozen=True):
    """A signed note as it is kept; `time` is RFC 3339 in UTC, by the clock of the node."""

    time: str
    note: str


def _now() -> datetime:
    return datetime.now(UTC)


class CheckpointFiles:
    """Those of one log's directory. Methods raise OSError where the disk does."""

    def __init__(self, directory: Path, clock: Callable[[], datetime] = _now) -> None:
        self._clock = clock
        self.path = directory / FILE
        self.history_path = directory / HISTORY
        self._lock_path = directory / _LOCK
        self._seen: tuple[int, int, int] | None = None

    def read(self) -> str | None:
        """The newest note; that of the history where the file itself is gone."""
        try:
            return self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return self._last_of_history()
        except UnicodeDecodeError:
            return "\0"  # no note at all, which is for the reader to tell

    def read_changed(self) -> str | None:
        """The newest note, where the file is another one than at the last call."""
        try:
            stat = self.path.stat()
        except FileNotFoundError:
            return None
        seen = stat.st_ino, stat.st_mtime_ns, stat.st_size
        if seen == self._seen:
            return None
        note = self.read()
        self._seen = seen
        return note

    def age_s(self) -> float | None:
        """Seconds since the newest note was written; None before the first."""
        with contextlib.suppress(OSError):
            return max(0.0, datetime.now(UTC).timestamp() - self.path.stat().st_mtime)
        return None

    def is_fresh(self, within_s: float) -> bool:
        """Whether the newest note was written less than `within_s` ago; not where the clock was set back since."""
        with contextlib.suppress(OSError):
            return 0 <= self._clock().timestamp() - self.path.stat().st_mtime < within_s
        return False

    def write(self, note: str) -> None:
        """Keep a note as the newest one; durable on return."""
        now = self._clock()
        kept = StoredNote(written(now), note)
        self.history_path.mkdir(mode=0o700, exist_ok=True)
        # A clock that was set back begins no earlier file: the order of files is that of sizes.
        name = max([f"{now:%Y-%m}.jsonl", *(path.name for path in self.history_path.glob("*.jsonl"))])
        with (self.history_path / name).open("ab") as file:
            file.write(msgspec.json.encode(kept) + b"\n")
        write_whole(self.path, note.encode())

    def history(self) -> Iterator[tuple[str, str]]:
        """Every kept note with where it stands, oldest first; a line that was cut off by a crash is left out."""
        for path in sorted(self.history_path.glob("*.jsonl")):
            with path.open("rb") as file:
                for number, line in enumerate(file, 1):
                    if (note := _note_of(line)) is not None:
                        yield f"{path.name} line {number}", note

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """While this holds, no other process or thread signs. Raises TimeoutError after 5 s."""
        with self._lock_path.open("ab") as file:
            until = monotonic() + _LOCK_WAIT_S
            while True:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if monotonic() >= until:
                        raise TimeoutError("another process has been signing for too long") from None
                    sleep(_RETRY_S)
            yield  # closing the file gives the lock back

    def _last_of_history(self) -> str | None:
        for path in sorted(self.history_path.glob("*.jsonl"), reverse=True):
            with path.open("rb") as file:
                file.seek(max(0, path.stat().st_size - _TAIL_BYTES))
                for line in reversed(file.read().splitlines()):
                    if (note := _note_of(line)) is not None:
                        return note
        return None


def write_whole(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Replace a file as a whole: whatever happens, it holds all of the old or all of the new. Durable on return."""
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    finally:
        with contextlib.suppress(OSError):
            fresh.unlink(missing_ok=True)
    sync_directory(path.parent)


def _note_of(line: bytes) -> str | None:
    try:
        return msgspec.json.decode(line, type=StoredNote).note
    except msgspec.DecodeError:
        return None
