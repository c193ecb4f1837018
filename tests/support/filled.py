"""Values with every field filled, made by reflection, and what one of two such values has lost.

Each text, number and day is a value of its own, so that two fields that are mixed up are found as well. `tree` brings
core structs, messages, dataclasses and JSON to one plain shape, field by field under the names of the .proto files;
`lost` names every field in which two of these differ.
"""

import dataclasses
import itertools
import types
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from typing import Any, NamedTuple, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

_T = TypeVar("_T")
_M = TypeVar("_M", bound=Message)

VARIANTS = 4  # of the largest oneof
_FIRST_DAY = date(2001, 1, 1)
_TIMES = {"time", "created_at"}
_HASH_SIZE = 32
RENAMED = {
    "is_executable_by_caller": "executable_by_caller",
    "display": "code",
    "is_adverse": "adverse",
    "is_required": "required",
    "is_loaded": "loaded",
    "digest": "decision_digest",
    "first": "from",
    "last": "to",
}
"""Fields of ours that the wire calls otherwise."""


class Word(NamedTuple):
    """A member of an enumeration: its name, and what it is written as."""

    name: str
    value: str


class Filler:
    """Fills values; no two texts, numbers or days of one filler are the same. `choice` picks of each oneof."""

    def __init__(self, choice: int = 0) -> None:
        self._numbers = itertools.count(1)
        self._choice = choice

    def value(self, kind: type[_T]) -> _T:
        """A struct or dataclass with every field filled, optional ones too."""
        filled: _T = self._of(kind)
        return filled

    def message(self, kind: type[_M]) -> _M:
        """A message with every field filled; of a oneof, one field."""
        message = kind()
        self._fill(message)
        return message

    def _of(self, hint: Any) -> Any:
        origin, arguments = get_origin(hint), get_args(hint)
        if origin in {Union, types.UnionType}:
            return self._of(next(each for each in arguments if each is not type(None)))
        if origin is tuple:
            return (self._of(arguments[0]), self._of(arguments[0]))
        if origin in {dict, Mapping}:
            return {self._of(arguments[0]): self._of(arguments[1]) for _ in range(2)}
        if isinstance(hint, type) and issubclass(hint, Enum):
            members = list(hint)[1:]  # not the first, which may be what an empty field is read as
            return members[next(self._numbers) % len(members)]
        if issubclass(hint, msgspec.Struct):
            return hint(**{name: self._of(each) for name, each in _hints(hint).items()})
        if dataclasses.is_dataclass(hint):
            names = [field.name for field in dataclasses.fields(hint) if field.name != "wire"]
            return hint(**{name: self._of(_hints(hint)[name]) for name in names})
        return self._scalar(hint)

    def _scalar(self, hint: Any) -> Any:
        number = next(self._numbers)
        made = {
            str: f"示例-{number}",
            int: number,
            float: number / 1024,
            bool: True,
            datetime: datetime(2001, 1, 1, microsecond=number, tzinfo=UTC),
            date: _FIRST_DAY + timedelta(days=number),
            bytes: number.to_bytes(_HASH_SIZE, "big"),
        }
        return made[hint]

    def _fill(self, message: Message) -> None:
        for field in message.DESCRIPTOR.fields:
            alternatives = field.containing_oneof.fields if field.containing_oneof else [field]
            if alternatives[self._choice % len(alternatives)].name != field.name:
                continue
            content: Any = getattr(message, field.name)
            if field.message_type is not None and field.message_type.GetOptions().map_entry:
                key, value = (field.message_type.fields_by_name[name] for name in ("key", "value"))
                for _ in range(2):
                    content[self._single(key)] = self._single(value)
            elif field.is_repeated:
                for _ in range(2):
                    if field.message_type is not None:
                        self._fill(content.add())
                    else:
                        content.append(self._single(field))
            elif field.message_type is not None:
                content.SetInParent()
                self._fill(content)
            else:
                setattr(message, field.name, self._single(field))

    def _single(self, field: FieldDescriptor) -> Any:
        number = next(self._numbers)
        if field.enum_type is not None:
            values = field.enum_type.values[1:]
            return values[number % len(values)].number
        if field.type == FieldDescriptor.TYPE_STRING:
            day = _FIRST_DAY + timedelta(days=number)  # a text in which the SDK may read a day
            return f"{day}T01:02:03.000004+00:00" if field.name in _TIMES else day.isoformat()
        made: dict[int, Any] = {
            FieldDescriptor.TYPE_BYTES: number.to_bytes(_HASH_SIZE, "big"),
            FieldDescriptor.TYPE_BOOL: True,
            FieldDescriptor.TYPE_DOUBLE: number / 1024,
        }
        return made.get(field.type, number)


def _hints(kind: type) -> dict[str, Any]:
    return {name: hint for name, hint in get_type_hints(kind).items() if not name.startswith("_")}


def tree(value: Any) -> Any:
    """The plain shape of a struct, message, dataclass, or of what they hold; absent parts are left out."""
    if isinstance(value, Message):
        return {field.name: _read(field, content) for field, content in value.ListFields()}
    if isinstance(value, msgspec.Struct):
        return _members({name: getattr(value, name) for name in value.__struct_fields__})
    if dataclasses.is_dataclass(value):
        return _members({field.name: getattr(value, field.name) for field in dataclasses.fields(value)})
    if isinstance(value, Enum):
        return Word(value.name, str(value.value))
    if isinstance(value, date | datetime):
        return value.isoformat() if not isinstance(value, datetime) else value.isoformat(timespec="microseconds")
    if isinstance(value, Mapping):
        return {str(key): tree(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [tree(item) for item in value]
    return value


def _members(members: dict[str, Any]) -> dict[str, Any]:
    names = {name: content for name, content in members.items() if name != "wire" and content not in (None, (), "")}
    return {RENAMED.get(name, name): tree(content) for name, content in names.items()}


def _read(field: FieldDescriptor, content: Any) -> Any:
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        return {str(key): tree(item) for key, item in content.items()}
    if field.enum_type is not None:
        return _word(field, content)
    return [tree(item) for item in content] if field.is_repeated else tree(content)


def _word(field: FieldDescriptor, number: int) -> Word:
    """The name without the enumeration's own, which all its members begin with."""
    names = [value.name for value in field.enum_type.values]
    shared = len(names[0]) - len(names[0].rpartition("_")[2])
    return Word(field.enum_type.values_by_number[number].name[shared:], str(number))


def lost(expected: Any, found: Any, where: str) -> list[str]:
    """The fields of the plain shape `expected` that `found` lacks, adds or has otherwise, each by its path."""
    if isinstance(expected, dict) and isinstance(found, dict):
        missing = [f"{where}.{name} is lost" for name in expected if name not in found]
        added = [f"{where}.{name} comes from nowhere" for name in found if name not in expected]
        inner = [lost(expected[name], found[name], f"{where}.{name}") for name in expected if name in found]
        return missing + added + [each for some in inner for each in some]
    if isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        pairs = enumerate(zip(expected, found, strict=True))
        return [each for place, (one, other) in pairs for each in lost(one, other, f"{where}[{place}]")]
    return [] if _is_same(expected, found) else [f"{where} was {expected!r} and is {found!r}"]


def empty(message: Message, where: str = "") -> list[str]:
    """The fields that a message leaves empty, those of the messages in it too."""
    where = where or message.DESCRIPTOR.name
    found = []
    filled = dict(message.ListFields())
    for field in message.DESCRIPTOR.fields:
        if field not in filled:
            oneof = field.containing_oneof
            if oneof is None or message.WhichOneof(oneof.name) is None:
                found.append(f"{where}.{field.name} is empty")
            continue
        content = filled[field]
        if field.message_type is None or field.message_type.GetOptions().map_entry:
            continue
        for item in content if field.is_repeated else (content,):
            found += empty(item, f"{where}.{field.name}")
    return sorted(set(found))


def _is_same(expected: Any, found: Any) -> bool:
    if isinstance(expected, Word) and isinstance(found, Word):
        return expected.name == found.name
    if isinstance(expected, Word):
        return found in expected
    if isinstance(found, Word):
        return expected in found
    return type(expected) is type(found) and bool(expected == found)
