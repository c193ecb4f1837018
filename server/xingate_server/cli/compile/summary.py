"""What `xingate compile` prints: a table for people, a document for programs."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from xingate_server.cli.compile.changes import comparison_document, show_comparison
from xingate_server.cli.output.common import counted
from xingate_server.snapshot.manifest import SourceCount
from xingate_server.snapshot.request import Compiled

_UNUSABLE = frozenset({"identifier_malformed", "identifier_checksum", "identifier_rounded", "identifier_filler"})


def compiled_document(compiled: Compiled, *, is_dry_run: bool) -> dict[str, Any]:
    """What a compile made, for `--json`."""
    manifest = compiled.manifest
    document: dict[str, Any] = {
        "sequence": manifest.sequence,
        "path": str(compiled.path),
        "sources": [
            {
                "kind": kind,
                "path": file.path,
                "rows": file.rows,
                "admitted": file.admitted,
                "refused": file.refused,
                "refusedByRule": file.refused_by_rule,
                "unreadable": file.unreadable,
            }
            for kind, file in compiled.file_counts()
        ],
        "notes": {s.kind: s.notes for s in manifest.sources if s.notes},
        "passedOver": {s.kind: s.passed_over for s in manifest.sources if s.passed_over},
        "subjects": manifest.subjects,
        "entries": manifest.entries,
    }
    if compiled.manifest.corrections:
        document["fix"] = {
            "applied": compiled.corrected.applied,
            "changedSince": compiled.corrected.changed_since,
            "masked": compiled.corrected.masked,
            "notFound": compiled.corrected.not_found,
        }
    if is_dry_run:
        document["dryRun"] = True
        document["changes"] = _changes(compiled)
        if compiled.comparison is not None:
            document["comparison"] = comparison_document(compiled.comparison)
    return document


def _changes(compiled: Compiled) -> dict[str, dict[str, list[int]]]:
    """Counts before and after, where they differ."""
    before, after = compiled.previous, compiled.manifest
    had = {s.kind: s.admitted for s in before.sources} if before else {}
    has = {s.kind: s.admitted for s in after.sources}
    return {
        "sources": _difference(had, has),
        "listTypes": _difference(dict(before.list_types) if before else {}, dict(after.list_types)),
    }


def _difference(had: dict[str, int], has: dict[str, int]) -> dict[str, list[int]]:
    pairs = {name: [had.get(name, 0), has.get(name, 0)] for name in sorted({*had, *has})}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def show_compiled(compiled: Compiled, out: Console, *, is_dry_run: bool, every: Path | None = None) -> None:
    """Print what a compile made, file by file, and what an operator should know of each source. `every` is the file
    that has all subjects whose answers would change."""
    table = Table("source", "file", "rows", "admitted", "by rule", "unreadable", "refused and flagged")
    for column in table.columns[2:6]:
        column.justify = "right"
    for kind, file in compiled.file_counts():
        reasons = [f"{reason} {count:,}" for reason, count in file.refused.items()]
        flags = [f"[dim]{flag} {count:,}[/dim]" for flag, count in file.flags.items()]
        numbers = [f"{n:,}" for n in (file.rows, file.admitted, file.refused_by_rule, file.unreadable)]
        table.add_row(kind, escape(Path(file.path).name), *numbers, "\n".join(reasons + flags))
    out.print(table)
    manifest = compiled.manifest
    if manifest.corrections:
        for line in compiled.corrected.lines():
            out.print(escape(line), soft_wrap=True)
    for source in manifest.sources:
        for line in _of_source(source):
            out.print(escape(line), soft_wrap=True)
    counts = f"{counted(manifest.subjects, 'subject')}, {counted(manifest.entries, 'entry', 'entries')}"
    if is_dry_run:
        out.print(f"dry run: snapshot {manifest.sequence} would hold {counts}; nothing was changed")
        for what, differences in _changes(compiled).items():
            for name, (had, has) in differences.items():
                out.print(f"  {what} {name}: {had:,} -> {has:,}")
        if compiled.comparison is not None:
            show_comparison(compiled.comparison, out, every)
    else:
        out.print(f"snapshot {manifest.sequence}: {counts}, in {escape(str(compiled.path))}", soft_wrap=True)


def _of_source(source: SourceCount) -> Iterator[str]:
    if not source.is_loaded:
        yield f"source {source.kind} is not loaded: actions that depend on it cannot be told"
    if source.unreadable:
        then = "" if source.is_register else "; a check about their subjects reports row_unreadable"
        yield f"source {source.kind}: {counted(source.unreadable, 'row')} could not be read{then}"
    unusable = {reason: n for reason, n in source.refused.items() if reason in _UNUSABLE}
    if unusable and not source.is_register:
        reasons = ", ".join(f"{reason} {n:,}" for reason, n in unusable.items())
        yield (
            f"source {source.kind}: numbers that cannot be used ({reasons}); a subject without another one is found by "
            "its name alone"
        )
    if source.passed_over:
        passed = ", ".join(f"{what} {count:,}" for what, count in source.passed_over.items())
        yield f"source {source.kind} also has what is not a row of the list: {passed}"
    if source.vanished:
        yield f"source {source.kind} no longer lists {', '.join(source.vanished)}"
    yield from (f"source {source.kind}: {note}" for note in source.notes)
