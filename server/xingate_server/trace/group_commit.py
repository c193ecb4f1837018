"""Group commit: many callers, one commit at a time, one durable commit for all that wait (`trace.pacing`).

Answers go back with one wake-up per batch and event loop. A writer thread commits, so that no event loop ever waits
for a disk. Excluded: how a batch is made durable (the `commit` argument). Source: DESIGN section 12.
"""

import asyncio
from collections.abc import Callable, Sequence
from threading import Condition, Lock, Thread
from time import monotonic
from typing import Final

from xingate_server.trace.pacing import LINGER_S, Pacing
from xingate_server.trace.port import Draft, Outcome, RecordFailedError, StoreClosedError, Stored, TraceError

LINGER_COMMITS: Final = 2
MAX_BATCH: Final = 2048
MAX_WAITING: Final = 65_536

_Loop = asyncio.AbstractEventLoop
_Waiter = tuple[_Loop, "asyncio.Future[Sequence[Outcome]]", Sequence[Draft]]


class GroupCommit:
    """Owns the writer thread.

    `commit` makes a batch durable and says what became of each draft, in order. It is called by one thread at a time,
    and whatever it raises becomes a RecordFailedError for the whole batch. `release` is called in the writer thread at
    the end.
    """

    def __init__(
        self,
        commit: Callable[[Sequence[Draft]], Sequence[Outcome]],
        release: Callable[[], None] = lambda: None,
        linger_s: float = LINGER_S,
    ) -> None:
        self._commit = commit
        self._release = release
        self._pacing = Pacing(MAX_BATCH, LINGER_COMMITS, linger_s)
        self._lock = Lock()
        self._changed = Condition(self._lock)
        self._waiters: list[_Waiter] = []
        self._waiting = 0  # drafts, not waiters
        self._is_idle = False  # the writer sleeps: wake it when as many drafts wait as the pacing aims at
        self._is_closed = False
        self._thread = Thread(target=self._run, name="xingate-trace-writer", daemon=True)
        self._thread.start()

    async def append(self, drafts: Sequence[Draft]) -> Sequence[Outcome]:
        """Wait, in an event loop, until `drafts` are durable or have failed."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Sequence[Outcome]] = loop.create_future()
        with self._lock:
            self._put((loop, future, drafts))
        return await future

    def close(self) -> None:
        """Commit what waits and end the thread."""
        with self._lock:
            self._is_closed = True
            self._changed.notify()
        self._thread.join()

    def _put(self, waiter: _Waiter) -> None:
        if self._is_closed:
            raise StoreClosedError("the log is closed")
        if self._waiting + len(waiter[2]) > MAX_WAITING:
            raise RecordFailedError(f"{self._waiting} records wait already; try again later")
        self._waiters.append(waiter)
        self._waiting += len(waiter[2])
        if self._is_idle and self._waiting >= self._pacing.target:
            self._is_idle = False
            self._changed.notify()

    def _run(self) -> None:
        while batch := self._cut():
            began = monotonic()
            outcomes = self._commit_safely([draft for _, _, drafts in batch for draft in drafts])
            with self._lock:  # before the answers go out: who is answered and asks again is not an arrival
                self._pacing.answered(len(outcomes), self._waiting, began, monotonic())
            _deliver(batch, outcomes)
        self._release()

    def _cut(self) -> list[_Waiter]:
        """The next batch; empty only when the log is closed and nothing waits."""
        with self._lock:
            while not self._is_closed and self._waiting < self._pacing.target:
                left_s = self._pacing.left_s(monotonic())
                is_over = left_s <= 0
                if is_over and self._waiting:
                    break
                if is_over:
                    self._pacing.nobody_came()
                self._is_idle = True
                self._changed.wait(None if is_over else left_s)
            self._is_idle = False
            count, size = len(self._waiters), self._waiting
            if size > MAX_BATCH:
                count = size = 0
                while not count or size < MAX_BATCH:
                    size += len(self._waiters[count][2])
                    count += 1
            batch, self._waiters = self._waiters[:count], self._waiters[count:]
            self._waiting -= size
            return batch

    def _commit_safely(self, drafts: Sequence[Draft]) -> Sequence[Outcome]:
        try:
            return self._commit(drafts)
        except Exception as error:  # noqa: BLE001 - whatever happens, no caller may be left waiting
            return [RecordFailedError(f"the record could not be made durable: {error}") for _ in drafts]


def only(outcomes: Sequence[Outcome]) -> Stored:
    """The outcome of a single draft; raises it where it is an error."""
    (outcome,) = outcomes
    if isinstance(outcome, TraceError):
        raise outcome
    return outcome


def _deliver(batch: list[_Waiter], outcomes: Sequence[Outcome]) -> None:
    per_loop: dict[_Loop, list[tuple[asyncio.Future[Sequence[Outcome]], Sequence[Outcome]]]] = {}
    start = 0
    for loop, future, drafts in batch:
        mine = outcomes[start : start + len(drafts)]
        start += len(drafts)
        per_loop.setdefault(loop, []).append((future, mine))
    for loop, answers in per_loop.items():
        try:
            loop.call_soon_threadsafe(_set_results, answers)
        except RuntimeError:  # the loop was closed while its callers waited: nobody is there to be told
            continue


def _set_results(answers: list[tuple["asyncio.Future[Sequence[Outcome]]", Sequence[Outcome]]]) -> None:
    for future, outcomes in answers:
        if not future.done():
            future.set_result(outcomes)
