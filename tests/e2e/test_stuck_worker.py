"""A worker that is stuck: said after 2 s, replaced after 10 s, and new connections do not wait for it."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import pytest
from tests.support.waiting import wait_until

from xingate.v1 import catalogue_pb2, catalogue_pb2_grpc


def said(gateway: Any, event: str) -> list[float]:
    """The seconds of silence in each line of an event, by the clock of the parent."""
    logged = [json.loads(line) for line in gateway.logged().splitlines() if line.startswith("{")]
    return [each["silent_s"] for each in logged if each["event"] == event]


def by_curl(gateway: Any, path: str = "/v1/actions") -> float:
    """How long a client of others waits for an answer over a new connection, from when it has started."""
    command = ["curl", "-sSf", "--noproxy", "*", "-o", os.devnull, "-w", "%{time_total}", "--max-time", "20"]
    return float(subprocess.run([*command, f"{gateway.http}{path}"], check=True, capture_output=True).stdout)


def metrics(gateway: Any) -> str:
    command = ["curl", "-sSf", "--noproxy", "*", "--max-time", "20", f"{gateway.http}/metrics"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def by_grpcio(gateway: Any) -> float:
    started = time.monotonic()
    with grpc.insecure_channel(gateway.grpc, [("grpc.use_local_subchannel_pool", 1)]) as channel:
        catalogue_pb2_grpc.CatalogueServiceStub(channel).ListActions(catalogue_pb2.ListActionsRequest(), timeout=20)
    return time.monotonic() - started


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not on this machine")
def test_a_stopped_worker_is_said_and_avoided(start_gateway: Callable[..., Any], own_state: Path) -> None:
    gateway = start_gateway(own_state, workers=2)
    wait_until(lambda: len(gateway.workers()) == 2)
    stopped = gateway.workers()[0]
    os.kill(stopped, signal.SIGSTOP)
    try:
        said_and_avoided(gateway)
    finally:
        with contextlib.suppress(ProcessLookupError):  # on a slow machine it has been replaced
            os.kill(stopped, signal.SIGCONT)
    assert gateway.stop() == 0


def said_and_avoided(gateway: Any) -> None:
    """By the parent's clock, and by the order of what happens: a busy machine does not change either."""
    wait_until(lambda: said(gateway, "worker does not answer") != [], 20)
    assert is_about(2, said(gateway, "worker does not answer"))
    wait_until(
        lambda: "xingate_stuck_workers 1.0" in metrics(gateway), 7
    )  # read at once: it is replaced after 8 s more
    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(kept_waiting, gateway, ask) for _ in range(6) for ask in (by_curl, by_grpcio)]
        assert [each.result() for each in asked] == [False] * 12  # half of them waited until it was replaced
    assert all(silent_s >= 10 for silent_s in said(gateway, "worker is stuck, ending it"))


def is_about(seconds: float, found: list[float]) -> bool:
    """Whether that was said once: it looks every 0.25 s, and counts no pause of its own of more than 1 s."""
    return len(found) == 1 and seconds <= found[0] <= seconds + 1.1


def is_replaced(gateway: Any) -> bool:
    return "worker is stuck, ending it" in gateway.logged()


def kept_waiting(gateway: Any, ask: Callable[[Any], float]) -> bool:
    """Whether a question was answered only after the stuck worker was gone, which it began to wait for before."""
    was_there = not is_replaced(gateway)
    waited_s = ask(gateway)
    return was_there and waited_s > 2 and is_replaced(gateway)


@pytest.mark.soak
def test_a_stopped_worker_is_replaced(start_gateway: Callable[..., Any], own_state: Path) -> None:
    gateway = start_gateway(own_state, workers=2)
    wait_until(lambda: len(gateway.workers()) == 2)
    stopped, other = gateway.workers()
    os.kill(stopped, signal.SIGSTOP)
    wait_until(lambda: stopped not in gateway.workers(), 40)
    wait_until(lambda: len(gateway.workers()) == 2 and "worker ended, starting another" in gateway.logged(), 20)
    assert other in gateway.workers()
    assert is_about(2, said(gateway, "worker does not answer"))
    assert is_about(10, said(gateway, "worker is stuck, ending it"))
    assert max([ask(gateway) for _ in range(6) for ask in (by_curl, by_grpcio)]) < 2
    assert gateway.stop() == 0


@pytest.mark.soak
def test_one_that_comes_back_is_replaced_in_good_order(start_gateway: Callable[..., Any], own_state: Path) -> None:
    """It has lost its place at the ports, so it ends what it was asked and makes room for another."""
    gateway = start_gateway(own_state, workers=2)
    wait_until(lambda: len(gateway.workers()) == 2)
    stopped = gateway.workers()[0]
    os.kill(stopped, signal.SIGSTOP)
    wait_until(lambda: "worker does not answer" in gateway.logged(), 5)
    os.kill(stopped, signal.SIGCONT)
    wait_until(lambda: stopped not in gateway.workers() and len(gateway.workers()) == 2, 10)
    assert "worker answers again, replacing it" in gateway.logged()
    assert "worker is stuck" not in gateway.logged()
    assert [ask for ask in range(6) if by_grpcio(gateway) > 2] == []
    assert gateway.stop() == 0


@pytest.mark.soak
def test_all_of_them_stopped_keep_their_connections(start_gateway: Callable[..., Any], own_state: Path) -> None:
    """While nobody else can take them, nothing is taken away: the machine may only be slow. Who is asked waits for one
    that comes back, or for the spare one."""
    gateway = start_gateway(own_state, workers=2)
    wait_until(lambda: len(gateway.workers()) == 2)
    both = gateway.workers()
    for each in both:
        os.kill(each, signal.SIGSTOP)
    wait_until(lambda: gateway.logged().count("worker does not answer") == 2, 5)
    channel = grpc.insecure_channel(gateway.grpc)
    asked = catalogue_pb2_grpc.CatalogueServiceStub(channel).ListActions.future(
        catalogue_pb2.ListActionsRequest(), timeout=20, wait_for_ready=True
    )
    for each in both:
        os.kill(each, signal.SIGCONT)
    assert asked.result().actions
    channel.close()
    assert gateway.stop() == 0


# The default on one core. SIGUSR1 blocks the event loop of whoever gets it, while its other threads run on.
BLOCKING = "import signal, time\nsignal.signal(signal.SIGUSR1, lambda *_: time.sleep({seconds}))\n"


@pytest.fixture(scope="module")
def lone(
    start_gateway: Callable[..., Any], compiled_state: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, tuple[Any, int]]:
    """Three gateways of one worker each, and that worker: stopped, blocked, and blocked for eight seconds only. All at
    once, since each takes its time."""
    found = {}
    for name, seconds in (("stopped", 0), ("blocked", 60), ("held up", 8)):
        folder = tmp_path_factory.mktemp("lone")
        shutil.copytree(compiled_state, folder / "state", symlinks=True)
        (folder / "sitecustomize.py").write_text(BLOCKING.format(seconds=seconds), encoding="ascii")
        gateway = start_gateway(folder / "state", is_started=True, workers=1, PYTHONPATH=str(folder))
        (worker,) = gateway.workers()
        found[name] = gateway, worker
    time.sleep(0.5)
    for name, (_, worker) in found.items():
        os.kill(worker, signal.SIGSTOP if name == "stopped" else signal.SIGUSR1)
    return found


def test_new_connections_wait_for_no_lone_worker(lone: dict[str, tuple[Any, int]]) -> None:
    """A spare worker takes them while the stuck one is still there."""
    for name in ("stopped", "blocked"):
        gateway, worker = lone[name]
        wait_until(lambda gateway=gateway: is_avoided(gateway), 10)  # type: ignore[misc]
        waited_s = max(ask(gateway) for _ in range(3) for ask in (by_curl, by_grpcio))
        assert is_replaced(gateway) or (waited_s < 1 and worker in gateway.workers())
        assert is_about(2, said(gateway, "worker does not answer"))


def is_avoided(gateway: Any) -> bool:
    return "stuck worker gets no new connections" in gateway.logged()


def test_a_lone_worker_that_comes_back_makes_room_for_the_spare_one(lone: dict[str, tuple[Any, int]]) -> None:
    """It stayed while nobody else took its connections; now it has lost its place at the ports, as one of several."""
    gateway, worker = lone["held up"]
    wait_until(lambda: len(gateway.workers()) == 1 and worker not in gateway.workers(), 20)
    wait_until(lambda: "worker ended, another has its place" in gateway.logged(), 5)
    assert "worker answers again, replacing it" in gateway.logged()
    assert "ending it" not in gateway.logged()
    assert "starting another" not in gateway.logged()
    assert by_curl(gateway) < 5
    assert gateway.stop() == 0


@pytest.mark.parametrize("how", ["stopped", "blocked"])
def test_a_lone_worker_that_is_stuck_is_replaced(lone: dict[str, tuple[Any, int]], how: str) -> None:
    gateway, worker = lone[how]
    wait_until(lambda: "worker ended, another has its place" in gateway.logged(), 40)  # none is started: it is there
    assert worker not in gateway.workers()
    assert len(gateway.workers()) == 1
    assert gateway.logged().count('"event": "serving"') == 2
    assert is_about(2, said(gateway, "worker does not answer"))
    assert is_about(10, said(gateway, "worker is stuck, ending it"))
    assert by_curl(gateway) < 5
    assert by_grpcio(gateway) < 5
    assert gateway.stop() == 0
