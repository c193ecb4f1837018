"""Messages from their bytes, with our own error for bytes that are none."""

from typing import TypeVar

from google.protobuf.message import DecodeError, Message

from xingate_server.transport.errors import MalformedMessageError

_M = TypeVar("_M", bound=Message)


def parse(kind: type[_M], data: bytes) -> _M:
    """The message in `data`. Raises MalformedMessageError."""
    try:
        return kind.FromString(data)
    except (DecodeError, UnicodeDecodeError, RecursionError):
        raise MalformedMessageError(f"the bytes are no `{kind.DESCRIPTOR.full_name}`") from None
