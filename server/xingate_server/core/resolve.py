"""What needs all entries of one subject: duplicates, superseded rows, red against black (Cl. 7, 24)."""

from collections.abc import Sequence

import msgspec

from xingate_server.core.entry import Entry


class Listed(msgspec.Struct, frozen=True):
    """One admitted row of a subject. `place` says where it came from, for the report; it never decides."""

    entry: Entry
    place: int


class Dropped(msgspec.Struct, frozen=True):
    """A row refused at this stage, or kept but counted (`red_removed_by_black`, a `superseded` that still answers)."""

    place: int
    reason: str
    is_kept: bool = False


class Resolved(msgspec.Struct, frozen=True):
    """What remains, in a fixed order, and what was dropped or counted."""

    kept: tuple[Listed, ...]
    dropped: tuple[Dropped, ...]


def resolve(listed: Sequence[Listed]) -> Resolved:
    """Resolve the settled rows of one subject (records and listings alike)."""
    ...
