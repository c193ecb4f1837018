"""The port of the log: what is appended, what comes back, what can fail.

A leaf is the exact bytes that were appended; its `leaf_index` counts from 0 without gaps. Within one kind, system and
organisation a request id has exactly one leaf: the same question again returns the stored one, another question is
refused. Every batch is stored together with the frontier of the tree (RFC 6962) that ends with it, so that neither an
append nor a start has to read the log again. Excluded: what a leaf contains (`trace.leaf.record`), proofs
(`trace.tree.proofs`), and the details of each store (`trace.sqlite.store`). Source: DESIGN section 7; clause 5 (leave a
trace).

TraceError
|-- RecordFailedError      nothing is promised: the record could not be made durable; a retry is safe
|-- ReadFailedError        the log cannot be read at the moment
|-- RequestIdReusedError   the request id belongs to another question
|-- StoreUnusableError     the log cannot be opened: version, settings, or another log's file
`-- StoreClosedError       the log was used after `close`
"""

from collections.abc import Iterator, Sequence
from typing import Literal, Protocol, runtime_checkable

import msgspec

from xingate.merkle import Frontier
from xingate_server.trace.leaf.terms import Block

LeafKind = Literal["check", "outcome", "denial", "act"]


class TraceError(Exception):
    """Base of all errors of the log."""


class RecordFailedError(TraceError):
    """The record could not be made durable, so no answer may be given. A retry with the same request id is safe."""


class ReadFailedError(TraceError):
    """The log cannot be read at the moment, so whether a record exists is not known."""


class RequestIdReusedError(TraceError):
    """The request id was used before, by the same system and organisation, for another question."""

    def __init__(self, request_id: str) -> None:
        super().__init__(f"request id `{request_id}` belongs to another question of the same caller")
        self.request_id = request_id


class StoreUnusableError(TraceError):
    """The log cannot be opened as it is; trying again does not help."""


class NoLogError(StoreUnusableError):
    """There is no log yet."""


class StoreClosedError(TraceError):
    """The log was closed before."""


class Draft(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A leaf to be appended. `kind` is that of the leaf's body; `question_digest` tells a retry from another question;
    `answer` is given back, as it is, to a retry; `time` is RFC 3339 in UTC; `topic` is a keyed hash under which
    `by_topic` finds the leaf, empty if nobody looks for it; `terms` (`trace.leaf.terms`) are what a search looks at
    first, empty if it has to read the leaf itself."""

    kind: LeafKind
    record_id: str
    request_id: str
    system: str
    organisation: str
    question_digest: bytes
    time: str
    leaf: bytes
    answer: bytes
    topic: bytes = b""
    terms: bytes = b""

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What has one leaf only."""
        return self.kind, self.system, self.organisation, self.request_id


class Stored(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A leaf that is durable. `is_replay`: it was there before, and `leaf` and `answer` are those of that time."""

    leaf_index: int
    kind: LeafKind
    record_id: str
    request_id: str
    time: str
    question_digest: bytes
    leaf: bytes
    answer: bytes
    is_replay: bool = False


Outcome = Stored | TraceError
"""What became of one draft of several: one failing draft says nothing about the others."""


class TraceLog(Protocol):
    """A log, used by any number of threads and event loops of one process; other processes may share the store."""

    @property
    def origin(self) -> str:
        """The log's name in checkpoints and answers (C2SP)."""
        ...

    async def append(self, draft: Draft) -> Stored:
        """Append and return once durable.

        A caller that is cancelled while it waits may find its leaf by the request id. Raises TraceError.
        """
        ...

    async def append_many(self, drafts: Sequence[Draft]) -> Sequence[Outcome]:
        """Append in one commit; outcomes stand in the order of the drafts. Raises StoreClosedError only."""
        ...

    def find(self, kind: LeafKind, system: str, organisation: str, request_id: str) -> Stored | None:
        """The leaf of a request id."""
        ...

    def get(self, record_id: str) -> Stored | None:
        """The leaf of a record id."""
        ...

    def by_topic(self, topic: bytes, limit: int) -> Sequence[Stored]:
        """At most `limit` leaves of a topic, newest first; none for the empty one. A topic is where to look, never
        what a leaf says."""
        ...

    def terms(self, chunk: int) -> Sequence[bytes]:
        """The blocks of rows of a chunk of leaves (`trace.leaf.terms.CHUNK`) that there are, for a search."""
        ...

    def replace_terms(self, chunk: int, blocks: Sequence[Block]) -> bool:
        """Put these blocks in the place of all that there are of a chunk; whether that could be done."""
        ...

    def list(self, limit: int, before: int | None = None) -> Sequence[Stored]:
        """At most `limit` leaves, newest first, with an index below `before`."""
        ...

    def read(self, start: int = 0, stop: int | None = None) -> Iterator[Stored]:
        """The leaves from `start` on, before `stop` (None: up to the newest), oldest first, with constant memory."""
        ...

    def leaf_hashes(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """Their RFC 6962 hashes as they were stored, 32 bytes each, with constant memory."""
        ...

    def size(self) -> int:
        """How many leaves there are."""
        ...

    def frontier(self) -> Frontier:
        """The tree's end as it was stored with the newest leaf; a copy."""
        ...

    def frontier_at(self, size: int) -> Frontier | None:
        """The frontier as it was stored when the log had `size` leaves; None if no batch ended there."""
        ...

    def close(self) -> None:
        """Commit what waits, then stop. Closing twice does nothing."""
        ...


@runtime_checkable
class SharedLog(Protocol):
    """A log that nodes with state directories of their own share."""

    def settle_signer(self, verifier_key: str) -> None:
        """Say under which key this node signs the log's checkpoints; the first one said is the log's for good.

        Raises StoreUnusableError if the log has another.
        """
        ...
