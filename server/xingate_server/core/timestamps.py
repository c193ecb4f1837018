"""Times as records write them, and the day in Asia/Shanghai that a time falls on: the one place for both.

Excluded: days as lists write them (`core.days`), working days (`core.calendar`). Source: RFC 3339; DESIGN section 2.
"""

import re
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Final

SHANGHAI: Final = timezone(timedelta(hours=8))  # no summer time since 1991
"""The zone of every date in questions, answers and reports."""
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def written(moment: datetime) -> str:
    """An aware time in UTC with microseconds, as leaves have it: `2026-12-01T08:00:00.000000Z`."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def shanghai_day(moment: datetime) -> date:
    """The day in Asia/Shanghai that an aware time falls on."""
    return moment.astimezone(SHANGHAI).date()


def read_day(text: str) -> date | None:
    """The day of `YYYY-MM-DD`, and of nothing else that Python would take; None if it is not one."""
    if _DAY.fullmatch(text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            pass
    return None
