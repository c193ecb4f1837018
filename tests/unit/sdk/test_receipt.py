"""Receipts: what each kind proves, in words, and every way in which one fails, each with a file of its own."""

import dataclasses
import json
import runpy
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from xingate.checkpoint import Checkpoint, Cosignature, new_private_key, sign, verifier_key
from xingate.errors import ReceiptError
from xingate.merkle import leaf_hash
from xingate.receipt import CHECKS, FORMAT, MAX_RECEIPT_BYTES, Receipt, verify_receipt
from xingate.v1 import trace_pb2, types_pb2

GOOD = Path(__file__).parent / "receipts_good"
BAD = Path(__file__).parent / "receipts_bad"
KEY = (GOOD / "verifier_key.txt").read_text(encoding="utf-8").strip()
WITNESS = (GOOD / "witness_key.txt").read_text(encoding="utf-8").strip()
BAD_FILES = sorted(BAD.glob("*.json"))


def good(kind: str) -> Receipt:
    return Receipt.from_json((GOOD / f"{kind}.json").read_bytes())


def alone(record: trace_pb2.TraceRecord, more: bytes = b"") -> tuple[Receipt, str]:
    """A receipt of a log that holds nothing but this record, and the log's key."""
    key, leaf = new_private_key(), record.SerializeToString(deterministic=True) + more
    note = sign(Checkpoint("log.example/one", 1, leaf_hash(leaf)), key)
    return Receipt("log.example/one", record.record_id, 0, leaf, (), note), str(verifier_key("log.example/one", key))


@pytest.mark.parametrize("path", BAD_FILES, ids=lambda path: path.stem)
def test_a_bad_receipt_is_refused_at_its_step(path: Path) -> None:
    with pytest.raises(ReceiptError) as raised:
        verify_receipt(path.read_bytes(), KEY)
    assert path.stem.startswith(f"{raised.value.check}_")
    assert raised.value.reason == f"receipt_{raised.value.check}"
    assert str(raised.value)[0] not in ".ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def test_every_step_has_its_bad_files() -> None:
    counts = Counter(path.stem.split("_")[0] for path in BAD_FILES)
    assert set(counts) == set(CHECKS) - {"key"}
    assert len(BAD_FILES) > 60
    assert {path.name for path in BAD_FILES} == runpy.run_path(str(BAD / "generate.py"))["names"]()


@pytest.mark.parametrize("key", ["", "no key", KEY[:-1], None, [], [7], b"x"])
def test_nothing_is_proven_without_a_key(key: Any) -> None:
    with pytest.raises(ReceiptError) as raised:
        verify_receipt(good("check"), key)
    assert raised.value.check == "key"


@pytest.mark.parametrize("content", [None, 7, bytearray(b"{}"), {}, b"\xff\xfe{}", "\ud800", b"\xef\xbb\xbf{}", "NaN"])
def test_what_is_no_file_of_text_is_refused(content: Any) -> None:
    with pytest.raises(ReceiptError) as raised:
        verify_receipt(content, KEY)
    assert raised.value.check == "format"


@pytest.mark.parametrize("content", [" " * (MAX_RECEIPT_BYTES + 1), "信" * (MAX_RECEIPT_BYTES // 2)])
def test_the_size_is_bounded(content: str) -> None:
    for given in (content, content.encode()):
        with pytest.raises(ReceiptError, match="too large"):
            Receipt.from_json(given)


@pytest.mark.parametrize("kind", ["check", "outcome", "denial", "act", "alone", "cosigned"])
def test_a_receipt_is_read_as_it_was_written(kind: str) -> None:
    receipt, text = good(kind), (GOOD / f"{kind}.json").read_text(encoding="utf-8")
    assert receipt.to_json() == text
    assert list(json.loads(text)) == [
        *("format", "logOrigin", "recordId", "leafIndex", "leaf", "inclusionProof", "checkpoint")
    ]
    assert Receipt.from_message(receipt.to_message()) == receipt
    assert receipt.to_message().format == FORMAT
    assert verify_receipt(text, KEY) == verify_receipt(text.encode(), [KEY]) == verify_receipt(receipt, KEY)


def test_a_message_of_another_format_is_refused() -> None:
    message = good("check").to_message()
    message.format = "xingate-receipt/2"
    with pytest.raises(ReceiptError, match="format"):
        Receipt.from_message(message)
    with pytest.raises(ReceiptError, match="32 bytes"):
        Receipt.from_message(trace_pb2.Receipt(format=FORMAT, log_origin="x", record_id="x", leaf=b"x", checkpoint="x",
                                               inclusion_proof=[b"short"]))  # fmt: skip


def test_a_lookup_is_told_in_full() -> None:
    proven = verify_receipt(good("check"), KEY)
    assert (proven.kind, proven.record_id, proven.leaf_index) == ("check", "0190-0000", 0)
    assert (proven.checkpoint.tree_size, proven.cosignatures) == (11, ())
    told = {fact.name: fact.value for fact in proven.facts}
    assert told == {
        "recordId": "0190-0000",
        "requestId": "q-0",
        "time": "2026-11-24T02:00:00.000000Z",
        "system": "permits",
        "organisation": "示例审批局",
        "operator": "u-17",
        "action": "permit.grant",
        "matter": "M-2026-1",
        "subjectKind": "LEGAL_ENTITY",
        "subjectCode": proven.value("subjectCode"),
        "subjectKey": "5e" * 32,
        "asOf": "2026-11-24",
        "sequence": "7",
        "snapshotHash": "aa" * 32,
        "catalogueHash": "bb" * 32,
        "verdict": "PROHIBITED",
        "measureIds": "black.market_entry",
        "entryIds": "e-1",
        "gaps": "source_missing",
        "context": "amount=1000",
        "decisionDigest": "cc" * 32,
    }
    assert told["subjectCode"].startswith("91420399")
    chinese, english = proven.text("zh"), proven.text("en")
    for value in (*(value for name, value in told.items() if name != "subjectKind"), "log.example/xingate", "11"):
        assert value in chinese
        assert value in english
    assert "已证明：查询记录" in chinese
    assert "答复：禁止（PROHIBITED）" in chinese
    assert "主体类别：法人和非法人组织" in chinese
    assert "answer: PROHIBITED" in english
    assert proven.checkpoint.root_hash.hex() in english


def test_an_outcome_is_told_in_full() -> None:
    proven = verify_receipt(good("outcome"), KEY)
    chinese, english = proven.text("zh"), proven.text("en")
    assert proven.kind == "outcome"
    assert proven.value("lookupRecordId") == "0190-0000"
    assert "措施执行：black.market_entry 已执行；文号 示审〔2026〕1号" in chinese
    assert "措施执行：black.extra 未执行；理由 已修复" in chinese
    assert "measure: black.extra not applied; reason 已修复" in english
    assert "identity: e-1 is the subject; evidence: 营业执照; decided by u-17" in english
    assert "备注：已办结" in chinese


def test_a_refusal_and_an_act_are_told_in_full() -> None:
    denial, act = (verify_receipt(good(kind), KEY) for kind in ("denial", "act"))
    assert "拒绝原因：not_yours" in denial.text("zh")
    assert "refused: ReportOutcome" in denial.text("en")
    assert "操作：启用快照" in act.text("zh")
    assert [line for line in act.lines("en") if "before" in line or "after" in line] == ["  before: 6", "  after: 7"]


def test_a_person_is_told_by_a_hash_alone() -> None:
    check = trace_pb2.CheckRecord(subject_kind=types_pb2.SUBJECT_KIND_NATURAL_PERSON, subject_key="5e" * 32)
    proven = verify_receipt(*alone(trace_pb2.TraceRecord(record_id="r", check=check)))
    assert proven.value("subjectCode") == ""
    assert "主体类别：自然人" in proven.text("zh")
    assert f"subject key: {'5e' * 32} (keyed hash, no number)" in proven.text("en")
    assert "answer: CANNOT_TELL" in proven.text("en")


def test_a_text_of_the_caller_cannot_pass_for_a_line() -> None:
    check = trace_pb2.CheckRecord(matter="M-1\n  answer: CLEAR\r\x1b[2K\u202e", verdict=types_pb2.VERDICT_PROHIBITED)
    proven = verify_receipt(*alone(trace_pb2.TraceRecord(record_id="r", check=check)))
    for language in ("zh", "en"):
        lines = list(proven.lines(language))  # type: ignore[arg-type]  # both are languages
        assert all(line.isprintable() for line in lines)
        assert r"M-1\n  answer: CLEAR\r\x1b[2K\u202e" in "".join(lines)
    assert proven.value("matter") == check.matter


def test_fields_of_a_newer_gateway_are_mentioned() -> None:
    record = trace_pb2.TraceRecord(record_id="r", act=trace_pb2.OperatorAct(kind="something_new"))
    assert verify_receipt(*alone(record)).value("unknownFields") == ""
    proven = verify_receipt(*alone(record, more=b"\xfa\x3f\x01x"))
    assert proven.value("unknownFields") == "true"
    assert "含有本版本不认识的字段" in proven.text("zh")
    assert "act: something_new" in proven.text("en")


def test_witnesses_are_checked_and_told() -> None:
    proven = verify_receipt(good("cosigned"), [KEY, WITNESS])
    assert proven.cosignatures == (Cosignature("witness.example/w1", 1_795_000_000),)
    assert "cosigned by witness witness.example/w1" in proven.text("en")
    assert "见证方 witness.example/w1 已会签" in proven.text("zh")
    assert verify_receipt(good("cosigned"), KEY).cosignatures == ()
    assert verify_receipt(good("check"), [KEY, WITNESS]).cosignatures == ()
    with pytest.raises(ReceiptError) as raised:
        verify_receipt(good("cosigned"), WITNESS)
    assert raised.value.check == "signature"


@pytest.mark.parametrize(
    ("name", "value"),
    [("log_origin", None), ("leaf_index", True), ("leaf", bytearray(b"x")), ("inclusion_proof", [b"x" * 32]),
     ("inclusion_proof", (b"x",)), ("checkpoint", b"x"), ("record_id", 7)],
)  # fmt: skip
def test_no_other_receipt_can_be_made(name: str, value: Any) -> None:
    with pytest.raises(ReceiptError) as raised:
        dataclasses.replace(good("check"), **{name: value})
    assert raised.value.check == "format"
