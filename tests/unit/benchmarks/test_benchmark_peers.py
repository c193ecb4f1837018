"""What the peers are given is what we decide by, and a province is computed as the page says."""

from datetime import date
from itertools import product
from pathlib import Path

import pytest
from benchmarks import growth, results, scaling
from benchmarks.data import prepare
from benchmarks.peers import opa, plan, postgres_table
from benchmarks.rows import Row

from xingate_server.core.decide.decision import Question, Situation
from xingate_server.core.subject import EMPTY_FILE, SubjectClass, SubjectKind
from xingate_server.snapshot.store import SnapshotSet
from xingate_server.wiring.compiling.compile import compile_from_options


def test_the_peers_plan_gives_our_verdicts_and_measures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XINGATE_BENCH_CACHE", str(tmp_path / "cache"))
    data = prepare(200)
    compile_from_options(data.options(tmp_path / "state"))
    snapshot = SnapshotSet(tmp_path / "state").current()
    today, theirs = date.today(), plan.plan()  # noqa: DTZ011
    situation = Situation(sources=snapshot.sources, checked_on=today)
    verdicts = set()
    listed = dict(plan.entries(data))
    held = {each.entry.list_type for _, file in list(snapshot.keys()) for each in file.held}
    assert {entry["list_type"] for entry in listed.values()} == held
    for (code, entry), action in product((*listed.items(), (data.clean(0), None)), plan.ACTIONS):
        key = snapshot.keyer.identifier(SubjectClass.ORGANISATION, "uscc", code)
        question = Question(action=action, kind=SubjectKind.LEGAL_ENTITY, as_of=today)
        ours = snapshot.decider.decide(snapshot.get(key) or EMPTY_FILE, question, situation)
        told = postgres_table.answer(theirs, action, [entry] if entry else [])
        assert told["verdict"] == ours.verdict.name, (action, entry)
        assert set(told["measures"]) == {measure.id for measure in ours.measures}, (action, entry)
        verdicts.add(told["verdict"])
    assert {"PROHIBITED", "CAUTION", "FAVOURED", "CLEAR"} <= verdicts


def test_the_data_for_open_policy_agent_holds_every_list_and_register_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XINGATE_BENCH_CACHE", str(tmp_path / "cache"))
    data = prepare(50)
    text = opa.write_data(data, tmp_path).read_text(encoding="utf-8")
    assert text.count('"list_type"') == data.listed
    assert all(f'"{data.hit(number)}": [{{' in text for number in range(data.listed))
    assert f'"{data.clean(0)}": "20' in text


def size(subjects: int) -> growth.Size:
    return growth.Size(
        subjects=subjects,
        records=subjects * 11 // 10,
        compile_per_s=110_000.0,
        compile_s=subjects / 100_000,
        compile_peak_mb=500.0,
        data_bytes=subjects * 400,
        lookup_us=1.5,
        open_s=subjects / 2_000_000,
        ready_s=1.0,
        ready_mb=90.0,
        ready_own_mb=60.0,
    )


def test_a_province_is_computed_as_the_page_says() -> None:
    found = scaling.Measured(size(1_000_000), 1500.0, 5000.0)
    cells = [line.strip("| ").split(" | ") for line in scaling.places_table(found).splitlines()]
    province = {row[0]: row[2] for row in cells if len(row) > 2}
    # 6,000,000 + 60,000,000 x 1 % = 6,600,000; x 400 bytes = 2.64 GB; x 1.1 / 110,000 = 66 s; / 800 MB/s = 3.3 s
    assert province["subjects"] == "6,600,000"
    assert province["data file"] == "2.6 GB"
    assert province["compile"] == "66.0 s"
    assert province["open and verify"] == "3.3 s"
    # 60,000,000 x 0.01 = 600,000; x 20 % / 3600 = 33.3; / 2,500 is below the two that safety asks for
    assert province["lookups a working day"] == "600,000"
    assert province["lookups in the busiest second"] == "33"
    assert province["cores that answer"] == "2"
    assert province["log a working day"] == "900 MB"
    assert province["log a year"] == "225.0 GB"


def test_growth_is_drawn_and_told_for_every_size() -> None:
    sizes = tuple(map(size, growth.SIZES))
    found = growth.Growth(
        taken_at="2026-11-24T00:00:00+00:00",
        machine="a machine",
        sizes=sizes,
        log_bytes_per_record=1500.0,
        leaf_bytes=500.0,
        answer_bytes=450.0,
    )
    told = scaling.sizes_table(found)
    assert all(f"| {each:,} |" in told for each in growth.SIZES)
    assert "1,500 bytes on disk" in told
    assert growth.chart(found).count("<circle") == 6 * len(sizes)
    rate = Row(id="grpc-64", what="", unit="/s", ours=5000.0)
    latest = results.results("make bench", 10, 7, [rate])
    assert scaling.measured(found, latest) == scaling.Measured(sizes[-1], 1500.0, 5000.0)
    assert scaling.measured(found, results.results("make bench", 10, 7, [])) is None
    lookup, memory = growth.rows(found)
    assert (lookup.ratio, lookup.is_met, memory.ours, memory.is_met) == (1.0, True, 500.0, True)
