"""The OpenAPI 3.1 document, made from what answers: bodies and queries from the pydantic models, answers from the
messages' descriptors in their proto3 JSON shape. Nothing in it is written twice.

Descriptions stand in English, and in Chinese beside them as `x-description-zh` and `x-summary-zh`.
"""

from importlib.metadata import version
from typing import Any, NamedTuple

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from google.protobuf.message import Message
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from xingate.v1 import catalogue_pb2, snapshot_pb2, trace_pb2, verification_pb2
from xingate_server.gateway import errors as gateway
from xingate_server.transport import errors as transport
from xingate_server.transport import status
from xingate_server.transport.http.authzen import models as authzen_models
from xingate_server.transport.http.authzen import routes
from xingate_server.transport.http.bodies import models
from xingate_server.transport.limits import GATED

_Schema = dict[str, Any]
_REF = "#/components/schemas/"


class _Operation(NamedTuple):
    verb: str
    path: str
    id: str
    summary: str
    summary_zh: str
    response: type[Message] | None = None
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    media: str = "application/json"
    also: str = ""
    answer: str = ""  # a schema of `authzen_models`, instead of `response`


OPERATIONS = (
    _Operation(
        "post",
        "/v1/check",
        "Check",
        "Ask what applies to a subject for an action; the answer is recorded first",
        "查询主体在某事项上适用的激励或惩戒措施；先留痕后答复",
        verification_pb2.CheckResponse,
        body=models.CheckBody,
    ),
    _Operation(
        "post",
        "/v1/check:batch",
        "BatchCheck",
        "Up to 1000 questions, each with its own answer or error",
        "批量查询，至多 1000 条，逐条答复或报错",
        verification_pb2.BatchCheckResponse,
        body=models.BatchCheckBody,
    ),
    _Operation(
        "post",
        "/v1/check:matter",
        "CheckMatter",
        "All parties of a matter together: one record each, one answer for the file",
        "同一办件的各当事人一并查询：逐一留痕，给出一个总结论",
        verification_pb2.CheckMatterResponse,
        body=models.CheckMatterBody,
    ),
    _Operation(
        "get",
        "/v1/actions",
        "ListActions",
        "The actions of the catalogue",
        "事项目录",
        catalogue_pb2.ListActionsResponse,
    ),
    _Operation(
        "get",
        "/v1/measures",
        "ListMeasures",
        "The measures of the catalogue",
        "措施目录",
        catalogue_pb2.ListMeasuresResponse,
        query=models.MeasuresQuery,
    ),
    _Operation(
        "get",
        "/v1/list-types",
        "ListListTypes",
        "The list types of the catalogue",
        "名单类型目录",
        catalogue_pb2.ListListTypesResponse,
    ),
    _Operation(
        "get",
        "/v1/snapshot",
        "GetSnapshot",
        "What the snapshot was made of",
        "快照的构成",
        snapshot_pb2.Snapshot,
        query=models.SnapshotQuery,
    ),
    _Operation(
        "get",
        "/v1/trace",
        "ListRecords",
        "Records of lookups, newest first",
        "查询留痕，由新到旧",
        trace_pb2.ListRecordsResponse,
        query=models.RecordsQuery,
    ),
    _Operation(
        "post",
        "/v1/trace:search",
        "SearchRecords",
        "Records by subject, caller, action, verdict, matter or days, newest first",
        "按主体、查询方、事项、结论、办件或日期检索留痕，由新到旧",
        trace_pb2.ListRecordsResponse,
        body=models.SearchBody,
    ),
    _Operation(
        "get",
        "/v1/trace/report",
        "GetUsageReport",
        "Lookups, verdicts and outcomes, counted over the log",
        "查询、结论与反馈的汇总统计",
        trace_pb2.UsageReport,
        query=models.UsageQuery,
    ),
    _Operation(
        "get",
        "/v1/trace/{recordId}",
        "GetRecord",
        "One record, with its exact bytes",
        "单条留痕及其原始字节",
        trace_pb2.TraceEntry,
    ),
    _Operation(
        "post",
        "/v1/trace/{recordId}/outcome",
        "ReportOutcome",
        "Report what became of a lookup: measures applied or not, identities settled",
        "反馈查询结果的执行情况：措施是否执行、身份核实结论",
        trace_pb2.ReportOutcomeResponse,
        body=models.OutcomeBody,
    ),
    _Operation(
        "get",
        "/v1/trace/{recordId}/receipt",
        "GetReceipt",
        "What proves one record offline: the receipt file, or as text/html a page to print",
        "离线可验证的查询回执；text/html 为可打印的页面",
        trace_pb2.Receipt,
        query=models.ReceiptQuery,
        also="text/html",
    ),
    _Operation(
        "get",
        "/v1/trace/{recordId}/matter-receipt",
        "GetMatterReceipt",
        "What proves the records of all parties of a matter check offline",
        "同一办件各当事人查询记录的离线可验证回执",
        trace_pb2.MatterReceipt,
    ),
    _Operation(
        "get",
        "/v1/checkpoint",
        "GetCheckpoint",
        "The newest signed checkpoint of the log; as text/plain the signed note alone",
        "日志最新的签名检查点；text/plain 仅为签名文本",
        trace_pb2.Checkpoint,
        also="text/plain",
    ),
    _Operation(
        "get",
        "/v1/checkpoint/consistency",
        "GetConsistencyProof",
        "That the log only grew between two checkpoints",
        "两个检查点之间日志只增不改的证明",
        trace_pb2.ConsistencyProof,
        query=models.ConsistencyQuery,
    ),
    _Operation(
        "post",
        routes.EVALUATION,
        "Evaluation",
        "AuthZEN: one access evaluation, recorded as a check",
        "AuthZEN：单条访问评估，留痕同查询",
        body=authzen_models.AuthzenEvaluation,
        answer="AuthzenDecision",
    ),
    _Operation(
        "post",
        routes.EVALUATIONS,
        "Evaluations",
        "AuthZEN: several access evaluations, all of them or up to the first deny or permit",
        "AuthZEN：多条访问评估，可在首次拒绝或首次允许时停止",
        body=authzen_models.AuthzenEvaluations,
        answer="AuthzenDecisions",
    ),
    _Operation(
        "get",
        routes.CONFIGURATION,
        "authzenConfiguration",
        "AuthZEN: where the policy decision point answers",
        "AuthZEN：策略决策点的地址",
        answer="AuthzenConfiguration",
    ),
    _Operation("get", "/healthz", "healthz", "Whether the process lives", "进程是否存活"),
    _Operation("get", "/readyz", "readyz", "Whether questions can be answered, and why not", "能否答复及其原因"),
    _Operation("get", "/metrics", "metrics", "Prometheus metrics", "监控指标", media="text/plain"),
    _Operation("get", "/openapi.json", "openapi", "This document", "本接口文档（OpenAPI）"),
    _Operation(
        "get", "/docs", "docs", "This document for people", "本接口说明页", query=models.DocsQuery, media="text/html"
    ),
)


def document(public_url: str = "") -> _Schema:
    """The whole document; `public_url` is where callers find the gateway, where that is another address."""
    operations: _Schema = {}
    for operation in OPERATIONS:
        operations.setdefault(operation.path, {})[operation.verb] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "xingate",
            "version": version("xingate"),
            "summary": "Which incentives or restrictions apply to this subject for this action, and was it asked?",
            "x-summary-zh": "该主体办理该事项适用哪些激励或惩戒措施，依据为何，是否查询过？",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": public_url or "/", "description": "This gateway"}],
        "security": [],  # no operation asks who calls; that is for a proxy
        "paths": operations,
        "components": {
            "schemas": _schemas(),
            "responses": {"Problem": _problem_response(), "Message": _message_response()},
        },
    }


def _operation(operation: _Operation) -> _Schema:
    content: _Schema = {"schema": {"type": "object"}}
    if operation.response is not None:
        content = {"schema": {"$ref": _REF + operation.response.DESCRIPTOR.name}}
    elif operation.answer:
        content = {"schema": {"$ref": _REF + operation.answer}}
    elif not operation.media.endswith("json"):
        content = {"schema": {"type": "string"}}
    contents = {operation.media: content}
    if operation.also:
        contents[operation.also] = {"schema": {"type": "string"}}
    error = {"$ref": f"#/components/responses/{_error(operation)}"}
    out: _Schema = {
        "operationId": operation.id,
        "summary": operation.summary,
        "x-summary-zh": operation.summary_zh,
        "responses": {
            "200": {"description": "The answer", "content": contents},
            **dict.fromkeys(_refusals(operation), error),
            "default": error,
        },
    }
    if operation.id == "readyz":
        out["responses"]["503"] = {"description": "No question is answered; the reasons are in it", "content": contents}
    if operation.body is not None:
        schema = {"$ref": _REF + operation.body.__name__}
        out["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    if parameters := _parameters(operation):
        out["parameters"] = parameters
    return out


def _refusals(operation: _Operation) -> list[str]:
    """The statuses by which a call may be refused, from the table of errors."""
    if operation.path.startswith("/access/"):
        return ["400", "405", "429", "503"]  # the others are told as 400
    kinds: list[type[Exception]] = [transport.MethodNotAllowedError, transport.MalformedMessageError]
    if operation.path.startswith("/v1/"):
        kinds.append(gateway.UnavailableError)
    if operation.query is models.SnapshotQuery or "{recordId}" in operation.path or operation.id in GATED:
        kinds.append(gateway.UnknownRecordError)
    if operation.body is not None:
        kinds += [transport.MessageTooLargeError, transport.MediaTypeError, transport.ExpectationError]
    if operation.id in GATED:
        kinds += [gateway.RequestIdReusedError, gateway.NotAllowedError]
    if operation.id in GATED or operation.path == "/v1/trace:search":
        kinds.append(transport.OverloadedError)
    return sorted({str(status.TABLE[kind].http) for kind in kinds})


def _error(operation: _Operation) -> str:
    return "Message" if operation.path in (routes.EVALUATION, routes.EVALUATIONS) else "Problem"


def _parameters(operation: _Operation) -> list[_Schema]:
    parameters: list[_Schema] = []
    if _error(operation) == "Message":
        schema = {"type": "string", "description": "The request id.", "x-description-zh": "请求编号。"}
        parameters.append({"name": routes.REQUEST_ID, "in": "header", "required": False, "schema": schema})
    if "{recordId}" in operation.path:
        parameters.append({"name": "recordId", "in": "path", "required": True, "schema": {"type": "string"}})
    if operation.query is not None:
        for name, schema in operation.query.model_json_schema()["properties"].items():
            parameters.append({"name": name, "in": "query", "required": False, "schema": schema})
    return parameters


def _schemas() -> _Schema:
    bodies = [(o.body, "validation") for o in OPERATIONS if o.body is not None]
    _, made = models_json_schema(bodies, ref_template=_REF + "{model}")  # type: ignore[arg-type] # literal modes
    schemas: _Schema = dict(made["$defs"])
    for operation in OPERATIONS:
        if operation.response is not None:
            _add_message(operation.response.DESCRIPTOR, schemas)  # type: ignore[arg-type] # two names for one
    schemas["Receipt"]["properties"]["leafIndex"] = {"type": "integer", "minimum": 0}  # the file's own, not proto3 JSON
    schemas["Problem"] = _problem_schema()
    schemas |= authzen_models.ANSWERS
    return dict(sorted(schemas.items()))


def _add_message(message: Descriptor, schemas: _Schema) -> None:
    if message.name in schemas:
        return
    properties: _Schema = {}
    schemas[message.name] = {"type": "object", "properties": properties, "additionalProperties": False}
    for field in message.fields:
        properties[field.json_name] = _field(field, schemas)
    # What has no presence is always written; what has presence may be absent.
    schemas[message.name]["required"] = [f.json_name for f in message.fields if not f.has_presence]


def _field(field: FieldDescriptor, schemas: _Schema) -> _Schema:
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        value = field.message_type.fields_by_name["value"]
        return {"type": "object", "additionalProperties": _single(value, schemas)}
    single = _single(field, schemas)
    return {"type": "array", "items": single} if field.is_repeated else single


def _single(field: FieldDescriptor, schemas: _Schema) -> _Schema:
    if field.message_type is not None:
        _add_message(field.message_type, schemas)
        return {"$ref": _REF + field.message_type.name}
    if field.enum_type is not None:
        schemas.setdefault(field.enum_type.name, _enum(field.enum_type))
        return {"$ref": _REF + field.enum_type.name}
    return dict(_SCALARS[field.type])


def _enum(enum: EnumDescriptor) -> _Schema:
    return {"type": "string", "enum": [value.name for value in enum.values]}


_SCALARS: dict[int, _Schema] = {
    FieldDescriptor.TYPE_STRING: {"type": "string"},
    FieldDescriptor.TYPE_BYTES: {"type": "string", "contentEncoding": "base64"},
    FieldDescriptor.TYPE_BOOL: {"type": "boolean"},
    FieldDescriptor.TYPE_DOUBLE: {"type": "number"},
    FieldDescriptor.TYPE_INT32: {"type": "integer"},
    FieldDescriptor.TYPE_UINT32: {"type": "integer", "minimum": 0},
    # proto3 JSON writes 64-bit numbers as strings, since JavaScript cannot hold them.
    FieldDescriptor.TYPE_UINT64: {"type": "string", "pattern": "^[0-9]+$"},
}


def _problem_response() -> _Schema:
    schema = {"$ref": _REF + "Problem"}
    return {
        "description": "A problem (RFC 9457)",
        "x-description-zh": "错误（RFC 9457）",
        "content": {"application/problem+json": {"schema": schema}},
    }


def _message_response() -> _Schema:
    return {
        "description": "An error message (AuthZEN, section 10.1.2)",
        "x-description-zh": "错误说明（AuthZEN 第 10.1.2 节）",
        "content": {"text/plain": {"schema": {"type": "string"}}},
    }


def _problem_schema() -> _Schema:
    statuses = sorted({row.http for row in (*status.TABLE.values(), status.INTERNAL)})
    return {
        "type": "object",
        "required": ["type", "title", "status", "detail", "reason"],
        "properties": {
            "type": {"type": "string", "pattern": "^urn:xingate:problem:"},
            "title": {"type": "string"},
            "status": {"type": "integer", "enum": statuses},
            "detail": {"type": "string"},
            "reason": {"type": "string"},
            "field": {"type": "string"},
        },
    }
