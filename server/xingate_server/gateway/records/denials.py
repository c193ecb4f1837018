"""Refusals on record: who was refused what (Cl. 5). A refusal is returned only after its own leaf is durable.

Every refusal is a leaf of its own, also a repeated one, since each was an attempt. Excluded: who may do what; that is
decided where it is asked. Source: DESIGN section 7.
"""

from collections.abc import Callable
from datetime import datetime
from hashlib import sha256

import msgspec

from xingate_server.core.timestamps import written
from xingate_server.gateway.errors import NotAllowedError, UnavailableError
from xingate_server.gateway.question import MAX_TEXT, hide_numbers
from xingate_server.trace import port
from xingate_server.trace.leaf.record import DenialLeaf, encode
from xingate_server.trace.leaf.terms import terms_of


class Denial(msgspec.Struct, frozen=True, kw_only=True):
    """A refusal: of whom, which RPC, why (a fixed word and a sentence), and which record it was about, if any."""

    method: str
    reason: str
    message: str
    system: str = ""
    organisation: str = ""
    operator: str = ""
    about: str = ""
    field: str = ""


class Denials:
    """Records refusals. `deny` returns the error to raise: `raise await denials.deny(denial)`."""

    def __init__(self, trace: port.TraceLog, clock: Callable[[], datetime], new_id: Callable[[], str]) -> None:
        self._trace = trace
        self._clock = clock
        self._new_id = new_id

    async def deny(self, denial: Denial) -> NotAllowedError:
        """Record it; the error to raise. Raises UnavailableError if it cannot be recorded."""
        try:
            await self._trace.append(self._draft(denial))
        except port.TraceError as error:
            raise _not_recorded() from error
        return NotAllowedError(denial.reason, denial.message, denial.field)

    def _draft(self, denial: Denial) -> port.Draft:
        record_id = self._new_id()
        time = written(self._clock())
        leaf = DenialLeaf(
            record_id=record_id,
            request_id=record_id,
            time=time,
            method=denial.method,
            reason=denial.reason,
            system=_clipped(denial.system),
            organisation=_clipped(denial.organisation),
            operator=_clipped(hide_numbers(denial.operator)),
            about=_clipped(denial.about),
            detail=denial.message,
        )
        content = encode(leaf)
        return port.Draft(
            kind="denial",
            record_id=record_id,
            request_id=record_id,
            system=leaf.system,
            organisation=leaf.organisation,
            question_digest=sha256(content).digest(),
            time=time,
            leaf=content,
            answer=b"",
            terms=terms_of(leaf),
        )


def _clipped(text: str) -> str:
    return text[:MAX_TEXT]


def _not_recorded() -> UnavailableError:
    text = "the request was not carried out, and its refusal could not be recorded: try again"
    return UnavailableError("record_failed", text)
