"""The gateway and its log as a thread sees them: each call waits in an event loop of its own, as in production."""

import asyncio
from collections.abc import Sequence

from xingate_server.gateway.answer import Answer, Command
from xingate_server.gateway.gateway import Gateway
from xingate_server.gateway.records.outcome_reading import OutcomeAnswer, OutcomeCommand
from xingate_server.trace.port import Draft, Outcome, Stored, TraceLog


def append(log: TraceLog, draft: Draft) -> Stored:
    """`TraceLog.append`. Raises TraceError."""
    return asyncio.run(log.append(draft))


def append_many(log: TraceLog, drafts: Sequence[Draft]) -> Sequence[Outcome]:
    """`TraceLog.append_many`. Raises TraceError."""
    return asyncio.run(log.append_many(drafts))


def check(gateway: Gateway, command: Command) -> Answer:
    """`Checker.check`. Raises GatewayError."""
    return asyncio.run(gateway.checker.check(command))


def report(gateway: Gateway, command: OutcomeCommand) -> OutcomeAnswer:
    """`Outcomes.report`. Raises GatewayError."""
    return asyncio.run(gateway.outcomes.report(command))
