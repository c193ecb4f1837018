"""A check's answer as bytes, message or JSON, joined from parts that are made once.

What a decision says is made once and kept with the decision object, which many answers share; what stands around it
is joined to it in the order of the fields. The bytes are those of the message that `render.check_response` makes,
serialised deterministically, and of its proto3 JSON by `proto_json` (a test compares both). Answers that carry notices
of earlier reports are rare and made whole.
"""

from datetime import date
from functools import lru_cache
from typing import Final, NamedTuple

import orjson

from xingate.v1 import verification_pb2 as v
from xingate_server.core.decide.decision import Decision
from xingate_server.gateway.answer import Answer, SnapshotInfo
from xingate_server.gateway.bounded_cache import BoundedCache
from xingate_server.gateway.errors import GatewayError
from xingate_server.trace.leaf.wire import text_field, varint
from xingate_server.transport.messages import answers, proto_json
from xingate_server.transport.messages.measures import decision_fields

MOST_KEPT: Final = 2048  # decisions; a few kB each for a subject with entries

_REQUEST_ID, _SNAPSHOT, _TRACE, _AS_OF, _DIGEST = b"\x0a", b"\x62", b"\x6a", b"\x72", b"\x7a"  # of a CheckResponse
_RECORD_ID, _LEAF_INDEX, _LOG_ORIGIN = b"\x0a", b"\x10", b"\x1a"  # of a TraceRef
_RESPONSE, _RESULT = b"\x0a", b"\x0a"  # of a BatchCheckResult and a BatchCheckResponse


class _Said(NamedTuple):
    """What a decision says. It keeps the decision, so that no other can be found under its id."""

    decision: Decision
    content: bytes


class _Answered(NamedTuple):
    """What an answer says but for its request and its record: the fields before `trace`, and those behind."""

    decision: Decision
    snapshot: SnapshotInfo
    as_of: date
    before: bytes
    behind: bytes


_messages: BoundedCache[tuple[int, bool], _Answered] = BoundedCache(MOST_KEPT)
_jsons: BoundedCache[tuple[int, bool], _Said] = BoundedCache(MOST_KEPT)


def response(answer: Answer, view: int) -> bytes:
    """The serialised CheckResponse."""
    if answer.notices:
        return answers.check_response(answer, view).SerializeToString(deterministic=True)
    is_basic = view == v.VIEW_BASIC
    said = _messages.get((id(answer.decision), is_basic))
    if said is None or not _is_of(said, answer):
        said = _answered(answer, is_basic=is_basic)
    trace = (
        text_field(_RECORD_ID, answer.record_id)
        + (_LEAF_INDEX + varint(answer.leaf_index) if answer.leaf_index else b"")
        + text_field(_LOG_ORIGIN, answer.log_origin)
    )
    request_id = text_field(_REQUEST_ID, answer.request_id)
    return b"".join((request_id, said.before, _TRACE, varint(len(trace)), trace, said.behind))


def response_json(answer: Answer, view: int) -> bytes:
    """The CheckResponse as proto3 JSON."""
    if answer.notices:
        return proto_json.encode(answers.check_response(answer, view))
    tail = orjson.dumps(
        {
            "trace": {
                "recordId": answer.record_id,
                "leafIndex": str(answer.leaf_index),
                "logOrigin": answer.log_origin,
            },
            "asOf": answer.as_of.isoformat(),
            "decisionDigest": answer.digest,
        }
    )
    said = _json(answer.decision, is_basic=view == v.VIEW_BASIC)
    request_id, snapshot = orjson.dumps(answer.request_id), _snapshot_json(answer.snapshot)
    return b'{"requestId":%b,%b,"snapshot":%b,%b' % (request_id, said, snapshot, tail[1:])


def result(outcome: Answer | GatewayError, view: int) -> bytes:
    """The serialised BatchCheckResult of one item."""
    if isinstance(outcome, Answer):
        content = response(outcome, view)
        return _RESPONSE + varint(len(content)) + content
    return v.BatchCheckResult(error=answers.check_error(outcome)).SerializeToString()


def batch(results: list[bytes]) -> bytes:
    """The serialised BatchCheckResponse of serialised results."""
    return b"".join([part for content in results for part in (_RESULT, varint(len(content)), content)])


def _is_of(said: _Answered, answer: Answer) -> bool:
    return said.decision is answer.decision and said.snapshot is answer.snapshot and said.as_of == answer.as_of


def _answered(answer: Answer, *, is_basic: bool) -> _Answered:
    fields = decision_fields(answer.decision, is_basic=is_basic)
    snapshot = answers.snapshot_ref(answer.snapshot).SerializeToString(deterministic=True)
    said = _Answered(
        answer.decision,
        answer.snapshot,
        answer.as_of,
        fields + _SNAPSHOT + varint(len(snapshot)) + snapshot,
        text_field(_AS_OF, answer.as_of.isoformat()) + text_field(_DIGEST, answer.digest),
    )
    return _messages.put((id(answer.decision), is_basic), said)


def _json(decision: Decision, *, is_basic: bool) -> bytes:
    """The same as members of a JSON object, without its braces."""
    key = (id(decision), is_basic)
    said = _jsons.get(key)
    if said is None or said.decision is not decision:
        message = v.CheckResponse.FromString(decision_fields(decision, is_basic=is_basic))
        members = proto_json.members(message)
        for name in ("requestId", "snapshot", "trace", "asOf", "decisionDigest"):
            members.pop(name, None)
        said = _jsons.put(key, _Said(decision, orjson.dumps(members)[1:-1]))
    return said.content


@lru_cache(maxsize=64)
def _snapshot_json(info: SnapshotInfo) -> bytes:
    return proto_json.encode(answers.snapshot_ref(info))
