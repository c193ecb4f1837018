"""Group commit: many callers, one commit at a time, one durable commit for all that wait.

A batch is cut as soon as it holds as many drafts as the last batch plus the arrivals during its commit, or after twice
the time of that commit, at most 4 ms: those just answered are about to ask again, and waiting for them saves a commit,
but it may not cost more than it saves. A lone caller never waits. Answers go back with one wake-up per batch and event
loop. A writer thread commits, so that no event loop ever waits for a disk; but a thread that finds nobody waiting
commits by itself, which saves it two changes of thread. Never the main thread: Python runs signal handlers there, and
what they raise in the middle of a commit would leave it half done. Excluded: how a batch is made durable
(the `commit` argument). Source: DESIGN section 12.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from threading import Condition, Lock, Thread, current_thread, main_thread
from time import monotonic
from typing import Final

from xingate_server.trace.port import Draft, Outcome, RecordFailedError, StoreClosedError, Stored, TraceError

LINGER_S: Final = 0.004
LINGER_COMMITS: Final = 2
MAX_BATCH: Final = 2048
MAX_WAITING: Final = 65_536

_Loop = asyncio.AbstractEventLoop
_Waiter = tuple[_Loop | None, "asyncio.Future[Sequence[Outcome]] | Future[Sequence[Outcome]]", Sequence[Draft]]


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
        self._linger_s = linger_s
        self._lock = Lock()
        self._changed = Condition(self._lock)
        self._waiters: list[_Waiter] = []
        self._waiting = 0  # drafts, not waiters
        self._target = 1
        self._linger_until = 0.0
        self._is_idle = False  # the writer sleeps: wake it at `_target` drafts
        self._is_taken = False  # a thread commits by itself
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

    def append_blocking(self, drafts: Sequence[Draft]) -> Sequence[Outcome]:
        """Wait, in a thread, until `drafts` are durable or have failed."""
        future: Future[Sequence[Outcome]] = Future()
        may_commit = _is_undisturbed()
        with self._lock:
            is_alone = may_commit and self._is_idle and self._target == 1 and not (self._waiting or self._is_taken)
            if is_alone and not self._is_closed:
                self._is_taken = True
            else:
                is_alone = False
                self._put((None, future, drafts))
        return self._commit_alone(drafts) if is_alone else future.result()

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
        if self._is_idle and self._waiting >= self._target and not self._is_taken:
            self._is_idle = False
            self._changed.notify()

    def _commit_alone(self, drafts: Sequence[Draft]) -> Sequence[Outcome]:
        began = monotonic()
        try:
            return self._commit_safely(drafts)
        finally:
            with self._lock:
                self._is_taken = False
                self._answer(1, began)
                if self._waiting or self._is_closed:
                    self._changed.notify()

    def _run(self) -> None:
        while batch := self._cut():
            began = monotonic()
            outcomes = self._commit_safely([draft for _, _, drafts in batch for draft in drafts])
            with self._lock:  # before the answers go out: who is answered and asks again is no arrival
                self._answer(len(outcomes), began)
            _deliver(batch, outcomes)
        self._release()

    def _answer(self, count: int, began: float) -> None:
        """Those of `count` drafts, whose commit began at `began`, are about to be answered, and may ask again."""
        now = monotonic()
        self._target = min(count + self._waiting, MAX_BATCH)
        self._linger_until = now + min(self._linger_s, LINGER_COMMITS * (now - began))

    def _cut(self) -> list[_Waiter]:
        """The next batch; empty only when the log is closed and nothing waits."""
        with self._lock:
            while self._is_taken or (not self._is_closed and self._waiting < self._target):
                left_s = None
                if not self._is_taken:
                    left_s = self._linger_until - monotonic()
                    if left_s <= 0 and self._waiting:
                        break
                    if left_s <= 0:
                        self._target, left_s = 1, None
                self._is_idle = True
                self._changed.wait(left_s)
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


def _is_undisturbed() -> bool:
    """Whether this thread is neither the main one nor that of an event loop."""
    if current_thread() is main_thread():
        return False
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return True
    return False


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
