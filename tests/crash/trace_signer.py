"""Started by test_trace_damage: appends and signs, and says each request id only once its record is durable.

Arguments: the state directory, a prefix of request ids, how many appends (0: without end). A record that could not be
made durable is asked for again.
"""

import asyncio
import contextlib
import itertools
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from xingate_server.trace.port import Draft, RecordFailedError
from xingate_server.trace.sqlite.store import SqliteLog
from xingate_server.trace.tree.checkpoints import Checkpointer
from xingate_server.trace.tree.signing import settle_key

CALLERS = 4


def main(state: str, prefix: str, limit: str) -> None:
    numbers = itertools.count() if limit == "0" else iter(range(int(limit)))
    with contextlib.closing(SqliteLog(Path(state) / "trace", origin="example.org/log")) as log:
        key = settle_key(Path(state) / "keys", log.origin)
        with contextlib.closing(Checkpointer(log, key, Path(state) / "trace", interval_s=0.02)):

            def caller(_: int) -> None:
                for number in numbers:
                    append(log, f"{prefix}-{number}")

            with ThreadPoolExecutor(CALLERS) as pool:
                list(pool.map(caller, range(CALLERS)))


def append(log: SqliteLog, request_id: str) -> None:
    draft = Draft(
        kind="check",
        record_id=f"record-{request_id}",
        request_id=request_id,
        system="system",
        organisation="organisation",
        question_digest=b"q",
        time="2026-05-04T03:02:01.000000Z",
        leaf=request_id.encode() * 20,
        answer=b"a" * 500,
    )
    for _ in range(200):
        try:
            leaf_index = asyncio.run(log.append(draft)).leaf_index
        except RecordFailedError:
            time.sleep(0.005)
            continue
        sys.stdout.write(f"{request_id} {leaf_index}\n")
        sys.stdout.flush()
        return


if __name__ == "__main__":
    main(*sys.argv[1:])
