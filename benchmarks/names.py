"""Finding names that are written otherwise: how well, how often wrongly, and how fast (`python -m benchmarks.names`).

Quality: of the real names of `hubei_entities.csv.gz` (read in place) 10,000 are left unlisted and all others are
listed. For each kind of variant: how many of the listed names are among the ten candidates, with the default threshold
and without any; and of the unlisted names, how many have a candidate although they should have none (equal ones, which
five real names have, are left out). Speed: the same with 1,000,000 names, the others made of parts of the real ones.
Beside it a plain scan over all names (`rapidfuzz.process.extract`). Before that short forms (`name_short_forms`): of
people's names, and of the Security Council's and OFAC's entities.
"""

import csv
import gzip
import re
import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from statistics import median, quantiles
from tempfile import TemporaryDirectory

from rapidfuzz import fuzz, process

from benchmarks.name_short_forms import measure_organisations, measure_people
from benchmarks.name_store import Index
from benchmarks.name_variants import another, variants
from xingate_server.core.names.normal_form import normalise
from xingate_server.core.names.search import MOST_MATCHES, THRESHOLD

DATA = Path(__file__).parents[2] / "shared" / "data"
REAL = "hubei_entities.csv.gz"
UNLISTED = 10_000
_AREA = re.compile(r"..[市县区]|湖北省?|武汉")

Search = Callable[[str, float], list[tuple[str, float]]]


def real_names(data: Path) -> list[str]:
    """The real names, normalised, each once, in the same disorder in every run."""
    with gzip.open(data / REAL, "rt", encoding="utf-8-sig", newline="") as file:
        names = sorted({normalise(row["name"]) for row in csv.DictReader(file)} - {""})
    names = [name for name in names if name.isprintable() and 4 <= len(name) <= 64]
    Random(20261124).shuffle(names)  # noqa: S311
    return names


def made_names(real: Sequence[str], count: int) -> list[str]:
    """The real names and others made of their parts: area of one, trade name of another, trade of a third."""
    random, names = Random(7), dict.fromkeys(real)  # noqa: S311
    parts = [
        (found[0], name[found.end() :]) for name in real if (found := _AREA.match(name)) and len(name) > found.end() + 6
    ]
    marks = [rest[at] for _, rest in parts for at in (0, 1)]
    while len(names) < count:
        mark = "".join(random.choices(marks, k=random.choice([2, 2, 3])))
        names[random.choice(parts)[0] + mark + random.choice(parts)[1][2:]] = None
    return list(names)[:count]


def scan(names: Sequence[str]) -> Search:
    """The plain way: compare with every name."""

    def find(name: str, threshold: float) -> list[tuple[str, float]]:
        found = process.extract(name, names, scorer=fuzz.ratio, limit=MOST_MATCHES, score_cutoff=threshold * 100)
        return [(listed, score / 100) for listed, score, _ in found]

    return find


def recall(
    find: Search, listed: Sequence[str], kinds: dict[str, Callable[[str, Random], str]], count: int
) -> dict[str, tuple[float, float]]:
    """Per kind of variant: the share of names that are found, with the default threshold and without one."""
    shares = {}
    for kind, variant in kinds.items():
        random = Random(kind)  # noqa: S311
        hits = [0, 0]
        for name in random.sample(list(listed), count):
            asked = normalise(variant(name, random))
            score = 1.0 if asked == name else dict(find(asked, 0.0)).get(name)
            hits[0] += score is not None and score >= THRESHOLD
            hits[1] += score is not None
        shares[kind] = hits[0] / count, hits[1] / count
    return shares


def wrongly(find: Search, unlisted: Sequence[str], threshold: float) -> float:
    """The share of unlisted names that have a candidate."""
    return sum(bool(find(name, threshold)) for name in unlisted) / len(unlisted)


def timed(find: Search, asked: Sequence[str]) -> list[float]:
    """Milliseconds of this thread for each."""
    times = []
    for name in asked:
        start = time.thread_time_ns()
        find(name, THRESHOLD)
        times.append((time.thread_time_ns() - start) / 1e6)
    return times


def main() -> int:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--names", type=int, default=1_000_000, help="how many names for the speed")
    parser.add_argument("--variants", type=int, default=1000, help="how many variants of each kind")
    parser.add_argument("--people", type=int, default=10_000, help="how many people are listed, and how many are not")
    parser.add_argument("--data", type=Path, default=DATA, help="the folder of the real names")
    given = parser.parse_args()
    measure_people(given.people)
    measure_organisations(given.data)
    if not (given.data / REAL).is_file():
        print(f"`{given.data / REAL}` is not here: Chinese names are not measured", file=sys.stderr)
        return 4
    real = real_names(given.data)
    unlisted, listed = real[:UNLISTED], real[UNLISTED:]
    kinds = variants(listed)
    with TemporaryDirectory() as folder:
        _quality(Path(folder), listed, unlisted, kinds, given.variants)
    with TemporaryDirectory() as folder:
        _speed(Path(folder), made_names(listed, given.names), unlisted, listed, kinds)
    return 0


def _quality(
    folder: Path, listed: list[str], unlisted: list[str], kinds: dict[str, Callable[[str, Random], str]], count: int
) -> None:
    index = Index(folder, listed)
    print(f"{len(listed)} listed names, {count} variants of each kind: share found, threshold {THRESHOLD} / none")
    shares = recall(index.search, listed, kinds, count)
    for kind, (shown, ranked) in shares.items():
        print(f"  {kind:20} {shown:.3f} / {ranked:.3f}")
    print(f"  {'all of them':20} {sum(s for s, _ in shares.values()) / len(shares):.3f}")
    characters = "".join(listed)
    for kind, pair in recall(index.search, listed, {"another character": another(characters)}, count).items():
        print(f"  {kind:20} {pair[0]:.3f} / {pair[1]:.3f} (not among the above: it is what tells companies apart)")
    print(f"unlisted names with a candidate: {wrongly(index.search, unlisted, THRESHOLD):.4f} of {len(unlisted)}")
    plain = scan(listed)
    few = recall(plain, listed, kinds, max(20, count // 20))
    print(
        "a plain scan (fuzz.ratio), threshold / none: " + ", ".join(f"{k} {a:.2f}/{b:.2f}" for k, (a, b) in few.items())
    )
    print(f"  unlisted names with a candidate: {wrongly(plain, unlisted[:500], THRESHOLD):.3f} of 500")


def _speed(
    folder: Path,
    names: list[str],
    unlisted: list[str],
    listed: list[str],
    kinds: dict[str, Callable[[str, Random], str]],
) -> None:
    index = Index(folder, names)
    print(f"{len(names)} names: made in {index.made_s:.0f} s of one core, {index.bytes_a_name:.0f} bytes a name")
    random = Random(3)  # noqa: S311
    asked = unlisted[:1000] + [normalise(v(n, random)) for v in kinds.values() for n in random.sample(listed, 120)]
    random.shuffle(asked)
    timed(index.search, asked[:200])
    times = timed(index.search, asked)
    hostile = ["有限公司" * 128, "武" * 512, "!?" * 200, "武", "🏛" * 99, "武汉商贸", "a" * 512, "abcdef " * 80]
    hard = [normalise(text) for text in hostile]
    p99 = quantiles(times, n=100)[-1]
    print(f"  p50 {median(times):.2f} ms, p99 {p99:.2f} ms, most {max(times):.2f} ms of {len(asked)}")
    print(f"  hostile names: most {max(timed(index.search, hard)):.2f} ms")
    plain = timed(scan(names), asked[:20])
    print(f"  a plain scan: p50 {median(plain):.0f} ms, {median(plain) / median(times):.0f} times as long")
    for kind, pair in recall(index.search, listed, kinds, 200).items():
        print(f"  {kind:20} {pair[0]:.3f} / {pair[1]:.3f}")


if __name__ == "__main__":
    sys.exit(main())
