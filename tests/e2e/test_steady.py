"""Half an hour at 70 % of the most that the gateway gives here: it answers as in its first minute, in flat memory.

`XINGATE_SOAK_MINUTES` says how long (default 30). Load and gateway share the machine, so the rate is found first; where
others share it too, `XINGATE_SOAK_RATE` says how many a second to ask instead.
"""

import asyncio
import os
import re
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import httpx
import pytest

from xingate.v1 import types_pb2, verification_pb2
from xingate_server.demo.numbers import unified_code
from xingate_server.trace.sqlite.store import SqliteLog

MINUTES = float(os.environ.get("XINGATE_SOAK_MINUTES", "30"))
RATE = float(os.environ.get("XINGATE_SOAK_RATE", "0"))
CHECK = "/xingate.v1.VerificationService/Check"
SHARE = 0.7
IN_FLIGHT = 64
PROBE_S = 10.0
SETTLE_S = 60.0  # caches fill, and the allocator finds its size
SAMPLE_S = 1.0
MOST_MB_PER_HOUR = 60.0  # what a fit over a few minutes cannot tell from noise; over half an hour it is far below
SUBJECTS = 20_000


class Load:
    """Asks at a fixed rate, each time about another subject, over a few connections."""

    def __init__(self, address: str) -> None:
        self._channels = [grpc.aio.insecure_channel(address, [("grpc.use_local_subchannel_pool", 1)]) for _ in range(4)]
        self._calls = [channel.unary_unary(CHECK, None, None) for channel in self._channels]
        self._asked = 0
        self.took_s: list[float] = []
        self.failed: list[str] = []

    async def close(self) -> None:
        """Close the connections."""
        for channel in self._channels:
            await channel.close(None)

    async def at_most(self, seconds: float) -> float:
        """As many as there is time for, with a fixed number in flight; how many a second."""
        until, before = time.perf_counter() + seconds, len(self.took_s)

        async def ask() -> None:
            while time.perf_counter() < until:
                await self._one()

        await asyncio.gather(*(ask() for _ in range(IN_FLIGHT)))
        return (len(self.took_s) - before) / seconds

    async def at(self, rate: float, seconds: float) -> None:
        """Open loop: so many a second, whether or not they are answered."""
        began, sent = time.perf_counter(), 0
        open_calls: set[asyncio.Task[None]] = set()
        while (elapsed := time.perf_counter() - began) < seconds:
            while sent < elapsed * rate:
                task = asyncio.create_task(self._one())
                open_calls.add(task)
                task.add_done_callback(open_calls.discard)
                sent += 1
            await asyncio.sleep(0.002)
        await asyncio.gather(*open_calls)

    async def _one(self) -> None:
        self._asked += 1
        identifier = types_pb2.Identifier(value=unified_code(self._asked % SUBJECTS + 1))
        subject = types_pb2.Subject(kind=types_pb2.SUBJECT_KIND_LEGAL_ENTITY, identifiers=[identifier])
        request = verification_pb2.CheckRequest(subject=subject, action="market.entry")
        began = time.perf_counter()
        try:
            await self._calls[self._asked % len(self._calls)](request.SerializeToString(), timeout=10)
        except grpc.RpcError as error:
            self.failed.append(str(error.code()))
        else:
            self.took_s.append(time.perf_counter() - began)


async def watch(pid: int, seconds: float) -> list[tuple[float, float]]:
    """Seconds and the memory that is the process's own, in MB, once a second."""
    began, seen = time.perf_counter(), []
    while (elapsed := time.perf_counter() - began) < seconds:
        if elapsed > min(SETTLE_S, seconds / 3):
            seen.append((elapsed, own_mb(pid)))
        await asyncio.sleep(SAMPLE_S)
    return seen


def own_mb(pid: int) -> float:
    """Resident memory but for mapped files, whose pages come and go with the page cache."""
    found = re.search(r"^RssAnon:\s+(\d+) kB$", Path(f"/proc/{pid}/status").read_text(encoding="ascii"), re.MULTILINE)
    assert found is not None
    return int(found[1]) / 1024


def p99_ms(took_s: list[float]) -> float:
    return statistics.quantiles(took_s, n=100)[98] * 1000


@pytest.mark.soak
def test_memory_stays_flat_at_seventy_percent(start_gateway: Callable[..., Any], own_state: Path) -> None:
    gateway = start_gateway(own_state, XINGATE_LOG_LEVEL="warning")

    async def run() -> tuple[float, Load, list[tuple[float, float]]]:
        load = Load(gateway.grpc)
        await load.at_most(PROBE_S)
        rate = RATE or SHARE * await load.at_most(PROBE_S)
        seconds = MINUTES * 60
        _, seen = await asyncio.gather(load.at(rate, seconds), watch(gateway.workers()[0], seconds))
        await load.close()
        return rate, load, seen

    rate, load, seen = asyncio.run(run())
    slope = statistics.linear_regression([at for at, _ in seen], [mb for _, mb in seen]).slope * 3600
    third = len(load.took_s) // 3
    first_ms, last_ms = p99_ms(load.took_s[third : 2 * third]), p99_ms(load.took_s[2 * third :])
    print(  # noqa: T201 (what a soak is run for)
        f"\n{MINUTES:g} minutes at {rate:.0f}/s: {len(load.took_s)} answers, {len(load.failed)} failures, "
        f"memory {seen[0][1]:.1f} MB to {seen[-1][1]:.1f} MB ({slope:+.1f} MB an hour), "
        f"p99 {first_ms:.1f} ms, then {last_ms:.1f} ms"
    )
    assert load.failed == []
    assert slope < MOST_MB_PER_HOUR
    assert httpx.get(f"{gateway.http}/readyz", trust_env=False).status_code == 200
    assert gateway.stop() == 0
    log = SqliteLog(own_state / "trace")
    recorded = sum(stored.kind == "check" for stored in log.read())
    log.close()
    assert recorded == len(load.took_s)
