"""Started by test_trace_crash: appends without end, and says each request id only once its record is durable.

Arguments: the log's directory, a prefix of request ids, how many callers; a fourth: how many appends, then stop.
"""

import asyncio
import itertools
import sys
from pathlib import Path

from xingate_server.trace.log import Draft
from xingate_server.trace.sqlite import SqliteLog


async def main(directory: str, prefix: str, callers: str, limit: str = "") -> None:
    log = SqliteLog(Path(directory))
    numbers = itertools.count() if not limit else iter(range(int(limit)))

    async def caller() -> None:
        for number in numbers:
            request_id = f"{prefix}-{number}"
            stored = await log.append(
                Draft(
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
            )
            sys.stdout.write(f"{request_id} {stored.leaf_index}\n")
            sys.stdout.flush()

    await asyncio.gather(*(caller() for _ in range(int(callers))))
    log.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
