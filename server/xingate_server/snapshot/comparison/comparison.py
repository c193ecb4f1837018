"""Compares a snapshot that is not in use yet with the one in use: entries, and the subjects whose answers change.

Both are read side by side in the order of their keys, so that memory does not grow with them: what has been seen is in
a file beside the draft. An entry is found by its id, under any key. A subject is examined if its data at a key differ;
what answers it gets is in `answer_changes`. Excluded: sources and guards. Source: DESIGN section 6.
"""

from collections.abc import Callable, Iterator
from datetime import date
from hashlib import blake2b
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import lmdb
import msgspec

from xingate_server.core.entry import Entry, Standing, standing
from xingate_server.core.subject import EMPTY_FILE, SubjectFile
from xingate_server.snapshot.comparison.answer_changes import AnswerChanges, Side
from xingate_server.snapshot.environments import packed_files
from xingate_server.snapshot.request import Comparison, EntryChanges, Progress, SubjectChange

SHOWN_AT_MOST: Final = 1000

_KEPT, _CHANGED, _ENDED, _NEW, _OLD = 1, 2, 4, 8, 16  # what was seen of an entry; it may stand at several keys
_ON_BOTH = _KEPT | _CHANGED | _ENDED
_OVER = frozenset({Standing.ENDED, Standing.VOID})
_BATCH = 10_000
_STEP = 1 << 12  # keys between two words of progress
_SCRATCH_BYTES = 1 << 36  # of address space; the file is as large as what is in it
_pack = msgspec.msgpack.Encoder().encode


def compare(
    before: Side | None,
    after: Side,
    today: date,
    scratch: Path,
    on_change: Callable[[SubjectChange], None],
    progress: Progress,
) -> Comparison:
    """Compare `after` with the snapshot in use. `scratch` is a file that may be written, `on_change` gets every subject
    whose answers change. Nobody is looked at where the catalogues differ: then every answer may."""
    if before is not None and before.key_form != after.key_form:
        why = f"snapshot {before.info.sequence} is of an older format"
        return Comparison(sequence=before.info.sequence, counts_alone=why)
    counts_alone = _counts_alone(before, after)
    answers = AnswerChanges(before, after, today) if before is not None and not counts_alone else None
    subjects = _Subjects(answers, on_change)
    with _Seen(scratch) as seen:
        pairs = _Pairs(before, after, progress)
        for old, new in pairs.differing():
            seen.note(_entries(old), _entries(new), today)
            if old.profiles or old.rivals or new.profiles or new.rivals:
                subjects.meet(old, new, seen)
        seen.flush()
        if seen.has_one_sided:  # it may also stand at a key where nothing differs
            for file in pairs.equal():
                seen.keep(file)
            seen.flush()
        entries = tuple(seen.counts())
    return Comparison(
        sequence=before.info.sequence if before else 0,
        entries=entries,
        differing=subjects.differing,
        changing=subjects.changing,
        shown=tuple(subjects.shown),
        unlisted=tuple(answers.of_unlisted()) if answers is not None else (),
        counts_alone=counts_alone,
    )


def _counts_alone(before: Side | None, after: Side) -> str:
    if before is None:
        return "there is no snapshot to compare with"
    if before.info.catalogue_hash != after.info.catalogue_hash:
        return "the catalogue or its posture differs"
    return ""


class _Subjects:
    """Counts the subjects, each once: one with several numbers stands at several keys with the same file."""

    def __init__(self, answers: AnswerChanges | None, on_change: Callable[[SubjectChange], None]) -> None:
        self.differing = 0
        self.changing = 0
        self.shown: list[SubjectChange] = []
        self._answers = answers
        self._on_change = on_change

    def meet(self, old: SubjectFile, new: SubjectFile, seen: "_Seen") -> None:
        if not seen.is_first(blake2b(_pack(old) + _pack(new), digest_size=16).digest()):
            return
        self.differing += 1
        change = self._answers.of(old, new) if self._answers is not None else None
        if change is None:
            return
        self.changing += 1
        self._on_change(change)
        if len(self.shown) < SHOWN_AT_MOST:
            self.shown.append(change)


class _Pairs:
    """Two snapshots side by side, key by key."""

    def __init__(self, before: Side | None, after: Side, progress: Progress) -> None:
        self._before = before
        self._after = after
        self._progress = progress
        self._decode = msgspec.msgpack.Decoder(SubjectFile).decode

    def differing(self) -> Iterator[tuple[SubjectFile, SubjectFile]]:
        """What a key holds before and after, where that differs."""
        for old, new in self._side_by_side("compare"):
            if old != new:
                yield self._decode(old) if old else EMPTY_FILE, self._decode(new) if new else EMPTY_FILE

    def equal(self) -> Iterator[SubjectFile]:
        """What is the same before and after."""
        for old, new in self._side_by_side("match"):
            if old == new:
                yield self._decode(old)

    def _side_by_side(self, stage: str) -> Iterator[tuple[bytes, bytes]]:
        """The packed files of each key, b"" if there is none."""
        olds = iter(packed_files(self._before.folder) if self._before is not None else ())
        news = packed_files(self._after.folder)
        total = max(self._after.keys, self._before.keys if self._before is not None else 0)
        none = (b"", b"")
        old, new = next(olds, none), next(news, none)
        done = 0
        while old[0] or new[0]:
            done += 1
            if done % _STEP == 0:
                self._progress(stage, min(done, total), total)
            if old[0] == new[0]:
                yield old[1], new[1]
                old, new = next(olds, none), next(news, none)
            elif not new[0] or (old[0] and old[0] < new[0]):
                yield old[1], b""
                old = next(olds, none)
            else:
                yield b"", new[1]
                new = next(news, none)
        self._progress(stage, total, total)


_Rows = dict[str, list[Entry]]


def _entries(file: SubjectFile) -> _Rows:
    """The own entries that stand at a key, by id: several where a row replaced one of another severity."""
    found: _Rows = {}
    for held in (*file.held, *file.unsettled):
        if held.role is None:
            found.setdefault(held.entry.id, []).append(held.entry)
    return found


class _Seen:
    """What was seen of entries and subjects, on the disk. Ids are their 16 bytes."""

    def __init__(self, path: Path) -> None:
        self.has_one_sided = False
        self._environment = lmdb.open(
            str(path), subdir=False, lock=False, sync=False, metasync=False, map_size=_SCRATCH_BYTES, max_dbs=2
        )
        self._ids = self._environment.open_db(b"ids")
        self._subjects = self._environment.open_db(b"subjects")
        self._waiting: dict[bytes, tuple[int, str, str]] = {}
        self._new_subjects: set[bytes] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._environment.close()

    def note(self, old: _Rows, new: _Rows, today: date) -> None:
        """The entries of a key before and after."""
        for entry_id in old.keys() | new.keys():
            had, has = old.get(entry_id, []), new.get(entry_id, [])
            entry = (has or had)[-1]
            self._mark(bytes.fromhex(entry_id), _difference(had, has, today), entry.list_type, entry.region)

    def keep(self, file: SubjectFile) -> None:
        """A key where nothing differs: what stands there stands in both snapshots."""
        with self._environment.begin(db=self._ids) as transaction:
            for held in (*file.held, *file.unsettled):
                entry_id = bytes.fromhex(held.entry.id)
                if held.role is None and transaction.get(entry_id) is not None:
                    self._mark(entry_id, _KEPT, held.entry.list_type, held.entry.region)

    def is_first(self, subject: bytes) -> bool:
        """Whether a subject is met for the first time."""
        if subject in self._new_subjects:
            return False
        with self._environment.begin(db=self._subjects) as transaction:
            if transaction.get(subject) is not None:
                return False
        self._new_subjects.add(subject)
        if len(self._new_subjects) >= _BATCH:
            self.flush()
        return True

    def flush(self) -> None:
        """Write what waits."""
        with self._environment.begin(write=True) as transaction:
            for entry_id, (mask, list_type, region) in sorted(self._waiting.items()):
                known = transaction.get(entry_id, db=self._ids)
                all_of = mask if known is None else mask | known[0]
                transaction.put(entry_id, bytes([all_of]) + f"{list_type}\0{region}".encode(), db=self._ids)
            for subject in sorted(self._new_subjects):
                transaction.put(subject, b"1", db=self._subjects)
        self._waiting.clear()
        self._new_subjects.clear()

    def counts(self) -> Iterator[EntryChanges]:
        """The changes by list type and region."""
        counts: dict[tuple[str, str], list[int]] = {}
        with self._environment.begin(db=self._ids) as transaction:
            for _, value in transaction.cursor():
                place = _place(value[0])
                if place is not None:
                    list_type, _, region = value[1:].decode().partition("\0")
                    counts.setdefault((list_type, region), [0, 0, 0])[place] += 1
        for (list_type, region), (added, ended, changed) in sorted(counts.items()):
            yield EntryChanges(list_type=list_type, region=region, added=added, ended=ended, changed=changed)

    def _mark(self, entry_id: bytes, mask: int, list_type: str, region: str) -> None:
        self.has_one_sided |= bool(mask & (_NEW | _OLD))
        known = self._waiting.get(entry_id)
        self._waiting[entry_id] = (mask | known[0] if known else mask, list_type, region)
        if len(self._waiting) >= _BATCH:
            self.flush()


def _difference(had: list[Entry], has: list[Entry], today: date) -> int:
    if not had:
        return _NEW
    if not has:
        return _OLD
    if _said(had) == _said(has):
        return _KEPT
    return _ENDED if _is_over(has, today) and not _is_over(had, today) else _CHANGED


def _said(rows: list[Entry]) -> Any:
    """What rows say, whichever source they are of."""
    return sorted(_pack(msgspec.structs.replace(row, source="", older_id="")) for row in rows)


def _is_over(rows: list[Entry], today: date) -> bool:
    return all(standing(row, today) in _OVER for row in rows)


def _place(mask: int) -> int | None:
    """Where an entry is counted: added, ended, changed; None for one that is as it was."""
    if mask & _ENDED:
        return 1
    if mask & _CHANGED or (mask & (_NEW | _OLD) == _NEW | _OLD and not mask & _ON_BOTH):
        return 2
    if mask & _ON_BOTH:
        return None
    return 0 if mask & _NEW else 1
