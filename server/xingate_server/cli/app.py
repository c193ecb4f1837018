"""The commands, each loaded only when it is used, and what happens when one fails.

Exit codes: 0 done (`check`: clear or favoured), 10 caution, 11 restricted, 12 prohibited, 13 cannot tell, 2 usage or
a missing part of the package, 3 refused or unavailable. An error is one line on stderr.
"""

import io
import logging
import os
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import click

from xingate_server.cli.output.common import EXIT_REFUSED, EXIT_USAGE, AskedWronglyError

_ADAPTERS_ONLY = frozenset({"openpyxl", "defusedxml", "rapidfuzz", "charset_normalizer", "xlsxwriter"})
_INTERRUPTED = 130
_WIDTH = 100


class _Home(NamedTuple):
    module: str
    attribute: str
    summary: str


_COMMANDS: Mapping[str, _Home] = MappingProxyType(
    {
        "demo": _Home("demo", "demo_command", "Compile the shipped lists and ask as three kinds of callers."),
        "compile": _Home("compile.compile", "compile_command", "Turn list files into a snapshot."),
        "source": _Home("source", "source", "List, inspect and scaffold kinds of list files."),
        "snapshot": _Home("snapshot", "snapshot", "List the retained snapshots, and put one of them into use."),
        "serve": _Home("serve", "serve_command", "Answer over gRPC and HTTP."),
        "check": _Home("check", "check_command", "Ask which measures apply to a subject for an action."),
        "screen": _Home("screen", "screen_command", "Ask about every row of a roster and write an answered workbook."),
        "catalogue": _Home("catalogue", "catalogue", "Show or check the actions, list types and measures."),
        "trace": _Home("trace.trace", "trace", "Show what was asked and answered."),
        "witness": _Home("witness", "witness_command", "Cosign the checkpoints that a gateway pushes to a folder."),
        "keygen": _Home("keygen", "keygen_command", "Make a key pair for signing."),
        "bench": _Home("bench", "bench_command", "Measure checks on this machine, on the snapshot in use."),
    }
)


class _LateGroup(click.Group):
    """A group that imports a command when it is called, not when the others are listed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order of the work."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return a command; a missing package becomes a usage error that says what to install."""
        if (home := _COMMANDS.get(cmd_name)) is None:
            return None
        try:
            module = import_module(f"xingate_server.cli.{home.module}")
        except ModuleNotFoundError as error:
            raise _missing(error) from error
        command: click.Command = getattr(module, home.attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, home.summary) for name, home in _COMMANDS.items()])


@click.group(
    cls=_LateGroup,
    context_settings={
        "help_option_names": ["-h", "--help"],
        "terminal_width": _WIDTH,
        "max_content_width": _WIDTH,
    },
)
@click.version_option(version("xingate"), "--version", prog_name="xingate")
def cli() -> None:
    """Which incentives or restrictions apply to this subject for this action, and was it asked?"""


def run(args: Sequence[str] | None = None) -> None:
    """Run a command and exit with its code."""
    # A command tells its errors itself, in one line; `serve` sends what the gateway logs to standard error.
    logging.getLogger("xingate_server").addHandler(logging.NullHandler())
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a locale without Chinese must not hide an answer
            stream.reconfigure(errors="replace")
    try:
        code = cli.main(args=None if args is None else list(args), prog_name="xingate", standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.Abort:
        sys.exit(_INTERRUPTED)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except ModuleNotFoundError as error:
        if os.environ.get("XINGATE_DEBUG"):
            raise
        _fail(_missing(error).message, EXIT_USAGE)
    except BrokenPipeError:
        # The reader has seen enough; nothing more may be written, not even at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as error:
        if os.environ.get("XINGATE_DEBUG"):
            raise
        if isinstance(error, OSError) and isinstance(error.filename, str):
            from xingate_server.disk_faults import disk_fault

            _fail(f"`{error.filename}` cannot be used: {disk_fault(error, Path(error.filename))}", EXIT_REFUSED)
        what = f"{type(error).__name__} in {_place(error)}"
        _fail(f"this command failed by a fault of its own: {what} (XINGATE_DEBUG=1 shows it)", EXIT_REFUSED)
    sys.exit(code if isinstance(code, int) else 0)


def _place(error: Exception) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    # The error's own text may hold a name or a number; its place cannot.
    return f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}" if trace else "an unknown place"


def _fail(message: str, code: int) -> None:
    sys.stderr.write(f"xingate: {message}\n")
    sys.exit(code)


def _missing(error: ModuleNotFoundError) -> AskedWronglyError:
    package = (error.name or "").partition(".")[0]
    if package in {"xingate", "xingate_server", "xingate_adapters"}:
        raise error
    if package == "followthemoney":
        return AskedWronglyError("this source needs `pip install 'xingate[server,adapters,ftm]'`")
    extra = "server,adapters" if package in _ADAPTERS_ONLY else "server"
    return AskedWronglyError(f"this command needs `pip install 'xingate[{extra}]'`")
