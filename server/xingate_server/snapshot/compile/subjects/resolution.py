"""From the spooled rows to pieces and names, shelf by shelf, shared among processes.

Organisations come first: what their entries mean for people is spooled while they are resolved. Source: DESIGN
sections 4 and 6.
"""

from typing import BinaryIO

import msgspec

from xingate_server.core.admission.rules import Rules
from xingate_server.core.subject import SubjectClass
from xingate_server.snapshot.compile.aliases import Joins, find_joins
from xingate_server.snapshot.compile.counts import Counts, Tally
from xingate_server.snapshot.compile.refusals import Part, Refusals, gather
from xingate_server.snapshot.compile.spool import SHELVES, Spool, Writer, Written
from xingate_server.snapshot.compile.subjects.subject_file import SubjectWriter
from xingate_server.snapshot.compile.workers import Report, each
from xingate_server.snapshot.request import Progress


class _Resolved(msgspec.Struct, frozen=True):
    """What one process hands back."""

    counts: Counts
    written: Written
    refused: Part


class Resolution:
    """Resolves all that was admitted, in `jobs` processes."""

    def __init__(self, tally: Tally, rules: Rules, spool: Spool, jobs: int, progress: Progress) -> None:
        self._tally = tally
        self._keyer = rules.keyer
        self._by_name = frozenset(t.id for t in rules.catalogue.list_types if t.is_name_only)
        self._spool = spool
        self._jobs = jobs
        self._progress = progress
        self._total = sum(source.admitted for source in tally.sources)
        self._rows = 0

    def run(self, out: BinaryIO) -> None:
        """Resolve organisations, then persons; refusals go to `out`."""
        for subject_class in (SubjectClass.ORGANISATION, SubjectClass.PERSON):
            if self._spool.has(subject_class):
                self._resolve(subject_class, out)
        self._progress("resolve", self._total, self._total)

    def _resolve(self, subject_class: SubjectClass, out: BinaryIO) -> None:
        joins = find_joins(self._spool.links(subject_class))
        if joins.moves:
            self._spool.move(subject_class, joins.moves)
        found = each(self._jobs, lambda number, report: self._share(subject_class, joins, number, report), self._hear)
        gather([part.refused for part in found], out)
        self._spool.drop(subject_class)
        for part in found:
            self._tally.add(part.counts)
            self._spool.take(part.written)

    def _hear(self, rows: int) -> None:
        self._rows += rows
        self._progress("resolve", self._rows, self._total)

    def _share(self, subject_class: SubjectClass, joins: Joins, number: int, report: Report) -> _Resolved:
        """The work of one process."""
        name = f"resolve-{subject_class}-{number}"
        tally = Tally(self._tally.plans)
        with (
            Writer(self._spool.folder, name) as writer,
            Refusals(self._spool.folder / f"{name}.jsonl") as refusals,
        ):
            subjects = SubjectWriter(writer, tally, refusals, self._keyer, joins, self._by_name)
            for shelf in range(number, SHELVES, self._jobs):
                refusals.begin(shelf)
                groups = self._spool.groups(subject_class, shelf, joins.moves)
                report(sum(subjects.write(group, subject_class) for group in groups))
            return _Resolved(tally.counts(), writer.close(), refusals.close())
