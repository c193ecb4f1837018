"""The snapshots that answer, with what was told from each, and this installation's keyed hashes.

Excluded: opening and refreshing snapshots (`snapshot.store`), deciding (`told`). Source: DESIGN section 6.
"""

from typing import Final

from xingate_server.core.subject import SubjectKeyer
from xingate_server.gateway import errors
from xingate_server.gateway.bounded_cache import Kept
from xingate_server.gateway.decision_cache import Ground
from xingate_server.gateway.ports import Snapshots, SnapshotView
from xingate_server.snapshot.errors import NotRetainedError, SnapshotError

_MOST: Final = 8  # snapshots whose answers are kept


class Grounds:
    """What questions are answered from. For any number of threads."""

    def __init__(self, snapshots: Snapshots, keyer: SubjectKeyer | None = None) -> None:
        self._snapshots = snapshots
        self._given_keyer = keyer
        self._last: Ground | None = None  # of the snapshot asked last
        self._kept: Kept[str, Ground] = Kept(_MOST)

    def keyer(self) -> SubjectKeyer:
        """The given one, or that of the snapshots. Raises UnavailableError."""
        try:
            return self._given_keyer or self._snapshots.keyer
        except SnapshotError as error:
            raise errors.UnavailableError("snapshot_missing", f"no snapshot can answer: {error}") from error

    def snapshot(self, sequence: int) -> SnapshotView:
        """A retained snapshot, or (0) the one in use. Raises UnknownSequenceError and UnavailableError."""
        try:
            return self._snapshots.get(sequence) if sequence else self._snapshots.current()
        except NotRetainedError as error:
            raise errors.UnknownSequenceError("sequence_unknown", str(error), "sequence") from error
        except SnapshotError as error:
            raise errors.UnavailableError("snapshot_missing", f"no snapshot can answer: {error}") from error

    def ground(self, sequence: int) -> Ground:
        """What is told from that snapshot. Raises UnknownSequenceError and UnavailableError."""
        kept = self._kept  # before the view: what is told from one that is forgotten meanwhile is not kept
        view = self.snapshot(sequence)
        ground = self._last
        if ground is None or ground.view is not view:
            at = view.info.hash
            ground = kept.get(at)
            if ground is None or ground.view is not view:  # opened again: the old one may be closed
                ground = kept.put(at, Ground(view))
            self._last = ground
        return ground

    def status(self, sequence: int) -> str:
        """`current`, `retained` or `superseded_by_bad`, as it stands in an answer from that sequence."""
        if sequence:
            try:
                if self._snapshots.current().info.sequence != sequence:
                    return "retained"
            except SnapshotError:
                return "retained"
        return self._snapshots.status

    def retained(self) -> list[int]:
        """The sequences that can be asked, oldest first."""
        return self._snapshots.retained()

    def forget(self) -> None:
        """Let go of all snapshots and of what was told from them."""
        self._last = None
        self._kept = Kept(_MOST)
