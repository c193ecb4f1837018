"""One receipt for a matter: the receipts of all its parties, under one signed checkpoint, in one file.

Each is a receipt of its own (`xingate.receipt`); together they show that the parties were asked about as one matter,
by one caller for one action, and that none of them was left out of the file. Leaves out the file's verdict, which
rests on what each gap may hide and is not on record: the verdict of each party is. Format `xingate-matter-receipt/1`.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from xingate._internal.proof.signed_note import VerifierKey
from xingate._internal.values.common_parts import Text
from xingate.errors import ReceiptError
from xingate.matter import MAX_PARTIES, PARTY_PLACE, PARTY_ROLE
from xingate.receipt import MAX_RECEIPT_BYTES, Proven, Receipt, verify_receipt

if TYPE_CHECKING:
    from xingate.v1 import trace_pb2

__all__ = ["FORMAT", "MatterReceipt", "ProvenMatter", "is_matter_receipt", "verify_matter_receipt"]

FORMAT: Final = "xingate-matter-receipt/1"
_COMMON: Final = ("system", "organisation", "operator", "action", "matter")


@dataclass(frozen=True)
class MatterReceipt:
    """As it is read, not yet verified. Raises ReceiptError (`check` is "format")."""

    receipts: tuple[Receipt, ...]

    def __post_init__(self) -> None:
        if not 0 < len(self.receipts) <= MAX_PARTIES:
            raise _error("format", f"a matter's receipt contains 1 to {MAX_PARTIES} receipts")

    def to_json(self) -> str:
        """The file's text, ending in a newline."""
        receipts = [json.loads(receipt.to_json()) for receipt in self.receipts]
        return json.dumps({"format": FORMAT, "receipts": receipts}, ensure_ascii=False, indent=2) + "\n"

    @classmethod
    def from_json(cls, content: str | bytes) -> "MatterReceipt":
        """Read a file. Raises ReceiptError (`check` is "format") with the first thing that is wrong."""
        value = _loaded(content)
        if not isinstance(value, dict) or value.get("format") != FORMAT or set(value) != {"format", "receipts"}:
            raise _error("format", f"the file is not an object of `format` (`{FORMAT}`) and `receipts` alone")
        if not isinstance(value["receipts"], list):
            raise _error("format", "`receipts` is a list")
        return cls(tuple(Receipt.from_json(json.dumps(one)) for one in value["receipts"]))

    @classmethod
    def from_message(cls, message: "trace_pb2.MatterReceipt") -> "MatterReceipt":
        """From the gateway's answer. Raises ReceiptError (`check` is "format")."""
        if message.format != FORMAT:
            raise _error("format", f"the format is not `{FORMAT}`")
        return cls(tuple(map(Receipt.from_message, message.receipts)))

    def to_message(self) -> "trace_pb2.MatterReceipt":
        """The message that carries it."""
        from xingate.v1 import trace_pb2

        return trace_pb2.MatterReceipt(format=FORMAT, receipts=[receipt.to_message() for receipt in self.receipts])


@dataclass(frozen=True)
class ProvenMatter:
    """What a matter's receipt proves: the record of each party, in the order of the question."""

    request_id: str
    action: str
    matter: str
    parties: tuple[Proven, ...]
    roles: tuple[str, ...]

    def text(self, language: Literal["zh", "en"]) -> str:
        """Everything that is proven, in words."""
        count = len(self.parties)
        said = Text(
            f"已证明：同一办件 {self.matter} 的 {count} 个当事人一并查询，事项 {self.action}，无一遗漏",
            f"proven: {count} parties of the matter {self.matter} were asked about together for {self.action}, "
            "and all of them are in this file",
        )
        lines = [getattr(said, language)]
        for role, party in zip(self.roles, self.parties, strict=True):
            lines += [f"[{role}]", party.text(language)]
        return "\n".join(lines)


def is_matter_receipt(content: bytes) -> bool:
    """Whether the file says that it is a matter's receipt; it may still be a bad one."""
    try:
        value = _loaded(content)
    except ReceiptError:
        return False
    return isinstance(value, dict) and value.get("format") == FORMAT


def verify_matter_receipt(
    receipt: MatterReceipt | str | bytes, verifier_keys: str | VerifierKey | Sequence[str | VerifierKey]
) -> ProvenMatter:
    """What it proves to whoever trusts the keys. Raises ReceiptError with the first thing that is wrong.

    `check` is one of `xingate.receipt.CHECKS`, or "matter": the receipts are not those of all parties of one matter,
    in their order and under one checkpoint.
    """
    given = receipt if isinstance(receipt, MatterReceipt) else MatterReceipt.from_json(receipt)
    proven = tuple(verify_receipt(one, verifier_keys) for one in given.receipts)
    if len({one.checkpoint for one in given.receipts}) != 1:
        raise _error("matter", "the receipts are not under one checkpoint")
    contexts = [_context(one) for one in proven]
    requests = {one.value("requestId").rpartition("/")[0] for one in proven}
    for place, (one, context) in enumerate(zip(proven, contexts, strict=True), start=1):
        is_here = context.get(PARTY_PLACE) == f"{place}/{len(proven)}" and context.get(PARTY_ROLE)
        if one.kind != "check" or not is_here or not one.value("requestId").endswith(f"/{place}"):
            raise _error("matter", f"receipt {place} of {len(proven)} is not that of party {place} of {len(proven)}")
    first = proven[0]
    if len(requests) != 1 or any(one.value(name) != first.value(name) for one in proven for name in _COMMON):
        raise _error("matter", "the receipts are of different matters, actions or callers")
    roles = tuple(context[PARTY_ROLE] for context in contexts)
    return ProvenMatter(requests.pop(), first.value("action"), first.value("matter"), proven, roles)


def _context(proven: Proven) -> dict[str, str]:
    from xingate.v1 import trace_pb2

    return dict(trace_pb2.TraceRecord.FromString(proven.leaf).check.context)


def _loaded(content: str | bytes) -> Any:
    if len(content) > MAX_RECEIPT_BYTES:
        raise _error("format", f"the receipt is too large: expected at most {MAX_RECEIPT_BYTES} bytes")
    try:
        return json.loads(content, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        raise _error("format", "the receipt is not a JSON text in UTF-8, or has a field twice") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("a field twice")
    return fields


def _error(check: str, message: str) -> ReceiptError:
    return ReceiptError(message, check=check, reason=f"receipt_{check}")
