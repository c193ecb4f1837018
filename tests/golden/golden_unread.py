"""Rows that nobody could read (Cl. 7, 8, 25): what each may hide, and when."""

from datetime import date
from typing import Any

from golden_templates import (
    LR,
    PERSON,
    SINCE,
    UNKNOWN_YEARS,
    UNTIL,
    Cases,
    Row,
    as_person,
    ask,
    black,
    by,
    case,
    clear,
    expect,
    gap,
    registered,
    through,
)

ENTRY, FUNDING = "market.entry", "funding.apply"
RULE = "DESIGN 5, unreadable rows: "
COULD = f"{RULE}could_be is the strictest measure that a row of that list type, severity and grade could give. "
OLD = registered(date(2015, 5, 6))
CLEAN = by("clean years", "subject", "11.green", "11.tolerance")


def _unread(name: str = "U1", list_type: str = "black.tax_evasion", **cells: Any) -> Row:
    """A serious row from 10 March 2025 to 9 March 2028 of which something else could not be read."""
    given = {"severity": "serious", "first": SINCE, "valid_until": UNTIL, "document_date": SINCE}
    return {"id": name, "list_types": [list_type]} | given | cells


def _case(
    slug: str, title: str, why: str, asked: Any, expected: dict[str, Any], *unread: Row, **given: Any
) -> tuple[str, dict[str, Any]]:
    return case(f"unread-{slug}", title, why, asked, expected, unread=list(unread), **given)


def _hidden(could_be: str, *more: Row, about: str = "U1") -> dict[str, Any]:
    return expect("CANNOT_TELL", gaps=[*more, gap("row_unreadable", could_be, about)])


_COULD_BE: Cases = [
    _case(
        "black",
        "an unreadable black row is never a CLEAR",
        f"{COULD}18.4 is a mandatory bar.",
        ENTRY,
        _hidden("PROHIBITED"),
        _unread(),
    ),
    _case(
        "black-funding",
        "the same row may hide a limit for another action",
        f"{COULD}18.3a is a mandatory limit.",
        FUNDING,
        _hidden("RESTRICTED"),
        _unread(),
    ),
    _case(
        "unknown-severity-is-any",
        "a severity that nobody understands may be any",
        f"{COULD}What is unknown counts as any.",
        ENTRY,
        _hidden("PROHIBITED"),
        _unread(severity=None, is_severity_known=False),
    ),
    _case(
        "known-minor-severity",
        "a minor row could not bar, whatever else of it is unreadable",
        f"{COULD}18.4 asks for severity serious or exceptional.",
        ENTRY,
        clear(),
        _unread(severity="minor"),
    ),
    _case(
        "family-of-black",
        "an unknown list type of the black family may be any of it",
        f"{RULE}an unknown list type counts as any type of the family that its prefix or Chinese word names.",
        ENTRY,
        _hidden("PROHIBITED"),
        _unread(list_type="black.*"),
    ),
    _case(
        "family-of-red",
        "an unknown red list type could only favour",
        f"{RULE}an incentive or nothing makes no gap.",
        ENTRY,
        clear(),
        _unread(list_type="red.*", severity=None),
    ),
    _case(
        "grade-unknown",
        "a grade that nobody understands may be D",
        f"{COULD}The grade is unknown and counts as any.",
        "permit.accept",
        clear(UNKNOWN_YEARS),
        _unread(list_type="grade.credit", severity=None, is_grade_known=False),
        registrations=OLD,
    ),
    _case(
        "of-a-person",
        "18.4 reaches organisations, and a person asks",
        f"{COULD}To this class: 18.4 does not reach a listed person who is no organisation.",
        as_person(ENTRY),
        clear(),
        _unread(),
    ),
    _case(
        "through-a-role",
        "a person whom an unreadable row names as legal representative",
        f"{RULE}people whom it names get the gap with the strictest measure of their role.",
        as_person(ENTRY),
        _hidden("PROHIBITED"),
        through(LR, _unread()),
    ),
    _case(
        "through-a-role-not-reached",
        "18.4 does not reach executives",
        f"{RULE}the strictest measure of their role: none.",
        as_person(ENTRY),
        clear(),
        through("executive", _unread()),
    ),
    _case(
        "posture",
        "under the basic-list posture the bar is advisory",
        f"{COULD}Under the posture: without an item restrictions are advisory only.",
        ENTRY,
        clear(),
        _unread(),
        posture="basic-list-only",
    ),
    _case(
        "posture-with-an-item",
        "with an item it may act",
        f"{COULD}Under the posture: could_be counts what may act.",
        ENTRY,
        _hidden("PROHIBITED"),
        _unread(),
        posture="basic-list-only",
        basic_list=["18.4"],
    ),
    _case(
        "beside-what-was-found",
        "a found prohibition stands beside an unreadable row",
        "DESIGN 4: CANNOT_TELL only where a gap may hide something stricter.",
        ENTRY,
        expect("PROHIBITED", "18.4 by B1 as organisation", gaps=[gap("row_unreadable", "PROHIBITED", "U1")]),
        _unread(),
        entries=[black()],
    ),
    _case(
        "ambiguous-identity",
        "where the identity is not settled nothing else is said",
        "DESIGN, settled: where the identity is ambiguous no entry acts.",
        ENTRY,
        expect("CANNOT_TELL", gaps=[gap("identity_ambiguous", "PROHIBITED")]),
        _unread(),
        identity=["identity_ambiguous"],
    ),
]

_DAYS: Cases = [
    _case(
        "day-before-it-begins",
        "the day before its first day",
        f"{RULE}for each day from its readable valid_from.",
        ask(ENTRY, as_of=date(2025, 3, 9)),
        clear(),
        _unread(),
    ),
    _case(
        "first-day",
        "its first day",
        f"{RULE}for each day from its readable valid_from.",
        ask(ENTRY, as_of=SINCE),
        _hidden("PROHIBITED"),
        _unread(),
    ),
    _case(
        "last-day",
        "its last day",
        f"{RULE}to valid_until.",
        ask(ENTRY, as_of=date(2026, 7, 20)),
        _hidden("PROHIBITED"),
        _unread(valid_until=date(2026, 7, 20)),
    ),
    _case(
        "day-after-its-last",
        "the day after its last day",
        f"{RULE}to valid_until.",
        ask(ENTRY, as_of=date(2026, 7, 20)),
        clear(),
        _unread(valid_until=date(2026, 7, 19)),
    ),
    _case(
        "no-readable-day",
        "without a readable day it counts on any",
        f"{RULE}else any.",
        ask(ENTRY, as_of=date(2018, 1, 1)),
        _hidden("PROHIBITED"),
        _unread(first=None, valid_until=None, document_date=None),
    ),
    _case(
        "exited",
        "from the day of its exit",
        f"{RULE}exit and repair end it from status_date.",
        ENTRY,
        clear(),
        _unread(ended_from=date(2026, 7, 1)),
    ),
    _case(
        "exited-tomorrow",
        "on the day before its exit",
        f"{RULE}exit and repair end it from status_date.",
        ENTRY,
        _hidden("PROHIBITED"),
        _unread(ended_from=date(2026, 7, 2)),
    ),
    _case(
        "exited-undated",
        "an exit without a date",
        f"{RULE}undated: no gap.",
        ask(ENTRY, as_of=date(2025, 6, 1)),
        clear(),
        _unread(is_over=True),
    ),
    _case(
        "suspended",
        "from a readable suspension on",
        f"{RULE}from a readable suspension on: no gap.",
        ENTRY,
        clear(),
        _unread(ended_from=date(2026, 6, 1), is_suspended=True),
    ),
]

_UNSETTLED: Cases = [
    _case(
        "masked",
        "a masked unreadable row that fits",
        f"{RULE}it makes row_unreadable wherever it would have made identity_unsettled.",
        ENTRY,
        _hidden("PROHIBITED"),
        _unread(is_unsettled=True, names=["示例一号"]),
    ),
    _case(
        "masked-of-another-name",
        "a masked unreadable row of another name",
        "DESIGN, settled: names beside a mask are compared.",
        ask(ENTRY, names=["示例二号"]),
        clear(),
        _unread(is_unsettled=True, names=["示例一号"]),
    ),
    _case(
        "settled-under-another-name",
        "by its complete number it is the subject's, whatever the name",
        f"{RULE}whose: a complete, valid number.",
        ask(ENTRY, names=["示例二号"]),
        _hidden("PROHIBITED"),
        _unread(names=["示例一号"]),
    ),
]

_YEARS: Cases = [
    _case(
        "clean-years-adverse",
        "a row in the years that may be an adverse record",
        f"{RULE}an unreadable row that may be an adverse record in the window makes clean_years_unknown.",
        "permit.accept",
        clear(UNKNOWN_YEARS),
        _unread(list_type="general.ordinary", severity=None, is_over=True),
        registrations=OLD,
    ),
    _case(
        "clean-years-before",
        "decided and over before the years",
        f"{RULE}in the window.",
        "permit.accept",
        expect("FAVOURED", *CLEAN),
        _unread(first=date(2019, 1, 1), document_date=date(2019, 1, 1), valid_until=date(2023, 7, 1)),
        registrations=OLD,
    ),
    _case(
        "clean-years-exited-before",
        "decided before the years and exited on their first day",
        f"{RULE}in the window: it was in force until the day before its exit.",
        "permit.accept",
        expect("FAVOURED", *CLEAN),
        _unread(first=date(2019, 1, 1), document_date=date(2019, 1, 1), ended_from=date(2023, 7, 2)),
        registrations=OLD,
    ),
    _case(
        "clean-years-no-document-date",
        "its document's day cannot be read, and may be in the years",
        f"{RULE}it may be an adverse record in the window.",
        "permit.accept",
        clear(UNKNOWN_YEARS),
        _unread(first=date(2019, 1, 1), document_date=None, valid_until=date(2020, 1, 1)),
        registrations=OLD,
    ),
    _case(
        "clean-years-later",
        "decided and in force after the day asked about",
        f"{RULE}in the window.",
        ask("permit.accept", as_of=date(2025, 3, 9)),
        expect("FAVOURED", *CLEAN),
        _unread(),
        registrations=OLD,
    ),
    _case(
        "clean-years-of-a-relation",
        "the row is the company's, and the person asks",
        "DESIGN 4: an adverse record of the subject; an entry through a relation is none.",
        ask("permit.accept", kind=PERSON),
        expect("FAVOURED", *CLEAN),
        through(LR, _unread()),
        registrations=OLD,
    ),
    _case(
        "clean-years-known-good-grade",
        "a grade A whose other cells are unreadable",
        f"{RULE}a C or D on the day.",
        "permit.accept",
        expect("FAVOURED", *CLEAN),
        _unread(list_type="grade.credit", severity=None, grade="A"),
        registrations=OLD,
    ),
    _case(
        "clean-years-grade-exited",
        "a grade D that has exited is none of the day",
        f"{RULE}a C or D on the day.",
        "permit.accept",
        expect("FAVOURED", *CLEAN),
        _unread(list_type="grade.credit", severity=None, grade="D", ended_from=date(2026, 6, 1)),
        registrations=OLD,
    ),
    _case(
        "clean-years-grade-suspended",
        "a suspended grade D",
        f"{RULE}a suspended C or D.",
        "permit.accept",
        clear(UNKNOWN_YEARS),
        _unread(list_type="grade.credit", severity=None, grade="D", ended_from=date(2026, 6, 1), is_suspended=True),
        registrations=OLD,
    ),
    _case(
        "clean-years-grade-over",
        "a grade D whose validity is over",
        f"{RULE}a C or D on the day.",
        "permit.accept",
        expect("FAVOURED", *CLEAN),
        _unread(list_type="grade.credit", severity=None, grade="D", valid_until=date(2026, 6, 30)),
        registrations=OLD,
    ),
]


CASES: Cases = [*_COULD_BE, *_DAYS, *_UNSETTLED, *_YEARS]
