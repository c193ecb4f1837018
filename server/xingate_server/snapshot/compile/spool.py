"""The sort spool of a compile: on disk by the first byte of the key, so that memory stays constant.

Keys are hashes, so the 256 shelves of a table are of like size and each is sorted in memory by itself. Every process of
a compile writes files of its own and returns where its blocks are (`Stored`); all of them are in the draft folder and
are always deleted. They contain keyed hashes and masked text, never a natural person's number.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from shutil import rmtree
from types import TracebackType
from typing import Any

import msgspec

from xingate_server.core.admission.relations import Related
from xingate_server.core.admission.row_subject import Place
from xingate_server.core.entry import Entry, UnreadRow
from xingate_server.core.subject import Held, HeldUnread, Profile, Registration, SubjectClass
from xingate_server.snapshot.compile.aliases import Targets

SHELVES = 256
_WAITING = 16_384  # items of a table that wait in memory

_KEY, _ORDER = itemgetter(0), itemgetter(0, 1)
_encode = msgspec.msgpack.Encoder().encode


class Row(msgspec.Struct, array_like=True, omit_defaults=True):
    """An admitted row on its way, or what remains of one that could not be read. `position` is the number of its file,
    `unified` the key of the unified code that it is of, `raw` the masked row for the report, packed. `is_twin`: the
    row is spooled under another class of subject as well, and counted there."""

    profile: Profile
    position: int
    number: int
    place: Place
    names: tuple[str, ...] = ()
    document: str = ""
    unified: bytes = b""
    entry: Entry | None = None
    registration: Registration | None = None
    related: tuple[Related, ...] = ()
    raw: bytes = b""
    unread: UnreadRow | None = None
    is_twin: bool = False


class Relation(msgspec.Struct, array_like=True, omit_defaults=True):
    """What an organisation's entry, or a row that could not be read, means for a person whom it names by a complete
    number: exactly one of `held` and `unread` is set."""

    profile: Profile
    is_unsettled: bool = False
    held: Held | None = None
    unread: HeldUnread | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The normalised names of the person."""
        return self.held.names if self.held is not None else self.unread.names if self.unread is not None else ()

    @property
    def list_types(self) -> tuple[str, ...]:
        """The list types, or patterns of them, that it may rest on."""
        if self.held is not None:
            return (self.held.entry.list_type,)
        return self.unread.row.list_types if self.unread is not None else ()


class Group(msgspec.Struct):
    """All rows (in the order in which they were read) and relations of one subject."""

    key: bytes
    rows: list[Row]
    moved: set[int]  # positions in `rows` of those that joined through an alias
    relations: list[Relation]


class Stored(msgspec.Struct, frozen=True, array_like=True):
    """What one process wrote of one table: per shelf, where its blocks lie in the file."""

    path: str
    blocks: tuple[tuple[tuple[int, int], ...], ...]


Written = dict[str, Stored]


class Writer:
    """What one process adds to the spool; `name` tells its files from those of others."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._name = name
        self._tables: dict[str, _Table] = {}

    def __enter__(self) -> "Writer":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for table in self._tables.values():
            table.file.close()

    def row(self, subject_class: SubjectClass, group: bytes, place: int, row: Row) -> None:
        """Add an admitted row and its aliases; `place` is its number in the whole compile."""
        self._add(f"row_{subject_class}", (group, place, _encode(row)))
        for alias in row.place.aliases:
            self._add(f"link_{subject_class}", (alias, group, row.unified))

    def moved(self, subject_class: SubjectClass, group: bytes, place: int, payload: bytes, unified: bytes) -> None:
        """Add a spooled row once more, under the group that it joined."""
        self._add(f"moved_{subject_class}", (group, place, payload, unified))

    def relation(self, person: bytes, packed: bytes) -> None:
        """Add what an entry means for a person (a packed `Relation`)."""
        self._add("relation", (person, packed))

    def piece(self, key: bytes, owner: bytes, packed: bytes) -> None:
        """Add a packed piece of what stands at a key."""
        self._add("piece", (key, owner, packed))

    def name(self, name: bytes, key: bytes) -> None:
        """Add a subject's key under a name's."""
        self._add("name", (name, key))

    def listed(self, key: bytes, subject_class: SubjectClass, name: str) -> None:
        """Add the normalised name of a listed subject; `key` is the name's."""
        self._add("listed", (key, subject_class, name))

    def gram(self, gram: bytes, first: int, numbers: bytes) -> None:
        """Add the numbers of names (packed) that have a gram (its hash)."""
        self._add("gram", (gram, first, numbers))

    def close(self) -> Written:
        """Write what waits; where everything is."""
        return {name: table.close() for name, table in self._tables.items()}

    def _add(self, name: str, item: tuple[Any, ...]) -> None:
        table = self._tables.get(name)
        if table is None:
            table = self._tables[name] = _Table(self._folder / f"{self._name}-{name}")
        table.add(item)


class _Table:
    def __init__(self, path: Path) -> None:
        self._path = path
        self.file = path.open("xb", buffering=0)
        self._shelves: list[list[tuple[Any, ...]]] = [[] for _ in range(SHELVES)]
        self._blocks: list[list[tuple[int, int]]] = [[] for _ in range(SHELVES)]
        self._waiting = self._offset = 0

    def add(self, item: tuple[Any, ...]) -> None:
        self._shelves[item[0][0]].append(item)
        self._waiting += 1
        if self._waiting >= _WAITING:
            self._flush()

    def close(self) -> Stored:
        self._flush()
        self.file.close()
        return Stored(str(self._path), tuple(tuple(blocks) for blocks in self._blocks))

    def _flush(self) -> None:
        packed = bytearray()
        for shelf, blocks in zip(self._shelves, self._blocks, strict=True):
            if shelf:
                block = _encode(shelf)
                blocks.append((self._offset + len(packed), len(block)))
                packed += block
                shelf.clear()
        view = memoryview(packed)
        while view:
            view = view[self.file.write(view) :]
        self._offset += len(packed)
        self._waiting = 0


class Spool:
    """All that the processes of a compile wrote, to be read shelf by shelf."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(mode=0o750)
        self._stored: dict[str, list[Stored]] = {}
        self._row = msgspec.msgpack.Decoder(Row).decode
        self._relation = msgspec.msgpack.Decoder(Relation).decode

    def take(self, written: Written) -> None:
        """Take over what a process wrote."""
        for table, stored in written.items():
            self._stored.setdefault(table, []).append(stored)

    def has(self, subject_class: SubjectClass) -> bool:
        """Whether there is anything of a class."""
        return bool(_of(subject_class) & self._stored.keys())

    def drop(self, subject_class: SubjectClass) -> None:
        """Remove the rows, links and relations of a class, once they are resolved."""
        for table in _of(subject_class) & self._stored.keys():
            for stored in self._stored.pop(table):
                Path(stored.path).unlink()

    def remove(self) -> None:
        """Remove everything."""
        rmtree(self.folder)

    def links(self, subject_class: SubjectClass) -> Iterator[tuple[bytes, Targets]]:
        """Aliases that are also the group of some row, each with the groups (and unified codes) it points to."""
        for shelf in range(SHELVES):
            links = self._shelf(f"link_{subject_class}", shelf)
            if not links:
                continue
            groups = {item[0] for item in self._shelf(f"row_{subject_class}", shelf)}
            groups.update(item[0] for item in self._relations(subject_class, shelf))
            found: dict[bytes, Targets] = {}
            for alias, group, unified in links:
                if alias in groups:
                    found.setdefault(alias, set()).add((group, unified))
            yield from found.items()

    def move(self, subject_class: SubjectClass, moves: Mapping[bytes, tuple[bytes, bytes]]) -> None:
        """Put the rows and relations of joined groups under their final group as well."""
        with Writer(self.folder, f"moved_{subject_class}") as writer:
            for shelf in sorted({old[0] for old in moves}):
                for key, place, payload in self._shelf(f"row_{subject_class}", shelf):
                    if key in moves:
                        writer.moved(subject_class, moves[key][0], place, payload, moves[key][1])
                for key, payload in self._relations(subject_class, shelf):
                    if key in moves:
                        writer.relation(moves[key][0], payload)
            self.take(writer.close())

    def groups(
        self, subject_class: SubjectClass, shelf: int, moves: Mapping[bytes, tuple[bytes, bytes]]
    ) -> Iterator[Group]:
        """The groups of a shelf in the order of their keys, those that joined another one left out."""
        items: list[tuple[Any, ...]] = self._shelf(f"row_{subject_class}", shelf)
        items += self._shelf(f"moved_{subject_class}", shelf)
        items.sort(key=_ORDER)
        relations: dict[bytes, list[bytes]] = {}
        for key, payload in self._relations(subject_class, shelf):
            relations.setdefault(key, []).append(payload)
        rows = {key: list(same) for key, same in groupby(items, key=_KEY)}
        for key in sorted({*rows, *relations}) if relations else rows:
            if key not in moves:
                yield self._group(key, rows.get(key, ()), relations.get(key, ()))

    def pieces(self) -> Iterator[list[tuple[bytes, bytes, bytes]]]:
        """Per shelf: keys, owners and packed pieces, sorted."""
        yield from self._sorted("piece")

    def names(self) -> Iterator[list[tuple[bytes, bytes]]]:
        """Per shelf: name keys and the subject keys that bear them, sorted, each once."""
        for items in self._sorted("name"):
            yield list(dict.fromkeys(items))

    def listed(self, shelf: int) -> list[tuple[bytes, str, str]]:
        """Keys, classes and names of listed subjects on a shelf, sorted, each once."""
        return sorted(set(self._shelf("listed", shelf)))

    def grams(self) -> Iterator[list[tuple[bytes, int, bytes]]]:
        """Per shelf: hashes of grams, first numbers and packed numbers, sorted."""
        yield from self._sorted("gram")

    def _group(self, key: bytes, rows: Iterable[tuple[Any, ...]], relations: Iterable[bytes]) -> Group:
        group = Group(key, [], set(), [self._relation(payload) for payload in relations])
        for _, _, payload, *unified in rows:
            row = self._row(payload)
            if unified:
                group.moved.add(len(group.rows))
                row.unified = row.unified or unified[0]
            group.rows.append(row)
        return group

    def _sorted(self, table: str) -> Iterator[list[tuple[Any, ...]]]:
        for shelf in range(SHELVES):
            items = self._shelf(table, shelf)
            items.sort(key=_ORDER)
            yield items

    def _relations(self, subject_class: SubjectClass, shelf: int) -> Sequence[tuple[bytes, bytes]]:
        return self._shelf("relation", shelf) if subject_class is SubjectClass.PERSON else ()

    def _shelf(self, table: str, shelf: int) -> list[Any]:
        items: list[Any] = []
        decode = _DECODERS[table.partition("_")[0]]
        for stored in self._stored.get(table, ()):
            blocks = stored.blocks[shelf]
            if not blocks:
                continue
            with Path(stored.path).open("rb", buffering=0) as file:
                for offset, length in blocks:
                    file.seek(offset)
                    items += decode(file.read(length))
        return items


def _of(subject_class: SubjectClass) -> set[str]:
    """The tables of a class."""
    relations = {"relation"} if subject_class is SubjectClass.PERSON else set()
    return relations | {f"{table}_{subject_class}" for table in ("row", "link", "moved")}


_DECODERS: Mapping[str, Callable[[bytes], list[Any]]] = {
    "row": msgspec.msgpack.Decoder(list[tuple[bytes, int, bytes]]).decode,
    "moved": msgspec.msgpack.Decoder(list[tuple[bytes, int, bytes, bytes]]).decode,
    "link": msgspec.msgpack.Decoder(list[tuple[bytes, bytes, bytes]]).decode,
    "relation": msgspec.msgpack.Decoder(list[tuple[bytes, bytes]]).decode,
    "piece": msgspec.msgpack.Decoder(list[tuple[bytes, bytes, bytes]]).decode,
    "name": msgspec.msgpack.Decoder(list[tuple[bytes, bytes]]).decode,
    "listed": msgspec.msgpack.Decoder(list[tuple[bytes, str, str]]).decode,
    "gram": msgspec.msgpack.Decoder(list[tuple[bytes, int, bytes]]).decode,
}
