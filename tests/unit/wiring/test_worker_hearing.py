"""What a parent takes in of a worker that may stop at any moment, in the midst of what it says."""

import multiprocessing
import socket
import threading
from collections.abc import Iterator
from multiprocessing.connection import Connection

import pytest

from xingate_server.wiring.processes import listeners
from xingate_server.wiring.processes.slots import UP, Worker


@pytest.fixture
def ends() -> Iterator[tuple[Connection, Connection]]:
    hearing, telling = multiprocessing.get_context("fork").Pipe()
    yield hearing, telling
    hearing.close()
    telling.close()


def heard(worker: Worker) -> None:
    """Have it hear, with a bound for the test."""
    hearing = threading.Thread(target=worker.hear, daemon=True)
    hearing.start()
    hearing.join(5)
    assert not hearing.is_alive(), "the parent waits for a worker that is stopped, and watches nobody"


@pytest.mark.parametrize("given", [0, 1, 2])
def test_one_that_stops_before_it_has_given_its_sockets_keeps_nobody(
    ends: tuple[Connection, Connection], given: int
) -> None:
    worker = Worker.__new__(Worker)  # without a process
    worker.hearing, worker.sequence, worker._listeners, worker._due = ends[0], None, [], 0
    open_ones = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    addresses = [each.getsockname() for each in open_ones]
    ends[1].send((UP, 7, 2))
    listeners.hand_over(open_ones[:given], ends[1])
    heard(worker)
    assert (worker.sequence, len(worker._listeners)) == (7, given)
    listeners.hand_over(open_ones[given:], ends[1])  # it goes on
    ends[1].send((UP, 8, 0))
    heard(worker)
    assert (worker.sequence, [each.getsockname() for each in worker._listeners]) == (8, addresses)
    worker.close_listeners()
