"""A checksum over the rest of a stored row: ids, digest of the question, the answer for a retry, topic.

The leaf's own hash, and the tree over it, say nothing about these. A seal finds damage, not forgery: anyone who can
write the file can seal again. Source: DESIGN section 7 (fsck names the first bad index).
"""

import hashlib
from typing import Protocol

import msgspec

SEAL_BYTES = 16
SEALED = (
    "kind",
    "record_id",
    "request_id",
    "system",
    "organisation",
    "time",
    "question_digest",
    "answer",
    "topic",
)


class Sealed(Protocol):
    """A draft, or a row that was read."""

    @property
    def kind(self) -> str: ...
    @property
    def record_id(self) -> str: ...
    @property
    def request_id(self) -> str: ...
    @property
    def system(self) -> str: ...
    @property
    def organisation(self) -> str: ...
    @property
    def time(self) -> str: ...
    @property
    def question_digest(self) -> bytes: ...
    @property
    def answer(self) -> bytes: ...
    @property
    def topic(self) -> bytes: ...


def seal(draft: Sealed) -> bytes:
    """16 bytes over everything of `draft` but its leaf."""
    return seal_of(
        (
            draft.kind,
            draft.record_id,
            draft.request_id,
            draft.system,
            draft.organisation,
            draft.time,
            draft.question_digest,
            draft.answer,
            draft.topic,
        )
    )


def seal_of(fields: tuple[object, ...]) -> bytes:
    """The same over the fields in the order of `SEALED`."""
    return hashlib.sha256(msgspec.msgpack.encode(fields)).digest()[:SEAL_BYTES]
