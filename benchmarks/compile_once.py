"""One compile apart, as the command does it, so that its memory can be measured: `python -m ... SUBJECTS STATE`.

Prints JSON: records read, seconds in the compile, bytes of the data file, and the peak memory of all its processes in
MB, as if each of them had needed the most at once. A refused row fails the run: the figures are of rows that are all
admitted.
"""

import json
import resource
import sys
import time
from pathlib import Path

import msgspec

from benchmarks.data import prepare
from benchmarks.servers import BenchError, peak_mb
from xingate_server.cores import available_cores
from xingate_server.wiring.compiling.compile import compile_from_options


def compile_apart(subjects: int, state: Path) -> tuple[float, float, int]:
    """Records a second, peak memory in MB and the data file's bytes of a compile in another process."""
    prepare(subjects)
    _, _, printed = peak_mb([sys.executable, "-m", "benchmarks.compile_once", str(subjects), str(state)])
    found = json.loads(printed)
    if found["refused"]:
        raise BenchError(f"{found['refused']:,} rows were refused: the figures do not count")
    return found["records"] / found["seconds"], found["peak_mb"], found["bytes"]


def _main() -> None:
    data, state = prepare(int(sys.argv[1])), Path(sys.argv[2])
    began = time.perf_counter()
    jobs = available_cores()
    manifest = compile_from_options(msgspec.structs.replace(data.options(state), jobs=jobs)).manifest
    seconds = time.perf_counter() - began
    made = [source for source in manifest.sources if source.kind == "city_list"]
    refused = sum(sum(source.refused.values()) for source in made)
    records = sum(source.rows for source in manifest.sources)
    own, of_one = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    found = {"records": records, "seconds": seconds, "bytes": manifest.data.bytes, "refused": refused}
    json.dump(found | {"peak_mb": (own + jobs * of_one) / 1024}, sys.stdout)


if __name__ == "__main__":
    _main()
