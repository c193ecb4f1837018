"""One gateway process over a state directory: snapshots, log, gateway and handlers, and the tasks that refresh them.

Used by `serve` and by `embedded` alike, so that both answer the same. Works without a snapshot until one appears.
"""

import asyncio
import contextlib
import os
import threading
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic
from typing import Any

import structlog

from xingate.checkpoint import verifier_key
from xingate_server.gateway.gateway import Gateway
from xingate_server.gateway.records.operator_acts import Acts, InUse, newest_in_use
from xingate_server.settings import Settings
from xingate_server.snapshot.errors import SnapshotError, SnapshotSetBackError
from xingate_server.snapshot.store import Snapshot, SnapshotSet
from xingate_server.trace.anchor.lease import Lease
from xingate_server.trace.anchor.push import FolderPlace, Place, Pusher, UrlPlace
from xingate_server.trace.port import SharedLog, TraceError
from xingate_server.trace.tree.checkpoints import Checkpointer
from xingate_server.trace.tree.signing import settle_key
from xingate_server.transport.handlers import Handlers
from xingate_server.transport.limits import NO_LIMIT
from xingate_server.transport.metrics import Metrics
from xingate_server.wiring import faults
from xingate_server.wiring.board import Seat
from xingate_server.wiring.open_log import open_log
from xingate_server.wiring.source_state import faults_of, figures_of, today
from xingate_server.wiring.watched_log import MeteredLog

_TICK_S = 0.25
_LOWEST_PRIORITY = 19

log = structlog.get_logger(__name__)


class Node:
    """Belongs to one event loop; `close` it after its callers are gone. Past `most_in_flight` checks it refuses.

    `seat` is that of a worker among several. Raises the trace's StoreUnusableError if the log cannot be used at
    all.
    """

    def __init__(self, settings: Settings, *, most_in_flight: int = NO_LIMIT, seat: Seat | None = None) -> None:
        trace = settings.state / "trace"
        self.metrics = Metrics(faults.SILENCING)
        self._settings = settings
        self._seat = seat
        self._snapshots = SnapshotSet(settings.state, self._newest, seat)
        # A new snapshot is read from end to end before it is used: in a thread of its own that gives way to answers.
        self._looking = ThreadPoolExecutor(1, "xingate-snapshots", initializer=_give_way)
        inner = open_log(settings)
        self._faults = faults.Faults()
        self._log = MeteredLog(inner, trace, self.metrics, lambda why: self._faults.begin(faults.RECORD_FAILED, why))
        self._anchor = self._pusher(inner.origin)
        try:
            key = settle_key(settings.state / "keys", inner.origin)
            if isinstance(inner, SharedLog):
                inner.settle_signer(str(verifier_key(inner.origin, key)))
            self._checkpoints = Checkpointer(inner, key, trace, anchor=self._anchor, on_problem=self._refuse)
        except BaseException:
            if self._anchor is not None:
                self._anchor.close()
            inner.close()
            raise
        self._acts = Acts(self._log, settings.state)
        self._acts_problem = ""
        self._gateway = Gateway(self._snapshots, self._log, proofs=self._checkpoints)
        self.handlers = Handlers(self._gateway, self.metrics, most_in_flight)
        self._in_use: Snapshot | None = None
        self._problem = ""
        self._is_draining = False
        self._refusals = 0

    async def refresh(self) -> None:
        """Look for a new snapshot, swap it in, and tell when it cannot be used. Never raises for a bad one."""
        await asyncio.get_running_loop().run_in_executor(self._looking, self._snapshots.refresh)
        snapshot = self._current()
        problem = self._snapshots.problem
        if problem and problem != self._problem:
            self.metrics.rejected.inc()
            log.error("snapshot cannot be used", problem=problem, kept=snapshot.info.sequence if snapshot else None)
        if snapshot is not None and snapshot is not self._in_use:
            info = snapshot.info
            sources = snapshot.manifest.sources
            self.metrics.snapshot(
                info.sequence,
                info.created_at,
                {source.kind: source.refused for source in sources},
                {source.kind: source.not_admitted() for source in sources},
            )
            self.metrics.sources(figures_of(sources, info.created_at))
            if not snapshot.manifest.key_id:
                log.warning("the snapshot does not name the subject key: compile again", sequence=info.sequence)
            log.info("snapshot in use", sequence=info.sequence, subjects=info.subjects, entries=info.entries)
        if snapshot is not self._in_use or problem != self._problem:
            if snapshot is not self._in_use:
                self._gateway.snapshots.forget()
            self._in_use, self._problem = snapshot, problem
            self.handlers.announce()
        if snapshot is not None:
            await self._record_acts(snapshot)

    async def keep_current(self, on_ready: Callable[[bool], Awaitable[None]] | None = None) -> None:
        """Refresh indefinitely; call `on_ready` when the readiness may have changed (true: questions are answered)."""
        refreshing = asyncio.create_task(self._keep_refreshing())
        try:
            while True:
                await asyncio.sleep(_TICK_S)
                try:
                    await self._log.probe()
                    self._tick()
                    if on_ready is not None:
                        await on_ready(self.is_ready)
                except Exception:
                    log.exception("a look at the gateway's own state failed")  # it goes on with what there is
        finally:
            refreshing.cancel()

    async def _keep_refreshing(self) -> None:
        """Beside the rest, since a disk that hangs holds it up."""
        poll_s = self._settings.snapshot.poll_s
        look_at = monotonic() + poll_s
        while True:
            await asyncio.sleep(min(poll_s, _TICK_S))
            try:
                if monotonic() >= look_at or self._current() is not self._in_use:
                    look_at = monotonic() + poll_s
                    await self.refresh()
            except Exception:
                log.exception("refresh failed")  # whatever it is, answering goes on with what there is

    def _tick(self) -> None:
        """Take note of what cannot be done at the moment, and bring the metrics up to date."""
        reasons = self._reasons()
        present = dict(reasons)
        refusals = self.handlers.limit.refusals
        if refusals != self._refusals:
            self._refusals = refusals
            present[faults.OVERLOADED] = f"more than {self.handlers.limit.most} checks in flight"
        if trouble := self._checkpoints.trouble:
            present[faults.CHECKPOINT_FAILED] = trouble
        if self._anchor is not None and self._anchor.trouble:
            present[faults.ANCHOR_FAILED] = self._anchor.trouble
        self._faults.look(present)
        self.metrics.tick(not reasons)
        for reason in faults.SILENCING:
            self.metrics.unready.labels(reason).set(int(reason in reasons))
        self.metrics.stuck.set(self._seat.stuck if self._seat else 0)
        self.metrics.checkpoint(self._checkpoints.checkpoint.tree_size, self._checkpoints.age_s)

    def _reasons(self) -> dict[str, str]:
        """Why no question is answered at the moment, each with what is wrong; empty if questions are."""
        found = {}
        awaited = self._snapshots.awaited
        if awaited or self._in_use is None:
            found[faults.SNAPSHOT_MISSING] = awaited or self._problem or "there is no snapshot: run xingate compile"
        if self._log.is_failing:
            found[faults.LOG_REFUSED if self._log.is_refused else faults.RECORD_FAILED] = self._log.problem
        if self._is_draining:
            found[faults.DRAINING] = "the gateway was told to stop"
        return found

    @property
    def is_ready(self) -> bool:
        """Whether questions can be answered: there is a snapshot, the log takes records, and we stay up."""
        return not self._reasons()

    @property
    def is_set_back(self) -> bool:
        """Whether there is no snapshot in use because `current` is older than what was."""
        return self._in_use is None and self._problem.startswith(SnapshotSetBackError.reason)

    @property
    def problem(self) -> str:
        """Why a newer snapshot, or any, is not in use; "" where nothing is wrong."""
        return self._problem

    @property
    def sequence(self) -> int:
        """The snapshot in use; 0 without one."""
        return self._in_use.info.sequence if self._in_use else 0

    def readiness(self) -> Mapping[str, Any]:
        """See `transport.http.routes.Readiness`."""
        snapshot: dict[str, Any] = {"status": "missing", "problem": self._problem}
        if (in_use := self._current()) is not None:
            info = in_use.info
            snapshot |= {"status": self._snapshots.status, "sequence": info.sequence, "createdAt": info.created_at}
        return {
            "ready": self.is_ready,
            "reasons": [{"reason": reason, "problem": problem} for reason, problem in self._reasons().items()],
            "draining": self._is_draining,
            "stuckWorkers": self._seat.stuck if self._seat else 0,
            "snapshot": snapshot,
            "trace": {
                "status": "failing" if self._log.is_failing else "ok",
                "problem": self._checkpoints.problem or self._log.problem or self._checkpoints.trouble,
                "origin": self._log.origin,
                "checkpoint": {
                    "treeSize": self._checkpoints.checkpoint.tree_size,
                    "ageSeconds": self._checkpoints.age_s,
                    **(
                        {"anchored": self._anchor.pushed, "anchorProblem": self._anchor.trouble} if self._anchor else {}
                    ),
                },
            },
        }

    def source_faults(self) -> Mapping[str, Any]:
        """See `transport.http.routes.Readiness`."""
        return faults_of(in_use.manifest.sources, today()) if (in_use := self._current()) is not None else {}

    def drain(self) -> None:
        """Say that no more questions should come."""
        self._is_draining = True
        self.handlers.announce(is_closing=True)

    def close(self) -> None:
        """Sign what the log holds, commit what waits in it, and close both."""
        self._looking.shutdown(cancel_futures=True)
        self.metrics.hand_over()
        self._checkpoints.close()
        self._log.close()

    def _newest(self) -> int:
        """The sequence that was last put into use. Raises SnapshotError if the log cannot say."""
        try:
            return newest_in_use(self._log, self._settings.state)
        except TraceError as error:
            raise SnapshotError(f"the log does not say which snapshot was in use: {error}") from error

    def _pusher(self, origin: str) -> Pusher | None:
        anchor = self._settings.trace.anchor
        if not (anchor.folder or anchor.url):
            return None
        place: Place = FolderPlace(Path(anchor.folder), origin) if anchor.folder else UrlPlace(anchor.url)
        return Pusher(place, every_s=anchor.every_s, lease=Lease(self._settings.state / "trace"))

    def _refuse(self, problem: str) -> None:
        log.error("the log can no longer be relied on: nothing is answered", problem=problem)
        self._log.refuse(problem)

    async def _record_acts(self, snapshot: Snapshot) -> None:
        """Put on record that it is in use, once; where that fails, answering goes on and it is tried again."""
        problem = await self._acts.record(InUse(snapshot.manifest, snapshot.info.hash))
        if problem and problem != self._acts_problem:
            log.error("snapshot in use is not on record yet", sequence=snapshot.info.sequence, problem=problem)
        self._acts_problem = problem

    def _current(self) -> Snapshot | None:
        with contextlib.suppress(SnapshotError):
            return self._snapshots.current()
        return None


def _give_way() -> None:
    """Let this thread run when nothing else wants to; where that cannot be, it runs like any other."""
    with contextlib.suppress(OSError, AttributeError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _LOWEST_PRIORITY)
