"""Rows against each other: red and black, duplicates, superseded rows."""

from datetime import date
from typing import Any

from golden_templates import (
    SINCE,
    Cases,
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

FUNDING = "funding.apply"
BLACK_ACTS = by("B1", "subject", "18.3a", "5.strict")
RED = by("R1", "subject", "13.funding", "5.support")
REFUSED = "Cl. 7; DESIGN 4: a black entry in force on the day the red one was recognised makes the red row refused."
ENDED = "Cl. 24; DESIGN 4: a black entry that begins later ends the red one for good on its valid_from."
NO_PART = "DESIGN 4: black entries that are suspended, void or over by then take no part."
LATER = date(2025, 9, 1)


def _day(as_of: date, action: str = FUNDING) -> dict[str, Any]:
    return ask(action, as_of=as_of)


_RED_BLACK: Cases = [
    case(
        "red-black-blocked",
        "a red candidate found on a black list is not listed",
        REFUSED,
        FUNDING,
        expect("RESTRICTED", *BLACK_ACTS, dropped=["row 2 red_blocked_by_black"]),
        entries=[black(), red(document_date=LATER)],
    ),
    case(
        "red-black-blocked-for-good",
        "a refused red row does not come back when the black one is over",
        REFUSED,
        _day(date(2026, 3, 1)),
        clear(ended=BLACK_ACTS, dropped=["row 1 red_blocked_by_black"]),
        entries=[red(document_date=LATER), black(valid_until=date(2025, 12, 31))],
    ),
    case(
        "red-black-blocked-tie-first-day",
        "recognised on the black entry's first day",
        f"{REFUSED} Ties included.",
        _day(SINCE),
        expect("RESTRICTED", *BLACK_ACTS, dropped=["row 2 red_blocked_by_black"]),
        entries=[black(), red()],
    ),
    case(
        "red-black-blocked-tie-last-day",
        "recognised on the black entry's last day",
        f"{REFUSED} Ties included.",
        FUNDING,
        clear(dropped=["row 2 red_blocked_by_black"]),
        entries=[black(valid_until=LATER), red(document_date=LATER)],
    ),
    case(
        "red-black-blocked-by-minor",
        "a minor black entry blocks as well",
        "DESIGN 4, red and black: over all sources, `black.*` only; no severity is named.",
        FUNDING,
        expect("CAUTION", "5.degree by B1 as subject", dropped=["row 2 red_blocked_by_black"]),
        entries=[black(severity="minor"), red(document_date=LATER)],
    ),
    case(
        "red-black-blocked-by-another-source",
        "the court's list blocks the city's red list",
        "DESIGN 4, red and black: over all sources.",
        as_person("public_service.education"),
        clear(dropped=["row 2 red_blocked_by_black"]),
        entries=[
            black(list_type="black.judgment_default", source="judgment_debtor"),
            red(document_date=LATER, source="city_list"),
        ],
    ),
    case(
        "red-black-repaired-later-still-blocks",
        "a black entry repaired after the red recognition was in force on its day",
        REFUSED,
        FUNDING,
        clear(dropped=["row 2 red_blocked_by_black"]),
        entries=[
            black(status="repaired", status_date=date(2025, 12, 1), status_reason="repair"),
            red(document_date=LATER),
        ],
    ),
    case(
        "red-black-repaired-before",
        "a black entry repaired before the red recognition",
        NO_PART,
        FUNDING,
        expect("FAVOURED", *RED),
        entries=[black(status="repaired", status_date=LATER, status_reason="repair"), red(document_date=LATER)],
    ),
    case(
        "red-black-over-before",
        "a black entry that expired the day before",
        NO_PART,
        FUNDING,
        expect("FAVOURED", *RED),
        entries=[black(valid_until=date(2025, 8, 31)), red(document_date=LATER)],
    ),
    case(
        "red-black-suspended",
        "a black entry suspended on the day of the red recognition",
        NO_PART,
        FUNDING,
        expect("FAVOURED", *RED, suspended=BLACK_ACTS),
        entries=[
            black(status="suspended", status_date=date(2025, 8, 1), status_reason="objection"),
            red(document_date=LATER),
        ],
    ),
    case(
        "red-black-void",
        "a black entry that was withdrawn after an objection",
        NO_PART,
        FUNDING,
        expect("FAVOURED", *RED),
        entries=[
            black(status="exited", status_date=date(2026, 1, 5), status_reason="objection"),
            red(document_date=LATER),
        ],
    ),
    case(
        "red-black-watch-takes-no-part",
        "a watch entry ends no red one",
        "DESIGN 4, red and black: `black.*` only.",
        FUNDING,
        expect("CAUTION", "24.watch by W1 as subject", *RED),
        entries=[row("W1", "watch.key_monitoring"), red(document_date=LATER)],
    ),
    case(
        "red-black-removed",
        "a new black entry removes the subject's red entries",
        ENDED,
        FUNDING,
        expect("RESTRICTED", *BLACK_ACTS, dropped=["row 1 red_removed_by_black kept"]),
        entries=[red(), black(document_date=LATER)],
    ),
    case(
        "red-black-removed-day-before",
        "the day before, the red entry still answers",
        f"{ENDED} Before that day the red one still answers.",
        _day(date(2025, 8, 31)),
        expect("FAVOURED", *RED, dropped=["row 1 red_removed_by_black kept"]),
        entries=[red(), black(document_date=LATER)],
    ),
    case(
        "red-black-removed-same-day",
        "on the black entry's first day the red one has ended",
        ENDED,
        _day(LATER),
        expect("RESTRICTED", *BLACK_ACTS, ended=RED, dropped=["row 1 red_removed_by_black kept"]),
        entries=[red(), black(document_date=LATER)],
    ),
    case(
        "red-black-removed-for-good",
        "the red entry stays ended after the black one is over",
        ENDED,
        _day(date(2026, 3, 1)),
        clear(ended=[*BLACK_ACTS, *RED], dropped=["row 1 red_removed_by_black kept"]),
        entries=[red(), black(document_date=LATER, valid_until=date(2025, 12, 31))],
    ),
    case(
        "red-black-removed-from-valid-from",
        "the black entry's document is older, its validity begins later",
        f"{ENDED} Its valid_from counts, not its document.",
        _day(date(2025, 10, 1)),
        expect("FAVOURED", *RED, dropped=["row 1 red_removed_by_black kept"]),
        entries=[red(), black(document_date=LATER, valid_from=date(2025, 10, 2))],
    ),
    case(
        "red-black-not-counted-after-expiry",
        "a red entry that had expired is not removed",
        "DESIGN, settled: counted when the black entry's first day is a day on which the red one would still run.",
        _day(date(2025, 8, 31)),
        clear(ended=RED),
        entries=[red(valid_until=date(2025, 8, 30)), black(document_date=LATER)],
    ),
    case(
        "red-black-later-but-void",
        "a later black entry withdrawn after an objection ends nothing",
        NO_PART,
        FUNDING,
        expect("FAVOURED", *RED),
        entries=[red(), black(document_date=LATER, status="corrected", status_date=date(2026, 1, 5))],
    ),
    case(
        "red-black-later-but-suspended-at-once",
        "a later black entry that was suspended from its first day ends nothing",
        NO_PART,
        FUNDING,
        expect("FAVOURED", *RED, suspended=BLACK_ACTS),
        entries=[red(), black(document_date=LATER, status="suspended", status_date=LATER, status_reason="objection")],
    ),
]

MINOR_ACTS = "5.degree by B1 as subject"
SUPERSEDED = (
    "DESIGN, settled: a row superseded by one of another severity still answers for the days before its status_date."
)

_ROWS: Cases = [
    case(
        "superseded-severity-before",
        "before the severity changed, the old one answers",
        SUPERSEDED,
        _day(date(2025, 8, 31)),
        expect("CAUTION", MINOR_ACTS, dropped=["row 1 superseded kept"]),
        entries=[black(severity="minor"), black(status_date=LATER)],
    ),
    case(
        "superseded-severity-from-its-day",
        "from the status date on, the new severity answers",
        "DESIGN 4: a later row of the same key with another severity replaces it from its status_date.",
        _day(LATER),
        expect("RESTRICTED", *BLACK_ACTS, ended=[MINOR_ACTS], dropped=["row 1 superseded kept"]),
        entries=[black(severity="minor"), black(status_date=LATER)],
    ),
    case(
        "superseded-severity-lowered",
        "a severity that was lowered",
        "DESIGN 4: a later row of the same key with another severity replaces it from its status_date.",
        FUNDING,
        expect("CAUTION", MINOR_ACTS, dropped=["row 2 superseded kept"]),
        entries=[black(severity="minor", status_date=LATER), black()],
    ),
    case(
        "superseded-same-severity",
        "the latest status date wins",
        "DESIGN 5: the latest status_date (none counts as earliest) wins, the others are superseded.",
        FUNDING,
        clear(dropped=["row 1 superseded"]),
        entries=[black(), black(status="repaired", status_date=LATER, status_reason="repair")],
    ),
    case(
        "superseded-tie-ended-wins",
        "on one status date, ended is above suspended and active",
        "DESIGN 5: ties by ended > suspended > active.",
        _day(LATER),
        clear(ended=BLACK_ACTS, dropped=["row 1 superseded", "row 3 superseded"]),
        entries=[
            black(status="suspended", status_date=LATER, status_reason="objection"),
            black(status="exited", status_date=LATER, status_reason="expiry"),
            black(status_date=LATER),
        ],
    ),
    case(
        "superseded-by-a-void-row",
        "a newest row that is void voids its key",
        "DESIGN, settled: a newest row that is void voids its key.",
        _day(date(2025, 8, 1)),
        clear(dropped=["row 1 superseded", "row 2 superseded"]),
        entries=[
            black(severity="minor"),
            black(status_date=date(2025, 7, 1)),
            black(status="corrected", status_date=LATER),
        ],
    ),
    case(
        "duplicate",
        "one row in two sources",
        "DESIGN 5: the same key with the same content is `duplicate`.",
        FUNDING,
        expect("RESTRICTED", *BLACK_ACTS, dropped=["row 2 duplicate"]),
        entries=[black(source="city_list"), black(source="province_list")],
    ),
]

CASES: Cases = [*_RED_BLACK, *_ROWS]
