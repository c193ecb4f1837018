"""Several workers: how they end, how they are replaced, and that no answer is lost with one of them."""

import os
import signal
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from tests.support.waiting import wait_until

from xingate.v1 import types_pb2, verification_pb2, verification_pb2_grpc
from xingate_server.cores import available_cores
from xingate_server.demo.numbers import unified_code
from xingate_server.trace.sqlite.store import SqliteLog

SERVING, NOT_SERVING = health_pb2.HealthCheckResponse.SERVING, health_pb2.HealthCheckResponse.NOT_SERVING
CLEAN = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED}


class Callers:
    """Threads that ask over gRPC, each over a channel of its own, until they are told to end."""

    def __init__(self, gateway: Any, count: int = 4) -> None:
        self.answered: list[str] = []
        self.failed: list[grpc.StatusCode] = []
        self._is_over = False
        self._threads = [threading.Thread(target=self._ask, args=(gateway,)) for _ in range(count)]
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        """Have them all end."""
        self._is_over = True
        for thread in self._threads:
            thread.join()

    def _ask(self, gateway: Any) -> None:
        request = verification_pb2.CheckRequest(
            subject=types_pb2.Subject(
                kind=types_pb2.SUBJECT_KIND_LEGAL_ENTITY, identifiers=[types_pb2.Identifier(value=unified_code(1))]
            ),
            action="market.entry",
        )
        while not self._is_over:
            with grpc.insecure_channel(gateway.grpc, [("grpc.use_local_subchannel_pool", 1)]) as channel:
                check = verification_pb2_grpc.VerificationServiceStub(channel).Check
                try:
                    for _ in range(20):
                        self.answered.append(check(request, timeout=10).trace.record_id)
                except grpc.RpcError as error:
                    self.failed.append(error.code())
                    time.sleep(0.01)


def recorded(state: Path) -> set[str]:
    log = SqliteLog(state / "trace")
    try:
        return {stored.record_id for stored in log.read() if stored.kind == "check"}
    finally:
        log.close()


def test_one_worker_for_each_core_by_default(start_gateway: Callable[..., Any], own_state: Path) -> None:
    gateway = start_gateway(own_state, workers=None)
    text = gateway.out.read_text(encoding="utf-8")
    assert f"({available_cores()} worker" in text
    assert len(text.splitlines()) == 1
    assert gateway.stop() == 0


def test_no_answer_is_lost_when_workers_stop(start_gateway: Callable[..., Any], own_state: Path) -> None:
    gateway = start_gateway(own_state, "--workers", "2")
    callers = Callers(gateway)
    wait_until(lambda: len(callers.answered) > 200)
    assert gateway.stop() == 0
    callers.end()
    assert set(callers.failed) <= CLEAN
    # Whatever was recorded was answered, and the other way round.
    assert recorded(own_state) == set(callers.answered)


def test_others_keep_answering_when_a_worker_is_killed(start_gateway: Callable[..., Any], own_state: Path) -> None:
    gateway = start_gateway(own_state, "--workers", "2")
    callers = Callers(gateway)
    for _ in range(2):
        before = gateway.workers()
        os.kill(before[0], signal.SIGKILL)
        killed_at = len(callers.answered)
        wait_until(lambda at=killed_at: len(callers.answered) > at + 100)  # type: ignore[misc]
        wait_until(lambda old=before[0]: len(set(gateway.workers()) - {old}) == 2)  # type: ignore[misc]
    callers.end()
    assert set(callers.failed) <= CLEAN
    assert gateway.stop() == 0
    # A killed worker may have recorded what it could not say any more; nothing that was said is missing.
    assert set(callers.answered) <= recorded(own_state)


def test_a_worker_that_always_ends_at_once_is_told_and_ends_it_all(
    start_gateway: Callable[..., Any], own_state: Path
) -> None:
    gateway = start_gateway(own_state, "--workers", "2")
    (own_state / "trace" / "origin").write_text("damaged \x00 origin", encoding="utf-8")
    started = time.monotonic()
    os.kill(gateway.workers()[0], signal.SIGKILL)
    survivor = gateway.workers()[-1]
    assert gateway.process.wait(60) == 3
    assert time.monotonic() - started > 5  # with pauses in between, not as fast as it can
    assert "a worker ended within 10 s of its start 5 times in a row" in gateway.logged()
    assert gateway.logged().count("worker ended, starting another") <= 5
    assert "Traceback" not in gateway.logged()
    assert not Path(f"/proc/{survivor}").exists()


@pytest.mark.parametrize("count", ["1", "2"])
def test_who_drains_says_so_at_once_and_answers_what_it_took(
    start_gateway: Callable[..., Any], own_state: Path, count: str
) -> None:
    gateway = start_gateway(own_state, "--workers", count, XINGATE_TRACE__LOCK_WAIT_S="20")
    request = verification_pb2.CheckRequest(
        subject=types_pb2.Subject(
            kind=types_pb2.SUBJECT_KIND_LEGAL_ENTITY, identifiers=[types_pb2.Identifier(value=unified_code(1))]
        ),
        action="market.entry",
    )
    lock = sqlite3.connect(own_state / "trace" / "log.sqlite", isolation_level=None)
    with grpc.insecure_channel(gateway.grpc) as channel, httpx.Client(base_url=gateway.http, trust_env=False) as http:
        health = health_pb2_grpc.HealthStub(channel)
        heard: list[int] = []
        watch = health.Watch(health_pb2.HealthCheckRequest())
        listening = threading.Thread(target=_listen, args=(watch, heard))
        listening.start()
        wait_until(lambda: heard == [SERVING])
        assert http.get("/readyz").status_code == 200
        lock.execute("BEGIN IMMEDIATE")  # so that the call is still open when the gateway is told to stop
        future = verification_pb2_grpc.VerificationServiceStub(channel).Check.future(request, timeout=20)
        time.sleep(0.3)
        gateway.process.terminate()
        assert wait_until(lambda: NOT_SERVING in heard) < 1
        lock.execute("ROLLBACK")
        answer = future.result()
        listening.join()
    lock.close()
    assert gateway.process.wait(5) == 0  # whoever watches its health is no call to wait for
    assert recorded(own_state) == {answer.trace.record_id}


def _listen(watch: Any, heard: list[int]) -> None:
    try:
        heard.extend(response.status for response in watch)
    except grpc.RpcError:
        return
