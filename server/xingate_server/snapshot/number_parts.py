"""Which rows under one number are of one subject.

A unified code, a citizen number and the like are one subject's, whatever else the rows say. A passport number, a
registration or a tax number is given by many issuers: two rows of it are of one subject where their names agree, or,
where one has no name, where both say that it is the same kind of number (DESIGN, "One number, one subject").
"""

from collections.abc import Sequence
from hashlib import blake2b

from xingate_server.core.subject import KEY_BYTES
from xingate_server.snapshot.spool import Row


def parts_of(rows: Sequence[Row]) -> list[list[Row]]:
    """The rows of a group by subject, those of a number of one subject first; all in one part where nothing speaks
    against it."""
    shared = {key for row in rows for key, _ in row.place.shared}
    if not shared:
        return [list(rows)]
    own = [row for row in rows if row.place.group not in shared]
    parts = [own] if own else []
    for row in rows:
        if row.place.group in shared:
            fitting = [part for part in parts if any(_agree(row, other) for other in part)]
            if not fitting:
                parts.append([row])
                continue
            first, *others = fitting
            first += [other for part in others for other in part]
            first.append(row)
            parts = [part for part in parts if not any(part is other for other in others)]
    return parts


def contested_of(parts: Sequence[Sequence[Row]]) -> frozenset[bytes]:
    """The numbers that are nobody's alone, where there are several parts."""
    rows = [row for part in parts for row in part]
    return frozenset(row.place.group for row in rows) & frozenset(key for row in rows for key, _ in row.place.shared)


def part_key(group: bytes, place: int) -> bytes:
    """A key of its own for one of several subjects under a number."""
    return blake2b(group + place.to_bytes(4, "big"), digest_size=KEY_BYTES).digest()


def _agree(one: Row, other: Row) -> bool:
    if one.names and other.names:
        return not set(one.names).isdisjoint(other.names)
    mine, its = _claims(one), _claims(other)
    common = mine.keys() & its.keys()
    return not common or any(mine[key] == its[key] for key in common)


def _claims(row: Row) -> dict[bytes, str]:
    """What kind of number the row says that each of its numbers is."""
    return {row.place.group: row.place.scheme, **dict(row.place.shared)}
