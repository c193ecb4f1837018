"""Signs the log as it grows: a checkpoint at most a second behind the newest leaf, and never two that disagree.

Before a log is used it is compared with the last checkpoint that was signed for it: a log that has become shorter, or
does not begin with what was signed, is refused, since that is how a cut-off WAL or a rewritten log shows. The same
comparison precedes every signature. Several worker processes share the files; who has something to sign takes the lock,
and the others take over what it signed. Excluded: the notes themselves (`xingate.checkpoint`), proofs
(`trace.tree.proofs`), pushing notes elsewhere (`trace.anchor.push`). Source: DESIGN section 7; C2SP tlog-checkpoint,
signed-note.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from time import monotonic
from typing import Final, Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from xingate.checkpoint import Checkpoint, VerifierKey, sign, verifier_key, verify
from xingate.errors import CheckpointError
from xingate.merkle import Frontier, leaf_hash
from xingate_server.disk_faults import disk_fault
from xingate_server.trace.port import ReadFailedError, StoreUnusableError, TraceError, TraceLog
from xingate_server.trace.tree.checkpoint_files import CheckpointFiles
from xingate_server.trace.tree.proofs import Tree
from xingate_server.trace.tree.tiles import FileTiles, TileStore

INTERVAL_S: Final = 0.5
_SPACING_S = 0.05  # between two checkpoints that callers wait for
_TILES_PER_STEP = 128

_ADVICE = (
    "no answer is given from it; keep the directory as it is for inquiry, and restore the log from a backup or begin "
    "a new one elsewhere"
)
_Waiter = tuple[int, asyncio.AbstractEventLoop, "asyncio.Future[str | None]"]


class Anchor(Protocol):
    """Takes signed notes to a place outside the operator's reach; never blocks. See `trace.anchor.push`."""

    def push(self, note: str, prove: Callable[[int, int], Sequence[bytes]]) -> None:
        """Take a newer note; `prove` gives the consistency proof between two sizes."""
        ...

    def cosigned(self, note: str) -> str:
        """The note with the cosignatures of witnesses that came back for it."""
        ...

    def close(self) -> None:
        """Push what waits, within a bounded time, and stop."""
        ...


class Checkpointer:
    """Signs in a thread of its own; usable from any thread and event loop. It also makes the proofs.

    `on_problem` hears, once, why the log can no longer be relied on: nothing may be answered from then on. Raises
    StoreUnusableError where the log does not fit its last checkpoint, or the checkpoint is not ours.
    """

    def __init__(
        self,
        log: TraceLog,
        key: Ed25519PrivateKey,
        directory: Path,
        *,
        tiles: TileStore | None = None,
        anchor: Anchor | None = None,
        interval_s: float = INTERVAL_S,
        on_problem: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._log = log
        self._key = key
        self._public: VerifierKey = verifier_key(log.origin, key)
        self._files = CheckpointFiles(directory)
        self._looked_at = CheckpointFiles(directory)  # by whoever is asked, and not by who signs
        self._taking = threading.Lock()  # so that what was read is not older than what was taken meanwhile
        self._anchor = anchor
        self._interval_s = interval_s
        self._on_problem = on_problem
        self._changed = threading.Condition()
        self._waiters: list[_Waiter] = []
        self._is_wanted = self._is_closed = False
        self._problem = self._trouble = ""
        self._tiles = FileTiles(directory) if tiles is None else tiles
        try:
            self.tree = Tree(log, self._tiles)
            self._note, self._checkpoint = self._begin()
        except BaseException:
            self._tiles.close()
            raise
        if anchor is not None:
            anchor.push(self._note, self.consistency_proof)  # who signed it may have ended before it was pushed
        self._thread = threading.Thread(target=self._run, name="xingate-checkpoints", daemon=True)
        self._thread.start()

    @property
    def verifier_key(self) -> str:
        """The public key, to hand out (C2SP)."""
        return str(self._public)

    @property
    def problem(self) -> str:
        """Why the log can no longer be relied on; empty as long as it can."""
        return self._problem

    @property
    def trouble(self) -> str:
        """Why signing does not succeed at the moment (a full disk, say); empty if it does."""
        return self._trouble

    @property
    def checkpoint(self) -> Checkpoint:
        """What the newest note says that can be read."""
        with contextlib.suppress(TraceError):
            self._look()
        return self._checkpoint

    @property
    def age_s(self) -> float | None:
        """Seconds since the newest checkpoint was signed, by this or another process."""
        return self._files.age_s()

    def latest(self) -> str:
        """The newest signed note of all processes, with the cosignatures that came back for it. Raises TraceError."""
        self._look()
        note = self._note
        return self._anchor.cosigned(note) if self._anchor else note

    async def covering(self, leaf_index: int, timeout_s: float) -> str | None:
        """The newest note once it covers the leaf; None if that takes longer than `timeout_s`. Raises TraceError."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[str | None] = loop.create_future()
        self._look()
        with self._changed:
            if self._checkpoint.tree_size > leaf_index:
                return self.latest()
            self._waiters.append((leaf_index, loop, future))
            self._is_wanted = True
            self._changed.notify()
        try:
            return await asyncio.wait_for(future, timeout_s)
        except TimeoutError:
            return None
        finally:
            with self._changed:
                self._waiters = [waiter for waiter in self._waiters if waiter[2] is not future]

    def inclusion_proof(self, index: int, size: int) -> Sequence[bytes]:
        """See `Tree`."""
        return self.tree.inclusion_proof(index, size)

    def consistency_proof(self, size1: int, size2: int) -> Sequence[bytes]:
        """See `Tree`."""
        return self.tree.consistency_proof(size1, size2)

    def close(self) -> None:
        """Sign what is not signed yet, and stop. Closing twice does nothing. To be called before the log closes."""
        with self._changed:
            if self._is_closed:
                return
            self._is_closed = True
            self._changed.notify()
        self._thread.join()
        if self._anchor is not None:
            self._anchor.close()
        self._tiles.close()

    def _begin(self) -> tuple[str, Checkpoint]:
        """Compare the log with its last checkpoint, and have one that covers it."""
        known: tuple[str, Checkpoint] | None = None
        try:
            with self._files.locked():
                note = self._files.read()
                if note is not None:
                    known = note, self._read(note)
                    check_tail(self._log, known[1])
                return self._signed(note)
        except (OSError, ReadFailedError) as error:
            if known is not None and isinstance(error, OSError):
                self._trouble = _cannot_sign(error)
                return known
            raise StoreUnusableError(
                f"no checkpoint of the log in {self._files.path.parent}: {disk_fault(error, self._files.path)}"
            ) from error

    def _look(self) -> None:
        """Take over a note that another process has signed, so that nobody gets an older one here than there.

        Raises ReadFailedError, StoreUnusableError. A file that went back is the signing thread's to tell.
        """
        with self._taking:
            try:
                note = self._looked_at.read_changed()
            except OSError as error:
                raise ReadFailedError(f"the newest checkpoint cannot be read: {error}") from error
            if note is not None and note != self._note:
                self._adopt(note, self._read(note))

    def _run(self) -> None:
        while True:
            with self._changed:
                if not (self._is_wanted or self._is_closed):
                    self._changed.wait(self._interval_s)
                is_last = self._is_closed
                self._is_wanted = False
            started = monotonic()
            self._step_safely()
            if is_last or self._problem:
                return
            with self._changed:
                self._changed.wait_for(lambda: self._is_closed, max(0.0, started + _SPACING_S - monotonic()))

    def _step_safely(self) -> None:
        try:
            self._step()
            self._trouble = ""
        except StoreUnusableError as error:
            self._problem = str(error)
            self._on_problem(self._problem)
        except Exception as error:  # noqa: BLE001 - a full disk, a lock: signing goes on with the next step
            self._trouble = _cannot_sign(error)

    def _step(self) -> None:
        with self._taking:
            note = self._files.read_changed()
            if note is not None and note != self._note:
                self._take_over(note)
        frontier = self._log.frontier()
        check_frontier(self._log, self._checkpoint, frontier)
        if frontier.size > self._checkpoint.tree_size and not self._has_others_sign():
            with self._files.locked():
                note, checkpoint = self._signed(self._files.read())
            self._adopt(note, checkpoint)
            self.tree.catch_up(_TILES_PER_STEP)
        elif not self._waiters:
            self.tree.catch_up(_TILES_PER_STEP)

    def _has_others_sign(self) -> bool:
        """Whether another process has just signed: one of several is enough, and the rest take over its notes."""
        return not (self._waiters or self._is_closed) and self._files.is_fresh(self._interval_s / 2)

    def _signed(self, note: str | None) -> tuple[str, Checkpoint]:
        """The last note where it covers the log, or a new one; to be called under the lock."""
        known = None if note is None else self._read(note)
        frontier = self._log.frontier()
        if note is not None and known is not None:
            check_frontier(self._log, known, frontier)
            if known.tree_size == frontier.size:
                return note, known
        checkpoint = Checkpoint(self._log.origin, frontier.size, frontier.root())
        made = sign(checkpoint, self._key)
        self._files.write(made)
        return made, checkpoint

    def _read(self, note: str) -> Checkpoint:
        try:
            return verify(note, self._public)
        except CheckpointError as error:
            raise StoreUnusableError(
                f"{self._files.path} is not a checkpoint of the log `{self._log.origin}` under its key "
                f"`{self._public}`: {error}; restore the key and the checkpoint from a backup"
            ) from error

    def _take_over(self, note: str) -> None:
        checkpoint = self._read(note)
        if checkpoint.tree_size < self._checkpoint.tree_size:
            raise StoreUnusableError(
                f"{self._files.path} went back from {self._checkpoint.tree_size} leaves to "
                f"{checkpoint.tree_size}: {_ADVICE}"
            )
        self._adopt(note, checkpoint)

    def _adopt(self, note: str, checkpoint: Checkpoint) -> None:
        with self._changed:
            if checkpoint.tree_size < self._checkpoint.tree_size:
                return  # another thread was faster
            self._note, self._checkpoint = note, checkpoint
            ready = [waiter for waiter in self._waiters if waiter[0] < checkpoint.tree_size]
            self._waiters = [waiter for waiter in self._waiters if waiter[0] >= checkpoint.tree_size]
        if self._anchor is not None:
            self._anchor.push(note, self.consistency_proof)
        for _, loop, future in ready:
            with contextlib.suppress(RuntimeError):  # the loop was closed while its caller waited
                loop.call_soon_threadsafe(_tell, future, note)


def check_tail(log: TraceLog, checkpoint: Checkpoint) -> None:
    """Compare the log with a checkpoint that was signed for it, and hash every leaf since then.

    Raises StoreUnusableError if the log is shorter, begins with something else, or its end is damaged.
    """
    frontier = log.frontier()
    check_frontier(log, checkpoint, frontier)
    derived = log.frontier_at(checkpoint.tree_size) or Frontier()
    try:
        derived.extend(leaf_hash(stored.leaf) for stored in log.read(checkpoint.tree_size, frontier.size))
    except ReadFailedError as error:
        raise StoreUnusableError(f"the log `{log.origin}` is damaged: {error}; {_ADVICE}") from error
    if derived != frontier:
        raise StoreUnusableError(
            f"the log `{log.origin}` is damaged between leaf {checkpoint.tree_size} and its end: {_ADVICE}"
        )


def check_frontier(log: TraceLog, checkpoint: Checkpoint, frontier: Frontier) -> None:
    """Compare the log's end, and what it was at the checkpoint, with the checkpoint. Raises StoreUnusableError."""
    size, name = checkpoint.tree_size, f"the log `{log.origin}`"
    if frontier.size < size:
        raise StoreUnusableError(
            f"{name} holds {frontier.size} leaves, but a checkpoint was signed for {size}: its end was lost or cut "
            f"off; {_ADVICE}"
        )
    then = frontier if frontier.size == size else log.frontier_at(size)
    if then is None or then.root() != checkpoint.root_hash:
        raise StoreUnusableError(
            f"the first {size} leaves of {name} are not those that a checkpoint was signed for: {_ADVICE}"
        )


def _cannot_sign(error: Exception) -> str:
    return f"no checkpoint can be signed: {error}"


def _tell(future: "asyncio.Future[str | None]", note: str) -> None:
    if not future.done():
        future.set_result(note)
