"""What the demo asks, as whom, and the verdict that the rules give."""

from dataclasses import dataclass, field

from xingate_server.demo.numbers import citizen_number, unified_code


@dataclass(frozen=True)
class Case:
    """One question. `kind`, `code` and `name` make the subject; `verdict` is what the rules give."""

    say: str
    kind: str
    action: str
    verdict: str
    code: str = ""
    name: str = ""
    context: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Caller:
    """One of the three kinds of callers, with its system, organisation and questions."""

    title: str
    system: str
    organisation: str
    cases: tuple[Case, ...]


CALLERS = (
    Caller(
        "approval bureau 行政审批",
        "permits",
        "示例行政审批局",
        (
            Case(
                "a model of integrity files an incomplete application",
                "legal_entity",
                "permit.accept",
                "FAVOURED",
                unified_code(2),
            ),
            Case("three clean years, on no list", "legal_entity", "permit.accept", "FAVOURED", unified_code(3)),
            Case("founded this year, on no list", "legal_entity", "permit.accept", "CLEAR", unified_code(19)),
            Case("fined last May: told, no measure", "legal_entity", "permit.grant", "CLEAR", unified_code(20)),
            Case("blacklisted for bid rigging", "legal_entity", "permit.grant", "CAUTION", unified_code(1)),
            Case(
                "blacklisted, under objection: suspended (Cl. 25)",
                "legal_entity",
                "permit.grant",
                "CLEAR",
                unified_code(4),
            ),
            Case("blacklisted, repaired (Cl. 23)", "legal_entity", "permit.grant", "CLEAR", unified_code(5)),
            Case("a name is not an identity", "legal_entity", "permit.grant", "CANNOT_TELL", name="示例建工有限公司"),
        ),
    ),
    Caller(
        "trading platform 公共资源交易",
        "trading",
        "示例公共资源交易中心",
        (
            Case("blacklisted for bid rigging", "legal_entity", "tender.bid", "RESTRICTED", unified_code(1)),
            Case(
                "the same company, entry into a market", "legal_entity", "market.entry", "PROHIBITED", unified_code(1)
            ),
            Case(
                "red until a later black entry removed it (Cl. 7)",
                "legal_entity",
                "tender.bid",
                "RESTRICTED",
                unified_code(6),
            ),
            Case("credit grade A: bonus points", "legal_entity", "tender.bid", "FAVOURED", unified_code(18)),
            Case(
                "criticised for an environmental project, domain not given",
                "legal_entity",
                "tender.bid",
                "CANNOT_TELL",
                unified_code(12),
            ),
            Case(
                "the same, an environmental project",
                "legal_entity",
                "tender.bid",
                "RESTRICTED",
                unified_code(12),
                context={"domain": "environmental_protection"},
            ),
            Case("key monitoring: a warning", "legal_entity", "tender.bid", "CAUTION", unified_code(13)),
            Case("notice one day too short: never admitted", "legal_entity", "tender.bid", "CLEAR", unified_code(8)),
        ),
    ),
    Caller(
        "HR system 人事",
        "recruitment",
        "示例人力资源和社会保障局",
        (
            Case(
                "legal representative of the blacklisted company",
                "natural_person",
                "market.entry",
                "PROHIBITED",
                citizen_number(101),
                "示例甲",
            ),
            Case(
                "the same person, recruitment",
                "natural_person",
                "personnel.recruit",
                "CLEAR",
                citizen_number(101),
                "示例甲",
            ),
            Case(
                "refused to obey a decision",
                "natural_person",
                "personnel.recruit",
                "CAUTION",
                citizen_number(107),
                "示例庚",
            ),
            Case(
                "volunteer of the year",
                "natural_person",
                "public_service.employment",
                "FAVOURED",
                citizen_number(108),
                "示例辛",
            ),
            Case(
                "the court's list shows a masked number that fits",
                "natural_person",
                "personnel.recruit",
                "CANNOT_TELL",
                citizen_number(301),
                "示例丑",
            ),
            Case("nothing known", "natural_person", "personnel.recruit", "CLEAR", citizen_number(302), "示例寅"),
        ),
    ),
)
