"""Three clean years (Cl. 11): given, and each way in which they are not."""

from datetime import date
from typing import Any

from golden_templates import (
    ORG,
    UNKNOWN_YEARS,
    Cases,
    ask,
    black,
    by,
    case,
    clear,
    expect,
    gap,
    registered,
    row,
)

ACCEPT = "permit.accept"
RULE = "DESIGN 4, three clean years: "
WINDOW = f"{RULE}(as_of - 3 years, as_of] is 2023-07-02 to 2026-07-01. "
OLD = registered(date(2015, 5, 6))
CLEAN = by("clean years", "subject", "11.green", "11.tolerance")
GIVEN = expect("FAVOURED", *CLEAN)
UNKNOWN = clear(UNKNOWN_YEARS)
BLACK_PERMIT = by("B1", "subject", "18.1a", "5.strict")
LONG_AGO = date(2022, 1, 10)


def clean_case(
    slug: str, title: str, why: str, expected: dict[str, Any], *entries: dict[str, Any], **given: Any
) -> tuple[str, dict[str, Any]]:
    asked = given.pop("asked", ACCEPT)
    given.setdefault("registrations", OLD)
    return case(f"clean-{slug}", title, why, asked, expected, entries=list(entries), **given)


_REGISTER: Cases = [
    clean_case(
        "not-in-register",
        "a subject that no register holds",
        f"{RULE}the subject is in a loaded register.",
        UNKNOWN,
        registrations=[],
    ),
    clean_case(
        "no-established-date",
        "a register that does not say since when",
        f"{RULE}was established at least three years before as_of.",
        UNKNOWN,
        registrations=registered(None),
    ),
    clean_case(
        "exactly-three-years",
        "established three years ago to the day",
        f"{RULE}established at least three years before as_of.",
        GIVEN,
        registrations=registered(date(2023, 7, 1)),
    ),
    clean_case(
        "a-day-too-young",
        "established a day later",
        f"{RULE}established at least three years before as_of: known not to be, so no gap.",
        clear(),
        registrations=registered(date(2023, 7, 2)),
    ),
    clean_case(
        "earliest-registration-counts",
        "two registers: one without a date, one old",
        f"{RULE}the subject is in a loaded register and was established long before.",
        GIVEN,
        registrations=[*registered(None), *OLD],
    ),
    clean_case(
        "register-flag",
        "a register row with a failing check digit is loaded with a flag, and counts",
        "DESIGN, settled: such a row is loaded with a flag, and a query that it holds is settled.",
        expect("FAVOURED", *CLEAN, flags=["legacy_code_in_register entity_register"]),
        registrations=[{"established": date(2015, 5, 6), "flags": ["legacy_code_in_register"]}],
    ),
]

_SOURCES: Cases = [
    clean_case(
        "coverage-from-first-day",
        "the city's list covers just the three years",
        f"{WINDOW}Settled: coverage_from is not after their first day.",
        GIVEN,
        sources={"city_list": {"coverage_from": date(2023, 7, 2)}},
    ),
    clean_case(
        "coverage-a-day-short",
        "the city's list begins a day too late",
        f"{WINDOW}Settled: coverage_from is not after their first day.",
        UNKNOWN,
        sources={"city_list": {"coverage_from": date(2023, 7, 3)}},
    ),
    clean_case(
        "stale-adverse-source",
        "the city's list is stale",
        f"{RULE}settled: as_of <= data_as_of + max_age. For permit.accept the list could give 18.1a (CAUTION) at most.",
        expect("CANNOT_TELL", gaps=[UNKNOWN_YEARS, gap("source_stale", "CAUTION", "city_list")]),
        sources={"city_list": {"data_as_of": date(2026, 5, 31)}},
    ),
    clean_case(
        "stale-penalties",
        "stale penalties leave the years unknown and the action clear",
        "DESIGN 4: penalty.administrative is adverse, and gives no measure: no source gap, but an unknown record.",
        UNKNOWN,
        sources={"double_publicity": {"data_as_of": date(2026, 5, 31)}},
    ),
    clean_case(
        "stale-red-list",
        "a stale red list does not matter to clean years",
        f"{RULE}every source that provides an adverse list type; red ones are none. The gap could be FAVOURED.",
        expect("FAVOURED", *CLEAN, gaps=[gap("source_stale", "FAVOURED", "honours")]),
        sources={"honours": {"data_as_of": date(2026, 5, 31)}},
    ),
    clean_case(
        "required-adverse-source-absent",
        "the court's list is required and absent",
        "DESIGN, settled: every source means every loaded or required one; it could give 18.1a (CAUTION).",
        expect("CANNOT_TELL", gaps=[UNKNOWN_YEARS, gap("source_missing", "CAUTION", "judgment_debtor")]),
        sources={
            "judgment_debtor": {
                "is_required": True,
                "is_loaded": False,
                "admitted": 0,
                "coverage_from": None,
                "data_as_of": None,
            }
        },
    ),
    clean_case(
        "no-adverse-source",
        "no source could show a bad record",
        f"{RULE}derived and never assumed: with no adverse source loaded nothing is known.",
        UNKNOWN,
        sources={"city_list": None, "judgment_debtor": None, "double_publicity": None},
    ),
]

_RECORDS: Cases = [
    clean_case(
        "black-serious",
        "a black entry in force",
        f"{RULE}no adverse record in it: a black entry is one; that is known, so no gap.",
        expect("CAUTION", *BLACK_PERMIT),
        black(),
    ),
    clean_case(
        "black-minor",
        "a black entry of any severity breaks them",
        f"{RULE}a black entry of any severity.",
        expect("CAUTION", "5.degree by B1 as subject"),
        black(severity="minor"),
    ),
    clean_case(
        "black-expired-within",
        "a black entry that has expired, decided within the years",
        f"{RULE}decided or in force in it.",
        clear(),
        black(document_date=date(2023, 8, 1), valid_until=date(2024, 7, 31)),
    ),
    clean_case(
        "black-in-force-within",
        "decided before the years, in force on their first day",
        f"{WINDOW}Decided or in force in it.",
        clear(),
        black(document_date=LONG_AGO, valid_until=date(2023, 7, 2)),
    ),
    clean_case(
        "black-over-before",
        "in force until the day before the years",
        f"{WINDOW}Decided or in force in it.",
        GIVEN,
        black(document_date=LONG_AGO, valid_until=date(2023, 7, 1)),
    ),
    clean_case(
        "black-decided-first-day",
        "decided on the first day of the years",
        f"{WINDOW}Decided or in force in it.",
        clear(),
        black(document_date=date(2023, 7, 2), valid_until=date(2023, 7, 2)),
    ),
    clean_case(
        "black-decided-on-the-eve",
        "decided on the day before the years, and over",
        f"{WINDOW}Decided or in force in it.",
        GIVEN,
        black(document_date=date(2023, 7, 1), valid_until=date(2023, 7, 1)),
    ),
    clean_case(
        "black-in-force-one-day-within",
        "an old decision, in force on one day of the years",
        f"{WINDOW}Decided or in force in it.",
        clear(),
        black(document_date=LONG_AGO, valid_from=date(2024, 1, 2), valid_until=date(2024, 1, 2)),
    ),
    clean_case(
        "black-in-force-from-today",
        "an old decision, in force from today",
        f"{WINDOW}Its last day is as_of itself.",
        expect("CAUTION", *BLACK_PERMIT),
        black(document_date=LONG_AGO, valid_from=date(2026, 7, 1)),
    ),
    clean_case(
        "black-decided-not-yet-in-force",
        "decided today, in force later",
        f"{WINDOW}Decided in it, which is enough.",
        clear(),
        black(document_date=date(2026, 7, 1), valid_from=date(2026, 8, 1)),
    ),
    clean_case(
        "black-decided-later",
        "decided after the day asked about",
        f"{RULE}up to as_of; what was decided later does not change the answer for then.",
        expect("FAVOURED", *CLEAN),
        black(document_date=date(2025, 1, 11)),
        asked=ask(ACCEPT, as_of=date(2025, 1, 10)),
    ),
    clean_case(
        "black-in-force-later",
        "an old decision whose validity begins later",
        f"{RULE}decided or in force in (as_of - 3 years, as_of]; it is neither.",
        GIVEN,
        black(document_date=LONG_AGO, valid_from=date(2026, 8, 1)),
    ),
    clean_case(
        "ordinary",
        "ordinary dishonesty breaks them",
        f"{RULE}general.ordinary.",
        expect("CAUTION", "5.degree by O1 as subject"),
        row("O1", "general.ordinary"),
    ),
    clean_case(
        "penalty",
        "a penalty breaks them",
        f"{RULE}a penalty.",
        clear(records=["P1"]),
        row("P1", "penalty.administrative"),
    ),
    clean_case(
        "permit-record",
        "a permit is no bad record",
        f"{RULE}a black entry, general.ordinary, a penalty, a breached commitment; nothing else.",
        expect("FAVOURED", *CLEAN, records=["L1"]),
        row("L1", "permit.administrative"),
    ),
    clean_case(
        "breached-commitment",
        "a breached commitment breaks them",
        f"{RULE}a breached commitment.",
        expect("CAUTION", "9.breach by C1 as subject", records=["C1"]),
        row("C1", "commitment.breached"),
    ),
    clean_case(
        "open-commitment",
        "an open commitment does not",
        f"{RULE}a breached commitment only.",
        expect("FAVOURED", *CLEAN, records=["C1"]),
        row("C1", "commitment.open"),
    ),
    clean_case(
        "criticised",
        "a circular of criticism breaks them",
        f"{RULE}a black entry, criticised.*, watch.*, general.ordinary, a penalty, a breached commitment.",
        clear(),
        row("E1", "criticised.environment_project"),
    ),
    clean_case(
        "watched",
        "so does key monitoring",
        f"{RULE}a black entry, criticised.*, watch.*, general.ordinary, a penalty, a breached commitment.",
        expect("CAUTION", "24.watch by W1 as subject"),
        row("W1", "watch.key_monitoring"),
    ),
    clean_case(
        "watch",
        "a place on a watch list in the years does",
        f"{RULE}watch.* is an adverse record; it is over on the day.",
        clear(),
        row("W1", "watch.key_monitoring", valid_until=date(2025, 12, 31)),
    ),
    clean_case(
        "watch-before",
        "a place on a watch list that was over before the years",
        f"{WINDOW}It was neither decided nor in force in them.",
        GIVEN,
        row("W1", "watch.key_monitoring", document_date=LONG_AGO, valid_until=date(2023, 7, 1)),
    ),
    clean_case(
        "repaired-counts",
        "a repaired entry counts",
        f"{RULE}repaired ones count.",
        clear(),
        black(status="repaired", status_date=date(2025, 9, 1), status_reason="repair"),
    ),
    clean_case(
        "repaired-on-second-day",
        "decided before the years and repaired on their second day: in force on their first",
        f"{WINDOW}An entry acts until the day before its status_date.",
        clear(),
        black(document_date=LONG_AGO, status="repaired", status_date=date(2023, 7, 3), status_reason="repair"),
    ),
    clean_case(
        "repaired-on-first-day",
        "decided before the years and repaired on their first day: not in force in them",
        f"{WINDOW}Repaired: out of force from status_date inclusive.",
        GIVEN,
        black(document_date=LONG_AGO, status="repaired", status_date=date(2023, 7, 2), status_reason="repair"),
    ),
    clean_case(
        "corrected-does-not-count",
        "a corrected entry does not count",
        f"{RULE}corrected and revoked ones do not.",
        GIVEN,
        black(status="corrected", status_date=date(2025, 9, 1)),
    ),
    clean_case(
        "revoked-does-not-count",
        "an entry that exited by objection does not count",
        f"{RULE}corrected and revoked ones do not.",
        GIVEN,
        black(status="exited", status_date=date(2025, 9, 1), status_reason="objection"),
    ),
    clean_case(
        "undated-exit-decided-before",
        "an exited row without a date, decided before the years, never acted",
        "DESIGN 4: a row whose status is not active and that has no status_date never acts.",
        expect("FAVOURED", *CLEAN, flags=["status_undated B1"]),
        black(document_date=LONG_AGO, status="exited", status_reason="expiry", flags=["status_undated"]),
    ),
    clean_case(
        "suspended-is-a-gap",
        "an entry under objection leaves the years unknown",
        f"{RULE}a suspended one is a gap.",
        clear(UNKNOWN_YEARS, suspended=BLACK_PERMIT),
        black(status="suspended", status_date=date(2026, 6, 1), status_reason="objection"),
    ),
    clean_case(
        "suspended-today-is-a-gap",
        "an entry suspended today",
        f"{RULE}a suspended one is a gap; suspended from status_date inclusive.",
        clear(UNKNOWN_YEARS, suspended=BLACK_PERMIT),
        black(status="suspended", status_date=date(2026, 7, 1), status_reason="objection"),
    ),
    clean_case(
        "suspended-undated-is-a-gap",
        "a suspended row without a date as well",
        f"{RULE}a suspended one is a gap.",
        clear(UNKNOWN_YEARS, suspended=BLACK_PERMIT, flags=["status_undated B1"]),
        black(status="suspended", flags=["status_undated"]),
    ),
    clean_case(
        "suspended-beside-a-penalty",
        "a known bad record settles it",
        f"{RULE}a penalty breaks them, whatever becomes of the suspended entry.",
        clear(suspended=BLACK_PERMIT, records=["P1"]),
        black(status="suspended", status_date=date(2026, 6, 1), status_reason="objection"),
        row("P1", "penalty.administrative"),
    ),
    clean_case(
        "suspended-later",
        "on the day before its suspension the entry counted",
        f"{RULE}in force in it; suspended from status_date inclusive.",
        expect("CAUTION", *BLACK_PERMIT),
        black(status="suspended", status_date=date(2026, 6, 1), status_reason="objection"),
        asked=ask(ACCEPT, as_of=date(2026, 5, 31)),
    ),
    clean_case(
        "superseded-severity-over-before",
        "the minor row answered until before the years and the serious one from then to their eve",
        f"{WINDOW}A row that replaced another acts from its own status_date on; neither is in force in the years.",
        expect("FAVOURED", *CLEAN, dropped=["row 1 superseded kept"]),
        black(severity="minor", document_date=LONG_AGO),
        black(document_date=LONG_AGO, status_date=date(2023, 1, 10), valid_until=date(2023, 7, 1)),
    ),
    clean_case(
        "masked-adverse-entry",
        "a masked adverse entry that may be the subject's",
        "DESIGN 4: identity_unsettled (18.1a at most: CAUTION); whether the years are clean is then unknown.",
        expect("CANNOT_TELL", gaps=[UNKNOWN_YEARS, gap("identity_unsettled", "CAUTION", "B1")]),
        unsettled=[black()],
    ),
    clean_case(
        "masked-adverse-entry-long-ago",
        "a masked adverse entry that was over before the years",
        f"{WINDOW}Whosever it is, it was neither decided nor in force in them.",
        GIVEN,
        unsettled=[black(document_date=LONG_AGO, valid_until=date(2023, 7, 1))],
    ),
    clean_case(
        "masked-of-another-name",
        "a masked adverse entry of another name",
        "DESIGN, settled: names beside a mask are compared after normalisation.",
        GIVEN,
        unsettled=[black(names=["示例二号"])],
        asked=ask(ACCEPT, names=["示例一号"]),
    ),
]

_LEAP: Cases = [
    clean_case(
        "29-february-established",
        "asked on 29 February: three years before is 28 February",
        "DESIGN, settled: three years before 29 February is 28 February.",
        GIVEN,
        asked=ask(ACCEPT, as_of=date(2024, 2, 29)),
        registrations=registered(date(2021, 2, 28)),
    ),
    clean_case(
        "29-february-too-young",
        "established on 1 March, asked on 29 February",
        "DESIGN, settled: three years before 29 February is 28 February.",
        clear(),
        asked=ask(ACCEPT, as_of=date(2024, 2, 29)),
        registrations=registered(date(2021, 3, 1)),
    ),
    clean_case(
        "1-march-after-a-leap-day",
        "asked on 1 March, established on 29 February three years before",
        f"{RULE}established at least three years before as_of.",
        GIVEN,
        asked=ask(ACCEPT, as_of=date(2023, 3, 1), kind=ORG),
        registrations=registered(date(2020, 2, 29)),
    ),
]

CASES: Cases = [*_REGISTER, *_SOURCES, *_RECORDS, *_LEAP]
