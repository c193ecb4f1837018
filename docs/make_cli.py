"""Write the `--help` of every command into docs/cli.md, below its `<!-- help: COMMAND -->` line.

`python docs/make_cli.py` writes; with `--check` it only says whether the page is current.
"""  # noqa: INP001 -- a script beside the page it writes

import re
import sys
from pathlib import Path

from click.testing import CliRunner

from xingate_server.cli.app import cli

PAGE = Path(__file__).with_name("cli.md")
_BLOCK = re.compile(r"<!-- help: ?(?P<command>[a-z -]*?) ?-->\n(?:```text\n.*?\n```\n)?", re.DOTALL)


def help_of(command: str) -> str:
    """What `xingate COMMAND --help` prints."""
    return CliRunner().invoke(cli, [*command.split(), "--help"], "", prog_name="xingate").stdout.rstrip()


def rendered(text: str) -> str:
    """The page with every help text as it is now."""
    return _BLOCK.sub(
        lambda found: f"<!-- help: {found['command']} -->\n```text\n{help_of(found['command'])}\n```\n", text
    )


if __name__ == "__main__":
    page = PAGE.read_text(encoding="utf-8")
    if sys.argv[1:] == ["--check"]:
        sys.exit(None if rendered(page) == page else "docs/cli.md is not current: run `python docs/make_cli.py`")
    PAGE.write_text(rendered(page), encoding="utf-8")
