"""Opens snapshots read-only, verifies them before use, and swaps to a new one unless it is bad.

Scope: `Snapshot` (one sequence) and `SnapshotSet` (the state directory). Exclusions: deciding, and who asks.
Source: DESIGN section 6. Nothing is written here, and no lock file is made.
"""

import threading
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol

import lmdb
import msgspec

from xingate_server.core.catalogue import Catalogue
from xingate_server.core.decide.decide import Decider
from xingate_server.core.decide.decision import SourceState
from xingate_server.core.names.normal_form import normalise
from xingate_server.core.names.search import Match, search
from xingate_server.core.subject import BY_SCHEME, Held, Profile, SubjectClass, SubjectFile, SubjectKeyer
from xingate_server.snapshot import folders
from xingate_server.snapshot.digests import check_content, check_size
from xingate_server.snapshot.environments import database_of, environment_of
from xingate_server.snapshot.errors import (
    NotRetainedError,
    SnapshotError,
    SnapshotSetBackError,
    SubjectKeyMismatchError,
)
from xingate_server.snapshot.keys import read_key
from xingate_server.snapshot.manifest import (
    CATALOGUE,
    CATALOGUE_KEY,
    DATA_FILE,
    GRAM,
    LISTED,
    MANIFEST_FILE,
    NAME,
    SUBJECT,
    Manifest,
    read_manifest,
)
from xingate_server.snapshot.name_index import StoredNames

CANDIDATES_AT_MOST = 20
OPEN_AT_MOST = 4  # retained snapshots kept open beside the current one


class Named(msgspec.Struct, frozen=True):
    """A subject that bears a name: what may be shown of it, and on which lists it stands."""

    profile: Profile
    list_types: tuple[str, ...]


class SnapshotFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Which snapshot this is. `hash` is the SHA-256 of its manifest, which holds that of the data."""

    sequence: int
    hash: str
    created_at: str
    next_update: str
    catalogue: str
    catalogue_edition: str
    catalogue_hash: str
    posture: str
    subjects: int
    entries: int


class Snapshot:
    """One sequence, open for reading, from any thread."""

    def __init__(self, manifest: Manifest, manifest_hash: str, environment: Any, keyer: SubjectKeyer) -> None:
        self.manifest = manifest
        self.keyer = keyer.in_form(manifest.format_version)
        self.key_form = self.keyer.form
        self.sources: tuple[SourceState, ...] = tuple(source.state() for source in manifest.sources)
        self.info = SnapshotFacts(
            sequence=manifest.sequence,
            hash=manifest_hash,
            created_at=manifest.created_at,
            next_update=manifest.next_update,
            catalogue=manifest.catalogue.name,
            catalogue_edition=manifest.catalogue.edition,
            catalogue_hash=manifest.catalogue.hash,
            posture=manifest.catalogue.posture,
            subjects=manifest.subjects,
            entries=manifest.entries,
        )
        self._shapes: dict[tuple[str, str], tuple[str, ...]] = {}
        for shape in manifest.mask_shapes:
            at = (shape.subject_class, shape.scheme if self.keyer.form == BY_SCHEME else "")
            self._shapes[at] = (*self._shapes.get(at, ()), shape.shape)
        self._environment = environment
        self._subject = environment.open_db(SUBJECT, create=False)
        self._name = environment.open_db(NAME, create=False, dupsort=True)
        self._listed, self._gram = database_of(environment, LISTED), database_of(environment, GRAM)
        self._local = threading.local()
        self._decode = msgspec.msgpack.Decoder(SubjectFile).decode
        self.catalogue = self._read_catalogue()
        # It remembers no longer than the snapshot is in use.
        self.decider = Decider(self.catalogue, asks_commitments=manifest.format_version > BY_SCHEME)

    @classmethod
    def open(cls, folder: Path, keyer: SubjectKeyer, *, verify: bool = True) -> "Snapshot":
        """Open `<state>/snapshots/<sequence>`; `verify` compares the data with the manifest's hash.

        Raises `SnapshotError`, `SubjectKeyMismatchError` if its hashes were made with another key.
        """
        manifest = read_manifest(folder)
        cls.check_key(manifest, keyer)
        path = folder / DATA_FILE
        try:
            manifest_hash = sha256((folder / MANIFEST_FILE).read_bytes()).hexdigest()
            check_size(path, manifest.data)
            if verify:
                check_content(path, manifest.data)
            return cls(manifest, manifest_hash, environment_of(path), keyer)
        except OSError as error:
            raise SnapshotError(f"cannot read `{path}`: {error.strerror}") from error
        except (lmdb.Error, msgspec.DecodeError) as error:
            raise SnapshotError(f"`{path}` is damaged: {error}") from error

    @staticmethod
    def check_key(manifest: Manifest, keyer: SubjectKeyer) -> None:
        """Raise `SubjectKeyMismatchError` if the hashes were made with another key; older manifests name none."""
        if manifest.key_id not in ("", keyer.key_id):
            raise SubjectKeyMismatchError(
                f"snapshot {manifest.sequence} was made with the subject key {manifest.key_id}, this installation has "
                f"{keyer.key_id}: every subject would be CLEAR; restore the key from a backup"
            )

    def get(self, key: bytes) -> SubjectFile | None:
        """What stands at a key (of an identifier, a mask, or a name that is all there is). About 3 microseconds."""
        try:
            transaction = self._local.transaction
        except AttributeError:
            transaction = self._transaction()
        packed = transaction.get(key, db=self._subject)
        return None if packed is None else self._decode(packed)

    def mask_shapes(self, subject_class: SubjectClass, scheme: str) -> tuple[str, ...]:
        """The shapes of masks in this snapshot: `*` where a character is hidden, `.` where it is shown."""
        return self._shapes.get((subject_class, scheme if self.keyer.form == BY_SCHEME else ""), ())

    def named(self, subject_class: SubjectClass, normalised: str) -> tuple[tuple[Named, ...], tuple[Held, ...]]:
        """Those who bear a name (20 at most), and the listings that rest on this name alone."""
        key = self.keyer.name(subject_class, normalised)
        alone = self.get(key)
        found: dict[Profile, set[str]] = {}
        for subject in self._bearers(key):
            file = self.get(subject)
            for profile, list_types in _candidates(file, normalised) if file else ():
                found.setdefault(profile, set()).update(list_types)
        named = [Named(profile, tuple(sorted(list_types))) for profile, list_types in found.items()]
        named.sort(key=lambda n: (not n.list_types, n.profile.name, n.profile.display, n.profile.kind))
        return tuple(named[:CANDIDATES_AT_MOST]), alone.unsettled if alone else ()

    def similar(self, subject_class: SubjectClass, normalised: str) -> list[Match]:
        """Names of listed subjects that are alike (`core.names.search`); a few milliseconds."""
        if self._listed is None or self._gram is None:
            return []  # made by a release that indexed no names
        names = StoredNames(self._transaction(), self._listed, self._gram, subject_class)
        return search(normalised, names, self.manifest.name_threshold)

    def bearers(self, key: bytes) -> Iterator[SubjectFile]:
        """What stands at those who bear the name of this key (20 at most)."""
        for subject in self._bearers(key):
            if (file := self.get(subject)) is not None:
                yield file

    def count(self) -> int:
        """How many keys the snapshot holds."""
        with self._environment.begin(db=self._subject) as transaction:
            return int(transaction.stat()["entries"])

    def keys(self) -> Iterator[tuple[bytes, SubjectFile]]:
        """Everything, in the order of the keys: for tests and measurements."""
        with self._environment.begin(db=self._subject) as transaction:
            for key, packed in transaction.cursor():
                yield key, self._decode(packed)

    def _bearers(self, key: bytes) -> list[bytes]:
        cursor = self._transaction().cursor(db=self._name)
        bearers: list[bytes] = []
        if cursor.set_key(key):
            for subject in cursor.iternext_dup():
                bearers.append(bytes(subject))
                if len(bearers) == CANDIDATES_AT_MOST:
                    break
        cursor.close()
        return bearers

    def _read_catalogue(self) -> Catalogue:
        database = self._environment.open_db(CATALOGUE, create=False)
        with self._environment.begin(db=database) as transaction:
            return msgspec.msgpack.decode(transaction.get(CATALOGUE_KEY) or b"", type=Catalogue)

    def _transaction(self) -> Any:
        # The file never changes, so one transaction per thread lasts as long as the snapshot.
        try:
            return self._local.transaction
        except AttributeError:
            self._local.transaction = self._environment.begin()
            return self._local.transaction


class Agreement(Protocol):
    """Which snapshot several processes answer from, so that none is behind what another has shown."""

    def in_use(self) -> int:
        """The sequence that all answer from; 0 before there is one."""
        ...

    def opened(self, sequence: int) -> None:
        """Say that this process could answer from that snapshot."""
        ...


class SnapshotSet:
    """The snapshots of a state directory.

    The current one is swapped by `refresh`, which callers run now and then; readers that hold an older `Snapshot`
    finish with it undisturbed. Where a new one is bad, the last good one stays and `problem` says why. `newest` gives
    the sequence that was last put into use, 0 if that is not known: an older one is never taken. With an
    `agreement`, `refresh` opens a new one beside that in use, and what was agreed where it is not open; `current`
    follows what was agreed and opens nothing, since it is asked from an event loop.
    """

    def __init__(
        self, state_dir: Path, newest: Callable[[], int] = lambda: 0, agreement: Agreement | None = None
    ) -> None:
        self.state_dir = state_dir
        self._newest = newest
        self._agreement = agreement
        self._opened: Snapshot | None = None  # the newest good one; it may not be in use yet
        self._before: Snapshot | None = None  # the one that was opened before it, and may be in use only now
        self._problem = ""
        self._unfollowed = ""  # why what was agreed could not be opened
        self._has_looked = False
        self._folder = folders.snapshots_dir(state_dir)
        self._keyer: SubjectKeyer | None = None
        self._current: Snapshot | None = None
        self._bad: dict[tuple[int, int], str] = {}  # by sequence and inode, so that a repaired one is tried again
        self._retained: dict[int, Snapshot] = {}
        self._refreshing = threading.Lock()  # of `refresh`, which may last
        self._lock = threading.Lock()

    @property
    def keyer(self) -> SubjectKeyer:
        """The maker of this installation's hashes. Raises `SubjectKeyError`."""
        if self._keyer is None:
            self._keyer = SubjectKeyer(read_key(self.state_dir))
        return self._keyer

    @property
    def problem(self) -> str:
        """Why a newer snapshot, or that in use, cannot be used; "" where nothing is wrong."""
        return self._unfollowed or self._problem

    @property
    def awaited(self) -> str:
        """Why nothing can be answered although others answer from a snapshot; "" where that is open here too."""
        agreed = self._agreement.in_use() if self._agreement else 0
        if not agreed or self._found(agreed) is not None:
            return ""
        return self._unfollowed or f"snapshot {agreed} is in use and not open here yet"

    @property
    def status(self) -> str:
        """`current`, or `superseded_by_bad` where a newer snapshot could not be used."""
        return "superseded_by_bad" if self.problem else "current"

    def current(self) -> Snapshot:
        """The snapshot in use; alone, opened on first need where nobody has looked yet. Raises `SnapshotError`."""
        snapshot = self._current
        if self._agreement is not None:
            agreed = self._agreement.in_use()
            if snapshot is None or snapshot.info.sequence != agreed:
                snapshot = self._found(agreed)
                if snapshot is not None:
                    self._current = snapshot
                    if snapshot is self._opened:
                        self._before = None
        elif snapshot is None and not self._has_looked:
            self.refresh()
            snapshot = self._current
        if snapshot is None:
            missing = f"there is no snapshot in `{self.state_dir}`: run xingate compile"
            raise SnapshotError(self.awaited or self.problem or missing)
        return snapshot

    def refresh(self) -> bool:
        """Take a new `current` into use; whether there was one. Never raises for a bad snapshot. Lasts as long as it
        takes to read a snapshot from end to end."""
        with self._refreshing:
            self._follow()
            try:
                return self._refresh()
            except (SnapshotError, OSError) as error:
                self._problem = str(error)
                return False
            finally:
                self._has_looked = True  # not before: who asks first waits for what is being opened

    def get(self, sequence: int) -> Snapshot:
        """A retained snapshot. Raises `NotRetainedError`, and `SnapshotError` for a damaged one."""
        current = self._current
        if current is not None and current.info.sequence == sequence:
            return current
        with self._lock:
            found = self._retained.pop(sequence, None) or self._open(sequence)
            self._retained[sequence] = found
            while len(self._retained) > OPEN_AT_MOST:
                self._retained.pop(next(iter(self._retained)))
            return found

    def retained(self) -> list[int]:
        """The sequences that can be asked, oldest first."""
        return folders.sequences(self._folder)

    def _refresh(self) -> bool:
        sequence = folders.current_sequence(self._folder)
        if sequence is None:
            if self._opened is not None:
                raise SnapshotError(f"`{self._folder / folders.CURRENT}` is gone")
            return False
        if self._opened is not None and self._opened.info.sequence == sequence:
            self._problem = ""
            return False
        newest = self._newest()
        if sequence < newest:
            raise SnapshotSetBackError(folders.set_back(self._folder, sequence, newest))
        found = self._found(sequence) or self._open_once(sequence)
        if self._agreement is None:
            self._current = self._opened = found
        else:
            self._before, self._opened = self._opened, found
            self._agreement.opened(sequence)
        self._problem = ""
        kept = set(self.retained())  # a file that was removed takes its place on the disk until it is closed
        self._bad = {seen: why for seen, why in self._bad.items() if seen[0] in kept}
        with self._lock:
            self._retained = {number: found for number, found in self._retained.items() if number in kept}
        return True

    def _follow(self) -> None:
        """Open what all answer from, where this process has not: it was stuck, or started late."""
        self._unfollowed = ""
        agreed = self._agreement.in_use() if self._agreement else 0
        if agreed and self._found(agreed) is None:
            try:
                self._current = self._open_once(agreed)
            except (SnapshotError, OSError) as error:
                self._unfollowed = f"snapshot {agreed} is in use and cannot be opened: {error}"

    def _found(self, sequence: int) -> Snapshot | None:
        """What is open already and may be in use."""
        for each in (self._current, self._opened, self._before):
            if each is not None and each.info.sequence == sequence:
                return each
        return None

    def _open_once(self, sequence: int) -> Snapshot:
        """Open it, but no bad one again and again."""
        seen = (sequence, folders.inode(self._folder / str(sequence) / DATA_FILE))
        if seen in self._bad:
            raise SnapshotError(self._bad[seen])
        try:
            return self._open(sequence)
        except SnapshotError as error:
            self._bad[seen] = str(error)
            raise

    def _open(self, sequence: int) -> Snapshot:
        folder = self._folder / str(sequence)
        if not folder.is_dir():
            kept = self.retained()
            span = f"{kept[0]} to {kept[-1]} are" if kept else "none is"
            raise NotRetainedError(f"snapshot {sequence} is not retained; {span}")
        return Snapshot.open(folder, self.keyer)


def _candidates(file: SubjectFile, normalised: str) -> Iterator[tuple[Profile, set[str]]]:
    settled = {held.entry.list_type for held in file.held}
    settled.update(name for held in file.unread if not held.is_unsettled for name in held.row.list_types)
    fitting = {h.entry.list_type for h in file.unsettled if not h.names or normalised in h.names}
    fitting.update(
        name
        for held in file.unread
        if held.is_unsettled and (not held.names or normalised in held.names)
        for name in held.row.list_types
    )
    profiles = [p for p in file.profiles if normalise(p.name) == normalised] or file.profiles
    for profile in profiles:
        yield profile, settled or fitting
    for profile in file.rivals:
        yield profile, set()
