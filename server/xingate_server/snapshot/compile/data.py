"""Writing `data.lmdb`: sorted and appended in large transactions, so that its pages are full from the start.

A compacting copy afterwards would gain about one page in a hundred, and LMDB 0.9.36 crashes when it copies a
database of many values of one size (`MDB_DUPFIXED`): neither is used.

Databases: `subject` (key -> packed SubjectFile), `name` (name key -> subject keys, many), `listed` and `gram`
(`name_index`), `catalogue` (the compiled catalogue). Source: DESIGN section 6.
"""

from collections.abc import Iterable, Iterator
from itertools import chain, islice, zip_longest
from pathlib import Path
from typing import Any

import lmdb
import msgspec

from xingate_server.core.catalogue import Catalogue
from xingate_server.core.subject import SubjectFile
from xingate_server.snapshot.compile.name_index import listed_names, postings
from xingate_server.snapshot.compile.spool import Spool
from xingate_server.snapshot.compile.subjects.pieces import merged
from xingate_server.snapshot.manifest import CATALOGUE, CATALOGUE_KEY, DATABASES, GRAM, LISTED, NAME, SUBJECT

_BATCH = 10_000  # the changed pages of a transaction stay in memory
_FIRST_MAP_BYTES = 64 << 20
_MAP_STEP_BYTES = 256 << 20  # the file is mapped again at each step, so that no more of it counts as memory in use


def write_data(spool: Spool, catalogue: Catalogue, path: Path) -> Iterator[int]:
    """Write the data file; yields how many keys were written. Raises `lmdb.Error` and `OSError`."""
    with lmdb.open(
        str(path),
        subdir=False,
        lock=False,
        sync=False,
        metasync=False,
        map_size=_FIRST_MAP_BYTES,
        max_dbs=DATABASES,
    ) as environment:
        yield from _fill(environment, SUBJECT, _files(spool))
        yield from _fill(environment, NAME, chain.from_iterable(spool.names()), is_many=True)
        yield from _fill(environment, LISTED, listed_names(spool))
        yield from _fill(environment, GRAM, postings(spool))
        yield from _fill(environment, CATALOGUE, [(CATALOGUE_KEY, msgspec.msgpack.encode(catalogue))])


def _files(spool: Spool) -> Iterator[tuple[bytes, bytes]]:
    encode = msgspec.msgpack.Encoder().encode
    decode = msgspec.msgpack.Decoder(SubjectFile).decode
    several: list[tuple[bytes, SubjectFile]] = []
    for pieces in spool.pieces():
        for (key, owner, packed), following in zip_longest(pieces, islice(pieces, 1, None)):
            if following is not None and key == following[0]:
                several.append((owner, decode(packed)))
            elif several:
                several.append((owner, decode(packed)))
                yield key, encode(merged(several))
                several = []
            else:
                yield key, packed


def _fill(
    environment: Any, name: bytes, items: Iterable[tuple[bytes, bytes]], *, is_many: bool = False
) -> Iterator[int]:
    database = environment.open_db(name, dupsort=is_many)
    remaining = iter(items)
    while batch := list(islice(remaining, _BATCH)):
        while True:
            try:
                with environment.begin(write=True, db=database) as transaction:
                    transaction.cursor().putmulti(batch, dupdata=is_many, append=True)
                break
            except lmdb.MapFullError:
                size = environment.info()["map_size"]
                environment.set_mapsize(size + min(size, _MAP_STEP_BYTES))
        yield len(batch)
