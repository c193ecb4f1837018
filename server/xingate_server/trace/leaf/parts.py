"""The bytes of a lookup's leaf, put together from parts that were serialised before.

Most of a leaf is the same for all who ask the same on one day and snapshot. A serialised message is its fields one
after the other, so the parts joined in the order of the field numbers are the bytes that `trace.leaf.record.encode`
gives (a test compares the two). Source: protobuf.dev, Encoding.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

import msgspec

from xingate.v1.trace_pb2 import CheckRecord, TraceRecord
from xingate.v1.types_pb2 import Caller
from xingate_server.trace.leaf.record import CheckLeaf, check_record
from xingate_server.trace.leaf.terms import answer_part
from xingate_server.trace.leaf.wire import message_field, tag, text_field

_MAX_CALLERS: Final = 4096


class LeafParts(msgspec.Struct, frozen=True, gc=False):
    """What stays of a CheckRecord whoever asks: its action, its subject's kind, its situation, and the answer, which
    is the fields between `subject_code` and `context`."""

    action: bytes
    kind: bytes
    answer: bytes
    situation: bytes


class Asked(msgspec.Struct, frozen=True, gc=False):
    """What differs from one leaf to the next; `caller` is made by `LeafJoiner.caller`."""

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
    action = CheckRecord(action=whole.action)
    kind = CheckRecord(subject_kind=whole.subject_kind)
    situation = CheckRecord(situation=whole.situation)
    held = ("matter", "subject_key", "subject_code", "context", "further_keys")
    for name in ("caller", "action", "subject_kind", "situation", *held):
        whole.ClearField(name)
    return LeafParts(*(part.SerializeToString(deterministic=True) for part in (action, kind, whole, situation)))


class LeafJoiner:
    """Joins leaves, and remembers what callers share. For any number of threads."""

    def __init__(self) -> None:
        self._record_id, self._request_id, self._time, self._check = (
            tag(TraceRecord, name) for name in ("record_id", "request_id", "time", "check")
        )
        self._matter, self._subject_key, self._subject_code, self._further_keys = (
            tag(CheckRecord, name) for name in ("matter", "subject_key", "subject_code", "further_keys")
        )
        self.caller = lru_cache(_MAX_CALLERS)(caller_part)
        self.answer_terms = lru_cache(_MAX_CALLERS)(answer_part)

    def join(self, parts: LeafParts, asked: Asked) -> bytes:
        """The leaf."""
        context = CheckRecord(context=asked.context).SerializeToString(deterministic=True) if asked.context else b""
        body = b"".join(
            (
                asked.caller,
                parts.action,
                text_field(self._matter, asked.matter),
                parts.kind,
                text_field(self._subject_key, asked.subject_key.hex()),
                text_field(self._subject_code, asked.subject_code),
                parts.answer,
                context,
                parts.situation,
                *[text_field(self._further_keys, key.hex()) for key in asked.further_keys],
            )
        )
        return b"".join(
            (
                text_field(self._record_id, asked.record_id),
                text_field(self._request_id, asked.request_id),
                text_field(self._time, asked.time),
                message_field(self._check, body),
            )
        )


def caller_part(system: str, organisation: str, operator: str) -> bytes:
    """A CheckRecord's field `caller`, as recorded: without a person's number."""
    caller = Caller(system=system, organisation=organisation, operator=operator)
    return CheckRecord(caller=caller).SerializeToString()
