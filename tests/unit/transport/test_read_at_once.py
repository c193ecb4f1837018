"""A body read at once gives what the models give, right or wrong; a wrong one is told in the models' words."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.amounts import amount

from xingate_server.gateway.errors import GatewayError
from xingate_server.transport.bodies import check, models
from xingate_server.transport.bodies.read import read_body
from xingate_server.transport.checks import Item, batch_items
from xingate_server.transport.messages import answers

SUBJECT: dict[str, Any] = {
    "kind": "SUBJECT_KIND_LEGAL_ENTITY",
    "identifiers": [{"scheme": "uscc", "value": "91420399MA0000007C"}],
    "name": "示例公司",
}
WHOLE: dict[str, Any] = {
    "requestId": "r1",
    "subject": SUBJECT,
    "action": "permit.grant",
    "asOf": "2026-07-01",
    "sequence": 3,
    "caller": {"system": "approval", "organisation": "示例审批局", "operator": "op-1"},
    "matter": "SP-1",
    "context": {"a": "b", "c": ""},
    "view": "VIEW_BASIC",
}
LEAST: dict[str, Any] = {"subject": {"kind": "SUBJECT_KIND_NATURAL_PERSON"}}


def changed(**fields: Any) -> dict[str, Any]:
    return WHOLE | fields


READ_AT_ONCE = [
    WHOLE,
    LEAST,
    LEAST | {"context": {}, "caller": {}, "sequence": 0, "view": "VIEW_UNSPECIFIED", "requestId": "", "matter": ""},
    changed(view="VIEW_FULL", subject={"kind": "SUBJECT_KIND_SOLE_TRADER", "identifiers": [], "name": ""}),
    changed(sequence=2**63 - 1),
    changed(subject=SUBJECT | {"identifiers": [{}, {"value": "1"}, {"scheme": "lei"}]}),
]
READ_BY_MODELS = [
    changed(sequence="7"),
    changed(sequence=7.0),
    changed(sequence=2**64 - 1),
    changed(matter=None),
    {"request_id": "r1", **LEAST, "as_of": "2026-07-01"},
    changed(matter='a "quoted" \\ text\u2028'),
    changed(subject=SUBJECT | {"kind": "SUBJECT_KIND_UNSPECIFIED"}),
    {},
    changed(subject={}),
    changed(subject=None),
    changed(subject=[]),
    changed(subject=SUBJECT | {"kind": 1}),
    changed(subject=SUBJECT | {"kind": "legal_entity"}),
    changed(subject=SUBJECT | {"identifiers": {}}),
    changed(subject=SUBJECT | {"identifiers": ["1"]}),
    changed(subject=SUBJECT | {"identifiers": [{"value": 1}]}),
    changed(subject=SUBJECT | {"identifier": []}),
    changed(action=1),
    changed(action=True),
    changed(sequence=-1),
    changed(sequence=2**64),
    changed(sequence=1.5),
    changed(sequence=True),
    changed(context={"a": 1}),
    changed(context=[]),
    changed(context={"a": None}),
    changed(view="VIEW_ALL"),
    changed(view=1),
    changed(caller={"system": "s", "person": "p"}),
    changed(extra=1),
    [],
    "text",
    None,
    1,
]
RAW = [
    b"",
    b"{",
    b"\xff",
    b'{"subject":{"kind":"SUBJECT_KIND_LEGAL_ENTITY"},"action":"\xff"}',
    b'\xef\xbb\xbf{"subject":{"kind":"SUBJECT_KIND_LEGAL_ENTITY"}}',
    b'{"subject":{"kind":"SUBJECT_KIND_LEGAL_ENTITY"}} x',
    b' {"subject" : {"kind" : "SUBJECT_KIND_LEGAL_ENTITY"}}\n',
    b'{"subject":{"kind":"SUBJECT_KIND_LEGAL_ENTITY"},"action":"a","action":"a"}',
    b'{"subject":{"kind":"SUBJECT_KIND_LEGAL_ENTITY"},"action":"a","action":"b"}',
    b'{"subject":{"kind":"SUBJECT_KIND_LEGAL_ENTITY"},"subject":{"kind":"SUBJECT_KIND_SOLE_TRADER"}}',
    b'{"subject":{"kind":"SUBJECT_KIND_LEGAL_ENTITY","kind":"SUBJECT_KIND_LEGAL_ENTITY"}}',
    b'{"subject":{"kind":"SUBJECT_KIND_LEGAL_ENTITY"},"context":{"a":"1","a":"2"}}',
    b'{"subject":{"kind":"SUBJECT_KIND_LEGAL_ENTITY"},"sequence":1,"sequence":1}',
    b'{"subject":{"kind":"SUBJECT_KIND_LEGAL_ENTITY"},"context":{},"context":{}}',
    b'{"subject":{"kind":"SUBJECT_KIND_LEGAL_ENTITY"},"context":{"\\u0061":"1","a":"2"}}',
    b'{"subject":{"kind":"SUBJECT_KIND_LEGAL_ENTITY"},"action":"\\ud800"}',
    b'{"subject":{"kind":"SUBJECT_KIND_LEGAL_ENTITY"},"action":"a\x01"}',
    b'{"subject":{"kind":"SUBJECT_KIND_LEGAL_ENTITY"},"sequence":01}',
    b'{"subject":{"kind":"SUBJECT_KIND_LEGAL_ENTITY"},"sequence":-0}',
    b'{"subject":{"kind":"SUBJECT_KIND_LEGAL_ENTITY"},"sequence":1e2}',
    b"[" * 5000,
]


def by_models(content: bytes) -> Item:
    request = read_body(models.CheckBody, content).message()
    return Item(answers.command(request), request.view)


def outcome(read: Any, content: bytes) -> Any:
    try:
        return read(content)
    except GatewayError as error:
        return type(error), error.reason, error.message, error.field


def dumped(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


@pytest.fixture
def models_unused(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_content: bytes) -> Item:
        pytest.fail("the models were needed")

    monkeypatch.setattr(check, "_by_models", refuse)


@pytest.mark.parametrize("body", READ_AT_ONCE)
def test_the_usual_is_read_at_once(body: dict[str, Any], models_unused: None) -> None:
    assert check.read_check(dumped(body)) == by_models(dumped(body))


@pytest.mark.parametrize("content", [*map(dumped, [*READ_AT_ONCE, *READ_BY_MODELS]), *RAW])
def test_both_readings_say_the_same(content: bytes) -> None:
    assert outcome(check.read_check, content) == outcome(by_models, content)


@pytest.mark.parametrize("content", [*map(dumped, [*READ_AT_ONCE, *READ_BY_MODELS]), *RAW])
def test_both_readings_of_a_batch_say_the_same(content: bytes) -> None:
    for whole in (b'{"requests":[%b]}' % content, b'{"requests":[%b,%b]}' % (dumped(WHOLE), content), content):
        slow = outcome(lambda body: batch_items(read_body(models.BatchCheckBody, body).message()), whole)
        fast = outcome(check.read_batch, whole)
        if isinstance(slow, list):
            assert [_told(item) for item in fast] == [_told(item) for item in slow]
        else:
            assert fast == slow


def _told(item: Item) -> Any:
    if isinstance(item.command, GatewayError):
        return type(item.command), item.command.reason, item.command.message, item.command.field
    return item


def test_too_many_questions_are_refused_in_the_same_words() -> None:
    content = dumped({"requests": [LEAST] * 1001})
    assert outcome(check.read_batch, content)[1] == "batch_too_large"
    assert len(check.read_batch(dumped({"requests": [LEAST] * 1000}))) == 1000


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*WHOLE, *SUBJECT, "a"]), inner),
    max_leaves=8,
)


@settings(max_examples=amount(300, 90), deadline=None)
@given(st.dictionaries(st.sampled_from(list(WHOLE)), JSON, max_size=3))
def test_whatever_a_field_holds(fields: dict[str, Any]) -> None:
    content = dumped(WHOLE | fields)
    assert outcome(check.read_check, content) == outcome(by_models, content)
