"""What a snapshot knows of its sources, for operators: which do not answer for today, and figures for each.

The same rule as for the gaps of answers (`core.decide.gaps`). Ages count from the end of the day that a source's data
are of, in Asia/Shanghai: a source is as old as its maximum age at the very moment from which it is stale. Source:
DESIGN section 4.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from xingate_server.core.decide.decision import GapReason
from xingate_server.core.decide.gaps import source_fault
from xingate_server.core.timestamps import SHANGHAI, shanghai_day
from xingate_server.snapshot.manifest import SourceCount
from xingate_server.transport.metrics import SourceFigures

_DAY_S: Final = 86_400


def today() -> date:
    """The day in Asia/Shanghai."""
    return shanghai_day(datetime.now(UTC))


def faults_of(sources: Iterable[SourceCount], day: date) -> dict[str, list[dict[str, Any]]]:
    """The sources that are `stale` or `missing` (also where they do not cover the day), and those of which rows are
    `unreadable`, each with what an operator asks next."""
    faults: dict[str, list[dict[str, Any]]] = {"stale": [], "missing": [], "unreadable": []}
    for source in sources:
        fault = source_fault(source.state(), day)
        data_as_of = source.data_as_of.isoformat() if source.data_as_of else ""
        if fault is GapReason.SOURCE_STALE:
            faults["stale"].append({"kind": source.kind, "dataAsOf": data_as_of, "maxAgeDays": source.max_age_days})
        elif fault is not None:
            faults["missing"].append(
                {"kind": source.kind, "dataAsOf": data_as_of, "admitted": source.admitted, "vanished": source.vanished}
            )
        if source.unreadable:
            faults["unreadable"].append({"kind": source.kind, "rows": source.unreadable})
    return faults


def figures_of(sources: Iterable[SourceCount], created_at: str) -> list[SourceFigures]:
    """What the metrics tell of each source; `created_at` is RFC 3339."""
    compiled_s = datetime.fromisoformat(created_at).timestamp()
    return [
        SourceFigures(
            source=source.kind,
            rows=source.rows if source.is_loaded else 0,
            admitted=source.admitted if source.is_loaded else 0,
            unreadable=source.unreadable if source.is_loaded else 0,
            max_age_s=source.max_age_days * _DAY_S,
            data_end_s=_end_s(source.data_as_of) if source.data_as_of else None,
            compiled_s=compiled_s if source.is_loaded else None,
        )
        for source in sources
    ]


def _end_s(day: date) -> float:
    """When a day of Asia/Shanghai ends, in seconds since 1970."""
    return datetime.combine(day + timedelta(days=1), time(), SHANGHAI).astimezone(UTC).timestamp()
