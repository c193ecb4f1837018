"""A snapshot's data about its sources, and the guards against lists that cannot be read, shrink or vanish.

A list type that had entries and has none now is *vanished* and stays so, from sequence to sequence, until it has
entries again or the shrink is accepted; a source that is no longer configured stays listed as not loaded. The parts of
a list are compared in `snapshot.compile.shrink_groups`. Source: DESIGN sections 4 (gaps), 5 (guards) and 6.
"""

from datetime import date

from xingate_server.core.admission.result import UNREADABLE
from xingate_server.snapshot.compile.counts import SourceTally, Tally
from xingate_server.snapshot.compile.shrink_groups import grouped, losses, past
from xingate_server.snapshot.errors import RowsTooFewError, RowsUnreadableError, ShrinkError
from xingate_server.snapshot.manifest import Manifest, SourceCount
from xingate_server.snapshot.request import AbsentPlan, CompilePlan, SourcePlan

LEAST_UNREADABLE = 5
_UNCHANGED = "the current snapshot is unchanged"


def source_counts(tally: Tally, plan: CompilePlan, previous: Manifest | None, today: date) -> tuple[SourceCount, ...]:
    """All sources by kind: those given, those required and absent, and those that the previous sequence knew."""
    counts = {s.plan.kind: _given(s, plan, previous, today) for s in tally.sources}
    for absent in plan.absent:
        counts.setdefault(absent.kind, _absent(absent, plan, previous))
    for before in previous.sources if previous else ():
        if before.kind not in counts and before.kind not in plan.accept_shrink:
            counts[before.kind] = _carried(before)
    return tuple(counts[kind] for kind in sorted(counts))


def check_guards(counts: tuple[SourceCount, ...], plan: CompilePlan, previous: Manifest | None, today: date) -> None:
    """Raise for every source that cannot be relied on: `RowsTooFewError`, `RowsUnreadableError`, `ShrinkError`."""
    given = {source.kind: source for source in plan.sources}
    found = [(count, given[count.kind]) for count in counts if count.kind in given]
    few = [
        f"`{count.kind}` has {count.rows} row{'s' * (count.rows != 1)}; at least {source.least_rows} are expected"
        for count, source in found
        if count.rows < source.least_rows and count.kind not in plan.accept_shrink
    ]
    if few:
        raise RowsTooFewError(f"{'; '.join(few)}; {_UNCHANGED}, use --accept-shrink KIND if this is meant")
    unread = [
        f"`{count.kind}`: {count.unreadable} of {count.rows} rows could not be read ({_worst(count)}); "
        f"at most {source.refused_most:.0%} are expected"
        for count, source in found
        if is_unreadable(count, source) and count.kind not in plan.accept_refusals
    ]
    if unread:
        raise RowsUnreadableError(
            f"{'; '.join(unread)}; {_UNCHANGED}: {_missing_layer(found)}--refusals FILE.xlsx shows the rows, "
            "use --accept-refusals KIND if it is meant"
        )
    shrunk = [
        line
        for count, source in found
        if count.kind not in plan.accept_shrink and previous is not None
        for line in shrinks(count, previous.source(count.kind), source.shrink_threshold, today)
    ]
    if shrunk:
        raise ShrinkError(
            f"{'; '.join(shrunk)}: more than is allowed; {_UNCHANGED}, use --accept-shrink KIND if this is meant"
        )


def _missing_layer(found: list[tuple[SourceCount, SourcePlan]]) -> str:
    """What may be the cause of list types that are not known."""
    if not any("list_type_unknown" in count.refused for count, _ in found):
        return ""
    return "a layer of the catalogue may be missing (foreign lists need --catalogue international); "


def is_unreadable(count: SourceCount, source: SourcePlan) -> bool:
    """Whether more rows than the source allows, and at least five, are unreadable, or all of them."""
    if not count.unreadable:
        return False
    is_most = count.unreadable > source.refused_most * count.rows and count.unreadable >= LEAST_UNREADABLE
    return is_most or count.unreadable == count.rows


def shrinks(now: SourceCount, before: SourceCount | None, threshold: float, today: date) -> list[str]:
    """What a source lost against the previous sequence, a line each: of the whole more than `threshold`, or most of a
    region, authority or file."""
    if before is None:
        return []
    lines = []
    had = before.baseline - expired(before, today)
    has = now.baseline - min(expired(before, today), expired(now, today))
    if has < had * (1 - threshold):
        lines.append(f"`{now.kind}` went from {had} admitted rows to {has}")
    return lines + [f"`{now.kind}`, {line}" for line in losses(before.groups, now.groups, today)]


def expired(count: SourceCount, today: date) -> int:
    """How many of a source's rows were past their last day before today, so that nobody misses them."""
    return past(count.groups.get("", {}).get("", {}).get("", {}), today)


def _worst(count: SourceCount) -> str:
    unreadable = [(reason, n) for reason, n in count.refused.items() if reason in UNREADABLE]
    return ", ".join(f"{reason} {n}" for reason, n in sorted(unreadable, key=lambda pair: -pair[1])[:3])


def _given(source: SourceTally, plan: CompilePlan, previous: Manifest | None, today: date) -> SourceCount:
    given = source.plan
    before = previous.source(given.kind) if previous else None
    list_types = {name: n for name, n in sorted(source.list_types.items()) if n > 0}
    gone = [] if before is None or given.kind in plan.accept_shrink else _had(before)
    return SourceCount(
        kind=given.kind,
        provides=given.provides,
        is_required=given.is_required,
        is_register=given.is_register,
        files=tuple(file.count() for file in source.files),
        rows=source.rows,
        admitted=source.admitted,
        baseline=source.admitted + source.elsewhere,
        refused_by_rule=source.refused_by_rule,
        unreadable=source.unreadable,
        refused=source.refused,
        flags=source.flags,
        list_types=list_types,
        data_as_of=given.data_as_of,
        coverage_from=given.coverage_from,
        coverage_to=given.coverage_to,
        max_age_days=given.max_age_days,
        vanished=tuple(name for name in gone if name not in list_types),
        passed_over=dict(sorted(source.passed_over.items())),
        notes=tuple(source.notes),
        groups=grouped(source.groups, before.groups if before else {}, today),
    )


def _absent(absent: AbsentPlan, plan: CompilePlan, previous: Manifest | None) -> SourceCount:
    before = previous.source(absent.kind) if previous else None
    is_known = before is not None and absent.kind not in plan.accept_shrink
    return SourceCount(
        kind=absent.kind,
        provides=absent.provides,
        is_required=True,
        is_loaded=False,
        is_register=absent.is_register,
        baseline=before.baseline if before and is_known else 0,
        groups=before.groups if before and is_known else {},
        max_age_days=absent.max_age_days,
        vanished=tuple(_had(before)) if before and is_known else (),
    )


def _carried(before: SourceCount) -> SourceCount:
    return SourceCount(
        kind=before.kind,
        provides=before.provides,
        is_loaded=False,
        is_register=before.is_register,
        baseline=before.baseline,
        groups=before.groups,
        max_age_days=before.max_age_days,
        vanished=tuple(_had(before)),
    )


def _had(before: SourceCount) -> list[str]:
    return sorted({*before.list_types, *before.vanished})
