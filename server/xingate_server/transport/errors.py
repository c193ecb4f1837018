"""What can go wrong before a question reaches the gateway.

    GatewayError
    `-- TransportError
        |-- MalformedMessageError     bytes that are not a message, or JSON that does not fit the model
        |-- UnknownFieldError         JSON with a field that the model does not have
        |-- BatchTooLargeError        more than 1000 questions in one call
        |-- MessageTooLargeError      more bytes than the gateway takes
        |-- MediaTypeError            a body that is not JSON
        |-- ExpectationError          an `Expect` that is not met
        |-- OverloadedError           as many checks are in flight as are taken
        |-- ClientGoneError           the caller hung up before the whole message was there
        |-- UnknownRouteError         no such path
        `-- MethodNotAllowedError     the path exists, the HTTP method does not

Codes are in `status` alone.
"""

from xingate_server.gateway.errors import GatewayError


class TransportError(GatewayError):
    """Base: the caller's message, not the question in it, is at fault."""


class MalformedMessageError(TransportError):
    """The bytes are not a message of the expected type; `field` says where, if that is known."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__("message_malformed", message, field)


class UnknownFieldError(TransportError):
    """A field that the model does not have: refused, so that a misspelt one is not ignored."""

    def __init__(self, field: str) -> None:
        super().__init__("field_unknown", f"unknown field `{field}`: remove it or correct its name", field)


class BatchTooLargeError(TransportError):
    """More questions in one call than are taken."""

    def __init__(self, count: int, most: int) -> None:
        text = f"a batch of {count} questions: send at most {most} in one call, or use StreamCheck"
        super().__init__("batch_too_large", text, "requests")


class MessageTooLargeError(TransportError):
    """The body has more bytes than are taken."""

    def __init__(self, most: int) -> None:
        super().__init__("message_too_large", f"the body is larger than {most} bytes: send fewer questions at once")


class MediaTypeError(TransportError):
    """The body is not JSON in UTF-8."""

    def __init__(self, what: str) -> None:
        text = f"{what}: send `Content-Type: application/json` in UTF-8, not compressed"
        super().__init__("media_type_unsupported", text)


class ExpectationError(TransportError):
    """HTTP's `Expect` asks for something else than `100-continue`."""

    def __init__(self) -> None:
        super().__init__("expectation_unknown", "the `Expect` header asks for what is not known: send `100-continue`")


class OverloadedError(TransportError):
    """As many checks (searches, reports) are in flight as are taken: nothing was done for this one, and asking again
    later is safe."""

    def __init__(self, most: int, what: str = "checks") -> None:
        super().__init__("overloaded", f"{most} {what} are in flight, as many as are taken: ask again later")


class ClientGoneError(TransportError):
    """The connection ended before the message did: nobody is told, nothing is recorded."""

    def __init__(self) -> None:
        super().__init__("client_gone", "the connection ended before the message did")


class UnknownRouteError(TransportError):
    """No such path."""

    def __init__(self) -> None:
        super().__init__("route_unknown", "no such path: see /docs for those that exist")


class MethodNotAllowedError(TransportError):
    """The path exists, the HTTP method does not."""

    def __init__(self, allowed: str) -> None:
        super().__init__("method_not_allowed", f"this path takes {allowed} only")
        self.allowed = allowed
