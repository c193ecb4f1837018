"""Derives a whole log again from its leaves and compares everything that was ever stored about it.

Every leaf's hash and seal, the frontier of every batch, every tile, and every signed checkpoint; the first leaf that is
wrong is named. Chunks are derived side by side in worker processes, with constant memory; the log may be in use. Damage
and forgery by somebody who lacks the signing key are found; the owner of the key can sign another log, which only
checkpoints stored by others (anchors, receipts) reveal. Excluded: one chunk (`trace.audit.fsck_chunk`). Source: DESIGN
section 7; RFC 6962.
"""

import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

from xingate.checkpoint import Checkpoint, SignedNote
from xingate.errors import ProofError
from xingate.merkle import Frontier, root_from_frontier
from xingate_server.trace.audit.fsck_chunk import (
    CHUNK,
    CHUNK_HEIGHT,
    Claim,
    Derived,
    Fault,
    Rows,
    Task,
    checked,
    derive,
)
from xingate_server.trace.tree.checkpoint_files import CheckpointFiles

MOST_FAULTS: Final = 100
_MOST_PROCESSES = 16
_INLINE_CHUNKS = 2  # up to so many, starting processes takes longer than the work


class Report(msgspec.Struct):
    """What was found. `first_bad` is the index of the first wrong leaf, None if no leaf is wrong."""

    leaves: int = 0
    checkpoints: int = 0
    root: bytes = b""
    first_bad: int | None = None
    faults: list[Fault] = []

    @property
    def is_clean(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults

    def add(self, fault: Fault) -> None:
        """Take a fault."""
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(fault)
        if fault.index is not None and (self.first_bad is None or fault.index < self.first_bad):
            self.first_bad = fault.index


def fsck(
    source: Rows,
    directory: Path,
    *,
    key: str = "",
    processes: int | None = None,
    is_deep: bool = True,
    on_progress: Callable[[int], None] = lambda _: None,
) -> Report:
    """Check the log that `source` reads and the checkpoints and tiles in `directory`.

    `key` is the verifier key of the checkpoints (empty: signatures are not looked at); `is_deep` has the store check
    its own file too (indexes, pages). `on_progress` hears how many leaves are done. Raises what opening raises.
    """
    report = Report()
    size = source.size()
    tasks = _tasks(source, directory, size, _claims(directory, size, report), key)
    spine = _Spine(report, key)
    with _workers(size, processes, is_deep=is_deep) as (pool, at_once):
        of_store = pool.submit(source.faults) if pool is not None and is_deep else None  # takes as long as the leaves
        for derived, task in _derived(tasks, pool, at_once):
            spine.take(derived, task)
            on_progress(report.leaves)
        spine.finish(size)
        if is_deep:
            for fault in of_store.result() if of_store is not None else source.faults():
                report.add(fault)
    return report


class _Spine:
    """Puts chunks together, and compares what reaches beyond one of them."""

    def __init__(self, report: Report, key: str) -> None:
        self._report = report
        self._key = key
        self._nodes = Frontier()  # of whole chunks: its leaves are their roots
        self._is_known = True  # False after a bad chunk, until the next one states the nodes before it
        self._tail: list[bytes] = []

    def take(self, derived: Derived, task: Task) -> None:
        """The next chunk."""
        report = self._report
        report.checkpoints += len(task.claims)
        for fault in derived.faults:
            report.add(fault)
        report.leaves = task.stop
        upper = list(self._nodes.nodes)
        if not self._is_known:
            if derived.upper is None:
                return
            self._nodes = _frontier(task.start >> CHUNK_HEIGHT, derived.upper)
            self._is_known = True
        elif derived.upper is not None and derived.upper != upper:
            report.add(
                Fault(None, f"from leaf {task.start} on, the tree was built over other leaves than are before it")
            )
        self._tail = []
        if any(fault.index is not None for fault in derived.faults):
            self._is_known = False
        elif derived.count == CHUNK:
            self._nodes.append(derived.nodes[0])
            self._end_chunk(derived, task)
        else:
            self._tail = derived.nodes

    def finish(self, size: int) -> None:
        """After the last chunk."""
        if self._is_known and not self._report.faults:
            self._report.root = root_from_frontier(size, [*self._nodes.nodes, *self._tail])
        if self._report.first_bad is None:
            self._report.leaves = size

    def _end_chunk(self, derived: Derived, task: Task) -> None:
        size = task.start + CHUNK
        nodes = self._nodes.nodes
        if derived.end is not None and derived.end != size.to_bytes(8, "big") + b"".join(nodes):
            self._report.add(Fault(size - 1, f"the frontier stored with leaf {size - 1} is altered"))
        root = root_from_frontier(size, nodes)
        for claim in task.claims:
            if claim.size == size and (what := checked(claim, root, self._key)):
                self._report.add(Fault(None, what))


def _frontier(size: int, nodes: list[bytes]) -> Frontier:
    return Frontier.from_bytes(size.to_bytes(8, "big") + b"".join(nodes))


def _tasks(source: Rows, directory: Path, size: int, claims: Iterator[Claim], key: str) -> Iterator[Task]:
    waiting = next(claims, None)
    for start in range(0, size, CHUNK):
        stop = min(start + CHUNK, size)
        mine = []
        while waiting is not None and waiting.size <= stop:
            mine.append(waiting)
            waiting = next(claims, None)
        yield Task(source, start, stop, directory, tuple(mine), key)


def _claims(directory: Path, size: int, report: Report) -> Iterator[Claim]:
    """The kept checkpoints by size; what cannot be one, or is beyond the log, goes into the report."""
    last = 0
    for where, note in _notes(CheckpointFiles(directory)):
        try:
            stated = Checkpoint.parse(SignedNote.parse(note).text).tree_size
        except ProofError as error:
            report.add(Fault(None, f"{where}: {error}"))
            continue
        if stated > size:
            text = f"{where}: signed for {stated} leaves, but the log contains {size}: its end was lost or cut off"
            report.add(Fault(size, text))
        elif stated < last:
            report.add(Fault(None, f"{where}: signed for {stated} leaves after one for {last}"))
        elif stated:
            last = stated
            yield Claim(where, stated, note)


def _notes(files: CheckpointFiles) -> Iterator[tuple[str, str]]:
    yield from files.history()
    if files.path.exists():
        yield files.path.name, files.read() or ""


@contextmanager
def _workers(size: int, processes: int | None, *, is_deep: bool) -> Iterator[tuple[ProcessPoolExecutor | None, int]]:
    """Worker processes, None if one is enough; and how many chunks to derive at a time."""
    count = processes or min(os.cpu_count() or 1, _MOST_PROCESSES)
    if count == 1 or size <= _INLINE_CHUNKS * CHUNK:
        yield None, 1
        return
    pool = ProcessPoolExecutor(count + is_deep, multiprocessing.get_context("spawn"))
    try:
        yield pool, count
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _derived(tasks: Iterator[Task], pool: ProcessPoolExecutor | None, at_once: int) -> Iterator[tuple[Derived, Task]]:
    """Every task with its result, in order; not more at a time than the processes need."""
    if pool is None:
        yield from ((derive(task), task) for task in tasks)
        return
    waiting: deque[tuple[Future[Derived], Task]] = deque()
    for task in tasks:
        waiting.append((pool.submit(derive, task), task))
        if len(waiting) > at_once + 1:
            done, its_task = waiting.popleft()
            yield done.result(), its_task
    for done, its_task in waiting:
        yield done.result(), its_task
