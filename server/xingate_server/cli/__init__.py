"""The command line. `main` is the entry point of the `xingate` command.

It loads everything late: the bare SDK installs this command too, and a missing part of the package is then told in
one line instead of a traceback.
"""

import sys
from collections.abc import Sequence

__all__ = ["main"]


def main(args: Sequence[str] | None = None) -> None:
    """Run a command and exit: 0 done, 2 usage or a missing part, 3 refused or unavailable; `check` has more."""
    try:
        from xingate_server.cli import app
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("xingate_server"):
            raise
        sys.stderr.write("xingate: this command needs `pip install 'xingate[server]'`\n")
        sys.exit(2)
    app.run(args)
