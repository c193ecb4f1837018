"""Bodies and queries as models: JSON in UTF-8, no key twice in one object, no field that the model does not have.

RFC 8259 section 4 leaves open what a repeated key means, therefore it is refused. Excluded: the models (`models`).
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

import orjson
from pydantic import BaseModel, ValidationError
from pydantic.alias_generators import to_camel

from xingate_server.core.identifiers.parsing import mask_text
from xingate_server.transport.bodies.base import GIVEN_TWICE
from xingate_server.transport.errors import MalformedMessageError, UnknownFieldError

_Model = TypeVar("_Model", bound=BaseModel)
_Location = tuple[int | str, ...]
_MOST_DEEP = 100
_TOO_DEEP = f"the body is nested too deep: at most {_MOST_DEEP} levels are read"


def read_body(model: type[_Model], content: bytes) -> _Model:
    """A body from its JSON. Raises MalformedMessageError (with the place, if there is one), UnknownFieldError."""
    try:
        value = orjson.loads(content)
        if _is_too_deep(value):
            raise MalformedMessageError(_TOO_DEEP)
        _parse(content, _unrepeated)
    except orjson.JSONDecodeError as error:
        raise MalformedMessageError(_why_not_json(error)) from None
    except _RepeatedError:
        path = _path(next(_repeated(_parse(content, _Pairs))))
        raise MalformedMessageError(f"`{path}` is given twice", path) from None
    return read(model, value)


def read(model: type[_Model], value: Any) -> _Model:
    """A model from JSON's values. Raises MalformedMessageError, UnknownFieldError."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        if first["type"] == GIVEN_TWICE:
            names = [mask_text(first["ctx"][each]) for each in ("first", "second")]
            path = _path((*_in_json(first["loc"]), to_camel(names[1])))
            raise MalformedMessageError(f"`{path}` is given twice: as `{names[0]}` and as `{names[1]}`", path) from None
        if first["type"] == "extra_forbidden":
            raise UnknownFieldError(_path(first["loc"])) from None
        path, text = _path(_in_json(first["loc"])), _WORDS.get(first["type"], first["msg"])
        where = f"`{path}`: " if path else "the body: "
        raise MalformedMessageError(f"{where}{text[0].lower()}{text[1:]}", path) from None


_WORDS = dict.fromkeys(("model_type", "model_attributes_type", "dict_type"), "expected a JSON object")
"""What the validator says with names of this program's own."""


def _in_json(location: _Location) -> _Location:
    """A place by the names that JSON has, for a caller who wrote those of the .proto files; keys of maps stand."""
    names = location.index("context") if "context" in location else len(location)
    return tuple(to_camel(part) if isinstance(part, str) else part for part in location[:names]) + location[names:]


def _path(location: _Location) -> str:
    """A place in JSON as people write it: `subject.identifiers[0].value`."""
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return mask_text(text)  # a key that a caller typed may be anything


class _RepeatedError(Exception):
    """An object has a key twice."""


class _Pairs(list[tuple[str, Any]]):
    """An object with all that was given for it."""


def _parse(content: bytes, hook: Any) -> Any:
    # Numbers have been judged by orjson; here only the keys matter.
    return json.loads(content, object_pairs_hook=hook, parse_int=len, parse_float=len)


def _unrepeated(pairs: list[tuple[str, Any]]) -> None:
    if len({key for key, _ in pairs}) < len(pairs):
        raise _RepeatedError


def _repeated(value: Any, location: _Location = ()) -> Iterator[_Location]:
    """Every key that its object has twice, outer ones first."""
    if isinstance(value, _Pairs):
        keys = [key for key, _ in value]
        yield from ((*location, key) for place, key in enumerate(keys) if key in keys[:place])
        for key, item in value:
            yield from _repeated(item, (*location, key))
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from _repeated(item, (*location, place))


def _is_too_deep(value: Any) -> bool:
    level, depth = [value], 0
    while level and depth <= _MOST_DEEP:
        depth += 1
        level = [item for each in level if isinstance(each, dict | list) for item in _items(each)]
    return bool(level)


def _items(value: dict[str, Any] | list[Any]) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else value


def _why_not_json(error: orjson.JSONDecodeError) -> str:
    """What is wrong with a body; what is JSON all the same is named, since its place would not say why."""
    place = f"line {error.lineno}, column {error.colno}"
    if "depth" in error.msg:
        return _TOO_DEEP
    if "infinity" in error.msg:
        return f"a number is too large ({place}): a 64-bit floating-point number cannot hold it"
    return f"the body is not JSON in UTF-8: {place}"
