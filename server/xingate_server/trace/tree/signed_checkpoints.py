"""What proves the records of a log that is only read: the newest checkpoint that was signed for it, and its tree.

Nothing is signed, so records behind that checkpoint have no receipt here. Excluded: signing (`trace.tree.checkpoints`).
Source: DESIGN section 7; RFC 6962; C2SP tlog-checkpoint.
"""

from collections.abc import Sequence
from pathlib import Path

from xingate.checkpoint import VerifierKey, verify
from xingate.errors import CheckpointError
from xingate_server.trace.port import ReadFailedError, StoreUnusableError, TraceLog
from xingate_server.trace.tree.checkpoint_files import CheckpointFiles
from xingate_server.trace.tree.checkpoints import check_tail
from xingate_server.trace.tree.proofs import Tree
from xingate_server.trace.tree.tiles import FileTiles


class SignedCheckpoints:
    """A `gateway.records.receipts.Proofs` over `log` with the checkpoints in `directory`; `key` is the public one.

    Its methods raise ReadFailedError where there is no checkpoint, StoreUnusableError for one that does not hold.
    """

    def __init__(self, log: TraceLog, key: str, directory: Path) -> None:
        self.verifier_key = key
        self._log = log
        self._files = CheckpointFiles(directory)
        self._tiles = FileTiles(directory)
        self._tree: Tree | None = None

    def latest(self) -> str:
        """The newest signed checkpoint."""
        note = self._files.read()
        if note is None:
            raise ReadFailedError(f"there is no checkpoint in {self._files.path.parent}")
        try:
            check_tail(self._log, verify(note, VerifierKey.parse(self.verifier_key)))
        except CheckpointError as error:
            raise StoreUnusableError(f"{self._files.path} is not a checkpoint under the log's key: {error}") from error
        return note

    async def covering(self, leaf_index: int, timeout_s: float) -> str | None:
        """The newest signed checkpoint where it covers the leaf."""
        note = self.latest()
        return note if int(note.split("\n")[1]) > leaf_index else None

    def inclusion_proof(self, index: int, size: int) -> Sequence[bytes]:
        """See `Tree`."""
        return self._open_tree().inclusion_proof(index, size)

    def consistency_proof(self, size1: int, size2: int) -> Sequence[bytes]:
        """See `Tree`."""
        return self._open_tree().consistency_proof(size1, size2)

    def close(self) -> None:
        """Close the tiles."""
        self._tiles.close()

    def _open_tree(self) -> Tree:
        self._tree = self._tree or Tree(self._log, self._tiles)
        return self._tree
