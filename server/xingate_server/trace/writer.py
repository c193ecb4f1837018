"""Group commit: many callers, one writer thread, one durable commit for all that wait.

A batch is cut as soon as it holds as many drafts as the last batch plus the arrivals during its commit, or 4 ms
after that commit: those just answered are about to ask again, so waiting for them saves a commit, and a lone caller
never waits. Answers go back with one wake-up per batch and event loop. Excluded: how a batch is made durable (the
`commit` argument). Source: DESIGN section 12.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from threading import Condition, Lock, Thread
from time import monotonic
from typing import Final

from xingate_server.trace.log import Draft, Outcome, RecordFailedError, StoreClosedError, Stored, TraceError

LINGER_S: Final = 0.004
MAX_BATCH: Final = 2048
MAX_WAITING: Final = 65_536

_Loop = asyncio.AbstractEventLoop
_Waiter = tuple[_Loop | None, "asyncio.Future[Sequence[Outcome]] | Future[Sequence[Outcome]]", Sequence[Draft]]


class GroupCommit:
    """Owns the writer thread.

    `commit` makes a batch durable and says what became of each draft, in order. It is only ever called from the
    writer thread, and whatever it raises becomes a RecordFailedError for the whole batch. `release` is called in
    that thread at the end.
    """

    def __init__(
        self,
        commit: Callable[[Sequence[Draft]], Sequence[Outcome]],
        release: Callable[[], None] = lambda: None,
        linger_s: float = LINGER_S,
    ) -> None:
        self._commit = commit
        self._release = release
        self._linger_s = linger_s
        self._lock = Lock()
        self._changed = Condition(self._lock)
        self._waiters: list[_Waiter] = []
        self._waiting = 0  # drafts, not waiters
        self._target = 1
        self._is_idle = False  # the writer sleeps: wake it at `_target` drafts
        self._is_closed = False
        self._thread = Thread(target=self._run, name="xingate-trace-writer", daemon=True)
        self._thread.start()

    async def append(self, drafts: Sequence[Draft]) -> Sequence[Outcome]:
        """Wait, in an event loop, until `drafts` are durable or have failed."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Sequence[Outcome]] = loop.create_future()
        self._put((loop, future, drafts))
        return await future

    def append_blocking(self, drafts: Sequence[Draft]) -> Sequence[Outcome]:
        """Wait, in a thread, until `drafts` are durable or have failed."""
        future: Future[Sequence[Outcome]] = Future()
        self._put((None, future, drafts))
        return future.result()

    def close(self) -> None:
        """Commit what waits and end the thread."""
        with self._lock:
            self._is_closed = True
            self._changed.notify()
        self._thread.join()

    def _put(self, waiter: _Waiter) -> None:
        with self._lock:
            if self._is_closed:
                raise StoreClosedError("the log is closed")
            if self._waiting + len(waiter[2]) > MAX_WAITING:
                raise RecordFailedError(f"{self._waiting} records wait already; try again later")
            self._waiters.append(waiter)
            self._waiting += len(waiter[2])
            if self._is_idle and self._waiting >= self._target:
                self._is_idle = False
                self._changed.notify()

    def _run(self) -> None:
        linger_until = 0.0
        while batch := self._cut(linger_until):
            outcomes = self._commit_safely([draft for _, _, drafts in batch for draft in drafts])
            linger_until = monotonic() + self._linger_s
            with self._lock:  # before the answers go out: who is answered and asks again is no arrival
                self._target = min(len(outcomes) + self._waiting, MAX_BATCH)
            _deliver(batch, outcomes)
        self._release()

    def _cut(self, linger_until: float) -> list[_Waiter]:
        """The next batch; empty only when the log is closed and nothing waits."""
        with self._lock:
            while not self._is_closed and self._waiting < self._target:
                left_s = linger_until - monotonic()
                if left_s <= 0 and self._waiting:
                    break
                if left_s <= 0:
                    self._target = 1
                self._is_idle = True
                self._changed.wait(left_s if left_s > 0 else None)
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
        if isinstance(future, Future):
            future.set_result(mine)
        elif loop is not None:
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
