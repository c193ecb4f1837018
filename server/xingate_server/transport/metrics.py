"""What operators can measure, as Prometheus reads it. No label ever contains anything a caller typed.

One `Metrics` per process with a registry of its own. With several worker processes prometheus_client stores the values
in files that all share (`PROMETHEUS_MULTIPROC_DIR`, set before this module is imported), and `exposition` adds them up.
"""

import os
from bisect import bisect_left
from collections import Counter as Tally
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from xingate_server.core.admission.result import kind_of_refusal
from xingate_server.core.catalogue import Verdict
from xingate_server.core.decide.decision import Gap, GapReason

_SECONDS: Final = (0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256, 0.512, 1.0, 2.0, 5.0)


class Timing:
    """Durations of one kind, added up here and handed to Prometheus when they are read, at most a second later: its
    own `observe` looks at every bucket and takes a lock twice, which costs as much as a tenth of a check. Belongs to
    one thread."""

    def __init__(self, histogram: Histogram) -> None:
        self._histogram = histogram
        self._counts = [0] * (len(_SECONDS) + 1)
        self._sum_s = 0.0

    def observe(self, seconds: float, count: int = 1) -> None:
        """Count one, or several that took as long."""
        self._counts[bisect_left(_SECONDS, seconds)] += count
        self._sum_s += seconds * count

    def hand_over(self) -> None:
        """Give what was counted to Prometheus. Its histograms have no call for many observations at once."""
        for bucket, count in enumerate(self._counts):
            if count:
                self._histogram._buckets[bucket].inc(count)  # noqa: SLF001 - see above
        self._histogram._sum.inc(self._sum_s)  # noqa: SLF001 - see above
        self._counts = [0] * len(self._counts)
        self._sum_s = 0.0


class SourceFigures(NamedTuple):
    """One source of the snapshot in use. Times are seconds since 1970: `data_end_s` is the end of the day that its data
    are of, `compiled_s` when they were compiled; None if it has none."""

    source: str
    rows: int
    admitted: int
    unreadable: int
    max_age_s: int
    data_end_s: float | None
    compiled_s: float | None


class Metrics:
    """Counters and gauges of one gateway process. Where all values of a label are known (reasons of gaps, and
    `unready_reasons`, those for which no question is answered), each is there from the start, with 0."""

    def __init__(self, unready_reasons: Iterable[str] = ()) -> None:
        self._registry = registry = CollectorRegistry()
        self.checks = Counter("xingate_checks", "Answers given.", ("verdict", "action"), registry=registry)
        self.errors = Counter("xingate_errors", "Questions without an answer.", ("reason",), registry=registry)
        self.latency = Histogram(
            "xingate_request_seconds",
            "From the request's bytes to the answer's.",
            ("transport", "method"),
            buckets=_SECONDS,
            registry=registry,
        )
        self.record_latency = Histogram(
            "xingate_record_seconds", "Until a record is durable.", buckets=_SECONDS, registry=registry
        )
        self.sequence = self._gauge("xingate_snapshot_sequence", "The snapshot in use; 0 without one.")
        self.age = self._gauge("xingate_snapshot_age_seconds", "Since the snapshot in use was made.")
        self.rejected = Counter(
            "xingate_snapshots_rejected", "Newer snapshots that could not be used.", registry=registry
        )
        self.in_flight = Gauge(
            "xingate_checks_in_flight",
            "Checks between question and record.",
            registry=registry,
            multiprocess_mode="livesum",
        )
        self.is_ready = self._gauge("xingate_ready", "1 with a snapshot and a trace that can append.")
        self.unready = Gauge(
            "xingate_unready_workers",
            "Workers that answer no question, by reason.",
            ("reason",),
            registry=registry,
            multiprocess_mode="livesum",
        )
        self.stuck = self._gauge("xingate_stuck_workers", "Workers that give no sign of life.")
        self.refused = self._gauge(
            "xingate_snapshot_refused_rows",
            "Rows that the snapshot refused, by each reason; kind: by_rule, unreadable, number.",
            ("source", "kind", "reason"),
        )
        self.not_admitted = self._gauge(
            "xingate_snapshot_rows_not_admitted",
            "Rows of the snapshot's files that are not entries: refused by_rule, unreadable, passed_over.",
            ("source", "kind"),
        )
        self.gaps = Counter("xingate_gaps", "Answers with a gap, by its reason.", ("reason",), registry=registry)
        self.source_age = self._source_gauge(
            "age_seconds", "Since the end of the day (Asia/Shanghai) that the source's data are of; 0 on that day."
        )
        self.source_max_age = self._source_gauge("max_age_seconds", "The age from which the source is stale.")
        self.source_rows = self._source_gauge("rows", "Rows of the source's files.")
        self.source_admitted = self._source_gauge("admitted_rows", "Rows that are entries.")
        self.source_unreadable = self._source_gauge("unreadable_rows", "Rows of which nobody can tell what they say.")
        self.source_compiled = self._source_gauge("compiled_timestamp_seconds", "When the source was last compiled.")
        self.checkpoint_size = self._gauge("xingate_checkpoint_size", "Leaves under the newest signed checkpoint.")
        self.checkpoint_age = self._gauge(
            "xingate_checkpoint_age_seconds", "Since the newest checkpoint was signed; a quiet log signs none."
        )
        for reason in unready_reasons:
            self.unready.labels(reason)
        for gap in GapReason:
            self.gaps.labels(gap.value)
        self._timings: dict[tuple[str, str], Timing] = {}
        self.recording = Timing(self.record_latency)
        self._answered: Tally[tuple[Verdict, str]] = Tally()
        self._gaps: Tally[str] = Tally()
        self._seen: dict[Gauge, set[tuple[str, ...]]] = {}
        self._data_end_s: dict[str, float] = {}
        self._created_at = 0.0
        self._count_in_flight: Callable[[], int] = lambda: 0

    def _gauge(self, name: str, text: str, labels: tuple[str, ...] = ()) -> Gauge:
        return Gauge(name, text, labels, registry=self._registry, multiprocess_mode="mostrecent")

    def count_in_flight(self, count: Callable[[], int]) -> None:
        """`count` tells how many checks are in flight in this process."""
        self._count_in_flight = count

    def _source_gauge(self, name: str, text: str) -> Gauge:
        return self._gauge(f"xingate_snapshot_source_{name}", text, ("source",))

    def answered(self, verdict: Verdict, action: str, gaps: Sequence[Gap] = ()) -> None:
        """Count an answer, and each reason of its gaps once. `action` is one of the catalogue's, since the gateway
        answered it."""
        self._answered[verdict, action] += 1
        if gaps:
            self._gaps.update({gap.reason.value for gap in gaps})

    def timing(self, transport: str, method: str) -> Timing:
        """How long the calls of a method take."""
        key = (transport, method)
        if key not in self._timings:
            self._timings[key] = Timing(self.latency.labels(*key))
        return self._timings[key]

    def failed(self, reason: str) -> None:
        """Count an error under its fixed reason."""
        self.errors.labels(reason).inc()

    def snapshot(
        self,
        sequence: int,
        created_at: str,
        refused: Mapping[str, Mapping[str, int]],
        not_admitted: Mapping[str, Mapping[str, int]],
    ) -> None:
        """A snapshot was taken into use; `refused` counts rows by source and reason, `not_admitted` by source and kind
        (`by_rule`, `unreadable`, `passed_over`)."""
        self.sequence.set(sequence)
        self._created_at = datetime.fromisoformat(created_at).timestamp()
        reasons = [(source, reason, n) for source, counted in refused.items() for reason, n in counted.items()]
        self._count(self.refused, {(source, kind_of_refusal(reason), reason): n for source, reason, n in reasons})
        kinds = [(source, kind, n) for source, counted in not_admitted.items() for kind, n in counted.items()]
        self._count(self.not_admitted, {(source, kind): n for source, kind, n in kinds})

    def sources(self, figures: Sequence[SourceFigures]) -> None:
        """What the snapshot in use knows of each source; one that is gone counts 0, and has no age any more."""
        for gauge, name in (
            (self.source_rows, "rows"),
            (self.source_admitted, "admitted"),
            (self.source_unreadable, "unreadable"),
            (self.source_max_age, "max_age_s"),
            (self.source_compiled, "compiled_s"),
        ):
            self._count(gauge, {(each.source,): getattr(each, name) or 0 for each in figures})
        self._data_end_s = {each.source: each.data_end_s for each in figures if each.data_end_s is not None}
        self._set_ages()

    def _set_ages(self) -> None:
        now_s = datetime.now(UTC).timestamp()
        self._count(self.source_age, {(source,): max(0.0, now_s - end_s) for source, end_s in self._data_end_s.items()})

    def _count(self, gauge: Gauge, rows: Mapping[tuple[str, ...], float]) -> None:
        """Set a gauge by its labels; what is no longer counted is 0."""
        seen = self._seen.setdefault(gauge, set())
        for labels in seen - rows.keys():
            gauge.labels(*labels).set(0)
        for labels, count in rows.items():
            gauge.labels(*labels).set(count)
        seen.update(rows)

    def tick(self, is_ready: bool) -> None:
        """Bring what changes by itself up to date; to be called about once a second."""
        self.hand_over()
        self.is_ready.set(int(is_ready))
        self.in_flight.set(self._count_in_flight())
        if self._created_at:
            self.age.set(max(0.0, datetime.now(UTC).timestamp() - self._created_at))
            self._set_ages()

    def checkpoint(self, size: int, age_s: float | None) -> None:
        """The newest signed checkpoint of the log."""
        self.checkpoint_size.set(size)
        if age_s is not None:
            self.checkpoint_age.set(age_s)

    def exposition(self) -> bytes:
        """The text that Prometheus reads, of all worker processes."""
        self.hand_over()
        self.in_flight.set(self._count_in_flight())
        if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
            return generate_latest(self._registry)
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call] # the package types half of itself
        return generate_latest(registry)

    def hand_over(self) -> None:
        """Give Prometheus what was counted since the last time; whoever ends does it once more."""
        for timing in (self.recording, *self._timings.values()):
            timing.hand_over()
        for (verdict, action), count in self._answered.items():
            self.checks.labels(verdict.name, action).inc(count)
        self._answered.clear()
        for reason, count in self._gaps.items():
            self.gaps.labels(reason).inc(count)
        self._gaps.clear()
