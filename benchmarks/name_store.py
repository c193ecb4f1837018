"""An index of names, made as a compile makes it: for `benchmarks.names`."""

import time
from collections.abc import Sequence
from pathlib import Path

import lmdb

from xingate_server import catalogues
from xingate_server.core.names.search import search
from xingate_server.core.subject import SubjectClass, SubjectKeyer
from xingate_server.snapshot.compile.data import write_data
from xingate_server.snapshot.compile.name_index import index_names
from xingate_server.snapshot.compile.spool import Spool, Writer
from xingate_server.snapshot.manifest import DATABASES, GRAM, LISTED
from xingate_server.snapshot.name_index import StoredNames

_KEYER = SubjectKeyer(b"benchmarks" * 2)


class Index:
    """The names of one class in a file of their own."""

    def __init__(
        self, folder: Path, names: Sequence[str], subject_class: SubjectClass = SubjectClass.ORGANISATION
    ) -> None:
        spool = Spool(folder / "spool")
        with Writer(spool.folder, "listed") as writer:
            for name in names:
                writer.listed(_KEYER.name(subject_class, name), subject_class, name)
            spool.take(writer.close())
        start = time.process_time()
        index_names(spool, 1)
        path = folder / "data.lmdb"
        for _ in write_data(spool, catalogues.load(["shiyan2017"]), path):
            pass
        self.made_s = time.process_time() - start
        spool.remove()
        environment = lmdb.open(str(path), subdir=False, lock=False, readonly=True, max_dbs=DATABASES)
        databases = environment.open_db(LISTED, create=False), environment.open_db(GRAM, create=False)
        with environment.begin() as transaction:
            pages = sum(
                stat["psize"] * (stat["branch_pages"] + stat["leaf_pages"] + stat["overflow_pages"])
                for stat in (transaction.stat(database) for database in databases)
            )
        self.bytes_a_name = pages / len(names)
        self._names = StoredNames(environment.begin(), *databases, subject_class)

    def search(self, name: str, threshold: float) -> list[tuple[str, float]]:
        """The candidates, as an answer has them."""
        return [(match.name, match.score) for match in search(name, self._names, threshold)]
