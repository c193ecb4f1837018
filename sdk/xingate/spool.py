"""The caller's own memory of its lookups: what was answered, the receipts, the log's key and last seen checkpoint.

A folder of small files, each mode 600 and written whole or not at all (renamed into place, not fsynced: a power cut
may cost the newest). It is bounded by number and by bytes; the oldest go first. Several processes may share it. It
holds record ids, places in the log, verdicts and digests, and receipts as the gateway made them: never a person's
number. Excluded: the proofs themselves (`xingate._verify`), and a folder that others may write.

    answers/<record id>.<digest>.json   what a decision said; a second answer to the same record has a file of its own
    receipts/<record id>.json           a receipt that was verified and stands under the last seen checkpoint
    logs/<digest of the origin>.json    a log's verifier key, pinned at first use, and its last seen checkpoint
"""

import contextlib
import hashlib
import json
import logging
import os
import re
import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from xingate._spool_report import RecordResult, SpoolReport
from xingate._words import Verdict
from xingate.types import Decision

__all__ = ["Kept", "KnownLog", "RecordResult", "Spool", "SpoolReport"]

MOST_RECORDS = 10_000
MOST_BYTES = 64 * 1024 * 1024
_KEPT_AFTER_CUT = 0.9  # so that the folder is not listed again for every further answer
_SAFE_ID = re.compile(r"[A-Za-z0-9-]{1,64}")
_DIGEST_CHARACTERS = 16
_PART_AGE_S = 3600.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Kept:
    """What an answer said, as it came."""

    record_id: str
    log_origin: str
    leaf_index: int
    verdict: str
    decision_digest: str


@dataclass(frozen=True)
class KnownLog:
    """A log's key (C2SP verifier key, "" before first use) and the last checkpoint of it (signed note, or "")."""

    origin: str
    verifier_key: str = ""
    note: str = ""


class Spool:
    """The spool in `folder`, which is made where it is not there. Safe to share between threads.

    `most_records` and `most_bytes` bound what is kept; both are 1 or more. Raises ValueError for other bounds, and
    OSError where the folder cannot be made.
    """

    def __init__(self, folder: Path | str, *, most_records: int = MOST_RECORDS, most_bytes: int = MOST_BYTES) -> None:
        if most_records < 1 or most_bytes < 1:
            raise ValueError(f"a spool keeps 1 record and 1 byte or more, not {most_records} and {most_bytes}")
        self.folder = Path(folder)
        self._most_records, self._most_bytes = most_records, most_bytes
        self._lock = threading.Lock()
        self._has_failed = False
        for name in ("answers", "receipts", "logs"):
            (self.folder / name).mkdir(mode=0o700, parents=True, exist_ok=True)
        self._records = self._bytes = 0
        _remove_parts(self.folder)
        self._cut()

    def keep(self, decision: Decision) -> None:
        """Keep what a decision said. Never raises for a full disk: the answer matters more; a warning is logged."""
        trace = decision.trace
        kept = Kept(
            record_id=trace.record_id,
            log_origin=trace.log_origin,
            leaf_index=trace.leaf_index,
            verdict=decision.verdict.name,
            decision_digest=decision.decision_digest,
        )
        content = _encode(asdict(kept))
        name = f"{_stem(kept.record_id)}.{hashlib.sha256(content).hexdigest()[:_DIGEST_CHARACTERS]}.json"
        try:
            with self._lock:
                self._put(self.folder / "answers" / name, content)
        except OSError as error:
            if not self._has_failed:
                _log.warning("an answer could not be kept in `%s`: %s", self.folder, error.strerror)
            self._has_failed = True

    def answers(self) -> Iterator[Kept | Path]:
        """What is kept, oldest first; the path of a file that is no answer, damaged as it must be."""
        for path in _oldest_first(self.folder / "answers"):
            with contextlib.suppress(FileNotFoundError):  # cut meanwhile
                yield _read_kept(path)

    def receipt(self, record_id: str) -> str | None:
        """The JSON of a kept receipt, or None."""
        try:
            return self._receipt_path(record_id).read_text(encoding="utf-8")
        except (FileNotFoundError, UnicodeDecodeError):
            return None

    def keep_receipt(self, record_id: str, content: str) -> None:
        """Keep a receipt's JSON, which was verified before. Raises OSError."""
        with self._lock:
            self._put(self._receipt_path(record_id), content.encode())

    def known_log(self, origin: str) -> KnownLog:
        """What is known of a log; an empty one before first use. Raises ValueError where its file is damaged."""
        path = self._log_path(origin)
        try:
            value = json.loads(path.read_bytes())
            known = KnownLog(str(value["origin"]), str(value["verifier_key"]), str(value["note"]))
        except FileNotFoundError:
            return KnownLog(origin)
        except (ValueError, KeyError, TypeError):
            known = KnownLog("")
        if known.origin != origin:
            raise ValueError(f"`{path}` is damaged: expected the key and the last checkpoint of log `{origin}`")
        return known

    def keep_log(self, known: KnownLog) -> None:
        """Remember a log's key and checkpoint. Raises OSError."""
        with self._lock:
            _write(self._log_path(known.origin), _encode(asdict(known)))

    def _receipt_path(self, record_id: str) -> Path:
        return self.folder / "receipts" / f"{_stem(record_id)}.json"

    def _log_path(self, origin: str) -> Path:
        return self.folder / "logs" / f"{hashlib.sha256(origin.encode()).hexdigest()[:_DIGEST_CHARACTERS]}.json"

    def _put(self, path: Path, content: bytes) -> None:
        if path.parent.name == "answers" and path.exists():
            return
        _write(path, content)
        self._records += path.parent.name == "answers"
        self._bytes += len(content)
        if self._records > self._most_records or self._bytes > self._most_bytes:
            self._cut()

    def _cut(self) -> None:
        """Count what there is, and where it is too much remove the oldest answers, each with its receipt."""
        answers = _oldest_first(self.folder / "answers")
        alive = {_record_of(path) for path in answers}
        sizes = {path: _size(path) for path in answers}
        receipts: dict[str, Path] = {}
        for receipt in (self.folder / "receipts").glob("*.json"):
            if receipt.stem in alive:
                receipts[receipt.stem], sizes[receipt] = receipt, _size(receipt)
            else:
                receipt.unlink(missing_ok=True)
        count, size = len(answers), sum(sizes.values())
        is_over = count > self._most_records or size > self._most_bytes
        while answers and is_over:
            oldest = answers.pop(0)
            for path in filter(None, (oldest, receipts.pop(_record_of(oldest), None))):
                path.unlink(missing_ok=True)
                size -= sizes[path]
            count -= 1
            is_over = count > self._most_records * _KEPT_AFTER_CUT or size > self._most_bytes * _KEPT_AFTER_CUT
        self._records, self._bytes = count, size


def _stem(record_id: str) -> str:
    """A file name for a record id, which the other side chose."""
    if _SAFE_ID.fullmatch(record_id):
        return record_id
    return f"other-{hashlib.sha256(record_id.encode()).hexdigest()[:32]}"


def _record_of(answer: Path) -> str:
    return answer.name.partition(".")[0]


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:  # cut by another process meanwhile
        return 0


def _encode(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True).encode()


def _write(path: Path, content: bytes) -> None:
    part = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}")
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _oldest_first(folder: Path) -> list[Path]:
    found: list[tuple[int, str, Path]] = []
    for path in folder.glob("*.json"):
        with contextlib.suppress(FileNotFoundError):
            found.append((path.stat().st_mtime_ns, path.name, path))
    return [path for *_, path in sorted(found)]


def _read_kept(path: Path) -> Kept | Path:
    try:
        kept = Kept(**json.loads(path.read_bytes()))
        Verdict[kept.verdict]
    except (ValueError, TypeError, KeyError):
        return path
    return kept


def _remove_parts(folder: Path) -> None:
    """Remove what a process that was killed while writing has left."""
    long_ago = time.time() - _PART_AGE_S
    for path in folder.glob("*/.*"):
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_mtime < long_ago:
                path.unlink()
