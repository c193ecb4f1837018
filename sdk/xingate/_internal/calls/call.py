"""One call: the bytes of its request, and how to read its answer."""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from xingate.errors import InvalidRequestError

_T = TypeVar("_T")


@dataclass(frozen=True)
class Call(Generic[_T]):
    """One request and how to read its answer."""

    method: str
    payload: bytes
    read: Callable[[bytes], _T]
    request_id: str = ""


Steps = Generator[Call[Any] | float, Any, _T]
"""What needs several calls: it asks for each, or for a pause in seconds, and is sent the answer."""


@dataclass(frozen=True)
class Done:
    """What the steps came to."""

    value: Any


def advance(resume: Callable[[Any], Any], value: object) -> Any:
    """The next step, or `Done`: a StopIteration cannot leave a thread's future."""
    try:
        return resume(value)
    except StopIteration as done:
        return Done(done.value)


def encoded(encode: Callable[[], _T]) -> _T:
    """What `encode` makes, which is done before anything is sent. Raises InvalidRequestError."""
    try:
        return encode()
    except (TypeError, ValueError, AttributeError) as error:
        # The error's own text may hold a name or a number, so it is not passed on.
        raise InvalidRequestError(
            "the question cannot be sent: a text is not Unicode, a number does not fit, or a part has the wrong type",
            reason="question_unencodable",
        ) from error


def require_record_id(record_id: str) -> None:
    """Raises InvalidRequestError if there is none."""
    if not record_id:
        raise InvalidRequestError("a record id is needed", reason="record_id_missing", field="record_id")
