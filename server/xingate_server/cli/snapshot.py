"""`xingate snapshot use`: an officer's way back to a retained snapshot (DESIGN section 6).

Exit codes: 0 done; 2 usage; 3 the snapshot or the log cannot be used.
"""

from pathlib import Path

import click

from xingate_server.cli._common import CommandError, json_option, print_object, read_settings, state_option
from xingate_server.snapshot.errors import SnapshotError
from xingate_server.trace.log import TraceError
from xingate_server.wiring.snapshot_in_use import use_snapshot


@click.group("snapshot")
def snapshot() -> None:
    """Put a retained snapshot into use."""


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
    except (SnapshotError, TraceError) as error:
        raise CommandError(str(error)) from error
    if as_json:
        document = {"before": used.before, "after": used.after, "recordId": used.record_id}
        print_object(document | ({"dryRun": True} if dry_run else {}))
        return
    if used.before == sequence and not dry_run:
        click.echo(f"snapshot {sequence} is in use, as it was before; record {used.record_id}")
        return
    was = f"snapshot {used.before}" if used.before else "no snapshot"
    if dry_run:
        click.echo(f"snapshot {sequence} can be used; {was} was in use last, and nothing was moved")
    else:
        click.echo(f"snapshot {sequence} is in use instead of {was}; record {used.record_id}")
