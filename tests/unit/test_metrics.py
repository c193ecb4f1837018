"""What is counted here and handed over later is what Prometheus would have counted at once."""

import pytest
from prometheus_client.parser import text_string_to_metric_families

from xingate_server.core.catalogue import Verdict
from xingate_server.transport.metrics import Metrics

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
