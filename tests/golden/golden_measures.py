"""At least one case a measure, and the verdicts."""

from datetime import date

from golden_templates import (
    ORG,
    PERSON,
    UNKNOWN_YEARS,
    Cases,
    Row,
    as_person,
    ask,
    black,
    by,
    case,
    clear,
    expect,
    grade_a,
    red,
    registered,
    row,
)

ENVIRONMENT = {"domain": "environmental_protection"}

# Action, verdict and the measures by a serious black entry of the subject's own, strictest first and then by id.
_BLACK: list[tuple[str, str, str, list[str]]] = [
    ("5.strict", "research.manage", "CAUTION", ["5.strict"]),
    ("18.0", "inspection.plan", "CAUTION", ["18.0", "5.strict"]),
    ("18.1a", "permit.renew", "CAUTION", ["18.1a", "5.strict"]),
    ("18.1b", "permit.production_licence", "CAUTION", ["18.1a", "18.1b", "5.strict"]),
    ("18.1c", "permit.new_project", "CAUTION", ["18.1a", "18.1c", "5.strict"]),
    ("18.2a", "finance.securities_issue", "RESTRICTED", ["18.2a"]),
    ("18.2b", "finance.institution_founding", "RESTRICTED", ["18.2b"]),
    ("18.2c", "permit.internet_information", "RESTRICTED", ["18.2c", "18.1a", "5.strict"]),
    ("18.3a", "funding.apply", "RESTRICTED", ["18.3a", "5.strict"]),
    ("18.3b-procurement", "procurement.bid", "RESTRICTED", ["18.3b", "5.strict"]),
    ("18.3b-award", "procurement.award", "RESTRICTED", ["18.3b", "5.strict"]),
    ("18.3b-tender", "tender.bid", "RESTRICTED", ["18.3b", "5.strict"]),
    ("18.3b-tender-award", "tender.award", "RESTRICTED", ["18.3b", "5.strict"]),
    ("18.3b-land", "land.bid", "RESTRICTED", ["18.3b", "5.strict"]),
    ("18.3b-land-award", "land.award", "RESTRICTED", ["18.3b", "5.strict"]),
    ("18.3b-resource", "resource.bid", "RESTRICTED", ["18.3b"]),
    ("18.3b-resource-award", "resource.award", "RESTRICTED", ["18.3b"]),
    ("18.3c", "concession.participate", "RESTRICTED", ["18.3c"]),
    ("19.0", "publicity.disclose", "CAUTION", ["19.0"]),
    ("19.2", "credit_report.include", "CAUTION", ["19.2"]),
    ("19.3a", "finance.insurance", "CAUTION", ["19.3a", "19.3b"]),
    ("19.3b", "finance.underwrite", "CAUTION", ["19.3b"]),
    ("19.3-rural-loan", "finance.rural_loan", "CAUTION", ["19.3a", "19.3b"]),
]
_BLACK_ORGANISATION = [
    ("18.4", "market.entry", ["18.4"]),
    ("18.5a", "honour.retain", ["18.5a"]),
    ("18.5b", "honour.nominate", ["18.5b"]),
]
# The seven limits of clause 19(1), by the two lists of refused duties only; b and g are for organisations as well.
_DUTIES = [
    ("19.1a", "exit.border", "person"),
    ("19.1b", "property.purchase", "subject"),
    ("19.1c", "consumption.air", "person"),
    ("19.1d", "consumption.rail_premium", "person"),
    ("19.1e", "consumption.tourism", "person"),
    ("19.1f", "consumption.hotel", "person"),
    ("19.1g", "consumption.other", "subject"),
]
# Clause 24 names no acts: the warning is given for all administrative ones.
_WATCHED = [
    *("permit.renew", "penalty.decide", "inspection.plan", "funding.apply", "procurement.award", "land.award"),
    *("resource.award", "concession.participate", "research.manage", "personnel.recruit", "honour.nominate"),
    "other.manage",
]
# Incentives: measure, action, kind of subject, the entry, and all measures that it gives.
_INCENTIVES: list[tuple[str, str, str, Row, list[str]]] = [
    ("5.support", "funding.apply", ORG, red(), ["13.funding", "5.support"]),
    ("12.inspect-red", "inspection.plan", ORG, red(), ["12.inspect"]),
    ("12.inspect-grade-a", "inspection.plan", ORG, grade_a(), ["12.inspect"]),
    ("13.service-education", "public_service.education", PERSON, red(), ["13.service"]),
    ("13.service-culture", "public_service.culture", PERSON, red(), ["13.service"]),
    ("13.service-employment", "public_service.employment", PERSON, red(), ["13.service"]),
    ("13.service-startup", "public_service.startup", PERSON, red(), ["13.service"]),
    ("13.service-housing", "public_service.housing", PERSON, red(), ["13.service"]),
    ("13.service-social-security", "public_service.social_security", PERSON, red(), ["13.service"]),
    ("13.funding-red", "funding.investment_policy", ORG, red(), ["13.funding"]),
    ("13.funding-grade-a", "funding.apply", ORG, grade_a(), ["13.funding"]),
    ("13.bonus-procurement", "procurement.bid", ORG, grade_a(), ["13.bonus"]),
    ("13.bonus-tender", "tender.bid", ORG, red(), ["13.bonus"]),
    ("13.bonus-land", "land.bid", ORG, red(), ["13.bonus"]),
    ("13.bonus-resource", "resource.bid", ORG, grade_a(), ["13.bonus"]),
    ("14.finance", "finance.loan", ORG, grade_a(), ["14.finance"]),
    ("14.commerce", "commerce.sale", ORG, red(), ["14.commerce"]),
    ("15.personal-transport", "consumption.transport", PERSON, red(), ["15.personal"]),
    ("15.personal-medical", "public_service.medical", PERSON, red(), ["15.personal"]),
    ("15.personal-culture", "consumption.culture", PERSON, red(), ["15.personal"]),
    ("16.rural", "finance.rural_loan", PERSON, row("G1", "grade.rural_household", grade="三星"), ["16.rural"]),
]


def _measures() -> Cases:
    rows = []
    for slug, action, verdict, ids in _BLACK:
        why = f"Measure table: {', '.join(ids)} by black, reach S, action {action}."
        rows.append(
            case(
                f"measure-{slug}",
                f"a seriously dishonest company asks for {action}",
                why,
                action,
                expect(verdict, *by("B1", "subject", *ids)),
                entries=[black()],
            )
        )
    for slug, action, ids in _BLACK_ORGANISATION:
        strict = by("B1", "subject", "5.strict") if action.startswith("honour.") else []
        why = f"Measure table: {slug} is a mandatory bar by black that reaches the organisation (So)."
        expected = expect("PROHIBITED", *by("B1", "organisation", *ids), *strict)
        rows.append(
            case(f"measure-{slug}", f"a blacklisted company and {action}", why, action, expected, entries=[black()])
        )
    for slug, action, reach in _DUTIES:
        short = "Sp" if reach == "person" else "S"
        why = f"Measure table: {slug}, limit M, reach {short}, by black.judgment_default or .administrative_default."
        rows.append(
            case(
                f"measure-{slug}",
                f"a person who refuses to perform a judgment asks for {action}",
                why,
                as_person(action),
                expect("RESTRICTED", f"{slug} by B1 as {reach}"),
                entries=[black(list_type="black.judgment_default")],
            )
        )
        rows.append(
            case(
                f"measure-{slug}-organisation",
                f"a company that refuses to perform a judgment asks for {action}",
                why,
                action,
                expect("RESTRICTED", f"{slug} by B1 as subject") if reach == "subject" else clear(),
                entries=[black(list_type="black.judgment_default")],
            )
        )
    rows += [
        case(
            f"measure-24.watch-{action}",
            f"key monitoring warns for {action}",
            "Cl. 24; measure table: 24.watch (inform, D, S), for all administrative acts.",
            action,
            expect("CAUTION", "24.watch by W1 as subject"),
            entries=[row("W1", "watch.key_monitoring")],
        )
        for action in _WATCHED
    ]
    for slug, action, kind, listed, ids in _INCENTIVES:
        reach = (
            "subject"
            if slug.startswith(("5.", "13.funding", "16."))
            else ("person" if kind == PERSON else "organisation")
        )
        expected = expect("FAVOURED", *by(listed["id"], reach, *ids))
        why = f"Measure table: {', '.join(ids)}, favour, for action {action}."
        rows.append(
            case(
                f"measure-{slug}", f"an incentive for {action}", why, ask(action, kind=kind), expected, entries=[listed]
            )
        )
    return rows


_OTHERS: Cases = [
    case(
        "measure-5.degree-ordinary",
        "ordinary dishonesty is told, and restricts nothing",
        "Measure table: 5.degree (inform, D) by general.ordinary; inform of any force gives CAUTION.",
        "funding.apply",
        expect("CAUTION", "5.degree by O1 as subject"),
        entries=[row("O1", "general.ordinary")],
    ),
    case(
        "measure-5.degree-minor-black",
        "a black entry of minor severity is below the threshold of `black`",
        "Measure table: 5.degree by black.* of severity minor or ordinary; `black` is serious or exceptional.",
        "funding.apply",
        expect("CAUTION", "5.degree by B1 as subject"),
        entries=[black(severity="minor")],
    ),
    case(
        "measure-5.tolerance-5.green",
        "a model of integrity hands in an incomplete file",
        "Cl. 5, 11: 5.tolerance and 5.green by red; not registered, so clean years are unknown (could be FAVOURED).",
        "permit.accept",
        expect(
            "FAVOURED",
            *by("R1", "subject", "5.green", "5.tolerance"),
            gaps=[UNKNOWN_YEARS],
            obligations={"5.green": ["green_channel"], "5.tolerance": ["tolerance"]},
        ),
        entries=[red()],
    ),
    case(
        "measure-9.breach",
        "a breached commitment is scrutinised and told as a record",
        "Cl. 9; measure table: 9.breach (scrutinise, D) by commitment.breached; records tell breached commitments.",
        "permit.renew",
        expect("CAUTION", "9.breach by C1 as subject", records=["C1"]),
        entries=[row("C1", "commitment.breached")],
    ),
    case(
        "measure-11.tolerance-11.green",
        "three clean years give tolerance and the green channel",
        "Cl. 11; DESIGN 4, three clean years: in a register, established long before, all adverse sources cover.",
        "permit.accept",
        expect(
            "FAVOURED",
            *by("clean years", "subject", "11.green", "11.tolerance"),
            obligations={"11.green": ["green_channel"], "11.tolerance": ["tolerance"]},
        ),
        registrations=registered(date(2015, 5, 6)),
    ),
    case(
        "measure-11.green-grant",
        "at the grant of a permit the green channel alone remains",
        "Measure table: 11.tolerance for permit.accept only, 11.green for permit.accept and permit.grant.",
        "permit.grant",
        expect("FAVOURED", "11.green by clean years as subject"),
        registrations=registered(date(2015, 5, 6)),
    ),
    case(
        "measure-18.6",
        "no further environmental projects after a circular of criticism",
        "Cl. 18(6); measure table: 18.6 by criticised.environment_project, when domain = environmental_protection.",
        ask("tender.bid", context=ENVIRONMENT),
        expect("RESTRICTED", "18.6 by E1 as organisation"),
        entries=[row("E1", "criticised.environment_project")],
    ),
    case(
        "measure-18.6-award",
        "no environmental project is awarded to it either",
        "Cl. 18(6); measure table: 18.6 for bids and awards of tenders and procurement.",
        ask("tender.award", context=ENVIRONMENT),
        expect("RESTRICTED", "18.6 by E1 as organisation"),
        entries=[row("E1", "criticised.environment_project")],
    ),
    case(
        "measure-18.6-procurement-award",
        "nor bought from it",
        "Cl. 18(6); measure table: 18.6 for bids and awards of tenders and procurement.",
        ask("procurement.award", context=ENVIRONMENT),
        expect("RESTRICTED", "18.6 by E1 as organisation"),
        entries=[row("E1", "criticised.environment_project")],
    ),
    case(
        "measure-20.1-20.2-20.3",
        "an association manages the membership of a seriously dishonest enterprise",
        "Measure table: 20.1 and 20.3 reach S, 20.2 reaches So; 20.3 says its sanctions as an obligation.",
        "association.membership",
        expect(
            "CAUTION",
            "20.1 by B1 as subject",
            "20.2 by B1 as organisation",
            "20.3 by B1 as subject",
            obligations={"20.1": [], "20.2": [], "20.3": ["association_sanction"]},
        ),
        entries=[black()],
    ),
    case(
        "measure-20.2-not-a-person",
        "reports of third parties are for member enterprises, not for people",
        "Measure table: 20.2 reaches So, the listed subject when it is an organisation.",
        as_person("association.membership"),
        expect("CAUTION", *by("B1", "subject", "20.1", "20.3")),
        entries=[black()],
    ),
    case(
        "measure-12.grade-c",
        "an enterprise graded C is supervised more closely",
        "Cl. 12; measure table: 12.grade (inform, D, So) by grade.credit C or D.",
        "inspection.plan",
        expect("CAUTION", "12.grade by G1 as organisation", obligations={"12.grade": ["classified_supervision"]}),
        entries=[grade_a("G1", grade="C")],
    ),
    case(
        "measure-12.grade-d",
        "so is one graded D",
        "Cl. 12; measure table: 12.grade (inform, D, So) by grade.credit C or D.",
        "inspection.plan",
        expect("CAUTION", "12.grade by G1 as organisation"),
        entries=[grade_a("G1", grade="D")],
    ),
    case(
        "measure-12.grade-not-b",
        "grade B is neither an incentive nor a warning",
        "Cl. 12; measure table: 12.inspect by A, 12.grade by C or D.",
        "inspection.plan",
        clear(),
        entries=[grade_a("G1", grade="B")],
    ),
    case(
        "measure-12.grade-not-a-person",
        "supervision by grade is for enterprises",
        "Measure table: 12.grade reaches So, the listed subject when it is an organisation.",
        as_person("inspection.plan"),
        clear(),
        entries=[grade_a("G1", grade="D")],
    ),
    case(
        "measure-20.3-minor",
        "an association acts by gravity on a black entry of any severity",
        "Measure table: 20.3 by black.* of any severity; 20.1 and 20.2 by `black`, which a minor entry is not.",
        "association.membership",
        expect("CAUTION", "20.3 by B1 as subject"),
        entries=[black(severity="minor")],
    ),
    case(
        "measure-20.3-ordinary",
        "an association acts by gravity on ordinary dishonesty",
        "Measure table: 20.3 by general.ordinary.",
        "association.membership",
        expect("CAUTION", "20.3 by O1 as subject"),
        entries=[row("O1", "general.ordinary")],
    ),
    case(
        "measure-21.2-environment",
        "public-interest litigation against harm to the environment",
        "Measure table: 21.2 by black.environment.",
        "publicity.litigation",
        expect("CAUTION", "21.2 by B1 as subject"),
        entries=[black(list_type="black.environment")],
    ),
    case(
        "measure-21.2-consumers",
        "public-interest litigation against harm to consumers",
        "Measure table: 21.2 by black.consumer_investor_harm.",
        "publicity.litigation",
        expect("CAUTION", "21.2 by B1 as subject"),
        entries=[black(list_type="black.consumer_investor_harm")],
    ),
    case(
        "measure-24.watch",
        "key monitoring warns",
        "Cl. 24; measure table: 24.watch (inform, D) by watch.key_monitoring.",
        "tender.award",
        expect("CAUTION", "24.watch by W1 as subject"),
        entries=[row("W1", "watch.key_monitoring")],
    ),
    case(
        "measure-administrative-default",
        "refusing an administrative decision limits high consumption as well",
        "Measure table: 19.1 by black.administrative_default.",
        as_person("consumption.other"),
        expect("RESTRICTED", "19.1g by B1 as subject"),
        entries=[black(list_type="black.administrative_default")],
    ),
    case(
        "measure-order",
        "measures stand by weight, then id, then entry",
        "DESIGN 4: order of measures is fixed: verdict weight, then id, then entry id.",
        "funding.apply",
        expect(
            "RESTRICTED",
            "18.3a by B1 as subject",
            "18.3a by B2 as subject",
            "24.watch by W1 as subject",
            "5.strict by B1 as subject",
            "5.strict by B2 as subject",
        ),
        entries=[row("W1", "watch.key_monitoring"), black("B2", "black.bribery"), black("B1")],
    ),
    case(
        "verdict-clear",
        "nothing applies",
        "DESIGN 4: CLEAR when nothing applies.",
        "finance.loan",
        clear(),
    ),
    case(
        "verdict-strictest-wins",
        "a bar and a scrutiny together are PROHIBITED",
        "DESIGN 4: PROHIBITED when a mandatory bar is in force, whatever else is.",
        "honour.nominate",
        expect("PROHIBITED", "18.5b by B1 as organisation", "5.degree by O1 as subject", "5.strict by B1 as subject"),
        entries=[black(), row("O1", "general.ordinary")],
    ),
    case(
        "verdict-caution-over-favoured",
        "an advisory caution stands above an incentive",
        "DESIGN 4: CAUTION for inform of any force; FAVOURED only with nothing above. A watch entry withholds nothing.",
        "funding.apply",
        expect("CAUTION", "24.watch by W1 as subject", "13.funding by A1 as subject"),
        entries=[grade_a(), row("W1", "watch.key_monitoring")],
    ),
    case(
        "verdict-no-measure-for-action",
        "a red list gives nothing for an action without an incentive",
        "DESIGN 4, rule (3): an action pattern matches.",
        "concession.participate",
        clear(),
        entries=[red()],
    ),
]

CASES: Cases = [*_measures(), *_OTHERS]
