"""`xingate witness`: cosigns the checkpoints of logs that push them to a folder, or ask for it over HTTP."""

import asyncio
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from xingate.checkpoint import SignatureType
from xingate.errors import CheckpointError
from xingate_server.cli.output.common import AskedWronglyError, CommandError, counted, read_settings
from xingate_server.trace.anchor.witness import Witness, WitnessError
from xingate_server.trace.port import StoreUnusableError
from xingate_server.trace.tree.signing import settle_key

EXIT_NOT_COSIGNED = 1
_POLL_S = 1.0
_STOP_S = 5.0


_log_option = click.option(
    "--log", "logs", multiple=True, metavar="PUB", help="A log's public key: its file or its text. [required]"
)
_name_option = click.option(
    "--name", default="", metavar="NAME", help="The name of this witness in its cosignatures. [required]"
)
_dir_option = click.option(
    "--dir",
    "directory",
    type=click.Path(file_okay=False, path_type=Path),
    default=".xingate-witness",
    show_default=True,
    metavar="DIR",
    help="Where this witness keeps its key and what it has seen; back it up.",
)


@click.group("witness", invoke_without_command=True)
@click.option(
    "--anchor",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=None,
    metavar="DIR",
    help="The folder to which the log pushes its checkpoints (`trace.anchor.folder`). [required]",
)
@_log_option
@_name_option
@_dir_option
@click.option("--once", is_flag=True, help="Look once instead of every second.")
@click.pass_context
def witness_command(
    context: click.Context, *, anchor: Path | None, logs: tuple[str, ...], name: str, directory: Path, once: bool
) -> int:
    """Cosign a log's checkpoints, each only if it continues those before.

    For a body other than the one that runs the gateway. Looks at a folder, or, as `xingate witness serve`, is asked
    over HTTP. In a folder the cosigned note goes back into it; the gateway shows it with its checkpoint. Stops at the
    first checkpoint that does not fit, which is to be inquired into.

    Exit codes: 0 all cosigned, 1 a checkpoint does not fit, 2 usage, 3 the folder or the key cannot be used.
    """
    if context.invoked_subcommand is not None:
        return 0
    read_settings()  # has none of its own; a broken file is told by every command
    if anchor is None:
        raise AskedWronglyError("missing option `--anchor`: the folder to which the log pushes its checkpoints")
    with _told():
        witness = _witness(logs, name, directory)
        while True:
            for origin in witness.origins:
                first = "" if witness.seen(origin).size else ", its first checkpoint here"
                size = witness.visit(anchor, origin)
                if size is not None:
                    click.echo(f"cosigned {origin} at {counted(size, 'leaf', 'leaves')}{first}")
            if once:
                return 0
            time.sleep(_POLL_S)


@witness_command.command("serve")
@_log_option
@_name_option
@_dir_option
@click.option("--host", default="127.0.0.1", show_default=True, metavar="HOST", help="The address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), required=True, metavar="PORT", help="0 takes a free one.")
def serve_command(*, logs: tuple[str, ...], name: str, directory: Path, host: str, port: int) -> int:
    """Be asked for cosignatures over HTTP: `POST /add-checkpoint` of C2SP tlog-witness.

    A gateway asks with `trace.anchor.url = "http://HOST:PORT/add-checkpoint"`. Who asks needs no right but the
    log's own signature; for TLS put a proxy before it. A checkpoint that does not fit is refused and told on the
    screen, and what was cosigned before stays so.

    Exit codes: 0 stopped, 2 usage, 3 the key, the folder or the port cannot be used.
    """
    read_settings()
    with _told():
        asyncio.run(_serve(_witness(logs, name, directory), host, port))
    return 0


async def _serve(witness: Witness, host: str, port: int) -> None:
    from aiohttp import web

    from xingate_server.transport.http.witness import PATH, application

    runner = web.AppRunner(application(witness, click.echo), access_log=None, shutdown_timeout=_STOP_S)
    await runner.setup()
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    try:
        await web.TCPSite(runner, host, port).start()
        place, bound = runner.addresses[0][:2]
        click.echo(f"witness is ready: http://{f'[{place}]' if ':' in place else place}:{bound}{PATH}")
        await ended.wait()
    finally:
        await runner.cleanup()


def _witness(logs: tuple[str, ...], name: str, directory: Path) -> Witness:
    if not logs or not name:
        raise AskedWronglyError(f"missing option `{'--name' if logs else '--log'}`")
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = settle_key(directory, name, file="witness.key", kind=SignatureType.COSIGNATURE)
    witness = Witness(key, name, directory, [_text(log) for log in logs])
    click.echo(f"witness {witness.verifier_key}")
    return witness


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except CheckpointError as error:
        raise AskedWronglyError(error.message) from error
    except WitnessError as error:
        raise CommandError(str(error), EXIT_NOT_COSIGNED) from error
    except (OSError, StoreUnusableError) as error:
        raise CommandError(f"the witness cannot work: {error}") from error


def _text(given: str) -> str:
    path = Path(given)
    return path.read_text(encoding="utf-8").strip() if path.is_file() else given
