"""The commands as people run them: real lists, a real gateway, every target, every exit code; docs and examples."""

import json
import os
import pty
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from tests.support.commands import COMMAND, run_command
from tests.support.gateways import end, serve

from xingate_server.demo import DATA
from xingate_server.demo.numbers import citizen_number, unified_code

ROOT = Path(__file__).parents[2]
TODAY = datetime.now(timezone(timedelta(hours=8))).date()
BLACK, RED, UNLISTED, PERSON = unified_code(1), unified_code(2), unified_code(9001), citizen_number(101)


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state directory with the demo's city lists."""
    folder = tmp_path_factory.mktemp("cli") / "state"
    sources = [f"city_list={DATA / name}@{TODAY}" for name in ("city_list_black.csv", "city_list_red.xlsx")]
    run_command("compile", "--state", str(folder), "--source", sources[0], "--source", sources[1], code=0)
    return folder


@pytest.fixture(scope="module")
def targets(state: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, list[str]]]:
    """How each way to a gateway is given to a command."""
    gateway = serve(state, tmp_path_factory.mktemp("gateway"), workers=None)
    urls = {"grpc": f"grpc://{gateway.grpc}", "http": gateway.http}
    try:
        yield {"embedded": ["--state", str(state)]} | {name: ["--target", url] for name, url in urls.items()}
    finally:
        gateway.process.terminate()
        gateway.process.wait(20)
        end(gateway.process)


CASES = [
    (0, "CLEAR", [UNLISTED, "--kind", "legal_entity", "--action", "tender.bid"]),
    (0, "FAVOURED", [RED, "--kind", "legal_entity", "--action", "permit.accept"]),
    (10, "CAUTION", [BLACK, "--kind", "legal_entity", "--action", "permit.grant"]),
    (11, "RESTRICTED", [BLACK, "--kind", "legal_entity", "--action", "tender.bid"]),
    (12, "PROHIBITED", [BLACK, "--kind", "legal_entity", "--action", "market.entry"]),
    (13, "CANNOT_TELL", ["--name", "示例建工有限公司", "--kind", "legal_entity", "--action", "permit.grant"]),
]


@pytest.mark.parametrize(("code", "verdict", "question"), CASES, ids=[case[1] for case in CASES])
@pytest.mark.parametrize("target", ["embedded", "grpc", "http"])
def test_every_verdict_on_every_target(
    targets: dict[str, list[str]], target: str, code: int, verdict: str, question: list[str]
) -> None:
    done = run_command("check", *question, *targets[target], code=code)
    assert verdict.replace("_", " ") in done.stdout
    assert done.stderr == ""


def test_json_is_the_same_on_every_target(targets: dict[str, list[str]]) -> None:
    question = [BLACK, "--kind", "legal_entity", "--action", "tender.bid", "--as-of", "2026-06-30", "--json"]
    answers = []
    for given in targets.values():
        document = json.loads(run_command("check", *question, *given, code=11).stdout)
        assert document.pop("requestId")
        assert document.pop("trace")["recordId"]
        answers.append(document)
    assert answers[0] == answers[1] == answers[2]
    assert answers[0]["verdict"] == "VERDICT_RESTRICTED"
    assert answers[0]["asOf"] == "2026-06-30"
    assert {"suspended", "withheld", "advisoryOnly", "ended", "records", "gaps", "candidates", "flags"} <= set(
        answers[0]
    )


@pytest.mark.parametrize("target", ["embedded", "grpc", "http"])
def test_what_was_asked_is_in_the_trace(targets: dict[str, list[str]], target: str) -> None:
    who = [
        "--matter",
        f"示例-{target}",
        "--organisation",
        "示例局",
        "--operator",
        "示例员",
        "--request-id",
        f"id-{target}",
    ]
    question = ["check", BLACK, "--kind", "legal_entity", "--action", "market.entry", "--json"]
    answer = json.loads(run_command(*question, *who, *targets[target], code=12).stdout)
    rows = [
        json.loads(line)
        for line in run_command("trace", "list", "--json", "--limit", "1", *targets[target]).stdout.splitlines()
    ]
    assert len(rows) == 1
    expected = {"requestId": f"id-{target}", "matter": f"示例-{target}", "organisation": "示例局", "operator": "示例员"}
    expected |= {"action": "market.entry", "verdict": "VERDICT_PROHIBITED", "subjectCode": BLACK}
    assert {name: rows[0][name] for name in expected} == expected
    assert rows[0]["recordId"] == answer["trace"]["recordId"]
    assert str(rows[0]["leafIndex"]) == answer["trace"]["leafIndex"]
    shown = json.loads(run_command("trace", "show", rows[0]["recordId"], "--json", *targets[target], code=0).stdout)
    assert shown["record"]["requestId"] == f"id-{target}"
    again = json.loads(run_command(*question, *who, *targets[target], code=12).stdout)
    assert again == answer
    reused = run_command("check", UNLISTED, *question[2:], *who, *targets[target], code=3)
    assert reused.stdout == ""
    run_command("trace", "show", "no-such-record", *targets[target], code=3)


PURPOSE = ["--organisation", "示例局", "--operator", "示例员", "--matter", "M-1"]
"""Without these a natural person is not asked about."""


def test_a_persons_number_goes_in_by_the_pipe_and_comes_out_nowhere(state: Path) -> None:
    question = ["--kind", "natural_person", "--action", "market.entry", "--state", str(state), *PURPOSE]
    done = run_command("check", "-", *question, "--json", stdin=f"{PERSON}\n", code=12)
    record = json.loads(done.stdout)["trace"]["recordId"]
    listed = run_command("trace", "list", "--state", str(state), "--json").stdout
    listed += run_command("trace", "show", record, "--state", str(state), "--json", code=0).stdout
    assert PERSON not in done.stdout + done.stderr + listed
    kept = [path for path in state.rglob("*") if path.is_file() and PERSON.encode() in path.read_bytes()]
    assert kept == []


def test_a_number_typed_at_the_prompt_is_not_echoed(state: Path) -> None:
    controller, terminal = pty.openpty()
    command = [*COMMAND, "check", "-", "--kind", "natural_person"]
    command += ["--action", "market.entry", "--state", str(state), *PURPOSE]
    wide = os.environ | {"COLUMNS": "200"}
    process = subprocess.Popen(
        command,
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        start_new_session=True,
        env=wide,
    )
    os.close(terminal)
    shown = b""
    while b"code: " not in shown:
        shown += os.read(controller, 4096)
    time.sleep(0.1)  # the echo is switched off just before the prompt is read
    os.write(controller, f"{PERSON}\n".encode())
    try:
        while chunk := os.read(controller, 4096):
            shown += chunk
    except OSError:  # the other end is closed
        pass
    os.close(controller)
    assert process.wait(30) == 12, shown.decode()
    assert PERSON not in shown.decode()


@pytest.mark.parametrize(
    ("code", "arguments"),
    [
        (2, ["check", BLACK, "--action", "tender.bid"]),
        (2, ["check", BLACK, "--action", "tender.bid", "--kind", "company"]),
        (2, ["check", BLACK, "--action", "no.such.action", "--kind", "legal_entity"]),
        (2, ["check", "123", "--action", "tender.bid", "--kind", "legal_entity"]),
        (2, ["check", BLACK, "--action", "tender.bid", "--kind", "legal_entity", "--as-of", "30.06.2026"]),
        (2, ["check", BLACK, "--action", "tender.bid", "--kind", "legal_entity", "--scheme", "nonsense"]),
        (3, ["check", BLACK, "--action", "tender.bid", "--kind", "legal_entity", "--sequence", "99"]),
        (3, ["check", BLACK, "--action", "tender.bid", "--kind", "legal_entity", "--target", "grpc://127.0.0.1:1"]),
        (3, ["check", BLACK, "--action", "tender.bid", "--kind", "legal_entity", "--target", "http://127.0.0.1:1"]),
    ],
)
def test_failures_are_told_on_stderr_alone(state: Path, code: int, arguments: list[str]) -> None:
    done = run_command(*arguments, "--state", str(state), code=code)
    assert done.stdout == ""
    assert done.stderr.strip()


def test_a_terminal_without_chinese_characters_still_shows_the_answer(state: Path) -> None:
    command = [*COMMAND, "check", BLACK, "--kind", "legal_entity"]
    command += ["--action", "tender.bid", "--state", str(state)]
    plain = os.environ | {"PYTHONIOENCODING": "ascii"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=plain)
    assert (done.returncode, done.stderr) == (11, "")
    assert "RESTRICTED" in done.stdout


def test_a_state_without_a_snapshot_gives_no_verdict(tmp_path: Path) -> None:
    done = run_command(
        "check", BLACK, "--action", "tender.bid", "--kind", "legal_entity", "--state", str(tmp_path), code=3
    )
    assert done.stdout == ""
    assert done.stderr.startswith("xingate: ")


def test_the_page_shows_the_help_as_it_is() -> None:
    # In a process of its own: click keeps the help option of a command that a test ran without the program around it.
    command = [sys.executable, str(ROOT / "docs" / "make_cli.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_page_shows_every_command() -> None:
    from xingate_server.cli import app

    text = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    missing = [
        name for name in app.cli.list_commands(app.click.Context(app.cli)) if f"<!-- help: {name} -->" not in text
    ]
    assert missing == []


def test_the_sdk_page_draws_the_error_tree_as_it_is() -> None:
    source = (ROOT / "sdk" / "xingate" / "errors.py").read_text(encoding="utf-8")
    page = (ROOT / "docs" / "sdk.md").read_text(encoding="utf-8")
    drawn = [line.strip() for line in source.splitlines() if "|--" in line or "`--" in line]
    assert [line for line in drawn if line not in page] == []
