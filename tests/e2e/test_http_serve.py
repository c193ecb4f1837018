"""`xingate serve` as a process: where it listens, how it stops, several workers, a disk that takes no more."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from tests.support.waiting import wait_until

from xingate.v1 import types_pb2, verification_pb2, verification_pb2_grpc
from xingate_server.demo.numbers import unified_code
from xingate_server.trace.sqlite.store import SqliteLog

BODY = {
    "subject": {"kind": "SUBJECT_KIND_LEGAL_ENTITY", "identifiers": [{"value": unified_code(1)}]},
    "action": "market.entry",
    "caller": {"system": "tests"},
}


def check(gateway: Any, **more: Any) -> httpx.Response:
    return httpx.post(f"{gateway.http}/v1/check", json=BODY | more, trust_env=False, timeout=20)


def test_one_line_says_where_and_it_stops_in_order(start_gateway: Callable[..., Any], own_state: Path) -> None:
    gateway = start_gateway(own_state)
    out = gateway.out.read_text(encoding="utf-8")
    assert re.fullmatch(
        r"xingate is ready: http://127\.0\.0\.1:\d+ grpc://127\.0\.0\.1:\d+ \(1 worker, snapshot 1\)\n", out
    )
    assert gateway.stop() == 0
    assert '"event": "stopped"' in gateway.logged()


@pytest.mark.parametrize("option", ["--http-port", "--grpc-port"])
def test_a_port_in_use_is_told_in_one_line(start_gateway: Callable[..., Any], own_state: Path, option: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        gateway = start_gateway(own_state, option, str(port), is_awaited=False)
        assert gateway.process.wait(30) == 3
    assert f"port {port} on 127.0.0.1 is in use" in gateway.logged()
    assert option in gateway.logged()
    assert len(gateway.logged().splitlines()) == 1


def test_one_port_for_both_is_refused(start_gateway: Callable[..., Any], own_state: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = str(found.getsockname()[1])
    gateway = start_gateway(own_state, "--http-port", port, "--grpc-port", port, is_awaited=False)
    assert gateway.process.wait(30) == 3
    assert f"the http port and the grpc port are both {port}" in gateway.logged()
    assert len(gateway.logged().splitlines()) == 1
    assert gateway.out.read_text(encoding="utf-8") == ""


def test_a_second_gateway_does_not_share_the_ports_of_the_first(
    start_gateway: Callable[..., Any], own_state: Path
) -> None:
    first = start_gateway(own_state, "--workers", "2")
    port = first.http.rpartition(":")[2]
    second = start_gateway(own_state, "--http-port", port, is_awaited=False)
    assert second.process.wait(30) == 3
    assert "is in use" in second.logged()
    assert first.stop() == 0


@pytest.mark.parametrize(
    ("host", "said"),
    [("0.0.0.0", "can be reached from elsewhere"), ("example.org", "is not an IP address")],  # noqa: S104
)
def test_only_loopback_without_being_told(
    start_gateway: Callable[..., Any], own_state: Path, host: str, said: str
) -> None:
    gateway = start_gateway(own_state, "--host", host, is_awaited=False)
    assert gateway.process.wait(30) == 3
    assert said in gateway.logged()
    assert "Traceback" not in gateway.logged()


def test_a_wrong_setting_is_a_usage_error(start_gateway: Callable[..., Any], own_state: Path) -> None:
    gateway = start_gateway(own_state, is_awaited=False, XINGATE_SERVER__DRAIN_S="soon")
    assert gateway.process.wait(30) == 2
    assert "`server.drain_s`" in gateway.logged()


def test_a_trace_that_cannot_be_used_is_told(start_gateway: Callable[..., Any], own_state: Path) -> None:
    (own_state / "trace").mkdir()
    (own_state / "trace" / "log.sqlite").write_bytes(b"not a database, but long enough to be one" * 100)
    gateway = start_gateway(own_state, is_awaited=False)
    assert gateway.process.wait(30) == 3
    assert "the trace cannot be used" in gateway.logged()
    assert "Traceback" not in gateway.logged()


def test_calls_in_flight_are_answered_when_it_stops(start_gateway: Callable[..., Any], own_state: Path) -> None:
    gateway = start_gateway(own_state)
    lost: list[grpc.StatusCode] = []
    counted: list[int] = []
    started = threading.Event()

    def ask() -> None:
        request = verification_pb2.CheckRequest(
            subject=types_pb2.Subject(
                kind=types_pb2.SUBJECT_KIND_LEGAL_ENTITY,
                identifiers=[types_pb2.Identifier(value=unified_code(1))],
            ),
            action="market.entry",
        )
        with grpc.insecure_channel(gateway.grpc) as channel:
            verification = verification_pb2_grpc.VerificationServiceStub(channel)
            while True:
                try:
                    verification.Check(request, timeout=10)
                except grpc.RpcError as error:
                    lost.append(error.code())
                    return
                counted.append(1)
                started.set()

    callers = [threading.Thread(target=ask) for _ in range(4)]
    for caller in callers:
        caller.start()
    started.wait(10)
    assert gateway.stop() == 0
    for caller in callers:
        caller.join()
    assert counted
    # Calls that came too late have no answer and no record; whatever was recorded was answered.
    assert set(lost) <= {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED}
    log = SqliteLog(own_state / "trace")
    recorded = sum(stored.kind == "check" for stored in log.read())
    log.close()
    assert recorded == len(counted)


def test_workers_share_ports_and_trace_and_a_crashed_one_is_replaced(
    start_gateway: Callable[..., Any], own_state: Path
) -> None:
    gateway = start_gateway(own_state, "--workers", "2")
    assert "(2 workers, snapshot 1)" in gateway.out.read_text(encoding="utf-8")
    answers = [check(gateway, requestId=f"w-{i}").json() for i in range(40)]
    assert sorted(int(a["trace"]["leafIndex"]) for a in answers) == list(
        range(1, 41)
    )  # 0: the snapshot's activation, by one of the two
    assert check(gateway, requestId="w-7").json() == answers[7]
    # A call is counted when it is over, which may be after its answer is here.
    wait_until(lambda: _counted(gateway) >= 41, 5)
    assert _counted(gateway) == 41
    workers = gateway.workers()
    assert len(workers) == 2
    os.kill(workers[0], signal.SIGKILL)
    wait_until(lambda: len(set(gateway.workers()) - {workers[0]}) == 2, 30)
    assert check(gateway).status_code == 200
    assert "worker ended, starting another" in gateway.logged()
    left = gateway.workers()
    assert gateway.stop() == 0
    assert not [pid for pid in left if Path(f"/proc/{pid}").exists()]


@pytest.mark.parametrize("count", [1, 2])
def test_workers_end_when_their_parent_is_killed(
    start_gateway: Callable[..., Any], own_state: Path, count: int
) -> None:
    gateway = start_gateway(own_state, workers=count)
    workers = gateway.workers()
    assert len(workers) == count
    gateway.process.kill()
    wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers))


def test_an_interrupt_from_the_terminal_reaches_all_and_drains_once(
    start_gateway: Callable[..., Any], own_state: Path
) -> None:
    gateway = start_gateway(own_state, workers=1)
    for pid in (*gateway.workers(), gateway.process.pid):
        os.kill(pid, signal.SIGINT)
    assert gateway.process.wait(20) == 0
    events = [json.loads(line)["event"] for line in gateway.logged().splitlines()]
    assert events[-2:] == ["draining", "stopped"]
    assert events.count("stopped") == 1


def test_a_full_disk_gives_no_verdict_and_says_not_ready(start_gateway: Callable[..., Any], own_state: Path) -> None:
    """The limit on file sizes stands for a full disk; once it is lifted the gateway recovers by itself."""
    if shutil.which("prlimit") is None:
        pytest.skip("prlimit is not there to make a disk look full")
    gateway = start_gateway(own_state)
    assert check(gateway).status_code == 200
    _limit_file_size(*gateway.workers(), "1024")
    refused = [check(gateway) for _ in range(3)]
    for response in refused:
        assert response.status_code == 503
        assert response.json()["reason"] == "record_failed"
        assert response.headers["retry-after"] == "1"
        assert "verdict" not in response.json()
    ready = httpx.get(f"{gateway.http}/readyz", trust_env=False)
    assert ready.status_code == 503
    assert ready.json()["trace"]["status"] == "failing"
    with grpc.insecure_channel(gateway.grpc) as channel:
        health = health_pb2_grpc.HealthStub(channel)
        wait_until(lambda: _health(health) == health_pb2.HealthCheckResponse.NOT_SERVING)
        _limit_file_size(*gateway.workers(), "unlimited")
        wait_until(lambda: httpx.get(f"{gateway.http}/readyz", trust_env=False).status_code == 200)
        wait_until(lambda: _health(health) == health_pb2.HealthCheckResponse.SERVING)
    assert check(gateway).status_code == 200
    assert gateway.stop() == 0


def _health(stub: health_pb2_grpc.HealthStub) -> int:
    return int(stub.Check(health_pb2.HealthCheckRequest(), timeout=5).status)


def _limit_file_size(pid: int, size: str) -> None:
    subprocess.run(["prlimit", f"--pid={pid}", f"--fsize={size}:unlimited"], check=True)


def _counted(gateway: Any) -> float:
    return sum(float(n) for n in re.findall(r"xingate_checks_total\{[^}]*\} (\S+)", _metrics(gateway)))


def _metrics(gateway: Any) -> str:
    return httpx.get(f"{gateway.http}/metrics", trust_env=False).text
