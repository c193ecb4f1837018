"""What a stream of questions needs on both sides: the questions on their way, and what becomes of broken ones."""

from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from xingate._internal import messages
from xingate._internal.calls.call import encoded
from xingate._internal.calls.checks import BATCH_LIMIT, with_id
from xingate._internal.options import Options
from xingate.errors import DeadlineError, InvalidRequestError, UnavailableError, XingateError
from xingate.screening import Result
from xingate.types import Question, View

WINDOW: Final = 64

_S = TypeVar("_S")


@dataclass
class Asked(Generic[_S]):
    """A question on its way: over which stream, or why it could not even be sent."""

    question: Question
    payload: bytes = b""
    error: XingateError | None = None
    stream: _S | None = None

    def read(self, content: bytes) -> Result:
        return messages.read_stream_result(content, self.question.request_id)

    def failed(self, error: XingateError) -> XingateError:
        """The error with the request id under which to ask again."""
        own = self.error or copy(error)
        own.request_id = self.question.request_id
        return own


@dataclass(frozen=True)
class Asking:
    """How a stream is asked."""

    options: Options
    view: View
    window: int
    timeout_s: float | None

    def __post_init__(self) -> None:
        if not 1 <= self.window <= BATCH_LIMIT:
            raise ValueError(f"window is 1 to {BATCH_LIMIT}, not {self.window}")

    @property
    def wait_s(self) -> float:
        """The seconds that the next answer may take."""
        return self.options.timeout_s if self.timeout_s is None else self.timeout_s

    def ask(self, question: Question) -> "Asked[_S]":
        """The question with a request id, encoded."""
        asked: Asked[_S] = Asked(with_id(question))
        try:
            message = encoded(lambda: messages.build_check(asked.question, self.options.caller, self.view))
            asked.payload = message.SerializeToString()
        except InvalidRequestError as error:
            asked.error = error
        return asked


def has_time(error: XingateError) -> bool:
    """Whether those in flight are asked again in a batch, whose own errors then count: a lost connection shows itself
    in many ways."""
    return not isinstance(error, DeadlineError)


def all_failed(broken: Iterable[Asked[_S]], error: XingateError) -> list[Result]:
    return [asked.failed(error) for asked in broken]


def lost() -> UnavailableError:
    return UnavailableError("the stream has ended", reason="stream_ended")
