"""Three consecutive years without a bad record (Cl. 11), derived and never assumed.

Repaired records count, corrected and revoked ones do not; a suspended one leaves the question open.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from enum import Enum

from xingate_server.core.catalogue import Catalogue, matches
from xingate_server.core.decision import Question, SourceState
from xingate_server.core.entry import Entry, Status, is_void
from xingate_server.core.gaps import fits_by_name, source_fault
from xingate_server.core.subject import Held, SubjectFile

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

    def find(self, file: SubjectFile, question: Question) -> tuple[Clean, str]:
        """The finding of one subject, asked on the same day.

        Returns with it for YES the evidence, for UNKNOWN what would close the gap, for NO the reason.
        """
        start, as_of = self._start, question.as_of
        touching = [held.entry for held in file.held if self._touches(held, as_of)] if file.held else []
        bad = [entry.id for entry in touching if not _is_suspended(entry, as_of)]
        if bad:
            return _NO, f"adverse record {min(bad)}"
        if not file.registrations:
            return _UNKNOWN, UNREGISTERED
        known = [r.established for r in file.registrations if r.established is not None]
        if not known:
            return _UNKNOWN, "load a register that says when the subject was established"
        established = min(known)
        if established > start:
            return _NO, f"established {established.isoformat()}, less than {self._years} years before"
        if touching:
            first = min(entry.id for entry in touching)
            return _UNKNOWN, f"wait until the objection against entry {first} is decided"
        if file.unsettled and any(self._touches(h, as_of) and fits_by_name(h, question) for h in file.unsettled):
            return _UNKNOWN, "settle whether a masked adverse entry is of this subject"
        if self._lacking:
            return _UNKNOWN, f"load {self._lacking} with a coverage from {(start + ONE_DAY).isoformat()} on"
        return _YES, f"established {established.isoformat()}; {self._evidence}"

    def _touches(self, held: Held, as_of: date) -> bool:
        """Whether it is an adverse entry of the subject's own, decided or in force in these years."""
        return held.role is None and held.entry.list_type in self._adverse and _touches(held.entry, self._start, as_of)


def _covers(state: SourceState, start: date, question: Question) -> bool:
    return (
        source_fault(state, question) is None
        and state.coverage_from is not None
        and state.coverage_from <= start + ONE_DAY
    )


def years_before(day: date, years: int) -> date:
    """The same day `years` years earlier; 29 February becomes 28 February."""
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
