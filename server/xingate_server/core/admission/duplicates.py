"""What needs all entries of one subject: duplicates, superseded rows, red against black (Cl. 7, 24).

Nothing here depends on the order of the rows, or on the file that contains them (DESIGN section 5).
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

import msgspec

from xingate_server.core.entry import Entry, Standing, Status, is_void, standing

_STATUS_RANK = {Status.ACTIVE: 0, Status.SUSPENDED: 1}  # all others rank above: ended > suspended > active
_ENDED_RANK = 2


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
    """Resolve the settled rows of one subject, of whatever list types and sources."""
    by_key: dict[str, list[Listed]] = defaultdict(list)
    for row in listed:
        by_key[row.entry.id].append(row)
    kept: list[Listed] = []
    dropped: list[Dropped] = []
    for rows in by_key.values():
        _supersede(_without_duplicates(rows, dropped), kept, dropped)
    kept = _red_against_black(kept, dropped)
    return Resolved(
        kept=tuple(sorted(kept, key=lambda row: (row.entry.list_type, row.entry.id, _content(row.entry)))),
        dropped=tuple(sorted(dropped, key=lambda drop: (drop.place, drop.reason))),
    )


def _content(entry: Entry) -> bytes:
    """What an entry says, whichever source and row said it."""
    return msgspec.json.encode(msgspec.structs.replace(entry, source="", older_id=""), order="deterministic")


def _without_duplicates(rows: list[Listed], dropped: list[Dropped]) -> list[Listed]:
    seen: dict[bytes, Listed] = {}
    dropped.extend(
        Dropped(row.place, "duplicate")
        for row in sorted(rows, key=lambda row: (row.entry.source, row.entry.older_id, row.place))
        if seen.setdefault(_content(row.entry), row) is not row
    )
    return list(seen.values())


def _age(row: Listed) -> tuple[date, int, bytes]:
    entry = row.entry
    return entry.status_date or date.min, _STATUS_RANK.get(entry.status, _ENDED_RANK), _content(entry)


def _supersede(rows: list[Listed], kept: list[Listed], dropped: list[Dropped]) -> None:
    """The newest row of a key wins; an older one of another severity answers for the days before that.

    A newest row that is void voids its key. Walking back from the newest row, `replaced_on` is the first day of
    the oldest run of rows with the severity kept last.
    """
    newest, *older = sorted(rows, key=_age, reverse=True)
    survivors: list[Listed] = []
    current = newest
    replaced_on = newest.entry.status_date
    for row in older:
        dropped.append(Dropped(row.place, "superseded"))
        if row.entry.severity == current.entry.severity:
            replaced_on = row.entry.status_date
            continue
        if is_void(newest.entry) or replaced_on is None:
            continue
        survivors.append(_starting(current, replaced_on))
        dropped[-1] = Dropped(row.place, "superseded", is_kept=True)
        current = Listed(
            msgspec.structs.replace(row.entry, stops_on=replaced_on, stop_reason="superseded"),
            row.place,
        )
        replaced_on = row.entry.status_date
    kept.extend([*survivors, current])


def _starting(row: Listed, day: date) -> Listed:
    return Listed(msgspec.structs.replace(row.entry, starts_on=day), row.place)


def _red_against_black(rows: list[Listed], dropped: list[Dropped]) -> list[Listed]:
    """A red row recognised while a black entry was in force is refused; a later black entry ends it for good."""
    blacks = [row.entry for row in rows if row.entry.list_type.startswith("black.")]
    if not blacks:
        return rows
    remaining: list[Listed] = []
    for row in rows:
        red = row.entry
        if not red.list_type.startswith("red."):
            remaining.append(row)
        elif any(standing(black, red.document_date) is Standing.IN_FORCE for black in blacks):
            dropped.append(Dropped(row.place, "red_blocked_by_black"))
        else:
            remaining.append(_ended_by(row, blacks, dropped))
    return remaining


def _ended_by(row: Listed, blacks: Sequence[Entry], dropped: list[Dropped]) -> Listed:
    red = row.entry
    begins = [
        day
        for black in blacks
        if (day := _first_day(black)) > red.document_date and standing(black, day) is Standing.IN_FORCE
    ]
    if not begins:
        return row
    day = min(begins)
    if standing(red, day) in {Standing.ENDED, Standing.VOID}:
        return row
    if red.status is Status.ACTIVE or red.status_date is not None:  # otherwise it never acts, and loses nothing
        dropped.append(Dropped(row.place, "red_removed_by_black", is_kept=True))
    return Listed(msgspec.structs.replace(red, stops_on=day, stop_reason="blacklisted"), row.place)


def _first_day(entry: Entry) -> date:
    return max(entry.valid_from, entry.starts_on or entry.valid_from)
