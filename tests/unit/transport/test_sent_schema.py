"""The published schemas and the readers of bodies take the same: each valid body is read, each invalid one refused.

Judged by a validator of JSON Schema that is not ours, on a full body of every model and on all bodies that differ from
it in one place.
"""

import copy
import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import jsonschema_rs
import pytest
from pydantic import BaseModel

from xingate_server.gateway.errors import InvalidQuestionError
from xingate_server.transport.bodies import authzen as authzen_models
from xingate_server.transport.bodies import models
from xingate_server.transport.bodies.check import read_batch, read_check
from xingate_server.transport.bodies.read import read_body
from xingate_server.transport.errors import MalformedMessageError, UnknownFieldError
from xingate_server.transport.http.authzen import routes
from xingate_server.transport.http.openapi import document

CALLER = {"system": "s", "organisation": "示例局", "operator": "op"}
SUBJECT = {
    "kind": "SUBJECT_KIND_LEGAL_ENTITY",
    "identifiers": [{"scheme": "uscc", "value": "91420399MA0000007C"}],
    "name": "示例有限公司",
}
CHECK = {
    "requestId": "r",
    "subject": SUBJECT,
    "action": "permit.grant",
    "asOf": "2026-01-01",
    "sequence": "3",
    "caller": CALLER,
    "matter": "m",
    "context": {"domain": "other"},
    "view": "VIEW_BASIC",
}
EVALUATION = {
    "subject": {"type": "legal_entity", "id": "1", "properties": {"scheme": "uscc", "name": "示例"}},
    "action": {"name": "permit.grant"},
    "resource": {"type": "case", "id": "m"},
    "context": {
        "as_of": "2026-01-01",
        "system": "s",
        "organisation": "示例局",
        "operator": "op",
        "a": [None, {"b": 1}],
    },
}
BODIES: dict[type[BaseModel], dict[str, Any]] = {
    models.CheckBody: CHECK,
    models.BatchCheckBody: {"requests": [CHECK]},
    models.CheckMatterBody: {
        **{name: value for name, value in CHECK.items() if name != "subject"},
        "parties": [{"role": "applicant", "subject": SUBJECT}],
    },
    models.OutcomeBody: {
        "outcomeId": "o",
        "caller": CALLER,
        "measures": [
            {
                "measureId": "18.3b",
                "result": "RESULT_APPLIED",
                "reason": "",
                "amountYuan": "1",
                "date": "",
                "documentNo": "",
            }
        ],
        "identities": [{"entryId": "e", "isSame": True, "evidence": "x", "decidedBy": "y"}],
        "note": "n",
    },
    authzen_models.AuthzenEvaluation: EVALUATION,
    authzen_models.AuthzenEvaluations: {
        **EVALUATION,
        "evaluations": [{"subject": {"type": "sole_trader", "id": "2"}}],
        "options": {"evaluations_semantic": "execute_all"},
    },
}
STRANGE: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 1.0, 1.5, 2**32, 2**63, 2**64, 10**30, "", "x", "0", "00", "007", "1.0", "-1", " 1",
    "true", str(2**64 - 1), str(2**64), "9" * 25, [], [None], ["x"], [{}], {}, {"a": "b"}, {"a": None}, {"a": 1},
    {"": "x"},
)  # fmt: skip


def snake(name: str) -> str:
    """The name of a member in the .proto file."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a body, the whole first."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from places(item, (*path, key))


def at(body: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        body = body[key]
    return body


def variants(body: Any) -> Iterator[Any]:
    """Bodies that differ in one place: another value there, none, another name, both names, an unknown member."""
    yield body
    for path in places(body):
        for strange in STRANGE:
            if not path:
                yield strange
                continue
            changed = copy.deepcopy(body)
            at(changed, path[:-1])[path[-1]] = strange
            yield changed
        if path and isinstance(path[-1], str):
            for names in ((), (snake(path[-1]),), (path[-1], snake(path[-1])), (snake(path[-1]), path[-1])):
                for value in (at(body, path), None):
                    changed = copy.deepcopy(body)
                    del at(changed, path[:-1])[path[-1]]
                    at(changed, path[:-1]).update(dict.fromkeys(names, value))
                    yield changed
        if isinstance(at(body, path), dict):
            for value in (None, "x", {}):
                changed = copy.deepcopy(body)
                at(changed, path)["unknownMember"] = value
                yield changed


def is_read(model: type[BaseModel], body: Any) -> bool:
    """Whether the form is taken; what a member means is judged later."""
    content = json.dumps(body).encode()
    hot = {models.CheckBody: read_check, models.BatchCheckBody: read_batch}.get(model)
    try:
        read = read_body(model, content)
        if isinstance(read, authzen_models.AuthzenEvaluations):
            routes._semantic(read)
            if not read.evaluations:
                read_body(authzen_models.AuthzenEvaluation, content)
    except (MalformedMessageError, UnknownFieldError):
        if hot is not None:
            with pytest.raises((MalformedMessageError, UnknownFieldError)):
                hot(content)
        return False
    if hot is not None:
        with suppress(InvalidQuestionError):
            hot(content)
    return True


@pytest.mark.parametrize("model", BODIES, ids=lambda model: model.__name__)
def test_what_the_schema_says_is_what_is_read(model: type[BaseModel]) -> None:
    schema = {"$ref": f"#/components/schemas/{model.__name__}", "components": document()["components"]}
    validator = jsonschema_rs.Draft202012Validator(schema)
    seen: dict[bool, int] = {True: 0, False: 0}
    wrong = []
    for body in variants(BODIES[model]):
        is_valid = validator.is_valid(body)
        seen[is_valid] += 1
        if is_valid is not is_read(model, body):
            wrong.append((is_valid, body))
    assert wrong == [], f"{len(wrong)} of {sum(seen.values())}"
    assert min(seen.values()) > 100
