"""Short forms of names: how many are found, and how many candidates an unlisted name has (`benchmarks.names`).

People are made (`name_people`): as many listed as unlisted, of seven patterns, in shares as real lists have them and
in equal ones; Korean and Vietnamese names differ by little, so that their share decides. Organisations are real: those
of the Security Council, which the project ships, and OFAC's, read in place; the short form is what is left without the
legal form, cut off here by an expression of its own. OFAC's other names are unlisted for both.
"""

import csv
import gzip
import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from xml.etree import ElementTree as ET

import xingate_server
from benchmarks.name_people import PATTERNS, people
from benchmarks.name_store import Index
from xingate_server.core.names.normal_form import normalise
from xingate_server.core.names.search import THRESHOLD
from xingate_server.core.subject import SubjectClass

UN = Path(xingate_server.__file__).parent / "demo" / "data" / "un_consolidated.xml"
OFAC = "ofac_sdn_entities.csv.gz"
MOST_ASKED = 2000
_UNLISTED_OF_OFAC = 1500
_FORM_BEHIND = re.compile(
    r"[,.]?\s+(?:(?:company|co\.?),? (?:ltd\.?|limited)|ltd\.?|limited|company|co\.?|l\.?l\.?c\.?|gmbh|inc\.?|"
    r"incorporated|s\.?a\.? de c\.?v\.?|s\. de r\.l\. de c\.v\.|s\.?a\.?s?\.?|s\.?r\.?l\.?|ltda\.?|corp\.?|corporation|"
    r"b\.v\.|fze|fzco|e\.?u\.?|ooo|ao|p?jsc|d\.o\.o\.?|e?ood|sarl|limited liability company|joint stock company)$"
)
_FORM_BEFORE = re.compile(
    r"^(?:limited liability company|(?:public )?joint stock company|ooo|[op]?ao|p?jsc|llc|pt|uab)\s+"
)

Find = Callable[[str, float], Sequence[tuple[str, float]]]


def without_form(name: str) -> str:
    """A name in Latin letters without its legal form; the name where it has none."""
    short = _FORM_BEHIND.sub("", name).strip(" ,.")
    return short if short != name.strip(" ,.") else _FORM_BEFORE.sub("", name)


def share_found(find: Find, asked: Sequence[tuple[str, str]]) -> float:
    """How many of the listed names, each behind its short form, are among the candidates or equal to it."""
    found = sum(short == listed or listed in dict(find(short, THRESHOLD)) for short, listed in asked)
    return found / len(asked)


def candidates_each(find: Find, unlisted: Sequence[str]) -> float:
    """How many candidates an unlisted name has on average."""
    return sum(len(find(name, THRESHOLD)) for name in unlisted) / len(unlisted)


def measure_people(count: int) -> None:
    """Print both for people, in two mixtures."""
    for is_even in (False, True):
        _measure_people(count, is_even=is_even)


def _measure_people(count: int, *, is_even: bool) -> None:
    listed, unlisted = people(count, 1, is_even=is_even), people(count, 2, is_even=is_even)
    names = {normalise(person.listed) for _, person in listed}
    with TemporaryDirectory() as folder:
        index = Index(Path(folder), sorted(names), SubjectClass.PERSON)
        mixture = "in equal shares" if is_even else "in the shares of real lists"
        print(f"{len(names)} listed people {mixture}, {index.bytes_a_name:.0f} bytes a name: short forms found")
        asked: dict[str, list[tuple[str, str]]] = {pattern: [] for pattern in PATTERNS}
        for pattern, person in Random(5).sample(listed, min(count, MOST_ASKED)):  # noqa: S311
            asked[pattern] += [(normalise(short), normalise(person.listed)) for short in person.short]
        shares = {pattern: share_found(index.search, pairs) for pattern, pairs in asked.items()}
        print("  " + ", ".join(f"{pattern} {share:.3f} of {len(asked[pattern])}" for pattern, share in shares.items()))
        others = [(p, name) for p, person in unlisted if (name := normalise(person.listed)) not in names]
        found, times = dict.fromkeys(PATTERNS, 0), []
        for pattern, name in others:
            start = time.thread_time_ns()
            found[pattern] += len(index.search(name, THRESHOLD))
            times.append((time.thread_time_ns() - start) / 1e6)
        print(f"  candidates of an unlisted person: {sum(found.values()) / len(others):.3f} of {len(others)}")
        size = Counter(pattern for pattern, _ in others)
        print("  " + ", ".join(f"{pattern} {found[pattern] / size[pattern]:.3f}" for pattern in size))
        print(f"  p50 {median(times):.2f} ms, p99 {quantiles(times, n=100)[-1]:.2f} ms")


def un_names() -> list[str]:
    """Names and aliases of the Security Council's entities, normalised."""
    entities = ET.parse(UN).iter()  # noqa: S314  # a file of the project
    return sorted({normalise(e.text) for e in entities if e.tag in ("FIRST_NAME", "ALIAS_NAME") and e.text} - {""})


def measure_organisations(data: Path) -> None:
    """Print both for the Security Council's entities, and for OFAC's where `data` has them."""
    un = un_names()
    if not (data / OFAC).is_file():
        _measure("the Security Council", un, [])
        return
    with gzip.open(data / OFAC, "rt", encoding="utf-8", newline="") as file:
        ofac = sorted({normalise(row[1]) for row in csv.reader(file) if len(row) > 1} - {""})
    Random(3).shuffle(ofac)  # noqa: S311
    _measure("the Security Council", un, ofac)
    _measure("OFAC", ofac[_UNLISTED_OF_OFAC:], ofac[:_UNLISTED_OF_OFAC])


def _measure(title: str, listed: list[str], unlisted: list[str]) -> None:
    known = set(listed)
    asked = [(short, name) for name in listed if (short := without_form(name)) != name]
    with TemporaryDirectory() as folder:
        index = Index(Path(folder), listed)
        print(f"{len(listed)} listed organisations of {title}, {index.bytes_a_name:.0f} bytes a name")
        print(f"  without the legal form found {share_found(index.search, asked):.3f} of {len(asked)}")
        others = [name for name in unlisted if name not in known]
        if others:
            print(f"  candidates of an unlisted one: {candidates_each(index.search, others):.3f} of {len(others)}")
