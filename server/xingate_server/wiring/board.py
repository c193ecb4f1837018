"""Shared memory through which the workers of a gateway and their parent coordinate.

A client of a port that several workers share is answered now by one and now by another, and must never see the one
undercut what the other has shown. So no worker answers from a snapshot before all can: each reports which one it has
opened, the parent alone decides which one all answer from, and every worker looks there before each answer. Each worker
also leaves a sign of life, by which the parent finds one that is stuck. The newest state of the log is not here, since
it is in files that all read (`trace.tree.checkpoints`).

Each number has one writer and is eight bytes, which are written as a whole. Excluded: what the parent does about it
(`pulse`, `serve`). Source: DESIGN sections 6 and 7.
"""

from multiprocessing.context import BaseContext
from time import monotonic

_IN_USE, _STUCK, _FIRST = 0, 1, 2


class Board:
    """Shared by a parent and its `count` workers, which are forked from it."""

    def __init__(self, context: BaseContext, count: int, in_use: int) -> None:
        self.numbers = context.RawArray("Q", _FIRST + count)
        self.beats = context.RawArray("d", count)
        self.numbers[_IN_USE] = in_use

    @property
    def in_use(self) -> int:
        """The sequence of the snapshot that all answer from; 0 without one."""
        return int(self.numbers[_IN_USE])

    @property
    def stuck(self) -> int:
        """How many workers do not answer at the moment."""
        return int(self.numbers[_STUCK])

    @stuck.setter
    def stuck(self, count: int) -> None:
        self.numbers[_STUCK] = count

    def opened(self, seat: int) -> int:
        """The sequence that a worker could answer from; 0 before it has one."""
        return int(self.numbers[_FIRST + seat])

    def beat(self, seat: int) -> float:
        """A worker's last sign of life, by its own `monotonic`; 0 before the first."""
        return float(self.beats[seat])

    def clear(self, seat: int) -> None:
        """Forget the worker that was here."""
        self.numbers[_FIRST + seat], self.beats[seat] = 0, 0.0

    def use(self, sequence: int) -> None:
        """Have all answer from this snapshot; for the parent alone."""
        self.numbers[_IN_USE] = sequence


class Seat:
    """One worker's part of a board. `in_use` and `opened` are those of `snapshot.store.Agreement`."""

    def __init__(self, board: Board, seat: int) -> None:
        self._board = board
        self._seat = seat
        self._numbers, self._beats = board.numbers, board.beats

    def in_use(self) -> int:
        """The sequence that all answer from."""
        return self._numbers[_IN_USE]  # type: ignore[no-any-return] # asked before each answer

    def opened(self, sequence: int) -> None:
        """Say that this worker could answer from that snapshot."""
        self._numbers[_FIRST + self._seat] = sequence

    def beat(self) -> None:
        """Leave a sign of life."""
        self._beats[self._seat] = monotonic()

    @property
    def stuck(self) -> int:
        """How many workers do not answer at the moment."""
        return self._board.stuck
