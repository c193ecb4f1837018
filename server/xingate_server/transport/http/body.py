"""The bytes of an HTTP body that is JSON in UTF-8, not compressed, and no larger than is taken; and headers.

A header that is one value is refused when it is sent twice, since programs on the way may take the first, the last or
both; lines of one that is a list are one list (RFC 9110 section 5.3). Excluded: what a body's JSON means.
"""

from aiohttp import hdrs, web

from xingate_server.transport.errors import (
    ClientGoneError,
    MalformedMessageError,
    MediaTypeError,
    MessageTooLargeError,
)

JSON = "application/json"


async def body_of(request: web.BaseRequest, most_bytes: int) -> bytes:
    """The body. Raises MediaTypeError, MessageTooLargeError, ClientGoneError."""
    headers = request.headers
    if headers.get(hdrs.CONTENT_TYPE) != JSON or hdrs.CONTENT_ENCODING in headers:
        _check_media(request)
    if (request.content_length or 0) > most_bytes:
        raise MessageTooLargeError(most_bytes)
    try:
        return await request.read()
    except ConnectionError:
        raise ClientGoneError from None


def one(request: web.BaseRequest, header: str) -> str:
    """The value of a header that is not a list, "" without it. Raises MalformedMessageError if it is sent twice."""
    values = request.headers.getall(header, ())
    if len(values) > 1:
        raise MalformedMessageError(f"the header `{header}` is given twice", header)
    return values[0] if values else ""


def listed(request: web.BaseRequest, header: str) -> str:
    """The value of a header that is a list, its lines joined."""
    return ",".join(request.headers.getall(header, ()))


def _check_media(request: web.BaseRequest) -> None:
    if request.content_type != JSON:
        raise MediaTypeError("the body is not declared as JSON")
    if (request.charset or "utf-8").lower().replace("_", "-") not in {"utf-8", "utf8", "us-ascii"}:
        raise MediaTypeError("the body is not declared as UTF-8")
    if (listed(request, hdrs.CONTENT_ENCODING) or "identity").lower() != "identity":
        raise MediaTypeError("the body is compressed")
