"""Whom a measure reaches: the subject, an organisation, a person, and people through an organisation's entry."""

from datetime import date

from golden_templates import (
    COMPANY,
    LR,
    OTHER_COMPANY,
    PERSON,
    SOLE_TRADER,
    Cases,
    Row,
    as_person,
    ask,
    black,
    case,
    clear,
    expect,
    red,
    row,
    through,
)

ENVIRONMENT = {"domain": "environmental_protection"}
OF = f"of {COMPANY['code']}"

# Role, action, and the measure that reaches it by the table (None: the role is not in the measure's reach).
_ROLES: list[tuple[str, str, str, str | None]] = [
    ("LR", LR, "market.entry", "18.4"),
    ("LR", LR, "honour.retain", "18.5a"),
    ("LR", LR, "honour.nominate", "18.5b"),
    ("LR", LR, "funding.apply", None),
    ("P", "principal", "market.entry", "18.4"),
    ("P", "principal", "honour.retain", "18.5a"),
    ("P", "principal", "honour.nominate", "18.5b"),
    ("P", "principal", "concession.participate", None),
    ("X", "executive", "honour.retain", "18.5a"),
    ("X", "executive", "honour.nominate", "18.5b"),
    ("X", "executive", "market.entry", None),
    ("RD", "director", "honour.retain", "18.5a"),
    ("RD", "director", "honour.nominate", "18.5b"),
    ("RD", "director", "market.entry", None),
    ("RS", "shareholder", "honour.retain", "18.5a"),
    ("RS", "shareholder", "honour.nominate", "18.5b"),
    ("RS", "shareholder", "market.entry", None),
    ("RP", "practitioner", "market.entry", "18.4"),
    ("RP", "practitioner", "honour.retain", None),
    ("RP", "practitioner", "honour.nominate", None),
]


def _roles() -> Cases:
    cases = []
    for short, role, action, measure in _ROLES:
        reached = f"is reached by {measure}" if measure else "is not reached"
        cases.append(
            case(
                f"reach-{short}-{action}",
                f"a {role} of a blacklisted company {reached} for {action}",
                f"Measure table, reach of {measure or 'the measures of ' + action}; DESIGN 4, Reach: people whom an "
                "organisation's entry names get the measures that reach their role, with the entity named.",
                as_person(action),
                expect("PROHIBITED", f"{measure} by B1 as {role} {OF}") if measure else clear(),
                entries=[through(role, black())],
            )
        )
    return cases


_BY_CONTEXT: Row = row("E1", "criticised.environment_project")

_OTHERS: Cases = [
    case(
        "reach-LR-18.6",
        "the legal representative of a criticised company",
        "Measure table: 18.6 reaches So and LR.",
        as_person("procurement.bid", context=ENVIRONMENT),
        expect("RESTRICTED", f"18.6 by E1 as {LR} {OF}"),
        entries=[through(LR, _BY_CONTEXT)],
    ),
    case(
        "reach-P-not-18.6",
        "a principal of a criticised company is not reached",
        "Measure table: 18.6 reaches So and LR only.",
        as_person("procurement.bid", context=ENVIRONMENT),
        clear(),
        entries=[through("principal", _BY_CONTEXT)],
    ),
    case(
        "reach-S-person",
        "reach S holds for a listed person as well",
        "Measure table: 5.strict, reach S, the listed subject.",
        as_person("personnel.recruit"),
        expect("CAUTION", "5.strict by B1 as subject"),
        entries=[black(list_type="black.bribery")],
    ),
    case(
        "reach-So-not-a-person",
        "a listed person is not an organisation",
        "Measure table: 18.4 reaches So, LR, P, RP; a person's own entry is none of them.",
        as_person("market.entry"),
        clear(),
        entries=[black()],
    ),
    case(
        "reach-So-sole-trader",
        "a sole trader is an organisation",
        "DESIGN 4, Identity: the class is person or organisation; sole traders belong to the organisations.",
        ask("market.entry", kind=SOLE_TRADER),
        expect("PROHIBITED", "18.4 by B1 as organisation"),
        entries=[black()],
        listed_as=[SOLE_TRADER],
    ),
    case(
        "reach-kind-mismatch",
        "a sole trader listed as a legal entity is found, and the difference is told",
        "DESIGN 4, Identity: a sole trader listed under another organisation kind is still found (a flag).",
        ask("market.entry", kind=SOLE_TRADER),
        expect("PROHIBITED", "18.4 by B1 as organisation", flags=["kind_mismatch legal_entity"]),
        entries=[black()],
        listed_as=["legal_entity"],
    ),
    case(
        "reach-Sp-not-an-organisation",
        "a company that refuses a judgment may send people by air",
        "Measure table: 19.1c reaches Sp, the listed subject when it is a person.",
        "consumption.air",
        clear(),
        entries=[black(list_type="black.judgment_default")],
    ),
    case(
        "reach-Sp-not-the-legal-representative",
        "clause 19(1) does not reach the legal representative",
        "Measure table: 19.1c has reach Sp only.",
        as_person("consumption.air"),
        clear(),
        entries=[through(LR, black(list_type="black.judgment_default"))],
    ),
    case(
        "reach-two-companies",
        "a person reached through two companies is told both",
        "DESIGN 4, Reach: with the entity named; order by id, then entry id.",
        as_person("market.entry"),
        expect(
            "PROHIBITED",
            f"18.4 by B1 as {LR} {OF}",
            f"18.4 by B2 as practitioner of {OTHER_COMPANY['code']}",
        ),
        entries=[through("practitioner", black("B2"), OTHER_COMPANY), through(LR, black())],
    ),
    case(
        "reach-two-roles",
        "a person named twice by one entry is told twice",
        "DESIGN 4, Reach: the people whom an organisation's entry names get the measures that reach their role.",
        as_person("honour.retain"),
        expect("PROHIBITED", f"18.5a by B1 as director {OF}", f"18.5a by B1 as shareholder {OF}"),
        entries=[
            through("shareholder", black()),
            through("director", black()),
        ],
    ),
    case(
        "reach-relation-suspended",
        "a suspended entry of the company does not act on its people",
        "DESIGN 4: suspended entries are shown and do not act (Cl. 25).",
        as_person("market.entry"),
        clear(suspended=[f"18.4 by B1 as {LR} {OF}"]),
        entries=[through(LR, black(status="suspended", status_date=date(2026, 5, 1), status_reason="objection"))],
    ),
    case(
        "reach-relation-keeps-records-apart",
        "an organisation's penalty is not a record of its legal representative",
        "DESIGN 4: records are the subject's own; a penalty has no measure and reaches nobody.",
        as_person("personnel.appoint"),
        clear(),
        entries=[through(LR, row("P1", "penalty.administrative"))],
    ),
    case(
        "reach-own-incentive-beside-relation",
        "the legal representative of a listed company keeps what the own red entry gives",
        "DESIGN, settled: for every action but those that the relation itself bars or limits.",
        ask("public_service.education", kind=PERSON),
        expect("FAVOURED", "13.service by R1 as person"),
        entries=[red(), through(LR, black())],
    ),
]

CASES: Cases = [*_roles(), *_OTHERS]
