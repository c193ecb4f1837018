"""Write the `--help` of every command into docs/cli.md, below its `<!-- help: COMMAND -->` line.

`python docs/make_cli.py` writes; tests/e2e/test_cli.py compares.
"""  # noqa: INP001 -- a script beside the page it writes

import re
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).with_name("cli.md")
_BLOCK = re.compile(r"<!-- help: ?(?P<command>[a-z -]*?) ?-->\n(?:```text\n.*?\n```\n)?", re.DOTALL)


def help_of(command: str) -> str:
    """What `xingate COMMAND --help` prints."""
    arguments = [sys.executable, "-m", "xingate_server.cli", *command.split(), "--help"]
    return subprocess.run(arguments, check=True, capture_output=True, text=True).stdout.rstrip()  # noqa: S603 -- ours


def rendered(text: str) -> str:
    """The page with every help text as it is now."""
    return _BLOCK.sub(
        lambda found: f"<!-- help: {found['command']} -->\n```text\n{help_of(found['command'])}\n```\n", text
    )


if __name__ == "__main__":
    PAGE.write_text(rendered(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
