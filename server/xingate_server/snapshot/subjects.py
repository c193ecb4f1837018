"""From the admitted rows of one subject to what the snapshot holds of it.

Scope: joining, resolving, ambiguity, relations, names, and the pieces that are merged per key. Exclusions: the
rules themselves (`core.resolve`). All lists are brought into a fixed order, so that the order of rows and files
never changes the data. Source: DESIGN sections 4 (Identity, Reach) and 6.
"""

from collections.abc import Iterable, Sequence
from typing import TypeVar
from unicodedata import normalize

import msgspec

from xingate_server.core.entry import Entry
from xingate_server.core.names import normalise
from xingate_server.core.relations import Related
from xingate_server.core.resolve import Listed, resolve
from xingate_server.core.subject import (
    EntityRef,
    Held,
    Profile,
    SubjectClass,
    SubjectFile,
    SubjectKeyer,
    SubjectKind,
)
from xingate_server.snapshot.joins import Joins, Targets
from xingate_server.snapshot.name_index import is_sought
from xingate_server.snapshot.refusals import Refusals, unpack_row
from xingate_server.snapshot.spool import Group, Relation, Row, Writer
from xingate_server.snapshot.tally import Tally

_Item = TypeVar("_Item")
_pack = msgspec.msgpack.Encoder().encode
_MORE_THAN_ONE = 2
NOBODY = b""  # the owner of a piece that is unsettled

_WHY = {
    "duplicate": "another row of the same key says the same",
    "superseded": "another row of the same key is newer",
    "red_blocked_by_black": "a black entry was in force on the day of the red one's document",
}


class _Standing(msgspec.Struct):
    """An entry that stays, with all rows that said it."""

    entry: Entry
    rows: list[Row]


class SubjectWriter:
    """Turns the groups of a class into pieces, names and relations of the spool."""

    def __init__(self, writer: Writer, tally: Tally, refusals: Refusals, keyer: SubjectKeyer, joins: Joins) -> None:
        self._writer = writer
        self._tally = tally
        self._refusals = refusals
        self._keyer = keyer
        self._joins = joins

    def write(self, group: Group, subject_class: SubjectClass) -> int:
        """Write one subject; how many rows it had."""
        for position in group.moved:
            self._rekey(group.rows[position], group.key)
        unsettled = [row for row in group.rows if row.is_unsettled]
        if unsettled:
            self._unsettled(unsettled, subject_class)
        settled = [row for row in group.rows if not row.is_unsettled]
        if settled or group.relations:
            self._settled(group, settled, subject_class)
        return len(group.rows)

    # -- settled subjects

    def _settled(self, group: Group, rows: list[Row], subject_class: SubjectClass) -> None:
        codes = sorted({row.unified for row in rows if row.unified})
        if len(codes) > 1:
            self._several(group.key, rows, codes, subject_class)
            return
        keys = {group.key, *codes, *(alias for row in rows for alias in row.aliases)}
        file = self._file(group.key, rows, subject_class, relations=group.relations)
        if file is not None:
            self._put(group.key, keys, file)
        targets = self._joins.ambiguous.get(group.key)
        if targets and file is not None:
            self._tell(targets, file)

    def _several(self, key: bytes, rows: list[Row], codes: list[bytes], subject_class: SubjectClass) -> None:
        """One organisation code in several unified codes: one file each, and none for the organisation code."""
        loose = [row for row in rows if not row.unified]
        unsettled = self._held(self._standing(loose), is_named=True)
        for standing in self._standing(loose, is_counted=True):
            self._relate(standing, is_unsettled=True)
        rivals: set[Profile] = {row.profile for row in loose}
        for code in codes:
            own = [row for row in rows if row.unified == code]
            file = self._file(code, own, subject_class)
            if file is None and not unsettled:
                continue
            file = file or SubjectFile()
            rivals.update(file.profiles)
            keys = {code, *(alias for row in own for alias in row.aliases)}
            self._put(code, keys, msgspec.structs.replace(file, unsettled=unsettled))
        self._put(key, {key, *(a for row in loose for a in row.aliases)}, SubjectFile(rivals=ordered(rivals)))
        self._name(subject_class, loose, key)
        self._list(subject_class, self._standing(loose))

    def _file(
        self, owner: bytes, rows: list[Row], subject_class: SubjectClass, relations: Sequence[Relation] = ()
    ) -> SubjectFile | None:
        """The file of one settled subject, None where nothing of it stays."""
        standing = self._standing(rows, is_counted=True)
        for item in standing:
            self._relate(item)
        registered = [row for row in rows if row.registration is not None]
        staying = registered + [row for item in standing for row in item.rows]
        registrations = {row.registration for row in registered if row.registration is not None}
        if not staying and not relations:
            return None
        profiles = {row.profile for row in staying} or {relation.profile for relation in relations}
        related = [relation.held for relation in relations if not relation.is_unsettled]
        self._tally.subjects += 1
        self._name(subject_class, staying, owner)
        self._list(subject_class, standing, registered)
        for relation in relations:
            self._add_names(subject_class, relation.held.names, owner)
            self._add_listed(subject_class, relation.held.names, relation.held.entry)
        return SubjectFile(
            profiles=ordered(profiles),
            held=ordered([*self._held(standing), *related]),
            registrations=ordered(registrations),
            unsettled=ordered(relation.held for relation in relations if relation.is_unsettled),
        )

    def _tell(self, targets: Targets, file: SubjectFile) -> None:
        """What stands under a number of several subjects may be of any of them."""
        names = tuple(sorted({name for p in file.profiles if (name := normalise(p.name))}))
        held = tuple(msgspec.structs.replace(h, names=h.names or names) for h in (*file.held, *file.unsettled))
        if held:
            for key in {key for pair in targets for key in pair if key}:
                self._writer.piece(key, NOBODY, _pack(SubjectFile(unsettled=held)))

    # -- unsettled rows

    def _unsettled(self, rows: list[Row], subject_class: SubjectClass) -> None:
        """Masked rows and rows with a name alone, by their names: the same mask may hide several people."""
        by_names: dict[tuple[str, ...], dict[str, list[Row]]] = {}
        for row in rows:
            if row.entry is not None:
                by_names.setdefault(row.names, {}).setdefault(row.entry.id, []).append(row)
        for names in sorted(by_names):
            # One key at a time, so that unsettled rows take no part in red against black.
            entries = [s for same in by_names[names].values() for s in self._standing(same, is_counted=True)]
            held = self._held(entries, is_named=True)
            if not held:
                continue
            staying = [row for item in entries for row in item.rows]
            file = SubjectFile(profiles=ordered(row.profile for row in staying), unsettled=held)
            self._tally.subjects += 1
            self._list(subject_class, entries)
            name_keys = {self._keyer.name(subject_class, name) for name in names}
            masks = {mask for row in staying for mask in row.masks}
            for key in masks or name_keys:
                self._writer.piece(key, NOBODY, _pack(file))
            for name in name_keys:
                for key in masks or {name}:
                    self._writer.name(name, key)
            for item in entries:
                self._relate(item, is_unsettled=True)

    # -- entries

    def _standing(self, rows: list[Row], *, is_counted: bool = False) -> list[_Standing]:
        """Resolve the entries of these rows; each that stays keeps the rows that said the same."""
        listed = [Listed(row.entry, place) for place, row in enumerate(rows) if row.entry is not None]
        if not listed:
            return []
        if len(listed) == 1:
            row = rows[listed[0].place]
            if is_counted:
                self._tally.list_types[listed[0].entry.list_type] += 1
            return [_Standing(listed[0].entry, [row])]
        resolved = resolve(listed)
        if is_counted:
            self._count(rows, resolved.kept, [(d.place, d.reason, d.is_kept) for d in resolved.dropped])
        duplicates = {dropped.place for dropped in resolved.dropped if dropped.reason == "duplicate"}
        twins: dict[bytes, list[Row]] = {}
        for place in duplicates:
            twins.setdefault(_content(rows[place].entry), []).append(rows[place])
        return [
            _Standing(kept.entry, [rows[kept.place], *twins.get(_content(rows[kept.place].entry), ())])
            for kept in resolved.kept
        ]

    def _count(self, rows: list[Row], kept: Sequence[Listed], dropped: list[tuple[int, str, bool]]) -> None:
        for listed in kept:
            self._tally.list_types[listed.entry.list_type] += 1
        gone: dict[int, list[str]] = {}
        for place, reason, is_kept in dropped:
            if is_kept:
                self._tally.files[rows[place].position].refused[reason] += 1
            else:
                gone.setdefault(place, []).append(reason)
        firsts = {_content(row.entry): row for place, row in enumerate(rows) if "duplicate" not in gone.get(place, ())}
        for place, reasons in gone.items():
            row = rows[place]
            if row.entry is None:
                continue
            file = self._tally.files[row.position]
            first = firsts[_content(row.entry)]
            is_elsewhere = self._tally.files[first.position].source is not file.source
            self._tally.refuse_after_all(file, reasons, row.entry, is_elsewhere=is_elsewhere)
            details = [_WHY.get(reason, reason) for reason in reasons]
            self._refusals.write(file, row.number, reasons, details, unpack_row(row.raw))

    def _held(self, standing: Iterable[_Standing], *, is_named: bool = False) -> tuple[Held, ...]:
        held = []
        for item in standing:
            names = tuple(sorted({name for row in item.rows for name in row.names})) if is_named else ()
            held.append(Held(item.entry, names=names))
        return ordered(held)

    def _rekey(self, row: Row, group: bytes) -> None:
        """The subject of an entry's key is the one that the row joined."""
        if row.entry is not None:
            entry = row.entry
            new = self._keyer.entry(entry.list_type, group, _folded(entry.authority), row.document)
            row.entry = msgspec.structs.replace(entry, id=new)

    # -- people whom an entry names

    def _relate(self, standing: _Standing, *, is_unsettled: bool = False) -> None:
        """Hand the entry to the people whom its rows name, as held through the organisation."""
        related = {person for row in standing.rows for person in row.related}
        if not related:
            return
        profile = min((row.profile for row in standing.rows), key=_pack)
        via = EntityRef(profile.name, profile.display)
        for person in related:
            names = tuple(name for name in (normalise(person.name),) if name)
            held = Held(standing.entry, person.role, via, names)
            self._reach(person, held, is_unsettled=is_unsettled)

    def _reach(self, person: Related, held: Held, *, is_unsettled: bool) -> None:
        profile = Profile(SubjectKind.NATURAL_PERSON, person.name, person.display)
        if person.subject:
            self._writer.relation(person.subject, _pack(Relation(profile, held, is_unsettled)))
        elif person.mask:
            self._tally.add_shape(SubjectClass.PERSON, person.mask_shape)
            file = SubjectFile(profiles=(profile,), unsettled=(held,))
            self._writer.piece(person.mask, NOBODY, _pack(file))
            self._add_names(SubjectClass.PERSON, held.names, person.mask)
            self._add_listed(SubjectClass.PERSON, held.names, held.entry)

    # -- keys

    def _put(self, owner: bytes, keys: Iterable[bytes], file: SubjectFile) -> None:
        packed = _pack(file)
        for key in keys:
            self._writer.piece(key, owner, packed)

    def _name(self, subject_class: SubjectClass, rows: Iterable[Row], key: bytes) -> None:
        self._add_names(subject_class, {name for row in rows for name in row.names}, key)

    def _list(self, subject_class: SubjectClass, standing: Iterable[_Standing], registered: Iterable[Row] = ()) -> None:
        """Let a listed subject be found when its name is written otherwise; `registered` are its rows in registers."""
        entry = None
        for item in standing:
            entry = item.entry
            self._add_listed(subject_class, (name for row in item.rows for name in row.names), entry)
        if entry is not None:
            self._add_listed(subject_class, (name for row in registered for name in row.names), entry)

    def _add_listed(self, subject_class: SubjectClass, names: Iterable[str], entry: Entry) -> None:
        if is_sought(entry, subject_class):
            for name in set(names):
                self._writer.listed(self._keyer.name(subject_class, name), subject_class, name)

    def _add_names(self, subject_class: SubjectClass, names: Iterable[str], key: bytes) -> None:
        for name in names:
            self._writer.name(self._keyer.name(subject_class, name), key)


def ordered(items: Iterable[_Item]) -> tuple[_Item, ...]:
    """Each item once, in the order of its packed form: the same whatever the order of rows."""
    given = tuple(items)
    if len(given) < _MORE_THAN_ONE:
        return given
    return tuple(item for _, item in sorted({_pack(item): item for item in given}.items()))


def merged(pieces: Sequence[tuple[bytes, SubjectFile]]) -> SubjectFile:
    """All that stands at one key. Pieces of several owners make them rivals: then nothing acts."""
    files = [file for _, file in pieces]
    rivals = {profile for file in files for profile in file.rivals}
    unsettled = ordered(held for file in files for held in file.unsettled)
    if len({owner for owner, _ in pieces if owner != NOBODY}) > 1:
        rivals.update(profile for owner, file in pieces if owner != NOBODY for profile in file.profiles)
        return SubjectFile(unsettled=unsettled, rivals=ordered(rivals))
    owned = [file for owner, file in pieces if owner != NOBODY]
    return SubjectFile(
        profiles=ordered(profile for file in owned or files for profile in file.profiles),
        held=ordered(held for file in files for held in file.held),
        registrations=ordered(r for file in files for r in file.registrations),
        unsettled=unsettled,
        rivals=ordered(rivals),
    )


def _content(entry: Entry | None) -> bytes:
    return _pack(msgspec.structs.replace(entry, source="")) if entry is not None else b""


def _folded(text: str) -> str:
    # As in admission: the key of an entry ignores width and blanks.
    return "".join(normalize("NFKC", text).split())
