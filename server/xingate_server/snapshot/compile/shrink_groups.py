"""The groups of a list that may vanish while the whole hardly shrinks: a region, an authority, a file.

A group of a list type that had at least five rows and has none, or at least twenty and lost more than half, is lost.
Rows that are there as ended count, and rows past their last day are not missed. So that the manifest stays small, last
days are stored by the day for five weeks, then by the month. Source: DESIGN section 5 (guards).
"""

from calendar import monthrange
from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from xingate_server.snapshot.compile.counts import GroupKey
from xingate_server.snapshot.manifest import Groups

LEAST_GONE, LEAST_HALVED = 5, 20
_BY_THE_DAY = timedelta(days=35)
_PAST = date.min.isoformat()


def grouped(counts: Mapping[GroupKey, int], before: Groups, today: date) -> Groups:
    """The counts as the manifest has them, in a fixed order. Groups too small to be judged next time are left out, but
    for those that are compared with the ones of `before`. `today` is the day of the compile."""
    groups: Groups = {}
    for (list_type, dimension, name, until), n in sorted(counts.items()):
        if not n:
            continue
        names = groups.setdefault(list_type, {}).setdefault(dimension, {})
        days = names.setdefault(name, {})
        day = last_day_stored(until, today)
        days[day] = days.get(day, 0) + n
    for list_type, dimensions in groups.items():
        for dimension, names in dimensions.items():
            had = before.get(list_type, {}).get(dimension, {})
            dimensions[dimension] = {
                name: days
                for name, days in names.items()
                if not dimension or sum(days.values()) >= LEAST_GONE or name in had
            }
    return groups


def last_day_stored(until: str, today: date) -> str:
    """The day under which a last day of validity (YYYY-MM-DD, "" for none) is counted: one day for all that are past,
    the day itself for five weeks, then the last of its month."""
    if not until:
        return until
    day = date.fromisoformat(until)
    if day < today:
        return _PAST
    if day - today <= _BY_THE_DAY:
        return until
    return day.replace(day=monthrange(day.year, day.month)[1]).isoformat()


def losses(before: Groups, now: Groups, today: date) -> Iterator[str]:
    """The groups that are lost, a line each; none if the older manifest has no groups."""
    for list_type, dimensions in before.items():
        for dimension, names in dimensions.items():
            for name, days in names.items():
                if not dimension:
                    continue
                days_now = now.get(list_type, {}).get(dimension, {}).get(name, {})
                had = sum(days.values()) - past(days, today)
                has = sum(days_now.values()) - min(past(days, today), past(days_now, today))
                if (had >= LEAST_GONE and not has) or (had >= LEAST_HALVED and has * 2 < had):
                    yield f"{list_type}, {dimension} `{name}`: from {had} to {has} rows"


def past(days: Mapping[str, int], today: date) -> int:
    """How many of the rows counted by their last days are past it. They neither are missed when they go, nor stand for
    those that are missed when they stay."""
    return sum(n for until, n in days.items() if until and until < today.isoformat())
