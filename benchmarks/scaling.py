"""From measured figures to a province and a country: the tables of docs/scaling.md, with their arithmetic.

Measured figures come from `results/growth.json` and `results/latest.json`; what is assumed stands in `PLACES` and is
shown as such. Straight lines from the largest measured size: what would bend them is told in the page.
"""

from typing import NamedTuple

from benchmarks.growth import Growth, Size
from benchmarks.results import Results, number

LISTED_PEOPLE = 0.01  # of all inhabitants
LOOKUPS_PER_HEAD = 0.01  # a working day
PEAK_SHARE = 0.2  # of a day's lookups in its busiest hour
CHANGED_DAILY = 0.002  # of all subjects, between two snapshots
WORKING_DAYS = 250
USED = 0.5  # of a core at the busiest second, so that queues stay short
KEPT = 10  # snapshots
_MB, _GB, _TB = 1e6, 1e9, 1e12


_COLUMNS = (
    "subjects",
    "records",
    "compile, records/s",
    "compile",
    "its peak memory",
    "data file",
    "bytes per subject",
    "look up and decode",
    "open and verify",
    "process to ready",
    "gateway's own memory",
)


class Place(NamedTuple):
    """Whom it is for."""

    name: str
    people: float
    entities: float


PLACES = (Place("province", 60e6, 6e6), Place("country", 1.4e9, 180e6))


class Measured(NamedTuple):
    """What the arithmetic starts from. `rate` is of one worker on one core, over gRPC, with durable records."""

    size: Size
    record_bytes: float
    rate: float

    @property
    def bytes_per_subject(self) -> float:
        """In the data file."""
        return self.size.data_bytes / self.size.subjects

    @property
    def hash_bytes_per_s(self) -> float:
        """At which a snapshot is verified when it is opened."""
        return self.size.data_bytes / self.size.open_s


def measured(growth: Growth, latest: Results) -> Measured | None:
    """The figures, from the largest size; None where the rate was not measured."""
    row = latest.row("grpc-64")
    return None if row is None else Measured(growth.sizes[-1], growth.log_bytes_per_record, row.ours)


def sizes_table(growth: Growth) -> str:
    """All that was measured at each size, as Markdown."""
    lines = [
        f"`make bench-growth`, {growth.taken_at[:10]}: {growth.machine}.\n",
        f"| {' | '.join(_COLUMNS)} |",
        "|---" * len(_COLUMNS) + "|",
    ]
    for size in growth.sizes:
        cells = (
            f"{size.subjects:,}",
            f"{size.records:,}",
            number(size.compile_per_s),
            f"{number(size.compile_s)} s",
            f"{size.compile_peak_mb:,.0f} MB",
            _bytes(size.data_bytes),
            f"{size.data_bytes / size.subjects:,.0f}",
            f"{number(size.lookup_us)} us",
            f"{number(size.open_s)} s",
            f"{number(size.ready_s)} s",
            f"{size.ready_own_mb:,.0f} MB",
        )
        lines.append(f"| {' | '.join(cells)} |")
    lines.append(
        f"\nOne lookup in the log: {growth.log_bytes_per_record:,.0f} bytes on disk, of which the leaf has "
        f"{growth.leaf_bytes:,.0f} and the answer stored for a retry {growth.answer_bytes:,.0f} (1 % listed)."
    )
    return "\n".join(lines) + "\n"


def places_table(found: Measured) -> str:
    """The arithmetic for each place, line by line, as Markdown."""
    columns = [_lines(place, found) for place in PLACES]
    head = ("what", "how", *(f"{place.name}" for place in PLACES))
    out = [f"| {' | '.join(head)} |", "|---|---|" + "---|" * len(PLACES)]
    for what, how in _HOW.items():
        out.append(f"| {what} | {how.format(**_words(found))} | {' | '.join(each[what] for each in columns)} |")
    return "\n".join(out) + "\n"


_HOW = {
    "subjects": "entities + {listed:.0%} of the people",
    "data file": "subjects x {bytes_per_subject:,.0f} bytes",
    "snapshots on disk": "data file x {kept} retained",
    "compile": "1.1 records per subject / {compile_per_s} records/s, all cores",
    "open and verify": "data file / {hash_rate}/s",
    "publish, whole file, to one node": "one data file a day",
    "publish, changes only, to one node": "subjects x {changed:.1%} x {bytes_per_subject:,.0f} bytes",
    "lookups a working day": "people x {per_head}",
    "lookups in the busiest second": "a day's x {peak:.0%} / 3600",
    "cores that answer": "busiest second / ({rate}/s x {used:.0%}), at least 2",
    "log a working day": "lookups x {record:,.0f} bytes",
    "log a year": "a day's x {days}",
}


def _words(found: Measured) -> dict[str, object]:
    return {
        "listed": LISTED_PEOPLE,
        "bytes_per_subject": found.bytes_per_subject,
        "kept": KEPT,
        "compile_per_s": number(found.size.compile_per_s),
        "hash_rate": _bytes(found.hash_bytes_per_s),
        "changed": CHANGED_DAILY,
        "per_head": LOOKUPS_PER_HEAD,
        "peak": PEAK_SHARE,
        "rate": number(found.rate),
        "used": USED,
        "record": found.record_bytes,
        "days": WORKING_DAYS,
    }


def _lines(place: Place, found: Measured) -> dict[str, str]:
    subjects = place.entities + place.people * LISTED_PEOPLE
    data = subjects * found.bytes_per_subject
    records = subjects * found.size.records / found.size.subjects
    day = place.people * LOOKUPS_PER_HEAD
    peak = day * PEAK_SHARE / 3600
    return {
        "subjects": f"{subjects:,.0f}",
        "data file": _bytes(data),
        "snapshots on disk": _bytes(data * KEPT),
        "compile": _time(records / found.size.compile_per_s),
        "open and verify": _time(data / found.hash_bytes_per_s),
        "publish, whole file, to one node": f"{_bytes(data)} a day",
        "publish, changes only, to one node": f"{_bytes(data * CHANGED_DAILY)} a day",
        "lookups a working day": f"{day:,.0f}",
        "lookups in the busiest second": f"{peak:,.0f}",
        "cores that answer": f"{max(2, -int(-peak // (found.rate * USED))):,}",
        "log a working day": _bytes(day * found.record_bytes),
        "log a year": _bytes(day * found.record_bytes * WORKING_DAYS),
    }


def _bytes(value: float) -> str:
    for unit, name in ((_TB, "TB"), (_GB, "GB")):
        if value >= unit:
            return f"{value / unit:,.1f} {name}"
    return f"{value / _MB:,.0f} MB"


def _time(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:,.1f} s"
    return f"{seconds / 60:,.0f} min" if seconds < 7200 else f"{seconds / 3600:,.1f} h"
