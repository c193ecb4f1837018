"""What a listing's coded cells and days say, and whether that is enough: words, document, notice, validity.

Nothing here depends on the subject or on free text, so lists repeat it and `Rules` remembers it. Source: clauses 6 to
10, 23 to 25; DESIGN section 5.
"""

from collections.abc import Mapping
from datetime import date
from typing import Final, NamedTuple, TypeVar
from unicodedata import normalize

import msgspec

from xingate_server.core.calendar import WorkCalendar
from xingate_server.core.catalogue import ListType, Procedure
from xingate_server.core.days import months_after, parse_day
from xingate_server.core.entry import (
    BOOLEAN_WORDS,
    COMMITMENT_STATUS_WORDS,
    SEVERITY_WORDS,
    STATUS_REASON_WORDS,
    STATUS_WORDS,
    Severity,
    Status,
    StatusReason,
    fold_word,
)

NOTICE_WORKING_DAYS: Final = 20  # Cl. 7
_Word = TypeVar("_Word")


class Cells(NamedTuple):
    """The cells of a record that terms are read from; of free text only whether there is any."""

    list_type: str
    severity: str
    grade: str
    status: str
    status_reason: str
    repairable: str
    status_date: str
    document_date: str
    valid_from: str
    valid_until: str
    notice_start: str
    notice_end: str
    is_signed: bool
    has_authority: bool
    has_basis: bool
    has_document_no: bool
    data_as_of: date | None = None


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What they say. `reasons` are those for a refusal, in the order in which they were found. A cell that cannot be
    read is None; `unread` names the columns of coded cells of which that is so. Of inverted days neither is read."""

    severity: Severity | None
    grade: str
    status: Status
    status_date: date | None
    status_reason: StatusReason | None
    repairable: bool | None
    document_date: date | None
    valid_from: date | None
    valid_until: date | None
    reasons: tuple[tuple[str, str], ...]
    unread: frozenset[str]
    flags: frozenset[str]


def read_terms(list_type: ListType | None, calendar: WorkCalendar, cells: Cells) -> Terms:
    """Read the cells of one listing; never raises for what they say."""
    return _Reading(list_type, calendar, cells).terms()


class _Reading:
    """The cells of one listing being read: the findings fill while they are looked at."""

    def __init__(self, list_type: ListType | None, calendar: WorkCalendar, cells: Cells) -> None:
        self.list_type = list_type
        self.calendar = calendar
        self.cells = cells
        self.reasons: list[tuple[str, str]] = []
        self.unread: set[str] = set()
        self.flags: set[str] = set()

    def refuse(self, reason: str, detail: str) -> None:
        self.reasons.append((reason, detail))

    def terms(self) -> Terms:
        cells = self.cells
        severity = self._word("severity", cells.severity, SEVERITY_WORDS)
        if severity is None and not fold_word(cells.severity) and cells.list_type.startswith("black."):
            severity = Severity.SERIOUS
        status = self._word("status", cells.status, self._status_words()) or Status.ACTIVE
        status_reason = self._word("status_reason", cells.status_reason, STATUS_REASON_WORDS)
        repairable = self._word("repairable", cells.repairable, BOOLEAN_WORDS)
        grade = self._grade()
        status_date = self._day("status_date", cells.status_date)
        document_date = self._document()
        valid_from = self._day("valid_from", cells.valid_from)
        valid_until = self._day("valid_until", cells.valid_until)
        if document_date is None and not fold_word(cells.document_date) and self._may_lack_document():
            document_date = cells.data_as_of
            if valid_until is not None and document_date is not None:
                document_date = min(document_date, valid_until)
        if status is not Status.ACTIVE and status_date is None:
            self.flags.add("status_undated")
        if status is Status.SUSPENDED and status_reason in {StatusReason.OBJECTION, None}:
            self.flags.add("objection_open")
        first = valid_from or document_date
        if first is not None and valid_until is not None and valid_until < first:
            told = f"valid until {valid_until.isoformat()}, before {first.isoformat()}"
            self.refuse("validity_inverted", told)
            valid_from = valid_until = None
        elif self.list_type is not None and document_date is not None and "valid_until" not in self.unread:
            valid_until = self._validity(self.list_type, severity, document_date, valid_until)
        return Terms(
            severity=severity,
            grade=grade,
            status=status,
            status_date=status_date,
            status_reason=status_reason,
            repairable=repairable,
            document_date=document_date,
            valid_from=valid_from,
            valid_until=valid_until,
            reasons=tuple(self.reasons),
            unread=frozenset(self.unread),
            flags=frozenset(self.flags),
        )

    def _status_words(self) -> Mapping[str, Status]:
        """That a promise was kept is a status of commitments alone."""
        is_commitment = self.cells.list_type.startswith("commitment.")
        return COMMITMENT_STATUS_WORDS if is_commitment else STATUS_WORDS

    def _may_lack_document(self) -> bool:
        """Whether a missing document is not a refusal: on the courts' lists and on lists by name."""
        list_type = self.list_type
        return list_type is not None and (list_type.procedure is Procedure.JUDICIAL or list_type.is_name_only)

    def _document(self) -> date | None:
        """Authority, basis, document and, for publicity, the notice and the signature (Cl. 7)."""
        cells = self.cells
        if not cells.has_authority:
            self.refuse("authority_missing", "the recognising authority is blank")
        if not cells.has_basis:
            self.refuse("basis_missing", "the basis of recognition is blank")
        document_date = self._day("document_date", cells.document_date)
        if not cells.has_document_no or not fold_word(cells.document_date):
            if self._may_lack_document():
                self.flags.add("document_undated")
            else:
                self.refuse("document_missing", "document number and document date are both needed")
        if self.list_type is not None and self.list_type.procedure is Procedure.PUBLICITY:
            self._notice(document_date)
        return document_date

    def _notice(self, document_date: date | None) -> None:
        cells = self.cells
        start, end = self._day("notice_start", cells.notice_start), self._day("notice_end", cells.notice_end)
        if not cells.is_signed:
            self.refuse("signature_missing", "the responsible officer's signature is blank")
        if not fold_word(cells.notice_start) or not fold_word(cells.notice_end):
            self.refuse("notice_missing", "start and end of the public notice are both needed")
        if start is None or end is None:
            return
        days = self.calendar.working_days(start, end)
        if days.known < NOTICE_WORKING_DAYS:
            counted = f"{days.known} working days from {start.isoformat()} (excluded) to {end.isoformat()}"
            if days.has_unknown:
                self.refuse("notice_calendar_unknown", f"{counted} are known; the rest has no published calendar")
            else:
                self.refuse("notice_too_short", f"{counted}; at least {NOTICE_WORKING_DAYS} are needed")
        if document_date is not None and document_date <= end:
            dated = document_date.isoformat()
            self.refuse("notice_too_short", f"the document is dated {dated}; the notice ends on {end.isoformat()}")

    def _validity(
        self, list_type: ListType, severity: Severity | None, document: date, end: date | None
    ) -> date | None:
        maxima = [m for m in list_type.maximum_validity if severity in {m.severity, None}]
        if not maxima:
            return end
        longest = max(maxima, key=lambda m: m.months)
        last = months_after(document, longest.months)
        if end is not None and end <= last:
            return end
        if end is not None and severity is not None:
            self.refuse(
                "validity_exceeds_maximum",
                f"valid until {end.isoformat()}; {longest.basis} allows {longest.months} months, to {last.isoformat()}",
            )
            return end
        self.flags.add("validity_clipped")
        return last

    def _grade(self) -> str:
        list_type, grade = self.list_type, normalize("NFKC", self.cells.grade).strip()
        if list_type is not None and list_type.grades and grade not in list_type.grades:
            known = ", ".join(list_type.grades)
            self.refuse("value_unknown", f"grade `{self.cells.grade}` is not one of {known}")
            self.unread.add("grade")
        return grade

    def _word(self, column: str, text: str, words: Mapping[str, _Word]) -> _Word | None:
        found = word(text, words)
        if found is None and fold_word(text):
            self.refuse("value_unknown", unknown_word(column, text, words))
            self.unread.add(column)
        return found

    def _day(self, column: str, text: str) -> date | None:
        day, fault = day_or_fault(column, text)
        if fault:
            self.refuse("date_malformed", fault)
            self.unread.add(column)
        return day


def word(text: str, words: Mapping[str, _Word]) -> _Word | None:
    """What a coded cell says by a table of folded words; None for a blank and for an unknown one."""
    found = words.get(text)
    return words.get(fold_word(text)) if found is None else found


def unknown_word(column: str, text: str, words: Mapping[str, _Word]) -> str:
    """What to say of a word that is not in the table."""
    return f"{column} `{text}` is not one of {', '.join(words)}"


def day_or_fault(column: str, text: str) -> tuple[date | None, str]:
    """The day in a cell, or what is wrong with it."""
    try:
        return parse_day(text), ""
    except ValueError as error:
        return None, f"{column}: {error}"
