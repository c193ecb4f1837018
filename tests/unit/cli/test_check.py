"""`xingate check` and `trace`: what is shown, what is asked, and what never reaches a command line or a screen."""

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from rich.console import Console

import xingate
from xingate.testing import FakeGateway
from xingate.types import (
    AppliedMeasure,
    Candidate,
    Decision,
    Effect,
    EntryRef,
    Flag,
    Force,
    Gap,
    LegalBasis,
    Obligation,
    Record,
    Remedy,
    SnapshotRef,
    Subject,
    SubjectKind,
    Text,
    TraceRef,
    Verdict,
    Via,
)
from xingate_server.cli import app, check
from xingate_server.cli.output import answer, common
from xingate_server.cli.output import rows as _rows
from xingate_server.cli.output.common import counted
from xingate_server.cli.trace import report, trace
from xingate_server.cli.trace.records import HEADERS, words
from xingate_server.core import catalogue
from xingate_server.trace.audit.recipients import Recipient

PERSON = "990000199003071233"
COMPANY = "91420399000000019G"


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeGateway:
    """The gateway that the commands get instead of the one in `--state`."""
    made = FakeGateway()

    @contextmanager
    def open_gateway(target: str, state: Path, **who: str) -> Iterator[xingate.Client]:
        assert target == ""
        yield made.client(**who)

    monkeypatch.setattr(check, "open_gateway", open_gateway)
    monkeypatch.setattr(trace, "open_records", open_gateway)
    return made


def invoke(*arguments: str, stdin: str = "") -> Result:
    return CliRunner().invoke(app.cli, list(arguments), input=stdin)


def ask(*arguments: str, kind: str = "legal_entity", stdin: str = "") -> Result:
    asked = ["--action", "permit.grant", "--kind", kind]
    if kind == "natural_person":
        asked += ["--organisation", "示例局", "--operator", "示例员", "--matter", "M-1"]
    return invoke("check", *arguments, *asked, stdin=stdin)


@pytest.mark.parametrize(
    ("verdict", "code"),
    [("CLEAR", 0), ("FAVOURED", 0), ("CAUTION", 10), ("RESTRICTED", 11), ("PROHIBITED", 12), ("CANNOT_TELL", 13)],
)
@pytest.mark.parametrize("form", [[], ["--json"]])
def test_the_verdict_is_the_exit_code(fake: FakeGateway, verdict: str, code: int, form: list[str]) -> None:
    fake.answer(COMPANY, "*", Verdict[verdict])
    done = ask(COMPANY, *form)
    assert done.exit_code == code
    assert (f"VERDICT_{verdict}" if form else verdict.replace("_", " ")) in done.stdout
    assert done.stderr == ""


def test_every_option_reaches_the_record(fake: FakeGateway) -> None:
    options = [
        "--name",
        "示例",
        "--as-of",
        "2026-01-02",
        "--context",
        "domain=a=b",
        "--context",
        "k=",
        "--matter",
        "M-1",
    ]
    options += ["--organisation", "示例局", "--operator", "示例员", "--system", "permits", "--request-id", "r-1"]
    assert ask(COMPANY, *options).exit_code == 0
    entry = fake.records[0]
    recorded = entry.check
    assert (recorded.matter, recorded.action, entry.request_id) == ("M-1", "permit.grant", "r-1")
    assert vars(recorded.caller) == {"system": "permits", "organisation": "示例局", "operator": "示例员"}
    assert (str(recorded.as_of), recorded.context) == ("2026-01-02", {"domain": "a=b", "k": ""})


def test_json_is_one_document_in_utf_8(fake: FakeGateway) -> None:
    fake.answer(COMPANY, "*", Verdict.CAUTION, measures=[AppliedMeasure("18.1a", title=Text("从严审批", "strict"))])
    document = json.loads(ask(COMPANY, "--json").stdout_bytes.decode("utf-8"))
    assert document["measures"][0]["title"] == {"zh": "从严审批", "en": "strict"}
    assert (document["gaps"], document["trace"]["leafIndex"]) == ([], "0")


def test_a_code_can_be_piped_and_is_shown_nowhere(fake: FakeGateway) -> None:
    fake.answer(PERSON, "*", Verdict.CAUTION)
    done = ask("-", kind="natural_person", stdin=f"{PERSON}\nmore\n")
    assert done.exit_code == 10
    assert PERSON not in done.output
    assert "history" not in done.stderr


def test_a_persons_number_on_the_command_line_works_with_a_hint(fake: FakeGateway) -> None:
    done = ask(PERSON, kind="natural_person")
    assert done.exit_code == 0
    assert "`-`" in done.stderr
    assert PERSON not in done.output


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["-"],
        [COMPANY, "--context", "k"],
        [COMPANY, "--context", "=v"],
        [COMPANY, "--context", "k=1", "--context", "k=2"],
        [COMPANY, "--sequence", "-1"],
        [COMPANY, "--sequence", str(2**64)],
        [COMPANY, "--as-of", "2026-02-30"],
    ],
)
def test_what_cannot_be_asked_is_exit_2_and_leaves_no_record(fake: FakeGateway, arguments: list[str]) -> None:
    done = ask(*arguments)
    assert done.exit_code == 2
    assert "Traceback" not in done.output
    assert fake.records == []


def test_without_a_gateway_there_is_no_verdict(fake: FakeGateway) -> None:
    with fake.outage():
        done = ask(COMPANY)
    assert (done.exit_code, done.stdout) == (3, "")
    assert done.stderr.startswith("xingate: ")


def test_a_reused_request_id_is_refused(fake: FakeGateway) -> None:
    assert ask(COMPANY, "--request-id", "r").exit_code == 0
    assert ask("another", "--request-id", "r").exit_code == 3


@pytest.mark.parametrize("target", ["nonsense", "grpc://h", "ftp://h:1"])
def test_a_target_that_is_none_is_exit_2(target: str) -> None:
    done = ask(COMPANY, "--target", target)
    assert done.exit_code == 2
    assert target in done.stderr


@pytest.mark.parametrize("command", [["check", COMPANY, "--action", "a", "--kind", "legal_entity"], ["trace", "list"]])
def test_a_missing_state_says_what_to_run(tmp_path: Path, command: list[str]) -> None:
    done = invoke(*command, "--state", str(tmp_path / "none"))
    assert done.exit_code == 3
    assert "run `xingate compile` first" in done.stderr
    assert not (tmp_path / "none").exists()


def test_the_state_comes_from_the_environment_too(tmp_path: Path) -> None:
    done = CliRunner().invoke(app.cli, ["trace", "list"], env={"XINGATE_STATE": str(tmp_path / "elsewhere")})
    assert "elsewhere" in done.stderr


def test_trace_list_is_one_object_a_line_newest_first(fake: FakeGateway) -> None:
    for number in range(3):
        ask(COMPANY, "--matter", f"M-{number}")
    rows = [json.loads(line) for line in invoke("trace", "list", "--limit", "2", "--json").stdout.splitlines()]
    assert [(row["matter"], row["leafIndex"]) for row in rows] == [("M-2", 2), ("M-1", 1)]
    wanted = "recordId requestId leafIndex time verdict action organisation operator matter sequence"
    assert {*wanted.split(), "subjectKind", "subjectCode"} <= set(rows[0])
    assert (rows[0]["verdict"], rows[0]["subjectKind"]) == ("VERDICT_CLEAR", "SUBJECT_KIND_LEGAL_ENTITY")
    assert rows[0]["subjectCode"] == COMPANY
    assert rows[0]["time"].endswith("Z")
    assert invoke("trace", "list", "--limit", "0").exit_code == 2


def test_trace_list_and_show_for_people(fake: FakeGateway) -> None:
    ask(COMPANY, "--matter", "M-[red]1[/red]")
    record_id = fake.records[0].record_id
    shown = invoke("trace", "show", record_id)
    assert shown.exit_code == 0
    wanted = (record_id, "M-[red]1[/red]", COMPANY, "无措施 CLEAR", "法人和非法人组织 legal entity")
    assert [word for word in wanted if word not in shown.stdout] == []
    assert "VERDICT_" not in shown.stdout
    assert invoke("trace", "list").exit_code == 0


def test_a_number_has_its_noun() -> None:
    counts = [counted(n, "leaf", "leaves") for n in (0, 1, 1_000)]
    assert (counts, counted(1, "row"), counted(2, "row")) == (["0 leaves", "1 leaf", "1,000 leaves"], "1 row", "2 rows")


def test_the_codes_of_a_record_are_shown_in_words() -> None:
    said = [
        words("gaps", ["source_stale", "of_a_newer_gateway"]),
        words("measures", [{"measureId": "18.4", "result": "RESULT_NOT_APPLIED"}]),
        words("verdict", "VERDICT_CANNOT_TELL"),
        words("leafIndex", 3),
    ]
    assert said == [
        ["名单过期 source_stale", "of_a_newer_gateway"],
        [{"measureId": "18.4", "result": "未执行 not applied"}],
        "无法判断 CANNOT_TELL",
        3,
    ]


@pytest.mark.parametrize("width", [80, 120, 200])
def test_fixed_words_of_the_list_of_records_are_never_broken(monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    out = io.StringIO()
    screen = Console(file=out, width=width, highlight=False)
    monkeypatch.setattr(_rows, "console", lambda: screen)
    record_id = "01a20d18-13bb-72e6-82b1-6731baa6426b"
    time, matter = "2026-11-30 20:01:32", "示例事项[1]" * 4
    _rows.print_rows(
        (*HEADERS, "record"),
        [
            ("12", time, "无法判断 CANNOT_TELL", "procurement.bid", matter, "示例局 示例员", COMPANY, record_id),
            ("11", time, "act", "snapshot_activated", "", "operator", "", record_id),
        ],
        ("matter", "by"),
    )
    text = out.getvalue()
    fixed = (
        time,  # on one line whatever the width: a day without its hour cannot be compared
        "无法判断",
        "CANNOT_TELL",
        "procurement.bid",
        "snapshot_activated",
        COMPANY,
        record_id,
    )
    assert [word for word in fixed if word not in text] == []
    assert set(matter) <= set(text), "what is free is folded, not cut"


@pytest.mark.parametrize("width", [40, 80, 120, 200])
def test_times_and_words_of_recipients_are_never_broken(monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    out = io.StringIO()
    screen = Console(file=out, width=width, highlight=False)
    monkeypatch.setattr(_rows, "console", lambda: screen)
    one = Recipient(
        organisation="示例行政审批服务局" * 3,
        system="approval-platform",
        operator="operator-17",
        matter="示例事项" * 9,
        time="2026-11-30T23:13:54.859915Z",
        verdict=catalogue.Verdict.CANNOT_TELL,
        record_id="01a20d18-13bb-72e6-82b1-6731baa6426b",
    )
    report._show("asked", [one])
    text = out.getvalue()
    words = (
        "2026-12-01 07:13:54+08:00",
        "organisation",
        "approval-platform",
        "operator-17",
        "CANNOT_TELL",
        one.record_id,
    )
    assert [word for word in (*words, "time (Shanghai)", "matter") if word not in text] == []
    assert set(one.matter + one.organisation) <= set(text), "what is free is folded, not cut"
    assert "859915" not in text


def test_trace_show_json_is_the_trace_entry(fake: FakeGateway) -> None:
    ask(COMPANY)
    document = json.loads(invoke("trace", "show", fake.records[0].record_id, "--json").stdout)
    assert document["record"]["check"]["action"] == "permit.grant"
    assert document["leaf"]


def test_an_unknown_record_is_exit_3(fake: FakeGateway) -> None:
    done = invoke("trace", "show", "none")
    assert (done.exit_code, done.stdout) == (3, "")


def entry(**changes: Any) -> EntryRef:
    return EntryRef("e1", "black.bid_rigging", authority="示例局", document_no="示例1号", facts="串通投标", **changes)


def whole_decision(verdict: Verdict) -> Decision:
    measure = AppliedMeasure(
        "18.3b",
        title=Text("限制参与公共资源交易", "limit public resource trading"),
        effect=Effect.LIMIT,
        force=Force.MANDATORY,
        via=Via("legal_representative", "示例建工", COMPANY),
        obligations=(Obligation("strict", Text("从严", "strictly"), {"degree": "high"}),),
        basis=(LegalBasis("十堰市方案", "第十八条"),),
        bodies=("市场监管局",),
        entry=entry(),
        remedies=(Remedy("objection", Text("异议", "objection"), "第二十五条"),),
        because="under objection",
    )
    return Decision(
        "r-1",
        verdict,
        TraceRef("record-1", 7),
        SnapshotRef(3, catalogue="shiyan2017", status="retained"),
        measures=(measure,),
        suspended=(measure,),
        withheld=(AppliedMeasure("5.green"),),
        advisory_only=(AppliedMeasure("19.2"),),
        ended=(AppliedMeasure("20.1", evidence="three years"),),
        records=(Record(entry(), "20000"),),
        gaps=(Gap("source_stale", Verdict.PROHIBITED, "a newer court list", "judgment_debtor"),),
        candidates=(
            Candidate(SubjectKind.LEGAL_ENTITY, "示例[bold]甲", COMPANY, ("black.x",), 0.9, "the name is equal"),
        ),
        flags=(Flag("kind_mismatch", "listed as sole trader"),),
    )


SHOWN = ["18.3b", "限制参与公共资源交易", "limit public resource trading", "limit", "mandatory", "十堰市方案 第十八条"]
SHOWN += ["black.bid_rigging", "串通投标", "异议 / objection (第二十五条)", "a newer court list", "source_stale"]
SHOWN += ["could be PROHIBITED", "kind_mismatch", "示例[bold]甲", "20000", "record-1", "r-1", "5.green", "19.2", "20.1"]
SHOWN += [
    "名称相同 the name is equal",
    "because under objection",
    "degree=high",
    "市场监管局",
    "legal_representative",
    "retained",
    "snapshot 3",
]


@pytest.mark.parametrize("verdict", list(Verdict))
def test_an_answer_is_shown_whole(verdict: Verdict) -> None:
    out = io.StringIO()
    answer.show(whole_decision(verdict), Console(file=out, width=240, highlight=False))
    text = out.getvalue()
    assert [word for word in SHOWN if word not in text] == []
    assert (verdict.title_zh in text, verdict.title_en.upper() in text) == (True, True)


def test_a_prompt_hides_what_is_typed(fake: FakeGateway, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, Any]] = []

    def prompt(_: str, **options: Any) -> str:
        asked.append(options)
        return f" {PERSON} "

    monkeypatch.setattr(common.click, "prompt", prompt)
    monkeypatch.setattr(common.sys, "stdin", type("Terminal", (), {"isatty": staticmethod(lambda: True)}))
    assert common.read_code() == PERSON
    assert asked == [{"hide_input": True, "err": True}]


def test_subjects_are_asked_as_stated() -> None:
    assert {kind: getattr(Subject, kind)("x").kind for kind in check.KINDS} == check.KINDS


@pytest.mark.parametrize("lacking", ["--organisation", "--operator", "--matter"])
def test_a_person_is_asked_about_for_a_purpose_only(fake: FakeGateway, lacking: str) -> None:
    purpose = {"--organisation": "示例局", "--operator": "示例员", "--matter": "M-1"}
    options = [part for name, value in purpose.items() if name != lacking for part in (name, value)]
    asked = ["check", "--name", "示例甲", "--kind", "natural_person", "--action", "permit.grant", *options]
    done = invoke(*asked)
    assert done.exit_code == 2
    field = "matter" if lacking == "--matter" else f"caller.{lacking.removeprefix('--')}"
    assert done.stderr.startswith(
        f"xingate: purpose_missing: {field} is missing: a natural person is asked about only "
    )
    assert done.stderr.count("\n") == 1
    assert fake.records == []
