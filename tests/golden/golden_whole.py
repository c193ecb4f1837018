"""The international layer, and whole decisions with their digests."""

import json
from datetime import date
from hashlib import sha256
from typing import Any

from golden_templates import (
    Cases,
    Row,
    ask,
    black,
    case,
    clear,
    expect,
    gap,
    row,
)

STALE = {"data_as_of": date(2026, 5, 31)}  # + 30 days = 2026-06-30
RULE = "DESIGN 4, gaps: "


def _unknown(*gaps: Row, **more: Any) -> dict[str, Any]:
    return expect("CANNOT_TELL", gaps=list(gaps), **more)


def _city(**state: Any) -> dict[str, Any]:
    return {"sources": {"city_list": state}}


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
            "向实施本措施的单位或者认定部门提出异议申请或者投诉；实施单位发现信息不实的，应当告知信息提供单位核实，"
            "核实期间暂不执行",
            "Object or complain to the body that applies the measure or to the authority that recognised the entry; "
            "whoever finds the information untrue tells the body that gave it, and the measure waits while it verifies",
        ),
        "basis": "实施方案二十五",
    },
    {
        "kind": "repair",
        "title": _title(
            "向认定部门申请信用修复；修复后由实施本措施的单位停止执行",
            "Apply to the authority that recognised the entry for credit repair; the body that applies the measure "
            "stops it then",
        ),
        "basis": "实施方案二十三、二十四",
    },
    {
        "kind": "administrative_review",
        "title": _title(
            "对认定部门的认定或者实施本措施的单位的决定，依法申请行政复议",
            "Apply for administrative review of the recognition, or of the decision of the body that applies the "
            "measure",
        ),
        "basis": "实施方案二十五",
    },
    {
        "kind": "litigation",
        "title": _title(
            "对认定部门的认定或者实施本措施的单位的决定，依法提起行政诉讼或者申诉",
            "Bring an administrative action, or appeal, against the recognition or against the decision of the body "
            "that applies the measure",
        ),
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
            "instrument": "《十堰市建立完善守信联合激励和失信联合惩戒制度加快推进社会诚信建设实施方案》",
            "article": "十八(3)",
            "level": "市级规范性文件（经十堰市人民政府同意印发）",
            "in_force_from": "2017-10-12",
            "issued_on": "2017-10-12",
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


CASES: Cases = [*_INTERNATIONAL, *_CASES_WHOLE]
