"""What can go wrong with a question, apart from the transport.

GatewayError
|-- InvalidQuestionError     the question is not one that can be answered; `field` says where
|-- InvalidOutcomeError      what is reported of a lookup cannot be recorded as it is; `field` says where
|-- UnknownSequenceError     the snapshot asked for is not retained
|-- UnknownRecordError       no record of that id
|-- RequestIdReusedError     the request id belongs to another question
|-- NotAllowedError          the caller may not do this; the refusal is on record
`-- UnavailableError         no answer is possible now: no snapshot, or the record could not be made durable
"""

from xingate_server.core.identifiers.parsing import mask_text
from xingate_server.trace import port


class GatewayError(Exception):
    """Base of all; `reason` is the fixed string that every transport shows."""

    def __init__(self, reason: str, message: str, field: str = "") -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.field = field


class InvalidQuestionError(GatewayError):
    """A field is missing, malformed or unknown."""


class InvalidOutcomeError(GatewayError):
    """A part of what is reported is missing, malformed, or does not belong to the lookup."""


class UnknownSequenceError(GatewayError):
    """The snapshot asked for is not retained."""


class UnknownRecordError(GatewayError):
    """No record has this id."""


class RequestIdReusedError(GatewayError):
    """The same request id came with another question."""


class NotAllowedError(GatewayError):
    """The caller may not do this. Raised once the refusal itself is on record."""


class UnavailableError(GatewayError):
    """No verdict is possible now; a retry with the same request id is safe."""


def of_trace(error: port.TraceError) -> GatewayError:
    """The error of a caller whose record failed."""
    if isinstance(error, port.RequestIdReusedError):
        text = f"request id `{mask_text(error.request_id)}` belongs to another question of the same caller"
        return RequestIdReusedError("request_id_reused", text, "request_id")
    text = "no verdict is given because its record could not be made durable: ask again with the same request id"
    if isinstance(error, port.ReadFailedError):
        text = "the log cannot be read at the moment: ask again with the same request id"
    return UnavailableError("record_failed", text)
