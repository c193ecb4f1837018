"""A real gateway of two workers over a real PostgreSQL server: it answers, goes unready with it, and comes back."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from benchmarks.throwaway_postgres import NoPostgresError, ThrowawayPostgres, throwaway_postgres
from tests.support.waiting import wait_until

from xingate_server.demo.numbers import unified_code

SECRET = "hush-hush"  # noqa: S105 - an invented one, which the server does not ask for
BACK_WITHIN_S = 15.0


@pytest.fixture
def server() -> Iterator[ThrowawayPostgres]:
    try:
        with throwaway_postgres() as made:
            yield made
    except NoPostgresError as error:
        pytest.skip(f"no PostgreSQL can be started here: {error}")


def body(request_id: str) -> dict[str, Any]:
    return {
        "requestId": request_id,
        "subject": {"kind": "SUBJECT_KIND_LEGAL_ENTITY", "identifiers": [{"scheme": "uscc", "value": unified_code(1)}]},
        "action": "tender.bid",
        "caller": {"system": "e2e"},
    }


def is_ready_within(url: str, is_ready: bool) -> bool:
    wait_until(lambda: (httpx.get(f"{url}/readyz", trust_env=False).status_code == 200) is is_ready, BACK_WITHIN_S)
    return True


def test_a_gateway_keeps_its_log_in_postgresql(
    start_gateway: Callable[..., Any], own_state: Path, server: ThrowawayPostgres, sql: Callable[..., Any]
) -> None:
    dsn = server.dsn().replace("xingate@", f"xingate:{SECRET}@")
    store = {"XINGATE_TRACE__STORE": "postgres", "XINGATE_TRACE__DSN": dsn, "XINGATE_TRACE__LOCK_WAIT_S": "1"}
    gateway = start_gateway(own_state, "--workers", "2", **store)
    with httpx.Client(base_url=gateway.http, trust_env=False) as client:
        first = client.post("/v1/check", json=body("once"))
        assert first.status_code == 200
    for _ in range(10):  # a connection each, so that both workers are asked
        again = httpx.post(f"{gateway.http}/v1/check", json=body("once"), trust_env=False)
        assert again.content == first.content
    record = first.json()["trace"]["recordId"]
    assert httpx.get(f"{gateway.http}/v1/trace/{record}", trust_env=False).status_code == 200
    assert sql(server.dsn(), "SELECT count(*) FROM xingate.leaves WHERE kind = 'check'") == [[(1,)]]

    server.stop()
    refused = httpx.post(f"{gateway.http}/v1/check", json=body("while-away"), trust_env=False)
    assert refused.status_code == 503
    assert "verdict" not in refused.json()

    server.start()
    wait_until(
        lambda: httpx.post(f"{gateway.http}/v1/check", json=body("while-away"), trust_env=False).is_success,
        BACK_WITHIN_S,
    )
    assert is_ready_within(gateway.http, is_ready=True)
    assert SECRET not in gateway.logged()
    assert gateway.stop() == 0
    assert not (own_state / "trace" / "log.sqlite").exists()


def test_without_its_database_a_gateway_says_why_it_does_not_start(
    start_gateway: Callable[..., Any], own_state: Path, server: ThrowawayPostgres
) -> None:
    server.stop()
    dsn = server.dsn().replace("xingate@", f"xingate:{SECRET}@")
    gateway = start_gateway(
        own_state, is_awaited=False, XINGATE_TRACE__STORE="postgres", XINGATE_TRACE__DSN=dsn, XINGATE_LOG_LEVEL="info"
    )
    assert gateway.process.wait(60) != 0
    said = gateway.logged() + gateway.out.read_text(encoding="utf-8")
    assert "the trace cannot be used: the PostgreSQL server cannot be used" in said
    assert SECRET not in said
