"""What an AuthZEN policy enforcement point sends and gets: pydantic models of the bodies, schemas of the answers.

Unlike those of our own routes these models ignore fields that they do not have, as AuthZEN demands of a receiver;
`null` counts as absent. Excluded: what a question means (`authzen`). Source: OpenID AuthZEN Authorization API 1.0
(final, 11 January 2026), sections 5 to 7, 9 and 10.1.
"""

from typing import Annotated, Any, Final

from pydantic import ConfigDict, Field, WithJsonSchema, model_validator

from xingate_server.core.subject import SubjectKind
from xingate_server.transport.bodies.base import Sent
from xingate_server.transport.bodies.base import described as _doc

PARTS: Final = ("subject", "action", "resource", "context")
"""What an evaluation has, and may take from the top of several."""

EXECUTE_ALL, DENY_ON_FIRST_DENY, PERMIT_ON_FIRST_PERMIT = SEMANTICS = (
    "execute_all",
    "deny_on_first_deny",
    "permit_on_first_permit",
)


class _Received(Sent):
    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


class AuthzenSubjectProperties(_Received):
    """What may be known of a subject beside its number."""

    scheme: str = Field("", **_doc("The number's scheme; empty: by its shape.", "号码类型；留空则按形式识别。", "uscc"))
    name: str = Field("", **_doc("The subject's name.", "主体名称。", "示例建设有限公司"))


class AuthzenSubject(_Received):
    """Who is asked about."""

    type: str = Field(**_doc("legal_entity, sole_trader or natural_person.", "主体类别。", "legal_entity"))
    id: str = Field(**_doc("The number.", "证件号码。", "91420399MA0000007C"))
    properties: AuthzenSubjectProperties = Field(AuthzenSubjectProperties(), **_doc("More.", "补充。"))


class AuthzenAction(_Received):
    """What is about to be done."""

    name: str = Field(**_doc("An action of the catalogue.", "事项目录中的事项。", "permit.grant"))


class AuthzenResource(_Received):
    """The matter that it is done in."""

    type: str = Field(**_doc("Its kind, in the caller's words; recorded.", "事项类别，由查询方自定。", "case"))
    id: str = Field(**_doc("The matter's number.", "事项编号。", "SP-2024-001"))


class AuthzenContext(_Received):
    """The day and the caller; what else is in it are attributes."""

    model_config = ConfigDict(extra="allow")

    as_of: str = Field("", **_doc("YYYY-MM-DD; empty: today.", "日期；留空为今日。", "2026-01-05"))
    system: str = Field("", **_doc("The calling system.", "发起查询的系统。", "portal"))
    organisation: str = Field("", **_doc("Required for a person.", "查询单位；查询自然人时必填。", "示例审批局"))
    operator: str = Field("", **_doc("Required for a person.", "经办人；查询自然人时必填。", "op-1"))


class AuthzenEvaluation(_Received):
    """One evaluation."""

    subject: AuthzenSubject = Field(**_doc("Who is asked about.", "被查询主体。"))
    action: AuthzenAction = Field(**_doc("What is about to be done.", "拟办事项。"))
    resource: AuthzenResource = Field(**_doc("In which matter.", "所属事项。"))
    context: AuthzenContext = Field(AuthzenContext(), **_doc("Day, caller, attributes.", "日期、查询方与其他情节。"))

    @model_validator(mode="before")
    @classmethod
    def _person_without_matter(cls, value: Any) -> Any:
        """A person without a matter is read, so that the gateway refuses the question for its lack of a purpose, as on
        every face (DESIGN section 5)."""
        if not (isinstance(value, dict) and _is_person(value.get("subject"))):
            return value
        resource = {} if value.get("resource") is None else value["resource"]
        if not isinstance(resource, dict) or resource.get("id") is not None:
            return value
        return value | {"resource": {"type": ""} | resource | {"id": ""}}


def _is_person(subject: Any) -> bool:
    return isinstance(subject, dict) and subject.get("type") == SubjectKind.NATURAL_PERSON.value


class AuthzenOptions(_Received):
    """How several evaluations are carried out."""

    # Judged by `authzen`, whose message names it as AuthZEN does.
    evaluations_semantic: Annotated[Any, WithJsonSchema({"type": "string", "enum": list(SEMANTICS)})] = Field(
        EXECUTE_ALL, **_doc("When to stop.", "何时停止。")
    )


class AuthzenEvaluations(_Received):
    """Several evaluations, with what they have in common at the top; without any, one evaluation."""

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [
                {"required": ["evaluations"], "properties": {"evaluations": {"type": "array", "minItems": 1}}},
                {"$ref": "#/components/schemas/AuthzenEvaluation"},
            ]
        }
    )

    subject: dict[str, Any] | None = Field(None, **_doc("Where an evaluation has none.", "缺省主体。"))
    action: dict[str, Any] | None = Field(None, **_doc("Where an evaluation has none.", "缺省事项。"))
    resource: dict[str, Any] | None = Field(None, **_doc("Where an evaluation has none.", "缺省案卷。"))
    context: dict[str, Any] = Field({}, **_doc("Where an evaluation has none.", "缺省情节。"))
    evaluations: list[Any] = Field([], **_doc("Evaluations, at most 1000.", "逐条评估，至多 1000 条。"))
    options: AuthzenOptions = Field(AuthzenOptions(), **_doc("How they are carried out.", "批量方式。"))


_DECISION: Final = {
    "type": "boolean",
    "description": "True for CLEAR, FAVOURED and CAUTION; false otherwise.",
    "x-description-zh": "结论为无措施、有激励或需注意时为真，其余为假。",
}
_CONTEXT: Final = {"$ref": "#/components/schemas/CheckResponse"}
_TEXT: Final = {"type": "string"}

ANSWERS: Final[dict[str, dict[str, Any]]] = {
    "AuthzenDecision": {
        "type": "object",
        "required": ["decision", "context"],
        "properties": {"decision": _DECISION, "context": _CONTEXT},
        "additionalProperties": False,
    },
    "AuthzenDecisions": {
        "type": "object",
        "properties": {
            "decision": _DECISION,
            "context": _CONTEXT,
            "evaluations": {"type": "array", "items": {"$ref": "#/components/schemas/AuthzenItemDecision"}},
        },
        "additionalProperties": False,
    },
    "AuthzenItemDecision": {
        "type": "object",
        "required": ["decision", "context"],
        "properties": {
            "decision": _DECISION,
            "context": {
                "type": "object",
                "description": "A CheckResponse, or `error` where the evaluation was none.",
                "x-description-zh": "查询答复；评估有误时为 error。",
            },
        },
        "additionalProperties": False,
    },
    "AuthzenConfiguration": {
        "type": "object",
        "required": ["policy_decision_point", "access_evaluation_endpoint", "access_evaluations_endpoint"],
        "properties": {
            "policy_decision_point": _TEXT,
            "access_evaluation_endpoint": _TEXT,
            "access_evaluations_endpoint": _TEXT,
        },
        "additionalProperties": False,
    },
}
"""The answers' schemas by name."""
