"""The bytes of a lookup's leaf, put together from parts that were serialised before.

Most of a leaf is the same for all who ask the same on one day and snapshot. A serialised message is its fields one
after the other, so the parts joined in the order of the field numbers are the bytes that `trace.leaf.record.encode`
gives (a test compares the two). Source: protobuf.dev, Encoding.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

import msgspec

from xingate.v1 import trace_pb2, types_pb2
from xingate_server.trace.leaf.record import CheckLeaf, check_record
from xingate_server.trace.leaf.wire import text_field, varint

_CALLERS_KEPT: Final = 4096
_RECORD_ID, _REQUEST_ID, _TIME, _BODY = b"\x0a", b"\x12", b"\x1a", b"\x22"  # of a TraceRecord
_CALLER, _MATTER, _SUBJECT_KEY, _SUBJECT_CODE = b"\x0a", b"\x1a", b"\x2a", b"\x32"  # of a CheckRecord
_FURTHER_KEYS = b"\x92\x01"


class LeafParts(msgspec.Struct, frozen=True, gc=False):
    """Fields 2, 4, 7 to 15 and 17 of a CheckRecord."""

    action: bytes
    kind: bytes
    answer: bytes
    situation: bytes


class Asked(msgspec.Struct, frozen=True, gc=False):
    """What differs from one leaf to the next; `caller` is made by `caller_part`."""

    record_id: str
    request_id: str
    time: str
    caller: bytes
    matter: str
    subject_key: bytes
    subject_code: str
    context: Mapping[str, str]
    further_keys: tuple[bytes, ...] = ()


def parts_of(leaf: CheckLeaf) -> LeafParts:
    """The parts of `leaf` that stay; whatever `Asked` holds is left out."""
    whole = check_record(leaf)
    action = trace_pb2.CheckRecord(action=whole.action)
    kind = trace_pb2.CheckRecord(subject_kind=whole.subject_kind)
    situation = trace_pb2.CheckRecord(situation=whole.situation)
    held = ("matter", "subject_key", "subject_code", "context", "further_keys")
    for name in ("caller", "action", "subject_kind", "situation", *held):
        whole.ClearField(name)
    return LeafParts(*(part.SerializeToString(deterministic=True) for part in (action, kind, whole, situation)))


def join(parts: LeafParts, asked: Asked) -> bytes:
    """The leaf."""
    context = (
        trace_pb2.CheckRecord(context=asked.context).SerializeToString(deterministic=True) if asked.context else b""
    )
    body = b"".join(
        (
            asked.caller,
            parts.action,
            text_field(_MATTER, asked.matter),
            parts.kind,
            text_field(_SUBJECT_KEY, asked.subject_key.hex()),
            text_field(_SUBJECT_CODE, asked.subject_code),
            parts.answer,
            context,
            parts.situation,
            *[text_field(_FURTHER_KEYS, key.hex()) for key in asked.further_keys],
        )
    )
    return b"".join(
        (
            text_field(_RECORD_ID, asked.record_id),
            text_field(_REQUEST_ID, asked.request_id),
            text_field(_TIME, asked.time),
            _BODY,
            varint(len(body)),
            body,
        )
    )


@lru_cache(maxsize=_CALLERS_KEPT)
def caller_part(system: str, organisation: str, operator: str) -> bytes:
    """Field 1, the caller as recorded: without a person's number."""
    content = types_pb2.Caller(system=system, organisation=organisation, operator=operator).SerializeToString()
    return _CALLER + varint(len(content)) + content
