"""Acts of an operator that change answers, put on record by every node that takes a snapshot into use (Cl. 25).

That a snapshot is in use, and what its compile changed apart from the lists (`snapshot.compile.operator_acts`), is
recorded once a snapshot whatever the number of workers and restarts: the request id is made from kind, sequence and
hash, and all content comes from the manifest. A node that passed over sequences records their changes too, since the
later ones rest on them. Excluded: compiling, and who may. Source: DESIGN section 7.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Final

import msgspec

from xingate_server.core.timestamps import written
from xingate_server.gateway.ids import uuid7
from xingate_server.snapshot import folders
from xingate_server.snapshot.errors import SnapshotError
from xingate_server.snapshot.manifest import MANIFEST_FILE, Change, Manifest, decode_manifest
from xingate_server.trace import port
from xingate_server.trace.leaf.record import ActLeaf, encode, read
from xingate_server.trace.leaf.terms import terms_of

SYSTEM: Final = "xingate"
ACTIVATED: Final = "snapshot_activated"
UNKNOWN: Final = "unknown"
ACTIVATIONS: Final = sha256(b"snapshot_activated").digest()
"""The topic of the leaves that say which snapshot is in use."""
_MOST_ACTIVATIONS = 1000


class InUse(msgspec.Struct, frozen=True):
    """A snapshot that was taken into use: its manifest and the SHA-256 of it."""

    manifest: Manifest
    hash: str


class Acts:
    """Puts the acts of a node's snapshots on record. Belongs to one event loop."""

    def __init__(
        self,
        trace: port.TraceLog,
        state_dir: Path,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        new_id: Callable[[], str] = uuid7,
    ) -> None:
        self._trace = trace
        self._folder = folders.snapshots_dir(state_dir)
        self._clock = clock
        self._new_id = new_id
        self._recorded: InUse | None = None

    async def record(self, snapshot: InUse) -> str:
        """Put on record that `snapshot` is in use; "" once that is so, or else why not: then call it again."""
        if self._recorded is not None and self._recorded.hash == snapshot.hash:
            return ""
        try:
            outcomes = await self._trace.append_many(self._drafts(snapshot))
        except port.TraceError as error:
            return str(error)
        # An id that stands for something else was recorded by this program from other bytes: nothing to try again.
        failed = [
            o for o in outcomes if isinstance(o, port.TraceError) and not isinstance(o, port.RequestIdReusedError)
        ]
        if failed:
            return str(failed[0])
        self._recorded = snapshot
        return ""

    def _drafts(self, snapshot: InUse) -> list[port.Draft]:
        drafts = []
        for passed in self._passed_over(snapshot.manifest.sequence):
            drafts += [self._change(passed, change) for change in passed.manifest.changes]
        drafts += [self._change(snapshot, change) for change in snapshot.manifest.changes]
        return drafts + self._activated(snapshot)

    def _passed_over(self, sequence: int) -> list[InUse]:
        """The retained snapshots since the one last recorded; those that cannot be read say nothing."""
        last = self._recorded.manifest.sequence if self._recorded else 0
        found = []
        for retained in folders.sequences(self._folder):
            if last < retained < sequence:
                path = self._folder / str(retained) / MANIFEST_FILE
                try:
                    content = path.read_bytes()
                    found.append(InUse(decode_manifest(content, path), sha256(content).hexdigest()))
                except (OSError, SnapshotError):
                    continue
        return found

    def _change(self, snapshot: InUse, change: Change) -> port.Draft:
        return self._draft(snapshot, change.kind, change.before, change.after)

    def _activated(self, snapshot: InUse) -> list[port.Draft]:
        """From what was current at the compile; where it was in use before, from what was in use since. Nothing where
        the newest leaf that says which snapshot is in use names this one."""
        manifest = snapshot.manifest
        after = _snapshot_text(manifest.sequence, snapshot.hash)
        newest, index = next(_activations(self._trace, 1), (None, 0))
        if newest is not None and newest.after == after:
            return []
        first = manifest.previous
        draft = self._draft(snapshot, ACTIVATED, _snapshot_text(first.sequence, first.hash) if first else "", after)
        if newest is None or self._trace.find("act", SYSTEM, "", draft.request_id) is None:
            return [draft]
        return [self._draft(snapshot, ACTIVATED, newest.after, after, f"/{index}")]

    def _draft(self, snapshot: InUse, kind: str, before: str, after: str, suffix: str = "") -> port.Draft:
        manifest = snapshot.manifest
        record_id = self._new_id()
        leaf = ActLeaf(
            record_id=record_id,
            request_id=f"{kind}/{manifest.sequence}/{snapshot.hash[:16]}{suffix}",
            time=written(self._clock()),
            act=kind,
            operator=manifest.compiled_by or UNKNOWN,
            before=before,
            after=after,
            detail=f"snapshot {manifest.sequence}, compiled {manifest.created_at}",
        )
        said = (leaf.act, leaf.operator, leaf.before, leaf.after, leaf.detail)
        return port.Draft(
            kind="act",
            record_id=record_id,
            request_id=leaf.request_id,
            system=SYSTEM,
            organisation="",
            question_digest=sha256(msgspec.json.encode(said)).digest(),
            time=leaf.time,
            leaf=encode(leaf),
            answer=b"",
            topic=ACTIVATIONS if kind == ACTIVATED else b"",
            terms=terms_of(leaf),
        )


def use_draft(before: str, after: InUse, officer: str, reason: str, time: str, record_id: str) -> port.Draft:
    """An officer's act of putting a retained snapshot into use, also an older one than before.

    `before` is what was in use, as `snapshot_text` or `last_snapshot_text` gives it, "" where nothing was.
    """
    leaf = ActLeaf(
        record_id=record_id,
        request_id=f"snapshot_use/{record_id}",
        time=time,
        act=ACTIVATED,
        operator=officer,
        before=before,
        after=snapshot_text(after),
        detail=reason,
    )
    return port.Draft(
        kind="act",
        record_id=record_id,
        request_id=leaf.request_id,
        system=SYSTEM,
        organisation="",
        question_digest=sha256(encode(leaf)).digest(),
        time=time,
        leaf=encode(leaf),
        answer=b"",
        topic=ACTIVATIONS,
        terms=terms_of(leaf),
    )


def snapshot_text(snapshot: InUse) -> str:
    """A snapshot as leaves name it: the JSON of its sequence and hash."""
    return _snapshot_text(snapshot.manifest.sequence, snapshot.hash)


def last_snapshot_text(trace: port.TraceLog) -> str:
    """What the newest leaf of that kind says was put into use, whether it is retained or not; "" where there is none.

    Raises TraceError.
    """
    return next((leaf.after for leaf, _ in _activations(trace, 1)), "")


def newest_in_use(trace: port.TraceLog, state_dir: Path) -> int:
    """The sequence that was last put into use, by the newest leaf that says so; 0 if none does.

    Leaves of older releases are found by the retained snapshots that they name. Raises TraceError.
    """
    for sequence in _activated(trace, 1):
        return sequence
    folder = folders.snapshots_dir(state_dir)
    for sequence in reversed(folders.sequences(folder)):
        path = folder / str(sequence) / MANIFEST_FILE
        if path.is_file():
            content_hash = sha256(path.read_bytes()).hexdigest()
            if trace.find("act", SYSTEM, "", f"{ACTIVATED}/{sequence}/{content_hash[:16]}") is not None:
                return sequence
    return 0


def highest_in_use(trace: port.TraceLog, state_dir: Path) -> int:
    """The highest sequence that was ever in use. Raises TraceError."""
    return max([*_activated(trace, _MOST_ACTIVATIONS), newest_in_use(trace, state_dir)])


def _activated(trace: port.TraceLog, limit: int) -> Iterator[int]:
    for leaf, _ in _activations(trace, limit):
        yield msgspec.json.decode(leaf.after, type=_ActivatedSnapshot).sequence


def _activations(trace: port.TraceLog, limit: int) -> Iterator[tuple[ActLeaf, int]]:
    """The leaves that say which snapshot is in use, and their index, the newest first."""
    for stored in trace.by_topic(ACTIVATIONS, limit):
        leaf = read(stored.leaf)
        if isinstance(leaf, ActLeaf) and leaf.act == ACTIVATED:
            yield leaf, stored.leaf_index


class _ActivatedSnapshot(msgspec.Struct):
    sequence: int


def _snapshot_text(sequence: int, content_hash: str) -> str:
    return msgspec.json.encode({"sequence": sequence, "hash": content_hash}).decode()
