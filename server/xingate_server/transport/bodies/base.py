"""The base of all request models, and the schemas published for them.

A member that may be absent may be `null`, which is the same; one that the model does not know stays, whatever its
value, for the model to refuse or ignore; a member has the name of proto3 JSON or that of the .proto file, and not both.
All of that is in the published schema, because it is made here, from the same fields. Excluded: the models themselves
(`models`, `authzen`), what a member means.
"""

import re
from dataclasses import dataclass
from typing import Any, ClassVar

from pydantic import BaseModel, GetCoreSchemaHandler, GetJsonSchemaHandler, model_validator
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

GIVEN_TWICE = "given_twice"
"""The type of the error about a member with both of its names."""

_NULL = {"type": "null"}
_DIGITS = re.compile("0|[1-9][0-9]{0,19}")
_ABOUT = ("description", "title", "default", "examples", "x-description-zh", "deprecated")


class Sent(BaseModel):
    """A JSON object that somebody sends."""

    takes_null: ClassVar[bool] = True  # not so in a query, whose values are all texts

    _names: ClassVar[dict[str, str]] = {}
    """The field of every name that a member may have."""

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        """Called by pydantic once the fields are known."""
        names = {name: name for name in cls.model_fields}
        cls._names = names | {field.alias: name for name, field in cls.model_fields.items() if field.alias}

    @model_validator(mode="before")
    @classmethod
    def _once_and_not_null(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        names, kept = cls._names, {}
        seen: dict[str, str] = {}
        for key, item in value.items():
            if (field := names.get(key)) is not None:
                if (other := seen.setdefault(field, key)) != key:
                    raise PydanticCustomError(GIVEN_TWICE, "`{first}` and `{second}`", {"first": other, "second": key})
                if item is None:
                    continue
            kept[key] = item
        return kept

    @classmethod
    def __get_pydantic_json_schema__(cls, inner: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """The schema of the model's own fields, with `null` and the .proto names where they are taken."""
        reference = handler(inner)
        schema = handler.resolve_ref_schema(reference)
        properties, required = schema.get("properties", {}), schema.get("required", ())
        if cls.takes_null:
            properties |= {name: _or_null(each) for name, each in properties.items() if name not in required}
        twice = [(f.alias, name) for name, f in cls.model_fields.items() if f.alias and f.alias != name]
        twice = [(alias, name) for alias, name in twice if cls.model_config.get("validate_by_name")]
        if twice:
            # Not among the properties, so that programs made from the schema have one name for each.
            schema["patternProperties"] = {f"^{name}$": _bare(properties[alias]) for alias, name in twice}
            schema["not"] = {"anyOf": [{"required": list(pair)} for pair in twice]}
        return reference


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    if _NULL in schema.get("anyOf", ()):
        return schema
    about = {key: value for key, value in schema.items() if key in _ABOUT}
    return {"anyOf": [_bare(schema), _NULL]} | about


def _bare(schema: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in schema.items() if key not in _ABOUT}


def _digits_up_to(most: int) -> str:
    """A regular expression of the decimal numbers from 0 to `most`, without leading zeros."""
    digits = str(most)
    larger = [
        f"{digits[:place]}[{int(place == 0)}-{int(digit) - 1}][0-9]{{{len(digits) - place - 1}}}"
        for place, digit in enumerate(digits)
        if int(digit) > int(place == 0)
    ]
    return "|".join(["0", f"[1-9][0-9]{{0,{len(digits) - 2}}}", *larger, digits])


@dataclass(frozen=True)
class WholeNumber:
    """In `Annotated[int, WholeNumber(most)]`: from 0 to `most`, sent as a number or as its digits (proto3 JSON)."""

    most: int

    def __get_pydantic_core_schema__(self, _source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        """How pydantic reads it."""

        def read(value: Any) -> Any:
            if isinstance(value, str) and _DIGITS.fullmatch(value):
                return int(value)
            if isinstance(value, float) and value.is_integer():
                return int(value)
            return value

        def check(value: int) -> int:
            if value > self.most:  # `le` tells its bound as a float: 2^64-1 would be rounded
                text = "Input should be less than or equal to {le}"
                raise PydanticCustomError("less_than_equal", text, {"le": str(self.most)})
            return value

        number = core_schema.no_info_after_validator_function(check, core_schema.int_schema(strict=True, ge=0))
        return core_schema.no_info_before_validator_function(read, number)

    def __get_pydantic_json_schema__(self, _schema: CoreSchema, _handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """How it is published."""
        digits = {"type": "string", "pattern": f"^({_digits_up_to(self.most)})$"}
        return {"oneOf": [{"type": "integer", "minimum": 0, "maximum": self.most}, digits]}


def described(en: str, zh: str, example: Any = None) -> Any:
    """A field's description in both languages, and an example."""
    extra: dict[str, Any] = {"x-description-zh": zh}
    if example is not None:
        extra["examples"] = [example]
    return {"description": en, "json_schema_extra": extra}
