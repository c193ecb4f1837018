"""Three clean years and grades (Cl. 11, 12): a C or D is a bad record on the days on which it is in force."""

from datetime import date

from golden_clean import GIVEN, RULE, UNKNOWN, clean_case
from golden_templates import Cases, clear, row

CASES: Cases = [
    *(
        clean_case(
            f"grade-{grade.lower()}",
            f"grade {grade} in force on the day",
            f"{RULE}no grade.credit C or D is in force on as_of.",
            clear(),
            row("G1", "grade.credit", grade=grade),
        )
        for grade in ("C", "D")
    ),
    clean_case(
        "grade-b",
        "grade B in force on the day",
        f"{RULE}no grade.credit C or D is in force on as_of.",
        GIVEN,
        row("G1", "grade.credit", grade="B"),
    ),
    clean_case(
        "grade-d-over",
        "grade D until the day before",
        f"{RULE}in force on as_of: a grade of another day is no record.",
        GIVEN,
        row("G1", "grade.credit", grade="D", valid_until=date(2026, 6, 30)),
    ),
    clean_case(
        "grade-d-suspended",
        "a suspended grade D",
        "DESIGN 5, clean years: a suspended C or D makes clean_years_unknown.",
        UNKNOWN,
        row(
            "G1", "grade.credit", grade="D", status="suspended", status_date=date(2026, 6, 1), status_reason="objection"
        ),
    ),
    clean_case(
        "grade-d-of-a-rural-household",
        "grades of other lists are none of credit",
        f"{RULE}no grade.credit C or D.",
        GIVEN,
        row("G1", "grade.rural_household", grade="D"),
    ),
    clean_case(
        "grade-d-masked",
        "a masked grade D that may be the subject's",
        f"{RULE}no grade.credit C or D is in force on as_of: whether this one is the subject's is not known.",
        UNKNOWN,
        unsettled=[row("G1", "grade.credit", grade="D")],
    ),
    clean_case(
        "grades-stale",
        "the source of grades is stale, and is the only one that is",
        "DESIGN 5, clean years: a missing or stale source of grades makes clean_years_unknown.",
        UNKNOWN,
        sources={"grades": {"provides": ["grade.credit"], "data_as_of": date(2026, 5, 31)}},
    ),
]
