"""Everything that can go wrong with a lookup. A failed lookup is an exception, never a verdict.

    XingateError
    |-- InvalidRequestError      the question cannot be answered as it stands; `field` says where
    |-- NotFoundError            no such record, or the snapshot asked for is not retained
    |-- RequestIdReusedError     the same request id came with another question
    |-- NotAllowedError          the gateway does not know the caller, or does not let it ask this
    |-- UnavailableError         no verdict now; a retry with the same `request_id` is safe
    |   |-- OverloadedError      the gateway has too much to do, and did nothing for this question
    |   `-- DeadlineError        the time allowed has passed; the record may exist all the same
    |-- NotGuardedError          `guard.current_decision` outside of a guarded function; a LookupError as well
    |-- RefusedError             `guard.requires_check` stopped a function; carries the `decision`
    |-- ProtocolError            the other side does not speak as it should; nothing in it can be relied on
    |-- ProofError               a proof does not prove what it is given for; raised offline, never by a call
    |   |-- InclusionError       the leaf is not shown to be in the tree
    |   |-- ConsistencyError     the later tree is not shown to begin with the earlier one
    |   |-- CheckpointError      no checkpoint, or not signed by a key that is trusted; also a key that is none
    |   `-- ReceiptError         the receipt does not hold; `check` names the step at which it fails
    `-- MissingExtraError        a part of the package is not installed; the message says which

Pure: imports nothing but the standard library. Codes are those of google.rpc.Code; reasons are the strings of
ErrorInfo, of problem documents (RFC 9457) and of CheckError, which are the same.
"""

from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from xingate._internal.values.decision import Decision

__all__ = [
    "CheckpointError",
    "ConsistencyError",
    "DeadlineError",
    "InclusionError",
    "InvalidRequestError",
    "MissingExtraError",
    "NotAllowedError",
    "NotFoundError",
    "NotGuardedError",
    "OverloadedError",
    "ProofError",
    "ProtocolError",
    "ReceiptError",
    "RefusedError",
    "RequestIdReusedError",
    "UnavailableError",
    "XingateError",
    "from_status",
]


class XingateError(Exception):
    """Base of all.

    `reason` is a fixed word for programs, `message` a sentence for people, `field` the part of the question
    concerned or "". `request_id` is the id under which the question was put, "" where there was none.
    """

    def __init__(self, message: str, *, reason: str = "", field: str = "", request_id: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.reason = reason
        self.field = field
        self.request_id = request_id


class InvalidRequestError(XingateError):
    """A part of the question is missing, malformed or unknown."""


class NotFoundError(XingateError):
    """No record of that id, or the snapshot asked for is not retained."""


class RequestIdReusedError(XingateError):
    """The request id already stands for another question."""


class NotAllowedError(XingateError):
    """The caller is not known, or may not ask this."""


class UnavailableError(XingateError):
    """No verdict can be given now. Ask again with the same request id: a recorded answer is given unchanged.

    `retry_after_s` is the time after which the gateway wants to be asked again; 0 if it did not say.
    """

    retry_after_s: float = 0.0


class OverloadedError(UnavailableError):
    """The gateway has as much to do as it takes on. It did nothing for this question."""


class DeadlineError(UnavailableError):
    """The time allowed for the call has passed. The question may have been recorded; ask again with its id."""


class ProtocolError(XingateError):
    """The other side failed, or answered in a way that cannot be relied on."""


class ProofError(XingateError):
    """A proof does not prove what it is given for, or is not a proof at all. Needs no gateway and concerns none."""


class InclusionError(ProofError):
    """The leaf is not shown to be in the tree."""


class ConsistencyError(ProofError):
    """The later tree is not shown to begin with the earlier one: history may have been rewritten."""


class CheckpointError(ProofError):
    """No checkpoint, not signed by a key that is trusted, or a key that is none."""


class ReceiptError(ProofError):
    """The receipt does not hold. `check` is a fixed word for the step at which it fails first."""

    def __init__(self, message: str, *, check: str = "", reason: str = "", field: str = "") -> None:
        super().__init__(message, reason=reason, field=field)
        self.check = check


class MissingExtraError(XingateError):
    """A part of the package that this call needs is not installed."""

    def __init__(self, extra: str, what: str) -> None:
        super().__init__(f"{what} needs `pip install 'xingate[{extra}]'`", reason="missing_extra")
        self.extra = extra
        self.what = what

    def __reduce__(self) -> tuple[type[Self], tuple[str, str]]:
        return type(self), (self.extra, self.what)


class NotGuardedError(XingateError, LookupError):
    """There is no current decision: the code that asks for it was not entered through a guard."""


class RefusedError(XingateError):
    """A guarded function was not entered because of the verdict."""

    def __init__(self, decision: "Decision", action: str) -> None:
        super().__init__(
            f"`{action}` was refused: {decision.verdict.name} (record {decision.trace.record_id})",
            reason="refused",
            request_id=decision.request_id,
        )
        self.decision = decision
        self.action = action

    def __reduce__(self) -> "tuple[type[Self], tuple[Decision, str]]":
        return type(self), (self.decision, self.action)


OVERLOADED = "overloaded"

_BY_CODE: dict[int, type[XingateError]] = {
    3: InvalidRequestError,  # INVALID_ARGUMENT
    4: DeadlineError,  # DEADLINE_EXCEEDED
    5: NotFoundError,  # NOT_FOUND
    6: RequestIdReusedError,  # ALREADY_EXISTS
    7: NotAllowedError,  # PERMISSION_DENIED
    8: InvalidRequestError,  # RESOURCE_EXHAUSTED: a message above the size allowed, unless it says OVERLOADED
    9: InvalidRequestError,  # FAILED_PRECONDITION
    11: InvalidRequestError,  # OUT_OF_RANGE
    14: UnavailableError,  # UNAVAILABLE
    16: NotAllowedError,  # UNAUTHENTICATED
}


def from_status(code: int, reason: str, message: str, field: str = "") -> XingateError:
    """The error for a google.rpc.Code; codes that tell of a fault on the other side give ProtocolError."""
    kind = OverloadedError if reason == OVERLOADED else _BY_CODE.get(code, ProtocolError)
    return kind(message or f"the gateway gave no message (code {code})", reason=reason, field=field)
