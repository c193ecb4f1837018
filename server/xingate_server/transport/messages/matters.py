"""A question about the parties of a matter, from its message to the gateway's form, and its answer back."""

from collections.abc import Sequence

from xingate import matter as m
from xingate.types import Verdict
from xingate.v1 import verification_pb2 as v
from xingate_server.gateway.answer import Answer
from xingate_server.gateway.errors import GatewayError
from xingate_server.gateway.matter import Member, of_party
from xingate_server.transport.messages import answers as render
from xingate_server.transport.messages.fragments import AnswerEncoder


def members(request: v.CheckMatterRequest) -> tuple[Member, ...]:
    """The parties with their questions. Raises InvalidQuestionError, MalformedMessageError."""
    asked = v.CheckRequest(
        action=request.action,
        as_of=request.as_of,
        sequence=request.sequence,
        caller=request.caller,
        matter=request.matter,
        context=request.context,
        view=request.view,
    )
    found = []
    for place, party in enumerate(request.parties[: m.MAX_PARTIES + 1]):
        asked.subject.CopyFrom(party.subject)
        try:
            found.append(Member(party.role, render.command(asked)))
        except GatewayError as error:
            raise of_party(error, place) from error
    return tuple(found)


def response(
    request_id: str, parties: Sequence[Member], answers: Sequence[Answer], view: int, encoder: AnswerEncoder
) -> v.CheckMatterResponse:
    """The answer for the file, with each party's own."""
    made = v.CheckMatterResponse(request_id=request_id)
    judged: dict[bool, list[m.Judged]] = {True: [], False: []}
    for member, answer in zip(parties, answers, strict=True):
        own = made.parties.add(role=member.role)
        own.response.MergeFromString(encoder.response(answer, view))
        could_be = tuple(Verdict(gap.could_be) for gap in answer.decision.gaps)
        judged[member.role == m.APPLICANT].append(m.Judged(Verdict(answer.decision.verdict), could_be))
    made.verdict = v.CheckMatterResponse(  # by number: the words of all sides are those of the wire
        verdict=m.file_verdict(judged[True][0], judged[False]).value  # type: ignore[arg-type] # stub's own int
    ).verdict
    return made
