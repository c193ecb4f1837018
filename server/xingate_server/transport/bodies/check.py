"""A question from its JSON: at once where it is written as most are, otherwise by the pydantic models.

What the fast reading takes, the models take in the same way (a test compares the two); whatever it does not take, be it
right or wrong, is read by the models, whose errors are returned. A body that has a key twice has more quotes than what
was read from it, provided that none is escaped: that is how it is found without another parser.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, UnsetType

from xingate.v1 import verification_pb2 as v
from xingate_server.gateway.answer import Command
from xingate_server.trace.leaf.words import KINDS_NAMED
from xingate_server.transport.bodies import models
from xingate_server.transport.bodies.read import read_body
from xingate_server.transport.checks import MOST_ITEMS, Item, batch_items
from xingate_server.transport.messages import answers

_Text = str | UnsetType


class _Sent(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    pass


class _Identifier(_Sent, frozen=True):
    scheme: _Text = UNSET
    value: _Text = UNSET


class _Subject(_Sent, frozen=True):
    kind: Literal["SUBJECT_KIND_LEGAL_ENTITY", "SUBJECT_KIND_SOLE_TRADER", "SUBJECT_KIND_NATURAL_PERSON"]
    identifiers: list[_Identifier] | UnsetType = UNSET
    name: _Text = UNSET


class _Caller(_Sent, frozen=True):
    system: _Text = UNSET
    organisation: _Text = UNSET
    operator: _Text = UNSET


class _Check(_Sent, frozen=True):
    subject: _Subject
    request_id: _Text = UNSET
    action: _Text = UNSET
    as_of: _Text = UNSET
    sequence: Annotated[int, msgspec.Meta(ge=0, le=(1 << 63) - 1)] | UnsetType = UNSET
    caller: _Caller | UnsetType = UNSET
    matter: _Text = UNSET
    context: dict[str, str] | UnsetType = UNSET
    view: Literal["VIEW_UNSPECIFIED", "VIEW_BASIC", "VIEW_FULL"] | UnsetType = UNSET


class _Batch(_Sent, frozen=True):
    requests: list[_Check]


_VIEWS = dict(v.View.items())
_NOBODY = _Caller()
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_read_check = msgspec.json.Decoder(_Check).decode
_read_batch = msgspec.json.Decoder(_Batch).decode
_encode = msgspec.json.Encoder().encode


def read_check(content: bytes) -> tuple[Command, int]:
    """The question in a body, and its view. Raises MalformedMessageError, UnknownFieldError, InvalidQuestionError."""
    try:
        sent = _read_check(content)
    except _UNREADABLE:
        return _by_models(content)
    return _question(sent) if _is_whole(content, sent) else _by_models(content)


def read_batch(content: bytes) -> list[Item]:
    """The questions in a body. Raises MalformedMessageError, UnknownFieldError, BatchTooLargeError."""
    try:
        sent = _read_batch(content)
    except _UNREADABLE:
        sent = None
    if sent is not None and len(sent.requests) <= MOST_ITEMS and _is_whole(content, sent):
        return [Item(*_question(each)) for each in sent.requests]
    return batch_items(read_body(models.BatchCheckBody, content).message())


def _by_models(content: bytes) -> tuple[Command, int]:
    request = read_body(models.CheckBody, content).message()
    return answers.command(request), request.view


def _is_whole(content: bytes, sent: _Check | _Batch) -> bool:
    """Whether all that stands in the body was read: no key stands in it twice."""
    return b"\\" not in content and content.count(b'"') == _encode(sent).count(b'"')


def _question(sent: _Check) -> tuple[Command, int]:
    subject, caller = sent.subject, sent.caller or _NOBODY
    command = Command(
        kind=KINDS_NAMED[subject.kind],
        action=sent.action or "",
        identifiers=tuple([(i.scheme or "", i.value or "") for i in subject.identifiers or ()]),
        name=subject.name or "",
        as_of=sent.as_of or "",
        sequence=sent.sequence or 0,
        request_id=sent.request_id or "",
        system=caller.system or "",
        organisation=caller.organisation or "",
        operator=caller.operator or "",
        matter=sent.matter or "",
        context=sent.context or {},
    )
    return command, _VIEWS[sent.view or "VIEW_UNSPECIFIED"]
