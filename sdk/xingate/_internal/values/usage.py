"""Figures for monitoring and assessment (Cl. 31), as the gateway counts them over its log."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True)
class UsageRow:
    """The figures of one organisation, action, verdict or system; `group` is "" where it is not said, and in totals.

    `verdicts` counts lookups by the verdict's name. `outcomes` are reports, `applied`, `not_applied` and `other` are
    measures. `unanswered` are lookups whose answer held a measure and that no outcome names. `feedback_seconds` is the
    median from a lookup to its first outcome, None without one. Refused callers have no action and no verdict, so
    `denials` stands in the rows of organisations and systems, and in the total.
    """

    group: str = ""
    lookups: int = 0
    subjects: int = 0
    verdicts: Mapping[str, int] = field(default_factory=dict)
    outcomes: int = 0
    applied: int = 0
    not_applied: int = 0
    other: int = 0
    unanswered: int = 0
    feedback_seconds: float | None = None
    denials: int = 0


NO_USAGE = UsageRow()


@dataclass(frozen=True)
class UsageReport:
    """The lookups from `first` to `last` (days in Asia/Shanghai, both included, None: open) and what became of them."""

    first: date | None = None
    last: date | None = None
    by: str = ""
    rows: tuple[UsageRow, ...] = ()
    total: UsageRow = NO_USAGE
