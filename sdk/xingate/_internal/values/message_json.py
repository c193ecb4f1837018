"""The proto3 JSON of an answer. Imports protobuf, so it is itself imported only when a text is asked for."""

from collections.abc import Mapping

from google.protobuf import json_format
from google.protobuf.message import Message

from xingate.v1 import trace_pb2, verification_pb2

_MESSAGES: Mapping[str, type[Message]] = {
    "CheckResponse": verification_pb2.CheckResponse,
    "CheckMatterResponse": verification_pb2.CheckMatterResponse,
    "TraceEntry": trace_pb2.TraceEntry,
}


def to_json(name: str, content: bytes, indent: int | None) -> str:
    """The proto3 JSON of the serialised message `name`, every field present, non-ASCII characters as they are."""
    message = _MESSAGES[name].FromString(content)
    return json_format.MessageToJson(
        message, always_print_fields_with_no_presence=True, ensure_ascii=False, indent=indent
    )
