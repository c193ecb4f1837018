"""No field of an answer is lost on the way: from core structs over bytes and JSON to the SDK, and in the fake gateway.

Every field of every message and struct is filled by reflection (`tests.support.filled`), so that a field that is added
to one side and forgotten on another fails here by its name. What is not carried on purpose is named, with its reason.
"""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from google.protobuf import json_format
from google.protobuf.message import Message
from tests.support.filled import Filler, empty, lost, tree

import xingate
import xingate.types
from xingate._internal.options import Options
from xingate._internal.ports.embedded import BackendPort
from xingate.aio import AsyncClient
from xingate.matter import APPLICANT, Party
from xingate.types import Caller, Question, Subject, View
from xingate.v1 import trace_pb2 as tr
from xingate.v1 import types_pb2 as t
from xingate.v1 import verification_pb2 as v
from xingate_server.core import catalogue as core
from xingate_server.core.decide import decision as d
from xingate_server.demo.numbers import unified_code
from xingate_server.gateway.answer import Answer
from xingate_server.gateway.gateway import Gateway
from xingate_server.gateway.records.outcome_reading import OutcomeAnswer
from xingate_server.snapshot.manifest import SourceCount
from xingate_server.snapshot.store import SnapshotSet
from xingate_server.trace.audit.report import Usage
from xingate_server.trace.leaf import record as leaves
from xingate_server.trace.memory import MemoryLog
from xingate_server.transport.grpc.server import GrpcFace
from xingate_server.transport.handlers import Handlers, call
from xingate_server.transport.http.server import HttpFace
from xingate_server.transport.messages import answers, outcomes, records, usage
from xingate_server.transport.messages import catalogue as render_catalogue
from xingate_server.transport.messages.fragments import AnswerEncoder
from xingate_server.transport.metrics import Metrics

CODE, ACTION = unified_code(1), "permit.grant"
SUBJECT = Subject.legal_entity(CODE)
WHO = {"system": "tests", "organisation": "示例机关", "operator": "示例经办人"}
VIEWS = (v.VIEW_UNSPECIFIED, v.VIEW_FULL)
ENCODER = AnswerEncoder()
ANSWER = Filler().value(Answer)


def told(answer: Answer) -> dict[str, Any]:
    """The plain shape that the CheckResponse of an answer is to have."""
    said = tree(answer)
    where = ("record_id", "leaf_index", "log_origin")
    decision, notices = said.pop("decision"), said.pop("notices", [])
    said["trace"] = {name: said.pop(name) for name in where}
    return said | decision | {"flags": decision["flags"] + notices}


class TestAnAnswer:
    """From the core's structs to bytes and JSON."""

    @pytest.mark.parametrize("view", VIEWS)
    @pytest.mark.parametrize("notices", [ANSWER.notices, ()])
    def test_its_bytes_and_its_json_hold_every_field(self, view: int, notices: tuple[d.Flag, ...]) -> None:
        answer = msgspec.structs.replace(ANSWER, notices=notices)
        expected = told(answer)
        for _ in range(2):  # made, and joined from what is kept
            message = v.CheckResponse.FromString(ENCODER.response(answer, view))
            assert lost(expected, tree(message), "CheckResponse") == []
            content = ENCODER.response_json(answer, view)
            assert lost(expected, tree(json_format.Parse(content, v.CheckResponse())), "CheckResponse") == []
            whole = json_format.MessageToDict(message, always_print_fields_with_no_presence=True)
            assert lost(whole, json.loads(content), "json") == []

    def test_no_field_of_the_message_stays_empty(self) -> None:
        message = answers.check_response(ANSWER, v.VIEW_FULL)
        assert empty(message) == []

    def test_a_batch_says_what_one_says(self) -> None:
        results = ENCODER.batch([ENCODER.result(ANSWER, v.VIEW_FULL)])
        (result,) = v.BatchCheckResponse.FromString(results).results
        assert lost(told(ANSWER), tree(result.response), "BatchCheckResponse.results[0]") == []


def _cleared(message: Message, path: str = "") -> Iterator[str]:
    """Clears every field in turn, those of the messages in it too; its path while it is cleared."""
    for field, _ in message.ListFields():
        where = f"{path}.{field.name}"
        kept = type(message)()
        kept.CopyFrom(message)
        message.ClearField(field.name)
        yield f"{where} is lost"
        message.CopyFrom(kept)
        if field.message_type is None or field.message_type.GetOptions().map_entry:
            continue
        part = getattr(message, field.name)
        yield from _cleared(part[0], f"{where}[0]") if field.is_repeated else _cleared(part, where)


def test_each_field_that_is_lost_is_named() -> None:
    message = answers.check_response(ANSWER, v.VIEW_FULL)
    expected = tree(message)
    paths = [path for path in _cleared(message) if lost(expected, tree(message), "") == [path]]
    assert len(paths) > 200
    assert {path.split("[")[0].split(".")[1].split()[0] for path in paths} == set(expected)
    assert ".measures[0].basic_list.item is lost" in paths
    assert tree(message) == expected


class TestWhatElseIsRendered:
    """Core structs and their messages: what a message does not carry is named here."""

    @pytest.mark.parametrize(
        ("kind", "render", "left_out"),
        [
            (core.Action, lambda one: render_catalogue.actions(_catalogue(actions=(one,))).actions[0], {}),
            (core.Measure, lambda one: render_catalogue.measures(_catalogue(measures=(one,)), "").measures[0], {}),
            (
                core.ListType,
                lambda one: render_catalogue.list_types(_catalogue(list_types=(one,))).list_types[0],
                # How lists are read, and how the core decides, is not a caller's concern.
                dict.fromkeys(
                    ("synonyms", "provided_by", "adverse_grades", "is_name_only", "is_foreign_only"), "compile"
                )
                | {"maximum_validity[0].in_force_from": "core", "maximum_validity[1].in_force_from": "core"},
            ),
            (
                SourceCount,
                records._source,
                # What the compile and its guards compare: in the manifest, shown by `xingate snapshot show`.
                dict.fromkeys(
                    (
                        "is_register",
                        "files",
                        "baseline",
                        "refused_by_rule",
                        "unreadable",
                        "flags",
                        "list_types",
                        "passed_over",
                        "notes",
                        "groups",
                    ),
                    "manifest",
                ),
            ),
            (
                Usage,
                usage.usage_report,
                # Of `xingate trace report` alone, which reads logs that may be damaged, and a list of matters.
                dict.fromkeys(("coverage", "left_out", "strays", "damaged", "damaged_count"), "offline"),
            ),
            (xingate.types.SignedCheckpoint, records.checkpoint, {}),
            (xingate.types.ConsistencyProof, records.consistency_proof, {}),
        ],
    )
    def test_every_field_is_in_the_message(
        self, kind: type, render: Callable[[Any], Message], left_out: Mapping[str, str]
    ) -> None:
        value = Filler().value(kind)
        message = render(value)
        assert lost(_without(tree(value), left_out), tree(message), kind.__name__) == []
        assert empty(message) == []

    def test_a_recorded_report(self) -> None:
        answer = Filler().value(OutcomeAnswer)
        said = tree(answer)
        said["trace"] = {name: said.pop(name) for name in ("record_id", "leaf_index", "log_origin")}
        assert lost(said, tree(outcomes.response(answer)), "ReportOutcomeResponse") == []

    @pytest.mark.parametrize(
        ("kind", "body"),
        [
            (leaves.CheckLeaf, "check"),
            (leaves.OutcomeLeaf, "outcome"),
            (leaves.DenialLeaf, "denial"),
            (leaves.ActLeaf, "act"),
        ],
    )
    def test_a_leaf_is_read_as_it_was_written(self, kind: type[leaves.Leaf], body: str) -> None:
        leaf = Filler().value(kind)
        content = leaves.encode(leaf)
        assert lost(tree(leaf), tree(leaves.read(content)), kind.__name__) == []
        record = tr.TraceRecord.FromString(content)
        assert record.WhichOneof("body") == body
        assert empty(record) == []


def _catalogue(**parts: Any) -> core.Catalogue:
    parts = {"actions": (), "list_types": (), "measures": ()} | parts
    return core.Catalogue(name="示例", edition="1", posture=core.Posture.AS_PLANNED_2017, **parts)


def _without(whole: dict[str, Any], left_out: Mapping[str, str]) -> dict[str, Any]:
    """The plain shape without these fields, which have to be there. A path names a field of a list's item."""
    for path in left_out:
        head, _, name = path.rpartition(".")
        part = whole
        if head:
            outer, _, place = head.rstrip("]").partition("[")
            part = whole[outer][int(place)]
        part.pop(name.removeprefix("is_") if name not in part else name)
    return whole


class Ready:
    """What `/readyz` tells."""

    def readiness(self) -> Mapping[str, Any]:
        return {"ready": True}

    def source_faults(self) -> Mapping[str, Any]:
        return {}


@pytest.fixture
def decision() -> d.Decision:
    """As the core makes one: without what settling an identity adds."""
    return Filler().value(d.Decision)


@pytest.fixture
async def gateway(compiled_state: Path, decision: d.Decision, monkeypatch: pytest.MonkeyPatch) -> Gateway:
    """A real one, whose every decision has every field."""
    snapshots = SnapshotSet(compiled_state)
    encoded = d.Encoded.of(decision)
    monkeypatch.setattr(snapshots.current().decider, "encoded", lambda *_: encoded)
    gateway = Gateway(snapshots, MemoryLog(), clock=lambda: datetime(2026, 7, 1, 1, 2, 3, 4, tzinfo=UTC))
    await Handlers(gateway, Metrics()).checks.check(_question("before").SerializeToString())  # index 0 is taken
    return gateway


def _question(request_id: str) -> v.CheckRequest:
    subject = t.Subject(kind=t.SUBJECT_KIND_LEGAL_ENTITY, identifiers=[t.Identifier(value=CODE)])
    return v.CheckRequest(request_id=request_id, subject=subject, action=ACTION, caller=t.Caller(**WHO))


class InProcess:
    """What the embedded gateway does with a call, without its thread."""

    def __init__(self, handlers: Handlers) -> None:
        self._handlers = handlers

    def call(self, _method: str, _payload: bytes, /) -> bytes:
        raise NotImplementedError

    async def acall(self, method: str, payload: bytes, /) -> bytes:
        return await call(self._handlers, method, payload)

    def close(self) -> None:
        """Nothing to close."""


@pytest.fixture
async def clients(gateway: Gateway) -> AsyncIterator[dict[str, AsyncClient]]:
    """The ways to one gateway."""
    handlers = Handlers(gateway, Metrics())
    grpc = GrpcFace(handlers, most_bytes=4_000_000, is_port_shared=False)
    http = HttpFace(handlers, Ready(), most_bytes=4_000_000)
    bound = socket.create_server(("127.0.0.1", 0))
    await http.start(bound)
    port = await grpc.start("127.0.0.1:0")
    await grpc.set_ready(True)
    made = {
        "grpc": xingate.connect_async(f"grpc://127.0.0.1:{port}", **WHO),
        "http": xingate.connect_async(f"http://127.0.0.1:{bound.getsockname()[1]}", **WHO),
        "embedded": AsyncClient(BackendPort(InProcess(handlers)), Options(Caller(**WHO))),
    }
    yield made
    for client in made.values():
        await client.close()
    await asyncio.gather(grpc.stop(0.0), http.stop(0.0))


async def test_every_way_to_the_gateway_gives_every_field(
    clients: dict[str, AsyncClient], decision: d.Decision
) -> None:
    said = tree(decision)
    for name, client in clients.items():
        found = [await client.check(SUBJECT, ACTION, request_id="once") for _ in range(2)]  # the second: as recorded
        found += await client.check_many([Question(SUBJECT, ACTION, request_id=f"{name}-many")])  # type: ignore[arg-type]
        found += [each async for each in client.check_stream([Question(SUBJECT, ACTION)])]  # type: ignore[misc]
        matter = await client.check_matter("M-1", ACTION, [Party(APPLICANT, SUBJECT)])
        found.append(matter.parties[0].decision)
        for place, each in enumerate(found):
            shown = tree(each)
            around = {n: shown[n] for n in ("request_id", "trace", "snapshot", "as_of", "decision_digest")}
            assert lost(said, {n: part for n, part in shown.items() if n not in around}, f"{name}[{place}]") == []
            assert empty(v.CheckResponse.FromString(each.wire)) == []
            assert json.loads(each.to_json()) == json_format.MessageToDict(
                v.CheckResponse.FromString(each.wire), always_print_fields_with_no_presence=True
            )
        assert found[0] == found[1]
        basic = await client.check(SUBJECT, ACTION, view=View.BASIC)
        assert [each.id for each in basic.measures] == [each.id for each in decision.measures]
    once = [await client.check(SUBJECT, ACTION, request_id="once") for client in clients.values()]
    messages = [v.CheckResponse.FromString(each.wire) for each in once]
    assert messages[0] == messages[1] == messages[2]
