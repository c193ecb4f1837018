"""The calls about a matter, and how to read their answers."""

from collections.abc import Iterable

from xingate._internal import messages
from xingate._internal.calls.call import Call, encoded, require_record_id
from xingate._internal.calls.checks import with_id
from xingate.errors import InvalidRequestError, ProtocolError, ReceiptError
from xingate.matter import MatterDecision, Party, PartyAnswer
from xingate.matter_receipt import MatterReceipt
from xingate.types import Caller, Question, Subject, SubjectKind, Verdict, View
from xingate.v1 import trace_pb2, verification_pb2

NOBODY = Subject(SubjectKind.UNSPECIFIED)
"""Stands in a question whose subjects are the parties."""


def matter_call(parties: Iterable[Party], question: Question, caller: Caller, view: View) -> Call[MatterDecision]:
    """CheckMatter; the subject of `question` is not sent."""
    asked, given = with_id(question), tuple(parties)
    for party in given:
        if not isinstance(party, Party):
            text = f"a party is a `xingate.Party` with its role, not {type(party).__name__}"
            raise InvalidRequestError(text, reason="party_malformed", field="parties")

    def encode() -> bytes:
        request = _shared(asked, caller, view)
        for party in given:
            own = Question(party.subject, asked.action)
            request.parties.add(role=party.role, subject=messages.build_check(own, caller, view).subject)
        return request.SerializeToString()

    def read(content: bytes) -> MatterDecision:
        return _read(messages.parse(verification_pb2.CheckMatterResponse, content), given, asked.request_id)

    return Call("CheckMatter", encoded(encode), read, asked.request_id)


def matter_receipt_call(record_id: str) -> Call[MatterReceipt]:
    """GetMatterReceipt."""
    require_record_id(record_id)

    def read(content: bytes) -> MatterReceipt:
        try:
            receipt = MatterReceipt.from_message(messages.parse(trace_pb2.MatterReceipt, content))
        except ReceiptError as error:
            raise ProtocolError(f"the answer is not a matter's receipt: {error.message}") from error
        if all(one.record_id != record_id for one in receipt.receipts):
            raise ProtocolError("the receipt is of another matter than was asked for")
        return receipt

    payload = encoded(lambda: trace_pb2.GetMatterReceiptRequest(record_id=record_id).SerializeToString())
    return Call("GetMatterReceipt", payload, read)


def _shared(asked: Question, caller: Caller, view: View) -> verification_pb2.CheckMatterRequest:
    """The request without its parties."""
    check = messages.build_check(asked, caller, view)
    return verification_pb2.CheckMatterRequest(
        request_id=check.request_id,
        matter=check.matter,
        action=check.action,
        as_of=check.as_of,
        sequence=check.sequence,
        caller=check.caller,
        context=check.context,
        view=check.view,
    )


def _read(message: verification_pb2.CheckMatterResponse, parties: tuple[Party, ...], request_id: str) -> MatterDecision:
    if message.request_id != request_id:
        raise ProtocolError("the answer belongs to another question", request_id=request_id)
    if [answer.role for answer in message.parties] != [party.role for party in parties]:
        raise ProtocolError("the answer is about other parties than were asked about", request_id=request_id)
    answers = []
    for place, (party, answer) in enumerate(zip(parties, message.parties, strict=True), start=1):
        decision = messages.read_decision(answer.response, f"{request_id}/{place}")
        answers.append(PartyAnswer(party, decision))
    return MatterDecision(request_id, Verdict(message.verdict), tuple(answers), message.SerializeToString())
