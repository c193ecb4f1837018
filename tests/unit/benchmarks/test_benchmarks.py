"""The benchmarks' own arithmetic: reading the tools, pairing runs, judging targets, filling the pages. No load."""

import csv
from pathlib import Path
from xml.etree import ElementTree as ET

import apsw
import pytest
from benchmarks import chart, data, load, results, rows, swaps, table, wire
from benchmarks.open_loop import Sent
from benchmarks.rows import Row
from benchmarks.servers import BenchError
from benchmarks.trace_rows import Rows

from xingate.v1 import verification_pb2 as v
from xingate_server.wiring.compiling.compile import compile_from_options

# As h2load 1.52.0 and wrk 4.1.0 of Debian 12 printed them, progress lines left out.
H2LOAD = """starting benchmark...
spawning thread #0: 2 total client(s). 12 total requests
Application protocol: h2c
progress: 100% done

finished in 14.43ms, 831.89 req/s, 315.75KB/s
requests: 12 total, 12 started, 12 done, 12 succeeded, 0 failed, 0 errored, 0 timeout
status codes: 12 2xx, 0 3xx, 0 4xx, 0 5xx
traffic: 4.55KB (4664) total, 186B (186) headers (space savings 80.86%), 3.57KB (3660) data
                     min         max         mean         sd        +/- sd
time for request:      591us      5.66ms      2.23ms      1.91ms    75.00%
time for connect:      115us      2.87ms      1.49ms      1.95ms   100.00%
time to 1st byte:     3.97ms      5.40ms      4.69ms      1.01ms   100.00%
req/s           :     607.70      797.10      702.40      133.92   100.00%
"""
H2LOAD_LOG = """1795523742316932\t200\t1035
1795523742316932\t200\t4585
1795523742318388\t200\t3385
1795523742316894\t200\t5205
1795523742316896\t200\t5655
1795523742321553\t200\t1324
1795523742321803\t200\t1251
1795523742322131\t200\t1068
1795523742322682\t200\t869
1795523742322916\t200\t890
1795523742323216\t200\t903
1795523742323582\t200\t591
"""
H2LOAD_FAILED = """finished in 10.52ms, 475.10 req/s, 80.73KB/s
requests: 5 total, 5 started, 5 done, 0 succeeded, 5 failed, 0 errored, 0 timeout
status codes: 0 2xx, 0 3xx, 5 4xx, 0 5xx
traffic: 870B (870) total, 590B (590) headers (space savings 0.00%), 70B (70) data
"""
WRK = """Running 1s test @ http://127.0.0.1:41009/v1/check
  1 threads and 4 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency   179.73us   66.52us   0.92ms   77.14%
    Req/Sec    18.37k     8.96k   22.29k    83.33%
  10955 requests in 1.00s, 4.65MB read
Requests/sec:  10940.38
Transfer/sec:      4.64MB
xingate 10955 4874975 0 0 0 146 375 559 924
"""
WRK_FAILED = "  Non-2xx or 3xx responses: 7118\nxingate 7118 1238532 0 7118 0 194 3759 12508 13508\n"


def test_h2load_is_read_from_its_summary_and_its_log() -> None:
    read = load.read_h2load(H2LOAD, H2LOAD_LOG)
    assert (read.answers, read.errors, read.body_bytes) == (12, 0, 3660)
    assert read.seconds == pytest.approx((1795523742323582 + 591 - 1795523742316894) / 1e6)  # first start to last end
    assert read.rate == pytest.approx(12 / read.seconds)
    assert (read.p50_ms, read.p99_ms) == (1.068, 5.655)


def test_h2load_without_an_answer_or_a_summary_is_an_error() -> None:
    log = "1795523744606103\t404\t1446\n" * 5
    with pytest.raises(BenchError, match="no answer"):
        load.read_h2load(H2LOAD_FAILED, log)
    with pytest.raises(BenchError, match="something unknown"):
        load.read_h2load("Could not resolve host\n", "")
    with pytest.raises(BenchError, match="counts 12 answers and logs 11"):
        load.read_h2load(H2LOAD, "\n".join(H2LOAD_LOG.splitlines()[1:]))


def test_h2load_counts_what_failed() -> None:
    summary = H2LOAD.replace("12 succeeded, 0 failed", "11 succeeded, 1 failed")
    read = load.read_h2load(summary, H2LOAD_LOG.replace("200\t591", "503\t591"))
    assert (read.answers, read.errors) == (11, 1)


def test_wrk_is_read_from_the_line_of_our_script() -> None:
    read = load.read_wrk(WRK, 0.5)
    assert (read.answers, read.errors, read.rate) == (10955, 0, 21910.0)
    assert (read.p50_ms, read.p99_ms, read.p999_ms) == (0.146, 0.375, 0.559)
    with pytest.raises(BenchError, match="no answer"):
        load.read_wrk(WRK_FAILED, 0.5)
    with pytest.raises(BenchError, match="something unknown"):
        load.read_wrk("unable to connect to 127.0.0.1:1 Connection refused\n", 0.5)
    some = load.read_wrk(WRK.replace("4874975 0 0 0", "4874975 2 5 1"), 0.5)
    assert (some.answers, some.errors) == (10950, 8)


def test_a_missing_tool_names_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(load.MissingToolError, match="package nghttp2-client"):
        load.require("h2load")


def test_rows_of_a_missing_tool_are_left_out_with_the_reason(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    bench = wire.Bench(data.Data(10, tmp_path, tmp_path, None), tmp_path, tmp_path, None, 1.0)  # type: ignore[arg-type]
    left_out = list(wire.rows(bench))
    assert all(isinstance(each, rows.Skipped) for each in left_out)
    assert {ident for each in left_out for ident in each.ids} >= {"grpc-64", "http-32", "batch-100"}
    assert [each.reason.split()[-1] for each in left_out] == ["nghttp2-client", "wrk"]


def test_a_grpc_body_is_framed() -> None:
    message = wire.request("91420399000000019G").SerializeToString()
    framed = load.grpc_frame(message)
    assert framed[:5] == b"\x00" + len(message).to_bytes(4, "big")
    assert v.CheckRequest.FromString(framed[5:]).request_id == ""  # or a load would measure replays


def test_the_ratio_is_the_median_of_the_pairs() -> None:
    pair = rows.paired([10, 40, 30], [20, 20, 10])  # the machine was busy in the first pair
    assert pair == (30, 20, 2.0)
    with pytest.raises(ValueError, match="no runs"):
        rows.paired([], [])
    with pytest.raises(ValueError, match="shorter"):
        rows.paired([1.0, 2.0], [1.0])


def test_runs_are_made_in_turns_and_the_first_of_a_pair_alternates() -> None:
    order: list[str] = []

    def measure(name: str, value: float) -> float:
        order.append(name)
        return value

    assert rows.in_turns(lambda: measure("a", 4.0), lambda: measure("b", 2.0), runs=3).ratio == 2.0
    assert "".join(order) == "abbaab"


@pytest.mark.parametrize(
    ("share", "expected"), [(0.5, 5), (0.9, 9), (0.99, 10), (0.999, 10), (1.0, 10), (0.0, 1), (0.1, 1), (0.11, 2)]
)
def test_percentiles_are_by_nearest_rank(share: float, expected: int) -> None:
    assert rows.percentile([10, 1, 9, 2, 8, 3, 7, 4, 6, 5], share) == expected


def row(ident: str, ours: float, ratio: float | None = None) -> Row:
    return Row(id=ident, what="what", unit="/s", ours=ours, floor=100.0 if ratio else None, ratio=ratio)


@pytest.mark.parametrize(
    ("ident", "ours", "ratio", "is_met"),
    [
        ("grpc-64", 1, 0.90, True),
        ("grpc-64", 1, 0.899, False),
        ("grpc-64-p99", 1, 1.4, True),
        ("grpc-64-p99", 1, 1.41, False),
        ("check-64", 50_000, None, True),
        ("check-64", 49_999, None, False),
        ("swap-failed", 0, None, True),
        ("swap-failed", 1, None, False),
        ("grpc-8", 1, 0.1, None),
        ("grpc-64", 1, None, None),
    ],
)
def test_targets_are_judged_on_the_ratio_or_on_our_own_figure(
    ident: str, ours: float, ratio: float | None, is_met: bool | None
) -> None:
    assert row(ident, ours, ratio).is_met is is_met


def test_a_log_with_more_or_fewer_lookups_than_answers_fails_the_run(tmp_path: Path) -> None:
    (tmp_path / "trace").mkdir()
    writer = apsw.Connection(str(tmp_path / "trace" / "log.sqlite"))
    writer.execute("CREATE TABLE leaves (leaf_index INTEGER PRIMARY KEY, kind TEXT)")
    writer.execute("INSERT INTO leaves VALUES (0, 'check'), (1, 'act')")
    with Rows(tmp_path) as log:
        writer.execute("INSERT INTO leaves VALUES (2, 'check'), (3, 'act'), (4, 'check')")
        log.expect(2)
        writer.execute("INSERT INTO leaves VALUES (5, 'check')")
        with pytest.raises(BenchError, match="2 answers and 1 records"):
            log.expect(2)
    writer.close()


def test_a_swap_is_judged_by_the_worse_of_its_two_seconds() -> None:
    answers = [(at / 10, 50.0 if 40 <= at < 50 else 2.0) for at in range(90)]  # slow from 4 s to 5 s
    in_swap, quiet = swaps._p99s(Sent(answers, 0), [3.0, 6.0], 9.0)
    assert (in_swap, quiet) == ([50.0, 2.0], [2.0, 2.0, 2.0])


@pytest.mark.parametrize(("percent", "hits"), [(1, 10), (10, 100), (100, 1000)])
def test_the_hit_rate_is_what_it_says(percent: int, hits: int) -> None:
    made = data.Data(10_000, Path("r"), Path("l"), None)
    listed = {made.hit(number) for number in range(made.listed)}
    assert sum(made.code(number, percent) in listed for number in range(1000)) == hits
    assert not listed & {made.clean(number) for number in range(5000)}
    assert made.unknown(0) not in listed


def test_every_row_of_the_data_is_admitted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XINGATE_BENCH_CACHE", str(tmp_path / "cache"))
    made = data.prepare(200)
    with made.city_list.open(encoding="utf-8", newline="") as file:
        codes = [line["主体代码"] for line in csv.DictReader(file)]
    assert codes == [made.hit(number) for number in range(made.listed)]
    manifest = compile_from_options(made.options(tmp_path / "state")).manifest
    assert [(source.kind, source.admitted, source.refused) for source in manifest.sources] == [
        ("city_list", 20, {}),
        ("entity_register", 200, {}),
    ]


def test_only_what_stands_between_the_markers_is_replaced() -> None:
    page = "a\n<!-- bench made by x -->\nold\n<!-- /bench -->\nb\n"
    assert table.filled(page, "bench", "new\n") == "a\n<!-- bench made by x -->\nnew\n<!-- /bench -->\nb\n"
    with pytest.raises(ValueError, match="no marker"):
        table.filled("nothing", "bench", "new")


def test_results_are_read_back_as_they_were_saved(tmp_path: Path) -> None:
    found = results.results("make bench", 10, 7, [row("grpc-64", 91, 0.91), rows.Skipped(("http-32",), "no wrk")])
    results.save(found, tmp_path / "results" / "latest.json")
    text = (tmp_path / "results" / "latest.json").read_text(encoding="utf-8")
    assert '"target": ">= 0.9"' in text
    assert '"met": true' in text
    assert results.load(tmp_path / "results" / "latest.json") == found
    assert "HTTP" not in table.short_lines(found.rows)
    assert table.short_lines(found.rows).endswith(
        "* 1 of 1 targets are met. docs/performance.md names the others, and the reasons.\n"
    )
    assert "* gRPC Check，64 路并发：91 /s，对照 100 /s ()，比值 0.91，目标 >= 0.9，已达到。" in table.short_lines(
        found.rows, chinese=True
    )


def test_the_pages_show_the_committed_results() -> None:
    stale = [path.name for path in table.write_pages(only_check=True)]
    assert not stale, f"run `python -m benchmarks.table`: {stale} show other figures than benchmarks/results"


def test_charts_are_well_formed_and_name_every_row_with_a_target() -> None:
    drawn = chart.bars(
        "title <&>", "subtitle", [row("grpc-64", 91, 0.91), row("http-32", 1, 0.3), row("grpc-8", 1, 1.0)]
    )
    root = ET.fromstring(drawn)  # noqa: S314 - our own text
    texts = [each.text or "" for each in root.iter("{http://www.w3.org/2000/svg}text")]
    assert sum("target >=" in text for text in texts) == 2
    curve = chart.Curve("lookup", "us", ((1e4, 1.0), (1e7, 1.4)), limit=1.5)
    ET.fromstring(chart.curves("growth", "x", [curve, curve, curve]))  # noqa: S314 - our own text


def test_a_target_of_zero_is_met_or_not() -> None:
    assert chart.attainment(row("swap-failed", 0)) == 1.0
    assert chart.attainment(row("swap-failed", 3)) == 0.0
    assert chart.attainment(row("grpc-64-p99", 1, 0.7)) == pytest.approx(2.0)
    assert chart.attainment(row("decide-hit", 10)) == pytest.approx(0.5)
