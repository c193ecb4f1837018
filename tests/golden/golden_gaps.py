"""Gaps: sources, context and identity; the international layer; and whole decisions with their digests."""

import json
from datetime import date
from hashlib import sha256
from typing import Any

from golden_templates import (
    LR,
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
    gap,
    grade_a,
    red,
    registered,
    row,
    through,
)

FUNDING = "funding.apply"
ENVIRONMENT = {"domain": "environmental_protection"}
STALE = {"data_as_of": date(2026, 5, 31)}  # + 30 days = 2026-06-30
ABSENT = {"is_loaded": False, "admitted": 0, "coverage_from": None, "data_as_of": None}
RULE = "DESIGN 4, gaps: "
NEVER_CLEAR = "DESIGN 4: CANNOT_TELL when some gap's could_be is stricter than what was found."


def _unknown(*gaps: Row, **more: Any) -> dict[str, Any]:
    return expect("CANNOT_TELL", gaps=list(gaps), **more)


def _city(**state: Any) -> dict[str, Any]:
    return {"sources": {"city_list": state}}


_SOURCES: Cases = [
    case(
        "gap-source-stale",
        "a stale black list is never a CLEAR",
        f"{NEVER_CLEAR} The list could give 18.3a (RESTRICTED).",
        FUNDING,
        _unknown(gap("source_stale", "RESTRICTED", "city_list")),
        **_city(**STALE),
    ),
    case(
        "gap-source-stale-last-good-day",
        "the last day for which the list answers",
        f"{RULE}as_of <= data_as_of + max_age.",
        ask(FUNDING, as_of=date(2026, 6, 30)),
        clear(),
        **_city(**STALE),
    ),
    case(
        "gap-source-stale-future",
        "a future day beyond what is known",
        "DESIGN 4: a future as_of is answered with what is known, while not beyond data_as_of + max_age.",
        as_person("consumption.air", as_of=date(2026, 7, 31)),
        _unknown(gap("source_stale", "RESTRICTED", "city_list"), gap("source_stale", "RESTRICTED", "judgment_debtor")),
    ),
    case(
        "gap-source-not-covering",
        "asked for a day before the list's coverage",
        f"{RULE}coverage_from <= as_of.",
        ask(FUNDING, as_of=date(2025, 12, 31)),
        _unknown(gap("source_not_covering", "RESTRICTED", "city_list")),
        **_city(coverage_from=date(2026, 1, 1)),
    ),
    case(
        "gap-source-covering-first-day",
        "asked for the first day of the coverage",
        f"{RULE}coverage_from <= as_of.",
        ask(FUNDING, as_of=date(2026, 1, 1)),
        clear(),
        **_city(coverage_from=date(2026, 1, 1)),
    ),
    case(
        "gap-source-missing-required",
        "a required source is absent",
        f"{RULE}a source is missing when it is required and absent.",
        FUNDING,
        _unknown(gap("source_missing", "RESTRICTED", "city_list")),
        **_city(is_required=True, **ABSENT),
    ),
    case(
        "gap-source-missing-empty",
        "a source loaded with no admitted row",
        f"{RULE}a source is missing when it was loaded with no admitted row.",
        FUNDING,
        _unknown(gap("source_missing", "RESTRICTED", "city_list")),
        **_city(admitted=0),
    ),
    case(
        "gap-source-missing-vanished",
        "a list type has vanished from the source",
        f"{RULE}missing when a list type that had entries in the previous sequence has none now.",
        FUNDING,
        _unknown(gap("source_missing", "RESTRICTED", "city_list")),
        **_city(vanished=["black.bribery"]),
    ),
    case(
        "gap-source-missing-dates",
        "a source without dates answers for no day",
        f"{RULE}it answers for as_of when coverage_from <= as_of <= data_as_of + max_age.",
        FUNDING,
        _unknown(gap("source_missing", "RESTRICTED", "city_list")),
        **_city(data_as_of=None, coverage_from=None),
    ),
    case(
        "gap-source-bar",
        "could_be is the strictest measure",
        f"{RULE}could_be is the strictest such measure: 18.4, a mandatory bar; it could come from both black sources.",
        "market.entry",
        _unknown(gap("source_stale", "PROHIBITED", "city_list")),
        **_city(**STALE),
    ),
    case(
        "gap-source-found-stands",
        "a found prohibition stands beside a stale list",
        "DESIGN 4: a found PROHIBITED stands beside a stale list (both are said).",
        "market.entry",
        expect("PROHIBITED", "18.4 by B1 as organisation", gaps=[gap("source_stale", "PROHIBITED", "judgment_debtor")]),
        entries=[black()],
        sources={"judgment_debtor": STALE},
    ),
    case(
        "gap-source-found-less",
        "a found caution does not stand beside a list that could hide more",
        NEVER_CLEAR,
        FUNDING,
        _unknown(gap("source_stale", "RESTRICTED", "judgment_debtor"), measures=["5.degree by O1 as subject"]),
        entries=[row("O1", "general.ordinary")],
        sources={"judgment_debtor": STALE},
    ),
    case(
        "gap-source-red-stale",
        "a stale red list never spoils a CLEAR",
        "DESIGN 4: a stale red list or an unknown clean record never spoils a CLEAR.",
        FUNDING,
        clear(gap("source_stale", "FAVOURED", "honours")),
        sources={"honours": STALE},
    ),
    case(
        "gap-source-other-class",
        "a company asking for air travel on a stale court list is CLEAR",
        "DESIGN, settled: could_be counts measures to a subject of this class; 19.1c reaches persons only.",
        "consumption.air",
        clear(),
        sources={"judgment_debtor": STALE},
    ),
    case(
        "gap-source-person-class",
        "a person asking for the same",
        "DESIGN, settled: could_be is the strictest measure to a subject of this class, own or by relation.",
        as_person("consumption.air"),
        _unknown(gap("source_stale", "RESTRICTED", "judgment_debtor")),
        sources={"judgment_debtor": STALE},
    ),
    case(
        "gap-source-through-a-relation",
        "a person may be reached through a company's entry",
        "DESIGN, settled: through an own entry or a relation: 18.4 reaches LR, P and RP.",
        as_person("market.entry"),
        _unknown(gap("source_stale", "PROHIBITED", "city_list")),
        **_city(**STALE),
    ),
    case(
        "gap-source-unrelated-action",
        "an action that does not depend on the list",
        f"{RULE}an action depends on every source that provides a list type whose entries could give it a measure.",
        as_person("consumption.transport"),
        clear(),
        **_city(**STALE),
    ),
    case(
        "gap-source-without-measure",
        "stale penalties give no measure",
        "DESIGN 4: list types whose entries could give it a measure; penalties have none.",
        FUNDING,
        clear(),
        sources={"double_publicity": STALE},
    ),
    case(
        "gap-source-before-the-plan",
        "before the plan nothing could act",
        f"{RULE}could_be counts measures; rule (5): none has a basis in force on that day.",
        ask(FUNDING, as_of=date(2017, 10, 11)),
        clear(),
        **_city(coverage_from=date(2026, 1, 1)),
    ),
    case(
        "gap-source-basic-list-only",
        "under basic-list-only a stale list can hide only what may act",
        "DESIGN, settled: could_be counts what may act; without items only 13.funding (grade A).",
        FUNDING,
        clear(gap("source_stale", "FAVOURED", "city_list")),
        posture="basic-list-only",
        **_city(**STALE),
    ),
    case(
        "gap-source-another-context",
        "a `when` that the question denies cannot be hidden",
        f"{RULE}could_be is the strictest measure that could be given: 18.6 needs another domain than asked for.",
        ask("tender.bid", context={"domain": "roads"}),
        clear(),
        sources={
            "city_list": {"provides": ["black.bribery"]},
            "circulars": {"provides": ["criticised.environment_project"], **STALE},
        },
    ),
    case(
        "gap-source-unknown-context",
        "without the attribute it can",
        f"{RULE}could_be is the strictest measure that could be given: 18.6 (RESTRICTED).",
        "tender.bid",
        _unknown(gap("source_stale", "RESTRICTED", "circulars")),
        sources={
            "city_list": {"provides": ["black.bribery"]},
            "circulars": {"provides": ["criticised.environment_project"], **STALE},
        },
    ),
    case(
        "gap-source-register",
        "a stale register could give nothing",
        "DESIGN 4: sources that provide a list type; a register provides none.",
        FUNDING,
        clear(),
        sources={"entity_register": STALE},
    ),
]

_CRITICISED = row("E1", "criticised.environment_project")
_CONTEXT: Cases = [
    case(
        "gap-context-missing",
        "the question lacks the domain",
        f"{RULE}context_missing: a `when` needs an attribute that the question lacks; the entry is in force.",
        "tender.bid",
        _unknown(gap("context_missing", "RESTRICTED", "domain")),
        entries=[_CRITICISED],
    ),
    case(
        "gap-context-empty",
        "an empty domain is an absent one",
        "DESIGN, settled: an empty context value is an absent one.",
        ask("tender.bid", context={"domain": ""}),
        _unknown(gap("context_missing", "RESTRICTED", "domain")),
        entries=[_CRITICISED],
    ),
    case(
        "rule4-another-value",
        "another domain",
        "DESIGN 4, rule (4): its `when` matches; 18.6 needs domain = environmental_protection.",
        ask("tender.bid", context={"domain": "roads"}),
        clear(),
        entries=[_CRITICISED],
    ),
    case(
        "rule4-matching",
        "the very domain",
        "DESIGN 4, rule (4).",
        ask("procurement.bid", context=ENVIRONMENT),
        expect("RESTRICTED", "18.6 by E1 as organisation"),
        entries=[_CRITICISED],
    ),
    case(
        "gap-context-with-incentive",
        "what is known is given, and what is not is said",
        NEVER_CLEAR,
        "tender.bid",
        _unknown(gap("context_missing", "RESTRICTED", "domain"), measures=["13.bonus by A1 as organisation"]),
        entries=[_CRITICISED, grade_a()],
    ),
    case(
        "gap-context-beside-a-limit",
        "the gap hides nothing stricter than was found",
        "DESIGN 4: CANNOT_TELL only when could_be is stricter than what was found.",
        "tender.bid",
        expect(
            "RESTRICTED",
            *by("B1", "subject", "18.3b", "5.strict"),
            gaps=[gap("context_missing", "RESTRICTED", "domain")],
        ),
        entries=[_CRITICISED, black()],
    ),
    case(
        "gap-context-suspended",
        "a suspended entry makes no context gap",
        "DESIGN, settled: a suspended entry makes no context_missing; rule 4 holds for `suspended`.",
        "tender.bid",
        clear(),
        entries=[_CRITICISED | {"status": "suspended", "status_date": date(2026, 1, 5), "status_reason": "objection"}],
    ),
    case(
        "gap-context-ended",
        "an ended entry makes no context gap",
        f"{RULE}context_missing while an entry that would trigger it is in force.",
        "tender.bid",
        clear(),
        entries=[_CRITICISED | {"valid_until": date(2026, 6, 30)}],
    ),
    case(
        "gap-context-basic-list-only",
        "a measure that may not act makes no gap",
        "DESIGN, settled: under basic-list-only could_be counts what may act.",
        "tender.bid",
        clear(),
        entries=[_CRITICISED],
        posture="basic-list-only",
    ),
]

_IDENTITY: Cases = [
    *(
        case(
            f"gap-identity-{reason}",
            title,
            f"{RULE}identity_{reason}: could_be PROHIBITED; nothing acts while the identity is not settled.",
            FUNDING,
            _unknown(gap(f"identity_{reason}", "PROHIBITED")),
            entries=[black(), grade_a(), row("P1", "penalty.administrative")],
            registrations=registered(date(2015, 5, 6)),
            unsettled=[black("B2")],
            identity=[f"identity_{reason}"],
        )
        for reason, title in (
            ("name_only", "a bare name is not an identity"),
            ("masked", "a masked number is not an identity"),
            ("ambiguous", "an organisation code that stands in several unified codes"),
            ("checksum", "a number that fails its check digit and is found nowhere"),
        )
    ),
    case(
        "gap-identity-two-reasons",
        "a masked number with an ambiguous name",
        f"{RULE}each reason is a gap of its own.",
        "permit.accept",
        _unknown(gap("identity_ambiguous", "PROHIBITED"), gap("identity_masked", "PROHIBITED")),
        identity=["identity_masked", "identity_ambiguous"],
    ),
    case(
        "gap-unsettled",
        "a masked entry fits",
        f"{RULE}identity_unsettled: what that entry could give (18.3a).",
        FUNDING,
        _unknown(gap("identity_unsettled", "RESTRICTED", "B1")),
        unsettled=[black()],
    ),
    case(
        "gap-unsettled-same-name",
        "a masked entry of the same name",
        "DESIGN 4, Reach and settled: a number that fits the mask and a name that is equal.",
        as_person("consumption.air", names=["示例甲"]),
        _unknown(gap("identity_unsettled", "RESTRICTED", "B1")),
        unsettled=[black(list_type="black.judgment_default", names=["示例甲", "示例乙"])],
    ),
    case(
        "gap-unsettled-no-name-asked",
        "a name lacking in the question does not speak against it",
        "DESIGN, settled: a name lacking on either side does not speak against it.",
        as_person("consumption.air"),
        _unknown(gap("identity_unsettled", "RESTRICTED", "B1")),
        unsettled=[black(list_type="black.judgment_default", names=["示例甲"])],
    ),
    case(
        "gap-unsettled-no-name-listed",
        "a name lacking in the entry neither",
        "DESIGN, settled: a name lacking on either side does not speak against it.",
        as_person("consumption.air", names=["示例甲"]),
        _unknown(gap("identity_unsettled", "RESTRICTED", "B1")),
        unsettled=[black(list_type="black.judgment_default")],
    ),
    case(
        "gap-unsettled-another-name",
        "a masked entry of another name",
        "DESIGN 4, Reach: whose number fits the mask and whose name is equal (or not given).",
        as_person("consumption.air", names=["示例丙"]),
        clear(),
        unsettled=[black(list_type="black.judgment_default", names=["示例甲"])],
    ),
    case(
        "gap-unsettled-through-a-relation",
        "a legal representative named by a masked number",
        "DESIGN 4, Reach: a masked number makes an identity gap; could_be through that reach: 18.4.",
        as_person("market.entry"),
        _unknown(gap("identity_unsettled", "PROHIBITED", "B1")),
        unsettled=[through(LR, black())],
    ),
    case(
        "gap-unsettled-relation-not-reached",
        "through that role nothing could be given",
        "DESIGN, settled: could_be through that reach; none makes no gap.",
        as_person("market.entry"),
        clear(),
        unsettled=[through("executive", black())],
    ),
    case(
        "gap-unsettled-red",
        "a masked red entry makes no gap",
        "DESIGN, settled: an incentive makes no gap.",
        FUNDING,
        clear(),
        unsettled=[red()],
    ),
    case(
        "gap-unsettled-ended",
        "a masked entry that is over",
        "DESIGN, settled: arises when a masked entry that fits is in force on as_of.",
        FUNDING,
        clear(),
        unsettled=[black(valid_until=date(2026, 6, 30))],
    ),
    case(
        "gap-unsettled-suspended",
        "a masked entry under objection",
        "DESIGN, settled: arises when a masked entry that fits is in force on as_of.",
        FUNDING,
        clear(),
        unsettled=[black(status="suspended", status_date=date(2026, 6, 1), status_reason="objection")],
    ),
    case(
        "gap-unsettled-minor",
        "what a minor masked entry could give",
        "DESIGN, settled: the strictest measure which that entry could give: 5.degree.",
        FUNDING,
        _unknown(gap("identity_unsettled", "CAUTION", "B1")),
        unsettled=[black(severity="minor")],
    ),
    case(
        "gap-unsettled-beside-own",
        "an own entry of equal weight stands",
        "DESIGN 4: CANNOT_TELL only when could_be is stricter than what was found.",
        FUNDING,
        expect(
            "RESTRICTED",
            *by("B1", "subject", "18.3a", "5.strict"),
            gaps=[gap("identity_unsettled", "RESTRICTED", "B2")],
        ),
        entries=[black()],
        unsettled=[black("B2", "black.bribery")],
    ),
    case(
        "gap-unsettled-basic-list-only",
        "what may not act cannot be hidden",
        "DESIGN, settled: under basic-list-only could_be counts what may act.",
        FUNDING,
        clear(),
        unsettled=[black()],
        posture="basic-list-only",
    ),
    case(
        "gap-unsettled-another-domain",
        "a masked circular, and the question denies its domain",
        "DESIGN, settled: the strictest measure which that entry could give for the action.",
        ask("tender.bid", context={"domain": "roads"}),
        clear(),
        unsettled=[_CRITICISED],
    ),
    case(
        "gap-clean-years",
        "an unknown clean record never spoils a CLEAR",
        f"{RULE}clean_years_unknown: could_be FAVOURED.",
        "permit.grant",
        clear(UNKNOWN_YEARS),
    ),
]

BOTH = {"layers": ["shiyan2017", "international"]}
_OFAC = {"ofac": {"provides": ["international.ofac"], **STALE}}
_INTERNATIONAL: Cases = [
    case(
        "measure-intl.review-un",
        "a Security Council list acts on every subject",
        "REQUIREMENTS: Security Council lists bind every member state; intl.review, scrutinise, D, S.",
        "procurement.bid",
        expect("CAUTION", "intl.review by U1 as subject"),
        entries=[row("U1", "international.un")],
        **BOTH,
    ),
    case(
        "ofac-chinese-subject",
        "a unilateral list does not act on a Chinese subject",
        "REQUIREMENTS: international.ofac acts on foreign-registered subjects only (the law's article 12).",
        "procurement.bid",
        clear(),
        entries=[row("U1", "international.ofac")],
        **BOTH,
    ),
    case(
        "ofac-foreign-subject",
        "it acts on a subject registered abroad",
        "REQUIREMENTS: international.ofac acts on foreign-registered subjects only.",
        ask("procurement.bid", is_foreign=True),
        expect("CAUTION", "intl.review by U1 as subject"),
        entries=[row("U1", "international.ofac", foreign=True)],
        **BOTH,
    ),
    case(
        "ofac-other-foreign-subject",
        "so do other unilateral lists",
        "REQUIREMENTS: `international.ofac` and `.other` act on foreign-registered subjects only.",
        ask("land.bid", is_foreign=True),
        expect("CAUTION", "intl.review by U1 as subject"),
        entries=[row("U1", "international.other", foreign=True)],
        **BOTH,
    ),
    case(
        "ofac-not-loaded-layer",
        "without the layer the list type means nothing",
        "REQUIREMENTS: `international` is never loaded by default.",
        ask("procurement.bid", is_foreign=True),
        clear(),
        entries=[row("U1", "international.ofac", foreign=True)],
    ),
    case(
        "ofac-stale-chinese-subject",
        "a stale unilateral list spoils nothing for a Chinese subject",
        "DESIGN, settled: could_be is what the source could give to this subject; .ofac gives a Chinese one nothing.",
        "procurement.bid",
        clear(),
        sources=_OFAC,
        **BOTH,
    ),
    case(
        "ofac-stale-foreign-subject",
        "for a subject registered abroad it is a gap",
        f"{RULE}source_stale; could_be CAUTION (intl.review).",
        ask("procurement.bid", is_foreign=True),
        _unknown(gap("source_stale", "CAUTION", "ofac")),
        sources=_OFAC,
        **BOTH,
    ),
    case(
        "international-alone",
        "the layer works alone",
        "REQUIREMENTS: catalogues can be layered; `international` is a second, separate catalogue.",
        "permit.grant",
        expect("CAUTION", "intl.review by U1 as subject"),
        entries=[row("U1", "international.un")],
        layers=["international"],
    ),
]


def _whole(decision: dict[str, Any]) -> dict[str, Any]:
    """The decision as written out here, in the order of its fields, and the digest of that very text."""
    text = json.dumps(decision, ensure_ascii=False, separators=(",", ":"))
    return {"decision": decision, "digest": sha256(text.encode()).hexdigest()}


def _title(zh: str, en: str) -> dict[str, str]:
    return {"zh": zh, "en": en}


_REMEDIES = [
    {
        "kind": "objection",
        "title": _title(
            "向认定部门提出异议申请或者投诉；核实期间暂不执行",
            "Object or complain to the recognising authority; measures are not executed while it verifies",
        ),
        "basis": "实施方案二十五",
    },
    {
        "kind": "repair",
        "title": _title("向认定部门申请信用修复", "Apply to the recognising authority for credit repair"),
        "basis": "实施方案二十三",
    },
    {
        "kind": "administrative_review",
        "title": _title("依法申请行政复议", "Apply for administrative review"),
        "basis": "实施方案二十五",
    },
    {
        "kind": "litigation",
        "title": _title("依法提起行政诉讼或者申诉", "Bring an administrative action, or appeal"),
        "basis": "实施方案二十五",
    },
]
_CONCESSION = {
    "id": "18.3c",
    "title": _title("限制参与基础设施和公用事业特许经营", "Limit infrastructure and utility concessions"),
    "clause": "18(3)",
    "effect": "limit",
    "force": "mandatory",
    "reach": "subject",
    "basis": [
        {
            "instrument": "十堰市人民政府关于印发《十堰市建立完善守信联合激励和失信联合惩戒制度"
            "加快推进社会诚信建设实施方案》的通知",
            "article": "十八(3)",
            "level": "市级规范性文件",
            "in_force_from": "2017-10-12",
        }
    ],
    "bodies": ["各行业主管部门", "各县市区人民政府"],
    "entry": {
        "id": "B1",
        "list_type": "black.tax_evasion",
        "title": _title("逃税骗税", "Tax evasion and fraud"),
        "authority": "示例局",
        "document_no": "示例B1号",
        "document_date": "2025-03-10",
        "valid_from": "2025-03-10",
        "valid_until": "2028-03-09",
        "severity": "serious",
    },
    "remedies": _REMEDIES,
}
_WHOLE = "DESIGN 4: the digest is SHA-256 over the deterministic JSON; the same inputs give the same on every machine."
_CASES_WHOLE: Cases = [
    case(
        "whole-clear",
        "the whole of a CLEAR and its digest",
        f'{_WHOLE} Here: {{"verdict":1}}.',
        "finance.loan",
        clear(**_whole({"verdict": 1})),
    ),
    case(
        "whole-stale",
        "the whole of a CANNOT_TELL and its digest",
        _WHOLE,
        "concession.participate",
        _unknown(
            gap("source_stale", "RESTRICTED", "city_list"),
            **_whole(
                {
                    "verdict": 6,
                    "gaps": [
                        {
                            "reason": "source_stale",
                            "could_be": 4,
                            "closes_with": "load a newer export of the list, or ask for an earlier day",
                            "about": "city_list",
                        }
                    ],
                }
            ),
        ),
        **_city(**STALE),
    ),
    case(
        "whole-restricted",
        "the whole of a RESTRICTED and its digest",
        f"{_WHOLE} Every applied measure says what a person needs to contest it.",
        "concession.participate",
        expect(
            "RESTRICTED",
            "18.3c by B1 as subject",
            **_whole({"verdict": 4, "measures": [_CONCESSION]}),
        ),
        entries=[black()],
    ),
]

CASES: Cases = [*_SOURCES, *_CONTEXT, *_IDENTITY, *_INTERNATIONAL, *_CASES_WHOLE]
