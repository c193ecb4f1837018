"""The bytes of an HTTP body that is JSON in UTF-8, not compressed, and no larger than is taken. Excluded: its JSON."""

from aiohttp import hdrs, web

from xingate_server.transport.errors import ClientGoneError, MediaTypeError, MessageTooLargeError

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


def _check_media(request: web.BaseRequest) -> None:
    if request.content_type != JSON:
        raise MediaTypeError("the body is not said to be JSON")
    if (request.charset or "utf-8").lower().replace("_", "-") not in {"utf-8", "utf8", "us-ascii"}:
        raise MediaTypeError("the body is not said to be in UTF-8")
    if request.headers.get(hdrs.CONTENT_ENCODING, "identity").lower() != "identity":
        raise MediaTypeError("the body is compressed")
