"""Run the tests on each Python that the machine has, of those that are supported: `make test-all`.

Looks for `python3.11` to `python3.14` on PATH and among pyenv's; each gets an environment of its own (`.venv-3.12`).
A version that is not here is reported and skipped; a build without the GIL is no candidate (`xingate` refuses it).
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

VERSIONS = ("3.11", "3.12", "3.13", "3.14")
PROBE = "import sys, sysconfig; print('%d.%d' % sys.version_info[:2], sysconfig.get_config_var('Py_GIL_DISABLED') or 0)"


def interpreter(version: str) -> str | None:
    """An interpreter of that version, or None."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    found = [shutil.which(f"python{version}"), *map(str, sorted(pyenv.glob(f"versions/{version}.*/bin/python")))]
    for each in filter(None, found):
        said = subprocess.run([each, "-c", PROBE], capture_output=True, text=True, check=False).stdout
        if said.split() == [version, "0"]:
            return each
    return None


def main() -> int:
    """1 if the tests fail on one of them, or none is here."""
    outcomes: dict[str, str] = {}
    for version in VERSIONS:
        if (python := interpreter(version)) is None:
            outcomes[version] = "not on this machine"
            continue
        done = subprocess.run(["make", "tests", f"PYTHON={python}", f"VENV=.venv-{version}"], check=False)
        outcomes[version] = "failed" if done.returncode else "passed"
    sys.stdout.writelines(f"Python {version}: {outcome}\n" for version, outcome in outcomes.items())
    return 0 if "passed" in outcomes.values() and "failed" not in outcomes.values() else 1


if __name__ == "__main__":
    sys.exit(main())
