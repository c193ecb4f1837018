"""proto3 JSON of a message: fields in the order of the .proto file, all without presence written out, maps sorted.

The same values as `google.protobuf.json_format` gives (a test compares the two), but the same bytes in every
process, whose maps protobuf orders by chance. Excluded: extensions, well-known types and groups, which our messages
do not use. Source: protobuf.dev, ProtoJSON.
"""

from base64 import b64encode
from collections.abc import Callable
from functools import cache
from math import isfinite, isnan
from typing import Any

import orjson
from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from google.protobuf.message import Message

_Value = Callable[[Any], Any]
_AS_TEXT = (FieldDescriptor.CPPTYPE_INT64, FieldDescriptor.CPPTYPE_UINT64)
_FLOATS = (FieldDescriptor.CPPTYPE_DOUBLE, FieldDescriptor.CPPTYPE_FLOAT)


def encode(message: Message) -> bytes:
    """The JSON of `message` in UTF-8."""
    return orjson.dumps(members(message))


def members(message: Message) -> dict[str, Any]:
    """The members of its JSON object."""
    out: dict[str, Any] = {}
    for name, json_name, has_presence, value in _plan(message.DESCRIPTOR):
        if not has_presence or message.HasField(name):
            out[json_name] = value(getattr(message, name))
    return out


@cache
def _plan(descriptor: Descriptor) -> tuple[tuple[str, str, bool, _Value], ...]:
    return tuple((field.name, field.json_name, field.has_presence, _field(field)) for field in descriptor.fields)


def _field(field: FieldDescriptor) -> _Value:
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        single = _single(field.message_type.fields_by_name["value"])
        return lambda entries: {str(key): single(entries[key]) for key in sorted(entries)}
    single = _single(field)
    return (lambda items: [single(item) for item in items]) if field.is_repeated else single


def _single(field: FieldDescriptor) -> _Value:
    if field.message_type is not None:
        return members
    if field.enum_type is not None:
        return _names(field.enum_type)
    if field.type == FieldDescriptor.TYPE_BYTES:
        return lambda content: b64encode(content).decode()
    if field.cpp_type in _AS_TEXT:
        return str
    if field.cpp_type in _FLOATS:
        return _float
    return lambda value: value


def _names(enum: EnumDescriptor) -> _Value:
    names = {value.number: value.name for value in enum.values}
    return lambda number: names.get(number, number)


def _float(value: float) -> float | str:
    if isfinite(value):
        return value
    return "NaN" if isnan(value) else "Infinity" if value > 0 else "-Infinity"
