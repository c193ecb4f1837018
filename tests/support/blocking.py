"""The gateway and its log as a thread sees them: each call waits in an event loop of its own, as in production."""

import asyncio
from collections.abc import Coroutine, Sequence
from threading import Thread
from typing import Any, TypeVar

from xingate_server.gateway.answer import Answer, Command
from xingate_server.gateway.gateway import Gateway
from xingate_server.gateway.records.outcome_reading import OutcomeAnswer, OutcomeCommand
from xingate_server.trace.port import Draft, Outcome, Stored, TraceLog

_T = TypeVar("_T")


def append(log: TraceLog, draft: Draft) -> Stored:
    """`TraceLog.append`. Raises TraceError."""
    return _wait(log.append(draft))


def append_many(log: TraceLog, drafts: Sequence[Draft]) -> Sequence[Outcome]:
    """`TraceLog.append_many`. Raises TraceError."""
    return _wait(log.append_many(drafts))


def check(gateway: Gateway, command: Command) -> Answer:
    """`Checker.check`. Raises GatewayError."""
    return _wait(gateway.checker.check(command))


def report(gateway: Gateway, command: OutcomeCommand) -> OutcomeAnswer:
    """`Outcomes.report`. Raises GatewayError."""
    return _wait(gateway.outcomes.report(command))


def _wait(work: Coroutine[Any, Any, _T]) -> _T:
    """What `work` returns, run in a thread of its own, so that an event loop may be running in this one."""
    found: list[_T] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            found.append(asyncio.run(work))
        except BaseException as error:  # noqa: BLE001 - it is the caller's
            failed.append(error)

    thread = Thread(target=run)
    thread.start()
    thread.join()
    if failed:
        raise failed[0]
    return found[0]
