"""What proves a record to others: receipts, signed checkpoints, and proofs that the log only grew.

A receipt is issued only under a checkpoint that covers its leaf; one that is newer than the newest checkpoint is waited
for, since that comes within about a second. A consistency proof is available for any sizes that the log had, so that a
checkpoint of another worker process, newer than our own, can be asked about. Excluded: making the tree, signing
(`trace.tree.proofs`, `trace.tree.checkpoints`), verifying (`xingate.receipt`). Source: DESIGN section 7; RFC 6962;
C2SP.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final, Protocol, TypeVar

from xingate.checkpoint import Checkpoint, SignedNote
from xingate.errors import CheckpointError
from xingate.receipt import Receipt
from xingate.types import ConsistencyProof, SignedCheckpoint
from xingate_server.gateway.errors import InvalidQuestionError, UnavailableError
from xingate_server.trace import port

COVERED_WITHIN_S: Final = 2.0

_T = TypeVar("_T")


class Proofs(Protocol):
    """The tree over the log, and its signed checkpoints. Errors are those of `trace.port`."""

    @property
    def verifier_key(self) -> str:
        """The log's public key, to hand out (C2SP)."""
        ...

    def latest(self) -> str:
        """The newest signed checkpoint."""
        ...

    async def covering(self, leaf_index: int, timeout_s: float) -> str | None:
        """The newest signed checkpoint once it covers the leaf; None if that takes longer than `timeout_s`."""
        ...

    def inclusion_proof(self, index: int, size: int) -> Sequence[bytes]:
        """The path from leaf `index` to the root of the first `size` leaves."""
        ...

    def consistency_proof(self, size1: int, size2: int) -> Sequence[bytes]:
        """That the first `size2` leaves begin with the first `size1`."""
        ...


class Receipts:
    """Gives what proves records. `proofs` None: this log has no tree, and everything here is unavailable."""

    def __init__(self, trace: port.TraceLog, proofs: Proofs | None) -> None:
        self._trace = trace
        self._given = proofs

    async def receipt(self, stored: port.Stored) -> Receipt:
        """The receipt of one leaf. Raises UnavailableError: `checkpoint_pending` where no checkpoint covers it yet."""
        (receipt,) = await self.receipts((stored,))
        return receipt

    async def receipts(self, leaves: Sequence[port.Stored]) -> list[Receipt]:
        """The receipts of some leaves under one checkpoint. Raises UnavailableError as `receipt` does."""
        proofs, index = self._proofs(), max(stored.leaf_index for stored in leaves)
        try:
            note = await proofs.covering(index, COVERED_WITHIN_S)
        except port.TraceError as error:
            raise _unreadable() from error
        if note is None:
            text = f"no signed checkpoint covers leaf {index} yet: ask again in a second"
            raise UnavailableError("checkpoint_pending", text)
        size = read_note(note).tree_size
        paths = await _made(lambda: [tuple(proofs.inclusion_proof(stored.leaf_index, size)) for stored in leaves])
        return [
            Receipt(
                log_origin=self._trace.origin,
                record_id=stored.record_id,
                leaf_index=stored.leaf_index,
                leaf=stored.leaf,
                inclusion_proof=path,
                checkpoint=note,
            )
            for stored, path in zip(leaves, paths, strict=True)
        ]

    async def checkpoint(self) -> SignedCheckpoint:
        """The newest signed checkpoint. Raises UnavailableError."""
        proofs = self._proofs()
        note = await _made(proofs.latest)
        read = read_note(note)
        return SignedCheckpoint(note, read.tree_size, read.root_hash, str(proofs.verifier_key))

    async def consistency_proof(self, size1: int, size2: int) -> ConsistencyProof:
        """Between two sizes (`size2` 0: that of the newest checkpoint); empty if they are equal or `size1` is 0.

        Raises InvalidQuestionError (`size_order`, or `size_unknown` beyond the end of the log), UnavailableError.
        """
        proofs = self._proofs()
        size2 = size2 or read_note(await _made(proofs.latest)).tree_size
        end = await _made(self._trace.size)
        for name, size in (("size2", size2), ("size1", size1)):
            if size > end:
                text = f"size {size} is unknown: the log has {end} {'leaf' if end == 1 else 'leaves'}"
                raise InvalidQuestionError("size_unknown", text, name)
        if size1 > size2:
            text = f"size1 {size1} is larger than size2 {size2}: give the earlier size first"
            raise InvalidQuestionError("size_order", text, "size1")
        proof: Sequence[bytes] = ()
        if 0 < size1 < size2:
            proof = await _made(lambda: proofs.consistency_proof(size1, size2))
        return ConsistencyProof(size1, size2, tuple(proof))

    def _proofs(self) -> Proofs:
        if self._given is None:
            raise UnavailableError("proofs_missing", "this log has no signed checkpoints: nothing can be proven of it")
        return self._given


def read_note(note: str) -> Checkpoint:
    """The checkpoint in our own note; not verified. Raises UnavailableError if it is none."""
    try:
        return Checkpoint.parse(SignedNote.parse(note).text)
    except CheckpointError as error:
        raise UnavailableError("checkpoint_unreadable", f"the newest checkpoint is damaged: {error}") from error


async def _made(make: Callable[[], _T]) -> _T:
    """In a thread, because it reads the log. Raises UnavailableError."""
    try:
        return await asyncio.to_thread(make)
    except port.TraceError as error:
        raise _unreadable() from error


def _unreadable() -> UnavailableError:
    return UnavailableError("record_failed", "the log cannot be read at the moment: ask again")
