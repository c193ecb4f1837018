"""Open commitments past their day (Cl. 9): when nobody knows whether one was kept, and until when it is asked."""

from datetime import date
from typing import Any

from golden_templates import LR, Cases, Row, as_person, ask, case, clear, expect, gap, row, through

FUNDING, PERMIT = "funding.apply", "permit.renew"
SINCE, OPEN_UNTIL = date(2025, 3, 10), date(2026, 3, 31)
OVERDUE = "DESIGN 5, commitments: "


def _unread(**cells: Any) -> Row:
    """An unreadable open commitment from 10 March 2025 to 9 March 2028."""
    given = {"first": SINCE, "valid_until": date(2028, 3, 9), "document_date": SINCE}
    return {"id": "U1", "list_types": ["commitment.open"]} | given | cells


def _open(name: str = "C1", **cells: Any) -> Row:
    return row(name, "commitment.open", **({"valid_until": OPEN_UNTIL} | cells))


def _overdue(slug: str, title: str, why: str, expected: Any, *entries: Row, **given: Any) -> tuple[str, dict[str, Any]]:
    asked = given.pop("asked", PERMIT)
    return case(f"overdue-{slug}", title, f"{OVERDUE}{why}", asked, expected, entries=list(entries), **given)


def _asks(about: str = "C1", **more: Any) -> dict[str, Any]:
    return expect("CANNOT_TELL", gaps=[gap("commitment_overdue", "CAUTION", about)], **more)


_SHOWN = {"records": ["C1"]}
_COMMITMENTS: Cases = [
    _overdue(
        "past-its-day", "an open commitment past its day", "could_be is what 9.breach could give.", _asks(), _open()
    ),
    _overdue(
        "on-its-day",
        "on its last day it is not past it",
        "past its valid_until.",
        clear(**_SHOWN),
        _open(),
        asked=ask(PERMIT, as_of=OPEN_UNTIL),
    ),
    _overdue(
        "day-after",
        "the first day on which it is asked",
        "past its valid_until.",
        _asks(),
        _open(),
        asked=ask(PERMIT, as_of=date(2026, 4, 1)),
    ),
    _overdue(
        "two-years-after",
        "the last day on which it is asked",
        "up to and including the day two years after.",
        _asks(),
        _open(valid_until=date(2024, 7, 1)),
    ),
    _overdue(
        "more-than-two-years",
        "the day after that",
        "up to and including the day two years after.",
        clear(),
        _open(valid_until=date(2024, 6, 30)),
    ),
    _overdue(
        "29-february",
        "two years after 29 February is 28 February",
        "up to and including the day two years after.",
        clear(),
        _open(document_date=date(2023, 1, 1), valid_until=date(2024, 2, 29)),
        asked=ask(PERMIT, as_of=date(2026, 3, 1)),
    ),
    _overdue(
        "end-of-time",
        "a commitment until the last day that a calendar has",
        "past its valid_until.",
        clear(**_SHOWN),
        _open(valid_until=date(9999, 12, 30)),
    ),
    _overdue(
        "end-of-time-past",
        "asked on the last day that a calendar has",
        "up to and including the day two years after, where there is one.",
        _asks(),
        _open(valid_until=date(9999, 12, 30)),
        asked=ask(PERMIT, as_of=date(9999, 12, 31)),
        sources={
            kind: {"data_as_of": date(9999, 12, 1)}
            for kind in ("city_list", "honours", "judgment_debtor", "double_publicity")
        },
    ),
    _overdue(
        "no-end", "a commitment without an end", "past its valid_until.", clear(**_SHOWN), _open(valid_until=None)
    ),
    _overdue(
        "kept",
        "a commitment that was kept",
        "that has not exited.",
        clear(),
        _open(status="exited", status_date=date(2026, 3, 1)),
    ),
    _overdue(
        "kept-undated",
        "kept, without a date",
        "exited, been repaired or corrected (undated counts).",
        clear(flags=["status_undated C1"]),
        _open(status="exited", flags=["status_undated"]),
    ),
    _overdue(
        "kept-later",
        "kept after the day asked about",
        "that has not exited by then.",
        _asks(),
        _open(status="exited", status_date=date(2026, 6, 1)),
        asked=ask(PERMIT, as_of=date(2026, 5, 31)),
    ),
    _overdue(
        "repaired", "a repaired one", "been repaired.", clear(), _open(status="repaired", status_date=date(2026, 6, 1))
    ),
    _overdue(
        "corrected-later",
        "one that was wrong from its beginning",
        "corrected: void for all days.",
        clear(),
        _open(status="corrected", status_date=date(2026, 6, 1)),
        asked=ask(PERMIT, as_of=date(2026, 5, 31)),
    ),
    _overdue(
        "suspended",
        "a suspended one",
        "a suspended one is not overdue.",
        clear(),
        _open(status="suspended", status_date=date(2026, 3, 1)),
    ),
    _overdue(
        "replaced",
        "a row that a later one of its key has replaced",
        "a row superseded by one of the same key with another severity answers for the days before.",
        clear(dropped=["row 1 superseded kept"]),
        _open(),
        _open(severity="minor", status="exited", status_date=date(2026, 6, 1)),
    ),
    _overdue(
        "breached",
        "found breached",
        "no non-void commitment.breached of its authority and document number.",
        expect("CAUTION", "9.breach by D1 as subject", records=["D1"]),
        _open(),
        row("D1", "commitment.breached", document_no="示例C1号", document_date=date(2026, 5, 6)),
    ),
    _overdue(
        "breached-formatted",
        "the finding writes the document's number otherwise",
        "of its authority and document number, whose formatting does not matter.",
        expect("CAUTION", "9.breach by D1 as subject", records=["D1"]),
        _open(document_no="示例〔2025〕1 号"),
        row("D1", "commitment.breached", document_no="示例[2025]1号", document_date=date(2026, 5, 6)),
    ),
    _overdue(
        "breached-later",
        "found breached after the day asked about",
        "found (document date) by as_of.",
        _asks(),
        _open(),
        row("D1", "commitment.breached", document_no="示例C1号", document_date=date(2026, 5, 6)),
        asked=ask(PERMIT, as_of=date(2026, 5, 5)),
    ),
    _overdue(
        "breach-void",
        "a finding that was corrected is none",
        "no non-void commitment.breached.",
        _asks(),
        _open(),
        row(
            "D1",
            "commitment.breached",
            document_no="示例C1号",
            document_date=date(2026, 5, 6),
            status="corrected",
            status_date=date(2026, 6, 1),
        ),
    ),
    _overdue(
        "breach-of-another",
        "the finding is about another commitment",
        "of its authority and document number.",
        expect(
            "CAUTION", "9.breach by D1 as subject", records=["D1"], gaps=[gap("commitment_overdue", "CAUTION", "C1")]
        ),
        _open(),
        row("D1", "commitment.breached", document_no="示例9号", document_date=date(2026, 5, 6)),
    ),
    _overdue(
        "other-action",
        "9.breach is about permits",
        "could_be is what 9.breach could give: nothing here.",
        clear(),
        _open(),
        asked=FUNDING,
    ),
    _overdue(
        "posture",
        "under the basic-list posture",
        "none under basic-list-only.",
        clear(),
        _open(),
        posture="basic-list-only",
    ),
    _overdue(
        "of-a-relation",
        "the company's commitment is not its representative's",
        "the subject's own.",
        clear(),
        through(LR, _open()),
        asked=as_person(PERMIT),
    ),
    _overdue(
        "unreadable",
        "an unreadable commitment past its readable day",
        "counts on days after a readable valid_until.",
        _asks("U1"),
        unread=[_unread(valid_until=OPEN_UNTIL)],
    ),
    _overdue(
        "unreadable-not-yet",
        "an unreadable commitment before its readable day",
        "on days after a readable valid_until.",
        clear(),
        unread=[_unread()],
    ),
    _overdue(
        "unreadable-any-day",
        "an unreadable commitment whose day cannot be read",
        "or on any day where that cannot be read.",
        _asks("U1"),
        unread=[_unread(valid_until=None)],
    ),
    _overdue(
        "unreadable-kept",
        "an unreadable commitment that has exited",
        "that has not exited.",
        clear(),
        unread=[_unread(valid_until=None, is_over=True)],
    ),
    _overdue(
        "unreadable-breached",
        "an unreadable commitment that was found breached",
        "no commitment.breached was found.",
        expect("CAUTION", "9.breach by D1 as subject", records=["D1"]),
        row("D1", "commitment.breached", document_no="示例U1号", document_date=date(2026, 5, 6)),
        unread=[_unread(valid_until=None)],
    ),
]

CASES: Cases = _COMMITMENTS
