"""Rows that belong to one entry, brought together wherever they stand in the file.

The rows go through a spool on disk, so that memory does not grow with the file. Entries come in the order of their
first rows. A row without a key is an entry of its own.
"""

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory

from xingate_adapters.reading.tables.tables import Row

_BATCH = 1_000


def grouped(rows: Iterable[Row], key: Callable[[Sequence[str]], str]) -> Iterator[list[Row]]:
    """The rows of each key together, in file order. Faults of the file are raised before the first group is given."""
    with TemporaryDirectory(prefix="xingate-") as folder, closing(sqlite3.connect(Path(folder) / "rows.db")) as spool:
        spool.execute("PRAGMA journal_mode = OFF")
        spool.execute("CREATE TABLE row (number INT, entry TEXT, cells TEXT)")
        spool.executemany(
            "INSERT INTO row VALUES (?, ?, ?)",
            ((number, key(cells) or f"\0{number}", json.dumps(cells)) for number, cells in rows),
        )
        spool.execute("CREATE INDEX by_entry ON row (entry, number)")
        found = spool.execute(
            "SELECT first.number, row.number, row.cells FROM row"
            " JOIN (SELECT entry, min(number) AS number FROM row GROUP BY entry) AS first ON first.entry = row.entry"
            " ORDER BY first.number, row.number"
        )
        found.arraysize = _BATCH
        for _, group in groupby(found, key=lambda row: row[0]):
            yield [(number, json.loads(cells)) for _, number, cells in group]
