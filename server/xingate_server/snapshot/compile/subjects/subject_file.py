"""From the admitted rows of one subject to what the snapshot contains of it.

Scope: joining, resolving and ambiguity. Exclusions: the rules themselves (`core.admission.duplicates`), names
(`subject_names`), the people whom entries name (`people`), and how pieces are merged at a key (`pieces`). Source:
DESIGN sections 4 (Identity, Reach) and 6.
"""

from collections.abc import Iterable, Sequence

import msgspec

from xingate_server.core.admission.duplicates import Listed, resolve
from xingate_server.core.entry import REGISTRATION_UNKNOWN, Entry, fold_word
from xingate_server.core.names.normal_form import normalise
from xingate_server.core.subject import (
    EMPTY_FILE,
    Profile,
    SubjectClass,
    SubjectFile,
    SubjectKeyer,
)
from xingate_server.snapshot.compile.aliases import Joins, Targets
from xingate_server.snapshot.compile.counts import Tally
from xingate_server.snapshot.compile.refusals import Refusals, unpack_row
from xingate_server.snapshot.compile.spool import Group, Relation, Row, Writer
from xingate_server.snapshot.compile.subjects.listing import Listing, StandingEntry
from xingate_server.snapshot.compile.subjects.names import NameWriter
from xingate_server.snapshot.compile.subjects.number_parts import contested_of, part_key, parts_of
from xingate_server.snapshot.compile.subjects.people import PeopleWriter
from xingate_server.snapshot.compile.subjects.pieces import NOBODY, ordered, pack, with_more

_WHY = {
    "duplicate": "another row of the same key says the same",
    "superseded": "another row of the same key is newer",
    "red_blocked_by_black": "a black entry was in force on the day of the red one's document",
}


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
        self._writer = writer
        self._tally = tally
        self._refusals = refusals
        self._keyer = keyer
        self._joins = joins
        self._names = NameWriter(writer, keyer, by_name)
        self._people = PeopleWriter(writer, tally, self._names)

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
        self._people.relate(listed, is_unsettled=True)
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
        self._names.add_rows(subject_class, loose, key)
        self._names.add_sought(subject_class, listed)

    def _file(
        self, owner: bytes, rows: list[Row], subject_class: SubjectClass, relations: Sequence[Relation] = ()
    ) -> SubjectFile | None:
        """The file of one settled subject, None if nothing of it stays."""
        listed = self._listed(rows, is_counted=True)
        registered = [row for row in rows if row.registration is not None]
        staying = registered + listed.rows if listed.is_there else registered
        if not staying and not relations:
            return None
        if listed.is_there:
            self._people.relate(listed)
            self._maybe_of_others(listed)
            self._names.put_named(listed, subject_class)
            self._names.add_sought(subject_class, listed, registered)
        self._tally.subjects += 1
        self._names.add_rows(subject_class, staying, owner)
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
            self._names.add(subject_class, relation.names, owner)
            self._names.seek(subject_class, relation.names, relation.list_types)
        related = [relation.held for relation in relations if relation.held is not None and not relation.is_unsettled]
        doubtful = [relation.held for relation in relations if relation.held is not None and relation.is_unsettled]
        unread = [relation.unread for relation in relations if relation.unread is not None]
        return msgspec.structs.replace(
            file,
            held=ordered([*file.held, *related]),
            unsettled=ordered([*file.unsettled, *doubtful]),
            unread=ordered([*file.unread, *unread]),
        )

    def _maybe_of_others(self, listed: Listing) -> None:
        """Where else the rows make a possible match: at the masks of further numbers, and at an organisation code that
        a tax number may contain."""
        for row in listed.rows:
            masks, possible = row.place.masks, [key for key in row.place.possible if key != row.place.group]
            if not masks and not possible:
                continue
            own = Listing([s for s in listed.standing if row in s.rows], [r for r in listed.unread if r is row])
            for mask in masks:
                self._writer.piece(mask, NOBODY, pack(with_more(SubjectFile(profiles=(row.profile,)), own.apart())))
            for key in possible:
                self._writer.piece(key, NOBODY, pack(with_more(SubjectFile(possible=(row.profile,)), own.apart())))

    def _tell(self, targets: Targets, file: SubjectFile) -> None:
        """What stands under a number of several subjects may be of any of them."""
        names = tuple(sorted({name for p in file.profiles if (name := normalise(p.name))}))
        held = tuple(msgspec.structs.replace(h, names=h.names or names) for h in (*file.held, *file.unsettled))
        unread = tuple(msgspec.structs.replace(h, names=h.names or names, is_unsettled=True) for h in file.unread)
        if held or unread:
            for key in {key for pair in targets for key in pair if key}:
                self._writer.piece(key, NOBODY, pack(SubjectFile(unsettled=held, unread=unread)))

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
            listed = Listing([s for p in parts for s in p.standing], [r for p in parts for r in p.unread])
            staying = listed.rows
            if not staying:
                continue
            by_name = self._names.keys(subject_class, listed)
            file = SubjectFile(profiles=ordered(row.profile for row in staying))
            file = with_more(file, self._names.apart(listed, subject_class))
            self._tally.subjects += 1
            self._names.add_sought(subject_class, listed)
            masks = {mask for row in staying for mask in row.place.masks}
            for key in masks | by_name if self._names.is_by_name(listed) else masks or by_name:
                self._writer.piece(key, NOBODY, pack(file))
            for name in by_name:
                for key in masks or {name}:
                    self._writer.name(name, key)
            # The listing exists, and only its organisation's number is hidden: people with a number are reached.
            self._people.relate(listed)

    # -- entries

    def _listed(self, rows: list[Row], *, is_counted: bool = False) -> Listing:
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
        return Listing(standing, unread)

    def _standing(self, rows: list[Row], *, is_counted: bool = False) -> list[StandingEntry]:
        """Resolve the entries of these rows; each that stays keeps the rows that said the same."""
        listed = [Listed(row.entry, place) for place, row in enumerate(rows) if row.entry is not None]
        if not listed:
            return []
        if len(listed) == 1:
            row = rows[listed[0].place]
            if is_counted:
                self._tally.list_types[listed[0].entry.list_type] += 1
            return [StandingEntry(listed[0].entry, [row])]
        resolved = resolve(listed)
        if is_counted:
            self._count(rows, resolved.kept, [(d.place, d.reason, d.is_kept) for d in resolved.dropped])
        duplicates = {dropped.place for dropped in resolved.dropped if dropped.reason == "duplicate"}
        twins: dict[bytes, list[Row]] = {}
        for place in duplicates:
            twins.setdefault(_content(rows[place].entry), []).append(rows[place])
        return [
            StandingEntry(kept.entry, [rows[kept.place], *twins.get(_content(rows[kept.place].entry), ())])
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
            # Older releases joined the row as well: the id made from its own number alone was never theirs.
            row.entry = msgspec.structs.replace(entry, id=new, older_id="")
        elif row.unread is not None and row.document:
            (list_type,) = row.unread.list_types
            new = self._keyer.entry(list_type, group, fold_word(row.unread.authority), row.document)
            row.unread = msgspec.structs.replace(row.unread, id=new)

    # -- keys

    def _put(self, owner: bytes, keys: Iterable[bytes], file: SubjectFile) -> None:
        packed = pack(file)
        for key in keys:
            self._writer.piece(key, owner, packed)


def _content(entry: Entry | None) -> bytes:
    return pack(msgspec.structs.replace(entry, source="", older_id="")) if entry is not None else b""
