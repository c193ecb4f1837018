"""Figures for monitoring and assessment (Cl. 31) from the leaves of one or several logs, with constant memory.

Counted are the lookups of a span of days in Asia/Shanghai, and the outcomes that name them, whenever they were
reported; denials by their own day. A record that is in several logs counts once. If several outcomes report one measure
of a lookup, the latest counts. Subjects are distinguished by their keyed hash, so those of installations with different
subject keys are never the same. With a list of matters: which of them were looked up by their own organisation, on any
day up to the decision.

The counting is done in a temporary SQLite database that goes to disk as it grows. Excluded: reading logs and files,
and how figures are shown (`cli`).
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from enum import StrEnum
from hashlib import blake2b
from typing import Final

import apsw
import msgspec

from xingate.v1 import trace_pb2
from xingate_server.core.catalogue import Verdict
from xingate_server.core.timestamps import shanghai_day
from xingate_server.trace.audit.report_sql import COVERAGE, INSERT, KNOWN, OPEN_MATTERS, SCHEMA, STRAYS, counts
from xingate_server.trace.audit.tolerant_read import Damaged
from xingate_server.trace.leaf.words import RESULTS_READ, Result
from xingate_server.trace.port import Stored

NAMED_AT_MOST: Final = 20
_BATCH = 4096

_Value = str | bytes | int | float | None


class By(StrEnum):
    """What the rows of a report stand for."""

    ORGANISATION = "organisation"
    ACTION = "action"
    VERDICT = "verdict"
    SYSTEM = "system"


class UsageRow(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of one group; `group` is "" for the total and for callers that do not say who they are.

    `outcomes` are reports, `applied`, `not_applied` and `other` are measures. `unanswered` are lookups whose answer
    held a measure and that no outcome names. `feedback_seconds` is the median from a lookup to its first outcome.
    """

    group: str = ""
    lookups: int = 0
    subjects: int = 0
    verdicts: dict[str, int] = msgspec.field(default_factory=dict)
    outcomes: int = 0
    applied: int = 0
    not_applied: int = 0
    other: int = 0
    unanswered: int = 0
    feedback_seconds: float | None = None
    denials: int = 0


class Matter(msgspec.Struct, frozen=True, kw_only=True):
    """A matter that should have been looked up. `number` is as the log would hold it; `decided_on` None: not said."""

    number: str
    organisation: str
    decided_on: date | None = None


class Coverage(msgspec.Struct, frozen=True, kw_only=True):
    """How many of an organisation's matters were looked up: by the day of the decision, only after it, never."""

    organisation: str
    matters: int = 0
    covered: int = 0
    late: int = 0
    missing: int = 0


class OpenMatter(msgspec.Struct, frozen=True, kw_only=True):
    """A matter decided without a lookup, or (`asked_on` is set) before the first one."""

    number: str
    organisation: str
    decided_on: str = ""
    asked_on: str = ""


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """A report. `strays` are outcomes that name no lookup of these logs; `damaged` names leaves that are not counted
    (20 at most, `damaged_count` is all of them); `left_out` are matters decided outside the span."""

    first: date | None
    last: date | None
    by: By
    rows: tuple[UsageRow, ...]
    total: UsageRow
    coverage: tuple[Coverage, ...] | None = None
    left_out: int = 0
    strays: int = 0
    damaged: tuple[str, ...] = ()
    damaged_count: int = 0


class UsageCount:
    """Takes leaves, gives reports. `first` and `last` are included; None leaves that end open.

    `matters`: those that should have been looked up, or None to leave coverage out.
    """

    def __init__(
        self, first: date | None = None, last: date | None = None, matters: Iterable[Matter] | None = None
    ) -> None:
        self._first, self._last = first, last
        self._damaged: list[str] = []
        self._damaged_count = 0
        self._left_out = 0
        self._has_matters = matters is not None
        self._waiting: dict[str, list[tuple[_Value, ...]]] = {table: [] for table in INSERT}
        self._waits = 0
        # A file of its own that nobody else sees and that is gone when it is closed.
        self._db = apsw.Connection("")
        self._db.execute(SCHEMA).fetchall()  # steps through all of it
        self._db.execute("BEGIN")
        for matter in matters or ():
            if self._is_within(matter.decided_on):
                decided = matter.decided_on.isoformat() if matter.decided_on else ""
                self._put("matters", (matter.number, matter.organisation, decided))
            else:
                self._left_out += 1
        self._flush()

    def take(self, where: str, leaves: Iterable[Stored | Damaged]) -> None:
        """Count the leaves of a log; `where` says which it is when one is damaged."""
        for leaf in leaves:
            if isinstance(leaf, Damaged):
                self._damage(f"{where}: {leaf.what}")
            else:
                self._take(where, leaf)
        self._flush()

    def report(self, by: By) -> Usage:
        """The figures so far."""
        total = _Figures()
        groups: dict[str, _Figures] = {}
        for fields, statement in counts(by.value):
            for group, *values in self._db.execute(statement):
                figures = total if group is None else groups.setdefault(str(group), _Figures())
                figures.add(fields, values)
        rows = (_row(group, figures) for group, figures in groups.items())
        return Usage(
            first=self._first,
            last=self._last,
            by=by,
            rows=tuple(sorted(rows, key=lambda row: (-row.lookups, row.group))),
            total=_row("", total),
            coverage=self._coverage() if self._has_matters else None,
            left_out=self._left_out,
            strays=_number(self._db, STRAYS),
            damaged=tuple(self._damaged),
            damaged_count=self._damaged_count,
        )

    def open_matters(self) -> Iterator[OpenMatter]:
        """The matters decided without a lookup or before the first one, by organisation and number."""
        for number, organisation, decided, asked in self._db.execute(OPEN_MATTERS):
            yield OpenMatter(
                number=str(number), organisation=str(organisation), decided_on=str(decided), asked_on=str(asked or "")
            )

    def close(self) -> None:
        """Throw the temporary database away."""
        self._db.close()

    def _take(self, where: str, stored: Stored) -> None:
        try:
            record = trace_pb2.TraceRecord.FromString(stored.leaf)
            moment = datetime.fromisoformat(record.time)
            day = shanghai_day(moment)
        except Exception as error:  # noqa: BLE001 - protobuf's DecodeError derives from Exception alone
            self._damage(f"{where}: leaf {stored.leaf_index} is damaged: {type(error).__name__}")
            return
        if record.record_id != stored.record_id:
            self._damage(f"{where}: leaf {stored.leaf_index} is damaged: it is not that of its record id")
            return
        if not self._is_new(where, stored):
            return
        body = record.WhichOneof("body")
        if body == "check":
            self._check(record.record_id, moment.timestamp(), day, record.check)
        elif body == "outcome":
            self._outcome(record.record_id, moment.timestamp(), record.outcome)
        elif body == "denial" and self._is_within(day):
            caller = record.denial.caller
            self._put("denials", (caller.organisation, caller.system))

    def _is_new(self, where: str, stored: Stored) -> bool:
        """Whether no log before this one held the record; one that differs from what another held is damage."""
        if self._waits >= _BATCH:
            self._flush()
        content = blake2b(stored.leaf, digest_size=8).digest()
        self._db.execute(INSERT["records"], (stored.record_id, content, where, stored.leaf_index))
        if self._db.changes():
            return True
        ((known, elsewhere, index),) = self._db.execute(KNOWN, (stored.record_id,)).fetchall()
        if known != content:
            self._damage(
                f"{where}: leaf {stored.leaf_index} differs from leaf {index} of {elsewhere}, which has the same "
                "record id and is counted"
            )
        return False

    def _check(self, record_id: str, seconds: float, day: date, check: trace_pb2.CheckRecord) -> None:
        caller = check.caller
        if self._has_matters and check.matter:
            self._put("asked", (check.matter.strip(), caller.organisation.strip(), day.isoformat()))
        if self._is_within(day):
            verdict = check.verdict or Verdict.CANNOT_TELL.value
            names = (caller.organisation, check.action, _verdict_name(verdict), caller.system)
            self._put("lookups", (record_id, seconds, check.subject_key, bool(check.measure_ids), *names))

    def _outcome(self, record_id: str, seconds: float, outcome: trace_pb2.OutcomeRecord) -> None:
        self._put("outcomes", (record_id, outcome.lookup_record_id, seconds))
        for measure in outcome.measures:
            result = RESULTS_READ.get(measure.result, Result.OTHER).value
            self._put("results", (outcome.lookup_record_id, measure.measure_id, seconds, result))

    def _is_within(self, day: date | None) -> bool:
        if day is None:
            return True
        return (self._first is None or day >= self._first) and (self._last is None or day <= self._last)

    def _put(self, table: str, values: tuple[_Value, ...]) -> None:
        self._waiting[table].append(values)
        self._waits += 1

    def _flush(self) -> None:
        for table, rows in self._waiting.items():
            if rows:
                self._db.executemany(INSERT[table], rows)
                rows.clear()
        self._waits = 0

    def _damage(self, what: str) -> None:
        self._damaged_count += 1
        if len(self._damaged) < NAMED_AT_MOST:
            self._damaged.append(what)

    def _coverage(self) -> tuple[Coverage, ...]:
        return tuple(
            Coverage(organisation=str(o), matters=_int(n), covered=_int(c), late=_int(late), missing=_int(m))
            for o, n, c, late, m in self._db.execute(COVERAGE)
        )


class _Figures(msgspec.Struct):
    """A row in the making."""

    values: dict[str, float] = msgspec.field(default_factory=dict)
    verdicts: dict[str, int] = msgspec.field(default_factory=dict)

    def add(self, fields: str, values: Sequence[object]) -> None:
        """Take what a statement gave for this group."""
        if fields == "verdicts":
            verdict, count = values
            self.verdicts[str(verdict)] = _int(count)
            return
        for field, value in zip(fields.split(","), values, strict=True):
            if value is not None:
                self.values[field] = float(str(value))


def _row(group: str, figures: _Figures) -> UsageRow:
    counts = {name: int(value) for name, value in figures.values.items() if name != "feedback_seconds"}
    order = {verdict.name: place for place, verdict in enumerate(Verdict)}
    verdicts = dict(sorted(figures.verdicts.items(), key=lambda item: order.get(item[0], len(order))))
    return UsageRow(group=group, verdicts=verdicts, feedback_seconds=figures.values.get("feedback_seconds"), **counts)


def _verdict_name(number: int) -> str:
    try:
        return Verdict(number).name
    except ValueError:  # of a later version
        return Verdict.CANNOT_TELL.name


def _number(database: apsw.Connection, sql: str) -> int:
    ((value,),) = database.execute(sql).fetchall()
    return _int(value)


def _int(value: object) -> int:
    return int(str(value))
