"""Several processes that answer from one snapshot at a time: what each has opened, and what all use."""

import multiprocessing
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from xingate_server.core.subject import SubjectKeyer
from xingate_server.settings import load
from xingate_server.snapshot.errors import SnapshotError
from xingate_server.snapshot.store import Snapshot, SnapshotSet
from xingate_server.wiring.board import Board, Seat
from xingate_server.wiring.node import Node
from xingate_server.wiring.processes import serve as serving
from xingate_server.wiring.processes.listen import Reservation
from xingate_server.wiring.processes.serve import _Parent


@pytest.fixture
def board() -> Board:
    return Board(multiprocessing.get_context("fork"), 2, 1)


@pytest.fixture
def both(board: Board, own_state: Path) -> list[SnapshotSet]:
    found = [SnapshotSet(own_state, agreement=Seat(board, seat)) for seat in range(2)]
    for each in found:
        assert each.refresh()
    return found


def sequences(found: list[SnapshotSet]) -> list[int]:
    return [each.current().info.sequence for each in found]


def test_a_new_snapshot_is_opened_beside_the_one_in_use(
    board: Board, both: list[SnapshotSet], own_state: Path, compile_lists: Callable[[Path], int]
) -> None:
    assert (sequences(both), [board.opened(seat) for seat in range(2)]) == ([1, 1], [1, 1])
    assert compile_lists(own_state) == 2
    assert both[0].refresh()
    assert (sequences(both), [board.opened(seat) for seat in range(2)]) == ([1, 1], [2, 1])
    assert both[1].refresh()
    assert sequences(both) == [1, 1]
    board.use(2)
    assert sequences(both) == [2, 2]
    assert not both[0].refresh()


def test_who_has_not_opened_it_opens_it_before_it_answers(
    board: Board, both: list[SnapshotSet], own_state: Path, compile_lists: Callable[[Path], int]
) -> None:
    """A worker that was stuck while the others went on, and one that starts late."""
    compile_lists(own_state)
    both[0].refresh()
    board.use(2)
    assert both[0].current().info.sequence == 2
    # It reads a snapshot from end to end, which no question may wait for: it does so where `refresh` runs.
    with pytest.raises(SnapshotError, match="snapshot 2 is in use and not open here yet"):
        both[1].current()
    both[1].refresh()
    assert sequences(both) == [2, 2]
    compile_lists(own_state)
    late = SnapshotSet(own_state, agreement=Seat(board, 1))
    assert late.refresh()
    assert (board.opened(1), late.current().info.sequence) == (3, 2), "not from one that the others do not use yet"


def test_what_cannot_be_followed_is_no_answer_and_is_tried_again(
    board: Board, both: list[SnapshotSet], own_state: Path, compile_lists: Callable[[Path], int], tmp_path: Path
) -> None:
    compile_lists(own_state)
    shutil.move(own_state / "snapshots" / "2", tmp_path / "away")
    board.use(2)
    assert both[0].awaited == "snapshot 2 is in use and not open here yet"
    both[0].refresh()
    for _ in range(2):
        with pytest.raises(SnapshotError, match="snapshot 2 is in use and cannot be opened"):
            both[0].current()
    shutil.move(tmp_path / "away", own_state / "snapshots" / "2")
    with pytest.raises(SnapshotError, match="cannot be opened"):
        both[0].current()  # not at each question
    both[0].refresh()
    assert both[0].current().info.sequence == 2


def test_the_parent_has_all_use_what_all_have_opened(
    own_state: Path, compile_lists: Callable[[Path], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    compile_lists(own_state)
    settings = load(state=own_state, server={"workers": 3, "http_port": 0, "grpc_port": 0})
    with Reservation(settings.server) as reserved:
        parent = _Parent(settings, reserved)
    board, workers = parent._board, [SimpleNamespace(stuck_s=0.0) for _ in range(3)]
    for slot, each in zip(parent._slots, workers, strict=True):
        slot.worker = each  # type: ignore[assignment]

    def in_use(*opened: int) -> int:
        for seat, sequence in enumerate(opened):
            board.numbers[2 + seat] = sequence
        parent._agree()
        return board.in_use

    assert board.in_use == 2, "what `current` points to at the start"
    assert in_use(2, 0, 0) == 2
    assert in_use(3, 2, 2) == 2
    assert in_use(3, 3, 0) == 3, "one that starts follows what the others use"
    assert in_use(2, 0, 0) == 2, "`current` is set back to 2 by an officer"
    assert in_use(1, 0, 0) == 2, "one that was stuck while the others went on, and they have ended"
    workers[0].stuck_s = 3.0
    assert in_use(2, 5, 5) == 5, "one that is stuck holds nobody up"
    workers[0].stuck_s = 0.0
    parent._slots[0].is_told_to_stop = True
    assert in_use(2, 7, 7) == 7, "nor does one that drains, for up to ten minutes"
    parent._slots[0].is_told_to_stop = False
    assert in_use(7, 8, 8) == 7
    monkeypatch.setattr(serving, "_OPEN_WITHIN_S", -1.0)
    assert in_use(7, 8, 8) == 7, "8 is not what `current` points to"
    assert in_use(2, 8, 8) == 2


def test_no_question_waits_for_a_snapshot_that_is_read(
    board: Board,
    both: list[SnapshotSet],
    own_state: Path,
    compile_lists: Callable[[Path], int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Many GB take minutes to read; who waited for them on its event loop would be taken for stuck, and replaced."""
    reading, go_on, opening = threading.Event(), threading.Event(), Snapshot.open

    def slow(folder: Path, keyer: SubjectKeyer) -> Snapshot:
        if threading.current_thread() is threading.main_thread():
            pytest.fail("a question reads a snapshot")
        reading.set()
        assert go_on.wait(20)
        return opening(folder, keyer)

    both[0].get(1)
    compile_lists(own_state)
    monkeypatch.setattr(Snapshot, "open", slow)
    board.use(2)
    refreshing = threading.Thread(target=both[0].refresh)
    refreshing.start()
    assert reading.wait(20)
    with pytest.raises(SnapshotError, match="not open here yet"):
        both[0].current()
    assert both[0].get(1).info.sequence == 1, "and who asks an older one does not wait either"
    go_on.set()
    refreshing.join()
    assert (both[0].current().info.sequence, both[0].awaited, board.opened(0)) == (2, "", 2)


async def test_who_still_reads_it_says_so(board: Board, own_state: Path, compile_lists: Callable[[Path], int]) -> None:
    node = Node(load(state=own_state), seat=Seat(board, 0))
    try:
        await node.refresh()
        assert (node.is_ready, node.readiness()["reasons"]) == (True, [])
        compile_lists(own_state)
        board.use(2)
        problem = "snapshot 2 is in use and not open here yet"
        assert not node.is_ready
        assert node.readiness()["reasons"] == [{"reason": "snapshot_missing", "problem": problem}]
        await node.refresh()
        assert (node.is_ready, node.sequence) == (True, 2)
    finally:
        node.close()


def test_what_is_agreed_late_is_still_open(
    board: Board, both: list[SnapshotSet], own_state: Path, compile_lists: Callable[[Path], int]
) -> None:
    """The others were slower, and a newer one has been opened meanwhile."""
    for _ in range(2):
        compile_lists(own_state)
        both[0].refresh()
    board.use(2)
    assert both[0].current().info.sequence == 2


def test_nothing_is_answered_before_there_is_an_agreement(board: Board, own_state: Path) -> None:
    board.use(0)
    alone = SnapshotSet(own_state, agreement=Seat(board, 0))
    assert alone.refresh()
    with pytest.raises(SnapshotError, match="there is no snapshot"):
        alone.current()
    board.use(board.opened(0))
    assert alone.current().info.sequence == 1
