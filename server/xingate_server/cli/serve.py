"""`xingate serve`: answer over gRPC and HTTP."""

from pathlib import Path
from typing import Any

import click

from xingate_server.cli.output.common import CommandError, read_settings, state_option
from xingate_server.wiring.processes.serve import ServeError, serve


@click.command("serve")
@click.option("--http-port", type=click.IntRange(0, 65535), metavar="N", help="Default: 8080; 0 takes a free one.")
@click.option("--grpc-port", type=click.IntRange(0, 65535), metavar="N", help="Default: 50051; 0 takes a free one.")
@click.option("--host", metavar="ADDRESS", help="Default: 127.0.0.1.")
@click.option(
    "--workers", type=click.IntRange(1, 256), metavar="N", help="Processes that share the ports; default: one per core."
)
@state_option
@click.option(
    "--insecure-allow-remote",
    is_flag=True,
    default=None,
    help="Listen on an address that others can reach, without encryption and without knowing who asks.",
)
def serve_command(state: Path, **server: Any) -> None:
    """Answer over gRPC and HTTP until stopped.

    Needs no snapshot to start: it answers once `xingate compile` has made one, and takes each newer one into use.
    Whatever is not given here comes from the environment or from xingate.toml.
    """
    given = {name: value for name, value in server.items() if value is not None}
    try:
        serve(read_settings(state=state, server=given))
    except ServeError as error:
        raise CommandError(str(error)) from error
