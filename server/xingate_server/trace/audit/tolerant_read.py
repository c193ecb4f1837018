"""Reads a whole log in spite of damage: each leaf, or the fault in its place.

A store refuses a damaged leaf and ends its reading there; figures and lists of recipients must go on, and must report
which leaf is missing. Excluded: proving that a log is whole (`trace.audit.fsck`).
"""

from collections.abc import Iterator
from typing import Final, Protocol

import msgspec

from xingate_server.trace.port import ReadFailedError, Stored

MOST_DAMAGED: Final = 1000


class Damaged(msgspec.Struct, frozen=True):
    """A leaf that cannot be read, and why."""

    leaf_index: int
    what: str


class Readable(Protocol):
    """What of a `TraceLog` is needed here."""

    def read(self, start: int = 0, stop: int | None = None) -> Iterator[Stored]:
        """See `TraceLog`."""
        ...

    def size(self) -> int:
        """See `TraceLog`."""
        ...


def walk(log: Readable, start: int = 0, stop: int | None = None) -> Iterator[Stored | Damaged]:
    """All leaves from `start` on, before `stop` (None: that there are now), oldest first, with constant memory.

    Raises ReadFailedError if more than `MOST_DAMAGED` leaves are damaged, or the log cannot be read at all.
    """
    stop = log.size() if stop is None else stop
    at, damaged = start, 0
    while at < stop:
        try:
            for stored in log.read(at, stop):
                if stored.leaf_index > at:
                    yield Damaged(at, f"leaves {at} to {stored.leaf_index - 1} are missing")
                at = stored.leaf_index + 1
                yield stored
        except ReadFailedError as error:
            damaged += 1
            if damaged > MOST_DAMAGED:
                raise
            yield Damaged(at, str(error))
            at += 1
        else:
            if at < stop:
                yield Damaged(at, f"leaves {at} to {stop - 1} are missing")
            return
