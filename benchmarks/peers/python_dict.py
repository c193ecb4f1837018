"""What a script would do: read the lists into a dict. `python -m ... SUBJECTS` prints JSON: seconds until it can
answer, and microseconds for a lookup; nothing is recorded and nobody else can ask.
"""

import json
import random
import sys
import time

from benchmarks.data import prepare
from benchmarks.peers import plan

_LOOKUPS = 200_000


def main() -> None:
    """Load, look up, tell."""
    data = prepare(int(sys.argv[1]))
    began = time.perf_counter()
    listed: dict[str, list[dict[str, str]]] = {}
    for code, entry in plan.entries(data):
        listed.setdefault(code, []).append(entry)
    registered = dict(plan.register(data))
    seconds = time.perf_counter() - began
    chosen = random.Random(1)  # noqa: S311 - a sample, no secret
    codes = [data.hit(n) if n % 10 == 0 else data.clean(n) for n in (chosen.randrange(10**9) for _ in range(_LOOKUPS))]
    began = time.perf_counter()
    found = sum(1 for code in codes if listed.get(code) or registered.get(code))
    lookup_us = (time.perf_counter() - began) / len(codes) * 1e6
    json.dump({"seconds": seconds, "lookup_us": lookup_us, "found": found}, sys.stdout)


if __name__ == "__main__":
    main()
