"""What the clients think with: retries, request ids, batches, targets, and answers that cannot be relied on."""

import time
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from xingate._internal.clock import new_request_id
from xingate._internal.options import Options
from xingate._internal.ports.target import parse_target
from xingate._internal.retry import Attempts, RetryPolicy
from xingate.client import Client
from xingate.errors import (
    DeadlineError,
    InvalidRequestError,
    OverloadedError,
    ProtocolError,
    UnavailableError,
    XingateError,
)
from xingate.types import Caller, Decision, Question, Subject
from xingate.v1 import trace_pb2, types_pb2, verification_pb2

COMPANY = Subject.legal_entity("91420399MA4900000X")


class ScriptedPort:
    """A port whose answers a test writes; keeps what was sent."""

    def __init__(self, *script: Callable[[bytes], bytes] | Exception) -> None:
        self.script = list(script)
        self.sent: list[bytes] = []
        self.is_closed = False

    def call(self, method: str, payload: bytes, timeout_s: float) -> bytes:
        assert timeout_s > 0
        self.sent.append(payload)
        step = self.script.pop(0)
        if isinstance(step, Exception):
            raise step
        return step(payload)

    def close(self) -> None:
        self.is_closed = True


def client_of(*script: Callable[[bytes], bytes] | Exception, timeout_s: float = 5.0) -> tuple[Client, ScriptedPort]:
    port = ScriptedPort(*script)
    return Client(port, Options(Caller("s", "o", "p"), timeout_s, RetryPolicy(pause_s=0.0))), port


def answer(payload: bytes, **changes: object) -> bytes:
    request = verification_pb2.CheckRequest.FromString(payload)
    response = verification_pb2.CheckResponse(
        request_id=request.request_id, verdict=1, trace=types_pb2.TraceRef(record_id="r1")
    )
    for name, value in changes.items():
        if value is None:
            response.ClearField(name)
        else:
            setattr(response, name, value)
    return response.SerializeToString()


def test_retries_send_the_same_bytes_with_the_same_request_id() -> None:
    client, port = client_of(UnavailableError("down"), UnavailableError("down"), answer)
    decision = client.check(COMPANY, "permit.grant")
    assert len(port.sent) == 3
    assert len(set(port.sent)) == 1
    assert verification_pb2.CheckRequest.FromString(port.sent[0]).request_id == decision.request_id


def overloaded(retry_after_s: float) -> OverloadedError:
    error = OverloadedError("too much", reason="overloaded")
    error.retry_after_s = retry_after_s
    return error


def test_a_pause_is_at_least_what_the_gateway_asks_for_and_never_the_same() -> None:
    policy = RetryPolicy(attempts=1000)
    pauses = {Attempts(policy, 10.0, lambda: 0.0).pause_s(overloaded(2.0)) for _ in range(200)}
    assert 2.0 <= min(pauses) < max(pauses) <= 3.0
    assert len(pauses) > 100


def test_an_overloaded_gateway_is_asked_again_with_the_same_request_id() -> None:
    client, port = client_of(overloaded(0.01), overloaded(0.01), answer)
    client.check(COMPANY, "permit.grant")
    assert len(port.sent) == 3
    assert len(set(port.sent)) == 1


def test_overload_beyond_the_time_limit_is_told_at_once() -> None:
    client, port = client_of(overloaded(60.0), timeout_s=5.0)
    with pytest.raises(OverloadedError) as caught:
        client.check(COMPANY, "permit.grant", request_id="case-8")
    assert (caught.value.request_id, caught.value.retry_after_s, len(port.sent)) == ("case-8", 60.0, 1)


def test_a_given_request_id_is_kept() -> None:
    client, _ = client_of(answer)
    assert client.check(COMPANY, "permit.grant", request_id="case-7").request_id == "case-7"


def test_the_last_error_comes_out_with_the_request_id() -> None:
    client, port = client_of(*[UnavailableError("down", reason="no_snapshot")] * 4)
    with pytest.raises(UnavailableError) as caught:
        client.check(COMPANY, "permit.grant", request_id="case-7")
    assert (caught.value.request_id, caught.value.reason, len(port.sent)) == ("case-7", "no_snapshot", 4)


@pytest.mark.parametrize("error", [InvalidRequestError("bad"), DeadlineError("late"), ProtocolError("odd")])
def test_other_errors_are_not_retried(error: XingateError) -> None:
    client, port = client_of(error)
    with pytest.raises(type(error)):
        client.check(COMPANY, "permit.grant")
    assert len(port.sent) == 1


@pytest.mark.parametrize(
    ("reply", "what"),
    [
        (lambda payload: answer(payload, trace=None), "no record"),
        (lambda payload: answer(payload, request_id="another"), "another question"),
        (lambda payload: answer(payload, as_of="yesterday"), "yesterday"),
        (lambda _: b"", "no record"),
        (lambda _: b"\xff\xff", "no CheckResponse"),
        (lambda _: b"<html>hello</html>", "no CheckResponse"),
    ],
)
def test_an_answer_without_a_record_is_never_a_verdict(reply: Callable[[bytes], bytes], what: str) -> None:
    client, _ = client_of(reply)
    with pytest.raises(ProtocolError, match=what):
        client.check(COMPANY, "permit.grant")


def test_the_question_reaches_the_wire_whole() -> None:
    client, port = client_of(answer)
    client.check(COMPANY, "permit.grant", as_of="2026-01-02", sequence=3, matter="M", operator="q", context={"k": "v"})
    request = verification_pb2.CheckRequest.FromString(port.sent[0])
    assert (request.as_of, request.sequence, request.matter, dict(request.context)) == (
        "2026-01-02",
        3,
        "M",
        {"k": "v"},
    )
    assert (request.caller.system, request.caller.organisation, request.caller.operator) == ("s", "o", "q")
    assert request.subject.identifiers[0].value == COMPANY.identifiers[0].value
    assert request.view == verification_pb2.VIEW_FULL


@pytest.mark.parametrize("options", [{"sequence": -1}, {"sequence": 2**64}, {"matter": "\ud800"}, {"matter": 5}])
def test_what_cannot_be_sent_is_an_invalid_request_without_the_value(options: dict[str, object]) -> None:
    client, port = client_of()
    with pytest.raises(InvalidRequestError) as caught:
        client.check(COMPANY, "permit.grant", **options)
    assert (caught.value.reason, port.sent) == ("question_unencodable", [])


def test_an_unknown_option_is_a_type_error() -> None:
    client, _ = client_of()
    with pytest.raises(TypeError, match="mater"):
        client.check(COMPANY, "permit.grant", mater="M")


def batch_answer(payload: bytes) -> bytes:
    response = verification_pb2.BatchCheckResponse()
    for request in verification_pb2.BatchCheckRequest.FromString(payload).requests:
        result = response.results.add()
        if request.action == "bad":
            result.error.code, result.error.reason, result.error.field = 3, "action_unknown", "action"
        else:
            result.response.ParseFromString(answer(request.SerializeToString()))
    return response.SerializeToString()


def test_a_batch_is_cut_at_a_thousand_and_keeps_its_order() -> None:
    client, port = client_of(batch_answer, batch_answer, batch_answer)
    results = client.check_many(Question(COMPANY, "a", request_id=f"r{n}") for n in range(2001))
    assert [result.request_id for result in results] == [f"r{n}" for n in range(2001)]
    sizes = [len(verification_pb2.BatchCheckRequest.FromString(payload).requests) for payload in port.sent]
    assert sizes == [1000, 1000, 1]


def test_each_item_of_a_batch_has_its_own_answer_or_error() -> None:
    client, _ = client_of(batch_answer)
    questions = [Question(COMPANY, "a"), Question(COMPANY, "bad"), Question(COMPANY, "\ud800"), Question(COMPANY, "b")]
    first, second, third, fourth = client.check_many(questions)
    assert isinstance(first, Decision)
    assert isinstance(second, InvalidRequestError)
    assert (second.reason, second.field, bool(second.request_id)) == ("action_unknown", "action", True)
    assert isinstance(third, InvalidRequestError)
    assert third.reason == "question_unencodable"
    assert isinstance(fourth, Decision)


def test_a_batch_that_fails_as_a_whole_loses_no_earlier_answer() -> None:
    client, _ = client_of(batch_answer, *[UnavailableError("down")] * 4)
    results = client.check_many([Question(COMPANY, "a", request_id=f"r{n}") for n in range(1002)])
    assert all(isinstance(result, Decision) for result in results[:1000])
    assert [(type(result), result.request_id) for result in results[1000:]] == [
        (UnavailableError, "r1000"),
        (UnavailableError, "r1001"),
    ]


def test_a_batch_with_a_result_too_few_is_not_relied_on() -> None:
    client, _ = client_of(lambda _: b"")
    (only,) = client.check_many([Question(COMPANY, "a")])
    assert isinstance(only, ProtocolError)


def test_no_questions_make_no_call() -> None:
    client, port = client_of()
    assert client.check_many([]) == []
    assert port.sent == []


def page(payload: bytes) -> bytes:
    request = trace_pb2.ListRecordsRequest.FromString(payload)
    end = request.before if request.HasField("before") else 2500
    start = max(end - request.limit, 0)
    response = trace_pb2.ListRecordsResponse(
        entries=[trace_pb2.TraceEntry(leaf_index=n) for n in range(end - 1, start - 1, -1)]
    )
    if start:
        response.next_before = start
    return response.SerializeToString()


@pytest.mark.parametrize(("limit", "expected"), [(1, 1), (1000, 1000), (1500, 1500), (9999, 2500)])
def test_records_are_paged_up_to_the_limit(limit: int, expected: int) -> None:
    client, _ = client_of(*[page] * 4)
    assert [entry.leaf_index for entry in client.records(limit)] == list(range(2499, 2499 - expected, -1))


def test_records_before_leaf_0_are_none() -> None:
    client, port = client_of(page)
    assert client.records(5, before=0) == []
    assert trace_pb2.ListRecordsRequest.FromString(port.sent[0]).HasField("before")


def test_limit_and_record_id_are_needed() -> None:
    client, _ = client_of()
    with pytest.raises(InvalidRequestError, match="limit"):
        client.records(0)
    with pytest.raises(InvalidRequestError, match="record id"):
        client.record("")


def test_a_client_closes_its_port() -> None:
    client, port = client_of()
    with client:
        pass
    assert port.is_closed


def test_request_ids_are_uuid7_and_sort_by_time() -> None:
    ids = []
    for _ in range(3):
        ids.append(new_request_id())
        time.sleep(0.002)
    assert ids == sorted(ids)
    assert {(uuid.UUID(i).version, uuid.UUID(i).variant) for i in ids} == {(7, uuid.RFC_4122)}
    age_ms = time.time() * 1000 - (uuid.UUID(ids[0]).int >> 80)
    assert 0 <= age_ms < 60_000


def test_pauses_grow_within_their_bounds_and_end() -> None:
    attempts = Attempts(RetryPolicy(attempts=4, pause_s=1.0, factor=2.0, max_pause_s=3.0), 100.0, lambda: 0.0)
    pauses = [attempts.pause_s(UnavailableError("down")) for _ in range(3)]
    assert [low <= pause <= high for pause, (low, high) in zip(pauses, [(0.5, 1), (1, 2), (1.5, 3)], strict=True)]
    with pytest.raises(UnavailableError):
        attempts.pause_s(UnavailableError("down"))


def test_no_try_begins_after_the_time_limit() -> None:
    now = [0.0]
    attempts = Attempts(RetryPolicy(attempts=9, pause_s=1.0), 1.2, lambda: now[0])
    assert attempts.timeout_s == pytest.approx(1.2)
    now[0] = 0.9
    assert attempts.timeout_s == pytest.approx(0.3)
    with pytest.raises(UnavailableError):
        attempts.pause_s(UnavailableError("down"))


@pytest.mark.parametrize("policy", [{"attempts": 0}, {"pause_s": -1}, {"factor": 0.5}])
def test_a_retry_policy_that_makes_no_sense_is_refused(policy: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="retry policy"):
        RetryPolicy(**policy)
    with pytest.raises(ValueError, match="timeout_s"):
        Options(Caller(), 0)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("grpc://127.0.0.1:50051", "grpc://127.0.0.1:50051"),
        ("grpcs://gate.example:443/", "grpcs://gate.example:443"),
        ("http://localhost", "http://localhost:80"),
        ("https://gate.example/xingate/", "https://gate.example:443/xingate"),
        ("grpc://[::1]:5", "grpc://[::1]:5"),
        ("embedded:.xingate", "embedded:.xingate"),
        ("embedded:///var/lib/xingate", "embedded:/var/lib/xingate"),
    ],
)
def test_targets(url: str, shown: str) -> None:
    assert str(parse_target(url)) == shown


def test_a_target_knows_loopback_tls_and_state() -> None:
    assert parse_target("grpc://[::1]:5").is_loopback
    assert parse_target("http://localhost").is_loopback
    assert not parse_target("http://gate.example").is_loopback
    assert parse_target("grpcs://gate.example:1").is_secure
    assert parse_target("embedded:a b").state == Path("a b")


@pytest.mark.parametrize(
    "url",
    [
        *["", "x", "127.0.0.1:50051", "grpc://", "grpc://h", "grpc://h:port", "grpc://h:99999", "ftp://h:1"],
        *["embedded:", "grpc://h:1/path", "http://u:p@h:1", "http://h:1/?q=1", "http://[::1"],
    ],
)
def test_what_is_no_target_says_what_is_expected(url: str) -> None:
    with pytest.raises(ValueError, match=r"expected|not an address|needs a state"):
        parse_target(url)
