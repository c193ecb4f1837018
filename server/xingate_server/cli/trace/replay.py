"""`xingate trace replay`: recorded lookups decided again on the snapshot of their time."""

import random
import secrets
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import click
from rich.markup import escape
from rich.table import Table

from xingate_server.cli.output.common import (
    AskedWronglyError,
    CommandError,
    console,
    counted,
    json_option,
    print_object,
    state_option,
)
from xingate_server.cli.trace.logs import Day, open_logs, progress
from xingate_server.core.timestamps import SHANGHAI, written
from xingate_server.gateway.records.replay import Replayed, ReplayResult, replay
from xingate_server.snapshot.errors import SubjectKeyMismatchError
from xingate_server.snapshot.store import SnapshotSet
from xingate_server.trace.audit.tolerant_read import Damaged, walk
from xingate_server.trace.port import ReadFailedError, Stored, TraceLog

EXIT_DIFFERENT = 1
EXIT_NOTHING = 3
_ROWS_AT_MOST = 1000
_DRAWS = 8  # how often a draw may hit something else than a lookup before all leaves are gone through
_WORDS = {
    ReplayResult.SAME: "same",
    ReplayResult.DIFFERENT: "different",
    ReplayResult.CANDIDATES: "cannot be replayed: the answer held candidates",
    ReplayResult.NOT_KEPT: "snapshot no longer kept",
    ReplayResult.UNREADABLE: "leaf cannot be read",
}


@click.command("replay", short_help="Decide recorded lookups again and compare.")
@click.argument("record_id", default="")
@click.option("--since", type=Day(), default=None, metavar="D", help="All lookups from this day on (Asia/Shanghai).")
@click.option("--sample", type=click.IntRange(1), default=None, metavar="N", help="N lookups drawn at random.")
@click.option("--seed", type=int, default=None, metavar="S", help="Draw the same sample again; default: a new one.")
@state_option
@json_option
def replay_command(
    record_id: str, since: date | None, sample: int | None, seed: int | None, *, state: Path, as_json: bool
) -> int:
    """Decide recorded lookups again, on the snapshot of their time, and compare the decision digests.

    Give a RECORD_ID, --since, --sample, or the last two together. Shown is what is not the same, and a summary; with
    --json one object a line for every lookup, and the summary as the last one.

    Exit codes: 0 all that could be replayed is the same, 1 something differs or a leaf cannot be read, 2 usage, 3
    nothing could be replayed, or there is no such record.
    """
    if bool(record_id) == (since is not None or sample is not None):
        raise AskedWronglyError("say what to replay: a record id, or --since, --sample, or both of these")
    with open_logs([state]) as ((_, log, _),):
        snapshots = SnapshotSet(state)
        seed = secrets.randbelow(1 << 31) if sample and seed is None else seed
        found = _replayed(log, snapshots, record_id, _Choice(log, since, sample, seed))
        try:
            return _show(found, is_single=bool(record_id), as_json=as_json, seed=seed if sample else None)
        except SubjectKeyMismatchError as error:
            raise CommandError(str(error)) from error


class _Choice:
    """Which leaves of a log are replayed."""

    def __init__(self, log: TraceLog, since: date | None, sample: int | None, seed: int | None) -> None:
        self._log = log
        self._since = _utc(since) if since else ""
        self._sample = sample
        self._random = random.Random(seed)  # noqa: S311 -- a sample that can be drawn again, nothing secret
        self.total = sample or log.size()

    def leaves(self) -> Iterator[tuple[int, Stored | Damaged]]:
        """How far it is, and a lookup or what is damaged."""
        if self._sample is None:
            for place, leaf in enumerate(walk(self._log), 1):
                if self._is_meant(leaf):
                    yield place, leaf
            return
        drawn = None if self._since else self._drawn(self._sample)
        yield from enumerate(drawn if drawn is not None else self._reservoir(self._sample), 1)

    def _is_meant(self, leaf: Stored | Damaged) -> bool:
        return isinstance(leaf, Damaged) or (leaf.kind == "check" and leaf.time >= self._since)

    def _drawn(self, count: int) -> list[Stored | Damaged] | None:
        """Lookups at places drawn at random; None if the log is so small or so full of others that all is read."""
        size = self._log.size()
        if size < _DRAWS * count:
            return None
        found: dict[int, Stored | Damaged] = {}
        seen: set[int] = set()
        for _ in range(_DRAWS * count):
            place = self._random.randrange(size)
            if place in seen:
                continue
            seen.add(place)
            leaf = _at(self._log, place)
            if self._is_meant(leaf):
                found[place] = leaf
            if len(found) == count:
                return [found[place] for place in sorted(found)]
        return None

    def _reservoir(self, count: int) -> list[Stored | Damaged]:
        """The same chance for each while all are read once (Vitter's algorithm R)."""
        kept: list[Stored | Damaged] = []
        for place, leaf in enumerate(leaf for leaf in walk(self._log) if self._is_meant(leaf)):
            if place < count:
                kept.append(leaf)
            elif (at := self._random.randrange(place + 1)) < count:
                kept[at] = leaf
        return sorted(kept, key=lambda leaf: leaf.leaf_index)


def _at(log: TraceLog, place: int) -> Stored | Damaged:
    try:
        return next(log.read(place, place + 1), Damaged(place, f"leaf {place} is missing"))
    except ReadFailedError as error:
        return Damaged(place, str(error))


def _utc(day: date) -> str:
    """The moment in UTC at which a day begins in Shanghai, as the log writes it."""
    if day == date.min:
        return ""
    return written(datetime.combine(day, time(), SHANGHAI))


def _replayed(log: TraceLog, snapshots: SnapshotSet, record_id: str, choice: _Choice) -> Iterator[Replayed]:
    if record_id:
        stored = log.get(record_id)
        if stored is None:
            raise CommandError(f"no record `{record_id}` in this log")
        try:
            yield replay(stored, snapshots)
        except ValueError as error:
            raise AskedWronglyError(str(error)) from error
        return
    with progress("replaying", choice.total) as tell:
        for place, leaf in choice.leaves():
            tell(place)
            yield _unreadable(leaf) if isinstance(leaf, Damaged) else replay(leaf, snapshots)


def _unreadable(leaf: Damaged) -> Replayed:
    return Replayed(record_id="", leaf_index=leaf.leaf_index, time="", result=ReplayResult.UNREADABLE, detail=leaf.what)


def _show(found: Iterator[Replayed], *, is_single: bool, as_json: bool, seed: int | None) -> int:
    results: Counter[ReplayResult] = Counter()
    table = Table("leaf", "record", "result", "what")
    for each in found:
        results[each.result] += 1
        if as_json:
            print_object(_object(each))
        elif (is_single or each.result is not ReplayResult.SAME) and table.row_count < _ROWS_AT_MOST:
            table.add_row(str(each.leaf_index), each.record_id, _WORDS[each.result], escape(_told(each)))
    summary: dict[str, Any] = {result.value: results[result] for result in ReplayResult if results[result]}
    if as_json:
        print_object({"replayed": results.total(), "results": summary} | ({} if seed is None else {"seed": seed}))
    else:
        if table.row_count:
            console().print(table)
        if table.row_count == _ROWS_AT_MOST:
            click.echo(f"shown are the first {_ROWS_AT_MOST}; --json shows all")
        parts = [f"{results[result]} {_WORDS[result]}" for result in ReplayResult if results[result]]
        drawn = "" if seed is None else f" (drawn with --seed {seed})"
        click.echo(f"{counted(results.total(), 'lookup')}{drawn}: {', '.join(parts) or 'nothing to replay'}")
    return _exit_code(results)


def _exit_code(results: Counter[ReplayResult]) -> int:
    if results[ReplayResult.DIFFERENT] or results[ReplayResult.UNREADABLE]:
        return EXIT_DIFFERENT
    return 0 if results[ReplayResult.SAME] else EXIT_NOTHING


def _told(each: Replayed) -> str:
    if each.result is ReplayResult.DIFFERENT:
        digests = f"digest recorded {each.recorded_digest}, now {each.decided_digest or 'none'}"
        return "; ".join(part for part in (*each.differs, each.detail, digests) if part)
    return each.detail or f"digest {each.decided_digest} on snapshot {each.sequence}"


def _object(each: Replayed) -> dict[str, object]:
    return {
        "recordId": each.record_id,
        "leafIndex": each.leaf_index,
        "time": each.time,
        "sequence": each.sequence,
        "result": each.result.value,
        "recordedDigest": each.recorded_digest,
        "decidedDigest": each.decided_digest,
        "differs": list(each.differs),
        "detail": each.detail,
    }
