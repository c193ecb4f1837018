"""The log's name in checkpoints and answers: stored in the file `origin` beside the log, made on first use.

Source: C2SP tlog-checkpoint (an origin is unique to a log and never changes).
"""

import os
import secrets
from pathlib import Path

from xingate_server.trace.port import StoreUnusableError

_FILE = "origin"
_MAX_LENGTH = 255


def settle_origin(directory: Path, wanted: str | None) -> str:
    """The origin of the log in `directory`; on first use `wanted`, or a name made at random.

    Several processes may come first at the same time: one name wins for all. Raises StoreUnusableError where
    `wanted` is not a possible origin or not that of this log.
    """
    if wanted is not None:
        check_origin(wanted)
    path = directory / _FILE
    if not path.exists():
        _create(path, wanted or f"xingate.local/{secrets.token_hex(8)}")
    origin = path.read_text(encoding="utf-8").strip()
    if not _is_origin(origin):
        raise StoreUnusableError(f"{path} does not contain the origin of a log: restore it from a backup")
    if wanted is not None and wanted != origin:
        raise StoreUnusableError(
            f"the log in {directory} has the origin `{origin}`, not `{wanted}`: an origin never changes; "
            "give that origin, or another directory for a new log"
        )
    return origin


def check_origin(wanted: str) -> None:
    """Raise StoreUnusableError if `wanted` cannot be the origin of a log."""
    if not _is_origin(wanted):
        raise StoreUnusableError(
            f"`{wanted}` cannot be the origin of a log: expected 1 to {_MAX_LENGTH} printable characters "
            "without blanks or `+`"
        )


def _is_origin(text: str) -> bool:
    return 0 < len(text) <= _MAX_LENGTH and text.isprintable() and not set(text) & {" ", "+"}


def _create(path: Path, origin: str) -> None:
    fresh = path.with_name(f"{_FILE}.{secrets.token_hex(4)}")
    with fresh.open("x", encoding="utf-8") as file:
        file.write(origin + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(fresh, path)  # fails where another process was first, and never shows half a file
    except FileExistsError:
        return
    finally:
        fresh.unlink()
    descriptor = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
