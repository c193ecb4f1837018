"""Every gRPC call against a real gateway: answers, errors with their details, streams, health, reflection."""

import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import descriptor_pb2
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2
from grpc_status import rpc_status
from grpc_tools import protoc
from tests.support.waiting import wait_until

from xingate.v1 import (
    catalogue_pb2,
    catalogue_pb2_grpc,
    snapshot_pb2,
    snapshot_pb2_grpc,
    trace_pb2,
    trace_pb2_grpc,
    types_pb2,
    verification_pb2,
    verification_pb2_grpc,
)
from xingate_server.demo.numbers import citizen_number, unified_code

SERVICES = ("VerificationService", "CatalogueService", "SnapshotService", "TraceService")
PROTO = Path(__file__).parents[2] / "proto"
TIMEOUT_S = 20.0


@pytest.fixture(scope="module")
def gateway(start_gateway: Callable[..., Any], compiled_state: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    state = tmp_path_factory.mktemp("grpc") / "state"
    shutil.copytree(compiled_state, state, symlinks=True)
    return start_gateway(state)


@pytest.fixture(scope="module")
def channel(gateway: Any) -> Iterator[grpc.Channel]:
    with grpc.insecure_channel(gateway.grpc, options=[("grpc.enable_http_proxy", 0)]) as channel:
        yield channel


@pytest.fixture(scope="module")
def verification(channel: grpc.Channel) -> Any:
    return verification_pb2_grpc.VerificationServiceStub(channel)


@pytest.fixture(scope="module")
def trace(channel: grpc.Channel) -> Any:
    return trace_pb2_grpc.TraceServiceStub(channel)


PERSON = types_pb2.Subject(kind=types_pb2.SUBJECT_KIND_NATURAL_PERSON, name="示例甲")


def question(serial: int = 1, action: str = "market.entry", **more: Any) -> verification_pb2.CheckRequest:
    subject = types_pb2.Subject(
        kind=types_pb2.SUBJECT_KIND_LEGAL_ENTITY,
        identifiers=[types_pb2.Identifier(scheme="uscc", value=unified_code(serial))],
    )
    caller = types_pb2.Caller(system="tests", organisation="示例单位", operator="op-1")
    return verification_pb2.CheckRequest(**({"subject": subject, "action": action, "caller": caller} | more))


def failure(call: Callable[[], Any]) -> tuple[str, str, str, str]:
    """Code, message, reason and field of a call that must fail."""
    with pytest.raises(grpc.RpcError) as caught:
        call()
    error: Any = caught.value
    status = rpc_status.from_call(error)
    assert status is not None, f"{error.code()} without details: {error.details()}"
    info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    field = ""
    for detail in status.details:
        if not detail.Unpack(info) and detail.Unpack(bad):
            field = bad.field_violations[0].field
    assert info.domain == "xingate"
    return error.code().name, error.details(), info.reason, field


def test_check_answers_with_measures_basis_and_record(verification: Any) -> None:
    answer = verification.Check(question(), timeout=TIMEOUT_S)
    assert answer.verdict == types_pb2.VERDICT_PROHIBITED
    barring = next(m for m in answer.measures if m.effect == types_pb2.EFFECT_BAR)
    assert barring.title.zh
    assert barring.title.en
    assert barring.basis[0].instrument
    assert barring.entry.list_type == "black.bid_rigging"
    assert barring.remedies
    assert not barring.HasField("executable_by_caller")
    assert answer.snapshot.status == "current"
    assert answer.trace.record_id
    assert len(answer.decision_digest) == 64


def test_basic_view_keeps_the_ids_only(verification: Any) -> None:
    full = verification.Check(question(), timeout=TIMEOUT_S)
    basic = verification.Check(question(view=verification_pb2.VIEW_BASIC), timeout=TIMEOUT_S)
    assert [m.id for m in basic.measures] == [m.id for m in full.measures]
    assert all(m == types_pb2.AppliedMeasure(id=m.id) for m in basic.measures)
    assert basic.verdict == full.verdict
    assert basic.decision_digest == full.decision_digest
    assert basic.trace.record_id


def test_a_retry_gives_the_stored_answer_and_another_question_does_not(verification: Any) -> None:
    first = verification.Check(question(request_id="retry-1"), timeout=TIMEOUT_S)
    assert verification.Check(question(request_id="retry-1"), timeout=TIMEOUT_S) == first
    code, _, reason, field = failure(lambda: verification.Check(question(2, request_id="retry-1"), timeout=TIMEOUT_S))
    assert (code, reason, field) == ("ALREADY_EXISTS", "request_id_reused", "request_id")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"subject": types_pb2.Subject(name="x")}, ("INVALID_ARGUMENT", "subject_kind_missing", "subject.kind")),
        ({"subject": types_pb2.Subject(kind=99)}, ("INVALID_ARGUMENT", "message_malformed", "subject.kind")),
        ({"view": 77}, ("INVALID_ARGUMENT", "message_malformed", "view")),
        ({"action": "no.such"}, ("INVALID_ARGUMENT", "action_unknown", "action")),
        ({"context": {"domain": "水电"}}, ("INVALID_ARGUMENT", "context_value_unknown", "context[domain]")),
        ({"subject": PERSON}, ("INVALID_ARGUMENT", "purpose_missing", "matter")),
        (
            {"subject": PERSON, "matter": "示例-1", "caller": types_pb2.Caller(organisation="示例单位")},
            ("INVALID_ARGUMENT", "purpose_missing", "caller.operator"),
        ),
        (
            {"subject": PERSON, "matter": "示例-1", "caller": types_pb2.Caller(operator="示例员")},
            ("INVALID_ARGUMENT", "purpose_missing", "caller.organisation"),
        ),
        ({"as_of": "2024-13-01"}, ("INVALID_ARGUMENT", "date_malformed", "as_of")),
        ({"request_id": " "}, ("INVALID_ARGUMENT", "request_id_malformed", "request_id")),
        ({"request_id": "once "}, ("INVALID_ARGUMENT", "request_id_malformed", "request_id")),
        ({"request_id": "\u3000once"}, ("INVALID_ARGUMENT", "request_id_malformed", "request_id")),
        ({"sequence": 2**64 - 1}, ("NOT_FOUND", "sequence_unknown", "sequence")),
        ({"action": "示" * 300}, ("INVALID_ARGUMENT", "action_malformed", "action")),
    ],
)
def test_errors_say_code_reason_and_field(verification: Any, change: dict[str, Any], expected: tuple[str, ...]) -> None:
    code, message, reason, field = failure(lambda: verification.Check(question(**change), timeout=TIMEOUT_S))
    assert (code, reason, field) == expected
    assert message == message[:1].lower() + message[1:]
    assert not message.endswith(".")


def test_bytes_that_are_no_message_are_the_callers_fault(channel: grpc.Channel) -> None:
    for service, method in (
        ("xingate.v1.VerificationService", "Check"),
        ("xingate.v1.VerificationService", "BatchCheck"),
        ("xingate.v1.TraceService", "GetRecord"),
        ("grpc.health.v1.Health", "Check"),
    ):
        call = channel.unary_unary(f"/{service}/{method}", None, None)
        assert failure(lambda call=call: call(b"\x0a\xff", timeout=TIMEOUT_S))[::2] == (
            "INVALID_ARGUMENT",
            "message_malformed",
        )
    for path in ("/xingate.v1.SnapshotService/WatchSnapshot", "/grpc.health.v1.Health/Watch"):
        stream = channel.unary_stream(path, None, None)
        assert failure(lambda stream=stream: list(stream(b"\x0a\xff", timeout=TIMEOUT_S)))[0] == "INVALID_ARGUMENT"
    reflect = channel.stream_stream("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", None, None)
    assert failure(lambda: list(reflect(iter([b"\x0a\xff"]), timeout=TIMEOUT_S)))[0] == "INVALID_ARGUMENT"


def test_an_unknown_call_is_unimplemented(channel: grpc.Channel) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        channel.unary_unary("/xingate.v1.VerificationService/Chek", None, None)(b"", timeout=TIMEOUT_S)
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED


def test_a_message_too_large_is_refused(verification: Any) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        verification.Check(question(matter="x" * (5 * 1024 * 1024)), timeout=TIMEOUT_S)
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


def test_batch_gives_each_item_its_own_result(verification: Any) -> None:
    items = [
        question(1),
        verification_pb2.CheckRequest(action="market.entry"),
        question(3, "no.such"),
        question(2, view=verification_pb2.VIEW_BASIC),
    ]
    answer = verification.BatchCheck(verification_pb2.BatchCheckRequest(requests=items), timeout=TIMEOUT_S)
    kinds = [result.WhichOneof("result") for result in answer.results]
    assert kinds == ["response", "error", "error", "response"]
    assert answer.results[0].response.verdict == types_pb2.VERDICT_PROHIBITED
    assert (answer.results[1].error.code, answer.results[1].error.reason) == (3, "subject_kind_missing")
    assert (answer.results[2].error.reason, answer.results[2].error.field) == ("action_unknown", "action")
    assert len({r.response.trace.record_id for r in answer.results if r.WhichOneof("result") == "response"}) == 2


def test_batch_bounds(verification: Any) -> None:
    empty = verification.BatchCheck(verification_pb2.BatchCheckRequest(), timeout=TIMEOUT_S)
    assert list(empty.results) == []
    basic = question(view=verification_pb2.VIEW_BASIC)
    most = verification.BatchCheck(verification_pb2.BatchCheckRequest(requests=[basic] * 1000), timeout=TIMEOUT_S)
    assert {result.response.verdict for result in most.results} == {types_pb2.VERDICT_PROHIBITED}
    too_many = verification_pb2.BatchCheckRequest(requests=[basic] * 1001)
    code, _, reason, field = failure(lambda: verification.BatchCheck(too_many, timeout=TIMEOUT_S))
    assert (code, reason, field) == ("INVALID_ARGUMENT", "batch_too_large", "requests")


def test_stream_keeps_the_order_and_a_bad_item_does_not_end_it(channel: grpc.Channel) -> None:
    stream = channel.stream_stream(
        "/xingate.v1.VerificationService/StreamCheck", None, verification_pb2.BatchCheckResult.FromString
    )
    sent = [question(1 + i % 20, request_id=f"stream-{i}").SerializeToString() for i in range(600)]
    sent[7] = b"\x0a\xff"
    sent[11] = verification_pb2.CheckRequest(request_id="stream-11").SerializeToString()
    results = list(stream(iter(sent), timeout=TIMEOUT_S))
    assert len(results) == 600
    assert results[7].error.reason == "message_malformed"
    assert results[11].error.reason == "subject_kind_missing"
    good = [(i, r.response.request_id) for i, r in enumerate(results) if r.WhichOneof("result") == "response"]
    assert good == [(i, f"stream-{i}") for i in range(600) if i not in (7, 11)]


def test_a_stream_answers_before_it_ends(verification: Any) -> None:
    more = threading.Event()

    def questions() -> Iterator[verification_pb2.CheckRequest]:
        yield question(1)
        more.wait(TIMEOUT_S)
        yield question(2)

    results = verification.StreamCheck(questions(), timeout=TIMEOUT_S)
    assert next(results).response.verdict == types_pb2.VERDICT_PROHIBITED
    more.set()
    assert next(results).response.trace.record_id
    assert list(results) == []


def test_a_caller_that_leaves_in_the_middle_of_a_stream_harms_nobody(gateway: Any, verification: Any) -> None:
    gone = threading.Event()

    def questions() -> Iterator[verification_pb2.CheckRequest]:
        while not gone.is_set():
            yield question(1)

    results = verification.StreamCheck(questions(), timeout=TIMEOUT_S)
    assert next(results).response.trace.record_id
    results.cancel()
    gone.set()
    assert verification.Check(question(), timeout=TIMEOUT_S).trace.record_id
    assert '"level": "error"' not in gateway.logged()


def test_catalogue(channel: grpc.Channel) -> None:
    catalogue = catalogue_pb2_grpc.CatalogueServiceStub(channel)
    actions = catalogue.ListActions(catalogue_pb2.ListActionsRequest(), timeout=TIMEOUT_S).actions
    assert "permit.grant" in {action.id for action in actions}
    all_measures = catalogue.ListMeasures(catalogue_pb2.ListMeasuresRequest(), timeout=TIMEOUT_S).measures
    some = catalogue.ListMeasures(catalogue_pb2.ListMeasuresRequest(action="market.entry"), timeout=TIMEOUT_S).measures
    assert 0 < len(some) < len(all_measures)
    assert all(m.basis and m.effect and m.force and m.title.zh and m.title.en for m in all_measures)
    list_types = catalogue.ListListTypes(catalogue_pb2.ListListTypesRequest(), timeout=TIMEOUT_S).list_types
    assert "black.bid_rigging" in {list_type.id for list_type in list_types}
    unknown = catalogue_pb2.ListMeasuresRequest(action="no.such")
    assert failure(lambda: catalogue.ListMeasures(unknown, timeout=TIMEOUT_S))[2] == "action_unknown"


def test_snapshot_says_what_it_was_made_of(channel: grpc.Channel) -> None:
    snapshots = snapshot_pb2_grpc.SnapshotServiceStub(channel)
    current = snapshots.GetSnapshot(snapshot_pb2.GetSnapshotRequest(), timeout=TIMEOUT_S)
    city = next(source for source in current.sources if source.kind == "city_list")
    assert city.loaded
    assert city.rows > city.admitted > 0
    assert city.refused["notice_too_short"] >= 1
    assert current.ref.sequence in current.retained
    assert current.list_types["black.bid_rigging"] >= 1
    same = snapshots.GetSnapshot(snapshot_pb2.GetSnapshotRequest(sequence=current.ref.sequence), timeout=TIMEOUT_S)
    assert same == current
    unknown = snapshot_pb2.GetSnapshotRequest(sequence=999)
    code, _, reason, _ = failure(lambda: snapshots.GetSnapshot(unknown, timeout=TIMEOUT_S))
    assert (code, reason) == ("NOT_FOUND", "sequence_unknown")


def test_records_by_id_and_by_page(verification: Any, trace: Any) -> None:
    answers = [verification.Check(question(request_id=f"page-{i}"), timeout=TIMEOUT_S) for i in range(5)]
    entry = trace.GetRecord(trace_pb2.GetRecordRequest(record_id=answers[2].trace.record_id), timeout=TIMEOUT_S)
    assert entry.record.request_id == "page-2"
    assert entry.record.check.verdict == answers[2].verdict
    assert entry.leaf_index == answers[2].trace.leaf_index
    assert trace_pb2.TraceRecord.FromString(entry.leaf) == entry.record
    first = trace.ListRecords(trace_pb2.ListRecordsRequest(limit=3), timeout=TIMEOUT_S)
    assert [e.record.request_id for e in first.entries] == ["page-4", "page-3", "page-2"]
    second = trace.ListRecords(trace_pb2.ListRecordsRequest(limit=2, before=first.next_before), timeout=TIMEOUT_S)
    assert [e.record.request_id for e in second.entries] == ["page-1", "page-0"]
    last = trace.ListRecords(trace_pb2.ListRecordsRequest(before=1), timeout=TIMEOUT_S)
    assert [e.leaf_index for e in last.entries] == [0]
    assert not last.HasField("next_before")
    unknown = trace_pb2.GetRecordRequest(record_id="no-such")
    assert failure(lambda: trace.GetRecord(unknown, timeout=TIMEOUT_S))[::2] == ("NOT_FOUND", "record_unknown")
    much = trace_pb2.ListRecordsRequest(limit=1001)
    assert failure(lambda: trace.ListRecords(much, timeout=TIMEOUT_S))[2] == "limit_out_of_range"


def test_a_page_of_large_records_is_one_that_any_client_takes(verification: Any, trace: Any) -> None:
    context = {f"attribute {i}": "示" * 256 for i in range(32)}
    asked = [verification.Check(question(context=context), timeout=TIMEOUT_S).trace.record_id for _ in range(100)]
    request, found, pages = trace_pb2.ListRecordsRequest(limit=1000), list[str](), 0
    while len(found) < len(asked):
        page = trace.ListRecords(request, timeout=TIMEOUT_S)
        assert page.ByteSize() < 3_500_000 + 1000
        found += [entry.record.record_id for entry in page.entries]
        request.before, pages = page.next_before, pages + 1
    assert found[: len(asked)] == asked[::-1]
    assert pages > 1


def test_an_outcome_and_what_is_refused(verification: Any, trace: Any) -> None:
    answer = verification.Check(question(), timeout=TIMEOUT_S)

    def report(**more: Any) -> trace_pb2.ReportOutcomeRequest:
        measure = trace_pb2.MeasureOutcome(
            measure_id=answer.measures[0].id, result=trace_pb2.MeasureOutcome.RESULT_APPLIED
        )
        given = {"record_id": answer.trace.record_id, "caller": question().caller, "measures": [measure]}
        return trace_pb2.ReportOutcomeRequest(**(given | more))

    told = trace.ReportOutcome(report(outcome_id="o-1"), timeout=TIMEOUT_S)
    assert trace.ReportOutcome(report(outcome_id="o-1"), timeout=TIMEOUT_S) == told
    entry = trace.GetRecord(trace_pb2.GetRecordRequest(record_id=told.trace.record_id), timeout=TIMEOUT_S)
    assert entry.record.outcome.lookup_record_id == answer.trace.record_id
    assert trace_pb2.TraceRecord.FromString(entry.leaf) == entry.record
    other = types_pb2.Caller(system="tests", organisation="另一单位")
    odd = trace_pb2.MeasureOutcome(measure_id=answer.measures[0].id, result=9)
    for request, wanted in (
        (report(caller=other), ("PERMISSION_DENIED", "not_allowed", "record_id")),
        (report(outcome_id="o-1", note="more"), ("ALREADY_EXISTS", "request_id_reused", "outcome_id")),
        (report(record_id="no-such"), ("NOT_FOUND", "record_unknown", "record_id")),
        (report(record_id=told.trace.record_id), ("INVALID_ARGUMENT", "record_not_lookup", "record_id")),
        (report(measures=[]), ("INVALID_ARGUMENT", "outcome_empty", "measures")),
        (report(measures=[odd]), ("INVALID_ARGUMENT", "message_malformed", "measures[0].result")),
    ):
        code, _, reason, field = failure(lambda: trace.ReportOutcome(request, timeout=TIMEOUT_S))  # noqa: B023 - called at once
        assert (code, reason, field) == wanted


def test_a_persons_number_is_in_no_record_and_no_log(gateway: Any, verification: Any, trace: Any) -> None:
    number = citizen_number(101)
    subject = types_pb2.Subject(
        kind=types_pb2.SUBJECT_KIND_NATURAL_PERSON,
        identifiers=[types_pb2.Identifier(scheme="citizen_id", value=number)],
    )
    asked = question(subject=subject, action="personnel.recruit", matter="示例-0001")
    answer = verification.Check(asked, timeout=TIMEOUT_S)
    entry = trace.GetRecord(trace_pb2.GetRecordRequest(record_id=answer.trace.record_id), timeout=TIMEOUT_S)
    assert number.encode() not in entry.leaf
    bad = types_pb2.Subject(kind=subject.kind, identifiers=[types_pb2.Identifier(scheme="uscc", value=number)])
    failure(lambda: verification.Check(question(subject=bad), timeout=TIMEOUT_S))
    assert number not in gateway.logged()


def test_health_for_the_server_and_each_service(channel: grpc.Channel) -> None:
    health = health_pb2_grpc.HealthStub(channel)
    for service in ("", *(f"xingate.v1.{name}" for name in SERVICES)):
        found = health.Check(health_pb2.HealthCheckRequest(service=service), timeout=TIMEOUT_S)
        assert found.status == health_pb2.HealthCheckResponse.SERVING
    with pytest.raises(grpc.RpcError) as caught:
        health.Check(health_pb2.HealthCheckRequest(service="no.such"), timeout=TIMEOUT_S)
    assert caught.value.code() is grpc.StatusCode.NOT_FOUND


@pytest.mark.parametrize("version", ["v1", "v1alpha"])
def test_reflection_lists_and_describes_all_services(channel: grpc.Channel, version: str, tmp_path: Path) -> None:
    reflect = channel.stream_stream(
        f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo",
        reflection_pb2.ServerReflectionRequest.SerializeToString,
        reflection_pb2.ServerReflectionResponse.FromString,
    )
    requests = [reflection_pb2.ServerReflectionRequest(list_services="")]
    requests += [
        reflection_pb2.ServerReflectionRequest(file_containing_symbol=f"xingate.v1.{name}") for name in SERVICES
    ]
    listed, *described = reflect(iter(requests), timeout=TIMEOUT_S)
    names = {service.name for service in listed.list_services_response.service}
    assert {f"xingate.v1.{name}" for name in SERVICES} < names
    assert "grpc.health.v1.Health" in names
    assert all(d.file_descriptor_response.file_descriptor_proto for d in described)
    files = [
        descriptor_pb2.FileDescriptorProto.FromString(file)
        for each in described
        for file in each.file_descriptor_response.file_descriptor_proto
    ]
    told = {file.name: file for file in files}
    arguments = [
        f"-I{PROTO}",
        "--include_imports",
        f"-o{tmp_path / 'set'}",
        *map(str, PROTO.rglob("xingate/v1/*.proto")),
    ]
    assert protoc.main(["protoc", *arguments]) == 0
    compiled = descriptor_pb2.FileDescriptorSet.FromString((tmp_path / "set").read_bytes())
    assert {name: file for name, file in told.items() if name.startswith("xingate/")} == {
        file.name: file for file in compiled.file
    }, "with the json_name of each field, without which clients print record_id"


def test_without_a_snapshot_it_waits_and_then_swaps_without_losing_a_call(
    start_gateway: Callable[..., Any], tmp_path: Path, compile_lists: Callable[[Path], int]
) -> None:
    state = tmp_path / "empty"
    gateway = start_gateway(state, XINGATE_SNAPSHOT__POLL_S="0.1")
    with grpc.insecure_channel(gateway.grpc) as channel:
        verification = verification_pb2_grpc.VerificationServiceStub(channel)
        health = health_pb2_grpc.HealthStub(channel)
        watched = snapshot_pb2_grpc.SnapshotServiceStub(channel).WatchSnapshot(
            snapshot_pb2.WatchSnapshotRequest(), timeout=60
        )
        status = health.Check(health_pb2.HealthCheckRequest(), timeout=TIMEOUT_S).status
        assert status == health_pb2.HealthCheckResponse.NOT_SERVING
        found = failure(lambda: verification.Check(question(), timeout=TIMEOUT_S))
        assert found[::2] == ("UNAVAILABLE", "snapshot_missing")
        assert compile_lists(state) == 1
        assert next(watched).ref.sequence == 1
        _until_serving(health)
        assert verification.Check(question(), timeout=TIMEOUT_S).snapshot.sequence == 1
        seen: set[int] = set()
        done = threading.Event()

        def ask() -> None:
            while not done.is_set():
                seen.add(verification.Check(question(), timeout=TIMEOUT_S).snapshot.sequence)

        asking = threading.Thread(target=ask)
        asking.start()
        assert compile_lists(state) == 2
        assert next(watched).ref.sequence == 2
        wait_until(lambda: 2 in seen)
        done.set()
        asking.join()
        assert seen == {1, 2}
        old = verification.Check(question(sequence=1), timeout=TIMEOUT_S)
        assert (old.snapshot.sequence, old.snapshot.status) == (1, "retained")
        _spoil(state, 3)
        bad = next(watched)
        assert (bad.ref.sequence, bad.ref.status) == (2, "superseded_by_bad")
        assert verification.Check(question(), timeout=TIMEOUT_S).snapshot.status == "superseded_by_bad"
    assert gateway.stop() == 0
    assert "snapshot cannot be used" in gateway.logged()


def _until_serving(health: Any) -> None:
    def is_serving() -> bool:
        status = health.Check(health_pb2.HealthCheckRequest(), timeout=TIMEOUT_S).status
        return status == health_pb2.HealthCheckResponse.SERVING

    wait_until(is_serving, TIMEOUT_S)


def _spoil(state: Path, sequence: int) -> None:
    """Make a newer snapshot that is cut short, and point `current` to it."""
    folder = state / "snapshots" / str(sequence)
    folder.mkdir()
    before = state / "snapshots" / str(sequence - 1)
    manifest = (before / "manifest.json").read_text(encoding="utf-8")
    changed = manifest.replace(f'"sequence": {sequence - 1}', f'"sequence": {sequence}')
    (folder / "manifest.json").write_text(changed, encoding="utf-8")
    (folder / "data.lmdb").write_bytes((before / "data.lmdb").read_bytes()[:-4096])
    link = state / "snapshots" / "next"
    link.symlink_to(str(sequence))
    link.rename(state / "snapshots" / "current")
