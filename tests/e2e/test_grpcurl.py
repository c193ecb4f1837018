"""The gRPC face as stock grpcurl meets it, which knows the gateway by reflection alone: answers, errors, keepalive."""

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from xingate_server.demo.numbers import citizen_number, unified_code

pytestmark = pytest.mark.skipif(shutil.which("grpcurl") is None, reason="grpcurl is not on this machine")
CHECK = "xingate.v1.VerificationService/Check"
COMPANY = {"kind": "SUBJECT_KIND_LEGAL_ENTITY", "identifiers": [{"value": unified_code(1)}]}
HUMAN = {"kind": "SUBJECT_KIND_NATURAL_PERSON", "identifiers": [{"value": citizen_number(101)}]}


@pytest.fixture(scope="module")
def address(start_gateway: Callable[..., Any], compiled_state: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    state = tmp_path_factory.mktemp("grpcurl") / "state"
    shutil.copytree(compiled_state, state, symlinks=True)
    return str(start_gateway(state).grpc).removeprefix("grpc://")


def grpcurl(*arguments: str, question: Any = None, code: int = 0) -> str:
    given = [] if question is None else ["-d", json.dumps(question)]
    command = ["grpcurl", "-plaintext", "-format-error", "-max-time", "20", *given, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode == 0) is (code == 0), done.stderr
    return done.stdout if code == 0 else done.stderr


def test_it_finds_the_services_by_reflection(address: str) -> None:
    found = grpcurl(address, "list").split()
    assert {"grpc.health.v1.Health", "xingate.v1.VerificationService", "xingate.v1.TraceService"} <= set(found)
    assert "rpc Check ( .xingate.v1.CheckRequest )" in grpcurl(address, "describe", "xingate.v1.VerificationService")


def test_it_asks_with_pings_every_ten_seconds(address: str) -> None:
    question = {"subject": COMPANY, "action": "market.entry"}
    answer = json.loads(grpcurl("-keepalive-time", "10", address, CHECK, question=question))
    assert answer["verdict"].startswith("VERDICT_")
    record = answer["trace"]["recordId"]
    listed = json.loads(grpcurl(address, "xingate.v1.TraceService/ListRecords", question={"action": "market.entry"}))
    assert record in json.dumps(listed)


def test_it_prints_the_json_that_http_gives(address: str) -> None:
    """As proto3 JSON names fields: reflection in Python leaves the names out, and `record_id` was printed."""
    question = {"requestId": "grpcurl-1", "subject": COMPANY, "action": "market.entry"}
    told = json.loads(grpcurl("-emit-defaults", address, CHECK, question=question))
    record = told["trace"]["recordId"]
    entry = json.loads(grpcurl(address, "xingate.v1.TraceService/GetRecord", question={"recordId": record}))
    for answer in (told, entry):
        assert not re.search(r'"[a-z]+_[a-z_]+":', json.dumps(answer | {"record": None, "context": None}))
    assert told["requestId"] == entry["record"]["requestId"] == "grpcurl-1"
    assert entry["record"]["check"]["subjectCode"] == unified_code(1)


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        ({"subject": HUMAN, "action": "personnel.recruit"}, "purpose_missing"),
        ({"subject": COMPANY, "action": "nope"}, "action_unknown"),
        ({"subject": COMPANY, "action": "market.entry", "asOf": "tomorrow"}, "date_malformed"),
    ],
)
def test_it_is_told_why_a_question_is_refused(question: Any, reason: str, address: str) -> None:
    told = grpcurl(address, CHECK, question=question, code=1)
    assert json.loads(told)["code"] == 3  # INVALID_ARGUMENT
    assert reason in told
    assert citizen_number(101) not in told
