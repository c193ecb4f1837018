"""OpenID AuthZEN Authorization API 1.0: the gateway as a policy decision point.

An evaluation is a check: the subject's type is its kind and its id the number, the action's name the action, the
resource the matter, and the decision is true for CLEAR, FAVOURED and CAUTION. Each is recorded before it is answered,
and the answer's `context` is the CheckResponse as `/v1/check` gives it. `X-Request-ID` is the request id; one that is
too long for a record is recorded by its SHA-256. If evaluations end at the first deny or permit, those behind it are
neither carried out nor recorded.

A question that is none, a full gateway and a log that cannot be written are errors and never a decision, but for one
wrong item of several, whose decision is false (section 7.2.1). Excluded: search, which would list who is listed.
Source: the final specification of 11 January 2026, sections 5 to 7, 9 and 10; DESIGN section 9.
"""

import json
import re
from collections.abc import Awaitable, Callable, Sequence
from hashlib import sha256
from ipaddress import IPv4Network, IPv6Network, ip_address
from time import perf_counter
from typing import Any, Final

import orjson
from aiohttp import web

from xingate.v1 import verification_pb2 as v
from xingate_server.core.catalogue import Verdict
from xingate_server.core.identifiers.parsing import mask_text
from xingate_server.core.subject import SubjectKind
from xingate_server.gateway.answer import Answer, Command
from xingate_server.gateway.errors import GatewayError, InvalidQuestionError
from xingate_server.gateway.question import MAX_CONTEXT, MAX_REQUEST_ID, check_no_number, check_text
from xingate_server.transport.bodies.authzen import (
    EXECUTE_ALL,
    PARTS,
    PERMIT_ON_FIRST_PERMIT,
    SEMANTICS,
    AuthzenEvaluation,
    AuthzenEvaluations,
)
from xingate_server.transport.bodies.read import read, read_body
from xingate_server.transport.calls import EVALUATION, EVALUATIONS
from xingate_server.transport.checks import MOST_ITEMS, Checks, Item
from xingate_server.transport.errors import BatchTooLargeError, MalformedMessageError
from xingate_server.transport.handlers import Handlers
from xingate_server.transport.http.body import JSON, body_of, one
from xingate_server.transport.http.problems import MEDIA, SAFE
from xingate_server.transport.messages.fragments import AnswerEncoder
from xingate_server.transport.status import fault_of

REQUEST_ID: Final = "X-Request-ID"
RESOURCE_TYPE: Final = "resource.type"
"""The context attribute under which a record keeps the resource's type."""

MOST_ATTRIBUTES: Final = MAX_CONTEXT - 1  # beside `RESOURCE_TYPE`
MOST_REQUEST_ID: Final = 512
_MOST_SHARED = 120  # of several evaluations, whose own ids derive from it

Networks = Sequence[IPv4Network | IPv6Network]

Handle = Callable[[web.Request], Awaitable[web.StreamResponse]]

_PERMITTING = frozenset({Verdict.CLEAR, Verdict.FAVOURED, Verdict.CAUTION})
_KINDS = {kind.value: kind for kind in SubjectKind}
_NAMES = {
    "subject.identifiers[0].value": "subject.id",
    "subject.identifiers[0].scheme": "subject.properties.scheme",
    "subject.name": "subject.properties.name",
    "matter": "resource.id",
    "as_of": "context.as_of",
    "caller.system": "context.system",
    "caller.organisation": "context.organisation",
    "caller.operator": "context.operator",
    "request_id": REQUEST_ID,
}
# What AuthZEN has no code for is a bad request, too: section 10.1.2 knows 400, 401, 403 and 500 alone.
_BAD_REQUESTS = frozenset({409, 413, 415, 417})
_BAD_REQUEST = 400
_OUR_FAULT = 500


def handles(handlers: Handlers, most_bytes: int) -> dict[str, Handle]:
    """What answers the calls of these ids."""
    return {
        "Evaluation": _evaluation_handle(handlers, most_bytes),
        "Evaluations": _evaluations_handle(handlers, most_bytes),
    }


def configuration_handle(public_url: str, proxies: Networks) -> Handle:
    """What answers `CONFIGURATION` to GET. Without a `public_url` the caller is told the address that it used, with the
    scheme that a proxy of ours says it used."""

    async def handle(request: web.Request) -> web.Response:
        base = public_url or f"{_scheme(request, proxies)}://{request.host}"
        told = {
            "policy_decision_point": base,
            "access_evaluation_endpoint": base + EVALUATION,
            "access_evaluations_endpoint": base + EVALUATIONS,
        }
        return web.Response(body=orjson.dumps(told), content_type=JSON, headers=SAFE)

    return handle


def _scheme(request: web.Request, proxies: Networks) -> str:
    if any(ip_address(request.remote or "::") in network for network in proxies):
        said = one(request, "X-Forwarded-Proto").lower()
        if said in ("http", "https"):
            return said
    return request.scheme


def _request_id(request: web.Request, most: int) -> str:
    """The request id as it is recorded: as it was sent, or its SHA-256 where it has more than `most` characters. Raises
    InvalidQuestionError."""
    sent = one(request, REQUEST_ID)
    told = check_text("request_id", sent, MOST_REQUEST_ID) if sent else None
    if (told := told or check_no_number("request_id", sent)) is not None:
        raise InvalidQuestionError("request_id_malformed", told.replace("request_id", REQUEST_ID))
    return sent if len(sent) <= most else sha256(sent.encode()).hexdigest()


@web.middleware
async def middleware(request: web.Request, handler: Handle) -> web.StreamResponse:
    """Gives the answers of these paths the request's id, and makes a problem a message (sections 10.1.2, 10.1.3)."""
    answer = await handler(request)
    if request.path not in (EVALUATION, EVALUATIONS):
        return answer
    if isinstance(answer, web.Response) and answer.content_type == MEDIA:
        answer = _message(answer)
    given = request.headers.getall(REQUEST_ID, ())
    if len(given) == 1 and given[0] and given[0].isprintable():
        answer.headers[REQUEST_ID] = given[0]
    return answer


def _message(problem: web.Response) -> web.Response:
    told = orjson.loads(problem.text or "{}")
    kept = {name: value for name, value in problem.headers.items() if name not in ("Content-Type", "Content-Length")}
    return web.Response(text=f"{told['reason']}: {told['detail']}", status=_status(problem.status), headers=kept)


def _evaluation_handle(handlers: Handlers, most_bytes: int) -> Handle:
    observe = handlers.metrics.timing("http", "Evaluation").observe
    checks, require_room = handlers.checks, handlers.limit.require_room

    async def handle(request: web.Request) -> web.Response:
        started = perf_counter()
        try:
            require_room()
            evaluation = read_body(AuthzenEvaluation, await body_of(request, most_bytes))
            return _json(await _evaluate(checks, evaluation, _request_id(request, MAX_REQUEST_ID)))
        finally:
            observe(perf_counter() - started)

    return handle


def _evaluations_handle(handlers: Handlers, most_bytes: int) -> Handle:
    observe = handlers.metrics.timing("http", "Evaluations").observe
    checks, require_room = handlers.checks, handlers.limit.require_room

    async def handle(request: web.Request) -> web.Response:
        started = perf_counter()
        try:
            require_room()
            asked = read_body(AuthzenEvaluations, await body_of(request, most_bytes))
            semantic = _semantic(asked)
            if not asked.evaluations:
                request_id = _request_id(request, MAX_REQUEST_ID)
                return _json(await _evaluate(checks, _merged(asked, {}), request_id))
            outcomes = await _outcomes(checks, _items(asked, _request_id(request, _MOST_SHARED)), semantic)
            return _json(b'{"evaluations":[%b]}' % b",".join([_told(outcome, checks.encoder) for outcome in outcomes]))
        finally:
            observe(perf_counter() - started)

    return handle


async def _evaluate(checks: Checks, evaluation: AuthzenEvaluation, request_id: str) -> bytes:
    try:
        return _told(await checks.answer(_command(evaluation, request_id)), checks.encoder)
    except GatewayError as error:
        raise _as_asked(error) from error


async def _outcomes(checks: Checks, items: list[Item], semantic: str) -> list[Answer | GatewayError]:
    """The answers and errors of the items that are carried out. Raises GatewayError if no decision can be told."""
    if semantic == EXECUTE_ALL:
        outcomes = await checks.answers(items)
        _raise_ours(outcomes)
        return outcomes
    outcomes = []
    for item in items:
        outcomes += await checks.answers([item])
        _raise_ours(outcomes[-1:])
        is_permitted = _is_permitted(outcomes[-1])
        if is_permitted == (semantic == PERMIT_ON_FIRST_PERMIT):
            break
    return outcomes


def _raise_ours(outcomes: list[Answer | GatewayError]) -> None:
    """A failure of the gateway's own is not a denial: the whole call fails, and a retry finds what was recorded."""
    for outcome in outcomes:
        if isinstance(outcome, GatewayError) and fault_of(outcome).http >= _OUR_FAULT:
            raise outcome


def _items(asked: AuthzenEvaluations, request_id: str) -> list[Item]:
    """Each evaluation as a question, or why it is none. Raises BatchTooLargeError."""
    if len(asked.evaluations) > MOST_ITEMS:
        raise BatchTooLargeError(len(asked.evaluations), MOST_ITEMS)
    return [
        _item(asked, item, f"{request_id}/{place}" if request_id else "")
        for place, item in enumerate(asked.evaluations, start=1)
    ]


def _item(asked: AuthzenEvaluations, item: Any, request_id: str) -> Item:
    try:
        return Item(_command(_merged(asked, item), request_id), v.VIEW_FULL)
    except GatewayError as error:
        return Item(error, v.VIEW_FULL)


def _merged(asked: AuthzenEvaluations, item: Any) -> AuthzenEvaluation:
    """An evaluation with the defaults from the top: a part of its own replaces the default as a whole. Raises
    MalformedMessageError."""
    if not isinstance(item, dict):
        raise MalformedMessageError("the evaluation is not an object")
    own = {name: item[name] for name in PARTS if item.get(name) is not None}
    return read(AuthzenEvaluation, {name: getattr(asked, name) for name in PARTS} | own)


def _semantic(asked: AuthzenEvaluations) -> str:
    given = asked.options.evaluations_semantic
    if isinstance(given, str) and given in SEMANTICS:
        return given
    shown = mask_text(str(given)[:64])
    raise MalformedMessageError(
        f"unknown options.evaluations_semantic `{shown}`: expected one of {', '.join(SEMANTICS)}"
    )


def _command(evaluation: AuthzenEvaluation, request_id: str) -> Command:
    """The question. Raises InvalidQuestionError."""
    subject, resource = evaluation.subject, evaluation.resource
    kind = _KINDS.get(subject.type)
    if kind is None:
        text = f"unknown subject.type `{mask_text(subject.type[:64])}`: expected one of {', '.join(_KINDS)}"
        raise InvalidQuestionError("subject_kind_unknown", text)
    context = evaluation.context
    return Command(
        kind=kind,
        action=evaluation.action.name,
        identifiers=((subject.properties.scheme, subject.id),) if subject.id else (),
        name=subject.properties.name,
        request_id=request_id,
        matter=resource.id,
        as_of=context.as_of,
        system=context.system,
        organisation=context.organisation,
        operator=context.operator,
        context=_attributes(context.model_extra or {}) | {RESOURCE_TYPE: resource.type},
    )


def _attributes(given: dict[str, Any]) -> dict[str, str]:
    """The context's attributes as they are recorded. Raises InvalidQuestionError."""
    attributes = {name: _text(value) for name, value in given.items() if _is_attribute(value)}
    if RESOURCE_TYPE in given:
        text = f"context has `{RESOURCE_TYPE}`: leave it out, it is that of the resource"
        raise InvalidQuestionError("context_malformed", text, "context")
    if len(attributes) > MOST_ATTRIBUTES:
        text = f"{len(attributes)} context attributes: at most {MOST_ATTRIBUTES} are read"
        raise InvalidQuestionError("context_malformed", text, "context")
    return attributes


def _is_attribute(value: Any) -> bool:
    """Whether a member of the context is one of the gateway's attributes, which are texts; others are ignored."""
    return isinstance(value, str | int | float)


def _text(value: str | float) -> str:
    return json.dumps(value) if isinstance(value, bool) else str(value)


def _is_permitted(outcome: Answer | GatewayError) -> bool:
    return isinstance(outcome, Answer) and outcome.decision.verdict in _PERMITTING


def _told(outcome: Answer | GatewayError, encoder: AnswerEncoder) -> bytes:
    """A decision (section 5.5)."""
    if isinstance(outcome, Answer):
        decision = b"true" if _is_permitted(outcome) else b"false"
        return b'{"decision":%b,"context":%b}' % (decision, encoder.response_json(outcome, v.VIEW_FULL))
    fault = fault_of(_as_asked(outcome))
    error = {"status": _status(fault.http), "reason": fault.reason, "message": fault.message}
    return orjson.dumps({"decision": False, "context": {"error": error}})


def _status(http: int) -> int:
    return _BAD_REQUEST if http in _BAD_REQUESTS else http


def _as_asked(error: GatewayError) -> GatewayError:
    """The error in the words of an evaluation."""
    said, shown = error.field, _NAMES.get(error.field)
    if shown is None or not isinstance(error, InvalidQuestionError):
        return error
    return InvalidQuestionError(error.reason, re.sub(rf"(?<![\w.]){re.escape(said)}(?!\w)", shown, error.message))


def _json(content: bytes) -> web.Response:
    return web.Response(body=content, content_type=JSON, headers=SAFE)
