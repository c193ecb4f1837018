"""A log that is watched: how long a record takes, and whether the last one could be made durable."""

import asyncio
import contextlib
import os
import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path
from time import monotonic, perf_counter
from typing import Protocol, runtime_checkable

from xingate.merkle import Frontier
from xingate_server.trace.log import Draft, LeafKind, Outcome, RecordFailedError, Stored, StoreUnusableError, TraceLog
from xingate_server.trace.terms import Block
from xingate_server.transport.metrics import Metrics

_PROBE_BYTES = 4096
_IDLE_S = 5.0


@runtime_checkable
class _Probing(Protocol):
    """A log that is no file of ours, and finds out itself."""

    def is_writable(self) -> bool:
        """Whether a record could be made durable at this moment."""
        ...


class MeteredLog:
    """A `TraceLog` around another one. `is_failing` from a failed record, or from a `probe` that cannot write, until a
    record succeeds or `probe` can write: a gateway without callers notices too."""

    def __init__(self, log: TraceLog, directory: Path, metrics: Metrics) -> None:
        self._log = log
        self._directory = directory
        self._metrics = metrics
        self.is_failing = False
        self._problem = ""
        self._tried_at = monotonic()

    def refuse(self, problem: str) -> None:
        """Take no record from now on, for the reason given: without a record there is no answer."""
        self._problem = problem
        self.is_failing = True

    @property
    def origin(self) -> str:
        """See `TraceLog`."""
        return self._log.origin

    async def append(self, draft: Draft) -> Stored:
        """See `TraceLog`."""
        started = self._start()
        try:
            stored = await self._log.append(draft)
        except RecordFailedError:
            self.is_failing = True
            raise
        self._took(started)
        return stored

    def append_blocking(self, draft: Draft) -> Stored:
        """See `TraceLog`."""
        started = self._start()
        try:
            stored = self._log.append_blocking(draft)
        except RecordFailedError:
            self.is_failing = True
            raise
        self._took(started)
        return stored

    async def append_many(self, drafts: Sequence[Draft]) -> Sequence[Outcome]:
        """See `TraceLog`."""
        started = self._start()
        outcomes = await self._log.append_many(drafts)
        self._watch(outcomes, started)
        return outcomes

    def append_many_blocking(self, drafts: Sequence[Draft]) -> Sequence[Outcome]:
        """See `TraceLog`."""
        started = self._start()
        outcomes = self._log.append_many_blocking(drafts)
        self._watch(outcomes, started)
        return outcomes

    def find(self, kind: LeafKind, system: str, organisation: str, request_id: str) -> Stored | None:
        """See `TraceLog`."""
        return self._log.find(kind, system, organisation, request_id)

    def get(self, record_id: str) -> Stored | None:
        """See `TraceLog`."""
        return self._log.get(record_id)

    def by_topic(self, topic: bytes, limit: int) -> Sequence[Stored]:
        """See `TraceLog`."""
        return self._log.by_topic(topic, limit)

    def terms(self, chunk: int) -> Sequence[bytes]:
        """See `TraceLog`."""
        return self._log.terms(chunk)

    def replace_terms(self, chunk: int, blocks: Sequence[Block]) -> bool:
        """See `TraceLog`."""
        return self._log.replace_terms(chunk, blocks)

    def list(self, limit: int, before: int | None = None) -> Sequence[Stored]:
        """See `TraceLog`."""
        return self._log.list(limit, before)

    def read(self, start: int = 0, stop: int | None = None) -> Iterator[Stored]:
        """See `TraceLog`."""
        return self._log.read(start, stop)

    def leaf_hashes(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """See `TraceLog`."""
        return self._log.leaf_hashes(start, stop)

    def size(self) -> int:
        """See `TraceLog`."""
        return self._log.size()

    def frontier(self) -> Frontier:
        """See `TraceLog`."""
        return self._log.frontier()

    def frontier_at(self, size: int) -> Frontier | None:
        """See `TraceLog`."""
        return self._log.frontier_at(size)

    def close(self) -> None:
        """See `TraceLog`."""
        self._log.close()

    async def probe(self) -> None:
        """Where the last record failed, or none was made for a while: try whether the store takes bytes."""
        is_due = self.is_failing or monotonic() - self._tried_at >= _IDLE_S
        if is_due and not self._problem:
            can_write = await asyncio.to_thread(self._can_write)
            self._tried_at = monotonic()
            self.is_failing = bool(self._problem) or not can_write

    def _start(self) -> float:
        if self._problem:
            raise StoreUnusableError(self._problem)
        return perf_counter()

    def _can_write(self) -> bool:
        if isinstance(self._log, _Probing):
            return self._log.is_writable()
        path = self._directory / f".probe-{os.getpid()}-{secrets.token_hex(4)}"
        try:
            with path.open("xb") as file:
                file.write(bytes(_PROBE_BYTES))
                file.flush()
                os.fsync(file.fileno())
        except OSError:
            return False
        finally:
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)
        return True

    def _watch(self, outcomes: Sequence[Outcome], started: float) -> None:
        if any(isinstance(outcome, RecordFailedError) for outcome in outcomes):
            self.is_failing = True
        elif outcomes:
            self._took(started, len(outcomes))

    def _took(self, started: float, count: int = 1) -> None:
        self.is_failing = bool(self._problem)
        self._tried_at = monotonic()
        self._metrics.recording.observe(perf_counter() - started, count)
