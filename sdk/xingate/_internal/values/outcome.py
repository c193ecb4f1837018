"""What became of a lookup (Cl. 22): what was done with its measures, and who its subject is."""

import datetime as dt
from dataclasses import dataclass

from xingate._internal.values.common_parts import TraceRef
from xingate._internal.values.enums import MeasureResult


@dataclass(frozen=True)
class MeasureOutcome:
    """What was done with one measure of an answer. `amount_yuan` is a decimal number such as "1234.50", `date` a day
    or YYYY-MM-DD; a measure that was not simply applied needs a `reason`."""

    measure_id: str
    result: MeasureResult = MeasureResult.UNSPECIFIED
    reason: str = ""
    amount_yuan: str = ""
    date: dt.date | str | None = None
    document_no: str = ""

    @classmethod
    def applied(
        cls, measure_id: str, *, amount_yuan: str = "", date: dt.date | str | None = None, document_no: str = ""
    ) -> "MeasureOutcome":
        """The measure was applied."""
        return cls(measure_id, MeasureResult.APPLIED, "", amount_yuan, date, document_no)

    @classmethod
    def not_applied(cls, measure_id: str, reason: str) -> "MeasureOutcome":
        """The measure was not applied, and why."""
        return cls(measure_id, MeasureResult.NOT_APPLIED, reason)

    @classmethod
    def other(cls, measure_id: str, reason: str) -> "MeasureOutcome":
        """Something else was done, and what."""
        return cls(measure_id, MeasureResult.OTHER, reason)

    def __str__(self) -> str:
        details = (self.reason, f"{self.amount_yuan} yuan" if self.amount_yuan else "", str(self.date or ""))
        told = ", ".join(part for part in (*details, self.document_no) if part)
        return f"{self.measure_id} {self.result.name.lower()}" + (f" ({told})" if told else "")


@dataclass(frozen=True)
class IdentitySettlement:
    """A person's decision whether the subject asked about is the one of an entry, and on which evidence."""

    entry_id: str
    is_same: bool = False
    evidence: str = ""
    decided_by: str = ""

    def __str__(self) -> str:
        same = "the same" if self.is_same else "not the same"
        return f"{self.entry_id} is {same} ({self.evidence}, decided by {self.decided_by})"


@dataclass(frozen=True)
class RecordedOutcome:
    """A report that is on record: it exists only because its own leaf (`trace`) is durable."""

    outcome_id: str
    trace: TraceRef
    lookup_record_id: str = ""
