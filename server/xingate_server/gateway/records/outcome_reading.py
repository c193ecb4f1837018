"""Validates an implementing body's report on a lookup, as far as that needs no log (Cl. 22).

Excluded: whether the lookup exists, whose it is, and what its answer contained (`gateway.records.outcomes`). No text is
recorded with a person's number in it. Source: DESIGN section 7.
"""

import re
from typing import Final

import msgspec

from xingate_server.core.timestamps import read_day
from xingate_server.gateway.errors import InvalidOutcomeError
from xingate_server.gateway.question import MAX_REQUEST_ID, MAX_TEXT, check_no_number, check_text, hide_numbers
from xingate_server.trace.leaf.record import IdentitySettlement, MeasureOutcome
from xingate_server.trace.leaf.words import Result

MAX_REPORTED: Final = 256
MAX_NOTE: Final = 2000

# Yuan with at most two decimals, below a thousand million million; no sign, no separators, no leading zeros.
_AMOUNT = re.compile(r"(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,2})?")
_MANY_LINES = ("note", "reason", "evidence")


class ReportedMeasure(msgspec.Struct, frozen=True, kw_only=True):
    """What was done with a measure, as reported; `result` is None if the report does not say."""

    measure_id: str
    result: Result | None
    reason: str = ""
    amount_yuan: str = ""
    date: str = ""
    document_no: str = ""


class OutcomeCommand(msgspec.Struct, frozen=True, kw_only=True):
    """A report as a caller sent it; texts are not yet checked. `record_id` is the lookup's."""

    record_id: str
    outcome_id: str = ""
    system: str = ""
    organisation: str = ""
    operator: str = ""
    measures: tuple[ReportedMeasure, ...] = ()
    identities: tuple[IdentitySettlement, ...] = ()
    note: str = ""


class OutcomeAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A recorded report: exists only once its record is durable. `record_id` is the report's own."""

    outcome_id: str
    lookup_record_id: str
    record_id: str
    leaf_index: int
    log_origin: str


class ReadOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """A report whose texts have been read, as it is recorded."""

    operator: str
    measures: tuple[MeasureOutcome, ...]
    identities: tuple[IdentitySettlement, ...]
    note: str


def read_outcome(command: OutcomeCommand) -> ReadOutcome:
    """Read the texts. Raises InvalidOutcomeError with the first field that is wrong."""
    if not command.record_id:
        raise InvalidOutcomeError("record_id_missing", "the record id of the lookup is missing", "record_id")
    _text("record_id", command.record_id, MAX_REQUEST_ID)
    _text("outcome_id", command.outcome_id, MAX_REQUEST_ID)
    for part in ("system", "organisation", "operator"):
        _text(f"caller.{part}", getattr(command, part))
    _plain("outcome_id", command.outcome_id)
    for part in ("system", "organisation"):
        _plain(f"caller.{part}", getattr(command, part))
    _text("note", command.note, MAX_NOTE)
    for field in ("measures", "identities"):
        if (count := len(getattr(command, field))) > MAX_REPORTED:
            text = f"{count} {field} in one report: at most {MAX_REPORTED} are read"
            raise InvalidOutcomeError("outcome_too_large", text, field)
    if not (command.measures or command.identities or command.note):
        text = "nothing is reported: name a measure, settle an identity, or write a note"
        raise InvalidOutcomeError("outcome_empty", text, "measures")
    read = ReadOutcome(
        operator=hide_numbers(command.operator),
        measures=tuple(_measure(m, f"measures[{place}]") for place, m in enumerate(command.measures)),
        identities=tuple(_identity(i, f"identities[{place}]") for place, i in enumerate(command.identities)),
        note=hide_numbers(command.note),
    )
    _once([m.measure_id for m in read.measures], "measure_repeated", "measures", "measure_id")
    _once([i.entry_id for i in read.identities], "entry_repeated", "identities", "entry_id")
    return read


def _measure(reported: ReportedMeasure, field: str) -> MeasureOutcome:
    if not reported.measure_id:
        raise InvalidOutcomeError("measure_id_missing", "the measure is missing", f"{field}.measure_id")
    for part in ("measure_id", "reason", "document_no"):
        _text(f"{field}.{part}", getattr(reported, part))
    if reported.result is None:
        text = "what was done is missing: state applied, not applied, or other"
        raise InvalidOutcomeError("result_missing", text, f"{field}.result")
    if reported.result is not Result.APPLIED and not reported.reason.strip():
        text = f"`{reported.measure_id}` was reported as {reported.result.value}: say why"
        raise InvalidOutcomeError("reason_missing", text, f"{field}.reason")
    if reported.amount_yuan and not _AMOUNT.fullmatch(reported.amount_yuan):
        text = "the amount is not a sum in yuan: expected digits with at most two decimals, such as 1234.50"
        raise InvalidOutcomeError("amount_malformed", text, f"{field}.amount_yuan")
    if reported.date and read_day(reported.date) is None:
        raise InvalidOutcomeError("date_malformed", "the date cannot be read: expected YYYY-MM-DD", f"{field}.date")
    return MeasureOutcome(
        measure_id=reported.measure_id,
        result=reported.result,
        reason=hide_numbers(reported.reason),
        amount_yuan=reported.amount_yuan,
        date=reported.date,
        document_no=hide_numbers(reported.document_no),
    )


def _identity(settlement: IdentitySettlement, field: str) -> IdentitySettlement:
    for part in ("entry_id", "evidence", "decided_by"):
        text = getattr(settlement, part)
        if not text.strip():
            told = f"{part} is missing: an identity is settled by a named person on stated evidence"
            raise InvalidOutcomeError(f"{part}_missing", told, f"{field}.{part}")
        _text(f"{field}.{part}", text)
    return IdentitySettlement(
        entry_id=settlement.entry_id,
        is_same=settlement.is_same,
        evidence=hide_numbers(settlement.evidence),
        decided_by=hide_numbers(settlement.decided_by),
    )


def _once(names: list[str], reason: str, field: str, part: str) -> None:
    for place, name in enumerate(names):
        if name in names[:place]:
            raise InvalidOutcomeError(reason, f"`{name}` is reported twice", f"{field}[{place}].{part}")


def _text(field: str, text: str, longest: int = MAX_TEXT) -> None:
    lines = text.replace("\n", " ") if field.endswith(_MANY_LINES) else text
    if (told := check_text(field, lines, longest)) is not None:
        raise InvalidOutcomeError(f"{field.rpartition('.')[2]}_malformed", told, field)


def _plain(field: str, text: str) -> None:
    if (told := check_no_number(field, text)) is not None:
        raise InvalidOutcomeError(f"{field.rpartition('.')[2]}_malformed", told, field)
