"""`xingate witness`: cosigns the checkpoints of logs that push them to a folder."""

import time
from pathlib import Path

import click

from xingate.checkpoint import SignatureType
from xingate.errors import CheckpointError
from xingate_server.cli._common import AskedWronglyError, CommandError, read_settings
from xingate_server.trace.log import StoreUnusableError
from xingate_server.trace.signing import settle_key
from xingate_server.trace.witness import Witness, WitnessError

EXIT_NOT_COSIGNED = 1
_POLL_S = 1.0


@click.command("witness")
@click.option(
    "--anchor",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    required=True,
    metavar="DIR",
    help="The folder to which the log pushes its checkpoints (`trace.anchor.folder`).",
)
@click.option(
    "--log", "logs", multiple=True, required=True, metavar="PUB", help="A log's public key: its file or its text."
)
@click.option("--name", required=True, metavar="NAME", help="The name of this witness in its cosignatures.")
@click.option(
    "--dir",
    "directory",
    type=click.Path(file_okay=False, path_type=Path),
    default=".xingate-witness",
    show_default=True,
    metavar="DIR",
    help="Where this witness keeps its key and what it has seen; back it up.",
)
@click.option("--once", is_flag=True, help="Look once instead of every second.")
def witness_command(*, anchor: Path, logs: tuple[str, ...], name: str, directory: Path, once: bool) -> int:
    """Cosign a log's checkpoints, each only if it continues those before.

    For a body other than the one that runs the gateway. The cosigned note goes back into the folder; the gateway shows
    it with its checkpoint. Stops at the first checkpoint that does not fit, which is to be inquired into.

    Exit codes: 0 all cosigned, 1 a checkpoint does not fit, 2 usage, 3 the folder or the key cannot be used.
    """
    read_settings()  # has none of its own; a broken file is told by every command
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        key = settle_key(directory, name, file="witness.key", kind=SignatureType.COSIGNATURE)
        witness = Witness(key, name, directory, [_text(log) for log in logs])
        click.echo(f"witness {witness.verifier_key}")
        while True:
            for origin in witness.origins:
                size = witness.visit(anchor, origin)
                if size is not None:
                    click.echo(f"cosigned {origin} at {size} leaves")
            if once:
                return 0
            time.sleep(_POLL_S)
    except CheckpointError as error:
        raise AskedWronglyError(error.message) from error
    except WitnessError as error:
        raise CommandError(str(error), EXIT_NOT_COSIGNED) from error
    except (OSError, StoreUnusableError) as error:
        raise CommandError(f"the witness cannot work: {error}") from error


def _text(given: str) -> str:
    path = Path(given)
    return path.read_text(encoding="utf-8").strip() if path.is_file() else given
