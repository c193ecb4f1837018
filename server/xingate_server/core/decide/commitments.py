"""Open commitments that are past their day, with no report on whether they were fulfilled (Cl. 9).

An overdue commitment is neither a breach nor a sign that all is well. It causes the gap `commitment_overdue` until the
responsible authority reports the result. Source: DESIGN section 5, "Commitments".
"""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final

from xingate_server.core.catalogue import matches
from xingate_server.core.documents import document_key
from xingate_server.core.entry import Entry, Status, UnreadRow, fold_word, is_void
from xingate_server.core.subject import SubjectFile
from xingate_server.core.unreadable import has_ended

OPEN: Final = "commitment.open"
BREACHED: Final = "commitment.breached"
ASKED_YEARS: Final = 2  # after its day; then it is asked no more


def overdue(file: SubjectFile, as_of: date) -> Iterator[Entry | UnreadRow]:
    """The subject's own open commitments that are past their day on `as_of`, and not known to have been breached.

    One that cannot be read counts on the days after its readable day, or on any.
    """
    own = [held.entry for held in file.held if held.role is None]
    breached = [entry for entry in own if entry.list_type == BREACHED and not is_void(entry)]
    for entry in own:
        if entry.list_type == OPEN and _is_overdue(entry, as_of) and not _is_breached(entry, breached, as_of):
            yield entry
    for held in file.unread:
        row = held.row
        if (
            held.role is None
            and not held.is_unsettled
            and any(matches(pattern, OPEN) for pattern in row.list_types)
            and not has_ended(row, as_of)
            and _is_asked(row.valid_until, as_of)
            and not _is_breached(row, breached, as_of)
        ):
            yield row


def _is_overdue(entry: Entry, as_of: date) -> bool:
    if is_void(entry) or (entry.stops_on is not None and entry.stops_on <= as_of):
        return False
    if entry.status is not Status.ACTIVE and (entry.status_date is None or entry.status_date <= as_of):
        return False
    return entry.valid_until is not None and _is_asked(entry.valid_until, as_of)


def _is_asked(day: date | None, as_of: date) -> bool:
    return day is None or day < as_of <= _years_after(day, ASKED_YEARS)


def _is_breached(row: Entry | UnreadRow, breached: Sequence[Entry], as_of: date) -> bool:
    key = _key(row)
    return any(_key(entry) == key and entry.document_date <= as_of for entry in breached)


def _key(row: Entry | UnreadRow) -> tuple[str, str]:
    return fold_word(row.authority), document_key(row.document_no)


def _years_after(day: date, years: int) -> date:
    """The same day `years` years later; 29 February becomes 28 February, as years before it do."""
    if day.year + years > date.max.year:
        return date.max
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)
