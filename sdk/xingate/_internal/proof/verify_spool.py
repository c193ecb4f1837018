"""Shows that the log still holds every answer that a spool kept, and that it only grew since it was last seen.

What is written here asks for calls and pauses (seconds) and is driven by either client. A receipt is kept only once
its checkpoint was shown to be part of the history of the last seen one, so later runs need one consistency proof for
all of them. Excluded: what a log did before the spool first saw it, and the gateway's own clock. Source: DESIGN
section 7; RFC 6962.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from xingate._internal.calls import proofs
from xingate._internal.calls.call import Steps
from xingate._internal.proof.spool_report import RecordResult, SpoolReport
from xingate.checkpoint import Checkpoint, VerifierKey, verify, verify_extends
from xingate.errors import (
    CheckpointError,
    InvalidRequestError,
    NotFoundError,
    ProofError,
    ProtocolError,
    ReceiptError,
)
from xingate.merkle import EMPTY_ROOT
from xingate.receipt import Proven, Receipt, verify_receipt
from xingate.spool import Kept, KnownLog, Spool
from xingate.types import SignedCheckpoint

OnProgress = Callable[[int, int], None]
"""Hears how many answers are done, of how many."""


# Worker processes of one gateway may be this far apart in the checkpoints that they know.
_PAUSES_S: Final = (0.5, 1.0, 2.0)


def verify_all(spool: Spool, verifier_key: str = "", on_progress: OnProgress | None = None) -> Steps[SpoolReport]:
    """Check every kept answer. `verifier_key` "": the one pinned in the spool, or, at first use, the gateway's own.

    Raises CheckpointError if the gateway's checkpoint is not signed by that key, or (reason `key_changed`) the key
    is another one than before; and the errors of a call.
    """
    given: SignedCheckpoint = yield proofs.checkpoint_call()
    known, is_new = _settle_key(spool, given, verifier_key)
    history = _History(spool, known)
    earlier = verify(known.note, known.verifier_key).tree_size if known.note else None
    yield from history.extend(given)
    records: list[RecordResult] = []
    answers = list(spool.answers())
    for done, kept in enumerate(answers):
        if on_progress is not None:
            on_progress(done, len(answers))
        if isinstance(kept, Path):
            records.append(RecordResult(kept.name, -1, "damaged", "a line of the file is not a stored answer"))
        else:
            records.append((yield from _record(kept, spool, history)))
    return SpoolReport(
        origin=known.origin,
        verifier_key=known.verifier_key,
        is_new_key=is_new,
        size=history.present.tree_size,
        earlier_size=earlier,
        problem=history.problem,
        records=tuple(records),
    )


def _settle_key(spool: Spool, given: SignedCheckpoint, wanted: str) -> tuple[KnownLog, bool]:
    """The log with the key to trust, and whether it was trusted only now."""
    origin = VerifierKey.parse(given.verifier_key).name
    try:
        known = spool.known_log(origin)
    except ValueError as error:
        raise CheckpointError(str(error), reason="spool_damaged") from error
    for trusted, whose in ((wanted, "given"), (known.verifier_key, "that the spool keeps since first use")):
        if trusted and trusted != given.verifier_key:
            text = f"the log's key is not the one {whose}: `{given.verifier_key}` instead of `{trusted}`"
            raise CheckpointError(text, reason="key_changed")
    is_new = not (wanted or known.verifier_key)
    return KnownLog(origin, given.verifier_key, known.note), is_new


class _History:
    """The checkpoints seen, and whether they are of one history. `problem` is the first thing against that.

    `is_new`: the spool keeps no checkpoint, so that those of its receipts have to be connected too.
    """

    def __init__(self, spool: Spool, known: KnownLog) -> None:
        self._spool = spool
        self.key = known.verifier_key
        self.origin = known.origin
        self.note = known.note
        self.is_new = not known.note
        self.problem = ""
        self.present = Checkpoint(known.origin, 0, EMPTY_ROOT)
        self._connected: set[str] = set()

    def extend(self, given: SignedCheckpoint) -> Steps[None]:
        """Take the gateway's present checkpoint, and show that it continues the last seen one."""
        self.present = verify(given.note, self.key)
        earlier = verify(self.note, self.key) if self.note else None
        for pause_s in _PAUSES_S:
            if earlier is None or self.present.tree_size >= earlier.tree_size:
                break
            yield pause_s
            given = yield proofs.checkpoint_call()
            self.present = verify(given.note, self.key)
        if earlier is not None and self.present.tree_size < earlier.tree_size:
            sizes = f"from {earlier.tree_size} to {self.present.tree_size} leaves"
            self.problem = f"it went back {sizes}: records were lost or removed"
            return
        self.problem = yield from self._against(self.note, given.note)
        if not self.problem:
            self._keep(given.note)

    def connect(self, note: str) -> Steps[str]:
        """Show that a checkpoint is part of the history; what is wrong, or ""."""
        if note in self._connected:
            return ""
        other, last = verify(note, self.key), verify(self.note, self.key)
        is_newer = other.tree_size > last.tree_size
        wrong: str = yield from (self._against(self.note, note) if is_newer else self._against(note, self.note))
        if not wrong:
            self._connected.add(note)
            if is_newer:
                self._keep(note)
        return wrong

    def _against(self, earlier: str, later: str) -> Steps[str]:
        if not earlier:
            return ""
        size1, size2 = verify(earlier, self.key).tree_size, verify(later, self.key).tree_size
        hashes: tuple[bytes, ...] = ()
        if 0 < size1 < size2:
            try:
                hashes = (yield proofs.consistency_call(size1, size2)).proof
            except (InvalidRequestError, NotFoundError, ProtocolError) as error:
                return f"the gateway gives no proof that {size2} leaves begin with {size1}: {error.message}"
        try:
            verify_extends(earlier, later, hashes, self.key)
        except ProofError as error:
            return f"its first {size1} leaves are not what they were: {error.message}"
        return ""

    def _keep(self, note: str) -> None:
        self.note = note
        self._connected.add(note)
        self._spool.keep_log(KnownLog(self.origin, self.key, note))


def _record(kept: Kept, spool: Spool, history: _History) -> Steps[RecordResult]:
    def result(check: str, message: str = "") -> RecordResult:
        return RecordResult(kept.record_id, kept.leaf_index, check, message)

    if kept.log_origin != history.origin:
        return result("other_log", f"it was recorded in log `{kept.log_origin}`, this gateway keeps `{history.origin}`")
    earlier = _kept_receipt(spool, kept.record_id)
    if earlier is None or history.problem:
        try:
            receipt: Receipt = yield proofs.receipt_call(kept.record_id)
        except NotFoundError:
            return result("missing", f"the gateway has no such record, which stood at leaf {kept.leaf_index}")
        except ProtocolError as error:
            return result("format", error.message)
    else:
        receipt = earlier
    try:
        proven = verify_receipt(receipt, history.key)
    except ReceiptError as error:
        return result(error.check, error.message)
    if wrong := _difference(kept, proven, earlier):
        return result("changed", wrong)
    if receipt is not earlier or history.is_new:
        if wrong := history.problem or (yield from history.connect(receipt.checkpoint)):
            return result("unconnected", wrong)
        spool.keep_receipt(kept.record_id, receipt.to_json())
    return result("proven")


def _kept_receipt(spool: Spool, record_id: str) -> Receipt | None:
    """The receipt in the spool; one that is damaged is fetched again."""
    text = spool.receipt(record_id)
    try:
        return Receipt.from_json(text) if text is not None else None
    except ReceiptError:
        return None


def _difference(kept: Kept, proven: Proven, earlier: Receipt | None) -> str:
    """The first thing that the record says otherwise than the answer did."""
    if earlier is not None and proven.leaf != earlier.leaf:
        return "the record is not the one of the receipt that the spool keeps"
    pairs = (
        ("record id", kept.record_id, proven.record_id),
        ("leaf", kept.leaf_index, proven.leaf_index),
        ("verdict", kept.verdict, proven.value("verdict")),
        ("decision digest", kept.decision_digest, proven.value("decisionDigest")),
    )
    found = (
        f"{name} `{recorded}` is recorded, `{was}` was answered" for name, was, recorded in pairs if was != recorded
    )
    return next(found, "")
