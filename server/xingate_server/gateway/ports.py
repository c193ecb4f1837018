"""What the gateway needs from others: snapshots (`snapshot.store.SnapshotSet`) and counters (`transport.metrics`)."""

from collections.abc import Sequence
from typing import Protocol

from xingate_server.core.catalogue import Catalogue, Verdict
from xingate_server.core.decide.decide import Decider
from xingate_server.core.decide.decision import Gap, SourceState
from xingate_server.core.identity.identify import Lookup
from xingate_server.core.subject import SubjectKeyer
from xingate_server.snapshot.store import SnapshotFacts


class SnapshotView(Lookup, Protocol):
    """One snapshot: it never changes, and stays readable for as long as it is held."""

    @property
    def info(self) -> SnapshotFacts:
        """Which snapshot this is."""
        ...

    @property
    def sources(self) -> tuple[SourceState, ...]:
        """What it knows about its sources."""
        ...

    @property
    def catalogue(self) -> Catalogue:
        """The catalogue that rides in it."""
        ...

    @property
    def key_form(self) -> int:
        """The form of its subject keys (`core.subject`)."""
        ...

    @property
    def decider(self) -> Decider:
        """What decides by that catalogue."""
        ...


class Snapshots(Protocol):
    """The snapshots that can be asked. Errors are those of `snapshot.errors`."""

    @property
    def keyer(self) -> SubjectKeyer:
        """The maker of this installation's hashes. Raises SubjectKeyError if its key cannot be read."""
        ...

    @property
    def status(self) -> str:
        """`current`, or `superseded_by_bad`."""
        ...

    def current(self) -> SnapshotView:
        """The one in use. Raises SnapshotError if there is none."""
        ...

    def get(self, sequence: int) -> SnapshotView:
        """A retained one. Raises NotRetainedError."""
        ...

    def retained(self) -> list[int]:
        """The sequences that can be asked, oldest first."""
        ...


class Counters(Protocol):
    """Counts answers."""

    def answered(self, verdict: Verdict, action: str, gaps: Sequence[Gap]) -> None:
        """One answer left the gateway."""
        ...
