"""What several folders of tests share: a state directory made from the shipped lists, and real gateways over it."""

import asyncio
import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import asyncpg
import pytest
from benchmarks.throwaway_postgres import NoPostgresError, ThrowawayPostgres, throwaway_postgres

READY = re.compile(r"^xingate (?:is ready|listens): http://127\.0\.0\.1:(\d+) grpc://127\.0\.0\.1:(\d+) ", re.MULTILINE)
READY_WITHIN_S = 40.0
STOP_WITHIN_S = 30.0


@dataclass
class RunningGateway:
    """A gateway in a process of its own."""

    process: "subprocess.Popen[bytes]"
    http: str
    grpc: str
    state: Path
    out: Path
    err: Path

    def logged(self) -> str:
        """All that it has logged so far."""
        return self.err.read_text(encoding="utf-8")

    def workers(self) -> list[int]:
        """The process ids of its workers."""
        return _children(self.process.pid)

    def stop(self) -> int:
        """Stop it as an operator would; its exit code."""
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(STOP_WITHIN_S)

    def kill(self) -> None:
        """End it, and its workers, as a power cut would."""
        _end(self.process)


StartGateway = Callable[..., RunningGateway]


@pytest.fixture(scope="session", autouse=True)
def interrupts() -> Iterator[None]:
    """Ctrl-C acts also where the tests were started in the background, by a shell that ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="session")
def compile_lists() -> Callable[[Path], int]:
    """Compiles the shipped lists into a state directory; gives the new sequence."""
    from xingate_server.demo import DATA
    from xingate_server.wiring.compiling.compile import CompileOptions, GivenFile, compile_from_options

    kinds = {
        "city_list": ("city_list_black.csv", "city_list_red.xlsx"),
        "double_publicity": ("double_publicity_penalty.xlsx", "double_publicity_permit.csv"),
        "judgment_debtor": ("judgment_debtor.json",),
        "entity_register": ("entity_register.csv",),
    }

    def make(state: Path) -> int:
        today = datetime.now(timezone(timedelta(hours=8))).date()
        options = CompileOptions(
            state_dir=state,
            files=tuple(GivenFile(kind, DATA / name, today) for kind, names in kinds.items() for name in names),
            coverage={kind: (date(2017, 10, 12), today) for kind in kinds},
        )
        return compile_from_options(options).manifest.sequence

    return make


@pytest.fixture(scope="session")
def compiled_state(tmp_path_factory: pytest.TempPathFactory, compile_lists: Callable[[Path], int]) -> Path:
    """A state directory with one snapshot, to be copied and never changed."""
    state = tmp_path_factory.mktemp("compiled")
    compile_lists(state)
    return state


@pytest.fixture
def own_state(tmp_path: Path, compiled_state: Path) -> Path:
    """A copy of it for one test."""
    return copied(compiled_state, tmp_path / "state")


def copied(state: Path, to: Path) -> Path:
    """The same installation elsewhere."""
    shutil.copytree(state, to, symlinks=True)
    return to


@pytest.fixture(scope="module")
def start_gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartGateway]:
    """Starts gateways on free loopback ports; those that still run at the end are killed."""
    with contextlib.ExitStack() as stack:

        def start(
            state: Path, *arguments: str, is_awaited: bool = True, workers: int | None = 1, **env: str
        ) -> RunningGateway:
            folder = tmp_path_factory.mktemp("gateway")
            out, err = folder / "out", folder / "err"
            command = [sys.executable, "-m", "xingate_server.cli", "serve", "--state", str(state)]
            given = [] if workers is None else ["--workers", str(workers)]
            with out.open("wb") as stdout, err.open("wb") as stderr:
                process = subprocess.Popen(
                    [*command, "--http-port", "0", "--grpc-port", "0", *given, *arguments],
                    stdout=stdout,
                    stderr=stderr,
                    cwd=folder,
                    env=os.environ | env,
                )
            stack.callback(_end, process)
            http, grpc = _ports(process, out, err) if is_awaited else ("", "")
            return RunningGateway(process, http, grpc, state, out, err)

        yield start


@pytest.fixture(scope="session")
def postgres() -> Iterator[ThrowawayPostgres]:
    """A real PostgreSQL server, to be stopped and killed by nobody: tests that do so start their own."""
    with contextlib.ExitStack() as stack:
        try:
            server = stack.enter_context(throwaway_postgres())
        except NoPostgresError as error:
            pytest.skip(f"no PostgreSQL can be started here: {error}")
        yield server


@pytest.fixture
def postgres_dsn(postgres: ThrowawayPostgres) -> str:
    """The address of a database without a log in it."""
    run_sql(postgres.dsn(), "DROP SCHEMA IF EXISTS xingate CASCADE")
    return postgres.dsn()


def run_sql(dsn: str, *statements: str) -> list[list[tuple[object, ...]]]:
    """Run statements one by one on a connection of their own; their rows."""

    async def run() -> list[list[tuple[object, ...]]]:
        connection = await asyncpg.connect(dsn)
        try:
            return [[tuple(row) for row in await connection.fetch(each)] for each in statements]
        finally:
            await connection.close()

    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(run())
    finally:
        loop.close()


@pytest.fixture(scope="session")
def sql() -> Callable[..., list[list[tuple[object, ...]]]]:
    """`run_sql`, for tests."""
    return run_sql


def _ports(process: "subprocess.Popen[bytes]", out: Path, err: Path) -> tuple[str, str]:
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline:
        if found := READY.search(out.read_text(encoding="utf-8")):
            return f"http://127.0.0.1:{found[1]}", f"127.0.0.1:{found[2]}"
        if process.poll() is not None:
            break
        time.sleep(0.02)
    pytest.fail(f"the gateway did not become ready: {err.read_text(encoding='utf-8')}")


def _end(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        workers = _children(process.pid)  # also those that are stopped, and would stay
        process.kill()
        for each in workers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(each, signal.SIGKILL)
        process.wait(STOP_WITHIN_S)


def _children(pid: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]
