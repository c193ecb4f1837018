"""Which of several worker processes pushes checkpoints, and the progress that it shares with the others.

One worker holds the lock until it exits; then another takes over, whatever the reason. Excluded: pushing itself
(`trace.anchor.push`).
"""

import contextlib
import fcntl
from pathlib import Path
from typing import IO, Final

import msgspec

from xingate_server.trace.tree.checkpoint_files import write_whole

LOCK: Final = "anchor.lock"
FILE: Final = "anchor.json"


class PushProgress(msgspec.Struct, frozen=True):
    """How many leaves the newest note that was pushed is for, and the newest one that came back cosigned."""

    pushed: int = 0
    cosigned: str = ""


class Lease:
    """The right to push for the log in `directory`. Belongs to one thread."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._lock: IO[bytes] | None = None
        self._shared: PushProgress | None = None

    def take(self) -> bool:
        """Whether this process has the right, taken if nobody has it. Raises OSError if that cannot be tried."""
        if self._lock is None:
            file = (self._directory / LOCK).open("ab")
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.close()
                return False
            self._lock = file
        return True

    def share(self, progress: PushProgress) -> None:
        """Publish the progress to the other workers. Raises OSError."""
        if progress != self._shared:
            write_whole(self._directory / FILE, msgspec.json.encode(progress))
            self._shared = progress

    def shared(self) -> PushProgress:
        """The progress that the pushing worker shared; zero values if it cannot be read."""
        with contextlib.suppress(OSError, msgspec.DecodeError):
            return msgspec.json.decode((self._directory / FILE).read_bytes(), type=PushProgress)
        return PushProgress()

    def close(self) -> None:
        """Give the right back."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None
