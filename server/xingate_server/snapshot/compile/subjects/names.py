"""Under which names a subject is found: equal ones, those written otherwise, and on lists by name without legal form.

Names lead to candidates and possible matches, never to a measure (DESIGN sections 4 and 5).
"""

from collections.abc import Iterable

import msgspec

from xingate_server.core.names.legal_forms import names_without_form
from xingate_server.core.subject import SubjectClass, SubjectFile, SubjectKeyer
from xingate_server.snapshot.compile.name_index import is_sought
from xingate_server.snapshot.compile.spool import Row, Writer
from xingate_server.snapshot.compile.subjects.listing import Listing
from xingate_server.snapshot.compile.subjects.pieces import NOBODY, pack


class NameWriter:
    """Writes the names of subjects into the spool. `by_name` are the list types whose entries are found by name."""

    def __init__(self, writer: Writer, keyer: SubjectKeyer, by_name: frozenset[str]) -> None:
        self._writer = writer
        self._keyer = keyer
        self._by_name = by_name

    def put_named(self, listed: Listing, subject_class: SubjectClass) -> None:
        """On lists by name a name makes a possible match beside a number that the list does not have."""
        standing = [item for item in listed.standing if item.entry.list_type in self._by_name]
        unread = [r for r in listed.unread if r.unread and not self._by_name.isdisjoint(r.unread.list_types)]
        if standing or unread:
            named = Listing(standing, unread)
            packed = pack(self.apart(named, subject_class))
            for key in self.keys(subject_class, named):
                self._writer.piece(key, NOBODY, packed)

    def keys(self, subject_class: SubjectClass, listed: Listing) -> set[bytes]:
        return {self._keyer.name(subject_class, name) for name in self._forms(subject_class, listed)}

    def _forms(self, subject_class: SubjectClass, listed: Listing) -> set[str]:
        """The names of what is listed, on lists by name those without the legal form as well."""
        names = {name for row in listed.rows for name in row.names}
        if subject_class is SubjectClass.ORGANISATION and self.is_by_name(listed):
            names |= {bare for name in names for bare in names_without_form(name)}
        return names

    def is_by_name(self, listed: Listing) -> bool:
        return any(item.entry.list_type in self._by_name for item in listed.standing) or any(
            row.unread is not None and not self._by_name.isdisjoint(row.unread.list_types) for row in listed.unread
        )

    def apart(self, listed: Listing, subject_class: SubjectClass) -> SubjectFile:
        """What is listed, as those see it whom a name or a mask fits."""
        file = listed.apart()
        if subject_class is not SubjectClass.ORGANISATION or not self.is_by_name(listed):
            return file
        names = tuple(sorted(self._forms(subject_class, listed)))
        return msgspec.structs.replace(
            file,
            unsettled=tuple(msgspec.structs.replace(held, names=names) for held in file.unsettled),
            unread=tuple(msgspec.structs.replace(held, names=names) for held in file.unread),
        )

    def add_rows(self, subject_class: SubjectClass, rows: Iterable[Row], key: bytes) -> None:
        self.add(subject_class, {name for row in rows for name in row.names}, key)

    def add_sought(self, subject_class: SubjectClass, listed: Listing, registered: Iterable[Row] = ()) -> None:
        """Let a listed subject be found when its name is written otherwise; `registered` are its rows in registers."""
        types: tuple[str, ...] = ()
        for item in listed.standing:
            types = (item.entry.list_type,)
            self.seek(subject_class, (name for row in item.rows for name in row.names), types)
        for row in listed.unread:
            types = row.unread.list_types if row.unread is not None else types
            self.seek(subject_class, row.names, types)
        if types:
            self.seek(subject_class, (name for row in registered for name in row.names), types)

    def seek(self, subject_class: SubjectClass, names: Iterable[str], list_types: Iterable[str]) -> None:
        if any(is_sought(list_type, subject_class) for list_type in list_types):
            for name in set(names):
                self._writer.listed(self._keyer.name(subject_class, name), subject_class, name)

    def add(self, subject_class: SubjectClass, names: Iterable[str], key: bytes) -> None:
        for name in names:
            self._writer.name(self._keyer.name(subject_class, name), key)
