"""What the commands that ask a gateway have in common: where it is, how errors and tables look."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import click
from rich.console import Console

import xingate
from xingate.errors import InvalidRequestError, MissingExtraError, XingateError

if TYPE_CHECKING:
    from xingate_server.settings import Settings

EXIT_USAGE = 2
EXIT_REFUSED = 3
_PLAIN_WIDTH = 120

_P = ParamSpec("_P")
_T = TypeVar("_T")

target_option = click.option(
    "--target",
    metavar="URL",
    default="",
    help="Ask the gateway at grpc://HOST:PORT, grpcs://, http:// or https://; default: in this process, from --state.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")


class CommandError(click.ClickException):
    """A failure told in one line on stderr, with the exit code that says of what kind it is."""

    def __init__(self, message: str, exit_code: int = EXIT_REFUSED) -> None:
        super().__init__(message)
        self.exit_code = exit_code  # type: ignore[misc]  # click reads it from the instance

    def show(self, file: Any = None) -> None:
        """Write the line."""
        click.echo(f"xingate: {self.message}", file=file or sys.stderr)


class AskedWronglyError(CommandError):
    """The question, an option or a missing part of the package is at fault: exit code 2."""

    def __init__(self, message: str) -> None:
        super().__init__(message, EXIT_USAGE)


def read_settings(**given: Any) -> "Settings":
    """The settings, `given` before all else. Raises AskedWronglyError if any is wrong."""
    from xingate_server.settings import InvalidSettingsError, load

    try:
        return load(**given)
    except InvalidSettingsError as error:
        raise AskedWronglyError(str(error)) from error


def _state(context: click.Context, _parameter: click.Parameter, value: Path | None) -> Path | None:
    if context.resilient_parsing:
        return value
    return read_settings(**({} if value is None else {"state": value})).state


state_option = click.option(
    "--state",
    type=click.Path(file_okay=False, path_type=Path),
    default=None,
    callback=_state,
    metavar="DIR",
    help="The state directory; default: XINGATE_STATE, `state` in xingate.toml, .xingate.",
)


def report_errors(function: Callable[_P, _T]) -> Callable[_P, _T]:
    """Turn the SDK's errors into one line and an exit code: 2 for the question, 3 for everything else."""

    @wraps(function)
    def told(*args: _P.args, **kwargs: _P.kwargs) -> _T:
        try:
            return function(*args, **kwargs)
        except XingateError as error:
            is_usage = isinstance(error, InvalidRequestError | MissingExtraError)
            field = f" (field `{error.field}`)" if error.field else ""
            kind = AskedWronglyError if is_usage else CommandError
            reason = f"{error.reason}: " if error.reason else ""
            raise kind(f"{reason}{error.message}{field}") from error

    return told


@contextmanager
def open_gateway(
    target: str, state: Path, *, system: str = "", organisation: str = "", operator: str = ""
) -> Iterator[xingate.Client]:
    """A client of the gateway at `target`, or of the one in `state`."""
    url = target or f"embedded:{state}"
    try:
        client = xingate.connect(url, system=system, organisation=organisation, operator=operator)
    except ValueError as error:
        raise AskedWronglyError(str(error)) from error
    with client:
        yield client


def console() -> Console:
    """A console on stdout, wide enough for tables where stdout is not a terminal."""
    found = Console(highlight=False, soft_wrap=False)
    return found if found.is_terminal else Console(highlight=False, width=_PLAIN_WIDTH)


def counted(count: int, one: str, many: str = "") -> str:
    """A number with its noun, such as `1 leaf` or `1,000 leaves`; `many` is `one` with an s unless given."""
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"


def print_line(text: str) -> None:
    """A line of JSON on stdout, in UTF-8 whatever the locale."""
    click.echo(text.encode())


def print_object(value: Mapping[str, object]) -> None:
    """One object as a line of JSON."""
    print_line(json.dumps(value, ensure_ascii=False))


def read_code() -> str:
    """A number, from a hidden prompt or from standard input: it stays out of the shell's history."""
    if sys.stdin.isatty():
        code: str = click.prompt("code", hide_input=True, err=True)
    else:
        code = sys.stdin.readline()
    if not code.strip():
        raise click.UsageError("`-` was given and no code came on standard input")
    return code.strip()
