"""Every HTTP route against a real gateway: answers as the document describes them, and every kind of problem."""

import http.client
import json
import re
import shutil
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import grpc
import httpx
import pytest
from google.protobuf import json_format

from xingate.v1 import verification_pb2, verification_pb2_grpc
from xingate_server.demo.numbers import unified_code
from xingate_server.transport.http.openapi import document
from xingate_server.wiring import open_embedded

QUESTION = {
    "subject": {
        "kind": "SUBJECT_KIND_LEGAL_ENTITY",
        "identifiers": [{"scheme": "uscc", "value": unified_code(1)}],
    },
    "action": "market.entry",
    "caller": {"system": "tests", "organisation": "示例单位", "operator": "op-1"},
}


@pytest.fixture(scope="module", params=["true", pytest.param("false", marks=pytest.mark.soak)])
def gateway(
    request: pytest.FixtureRequest,
    start_gateway: Callable[..., Any],
    compiled_state: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Any:
    """Fast, and (in the long tests) by aiohttp's documented parts alone: the answers are the same."""
    state = tmp_path_factory.mktemp("http") / "state"
    shutil.copytree(compiled_state, state, symlinks=True)
    return start_gateway(state, XINGATE_SERVER__FAST_HTTP=request.param)


@pytest.fixture(scope="module")
def client(gateway: Any) -> Any:
    with httpx.Client(base_url=gateway.http, trust_env=False, timeout=20) as client:
        yield client


def faults(value: Any, schema: dict[str, Any], where: str = "$") -> list[str]:
    """Where `value` does not fit the part of JSON Schema that our document uses."""
    if "$ref" in schema:
        return faults(value, document()["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]], where)
    kinds = {"object": dict, "array": list, "string": str, "integer": int, "number": int | float, "boolean": bool}
    if not isinstance(value, kinds[schema["type"]]):
        return [f"{where} is no {schema['type']}"]
    found = []
    if "enum" in schema and value not in schema["enum"]:
        found.append(f"{where} has an unknown value {value}")
    if "pattern" in schema and not re.search(schema["pattern"], value):
        found.append(f"{where} does not match")
    if isinstance(value, list):
        found += [f for i, item in enumerate(value) for f in faults(item, schema["items"], f"{where}[{i}]")]
    if isinstance(value, dict):
        properties, others = schema.get("properties", {}), schema.get("additionalProperties", True)
        found += [f"{where} lacks {name}" for name in schema.get("required", ()) if name not in value]
        for name, item in value.items():
            if name in properties:
                found += faults(item, properties[name], f"{where}.{name}")
            elif isinstance(others, dict):
                found += faults(item, others, f"{where}.{name}")
            elif not others:
                found.append(f"{where}.{name} is not described")
    return found


def described(path: str, verb: str) -> dict[str, Any]:
    schema: dict[str, Any] = document()["paths"][path][verb]["responses"]["200"]["content"]["application/json"][
        "schema"
    ]
    return schema


def problem(response: httpx.Response) -> tuple[int, str, str]:
    """Status, reason and field of a response that must be a problem document."""
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    assert faults(body, {"$ref": "#/components/schemas/Problem"}) == []
    assert body["status"] == response.status_code
    assert body["type"] == f"urn:xingate:problem:{body['reason']}"
    assert not body["detail"].endswith(".")
    return response.status_code, body["reason"], body.get("field", "")


def test_every_answer_is_as_the_document_describes_it(client: httpx.Client) -> None:
    asked = client.post("/v1/check", json=QUESTION)
    record_id = asked.json()["trace"]["recordId"]
    batch = {"requests": [QUESTION, {"action": "market.entry"}]}
    evaluation = {
        "subject": {"type": "legal_entity", "id": unified_code(1)},
        "action": {"name": "market.entry"},
        "resource": {"type": "case", "id": "示例-1"},
    }
    parties = [{"role": "applicant", "subject": QUESTION["subject"]}]
    matter = client.post("/v1/check:matter", json={"matter": "示例-1", "action": "market.entry", "parties": parties})
    party_record = matter.json()["parties"][0]["response"]["trace"]["recordId"]
    answers = {
        ("/v1/check", "post"): asked,
        ("/v1/check:batch", "post"): client.post("/v1/check:batch", json=batch),
        ("/v1/check:matter", "post"): matter,
        ("/access/v1/evaluation", "post"): client.post("/access/v1/evaluation", json=evaluation),
        ("/access/v1/evaluations", "post"): client.post(
            "/access/v1/evaluations", json=evaluation | {"evaluations": [{}, {"action": {"name": "?"}}]}
        ),
        ("/.well-known/authzen-configuration", "get"): client.get("/.well-known/authzen-configuration"),
        ("/v1/actions", "get"): client.get("/v1/actions"),
        ("/v1/measures", "get"): client.get("/v1/measures"),
        ("/v1/list-types", "get"): client.get("/v1/list-types"),
        ("/v1/snapshot", "get"): client.get("/v1/snapshot"),
        ("/v1/trace", "get"): client.get("/v1/trace"),
        ("/v1/trace:search", "post"): client.post("/v1/trace:search", json={"kind": "check", "limit": 5}),
        ("/v1/trace/report", "get"): client.get("/v1/trace/report"),
        ("/v1/trace/{recordId}", "get"): client.get(f"/v1/trace/{record_id}"),
        ("/v1/trace/{recordId}/outcome", "post"): client.post(
            f"/v1/trace/{record_id}/outcome", json={"note": "已办结", "caller": QUESTION.get("caller", {})}
        ),
        ("/v1/trace/{recordId}/receipt", "get"): client.get(f"/v1/trace/{record_id}/receipt"),
        ("/v1/trace/{recordId}/matter-receipt", "get"): client.get(f"/v1/trace/{party_record}/matter-receipt"),
        ("/v1/checkpoint", "get"): client.get("/v1/checkpoint"),
        ("/v1/checkpoint/consistency", "get"): client.get("/v1/checkpoint/consistency?size1=1"),
        ("/healthz", "get"): client.get("/healthz"),
        ("/readyz", "get"): client.get("/readyz"),
        ("/openapi.json", "get"): client.get("/openapi.json"),
    }
    for (path, verb), response in answers.items():
        assert response.status_code == 200, path
        assert response.headers["content-type"] == "application/json"
        assert faults(response.json(), described(path, verb), path) == []
    others = {("/metrics", "get"), ("/docs", "get")}
    assert {(path, verb) for path, item in document()["paths"].items() for verb in item} == set(answers) | others


def test_an_outcome_over_http_and_what_is_refused(client: httpx.Client) -> None:
    answer = client.post("/v1/check", json=QUESTION).json()
    record_id, measure_id = answer["trace"]["recordId"], answer["measures"][0]["id"]
    path = f"/v1/trace/{record_id}/outcome"
    report = {
        "outcomeId": f"o-{record_id}",
        "caller": QUESTION["caller"],
        "measures": [
            {"measureId": measure_id, "result": "RESULT_APPLIED", "amountYuan": "12.50", "date": "2026-07-01"}
        ],
    }
    told = client.post(path, json=report)
    assert told.status_code == 200
    assert told.json()["lookupRecordId"] == record_id
    assert client.post(path, json=report).json() == told.json()
    shown = client.get(f"/v1/trace/{told.json()['trace']['recordId']}").json()["record"]
    assert shown["outcome"]["measures"][0]["amountYuan"] == "12.50"
    assert "check" not in shown
    other = {"caller": {"system": "tests", "organisation": "另一单位"}, "note": "已办结"}
    assert problem(client.post(path, json=other)) == (403, "not_allowed", "recordId")
    newest = client.get("/v1/trace", params={"limit": 1}).json()["entries"][0]["record"]
    assert newest["denial"]["about"] == record_id
    assert problem(client.post(path, json=report | {"note": "more"})) == (409, "request_id_reused", "outcomeId")
    unknown = client.post("/v1/trace/unknown/outcome", json=report | {"outcomeId": ""})
    assert problem(unknown) == (404, "record_unknown", "recordId")
    absent = report | {"outcomeId": "", "measures": [{"measureId": "no.such", "result": "RESULT_APPLIED"}]}
    assert problem(client.post(path, json=absent)) == (400, "measure_not_in_answer", "measures[0].measureId")
    odd = {"measures": [{"measureId": measure_id, "result": "DONE"}]}
    assert problem(client.post(path, json=odd)) == (400, "message_malformed", "measures[0].result")
    assert problem(client.post(path, json={"recordId": record_id}))[:2] == (400, "field_unknown")
    assert problem(client.get(path))[:2] == (405, "method_not_allowed")


def test_check_writes_every_field_out(client: httpx.Client) -> None:
    answer = client.post("/v1/check", json=QUESTION).json()
    assert answer["verdict"] == "VERDICT_PROHIBITED"
    assert answer["suspended"] == []
    assert answer["trace"]["leafIndex"].isdigit()
    assert answer["measures"][0]["basis"][0]["inForceUntil"] == ""
    assert "executableByCaller" not in answer["measures"][0]


def test_the_answer_is_the_same_over_http_grpc_and_in_process(client: httpx.Client, gateway: Any) -> None:
    request = json_format.ParseDict(QUESTION, verification_pb2.CheckRequest())
    with grpc.insecure_channel(gateway.grpc) as channel:
        over_grpc = verification_pb2_grpc.VerificationServiceStub(channel).Check(request, timeout=20)
    embedded = open_embedded(gateway.state)
    try:
        in_process = verification_pb2.CheckResponse.FromString(embedded.call("Check", request.SerializeToString()))
    finally:
        embedded.close()
    shown = client.post("/v1/check", json=QUESTION).json()
    answers = [
        shown,
        *(
            json_format.MessageToDict(answer, always_print_fields_with_no_presence=True)
            for answer in (over_grpc, in_process)
        ),
    ]
    assert len({answer.pop("requestId") for answer in answers}) == 3
    traces = [answer.pop("trace") for answer in answers]
    assert len({trace["recordId"] for trace in traces}) == 3
    assert len({trace["logOrigin"] for trace in traces}) == 1
    assert answers[0] == answers[1] == answers[2]


def test_names_as_in_the_messages_are_read_too(client: httpx.Client) -> None:
    snake = QUESTION | {"request_id": "snake-1", "as_of": "2024-06-01", "sequence": "0"}
    answer = client.post("/v1/check", json=snake).json()
    assert (answer["requestId"], answer["asOf"]) == ("snake-1", "2024-06-01")
    camel = QUESTION | {"requestId": "snake-1", "asOf": "2024-06-01", "sequence": 0, "matter": None, "view": None}
    assert client.post("/v1/check", json=camel).json() == answer


def test_basic_view(client: httpx.Client) -> None:
    answer = client.post("/v1/check", json=QUESTION | {"view": "VIEW_BASIC"}).json()
    assert answer["measures"]
    assert all(m["id"] and "title" not in m and m["basis"] == [] for m in answer["measures"])


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"subjet": {}}, (400, "field_unknown", "subjet")),
        ({"subject": {"kind": "SUBJECT_KIND_LEGAL_ENTITY", "nmae": "x"}}, (400, "field_unknown", "subject.nmae")),
        ({"subject": {"kind": "COMPANY"}}, (400, "message_malformed", "subject.kind")),
        ({"subject": {"kind": 1}}, (400, "message_malformed", "subject.kind")),
        ({"subject": []}, (400, "message_malformed", "subject")),
        ({"subject": {"identifiers": [{"value": 7}]}}, (400, "message_malformed", "subject.identifiers[0].value")),
        ({"subject": {}}, (400, "subject_kind_missing", "subject.kind")),
        ({"asOf": "yesterday"}, (400, "date_malformed", "asOf")),
        ({"asOf": 7}, (400, "message_malformed", "asOf")),
        ({"as_of": 7}, (400, "message_malformed", "asOf")),
        ({"request_id": " once"}, (400, "request_id_malformed", "requestId")),
        ({"requestId": "  "}, (400, "request_id_malformed", "requestId")),
        ({"requestId": "x" * 129}, (400, "request_id_malformed", "requestId")),
        ({"unknown_field": 1}, (400, "field_unknown", "unknown_field")),
        ({"caller": {"an_other": 1}}, (400, "field_unknown", "caller.an_other")),
        ({"context": {"an_attribute": 1}}, (400, "message_malformed", "context.an_attribute")),
        ({"context": {"an_attribute": "x" * 257}}, (400, "context_malformed", "context[an_attribute]")),
        ({"context": {"domain": "水电"}}, (400, "context_value_unknown", "context[domain]")),
        (
            {"subject": {"kind": "SUBJECT_KIND_LEGAL_ENTITY", "identifiers": [{"value": "12"}]}},
            (400, "identifier_malformed", "subject.identifiers[0].value"),
        ),
        (
            {"subject": {"kind": "SUBJECT_KIND_NATURAL_PERSON", "name": "示例甲"}, "matter": ""},
            (400, "purpose_missing", "matter"),
        ),
        (
            {"subject": {"kind": "SUBJECT_KIND_NATURAL_PERSON", "name": "示例甲"}, "matter": "示例-1", "caller": {}},
            (400, "purpose_missing", "caller.organisation"),
        ),
        ({"sequence": -1}, (400, "message_malformed", "sequence")),
        ({"sequence": True}, (400, "message_malformed", "sequence")),
        ({"sequence": 1.5}, (400, "message_malformed", "sequence")),
        ({"sequence": "1e3"}, (400, "message_malformed", "sequence")),
        ({"sequence": 2**64}, (400, "message_malformed", "sequence")),
        ({"sequence": str(2**64 - 1)}, (404, "sequence_unknown", "sequence")),
        ({"context": {"a": 1}}, (400, "message_malformed", "context.a")),
        ({"context": {"a": None}}, (400, "message_malformed", "context.a")),
        ({"action": "no.such"}, (400, "action_unknown", "action")),
        ({"view": "VIEW_ALL"}, (400, "message_malformed", "view")),
    ],
)
def test_what_cannot_be_answered_says_where(
    client: httpx.Client, change: dict[str, Any], expected: tuple[int, str, str]
) -> None:
    assert problem(client.post("/v1/check", json=QUESTION | change)) == expected


def test_what_is_said_of_a_field_names_it_as_the_body_does(client: httpx.Client) -> None:
    told = client.post("/v1/check", json=QUESTION | {"requestId": "x" * 129}).json()
    assert told["detail"] == "requestId has 129 characters: at most 128 are read"
    batch = {"requests": [QUESTION | {"asOf": "yesterday"}]}
    assert client.post("/v1/check:batch", json=batch).json()["results"][0]["error"]["field"] == "asOf"


def test_the_largest_number_is_told_exactly(client: httpx.Client) -> None:
    for over in (2**64, str(2**64), 10**19 * 9):
        told = client.post("/v1/check", json=QUESTION | {"sequence": over}).json()
        assert told["detail"] == "`sequence`: input should be less than or equal to 18446744073709551615"
    told = client.get("/v1/trace", params={"limit": 2**32}).json()
    assert told["detail"] == "`limit`: input should be less than or equal to 4294967295"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ('{"action": "market.entry", "action": "tender.bid"}', "action"),
        ('{"action": "x", "subject": {"kind": "A", "name": "x", "kind": "A"}}', "subject.kind"),
        (
            '{"subject": {"identifiers": [{"value": "1"}, {"value": "1", "value": "2"}]}}',
            "subject.identifiers[1].value",
        ),
        ('{"context": {"a_b": "1", "a_b": "1"}}', "context.a_b"),
        ('{"as\\u004ff": "2024-01-01", "asOf": "2024-01-01"}', "asOf"),
        ('{"sequence": 1, "sequence": ' + "9" * 30 + "}", "sequence"),
    ],
)
def test_a_key_that_is_given_twice_is_refused(client: httpx.Client, body: str, field: str) -> None:
    response = client.post("/v1/check", content=body.encode(), headers={"Content-Type": "application/json"})
    assert problem(response) == (400, "message_malformed", field)
    assert response.json()["detail"] == f"`{field}` is given twice"


def test_both_names_of_one_field_are_refused(client: httpx.Client) -> None:
    for both in ({"asOf": "2024-01-01", "as_of": "2024-01-02"}, {"as_of": "2024-01-02", "asOf": "2024-01-01"}):
        told = client.post("/v1/check", json=QUESTION | both)
        assert problem(told) == (400, "message_malformed", "asOf"), "it is known and given twice, not unknown"
        first, second = both
        assert told.json()["detail"] == f"`asOf` is given twice: as `{first}` and as `{second}`"
    assert problem(client.get("/v1/checkpoint/consistency?size1=1&size1=1")) == (400, "message_malformed", "size1")


def test_a_request_id_stands_for_one_question(client: httpx.Client) -> None:
    first = client.post("/v1/check", json=QUESTION | {"requestId": "once"})
    assert client.post("/v1/check", json=QUESTION | {"requestId": "once"}).content == first.content
    other = client.post("/v1/check", json=QUESTION | {"requestId": "once", "action": "tender.bid"})
    assert problem(other) == (409, "request_id_reused", "requestId")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"text"',
        b'{"action": NaN}',
        b'{"sequence": Infinity}',
        b'{"action": "\xff\xfe"}',
        b'{"action": "\\ud800"}',
        b'\xef\xbb\xbf{"action": "x"}',
        '{"action": "x"}'.encode("utf-16"),
        b"[" * 100_000,
        b'{"subject":' * 50_000,
        b'{"sequence": ' + b"9" * 10_000 + b"}",
        b'{"action": "x",}',
        b"{} {}",
    ],
)
def test_a_body_that_is_no_such_json_is_a_problem(client: httpx.Client, body: bytes) -> None:
    response = client.post("/v1/check", content=body, headers={"Content-Type": "application/json"})
    assert problem(response)[:2] == (400, "message_malformed")


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "application/json; charset=gb18030"},
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
        {"Content-Type": "application/json; charset=\xff"},
        {},
    ],
)
def test_only_plain_json_is_read(client: httpx.Client, headers: dict[str, str]) -> None:
    encoded = [(k.encode(), v.encode("latin-1")) for k, v in headers.items()]
    response = client.post("/v1/check", content=json.dumps(QUESTION).encode(), headers=encoded)
    assert problem(response) == (415, "media_type_unsupported", "")


def test_a_body_too_large_is_refused_with_and_without_a_length(client: httpx.Client) -> None:
    large = json.dumps(QUESTION | {"matter": "x" * 5_000_000}).encode()
    headers = {"Content-Type": "application/json"}
    assert problem(client.post("/v1/check", content=large, headers=headers)) == (413, "message_too_large", "")
    chunks = (large[i : i + 65536] for i in range(0, len(large), 65536))
    assert problem(client.post("/v1/check", content=chunks, headers=headers)) == (413, "message_too_large", "")


def test_paths_and_methods_that_do_not_exist(client: httpx.Client) -> None:
    assert problem(client.get("/v1/nothing")) == (404, "route_unknown", "")
    assert problem(client.get("/v1/trace/a/b")) == (404, "route_unknown", "")
    response = client.get("/v1/check")
    assert problem(response) == (405, "method_not_allowed", "")
    assert response.headers["allow"] == "POST"
    assert problem(client.delete("/v1/actions"))[:2] == (405, "method_not_allowed")


def test_batch(client: httpx.Client) -> None:
    results = client.post("/v1/check:batch", json={"requests": [QUESTION, QUESTION | {"action": "x"}]}).json()[
        "results"
    ]
    assert results[0]["response"]["verdict"] == "VERDICT_PROHIBITED"
    assert (results[1]["error"]["code"], results[1]["error"]["reason"]) == (3, "action_unknown")
    assert client.post("/v1/check:batch", json={}).json() == {"results": []}
    basic = QUESTION | {"view": "VIEW_BASIC"}
    assert problem(client.post("/v1/check:batch", json={"requests": [basic] * 1001})) == (
        400,
        "batch_too_large",
        "requests",
    )
    misspelt = {"requests": [QUESTION, {"subjet": 1}]}
    assert problem(client.post("/v1/check:batch", json=misspelt)) == (400, "field_unknown", "requests[1].subjet")


def test_queries(client: httpx.Client) -> None:
    some = client.get("/v1/measures", params={"action": "market.entry"}).json()["measures"]
    assert 0 < len(some) < len(client.get("/v1/measures").json()["measures"])
    assert problem(client.get("/v1/measures?action=no.such")) == (400, "action_unknown", "action")
    assert client.get("/v1/snapshot?sequence=1").json() == client.get("/v1/snapshot").json()
    assert problem(client.get("/v1/snapshot?sequence=9")) == (404, "sequence_unknown", "sequence")
    assert problem(client.get("/v1/snapshot?sequence=x")) == (400, "message_malformed", "sequence")
    assert problem(client.get("/v1/actions?x=1")) == (400, "field_unknown", "x")
    assert problem(client.get("/v1/trace?limit=1&limit=2")) == (400, "message_malformed", "limit")
    assert problem(client.get("/v1/trace?limit=0")) == (400, "limit_out_of_range", "limit")
    assert problem(client.get("/v1/trace?limit=1001")) == (400, "limit_out_of_range", "limit")
    assert problem(client.get("/v1/trace/no-such")) == (404, "record_unknown", "recordId")
    assert problem(client.get("/v1/trace/%ff%fe")) == (404, "record_unknown", "recordId")
    assert problem(client.get("/v1/measures?action=%ff"))[0] == 400


def test_records_page(client: httpx.Client) -> None:
    for index in range(4):
        client.post("/v1/check", json=QUESTION | {"requestId": f"http-{index}"})
    first = client.get("/v1/trace?limit=2").json()
    assert [e["record"]["requestId"] for e in first["entries"]] == ["http-3", "http-2"]
    second = client.get("/v1/trace", params={"limit": 2, "before": first["nextBefore"]}).json()
    assert [e["record"]["requestId"] for e in second["entries"]] == ["http-1", "http-0"]
    assert "nextBefore" not in client.get("/v1/trace?before=1").json()
    assert client.get("/v1/trace?before=0").json() == {"entries": []}


def test_readiness_says_snapshot_and_trace(client: httpx.Client) -> None:
    state = client.get("/readyz").json()
    assert state["ready"] is True
    assert state["snapshot"]["status"] == "current"
    assert state["snapshot"]["sequence"] == 1
    assert state["trace"]["status"] == "ok"


def test_metrics_count_by_verdict_action_and_reason(client: httpx.Client) -> None:
    client.post("/v1/check", json=QUESTION)
    client.post("/v1/check", json={})
    text = client.get("/metrics").text
    for wanted in (
        r'xingate_checks_total\{action="market\.entry",verdict="PROHIBITED"\} [1-9]',
        r'xingate_errors_total\{reason="subject_kind_missing"\} [1-9]',
        r'xingate_request_seconds_count\{method="Check",transport="http"\} [1-9]',
        r"xingate_record_seconds_count [1-9]",
        r"xingate_snapshot_sequence 1\.0",
        r"xingate_snapshot_age_seconds \d",
        r'xingate_snapshot_refused_rows\{kind="by_rule",reason="notice_too_short",source="city_list"\} [1-9]',
        r"xingate_ready 1\.0",
    ):
        assert re.search(wanted, text), wanted
    assert unified_code(1) not in text


def test_docs_page_is_whole_offline_and_in_two_languages(client: httpx.Client) -> None:
    english = client.get("/docs?lang=en")
    chinese = client.get("/docs", headers={"Accept-Language": "zh-CN,zh;q=0.9"})
    for page in (english, chinese):
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert "default-src 'none'" in page.headers["content-security-policy"]
        assert not re.search(r"(src|href)=\"(?:https?:)?//", page.text)
        assert "<script" not in page.text
        for path in document()["paths"]:
            assert path in page.text
        for name in document()["components"]["schemas"]:
            assert f'id="{name}"' in page.text
    assert "Who is asked about" in english.text
    assert "被查询主体" in chinese.text
    for title in (
        "<code>VERDICT_CAUTION</code> 需注意",
        "<code>EFFECT_BAR</code> 禁止",
        "<code>FORCE_ADVISORY</code> 倡导",
    ):
        assert title in chinese.text
        assert title not in english.text
    assert '<html lang="zh-CN">' in chinese.text


def test_document_describes_every_field_in_both_languages(client: httpx.Client) -> None:
    api = client.get("/openapi.json").json()
    assert api["openapi"] == "3.1.0"
    for name in ("CheckBody", "SubjectBody", "IdentifierBody", "CallerBody", "BatchCheckBody"):
        for field in api["components"]["schemas"][name]["properties"].values():
            assert field["description"]
            assert field["x-description-zh"]
    text = json.dumps(api)
    for reference in re.findall(r'"#/components/(\w+)/(\w+)"', text):
        assert reference[1] in api["components"][reference[0]]


def test_bytes_that_are_no_http_get_an_answer_and_harm_nobody(client: httpx.Client, gateway: Any) -> None:
    where = urlsplit(gateway.http)
    for sent in (
        b"\x00\x01\x02\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST /v1/check HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        b"POST /v1/check HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
        b"GET /v1/actions HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 100_000 + b"\r\n\r\n",
    ):
        with socket.create_connection((where.hostname, where.port), timeout=10) as raw:
            raw.sendall(sent)
            with http.client.HTTPResponse(raw) as answer:
                answer.begin()
                assert 400 <= answer.status < 500
    assert client.get("/healthz").status_code == 200
    assert "Traceback" not in gateway.logged()
    assert '"level": "error"' not in gateway.logged()
