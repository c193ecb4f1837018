"""Finding leaves in a log of any size, newest first: by subject, caller, action, verdict, matter, kind and days.

The rows of `trace.leaf.terms` show where to look. Every leaf that may match is read and compared, and ranges without
rows are read leaf by leaf. Pages are addressed by leaf index, so appends do not move them. Excluded: what a caller may
write (`gateway.records.search`). Source: clauses 25 and 31.
"""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Final

import msgspec

from xingate_server.core.catalogue import Verdict
from xingate_server.core.timestamps import SHANGHAI
from xingate_server.trace.audit.tolerant_read import Damaged, walk
from xingate_server.trace.leaf.record import ActLeaf, CheckLeaf, Leaf, read
from xingate_server.trace.leaf.terms import (
    CHUNK,
    KIND_CODES,
    VERDICTS_PER_KIND,
    Sought,
    candidates,
    kind_of,
    minute_of,
    subject_term,
    terms_of,
    text_term,
)
from xingate_server.trace.port import LeafKind, Stored, TraceLog

STRETCH: Final = 1 << 8
_EPOCH: Final = date(1970, 1, 1).toordinal()
_MINUTES_A_DAY: Final = 24 * 60
_AHEAD: Final = SHANGHAI.utcoffset(None) // timedelta(minutes=1)


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """What leaves must say; what is left out is not looked at.

    `subject_keys` are all keys by which records may know the subject. Days are of Asia/Shanghai, both included.
    Subject, matter, action and verdict are a lookup's alone.
    """

    subject_keys: frozenset[bytes] = frozenset()
    matter: str = ""
    organisation: str = ""
    operator: str = ""
    action: str = ""
    verdict: Verdict | None = None
    kind: LeafKind | None = None
    first: date | None = None
    last: date | None = None

    @property
    def is_empty(self) -> bool:
        """Whether every leaf fits."""
        return self == Query()

    def sought(self) -> Sought:
        """What the rows of leaves that fit hold."""
        values = {
            "subject": frozenset(map(subject_term, self.subject_keys)),
            "matter": _terms(self.matter),
            "organisation": _terms(self.organisation),
            "operator": _terms(self.operator),
            "action": _terms(self.action),
            "what": self._whats(),
        }
        return Sought(
            {column: found for column, found in values.items() if found},
            *self._minutes,
        )

    def fits(self, leaf: Leaf) -> bool:
        """Whether a leaf says all of it."""
        minute, (first, end) = minute_of(datetime.fromisoformat(leaf.time)), self._minutes
        is_within = (first is None or minute >= first) and (end is None or minute < end)
        organisation = "" if isinstance(leaf, ActLeaf) else leaf.organisation
        return (
            is_within
            and self.organisation in {"", organisation}
            and self.operator in {"", leaf.operator}
            and self.kind in {None, kind_of(leaf)}
            and (self._fits_lookup(leaf) if isinstance(leaf, CheckLeaf) else not self._is_of_lookups)
        )

    @property
    def _minutes(self) -> tuple[int | None, int | None]:
        """The days as minutes, the first one and the one behind the last."""
        first = None if self.first is None else _midnight(self.first.toordinal())
        return first, None if self.last is None else _midnight(self.last.toordinal() + 1)

    @property
    def _is_of_lookups(self) -> bool:
        return bool(self.subject_keys or self.matter or self.action or self.verdict is not None)

    def _fits_lookup(self, leaf: CheckLeaf) -> bool:
        return (
            (not self.subject_keys or not self.subject_keys.isdisjoint((leaf.subject_key, *leaf.further_keys)))
            and self.matter in {"", leaf.matter}
            and self.action in {"", leaf.action}
            and self.verdict in {None, leaf.verdict}
        )

    def _whats(self) -> frozenset[int]:
        if self.verdict is not None:
            return frozenset((VERDICTS_PER_KIND * KIND_CODES["check"] + self.verdict,))
        first = VERDICTS_PER_KIND * KIND_CODES[self.kind] if self.kind else 0
        return frozenset(range(first, first + VERDICTS_PER_KIND)) if first else frozenset()


class Page(msgspec.Struct):
    """What was found, newest first, and from which index on to look further; None if all was looked at."""

    leaves: list[Stored | Damaged]
    next_before: int | None


def search(
    log: TraceLog,
    query: Query,
    limit: int,
    before: int | None = None,
    has_time: Callable[[], bool] = lambda: True,
) -> Page:
    """At most `limit` leaves that fit, with an index below `before`; fewer, also none, where the time for it is over
    and there may be more. Leaves that cannot be read are among them. Raises TraceError."""
    stop = log.size() if before is None else min(before, log.size())
    sought = query.sought()
    found: list[Stored | Damaged] = []
    while stop > 0:
        start = (stop - 1) // CHUNK * CHUNK
        for first, end in _places(log, sought, start, stop):
            for leaf in _fitting(log, query, first, end):
                found.append(leaf)
                if len(found) == limit:
                    return Page(found, leaf.leaf_index or None)
            if not has_time():
                return Page(found, first or None)
        stop = start
        if not has_time():
            break
    return Page(found, stop or None)


def found_all(log: TraceLog, query: Query) -> Iterator[Stored | Damaged]:
    """All leaves that fit, newest first. Raises TraceError."""
    stop = log.size()
    sought = query.sought()
    while stop > 0:
        start = (stop - 1) // CHUNK * CHUNK
        for first, end in _places(log, sought, start, stop):
            yield from _fitting(log, query, first, end)
        stop = start


def rows_of(log: TraceLog, start: int, stop: int) -> tuple[list[tuple[int, bytes]], list[str]]:
    """The rows of all leaves from `start` on, before `stop`, and what is wrong with those that cannot be read. Raises
    TraceError."""
    rows: list[tuple[int, bytes]] = []
    damaged: list[str] = []
    for leaf in walk(log, start, stop):
        if isinstance(leaf, Damaged):
            damaged.append(leaf.what)
            continue
        try:
            rows.append((leaf.leaf_index, terms_of(read(leaf.leaf))))
        except ValueError as error:
            damaged.append(f"leaf {leaf.leaf_index} is damaged: {error}")
    return rows, damaged


def _fitting(log: TraceLog, query: Query, first: int, end: int) -> Iterator[Stored | Damaged]:
    """Those that fit among the leaves from `first` on, before `end`, newest first."""
    for leaf in reversed(list(walk(log, first, end))):
        if isinstance(leaf, Damaged):
            yield leaf
        else:
            try:
                if query.fits(read(leaf.leaf)):
                    yield leaf
            except ValueError as error:
                yield Damaged(leaf.leaf_index, f"leaf {leaf.leaf_index} is damaged: {error}")


def _places(log: TraceLog, sought: Sought, start: int, stop: int) -> Iterator[tuple[int, int]]:
    """Which leaves of a chunk are to be read, newest first: stretches without gaps of at most `STRETCH`, each from its
    first leaf on, before its end."""
    indexes = candidates(log.terms(start // CHUNK), sought, start, stop)
    at = 0
    while at < len(indexes):
        end, n = indexes[at] + 1, at + 1
        while n < len(indexes) and n - at < STRETCH and indexes[n] == indexes[n - 1] - 1:
            n += 1
        yield indexes[n - 1], end
        at = n


def _terms(text: str) -> frozenset[int]:
    return frozenset((text_term(text),)) if text else frozenset()


def _midnight(ordinal: int) -> int:
    """The minute in which a day of Asia/Shanghai begins. Counted in numbers, as calendars end with the year 9999."""
    return (ordinal - _EPOCH) * _MINUTES_A_DAY - _AHEAD
