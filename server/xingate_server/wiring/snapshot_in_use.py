"""Which snapshot may be in use: never an older one than before, unless an officer orders it (DESIGN section 6).

The log records what was in use last. It is only read here, except for the officer's act itself.
"""

import asyncio
from contextlib import closing, suppress
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import msgspec

from xingate_server.core.identifiers.parsing import mask_text
from xingate_server.core.subject import SubjectKeyer
from xingate_server.core.timestamps import written
from xingate_server.gateway.ids import uuid7
from xingate_server.gateway.records.operator_acts import (
    InUse,
    highest_in_use,
    last_snapshot_text,
    newest_in_use,
    snapshot_text,
    use_draft,
)
from xingate_server.settings import Settings
from xingate_server.snapshot import folders
from xingate_server.snapshot.errors import NotRetainedError, SnapshotError, SnapshotSetBackError
from xingate_server.snapshot.keys import read_key
from xingate_server.snapshot.manifest import MANIFEST_FILE, read_manifest
from xingate_server.snapshot.store import Snapshot
from xingate_server.trace.port import NoLogError, StoreUnusableError
from xingate_server.wiring.open_log import open_log

_LOCK_TIMEOUT_S = 60.0


class Used(msgspec.Struct, frozen=True):
    """What `use_snapshot` did: from which sequence (0: none) to which, and under which record; blank where nothing was
    to be done, or only tried. `is_on_record`: the log says that `before` was in use, and not the link alone."""

    before: int
    after: int
    record_id: str = ""
    is_on_record: bool = False
    is_already: bool = False


class Retained(msgspec.Struct, frozen=True):
    """A snapshot that is kept: its manifest with its hash, or what is wrong with that."""

    sequence: int
    found: InUse | None = None
    problem: str = ""


def check_start(settings: Settings) -> None:
    """Refuse to start over a snapshot of another key, or over one that was set back.

    Raises `SubjectKeyMismatchError`, `SnapshotSetBackError`; other faults are those of running without a snapshot.
    """
    folder = folders.snapshots_dir(settings.state)
    sequence = folders.current_sequence(folder)
    if sequence is None:
        return
    newest = newest_sequence(settings)
    if sequence < newest:
        raise SnapshotSetBackError(folders.set_back(folder, sequence, newest))
    Snapshot.check_key(read_manifest(folder / str(sequence)), SubjectKeyer(read_key(settings.state)))


def newest_sequence(settings: Settings) -> int:
    """The sequence that was last put into use; 0 if there is no log yet, or one that cannot be opened, as the node
    itself will tell. Raises TraceError."""
    try:
        log = open_log(settings, must_exist=True)
    except StoreUnusableError:
        return 0
    try:
        return newest_in_use(log, settings.state)
    finally:
        log.close()


def last_and_highest(settings: Settings) -> tuple[int, int]:
    """The sequence that was last put into use and the highest that ever was, 0 if there is no log yet. Raises
    TraceError."""
    try:
        log = open_log(settings, must_exist=True)
    except NoLogError:
        return 0, 0
    try:
        return newest_in_use(log, settings.state), highest_in_use(log, settings.state)
    finally:
        log.close()


def use_snapshot(settings: Settings, sequence: int, reason: str, officer: str, *, is_dry_run: bool = False) -> Used:
    """Put a retained snapshot into use by an officer's act, which is on record before anything is moved.

    What was in use before is what the log says, else where `current` points. Where `current` points to the snapshot
    and the log names no other, nothing is recorded. Raises `NotRetainedError`, `SnapshotError` for one that cannot be
    used, TraceError where the act cannot be recorded.
    """
    folder = folders.snapshots_dir(settings.state)
    if not (folder / str(sequence)).is_dir():
        kept = folders.sequences(folder)
        span = f"{kept[0]} to {kept[-1]} are" if kept else "none is"
        raise NotRetainedError(f"snapshot {sequence} is not retained; {span}")
    Snapshot.open(folder / str(sequence), SubjectKeyer(read_key(settings.state)))
    wanted = _in_use(settings, sequence)
    if is_dry_run:
        return _found(settings, folder, wanted)
    with folders.compile_lock(folder, _LOCK_TIMEOUT_S):
        found = _found(settings, folder, wanted)
        if found.is_already:
            return found
        log = open_log(settings)
        try:
            draft = use_draft(
                last_snapshot_text(log) or (snapshot_text(_in_use(settings, found.before)) if found.before else ""),
                wanted,
                mask_text(officer),
                mask_text(reason),
                written(datetime.now(UTC)),
                uuid7(),
            )
            asyncio.run(log.append(draft))
        finally:
            log.close()
        folders.point_to(folder, sequence)
    return msgspec.structs.replace(found, record_id=draft.record_id)


def _found(settings: Settings, folder: Path, wanted: InUse) -> Used:
    """How things stand before a snapshot is put into use. A hand may have moved `current`: the log goes before it."""
    current, newest, said = folders.current_sequence(folder) or 0, 0, ""
    with suppress(NoLogError), closing(open_log(settings, must_exist=True)) as log:
        newest, said = newest_in_use(log, settings.state), last_snapshot_text(log)
    sequence = wanted.manifest.sequence
    is_already = current == sequence and newest in {0, sequence} and said in {"", snapshot_text(wanted)}
    return Used(newest or current, sequence, is_on_record=bool(newest), is_already=is_already)


def retained(settings: Settings) -> list[Retained]:
    """The snapshots of the state directory, oldest first, as their manifests say; none is opened."""
    folder = folders.snapshots_dir(settings.state)
    found = []
    for sequence in folders.sequences(folder):
        try:
            found.append(Retained(sequence, _in_use(settings, sequence)))
        except SnapshotError as error:
            found.append(Retained(sequence, problem=str(error)))
    return found


def current_sequence(settings: Settings) -> int:
    """Where `current` points to, 0 if there is none. Raises `SnapshotError` for one that is not a link."""
    return folders.current_sequence(folders.snapshots_dir(settings.state)) or 0


def _in_use(settings: Settings, sequence: int) -> InUse:
    folder = folders.snapshots_dir(settings.state) / str(sequence)
    try:
        content = (folder / MANIFEST_FILE).read_bytes()
    except OSError as error:
        raise SnapshotError(f"cannot read `{folder / MANIFEST_FILE}`: {error.strerror}") from error
    return InUse(read_manifest(folder), sha256(content).hexdigest())
