"""What a compile changes apart from the lists themselves: the operator's acts that change answers.

They are in the manifest, computed once against the snapshot that was current, so that every process that takes the
snapshot into use puts the same acts on record (`gateway.records.operator_acts`). Without a previous snapshot there is
nothing to change. Source: DESIGN section 7.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from xingate_server.core.timestamps import shanghai_day
from xingate_server.snapshot.compile.guards import is_unreadable, shrinks
from xingate_server.snapshot.manifest import CalendarRef, Change, Manifest, SequenceRef, SourceCount
from xingate_server.snapshot.request import CompilePlan

_COVERAGE = (
    "is_required",
    "is_loaded",
    "data_as_of",
    "coverage_from",
    "coverage_to",
    "max_age_days",
    "provides",
    "vanished",
)


def with_changes(
    manifest: Manifest,
    plan: CompilePlan,
    previous: Manifest | None,
    reference: SequenceRef | None,
    retained: Sequence[int],
) -> Manifest:
    """`manifest` with who compiled it and what it changes. `retained` are the sequences there are before it."""
    after = sorted({*retained, manifest.sequence})
    removed = () if plan.is_dry_run else tuple(after[: -max(plan.keep, 1)])
    shrunk = _shrunk(manifest, plan, previous)
    unread = _unread(manifest, plan)
    manifest = msgspec.structs.replace(
        manifest,
        compiled_by=plan.compiled_by,
        previous=reference,
        accepted_shrinks=tuple(kind for kind, _, _ in shrunk),
        accepted_refusals=tuple(unread),
        accepted_schema=tuple(sorted(plan.accept_schema)),
        calendars=plan.calendars,
        corrections=plan.corrections,
        removed=removed,
    )
    accepted = [
        _change("refusals_accepted", {}, unread),
        _change("schema_accepted", [], list(manifest.accepted_schema)),
    ]
    if previous is None:
        return msgspec.structs.replace(manifest, changes=tuple(change for change in accepted if change is not None))
    changes = [
        *accepted,
        _change("shrink_accepted", {k: before for k, before, _ in shrunk}, {k: now for k, _, now in shrunk}),
        _change("coverage_changed", *_coverages(previous, manifest)),
        _change("posture_changed", previous.catalogue.posture, manifest.catalogue.posture),
        _change("catalogue_changed", _catalogue(previous), _catalogue(manifest)),
        _change("name_threshold_changed", previous.name_threshold, manifest.name_threshold),
        _change("calendar_changed", _calendars(previous.calendars), _calendars(manifest.calendars)),
    ]
    if removed:
        changes.append(_change("retention_run", after, [s for s in after if s not in removed]))
    return msgspec.structs.replace(manifest, changes=tuple(change for change in changes if change is not None))


def _change(kind: str, before: Any, after: Any) -> Change | None:
    if before == after:
        return None
    return Change(kind=kind, before=_json(before), after=_json(after))


def _json(value: Any) -> str:
    return msgspec.json.encode(value, order="deterministic").decode()


def _shrunk(
    manifest: Manifest, plan: CompilePlan, previous: Manifest | None
) -> list[tuple[str, dict[str, int], dict[str, int]]]:
    """The accepted kinds that lost rows, groups or whole list types: kind, and rows by list type before and after."""
    found = []
    today = shanghai_day(plan.created_at)
    for kind in sorted(plan.accept_shrink):
        before = previous.source(kind) if previous else None
        if before is None:
            continue
        now = manifest.source(kind)
        lost = {*before.list_types, *before.vanished} - set(now.list_types if now else ())
        if lost or now is None or now.baseline < before.baseline or shrinks(now, before, 0, today):
            found.append((kind, _rows(before), _rows(now) if now else {}))
    return found


def _unread(manifest: Manifest, plan: CompilePlan) -> dict[str, dict[str, int]]:
    """The accepted kinds with more unreadable rows than they allow."""
    found = {}
    for source in plan.sources:
        count = manifest.source(source.kind)
        if source.kind in plan.accept_refusals and count is not None and is_unreadable(count, source):
            found[source.kind] = {"rows": count.rows, "unreadable": count.unreadable}
    return dict(sorted(found.items()))


def _rows(source: SourceCount) -> dict[str, int]:
    return {"rows": source.baseline, **source.list_types}


def _coverages(previous: Manifest, manifest: Manifest) -> tuple[dict[str, Any], dict[str, Any]]:
    """The coverage of the sources where it differs."""
    had = {source.kind: _coverage(source) for source in previous.sources}
    has = {source.kind: _coverage(source) for source in manifest.sources}
    differing = [kind for kind in sorted({*had, *has}) if had.get(kind) != has.get(kind)]
    return {k: had[k] for k in differing if k in had}, {k: has[k] for k in differing if k in has}


def _coverage(source: SourceCount) -> dict[str, Any]:
    return {name: getattr(source, name) for name in _COVERAGE}


def _catalogue(manifest: Manifest) -> dict[str, str]:
    reference = manifest.catalogue
    return {"name": reference.name, "edition": reference.edition, "hash": reference.hash}


def _calendars(calendars: Sequence[CalendarRef]) -> list[str]:
    return sorted(f"{calendar.file} sha256:{calendar.sha256}" for calendar in calendars)
