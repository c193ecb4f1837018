"""An open-loop gRPC client in a process of its own: calls start when they are due, whatever became of earlier ones.

Latency is counted from the time at which a call was meant to start, so that a server that stalls is charged for all
the calls that had to wait. `python -m benchmarks.open_loop PORT RATE SECONDS FILE` takes messages (hex, one a line)
in turn and prints JSON: `errors`, and per answer the second at which it was due and its latency in milliseconds.
"""

import asyncio
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

import grpc
import grpc.aio
import uvloop

from benchmarks.load import CHECK
from benchmarks.servers import BenchError, cores, pin

_SPIN_S = 0.0015  # timers are good to a millisecond; the last stretch is spent looking at the clock
_CHANNELS = 8
_DEADLINE_S = 20.0


class Sent(NamedTuple):
    """Answers as (due, latency in ms), in the order in which they were due; how many calls failed."""

    answers: list[tuple[float, float]]
    errors: int

    def latencies(self, first_s: float = 0.0, last_s: float = float("inf")) -> list[float]:
        """Those that were due in a span of time."""
        return [ms for due, ms in self.answers if first_s <= due < last_s]


def start(
    port: int, rate: float, seconds: float, messages: Sequence[bytes]
) -> tuple["subprocess.Popen[bytes]", "tempfile._TemporaryFileWrapper[str]"]:
    """Begin; `finish` takes what this gives."""
    file = tempfile.NamedTemporaryFile("w", suffix=".hex", encoding="ascii")  # noqa: SIM115 - `finish` closes it
    file.write("\n".join(message.hex() for message in messages))
    file.flush()
    command = [sys.executable, "-m", "benchmarks.open_loop", str(port), str(rate), str(seconds), file.name]
    where = cores().load
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        preexec_fn=pin(where),  # noqa: PLW1509 - one system call that takes no lock
    )
    return process, file


def finish(started: tuple["subprocess.Popen[bytes]", "tempfile._TemporaryFileWrapper[str]"]) -> Sent:
    """Wait for the end. Raises BenchError."""
    process, file = started
    printed, _ = process.communicate()
    file.close()
    if process.returncode:
        raise BenchError(f"the open-loop client ended with {process.returncode}")
    found = json.loads(printed)
    return Sent([(due, ms) for due, ms in found["answers"]], found["errors"])


async def send(port: int, rate: float, seconds: float, messages: Sequence[bytes]) -> Sent:
    """So many calls a second for so long; the first is due a moment after this begins."""
    options = [("grpc.enable_http_proxy", 0), ("grpc.use_local_subchannel_pool", 1)]
    channels = [grpc.aio.insecure_channel(f"127.0.0.1:{port}", options) for _ in range(_CHANNELS)]
    calls = [channel.unary_unary(CHECK, None, None) for channel in channels]
    for channel in channels:
        await channel.channel_ready()
    answers: list[tuple[float, float]] = []
    errors = 0
    begin = perf_counter() + 0.05

    async def one(number: int, due: float) -> None:
        nonlocal errors
        try:
            await calls[number % _CHANNELS](messages[number % len(messages)], timeout=_DEADLINE_S)
        except grpc.aio.AioRpcError:
            errors += 1
        else:
            answers.append((round(due, 4), round((perf_counter() - begin - due) * 1000, 3)))

    async with asyncio.TaskGroup() as group:
        for number in range(int(rate * seconds)):
            due = number / rate
            while (left := begin + due - perf_counter()) > 0:  # noqa: ASYNC110 - a clock sets no event
                await asyncio.sleep(left - _SPIN_S if left > _SPIN_S else 0)
            group.create_task(one(number, due))
    for channel in channels:
        await channel.close(None)
    return Sent(sorted(answers), errors)


def _main() -> None:
    port, rate, seconds, file = sys.argv[1:]
    messages = [bytes.fromhex(line) for line in Path(file).read_text(encoding="ascii").splitlines()]
    sent = uvloop.run(send(int(port), float(rate), float(seconds), messages))
    json.dump({"errors": sent.errors, "answers": sent.answers}, sys.stdout)


if __name__ == "__main__":
    _main()
