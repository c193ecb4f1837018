"""Withheld incentives, postures, rules 2, 3 and 5, implementing bodies and what an audience may see."""

from datetime import date
from typing import Any

from golden_templates import (
    LR,
    Cases,
    as_person,
    ask,
    black,
    by,
    case,
    clear,
    expect,
    grade_a,
    red,
    row,
    through,
)

FUNDING = "funding.apply"
ENVIRONMENT = {"domain": "environmental_protection"}
MINOR_ACTS = "5.degree by B1 as subject"
BLACK_ACTS = by("B1", "subject", "18.3a", "5.strict")
BASIC = {"posture": "basic-list-only"}
LATER = date(2025, 9, 1)


def _day(as_of: date, action: str = FUNDING) -> dict[str, Any]:
    return ask(action, as_of=as_of)


_WITHHELD: Cases = [
    case(
        "withheld-own-black-any-action",
        "an own black entry withholds incentives for every action",
        "DESIGN 4: withheld because an own entry's measure of trigger `black` acts on as_of, for any action.",
        "commerce.sale",
        clear(withheld=["14.commerce by A1 as organisation"]),
        entries=[grade_a(), black()],
    ),
    case(
        "withheld-own-black-this-action",
        "restricted and withheld at once",
        "DESIGN 4: withheld because an own entry's measure of trigger `black` acts on as_of.",
        FUNDING,
        expect("RESTRICTED", *BLACK_ACTS, withheld=["13.funding by A1 as subject"]),
        entries=[grade_a(), black()],
    ),
    case(
        "withheld-person-own-black",
        "a person's own black entry withholds as well",
        "DESIGN 4: an own entry's measure of trigger `black` acts, for any action (a person is reached by S measures).",
        as_person("finance.rural_loan"),
        expect("CAUTION", *by("B1", "subject", "19.3a", "19.3b"), withheld=["16.rural by G1 as subject"]),
        entries=[row("G1", "grade.rural_household", grade="三星"), black(list_type="black.judgment_default")],
    ),
    case(
        "withheld-not-by-minor-black",
        "a minor black entry withholds nothing",
        "DESIGN 4: only a measure of trigger `black` withholds, which is serious or exceptional.",
        FUNDING,
        expect("CAUTION", MINOR_ACTS, "13.funding by A1 as subject"),
        entries=[grade_a(), black(severity="minor")],
    ),
    case(
        "withheld-not-by-suspended-black",
        "a suspended black entry withholds nothing",
        "Cl. 25; DESIGN, settled: only measures that act withhold incentives.",
        "commerce.sale",
        expect("FAVOURED", "14.commerce by A1 as organisation"),
        entries=[grade_a(), black(status="suspended", status_date=LATER, status_reason="objection")],
    ),
    case(
        "withheld-own-limit",
        "an own entry that limits this action withholds for it",
        "DESIGN, settled: an own entry that bars or limits an action (18.6) withholds incentives for that action.",
        ask("tender.bid", context=ENVIRONMENT),
        expect("RESTRICTED", "18.6 by E1 as organisation", withheld=["13.bonus by A1 as organisation"]),
        entries=[grade_a(), row("E1", "criticised.environment_project")],
    ),
    case(
        "withheld-own-limit-not-elsewhere",
        "the same entry leaves other actions alone",
        "DESIGN, settled: for that action; criticised.environment_project is no trigger of name `black`.",
        FUNDING,
        expect("FAVOURED", "13.funding by A1 as subject"),
        entries=[grade_a(), row("E1", "criticised.environment_project")],
    ),
    case(
        "withheld-relation-bars",
        "a relation that bars this very action withholds the own incentive",
        "DESIGN 4: withheld because a relation bars or limits this very action (incentive of an operator's own layer).",
        as_person("honour.nominate"),
        expect(
            "PROHIBITED",
            f"18.5b by B1 as {LR} of 91420399000000019G",
            withheld=["x.honour by R1 as person"],
        ),
        entries=[red(), through(LR, black())],
        layers=["shiyan2017", "layers/example_incentives.yaml"],
    ),
    case(
        "withheld-relation-that-does-not-reach",
        "a relation that does not reach this action withholds nothing",
        "DESIGN, settled: the legal representative keeps what the own red entry gives, but where the relation bars.",
        as_person("honour.nominate"),
        expect("FAVOURED", "x.honour by R1 as person"),
        entries=[red(), through("practitioner", black())],
        layers=["shiyan2017", "layers/example_incentives.yaml"],
    ),
]

_POSTURE: Cases = [
    case(
        "posture-basic-list-only",
        "without an item every restriction is advisory only",
        "DESIGN, settled: under basic-list-only, restrictions without an item are advisory only.",
        FUNDING,
        clear(advisory_only=BLACK_ACTS),
        entries=[black()],
        **BASIC,
    ),
    case(
        "posture-basic-list-item",
        "a restriction with an item acts",
        "DESIGN 4, rule (6): the posture lets it act; 18.3a has an (invented) item here.",
        FUNDING,
        expect("RESTRICTED", "18.3a by B1 as subject", advisory_only=["5.strict by B1 as subject"]),
        entries=[black()],
        basic_list=["18.3a"],
        **BASIC,
    ),
    case(
        "posture-as-planned-ignores-items",
        "as planned in 2017, every measure acts",
        "DESIGN 4, rule (6): default as-planned-2017.",
        FUNDING,
        expect("RESTRICTED", *BLACK_ACTS),
        entries=[black()],
        basic_list=["18.3a"],
        posture="as-planned-2017",
    ),
    case(
        "posture-incentives-act",
        "incentives act, and advisory restrictions do not withhold them",
        "DESIGN, settled: only measures that act withhold incentives (one that is advisory_only does not).",
        FUNDING,
        expect("FAVOURED", "13.funding by A1 as subject", advisory_only=BLACK_ACTS),
        entries=[grade_a(), black()],
        **BASIC,
    ),
    case(
        "posture-withheld-by-item-of-another-action",
        "one black measure that acts, for whatever action, withholds",
        "DESIGN 4: withheld because an own entry's measure of trigger `black` acts on as_of, for any action.",
        FUNDING,
        clear(advisory_only=BLACK_ACTS, withheld=["13.funding by A1 as subject"]),
        entries=[grade_a(), black()],
        basic_list=["18.3c"],
        **BASIC,
    ),
    case(
        "posture-suspended",
        "a suspended restriction without an item is not listed",
        "DESIGN, settled: rules 2 to 6 also hold for what is listed as `suspended`.",
        FUNDING,
        clear(),
        entries=[black(status="suspended", status_date=LATER, status_reason="objection")],
        **BASIC,
    ),
]

_RULES: Cases = [
    case(
        "rule2-severity",
        "an ordinary black entry sets no measure of `black` off",
        "DESIGN 4, rule (2): severity must match the trigger; `black` is serious or exceptional.",
        "concession.participate",
        clear(),
        entries=[black(severity="ordinary")],
    ),
    case(
        "rule2-severity-exceptional",
        "an exceptional one does",
        "DESIGN 4, rule (2).",
        "concession.participate",
        expect("RESTRICTED", "18.3c by B1 as subject"),
        entries=[black(severity="exceptional")],
    ),
    case(
        "rule2-named-black-type-minor",
        "a list type named as a trigger means serious and exceptional too",
        "DESIGN, settled: a black.* list type named as a trigger acts on severity serious and exceptional.",
        as_person("consumption.air"),
        clear(),
        entries=[black(list_type="black.judgment_default", severity="ordinary")],
    ),
    case(
        "rule2-grade-b",
        "grade B gives no incentive",
        "Measure table: trigger A is grade.credit A.",
        FUNDING,
        clear(),
        entries=[grade_a(grade="B")],
    ),
    case(
        "rule3-another-action",
        "no black measure is for commercial sale",
        "DESIGN 4, rule (3): an action pattern matches.",
        "commerce.sale",
        clear(),
        entries=[black()],
    ),
    case(
        "rule3-prefix",
        "`other.*` is a prefix",
        "DESIGN 4, rule (3): permit.* is a prefix.",
        "other.manage",
        expect("CAUTION", "5.strict by B1 as subject"),
        entries=[black()],
    ),
    case(
        "rule5-day-before",
        "the day before the plan",
        "DESIGN 4, rule (5); settled: the legal basis of shiyan2017 is in force from 2017-10-12.",
        _day(date(2017, 10, 11)),
        clear(),
        entries=[black(document_date=date(2017, 1, 5))],
    ),
    case(
        "rule5-first-day",
        "the day of the plan",
        "DESIGN 4, rule (5); settled: the legal basis of shiyan2017 is in force from 2017-10-12.",
        _day(date(2017, 10, 12)),
        expect("RESTRICTED", *BLACK_ACTS),
        entries=[black(document_date=date(2017, 1, 5))],
    ),
    case(
        "rule5-last-day-of-a-basis",
        "the last day of an instrument",
        "DESIGN 4, rule (5): in force on as_of (an operator's own layer, in force until 2025-12-31).",
        _day(date(2025, 12, 31), "commerce.sale"),
        expect("RESTRICTED", "x.sunset by B1 as subject"),
        entries=[black()],
        layers=["shiyan2017", "layers/example_incentives.yaml"],
    ),
    case(
        "rule5-after-the-basis",
        "the day after, it neither acts nor is listed",
        "DESIGN 4, rule (5): its legal basis is in force on as_of.",
        _day(date(2026, 1, 1), "commerce.sale"),
        clear(),
        entries=[black()],
        layers=["shiyan2017", "layers/example_incentives.yaml"],
    ),
    case(
        "bodies-executable",
        "the caller is one of the implementing bodies",
        "DESIGN 4: implementing bodies set executable_by_caller, from an authenticated caller only.",
        ask("concession.participate", bodies=["各县市区人民政府"]),
        expect("RESTRICTED", "18.3c by B1 as subject", executable={"18.3c": True}),
        entries=[black()],
    ),
    case(
        "bodies-not-executable",
        "another body gets the same verdict",
        "DESIGN 4: implementing bodies never change the verdict.",
        ask("concession.participate", bodies=["示例局"]),
        expect("RESTRICTED", "18.3c by B1 as subject", executable={"18.3c": False}),
        entries=[black()],
    ),
    case(
        "bodies-unknown",
        "a caller who is not authenticated",
        "DESIGN 4: executable_by_caller, from an authenticated caller only.",
        "concession.participate",
        expect("RESTRICTED", "18.3c by B1 as subject", executable={"18.3c": None}),
        entries=[black()],
    ),
    case(
        "records-government",
        "penalties, permits and commitments as a government caller sees them",
        "DESIGN 4: records (penalties, permits, open and breached commitments, as the audience allows).",
        "research.apply",
        clear(records=["C2", "C1", "P1", "L1"]),
        entries=[
            row("P1", "penalty.administrative"),
            row("L1", "permit.administrative"),
            row("C1", "commitment.open"),
            row("C2", "commitment.breached"),
        ],
    ),
    case(
        "records-public",
        "the public sees penalties and permits alone",
        "Cl. 8, list types: commitments are shared among governments, double publicity is public.",
        "research.apply",
        clear(records=["P1", "L1"]),
        entries=[
            row("P1", "penalty.administrative"),
            row("L1", "permit.administrative"),
            row("C1", "commitment.open"),
            row("C2", "commitment.breached"),
        ],
        audience="public",
    ),
]


CASES: Cases = [*_WITHHELD, *_POSTURE, *_RULES]
