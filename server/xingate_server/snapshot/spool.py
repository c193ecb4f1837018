"""The sort spool of a compile: rows, links and pieces on disk, so that memory stays flat.

A SQLite file in the draft folder, written without journal or sync: it is thrown away whatever happens. It holds
keyed hashes and masked text, never a natural person's number.
"""

from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from types import TracebackType
from typing import Any

import apsw
import msgspec

from xingate_server.core.entry import Entry
from xingate_server.core.relations import Related
from xingate_server.core.subject import Held, Profile, Registration, SubjectClass

CHUNK = 5_000
CACHE_KIB = 16_384  # also bounds what a sort holds in memory; four times as much gains nothing
CLASS_CODE = {SubjectClass.ORGANISATION: 0, SubjectClass.PERSON: 1}

_SCHEMA = """
CREATE TABLE row (class INTEGER, grp BLOB, payload BLOB);
CREATE TABLE link (class INTEGER, alias BLOB, grp BLOB, unified BLOB);
CREATE TABLE move (old BLOB PRIMARY KEY, new BLOB, unified BLOB) WITHOUT ROWID;
CREATE TABLE relation (grp BLOB, payload BLOB);
CREATE TABLE piece (key BLOB, owner BLOB, payload BLOB);
CREATE TABLE name (name BLOB, key BLOB);
"""
_INSERT = {
    "row": "INSERT INTO row VALUES (?, ?, ?)",
    "link": "INSERT INTO link VALUES (?, ?, ?, ?)",
    "move": "INSERT INTO move VALUES (?, ?, ?)",
    "relation": "INSERT INTO relation VALUES (?, ?)",
    "piece": "INSERT INTO piece VALUES (?, ?, ?)",
    "name": "INSERT INTO name VALUES (?, ?)",
}
# Rows of one class in the order of their final group; a moved row brings its unified code along.
_ROWS = """
SELECT COALESCE(move.new, row.grp) AS final, COALESCE(move.unified, x''), move.new IS NOT NULL, row.payload, 0
FROM row LEFT JOIN move ON move.old = row.grp WHERE row.class = ?1
UNION ALL
SELECT COALESCE(move.new, relation.grp), x'', 0, relation.payload, 1
FROM relation LEFT JOIN move ON move.old = relation.grp WHERE ?1 = 1
ORDER BY final
"""
_LINKS = """
SELECT DISTINCT alias, grp, unified FROM link
WHERE class = ?1 AND alias IN (SELECT grp FROM row WHERE class = ?1 UNION ALL SELECT grp FROM relation WHERE ?1 = 1)
ORDER BY alias, grp, unified
"""


class Row(msgspec.Struct, array_like=True, omit_defaults=True):
    """An admitted row on its way. `position` is the number of its file, `raw` the masked row for the report."""

    profile: Profile
    position: int
    number: int
    names: tuple[str, ...] = ()
    document: str = ""
    unified: bytes = b""
    aliases: tuple[bytes, ...] = ()
    masks: tuple[bytes, ...] = ()
    is_unsettled: bool = False
    entry: Entry | None = None
    registration: Registration | None = None
    related: tuple[Related, ...] = ()
    raw: dict[str, str] = msgspec.field(default_factory=dict)


class Relation(msgspec.Struct, array_like=True, omit_defaults=True):
    """What an organisation's entry means for a person whom it names by a complete number."""

    profile: Profile
    held: Held
    is_unsettled: bool = False


class Group(msgspec.Struct):
    """All rows and relations of one subject, in no particular order."""

    key: bytes
    rows: list[Row]
    moved: set[int]  # positions in `rows` of those that joined through an alias
    relations: list[Relation]


class Spool:
    """The tables, with inserts gathered into chunks."""

    def __init__(self, path: Path) -> None:
        self._db = apsw.Connection(str(path))
        self._temporary = self._pragma("temp_store_directory") or ""
        self._pragma(f"temp_store_directory='{str(path.parent).replace(chr(39), chr(39) * 2)}'")
        for setting in (
            "journal_mode=OFF",
            "synchronous=OFF",
            "locking_mode=EXCLUSIVE",
            "temp_store=FILE",
            f"cache_size=-{CACHE_KIB}",
        ):
            self._pragma(setting)
        self._db.execute(_SCHEMA)
        self._db.execute("BEGIN")
        self._waiting: dict[str, list[tuple[Any, ...]]] = {table: [] for table in _INSERT}
        self._encode = msgspec.msgpack.Encoder().encode
        self._row = msgspec.msgpack.Decoder(Row).decode
        self._relation = msgspec.msgpack.Decoder(Relation).decode

    def __enter__(self) -> "Spool":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pragma(f"temp_store_directory='{self._temporary}'")
        self._db.close(True)

    def add(self, table: str, *values: Any) -> None:
        """Add one row to a table."""
        waiting = self._waiting[table]
        waiting.append(values)
        if len(waiting) >= CHUNK:
            self._flush(table)

    def add_row(self, subject_class: SubjectClass, group: bytes, row: Row) -> None:
        """Spool an admitted row, and its aliases."""
        code = CLASS_CODE[subject_class]
        self.add("row", code, group, self._encode(row))
        for alias in row.aliases:
            self.add("link", code, alias, group, row.unified)

    def add_relation(self, person: bytes, relation: Relation) -> None:
        """Spool what an entry means for a person."""
        self.add("relation", person, self._encode(relation))

    def links(self, subject_class: SubjectClass) -> Iterator[tuple[bytes, set[tuple[bytes, bytes]]]]:
        """Aliases that are also the group of some row, each with the groups (and unified codes) it points to."""
        self._flush("row", "link", "relation")
        found = self._db.execute(_LINKS, (CLASS_CODE[subject_class],))
        for alias, rows in groupby(found, key=itemgetter(0)):
            yield alias, {(group, unified) for _, group, unified in rows}

    def groups(self, subject_class: SubjectClass) -> Iterator[Group]:
        """The groups of a class in the order of their keys. Pieces, names and relations may be added meanwhile."""
        self._flush(*_INSERT)
        found = self._db.execute(_ROWS, (CLASS_CODE[subject_class],))
        for key, rows in groupby(found, key=itemgetter(0)):
            group = Group(key, [], set(), [])
            for _, unified, is_moved, payload, is_relation in rows:
                if is_relation:
                    group.relations.append(self._relation(payload))
                    continue
                row = self._row(payload)
                if is_moved:
                    group.moved.add(len(group.rows))
                    row.unified = row.unified or unified
                group.rows.append(row)
            yield group

    def pieces(self) -> Iterator[tuple[bytes, list[tuple[bytes, bytes]]]]:
        """Each key with its owners and packed pieces, in the order of the keys."""
        self._flush(*_INSERT)
        found = self._db.execute("SELECT key, owner, payload FROM piece ORDER BY key, owner")
        for key, rows in groupby(found, key=itemgetter(0)):
            yield key, [(owner, payload) for _, owner, payload in rows]

    def names(self) -> Iterator[tuple[bytes, bytes]]:
        """Name keys and the subject keys that bear them, sorted."""
        self._flush(*_INSERT)
        yield from self._db.execute("SELECT DISTINCT name, key FROM name ORDER BY name, key")

    def count(self, table: str) -> int:
        """How many rows a table has, those that wait included."""
        self._flush(table)
        (total,) = next(iter(self._db.execute(f"SELECT COUNT(*) FROM {table}")))  # noqa: S608 - our own table names
        return int(total)

    def _flush(self, *tables: str) -> None:
        for table in tables:
            waiting = self._waiting[table]
            if waiting:
                self._db.executemany(_INSERT[table], waiting)
                waiting.clear()

    def _pragma(self, text: str) -> Any:
        return next((row[0] for row in self._db.execute(f"PRAGMA {text}")), None)
