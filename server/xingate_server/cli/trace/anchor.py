"""`xingate trace verify --anchor`: the log of a state directory against the checkpoints that another body holds."""

from collections.abc import Sequence
from pathlib import Path

import click

from xingate.checkpoint import VerifierKey
from xingate.errors import CheckpointError
from xingate_server.cli.output.common import AskedWronglyError, CommandError, counted, print_object
from xingate_server.cli.trace.logs import open_logs
from xingate_server.trace.anchor.folder import Compared, compare
from xingate_server.trace.tree.proofs import Tree
from xingate_server.trace.tree.tiles import FileTiles

EXIT_DIFFERENT = 1
EXIT_NOTHING = 3


def verify_anchor(anchor: Path, keys: Sequence[VerifierKey], state: Path, *, as_json: bool) -> int:
    """Compare and tell; the exit code: 0 the log begins with all of them, 1 it does not, 3 there are none."""
    tiles = FileTiles(state / "trace")
    try:
        with open_logs([state]) as ((_, log, _),):
            found = compare(anchor, log, Tree(log, tiles), keys)
            size = log.size()
    except CheckpointError as error:
        raise AskedWronglyError(error.message) from error
    except OSError as error:
        raise CommandError(f"the anchor `{anchor}` cannot be read: {error}") from error
    finally:
        tiles.close()
    _tell(found, size, as_json=as_json)
    if found.faults:
        return EXIT_DIFFERENT
    return 0 if found.checkpoints else EXIT_NOTHING


def _tell(found: Compared, size: int, *, as_json: bool) -> None:
    if as_json:
        told = {"checkpoints": found.checkpoints, "newest": found.newest, "size": size, "faults": found.faults}
        print_object({"consistent": bool(found.checkpoints) and not found.faults} | told)
        return
    for fault in found.faults:
        click.echo(fault)
    anchored = (
        "the one anchored checkpoint" if found.checkpoints == 1 else f"all {found.checkpoints} anchored checkpoints"
    )
    if found.faults:
        fit = "does not fit" if len(found.faults) == 1 else "do not fit"
        click.echo(f"日志与存证不符 {len(found.faults)} of {anchored} {fit} the log")
    elif found.checkpoints:
        click.echo(
            f"日志与存证一致 the log of {counted(size, 'leaf', 'leaves')} begins with {anchored}, "
            f"the newest for {counted(found.newest, 'leaf', 'leaves')}"
        )
    else:
        click.echo("存证中没有此日志的检查点 the anchor contains no checkpoint of this log")
