"""For every golden case: an answer joined from parts has the bytes of the message, and of its JSON, made whole."""

import json
from datetime import date
from pathlib import Path

import msgspec
import pytest
from golden_case import CASES, answer, arguments, read
from google.protobuf import json_format

from xingate.v1 import verification_pb2 as v
from xingate_server.core.decide.decision import Candidate, Decision, Flag, digest
from xingate_server.core.subject import SubjectKind
from xingate_server.gateway.answer import Answer, SnapshotInfo
from xingate_server.gateway.errors import InvalidQuestionError
from xingate_server.transport.messages import answers
from xingate_server.transport.messages.fragments import AnswerEncoder
from xingate_server.transport.messages.proto_json import ProtoJson

PATHS = sorted(CASES.glob("*.yaml"))
ENCODER = AnswerEncoder()
VIEWS = (v.VIEW_UNSPECIFIED, v.VIEW_BASIC, v.VIEW_FULL)
SNAPSHOT = SnapshotInfo(
    sequence=300, hash="a" * 64, catalogue="示例", catalogue_hash="b" * 64, created_at="2026-07-01", status="current"
)


def answered(decision: Decision, **fields: object) -> Answer:
    given = {
        "request_id": '请求"1\\',
        "as_of": date(2026, 7, 1),
        "decision": decision,
        "digest": digest(decision),
        "snapshot": SNAPSHOT,
        "record_id": "0198",
        "leaf_index": 70_000,
        "log_origin": "示例.org/log",
    }
    return Answer(**(given | fields))  # type: ignore[arg-type]  # fields of an answer


def assert_same(told: Answer, view: int) -> None:
    whole = answers.check_response(told, view)
    assert ENCODER.response(told, view) == whole.SerializeToString(deterministic=True)
    assert ENCODER.response_json(told, view) == ProtoJson().encode(whole)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_parts_and_whole_are_the_same_bytes(path: Path) -> None:
    case = read(path)
    decision = answer(case)
    bodies = next((m.bodies[:1] for m in decision.measures if m.bodies), ("示例局",))
    file, catalogue, question, situation = arguments(case)
    from xingate_server.core.decide.decide import decide

    authenticated = decide(file, catalogue, msgspec.structs.replace(question, bodies=bodies), situation)
    for each in (decision, authenticated):
        for view in VIEWS:
            assert_same(answered(each), view)
            assert_same(answered(each), view)


@pytest.mark.parametrize("view", VIEWS)
def test_what_surrounds_a_decision(view: int) -> None:
    candidate = Candidate(
        kind=SubjectKind.NATURAL_PERSON, name="示例甲", display="9***1", list_types=("a", "b"), score=0.5, why="name"
    )
    decision = msgspec.structs.replace(answer(read(PATHS[0])), candidates=(candidate,), flags=(Flag(code="c"),))
    assert_same(answered(decision), view)
    assert_same(answered(decision, notices=(Flag(code="identity_settled", detail="d"),)), view)
    assert_same(answered(decision, leaf_index=0, request_id="", record_id="", log_origin=""), view)
    empty = SnapshotInfo(sequence=0, hash="", catalogue="", catalogue_hash="", created_at="", status="")
    assert_same(answered(decision, snapshot=empty), view)
    assert json.loads(ENCODER.response_json(answered(decision), view)) == json_format.MessageToDict(
        v.CheckResponse.FromString(ENCODER.response(answered(decision), view)),
        always_print_fields_with_no_presence=True,
    )


def test_equal_decisions_are_told_alike_and_others_are_not_confused() -> None:
    decisions = [answer(read(path)) for path in PATHS[:40]]
    copies = [msgspec.structs.replace(decision) for decision in decisions]
    for decision, copy in zip(decisions, copies, strict=True):
        assert ENCODER.response(answered(decision), v.VIEW_FULL) == ENCODER.response(answered(copy), v.VIEW_FULL)
    del decisions, copies  # their ids may be given to others now
    for path in PATHS[40:120]:
        assert_same(answered(answer(read(path))), v.VIEW_FULL)


def test_a_batch_is_its_results() -> None:
    told = answered(answer(read(PATHS[0])))
    wrong = InvalidQuestionError("action_unknown", "unknown action `示例`", "action")
    whole = v.BatchCheckResponse(
        results=[
            v.BatchCheckResult(response=answers.check_response(told, v.VIEW_BASIC)),
            v.BatchCheckResult(error=answers.check_error(wrong)),
            v.BatchCheckResult(response=answers.check_response(told, v.VIEW_FULL)),
        ]
    )
    results = [(told, v.VIEW_BASIC), (wrong, v.VIEW_FULL), (told, v.VIEW_FULL)]
    joined = ENCODER.batch([ENCODER.result(outcome, view) for outcome, view in results])
    assert joined == whole.SerializeToString(deterministic=True)
    assert ENCODER.batch([]) == b""
