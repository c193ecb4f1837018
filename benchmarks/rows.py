"""One row of the table: our figure, what it is compared with, the ratio, the target, and whether it is met.

Only the ratio travels between machines. A target is on the ratio where there is a floor or a peer, else on our own
figure. Source of the targets: the project's design, section 12; they are never changed to fit a figure.
"""

import statistics
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

import msgspec

RUNS = 7  # paired, alternating


class Target(NamedTuple):
    """A bound on the ratio, or (`is_own`) on our own figure."""

    sign: str
    bound: float
    is_own: bool = False

    def __str__(self) -> str:
        return f"{self.sign} {self.bound:g}" if self.bound < 1000 else f"{self.sign} {self.bound:,.0f}"

    def is_met(self, value: float) -> bool:
        """Whether the value keeps the bound."""
        return value >= self.bound if self.sign == ">=" else value <= self.bound


TARGETS: Mapping[str, Target] = MappingProxyType(
    {
        "grpc-64": Target(">=", 0.90),
        "grpc-64-p99": Target("<=", 1.4),
        "grpc-1": Target(">=", 0.65),
        "http-32": Target(">=", 0.65),
        "batch-100": Target(">=", 6.0),
        "decide-hit": Target("<=", 5.0, is_own=True),
        "decide-miss": Target("<=", 3.0, is_own=True),
        "check-64": Target(">=", 50_000, is_own=True),
        "check-64-proven": Target(">=", 0.85),
        "compile": Target(">=", 50_000, is_own=True),
        "open": Target("<=", 0.5, is_own=True),
        "ready": Target("<=", 1.5, is_own=True),
        "swap-failed": Target("<=", 0, is_own=True),
        "swap-p99": Target("<=", 2.0),
        "growth-lookup": Target("<=", 1.5),
        "growth-memory": Target("<=", 1024, is_own=True),
        "opa-rate": Target(">=", 1.0),
        "opa-p99": Target("<=", 1.0),
        "opa-memory": Target("<=", 0.05),
        "opa-start": Target("<=", 0.02),
    }
    | {
        f"durable-append-{store}-{waiting}": Target(">=", 0.8)
        for store in ("SQLite", "PostgreSQL")
        for callers in (1, 64, 512)
        for waiting in (f"{callers}-waiting", f"{callers}-waiting-both", "thread")
    }
)


class Row(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`floor` is what stands beside `ours`, in the same unit; `ratio` is ours divided by it."""

    id: str
    what: str
    unit: str
    ours: float
    floor: float | None = None
    floor_name: str = ""
    ratio: float | None = None
    note: str = ""

    @property
    def target(self) -> Target | None:
        """The bound that the design sets, where it sets one."""
        return TARGETS.get(self.id)

    @property
    def is_met(self) -> bool | None:
        """Whether the target is met; None where there is none."""
        target = self.target
        value = self.ours if target is not None and target.is_own else self.ratio
        return None if target is None or value is None else target.is_met(value)


class Skipped(msgspec.Struct, frozen=True):
    """Rows that could not be measured here, and why."""

    ids: tuple[str, ...]
    reason: str


class Pair(NamedTuple):
    """Medians of paired runs; `ratio` is the median of the pairs' ratios, not the ratio of the medians."""

    ours: float
    floor: float
    ratio: float


def paired(ours: Sequence[float], floor: Sequence[float]) -> Pair:
    """Medians of runs that were made in turns. Raises ValueError for lists of unequal length or none."""
    if not ours:
        raise ValueError("there are no runs")
    ratios = [a / b for a, b in zip(ours, floor, strict=True)]
    return Pair(statistics.median(ours), statistics.median(floor), statistics.median(ratios))


def in_turns(ours: Callable[[], float], floor: Callable[[], float], runs: int = RUNS) -> Pair:
    """Measure both in turns, so that a busy machine is busy for both; every second pair begins with the floor."""
    found: tuple[list[float], list[float]] = ([], [])
    for number in range(runs):
        for which in (0, 1) if number % 2 == 0 else (1, 0):
            found[which].append((ours, floor)[which]())
    return paired(*found)


def percentile(values: Sequence[float], share: float) -> float:
    """The nearest-rank percentile, `share` from 0 to 1. Raises ValueError without values."""
    if not values:
        raise ValueError("there are no values")
    ordered = sorted(values)
    rank = max(1, -(-len(ordered) * round(share * 10_000) // 10_000))  # rounded up, in whole numbers
    return ordered[min(rank, len(ordered)) - 1]
