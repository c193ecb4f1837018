"""Group commit: who commits, what is committed together, and that nobody is left waiting."""

import asyncio
import itertools
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.support import drafts
from tests.support.waiting import wait_until

from xingate_server.trace import group_commit
from xingate_server.trace.group_commit import GroupCommit
from xingate_server.trace.port import Draft, Outcome, RecordFailedError, StoreClosedError, Stored
from xingate_server.trace.stored_rows import fresh

_PATIENCE_S = 30.0
_numbers = itertools.count()


def draft() -> Draft:
    return drafts.draft(next(_numbers))


class Commits:
    """Commits in memory, one after the other, and remembers who did."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.threads: list[threading.Thread] = []
        self.size = 0
        self.hold: threading.Event | None = None  # a commit waits for it
        self.has_begun = threading.Event()
        self._one = threading.Lock()

    def __call__(self, drafts: Sequence[Draft]) -> Sequence[Outcome]:
        assert self._one.acquire(blocking=False), "two commits at once"
        try:
            self.has_begun.set()
            if self.hold is not None:
                assert self.hold.wait(_PATIENCE_S)
            self.threads.append(threading.current_thread())
            self.batches.append([each.request_id for each in drafts])
            found = [fresh(each, index) for index, each in enumerate(drafts, self.size)]
            self.size += len(drafts)
            return found
        finally:
            self._one.release()


@pytest.fixture
def commits() -> Commits:
    return Commits()


@pytest.fixture
def group(commits: Commits) -> Iterator[GroupCommit]:
    made = GroupCommit(commits)
    yield made
    made.close()


def append(group: GroupCommit, drafts: Sequence[Draft]) -> Sequence[Outcome]:
    return asyncio.run(group.append(drafts))


def wait_until_idle(group: GroupCommit) -> None:
    wait_until(lambda: group._is_idle)


def wait_for(group: GroupCommit, count: int) -> None:
    wait_until(lambda: group._waiting >= count)


def index_of(outcomes: Sequence[Outcome]) -> int:
    (outcome,) = outcomes
    assert isinstance(outcome, Stored)
    return outcome.leaf_index


def test_the_writer_thread_commits_whoever_asks(group: GroupCommit, commits: Commits) -> None:
    """Never the main thread, in which Python runs signal handlers, nor that of an event loop."""
    assert index_of(append(group, (draft(),))) == 0
    with ThreadPoolExecutor(1) as pool:
        assert len(pool.submit(append, group, [draft() for _ in range(100)]).result(_PATIENCE_S)) == 100
        assert index_of(pool.submit(append, group, (draft(),)).result(_PATIENCE_S)) == 101
    assert set(commits.threads) == {group._thread}


def test_who_comes_during_a_commit_is_committed_together_after_it(group: GroupCommit, commits: Commits) -> None:
    wait_until_idle(group)
    commits.hold = threading.Event()
    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(append, group, (draft(),))
        assert commits.has_begun.wait(_PATIENCE_S)
        others = [pool.submit(append, group, (draft(),)) for _ in range(7)]
        wait_for(group, 7)
        commits.hold.set()
        assert index_of(first.result(_PATIENCE_S)) == 0
        assert sorted(index_of(each.result(_PATIENCE_S)) for each in others) == list(range(1, 8))
    assert [len(batch) for batch in commits.batches] == [1, 7]


def test_threads_and_loops_together_get_each_its_own_answer(group: GroupCommit, commits: Commits) -> None:
    async def loop() -> list[tuple[str, Sequence[Outcome]]]:
        async def caller() -> list[tuple[str, Sequence[Outcome]]]:
            made = [draft() for _ in range(50)]
            return [(each.request_id, await group.append((each,))) for each in made]

        return [pair for pairs in await asyncio.gather(*(caller() for _ in range(8))) for pair in pairs]

    def thread() -> list[tuple[str, Sequence[Outcome]]]:
        return [(each.request_id, append(group, (each,))) for each in [draft() for _ in range(200)]]

    with ThreadPoolExecutor(6) as pool:
        waiting = [pool.submit(thread) for _ in range(4)] + [pool.submit(lambda: asyncio.run(loop())) for _ in range(2)]
        found = [pair for each in waiting for pair in each.result(_PATIENCE_S)]
    assert len(found) == 4 * 200 + 2 * 8 * 50
    order = [request_id for batch in commits.batches for request_id in batch]
    assert all(order[index_of(outcomes)] == request_id for request_id, outcomes in found)


def test_a_lone_caller_waits_for_none_who_does_not_ask_again(commits: Commits) -> None:
    """After a batch of two only as long as its commit took, however long a wait may be at most."""
    group = GroupCommit(commits, linger_s=3600)
    wait_until_idle(group)
    commits.hold = threading.Event()

    async def three() -> None:
        first = asyncio.ensure_future(group.append((draft(),)))
        await asyncio.to_thread(commits.has_begun.wait, _PATIENCE_S)
        others = [asyncio.ensure_future(group.append((draft(),))) for _ in range(2)]
        await asyncio.to_thread(wait_for, group, 2)
        assert commits.hold is not None
        commits.hold.set()
        await asyncio.gather(first, *others)

    asyncio.run(three())
    assert asyncio.run(asyncio.wait_for(group.append((draft(),)), _PATIENCE_S))
    group.close()
    assert [len(batch) for batch in commits.batches][-1] == 1


def test_what_a_commit_raises_is_a_failed_record(group: GroupCommit, commits: Commits) -> None:
    wait_until_idle(group)

    def failing(_: Sequence[Draft]) -> Sequence[Outcome]:
        raise ValueError("invented")

    group._commit = failing
    with ThreadPoolExecutor(1) as pool:
        (outcome,) = pool.submit(append, group, (draft(),)).result(_PATIENCE_S)
        assert isinstance(outcome, RecordFailedError)
        assert "invented" in str(outcome)
        group._commit = commits
        assert index_of(pool.submit(append, group, (draft(),)).result(_PATIENCE_S)) == 0


def test_closing_waits_for_a_commit_and_commits_what_came_meanwhile(commits: Commits) -> None:
    released = threading.Event()
    group = GroupCommit(commits, released.set)
    wait_until_idle(group)
    commits.hold = threading.Event()
    with ThreadPoolExecutor(3) as pool:
        alone = pool.submit(append, group, (draft(),))
        assert commits.has_begun.wait(_PATIENCE_S)
        other = pool.submit(append, group, (draft(),))
        wait_for(group, 1)
        closing = pool.submit(group.close)
        while not group._is_closed:
            pass
        assert not released.is_set()
        commits.hold.set()
        closing.result(_PATIENCE_S)
        assert (index_of(alone.result(_PATIENCE_S)), index_of(other.result(_PATIENCE_S))) == (0, 1)
    assert released.is_set()
    with pytest.raises(StoreClosedError, match="the log is closed"):
        append(group, (draft(),))


def test_too_many_waiting_are_refused_and_none_of_the_others_is_lost(
    group: GroupCommit, commits: Commits, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(group_commit, "MAX_WAITING", 3)
    wait_until_idle(group)
    commits.hold = threading.Event()
    with ThreadPoolExecutor(4) as pool:
        waiting = [pool.submit(append, group, (draft(),))]
        assert commits.has_begun.wait(_PATIENCE_S)
        waiting += [pool.submit(append, group, (draft(),)) for _ in range(3)]
        wait_for(group, 3)
        with pytest.raises(RecordFailedError, match="3 records wait already; try again later"):
            append(group, (draft(),))
        commits.hold.set()
        assert sorted(index_of(each.result(_PATIENCE_S)) for each in waiting) == [0, 1, 2, 3]
