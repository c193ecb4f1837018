"""Replay, usage report and recipients by command, over real snapshots and real logs of one and of two nodes."""

import csv
import io
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, NamedTuple

import apsw
import grpc
import httpx
import openpyxl
import pytest
from click.testing import CliRunner
from tests.support import blocking

import xingate
from xingate.types import MeasureOutcome, UsageReport
from xingate.v1 import trace_pb2, trace_pb2_grpc
from xingate_server.cli import app
from xingate_server.demo.numbers import citizen_number, unified_code
from xingate_server.snapshot.store import SnapshotSet
from xingate_server.trace.leaf import record as leaves
from xingate_server.trace.port import Draft
from xingate_server.trace.sqlite.store import FILE, SqliteLog

BLACK, UNLISTED, PERSON = unified_code(1), unified_code(9001), citizen_number(101)
SHANGHAI = timezone(timedelta(hours=8))
PERMITS, TRADING = "示例审批局", "示例交易中心"


class Done(NamedTuple):
    stdout: str
    stderr: str


def run(*arguments: str, code: int) -> Done:
    """The command as its entry point runs it, in this process: most of it would be imports."""
    with CliRunner().isolation() as (out, err, _), pytest.raises(SystemExit) as ended:
        app.run(["trace", *arguments])
    done = Done(out.getvalue().decode(), err.getvalue().decode())
    assert ended.value.code == code, done
    assert "fault of its own" not in done.stderr
    return done


def lookups(state: Path) -> list[xingate.Decision]:
    """Six lookups of two organisations: four answers with a measure, one by name, one of a person."""
    company, other = xingate.Subject.legal_entity(BLACK), xingate.Subject.legal_entity(UNLISTED)
    with xingate.connect(f"embedded:{state}", system="permits", organisation=PERMITS, operator="示例员") as gateway:
        found = [gateway.check(company, "market.entry", matter="M-1"), gateway.check(other, "permit.grant")]
        found.append(gateway.check(xingate.Subject.natural_person(PERSON), "market.entry", matter="M-3"))
        found.append(gateway.check(xingate.Subject.legal_entity(name="示例建工有限公司"), "permit.grant"))
    with xingate.connect(f"embedded:{state}", system="trading", organisation=TRADING) as gateway:
        found += [gateway.check(company, "tender.bid", matter="=T-1"), gateway.check(company, "permit.grant")]
    return found


def outcome(state: Path, record_id: str, lookup: str, seconds: float, *measures: str) -> None:
    """An outcome as the gateway writes it, `seconds` after now."""
    time = (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat(timespec="microseconds").replace("+00:00", "Z")
    told = tuple(leaves.MeasureOutcome(measure_id=m, result=leaves.Result.APPLIED) for m in measures)
    leaf = leaves.OutcomeLeaf(
        record_id=record_id, request_id=record_id, time=time, lookup_record_id=lookup, measures=told
    )
    log = SqliteLog(state / "trace")
    blocking.append(
        log,
        Draft(
            kind="outcome",
            record_id=record_id,
            request_id=record_id,
            system="permits",
            organisation=PERMITS,
            question_digest=b"q",
            time=time,
            leaf=leaves.encode(leaf),
            answer=b"{}",
        ),
    )
    log.close()


@pytest.fixture(scope="module")
def node(compiled_state: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[xingate.Decision]]:
    state = tmp_path_factory.mktemp("node") / "state"
    shutil.copytree(compiled_state, state, symlinks=True)
    return state, lookups(state)


@pytest.fixture
def own(node: tuple[Path, list[xingate.Decision]], tmp_path: Path) -> Path:
    """A copy of the node for one test."""
    shutil.copytree(node[0], tmp_path / "own", symlinks=True)
    return tmp_path / "own"


@pytest.fixture(scope="module")
def gateway(
    start_gateway: Callable[..., Any],
    node: tuple[Path, list[xingate.Decision]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Any:
    """A gateway in a process of its own over a copy of the node."""
    state = tmp_path_factory.mktemp("served") / "state"
    shutil.copytree(node[0], state, symlinks=True)
    return start_gateway(state)


def today() -> str:
    return datetime.now(SHANGHAI).date().isoformat()


class TestReplay:
    def test_one_record(self, node: tuple[Path, list[xingate.Decision]]) -> None:
        state, decisions = node
        done = run("replay", decisions[0].trace.record_id, "--state", str(state), code=0)
        assert "1 lookup: 1 same" in done.stdout
        document = run("replay", decisions[0].trace.record_id, "--state", str(state), "--json", code=0).stdout
        first, summary = (json.loads(line) for line in document.splitlines())
        assert (first["result"], first["recordedDigest"]) == ("same", first["decidedDigest"])
        assert first["decidedDigest"] == decisions[0].decision_digest
        assert summary == {"replayed": 1, "results": {"same": 1}}

    def test_all_since_a_day(self, node: tuple[Path, list[xingate.Decision]]) -> None:
        state, decisions = node
        done = run("replay", "--since", "2020-01-01", "--state", str(state), code=0)
        assert f"{len(decisions)} lookups: {len(decisions)} same" in done.stdout
        assert "nothing to replay" in run("replay", "--since", "2999-01-01", "--state", str(state), code=3).stdout

    def test_a_sample_can_be_drawn_again(self, node: tuple[Path, list[xingate.Decision]]) -> None:
        sample = ["replay", "--sample", "3", "--json", "--state", str(node[0])]
        first, second = (run(*sample, "--seed", "7", code=0).stdout for _ in range(2))
        assert first == second
        assert json.loads(first.splitlines()[-1]) == {"replayed": 3, "results": {"same": 3}, "seed": 7}
        drawn = {
            run(*sample[:2], "1", *sample[3:], "--seed", str(seed), code=0).stdout.splitlines()[0] for seed in range(8)
        }
        assert len(drawn) > 1
        together = run(*sample, "--seed", "7", "--since", "2020-01-01", code=0).stdout
        assert json.loads(together.splitlines()[-1])["replayed"] == 3

    def test_a_snapshot_that_is_no_longer_kept(self, own: Path, compile_lists: Callable[[Path], int]) -> None:
        sequence = SnapshotSet(own).current().info.sequence
        assert compile_lists(own) == sequence + 1
        shutil.rmtree(own / "snapshots" / str(sequence))
        done = run("replay", "--since", "2020-01-01", "--state", str(own), code=3)
        assert "6 lookups: 6 snapshot no longer kept" in done.stdout
        assert f"snapshot {sequence} is not retained" in " ".join(done.stdout.replace("│", " ").split())
        lookups(own)
        done = run("replay", "--since", "2020-01-01", "--state", str(own), code=0)
        assert "12 lookups: 6 same, 6 snapshot no longer kept" in done.stdout

    def test_a_leaf_that_was_changed(self, own: Path) -> None:
        damage(own, 2)
        done = run("replay", "--since", "2020-01-01", "--state", str(own), code=1)
        assert "6 lookups: 5 same, 1 leaf cannot be read" in done.stdout

    def test_another_answer_than_the_recorded_one(self, own: Path) -> None:
        rows = SqliteLog(own / "trace")
        (stored,) = rows.list(1)
        leaf = leaves.decode(stored.leaf)
        forged = leaves.encode(
            leaves.CheckLeaf(
                **{name: getattr(leaf, name) for name in leaf.__struct_fields__}
                | {"record_id": "forged", "request_id": "forged", "subject_key": bytes(16)}
            )
        )
        blocking.append(
            rows,
            Draft(
                kind="check",
                record_id="forged",
                request_id="forged",
                system="s",
                organisation="o",
                question_digest=b"q",
                time=stored.time,
                leaf=forged,
                answer=stored.answer,
            ),
        )
        rows.close()
        done = run("replay", "forged", "--state", str(own), "--json", code=1)
        found = json.loads(done.stdout.splitlines()[0])
        assert found["result"] == "different"
        assert found["recordedDigest"] != found["decidedDigest"]
        assert found["differs"][0].startswith("verdict: recorded ")
        shown = run("replay", "forged", "--state", str(own), code=1).stdout
        assert "1 lookup: 1 different" in shown

    def test_usage(self, node: tuple[Path, list[xingate.Decision]], tmp_path: Path) -> None:
        state = str(node[0])
        assert "say what to replay" in run("replay", "--state", state, code=2).stderr
        assert "say what to replay" in run("replay", "x", "--sample", "1", "--state", state, code=2).stderr
        assert "no record `x`" in run("replay", "x", "--state", state, code=3).stderr
        assert "is not a date" in run("replay", "--since", "soon", "--state", state, code=2).stderr
        assert "there is no log in" in run("replay", "x", "--state", str(tmp_path), code=3).stderr
        assert not (tmp_path / "trace").exists()


def damage(state: Path, index: int) -> None:
    """Change one byte of a leaf behind the log's back."""
    connection = apsw.Connection(str(state / "trace" / FILE))
    ((leaf,),) = connection.execute("SELECT leaf FROM leaves WHERE leaf_index = ?", (index,)).fetchall()
    changed = leaf[:60] + bytes([leaf[60] ^ 1]) + leaf[61:]  # type: ignore[index,call-overload]  # a blob
    connection.execute("UPDATE leaves SET leaf = ? WHERE leaf_index = ?", (changed, index))
    connection.close()


def figures(*arguments: str, code: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run("report", "--format", "json", *arguments, code=code).stdout)
    return found


class TestReport:
    def test_figures_and_outcomes(self, own: Path, node: tuple[Path, list[xingate.Decision]]) -> None:
        decisions = node[1]
        measures = [m.id for m in decisions[0].measures]
        outcome(own, "o1", decisions[0].trace.record_id, 60, *measures)
        found = figures("--state", str(own), "--from", today(), "--to", today())
        assert [(row["group"], row["lookups"], row["subjects"]) for row in found["rows"]] == [
            (PERMITS, 4, 4),
            (TRADING, 2, 1),
        ]
        total = found["total"]
        assert (total["lookups"], total["subjects"], total["outcomes"]) == (6, 4, 1)
        assert total["applied"] == len(set(measures))
        assert total["unanswered"] == sum(1 for d in decisions if d.measures) - 1
        assert 59 < total["feedbackSeconds"] < 300
        assert sum(total["verdicts"].values()) == 6
        assert figures("--state", str(own), "--to", "2020-12-31")["total"]["lookups"] == 0

    def test_a_running_gateway_counts_the_same(self, gateway: Any, tmp_path: Path) -> None:
        own = figures("--state", str(gateway.state))
        for url in (f"grpc://{gateway.grpc}", gateway.http):
            for form in ("table", "csv", "svg"):
                asked = run("report", "--target", url, "--format", form, code=0).stdout
                assert asked == run("report", "--state", str(gateway.state), "--format", form, code=0).stdout
            told = figures("--target", url)
            assert (told["rows"], told["total"]) == (own["rows"], own["total"])
            run("report", "--target", url, "--format", "xlsx", "--out", str(tmp_path / "r.xlsx"), code=0)
            sheet = openpyxl.load_workbook(tmp_path / "r.xlsx")["usage"]
            assert sheet.cell(2, 1).value == own["rows"][0]["group"]
            (row,) = figures("--target", url, "--by", "verdict", "--to", "2017-01-01")["rows"] or [{"lookups": 0}]
            assert row["lookups"] == 0

    def test_what_a_gateway_cannot_be_asked(self, gateway: Any, tmp_path: Path) -> None:
        for more in (("--state", str(tmp_path)), ("--node", "n.toml"), ("--matters", "m.csv")):
            assert "over its own log" in run("report", "--target", gateway.http, *more, code=2).stderr
        assert "is not an address" in run("report", "--target", "nonsense", code=2).stderr
        run("report", "--target", "grpc://127.0.0.1:1", "--format", "json", code=3)

    def test_outcomes_and_denials_as_callers_make_them(
        self, own: Path, node: tuple[Path, list[xingate.Decision]]
    ) -> None:
        first = node[1][0]
        one, *others = dict.fromkeys(m.id for m in first.measures)
        told = [MeasureOutcome.applied(one), *(MeasureOutcome.not_applied(m, "已履行") for m in others)]
        with xingate.connect(f"embedded:{own}", system="permits", organisation=PERMITS) as gateway:
            gateway.report_outcome(first.trace.record_id, measures=told)
        with xingate.connect(f"embedded:{own}", system="trading", organisation=TRADING) as gateway:
            with pytest.raises(xingate.NotAllowedError):
                gateway.report_outcome(first.trace.record_id, measures=told)
            served = gateway.usage_report()
        permits, trading = figures("--state", str(own))["rows"]
        assert (permits["outcomes"], permits["applied"], permits["notApplied"], permits["denials"]) == (
            1,
            1,
            len(others),
            0,
        )
        assert (trading["outcomes"], trading["denials"]) == (0, 1)
        assert permits["feedbackSeconds"] > 0
        assert (served.total.outcomes, served.total.denials) == (1, 1)

    @pytest.mark.parametrize("by", ["organisation", "action", "verdict", "system"])
    def test_a_table_for_every_grouping(self, node: tuple[Path, list[xingate.Decision]], by: str) -> None:
        done = run("report", "--by", by, "--state", str(node[0]), code=0)
        assert "合计 total" in done.stdout
        assert done.stderr == ""
        assert ("无法判断 CANNOT_TELL" in done.stdout) is (by == "verdict")
        as_csv = run("report", "--by", by, "--state", str(node[0]), "--format", "csv", code=0).stdout
        assert ("无法判断 CANNOT_TELL," in as_csv) is (by == "verdict")

    def test_one_view_over_two_nodes(
        self, own: Path, node: tuple[Path, list[xingate.Decision]], compiled_state: Path, tmp_path: Path
    ) -> None:
        second = tmp_path / "second"
        shutil.copytree(compiled_state, second, symlinks=True)
        lookups(second)
        both = figures("--state", str(own), "--state", str(second))
        assert (both["total"]["lookups"], both["total"]["subjects"]) == (12, 4)
        copied = figures("--state", str(own), "--state", str(node[0]))
        assert copied["total"] == figures("--state", str(own))["total"]

    def test_a_damaged_leaf_is_named_and_the_others_count(self, own: Path) -> None:
        damage(own, 2)
        done = run("report", "--state", str(own), "--format", "json", code=1)
        assert json.loads(done.stdout)["total"]["lookups"] == 5
        assert "leaf 2 is damaged" in done.stderr

    def test_files_of_every_form(self, own: Path, tmp_path: Path) -> None:
        made = {form: tmp_path / f"report.{form}" for form in ("csv", "xlsx", "svg", "json")}
        for form, file in made.items():
            run("report", "--by", "action", "--state", str(own), "--format", form, "--out", str(file), code=0)
        rows = list(csv.DictReader(io.StringIO(made["csv"].read_text(encoding="utf-8-sig"))))
        assert {row["action"]: row["lookups"] for row in rows}["total"] == "6"
        sheet = openpyxl.load_workbook(made["xlsx"])["usage"]
        assert [cell.value for cell in sheet[1]][:3] == ["action", "lookups", "subjects"]
        assert [cell.value for cell in sheet[sheet.max_row]][:2] == ["total", 6]
        assert made["svg"].read_text(encoding="utf-8").startswith("<?xml")
        assert json.loads(made["json"].read_text(encoding="utf-8"))["by"] == "action"

    def test_matters(self, node: tuple[Path, list[xingate.Decision]], tmp_path: Path) -> None:
        matters = tmp_path / "matters.csv"
        yesterday = (datetime.now(SHANGHAI).date() - timedelta(days=1)).isoformat()
        lines = [f"M-1,{PERMITS},{today()}", f"M-2,{PERMITS},{today()}", f"=T-1,{TRADING},{yesterday}"]
        matters.write_text("\n".join(["事项编号,部门,决定日期", *lines]), encoding="gb18030")
        found = figures("--state", str(node[0]), "--matters", str(matters))
        assert found["coverage"] == [
            {"organisation": TRADING, "matters": 1, "covered": 0, "late": 1, "missing": 0},
            {"organisation": PERMITS, "matters": 2, "covered": 1, "late": 0, "missing": 1},
        ]
        assert found["mattersWithoutLookup"] == [
            {"organisation": TRADING, "matter": "=T-1", "decidedOn": yesterday, "firstLookupOn": today()},
            {"organisation": PERMITS, "matter": "M-2", "decidedOn": today(), "firstLookupOn": ""},
        ]
        shown = run("report", "--state", str(node[0]), "--matters", str(matters), code=0).stdout
        assert "50.0%" in shown
        table = run("report", "--state", str(node[0]), "--matters", str(matters), "--format", "csv", code=0).stdout
        assert "'=T-1" in table

    def test_without_openpyxl_it_says_which_extra_has_it(
        self, node: tuple[Path, list[xingate.Decision]], tmp_path: Path
    ) -> None:
        out = tmp_path / "report.xlsx"
        arguments = ["trace", "report", "--state", str(node[0]), "--format", "xlsx", "--out", str(out)]
        code = "import sys; sys.modules['openpyxl'] = None; from xingate_server.cli import main; main(sys.argv[1:])"
        done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False)
        assert done.returncode == 2
        assert done.stderr == "xingate: this command needs `pip install 'xingate[server,adapters]'`\n"
        assert not out.exists()

    def test_an_empty_log(self, own: Path, tmp_path: Path) -> None:
        SqliteLog(tmp_path / "empty" / "trace").close()
        found = figures("--state", str(tmp_path / "empty"))
        assert (found["rows"], found["total"]["lookups"]) == ([], 0)
        assert "合计 total" in run("report", "--state", str(tmp_path / "empty"), code=0).stdout

    def test_usage(self, node: tuple[Path, list[xingate.Decision]], tmp_path: Path) -> None:
        state = ["--state", str(node[0])]
        assert "give --out FILE" in run("report", "--format", "xlsx", *state, code=2).stderr
        assert (
            "is after the last one"
            in run("report", "--from", "2026-02-01", "--to", "2026-01-01", *state, code=2).stderr
        )
        assert "for a file choose" in run("report", "--out", str(tmp_path / "x"), *state, code=2).stderr
        assert "there is no log in" in run("report", *state, "--state", str(tmp_path), code=3).stderr
        bad = tmp_path / "matters.csv"
        bad.write_text("事项编号\nM-1\n", encoding="utf-8")
        assert "missing column" in run("report", "--matters", str(bad), *state, code=2).stderr
        out = str(tmp_path / "no" / "such" / "folder.csv")
        assert "cannot be written" in run("report", "--format", "csv", "--out", out, *state, code=3).stderr


class TestRecipients:
    def test_who_received_an_answer_that_rested_on_an_entry(
        self, node: tuple[Path, list[xingate.Decision]], tmp_path: Path
    ) -> None:
        state, decisions = node
        (entry,) = {m.entry.id for m in decisions[0].measures if m.entry}
        found = [
            json.loads(line)
            for line in run(
                "recipients", "--entry", entry, "--state", str(state), "--format", "json", code=0
            ).stdout.splitlines()
        ]
        assert [(r["organisation"], r["system"], r["operator"], r["matter"], r["verdict"]) for r in found] == [
            (PERMITS, "permits", "示例员", "M-1", "VERDICT_PROHIBITED"),
            (PERMITS, "permits", "示例员", "M-3", "VERDICT_PROHIBITED"),  # the person whom the entry reaches
            (TRADING, "trading", "", "=T-1", "VERDICT_RESTRICTED"),
            (TRADING, "trading", "", "", "VERDICT_CAUTION"),
        ]
        assert [r["recordId"] for r in found] == [decisions[i].trace.record_id for i in (0, 2, 4, 5)]
        out = tmp_path / "recipients.csv"
        run("recipients", "--entry", entry, "--state", str(state), "--format", "csv", "--out", str(out), code=0)
        rows = list(csv.DictReader(io.StringIO(out.read_text(encoding="utf-8-sig"))))
        assert [row["matter"] for row in rows] == ["M-1", "M-3", "'=T-1", ""]
        shown = run("recipients", "--entry", entry, "--state", str(state), code=0).stdout
        assert decisions[0].trace.record_id in shown

    def test_nobody_and_each_record_once(self, node: tuple[Path, list[xingate.Decision]], own: Path) -> None:
        state, decisions = node
        assert "nobody received" in run("recipients", "--entry", "0" * 32, "--state", str(state), code=0).stdout
        (entry,) = {m.entry.id for m in decisions[0].measures if m.entry}
        both = run(
            "recipients", "--entry", entry, "--state", str(state), "--state", str(own), "--format", "json", code=0
        )
        assert len(both.stdout.splitlines()) == 4

    def test_nobody_is_not_said_of_a_log_that_was_cut_off(self, own: Path) -> None:
        with apsw.Connection(str(own / "trace" / FILE)) as connection:
            connection.execute("DELETE FROM leaves WHERE leaf_index >= 2")
        for command in (("recipients", "--entry", "0" * 32), ("report",)):
            done = run(*command, "--state", str(own), code=1)
            assert f"{own}: leaves 2 to " in done.stderr
            assert "are missing: a checkpoint was signed for" in done.stderr

    @pytest.mark.parametrize("entry", [" ", "none", "0" * 31, "0" * 33, "g" * 32, "0" * 32 + ":", PERSON])
    def test_what_is_no_id_is_a_usage_error(self, own: Path, entry: str) -> None:
        done = run("recipients", "--entry", entry, "--state", str(own), code=2)
        assert "is not an entry id: expected 32 hex digits" in done.stderr
        assert (PERSON in done.stderr, done.stdout) == (False, "")

    def test_an_id_may_come_with_a_role(self, node: tuple[Path, list[xingate.Decision]]) -> None:
        state, decisions = node
        (entry,) = {m.entry.id for m in decisions[0].measures if m.entry}
        asked = ("--state", str(state), "--format", "json")
        plain = run("recipients", "--entry", entry, *asked, code=0).stdout
        assert run("recipients", "--entry", f"{entry}:legal_representative", *asked, code=0).stdout == plain != ""

    def test_candidates_carry_no_entry(self, node: tuple[Path, list[xingate.Decision]]) -> None:
        """So who asked by name alone is not among the recipients, as docs/trace.md says."""
        state, decisions = node
        by_name = decisions[3]
        assert by_name.candidates
        (entry,) = {m.entry.id for m in decisions[0].measures if m.entry}
        listed = run("recipients", "--entry", entry, "--state", str(state), "--format", "json", code=0).stdout
        assert by_name.trace.record_id not in listed

    def test_long_names_are_shown_in_full(self, own: Path) -> None:
        body = "示例公共资源交易中心政府采购交易部第一交易科"
        with xingate.connect(f"embedded:{own}", system="permits", organisation=body, operator="示例员") as gateway:
            found = gateway.check(xingate.Subject.legal_entity(BLACK), "market.entry", matter="M-1")
        shown = run("recipients", "--entry", found.measures[0].entry.id, "--state", str(own), code=0).stdout
        assert "…" not in shown
        assert set(body) <= set(shown)

    def test_a_damaged_leaf_may_be_a_recipient_and_is_named(self, own: Path) -> None:
        damage(own, 0)
        done = run("recipients", "--entry", "0" * 32, "--state", str(own), code=1)
        assert "leaf 0 is damaged" in done.stderr


class TestOverTheWire:
    @pytest.fixture(params=["grpc", "http", "embedded"])
    def client(
        self, request: pytest.FixtureRequest, gateway: Any, node: tuple[Path, list[xingate.Decision]]
    ) -> Iterator[xingate.Client]:
        urls = {"grpc": f"grpc://{gateway.grpc}", "http": gateway.http, "embedded": f"embedded:{node[0]}"}
        with xingate.connect(urls[request.param]) as client:
            yield client

    def test_the_same_figures_everywhere(
        self, client: xingate.Client, node: tuple[Path, list[xingate.Decision]]
    ) -> None:
        report: UsageReport = client.usage_report(today(), datetime.now(SHANGHAI).date(), by="system")
        counted = figures("--state", str(node[0]), "--by", "system")
        assert (report.by, str(report.first), str(report.last)) == ("system", today(), today())
        assert [(r.group, r.lookups, dict(r.verdicts), r.unanswered) for r in report.rows] == [
            (r["group"], r["lookups"], r["verdicts"], r["unanswered"]) for r in counted["rows"]
        ]
        assert (report.total.lookups, report.total.feedback_seconds) == (6, None)
        assert client.usage_report().by == "organisation"
        assert (client.usage_report().first, client.usage_report().last) == (None, None)

    @pytest.mark.parametrize(
        ("span", "by", "field"),
        [
            (("soon", None), "system", "from"),
            ((None, "2026-02-30"), "system", "to"),
            (("2026-02-01", "2026-01-01"), "system", "from"),
            ((None, None), "colour", "by"),
        ],
    )
    def test_what_cannot_be_counted_is_refused(
        self, client: xingate.Client, span: tuple[str | None, str | None], by: str, field: str
    ) -> None:
        with pytest.raises(xingate.InvalidRequestError) as caught:
            client.usage_report(*span, by=by)
        assert caught.value.field == field

    async def test_asyncio(self, gateway: Any) -> None:
        async with xingate.connect_async(f"grpc://{gateway.grpc}") as client:
            assert (await client.usage_report(by="verdict")).total.lookups == 6

    def test_http_by_hand(self, gateway: Any) -> None:
        url = f"{gateway.http}/v1/trace/report"
        found = httpx.get(url, params={"from": today(), "by": "action"}, trust_env=False).json()
        assert (found["from"], found["to"], found["total"]["lookups"]) == (today(), "", "6")
        assert httpx.get(url, params={"form": "x"}, trust_env=False).json()["reason"] == "field_unknown"

    def test_grpc_by_hand(self, gateway: Any) -> None:
        with grpc.insecure_channel(gateway.grpc, options=[("grpc.enable_http_proxy", 0)]) as channel:
            stub = trace_pb2_grpc.TraceServiceStub(channel)
            found = stub.GetUsageReport(trace_pb2.GetUsageReportRequest(by="verdict"), timeout=20)
        assert found.total.lookups == 6
        assert {row.group for row in found.rows} == set(found.total.verdicts)

    def test_a_damaged_log_gives_no_figures(self, own: Path) -> None:
        damage(own, 1)
        with (
            xingate.connect(f"embedded:{own}", retry=xingate.RetryPolicy(attempts=1)) as client,
            pytest.raises(xingate.UnavailableError) as caught,
        ):
            client.usage_report()
        assert caught.value.reason == "log_damaged"
        assert "leaf 1 is damaged" in caught.value.message
