"""The calls that check one question or many, with request ids that every retry keeps."""

from collections.abc import Iterable, Iterator
from copy import copy
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice

from xingate._internal import messages
from xingate._internal.calls.call import Call, encoded
from xingate._internal.clock import new_request_id
from xingate.errors import InvalidRequestError, XingateError
from xingate.types import Caller, Decision, Question, View
from xingate.v1 import verification_pb2

BATCH_LIMIT = 1000


def with_id(question: Question) -> Question:
    """The question with a request id, made here so that every retry has the same one."""
    return question if question.request_id else replace(question, request_id=new_request_id())


def check_call(question: Question, caller: Caller, view: View) -> Call[Decision]:
    """Check."""
    asked = with_id(question)

    def read(content: bytes) -> Decision:
        message = messages.parse(verification_pb2.CheckResponse, content)
        return messages.read_decision(message, asked.request_id)

    payload = encoded(lambda: messages.build_check(asked, caller, view).SerializeToString())
    return Call("Check", payload, read, asked.request_id)


@dataclass(frozen=True)
class Batch:
    """One BatchCheck of up to 1000 questions. `refused` are those, by place, that could not even be sent."""

    call: Call[list[Decision | XingateError]]
    request_ids: list[str]
    refused: dict[int, XingateError]

    def merge(self, answered: list[Decision | XingateError]) -> list[Decision | XingateError]:
        """All results in the order of the questions."""
        rest = iter(answered)
        return [self.refused.get(place) or next(rest) for place in range(len(self.request_ids))]

    def failed(self, error: XingateError) -> list[Decision | XingateError]:
        """The results when the call failed as a whole: the error for each, with its own request id."""
        errors: list[Decision | XingateError] = []
        for place, request_id in enumerate(self.request_ids):
            own = self.refused.get(place) or copy(error)
            own.request_id = request_id
            errors.append(own)
        return errors


def batches(questions: Iterable[Question], caller: Caller, view: View) -> Iterator[Batch]:
    """BatchCheck, as often as needed."""
    remaining = iter(questions)
    while chunk := [with_id(question) for question in islice(remaining, BATCH_LIMIT)]:
        yield _batch(chunk, caller, view)


def _batch(chunk: list[Question], caller: Caller, view: View) -> Batch:
    refused: dict[int, XingateError] = {}
    request = verification_pb2.BatchCheckRequest()
    sent: list[str] = []
    for place, question in enumerate(chunk):
        try:
            request.requests.append(encoded(partial(messages.build_check, question, caller, view)))
            sent.append(question.request_id)
        except InvalidRequestError as error:
            error.request_id = question.request_id
            refused[place] = error
    payload = request.SerializeToString()
    call = Call("BatchCheck", payload, lambda content: messages.read_batch(content, sent))
    return Batch(call, [question.request_id for question in chunk], refused)
