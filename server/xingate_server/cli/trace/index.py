"""`xingate trace index`: what searches look at first, made again from the leaves."""

from pathlib import Path

import click

from xingate_server.cli.output.common import CommandError, counted
from xingate_server.cli.trace.logs import EXIT_DAMAGED, nodes_option, open_logs, progress, states_option
from xingate_server.trace.audit.search import rows_of
from xingate_server.trace.leaf.terms import CHUNK, blocks_of
from xingate_server.trace.port import TraceLog


@click.command("index", short_help="Make what searches look at first again, from the leaves.")
@states_option
@nodes_option
def index_command(*, states: tuple[Path, ...], nodes: tuple[Path, ...]) -> int:
    """Make what `list` and `recipients` look at first again, from the leaves themselves.

    A gateway writes it as it goes. Records of older releases have none, and so have those of a restored log: they are
    found all the same, by reading each leaf, which takes some 15 seconds a million. This may run beside the gateway.

    Exit codes: 0 made, 1 made but for damaged leaves, which are named, 2 usage, 3 no log, or it cannot be written.
    """
    damaged: list[str] = []
    with open_logs(states, nodes) as logs:
        for each in logs:
            damaged += [f"{each.where}: {what}" for what in _make(each.log, each.where)]
            click.echo(f"{each.where}: {counted(each.log.size(), 'leaf', 'leaves')}")
    for what in damaged:
        click.echo(f"xingate: not read: {what}", err=True)
    return EXIT_DAMAGED if damaged else 0


def _make(log: TraceLog, where: str) -> list[str]:
    """All of it, chunk by chunk; what is wrong with leaves that cannot be read. Raises TraceError, CommandError."""
    damaged: list[str] = []
    size = log.size()
    with progress(f"indexing {where}", size) as tell:
        for start in range(0, size, CHUNK):
            rows, faults = rows_of(log, start, min(start + CHUNK, size))
            if not log.replace_terms(start // CHUNK, blocks_of(rows)):
                raise CommandError(f"{where}: what searches look at first cannot be written there")
            damaged += faults
            tell(start)
    return damaged
