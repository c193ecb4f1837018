"""`xingate snapshot`: which snapshots are kept, and an officer's way back to one of them (DESIGN section 6).

Exit codes: 0 done; 2 usage; 3 the snapshot or the log cannot be used.
"""

from pathlib import Path

import click
from rich.markup import escape
from rich.table import Table

from xingate_server.cli.output.common import (
    CommandError,
    console,
    json_option,
    print_object,
    read_settings,
    state_option,
)
from xingate_server.cli.output.rows import shown_time
from xingate_server.snapshot.errors import NotRetainedError, SnapshotError
from xingate_server.trace.port import TraceError
from xingate_server.wiring.snapshot_in_use import (
    Retained,
    Used,
    current_sequence,
    last_and_highest,
    retained,
    use_snapshot,
)


@click.group("snapshot")
def snapshot() -> None:
    """List the retained snapshots, and put one of them into use."""


@snapshot.command("use")
@click.argument("sequence", type=click.IntRange(1))
@click.option("--reason", required=True, metavar="WHY", help="Why; it is on record.")
@click.option("--officer", required=True, metavar="WHO", help="The officer who decides it; on record, too.")
@click.option("--dry-run", is_flag=True, help="Check the snapshot and say what would change; record and move nothing.")
@state_option
@json_option
def use_command(sequence: int, reason: str, officer: str, state: Path, *, dry_run: bool, as_json: bool) -> None:
    """Put the retained snapshot SEQUENCE into use, also an older one.

    A gateway refuses to start over a snapshot that is older than the one that was in use, and keeps the one that it has
    while it runs. This is the way back: the act is put on record first, and running gateways take the snapshot at their
    next look. The next compile is above the highest sequence that was ever in use.
    """
    for option, text in (("--reason", reason), ("--officer", officer)):
        if not text.strip():
            raise click.UsageError(f"{option} is blank: it goes on record")
    try:
        used = use_snapshot(read_settings(state=state), sequence, reason, officer, is_dry_run=dry_run)
    except NotRetainedError as error:
        raise CommandError(f"sequence_unknown: {error}") from error
    except (SnapshotError, TraceError) as error:
        raise CommandError(str(error)) from error
    if as_json:
        document = {"before": used.before, "after": used.after, "recordId": used.record_id}
        print_object(document | ({"dryRun": True} if dry_run else {}))
        return
    click.echo(_told(used, is_dry_run=dry_run))


def _told(used: Used, *, is_dry_run: bool) -> str:
    """What was done. That a gateway has taken a snapshot is for the gateway to say: `current` only points to it."""
    if used.is_already:
        seen = "the log says that it is in use" if used.is_on_record else "no gateway has put it on record yet"
        return f"snapshot {used.after} is current already, and {seen}; nothing was recorded or moved"
    was = f"snapshot {used.before} was {'in use' if used.is_on_record else 'current'} last"
    was = was if used.before else "no snapshot was current before"
    if is_dry_run:
        return f"snapshot {used.after} can be used; {was}, and nothing was moved"
    return (
        f"snapshot {used.after} is current now, and gateways take it at their next look; {was}; record {used.record_id}"
    )


@snapshot.command("list")
@state_option
@json_option
def list_command(state: Path, *, as_json: bool) -> None:
    """List the snapshots that are kept, oldest first: any of them can be asked (`check --sequence`) and used again.

    `current` is what the next compile or a hand pointed to, `in use` what the log says was last put into use. A current
    one that is older than the one in use is refused (`snapshot_set_back`) until an officer allows it.
    """
    settings = read_settings(state=state)
    try:
        kept, current = retained(settings), current_sequence(settings)
        in_use, highest = last_and_highest(settings)
    except (SnapshotError, TraceError) as error:
        raise CommandError(str(error)) from error
    if as_json:
        snapshots = [_document(one, current=current, in_use=in_use) for one in kept]
        numbers = {"current": current or None, "inUse": in_use or None, "highestInUse": highest or None}
        print_object({**numbers, "snapshots": snapshots})
        return
    if not kept:
        click.echo(f"no snapshot is kept in `{state}`: run xingate compile")
        return
    table = Table("sequence", "made", "by", "catalogue", "posture", "subjects", "entries", "")
    for column in (table.columns[0], *table.columns[5:7]):
        column.justify = "right"
    table.columns[1].no_wrap = True
    for one in kept:
        marks = ["current"] * (one.sequence == current) + ["in use"] * (one.sequence == in_use)
        table.add_row(str(one.sequence), *_cells(one), escape(one.problem) or ", ".join(marks))
    console().print(table)
    if 0 < current < in_use:
        click.echo(f"snapshot_set_back: current is {current}, and {in_use} was in use")


def _cells(one: Retained) -> list[str]:
    if one.found is None:
        return [""] * 6
    manifest = one.found.manifest
    catalogue = manifest.catalogue
    counts = [f"{manifest.subjects:,}", f"{manifest.entries:,}"]
    return [
        shown_time(manifest.created_at),
        escape(manifest.compiled_by),
        escape(catalogue.name),
        catalogue.posture,
        *counts,
    ]


def _document(one: Retained, *, current: int, in_use: int) -> dict[str, object]:
    said: dict[str, object] = {
        "sequence": one.sequence,
        "isCurrent": one.sequence == current,
        "isInUse": one.sequence == in_use,
    }
    if one.found is None:
        return said | {"problem": one.problem}
    manifest = one.found.manifest
    return said | {
        "hash": one.found.hash,
        "createdAt": manifest.created_at,
        "nextUpdate": manifest.next_update,
        "compiledBy": manifest.compiled_by,
        "catalogue": manifest.catalogue.name,
        "posture": manifest.catalogue.posture,
        "subjects": manifest.subjects,
        "entries": manifest.entries,
    }
