"""Mutation test of the core: do its own tests notice when a rule is changed? (`make mutants`)

Draws mutants by a seed, runs core's own tests against each in a process of its own (those that reach the changed line
first, short ones before long ones) and writes what survived. `survivors.yaml` holds a reason for each mutant that no
test can kill, by its key. Fails if under 95 % are killed, or if a survivor has no reason.

Left out: generated inputs are fewer than in `make test` (EXAMPLES each), and a mutant that takes over LIMIT_S of CPU
counts as killed, for every test ends in less.
"""

import argparse
import json
import os
import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib import import_module
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType

import pytest
import yaml
from hypothesis import HealthCheck, settings
from mutations import Mutant, mutants_of

ROOT = Path(__file__).parents[2]
SERVER = ROOT / "server"
CORE = SERVER / "xingate_server" / "core"
SURVIVORS = Path(__file__).parent / "survivors.yaml"
TESTS = ("tests/unit/core", "tests/golden", "tests/property")
OPTIONS = (
    "-x",
    "-m",
    "not soak",
    "--tb=no",
    "--assert=plain",
    "-p",
    "no:cacheprovider",
    "-p",
    "no:xdist",
    "-p",
    "no:cov",
)
LEFT_OUT = (
    "--ignore=tests/property/test_proofs_property.py",  # the SDK's proofs, not the core
    # Its processes do not see the mutant:
    "--deselect=tests/property/test_decide_property.py::test_the_bytes_are_the_same_in_two_processes",
)
COUNT = 500
LEAST_KILLED = 0.95
EXAMPLES = 25
LIMIT_S = 180
MEMORY = 4 << 30
KILLED, SURVIVED = 1, 0
# Third-party modules that the tests import: loaded once, before the process of each mutant is forked.
PRELOADED = (
    "hypothesis.strategies google.protobuf.json_format msgspec orjson stdnum opencc anyascii rapidfuzz "
    "chinese_calendar pydantic pypinyin structlog cryptography.hazmat.primitives.asymmetric.ed25519 apsw lmdb"
)


class MutatedLoader(SourceFileLoader):
    """Gives the changed code in place of the file's."""

    def __init__(self, name: str, mutant: Mutant) -> None:
        super().__init__(name, str(mutant.path))
        self._mutant = mutant

    def get_code(self, _fullname: str) -> CodeType:
        return compile(self._mutant.tree(), str(self._mutant.path), "exec")


class MutatedFinder(MetaPathFinder):
    """Finds the changed module before anything else does."""

    def __init__(self, mutant: Mutant) -> None:
        self._mutant = mutant

    def find_spec(self, name: str, path: object = None, _target: object = None) -> ModuleSpec | None:
        if name != self._mutant.module:
            return None
        spec = PathFinder.find_spec(name, path)  # type: ignore[arg-type]  # as importlib calls it
        if spec is not None:
            spec.loader = MutatedLoader(name, self._mutant)
        return spec


class Reach:
    """Notes which test reaches which line of the core, and how long each test takes."""

    def __init__(self) -> None:
        import coverage

        self._coverage = coverage.Coverage(data_file=None, include=[f"{CORE}/*"], config_file=False)
        self.seconds: dict[str, float] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self._coverage.switch_context(item.nodeid)
        began = time.process_time()
        result = yield
        self.seconds[item.nodeid] = time.process_time() - began
        return result

    def run(self) -> dict[str, object]:
        self._coverage.start()
        code = tested(list(TESTS), self)
        self._coverage.stop()
        if code != 0:
            raise SystemExit("core's own tests fail without any mutant")
        data = self._coverage.get_data()
        lines = {
            str(Path(file).relative_to(SERVER)): {
                line: [test for test in tests if test] for line, tests in data.contexts_by_lineno(file).items()
            }
            for file in data.measured_files()
        }
        return {"seconds": self.seconds, "lines": lines}


class Chosen:
    """Runs the chosen tests alone, in their order."""

    def __init__(self, order: list[str]) -> None:
        self._place = {name: i for i, name in enumerate(order)}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = sorted(
            (item for item in items if item.nodeid in self._place), key=lambda item: self._place[item.nodeid]
        )


def tested(paths: list[str], *plugins: object) -> int:
    """Run tests here, up to the first failure, without a word. pytest's exit code."""
    return int(pytest.main([*paths, *OPTIONS, *LEFT_OUT], plugins))


def forked(work: object) -> int:
    """The exit status of `work()` in a child of its own, which prints nothing; KILLED where it is ended."""
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        resource.setrlimit(resource.RLIMIT_CPU, (LIMIT_S, LIMIT_S))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        code = KILLED
        try:
            code = SURVIVED if work() in (0, 5) else KILLED  # type: ignore[operator]  # 5: no test is left to run
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def survives(mutant: Mutant, reach: dict[str, dict[str, object]]) -> bool:
    """Whether every test passes with the change.

    First those that reach its line, then all others of the test files that reach its module: what one test has cached,
    or a fixture of several has made, is reached by the first of them alone.
    """
    seconds: dict[str, float] = reach["seconds"]  # type: ignore[assignment]
    lines = reach["lines"].get(str(mutant.path.relative_to(SERVER)), {})
    reaching = set(lines.get(str(mutant.line), []))  # type: ignore[attr-defined]
    files = {file_of(name) for names in lines.values() for name in names}  # type: ignore[attr-defined]
    others = {name for name in seconds if file_of(name) in files or not files} - reaching

    def passes(names: set[str]) -> bool:
        def run() -> int:
            sys.meta_path.insert(0, MutatedFinder(mutant))
            ordered = sorted(names, key=lambda name: seconds[name])
            return tested(sorted({file_of(name) for name in names}), Chosen(ordered))

        return not names or forked(run) == SURVIVED

    return passes(reaching) and passes(others)


def file_of(name: str) -> str:
    """The file of a test."""
    return name.split("::", maxsplit=1)[0]


def prepared() -> dict[str, dict[str, object]]:
    """Which tests reach which lines, measured in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        to = Path(folder) / "reach.json"
        if forked(lambda: to.write_text(json.dumps(Reach().run())) and 0) != SURVIVED:
            raise SystemExit("core's own tests fail without any mutant: run them first")
        measured: dict[str, dict[str, object]] = json.loads(to.read_text())
        return measured


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    arguments.add_argument("--count", type=int, default=COUNT)
    arguments.add_argument("--only", default="", help="of those drawn, the mutants whose key contains this text")
    given = arguments.parse_args()
    os.chdir(ROOT)
    settings.register_profile(
        "mutants",
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    settings.load_profile("mutants")
    for name in PRELOADED.split():
        import_module(name)
    every = [mutant for path in sorted(CORE.rglob("*.py")) for mutant in mutants_of(path, SERVER)]
    drawn = random.Random(given.seed).sample(every, min(given.count, len(every)))  # noqa: S311  # a sample, no secret
    drawn = [mutant for mutant in drawn if given.only in mutant.key]
    sys.stdout.write(f"{len(drawn)} of {len(every)} mutants of the core, drawn by --seed {given.seed}\n")
    sys.stdout.flush()
    reach = prepared()
    survivors = sorted(mutant.key for mutant in survivors_of(drawn, reach))
    return judged(drawn, survivors)


def survivors_of(drawn: list[Mutant], reach: dict[str, dict[str, object]]) -> list[Mutant]:
    """Two processes take every second mutant each and write one letter for each to a pipe of their own."""
    readers = []
    for half in (drawn[::2], drawn[1::2]):
        read, write = os.pipe()
        if os.fork() == 0:
            for mutant in half:
                is_alive = survives(mutant, reach)
                os.write(write, b"s" if is_alive else b"k")
                sys.stdout.write(f"{'survived' if is_alive else 'killed'}: line {mutant.line}: {mutant.key}\n")
                sys.stdout.flush()
            os._exit(0)
        os.close(write)
        readers.append((half, read))
    alive = []
    for half, read in readers:
        with os.fdopen(read, "rb") as pipe:
            letters = pipe.read().decode()
        os.wait()
        if len(letters) != len(half):
            raise SystemExit("a process of the mutation test ended before its work")
        alive += [mutant for mutant, letter in zip(half, letters, strict=True) if letter == "s"]
    return alive


def judged(drawn: list[Mutant], survivors: list[str]) -> int:
    """Print the figure and the survivors without a reason; the exit code."""
    reasons: dict[str, str] = yaml.safe_load(SURVIVORS.read_text(encoding="utf-8")) or {}
    unexplained = [key for key in survivors if key not in reasons]
    killed = len(drawn) - len(survivors)
    sys.stdout.writelines(f"no reason in {SURVIVORS.name}: {key}\n" for key in unexplained)
    sys.stdout.write(
        f"{killed} of {len(drawn)} mutants killed ({killed / len(drawn):.1%}), {len(survivors)} survived, "
        f"{len(survivors) - len(unexplained)} of them with a reason\n"
    )
    return 0 if not unexplained and killed >= LEAST_KILLED * len(drawn) else 1


if __name__ == "__main__":
    sys.exit(main())
