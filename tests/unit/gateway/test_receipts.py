"""Receipts in the gateway: real proofs over a real log, and what is told when there are none."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from xingate.checkpoint import new_private_key, verify, verify_extends
from xingate.receipt import verify_receipt
from xingate.v1 import trace_pb2
from xingate_server.gateway.errors import GatewayError, InvalidQuestionError, UnavailableError
from xingate_server.gateway.records.receipts import Receipts
from xingate_server.trace.memory import MemoryLog
from xingate_server.trace.port import Draft, ReadFailedError, Stored, TraceLog
from xingate_server.trace.sqlite.store import SqliteLog
from xingate_server.trace.tree.checkpoints import Checkpointer


def draft(number: int) -> Draft:
    record = trace_pb2.TraceRecord(record_id=f"r-{number}", act=trace_pb2.OperatorAct(kind=f"k-{number}"))
    return Draft(
        kind="act",
        record_id=f"r-{number}",
        request_id=f"q-{number}",
        system="",
        organisation="",
        question_digest=b"d",
        time="2026-11-24T00:00:00.000000Z",
        leaf=record.SerializeToString(deterministic=True),
        answer=b"",
    )


@pytest.fixture
def log(tmp_path: Path) -> Iterator[TraceLog]:
    log = SqliteLog(tmp_path, origin="log.example/1")
    yield log
    log.close()


@pytest.fixture
def signed(log: TraceLog, tmp_path: Path) -> Iterator[Checkpointer]:
    signed = Checkpointer(log, new_private_key(), tmp_path)
    yield signed
    signed.close()


async def test_every_record_of_a_growing_log_has_a_receipt(log: TraceLog, signed: Checkpointer) -> None:
    receipts = Receipts(log, signed)
    for number in range(12):
        stored = await log.append(draft(number))
        receipt = await receipts.receipt(stored)
        proven = verify_receipt(receipt, signed.verifier_key)
        assert (proven.record_id, proven.leaf_index, proven.value("act")) == (f"r-{number}", number, f"k-{number}")
    for number in range(12):
        stored_before = log.get(f"r-{number}")
        assert stored_before is not None
        assert verify_receipt(await receipts.receipt(stored_before), signed.verifier_key).leaf_index == number


async def test_any_two_checkpoints_are_of_one_log(log: TraceLog, signed: Checkpointer) -> None:
    receipts, notes = Receipts(log, signed), []
    for number in range(9):
        notes.append((await receipts.checkpoint()).note)
        await receipts.receipt(await log.append(draft(number)))
    newest = await receipts.checkpoint()
    assert newest.tree_size == verify(newest.note, newest.verifier_key).tree_size == 9
    for old in notes:
        size = verify(old, newest.verifier_key).tree_size
        proof = await receipts.consistency_proof(size, 0)
        assert (proof.size1, proof.size2) == (size, 9)
        verify_extends(old, newest.note, proof.proof, newest.verifier_key)


@pytest.mark.parametrize(
    ("sizes", "reason", "field"),
    [
        ((0, 4), "size_unknown", "size2"),
        ((4, 0), "size_unknown", "size1"),
        ((2**64 - 1, 2**64 - 1), "size_unknown", "size2"),
        ((3, 2), "size_order", "size1"),
    ],
)
async def test_sizes_are_those_of_the_log(
    log: TraceLog, signed: Checkpointer, sizes: tuple[int, int], reason: str, field: str
) -> None:
    receipts = Receipts(log, signed)
    for number in range(3):
        await receipts.receipt(await log.append(draft(number)))
    with pytest.raises(InvalidQuestionError) as caught:
        await receipts.consistency_proof(*sizes)
    assert (caught.value.reason, caught.value.field) == (reason, field)


class Broken:
    """Proofs of which one part does not work."""

    verifier_key = "k"

    def __init__(self, note: str | None = "no note", error: Exception | None = None) -> None:
        self._note, self._error = note, error

    def latest(self) -> str:
        if self._error:
            raise self._error
        return self._note or ""

    async def covering(self, _leaf_index: int, timeout_s: float) -> str | None:
        assert timeout_s == 2.0
        if self._error:
            raise self._error
        return self._note

    def inclusion_proof(self, _index: int, _size: int) -> Sequence[bytes]:
        return ()

    def consistency_proof(self, _size1: int, _size2: int) -> Sequence[bytes]:
        return ()


@pytest.mark.parametrize(
    ("proofs", "reason"),
    [
        (None, "proofs_missing"),
        (Broken(note=None), "checkpoint_pending"),
        (Broken(note="no note"), "checkpoint_unreadable"),
        (Broken(error=ReadFailedError("disk")), "record_failed"),
    ],
)
async def test_without_a_proof_there_is_no_receipt(proofs: Broken | None, reason: str) -> None:
    log = MemoryLog()
    receipts = Receipts(log, proofs)
    stored: Stored = await log.append(draft(0))
    with pytest.raises(UnavailableError) as caught:
        await receipts.receipt(stored)
    assert caught.value.reason == reason
    if reason != "checkpoint_pending":
        for call in (receipts.checkpoint(), receipts.consistency_proof(0, 0)):
            with pytest.raises(GatewayError) as caught_too:
                await call
            assert caught_too.value.reason == reason
