"""xingate: which incentives or restrictions apply to this subject for this action, and was it asked?

    with xingate.connect("grpc://127.0.0.1:50051", system="permits", organisation="示例审批局") as gateway:
        decision = gateway.check(xingate.Subject.legal_entity("9142..."), "permit.grant", matter="M-1")

Names load when they are first used, so that `xingate.errors`, `xingate.types` and other pure modules never pull in
grpc. Generated messages are in `xingate.v1`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xingate.aio import AsyncClient, connect_async
    from xingate.client import Client, RetryPolicy, connect
    from xingate.errors import (
        CheckpointError,
        ConsistencyError,
        DeadlineError,
        InclusionError,
        InvalidRequestError,
        MissingExtraError,
        NotAllowedError,
        NotFoundError,
        NotGuardedError,
        OverloadedError,
        ProofError,
        ProtocolError,
        ReceiptError,
        RefusedError,
        RequestIdReusedError,
        UnavailableError,
        XingateError,
    )
    from xingate.guard import requires_check
    from xingate.matter import MatterDecision, Party
    from xingate.screening import RosterPerson, RosterRow, ScreenedRow
    from xingate.types import Decision, Identifier, Question, Subject, SubjectKind, Verdict, View

__all__ = [
    "AsyncClient",
    "CheckpointError",
    "Client",
    "ConsistencyError",
    "DeadlineError",
    "Decision",
    "Identifier",
    "InclusionError",
    "InvalidRequestError",
    "MatterDecision",
    "MissingExtraError",
    "NotAllowedError",
    "NotFoundError",
    "NotGuardedError",
    "OverloadedError",
    "Party",
    "ProofError",
    "ProtocolError",
    "Question",
    "ReceiptError",
    "RefusedError",
    "RequestIdReusedError",
    "RetryPolicy",
    "RosterPerson",
    "RosterRow",
    "ScreenedRow",
    "Subject",
    "SubjectKind",
    "UnavailableError",
    "Verdict",
    "View",
    "XingateError",
    "connect",
    "connect_async",
    "requires_check",
]

_HOMES = {
    "AsyncClient": "aio",
    "connect_async": "aio",
    "Client": "client",
    "RetryPolicy": "client",
    "connect": "client",
    "requires_check": "guard",
    "RosterPerson": "screening",
    "RosterRow": "screening",
    "ScreenedRow": "screening",
    "MatterDecision": "matter",
    "Party": "matter",
    "Decision": "types",
    "Identifier": "types",
    "Question": "types",
    "Subject": "types",
    "SubjectKind": "types",
    "Verdict": "types",
    "View": "types",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module `xingate` has no attribute `{name}`")
    value = getattr(import_module(f"xingate.{_HOMES.get(name, 'errors')}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
