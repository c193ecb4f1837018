"""The admission of all records of a compile, shared among processes: counts, refusals and spooled rows.

Each process reads all the files and admits its share of the records, block by block, so that nothing has to be handed
over but counts and the places of what it wrote. Registers come first: listings may use their codes exactly as they
are. What comes of it is the same whatever the number of processes. Source: DESIGN sections 5 and 6.
"""

from collections.abc import Iterator
from copy import copy
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from xingate_server.core import identifiers
from xingate_server.core.admission import Admitted, Refused, Rules, admit
from xingate_server.core.entry import REGISTER, Record
from xingate_server.core.subject import class_of
from xingate_server.snapshot.plan import BLOCK_RECORDS, CompilePlan, Progress, Share
from xingate_server.snapshot.refusals import Part, Refusals, gather, masked_row, pack_row, row_digest
from xingate_server.snapshot.spool import Row, Spool, Writer, Written
from xingate_server.snapshot.tally import Counts, FileTally, Tally
from xingate_server.snapshot.workers import Told, each

_SOURCE_PLACES = 1 << 40  # more records than any source has


class _Admitted(msgspec.Struct, frozen=True):
    """What one process hands back."""

    counts: Counts
    codes: frozenset[str]
    passed_over: dict[int, dict[str, int]]
    notes: dict[int, tuple[str, ...]]
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
        found = each(self._plan.jobs, lambda number, tell: self._share(places, number, tell), self._hear)
        gather([part.refused for part in found], out)
        for place, passed_over in found[0].passed_over.items():  # every process has read all
            self._tally.sources[place].passed_over = passed_over
        for place, notes in found[0].notes.items():
            self._tally.sources[place].plan.notes.update(dict.fromkeys(notes))
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

    def _share(self, places: list[int], number: int, tell: Told) -> _Admitted:
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
                    records = plan.share(share.holds, partial(tell, "bytes") if number == 0 else _silent)
                desk.admit(place, records, tell)
                passed_over[place] = dict(plan.passed_over)
                notes[place] = tuple(plan.notes)
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

    def admit(self, place: int, records: Iterator[Record | None], tell: Told) -> None:
        """Admit the share of one source."""
        source, first, waiting = self.tally.sources[place], place * _SOURCE_PLACES, 0
        holds, rules = self._share.holds, self._rules
        for ordinal, record in enumerate(records, first):
            if not holds(ordinal - first) or record is None:
                continue
            if ordinal % BLOCK_RECORDS == 0:
                self.refusals.begin(ordinal)
                tell("rows", waiting)
                waiting = 0
            waiting += 1
            file = source.file(record.file)
            file.rows += 1
            outcome = admit(record, rules)
            if isinstance(outcome, Refused):
                file.refused.update(outcome.reasons)
                digest = row_digest(rules.keyer, record.raw.values())
                self.refusals.write(file, record.row, outcome.reasons, outcome.details, masked_row(record), digest)
            else:
                self._spool(record, outcome, file, ordinal)
        tell("rows", waiting)

    def _spool(self, record: Record, admitted: Admitted, file: FileTally, place: int) -> None:
        is_register = record.list_type == REGISTER
        self.tally.admit(file, record.list_type, admitted.flags)
        if admitted.mask_shape:
            self.tally.add_shape(admitted.subject_class, admitted.mask_shape)
        if admitted.flags and file.source.plan.is_register:
            self.codes.update(_failing_codes(record, admitted))
        row = Row(
            admitted.profile,
            file.position,
            record.row,
            admitted.names,
            admitted.document,
            admitted.unified,
            admitted.aliases,
            admitted.masks,
            admitted.is_unsettled,
            admitted.entry,
            admitted.registration,
            admitted.related,
            b"" if is_register else pack_row(record),
        )
        self.writer.row(admitted.subject_class, admitted.group, place, row)


def _failing_codes(record: Record, admitted: Admitted) -> Iterator[str]:
    """Codes of a register's row that fail their check digit: listings may use exactly these."""
    for scheme, text in record.identifiers:
        number = identifiers.read(text, scheme, class_of(admitted.profile.kind))
        if number.is_checksum_failure:
            yield number.value
