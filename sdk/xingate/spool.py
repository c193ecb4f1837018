"""The caller's own memory of its lookups: what was answered, the receipts, the log's key and last seen checkpoint.

A folder of files of mode 600. It is bounded by number and by bytes; the oldest go first. Several processes may share
it. It holds record ids, places in the log, verdicts and digests, and receipts as the gateway made them: never a
person's number. Excluded: the proofs themselves (`xingate._internal.proof.verify_spool`), and a folder that others may
write.

    answers/<time>-<process>-<random>.jsonl   what decisions said, a line each
    receipts/<record id>.json                 a receipt that was verified and stands under the last seen checkpoint
    logs/<digest of the origin>.json          a log's verifier key, pinned at first use, and its last seen checkpoint

**Durability.** The durable record of a lookup is the gateway's; here is the caller's evidence of it. An answer is
appended at once and not fsynced, because a caller waits for it: a killed program loses none, a power cut may cost the
newest. Receipts, keys and checkpoints are written whole and fsynced.
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
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from xingate._internal.proof.segments import Segments
from xingate._internal.proof.spool_report import RecordResult, SpoolReport
from xingate._internal.values.enums import Verdict
from xingate.types import Decision

__all__ = ["Kept", "KnownLog", "RecordResult", "Spool", "SpoolReport"]

MOST_RECORDS = 10_000
MOST_BYTES = 64 * 1024 * 1024
_FILES = 64  # into which a full spool is divided: one of them goes at a time
_LINE_BYTES = 256  # of a usual answer
_REMOVED_PER_ANSWER = 4  # receipts of answers that are gone
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
        self._most_lines = max(1, min(most_records, most_bytes // _LINE_BYTES) // _FILES)
        self._answers = Segments(self.folder / "answers", self._most_lines)
        self._orphans: deque[str] = deque()  # the records whose answers are gone; their receipts are to go
        _remove_parts(self.folder)
        self._receipt_bytes = self._settle_receipts()
        self._bytes = 0  # of all answers and receipts, as far as is known
        self._cut(0, 0)

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
        line = _encode(vars(kept))
        try:
            with self._lock:
                if self._answers.is_due():
                    self._cut(self._most_lines, self._most_lines * len(line))
                self._answers.append(line)
                self._bytes += len(line) + 1
                self._remove_orphans(_REMOVED_PER_ANSWER)
                self._make_room()
        except OSError as error:
            if not self._has_failed:
                _log.warning("an answer could not be stored in `%s`: %s", self.folder, error.strerror or error)
            self._has_failed = True

    def answers(self) -> Iterator[Kept | Path]:
        """The stored answers, oldest first, each once; for each line that is not an answer, its file."""
        seen: set[Kept] = set()
        for path, line in self._answers.read():
            kept = _read_kept(line)
            if kept is None:
                yield path
            elif kept not in seen:
                seen.add(kept)
                yield kept

    def receipt(self, record_id: str) -> str | None:
        """The JSON of a kept receipt, or None."""
        try:
            return self._receipt_path(record_id).read_text(encoding="utf-8")
        except (FileNotFoundError, UnicodeDecodeError):
            return None

    def keep_receipt(self, record_id: str, content: str) -> None:
        """Keep a receipt's JSON, which was verified before. Durable on return. Raises OSError."""
        path, encoded = self._receipt_path(record_id), content.encode()
        with self._lock:
            grown = len(encoded) - _size(path)
            self._bytes += grown
            self._receipt_bytes += grown
            self._make_room()
            if self._bytes <= self._most_bytes:
                _write(path, encoded)

    def known_log(self, origin: str) -> KnownLog:
        """What is known of a log; an empty one before first use. Raises ValueError if its file is damaged."""
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

    def _cut(self, lines: int, size: int) -> None:
        """Remove the oldest answers until there is room for so many more lines and bytes."""
        count, answer_bytes = self._answers.totals()
        self._bytes = answer_bytes + self._receipt_bytes
        files = self._answers.files() if count + lines > self._most_records else []
        for path in files:
            if count + lines <= self._most_records:
                break
            count -= self._remove(path)
        self._make_room(size)

    def _make_room(self, size: int = 0) -> None:
        """Remove what is due to go, and then the oldest answers, until so many more bytes fit."""
        if self._bytes + size <= self._most_bytes:
            return
        for path in [None, *self._answers.files()]:
            if path is not None:
                self._remove(path)
            while self._orphans and self._bytes + size > self._most_bytes:
                self._remove_orphans(1)
            if self._bytes + size <= self._most_bytes:
                return

    def _remove(self, path: Path) -> int:
        """Remove a file of answers; how many they were. Their receipts go a few at a time."""
        lines = self._answers.lines(path)
        self._orphans += (_stem(kept.record_id) for kept in map(_read_kept, lines) if kept is not None)
        self._bytes -= _size(path)
        self._answers.remove(path)
        return len(lines)

    def _remove_orphans(self, most: int) -> None:
        for _ in range(min(most, len(self._orphans))):
            path = self.folder / "receipts" / f"{self._orphans.popleft()}.json"
            size = _size(path)
            if size:
                path.unlink(missing_ok=True)
                self._bytes -= size
                self._receipt_bytes -= size

    def _settle_receipts(self) -> int:
        """Remove the receipts of answers that are gone; the bytes of the others."""
        alive = {_stem(kept.record_id) for kept in self.answers() if isinstance(kept, Kept)}
        size = 0
        for receipt in (self.folder / "receipts").glob("*.json"):
            if receipt.stem in alive:
                size += _size(receipt)
            else:
                receipt.unlink(missing_ok=True)
        return size


def _stem(record_id: str) -> str:
    """A file name for a record id, which the other side chose."""
    if _SAFE_ID.fullmatch(record_id):
        return record_id
    return f"other-{hashlib.sha256(record_id.encode()).hexdigest()[:32]}"


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
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        sync = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(sync)
        finally:
            os.close(sync)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _read_kept(line: bytes) -> Kept | None:
    try:
        kept = Kept(**json.loads(line))
        Verdict[kept.verdict]
    except (ValueError, TypeError, KeyError):
        return None
    return kept


def _remove_parts(folder: Path) -> None:
    """Remove what a process that was killed while writing has left."""
    long_ago = time.time() - _PART_AGE_S
    for path in folder.glob("*/.*"):
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_mtime < long_ago:
                path.unlink()
