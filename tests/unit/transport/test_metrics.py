"""What is counted here and handed over later is what Prometheus would have counted at once."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from xingate_server.core.catalogue import Verdict
from xingate_server.core.decide.decision import Gap, GapReason
from xingate_server.transport.metrics import Metrics, SourceFigures
from xingate_server.wiring.faults import SILENCING

DURATIONS_S = (0.0, 0.0004, 0.0005, 0.00051, 0.003, 0.3, 5.0, 77.0)


def samples(metrics: Metrics, name: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    found = {}
    for family in text_string_to_metric_families(metrics.exposition().decode()):
        for sample in family.samples:
            if sample.name.startswith(name) and not sample.name.endswith("_created"):
                found[sample.name, tuple(sorted(sample.labels.items()))] = sample.value
    return found


@pytest.mark.parametrize("is_ticked", [False, True])
def test_durations(is_ticked: bool) -> None:
    ours, theirs = Metrics(), Metrics()
    for seconds in DURATIONS_S:
        ours.timing("grpc", "Check").observe(seconds)
        ours.recording.observe(seconds)
        theirs.latency.labels("grpc", "Check").observe(seconds)
        theirs.record_latency.observe(seconds)
        if is_ticked:
            ours.tick(True)
    for name in ("xingate_request_seconds", "xingate_record_seconds"):
        assert samples(ours, name) == pytest.approx(samples(theirs, name))
        assert samples(ours, name) == pytest.approx(samples(theirs, name))  # handed over once


def test_answers() -> None:
    metrics = Metrics()
    for _ in range(3):
        metrics.answered(Verdict.CLEAR, "permit.grant")
    metrics.tick(True)
    metrics.answered(Verdict.CLEAR, "permit.grant")
    metrics.answered(Verdict.PROHIBITED, "permit.grant")
    assert samples(metrics, "xingate_checks_total") == {
        ("xingate_checks_total", (("action", "permit.grant"), ("verdict", "CLEAR"))): 4,
        ("xingate_checks_total", (("action", "permit.grant"), ("verdict", "PROHIBITED"))): 1,
    }


def test_every_metric_is_documented() -> None:
    page = (Path(__file__).parents[3] / "docs" / "operations.md").read_text(encoding="utf-8")
    metrics = Metrics()
    metrics.tick(True)
    families = text_string_to_metric_families(metrics.exposition().decode())
    names = {f"{one.name}_total" if one.type == "counter" else one.name for one in families}
    names = {name for name in names if not name.endswith("_created")}  # the client's own
    assert {name for name in names if f"`{name}`" not in page} == set()
    assert set(re.findall(r"`(xingate_\w+)`", page)) == names


def test_a_source_ages_from_the_end_of_its_day() -> None:
    metrics = Metrics()
    now_s = datetime.now(UTC).timestamp()
    figures = SourceFigures("city_list", 10, 8, 1, 7 * 86_400, now_s - 3600, now_s)
    metrics.sources([figures, figures._replace(source="aeo", data_end_s=now_s + 60, rows=0)])
    labels = (("source", "city_list"),)
    name = "xingate_snapshot_source_age_seconds"
    assert samples(metrics, name)[name, labels] == pytest.approx(3600, abs=5)
    assert samples(metrics, name)[name, (("source", "aeo"),)] == 0, "its day is not over"
    metrics.sources([figures._replace(source="aeo", data_end_s=None, compiled_s=None)])
    for gone in ("rows", "admitted_rows", "unreadable_rows", "max_age_seconds", "age_seconds"):
        assert samples(metrics, f"xingate_snapshot_source_{gone}")[f"xingate_snapshot_source_{gone}", labels] == 0


def test_each_reason_of_a_gap_counts_once_an_answer() -> None:
    metrics = Metrics()
    stale, masked = (
        Gap(reason=reason, could_be=Verdict.PROHIBITED, closes_with="")
        for reason in (GapReason.SOURCE_STALE, GapReason.IDENTITY_MASKED)
    )
    metrics.answered(Verdict.CANNOT_TELL, "permit.grant", (stale, stale, masked))
    metrics.answered(Verdict.CANNOT_TELL, "permit.grant", (stale,))
    metrics.answered(Verdict.CLEAR, "permit.grant")
    counted = {labels: count for labels, count in samples(metrics, "xingate_gaps_total").items() if count}
    assert counted == {  # the others are there too, with 0
        ("xingate_gaps_total", (("reason", "source_stale"),)): 2,
        ("xingate_gaps_total", (("reason", "identity_masked"),)): 1,
    }


def test_every_value_of_a_label_that_is_known_is_there_from_the_start() -> None:
    """Who waits for a figure, or for its rise, finds 0 and not nothing."""
    text = Metrics(SILENCING).exposition().decode()
    for name, reasons in (("xingate_unready_workers", SILENCING), ("xingate_gaps_total", list(GapReason))):
        assert re.findall(name + r'\{reason="(\w+)"\} (\S+)', text) == [(reason, "0.0") for reason in reasons]


def test_rows_that_are_no_entries_by_source_and_kind() -> None:
    metrics = Metrics()
    kinds = {"by_rule": 3, "unreadable": 2, "passed_over": 7}
    metrics.snapshot(1, "2026-07-01T00:00:00Z", {"city_list": {"value_unknown": 2}}, {"city_list": kinds})
    name = "xingate_snapshot_rows_not_admitted"
    expected = {(name, (("kind", kind), ("source", "city_list"))): count for kind, count in kinds.items()}
    assert samples(metrics, name) == expected
    metrics.snapshot(2, "2026-07-02T00:00:00Z", {}, {"judgment_debtor": {"unreadable": 1}})
    assert samples(metrics, name) == {
        **dict.fromkeys(expected, 0),
        (name, (("kind", "unreadable"), ("source", "judgment_debtor"))): 1,
    }
    # Operators see refusals by kind and reason, so a reason has its kind beside it.
    labels = (("kind", "unreadable"), ("reason", "value_unknown"), ("source", "city_list"))
    assert samples(metrics, "xingate_snapshot_refused_rows") == {("xingate_snapshot_refused_rows", labels): 0}
