"""Writing `data.lmdb`: sorted and appended in large transactions, so that its pages are full from the start.

A compacting copy afterwards would gain about one page in a hundred, and LMDB 0.9.36 crashes when it copies a
database of many values of one size (`MDB_DUPFIXED`): neither is used.

Databases: `subject` (key -> packed SubjectFile), `name` (name key -> subject keys, many), `catalogue` (the compiled
catalogue). Source: DESIGN section 6.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import lmdb
import msgspec

from xingate_server.core.catalogue import Catalogue
from xingate_server.core.subject import SubjectFile
from xingate_server.snapshot.manifest import CATALOGUE, CATALOGUE_KEY, DATABASES, NAME, SUBJECT
from xingate_server.snapshot.spool import Spool
from xingate_server.snapshot.subjects import merged

_BATCH = 10_000  # the changed pages of a transaction stay in memory
_FIRST_MAP_BYTES = 64 << 20


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
        yield from _fill(environment, NAME, spool.names(), is_many=True)
        yield from _fill(environment, CATALOGUE, [(CATALOGUE_KEY, msgspec.msgpack.encode(catalogue))])


def _files(spool: Spool) -> Iterator[tuple[bytes, bytes]]:
    encode = msgspec.msgpack.Encoder().encode
    decode = msgspec.msgpack.Decoder(SubjectFile).decode
    for key, pieces in spool.pieces():
        if len(pieces) == 1:
            yield key, pieces[0][1]
        else:
            yield key, encode(merged([(owner, decode(packed)) for owner, packed in pieces]))


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
                environment.set_mapsize(environment.info()["map_size"] * 2)
        yield len(batch)
