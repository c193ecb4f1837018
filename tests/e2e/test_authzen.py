"""AuthZEN 1.0 against a real gateway, asked by a client that others wrote and by the cases of the certification."""

import asyncio
import copy
import hashlib
import http.client
import json
import random
import re
import shutil
import sqlite3
import sys
import time
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port
from apparitor.client import AuthZENClient
from apparitor.config import ScannerConfig
from apparitor.errors import AuthZENClientError
from apparitor.models import (
    Action,
    BatchEvaluationRequest,
    EvaluationItem,
    EvaluationRequest,
    EvaluationSemantic,
    EvaluationsOptions,
    Resource,
    Subject,
)

from xingate_server.demo.cases import CALLERS, Caller
from xingate_server.demo.numbers import citizen_number, unified_code
from xingate_server.transport.http.authzen.routes import MOST_ATTRIBUTES
from xingate_server.transport.http.openapi import document

PATHS = ("/access/v1/evaluation", "/access/v1/evaluations")
BID_RIGGER, NEW, GRADE_A, WATCHED = unified_code(1), unified_code(19), unified_code(18), unified_code(13)


@pytest.fixture(scope="module")
def gateway(start_gateway: Callable[..., Any], compiled_state: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    state = tmp_path_factory.mktemp("authzen") / "state"
    shutil.copytree(compiled_state, state, symlinks=True)
    return start_gateway(state)


@pytest.fixture
def client(gateway: Any) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=gateway.http, trust_env=False, timeout=20) as client:
        yield client


@pytest.fixture
async def pep(gateway: Any) -> AsyncIterator[AuthZENClient]:
    config = ScannerConfig(pdp_url=gateway.http, allow_insecure_pdp=True)
    async with httpx.AsyncClient(trust_env=False) as http, AuthZENClient(config, http_client=http) as client:
        yield client


def evaluation(code: str = NEW, name: str = "permit.accept", **parts: Any) -> dict[str, Any]:
    return {
        "subject": {"type": "legal_entity", "id": code},
        "action": {"name": name},
        "resource": {"type": "case", "id": "示例-1"},
        **parts,
    }


def records(client: httpx.Client, request_id: str) -> list[str]:
    """The request ids on record that begin so, oldest first."""
    entries = client.get("/v1/trace", params={"limit": 1000}).json()["entries"]
    ids = [entry["record"]["requestId"] for entry in entries]
    return sorted(found for found in ids if found.startswith(request_id))


def message(response: httpx.Response, status: int) -> str:
    """The message of an error, as section 10.1.2 has it."""
    assert response.status_code == status
    assert response.headers["content-type"].startswith("text/plain")
    assert "decision" not in response.text
    return response.text


# --- by a client that others wrote


@pytest.mark.parametrize("caller", CALLERS, ids=lambda caller: caller.system)
async def test_another_body_s_client_gets_the_demo_s_verdicts_as_decisions(pep: AuthZENClient, caller: Caller) -> None:
    for case in caller.cases:
        asked = EvaluationRequest(
            subject=Subject(type=case.kind, id=case.code, properties={"name": case.name}),
            action=Action(name=case.action),
            resource=Resource(type="case", id="示例-2"),
            context={
                "system": caller.system,
                "organisation": caller.organisation,
                "operator": "示例经办人",
                **case.context,
            },
        )
        answer = await pep.evaluate(asked)
        assert answer.context is not None
        assert answer.context["verdict"] == f"VERDICT_{case.verdict}"
        assert answer.decision is (case.verdict in {"CLEAR", "FAVOURED", "CAUTION"})
        assert answer.context["trace"]["recordId"]


async def test_another_body_s_client_asks_several_with_every_semantic(pep: AuthZENClient) -> None:
    def asked(semantic: EvaluationSemantic) -> BatchEvaluationRequest:
        items = [EvaluationItem(subject=Subject(type="legal_entity", id=code)) for code in (NEW, BID_RIGGER, GRADE_A)]
        return BatchEvaluationRequest(
            action=Action(name="market.entry"),
            resource=Resource(type="case", id="示例-3"),
            evaluations=items,
            options=EvaluationsOptions(evaluations_semantic=semantic),
        )

    async def decisions(semantic: EvaluationSemantic) -> list[bool]:
        return [each.decision for each in (await pep.evaluate_batch(asked(semantic))).evaluations]

    assert await decisions(EvaluationSemantic.EXECUTE_ALL) == [True, False, True]
    assert await decisions(EvaluationSemantic.DENY_ON_FIRST_DENY) == [True, False]
    assert await decisions(EvaluationSemantic.PERMIT_ON_FIRST_PERMIT) == [True]


async def test_another_body_s_client_sees_a_refused_question_as_an_error(pep: AuthZENClient) -> None:
    with pytest.raises(AuthZENClientError):
        await pep.evaluate(
            EvaluationRequest(
                subject=Subject(type="user", id="alice"),
                action=Action(name="can_read"),
                resource=Resource(type="document", id="1"),
            )
        )


# --- one evaluation


def test_an_evaluation_is_a_check_on_record(client: httpx.Client) -> None:
    told = client.post(
        PATHS[0],
        json=evaluation(
            context={"as_of": "2026-01-05", "system": "门户", "organisation": "示例局", "operator": "op", "a": True},
            futureField={"nested": True},
        ),
    ).json()
    record = client.get(f"/v1/trace/{told['context']['trace']['recordId']}").json()["record"]["check"]
    assert (record["matter"], record["action"], record["asOf"]) == ("示例-1", "permit.accept", "2026-01-05")
    assert record["caller"] == {"system": "门户", "organisation": "示例局", "operator": "op"}
    assert record["context"] == {"a": "true", "resource.type": "case"}


def test_the_context_of_a_decision_is_the_answer_of_a_check(client: httpx.Client) -> None:
    told = client.post(PATHS[0], json=evaluation(BID_RIGGER, "market.entry"), headers={"X-Request-ID": "a-1"}).json()
    subject = {"kind": "SUBJECT_KIND_LEGAL_ENTITY", "identifiers": [{"value": BID_RIGGER}]}
    again = client.post(
        "/v1/check",
        json={
            "requestId": "a-1",
            "subject": subject,
            "action": "market.entry",
            "matter": "示例-1",
            "context": {"resource.type": "case"},
        },
    )
    assert told == {"decision": False, "context": again.json()}
    assert [measure["id"] for measure in told["context"]["measures"]]


def test_the_request_id_is_the_caller_s_and_a_retry_finds_its_answer(client: httpx.Client) -> None:
    request_id = f"r-{uuid4()}"
    answers = [client.post(PATHS[0], json=evaluation(), headers={"X-Request-ID": request_id}) for _ in range(2)]
    assert answers[0].content == answers[1].content
    assert [answer.headers["x-request-id"] for answer in answers] == [request_id, request_id]
    assert records(client, request_id) == [request_id]
    other = client.post(PATHS[0], json=evaluation(GRADE_A), headers={"X-Request-ID": request_id})
    assert message(other, 400).startswith("request_id_reused: ")
    assert other.headers["x-request-id"] == request_id
    moved = client.post(
        PATHS[0], json=evaluation(resource={"type": "tender", "id": "示例-1"}), headers={"X-Request-ID": request_id}
    )
    assert message(moved, 400).startswith("request_id_reused: ")
    assert "x-request-id" not in client.post(PATHS[0], json=evaluation()).headers


def _without(part: str, member: str = "") -> dict[str, Any]:
    asked = evaluation()
    del (asked[part] if member else asked)[member or part]
    return asked


def _of_person(lacking: str) -> dict[str, Any]:
    """An evaluation of a person by number, without one of what that needs."""
    context = {name: "示例" for name in ("organisation", "operator") if name != lacking}
    resource = {"type": "case", "id": "" if lacking == "resource" else "示例-1"}
    subject = {"type": "natural_person", "id": citizen_number(302)}
    return evaluation(name="market.entry", subject=subject, resource=resource, context=context)


def _of_person_without(**parts: Any) -> dict[str, Any]:
    """The same without a resource, or with the parts that are given."""
    asked = _of_person("resource")
    del asked["resource"]
    return asked | parts


REFUSED: dict[str, tuple[Any, str]] = {
    "no subject": (_without("subject"), "message_malformed: `subject`: field required"),
    "no action": (_without("action"), "message_malformed: `action`: field required"),
    "no resource": (_without("resource"), "message_malformed: `resource`: field required"),
    "no type": (_without("subject", "type"), "message_malformed: `subject.type`: field required"),
    "no id": (_without("subject", "id"), "message_malformed: `subject.id`: field required"),
    "no name": (_without("action", "name"), "message_malformed: `action.name`: field required"),
    "no resource type": (_without("resource", "type"), "message_malformed: `resource.type`: field required"),
    "no resource id": (_without("resource", "id"), "message_malformed: `resource.id`: field required"),
    "null": (evaluation(subject=None), "message_malformed: `subject`: field required"),
    "a text": (evaluation(subject="alice"), "message_malformed: `subject`: "),
    "a number": (evaluation(action={"name": 123}), "message_malformed: `action.name`: "),
    "context": (evaluation(context=[]), "message_malformed: `context`: "),
    "properties": (
        evaluation(subject={"type": "legal_entity", "id": NEW, "properties": []}),
        "message_malformed: `subject.properties`: ",
    ),
    "a list": ([evaluation()], "message_malformed: the body: "),
    "kind": (evaluation(subject={"type": "user", "id": NEW}), "subject_kind_unknown: unknown subject.type `user`"),
    "nobody": (evaluation(subject={"type": "legal_entity", "id": ""}), "subject_missing: "),
    "number": (evaluation("12"), "identifier_malformed: "),
    "action": (evaluation(action={"name": "can_read"}), "action_unknown: unknown action `can_read`"),
    "value": (evaluation(context={"domain": "水电"}), "context_value_unknown: context attribute `domain` is `水电`: "),
    "day": (evaluation(context={"as_of": "05.01.2026"}), "date_malformed: "),
    "long": (evaluation(resource={"type": "case", "id": "x" * 300}), "matter_malformed: resource.id has 300 "),
    "no organisation": (_of_person("organisation"), "purpose_missing: context.organisation is missing: "),
    "no operator": (_of_person("operator"), "purpose_missing: context.operator is missing: "),
    "no matter": (_of_person("resource"), "purpose_missing: resource.id is missing: "),
    "no resource of a person": (_of_person_without(), "purpose_missing: resource.id is missing: "),
    "an empty resource of a person": (_of_person_without(resource={}), "purpose_missing: resource.id is missing: "),
    "null for a person": (
        _of_person_without(resource={"type": "case", "id": None}),
        "purpose_missing: resource.id is missing: ",
    ),
    "nothing but a person": (_of_person_without(context=None), "purpose_missing: context.organisation is missing: "),
    "a text for a person": (_of_person_without(resource="x"), "message_malformed: `resource`: "),
    "many": (
        evaluation(context={f"a{n}": "1" for n in range(MOST_ATTRIBUTES + 1)}),
        f"context_malformed: {MOST_ATTRIBUTES + 1} context attributes: at most {MOST_ATTRIBUTES} are read",
    ),
    "the resource's type": (evaluation(context={"resource.type": "case"}), "context_malformed: "),
}
WRONG_TYPES = (5, 0, 1.5, True, False, [], ["x"], {}, {"id": "x"})
TEXTS = (
    ("subject", "type"),
    ("subject", "id"),
    ("subject", "properties", "scheme"),
    ("subject", "properties", "name"),
    ("action", "name"),
    ("resource", "type"),
    ("resource", "id"),
    ("context", "as_of"),
    ("context", "system"),
    ("context", "organisation"),
    ("context", "operator"),
)


@pytest.mark.parametrize("place", TEXTS, ids=".".join)
def test_what_is_no_text_is_refused_where_one_is_read(client: httpx.Client, place: tuple[str, ...]) -> None:
    """An operator of 5 or true was recorded as the text of it."""
    whole = evaluation(context={"system": "s", "organisation": "示例局", "operator": "op"})
    *inside, last = place
    items = []
    for wrong in WRONG_TYPES:
        asked = copy.deepcopy(whole)
        part = asked
        for name in inside:
            part = part.setdefault(name, {})
        part[last] = wrong
        items.append(asked)
        told = message(client.post(PATHS[0], json=asked), 400)
        assert told.startswith(f"message_malformed: `{'.'.join(place)}`: "), (wrong, told)
    for each in client.post(PATHS[1], json={"evaluations": items}).json()["evaluations"]:
        assert each["decision"] is False
        assert each["context"]["error"]["message"].startswith(f"`{'.'.join(place)}`: ")


def test_as_many_attributes_are_read_as_the_docs_say(client: httpx.Client) -> None:
    docs = (Path(__file__).parents[2] / "docs/authzen.md").read_text(encoding="utf-8")
    assert f"at most {MOST_ATTRIBUTES} of 256 characters each" in docs
    most = {f"a{n}": n for n in range(MOST_ATTRIBUTES)}
    told = client.post(PATHS[0], json=evaluation(context=most | {"as_of": "2026-01-05", "system": "s", "b": []}))
    record = client.get(f"/v1/trace/{told.json()['context']['trace']['recordId']}").json()["record"]["check"]
    assert record["context"] == {name: str(value) for name, value in most.items()} | {"resource.type": "case"}


@pytest.mark.parametrize("path", PATHS)
def test_an_id_that_is_sent_twice_is_no_id(gateway: Any, client: httpx.Client, path: str) -> None:
    """The first was taken: what a proxy added, or what the caller sent, nobody could say."""
    for first, second in (("twice-1", "twice-2"), ("twice", "twice"), ("", "twice-1")):
        headers = [("X-Request-ID", first), ("x-request-id", second)]
        refused = client.post(path, json=evaluation(), headers=headers)
        assert message(refused, 400) == "message_malformed: the header `X-Request-ID` is given twice"
        assert "x-request-id" not in refused.headers
    assert records(client, "twice") == []
    for address in (f"{path}?x=1", f"{path}?subject="):
        assert message(client.post(address, json=evaluation()), 400).startswith("field_unknown: unknown field `")


def test_of_several_only_the_one_without_a_purpose_is_refused(client: httpx.Client) -> None:
    whole = _of_person("")
    told = client.post(PATHS[1], json={"evaluations": [whole, _of_person("operator"), evaluation()]}).json()
    first, second, third = told["evaluations"]
    assert (first["decision"], third["decision"]) == (True, True)
    assert second["decision"] is False
    error = second["context"]["error"]
    assert (error["status"], error["reason"]) == (400, "purpose_missing")
    assert error["message"].startswith("context.operator is missing: ")
    without = client.post(PATHS[1], json=_of_person_without(evaluations=[{}, {"resource": whole["resource"]}])).json()
    assert [each["decision"] for each in without["evaluations"]] == [False, True]
    reasons = [each["context"].get("error", {}).get("reason") for each in without["evaluations"]]
    assert reasons == ["purpose_missing", None], "the default has no resource, the second item has its own"


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_evaluation_is_a_bad_request_with_a_message(client: httpx.Client, path: str, case: str) -> None:
    """Certification 2.4.1, 2.4.2 and 2.4.6, and what this gateway cannot answer."""
    asked, told = REFUSED[case]
    response = client.post(path, json=asked, headers={"X-Request-ID": f"refused-{case}"})
    assert message(response, 400).startswith(told)
    assert response.headers["x-request-id"] == f"refused-{case}"
    assert records(client, f"refused-{case}") == []


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("content", "media", "reason"),
    [
        (b"", "application/json", "message_malformed"),
        (b"{", "application/json", "message_malformed"),
        (b'{"a":1,"a":2}', "application/json", "message_malformed"),
        (json.dumps(evaluation()).encode(), "text/plain", "media_type_unsupported"),
        (json.dumps(evaluation()).encode("utf-16"), "application/json", "message_malformed"),
        (b'{"a":"' + b"x" * (4 << 20) + b'"}', "application/json", "message_too_large"),
        (b"[" * 100_000, "application/json", "message_malformed"),
    ],
    ids=["empty", "broken", "twice", "media", "utf-16", "large", "deep"],
)
def test_what_is_no_json_is_a_bad_request(
    client: httpx.Client, path: str, content: bytes, media: str, reason: str
) -> None:
    """Certification 2.4.3 to 2.4.5."""
    response = client.post(path, content=content, headers={"Content-Type": media})
    assert message(response, 400).startswith(f"{reason}: ")


@pytest.mark.parametrize("path", PATHS)
def test_another_method_and_a_strange_request_id(gateway: Any, client: httpx.Client, path: str) -> None:
    refused = client.get(path)
    assert message(refused, 405).startswith("method_not_allowed: ")
    assert refused.headers["allow"] == "POST"
    for strange in ("x" * 513, "990000198001011015", "x" * 200 + "990000198001011015"):
        response = client.post(path, json=evaluation(), headers={"X-Request-ID": strange})
        assert message(response, 400).startswith("request_id_malformed: X-Request-ID")
        assert response.headers["x-request-id"] == strange
    connection = http.client.HTTPConnection(urlsplit(gateway.http).netloc, timeout=10)
    headers = {"Content-Type": "application/json", "X-Request-ID": b"\xff\xfe"}
    connection.request("POST", path, json.dumps(evaluation()).encode(), headers)
    answer = connection.getresponse()
    assert (answer.status, answer.getheader("x-request-id")) == (400, None)
    connection.close()


@pytest.mark.parametrize("length", [120, 121, 128, 129, 512])
def test_a_long_request_id_is_echoed_whole_and_recorded_by_its_digest(client: httpx.Client, length: int) -> None:
    """Others' systems join trace ids into ones of any length; a record has room for 128 characters."""
    for path, parts, most, end in ((PATHS[0], {}, 128, ""), (PATHS[1], {"evaluations": [{}]}, 120, "/1")):
        sent = f"{uuid4()}{path[-1]}".ljust(length, "x")
        headers = {"X-Request-ID": sent}
        first, again = (client.post(path, json=evaluation(**parts), headers=headers) for _ in range(2))
        assert (first.status_code, first.content) == (200, again.content)
        assert first.headers["x-request-id"] == sent
        recorded = sent if length <= most else hashlib.sha256(sent.encode()).hexdigest()
        assert records(client, recorded) == [f"{recorded}{end}"]
        other = client.post(path, json=evaluation(GRADE_A, **parts), headers=headers)
        assert "request_id_reused" in other.text


STRANGE: tuple[Any, ...] = (
    None, True, 0, 1.5, 2**70, "", "x", "\0", "\ud800", "９１420399000000019G", [], {}, [1], {"a": 1}, "x" * 300,
    "natural_person", "market.entry", "deny_on_first_deny", "permit_on_first_permit", "2026-01-01",
)  # fmt: skip


def changed(value: Any, chance: random.Random) -> Any:
    """The same with some parts missing, strange or added."""
    if chance.random() < 0.04:
        return chance.choice(STRANGE)
    if isinstance(value, list):
        return [changed(item, chance) for item in value]
    if not isinstance(value, dict):
        return value
    kept = {key: changed(item, chance) for key, item in value.items() if chance.random() > 0.03}
    added = {chance.choice(("name", "id", "options", "\0")): chance.choice(STRANGE)} if chance.random() < 0.04 else {}
    return kept | added


def test_whatever_is_sent_is_decided_as_the_verdict_says_or_refused(client: httpx.Client) -> None:
    chance = random.Random(20260111)  # noqa: S311 -- the same strange bodies each time
    statuses = set()
    for turn in range(400):
        asked = evaluation(BID_RIGGER, chance.choice(("market.entry", "permit.grant")), context={"system": "s", "a": 1})
        if path := turn % 2:
            asked["evaluations"] = [evaluation() if chance.random() < 0.5 else {} for _ in range(chance.randint(0, 3))]
            asked["options"] = {"evaluations_semantic": chance.choice(("execute_all", "deny_on_first_deny"))}
        content = json.dumps(changed(asked, chance))
        answer = client.post(PATHS[path], content=content, headers={"Content-Type": "application/json"})
        statuses.add(answer.status_code)
        if answer.status_code == 400:
            assert message(answer, 400)
            continue
        told = answer.json()
        for each in told.get("evaluations", [told]):
            permits = {"VERDICT_CLEAR", "VERDICT_FAVOURED", "VERDICT_CAUTION"}
            assert each["decision"] is (each["context"].get("verdict") in permits)
    assert statuses == {200, 400}


def test_a_person_s_number_is_never_told(client: httpx.Client) -> None:
    number = "990000198001011016"
    for asked in (
        evaluation(subject={"type": "natural_person", "id": number[:-1]}),
        evaluation(subject={"type": number, "id": "1"}),
        evaluation(action={"name": number}),
        evaluation(context={"as_of": number}),
    ):
        assert number[:17] not in message(client.post(PATHS[0], json=asked), 400)


# --- several evaluations


def test_defaults_from_the_top_are_replaced_by_an_item_s_own_parts(client: httpx.Client) -> None:
    asked = evaluation(
        NEW,
        "permit.accept",
        resource={"type": "case", "id": "示例-3", "properties": {"of": "the default"}},
        context={"system": "top", "a": "1"},
        evaluations=[
            {"resource": {"type": "case", "id": "示例-4"}},
            {"resource": {"type": "case", "id": "示例-5"}, "context": {"b": "2"}, "action": {"name": "market.entry"}},
            {"resource": {"type": "tender", "id": "示例-6"}, "subject": {"type": "legal_entity", "id": BID_RIGGER}},
            {"subject": None, "resource": None, "context": None},
        ],
    )
    told = client.post(PATHS[1], json=asked)
    assert told.status_code == 200
    found = [
        client.get(f"/v1/trace/{each['context']['trace']['recordId']}").json()["record"]["check"]
        for each in told.json()["evaluations"]
    ]
    assert [(check["matter"], check["action"], check["context"]) for check in found] == [
        ("示例-4", "permit.accept", {"a": "1", "resource.type": "case"}),
        ("示例-5", "market.entry", {"b": "2", "resource.type": "case"}),
        ("示例-6", "permit.accept", {"a": "1", "resource.type": "tender"}),
        ("示例-3", "permit.accept", {"a": "1", "resource.type": "case"}),
    ]
    assert [check["caller"]["system"] for check in found] == ["top", "", "top", "top"]
    assert [check["subjectCode"] for check in found] == [NEW, NEW, BID_RIGGER, NEW]


@pytest.mark.parametrize(
    ("part", "own", "lacks"),
    [
        ("subject", {"id": BID_RIGGER}, "subject.type"),
        ("subject", {"type": "legal_entity"}, "subject.id"),
        ("subject", {"type": "legal_entity", "id": None}, "subject.id"),
        ("resource", {"id": "示例-9"}, "resource.type"),
        ("action", {"properties": {"method": "GET"}}, "action.name"),
    ],
)
def test_an_item_s_part_takes_nothing_from_the_default(client: httpx.Client, part: str, own: Any, lacks: str) -> None:
    """As the certification asks: a part is replaced as a whole. One that took the default's `type` or `id` answered
    about another subject than the item named."""
    asked = evaluation(evaluations=[{part: own}, {}])
    first, second = client.post(PATHS[1], json=asked).json()["evaluations"]
    assert (first["decision"], second["decision"]) == (False, True)
    assert first["context"]["error"]["message"] == f"`{lacks}`: field required"


def test_an_item_s_error_is_a_denial_that_says_why(client: httpx.Client) -> None:
    """Certification 3.4.1."""
    items = [{}, {"action": {"name": "can_read"}}, {"subject": "alice"}, 5, {"resource": {"id": 7}}, {}]
    asked = evaluation(evaluations=items)
    request_id = f"e-{uuid4()}"
    told = client.post(PATHS[1], json=asked, headers={"X-Request-ID": request_id}).json()
    assert set(told) == {"evaluations"}
    assert [each["decision"] for each in told["evaluations"]] == [True, False, False, False, False, True]
    errors = [each["context"].get("error", {}).get("reason") for each in told["evaluations"]]
    malformed = "message_malformed"
    assert errors == [None, "action_unknown", malformed, malformed, malformed, None]
    assert told["evaluations"][1]["context"]["error"]["status"] == 400
    assert records(client, request_id) == [f"{request_id}/1", f"{request_id}/6"]
    everyone = evaluation(evaluations=[_without("subject") | {"subject": {"type": "user", "id": "x"}}] * 2)
    assert [each["decision"] for each in client.post(PATHS[1], json=everyone).json()["evaluations"]] == [False, False]


@pytest.mark.parametrize(
    ("semantic", "carried_out"),
    [("execute_all", 5), ("deny_on_first_deny", 2), ("permit_on_first_permit", 1), (None, 5)],
)
def test_what_a_semantic_cuts_off_is_neither_told_nor_recorded(
    client: httpx.Client, semantic: str | None, carried_out: int
) -> None:
    codes = (NEW, BID_RIGGER, GRADE_A, BID_RIGGER, WATCHED)
    items = [{"subject": {"type": "legal_entity", "id": code}} for code in codes]
    options = {} if semantic is None else {"options": {"evaluations_semantic": semantic, "another_option": 1}}
    request_id = f"s-{uuid4()}"
    asked = evaluation(action={"name": "market.entry"}, evaluations=items, **options)
    answers = [client.post(PATHS[1], json=asked, headers={"X-Request-ID": request_id}) for _ in range(2)]
    assert answers[0].content == answers[1].content
    assert answers[0].headers["x-request-id"] == request_id
    decisions = [each["decision"] for each in answers[0].json()["evaluations"]]
    assert decisions == [True, False, True, False, True][:carried_out]
    assert records(client, request_id) == [f"{request_id}/{place + 1}" for place in range(carried_out)]


def test_an_error_counts_as_a_deny_and_never_as_a_permit(client: httpx.Client) -> None:
    wrong = {"action": {"name": "can_read"}}
    for semantic, decisions in (("deny_on_first_deny", [False]), ("permit_on_first_permit", [False, True])):
        asked = evaluation(evaluations=[wrong, {}, {}], options={"evaluations_semantic": semantic})
        told = client.post(PATHS[1], json=asked).json()["evaluations"]
        assert [each["decision"] for each in told] == decisions


@pytest.mark.parametrize("parts", [{}, {"evaluations": []}, {"evaluations": None}], ids=["none", "empty", "null"])
def test_without_evaluations_it_is_one_evaluation(client: httpx.Client, parts: dict[str, Any]) -> None:
    """Certification 3.4.2 and 3.4.3."""
    request_id = f"o-{uuid4()}"
    several = client.post(PATHS[1], json=evaluation(**parts), headers={"X-Request-ID": request_id})
    one = client.post(PATHS[0], json=evaluation(), headers={"X-Request-ID": request_id})
    assert several.status_code == 200
    assert several.content == one.content


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ({"evaluations": {}}, "message_malformed: `evaluations`: "),
        ({"evaluations": [{}], "subject": "alice"}, "message_malformed: `subject`: "),
        ({"evaluations": [{}], "options": []}, "message_malformed: `options`: "),
        (
            {"evaluations": [{}], "options": {"evaluations_semantic": "any"}},
            "message_malformed: unknown options.evaluations_semantic `any`: expected one of execute_all, ",
        ),
        ({"evaluations": [{}], "options": {"evaluations_semantic": 1}}, "message_malformed: unknown options."),
        ({"evaluations": [{}] * 1001}, "batch_too_large: "),
    ],
)
def test_what_is_wrong_with_the_whole_is_a_bad_request(client: httpx.Client, parts: Any, told: str) -> None:
    response = client.post(PATHS[1], json=evaluation(**parts))
    assert message(response, 400).startswith(told)


def test_a_thousand_at_once(client: httpx.Client) -> None:
    told = client.post(PATHS[1], json=evaluation(evaluations=[{}] * 1000)).json()["evaluations"]
    assert len({each["context"]["trace"]["recordId"] for each in told}) == 1000


# --- what is told of it


def test_the_configuration_names_what_is_served(
    client: httpx.Client, start_gateway: Callable[..., Any], own_state: Path
) -> None:
    base = str(client.base_url).rstrip("/")
    told = client.get("/.well-known/authzen-configuration")
    assert told.headers["content-type"] == "application/json"
    assert told.json() == {
        "policy_decision_point": base,
        "access_evaluation_endpoint": f"{base}/access/v1/evaluation",
        "access_evaluations_endpoint": f"{base}/access/v1/evaluations",
    }
    behind = start_gateway(own_state, XINGATE_SERVER__PUBLIC_URL="https://pdp.example/xingate")
    configured = httpx.get(f"{behind.http}/.well-known/authzen-configuration", trust_env=False).json()
    assert configured["policy_decision_point"] == "https://pdp.example/xingate"
    assert configured["access_evaluation_endpoint"] == "https://pdp.example/xingate/access/v1/evaluation"


@pytest.mark.parametrize("trusted", ["[]", '["10.0.0.0/8"]', '["10.0.0.0/8", "127.0.0.1"]'])
def test_the_configuration_takes_the_scheme_of_a_trusted_proxy_alone(
    start_gateway: Callable[..., Any], own_state: Path, trusted: str
) -> None:
    gateway = start_gateway(own_state, XINGATE_SERVER__TRUSTED_PROXIES=trusted)

    def told(said: str) -> str:
        headers = {"X-Forwarded-Proto": said, "Host": "pdp.example"}
        found = httpx.get(f"{gateway.http}/.well-known/authzen-configuration", headers=headers, trust_env=False).json()
        assert found["access_evaluation_endpoint"] == f"{found['policy_decision_point']}/access/v1/evaluation"
        return str(found["policy_decision_point"])

    is_trusted = "127" in trusted
    assert told("https") == ("https://pdp.example" if is_trusted else "http://pdp.example")
    twice = [("X-Forwarded-Proto", "https"), ("X-Forwarded-Proto", "http")]  # one of them may be the caller's own
    doubtful = httpx.get(f"{gateway.http}/.well-known/authzen-configuration", headers=twice, trust_env=False)
    assert doubtful.status_code == (400 if is_trusted else 200)
    assert [told(said) for said in ("gopher", "", "https, http", "https://other.example")] == ["http://pdp.example"] * 4


def test_the_document_describes_the_answers(client: httpx.Client) -> None:
    schemas = document()["components"]["schemas"]
    one = client.post(PATHS[0], json=evaluation()).json()
    assert set(one) == set(schemas["AuthzenDecision"]["required"])
    assert set(one["context"]) <= set(schemas["CheckResponse"]["properties"])
    several = client.post(PATHS[1], json=evaluation(evaluations=[{}])).json()
    assert set(several) < set(schemas["AuthzenDecisions"]["properties"])
    for path in PATHS:
        described = document()["paths"][path]["post"]
        assert described["responses"]["default"] == {"$ref": "#/components/responses/Message"}
        assert [parameter["name"] for parameter in described["parameters"]] == ["X-Request-ID"]
    page = client.get("/docs?lang=zh").text
    assert re.search(r"/access/v1/evaluation</code>", page)


# --- when no decision can be given


def test_a_log_that_cannot_be_written_is_no_denial(start_gateway: Callable[..., Any], own_state: Path) -> None:
    gateway = start_gateway(own_state, XINGATE_TRACE__LOCK_WAIT_S="0.2")
    items = {"evaluations": [{}, {}]}
    for path, parts in (
        (PATHS[0], {}),
        (PATHS[1], items),
        (PATHS[1], items | {"options": {"evaluations_semantic": "deny_on_first_deny"}}),
    ):
        headers = {"X-Request-ID": f"u-{uuid4()}"}
        with log_held(gateway.state):
            failed = httpx.post(f"{gateway.http}{path}", json=evaluation(**parts), headers=headers, trust_env=False)
        assert message(failed, 503).startswith("record_failed: ")
        assert (failed.headers["retry-after"], failed.headers["x-request-id"]) == ("1", headers["X-Request-ID"])
        again = httpx.post(f"{gateway.http}{path}", json=evaluation(**parts), headers=headers, trust_env=False)
        assert again.status_code == 200


def test_a_full_gateway_is_no_denial(start_gateway: Callable[..., Any], own_state: Path) -> None:
    gateway = start_gateway(own_state, XINGATE_SERVER__MOST_IN_FLIGHT="1", XINGATE_TRACE__LOCK_WAIT_S="20")
    with ThreadPoolExecutor() as pool:
        with log_held(gateway.state):
            held = pool.submit(httpx.post, f"{gateway.http}{PATHS[0]}", json=evaluation(), trust_env=False, timeout=20)
            for path in PATHS:
                refused = refusal(f"{gateway.http}{path}")
                assert message(refused, 429).startswith("overloaded: ")
                assert refused.headers["retry-after"] == "1"
        assert held.result().status_code == 200


def refusal(url: str) -> httpx.Response:
    """The answer to a body that is no JSON, once it is another one than that."""
    deadline = time.monotonic() + 10
    while (answer := httpx.post(url, content=b"no JSON", trust_env=False)).status_code == 400:
        assert time.monotonic() < deadline
    return answer


@contextmanager
def log_held(state: Path) -> Iterator[None]:
    """No record can be made durable for as long as this lasts."""
    connection = sqlite3.connect(state / "trace" / "log.sqlite", isolation_level=None)
    try:
        connection.execute("BEGIN IMMEDIATE")
        yield
    finally:
        connection.close()


# --- the example


async def test_the_example_proxy_passes_on_what_is_permitted(gateway: Any) -> None:
    reached: list[str] = []

    async def upstream(request: web.Request) -> web.Response:
        reached.append(f"{request.method} {request.path} {(await request.read()).decode()}")
        return web.Response(text="done")

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", upstream)
    async with TestServer(app) as server:
        port = unused_port()
        script = Path(__file__).parents[2] / "examples" / "authzen_proxy.py"
        arguments = (str(script), gateway.http, str(server.make_url("")), str(port))
        proxy = await asyncio.create_subprocess_exec(sys.executable, *arguments, stdout=DEVNULL)
        try:
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=20) as client:
                await until_reached(client)
                told = [
                    await client.post(path, content=b"x", headers={"X-Applicant": code})
                    for path, code in (
                        ("/permits/示例-1", NEW),
                        ("/market/示例-1", BID_RIGGER),
                        ("/market/示例-1", ""),
                        ("/elsewhere", ""),
                    )
                ]
        finally:
            proxy.terminate()
            await proxy.wait()
    assert [answer.status_code for answer in told] == [200, 403, 503, 200]
    assert told[1].text == "market.entry is refused: 18.4\n"
    assert reached[1:] == ["POST /permits/示例-1 x", "POST /elsewhere x"]


async def until_reached(client: httpx.AsyncClient) -> None:
    deadline = time.monotonic() + 20
    while True:
        with suppress(httpx.TransportError):
            await client.get("/ready")
            return
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)
