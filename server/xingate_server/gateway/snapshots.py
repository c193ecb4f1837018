"""The snapshots that answer, with the answers prepared from each, and this installation's keyed hashes.

Excluded: opening and refreshing snapshots (`snapshot.store`), deciding (`check`). Source: DESIGN section 6.
"""

from typing import Final

from xingate_server.core.catalogue import Catalogue
from xingate_server.core.subject import SubjectKeyer
from xingate_server.gateway import errors
from xingate_server.gateway.bounded_cache import BoundedCache
from xingate_server.gateway.decision_cache import SnapshotAnswers
from xingate_server.gateway.ports import Snapshots, SnapshotView
from xingate_server.snapshot.errors import NotRetainedError, SnapshotError

_MOST: Final = 8  # snapshots whose answers are stored


class SnapshotsInUse:
    """What questions are answered from. `keyer` defaults to that of the snapshots. For any number of threads."""

    def __init__(self, snapshots: Snapshots, keyer: SubjectKeyer | None = None) -> None:
        self._snapshots = snapshots
        self._given_keyer = keyer
        self._last: SnapshotAnswers | None = None  # of the snapshot asked last
        self._answers: BoundedCache[str, SnapshotAnswers] = BoundedCache(_MOST)

    def keyer(self) -> SubjectKeyer:
        """The one passed in, or that of the snapshots. Raises UnavailableError."""
        try:
            return self._given_keyer or self._snapshots.keyer
        except SnapshotError as error:
            raise errors.UnavailableError("snapshot_missing", f"no snapshot can answer: {error}") from error

    def snapshot(self, sequence: int = 0) -> SnapshotView:
        """A retained snapshot, or (0) the one in use. Raises UnknownSequenceError and UnavailableError."""
        try:
            return self._snapshots.get(sequence) if sequence else self._snapshots.current()
        except NotRetainedError as error:
            raise errors.UnknownSequenceError("sequence_unknown", str(error), "sequence") from error
        except SnapshotError as error:
            raise errors.UnavailableError("snapshot_missing", f"no snapshot can answer: {error}") from error

    def catalogue(self) -> Catalogue:
        """The catalogue of the snapshot in use. Raises UnavailableError without one."""
        return self.snapshot().catalogue

    def answering(self, sequence: int) -> SnapshotAnswers:
        """That snapshot with the answers prepared from it. Raises UnknownSequenceError and UnavailableError."""
        answers = self._answers  # before the view: what is prepared from one that is forgotten meanwhile is not stored
        view = self.snapshot(sequence)
        last = self._last
        if last is None or last.view is not view:
            at = view.info.hash
            last = answers.get(at)
            if last is None or last.view is not view:  # opened again: the old one may be closed
                last = answers.put(at, SnapshotAnswers(view))
            self._last = last
        return last

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
        """Let go of all snapshots and of the answers prepared from them, when another one has come into use."""
        self._last = None
        self._answers = BoundedCache(_MOST)
