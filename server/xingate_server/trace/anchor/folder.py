"""A folder of another body that stores a log's checkpoints: its layout, reading and comparison.

`ORIGIN/DAY/SIZE.note` is a signed note, `SIZE.proof` beside it shows that it continues the one pushed before;
`ORIGIN/latest.note` is the newest, `ORIGIN/cosigned.note` the newest one that a witness has cosigned. Every file is
written as a whole. Excluded: when something is pushed (`trace.anchor.push`), cosigning (`trace.anchor.witness`).
Source: DESIGN section 7; C2SP tlog-checkpoint.
"""

import re
from base64 import b64decode, b64encode
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Final

import msgspec

from xingate.checkpoint import Checkpoint, VerifierKey, verify
from xingate.errors import CheckpointError
from xingate_server.trace.port import ReadFailedError, StoreUnusableError, TraceLog
from xingate_server.trace.tree.checkpoint_files import write_whole
from xingate_server.trace.tree.checkpoints import check_frontier
from xingate_server.trace.tree.proofs import Tree

LATEST: Final = "latest.note"
COSIGNED: Final = "cosigned.note"
_PUBLIC = 0o644


class StoredProof(msgspec.Struct, frozen=True):
    """Hashes in base64, from the tree of `size1` leaves to that of `size2`."""

    size1: int
    size2: int
    proof: tuple[str, ...]

    @classmethod
    def of(cls, size1: int, size2: int, proof: Sequence[bytes]) -> "StoredProof":
        """From raw hashes."""
        return cls(size1, size2, tuple(b64encode(each).decode("ascii") for each in proof))

    @property
    def hashes(self) -> list[bytes]:
        """Raw. Raises ValueError."""
        return [b64decode(each, validate=True) for each in self.proof]


class StoredCheckpoint(msgspec.Struct, frozen=True):
    """A note in the folder, and its proof where there is one."""

    path: Path
    size: int
    note: str
    proof: StoredProof | None


class AnchorFolder:
    """The part of a folder that belongs to one log. Methods raise OSError where the folder does."""

    def __init__(self, folder: Path, origin: str) -> None:
        self.path = folder / _slug(origin)

    def put(self, note: str, size: int, proof: StoredProof | None) -> None:
        """Keep a note; durable on return."""
        day = self.path / f"{datetime.now(UTC):%Y-%m-%d}"
        day.mkdir(parents=True, exist_ok=True)
        if proof is not None:
            write_whole(day / f"{size:020d}.proof", msgspec.json.encode(proof), _PUBLIC)
        write_whole(day / f"{size:020d}.note", note.encode(), _PUBLIC)
        write_whole(self.path / LATEST, note.encode(), _PUBLIC)

    def put_cosigned(self, note: str) -> None:
        """Keep a note with a witness's cosignature."""
        write_whole(self.path / COSIGNED, note.encode(), _PUBLIC)

    def cosigned(self) -> str | None:
        """The newest cosigned note."""
        return _text(self.path / COSIGNED)

    def latest(self) -> str | None:
        """The newest note."""
        return _text(self.path / LATEST)

    def after(self, size: int) -> Iterator[StoredCheckpoint]:
        """All notes for more than `size` leaves, by size, each read when its turn comes."""
        paths = {int(path.stem): path for path in self.path.glob("*/*.note") if path.stem.isdigit()}
        for found, path in sorted(paths.items()):
            if found > size and (note := _text(path)) is not None:
                yield StoredCheckpoint(path, found, note, _proof(path.with_suffix(".proof")))


class Compared(msgspec.Struct):
    """How a log compares with its anchor: what was compared, the newest size, and what is wrong."""

    checkpoints: int = 0
    newest: int = 0
    faults: list[str] = []


def compare(folder: Path, log: TraceLog, tree: Tree, verifier_keys: str | Sequence[VerifierKey]) -> Compared:
    """Compare a log with every checkpoint that an anchor holds of it.

    A fault is a note that a trusted key did not sign, or one that the log does not begin with: then the log was cut
    off or rewritten after it was pushed. Raises OSError if the folder cannot be read.
    """
    found = Compared()
    for kept in AnchorFolder(folder, log.origin).after(-1):
        found.checkpoints += 1
        try:
            checkpoint = verify(kept.note, verifier_keys)
            found.newest = max(found.newest, checkpoint.tree_size)
            _check(checkpoint, log, tree)
        except (CheckpointError, StoreUnusableError, ReadFailedError) as error:
            found.faults.append(f"{kept.path.name}: {error}")
    return found


def _check(checkpoint: Checkpoint, log: TraceLog, tree: Tree) -> None:
    if checkpoint.origin != log.origin:
        raise CheckpointError(f"it is of the log `{checkpoint.origin}`")
    check_frontier(log, checkpoint, log.frontier())
    if tree.root(checkpoint.tree_size) != checkpoint.root_hash:
        raise StoreUnusableError(f"the first {checkpoint.tree_size} leaves have another root than was signed")


def _slug(origin: str) -> str:
    """A name for a folder: readable, and not that of another log."""
    return re.sub(r"[^A-Za-z0-9.-]", "_", origin)[:80] + "-" + sha256(origin.encode()).hexdigest()[:8]


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        return "\0"  # no note, which is for the reader to tell


def _proof(path: Path) -> StoredProof | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=StoredProof)
    except (FileNotFoundError, msgspec.DecodeError):
        return None
