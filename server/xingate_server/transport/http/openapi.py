"""The OpenAPI 3.1 document, made from what answers: operations from the table of calls, bodies and queries from the
pydantic models, answers from the messages' descriptors in their proto3 JSON shape. Nothing in it is written twice.

Descriptions are in English, and in Chinese beside them as `x-description-zh` and `x-summary-zh`.
"""

from importlib.metadata import version
from typing import Any

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from pydantic.json_schema import models_json_schema

from xingate_server.gateway import errors as gateway
from xingate_server.transport import errors as transport
from xingate_server.transport import status
from xingate_server.transport.bodies import authzen as authzen_models
from xingate_server.transport.bodies import models
from xingate_server.transport.calls import EVALUATION, EVALUATIONS, JSON, ROUTES, Call, Limit
from xingate_server.transport.http.authzen import routes

_Schema = dict[str, Any]
_REF = "#/components/schemas/"


def document(public_url: str = "") -> _Schema:
    """The whole document; `public_url` is where callers find the gateway, where that is another address."""
    operations: _Schema = {}
    for call in ROUTES:
        operations.setdefault(call.openapi_path, {})[call.verb.lower()] = _operation(call)
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


def _operation(call: Call) -> _Schema:
    media, *others = call.media
    content: _Schema = {"schema": {"type": "object"}}
    if call.response is not None:
        content = {"schema": {"$ref": _REF + call.response.DESCRIPTOR.name}}
    elif call.answer:
        content = {"schema": {"$ref": _REF + call.answer}}
    elif media != JSON:
        content = {"schema": {"type": "string"}}
    contents = {media: content, **{other: {"schema": {"type": "string"}} for other in others}}
    error = {"$ref": f"#/components/responses/{_error(call)}"}
    out: _Schema = {
        "operationId": call.id,
        "summary": call.en,
        "x-summary-zh": call.zh,
        "responses": {
            "200": {"description": "The answer", "content": contents},
            **dict.fromkeys(_refusals(call), error),
            "default": error,
        },
    }
    if call.id == "readyz":
        out["responses"]["503"] = {"description": "No question is answered; the reasons are in it", "content": contents}
    if call.verb == "POST":
        schema = {"$ref": _REF + call.model.__name__}
        out["requestBody"] = {"required": True, "content": {JSON: {"schema": schema}}}
    if parameters := _parameters(call):
        out["parameters"] = parameters
    return out


def _refusals(call: Call) -> list[str]:
    """The statuses by which a call may be refused, from the table of errors."""
    if call.path in (EVALUATION, EVALUATIONS):
        return ["400", "405", "429", "503"]  # the others are told as 400
    writes = call.limit is Limit.OVERLOAD
    kinds: list[type[Exception]] = [transport.MethodNotAllowedError]
    if call.model is not models.AnyQuery:
        kinds.append(transport.MalformedMessageError)
    if call.service:
        kinds.append(gateway.UnavailableError)
    if call.model is models.SnapshotQuery or "{record_id}" in call.path or writes:
        kinds.append(gateway.UnknownRecordError)
    if call.verb == "POST":
        kinds += [transport.MessageTooLargeError, transport.MediaTypeError, transport.ExpectationError]
    if writes:
        kinds += [gateway.RequestIdReusedError, gateway.NotAllowedError]
    if call.limit is not Limit.NONE:
        kinds.append(transport.OverloadedError)
    return sorted({str(status.TABLE[kind].http) for kind in kinds})


def _error(call: Call) -> str:
    return "Message" if call.path in (EVALUATION, EVALUATIONS) else "Problem"


def _parameters(call: Call) -> list[_Schema]:
    parameters: list[_Schema] = []
    if _error(call) == "Message":
        schema = {"type": "string", "description": "The request id.", "x-description-zh": "请求编号。"}
        parameters.append({"name": routes.REQUEST_ID, "in": "header", "required": False, "schema": schema})
    if "{record_id}" in call.path:
        parameters.append({"name": "recordId", "in": "path", "required": True, "schema": {"type": "string"}})
    if call.verb == "GET":
        for name, schema in call.model.model_json_schema().get("properties", {}).items():
            parameters.append({"name": name, "in": "query", "required": False, "schema": schema})
    return parameters


def _schemas() -> _Schema:
    bodies = [(call.model, "validation") for call in ROUTES if call.verb == "POST"]
    _, made = models_json_schema(bodies, ref_template=_REF + "{model}")  # type: ignore[arg-type] # literal modes
    schemas: _Schema = dict(made["$defs"])
    for call in ROUTES:
        if call.response is not None:
            _add_message(call.response.DESCRIPTOR, schemas)  # type: ignore[arg-type] # two names for one
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
