"""`verify_all`: what a caller can show of a log, and how each way of cheating comes out."""

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import xingate
from xingate._internal.fake.log import FakeLog
from xingate.checkpoint import VerifierKey
from xingate.errors import CheckpointError, InvalidRequestError, UnavailableError
from xingate.spool import SpoolReport
from xingate.testing import FakeGateway
from xingate.types import Decision, Subject, Verdict
from xingate.v1 import trace_pb2


class Caller:
    """A caller with a spool, and the fake gateway that it asks."""

    def __init__(self, folder: Path) -> None:
        self.fake = FakeGateway()
        self.folder = folder
        self.client = self.fake.client(system="tests", spool=folder)

    def ask(self, count: int = 1) -> list[Decision]:
        return [self.client.check(Subject.legal_entity(f"code-{i}"), "tender.bid") for i in range(count)]

    def verify(self, key: str = "") -> SpoolReport:
        report = self.client.verify_all(key)
        assert report.is_proven is (not report.problem and not report.wrong)
        assert str(report).count("\n") >= len(report.wrong)
        return report

    def alter(self, index: int, change: Callable[[trace_pb2.TraceRecord], None]) -> None:
        """Rewrite a record as an operator with the signing key could."""
        entry = self.fake._entries[index]
        change(entry.record)
        entry.leaf = entry.record.SerializeToString(deterministic=True)


@pytest.fixture
def caller(tmp_path: Path) -> Iterator[Caller]:
    caller = Caller(tmp_path / "spool")
    with caller.client:
        yield caller


def clear(record: trace_pb2.TraceRecord) -> None:
    record.check.verdict = 1
    record.check.matter = "another"


def checks(report: SpoolReport) -> list[str]:
    return [record.check for record in report.records]


def test_everything_is_proven_again_and_again_as_the_log_grows(caller: Caller) -> None:
    sizes = []
    for _ in range(4):
        caller.ask(3)
        report = caller.verify()
        assert report.is_proven
        sizes.append((report.earlier_size, report.size, len(report.records)))
    assert sizes == [(None, 3, 3), (3, 6, 6), (6, 9, 9), (9, 12, 12)]
    assert len(list((caller.folder / "receipts").iterdir())) == 12


def test_others_ask_in_between(caller: Caller) -> None:
    with caller.fake.client(system="other") as other:
        for _ in range(5):
            caller.ask(2)
            other.check(Subject.legal_entity("X"), "tender.bid")
            assert caller.verify().is_proven
    assert caller.verify().size == 15


def test_an_empty_spool_proves_that_the_log_grew(caller: Caller) -> None:
    assert caller.verify().is_proven
    caller.ask(2)
    assert caller.verify().earlier_size == 0


def test_the_key_is_pinned_at_first_use(caller: Caller) -> None:
    caller.ask()
    first, second = caller.verify(), caller.verify()
    assert (first.is_new_key, second.is_new_key) == (True, False)
    assert first.verifier_key in str(first)
    caller.fake._log = FakeLog("fake", caller.fake._entries)  # the same log under another key
    with pytest.raises(CheckpointError) as caught:
        caller.verify()
    assert caught.value.reason == "key_changed"


def test_a_given_key_must_be_the_logs_and_the_pinned_one(caller: Caller) -> None:
    caller.ask()
    key = caller.client.checkpoint().verifier_key
    report = caller.verify(key)
    assert (report.is_proven, report.is_new_key) == (True, False)
    other = str(VerifierKey("fake", bytes(32)))
    for wrong in (other, "no key"):
        with pytest.raises(CheckpointError) as caught:
            caller.verify(wrong)
        assert caught.value.reason == "key_changed"


def test_a_missing_record_is_named(caller: Caller) -> None:
    decisions = caller.ask(3)
    caller.alter(1, lambda record: setattr(record, "record_id", "another"))
    report = caller.verify()
    assert checks(report) == ["proven", "missing", "proven"]
    assert report.wrong[0].record_id == decisions[1].trace.record_id
    assert not report.problem


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (clear, "verdict"),
        (lambda record: setattr(record.check, "decision_digest", "0" * 64), "decision digest"),
    ],
)
def test_a_changed_answer_is_told_also_without_an_earlier_checkpoint(
    caller: Caller, change: Callable[[trace_pb2.TraceRecord], None], expected: str
) -> None:
    caller.fake.default = Verdict.PROHIBITED
    caller.ask(3)
    caller.alter(2, change)
    report = caller.verify()
    assert checks(report) == ["proven", "proven", "changed"]
    assert expected in report.wrong[0].message


def test_a_record_at_another_place_is_a_changed_one(caller: Caller) -> None:
    caller.ask(2)
    entries = caller.fake._entries
    entries.reverse()
    for index, entry in enumerate(entries):
        entry.leaf_index = index
    assert checks(caller.verify()) == ["changed", "changed"]


def test_a_rewritten_log_is_told_and_what_became_of_each_record(caller: Caller) -> None:
    caller.ask(4)
    assert caller.verify().is_proven
    caller.ask(1)
    caller.alter(1, clear)
    caller.alter(2, lambda record: setattr(record, "record_id", "another"))
    report = caller.verify()
    assert "first 4 leaves" in report.problem
    assert checks(report) == ["unconnected", "changed", "missing", "unconnected", "unconnected"]
    assert "first 4 leaves" in caller.verify().problem, "a bad log must not become the last seen one"


def test_receipts_outlive_a_lost_checkpoint(caller: Caller) -> None:
    """Without the last checkpoint that was seen, those of the receipts have to be part of the log."""
    caller.ask(2)
    caller.verify()
    caller.ask(1)
    assert caller.verify().is_proven
    (pinned,) = (caller.folder / "logs").iterdir()
    pinned.unlink()
    assert caller.verify().is_proven
    pinned.unlink()
    caller.alter(0, clear)
    report = caller.verify()
    assert checks(report) == ["unconnected"] * 3
    assert "are not what they were" in report.wrong[0].message


def test_a_log_that_was_cut_off_is_told(caller: Caller) -> None:
    caller.ask(4)
    assert caller.verify().is_proven
    del caller.fake._entries[2:]
    report = caller.verify()
    assert report.problem.startswith("it went back from 4 to 2 leaves")
    assert checks(report)[2:] == ["missing", "missing"]


def test_a_log_cut_off_and_filled_up_again_is_told(caller: Caller) -> None:
    caller.ask(4)
    assert caller.verify().is_proven
    del caller.fake._entries[2:]
    with caller.fake.client() as other:
        for _ in range(5):
            other.check(Subject.legal_entity("X"), "tender.bid")
    report = caller.verify()
    assert report.problem
    assert checks(report)[2:] == ["missing", "missing"]


def test_another_log_under_the_same_address_is_told(caller: Caller) -> None:
    caller.ask(2)
    assert caller.verify().is_proven
    caller.fake._log = FakeLog("other.example", caller.fake._entries)
    report = caller.verify()
    assert checks(report) == ["other_log", "other_log"]
    assert report.is_new_key


def test_two_answers_to_one_record_cannot_both_hold(caller: Caller) -> None:
    (decision,) = caller.ask()
    file = next((caller.folder / "answers").iterdir())
    value = json.loads(file.read_bytes())
    assert value["record_id"] == decision.trace.record_id
    with file.open("a") as answers:
        answers.write(json.dumps(value | {"verdict": "PROHIBITED"}) + "\n")
    assert sorted(checks(caller.verify())) == ["changed", "proven"]


def test_what_is_damaged_in_the_spool(caller: Caller) -> None:
    caller.ask(3)
    assert caller.verify().is_proven
    receipts = sorted((caller.folder / "receipts").iterdir())
    receipts[0].write_bytes(b"\xff{")
    receipts[1].write_bytes(receipts[1].read_bytes()[:-40])
    assert caller.verify().is_proven, "a damaged receipt is fetched again"
    receipts[2].write_text(receipts[2].read_text().replace('"leaf": "', '"leaf": "AAAA'))
    assert {"inclusion", "leaf"} & set(checks(caller.verify()))
    answers = sorted((caller.folder / "answers").iterdir())
    answers[0].write_bytes(b"{")
    assert "damaged" in checks(caller.verify())


def test_an_outage_is_no_verdict_on_the_log(caller: Caller) -> None:
    caller.ask(2)
    with caller.fake.outage(), pytest.raises(UnavailableError):
        caller.verify()
    caller.fake.fail(times=2)
    assert caller.verify().is_proven


def test_without_a_spool_there_is_nothing_to_verify() -> None:
    with FakeGateway().client() as client, pytest.raises(InvalidRequestError) as caught:
        client.verify_all()
    assert caught.value.reason == "spool_missing"


def test_batches_are_kept_too(caller: Caller) -> None:
    caller.client.check_many([xingate.Question(Subject.legal_entity(f"c{i}"), "tender.bid") for i in range(3)])
    assert checks(caller.verify()) == ["proven"] * 3


def test_the_twin_for_asyncio_does_the_same(tmp_path: Path) -> None:
    fake = FakeGateway()

    async def main() -> SpoolReport:
        async with fake.async_client(spool=tmp_path) as client:
            for _ in range(5):
                await client.check(Subject.legal_entity("X"), "tender.bid")
            return await client.verify_all()

    assert asyncio.run(main()).is_proven
    with fake.client(spool=tmp_path) as client:
        report = client.verify_all()
    assert (report.is_proven, report.earlier_size, len(report.records)) == (True, 5, 5)
