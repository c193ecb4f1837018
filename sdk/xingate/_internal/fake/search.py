"""The records that `testing.FakeGateway` lists: all, or those that fit a search, compared one by one."""

import hashlib
from collections.abc import Sequence

from xingate._internal.clock import day_of
from xingate.errors import InvalidRequestError
from xingate.v1 import trace_pb2

_KINDS = ("", "check", "outcome", "denial", "act", "all")


def subject_key(text: bytes) -> str:
    """What stands for a subject in the fake's records."""
    return hashlib.blake2b(text, digest_size=16).hexdigest()


def list_records(
    request: trace_pb2.ListRecordsRequest, entries: Sequence[trace_pb2.TraceEntry]
) -> trace_pb2.ListRecordsResponse:
    """A page, newest first. Raises InvalidRequestError for an unknown kind."""
    if request.kind not in _KINDS:
        raise InvalidRequestError(f"unknown kind `{request.kind}`", reason="kind_unknown", field="kind")
    end = min(request.before, len(entries)) if request.HasField("before") else len(entries)
    found = [entry for entry in reversed(entries[:end]) if _fits(request, entry.record)]
    limit = request.limit or 50
    response = trace_pb2.ListRecordsResponse(entries=found[:limit])
    if len(found) > limit:
        response.next_before = found[limit - 1].leaf_index
    return response


def _fits(request: trace_pb2.ListRecordsRequest, record: trace_pb2.TraceRecord) -> bool:
    kind = record.WhichOneof("body") or ""
    body = getattr(record, kind)
    day = day_of(record.time).isoformat()
    caller = getattr(body, "caller", None)
    return (
        request.kind in {"", "all", kind}
        and request.organisation in {"", getattr(caller, "organisation", "")}
        and request.operator in {"", getattr(caller or body, "operator", "")}
        and getattr(request, "from") <= day <= (request.to or day)
        and (_fits_lookup(request, record.check) if kind == "check" else not _is_of_lookups(request))
    )


def _is_of_lookups(request: trace_pb2.ListRecordsRequest) -> bool:
    return bool(request.subject or request.name or request.matter or request.action or request.verdict)


def _fits_lookup(request: trace_pb2.ListRecordsRequest, check: trace_pb2.CheckRecord) -> bool:
    keys = {subject_key(text.encode()) for text in (request.subject, request.name) if text}
    return (
        (not keys or not keys.isdisjoint((check.subject_key, *check.further_keys)))
        and request.matter in {"", check.matter}
        and request.action in {"", check.action}
        and request.verdict in {0, check.verdict}
    )
