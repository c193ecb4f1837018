"""Which rows under one number are of one subject.

A unified code, a citizen number and the like are one subject's, whatever else is in the rows. A passport number, a
registration or a tax number is issued by many bodies: two of its rows are of one subject if their names agree, or, if
one has no name, if both state the same kind of number (DESIGN, "One number, one subject").
"""

from collections.abc import Sequence
from hashlib import blake2b

from xingate_server.core.subject import KEY_BYTES
from xingate_server.snapshot.compile.spool import Row


def parts_of(rows: Sequence[Row]) -> list[list[Row]]:
    """The rows of a group by subject, those of a number of one subject first; all in one part where nothing speaks
    against it. The order of the rows does not matter."""
    shared = {key for row in rows for key, _ in row.place.shared}
    if not shared:
        return [list(rows)]
    own = [row for row in rows if row.place.group not in shared]
    units = [own] if own else []
    units += [[row] for row in rows if row.place.group in shared]
    named = [unit for unit in units if _is_named(unit)]
    parts: list[list[Row]] = []
    for unit in named:
        parts = _joined(parts, unit, parts)
    of_one = len(parts) <= 1
    for unit in units:
        if not _is_named(unit):
            # One that may be of several subjects does not make them one.
            parts = _joined(parts, unit, parts if of_one else [part for part in parts if not _is_named(part)])
    return sorted(parts, key=lambda part: (all(row.place.group in shared for row in part), min(map(_place, part))))


def _joined(parts: list[list[Row]], unit: list[Row], possible: Sequence[list[Row]]) -> list[list[Row]]:
    """The parts with a unit, those of the possible ones that it fits made one with it."""
    fitting = [part for part in possible if any(_agree(row, other) for row in unit for other in part)]
    joined = [row for part in fitting for row in part] + unit
    return [part for part in parts if not any(part is other for other in fitting)] + [joined]


def _is_named(part: Sequence[Row]) -> bool:
    return any(row.names for row in part)


def _place(row: Row) -> tuple[tuple[str, ...], str, list[tuple[bytes, str]]]:
    return row.names, row.profile.display, sorted(_claims(row).items())


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
