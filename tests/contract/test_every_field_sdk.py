"""No field of a message is lost between the wire and those who use the SDK: clients, HTTP bodies, the fake gateway.

Filled by reflection as in `test_every_field`, which says what the server makes of the core's structs.
"""

from collections.abc import Callable, Mapping
from typing import Any

import httpx
import pytest
from google.protobuf import json_format
from google.protobuf.message_factory import GetMessageClass
from tests.support.filled import VARIANTS, Filler, empty, lost, tree

import xingate
import xingate.types
from xingate import matter_receipt, receipt
from xingate._internal import messages
from xingate._internal.options import Options
from xingate._internal.ports.http import exchange
from xingate._internal.ports.methods import METHODS
from xingate._internal.retry import RetryPolicy
from xingate.client import Client
from xingate.matter import APPLICANT, ROLES, Party
from xingate.testing import FakeGateway
from xingate.types import Caller, Decision, Question, Subject, SubjectKind, Verdict
from xingate.v1 import trace_pb2 as tr
from xingate.v1 import types_pb2 as t
from xingate.v1 import verification_pb2 as v
from xingate_server.demo.numbers import unified_code
from xingate_server.transport.bodies import models
from xingate_server.transport.bodies.check import read_batch, read_check
from xingate_server.transport.bodies.read import read_body
from xingate_server.transport.messages import answers
from xingate_server.transport.messages.proto_json import ProtoJson

CODE, ACTION = unified_code(1), "permit.grant"
WHO = {"system": "tests", "organisation": "示例机关", "operator": "示例经办人"}


class Canned:
    """A way to a gateway that has one answer."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def call(self, _method: str, _payload: bytes, _timeout_s: float) -> bytes:
        return self._content

    def close(self) -> None:
        """Nothing to close."""


def _client(content: bytes) -> Client:
    return Client(Canned(content), Options(Caller(**WHO), retry=RetryPolicy(attempts=1)))


SUBJECT = Subject.legal_entity(CODE)


def _read_check(client: Client, message: v.CheckResponse) -> Any:
    return client.check(SUBJECT, ACTION, request_id=message.request_id)


def _read_batch(client: Client, message: v.BatchCheckResponse) -> Any:
    ids = [result.response.request_id or str(place) for place, result in enumerate(message.results)]
    found = client.check_many([Question(SUBJECT, ACTION, request_id=each) for each in ids])
    shown = []
    for each, result in zip(found, message.results, strict=True):
        if isinstance(each, Decision):
            shown.append({"response": tree(each)})
        else:
            error = {"reason": each.reason, "message": each.message, "field": each.field}
            shown.append({"error": error | {"code": result.error.code}})  # the code is the error's class
    return {"results": shown}


def _read_matter(client: Client, message: v.CheckMatterResponse) -> Any:
    for place, party in enumerate(message.parties, start=1):
        party.response.request_id = f"{message.request_id}/{place}"
    for party, role in zip(message.parties, ROLES, strict=False):
        party.role = role
    parties = [Party(party.role, SUBJECT) for party in message.parties]
    client = _client(message.SerializeToString())
    found = client.check_matter("M-1", ACTION, parties, request_id=message.request_id)
    answers = [{"role": each.party.role, "response": tree(each.decision)} for each in found.parties]
    return {"request_id": found.request_id, "verdict": tree(found.verdict), "parties": answers}


def _read_records(client: Client, message: tr.ListRecordsResponse) -> Any:
    from xingate._internal.calls.records import records_steps

    page = next(records_steps(10, None, {})).read(message.SerializeToString())
    return {"entries": tree(page.entries), "next_before": page.next_before}


def _read_receipt(client: Client, message: tr.Receipt) -> Any:
    return {"format": receipt.FORMAT} | tree(client.receipt(message.record_id))


def _read_matter_receipt(client: Client, message: tr.MatterReceipt) -> Any:
    found = client.matter_receipt(message.receipts[0].record_id)
    receipts = [{"format": receipt.FORMAT} | tree(each) for each in found.receipts]
    return {"format": matter_receipt.FORMAT, "receipts": receipts}


READ: Mapping[str, Callable[[Client, Any], Any]] = {
    "Check": _read_check,
    "BatchCheck": _read_batch,
    "CheckMatter": _read_matter,
    "ListActions": lambda client, _: {"actions": tree(client.actions())},
    "ListMeasures": lambda client, _: {"measures": tree(client.measures())},
    "ListListTypes": lambda client, _: {"list_types": tree(client.list_types())},
    "GetSnapshot": lambda client, _: client.snapshot(),
    "GetRecord": lambda client, message: client.record(message.record.record_id),
    "GetUsageReport": lambda client, _: client.usage_report(),
    "ListRecords": _read_records,
    "ReportOutcome": lambda client, message: client.report_outcome(
        message.lookup_record_id, note="n", outcome_id=message.outcome_id
    ),
    "GetReceipt": _read_receipt,
    "GetMatterReceipt": _read_matter_receipt,
    "GetCheckpoint": lambda client, _: client.checkpoint(),
    "GetConsistencyProof": lambda client, message: client.consistency_proof(message.size1, message.size2),
}


def filled(method: str, choice: int) -> Any:
    """The answer to a call, every field filled; of a oneof the one numbered `choice`."""
    message = Filler(choice).message(METHODS[method].response)
    formats = {"GetReceipt": receipt.FORMAT, "GetMatterReceipt": matter_receipt.FORMAT}
    if method in formats:
        message.format = formats[method]  # type: ignore[attr-defined]
    for one in getattr(message, "receipts", ()):
        one.format = receipt.FORMAT
    return message


@pytest.mark.parametrize("method", METHODS)
class TestTheSdk:
    """Messages and what a caller is given of them."""

    def test_every_field_reaches_the_caller(self, method: str) -> None:
        for choice in range(VARIANTS):
            message = filled(method, choice)
            found = READ[method](_client(message.SerializeToString()), message)
            shown = found if isinstance(found, dict) else tree(found)
            assert lost(tree(message), shown, message.DESCRIPTOR.name) == []

    def test_http_gives_the_same_message(self, method: str) -> None:
        for choice in range(VARIANTS):
            message = filled(method, choice)
            expected = tree(message)
            for result in getattr(message, "results", ()):  # HTTP names fields as JSON does
                if result.HasField("error"):
                    result.error.field = "subject.asOf"
            response = httpx.Response(200, content=ProtoJson().encode(message))
            found = METHODS[method].response.FromString(exchange.answer_of(method, response))
            for place, result in enumerate(expected.get("results", ())):
                if "error" in result:
                    assert found.results[place].error.field == "subject.as_of"
                    result["error"]["field"] = "subject.as_of"
            assert lost(expected, tree(found), message.DESCRIPTOR.name) == []


MESSAGES = {**t.DESCRIPTOR.message_types_by_name, **tr.DESCRIPTOR.message_types_by_name}
WRITTEN = {name: GetMessageClass(MESSAGES[name]) for name in xingate.types.__all__ if name in MESSAGES}
WRITTEN["Decision"] = v.CheckResponse
del WRITTEN["UsageReport"]  # read by hand, since the name of one of its fields is a word of Python's own


@pytest.mark.parametrize("name", WRITTEN)
def test_what_the_sdk_writes_it_reads_again(name: str) -> None:
    for choice in range(VARIANTS):
        message = Filler(choice).message(WRITTEN[name])
        again = type(message)()
        messages.write(messages.read(getattr(xingate.types, name), message), again)
        assert lost(tree(message), tree(again), name) == []


def test_the_fake_gateway_gives_every_field_that_it_is_told() -> None:
    decision = Filler().value(Decision)
    fake = FakeGateway()
    response = v.CheckResponse()
    messages.write(decision, response)
    fake._answers[CODE, ACTION] = response
    own = ("request_id", "trace", "snapshot", "as_of")  # the fake's own
    with fake.client(**WHO) as client:
        found = [
            client.check(SUBJECT, ACTION),
            *client.check_many([Question(SUBJECT, ACTION)]),
            client.check_matter("M-1", ACTION, [Party(APPLICANT, SUBJECT)]).parties[0].decision,
        ]
    for each in found:
        expected, shown = tree(decision), tree(each)
        for name in own:
            expected.pop(name)
            shown.pop(name)
        assert lost(expected, shown, "Decision") == []
    fake.answer(CODE, "*", decision.verdict, measures=decision.measures, gaps=decision.gaps)
    with fake.client(**WHO) as client:
        again = client.check(SUBJECT, "tender.bid")
    assert lost(tree(decision.measures), tree(again.measures), "measures") == []
    assert lost(tree(decision.gaps), tree(again.gaps), "gaps") == []


def test_the_fake_gateway_records_what_it_was_asked() -> None:
    fake = FakeGateway()
    fake.answer(CODE, ACTION, Verdict.RESTRICTED, measures=Filler().value(Decision).measures)
    with fake.client(**WHO) as client:
        subject = Subject(
            SubjectKind.LEGAL_ENTITY, (*SUBJECT.identifiers, *Subject.legal_entity(unified_code(2)).identifiers)
        )
        client.check(subject, ACTION, matter="M-1", context={"domain": "other"})
    (entry,) = fake._entries
    # It has no snapshot and no decision of its own, its log begins at 0, and gaps were none set.
    nothing = {"snapshot_hash", "catalogue_hash", "decision_digest", "situation", "gaps", "leaf_index"}
    assert [each for each in empty(entry) if each.split()[0].rpartition(".")[2] not in nothing] == []


REQUESTS: Mapping[str, Callable[[bytes, Any], Any]] = {
    "Check": lambda body, _: read_body(models.CheckBody, body).message(),
    "BatchCheck": lambda body, _: read_body(models.BatchCheckBody, body).message(),
    "CheckMatter": lambda body, _: read_body(models.CheckMatterBody, body).message(),
    "ReportOutcome": lambda body, sent: read_body(models.OutcomeBody, body).message(sent.record_id),
    "ListRecords": lambda body, _: read_body(models.SearchBody, body).message(),
}


@pytest.mark.parametrize("method", REQUESTS)
def test_a_body_holds_every_field_of_its_request(method: str) -> None:
    message: Any = Filler().message(METHODS[method].request)
    if method == "ListRecords":
        message.limit = 7  # 1 to 1000
    sent = exchange.request_of(method, message.SerializeToString())
    assert lost(tree(message), tree(REQUESTS[method](sent["content"], message)), message.DESCRIPTOR.name) == []


def test_the_question_read_at_once_is_the_one_in_the_message() -> None:
    message = Filler().message(v.CheckRequest)
    command = answers.command(message)
    body = json_format.MessageToJson(message).encode()
    batch = json_format.MessageToJson(v.BatchCheckRequest(requests=[message])).encode()
    for asked, view in (read_check(body), *read_batch(batch)):
        assert lost(tree(command), tree(asked), "Command") == []
        assert view == message.view
    unfilled = {name for name in command.__struct_fields__ if not getattr(command, name)}
    assert unfilled == {"bodies"}  # of an authenticated caller only
