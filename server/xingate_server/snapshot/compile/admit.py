"""The admission of all records of a compile, shared among processes: counts, refusals and spooled rows.

Each process reads all the files and admits its share of the records, block by block, so that nothing has to be handed
over but counts and the places of what it wrote. Registers come first: listings may use their codes exactly as they
are. What comes of it is the same whatever the number of processes. Source: DESIGN sections 5 and 6.
"""

from collections.abc import Iterator, Sequence
from copy import copy
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from xingate_server.core.admission.admit import admit
from xingate_server.core.admission.result import Admitted, Refused, SourceTerms
from xingate_server.core.admission.rules import Rules
from xingate_server.core.entry import REGISTER, Record
from xingate_server.core.identifiers import parsing
from xingate_server.core.subject import class_of
from xingate_server.snapshot.compile.counts import Counts, FileTally, Tally
from xingate_server.snapshot.compile.refusals import Part, Refusals, gather, masked_row, pack_row, row_digest
from xingate_server.snapshot.compile.spool import Row, Spool, Writer, Written
from xingate_server.snapshot.compile.workers import Report, each
from xingate_server.snapshot.request import BLOCK_RECORDS, CompilePlan, Progress, Share

_SOURCE_PLACES = 1 << 40  # more records than any source has


class _Admitted(msgspec.Struct, frozen=True):
    """What one process hands back."""

    counts: Counts
    codes: frozenset[str]
    passed_over: dict[int, dict[str, int]]
    notes: dict[int, dict[str, None]]
    written: Written
    refused: Part


class Admission:
    """Admits all sources of a tally into a spool, in `jobs` processes."""

    def __init__(self, tally: Tally, rules: Rules, spool: Spool, plan: CompilePlan, progress: Progress) -> None:
        self._tally = tally
        self._rules = copy(rules)
        self._codes: set[str] = set(rules.registered_codes)
        self._rules.registered_codes = self._codes
        self._spool = spool
        self._plan = plan
        self._progress = progress
        self._rows = 0

    def run(self, out: BinaryIO) -> None:
        """Admit everything; refusals go to `out`."""
        for is_register in (True, False):
            places = [n for n, s in enumerate(self._tally.sources) if s.plan.is_register is is_register]
            if places:
                self._admit(places, out)
        self._progress("admit", self._rows, self._rows)

    def _admit(self, places: list[int], out: BinaryIO) -> None:
        found = each(self._plan.jobs, lambda number, report: self._share(places, number, report), self._hear)
        gather([part.refused for part in found], out)
        for place, passed_over in found[0].passed_over.items():  # every process has read all
            self._tally.sources[place].passed_over = passed_over
            self._tally.sources[place].notes = found[0].notes[place]
        for part in found:
            self._tally.add(part.counts)
            self._codes |= part.codes
            self._spool.take(part.written)

    def _hear(self, what: str, *content: Any) -> None:
        if what == "rows":
            self._rows += content[0]
            self._progress("admit", self._rows, 0)
        else:
            self._plan.on_bytes(*content)

    def _share(self, places: list[int], number: int, report: Report) -> _Admitted:
        """The work of one process."""
        share = Share(number, self._plan.jobs)
        name = f"admit-{places[0]}-{number}"
        with (
            Writer(self._spool.folder, name) as writer,
            Refusals(self._spool.folder / f"{name}.jsonl") as refusals,
        ):
            desk = _Desk(Tally(self._tally.plans), self._rules, writer, refusals, share)
            passed_over, notes = {}, {}
            for place in places:
                plan = desk.tally.sources[place].plan
                records: Iterator[Record | None] = plan.records
                if share.of > 1 and plan.share is not None:
                    records = plan.share(share.holds, partial(report, "bytes") if number == 0 else _silent)
                desk.admit(place, records, report)
                passed_over[place] = dict(plan.passed_over)
                notes[place] = dict(plan.notes)
            return _Admitted(
                counts=desk.tally.counts(),
                codes=frozenset(desk.codes),
                passed_over=passed_over,
                notes=notes,
                written=writer.close(),
                refused=refusals.close(),
            )


def _silent(path: Path, done: int, total: int) -> None:
    """Another process tells how far reading is."""


class _Desk:
    """Where one process admits its share."""

    def __init__(self, tally: Tally, rules: Rules, writer: Writer, refusals: Refusals, share: Share) -> None:
        self.tally = tally
        self.writer = writer
        self.refusals = refusals
        self.codes: set[str] = set()
        self._rules = rules
        self._share = share

    def admit(self, place: int, records: Iterator[Record | None], report: Report) -> None:
        """Admit the share of one source."""
        source, first, waiting = self.tally.sources[place], place * _SOURCE_PLACES, 0
        holds, rules = self._share.holds, self._rules
        terms = SourceTerms(frozenset(source.plan.provides), source.plan.data_as_of)
        for ordinal, record in enumerate(records, first):
            if not holds(ordinal - first) or record is None:
                continue
            if ordinal % BLOCK_RECORDS == 0:
                self.refusals.begin(ordinal)
                report("rows", waiting)
                waiting = 0
            waiting += 1
            file = source.file(record.file)
            file.rows += 1
            outcome = admit(record, rules, terms)
            if isinstance(outcome, Refused):
                file.refuse(outcome)
                self._report(record, file, outcome.reasons, outcome.details)
                for position, remains in enumerate(outcome.remains):
                    self._spool(record, remains, file, ordinal, is_twin=position > 0)
            else:
                self._admitted(record, outcome, file, ordinal)
        report("rows", waiting)

    def _report(self, record: Record, file: FileTally, reasons: Sequence[str], details: Sequence[str]) -> None:
        """A line of `refused.jsonl`."""
        digest = row_digest(self._rules.keyer, record.raw.values())
        self.refusals.write(file, record.row, reasons, details, masked_row(record), digest)

    def _admitted(self, record: Record, admitted: Admitted, file: FileTally, ordinal: int) -> None:
        list_type = REGISTER if admitted.entry is None else admitted.entry.list_type
        self.tally.admit(file, list_type, admitted)
        if admitted.counted:
            reasons, details = zip(*admitted.counted, strict=True)
            self._report(record, file, reasons, details)
        if admitted.flags and file.source.plan.is_register:
            self.codes.update(_failing_codes(record, admitted))
        self._spool(record, admitted, file, ordinal)
        for other in admitted.also:
            self._spool(record, other, file, ordinal, is_twin=True)

    def _spool(
        self, record: Record, admitted: Admitted, file: FileTally, ordinal: int, *, is_twin: bool = False
    ) -> None:
        place = admitted.place
        for shape in place.mask_shapes:
            self.tally.add_shape(admitted.subject_class, shape)
        row = Row(
            admitted.profile,
            file.position,
            record.row,
            place,
            admitted.names,
            admitted.document,
            place.unified,
            admitted.entry,
            admitted.registration,
            admitted.related,
            b"" if admitted.entry is None else pack_row(record),
            admitted.unread,
            is_twin,
        )
        self.writer.row(admitted.subject_class, place.group, ordinal, row)


def _failing_codes(record: Record, admitted: Admitted) -> Iterator[str]:
    """Codes of a register's row that fail their check digit: listings may use exactly these."""
    for scheme, text in record.identifiers:
        number = parsing.read(text, scheme, class_of(admitted.profile.kind))
        if number.is_checksum_failure:
            yield number.value
