"""A worker that is stuck: said after 2 s, replaced after 10 s, and new connections do not wait for it."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc
import pytest

from xingate.v1 import catalogue_pb2, catalogue_pb2_grpc


def workers(gateway: Any) -> list[int]:
    """Its workers; its resource tracker is none."""
    pid = gateway.process.pid
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return [int(child) for child in children if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]


def wait_until(holds: Callable[[], bool], within_s: float) -> float:
    started = time.monotonic()
    while not holds():
        assert time.monotonic() < started + within_s
        time.sleep(0.02)
    return time.monotonic() - started


def by_curl(gateway: Any, path: str = "/v1/actions") -> float:
    """How long a client of others waits for an answer over a new connection."""
    started = time.monotonic()
    command = ["curl", "-sSf", "--noproxy", "*", "-o", os.devnull, "--max-time", "9", f"{gateway.http}{path}"]
    subprocess.run(command, check=True, timeout=20)
    return time.monotonic() - started


def metrics(gateway: Any) -> str:
    command = ["curl", "-sSf", "--noproxy", "*", "--max-time", "9", f"{gateway.http}/metrics"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def by_grpcio(gateway: Any) -> float:
    started = time.monotonic()
    with grpc.insecure_channel(gateway.grpc, [("grpc.use_local_subchannel_pool", 1)]) as channel:
        catalogue_pb2_grpc.CatalogueServiceStub(channel).ListActions(catalogue_pb2.ListActionsRequest(), timeout=9)
    return time.monotonic() - started


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not on this machine")
def test_a_stopped_worker_is_said_and_avoided(start_gateway: Callable[..., Any], own_state: Path) -> None:
    gateway = start_gateway(own_state, workers=2)
    time.sleep(0.5)
    stopped = workers(gateway)[0]
    os.kill(stopped, signal.SIGSTOP)
    try:
        said_and_avoided(gateway)
    finally:
        os.kill(stopped, signal.SIGCONT)
    assert gateway.stop() == 0


def said_and_avoided(gateway: Any) -> None:
    assert 1.5 < wait_until(lambda: "worker does not answer" in gateway.logged(), 5) < 4
    # Read at once: it is replaced after 10 s, which on a busy machine is less than the questions below take.
    wait_until(lambda: "xingate_stuck_workers 1.0" in metrics(gateway), 3)
    assert "worker is stuck" not in gateway.logged(), "it has 10 s"
    waited = [ask(gateway) for _ in range(6) for ask in (by_curl, by_grpcio)]
    assert max(waited) < 2, waited  # half of them waited until it was replaced


@pytest.mark.soak
def test_a_stopped_worker_is_replaced(start_gateway: Callable[..., Any], own_state: Path) -> None:
    gateway = start_gateway(own_state, workers=2)
    time.sleep(0.5)
    stopped, other = workers(gateway)
    os.kill(stopped, signal.SIGSTOP)
    wait_until(lambda: stopped not in workers(gateway), 12)
    wait_until(lambda: len(workers(gateway)) == 2 and "worker ended, starting another" in gateway.logged(), 5)
    assert other in workers(gateway)
    assert gateway.logged().count("worker does not answer") == 1
    assert gateway.logged().count("worker is stuck, ending it") == 1
    assert max([ask(gateway) for _ in range(6) for ask in (by_curl, by_grpcio)]) < 2
    assert gateway.stop() == 0


@pytest.mark.soak
def test_one_that_comes_back_is_replaced_in_good_order(start_gateway: Callable[..., Any], own_state: Path) -> None:
    """It has lost its place at the ports, so it ends what it was asked and makes room for another."""
    gateway = start_gateway(own_state, workers=2)
    time.sleep(0.5)
    stopped = workers(gateway)[0]
    os.kill(stopped, signal.SIGSTOP)
    wait_until(lambda: "worker does not answer" in gateway.logged(), 5)
    os.kill(stopped, signal.SIGCONT)
    wait_until(lambda: stopped not in workers(gateway) and len(workers(gateway)) == 2, 10)
    assert "worker answers again, replacing it" in gateway.logged()
    assert "worker is stuck" not in gateway.logged()
    assert [ask for ask in range(6) if by_grpcio(gateway) > 2] == []
    assert gateway.stop() == 0


@pytest.mark.soak
def test_all_of_them_stopped_keep_their_connections(start_gateway: Callable[..., Any], own_state: Path) -> None:
    """Where nobody else could take them, nothing is taken away: the machine may only be slow."""
    gateway = start_gateway(own_state, workers=2)
    time.sleep(0.5)
    both = workers(gateway)
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
