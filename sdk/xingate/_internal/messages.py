"""Between the messages of `xingate.v1` and the dataclasses of `xingate.types`; field names are the same on both sides.

Imports protobuf, not grpc. Raises ProtocolError if an answer cannot be relied on: it is not a message, it has no
record, it answers another question, a date cannot be read.
"""

import types
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from google.protobuf.message import DecodeError, Message

from xingate._internal.values.question import to_day
from xingate.errors import ProtocolError, XingateError, from_status
from xingate.types import Caller, Decision, Question, View
from xingate.v1 import types_pb2, verification_pb2

_M = TypeVar("_M", bound=Message)
_T = TypeVar("_T")
_Read = Callable[[Any], Any]


def parse(kind: type[_M], content: bytes) -> _M:
    """The message that `content` holds."""
    message = kind()
    try:
        message.ParseFromString(content)
    except DecodeError:
        raise ProtocolError(f"the answer is no {kind.DESCRIPTOR.name} message") from None
    return message


def build_check(question: Question, caller: Caller, view: View) -> verification_pb2.CheckRequest:
    """The request for a question whose `request_id` is set; the question's operator comes before the caller's."""
    subject = types_pb2.Subject(
        kind=question.subject.kind.value,  # type: ignore[arg-type]  # the stub wants its own int type
        identifiers=[types_pb2.Identifier(scheme=i.scheme, value=i.value) for i in question.subject.identifiers],
        name=question.subject.name,
    )
    return verification_pb2.CheckRequest(
        request_id=question.request_id,
        subject=subject,
        action=question.action,
        as_of=to_day(question.as_of),
        sequence=question.sequence,
        caller=types_pb2.Caller(
            system=caller.system,
            organisation=caller.organisation,
            operator=question.operator or caller.operator,
        ),
        matter=question.matter,
        context=dict(question.context),
        view=view.value,  # type: ignore[arg-type]  # the stub wants its own int type
    )


def read_decision(message: verification_pb2.CheckResponse, request_id: str) -> Decision:
    """The decision in an answer to `request_id`."""
    if not message.trace.record_id:
        raise ProtocolError("the answer names no record, so it cannot be relied on", request_id=request_id)
    if message.request_id and message.request_id != request_id:
        raise ProtocolError("the answer belongs to another question", request_id=request_id)
    return read(Decision, message, wire=message.SerializeToString())


def read_batch(content: bytes, request_ids: list[str]) -> list[Decision | XingateError]:
    """The results of one BatchCheck, in the order of its requests."""
    results = parse(verification_pb2.BatchCheckResponse, content).results
    if len(results) != len(request_ids):
        raise ProtocolError(f"{len(request_ids)} questions were answered by {len(results)} results")
    return [_read_result(result, i) for result, i in zip(results, request_ids, strict=True)]


def read_stream_result(content: bytes, request_id: str) -> Decision | XingateError:
    """The next result of a StreamCheck."""
    return _read_result(parse(verification_pb2.BatchCheckResult, content), request_id)


def _read_result(result: verification_pb2.BatchCheckResult, request_id: str) -> Decision | XingateError:
    if result.WhichOneof("result") == "response":
        return read_decision(result.response, request_id)
    error = from_status(result.error.code, result.error.reason, result.error.message, result.error.field)
    error.request_id = request_id
    return error


def read(kind: type[_T], message: Message, **more: Any) -> _T:
    """A dataclass from the message with the same field names; `more` are its fields that the wire has not."""
    takers = _takers(kind)  # type: ignore[arg-type]  # a class is hashable, mypy takes it for its instance
    values = {name: take(message) for name, take in takers}
    return kind(**values, **more)


@cache
def _takers(kind: Any) -> tuple[tuple[str, _Read], ...]:
    hints = get_type_hints(kind)
    names = [field.name for field in fields(kind) if field.name != "wire"]
    return tuple((name, _taker(name, hints[name])) for name in names)


def _taker(name: str, hint: Any) -> _Read:
    """How to take one field out of a message; an absent optional one is None."""
    convert, is_optional = _converter(hint)

    def take(message: Any) -> Any:
        if is_optional and message.DESCRIPTOR.fields_by_name[name].has_presence and not message.HasField(name):
            return None
        return convert(getattr(message, name))

    return take


def _converter(hint: Any) -> tuple[_Read, bool]:
    origin = get_origin(hint)
    if origin in {Union, types.UnionType}:
        inner = next(arg for arg in get_args(hint) if arg is not type(None))
        return _converter(inner)[0], True
    if origin is tuple:
        item = _converter(get_args(hint)[0])[0]
        return (lambda values: tuple(item(value) for value in values)), False
    if origin is Mapping:
        return dict, False
    return _plain(hint), False


def _plain(hint: Any) -> _Read:
    if hint in {date, datetime}:
        return lambda text: _moment(hint, text)
    if is_dataclass(hint):
        return lambda message: read(hint, message)  # type: ignore[arg-type]  # is_dataclass keeps no class
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint
    return lambda value: value


def _moment(kind: type[date] | type[datetime], text: str) -> date | None:
    try:
        return kind.fromisoformat(text) if text else None
    except ValueError:
        raise ProtocolError(f"the answer contains `{text}` where `{kind.__name__}` is due") from None


def read_day(text: str) -> date | None:
    """A day of an answer, None if it says none."""
    return _moment(date, text)


def write(value: Any, message: Any) -> None:
    """Put a dataclass into the message with the same field names: the reverse of `read`."""
    for field in fields(value):
        content = getattr(value, field.name)
        if field.name != "wire" and content is not None:
            _put(message, field.name, content)


def _put(message: Any, name: str, content: Any) -> None:
    if is_dataclass(content):
        getattr(message, name).SetInParent()
        write(content, getattr(message, name))
    elif isinstance(content, tuple):
        repeated = getattr(message, name)
        for item in content:
            if is_dataclass(item):
                write(item, repeated.add())
            else:
                repeated.append(item)
    elif isinstance(content, Mapping):
        getattr(message, name).update(content)
    elif isinstance(content, Enum):
        setattr(message, name, content.value)
    else:
        setattr(message, name, content.isoformat() if isinstance(content, date) else content)
