"""The command line. `main` is the entry point of the `xingate` command.

It loads everything late: the bare SDK installs this command too, and a missing part of the package is then told in
one line instead of a traceback.
"""

import sys
import sysconfig
from collections.abc import Sequence

__all__ = ["main"]


def main(args: Sequence[str] | None = None) -> None:
    """Run a command and exit: 0 done, 2 usage or a missing part, 3 refused or unavailable; `check` has more.

    A free-threaded build of Python (PEP 703) is refused: packages that the server needs have no wheels for it, and
    others would switch its lock on again.
    """
    if sysconfig.get_config_var("Py_GIL_DISABLED"):
        sys.stderr.write(
            "xingate: this Python is a free-threaded build, which is not supported yet: "
            "use the usual build of Python 3.11 to 3.14\n"
        )
        sys.exit(2)
    try:
        from xingate_server.cli import app
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("xingate_server"):
            raise
        sys.stderr.write("xingate: this command needs `pip install 'xingate[server]'`\n")
        sys.exit(2)
    app.run(args)
