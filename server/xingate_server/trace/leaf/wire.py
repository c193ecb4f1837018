"""Single fields of a protobuf message as bytes, for messages that are put together from parts.

A field is its tag, then its content; a tag is the field's number times 8 plus its wire type (2 for texts and messages,
0 for whole numbers). The numbers are those of the message's descriptor and are written nowhere else. Source:
protobuf.dev, Encoding.
"""

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

_MORE = 0x80  # set in all bytes of a whole number but the last
_SMALL = tuple(bytes((value,)) for value in range(_MORE))
_VARINT, _LENGTH = 0, 2
_WIRE_TYPES = {
    FieldDescriptor.TYPE_STRING: _LENGTH,
    FieldDescriptor.TYPE_MESSAGE: _LENGTH,
    FieldDescriptor.TYPE_UINT64: _VARINT,
}


def tag(message: type[Message], field: str) -> bytes:
    """The tag of a text, message or uint64. Raises KeyError for a field that the message has not, or of another
    type."""
    descriptor = message.DESCRIPTOR.fields_by_name[field]
    return varint(descriptor.number << 3 | _WIRE_TYPES[descriptor.type])


def text_field(tag: bytes, text: str) -> bytes:
    """A field of text; nothing for the empty text."""
    if not text:
        return b""
    content = text.encode()
    size = len(content)
    return tag + (_SMALL[size] if size < _MORE else varint(size)) + content


def message_field(tag: bytes, content: bytes) -> bytes:
    """A field that holds a message, given serialised."""
    return tag + varint(len(content)) + content


def varint(value: int) -> bytes:
    """A whole number, seven bits a byte, the lowest first."""
    if value < _MORE:
        return _SMALL[value]
    out = bytearray()
    while value >= _MORE:
        out.append(value % _MORE | _MORE)
        value >>= 7
    out.append(value)
    return bytes(out)
