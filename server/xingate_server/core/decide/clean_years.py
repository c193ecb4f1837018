"""Three consecutive years without a bad record (Cl. 11), derived and never assumed.

Repaired records count, corrected and revoked ones do not; a suspended one leaves the question open, and so does a row
that nobody could read and that may be one. Source: DESIGN section 4, "Three clean years".
"""

from collections.abc import Sequence
from datetime import date, timedelta
from enum import Enum

from xingate_server.core.catalogue import Catalogue, matches
from xingate_server.core.decide.decision import Question, SourceState
from xingate_server.core.decide.gaps import fits_by_name, source_fault
from xingate_server.core.entry import Entry, Standing, Status, UnreadRow, is_void, standing
from xingate_server.core.subject import Held, HeldUnread, SubjectFile
from xingate_server.core.unreadable import has_ended

ONE_DAY = timedelta(days=1)
UNREGISTERED = "load a register that holds the subject"


class Clean(Enum):
    """Whether the years are clean."""

    YES = 1
    NO = 2
    UNKNOWN = 3


# Members of an enumeration are slow to reach by its name (Python 3.11).
_YES, _NO, _UNKNOWN = Clean.YES, Clean.NO, Clean.UNKNOWN
_SUSPENDED = Status.SUSPENDED
_GONE = frozenset({Status.EXITED, Status.REPAIRED})


class CleanYears:
    """Whether the `years` years before a question's day are clean: the part that is the same for all subjects."""

    def __init__(self, catalogue: Catalogue, question: Question, sources: Sequence[SourceState], years: int) -> None:
        self._years = years
        self._start = start = years_before(question.as_of, years)
        self._adverse = {t.id for t in catalogue.list_types if t.is_adverse}
        needed = [s for s in sources if any(matches(p, lt) for p in s.provides for lt in self._adverse)]
        kinds = ", ".join(sorted(s.kind for s in needed))
        self._evidence = f"no adverse record after {start.isoformat()} up to {question.as_of.isoformat()} in {kinds}"
        lacking = ", ".join(sorted(s.kind for s in needed if not _covers(s, start, question)))
        self._lacking = lacking if needed else "the adverse lists"
        self._grades = {t.id: t.adverse_grades for t in catalogue.list_types if t.adverse_grades}
        graded = [s for s in sources if any(matches(p, lt) for p in s.provides for lt in self._grades)]
        self._ungraded = ", ".join(sorted(s.kind for s in graded if source_fault(s, question.as_of) is not None))

    def find(self, file: SubjectFile, question: Question) -> tuple[Clean, str]:
        """The finding of one subject, asked on the same day.

        Returns with it for YES the evidence, for UNKNOWN what would close the gap, for NO the reason.
        """
        as_of = question.as_of
        touching = [held.entry for held in file.held if self._touches(held, as_of)] if file.held else []
        bad = [entry.id for entry in touching if not _is_suspended(entry, as_of)]
        if bad:
            return _NO, f"adverse record {min(bad)}"
        graded = [held.entry for held in file.held if self._is_graded(held)]
        low = [entry.id for entry in graded if standing(entry, as_of) is Standing.IN_FORCE]
        if low:
            return _NO, f"adverse grade {min(low)}"
        if not file.registrations:
            return _UNKNOWN, UNREGISTERED
        known = [r.established for r in file.registrations if r.established is not None]
        if not known:
            return _UNKNOWN, "load a register that says when the subject was established"
        established = min(known)
        if established > self._start:
            return _NO, f"established {established.isoformat()}, less than {self._years} years before"
        touching += [entry for entry in graded if standing(entry, as_of) is Standing.SUSPENDED]
        unknown = self._unknown(file, question, touching)
        return (_UNKNOWN, unknown) if unknown else (_YES, f"established {established.isoformat()}; {self._evidence}")

    def _unknown(self, file: SubjectFile, question: Question, suspended: Sequence[Entry]) -> str:
        """What would close the question of an otherwise clean subject, "" where nothing is open."""
        as_of = question.as_of
        if suspended:
            first = min(entry.id for entry in suspended)
            return f"wait until the objection against entry {first} is decided"
        if any(self._may_be_bad(held, as_of) and fits_by_name(held, question) for held in file.unsettled):
            return "settle whether a masked adverse entry is of this subject"
        unread = [held.row for held in file.unread if self._may_be_unread(held, question)]
        if unread:
            return f"have a row corrected that could not be read: {min(row.what for row in unread)}"
        if self._lacking:
            return f"load {self._lacking} with a coverage from {(self._start + ONE_DAY).isoformat()} on"
        return f"load {self._ungraded}, which has the grades" if self._ungraded else ""

    def _touches(self, held: Held, as_of: date) -> bool:
        """Whether it is an adverse entry of the subject's own, decided or in force in these years."""
        return held.role is None and held.entry.list_type in self._adverse and _touches(held.entry, self._start, as_of)

    def _is_graded(self, held: Held) -> bool:
        entry = held.entry
        return held.role is None and entry.grade in self._grades.get(entry.list_type, ())

    def _may_be_bad(self, held: Held, as_of: date) -> bool:
        is_low = self._is_graded(held) and standing(held.entry, as_of) in (Standing.IN_FORCE, Standing.SUSPENDED)
        return is_low or self._touches(held, as_of)

    def _may_be_unread(self, held: HeldUnread, question: Question) -> bool:
        """Whether it may be an adverse record in these years, or an adverse grade on the day."""
        if held.role is not None or (held.is_unsettled and not fits_by_name(held, question)):
            return False
        row, as_of = held.row, question.as_of
        types = [t for t in (*self._adverse, *self._grades) if any(matches(p, t) for p in row.list_types)]
        if any(t in self._adverse for t in types) and _may_touch(row, self._start, as_of):
            return True
        return any(
            not row.is_grade_known or row.grade in self._grades[t] for t in types if t in self._grades
        ) and _may_stand(row, as_of)


def _may_touch(row: UnreadRow, start: date, as_of: date) -> bool:
    """Whether the row may have been decided or in force in (start, as_of]; a day that is not known may be any."""
    if row.document_date is None or start < row.document_date <= as_of:
        return True
    if row.first is not None and row.first > as_of:
        return False
    ended_from = None if row.is_suspended else row.ended_from  # a suspended row stands until it is decided
    ends = [day for day in (row.valid_until, None if ended_from is None else ended_from - ONE_DAY) if day]
    return not ends or min(ends) > start


def _may_stand(row: UnreadRow, as_of: date) -> bool:
    """Whether the row may be in force or suspended on the day."""
    if has_ended(row, as_of) and not row.is_suspended:
        return False
    return (row.first is None or row.first <= as_of) and (row.valid_until is None or as_of <= row.valid_until)


def _covers(state: SourceState, start: date, question: Question) -> bool:
    return (
        source_fault(state, question.as_of) is None
        and state.coverage_from is not None
        and state.coverage_from <= start + ONE_DAY
    )


def years_before(day: date, years: int) -> date:
    """The same day `years` years earlier; 29 February becomes 28 February."""
    if day.year - years < date.min.year:
        return date.min
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)


def _is_suspended(entry: Entry, as_of: date) -> bool:
    return entry.status is _SUSPENDED and (entry.status_date is None or entry.status_date <= as_of)


def _touches(entry: Entry, start: date, as_of: date) -> bool:
    """Whether the entry was decided or in force in (start, as_of]."""
    if is_void(entry):
        return False
    if start < entry.document_date <= as_of:
        return True
    first = max(entry.valid_from, entry.starts_on or entry.valid_from)
    if first > as_of:
        return False
    ends = [entry.valid_until]
    if entry.stops_on is not None:
        ends.append(entry.stops_on - ONE_DAY)
    if entry.status in _GONE:
        ends.append((entry.status_date or entry.document_date) - ONE_DAY)
    last = min((end for end in ends if end is not None), default=as_of)
    return last > start and last >= first
