"""One question about all parties of a matter, as the questions about each of them (REQUIREMENTS 18.4, 18.5; Cl. 5).

The request ids of the parties derive from the matter's, and each question says as what and as which of how many its
subject is asked about. So every record shows what it is part of, a retry finds each of them, and the same id with
another set of parties is another question. Excluded: asking (`check`), the file's verdict (`xingate.matter`).
"""

from typing import Final, TypeVar

import msgspec

from xingate.matter import APPLICANT, MAX_PARTIES, PARTY_PLACE, PARTY_ROLE, ROLES
from xingate_server.core.identifiers.parsing import mask_text
from xingate_server.gateway.answer import Command
from xingate_server.gateway.errors import GatewayError, InvalidQuestionError
from xingate_server.gateway.question import MAX_CONTEXT, check_purpose, check_text, is_blank
from xingate_server.trace import port
from xingate_server.trace.leaf import record as leaf

MAX_MATTER_REQUEST_ID: Final = 120

_OF_SUBJECT = "subject"
_Error = TypeVar("_Error", bound=GatewayError)


class Member(msgspec.Struct, frozen=True):
    """A party's role, and its question without a request id."""

    role: str
    command: Command


def party_commands(request_id: str, members: tuple[Member, ...]) -> list[Command]:
    """The question about each party. Raises InvalidQuestionError with the first thing that is wrong."""
    _check_request_id(request_id)
    _check_parties(members)
    return [_command(request_id, member, place, len(members)) for place, member in enumerate(members, start=1)]


def party_request_id(request_id: str, place: int) -> str:
    """The request id of the record of party `place`, from 1."""
    return f"{request_id}/{place}"


def sibling_keys(stored: port.Stored) -> list[tuple[str, str, str]]:
    """System, organisation and request id of every record of the matter check that this one is part of.

    Raises InvalidQuestionError (`record_not_matter`) if it is part of none.
    """
    try:
        record = leaf.decode(stored.leaf)
    except ValueError:
        record = None
    place, _, count = record.context.get(PARTY_PLACE, "").partition("/") if record else ("", "", "")
    base, _, own = stored.request_id.rpartition("/")
    if record is None or own != place or not (count.isdecimal() and 0 < int(count) <= MAX_PARTIES):
        text = "the record is not that of a party of a matter check: ask for its own receipt"
        raise InvalidQuestionError("record_not_matter", text, "record_id")
    places = range(1, int(count) + 1)
    return [(record.system, record.organisation, party_request_id(base, each)) for each in places]


def of_party(error: _Error, place: int) -> _Error:
    """The error of a party's question (`place` from 0) as one of the matter's: its field says which party."""
    if error.field.partition(".")[0] == _OF_SUBJECT:
        return type(error)(error.reason, f"party {place + 1}: {error.message}", f"parties[{place}].{error.field}")
    return error


def _command(request_id: str, member: Member, place: int, count: int) -> Command:
    own = {PARTY_ROLE: member.role, PARTY_PLACE: f"{place}/{count}"}
    command = member.command
    return msgspec.structs.replace(
        command, request_id=party_request_id(request_id, place), context=command.context | own
    )


def _check_request_id(request_id: str) -> None:
    told = check_text("request_id", request_id, MAX_MATTER_REQUEST_ID)
    if told is not None:
        raise InvalidQuestionError("request_id_malformed", told, "request_id")


def _check_parties(members: tuple[Member, ...]) -> None:
    if not members:
        raise InvalidQuestionError("parties_missing", "nobody is asked about: give the applicant", "parties")
    if len(members) > MAX_PARTIES:
        text = f"{len(members)} parties: at most {MAX_PARTIES} are asked about together"
        raise InvalidQuestionError("parties_too_many", text, "parties")
    first = members[0].command
    if is_blank(first.matter):
        for member in members:
            check_purpose(member.command)  # the same refusal as of one question about a person
        text = "the matter is missing: give the caller's case number"
        raise InvalidQuestionError("matter_missing", text, "matter")
    most = MAX_CONTEXT - 2
    if len(first.context) > most or {PARTY_ROLE, PARTY_PLACE} & first.context.keys():
        text = f"context has at most {most} attributes here, and neither `{PARTY_ROLE}` nor `{PARTY_PLACE}`"
        raise InvalidQuestionError("context_malformed", text, "context")
    _check_roles(members)


def _check_roles(members: tuple[Member, ...]) -> None:
    seen: dict[tuple[object, ...], int] = {}
    applicants = 0
    for place, member in enumerate(members):
        if member.role not in ROLES:
            text = f"unknown role `{mask_text(member.role[:64])}`: expected one of {', '.join(ROLES)}"
            raise InvalidQuestionError("role_unknown", text, f"parties[{place}].role")
        asked = member.command
        before = seen.setdefault((member.role, asked.kind, asked.identifiers, asked.name), place)
        if before != place:
            text = f"parties {before + 1} and {place + 1} are the same subject in the same role"
            raise InvalidQuestionError("party_repeated", text, f"parties[{place}]")
        applicants += member.role == APPLICANT
        if applicants > 1:
            text = "there is a second applicant: the other members of a consortium are `consortium_member`"
            raise InvalidQuestionError("applicant_repeated", text, f"parties[{place}].role")
    if not applicants:
        raise InvalidQuestionError("applicant_missing", "no party has the role `applicant`", "parties")
