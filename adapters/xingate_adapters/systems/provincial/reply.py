"""What a caller of a provincial interface is told of an error: a reason, a text, and whether trying again helps."""

from dataclasses import dataclass

from xingate.errors import InvalidRequestError, NotAllowedError, NotFoundError, RequestIdReusedError, XingateError
from xingate_adapters.systems.errors import SystemAdapterError

__all__ = ["MOST_BYTES", "Fault", "fault_of"]

MOST_BYTES = 1_048_576
_STATUS = {InvalidRequestError: 400, RequestIdReusedError: 409, NotFoundError: 404, NotAllowedError: 403}


@dataclass(frozen=True)
class Fault:
    """An error. `status` is HTTP's; from 500 on the caller may try again."""

    status: int
    reason: str
    message: str


def fault_of(error: SystemAdapterError | XingateError) -> Fault:
    """A failed lookup is never told as an empty list."""
    if isinstance(error, SystemAdapterError):
        return Fault(400, error.reason, error.message)
    status = next((status for kind, status in _STATUS.items() if isinstance(error, kind)), 503)
    if isinstance(error, RequestIdReusedError):
        of_feedback = "another feedback on this measure is on record and cannot be replaced here"
        of_query = "the serial number belongs to another query: number each one"
        return Fault(status, error.reason, of_feedback if error.field == "outcome_id" else of_query)
    if status == 503:  # noqa: PLR2004 -- as HTTP names it
        return Fault(status, error.reason or "unavailable", "no answer now: ask again with the same serial number")
    return Fault(status, error.reason, error.message)
