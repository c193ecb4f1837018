"""Receipts: one record of the log with all that proves it, in one file that is verified without a gateway.

A receipt holds the leaf's exact bytes, its place in the tree, the path to the root and a signed checkpoint. Who holds
the log's public key can tell from the file alone what was asked, when, on which snapshot and what was answered.
Leaves out how receipts are fetched and printed.

What a verified receipt does **not** prove: that the gateway's clock was right, that the answer was right, or that the
log shows everybody the same tree; for the last compare checkpoints (`xingate.checkpoint.verify_extends`) or demand
cosignatures of witnesses.

    proven = verify_receipt(Path("receipt.json").read_bytes(), "log.example+1a2b3c4d+AQ...")
    print(proven.text("zh"))

Source: DESIGN section 7, format `xingate-receipt/1`. Protobuf is imported when a leaf is read; grpc never.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NoReturn

from xingate._internal.proof.proven_facts import Fact, Proven, facts_of
from xingate._internal.proof.signed_note import SignatureType, SignedNote, VerifierKey, decode64, encode64, read_keys
from xingate.checkpoint import Checkpoint, verify, verify_cosignatures
from xingate.errors import CheckpointError, InclusionError, ProofError, ReceiptError
from xingate.merkle import HASH_SIZE, MAX_SIZE, leaf_hash, verify_inclusion

if TYPE_CHECKING:
    from xingate.v1 import trace_pb2

__all__ = ["CHECKS", "FORMAT", "MAX_RECEIPT_BYTES", "Fact", "Proven", "Receipt", "verify_receipt"]

FORMAT: Final = "xingate-receipt/1"
MAX_RECEIPT_BYTES: Final = 4_194_304
# The steps of `verify_receipt` in order; `ReceiptError.check` is the first that fails.
CHECKS: Final = ("format", "key", "checkpoint", "origin", "signature", "inclusion", "leaf", "record")
_MAX_PROOF = 64
_FIELDS = ("format", "logOrigin", "recordId", "leafIndex", "leaf", "inclusionProof", "checkpoint")

_Keys = str | VerifierKey | Sequence[str | VerifierKey]


@dataclass(frozen=True)
class Receipt:
    """A receipt as it is read, not yet verified. `leaf_index` counts from 0; `checkpoint` is a signed note.

    Raises ReceiptError (`check` is "format") if a part is of the wrong kind.
    """

    log_origin: str
    record_id: str
    leaf_index: int
    leaf: bytes
    inclusion_proof: tuple[bytes, ...]
    checkpoint: str

    def __post_init__(self) -> None:
        for name in ("log_origin", "record_id", "checkpoint"):
            if type(getattr(self, name)) is not str or not getattr(self, name):
                _wrong(f"`{name}` is a text that is not empty")
        if type(self.leaf_index) is not int or not 0 <= self.leaf_index <= MAX_SIZE:
            _wrong("`leaf_index` is a whole number from 0 to 2**64 - 1")
        if type(self.leaf) is not bytes or not self.leaf:
            _wrong("`leaf` is bytes that are not empty")
        if type(self.inclusion_proof) is not tuple or len(self.inclusion_proof) > _MAX_PROOF:
            _wrong(f"`inclusion_proof` is a tuple of at most {_MAX_PROOF} hashes")
        if any(type(item) is not bytes or len(item) != HASH_SIZE for item in self.inclusion_proof):
            _wrong(f"each hash of `inclusion_proof` is {HASH_SIZE} bytes")

    def to_json(self) -> str:
        """The file's text, ending in a newline; characters other than ASCII as they are."""
        content = {
            "format": FORMAT,
            "logOrigin": self.log_origin,
            "recordId": self.record_id,
            "leafIndex": self.leaf_index,
            "leaf": encode64(self.leaf),
            "inclusionProof": [encode64(item) for item in self.inclusion_proof],
            "checkpoint": self.checkpoint,
        }
        return json.dumps(content, ensure_ascii=False, indent=2) + "\n"

    @classmethod
    def from_json(cls, content: str | bytes) -> "Receipt":
        """Read a receipt file. Raises ReceiptError (`check` is "format") with the first thing that is wrong."""
        fields = _read_fields(content)
        proof = fields["inclusionProof"]
        if type(proof) is not list or len(proof) > _MAX_PROOF:
            _wrong(f"`inclusionProof` is a list of at most {_MAX_PROOF} hashes in base64")
        return cls(
            log_origin=fields["logOrigin"],
            record_id=fields["recordId"],
            leaf_index=fields["leafIndex"],
            leaf=_decode(fields["leaf"], "leaf"),
            inclusion_proof=tuple(_decode(item, f"inclusionProof[{at}]") for at, item in enumerate(proof)),
            checkpoint=fields["checkpoint"],
        )

    @classmethod
    def from_message(cls, message: "trace_pb2.Receipt") -> "Receipt":
        """From the gateway's answer. Raises ReceiptError (`check` is "format") if it is not a receipt."""
        if message.format != FORMAT:
            _wrong(f"the format is not `{FORMAT}`")
        return cls(
            log_origin=message.log_origin,
            record_id=message.record_id,
            leaf_index=message.leaf_index,
            leaf=message.leaf,
            inclusion_proof=tuple(message.inclusion_proof),
            checkpoint=message.checkpoint,
        )

    def to_message(self) -> "trace_pb2.Receipt":
        """The message that carries this receipt."""
        from xingate.v1 import trace_pb2

        return trace_pb2.Receipt(
            format=FORMAT,
            log_origin=self.log_origin,
            record_id=self.record_id,
            leaf_index=self.leaf_index,
            leaf=self.leaf,
            inclusion_proof=self.inclusion_proof,
            checkpoint=self.checkpoint,
        )


def verify_receipt(receipt: Receipt | str | bytes, verifier_keys: _Keys) -> Proven:
    """What the receipt proves to whoever trusts the keys; raises ReceiptError with the first thing that is wrong.

    `receipt` is a Receipt or the text of its file; `verifier_keys` is the log's key (C2SP verifier key), and may hold
    keys of witnesses, whose cosignatures are then checked and reported. `ReceiptError.check` is one of `CHECKS`:
    "format" no receipt of this format; "key" the verifier key is none; "checkpoint" the signed note is malformed;
    "origin" it is of another log than the receipt says; "signature" no trusted key signed it, or a signature is
    false; "inclusion" the leaf is not at its place in the signed tree; "leaf" its bytes are not a record that this
    version knows; "record" they are another record than the receipt says.
    """
    given = receipt if isinstance(receipt, Receipt) else Receipt.from_json(receipt)
    try:
        keys = read_keys(verifier_keys)
    except CheckpointError as error:
        raise _failed("key", error) from error
    checkpoint = _signed_checkpoint(given, keys)
    try:
        verify_inclusion(
            leaf_hash=leaf_hash(given.leaf),
            leaf_index=given.leaf_index,
            tree_size=checkpoint.tree_size,
            proof=given.inclusion_proof,
            root_hash=checkpoint.root_hash,
        )
    except InclusionError as error:
        raise _failed("inclusion", error) from error
    record = _read_leaf(given.leaf)
    if record.record_id != given.record_id:
        raise _error("record", "the leaf is the record of another id than the receipt states")
    witnesses = [key for key in keys if key.kind is SignatureType.COSIGNATURE]
    return Proven(
        kind=record.WhichOneof("body") or "",
        record_id=record.record_id,
        time=record.time,
        leaf_index=given.leaf_index,
        checkpoint=checkpoint,
        cosignatures=verify_cosignatures(given.checkpoint, witnesses) if witnesses else (),
        facts=facts_of(record),
        leaf=given.leaf,
    )


def _signed_checkpoint(receipt: Receipt, keys: Sequence[VerifierKey]) -> Checkpoint:
    try:
        checkpoint = Checkpoint.parse(SignedNote.parse(receipt.checkpoint).text)
    except CheckpointError as error:
        raise _failed("checkpoint", error) from error
    if checkpoint.origin != receipt.log_origin:
        raise _error("origin", "the checkpoint is of another log than the receipt states")
    try:
        return verify(receipt.checkpoint, keys)
    except CheckpointError as error:
        raise _failed("signature", error) from error


def _read_leaf(leaf: bytes) -> "trace_pb2.TraceRecord":
    from google.protobuf.message import DecodeError

    from xingate.v1 import trace_pb2

    try:
        record = trace_pb2.TraceRecord.FromString(leaf)
    except (DecodeError, ValueError):
        raise _error("leaf", "the leaf is not a serialised record") from None
    if record.WhichOneof("body") is None:
        raise _error("leaf", "the leaf is a record of a kind that this version does not know: use a newer one")
    return record


def _read_fields(content: object) -> Mapping[str, Any]:
    if type(content) not in {str, bytes}:
        _wrong(f"a receipt is the text of a JSON file, not {type(content).__name__}")
    try:
        value = json.loads(_bounded_text(content), object_pairs_hook=_once)
    except (ValueError, RecursionError):
        _wrong("the receipt is not a JSON text in UTF-8")
    if type(value) is not dict:
        _wrong("the receipt is not a JSON object")
    if value.get("format") != FORMAT:
        _wrong(f"the format is not `{FORMAT}`")
    missing = [name for name in _FIELDS if name not in value]
    if missing:
        _wrong(f"the field `{missing[0]}` is missing")
    if len(value) != len(_FIELDS):
        _wrong("the receipt has a field that its format does not have")
    return value


def _bounded_text(content: Any) -> str:
    if len(content) <= MAX_RECEIPT_BYTES:
        raw = content.encode() if type(content) is str else content
        if len(raw) <= MAX_RECEIPT_BYTES:
            return str(raw, "utf-8")
    return _wrong(f"the receipt is too large: expected at most {MAX_RECEIPT_BYTES} bytes")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        _wrong("the receipt has a field twice")
    return fields


def _decode(text: object, name: str) -> bytes:
    if type(text) is not str:
        _wrong(f"`{name}` is a text in base64")
    try:
        return decode64(text, f"`{name}`")
    except CheckpointError as error:
        raise _failed("format", error) from error


def _wrong(message: str) -> NoReturn:
    raise _error("format", message)


def _failed(check: str, error: ProofError) -> ReceiptError:
    return _error(check, error.message)


def _error(check: str, message: str) -> ReceiptError:
    return ReceiptError(message, check=check, reason=f"receipt_{check}")
