"""The calls of a gateway: one table, from which all faces are made.

gRPC serves the rows that have an RPC, HTTP those that have a path; the OpenAPI document describes the latter. The SDK's
own table and docs/http.md are compared with it by a test. A new call is a row here, a method of `handlers.Handlers`
with the RPC's name in snake_case, and what that test then names. The largest body is the same for all
(`server.most_message_bytes`). Excluded: what a call does (`handlers`), codes (`status`). Source: DESIGN sections 8
and 9; AuthZEN 1.0.
"""

import re
from collections.abc import Mapping
from enum import Enum
from typing import Any, Final, NamedTuple, cast

from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message
from pydantic import BaseModel

from xingate.v1 import catalogue_pb2 as c
from xingate.v1 import snapshot_pb2 as s
from xingate.v1 import trace_pb2 as tr
from xingate.v1 import verification_pb2 as v
from xingate_server.transport.bodies import authzen, models

JSON, TEXT, HTML = "application/json", "text/plain", "text/html"
EVALUATION, EVALUATIONS = "/access/v1/evaluation", "/access/v1/evaluations"
CONFIGURATION = "/.well-known/authzen-configuration"


class Limit(Enum):
    """What a call is held to."""

    NONE = "answered whatever the load"
    OVERLOAD = "refused under overload: it writes records (`limits.InFlightLimit`)"
    ONE_BY_ONE = "it reads much of the log: one runs, a few wait (`limits.OneByOne`)"


class Call(NamedTuple):
    """One way to call. `id` is that of the OpenAPI document.

    `service` and `rpc` are its place in gRPC, `verb` and `path` that in HTTP, each empty if it has none; the RPC is
    called `id` where `rpc` does not say otherwise. `model` is the body of a POST or the query of a GET. An answer is
    `response`, or the schema named `answer`, in one of the `media`. `takes_bytes` says that the request is not parsed
    before it is its turn (`checks`). `en` and `zh` say in a line what it is for.
    """

    id: str
    en: str
    zh: str
    verb: str = ""
    path: str = ""
    service: str = ""
    request: type[Message] = Message
    response: type[Message] | None = None
    model: type[BaseModel] = models.NoQuery
    limit: Limit = Limit.NONE
    rpc: str = ""
    answer: str = ""
    media: tuple[str, ...] = (JSON,)
    takes_bytes: bool = False

    @property
    def method(self) -> str:
        """The RPC's name, or what the metrics call it where it has none."""
        return self.rpc or self.id

    @property
    def handler(self) -> str:
        """The method of `Handlers` that answers: the RPC's name in snake_case."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", self.method).lower()

    @property
    def descriptor(self) -> MethodDescriptor:
        """The RPC as the .proto file has it."""
        services = self.request.DESCRIPTOR.file.services_by_name
        found: Any = services[self.service.rpartition(".")[2]].methods_by_name[self.method]  # two names for one type
        return cast("MethodDescriptor", found)

    @property
    def is_stream(self) -> bool:
        """Whether more than one message goes in or out."""
        return bool(self.descriptor.client_streaming or self.descriptor.server_streaming)

    @property
    def openapi_path(self) -> str:
        """The path with its parameters as JSON names them."""
        return self.path.replace("{record_id}", "{recordId}")


VERIFICATION = "xingate.v1.VerificationService"
CATALOGUE = "xingate.v1.CatalogueService"
SNAPSHOT = "xingate.v1.SnapshotService"
TRACE = "xingate.v1.TraceService"
SERVICES: Final = (VERIFICATION, CATALOGUE, SNAPSHOT, TRACE)

CALLS: Final = (
    Call(
        "Check",
        "Ask what applies to a subject for an action; the answer is recorded first",
        "查询主体在某事项上适用的激励或惩戒措施；先留痕后答复",
        "POST",
        "/v1/check",
        VERIFICATION,
        v.CheckRequest,
        v.CheckResponse,
        models.CheckBody,
        Limit.OVERLOAD,
        takes_bytes=True,
    ),
    Call(
        "BatchCheck",
        "Up to 1000 questions, each with its own answer or error",
        "批量查询，至多 1000 条，逐条答复或报错",
        "POST",
        "/v1/check:batch",
        VERIFICATION,
        v.BatchCheckRequest,
        v.BatchCheckResponse,
        models.BatchCheckBody,
        Limit.OVERLOAD,
        takes_bytes=True,
    ),
    Call(
        "StreamCheck",
        "Questions as they come, answered in their order",
        "流式查询，按提问顺序逐条答复",
        service=VERIFICATION,
        request=v.CheckRequest,
        response=v.BatchCheckResult,
        takes_bytes=True,
    ),
    Call(
        "CheckMatter",
        "All parties of a matter together: one record each, one answer for the file",
        "同一办件的各当事人一并查询：逐一留痕，给出一个总结论",
        "POST",
        "/v1/check:matter",
        VERIFICATION,
        v.CheckMatterRequest,
        v.CheckMatterResponse,
        models.CheckMatterBody,
        Limit.OVERLOAD,
    ),
    Call(
        "ListActions",
        "The actions of the catalogue",
        "事项目录",
        "GET",
        "/v1/actions",
        CATALOGUE,
        c.ListActionsRequest,
        c.ListActionsResponse,
    ),
    Call(
        "ListMeasures",
        "The measures of the catalogue",
        "措施目录",
        "GET",
        "/v1/measures",
        CATALOGUE,
        c.ListMeasuresRequest,
        c.ListMeasuresResponse,
        models.MeasuresQuery,
    ),
    Call(
        "ListListTypes",
        "The list types of the catalogue",
        "名单类型目录",
        "GET",
        "/v1/list-types",
        CATALOGUE,
        c.ListListTypesRequest,
        c.ListListTypesResponse,
    ),
    Call(
        "GetSnapshot",
        "What the snapshot was made of",
        "快照的构成",
        "GET",
        "/v1/snapshot",
        SNAPSHOT,
        s.GetSnapshotRequest,
        s.Snapshot,
        models.SnapshotQuery,
    ),
    Call(
        "WatchSnapshot",
        "The present snapshot at once, then each new one",
        "先给出当前快照，之后逐一给出新快照",
        service=SNAPSHOT,
        request=s.WatchSnapshotRequest,
        response=s.Snapshot,
    ),
    Call(
        "ListRecords",
        "Records of lookups, newest first",
        "查询留痕，由新到旧",
        "GET",
        "/v1/trace",
        TRACE,
        tr.ListRecordsRequest,
        tr.ListRecordsResponse,
        models.RecordsQuery,
    ),
    Call(
        "SearchRecords",
        "Records by subject, caller, action, verdict, matter or days, newest first",
        "按主体、查询方、事项、结论、办件或日期检索留痕，由新到旧",
        "POST",
        "/v1/trace:search",
        TRACE,
        tr.ListRecordsRequest,
        tr.ListRecordsResponse,
        models.SearchBody,
        Limit.ONE_BY_ONE,
        rpc="ListRecords",
    ),
    Call(
        "GetUsageReport",
        "Lookups, verdicts and outcomes, counted over the log",
        "查询、结论与反馈的汇总统计",
        "GET",
        "/v1/trace/report",
        TRACE,
        tr.GetUsageReportRequest,
        tr.UsageReport,
        models.UsageQuery,
        Limit.ONE_BY_ONE,
    ),
    Call(
        "GetRecord",
        "One record, with its exact bytes",
        "单条留痕及其原始字节",
        "GET",
        "/v1/trace/{record_id}",
        TRACE,
        tr.GetRecordRequest,
        tr.TraceEntry,
    ),
    Call(
        "ReportOutcome",
        "Report what became of a lookup: measures applied or not, identities settled",
        "反馈查询结果的执行情况：措施是否执行、身份核实结论",
        "POST",
        "/v1/trace/{record_id}/outcome",
        TRACE,
        tr.ReportOutcomeRequest,
        tr.ReportOutcomeResponse,
        models.OutcomeBody,
        Limit.OVERLOAD,
    ),
    Call(
        "GetReceipt",
        "What proves one record offline: the receipt file, or as text/html a page to print",
        "离线可验证的查询回执；text/html 为可打印的页面",
        "GET",
        "/v1/trace/{record_id}/receipt",
        TRACE,
        tr.GetReceiptRequest,
        tr.Receipt,
        models.ReceiptQuery,
        media=(JSON, HTML),
    ),
    Call(
        "GetMatterReceipt",
        "What proves the records of all parties of a matter check offline",
        "同一办件各当事人查询记录的离线可验证回执",
        "GET",
        "/v1/trace/{record_id}/matter-receipt",
        TRACE,
        tr.GetMatterReceiptRequest,
        tr.MatterReceipt,
    ),
    Call(
        "GetCheckpoint",
        "The newest signed checkpoint of the log; as text/plain the signed note alone",
        "日志最新的签名检查点；text/plain 仅为签名文本",
        "GET",
        "/v1/checkpoint",
        TRACE,
        tr.GetCheckpointRequest,
        tr.Checkpoint,
        media=(JSON, TEXT),
    ),
    Call(
        "GetConsistencyProof",
        "That the log only grew between two checkpoints",
        "两个检查点之间日志只增不改的证明",
        "GET",
        "/v1/checkpoint/consistency",
        TRACE,
        tr.GetConsistencyProofRequest,
        tr.ConsistencyProof,
        models.ConsistencyQuery,
    ),
    Call(
        "Evaluation",
        "AuthZEN: one access evaluation, recorded as a check",
        "AuthZEN：单条访问评估，留痕同查询",
        "POST",
        EVALUATION,
        model=authzen.AuthzenEvaluation,
        limit=Limit.OVERLOAD,
        answer="AuthzenDecision",
    ),
    Call(
        "Evaluations",
        "AuthZEN: several access evaluations, all of them or up to the first deny or permit",
        "AuthZEN：多条访问评估，可在首次拒绝或首次允许时停止",
        "POST",
        EVALUATIONS,
        model=authzen.AuthzenEvaluations,
        limit=Limit.OVERLOAD,
        answer="AuthzenDecisions",
    ),
    Call(
        "authzenConfiguration",
        "AuthZEN: where the policy decision point answers",
        "AuthZEN：策略决策点的地址",
        "GET",
        CONFIGURATION,
        model=models.AnyQuery,
        answer="AuthzenConfiguration",
    ),
    Call("healthz", "Whether the process lives", "进程是否存活", "GET", "/healthz", model=models.AnyQuery),
    Call(
        "readyz",
        "Whether questions can be answered, and why not",
        "能否答复及其原因",
        "GET",
        "/readyz",
        model=models.AnyQuery,
    ),
    Call("metrics", "Prometheus metrics", "监控指标", "GET", "/metrics", model=models.AnyQuery, media=(TEXT,)),
    Call("openapi", "This document", "本接口文档（OpenAPI）", "GET", "/openapi.json"),
    Call("docs", "This document for people", "本接口说明页", "GET", "/docs", model=models.DocsQuery, media=(HTML,)),
)
_RPCS = tuple(call for call in CALLS if call.service and not call.rpc)  # each RPC has one row of its own name
UNARY: Final[Mapping[str, Call]] = {call.id: call for call in _RPCS if not call.is_stream}
"""The calls with one message in and one out, by RPC."""
STREAMS: Final[Mapping[str, Call]] = {call.id: call for call in _RPCS if call.is_stream}
ROUTES: Final = tuple(call for call in CALLS if call.path)
