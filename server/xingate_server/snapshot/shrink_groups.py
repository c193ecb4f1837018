"""The groups of a list that may vanish while the whole hardly shrinks: a region, an authority, a file.

A group of a list type that had at least five rows and has none, or at least twenty and lost more than half, is lost.
Rows that are there as ended count, and rows past their last day are not missed. Source: DESIGN section 5 (guards).
"""

from collections.abc import Iterator, Mapping
from datetime import date

from xingate_server.snapshot.manifest import Groups
from xingate_server.snapshot.tally import GroupKey

LEAST_GONE, LEAST_HALVED = 5, 20


def grouped(counts: Mapping[GroupKey, int], before: Groups) -> Groups:
    """The counts as the manifest has them, in a fixed order. Groups too small to be judged next time are left out, but
    for those that are compared with the ones of `before`."""
    groups: Groups = {}
    for (list_type, dimension, name, until), n in sorted(counts.items()):
        names = groups.setdefault(list_type, {}).setdefault(dimension, {})
        names.setdefault(name, {})[until] = n
    for list_type, dimensions in groups.items():
        for dimension, names in dimensions.items():
            had = before.get(list_type, {}).get(dimension, {})
            dimensions[dimension] = {
                name: days
                for name, days in names.items()
                if not dimension or sum(days.values()) >= LEAST_GONE or name in had
            }
    return groups


def losses(before: Groups, now: Groups, today: date) -> Iterator[str]:
    """The groups that are lost, a line each; none where the older manifest has no groups."""
    for list_type, dimensions in before.items():
        for dimension, names in dimensions.items():
            for name, days in names.items():
                if not dimension:
                    continue
                had = sum(n for until, n in days.items() if not until or until >= today.isoformat())
                has = sum(now.get(list_type, {}).get(dimension, {}).get(name, {}).values())
                if (had >= LEAST_GONE and not has) or (had >= LEAST_HALVED and has * 2 < had):
                    yield f"{list_type}, {dimension} `{name}`: from {had} to {has} rows"
