"""Load from outside the process: h2load for gRPC, wrk for HTTP, each run judged by what the tool itself reports.

h2load sends a prepared body (the 5-byte gRPC frame and the message) a fixed number of times, so that what was
answered and what was recorded can be compared to the last one; its request log gives the latencies. It has one body
per run: the caller varies it between runs. wrk goes through any number of bodies (`wrk_post.lua`).
"""

import math
import os
import re
import shutil
import struct
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.rows import percentile
from benchmarks.servers import BenchError, cores, pin

CHECK = "/xingate.v1.VerificationService/Check"
BATCH_CHECK = "/xingate.v1.VerificationService/BatchCheck"
FRAME_BYTES = 5  # before a gRPC message: whether it is compressed, and its length
PACKAGES = {"h2load": "nghttp2-client", "wrk": "wrk"}  # where Debian has them
_LUA = Path(__file__).parent / "wrk_post.lua"
_LIMIT_S = 120
_LAST_ANSWERS_S = 0.25
_H2_FINISHED = re.compile(r"finished in ([\d.]+)(us|ms|s|m|h), ([\d.]+) req/s")
_H2_REQUESTS = re.compile(
    r"requests: (\d+) total, (\d+) started, (\d+) done, (\d+) succeeded, (\d+) failed, (\d+) errored, (\d+) timeout"
)
_H2_DATA = re.compile(r"traffic: .*\((\d+)\) data$", re.MULTILINE)
_H2_UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_WRK = re.compile(r"^xingate ((?:\d+ ?){9})$", re.MULTILINE)
_GRPC_HEADERS = ("content-type: application/grpc", "te: trailers")


class MissingToolError(Exception):
    """A load generator is not installed; the text says which Debian package has it."""


class Load(NamedTuple):
    """What a run gave: answers a second, how many, errors, seconds, latencies in milliseconds, bytes of bodies."""

    rate: float
    answers: int
    errors: int
    seconds: float
    p50_ms: float
    p99_ms: float
    p999_ms: float
    body_bytes: int = 0


def require(tool: str) -> str:
    """The path of a load generator. Raises MissingToolError."""
    if (path := shutil.which(tool)) is None:
        raise MissingToolError(f"`{tool}` is not installed: Debian has it in the package {PACKAGES[tool]}")
    return path


def grpc_frame(message: bytes) -> bytes:
    """A message as it goes over the wire: not compressed, its length, itself."""
    return struct.pack(">BI", 0, len(message)) + message


def h2load(port: int, path: str, message: bytes, *, in_flight: int, requests: int) -> Load:
    """`requests` calls with so many in flight, over at most 8 connections. Raises MissingToolError, BenchError."""
    clients = min(in_flight, 8)
    with tempfile.TemporaryDirectory(prefix="xingate-h2load-") as folder:
        body, log = Path(folder) / "body", Path(folder) / "log"
        body.write_bytes(grpc_frame(message))
        command = [require("h2load"), "-n", str(requests), "-c", str(clients), "-m", str(in_flight // clients)]
        command += ["-t", "1", "-d", str(body), "--log-file", str(log)]
        command += [part for header in _GRPC_HEADERS for part in ("-H", header)]
        printed = _run([*command, f"http://127.0.0.1:{port}{path}"])
        return read_h2load(printed, log.read_text(encoding="ascii"))


def read_h2load(printed: str, log: str) -> Load:
    """What h2load printed and its request log (start in us, status, us). Raises BenchError where it is neither."""
    finished, requests, data = _H2_FINISHED.search(printed), _H2_REQUESTS.search(printed), _H2_DATA.search(printed)
    if finished is None or requests is None or data is None:
        raise BenchError(f"h2load printed something unknown: {printed[-500:]}")
    total, _started, _done, succeeded, *_ = map(int, requests.groups())
    lines = [line.split("\t") for line in log.splitlines()]
    times = sorted(int(line[2]) / 1000 for line in lines if line[1] == "200")
    if len(times) != succeeded:
        raise BenchError(f"h2load counts {succeeded} answers and logs {len(times)}")
    if not times:
        raise BenchError(f"h2load got no answer: {requests[0]}")
    # From the first request to the last answer: starting the tool and connecting is no part of it.
    starts = [int(line[0]) for line in lines]
    ends = [int(line[0]) + int(line[2]) for line in lines]
    seconds = (max(ends) - min(starts)) / 1e6
    return Load(
        rate=succeeded / seconds,
        answers=succeeded,
        errors=total - succeeded,
        seconds=seconds,
        p50_ms=percentile(times, 0.50),
        p99_ms=percentile(times, 0.99),
        p999_ms=percentile(times, 0.999),
        body_bytes=int(data[1]),
    )


def wrk(port: int, path: str, bodies: Sequence[str], *, in_flight: int, seconds: float) -> Load:
    """POST the bodies in turn for so many seconds, the last quarter of one for the last answers to come in.

    Raises MissingToolError, BenchError.
    """
    sending_s = seconds - _LAST_ANSWERS_S
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as file:
        file.write("\n".join(bodies) + "\n")
        file.flush()
        env = {"XINGATE_BODIES": file.name, "XINGATE_SECONDS": str(sending_s)}
        command = [require("wrk"), "-t", "1", "-c", str(in_flight), "-d", f"{math.ceil(seconds)}s", "-s", str(_LUA)]
        printed = _run([*command, f"http://127.0.0.1:{port}{path}"], env)
    return read_wrk(printed, sending_s)


def read_wrk(printed: str, seconds: float) -> Load:
    """The line that wrk_post.lua prints. Raises BenchError where it is not there."""
    found = _WRK.search(printed)
    if found is None:
        raise BenchError(f"wrk printed something unknown: {printed[-500:]}")
    requests, size, broken, status, timeouts, p50, p99, p999, _most = map(int, found[1].split())
    answers = requests - status
    if not answers:
        raise BenchError(f"wrk got no answer: {printed[-500:]}")
    return Load(
        rate=answers / seconds,
        answers=answers,
        errors=broken + status + timeouts,
        seconds=seconds,
        p50_ms=p50 / 1000,
        p99_ms=p99 / 1000,
        p999_ms=p999 / 1000,
        body_bytes=size,
    )


def _run(command: Sequence[str], env: dict[str, str] | None = None) -> str:
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            timeout=_LIMIT_S,
            env=os.environ | (env or {}),
            preexec_fn=pin(cores().load),
        )
    except subprocess.TimeoutExpired:
        raise BenchError(f"`{command[0]}` did not end within {_LIMIT_S} s") from None
    if done.returncode != 0:
        raise BenchError(f"`{command[0]}` ended with {done.returncode}: {done.stderr.strip()[-500:]}")
    return done.stdout
