"""What several folders of tests share: a state directory made from the shipped lists, and real gateways over it."""

import asyncio
import contextlib
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from benchmarks.throwaway_postgres import NoPostgresError, ThrowawayPostgres, throwaway_postgres
from hypothesis import settings
from tests.support.amounts import EXAMPLES
from tests.support.gateways import RunningGateway, StartGateway, compile_shipped_lists, copied, end, serve

settings.register_profile("amounts", max_examples=EXAMPLES)
settings.load_profile("amounts")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what takes a sample of generated inputs, for `make soak`."""
    for item in items:
        if getattr(getattr(item, "obj", None), "is_hypothesis_test", False):
            item.add_marker(pytest.mark.sampled)


@pytest.fixture(scope="session", autouse=True)
def interrupts() -> Iterator[None]:
    """Ctrl-C acts also where the tests were started in the background, by a shell that ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="session", autouse=True)
def quiet_logs() -> None:
    """Logs as a gateway inside another program makes them, also after tests that capture them."""
    from xingate_server.wiring.logging_setup import configure_quietly

    configure_quietly()


@pytest.fixture(scope="session")
def compile_lists() -> Callable[[Path], int]:
    """Compiles the shipped lists into a state directory; gives the new sequence."""
    return compile_shipped_lists


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


@pytest.fixture(scope="module")
def start_gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartGateway]:
    """Starts gateways on free loopback ports; those that still run at the end are killed."""
    with contextlib.ExitStack() as stack:

        def start(state: Path, *arguments: str, **options: Any) -> RunningGateway:
            gateway = serve(state, tmp_path_factory.mktemp("gateway"), *arguments, **options)
            stack.callback(end, gateway.process)
            return gateway

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
