"""Three consecutive years without a bad record (Cl. 11), derived and never assumed.

Repaired records count, corrected and revoked ones do not; a suspended one leaves the question open.
"""

from datetime import date, timedelta
from enum import Enum

from xingate_server.core.catalogue import Catalogue, matches
from xingate_server.core.decision import Question, Situation, SourceState
from xingate_server.core.entry import Entry, Status, is_void
from xingate_server.core.gaps import fits_by_name, source_fault
from xingate_server.core.subject import SubjectFile

ONE_DAY = timedelta(days=1)


class Clean(Enum):
    """Whether the years are clean."""

    YES = 1
    NO = 2
    UNKNOWN = 3


def clean_years(
    file: SubjectFile, catalogue: Catalogue, question: Question, situation: Situation, years: int
) -> tuple[Clean, str]:
    """Whether the subject's last `years` years before `question.as_of` are clean.

    Returns the finding and, for YES the evidence, for UNKNOWN what would close the gap, for NO the reason.
    """
    start = years_before(question.as_of, years)
    adverse = [t.id for t in catalogue.list_types if t.is_adverse]
    touching = [
        held.entry
        for held in file.held
        if held.role is None and held.entry.list_type in adverse and _touches(held.entry, start, question.as_of)
    ]
    bad = [entry for entry in touching if not _is_suspended(entry, question.as_of)]
    if bad:
        return Clean.NO, f"adverse record {min(entry.id for entry in bad)}"
    if not file.registrations:
        return Clean.UNKNOWN, "load a register that holds the subject"
    established = [r.established for r in file.registrations if r.established is not None]
    if not established:
        return Clean.UNKNOWN, "load a register that says when the subject was established"
    if min(established) > start:
        return Clean.NO, f"established {min(established).isoformat()}, less than {years} years before"
    if touching:
        return Clean.UNKNOWN, f"wait until the objection against entry {min(entry.id for entry in touching)} is decided"
    if any(
        held.role is None
        and held.entry.list_type in adverse
        and _touches(held.entry, start, question.as_of)
        and fits_by_name(held, question)
        for held in file.unsettled
    ):
        return Clean.UNKNOWN, "settle whether a masked adverse entry is of this subject"
    return _covered(adverse, start, question, situation, min(established))


def _covered(
    adverse: list[str], start: date, question: Question, situation: Situation, established: date
) -> tuple[Clean, str]:
    sources = [s for s in situation.sources if any(matches(p, lt) for p in s.provides for lt in adverse)]
    lacking = sorted(s.kind for s in sources if not _covers(s, start, question))
    if not sources or lacking:
        what = ", ".join(lacking) or "the adverse lists"
        return Clean.UNKNOWN, f"load {what} with a coverage from {(start + ONE_DAY).isoformat()} on"
    kinds = ", ".join(sorted(s.kind for s in sources))
    return Clean.YES, (
        f"established {established.isoformat()}; no adverse record after {start.isoformat()} "
        f"up to {question.as_of.isoformat()} in {kinds}"
    )


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
    return entry.status is Status.SUSPENDED and (entry.status_date is None or entry.status_date <= as_of)


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
    if entry.status in {Status.EXITED, Status.REPAIRED}:
        ends.append((entry.status_date or entry.document_date) - ONE_DAY)
    last = min((end for end in ends if end is not None), default=as_of)
    return last > start and last >= first
