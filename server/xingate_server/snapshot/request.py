"""Arguments and result of a compile. Sources arrive as iterators of records; none is imported here."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from pathlib import Path

import msgspec

from xingate_server.core.catalogue import Verdict
from xingate_server.core.entry import Record
from xingate_server.core.names.search import THRESHOLD
from xingate_server.core.subject import SubjectKind
from xingate_server.snapshot.manifest import CalendarRef, FileCount, Manifest


class Share(msgspec.Struct, frozen=True):
    """The part of the records that falls to one process: whole blocks of them, in turns."""

    number: int = 0
    of: int = 1

    def holds(self, ordinal: int) -> bool:
        """Whether the `ordinal`th record of a source, from 0, falls to this process."""
        return self.of == 1 or ordinal // BLOCK_RECORDS % self.of == self.number


# Called with a stage ("admit", "resolve", "write", in a dry run "compare", "match"), how much is done and how much
# there is (0: unknown).
Progress = Callable[[str, int, int], None]
FileProgress = Callable[[Path, int, int], None]  # a file, the bytes read of it, and its size
BLOCK_RECORDS = 1_024


def _silent(path: Path, done: int, total: int) -> None:
    """No progress is shown."""


def _unheard(change: "SubjectChange") -> None:
    """Nobody keeps it."""


class SourcePlan(msgspec.Struct, frozen=True, kw_only=True):
    """One source kind and its records.

    `shrink_threshold` is the fraction of rows (0 to 1) that may be lost against the previous sequence.
    `refused_most` is the fraction of its rows of which more may not be unreadable, `least_rows` how many rows it has at
    least. `coverage_to` is shown, not judged. `notes` are what was found of the files' layout. `passed_over` counts,
    once all records are read, what the files hold that is not a row of the list. `share` gives the records where only
    some of them, by their number from 0, are asked for: the others may be None, which costs less; it is told whom to
    tell how far reading is.
    """

    kind: str
    provides: tuple[str, ...]
    files: tuple[Path, ...]
    records: Iterator[Record]
    data_as_of: date
    coverage_from: date
    coverage_to: date | None = None
    max_age_days: int
    shrink_threshold: float
    refused_most: float = 0.05
    least_rows: int = 1
    is_register: bool = False
    is_required: bool = False
    passed_over: Mapping[str, int] = msgspec.field(default_factory=dict)
    notes: Mapping[str, None] = msgspec.field(default_factory=dict)
    share: Callable[[Callable[[int], bool], FileProgress], Iterator[Record | None]] | None = None


class AbsentPlan(msgspec.Struct, frozen=True, kw_only=True):
    """A source that is required and was not given: actions that depend on it cannot be known."""

    kind: str
    provides: tuple[str, ...]
    max_age_days: int
    is_register: bool = False


class CompilePlan(msgspec.Struct, frozen=True, kw_only=True):
    """One compile. `accept_shrink` names kinds that may shrink, vanish, have too few rows or be left out from now on,
    `accept_refusals` those of which more rows may be unreadable, `accept_schema` those whose layout may be another;
    the guards compare with `last_in_use` where a hand has set `current` back behind it, and the sequence is above
    `above`, the highest that was ever in use. `compiled_by` says
    who compiles, `calendars` what was added to the official calendar, `corrections` by which reports rows were
    corrected. The refused rows are copied to `refused_to`, also when nothing can be compiled. `jobs` processes work at
    it (see `snapshot.compile.workers` for when more than one may); what they make does not depend on their number.
    `on_subject` gets, in a dry run, every subject whose answers would change."""

    sources: tuple[SourcePlan, ...]
    absent: tuple[AbsentPlan, ...] = ()
    accept_shrink: frozenset[str] = frozenset()
    accept_refusals: frozenset[str] = frozenset()
    accept_schema: frozenset[str] = frozenset()
    last_in_use: int = 0
    above: int = 0
    catalogue_hash: str
    created_at: datetime
    keep: int = 10
    name_threshold: float = THRESHOLD
    lock_timeout_s: float = 60.0
    is_dry_run: bool = False
    compiled_by: str = ""
    calendars: tuple[CalendarRef, ...] = ()
    corrections: tuple[CalendarRef, ...] = ()
    refused_to: Path | None = None
    jobs: int = 1
    on_bytes: FileProgress = _silent
    on_subject: Callable[["SubjectChange"], None] = _unheard


class Corrected(msgspec.Struct, frozen=True):
    """What became of a report's corrected rows: `applied` counts them; the others are told as `kind file row`."""

    applied: int = 0
    changed_since: tuple[str, ...] = ()
    masked: tuple[str, ...] = ()
    not_found: tuple[str, ...] = ()

    def lines(self) -> Iterator[str]:
        """The same in words for an operator, a line each."""
        yield f"{self.applied:,} {'row' if self.applied == 1 else 'rows'} corrected by the report"
        for place in self.changed_since:
            yield f"not corrected: {place} has changed since the report was made; make the report again"
        for place in self.masked:
            yield f"not corrected: {place} has a cell that was changed and still contains `*`; write the whole number"
        for place in self.not_found:
            yield f"not corrected: {place} is in no file of this compile"


class AnswerChange(msgspec.Struct, frozen=True, kw_only=True):
    """The same change for several actions. `gained` and `lost` are measures by their id, with `suspended`, `withheld`
    or `advisory` before it, gaps as `gap REASON` and records as `record LIST_TYPE`."""

    actions: tuple[str, ...]
    before: Verdict
    after: Verdict
    gained: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()


class SubjectChange(msgspec.Struct, frozen=True, kw_only=True):
    """A subject whose answers change. `number` is an organisation's in clear, a person's masked; "" where a name is
    all there is."""

    kind: SubjectKind
    name: str
    number: str
    changes: tuple[AnswerChange, ...]


class UnlistedChange(msgspec.Struct, frozen=True, kw_only=True):
    """What changes for everybody of these kinds who is on no list, as when a whole list type goes or comes back.
    `is_foreign` says that it is so for those with numbers of another country alone."""

    kinds: tuple[SubjectKind, ...]
    is_foreign: bool
    changes: tuple[AnswerChange, ...]


class EntryChanges(msgspec.Struct, frozen=True, kw_only=True):
    """How many entries of a list type in a region are new, have ended (no longer listed, or as ended), say something
    else."""

    list_type: str
    region: str
    added: int = 0
    ended: int = 0
    changed: int = 0


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """What would change against snapshot `sequence` (0: there is none).

    `differing` counts subjects of whom the snapshots hold something else, `changing` those whose answer for some action
    changes today; the first of them are in `shown`. `unlisted` are changes for all who are on no list, who are counted
    in neither. `counts_alone` says why nobody was looked at, "" where they were.
    """

    sequence: int
    entries: tuple[EntryChanges, ...] = ()
    differing: int = 0
    changing: int = 0
    shown: tuple[SubjectChange, ...] = ()
    unlisted: tuple[UnlistedChange, ...] = ()
    counts_alone: str = ""


class Compiled(msgspec.Struct, frozen=True, kw_only=True):
    """What a compile made. `path` is the snapshot's folder; a dry run has removed it again, and has a `comparison`."""

    manifest: Manifest
    path: Path
    previous: Manifest | None = None
    corrected: Corrected = Corrected()
    removed: tuple[int, ...] = ()
    comparison: Comparison | None = None

    def file_counts(self) -> tuple[tuple[str, FileCount], ...]:
        """Kind and counts of every file given."""
        return tuple((s.kind, f) for s in self.manifest.sources for f in s.files)
