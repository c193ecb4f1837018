"""`xingate trace verify-all`: what a program's spool kept, against the log as it is now."""

from pathlib import Path

import click

import xingate
from xingate.errors import CheckpointError
from xingate.spool import Spool, SpoolReport
from xingate_server.cli.output.common import (
    AskedWronglyError,
    CommandError,
    json_option,
    print_object,
    report_errors,
    state_option,
    target_option,
)
from xingate_server.cli.trace.logs import progress, require_log
from xingate_server.cli.trace.receipt import EXIT_NOT_PROVEN, read_key


@click.command("verify-all", short_help="Check every answer that a program stored against the log.")
@click.option(
    "--spool",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    required=True,
    metavar="DIR",
    help="The folder that the program gave to `xingate.connect(..., spool=DIR)`.",
)
@click.option(
    "--key",
    default="",
    metavar="PUB",
    help="The log's public key: its file (trace.pub) or its text; default: the one pinned in the spool.",
)
@target_option
@state_option
@json_option
@report_errors
def verify_all_command(*, spool: Path, key: str, target: str, state: Path, as_json: bool) -> int:
    """Show that the log still holds every answer that a program kept, and that it only grew since last time.

    Receipts that the spool lacks are fetched, verified and kept. Names each answer that does not hold, with the first
    thing that is wrong. Without --key the key that is trusted at first use is shown: compare it with the published one.

    Exit codes: 0 everything holds, 1 something does not, or the log is signed by another key, 2 usage, 3 the gateway
    cannot be asked, or the spool cannot be written.
    """
    if not (spool / "answers").is_dir():
        raise AskedWronglyError(f"`{spool}` is not a spool: expected the folder given to `connect(..., spool=DIR)`")
    trusted = str(read_key(key)) if key else ""
    if not target:
        require_log(state)
    try:
        report = _verify(target or f"embedded:{state}", spool, trusted)
    except CheckpointError as error:
        if as_json:
            print_object({"proven": False, "problem": error.message, "reason": error.reason})
        else:
            click.echo(f"日志不可信 the log does not hold: {error.message}")
        return EXIT_NOT_PROVEN
    except OSError as error:
        raise CommandError(f"the spool `{spool}` cannot be used: {error.strerror or error}") from error
    if as_json:
        print_object(_object(report))
    else:
        click.echo(str(report))
    return 0 if report.is_proven else EXIT_NOT_PROVEN


def _verify(url: str, spool: Path, key: str) -> SpoolReport:
    kept = Spool(spool)
    try:
        client = xingate.connect(url, spool=kept)
    except ValueError as error:
        raise AskedWronglyError(str(error)) from error
    with client, progress("verifying", sum(1 for _ in kept.answers())) as tell:
        return client.verify_all(key, on_progress=lambda done, _: tell(done))


def _object(report: SpoolReport) -> dict[str, object]:
    return {
        "proven": report.is_proven,
        "logOrigin": report.origin,
        "verifierKey": report.verifier_key,
        "isNewKey": report.is_new_key,
        "size": report.size,
        "earlierSize": report.earlier_size,
        "problem": report.problem,
        "records": len(report.records),
        "wrong": [
            {"recordId": one.record_id, "leafIndex": one.leaf_index, "check": one.check, "message": one.message}
            for one in report.wrong
        ],
    }
