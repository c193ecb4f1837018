"""What a run adds up to: for the summary, the certificate, and the command's own last line."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from xingate.errors import XingateError
from xingate.types import Decision, SnapshotRef, Verdict
from xingate_adapters.rosters.book.answers import Outcome
from xingate_adapters.rosters.rows import Fault

_EXAMPLES = 5
# What these gaps are about differs from row to row: an entry. Of the others it is a source or an attribute.
_ABOUT_ENTRIES = frozenset({"identity_unsettled", "row_unreadable", "commitment_overdue"})


@dataclass
class Tally:
    """Counts over rows, and over questions where it says so. `errors` are by reason, with the first rows of each and
    what the first of them says; `gaps` by reason and what they are about, an entry aside. `footers` are the numbers of
    rows that are not parties; `not_asked` are columns of codes that nobody asked about, with how many there are."""

    rows: int = 0
    verdicts: Counter[Verdict | None] = field(default_factory=Counter)
    questions: int = 0
    records: int = 0
    people: Counter[Verdict | None] = field(default_factory=Counter)
    measures: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    gaps: Counter[tuple[str, str]] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    error_rows: dict[str, list[int]] = field(default_factory=dict)
    error_words: dict[str, str] = field(default_factory=dict)
    snapshots: Counter[SnapshotRef] = field(default_factory=Counter)
    origins: Counter[str] = field(default_factory=Counter)
    first_leaf: tuple[int, str] | None = None
    last_leaf: tuple[int, str] | None = None
    footers: list[int] = field(default_factory=list)
    not_asked: dict[str, int] = field(default_factory=dict)

    @property
    def is_answered(self) -> bool:
        """Whether somebody was asked about, every question of every row has its answer, and every column of codes was
        asked about."""
        return bool(self.rows) and not (self.errors or self.not_asked)

    def add(self, row: int, verdict: Verdict | None, results: Sequence[Outcome]) -> None:
        """Count a row, its subject's result first."""
        self.rows += 1
        self.verdicts[verdict] += 1
        measures: set[tuple[str, str, str]] = set()
        gaps: set[tuple[str, str]] = set()
        for place, result in enumerate(results):
            if isinstance(result, Decision):
                self._answered(result)
                measures.update((one.id, one.title.zh, one.title.en) for one in result.measures)
                gaps.update((one.reason, "" if one.reason in _ABOUT_ENTRIES else one.about) for one in result.gaps)
            else:
                self._failed(row, result)
            self.questions += not isinstance(result, Fault)
            if place:
                self.people[result.verdict if isinstance(result, Decision) else None] += 1
        self.measures.update(measures)
        self.gaps.update(gaps)

    def _answered(self, result: Decision) -> None:
        self.records += 1
        self.snapshots[result.snapshot] += 1
        trace = result.trace
        self.origins[trace.log_origin] += 1
        leaf = (trace.leaf_index, trace.record_id)
        self.first_leaf = leaf if self.first_leaf is None else min(self.first_leaf, leaf)
        self.last_leaf = leaf if self.last_leaf is None else max(self.last_leaf, leaf)

    def _failed(self, row: int, result: XingateError | Fault) -> None:
        reason = result.reason or type(result).__name__
        self.errors[reason] += 1
        self.error_words.setdefault(reason, f"{result.zh} {result.en}" if isinstance(result, Fault) else "")
        rows = self.error_rows.setdefault(reason, [])
        if len(rows) < _EXAMPLES and row not in rows:
            rows.append(row)
