"""What a snapshot says of its sources, and the guard against lists that shrink or vanish unnoticed.

A list type that had entries and has none now is *vanished* and stays so, from sequence to sequence, until it has
entries again or the shrink is accepted; a source that is no longer given is carried on as not loaded. Source:
DESIGN sections 4 (gaps) and 6.
"""

from xingate_server.snapshot.errors import ShrinkError
from xingate_server.snapshot.manifest import Manifest, SourceCount
from xingate_server.snapshot.plan import AbsentPlan, CompilePlan
from xingate_server.snapshot.tally import SourceTally, Tally


def source_counts(tally: Tally, plan: CompilePlan, previous: Manifest | None) -> tuple[SourceCount, ...]:
    """All sources by kind: those given, those required and absent, and those that the previous sequence knew."""
    counts = {s.plan.kind: _given(s, plan, previous) for s in tally.sources}
    for absent in plan.absent:
        counts.setdefault(absent.kind, _absent(absent, plan, previous))
    for before in previous.sources if previous else ():
        if before.kind not in counts and before.kind not in plan.accept_shrink:
            counts[before.kind] = _carried(before)
    return tuple(counts[kind] for kind in sorted(counts))


def check_shrink(counts: tuple[SourceCount, ...], plan: CompilePlan, previous: Manifest | None) -> None:
    """Raise `ShrinkError` naming every source that lost more than its threshold."""
    thresholds = {s.kind: s.shrink_threshold for s in plan.sources if s.kind not in plan.accept_shrink}
    shrunk = []
    for count in counts:
        before = previous.source(count.kind) if previous else None
        if before is None or count.kind not in thresholds:
            continue
        least = before.baseline * (1 - thresholds[count.kind])
        if count.baseline < least:
            shrunk.append(f"`{count.kind}` went from {before.baseline} admitted rows to {count.baseline}")
    if shrunk:
        raise ShrinkError(
            f"{'; '.join(shrunk)}: more than the source's threshold allows; "
            "the current snapshot is unchanged, use --accept-shrink KIND if this is meant"
        )


def _given(source: SourceTally, plan: CompilePlan, previous: Manifest | None) -> SourceCount:
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
        refused=source.refused,
        flags=source.flags,
        list_types=list_types,
        data_as_of=given.data_as_of,
        coverage_from=given.coverage_from,
        coverage_to=given.coverage_to,
        max_age_days=given.max_age_days,
        vanished=tuple(name for name in gone if name not in list_types),
        passed_over=dict(sorted(source.passed_over.items())),
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
        max_age_days=before.max_age_days,
        vanished=tuple(_had(before)),
    )


def _had(before: SourceCount) -> list[str]:
    return sorted({*before.list_types, *before.vanished})
