"""One behaviour for every way to a gateway: fake, embedded, gRPC and HTTP, each by threads and by asyncio.

The real ones are the real commands: `compile` over the demo's list, `serve` in a process of its own.
"""

import asyncio
import contextlib
import inspect
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import json_format
from tests.support.commands import COMMAND, run_command
from tests.support.gateways import serve
from tests.support.waiting import wait_until

import xingate
from xingate.checkpoint import verify_extends
from xingate.client import RetryPolicy
from xingate.errors import (
    DeadlineError,
    InvalidRequestError,
    NotAllowedError,
    NotFoundError,
    ProtocolError,
    RequestIdReusedError,
    UnavailableError,
    XingateError,
)
from xingate.receipt import verify_receipt
from xingate.screening import RosterPerson, RosterRow, new_run_id
from xingate.spool import Spool
from xingate.testing import FakeGateway
from xingate.types import (
    AppliedMeasure,
    Caller,
    Decision,
    Effect,
    Force,
    IdentitySettlement,
    MeasureOutcome,
    Question,
    Subject,
    SubjectKind,
    Verdict,
    View,
)
from xingate.v1 import verification_pb2
from xingate_server.demo import DATA
from xingate_server.demo.numbers import citizen_number, unified_code

LISTED, UNLISTED, PERSON = unified_code(1), unified_code(9001), citizen_number(901)
TODAY = datetime.now(timezone(timedelta(hours=8))).date()
WHO = {"system": "tests", "organisation": "示例机关", "operator": "示例经办人"}
TARGETS = ["fake", "fake-async", "embedded", "embedded-async", "grpc", "grpc-async", "http", "http-async"]


class Driven:
    """An async client, driven call by call, so that one suite serves both kinds."""

    def __init__(self, make: Callable[[], xingate.AsyncClient]) -> None:
        self._runner = asyncio.Runner()
        self._client = self._runner.run(self._made(make))

    def check_stream(self, questions: Any, **options: Any) -> Iterator[Any]:
        """Over the async stream, result by result."""
        return self._each(self._client.check_stream(questions, **options))

    def _each(self, results: Any) -> Iterator[Any]:
        try:
            while True:
                yield self._runner.run(anext(results))
        except StopAsyncIteration:
            return
        finally:
            self._runner.run(results.aclose())

    def screen(self, rows: Any, action: str, **options: Any) -> Iterator[Any]:
        """The same over a roster."""
        return self._each(self._client.screen(rows, action, **options))

    async def _made(self, make: Callable[[], xingate.AsyncClient]) -> xingate.AsyncClient:
        return make()

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            return self._runner.run(getattr(self._client, name)(*args, **kwargs))

        return call

    def close(self) -> None:
        self._runner.run(self._client.close())
        self._runner.close()


def free_port() -> int:
    """One that nobody gets by chance while a gateway is away: below those that systems give out by themselves."""
    while True:
        port = random.randrange(10_000, 32_000)  # noqa: S311 - no secret
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    state = tmp_path_factory.mktemp("compiled") / "state"
    run_command("compile", "--state", state, "--source", f"city_list={DATA / 'city_list_black.csv'}@{TODAY}", code=0)
    return state


@pytest.mark.parametrize("is_async", [False, True])
def test_a_gateway_that_dies_under_a_stream(compiled: Path, tmp_path: Path, is_async: bool) -> None:
    """Those in flight are asked again under their ids, so that each has one record, also across a restart."""
    state = tmp_path / "state"
    shutil.copytree(compiled, state, symlinks=True)
    ports = {"grpc": free_port(), "http": free_port()}
    process = start(state, ports)
    url = f"grpc://127.0.0.1:{ports['grpc']}"
    options: Any = {**WHO, "retry": RetryPolicy(attempts=1000, pause_s=0.1, factor=1.0)}
    made: Any = Driven(lambda: xingate.connect_async(url, **options)) if is_async else xingate.connect(url, **options)
    subject, results = Subject.legal_entity(UNLISTED), []
    try:
        wait_until_ready(process, url)
        for result in made.check_stream([Question(subject, "tender.bid")] * 300, window=32, timeout_s=40.0):
            results.append(result)
            if len(results) == 100:
                kill(process)
                process = start(state, ports)
        assert [each for each in results if not isinstance(each, Decision)] == []
        assert len(results) == 300
        recorded = [entry.request_id for entry in made.records(400) if entry.kind == "check"]
        assert sorted(recorded) == sorted(result.request_id for result in results), "each has one record"
        kill(process)
        errors = list(made.check_stream([Question(subject, "tender.bid")] * 3, timeout_s=0.5))
        assert all(isinstance(error, UnavailableError) and error.request_id for error in errors)
        assert len(errors) == 3
    finally:
        made.close()
        kill(process)


def start(state: Path, ports: dict[str, int]) -> "subprocess.Popen[bytes]":
    given = [part for kind, port in ports.items() for part in (f"--{kind}-port", str(port))]
    command = [*COMMAND, "serve", "--state", str(state), "--workers", "1", *given]
    return subprocess.Popen(command, start_new_session=True)


def kill(process: "subprocess.Popen[bytes]") -> None:
    """The gateway and its workers, as a power cut would."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(20)


@pytest.fixture(scope="session")
def served(compiled: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The addresses of a served gateway."""
    state = tmp_path_factory.mktemp("served") / "state"
    shutil.copytree(compiled, state, symlinks=True)
    gateway = serve(state, tmp_path_factory.mktemp("gateway"))
    try:
        yield {"grpc": f"grpc://{gateway.grpc}", "http": gateway.http}
    finally:
        gateway.stop()


def wait_until_ready(process: "subprocess.Popen[bytes]", address: str) -> None:
    def is_ready() -> bool:
        assert process.poll() is None, "the gateway has ended"
        try:
            client.snapshot()
        except XingateError:
            return False
        return True

    with xingate.connect(address, timeout_s=1.0) as client:
        wait_until(is_ready, 30, "the gateway is ready")


def fake_gateway() -> FakeGateway:
    domain = ["environmental_protection", "other"]
    fake = FakeGateway(actions=["tender.bid", "permit.grant"], context={"domain": domain})
    limit = AppliedMeasure("18.3b", effect=Effect.LIMIT, force=Force.MANDATORY)
    fake.answer(LISTED, "tender.bid", Verdict.RESTRICTED, measures=[limit, "5.strict"])
    return fake


@pytest.fixture(params=TARGETS)
def client(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    """A client of each kind; typed Any, because the driven one offers the same names."""
    kind, _, is_async = request.param.partition("-")
    if kind == "fake":
        fake = fake_gateway()
        made = Driven(lambda: fake.async_client(**WHO)) if is_async else fake.client(**WHO)
    else:
        url = address_of(request, kind, tmp_path)
        made = Driven(lambda: xingate.connect_async(url, **WHO)) if is_async else xingate.connect(url, **WHO)
    with contextlib.closing(made):
        yield made


def address_of(request: pytest.FixtureRequest, kind: str, tmp_path: Path) -> str:
    if kind == "embedded":
        shutil.copytree(request.getfixturevalue("compiled"), tmp_path / "state", symlinks=True)
        return f"embedded:{tmp_path / 'state'}"
    address: str = request.getfixturevalue("served")[kind]
    return address


def test_a_listed_company_is_restricted_and_recorded(client: Any) -> None:
    decision = client.check(Subject.legal_entity(LISTED), "tender.bid", matter="M-1", as_of=TODAY)
    assert isinstance(decision, Decision)
    assert decision.verdict is Verdict.RESTRICTED
    assert not decision.permits
    assert {"18.3b", "5.strict"} <= {measure.id for measure in decision.measures}
    assert decision.as_of == TODAY
    assert decision.request_id
    entry = client.record(decision.trace.record_id)
    check = entry.check
    assert (entry.request_id, entry.leaf_index) == (decision.request_id, decision.trace.leaf_index)
    assert (check.action, check.matter, check.verdict) == ("tender.bid", "M-1", Verdict.RESTRICTED)
    assert (check.caller.system, check.caller.organisation, check.caller.operator) == tuple(WHO.values())
    assert (check.subject_kind, check.subject_code) == (SubjectKind.LEGAL_ENTITY, LISTED)


def test_an_unlisted_company_is_clear(client: Any) -> None:
    assert client.check(Subject.legal_entity(UNLISTED), "tender.bid").verdict is Verdict.CLEAR


def test_the_same_request_id_gives_the_same_answer_and_one_record(client: Any) -> None:
    request_id = f"same-{time.time_ns()}"
    first = client.check(Subject.legal_entity(LISTED), "tender.bid", request_id=request_id)
    again = client.check(Subject.legal_entity(LISTED), "tender.bid", request_id=request_id)
    assert again == first
    assert [entry.request_id for entry in client.records(100)].count(request_id) == 1


def test_the_same_request_id_with_another_question_is_refused(client: Any) -> None:
    request_id = f"reused-{time.time_ns()}"
    client.check(Subject.legal_entity(LISTED), "tender.bid", request_id=request_id)
    with pytest.raises(RequestIdReusedError) as caught:
        client.check(Subject.legal_entity(UNLISTED), "tender.bid", request_id=request_id)
    assert caught.value.request_id == request_id
    assert caught.value.reason == "request_id_reused"


@pytest.mark.parametrize(
    ("subject", "action", "options"),
    [
        (Subject.legal_entity(LISTED), "tender.bidd", {}),
        (Subject.legal_entity(LISTED), "", {}),
        (Subject.legal_entity(LISTED), "tender.bid", {"as_of": "2026-02-30"}),
        (Subject.legal_entity(), "tender.bid", {}),
        (Subject(SubjectKind.UNSPECIFIED), "tender.bid", {}),
    ],
)
def test_an_invalid_question_says_which_field(client: Any, subject: Subject, action: str, options: Any) -> None:
    before = [entry.record_id for entry in client.records(1)]
    with pytest.raises(InvalidRequestError) as caught:
        client.check(subject, action, **options)
    assert caught.value.field
    assert caught.value.reason
    assert caught.value.request_id
    assert [entry.record_id for entry in client.records(1)] == before


def test_each_item_of_a_batch_has_its_own_answer_error_and_record(client: Any) -> None:
    listed, unlisted = Subject.legal_entity(LISTED), Subject.legal_entity(UNLISTED)
    questions = [
        Question(listed, "tender.bid", matter="B-1"),
        Question(listed, "nonsense"),
        Question(unlisted, "tender.bid"),
    ]
    first, second, third = client.check_many(questions)
    assert (first.verdict, third.verdict) == (Verdict.RESTRICTED, Verdict.CLEAR)
    assert isinstance(second, InvalidRequestError)
    assert (second.field, bool(second.request_id)) == ("action", True)
    assert client.record(first.trace.record_id).check.matter == "B-1"
    assert first.trace.record_id != third.trace.record_id


def test_a_person_is_asked_about_for_a_purpose_only(client: Any) -> None:
    """Alone, in a batch and in a stream; the client has organisation and operator, the matter is the question's."""
    before = [entry.record_id for entry in client.records(1)]
    human, named = Subject.natural_person(PERSON), Subject.natural_person(name="示例甲")
    for subject in (human, named):
        with pytest.raises(InvalidRequestError) as caught:
            client.check(subject, "tender.bid")
        assert (caught.value.reason, caught.value.field) == ("purpose_missing", "matter")
    assert [entry.record_id for entry in client.records(1)] == before
    questions = [Question(named, "tender.bid"), Question(named, "tender.bid", matter="示例-1")]
    for results in (client.check_many(questions), list(client.check_stream(iter(questions)))):
        refused, answered = results
        assert (refused.reason, refused.field, bool(refused.request_id)) == ("purpose_missing", "matter", True)
        assert isinstance(answered, Decision)


def test_an_unknown_value_of_the_context_is_refused_for_every_action(client: Any) -> None:
    company = Subject.legal_entity(LISTED)
    for action in ("tender.bid", "permit.grant"):
        with pytest.raises(InvalidRequestError) as caught:
            client.check(company, action, context={"domain": "水电"})
        assert (caught.value.reason, caught.value.field) == ("context_value_unknown", "context[domain]")
        assert "environmental_protection" in str(caught.value)
    first, second = client.check_many(
        [Question(company, "tender.bid", context={"domain": "水电"}), Question(company, "tender.bid")]
    )
    assert (first.reason, first.field) == ("context_value_unknown", "context[domain]")
    assert isinstance(second, Decision)
    assert client.check(company, "tender.bid", context={"domain": "other", "anything": "水电"})


def test_a_batch_of_more_than_a_thousand(client: Any) -> None:
    results = client.check_many([Question(Subject.legal_entity(UNLISTED), "tender.bid")] * 1001, view=View.BASIC)
    assert {result.verdict for result in results} == {Verdict.CLEAR}
    assert len({result.trace.record_id for result in results}) == 1001


def test_a_stream_answers_each_in_order(client: Any) -> None:
    listed, unlisted = Subject.legal_entity(LISTED), Subject.legal_entity(UNLISTED)
    kinds = [(listed, "tender.bid"), (listed, "nonsense"), (unlisted, "tender.bid"), (unlisted, "\ud800")]
    taken: list[int] = []
    before = [entry.record_id for entry in client.records(1)]

    def questions() -> Iterator[Question]:
        for number in range(200):
            taken.append(number)
            subject, action = kinds[number % 4]
            yield Question(subject, action, matter=f"S-{number}")

    results = []
    for result in client.check_stream(questions(), window=16):
        assert len(taken) - len(results) <= 16 + 1, "no more than the window is in flight"
        results.append(result)
    assert len(results) == 200
    for number, result in enumerate(results):
        if number % 2:
            assert isinstance(result, InvalidRequestError)
            assert result.request_id
        else:
            assert result.verdict is (Verdict.CLEAR if number % 4 else Verdict.RESTRICTED)
            assert client.record(result.trace.record_id).check.matter == f"S-{number}"
    assert len({result.request_id for result in results}) == 200
    assert [entry.record_id for entry in client.records(1)] != before


def test_a_stream_that_is_left_and_one_without_questions(client: Any) -> None:
    many = (Question(Subject.legal_entity(UNLISTED), "tender.bid") for _ in range(10_000))
    stream = client.check_stream(many, window=8)
    assert next(stream).verdict is Verdict.CLEAR
    stream.close()
    assert sum(1 for _ in many) > 9_900
    assert list(client.check_stream([])) == []
    assert client.check(Subject.legal_entity(UNLISTED), "tender.bid").verdict is Verdict.CLEAR
    for window in (0, 1001):
        with pytest.raises(ValueError, match="window is 1 to 1000"):
            list(client.check_stream([], window=window))


def rosters(count: int) -> Iterator[RosterRow]:
    """Every tenth row is listed, one has no number, each has its legal representative."""
    for number in range(count):
        code = {0: LISTED, 5: ""}.get(number % 10, unified_code(20_000 + number))
        people = (
            RosterPerson("legal_representative", Subject.natural_person(citizen_number(number % 999, "19991231"))),
        )
        yield RosterRow(Subject.legal_entity(code), people, matter=f"R-{number}")


def test_a_roster_is_screened_in_order_with_a_record_for_each_question(client: Any) -> None:
    run_id = new_run_id()
    rows = list(client.screen(rosters(150), "tender.bid", run_id=run_id, operator="示例评标人"))
    assert [row.row.matter for row in rows] == [f"R-{number}" for number in range(150)]
    for number, row in enumerate(rows):
        assert [result.request_id for result in row.results] == [f"{run_id}.{number + 1}.{n}" for n in (0, 1)]
        if number % 10 == 5:
            assert isinstance(row.result, InvalidRequestError)
            assert row.verdict is None
        else:
            assert row.verdict is (Verdict.CLEAR if number % 10 else Verdict.RESTRICTED)
        assert isinstance(row.people[0], Decision)
    record = client.record(rows[7].result.trace.record_id)
    assert (record.check.matter, record.check.caller.operator) == ("R-7", "示例评标人")


def test_a_roster_screened_again_under_its_run_is_not_recorded_again(client: Any) -> None:
    run_id = new_run_id()
    stream = client.screen(rosters(1_000), "tender.bid", run_id=run_id)
    first = [next(stream) for _ in range(100)]
    stream.close()
    again = list(client.screen(rosters(200), "tender.bid", run_id=run_id))
    ids = [result.trace.record_id for row in again for result in row.results if isinstance(result, Decision)]
    assert ids[:150] == [r.trace.record_id for row in first for r in row.results if isinstance(r, Decision)][:150]
    newest = {entry.record_id for entry in client.records(1_000) if entry.request_id.startswith(run_id)}
    assert set(ids) <= newest
    assert len(set(ids)) == len(ids) == 380
    other = list(client.screen(rosters(10), "tender.bid"))
    assert not {row.people[0].trace.record_id for row in other} & set(ids)
    assert list(client.screen([], "tender.bid")) == []


def test_what_the_callers_own_iterable_raises_comes_out(client: Any) -> None:
    def questions() -> Iterator[Question]:
        yield Question(Subject.legal_entity(UNLISTED), "tender.bid")
        raise LookupError("their own")

    with pytest.raises(LookupError, match="their own"):
        list(client.check_stream(questions()))


def test_a_repeated_question_in_a_stream_is_one_record(client: Any) -> None:
    question = Question(Subject.legal_entity(LISTED), "tender.bid", request_id=f"stream-{time.time_ns()}")
    assert len({result.trace.record_id for result in client.check_stream([question] * 20)}) == 1


def test_a_persons_number_is_in_no_record_and_no_answer(client: Any) -> None:
    decision = client.check(
        Subject.natural_person(PERSON, name="示例甲"), "permit.grant", matter="M-1", operator="示例员"
    )
    shown = decision.to_json() + str(decision) + repr(decision)
    shown += client.record(decision.trace.record_id).to_json() + repr(client.records(3))
    assert PERSON not in shown


def test_records_come_newest_first_up_to_the_limit(client: Any) -> None:
    made = [client.check(Subject.legal_entity(UNLISTED), "tender.bid").trace.record_id for _ in range(3)]
    assert [entry.record_id for entry in client.records(2)] == [made[2], made[1]]
    newest = client.records(1)[0].leaf_index
    assert [entry.record_id for entry in client.records(1, before=newest)] == [made[1]]
    assert client.records(5, before=0) == []


def test_records_are_found_by_what_was_asked_and_answered(client: Any) -> None:
    matter = f"搜索-{time.time_ns()}"
    company, person = Subject.legal_entity(unified_code(9077)), Subject.natural_person(PERSON, name="示例甲")
    made = [
        client.check(subject, action, matter=matter, operator=operator).trace.record_id
        for subject, action, operator in (
            (company, "tender.bid", "op-1"),
            (person, "permit.grant", "op-2"),
            (Subject.legal_entity("", name="示例未列有限公司"), "tender.bid", "op-1"),
            (company, "permit.grant", "op-2"),
        )
    ]
    client.report_outcome(made[0], note="已办结")

    def found(**search: Any) -> list[int]:
        return [made.index(entry.record_id) for entry in client.records(50, **{"matter": matter, **search})]

    assert found() == [3, 2, 1, 0]
    assert found(subject=unified_code(9077)) == [3, 0]
    assert found(subject=PERSON) == [1]
    assert found(name="示例未列有限公司") == [2]
    assert found(subject=unified_code(9077), name="示例未列有限公司") == [3, 2, 0]
    assert found(operator="op-2", action="permit.grant", organisation=WHO["organisation"]) == [3, 1]
    assert found(organisation="示例别处") == []
    assert found(subject=unified_code(9077), verdict=Verdict.PROHIBITED) == []
    assert found(first=TODAY, last=TODAY + timedelta(days=1)) == [3, 2, 1, 0]
    assert found(last=TODAY - timedelta(days=1)) == []
    assert found(kind="outcome") == [], "only lookups have a matter"
    assert {entry.kind for entry in client.records(5, kind="outcome")} == {"outcome"}
    assert client.records(50, kind="all") == client.records(50)
    first = client.records(2, matter=matter)
    rest = client.records(50, matter=matter, before=first[-1].leaf_index)
    assert [entry.record_id for entry in first + rest] == made[::-1]
    with pytest.raises(InvalidRequestError) as caught:
        client.records(kind="lookup")
    assert (caught.value.reason, caught.value.field) == ("kind_unknown", "kind")


@pytest.mark.parametrize("record_id", ["unknown", "../../etc/passwd", "a b/ü?x=1", "%2e%2e"])
def test_an_unknown_record_is_not_found(client: Any, record_id: str) -> None:
    with pytest.raises(NotFoundError) as caught:
        client.record(record_id)
    assert caught.value.reason


def ask_listed(client: Any) -> Decision:
    decision = client.check(Subject.legal_entity(LISTED), "tender.bid", matter="M-1")
    assert isinstance(decision, Decision)
    return decision


def test_an_outcome_is_recorded_and_read_back(client: Any) -> None:
    decision = ask_listed(client)
    measures = [
        MeasureOutcome.applied("18.3b", amount_yuan="1200.50", date=TODAY, document_no="示例〔2026〕1号"),
        MeasureOutcome.not_applied("5.strict", "已履行完毕"),
    ]
    told = client.report_outcome(decision.trace.record_id, measures=measures, note="已办结", operator="李四")
    assert told.lookup_record_id == decision.trace.record_id
    assert told.outcome_id
    entry = client.record(told.trace.record_id)
    outcome = entry.record.outcome
    assert (entry.kind, entry.request_id, entry.leaf_index) == ("outcome", told.outcome_id, told.trace.leaf_index)
    assert outcome.lookup_record_id == decision.trace.record_id
    assert outcome.measures == tuple(measures)
    assert outcome.note == "已办结"
    assert (outcome.caller.system, outcome.caller.organisation, outcome.caller.operator) == (
        WHO["system"],
        WHO["organisation"],
        "李四",
    )
    assert json.loads(entry.to_json())["record"]["outcome"]["measures"][1]["result"] == "RESULT_NOT_APPLIED"
    assert [one.kind for one in client.records(2)] == ["outcome", "check"]


def test_a_retried_outcome_is_no_second_one(client: Any) -> None:
    record_id = ask_listed(client).trace.record_id
    outcome_id = f"o-{time.time_ns()}"
    first = client.report_outcome(record_id, measures=[MeasureOutcome.applied("18.3b")], outcome_id=outcome_id)
    again = client.report_outcome(record_id, measures=[MeasureOutcome.applied("18.3b")], outcome_id=outcome_id)
    assert again == first
    with pytest.raises(RequestIdReusedError) as caught:
        client.report_outcome(record_id, note="another", outcome_id=outcome_id)
    assert (caught.value.request_id, caught.value.field) == (outcome_id, "outcome_id")


def test_what_cannot_be_reported(client: Any) -> None:
    record_id = ask_listed(client).trace.record_id
    same = IdentitySettlement("0" * 32, is_same=True, evidence="户籍", decided_by="李四")
    refused: list[tuple[dict[str, Any], str, str]] = [
        ({}, "outcome_empty", "measures"),
        ({"measures": [MeasureOutcome.applied("18.9")]}, "measure_not_in_answer", "measures[0].measure_id"),
        ({"measures": [MeasureOutcome("18.3b")]}, "result_missing", "measures[0].result"),
        ({"measures": [MeasureOutcome.other("18.3b", "")]}, "reason_missing", "measures[0].reason"),
        ({"identities": [same]}, "entry_not_in_answer", "identities[0].entry_id"),
        ({"identities": [IdentitySettlement("0" * 32)]}, "evidence_missing", "identities[0].evidence"),
    ]
    for parts, reason, field in refused:
        with pytest.raises(InvalidRequestError) as caught:
            client.report_outcome(record_id, **parts)
        assert (caught.value.reason, caught.value.field) == (reason, field)
    told = client.report_outcome(record_id, note="已办结")
    with pytest.raises(InvalidRequestError) as caught:
        client.report_outcome(told.trace.record_id, note="已办结")
    assert caught.value.reason == "record_not_lookup"
    with pytest.raises(InvalidRequestError):
        client.report_outcome("", note="已办结")
    for unknown in ("unknown", "../../v1/check", "a b/ü?x=1"):
        with pytest.raises(NotFoundError) as not_found:
            client.report_outcome(unknown, note="已办结")
        assert not_found.value.reason == "record_unknown"


def test_anothers_lookup_is_refused_and_the_refusal_is_on_record(client: Any) -> None:
    record_id = ask_listed(client).trace.record_id
    options = client._client._options if isinstance(client, Driven) else client._options
    object.__setattr__(options, "caller", Caller("tests", "另一机关", "示例经办人"))
    with pytest.raises(NotAllowedError) as caught:
        client.report_outcome(record_id, note="已办结")
    assert (caught.value.reason, caught.value.field) == ("not_allowed", "record_id")
    entry = client.records(1)[0]
    denial = entry.record.denial
    assert (entry.kind, denial.method, denial.reason, denial.about) == (
        "denial",
        "ReportOutcome",
        "not_allowed",
        record_id,
    )
    assert denial.caller.organisation == "另一机关"


def test_an_activated_snapshot_is_on_record(client: Any, request: pytest.FixtureRequest) -> None:
    if "fake" in request.node.callspec.id:
        pytest.skip("a fake takes no snapshot into use")
    entries = [entry for entry in client.records(100_000) if entry.record.act]
    assert [entry.record.act.kind for entry in entries] == ["snapshot_activated"]
    act = entries[0].record.act
    assert act.operator
    assert json.loads(act.after)["hash"] == client.snapshot().ref.hash
    assert entries[0].check.action == ""


def test_the_usage_report_counts_what_was_asked(client: Any) -> None:
    before = client.usage_report(by="action")
    client.check(Subject.legal_entity(UNLISTED), "tender.bid")
    after = client.usage_report(by="action")
    assert after.total.lookups == before.total.lookups + 1
    (row,) = [row for row in after.rows if row.group == "tender.bid"]
    assert 1 <= row.subjects <= row.lookups == sum(row.verdicts.values())
    assert [row.lookups for row in client.usage_report(TODAY, by="system").rows] == [after.total.lookups]
    assert client.usage_report("2017-10-12", "2017-10-12").total.lookups == 0
    for span in (("soon", None), ("2026-02-01", "2026-01-01")):
        with pytest.raises(InvalidRequestError) as caught:
            client.usage_report(*span)
        assert caught.value.field == "from"


def test_a_receipt_proves_the_answer_without_the_gateway(client: Any) -> None:
    decision = client.check(Subject.legal_entity(LISTED), "tender.bid", matter="M-9")
    receipt = client.receipt(decision.trace.record_id)
    proven = verify_receipt(receipt.to_json(), client.checkpoint().verifier_key)
    assert (proven.record_id, proven.leaf_index) == (decision.trace.record_id, decision.trace.leaf_index)
    assert (proven.value("verdict"), proven.value("matter")) == ("RESTRICTED", "M-9")
    assert proven.value("decisionDigest") == decision.decision_digest
    for record_id in ("unknown", "../../x"):
        with pytest.raises(NotFoundError):
            client.receipt(record_id)
    with pytest.raises(InvalidRequestError):
        client.receipt("")


def test_the_log_only_grows(client: Any) -> None:
    client.receipt(client.check(Subject.legal_entity(UNLISTED), "tender.bid").trace.record_id)
    old = client.checkpoint()
    client.receipt(client.check(Subject.legal_entity(UNLISTED), "tender.bid").trace.record_id)
    new = client.checkpoint()
    given = client.consistency_proof(old.tree_size, new.tree_size)
    first, second = verify_extends(old.note, new.note, given.proof, old.verifier_key)
    assert (first.tree_size, second.root_hash) == (old.tree_size, new.root_hash)
    assert (given.size1, given.size2) == (old.tree_size, new.tree_size)
    with pytest.raises(InvalidRequestError) as caught:
        client.consistency_proof(1, 2**60)
    assert (caught.value.reason, caught.value.field) == ("size_unknown", "size2")


def test_a_spool_is_verified_against_every_gateway(client: Any, tmp_path: Path) -> None:
    inner = client._client if isinstance(client, Driven) else client
    inner._options = replace(inner._options, spool=Spool(tmp_path / "spool"))
    for _ in range(2):
        client.check(Subject.legal_entity(LISTED), "tender.bid")
        report = client.verify_all()
        assert report.is_proven, str(report)
    assert len(report.records) == 2


def test_the_snapshot_that_answers(client: Any) -> None:
    snapshot = client.snapshot()
    decision = client.check(Subject.legal_entity(UNLISTED), "tender.bid", sequence=snapshot.ref.sequence)
    assert decision.snapshot.sequence == snapshot.ref.sequence == 1
    assert client.snapshot(1).ref.sequence == 1
    assert 1 in snapshot.retained
    with pytest.raises(NotFoundError):
        client.snapshot(99)


def test_the_catalogue_can_be_read(client: Any, request: pytest.FixtureRequest) -> None:
    assert "tender.bid" in [action.id for action in client.actions()]
    if "fake" in request.node.callspec.id:
        assert (client.measures(), client.list_types()) == ([], [])  # a fake has no catalogue
        return
    measures = {measure.id: measure for measure in client.measures("tender.bid")}
    assert measures["18.3b"].effect is Effect.LIMIT
    assert measures["18.3b"].basis[0].instrument
    assert len(client.measures()) > len(measures)
    assert "black.bid_rigging" in [list_type.id for list_type in client.list_types()]


def test_json_is_the_proto3_json_of_the_answer(client: Any) -> None:
    decision = client.check(Subject.legal_entity(LISTED), "tender.bid", matter="示例")
    document = json.loads(decision.to_json())
    assert document["verdict"] == "VERDICT_RESTRICTED"
    assert document["trace"]["recordId"] == decision.trace.record_id
    assert set(document) == {field.json_name for field in verification_pb2.CheckResponse.DESCRIPTOR.fields}
    again = json_format.Parse(decision.to_json(indent=2), verification_pb2.CheckResponse())
    assert again == verification_pb2.CheckResponse.FromString(decision.wire)


def test_a_basic_view_has_ids_and_the_same_verdict(client: Any) -> None:
    full = client.check(Subject.legal_entity(LISTED), "tender.bid")
    basic = client.check(Subject.legal_entity(LISTED), "tender.bid", view=View.BASIC)
    assert basic.verdict is full.verdict
    assert [measure.id for measure in basic.measures] == [measure.id for measure in full.measures]
    assert basic.trace.record_id


def test_every_real_target_gives_the_same_decision(compiled: Path, served: dict[str, str], tmp_path: Path) -> None:
    shutil.copytree(compiled, tmp_path / "state", symlinks=True)
    answers = []
    for url in (f"embedded:{tmp_path / 'state'}", *served.values()):
        with xingate.connect(url, **WHO) as client:
            decision = client.check(Subject.legal_entity(LISTED), "tender.bid", as_of=TODAY)
        document = json.loads(decision.to_json())
        del document["requestId"], document["trace"]
        answers.append(document)
    assert answers[0] == answers[1] == answers[2]
    assert answers[0]["decisionDigest"]


@pytest.mark.parametrize("target", ["fake-async", "grpc", "grpc-async", "http", "http-async", "embedded"])
def test_many_callers_at_once_each_get_their_own_answer(
    target: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    kind, _, is_async = target.partition("-")
    fake = fake_gateway()
    url = "" if kind == "fake" else address_of(request, kind, tmp_path)
    wanted = {LISTED: Verdict.RESTRICTED, UNLISTED: Verdict.CLEAR}
    codes = [LISTED, UNLISTED] * 32

    async def ask_all() -> list[Decision]:
        async with fake.async_client() if kind == "fake" else xingate.connect_async(url) as client:
            return await asyncio.gather(*(client.check(Subject.legal_entity(c), "tender.bid") for c in codes))

    def ask_in_threads() -> list[Decision]:
        from concurrent.futures import ThreadPoolExecutor

        with xingate.connect(url) as client, ThreadPoolExecutor(16) as pool:
            return list(pool.map(lambda code: client.check(Subject.legal_entity(code), "tender.bid"), codes))

    decisions = asyncio.run(ask_all()) if is_async else ask_in_threads()
    assert [decision.verdict for decision in decisions] == [wanted[code] for code in codes]
    assert len({decision.trace.record_id for decision in decisions}) == len(codes)


def test_both_clients_offer_the_same() -> None:
    plain, twin = xingate.Client, xingate.AsyncClient
    names = [name for name in vars(plain) if not name.startswith("_")]
    assert names == [name for name in vars(twin) if not name.startswith("_")]
    for name in names:
        ours, theirs = inspect.signature(getattr(plain, name)), inspect.signature(getattr(twin, name))
        if name in ("check_stream", "screen"):  # each iterates in its own way
            ours, theirs = (
                each.replace(
                    parameters=[one.replace(annotation="") for one in each.parameters.values()], return_annotation=""
                )
                for each in (ours, theirs)
            )
        assert str(ours) == str(theirs)


@pytest.mark.parametrize("scheme", ["grpc", "http"])
@pytest.mark.parametrize("is_async", [False, True])
def test_nobody_there_is_unavailable(scheme: str, is_async: bool) -> None:
    url = f"{scheme}://127.0.0.1:{free_port()}"
    retry = xingate.RetryPolicy(attempts=2, pause_s=0.0)
    made = Driven(lambda: xingate.connect_async(url, retry=retry)) if is_async else xingate.connect(url, retry=retry)
    with contextlib.closing(made) as client, pytest.raises(UnavailableError) as caught:
        client.check(Subject.legal_entity(LISTED), "tender.bid")
    assert caught.value.reason == "unreachable"
    assert url in str(caught.value)
    assert LISTED not in str(caught.value)


@pytest.mark.parametrize("url", ["grpc", "http", "embedded"])
def test_a_closed_client_says_so(url: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    client = xingate.connect(address_of(request, url, tmp_path))
    client.close()
    with pytest.raises(ProtocolError) as caught:
        client.actions()
    assert (caught.value.reason, caught.value.message) == ("closed", "the client is closed")


@pytest.mark.parametrize("url", ["grpc", "http", "embedded"])
@pytest.mark.parametrize("timeout_s", [0, -1.0, float("nan")])
@pytest.mark.parametrize("is_async", [False, True])
def test_a_call_without_any_time_is_refused(
    url: str, timeout_s: float, is_async: bool, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    address = address_of(request, url, tmp_path)
    made = Driven(lambda: xingate.connect_async(address)) if is_async else xingate.connect(address)
    with contextlib.closing(made) as client, pytest.raises(ValueError, match="timeout_s is above 0"):
        client.check(Subject.legal_entity(LISTED), "tender.bid", timeout_s=timeout_s)


def test_embedded_without_a_state_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="xingate compile"):
        xingate.connect(f"embedded:{tmp_path / 'none'}")
    assert not (tmp_path / "none").exists()


STRANGE: dict[str, tuple[int, bytes, type[XingateError]]] = {
    "a portal's page": (200, b"<html>log in</html>", ProtocolError),
    "an empty object": (200, b"{}", ProtocolError),
    "a verdict without a record": (200, b'{"verdict": "VERDICT_CLEAR"}', ProtocolError),
    "a word of another type": (200, b'{"verdict": {}}', ProtocolError),
    "no UTF-8": (200, b'{"verdict": "\xff"}', ProtocolError),
    "a redirect": (302, b"", ProtocolError),
    "a proxy's 502": (502, b"<html>bad gateway</html>", UnavailableError),
    "a stranger's 404": (404, b"not found", ProtocolError),
    "no content": (204, b"", ProtocolError),
}


@pytest.mark.parametrize("case", STRANGE)
@pytest.mark.parametrize("is_async", [False, True])
def test_strange_http_answers_are_never_a_verdict(case: str, is_async: bool) -> None:
    status, body, kind = STRANGE[case]
    retry = xingate.RetryPolicy(attempts=1)
    with http_server(status, body) as url:
        made = (
            Driven(lambda: xingate.connect_async(url, retry=retry)) if is_async else xingate.connect(url, retry=retry)
        )
        with contextlib.closing(made) as client, pytest.raises(kind):
            client.check(Subject.legal_entity(LISTED), "tender.bid")


def test_an_unknown_verdict_of_a_newer_gateway_is_cannot_tell() -> None:
    body = b'{"verdict": 42, "trace": {"recordId": "r1"}, "somethingNew": 1}'
    with http_server(200, body) as url, xingate.connect(url) as client:
        assert client.check(Subject.legal_entity(LISTED), "tender.bid").verdict is Verdict.CANNOT_TELL


@pytest.mark.parametrize("scheme", ["grpc", "http"])
@pytest.mark.parametrize("is_async", [False, True])
def test_silence_ends_at_the_time_limit(scheme: str, is_async: bool) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"{scheme}://127.0.0.1:{silent.getsockname()[1]}"
        made = Driven(lambda: xingate.connect_async(url)) if is_async else xingate.connect(url)
        started = time.monotonic()
        with contextlib.closing(made) as client, pytest.raises(DeadlineError) as caught:
            client.check(Subject.legal_entity(LISTED), "tender.bid", timeout_s=0.3)
        assert caught.value.reason == "deadline_exceeded"
        assert time.monotonic() - started < 3


@contextlib.contextmanager
def http_server(status: int, body: bytes) -> Iterator[str]:
    """A server that gives everybody the same answer."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            if status == 302:
                self.send_header("Location", "/elsewhere")
            if status != 204:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
