"""The calls that a gateway takes, with their place in gRPC and in HTTP. Imports protobuf, not grpc."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from google.protobuf.message import Message

from xingate.v1 import catalogue_pb2, snapshot_pb2, trace_pb2, verification_pb2


def _never(_request: object) -> bool:
    return False


def _always(_request: object) -> bool:
    return True


@dataclass(frozen=True)
class Method:
    """One call. `path_of` gives the HTTP path of a request; one that `has_body` is a POST of the request's JSON,
    without the field that stands `in_path`."""

    service: str
    request: type[Message]
    response: type[Message]
    path_of: Callable[[Any], str]
    has_body: Callable[[Any], bool] = _never
    in_path: str = ""


def _query(path: str, **parameters: object) -> str:
    given = {name: value for name, value in parameters.items() if value not in {"", 0, None}}
    return f"{path}?{urlencode(given)}" if given else path


def _is_search(request: trace_pb2.ListRecordsRequest) -> bool:
    # A subject's number and name stand in no address.
    return any(field.name not in {"limit", "before"} for field, _ in request.ListFields())


def _records_path(request: trace_pb2.ListRecordsRequest) -> str:
    if _is_search(request):
        return "/v1/trace:search"
    # `before` may be 0 and still be meant.
    before = str(request.before) if request.HasField("before") else None
    return _query("/v1/trace", limit=request.limit, before=before)


METHODS: Mapping[str, Method] = {
    "Check": Method(
        "VerificationService",
        verification_pb2.CheckRequest,
        verification_pb2.CheckResponse,
        lambda _: "/v1/check",
        has_body=_always,
    ),
    "BatchCheck": Method(
        "VerificationService",
        verification_pb2.BatchCheckRequest,
        verification_pb2.BatchCheckResponse,
        lambda _: "/v1/check:batch",
        has_body=_always,
    ),
    "CheckMatter": Method(
        "VerificationService",
        verification_pb2.CheckMatterRequest,
        verification_pb2.CheckMatterResponse,
        lambda _: "/v1/check:matter",
        has_body=_always,
    ),
    "ListActions": Method(
        "CatalogueService",
        catalogue_pb2.ListActionsRequest,
        catalogue_pb2.ListActionsResponse,
        lambda _: "/v1/actions",
    ),
    "ListMeasures": Method(
        "CatalogueService",
        catalogue_pb2.ListMeasuresRequest,
        catalogue_pb2.ListMeasuresResponse,
        lambda request: _query("/v1/measures", action=request.action),
    ),
    "ListListTypes": Method(
        "CatalogueService",
        catalogue_pb2.ListListTypesRequest,
        catalogue_pb2.ListListTypesResponse,
        lambda _: "/v1/list-types",
    ),
    "GetSnapshot": Method(
        "SnapshotService",
        snapshot_pb2.GetSnapshotRequest,
        snapshot_pb2.Snapshot,
        lambda request: _query("/v1/snapshot", sequence=request.sequence),
    ),
    "GetRecord": Method(
        "TraceService",
        trace_pb2.GetRecordRequest,
        trace_pb2.TraceEntry,
        lambda request: f"/v1/trace/{quote(request.record_id, safe='')}",
    ),
    "GetUsageReport": Method(
        "TraceService",
        trace_pb2.GetUsageReportRequest,
        trace_pb2.UsageReport,
        lambda request: _query(
            "/v1/trace/report", **{"from": getattr(request, "from"), "to": request.to, "by": request.by}
        ),
    ),
    "ListRecords": Method(
        "TraceService",
        trace_pb2.ListRecordsRequest,
        trace_pb2.ListRecordsResponse,
        _records_path,
        has_body=_is_search,
    ),
    "ReportOutcome": Method(
        "TraceService",
        trace_pb2.ReportOutcomeRequest,
        trace_pb2.ReportOutcomeResponse,
        lambda request: f"/v1/trace/{quote(request.record_id, safe='')}/outcome",
        has_body=_always,
        in_path="record_id",
    ),
    "GetReceipt": Method(
        "TraceService",
        trace_pb2.GetReceiptRequest,
        trace_pb2.Receipt,
        lambda request: f"/v1/trace/{quote(request.record_id, safe='')}/receipt",
    ),
    "GetMatterReceipt": Method(
        "TraceService",
        trace_pb2.GetMatterReceiptRequest,
        trace_pb2.MatterReceipt,
        lambda request: f"/v1/trace/{quote(request.record_id, safe='')}/matter-receipt",
    ),
    "GetCheckpoint": Method(
        "TraceService",
        trace_pb2.GetCheckpointRequest,
        trace_pb2.Checkpoint,
        lambda _: "/v1/checkpoint",
    ),
    "GetConsistencyProof": Method(
        "TraceService",
        trace_pb2.GetConsistencyProofRequest,
        trace_pb2.ConsistencyProof,
        lambda request: _query("/v1/checkpoint/consistency", size1=request.size1, size2=request.size2),
    ),
}

STREAM_CHECK = "/xingate.v1.VerificationService/StreamCheck"
"""A stream there and back, which HTTP and a gateway in this process have not."""


def grpc_path(method: str) -> str:
    """The full name of a method in gRPC."""
    return f"/xingate.v1.{METHODS[method].service}/{method}"
