"""From the admitted rows of one subject to what the snapshot holds of it.

Scope: joining, resolving, ambiguity, relations, names, and the pieces that are merged per key. Exclusions: the
rules themselves (`core.resolve`). All lists are brought into a fixed order, so that the order of rows and files
never changes the data. Source: DESIGN sections 4 (Identity, Reach) and 6.
"""

from collections.abc import Iterable, Sequence
from typing import TypeVar

import msgspec

from xingate_server.core.entry import REGISTRATION_UNKNOWN, Entry, UnreadRow, fold_word
from xingate_server.core.legal_forms import names_without_form
from xingate_server.core.names import normalise
from xingate_server.core.relations import Related
from xingate_server.core.resolve import Listed, resolve
from xingate_server.core.subject import (
    EMPTY_FILE,
    EntityRef,
    Held,
    HeldUnread,
    Profile,
    SubjectClass,
    SubjectFile,
    SubjectKeyer,
    SubjectKind,
)
from xingate_server.snapshot.joins import Joins, Targets
from xingate_server.snapshot.name_index import is_sought
from xingate_server.snapshot.number_parts import contested_of, part_key, parts_of
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


class _Listed(msgspec.Struct):
    """What is listed of one subject: entries that stay, and rows that could not be read."""

    standing: list[_Standing]
    unread: list[Row]

    @property
    def any(self) -> bool:
        """Whether there is anything."""
        return bool(self.standing or self.unread)

    @property
    def rows(self) -> list[Row]:
        """All rows that say something of it."""
        return [row for item in self.standing for row in item.rows] + self.unread

    def held(self, *, is_named: bool = False) -> tuple[Held, ...]:
        """The entries as the subject holds them, `is_named` with the names that may speak against it."""
        return ordered(Held(item.entry, names=_names(item.rows) if is_named else ()) for item in self.standing)

    def held_unread(self, *, is_unsettled: bool = False) -> tuple[HeldUnread, ...]:
        """The same of the rows that could not be read."""
        return ordered(
            HeldUnread(row.unread, names=_names([row]) if is_unsettled else (), is_unsettled=is_unsettled)
            for row in self.unread
            if row.unread is not None
        )

    def apart(self) -> SubjectFile:
        """What others who may be this subject see of it: entries and rows that fit by number and name alone."""
        return SubjectFile(unsettled=self.held(is_named=True), unread=self.held_unread(is_unsettled=True))


class SubjectWriter:
    """Turns the groups of a class into pieces, names and relations of the spool."""

    def __init__(
        self,
        writer: Writer,
        tally: Tally,
        refusals: Refusals,
        keyer: SubjectKeyer,
        joins: Joins,
        by_name: frozenset[str] = frozenset(),
    ) -> None:
        """`by_name` are the list types whose entries are found by name."""
        self._by_name = by_name
        self._writer = writer
        self._tally = tally
        self._refusals = refusals
        self._keyer = keyer
        self._joins = joins

    def write(self, group: Group, subject_class: SubjectClass) -> int:
        """Write one subject; how many rows it had."""
        for position in group.moved:
            self._rekey(group.rows[position], group.key)
        unsettled = [row for row in group.rows if row.place.is_unsettled]
        if unsettled:
            self._unsettled(unsettled, subject_class)
        settled = [row for row in group.rows if not row.place.is_unsettled]
        if settled or group.relations:
            self._settled(group, settled, subject_class)
        return len(group.rows)

    # -- settled subjects

    def _settled(self, group: Group, rows: list[Row], subject_class: SubjectClass) -> None:
        parts = parts_of(rows)
        if len(parts) > 1:
            self._contested(group, parts, subject_class)
            return
        self._owned(group, rows, subject_class)

    def _owned(
        self,
        group: Group,
        rows: list[Row],
        subject_class: SubjectClass,
        beside: SubjectFile = EMPTY_FILE,
        contested: frozenset[bytes] = frozenset(),
    ) -> None:
        """The rows of one subject. `beside` is what stands under its numbers and may be of it, `contested` are numbers
        that are also another subject's."""
        codes = sorted({row.unified for row in rows if row.unified})
        if len(codes) > 1:
            self._several(group.key, rows, codes, subject_class, beside, contested)
            return
        keys = {group.key, *codes, *(alias for row in rows for alias in row.place.aliases)} - contested
        file = self._file(group.key, rows, subject_class, relations=group.relations)
        if file is not None:
            self._put(group.key, keys, with_more(file, beside))
        targets = self._joins.ambiguous.get(group.key)
        if targets and file is not None:
            self._tell(targets, file)

    def _contested(self, group: Group, parts: list[list[Row]], subject_class: SubjectClass) -> None:
        """Rows of one number that may be several subjects': nobody owns it, and each may be meant by what the others
        say (DESIGN, "One number, one subject")."""
        contested = contested_of(parts)
        listed = [self._listed(part) for part in parts]
        rivals = ordered(row.profile for part in parts for row in part)
        for place, part in enumerate(parts):
            others = [one.apart() for at, one in enumerate(listed) if at != place]
            beside = SubjectFile(
                unsettled=ordered(held for other in others for held in other.unsettled),
                unread=ordered(held for other in others for held in other.unread),
            )
            is_first = place == 0 and group.key not in contested
            key = group.key if is_first else part_key(group.key, place)
            relations = group.relations if place == 0 else []
            self._owned(Group(key, part, set(), relations), part, subject_class, beside, contested)
        for key in contested:
            self._put(group.key, [key], SubjectFile(rivals=rivals))

    def _several(
        self,
        key: bytes,
        rows: list[Row],
        codes: list[bytes],
        subject_class: SubjectClass,
        beside: SubjectFile,
        contested: frozenset[bytes],
    ) -> None:
        """One organisation code in several unified codes: one file each, and none for the organisation code."""
        loose = [row for row in rows if not row.unified]
        listed = self._listed(loose, is_counted=True)
        apart = with_more(listed.apart(), beside)
        self._relate(listed, is_unsettled=True)
        rivals: set[Profile] = {row.profile for row in loose}
        for code in codes:
            own = [row for row in rows if row.unified == code]
            file = self._file(code, own, subject_class)
            if file is None and not (apart.unsettled or apart.unread):
                continue
            file = file or SubjectFile()
            rivals.update(file.profiles)
            keys = {code, *(alias for row in own for alias in row.place.aliases)} - contested
            self._put(code, keys, with_more(file, apart))
        aliases = {alias for row in loose for alias in row.place.aliases} - contested
        self._put(key, {key, *aliases}, SubjectFile(rivals=ordered(rivals)))
        self._name(subject_class, loose, key)
        self._list(subject_class, listed)

    def _file(
        self, owner: bytes, rows: list[Row], subject_class: SubjectClass, relations: Sequence[Relation] = ()
    ) -> SubjectFile | None:
        """The file of one settled subject, None where nothing of it stays."""
        listed = self._listed(rows, is_counted=True)
        registered = [row for row in rows if row.registration is not None]
        staying = registered + listed.rows if listed.any else registered
        if not staying and not relations:
            return None
        if listed.any:
            self._relate(listed)
            self._maybe_of_others(listed)
            self._named_apart(listed, subject_class)
            self._list(subject_class, listed, registered)
        self._tally.subjects += 1
        self._name(subject_class, staying, owner)
        profiles = {row.profile for row in staying} or {relation.profile for relation in relations}
        registrations = {row.registration for row in registered if row.registration is not None}
        held = listed.held()
        doubtful = [one for one in held if REGISTRATION_UNKNOWN in one.entry.flags]
        file = SubjectFile(
            profiles=ordered(profiles),
            held=tuple(one for one in held if one not in doubtful) if doubtful else held,
            unsettled=tuple(doubtful),
            registrations=ordered(registrations),
            unread=listed.held_unread(),
        )
        return self._with_relations(file, relations, subject_class, owner) if relations else file

    def _with_relations(
        self, file: SubjectFile, relations: Sequence[Relation], subject_class: SubjectClass, owner: bytes
    ) -> SubjectFile:
        """The file of a person with what organisations' rows say of that person."""
        for relation in relations:
            self._add_names(subject_class, relation.names, owner)
            self._add_listed(subject_class, relation.names, relation.list_types)
        related = [relation.held for relation in relations if relation.held is not None and not relation.is_unsettled]
        doubtful = [relation.held for relation in relations if relation.held is not None and relation.is_unsettled]
        unread = [relation.unread for relation in relations if relation.unread is not None]
        return msgspec.structs.replace(
            file,
            held=ordered([*file.held, *related]),
            unsettled=ordered([*file.unsettled, *doubtful]),
            unread=ordered([*file.unread, *unread]),
        )

    def _maybe_of_others(self, listed: _Listed) -> None:
        """Where else the rows make a possible match: at the masks of further numbers, and at an organisation code that
        a tax number may contain."""
        for row in listed.rows:
            masks, possible = row.place.masks, [key for key in row.place.possible if key != row.place.group]
            if not masks and not possible:
                continue
            own = _Listed([s for s in listed.standing if row in s.rows], [r for r in listed.unread if r is row])
            for mask in masks:
                self._writer.piece(mask, NOBODY, _pack(with_more(SubjectFile(profiles=(row.profile,)), own.apart())))
            for key in possible:
                self._writer.piece(key, NOBODY, _pack(with_more(SubjectFile(possible=(row.profile,)), own.apart())))

    def _tell(self, targets: Targets, file: SubjectFile) -> None:
        """What stands under a number of several subjects may be of any of them."""
        names = tuple(sorted({name for p in file.profiles if (name := normalise(p.name))}))
        held = tuple(msgspec.structs.replace(h, names=h.names or names) for h in (*file.held, *file.unsettled))
        unread = tuple(msgspec.structs.replace(h, names=h.names or names, is_unsettled=True) for h in file.unread)
        if held or unread:
            for key in {key for pair in targets for key in pair if key}:
                self._writer.piece(key, NOBODY, _pack(SubjectFile(unsettled=held, unread=unread)))

    # -- unsettled rows

    def _unsettled(self, rows: list[Row], subject_class: SubjectClass) -> None:
        """Masked rows and rows with a name alone, by their names: the same mask may hide several people."""
        by_names: dict[tuple[str, ...], dict[str, list[Row]]] = {}
        for row in rows:
            if row.entry is not None or row.unread is not None:
                at = row.entry.id if row.entry is not None else row.unread.id if row.unread is not None else ""
                by_names.setdefault(row.names, {}).setdefault(at, []).append(row)
        for names in sorted(by_names):
            # One key at a time, so that unsettled rows take no part in red against black.
            parts = [self._listed(same, is_counted=True) for same in by_names[names].values()]
            listed = _Listed([s for p in parts for s in p.standing], [r for p in parts for r in p.unread])
            staying = listed.rows
            if not staying:
                continue
            by_name = self._keys_by_name(subject_class, listed)
            file = SubjectFile(profiles=ordered(row.profile for row in staying))
            file = with_more(file, self._apart(listed, subject_class))
            self._tally.subjects += 1
            self._list(subject_class, listed)
            masks = {mask for row in staying for mask in row.place.masks}
            for key in masks | by_name if self._is_by_name(listed) else masks or by_name:
                self._writer.piece(key, NOBODY, _pack(file))
            for name in by_name:
                for key in masks or {name}:
                    self._writer.name(name, key)
            # The listing exists, and only its organisation's number is hidden: people with a number are reached.
            self._relate(listed)

    def _named_apart(self, listed: _Listed, subject_class: SubjectClass) -> None:
        """On lists by name a name makes a possible match beside a number that the list does not have."""
        standing = [item for item in listed.standing if item.entry.list_type in self._by_name]
        unread = [r for r in listed.unread if r.unread and not self._by_name.isdisjoint(r.unread.list_types)]
        if standing or unread:
            named = _Listed(standing, unread)
            packed = _pack(self._apart(named, subject_class))
            for key in self._keys_by_name(subject_class, named):
                self._writer.piece(key, NOBODY, packed)

    def _keys_by_name(self, subject_class: SubjectClass, listed: _Listed) -> set[bytes]:
        return {self._keyer.name(subject_class, name) for name in self._names(subject_class, listed)}

    def _names(self, subject_class: SubjectClass, listed: _Listed) -> set[str]:
        """The names of what is listed, on lists by name those without the legal form as well."""
        names = {name for row in listed.rows for name in row.names}
        if subject_class is SubjectClass.ORGANISATION and self._is_by_name(listed):
            names |= {bare for name in names for bare in names_without_form(name)}
        return names

    def _is_by_name(self, listed: _Listed) -> bool:
        return any(item.entry.list_type in self._by_name for item in listed.standing) or any(
            row.unread is not None and not self._by_name.isdisjoint(row.unread.list_types) for row in listed.unread
        )

    def _apart(self, listed: _Listed, subject_class: SubjectClass) -> SubjectFile:
        """What is listed, as those see it whom a name or a mask fits."""
        file = listed.apart()
        if subject_class is not SubjectClass.ORGANISATION or not self._is_by_name(listed):
            return file
        names = tuple(sorted(self._names(subject_class, listed)))
        return msgspec.structs.replace(
            file,
            unsettled=tuple(msgspec.structs.replace(held, names=names) for held in file.unsettled),
            unread=tuple(msgspec.structs.replace(held, names=names) for held in file.unread),
        )

    # -- entries

    def _listed(self, rows: list[Row], *, is_counted: bool = False) -> _Listed:
        """Resolve the entries of these rows, and let an admitted row replace an unreadable one of its key."""
        standing = self._standing(rows, is_counted=is_counted)
        unread = [row for row in rows if row.unread is not None]
        if unread:
            admitted = {row.entry.id for row in rows if row.entry is not None}
            replaced = [row for row in unread if row.unread is not None and row.unread.id in admitted]
            unread = [row for row in unread if row.unread is not None and row.unread.id not in admitted]
            for row in replaced:
                if is_counted and not row.is_twin:
                    self._tally.files[row.position].supersede_unreadable()
        return _Listed(standing, unread)

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

    def _rekey(self, row: Row, group: bytes) -> None:
        """The subject of an entry's key is the one that the row joined."""
        if row.entry is not None:
            entry = row.entry
            new = self._keyer.entry(entry.list_type, group, fold_word(entry.authority), row.document)
            row.entry = msgspec.structs.replace(entry, id=new)
        elif row.unread is not None and row.document:
            (list_type,) = row.unread.list_types
            new = self._keyer.entry(list_type, group, fold_word(row.unread.authority), row.document)
            row.unread = msgspec.structs.replace(row.unread, id=new)

    # -- people whom an entry names

    def _relate(self, listed: _Listed, *, is_unsettled: bool = False) -> None:
        """Hand the entries to the people whom their rows name, as held through the organisation."""
        for item in listed.standing:
            self._relate_rows(item.rows, item.entry, is_unsettled=is_unsettled)
        for row in listed.unread:
            if row.unread is not None:
                self._relate_rows([row], row.unread, is_unsettled=is_unsettled)

    def _relate_rows(self, rows: list[Row], said: Entry | UnreadRow, *, is_unsettled: bool) -> None:
        related = {person for row in rows for person in row.related}
        if not related:
            return
        profile = min((row.profile for row in rows), key=_pack)
        via = EntityRef(profile.name, profile.display)
        for person in related:
            names = tuple(name for name in (normalise(person.name),) if name)
            one = Profile(SubjectKind.NATURAL_PERSON, person.name, person.display)
            is_doubtful = is_unsettled or not person.subject
            if isinstance(said, Entry):
                relation = Relation(one, is_doubtful, held=Held(said, person.role, via, names))
            else:
                relation = Relation(one, is_doubtful, unread=HeldUnread(said, person.role, via, names, is_doubtful))
            self._reach(person, relation)

    def _reach(self, person: Related, relation: Relation) -> None:
        if person.subject:
            self._writer.relation(person.subject, _pack(relation))
        elif person.mask:
            self._tally.add_shape(SubjectClass.PERSON, person.mask_shape)
            file = SubjectFile(
                profiles=(relation.profile,),
                unsettled=() if relation.held is None else (relation.held,),
                unread=() if relation.unread is None else (relation.unread,),
            )
            self._writer.piece(person.mask, NOBODY, _pack(file))
            self._add_names(SubjectClass.PERSON, relation.names, person.mask)
            self._add_listed(SubjectClass.PERSON, relation.names, relation.list_types)

    # -- keys

    def _put(self, owner: bytes, keys: Iterable[bytes], file: SubjectFile) -> None:
        packed = _pack(file)
        for key in keys:
            self._writer.piece(key, owner, packed)

    def _name(self, subject_class: SubjectClass, rows: Iterable[Row], key: bytes) -> None:
        self._add_names(subject_class, {name for row in rows for name in row.names}, key)

    def _list(self, subject_class: SubjectClass, listed: _Listed, registered: Iterable[Row] = ()) -> None:
        """Let a listed subject be found when its name is written otherwise; `registered` are its rows in registers."""
        types: tuple[str, ...] = ()
        for item in listed.standing:
            types = (item.entry.list_type,)
            self._add_listed(subject_class, (name for row in item.rows for name in row.names), types)
        for row in listed.unread:
            types = row.unread.list_types if row.unread is not None else types
            self._add_listed(subject_class, row.names, types)
        if types:
            self._add_listed(subject_class, (name for row in registered for name in row.names), types)

    def _add_listed(self, subject_class: SubjectClass, names: Iterable[str], list_types: Iterable[str]) -> None:
        if any(is_sought(list_type, subject_class) for list_type in list_types):
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


def with_more(file: SubjectFile, more: SubjectFile) -> SubjectFile:
    """`file` with the unsettled entries and unread rows of another."""
    if not (more.unsettled or more.unread):
        return file
    return msgspec.structs.replace(
        file,
        unsettled=ordered([*file.unsettled, *more.unsettled]),
        unread=ordered([*file.unread, *more.unread]),
    )


def merged(pieces: Sequence[tuple[bytes, SubjectFile]]) -> SubjectFile:
    """All that stands at one key. Pieces of several owners make them rivals: then nothing acts."""
    files = [file for _, file in pieces]
    rivals = {profile for file in files for profile in file.rivals}
    unsettled = ordered(held for file in files for held in file.unsettled)
    unread = ordered(held for file in files for held in file.unread)
    possible = ordered(profile for file in files for profile in file.possible)
    if len({owner for owner, _ in pieces if owner != NOBODY}) > 1:
        rivals.update(profile for owner, file in pieces if owner != NOBODY for profile in file.profiles)
        return SubjectFile(unsettled=unsettled, rivals=ordered(rivals), unread=unread, possible=possible)
    owned = [file for owner, file in pieces if owner != NOBODY]
    return SubjectFile(
        profiles=ordered(profile for file in owned or files for profile in file.profiles),
        held=ordered(held for file in files for held in file.held),
        registrations=ordered(r for file in files for r in file.registrations),
        unsettled=unsettled,
        rivals=ordered(rivals),
        unread=unread,
        possible=possible,
    )


def _names(rows: Iterable[Row]) -> tuple[str, ...]:
    return tuple(sorted({name for row in rows for name in row.names}))


def _content(entry: Entry | None) -> bytes:
    return _pack(msgspec.structs.replace(entry, source="")) if entry is not None else b""
