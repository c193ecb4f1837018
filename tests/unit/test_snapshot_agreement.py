"""Several processes that answer from one snapshot at a time: what each has opened, and what all use."""

import multiprocessing
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from xingate_server.snapshot.errors import SnapshotError
from xingate_server.snapshot.store import SnapshotSet
from xingate_server.wiring.board import Board, Seat


@pytest.fixture
def board() -> Board:
    return Board(multiprocessing.get_context("spawn"), 2, 1)


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
    for _ in range(2):
        with pytest.raises(SnapshotError, match="snapshot 2 is in use and cannot be opened"):
            both[0].current()
    shutil.move(tmp_path / "away", own_state / "snapshots" / "2")
    with pytest.raises(SnapshotError, match="cannot be opened"):
        both[0].current()  # not at each question
    both[0].refresh()
    assert both[0].current().info.sequence == 2


def test_nothing_is_answered_before_there_is_an_agreement(board: Board, own_state: Path) -> None:
    board.use(0)
    alone = SnapshotSet(own_state, agreement=Seat(board, 0))
    assert alone.refresh()
    with pytest.raises(SnapshotError, match="there is no snapshot"):
        alone.current()
    board.use(board.opened(0))
    assert alone.current().info.sequence == 1
