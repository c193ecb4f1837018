"""What a run is called, kept beside its workbook until that is done, so that the same command continues it.

The name and the day asked about go into every request id and question; the gateway keeps the answers. So the journal
is one small file, whatever the roster's size, and holds no name and no number of the roster.
"""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from hashlib import file_digest
from pathlib import Path
from typing import Final, NamedTuple

from xingate.errors import InvalidRequestError
from xingate.screening import new_run_id

_FORMAT: Final = "xingate-screen/1"
_FILE_MODE: Final = 0o640


class JournalError(Exception):
    """The journal cannot be kept; the text is one line."""


class Journal(NamedTuple):
    """A run: its id, the day asked about, when it began, and how it came about (`new`, `continued`, `file_changed`,
    `asked_differently`); `earlier` is when the run of the journal that was found began."""

    run_id: str
    as_of: str
    started_at: str
    origin: str
    earlier: str = ""


def sha256_of(file: Path) -> str:
    """The hash of a file, in hexadecimal."""
    with file.open("rb") as stream:
        return file_digest(stream, "sha256").hexdigest()


@contextmanager
def open_journal(
    path: Path, file_sha256: str, asked: Mapping[str, object], today: str, now: datetime
) -> Iterator[Journal]:
    """The journal at `path`, continued where it is of the same file and the same question, otherwise started again.

    `asked` is all that makes the questions but the file; a blank `as_of` in it is the day on which the run began. The
    file is removed when the `with` ends without an exception, or with one that every row would have. Raises
    JournalError, also where another run holds it.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, _FILE_MODE)
    except OSError as error:
        raise JournalError(f"cannot write `{path}`: {(error.strerror or 'unknown').lower()}") from error
    with os.fdopen(descriptor, "r+", encoding="utf-8") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise JournalError(f"another run is writing to `{path}`: wait for it, or name another --out") from error
        journal, origin, earlier = _known(stream.read(), file_sha256, asked)
        if journal is None:
            day, began = str(asked.get("as_of") or today), now.isoformat(timespec="seconds")
            journal = Journal(new_run_id(), day, began, origin, earlier)
            content = {
                "format": _FORMAT,
                "run_id": journal.run_id,
                "as_of": day,
                "started_at": began,
                "sha256": file_sha256,
                "asked": dict(asked),
            }
            try:
                stream.seek(0)
                stream.truncate()
                stream.write(json.dumps(content, ensure_ascii=False, indent=1))
                stream.flush()
                os.fsync(descriptor)
            except OSError as error:
                raise JournalError(f"cannot write `{path}`: {(error.strerror or 'unknown').lower()}") from error
        try:
            yield journal
        except InvalidRequestError:  # of every row, so nothing was recorded
            path.unlink(missing_ok=True)
            raise
        path.unlink(missing_ok=True)


def _known(content: str, file_sha256: str, asked: Mapping[str, object]) -> tuple[Journal | None, str, str]:
    """The run of a journal, or why there is none to be continued; and when it began."""
    try:
        held = json.loads(content) if content else {}
        if not held or held["format"] != _FORMAT:
            return None, "new", ""
        run_id, as_of, began = held["run_id"], held["as_of"], held["started_at"]
        if held["sha256"] != file_sha256:
            return None, "file_changed", began
        if held["asked"] != json.loads(json.dumps(asked)):
            return None, "asked_differently", began
        return Journal(run_id, as_of, began, "continued", began), "continued", began
    except (ValueError, KeyError, TypeError):  # cut off by the break: nothing was asked under it before it was whole
        return None, "new", ""
