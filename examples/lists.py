"""What the examples start from: the gateway at a URL, or one in this process over the demo's invented lists.

No example itself. Nobody in the lists exists: companies are 示例…, people have the never-issued division 990000.
"""

import contextlib
import sys
import tempfile
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from xingate.errors import UnavailableError
from xingate_server.cli.demo import SOURCES
from xingate_server.demo import DATA
from xingate_server.wiring.compiling.compile import CompileOptions, GivenFile, compile_from_options

INVENTED = [(kind, name) for kind, name in SOURCES if kind != "un_consolidated"]


@contextlib.contextmanager
def gateway_url(arguments: list[str]) -> Iterator[str]:
    """The URL among the script's arguments; without one, a gateway that is thrown away afterwards.

    Where no gateway answers, the script ends with 3 and says so: without a check nothing is decided.
    """
    if len(arguments) > 1 or (arguments and arguments[0].startswith("-")):
        sys.exit(f"usage: python examples/{Path(sys.argv[0]).name} [URL]")
    if arguments:
        try:
            yield arguments[0]
        except UnavailableError as error:
            sys.stderr.write(f"no check, so nothing is decided: {error}\n")
            sys.exit(3)
        return
    today = datetime.now(ZoneInfo("Asia/Shanghai")).date()
    with tempfile.TemporaryDirectory(prefix="xingate-") as state:
        files = tuple(GivenFile(kind, DATA / name, today) for kind, name in INVENTED)
        coverage = {kind: (date(2017, 10, 12), today) for kind, _ in INVENTED}
        compile_from_options(CompileOptions(state_dir=Path(state), files=files, coverage=coverage))
        yield f"embedded:{state}"
