"""A check's answer as bytes, message or JSON, joined from parts that are made once.

The part for a decision is made once and cached with the decision object, which many answers share; the rest is joined
to it in the order of the fields. The bytes are those of the message that `answers.check_response` makes, serialised
deterministically, and of its proto3 JSON by `proto_json` (a test compares both). Answers that carry notices of earlier
reports are rare and made whole.
"""

from datetime import date
from functools import lru_cache
from typing import Final, NamedTuple

import orjson

from xingate.v1 import types_pb2 as t
from xingate.v1 import verification_pb2 as v
from xingate_server.core.decide.decision import Decision
from xingate_server.gateway.answer import Answer, SnapshotInfo
from xingate_server.gateway.bounded_cache import BoundedCache
from xingate_server.gateway.errors import GatewayError
from xingate_server.trace.leaf.wire import message_field, tag, text_field, varint
from xingate_server.transport.messages import answers
from xingate_server.transport.messages.proto_json import ProtoJson

MAX_CACHED: Final = 2048  # decisions; a few kB each for a subject with entries
_MAX_RULES: Final = 2048
_MAX_SNAPSHOTS: Final = 64
_AROUND: Final = frozenset({"requestId", "snapshot", "trace", "asOf", "decisionDigest"})  # what is not the decision's


class _DecisionJson(NamedTuple):
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


class AnswerEncoder:
    """Encodes the answers of one process, and remembers what it made. For any number of threads."""

    def __init__(self) -> None:
        self._request_id, self._trace = (tag(v.CheckResponse, name) for name in ("request_id", "trace"))
        self._record_id, self._leaf_index, self._log_origin = (
            tag(t.TraceRef, name) for name in ("record_id", "leaf_index", "log_origin")
        )
        self._response, self._result = tag(v.BatchCheckResult, "response"), tag(v.BatchCheckResponse, "results")
        self._messages: BoundedCache[tuple[int, bool], _Answered] = BoundedCache(MAX_CACHED)
        self._jsons: BoundedCache[tuple[int, bool], _DecisionJson] = BoundedCache(MAX_CACHED)
        self._ruled = lru_cache(_MAX_RULES)(answers.ruled_part)
        self.json = ProtoJson()
        self._snapshot_json = lru_cache(_MAX_SNAPSHOTS)(lambda info: self.json.encode(answers.snapshot_ref(info)))

    def response(self, answer: Answer, view: int) -> bytes:
        """The serialised CheckResponse."""
        if answer.notices:
            return answers.check_response(answer, view).SerializeToString(deterministic=True)
        cached = self._messages.get((id(answer.decision), view == v.VIEW_BASIC))
        if cached is None or not _is_of(cached, answer):
            cached = self._answered(answer, view)
        trace = (
            text_field(self._record_id, answer.record_id)
            + (self._leaf_index + varint(answer.leaf_index) if answer.leaf_index else b"")
            + text_field(self._log_origin, answer.log_origin)
        )
        request_id = text_field(self._request_id, answer.request_id)
        return b"".join((request_id, cached.before, self._trace, varint(len(trace)), trace, cached.behind))

    def response_json(self, answer: Answer, view: int) -> bytes:
        """The CheckResponse as proto3 JSON."""
        if answer.notices:
            return self.json.encode(answers.check_response(answer, view))
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
        cached = self._decision_json(answer.decision, view)
        request_id, snapshot = orjson.dumps(answer.request_id), self._snapshot_json(answer.snapshot)
        return b'{"requestId":%b,%b,"snapshot":%b,%b' % (request_id, cached, snapshot, tail[1:])

    def result(self, outcome: Answer | GatewayError, view: int) -> bytes:
        """The serialised BatchCheckResult of one item."""
        if isinstance(outcome, Answer):
            return message_field(self._response, self.response(outcome, view))
        return v.BatchCheckResult(error=answers.check_error(outcome)).SerializeToString()

    def batch(self, results: list[bytes]) -> bytes:
        """The serialised BatchCheckResponse of serialised results."""
        return b"".join([part for content in results for part in (self._result, varint(len(content)), content)])

    def _answered(self, answer: Answer, view: int) -> _Answered:
        before = answers.decision_message(answer.decision, view, self._ruled)
        before.snapshot.CopyFrom(answers.snapshot_ref(answer.snapshot))
        behind = v.CheckResponse(as_of=answers.day(answer.as_of), decision_digest=answer.digest)
        cached = _Answered(
            answer.decision,
            answer.snapshot,
            answer.as_of,
            before.SerializeToString(deterministic=True),
            behind.SerializeToString(),
        )
        return self._messages.put((id(answer.decision), view == v.VIEW_BASIC), cached)

    def _decision_json(self, decision: Decision, view: int) -> bytes:
        """What a decision says, as members of a JSON object, without its braces."""
        key = (id(decision), view == v.VIEW_BASIC)
        cached = self._jsons.get(key)
        if cached is None or cached.decision is not decision:
            members = self.json.members(answers.decision_message(decision, view, self._ruled))
            content = orjson.dumps({name: value for name, value in members.items() if name not in _AROUND})
            cached = self._jsons.put(key, _DecisionJson(decision, content[1:-1]))
        return cached.content


def _is_of(cached: _Answered, answer: Answer) -> bool:
    return cached.decision is answer.decision and cached.snapshot is answer.snapshot and cached.as_of == answer.as_of
