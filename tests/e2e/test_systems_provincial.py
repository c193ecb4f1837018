"""Callers with provincial interfaces on a real gateway: both shapes, both polarities, and all that is refused."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from defusedxml.ElementTree import fromstring

import xingate
from xingate.testing import FakeGateway
from xingate.types import Effect, Verdict
from xingate_adapters.systems.errors import MappingFileError
from xingate_adapters.systems.mapping import MatterMap
from xingate_adapters.systems.provincial import Style, Translator, answer_json, answer_soap, load_style
from xingate_server.demo.numbers import citizen_number, unified_code

SOAP_11, SOAP_12 = "http://schemas.xmlsoap.org/soap/envelope/", "http://www.w3.org/2003/05/soap-envelope"
MAP = MatterMap.model_validate(
    {"matters": {"示例-ZB": {"title": "示例招标", "acceptance": "tender.bid", "decision": "tender.bid"}}}
)
BASE: dict[str, Any] = {
    "polarity": {"punishment": "1", "incentive": "2"},
    "subject_types": {"1": "legal_entity", "2": "natural_person"},
    "results": {"1": "applied", "2": "other", "3": "not_applied"},
}
STYLE = Style.model_validate(BASE)
QUERY = {
    "itemCode": "示例-ZB",
    "subjectCode": unified_code(1),
    "subjectName": "示例建工有限公司",
    "subjectType": "1",
    "department": "示例科",
    "operator": "示例经办人",
    "area": "示例市",
    "serialNo": "LS-1",
}


@pytest.fixture(scope="module")
def client(compiled_state: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[xingate.Client]:
    state = shutil.copytree(compiled_state, tmp_path_factory.mktemp("province") / "state", symlinks=True)
    with xingate.connect(f"embedded:{state}", system="province", organisation="示例省平台") as client:
        yield client


@pytest.fixture
def translator(client: xingate.Client) -> Translator:
    return Translator(client, MAP, STYLE)


def as_json(fields: dict[str, Any], **around: Any) -> bytes:
    signature = {"appId": "a", "timestamp": "1", "nonce": "n", "sign": "d41d8cd98f00b204e9800998ecf8427e"}
    return json.dumps({**signature, "data": fields, **around}).encode()


def as_soap(fields: dict[str, Any], operation: str = "query", namespace: str = SOAP_11) -> bytes:
    root = ET.Element(f"{{{namespace}}}Envelope")
    ET.SubElement(root, f"{{{namespace}}}Header")
    body = ET.SubElement(ET.SubElement(root, f"{{{namespace}}}Body"), f"{{urn:x}}{operation}")
    for name, value in fields.items():
        ET.SubElement(body, name).text = value
    return ET.tostring(root, encoding="utf-8")


def texts(content: bytes, name: str) -> list[str]:
    return [element.text or "" for element in fromstring(content).iter() if element.tag.rpartition("}")[2] == name]


def test_both_shapes_ask_the_same_and_quote_one_record(translator: Translator, client: xingate.Client) -> None:
    status, content = answer_json(translator, "query", as_json(QUERY))
    told = json.loads(content)
    assert (status, told["code"], told["message"]) == (200, "0", "")
    assert told["data"]["conclusion"] == "RESTRICTED"
    assert ("18.3b", "1") in {(m["measureId"], m["polarity"]) for m in told["data"]["measures"]}
    assert told["data"]["lists"][0]["department"] == "示例市场监督管理局"
    for namespace in (SOAP_11, SOAP_12):
        status, answer = answer_soap(translator, as_soap(QUERY, namespace=namespace))
        assert status == 200
        assert texts(answer, "requestId") == [told["data"]["requestId"]], "the same serial: the same record"
        assert texts(answer, "measureId") == [m["measureId"] for m in told["data"]["measures"]]
    record = client.record(told["data"]["requestId"]).record.check
    assert record is not None
    assert record.context == {"business.department": "示例科", "business.area": "示例市"}
    assert (record.matter, record.caller.operator) == ("LS-1", "示例经办人")


def test_feedback_quotes_the_request_id_and_is_idempotent(translator: Translator) -> None:
    request_id = json.loads(answer_json(translator, "query", as_json(QUERY))[1])["data"]["requestId"]
    report = {
        "requestId": request_id,
        "measureId": "18.3b",
        "result": "1",
        "amount": "1200.50",
        "basis": "示例〔2026〕1号",
        "date": "2026-07-01",
        "operator": "示例经办人",
    }
    first = answer_json(translator, "feedback", as_json(report))
    assert json.loads(first[1])["code"] == "0"
    assert answer_json(translator, "feedback", as_json(report)) == first
    assert texts(answer_soap(translator, as_soap(report, "feedback"))[1], "feedbackId") == [
        json.loads(first[1])["data"]["feedbackId"]
    ]
    status, content = answer_json(translator, "feedback", as_json({**report, "amount": "7"}))
    assert (status, json.loads(content)["message"].partition(" on ")[0]) == (409, "another feedback")
    other = {**report, "measureId": "5.strict", "result": "2", "reason": "已另行处理"}
    assert answer_json(translator, "feedback", as_json(other))[0] == 200
    for changed, status, reason in (
        ({"result": "2", "measureId": "5.strict", "reason": ""}, 400, "reason_missing"),
        ({"measureId": "19.1a"}, 400, "measure_not_in_answer"),
        ({"requestId": "nothing"}, 404, "record_unknown"),
        ({"result": "9"}, 400, "code_unknown"),
        ({"measureId": ""}, 400, "field_missing"),
    ):
        told, content = answer_json(translator, "feedback", as_json({**report, **changed}))
        assert (told, json.loads(content)["code"]) == (status, reason)


@pytest.mark.parametrize(("punishment", "incentive"), [("1", "2"), ("1", "0")])
def test_polarity_is_the_provinces_own(client: xingate.Client, punishment: str, incentive: str) -> None:
    style = Style.model_validate({**BASE, "polarity": {"punishment": punishment, "incentive": incentive}})
    translator = Translator(client, MAP, style)
    restricted = json.loads(answer_json(translator, "query", as_json(QUERY))[1])["data"]
    favoured = json.loads(
        answer_json(translator, "query", as_json({**QUERY, "subjectCode": unified_code(18), "serialNo": "LS-2"}))[1]
    )["data"]
    assert {m["polarity"] for m in restricted["measures"] + restricted["lists"]} == {punishment}
    assert {m["polarity"] for m in favoured["measures"] + favoured["lists"]} == {incentive}
    assert {translator.polarity_of(effect) for effect in Effect if effect is not Effect.FAVOUR} == {punishment}


def test_an_empty_list_that_is_no_pass_has_no_code_of_success(translator: Translator) -> None:
    named = {**QUERY, "subjectCode": "", "serialNo": "LS-3"}
    told = json.loads(answer_json(translator, "query", as_json(named))[1])
    assert (told["code"], told["data"]["lists"]) == ("1", [])
    assert "不得视为未列入名单" in told["message"]
    assert texts(answer_soap(translator, as_soap(named))[1], "code") == ["1"]


def test_a_person_is_asked_about_as_one(translator: Translator, client: xingate.Client) -> None:
    person = {
        **QUERY,
        "subjectCode": citizen_number(302),
        "subjectName": "示例寅",
        "subjectType": "2",
        "serialNo": "L-4",
    }
    status, content = answer_json(translator, "query", as_json(person))
    assert (status, json.loads(content)["data"]["conclusion"]) == (200, "CLEAR")
    assert citizen_number(302) not in content.decode() + client.records(1)[0].record.check.subject_code  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("changed", "status", "reason"),
    [
        ({"itemCode": "示例-无"}, 400, "matter_code_unknown"),
        ({"itemCode": ""}, 400, "field_missing"),
        ({"operator": " "}, 400, "field_missing"),
        ({"department": ""}, 400, "field_missing"),
        ({"serialNo": ""}, 400, "field_missing"),
        ({"subjectType": "9"}, 400, "code_unknown"),
        ({"subjectCode": "123"}, 400, "identifier_malformed"),
        ({"subjectCode": "", "subjectName": ""}, 400, "subject_missing"),
        ({"serialNo": citizen_number(5)}, 400, "request_id_malformed"),
        ({"subjectName": "x" * 513}, 400, "field_malformed"),
        ({"colour": "red"}, 400, "field_unknown"),
        ({"cipher": "AAAA"}, 400, "encryption_unsupported"),
    ],
)
def test_what_is_wrong_is_told_in_both_shapes(
    translator: Translator, client: xingate.Client, changed: dict[str, str], status: int, reason: str
) -> None:
    sent, before = {**QUERY, "serialNo": "LS-9"} | changed, client.records(1)
    told, content = answer_json(translator, "query", as_json(sent))
    assert (told, json.loads(content)["code"], json.loads(content)["data"]) == (status, reason, None)
    assert citizen_number(5) not in content.decode()
    told, content = answer_soap(translator, as_soap(sent))
    assert (told, texts(content, "reason"), texts(content, "faultcode")) == (500, [reason], ["soap:Client"])
    told, content = answer_soap(translator, as_soap(sent, namespace=SOAP_12))
    assert (told, texts(content, "reason"), texts(content, "Value")) == (status, [reason], ["soap12:Sender"])
    assert client.records(1) == before


@pytest.mark.parametrize("value", [None, 7, True, 1.5, [], {}, "\x00", "\ud800"], ids=ascii)
def test_values_of_any_type_are_answered(translator: Translator, value: Any) -> None:
    for name in QUERY:
        status, content = answer_json(translator, "query", as_json({**QUERY, "serialNo": "T", name: value}))
        assert status in {200, 400, 409}
        json.loads(content)


def test_a_citizen_number_in_the_wrong_field_is_not_told_back(translator: Translator) -> None:
    content = answer_json(translator, "query", as_json({**QUERY, "itemCode": citizen_number(5)}))[1]
    assert citizen_number(5) not in content.decode()


def test_the_same_serial_for_another_query_is_refused(translator: Translator) -> None:
    answer_json(translator, "query", as_json(QUERY))
    status, content = answer_json(translator, "query", as_json({**QUERY, "subjectCode": unified_code(3)}))
    assert (status, json.loads(content)["code"]) == (409, "request_id_reused")


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"{", b"\xff", b'{"data": "AAAA"}', b'{"data": {}, "data": {}}', b'{"data": {}, "x": 1}',
     b'{"cipher": "A", "data": {}}', b"[" * 100_000, b"{}", b" " * 1_048_577],
)  # fmt: skip
def test_bodies_that_are_no_json_query(translator: Translator, content: bytes) -> None:
    status, told = answer_json(translator, "query", content)
    assert status == 400
    assert json.loads(told)["data"] is None


BOMB = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>'


@pytest.mark.parametrize(
    "content",
    [b"", b"<", b"<a/>", BOMB + as_soap(QUERY), b"\xff\xfe", as_soap(QUERY, "drop"), as_soap(QUERY, namespace="urn:x"),
     as_soap(QUERY).replace(b"</itemCode>", b"<x/></itemCode>", 1),
     as_soap(QUERY).replace(b"<operator>", b"<operator>a</operator><operator>", 1), b"<a>" * 50_000,
     b'<?xml version="1.0" encoding="nonsense"?><a/>', b" " * 1_048_577,
     b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>'],
)  # fmt: skip
def test_bodies_that_are_no_soap_query(translator: Translator, content: bytes) -> None:
    status, told = answer_soap(translator, content)
    assert status == 500
    assert texts(told, "faultcode") == ["soap:Client"]
    assert b"root:" not in told


def test_no_gateway_is_a_fault_and_never_an_empty_list() -> None:
    fake = FakeGateway(default=Verdict.CLEAR)
    translator = Translator(fake.client(), MAP, STYLE)
    with fake.outage():
        status, content = answer_json(translator, "query", as_json(QUERY))
        assert (status, json.loads(content)["data"]) == (503, None)
        status, content = answer_soap(translator, as_soap(QUERY))
        assert (status, texts(content, "faultcode")) == (500, ["soap:Server"])
    assert fake.records == []


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"polarity": {"punishment": "1", "incentive": "1"}}, "the same code"),
        ({"polarity": {"punishment": "1"}}, "polarity.incentive: field required"),
        ({"polarity": None}, "polarity"),
        ({"subject_types": {"1": "company"}}, "subject_types"),
        ({"success": "1"}, "success and cannot_tell"),
        ({"fields": {"colour": "x"}}, "unknown words: colour"),
        ({"fields": {"operator": "itemCode"}}, "two fields have the name itemCode"),
        ({"fields": {"operator": "sign"}}, "two fields have the name sign"),
        ({"fields": {"operator": "<x>"}}, "fields.operator"),
        ({"more": 1}, "more"),
    ],
)
def test_a_style_that_is_not_clear_is_refused(tmp_path: Path, changed: dict[str, Any], told: str) -> None:
    path = tmp_path / "style.toml"
    lines = []
    given = {**BASE, **changed}
    for name, value in given.items():
        if not isinstance(value, dict) and value is not None:
            lines.append(f"{name} = {json.dumps(value)}")
    for name, value in given.items():
        if isinstance(value, dict):
            lines += [f"[{name}]", *(f"{json.dumps(key)} = {json.dumps(item)}" for key, item in value.items())]
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(MappingFileError) as caught:
        load_style(path)
    assert told in str(caught.value)


def test_the_sample_style_is_good() -> None:
    style = load_style(Path(__file__).parents[2] / "examples" / "province.toml")
    assert style.polarity.punishment != style.polarity.incentive
