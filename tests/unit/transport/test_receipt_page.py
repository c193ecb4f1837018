"""The printed receipt: what it shows, that nothing a caller wrote can break it, and every kind of record."""

import re
from typing import Any

import pytest

from xingate.checkpoint import Checkpoint, new_private_key, sign, verifier_key
from xingate.merkle import Frontier, leaf_hash
from xingate.receipt import Proven, Receipt, verify_receipt
from xingate.v1 import trace_pb2 as tr
from xingate.v1 import types_pb2 as t
from xingate_server.demo.numbers import unified_code
from xingate_server.pages.receipt import page

ORIGIN, RECORD = "log.example/1", "01a20d18-13bb-72e6-82b1-6731baa6426b"
CALLER = t.Caller(system="approval", organisation="示例审批局", operator="示例经办人")


def check(**more: Any) -> tr.CheckRecord:
    given: dict[str, Any] = {
        "caller": CALLER,
        "action": "permit.grant",
        "matter": "示例-0001",
        "subject_kind": t.SUBJECT_KIND_LEGAL_ENTITY,
        "subject_key": "ab" * 16,
        "subject_code": unified_code(1),
        "as_of": "2026-11-24",
        "sequence": 12,
        "snapshot_hash": "cd" * 32,
        "catalogue_hash": "ef" * 32,
        "verdict": t.VERDICT_PROHIBITED,
        "measure_ids": ["18.4"],
        "entry_ids": ["e1", "e2"],
        "decision_digest": "12" * 32,
    }
    return tr.CheckRecord(**(given | more))


def proven(**body: Any) -> tuple[Proven, str]:
    """A receipt of a log of one leaf, verified, and its checkpoint."""
    record = tr.TraceRecord(record_id=RECORD, request_id="r-1", time="2026-11-24T16:03:04.123456Z", **body)
    leaf, key, frontier = record.SerializeToString(deterministic=True), new_private_key(), Frontier()
    frontier.append(leaf_hash(leaf))
    note = sign(Checkpoint(ORIGIN, 1, frontier.root()), key)
    return verify_receipt(Receipt(ORIGIN, RECORD, 0, leaf, (), note), verifier_key(ORIGIN, key)), note


def text_of(html: str) -> str:
    return re.sub(r"<[^>]*>", "", html)


def test_who_asked_what_when_on_which_snapshot_and_the_answer() -> None:
    shown = text_of(page(*proven(check=check()), {"18.4": ("市场和行业禁入", "Market entry ban")}))
    expected = (
        *("示例审批局 · approval · 示例经办人", "permit.grant", "示例-0001", unified_code(1), "第 12 号 no. 12"),
        *("2026-11-25 00:03:04 北京时间", "2026-11-24T16:03:04.123456Z", "禁止", "PROHIBITED", "18.4 市场和行业禁入"),
        *(RECORD, ORIGIN, "cd" * 32, "ef" * 32, "12" * 32, "xingate trace verify receipt.json"),
    )
    assert [text for text in expected if text not in shown] == []


@pytest.mark.parametrize(
    ("number", "words", "tone"),
    [
        (t.VERDICT_CLEAR, "无措施", "good"),
        (t.VERDICT_FAVOURED, "有激励", "good"),
        (t.VERDICT_CAUTION, "需注意", "mind"),
        (t.VERDICT_RESTRICTED, "受限制", "bad"),
        (t.VERDICT_PROHIBITED, "禁止", "bad"),
        (t.VERDICT_CANNOT_TELL, "无法判断", "mind"),
        (0, "无法判断", "mind"),
        (42, "无法判断", "mind"),
    ],
)
def test_every_verdict(number: Any, words: str, tone: str) -> None:
    html = page(*proven(check=check(verdict=number)))
    assert f'<div class="verdict {tone}">' in html
    assert words in html


def test_nothing_that_a_caller_wrote_becomes_markup_or_turns_the_text() -> None:
    evil = "<script>alert(1)</script>\"'&\u202e\u0000\n<img src=x>"
    caller = t.Caller(system=evil, organisation=evil, operator=evil)
    html = page(*proven(check=check(caller=caller, matter=evil, context={evil: evil}, gaps=[evil], action=evil)))
    assert "<script" not in html
    assert "<img" not in html
    assert "\u202e" not in html
    assert "\\u202e" in html
    assert "\0" not in html


def test_long_lists_and_texts_are_cut_and_say_so() -> None:
    measures = [f"m.{number}" for number in range(40)]
    html = page(*proven(check=check(measure_ids=measures, matter="长" * 5000)))
    assert "另有 32 项" in html
    assert "m.7<" in html
    assert "m.8<" not in html
    assert "长" * 100 not in html


def test_a_lookup_without_a_hit_or_a_code() -> None:
    shown = text_of(
        page(*proven(check=check(measure_ids=[], entry_ids=[], subject_code="", matter="", caller=t.Caller())))
    )
    assert "号码不留存 number not kept" in shown
    assert "无 none" in shown
    assert "未注明 not stated" in shown


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            {
                "outcome": tr.OutcomeRecord(
                    caller=CALLER,
                    lookup_record_id="lookup-1",
                    measures=[tr.MeasureOutcome(measure_id="18.4", result=tr.MeasureOutcome.RESULT_APPLIED)],
                    note="<b>",
                )
            },
            ("措施执行反馈回执", "lookup-1", "18.4 已执行", "示例审批局", "&lt;b&gt;"),
        ),
        (
            {"denial": tr.DenialRecord(caller=CALLER, method="ReportOutcome", reason="not_yours", about="x")},
            ("拒绝记录回执", "ReportOutcome", "not_yours"),
        ),
        (
            {"act": tr.OperatorAct(kind="snapshot_activated", operator="op", before="1", after="2")},
            ("运维操作回执", "启用快照", "op"),
        ),
    ],
)
def test_every_other_kind_of_record(body: dict[str, Any], expected: tuple[str, ...]) -> None:
    html = page(*proven(**body))
    assert [text for text in (*expected, RECORD, ORIGIN) if text not in html] == []
    assert 'class="verdict' not in html


def test_the_page_stands_alone() -> None:
    html = page(*proven(check=check()))
    assert html.startswith("<!doctype html>")
    assert not re.search(r"(src|href|data|action)=|url\(|@import|<script|https?://(?!www\.w3\.org/2000/svg)", html)
    assert "@page{size:A4" in html
    assert html.count("<svg") == 1
