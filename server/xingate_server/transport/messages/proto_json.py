"""proto3 JSON of a message: fields in the order of the .proto file, all without presence written out, maps sorted.

The same values as `google.protobuf.json_format` gives (a test compares the two), but the same bytes in every
process, whose maps protobuf orders by chance. Excluded: extensions, well-known types and groups, which our messages
do not use. Source: protobuf.dev, ProtoJSON.
"""

from base64 import b64encode
from collections.abc import Callable
from math import isfinite, isnan
from typing import Any

import orjson
from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from google.protobuf.message import Message

_Value = Callable[[Any], Any]
_AS_TEXT = (FieldDescriptor.CPPTYPE_INT64, FieldDescriptor.CPPTYPE_UINT64)
_FLOATS = (FieldDescriptor.CPPTYPE_DOUBLE, FieldDescriptor.CPPTYPE_FLOAT)


class ProtoJson:
    """Writes messages, and remembers how each kind is written. For any number of threads."""

    def __init__(self) -> None:
        self._plans: dict[Descriptor, tuple[tuple[str, str, bool, _Value], ...]] = {}

    def encode(self, message: Message) -> bytes:
        """The JSON of `message` in UTF-8."""
        return orjson.dumps(self.members(message))

    def members(self, message: Message) -> dict[str, Any]:
        """The members of its JSON object."""
        descriptor: Any = message.DESCRIPTOR  # two names for one type
        plan = self._plans.get(descriptor)
        if plan is None:
            fields = descriptor.fields
            plan = tuple((field.name, field.json_name, field.has_presence, self._field(field)) for field in fields)
            self._plans[descriptor] = plan
        out: dict[str, Any] = {}
        for name, json_name, has_presence, value in plan:
            if not has_presence or message.HasField(name):
                out[json_name] = value(getattr(message, name))
        return out

    def _field(self, field: FieldDescriptor) -> _Value:
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            single = self._single(field.message_type.fields_by_name["value"])
            return lambda entries: {str(key): single(entries[key]) for key in sorted(entries)}
        single = self._single(field)
        return (lambda items: [single(item) for item in items]) if field.is_repeated else single

    def _single(self, field: FieldDescriptor) -> _Value:
        if field.message_type is not None:
            return self.members
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
