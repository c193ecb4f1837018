"""Started by the crash tests of the log: appends without end, and says each request id only once its record is durable.

Arguments: the log's directory or the address of its database, a prefix of request ids, how many callers; a fourth:
how many appends, then stop. A record that failed in a database is tried again with the same request id, as callers do.

Without arguments it reads lines from standard input, each a list in JSON of the file to write to and the arguments,
forks a process for each, and says its id: for who is killed a hundred times and need not import everything each time.
"""

import asyncio
import itertools
import json
import os
import signal
import sys
from pathlib import Path

from xingate_server.trace.port import Draft, RecordFailedError, Stored, TraceLog
from xingate_server.trace.postgres.store import PostgresLog
from xingate_server.trace.sqlite.store import SqliteLog

_PAUSE_S = 0.02


def draft(request_id: str) -> Draft:
    return Draft(
        kind="check",
        record_id=f"record-{request_id}",
        request_id=request_id,
        system="s",
        organisation="o",
        question_digest=b"q",
        time="2026-05-04T03:02:01.000000Z",
        leaf=request_id.encode() * 20,
        answer=b"a" * 500,
    )


async def append(log: TraceLog, request_id: str) -> Stored:
    while True:
        try:
            return await log.append(draft(request_id))
        except RecordFailedError:
            if not isinstance(log, PostgresLog):
                raise
            await asyncio.sleep(_PAUSE_S)


async def main(place: str, prefix: str, callers: str, limit: str = "") -> None:
    log: TraceLog = PostgresLog(place) if "://" in place else SqliteLog(Path(place))
    numbers = itertools.count() if not limit else iter(range(int(limit)))

    async def caller() -> None:
        for number in numbers:
            request_id = f"{prefix}-{number}"
            stored = await append(log, request_id)
            sys.stdout.write(f"{request_id} {stored.leaf_index}\n")
            sys.stdout.flush()

    await asyncio.gather(*(caller() for _ in range(int(callers))))
    log.close()


def fork_on_request() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them here
    for line in sys.stdin:
        out, *arguments = json.loads(line)
        pid = os.fork()
        if not pid:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            descriptor = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            os.dup2(descriptor, 1)
            sys.stdin.close()
            asyncio.run(main(*arguments))
            return
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    if sys.argv[1:]:
        asyncio.run(main(*sys.argv[1:]))
    else:
        fork_on_request()
