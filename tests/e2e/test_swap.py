"""Snapshots that come into use under load: no call fails, and what is over is let go."""

import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest
from tests.support.waiting import wait_until

from xingate.v1 import types_pb2, verification_pb2, verification_pb2_grpc
from xingate_server.demo.numbers import unified_code

SWAPS = 4
CALLERS = 8


class Load:
    """Callers over gRPC and HTTP that remember which snapshot answered, and what failed."""

    def __init__(self, gateway: Any) -> None:
        self.sequences: list[int] = []
        self.failed: list[str] = []
        self._gateway = gateway
        self._is_over = False
        asking = [self._ask_grpc, self._ask_http] * (CALLERS // 2)
        self._threads = [threading.Thread(target=ask) for ask in asking]
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        """Have them all end."""
        self._is_over = True
        for thread in self._threads:
            thread.join()

    def _ask_grpc(self) -> None:
        subject = types_pb2.Subject(
            kind=types_pb2.SUBJECT_KIND_LEGAL_ENTITY, identifiers=[types_pb2.Identifier(value=unified_code(1))]
        )
        request = verification_pb2.CheckRequest(subject=subject, action="market.entry")
        with grpc.insecure_channel(self._gateway.grpc) as channel:
            check = verification_pb2_grpc.VerificationServiceStub(channel).Check
            while not self._is_over:
                try:
                    self.sequences.append(check(request, timeout=10).snapshot.sequence)
                except grpc.RpcError as error:
                    self.failed.append(str(error.code()))

    def _ask_http(self) -> None:
        body = {
            "subject": {"kind": "SUBJECT_KIND_LEGAL_ENTITY", "identifiers": [{"value": unified_code(1)}]},
            "action": "market.entry",
        }
        with httpx.Client(base_url=self._gateway.http, trust_env=False) as http:
            while not self._is_over:
                response = http.post("/v1/check", json=body)
                if response.status_code == httpx.codes.OK:
                    self.sequences.append(int(response.json()["snapshot"]["sequence"]))
                else:
                    self.failed.append(response.text)


def mapped(pid: int) -> set[int]:
    """The sequences whose data a process has mapped, or holds a file of."""
    text = Path(f"/proc/{pid}/maps").read_text(encoding="utf-8", errors="replace")
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        try:
            text += f"{descriptor.readlink()}\n"
        except OSError:
            continue
    return {int(number) for number in re.findall(r"/snapshots/(\d+)/data\.lmdb", text)}


@pytest.mark.parametrize("workers", [1, 2])
def test_no_call_fails_and_what_is_over_is_closed(
    start_gateway: Callable[..., Any], own_state: Path, compile_lists: Callable[[Path], int], workers: int
) -> None:
    gateway = start_gateway(own_state, workers=workers, XINGATE_SNAPSHOT__POLL_S="0.1")
    load = Load(gateway)
    wait_until(lambda: len(load.sequences) > 50)
    for _ in range(SWAPS):
        sequence = compile_lists(own_state)
        wait_until(lambda sequence=sequence: set(load.sequences[-2 * CALLERS :]) == {sequence})  # type: ignore[misc]
    load.end()
    assert load.failed == []
    assert set(load.sequences) == set(range(1, SWAPS + 2))
    serving = gateway.workers()
    assert len(serving) == workers
    for pid in serving:
        wait_until(lambda pid=pid: mapped(pid) == {SWAPS + 1}, within_s=5)  # type: ignore[misc]
    assert gateway.stop() == 0
