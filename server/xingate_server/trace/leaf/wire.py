"""Single fields of a protobuf message as bytes, for messages that are put together from parts.

A tag is the field number times 8 plus the wire type: 2 for texts and messages, 0 for whole numbers. Source:
protobuf.dev, Encoding.
"""

_MORE = 0x80  # set in all bytes of a whole number but the last
_SMALL = tuple(bytes((value,)) for value in range(_MORE))


def text_field(tag: bytes, text: str) -> bytes:
    """A field of text; nothing for the empty text."""
    if not text:
        return b""
    content = text.encode()
    size = len(content)
    return tag + (_SMALL[size] if size < _MORE else varint(size)) + content


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
