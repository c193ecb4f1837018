"""Which rows are under a number that another row states as a further number of a known subject.

A row that knows a company by its registration number alone joins the company whose other rows state both numbers,
as long as that number points to one company only. A number that points to several joins none (DESIGN section 4,
Identity).
"""

from collections.abc import Iterable

import msgspec

Targets = set[tuple[bytes, bytes]]


class Joins(msgspec.Struct):
    """`moves`: old group -> final group and unified code. `ambiguous`: group -> all that it could belong to."""

    moves: dict[bytes, tuple[bytes, bytes]]
    ambiguous: dict[bytes, Targets]


def find_joins(links: Iterable[tuple[bytes, Targets]]) -> Joins:
    """Join until nothing changes. Memory grows with the joined numbers only, not with the input."""
    targets = dict(sorted(links))
    moves: dict[bytes, tuple[bytes, bytes]] = {}

    def final(group: bytes) -> bytes:
        while group in moves:
            group = moves[group][0]
        return group

    def reached(alias: bytes) -> Targets:
        found = {(final(group), unified) for group, unified in targets[alias]}
        return {(group, unified) for group, unified in found if group != alias}

    is_changed = True
    while is_changed:
        is_changed = False
        for alias in targets:
            if alias in moves:
                continue
            found = reached(alias)
            if len({group for group, _ in found}) == 1:
                codes = {unified for _, unified in found if unified}
                moves[alias] = (next(iter(found))[0], codes.pop() if len(codes) == 1 else b"")
                is_changed = True
    ambiguous = {alias: found for alias in targets if alias not in moves and (found := reached(alias))}
    return Joins({old: (final(new), unified) for old, (new, unified) in moves.items()}, ambiguous)
