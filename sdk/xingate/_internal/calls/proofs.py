"""The calls for what proves the log, and how to read their answers. Nothing is verified here."""

from xingate._internal import messages
from xingate._internal.calls.call import Call, encoded, require_record_id
from xingate.errors import InvalidRequestError, ProtocolError, ReceiptError
from xingate.receipt import Receipt
from xingate.spool import Spool
from xingate.types import ConsistencyProof, SignedCheckpoint
from xingate.v1 import trace_pb2


def receipt_call(record_id: str) -> Call[Receipt]:
    """GetReceipt."""
    require_record_id(record_id)

    def read(content: bytes) -> Receipt:
        try:
            receipt = Receipt.from_message(messages.parse(trace_pb2.Receipt, content))
        except ReceiptError as error:
            raise ProtocolError(f"the answer is not a receipt: {error.message}") from error
        if receipt.record_id != record_id:
            raise ProtocolError("the receipt is of another record than was asked for")
        return receipt

    payload = encoded(lambda: trace_pb2.GetReceiptRequest(record_id=record_id).SerializeToString())
    return Call("GetReceipt", payload, read)


def checkpoint_call() -> Call[SignedCheckpoint]:
    """GetCheckpoint."""

    def read(content: bytes) -> SignedCheckpoint:
        return messages.read(SignedCheckpoint, messages.parse(trace_pb2.Checkpoint, content))

    return Call("GetCheckpoint", trace_pb2.GetCheckpointRequest().SerializeToString(), read)


def consistency_call(size1: int, size2: int) -> Call[ConsistencyProof]:
    """GetConsistencyProof."""

    def read(content: bytes) -> ConsistencyProof:
        return messages.read(ConsistencyProof, messages.parse(trace_pb2.ConsistencyProof, content))

    payload = encoded(lambda: trace_pb2.GetConsistencyProofRequest(size1=size1, size2=size2).SerializeToString())
    return Call("GetConsistencyProof", payload, read)


def require_spool(spool: Spool | None) -> Spool:
    """The spool; without one there is nothing to verify."""
    if spool is None:
        text = "this client keeps no answers: connect with `spool=DIR`"
        raise InvalidRequestError(text, reason="spool_missing", field="spool")
    return spool
