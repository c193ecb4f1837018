"""When an entry is in force: validity, suspension, the exits of clause 24, year ends, earlier and later days."""

from datetime import date
from typing import Any

from golden_templates import (
    SINCE,
    Cases,
    Row,
    as_person,
    ask,
    black,
    by,
    case,
    clear,
    expect,
    red,
    row,
)

ACTS = expect("RESTRICTED", *by("B1", "subject", "18.3a", "5.strict"))
BLACK_ENDED = by("B1", "subject", "18.3a", "5.strict")
FUNDING = "funding.apply"
RED_ACTS = expect("FAVOURED", *by("R1", "subject", "13.funding", "5.support"))
RED_ENDED = by("R1", "subject", "13.funding", "5.support")
CHANGED = date(2026, 2, 16)
DAY_BEFORE = date(2026, 2, 15)
VALID = "DESIGN 4: in force when valid_from <= as_of <= valid_until, both ends included."
NEW_YEAR = "DESIGN 4: both ends of the validity are included; dates are Asia/Shanghai dates."
EXIT = "Cl. 24: on exit measures stop at once; DESIGN 4: from status_date inclusive, earlier days still answer as then."
VOID = "DESIGN 4: corrected or exited by objection is void from its beginning (Cl. 25)."


def _day(as_of: date, action: str = FUNDING, **more: Any) -> dict[str, Any]:
    return ask(action, as_of=as_of, **more)


def _exits(listed: Row, acts: dict[str, Any], ended: list[str], kind: str, ways: list[tuple[str, str]]) -> Cases:
    """Each exit on the day before it, on its day, and today."""
    cases: list[tuple[str, dict[str, Any]]] = []
    for status, reason in ways:
        gone = listed | {"status": status, "status_date": CHANGED, "status_reason": reason}
        slug = f"exit-{kind}-{reason}"
        what = f"a {kind} entry {status} by {reason}"
        cases += [
            case(
                f"{slug}-day-before", f"{what}, asked for the day before", EXIT, _day(DAY_BEFORE), acts, entries=[gone]
            ),
            case(
                f"{slug}-same-day",
                f"{what}, asked for its day",
                EXIT,
                _day(CHANGED),
                clear(ended=ended),
                entries=[gone],
            ),
            case(f"{slug}-today", f"{what}, asked today", EXIT, FUNDING, clear(), entries=[gone]),
        ]
    return cases


def _void(listed: Row, kind: str) -> Cases:
    cases: list[tuple[str, dict[str, Any]]] = []
    for slug, status, reason in (("objection", "exited", "objection"), ("corrected", "corrected", "objection")):
        gone = listed | {"status": status, "status_date": CHANGED, "status_reason": reason}
        name, what = f"exit-{kind}-{slug}", f"a {kind} entry {status} by objection"
        cases += [
            case(
                f"{name}-day-before",
                f"{what} never was, also on earlier days",
                VOID,
                _day(DAY_BEFORE),
                clear(),
                entries=[gone],
            ),
            case(f"{name}-same-day", f"{what} is nothing that ended", VOID, _day(CHANGED), clear(), entries=[gone]),
        ]
    return cases


_VALIDITY: Cases = [
    case("validity-day-before", "the day before the first", VALID, _day(date(2025, 3, 9)), clear(), entries=[black()]),
    case("validity-first-day", "the first day", VALID, _day(SINCE), ACTS, entries=[black()]),
    case(
        "validity-last-day",
        "the last day",
        VALID,
        _day(date(2026, 6, 30)),
        ACTS,
        entries=[black(valid_until=date(2026, 6, 30))],
    ),
    case(
        "validity-day-after",
        "the day after the last, asked today",
        VALID,
        _day(date(2026, 7, 1)),
        clear(),
        entries=[black(valid_until=date(2026, 6, 30))],
    ),
    case(
        "validity-open-end",
        "no end means open",
        "DESIGN 4: no end means open.",
        FUNDING,
        ACTS,
        entries=[black(document_date=date(2018, 1, 5), valid_until=None)],
    ),
    case(
        "validity-later-than-the-document",
        "a document dated before the validity begins",
        VALID,
        _day(date(2025, 4, 1)),
        clear(),
        entries=[black(valid_from=date(2025, 4, 2))],
    ),
    case(
        "year-end-last-31-december",
        "valid until 31 December, asked for it",
        NEW_YEAR,
        _day(date(2025, 12, 31)),
        ACTS,
        entries=[black(valid_until=date(2025, 12, 31))],
    ),
    case(
        "year-end-last-1-january",
        "valid until 31 December, asked for 1 January",
        NEW_YEAR,
        _day(date(2026, 1, 1)),
        clear(ended=BLACK_ENDED),
        entries=[black(valid_until=date(2025, 12, 31))],
    ),
    case(
        "year-end-first-31-december",
        "valid from 1 January, asked for 31 December",
        NEW_YEAR,
        _day(date(2025, 12, 31)),
        clear(),
        entries=[black(valid_from=date(2026, 1, 1))],
    ),
    case(
        "year-end-first-1-january",
        "valid from 1 January, asked for it",
        NEW_YEAR,
        _day(date(2026, 1, 1)),
        ACTS,
        entries=[black(valid_from=date(2026, 1, 1))],
    ),
    case(
        "as-of-before",
        "asked for a day before the entry",
        VALID,
        _day(date(2024, 6, 1)),
        clear(),
        entries=[black(valid_until=date(2025, 12, 31))],
    ),
    case(
        "as-of-in",
        "asked for a past day within the entry",
        VALID,
        _day(date(2025, 6, 1)),
        ACTS,
        entries=[black(valid_until=date(2025, 12, 31))],
    ),
    case(
        "as-of-after",
        "asked for a past day after the entry's end",
        "DESIGN 4: `ended` for as-of questions, to callers entitled to it.",
        _day(date(2026, 3, 1)),
        clear(ended=BLACK_ENDED),
        entries=[black(valid_until=date(2025, 12, 31))],
    ),
    case(
        "as-of-after-asked-today",
        "an ended entry is not told when the question is about today",
        "DESIGN 4: `ended` only for as-of questions; Cl. 24: the record stays in the back office.",
        FUNDING,
        clear(),
        entries=[black(valid_until=date(2025, 12, 31))],
    ),
    case(
        "as-of-after-public-caller",
        "an ended entry is not told to the public",
        "DESIGN 4: `ended` only for callers entitled to it; Cl. 8: publication lasts exactly as long as validity.",
        _day(date(2026, 3, 1)),
        clear(),
        entries=[black(valid_until=date(2025, 12, 31))],
        audience="public",
    ),
    case(
        "as-of-future",
        "a future day is answered with what is known",
        "DESIGN 4: a future as_of is answered with what is known, while not beyond data_as_of + max_age.",
        _day(date(2026, 7, 30)),
        ACTS,
        entries=[black()],
    ),
]

_STATUS: Cases = [
    case(
        "suspended-day-before",
        "the day before an objection is taken up",
        "DESIGN 4: suspended from status_date inclusive.",
        _day(DAY_BEFORE),
        ACTS,
        entries=[black(status="suspended", status_date=CHANGED, status_reason="objection")],
    ),
    case(
        "suspended-same-day",
        "measures are not executed while information is being verified",
        "Cl. 25; DESIGN 4: suspended from status_date inclusive; `suspended` is apart and without effect.",
        _day(CHANGED),
        clear(suspended=BLACK_ENDED, flags=["objection_open B1"]),
        entries=[black(status="suspended", status_date=CHANGED, status_reason="objection", flags=["objection_open"])],
    ),
    case(
        "suspended-by-court",
        "a court has put off the effect",
        "DESIGN 4: `suspended` holds measures whose effect a court has put off.",
        FUNDING,
        clear(suspended=BLACK_ENDED),
        entries=[black(status="suspended", status_date=CHANGED, status_reason="court")],
    ),
    case(
        "suspended-red",
        "a red entry under objection gives nothing",
        "Cl. 24, 25; DESIGN 4: a suspended entry is not in force.",
        FUNDING,
        clear(suspended=RED_ENDED),
        entries=[red(status="suspended", status_date=CHANGED, status_reason="objection")],
    ),
    case(
        "suspended-beside-another",
        "a second entry still acts",
        "DESIGN 4: each measure rests on its own entry.",
        FUNDING,
        expect("RESTRICTED", *by("B2", "subject", "18.3a", "5.strict"), suspended=BLACK_ENDED),
        entries=[
            black("B2", "black.bribery"),
            black(status="suspended", status_date=CHANGED, status_reason="objection"),
        ],
    ),
    case(
        "suspended-expired",
        "a suspended entry past its validity has ended",
        "DESIGN, settled: an undated suspended row is listed under `suspended` while valid; expiry ends it.",
        _day(date(2026, 4, 1)),
        clear(ended=BLACK_ENDED),
        entries=[
            black(status="suspended", status_date=CHANGED, status_reason="objection", valid_until=date(2026, 3, 31))
        ],
    ),
    case(
        "suspended-another-action",
        "rules 2 to 6 hold for what is listed as suspended",
        "DESIGN, settled: rules 2 to 6 also hold for what is listed as `suspended`; none is for commerce.sale.",
        "commerce.sale",
        clear(),
        entries=[black(status="suspended", status_date=CHANGED, status_reason="objection")],
    ),
    case(
        "undated-suspended",
        "a suspended row without a date never acts, and is listed while valid",
        "DESIGN, settled: an undated suspended row never acts and is listed under `suspended` while valid.",
        _day(date(2025, 3, 10)),
        clear(suspended=BLACK_ENDED, flags=["status_undated B1"]),
        entries=[black(status="suspended", flags=["status_undated"])],
    ),
    case(
        "undated-repaired",
        "a repaired row without a date never acts and is flagged",
        "DESIGN 4: a row whose status is not active and that has no status_date never acts and is flagged.",
        FUNDING,
        clear(flags=["status_undated B1"]),
        entries=[black(status="repaired", status_reason="repair", flags=["status_undated"])],
    ),
    case(
        "undated-exited-first-day",
        "an exited row without a date never acted, not even on its first day",
        "DESIGN 4: a row whose status is not active and that has no status_date never acts and is flagged.",
        _day(SINCE),
        clear(ended=BLACK_ENDED, flags=["status_undated B1"]),
        entries=[black(status="exited", status_reason="expiry", flags=["status_undated"])],
    ),
    case(
        "rule1-penalty-until-its-end",
        "a penalty is told on its last day",
        "DESIGN, settled: a penalty is in force until its valid_until; penalties are records without a measure.",
        _day(date(2026, 6, 10)),
        clear(records=["P1"]),
        entries=[row("P1", "penalty.administrative", valid_until=date(2026, 6, 10))],
    ),
    case(
        "rule1-penalty-after-its-end",
        "a penalty is not told after its end",
        "DESIGN, settled: a penalty is in force until its valid_until; order 36: then sharing stops.",
        _day(date(2026, 6, 11)),
        clear(),
        entries=[row("P1", "penalty.administrative", valid_until=date(2026, 6, 10))],
    ),
    case(
        "repair-remedy",
        "an entry that may be repaired names repair among the remedies",
        "Cl. 23, 25: every adverse answer carries the remedies.",
        "concession.participate",
        expect(
            "RESTRICTED",
            "18.3c by B1 as subject",
            remedies={"18.3c": ["objection", "repair", "administrative_review", "litigation"]},
        ),
        entries=[black(repairable=True)],
    ),
    case(
        "repair-not-offered",
        "an exceptionally serious entry marked not repairable",
        "Cl. 23: exceptionally serious entries may be marked not repairable.",
        "concession.participate",
        expect(
            "RESTRICTED",
            "18.3c by B1 as subject",
            remedies={"18.3c": ["objection", "administrative_review", "litigation"]},
        ),
        entries=[black(severity="exceptional", repairable=False)],
    ),
    case(
        "suspended-person",
        "a judgment debtor whose effect the court has put off may fly",
        "DESIGN 4: `suspended` (Cl. 25).",
        as_person("consumption.air"),
        clear(suspended=["19.1c by B1 as person"]),
        entries=[
            black(list_type="black.judgment_default", status="suspended", status_date=CHANGED, status_reason="court")
        ],
    ),
]

CASES: Cases = [
    *_VALIDITY,
    *_STATUS,
    *_exits(black(), ACTS, BLACK_ENDED, "black", [("repaired", "repair"), ("exited", "expiry")]),
    *_void(black(), "black"),
    *_exits(
        red(), RED_ACTS, RED_ENDED, "red", [("exited", "blacklisted"), ("exited", "own_request"), ("exited", "expiry")]
    ),
    *_void(red(), "red"),
]
