"""What `testing.FakeGateway` does with questions about a matter: one record a party, one verdict, one receipt."""

from collections.abc import Callable, Sequence

from xingate._internal.fake.log import FakeLog
from xingate._internal.values.enums import Verdict
from xingate.errors import InvalidRequestError, NotFoundError
from xingate.matter import APPLICANT, PARTY_PLACE, PARTY_ROLE, ROLES, Judged, file_verdict
from xingate.matter_receipt import FORMAT
from xingate.v1 import trace_pb2, verification_pb2

_Check = Callable[[verification_pb2.CheckRequest], verification_pb2.CheckResponse]


def fake_check_matter(
    request: verification_pb2.CheckMatterRequest,
    require: Callable[[verification_pb2.CheckRequest], None],
    check: _Check,
) -> verification_pb2.CheckMatterResponse:
    """Ask about each party. Raises errors of `xingate.errors`, before anything is recorded."""
    roles = [party.role for party in request.parties]
    asked = [_asked(request, place) for place in range(len(roles))]
    if not request.matter.strip():
        _require_all(asked, require)  # of a person it is a purpose that is missing
        raise InvalidRequestError("the matter is missing", reason="matter_missing", field="matter")
    if not roles:
        raise InvalidRequestError("nobody is asked about", reason="parties_missing", field="parties")
    for place, role in enumerate(roles):
        if role not in ROLES:
            raise InvalidRequestError(f"unknown role `{role}`", reason="role_unknown", field=f"parties[{place}].role")
    if roles.count(APPLICANT) != 1:
        reason = "applicant_repeated" if APPLICANT in roles else "applicant_missing"
        raise InvalidRequestError("exactly one party is the applicant", reason=reason, field="parties")
    _require_all(asked, require)
    made = verification_pb2.CheckMatterResponse(request_id=request.request_id)
    for role, each in zip(roles, asked, strict=True):
        made.parties.add(role=role, response=check(each))
    judged: dict[str, list[Judged]] = {answer.role: [] for answer in made.parties}
    for answer in made.parties:
        could_be = tuple(Verdict(gap.could_be) for gap in answer.response.gaps)
        judged[answer.role].append(Judged(Verdict(answer.response.verdict), could_be))
    (applicant,) = judged.pop(APPLICANT)
    verdict = file_verdict(applicant, (each for several in judged.values() for each in several))
    made.MergeFrom(verification_pb2.CheckMatterResponse(verdict=verdict.value))  # type: ignore[arg-type] # stub's int
    return made


def fake_matter_receipt(
    record_id: str, entries: Sequence[trace_pb2.TraceEntry], log: FakeLog
) -> trace_pb2.MatterReceipt:
    """The receipts of all parties of the matter check that a record is part of."""
    own = next((entry.record for entry in entries if entry.record.record_id == record_id), None)
    if own is None:
        raise NotFoundError(f"no record `{record_id}`", reason="record_unknown", field="record_id")
    base, _, _ = own.request_id.rpartition("/")
    count = own.check.context.get(PARTY_PLACE, "").partition("/")[2]
    if not count:
        text = "the record is not that of a party of a matter check"
        raise InvalidRequestError(text, reason="record_not_matter", field="record_id")
    places = {f"{base}/{place}": place for place in range(1, int(count) + 1)}
    caller = own.check.caller
    parties = [entry for entry in entries if entry.record.request_id in places and entry.record.check.caller == caller]
    parties.sort(key=lambda entry: places[entry.record.request_id])
    return trace_pb2.MatterReceipt(format=FORMAT, receipts=[log.receipt(entry) for entry in parties])


def _require_all(
    asked: Sequence[verification_pb2.CheckRequest], require: Callable[[verification_pb2.CheckRequest], None]
) -> None:
    for place, each in enumerate(asked):
        try:
            require(each)
        except InvalidRequestError as error:
            error.field = f"parties[{place}].{error.field}" if error.field.startswith("subject") else error.field
            raise


def _asked(request: verification_pb2.CheckMatterRequest, place: int) -> verification_pb2.CheckRequest:
    party = request.parties[place]
    own = {PARTY_ROLE: party.role, PARTY_PLACE: f"{place + 1}/{len(request.parties)}"}
    return verification_pb2.CheckRequest(
        request_id=f"{request.request_id}/{place + 1}",
        subject=party.subject,
        action=request.action,
        as_of=request.as_of,
        sequence=request.sequence,
        caller=request.caller,
        matter=request.matter,
        context=dict(request.context) | own,
        view=request.view,
    )
