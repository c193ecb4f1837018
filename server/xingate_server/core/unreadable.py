"""What remains of a row that says something about a subject which nobody understands (DESIGN, "Unreadable rows").

Such a row is stored under its subject's key and makes the gap `row_unreadable`, so that a subject that a list speaks
about is never CLEAR by accident. Here: what it may be, on which days it counts, and when it is over. Excluded: whom it
is about (`core.admission.row_subject`), and what it could give (`core.decide.plan`).
"""

from collections.abc import Mapping
from datetime import date
from typing import Final

import msgspec

from xingate_server.core.catalogue import ListType
from xingate_server.core.entry import Severity, Status, StatusReason, UnreadRow, fold_word
from xingate_server.core.terms import Terms

_ANY_BLACK: Final = ("black.*",)
_FAMILIES: Final = (("红", "red.*"), ("黑", "black.*"), ("重点", "watch.*"), ("等级", "grade.*"))
"""Chinese words that name a family of list types, whatever else the cell says."""


class Suspect(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of an unreadable row beside its terms; the fields are those of `UnreadRow`."""

    id: str
    list_types: tuple[str, ...]
    authority: str
    document_no: str
    foreign: bool
    what: str
    source: str


def suspect_list_types(text: str, list_type: ListType | None, known: Mapping[str, ListType]) -> tuple[str, ...]:
    """Which list types a cell may mean: the known one, else any of the family that its prefix or a Chinese word in it
    names, else any black list."""
    if list_type is not None:
        return (list_type.id,)
    folded = fold_word(text)
    prefix, dot, _ = folded.partition(".")
    pattern = f"{prefix}.*"
    if dot and any(name.startswith(pattern[:-1]) for name in known):
        return (pattern,)
    return tuple(family for word, family in _FAMILIES if word in folded) or _ANY_BLACK


def unread_row(suspect: Suspect, terms: Terms, *, is_inverted: bool) -> UnreadRow | None:
    """What is stored of the row; None if it is void, so that it makes no gap for any day.

    It counts from its readable first day (else the document's, else any) to its last (else any), but not from the day
    on which it exited, was repaired or suspended; a status other than active without a date makes no gap, and a
    malformed date ends nothing. `is_inverted`: neither of its days can be relied on.
    """
    if _is_void(terms):
        return None
    ended_from, is_over = None, False
    if terms.status is not Status.ACTIVE and "status_date" not in terms.unread:
        ended_from, is_over = terms.status_date, terms.status_date is None
    # Of a family of list types a blank grade says nothing; a blank severity is serious, as on a known black list.
    severity, is_severity_known = terms.severity, "severity" not in terms.unread
    if severity is None and is_severity_known and _ANY_BLACK[0] in suspect.list_types:
        severity = Severity.SERIOUS
    is_family = any(name.endswith(".*") for name in suspect.list_types)
    return UnreadRow(
        id=suspect.id,
        list_types=suspect.list_types,
        severity=severity,
        is_severity_known=is_severity_known,
        grade=terms.grade,
        is_grade_known="grade" not in terms.unread and not (is_family and not terms.grade),
        foreign=suspect.foreign,
        first=None if is_inverted else terms.valid_from or terms.document_date,
        valid_until=terms.valid_until,
        ended_from=ended_from,
        is_over=is_over,
        authority=suspect.authority,
        document_no=suspect.document_no,
        document_date=terms.document_date,
        what=suspect.what,
        source=suspect.source,
        is_suspended=terms.status is Status.SUSPENDED,
    )


def counts_on(row: UnreadRow, as_of: date) -> bool:
    """Whether the row makes a gap on `as_of`."""
    if has_ended(row, as_of) or (row.first is not None and as_of < row.first):
        return False
    return row.valid_until is None or as_of <= row.valid_until


def has_ended(row: UnreadRow, as_of: date) -> bool:
    """Whether the row is known to have exited, or to be repaired or suspended, on `as_of`."""
    return row.is_over or (row.ended_from is not None and as_of >= row.ended_from)


def _is_void(terms: Terms) -> bool:
    return terms.status is Status.CORRECTED or (
        terms.status is Status.EXITED and terms.status_reason is StatusReason.OBJECTION
    )
