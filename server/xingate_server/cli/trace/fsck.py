"""`xingate trace fsck`: the log of a state directory, derived again from its leaves."""

from pathlib import Path
from time import perf_counter

import click

from xingate_server.cli.output.common import (
    CommandError,
    counted,
    json_option,
    print_object,
    read_settings,
    state_option,
)
from xingate_server.cli.trace.logs import progress
from xingate_server.trace.audit.fsck import Report, fsck
from xingate_server.trace.audit.fsck_chunk import Rows, SqliteRows
from xingate_server.trace.port import StoreUnusableError
from xingate_server.trace.sqlite.store import FILE
from xingate_server.trace.tree.signing import public_key

EXIT_DAMAGED = 1


@click.command("fsck")
@click.option(
    "--quick", is_flag=True, help="Leave out the store's own check: SQLite's pages and indexes, PostgreSQL's keys."
)
@click.option("--processes", type=click.IntRange(1, 64), default=None, metavar="N", help="Default: one per processor.")
@state_option
@json_option
def fsck_command(*, quick: bool, processes: int | None, state: Path, as_json: bool) -> int:
    """Check the whole log: every leaf, the tree over them, every signed checkpoint.

    Derives everything again from the leaves and names the first one that is wrong. The gateway may be running; nothing
    is written.

    Exit codes: 0 nothing is wrong, 1 something is, 2 usage, 3 there is no log or it cannot be read.
    """
    directory = state / "trace"
    source = _source(state, directory)
    key = public_key(state)
    started = perf_counter()
    try:
        with progress("checking", source.size()) as tell:
            report = fsck(source, directory, key=key, processes=processes, is_deep=not quick, on_progress=tell)
    except StoreUnusableError as error:
        raise CommandError(str(error)) from error
    except Exception as error:
        raise CommandError(f"the log in `{directory}` cannot be read: {error}") from error
    seconds = perf_counter() - started
    if as_json:
        print_object(_object(report, seconds, is_signed=bool(key)))
    else:
        _print(report, seconds, key)
    return 0 if report.is_clean else EXIT_DAMAGED


def _source(state: Path, directory: Path) -> Rows:
    trace = read_settings(state=state).trace
    if trace.store == "postgres":
        try:
            from xingate_server.trace.postgres.raw_rows import PostgresRows
        except ModuleNotFoundError as error:
            raise CommandError(f"the store `postgres` needs `{error.name}`: install `xingate[postgres]`") from error
        return PostgresRows(trace.dsn.get_secret_value())
    if not (directory / FILE).is_file():
        raise CommandError(f"there is no log in `{state}`: expected `{directory / FILE}`")
    return SqliteRows(directory / FILE)


def _print(report: Report, seconds: float, key: str) -> None:
    for fault in report.faults:
        click.echo(fault.what)
    signatures = "" if key else "; no key in keys/trace.pub, so signatures were not looked at"
    if report.is_clean:
        click.echo(
            f"{counted(report.leaves, 'leaf', 'leaves')} and {counted(report.checkpoints, 'checkpoint')} are as they "
            "were recorded "
            f"({seconds:.1f} s{signatures}); root {report.root.hex()}"
        )
        if report.leaves and not report.checkpoints:
            click.echo("no checkpoint is stored here: it is unknown whether the end of the log is missing")
    elif report.first_bad is None:
        click.echo(f"every leaf is as it was recorded, but not everything about them ({seconds:.1f} s{signatures})")
    else:
        click.echo(f"the first wrong leaf is {report.first_bad} ({seconds:.1f} s{signatures})")


def _object(report: Report, seconds: float, *, is_signed: bool) -> dict[str, object]:
    return {
        "clean": report.is_clean,
        "leaves": report.leaves,
        "checkpoints": report.checkpoints,
        "signaturesChecked": is_signed,
        "root": report.root.hex(),
        "firstBad": report.first_bad,
        "faults": [{"leafIndex": fault.index, "what": fault.what} for fault in report.faults],
        "seconds": round(seconds, 3),
    }
