"""A log that is watched: how long a record takes, and whether the last one could be made durable."""

import asyncio
import contextlib
import os
import secrets
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from time import monotonic, perf_counter
from typing import Protocol, runtime_checkable

from xingate.merkle import Frontier
from xingate_server.disk_faults import disk_fault
from xingate_server.trace.leaf.terms import Block
from xingate_server.trace.port import (
    Draft,
    LeafKind,
    Outcome,
    RecordFailedError,
    SharedLog,
    Stored,
    StoreUnusableError,
    TraceLog,
)
from xingate_server.transport.metrics import Metrics

_PROBE_BYTES = 4096
_IDLE_S = 5.0
_PROBE_WITHIN_S = 2.0


@runtime_checkable
class _Probing(Protocol):
    """A log that finds out itself."""

    def is_writable(self) -> bool:
        """Whether a record could be made durable at this moment."""
        ...


class MeteredLog:
    """A `TraceLog` around another one. `is_failing`, for the reason `problem`, from a failed record, or from a `probe`
    that cannot write, until a record succeeds or `probe` can write: a gateway without callers notices too. `on_failing`
    hears the reason whenever a record fails."""

    def __init__(
        self, log: TraceLog, directory: Path, metrics: Metrics, on_failing: Callable[[str], None] = lambda _: None
    ) -> None:
        self._log = log
        self._directory = directory
        self._metrics = metrics
        self._on_failing = on_failing
        self.problem = ""
        self.is_refused = False
        self._probing: asyncio.Task[str] | None = None
        self._tried_at = monotonic()

    def refuse(self, problem: str) -> None:
        """Take no record from now on, for the reason given: without a record there is no answer."""
        self.problem = problem
        self.is_refused = True

    @property
    def is_failing(self) -> bool:
        """Whether no record can be made at the moment."""
        return bool(self.problem)

    @property
    def origin(self) -> str:
        """See `TraceLog`."""
        return self._log.origin

    async def append(self, draft: Draft) -> Stored:
        """See `TraceLog`."""
        started = self._start()
        try:
            stored = await self._log.append(draft)
        except RecordFailedError as error:
            self._failed(str(error))
            raise
        self._took(started)
        return stored

    async def append_many(self, drafts: Sequence[Draft]) -> Sequence[Outcome]:
        """See `TraceLog`."""
        started = self._start()
        outcomes = await self._log.append_many(drafts)
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
        """Where the last record failed, or none was made for a while: try whether the store takes bytes. One that does
        not say within 2 s does not."""
        is_due = self.is_failing or monotonic() - self._tried_at >= _IDLE_S
        if self.is_refused or not is_due:
            return
        if self._probing is None:
            self._probing = asyncio.create_task(asyncio.to_thread(self._write_problem))
        await asyncio.wait((self._probing,), timeout=_PROBE_WITHIN_S)
        problem = f"nothing could be written within {_PROBE_WITHIN_S:.0f} s: the disk or the database does not answer"
        if self._probing.done():
            problem, self._probing = self._probing.result(), None
        self._tried_at = monotonic()
        if not self.is_refused:
            self.problem = problem

    def _start(self) -> float:
        if self.is_refused:
            raise StoreUnusableError(self.problem)
        return perf_counter()

    def _failed(self, why: str) -> None:
        if not self.is_refused:
            self.problem = why
            self._on_failing(why)

    def _write_problem(self) -> str:
        """Why nothing can be written; "" where it can. A file is tried beside the log; the log itself, where records
        fail although files can be written, and if it is not a file."""
        if not isinstance(self._log, SharedLog):
            problem = self._file_problem()
            if problem or not self.is_failing:
                return problem
        if isinstance(self._log, _Probing) and not self._log.is_writable():
            return self.problem or "the log takes no record"
        return ""

    def _file_problem(self) -> str:
        path = self._directory / f".probe-{os.getpid()}-{secrets.token_hex(4)}"
        try:
            with path.open("xb") as file:
                file.write(bytes(_PROBE_BYTES))
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            return f"nothing can be written in {self._directory}: {disk_fault(error, path)}"
        finally:
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)
        return ""

    def _watch(self, outcomes: Sequence[Outcome], started: float) -> None:
        failed = next((outcome for outcome in outcomes if isinstance(outcome, RecordFailedError)), None)
        if failed is not None:
            self._failed(str(failed))
        elif outcomes:
            self._took(started, len(outcomes))

    def _took(self, started: float, count: int = 1) -> None:
        if not self.is_refused:
            self.problem = ""
        self._tried_at = monotonic()
        self._metrics.recording.observe(perf_counter() - started, count)
