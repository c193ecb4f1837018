"""One compile in a process of its own, so that its memory can be measured: `python -m ... SUBJECTS STATE`.

Prints JSON: records read, seconds in the compile, bytes of the data file. A refused row fails the run: the figures
are of rows that are all admitted.
"""

import json
import sys
import time
from pathlib import Path

from benchmarks.data import prepare
from benchmarks.servers import BenchError, peak_mb
from xingate_server.wiring.compile import compile_from_options


def compile_apart(subjects: int, state: Path) -> tuple[float, float, int]:
    """Records a second, peak memory in MB and the data file's bytes of a compile in another process."""
    prepare(subjects)
    _, peak, printed = peak_mb([sys.executable, "-m", "benchmarks.compile_once", str(subjects), str(state)])
    found = json.loads(printed)
    if found["refused"]:
        raise BenchError(f"{found['refused']:,} rows were refused: the figures do not count")
    return found["records"] / found["seconds"], peak, found["bytes"]


def _main() -> None:
    data, state = prepare(int(sys.argv[1])), Path(sys.argv[2])
    began = time.perf_counter()
    manifest = compile_from_options(data.options(state)).manifest
    seconds = time.perf_counter() - began
    made = [source for source in manifest.sources if source.kind == "city_list"]
    refused = sum(sum(source.refused.values()) for source in made)
    records = sum(source.rows for source in manifest.sources)
    json.dump({"records": records, "seconds": seconds, "bytes": manifest.data.bytes, "refused": refused}, sys.stdout)


if __name__ == "__main__":
    _main()
