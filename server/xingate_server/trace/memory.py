"""A log in memory: for tests of code above the port, never for real answers.

It obeys the port's rules (one leaf per request id, no gaps, replays, closing) but not its promise: nothing here
outlives the process. `is_failing` makes every append fail, as a full disk would.
"""

from collections.abc import Iterator, Sequence

import msgspec

from xingate.merkle import Frontier, leaf_hash
from xingate_server.trace.group_commit import only
from xingate_server.trace.leaf.terms import Block
from xingate_server.trace.port import (
    Draft,
    LeafKind,
    Outcome,
    RecordFailedError,
    RequestIdReusedError,
    StoreClosedError,
    Stored,
)


class MemoryLog:
    """A `TraceLog` in a list; for one thread."""

    def __init__(self, origin: str = "xingate.local/memory") -> None:
        self.is_failing = False
        self._origin = origin
        self._leaves: list[Stored] = []
        self._topics: dict[bytes, list[Stored]] = {}
        self._by_key: dict[tuple[str, str, str, str], Stored] = {}
        self._frontier = Frontier()
        self._is_closed = False

    @property
    def origin(self) -> str:
        """See `TraceLog`."""
        return self._origin

    async def append(self, draft: Draft) -> Stored:
        """See `TraceLog`."""
        return only(await self.append_many((draft,)))

    async def append_many(self, drafts: Sequence[Draft]) -> Sequence[Outcome]:
        """See `TraceLog`."""
        self._check_open()
        return [self._append(draft) for draft in drafts]

    def find(self, kind: LeafKind, system: str, organisation: str, request_id: str) -> Stored | None:
        """See `TraceLog`."""
        self._check_open()
        return self._by_key.get((kind, system, organisation, request_id))

    def get(self, record_id: str) -> Stored | None:
        """See `TraceLog`."""
        self._check_open()
        return next((stored for stored in self._leaves if stored.record_id == record_id), None)

    def by_topic(self, topic: bytes, limit: int) -> Sequence[Stored]:
        """See `TraceLog`."""
        self._check_open()
        return self._topics.get(topic, [])[::-1][:limit]

    def terms(self, chunk: int) -> Sequence[bytes]:
        """See `TraceLog`: none, so that all is read."""
        del chunk
        return ()

    def replace_terms(self, chunk: int, blocks: Sequence[Block]) -> bool:
        """See `TraceLog`."""
        del chunk, blocks
        return False

    def list(self, limit: int, before: int | None = None) -> Sequence[Stored]:
        """See `TraceLog`."""
        self._check_open()
        return self._leaves[:before][::-1][:limit]

    def read(self, start: int = 0, stop: int | None = None) -> Iterator[Stored]:
        """See `TraceLog`."""
        self._check_open()
        return iter(self._leaves[start:stop])

    def leaf_hashes(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """See `TraceLog`."""
        return (leaf_hash(stored.leaf) for stored in self.read(start, stop))

    def size(self) -> int:
        """See `TraceLog`."""
        self._check_open()
        return len(self._leaves)

    def frontier(self) -> Frontier:
        """See `TraceLog`."""
        self._check_open()
        return self._frontier.copy()

    def frontier_at(self, size: int) -> Frontier | None:
        """See `TraceLog`."""
        if not 0 <= size <= self.size():
            return None
        frontier = Frontier()
        frontier.extend(self.leaf_hashes(0, size))
        return frontier

    def close(self) -> None:
        """See `TraceLog`."""
        self._is_closed = True

    def _append(self, draft: Draft) -> Outcome:
        if self.is_failing:
            return RecordFailedError("the record could not be made durable: told to fail")
        known = self._by_key.get(draft.key)
        if known is None:
            fields = {name: getattr(draft, name) for name in Stored.__struct_fields__ if hasattr(draft, name)}
            stored = Stored(leaf_index=len(self._leaves), **fields)
            self._leaves.append(stored)
            if draft.topic:
                self._topics.setdefault(draft.topic, []).append(stored)
            self._frontier.append(leaf_hash(stored.leaf))
            self._by_key[draft.key] = stored
            return stored
        if known.question_digest != draft.question_digest:
            return RequestIdReusedError(draft.request_id)
        return msgspec.structs.replace(known, is_replay=True)

    def _check_open(self) -> None:
        if self._is_closed:
            raise StoreClosedError("the log is closed")
