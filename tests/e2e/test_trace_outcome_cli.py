"""`xingate trace outcome` as people run it, and how `trace list` and `show` tell the kinds of records apart."""

import json
import shutil
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from click.testing import CliRunner

from xingate_server.cli import app
from xingate_server.demo.numbers import citizen_number, unified_code

BLACK = unified_code(1)
WHO = ("--organisation", "示例审批局", "--operator", "张三")


class Done(NamedTuple):
    stdout: str
    stderr: str


def xingate(*arguments: str, code: int, stdin: str | None = None) -> Done:
    """The command as its entry point runs it, in this process: most of it would be imports."""
    with CliRunner().isolation(stdin) as (out, err, _), pytest.raises(SystemExit) as ended:
        app.run(arguments)
    done = Done(out.getvalue().decode(), err.getvalue().decode())
    assert ended.value.code == code, done
    assert "fault of its own" not in done.stderr
    return done


@pytest.fixture(scope="module")
def state(compiled_state: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("outcome") / "state"
    shutil.copytree(compiled_state, folder, symlinks=True)
    return folder


@pytest.fixture(scope="module")
def lookup(state: Path) -> Any:
    question = ["check", BLACK, "--kind", "legal_entity", "--action", "tender.bid", "--matter", "M-1", *WHO, "--json"]
    return json.loads(xingate(*question, "--state", str(state), code=11).stdout)


def listed(state: Path, limit: int = 1) -> list[dict[str, Any]]:
    out = xingate(
        "trace", "list", "--json", "--kind", "all", "--limit", str(limit), "--state", str(state), code=0
    ).stdout
    return [json.loads(line) for line in out.splitlines()]


def outcome(lookup: Any, state: Path, *arguments: str, code: int = 0) -> Done:
    return xingate("trace", "outcome", lookup["trace"]["recordId"], *arguments, "--state", str(state), code=code)


def test_an_outcome_is_recorded_and_shown(lookup: Any, state: Path) -> None:
    reported = ["--applied", "18.3b", "--not-applied", "5.strict=已履行完毕", "--amount", "1200.50"]
    reported += ["--date", "2026-07-01", "--document", "示例〔2026〕1号", "--note", "已办结", "--outcome-id", "o-1"]
    told = json.loads(outcome(lookup, state, *reported, *WHO, "--json").stdout)
    assert told["lookupRecordId"] == lookup["trace"]["recordId"]
    (row,) = listed(state)
    assert (row["kind"], row["recordId"], row["requestId"]) == ("outcome", told["recordId"], "o-1")
    assert row["measures"][0] == {
        "measureId": "18.3b",
        "result": "RESULT_APPLIED",
        "reason": "",
        "amountYuan": "1200.50",
        "date": "2026-07-01",
        "documentNo": "示例〔2026〕1号",
    }
    assert (row["measures"][1]["reason"], row["operator"], row["note"]) == ("已履行完毕", "张三", "已办结")
    again = json.loads(outcome(lookup, state, *reported, *WHO, "--json").stdout)
    assert again == told
    shown = xingate("trace", "show", told["recordId"], "--state", str(state), code=0).stdout
    assert "未执行 not applied" in shown
    assert "1200.50" in shown
    text = outcome(lookup, state, *reported, *WHO).stdout
    assert "18.3b applied (1200.50 yuan, 2026-07-01, 示例〔2026〕1号)" in text
    table = xingate("trace", "list", "--kind", "all", "--state", str(state), code=0).stdout
    assert {"outcome", "RESTRICTED", "act", "张三"} <= set(table.replace("│", " ").split())


def test_anothers_lookup_is_refused_and_listed(lookup: Any, state: Path) -> None:
    done = outcome(lookup, state, "--note", "已办结", "--organisation", "另一机关", code=3)
    assert "only the one that asked" in done.stderr
    (row,) = listed(state)
    assert (row["kind"], row["method"], row["reason"]) == ("denial", "ReportOutcome", "not_allowed")
    assert (row["organisation"], row["about"]) == ("另一机关", lookup["trace"]["recordId"])
    (first,) = [row for row in listed(state, 1000) if row["kind"] == "act"]
    assert (first["leafIndex"], first["act"]) == (0, "snapshot_activated")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "nothing is reported"),
        (("--applied", "18.9"), "was not among those of the answer"),
        (("--not-applied", "5.strict"), "expected NAME=TEXT"),
        (("--applied", "18.3b", "--other", "5.strict=另行处理", "--amount", "5"), "as MEASURE=YUAN"),
        (("--applied", "18.3b", "--amount", "5.strict=5"), "is not reported"),
        (("--applied", "18.3b", "--amount", "5", "--amount", "18.3b=6"), "given twice"),
        (("--applied", "18.3b", "--amount", "five"), "not a sum in yuan"),
        (("--applied", "18.3b", "--date", "1.7.2026"), "expected YYYY-MM-DD"),
        (("--date", "2026-07-01"), "name one"),
        (("--identity", "abc=maybe"), "ENTRY=same or ENTRY=different"),
        (("--evidence", "户籍"), "belong to --identity"),
        (("--identity", "abc=same", "--evidence", "户籍"), "decided_by is missing"),
    ],
)
def test_a_report_that_cannot_be_recorded(lookup: Any, state: Path, arguments: tuple[str, ...], told: str) -> None:
    assert told in outcome(lookup, state, *arguments, *WHO, code=2).stderr


def test_an_unknown_lookup(state: Path) -> None:
    done = xingate("trace", "outcome", "no-such", "--note", "x", "--state", str(state), code=3)
    assert "no record has this id" in done.stderr


def test_a_settled_identity_is_told_next_time(state: Path) -> None:
    question = ["check", "-", "--kind", "natural_person", "--action", "personnel.recruit", "--matter", "M-9", *WHO]
    question += ["--state", str(state), "--json"]
    number = citizen_number(301)  # fits a mask in the demo's list of judgment debtors
    first = json.loads(xingate(*question, stdin=number, code=13).stdout)
    (entry_id,) = [gap["about"] for gap in first["gaps"] if gap["reason"] == "identity_unsettled"]
    settled = ["--identity", f"{entry_id}=different", "--evidence", "户籍资料", "--decided-by", "李四"]
    told = json.loads(outcome(first, state, *settled, *WHO, "--json").stdout)
    again = json.loads(xingate(*question, stdin=number, code=13).stdout)
    (flag,) = [flag for flag in again["flags"] if flag["code"] == "identity_settled"]
    assert flag["detail"] == f"{entry_id}: not the same, decided by 李四, record {told['recordId']}"
    assert again["decisionDigest"] == first["decisionDigest"]
