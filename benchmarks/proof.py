"""What the proof takes of an in-process check: hashes, tree, seals, tiles and signatures, against the same without.

The floor is the same check with the same durable insert into the same table, by the same writer: constants stand in
for hash and seal, no tree is kept, nothing is signed. Both run in turns in one process.
"""

import asyncio
import itertools
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from unittest.mock import patch

import uvloop

from benchmarks.data import Data
from benchmarks.inside import CALLERS, caller, questions
from benchmarks.rows import Row, in_turns
from benchmarks.servers import BenchError
from xingate.merkle import Frontier
from xingate_server.gateway.gateway import Gateway
from xingate_server.snapshot.store import SnapshotSet
from xingate_server.trace.sqlite import store
from xingate_server.trace.tree.checkpoints import Checkpointer
from xingate_server.trace.tree.signing import settle_key

_HASH, _SEAL = bytes(32), bytes(16)


def checks(data: Data, state: Path, seconds: float = 1.0) -> Iterator[Row]:
    """`Gateway.check` from 64 callers, with and without the proof."""
    numbers = itertools.count()
    with tempfile.TemporaryDirectory(dir=state) as folder:

        def rate(*, is_proven: bool) -> float:
            with ExitStack() as stack:
                if not is_proven:
                    stack.enter_context(_without_hashes())
                place = Path(folder) / str(next(numbers))
                return uvloop.run(_rate(data, state, place, seconds, is_signed=is_proven))

        pair = in_turns(lambda: rate(is_proven=True), lambda: rate(is_proven=False))
    yield Row(
        id=f"check-{CALLERS}-proven",
        what=f"in process: check with all that proves it, {CALLERS} callers",
        unit="/s",
        ours=pair.ours,
        floor=pair.floor,
        floor_name="the same inserts without it",
        ratio=pair.ratio,
    )


async def _rate(data: Data, state: Path, folder: Path, seconds: float, *, is_signed: bool) -> float:
    with ExitStack() as stack:
        log = stack.enter_context(closing(store.SqliteLog(folder)))
        if is_signed:
            stack.enter_context(closing(Checkpointer(log, settle_key(folder, log.origin), folder)))
        answering = Gateway(SnapshotSet(state), log)
        asked = [questions(data, n) for n in range(CALLERS)]
        began = time.perf_counter()
        done = await asyncio.gather(*(caller(answering, each, began + seconds) for each in asked))
        rate = sum(map(len, done)) / (time.perf_counter() - began)
        if log.size() != sum(map(len, done)):
            raise BenchError(f"{sum(map(len, done)):,} answers, {log.size():,} records: the figures do not count")
        return rate


@contextmanager
def _without_hashes() -> Iterator[None]:
    def count_only(frontier: Frontier, hashes: Iterable[bytes]) -> None:
        frontier._size += sum(1 for _ in hashes)  # noqa: SLF001 - no reader of this log has use for its frontiers

    with (
        patch.object(store, "leaf_hash", lambda _: _HASH),
        patch.object(store, "seal", lambda _: _SEAL),
        patch.object(Frontier, "extend", count_only),
    ):
        yield
