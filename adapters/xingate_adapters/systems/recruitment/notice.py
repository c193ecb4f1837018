"""A notice to the candidate, to print: what acts, on which basis, and what can be done against it (Cl. 25).

One page of HTML without scripts or outside parts, in Chinese or English; the number is masked, everything is escaped.
"""

from html import escape
from typing import Final, Literal

from xingate import Verdict
from xingate_adapters.systems.recruitment.result import Finding, PanelResult

__all__ = ["notice"]

_Language = Literal["zh", "en"]

_WORDS: Final = {
    "zh": {
        "title": "信用查询结果告知书",
        "to": "被查询人",
        "post": "岗位（职位）",
        "purpose": "查询目的",
        "day": "判断日期",
        "from": "查询单位",
        "found": "对您适用的措施",
        "none": "未发现对您适用的限制或者提示措施。",
        "open": "尚不能得出结论：有待核实的信息，核实清楚之前不作不利处理。",
        "settled": "名单上的信息是否属于您本人，已由人工核实：",
        "same": "属于您本人",
        "not the same": "不属于您本人",
        "doubt": "待核实的信息",
        "basis": "依据",
        "list": "所列名单",
        "by": "认定部门",
        "no": "文书号",
        "until": "有效期至",
        "remedies": "您可以",
        "record": "查询留痕编号",
        "ask": "您可以凭此编号向查询单位要求出具本次查询的回执，以核对查询的时间、目的和答复。",
    },
    "en": {
        "title": "Notice of the result of a credit check",
        "to": "Person",
        "post": "Post",
        "purpose": "Purpose",
        "day": "As of",
        "from": "Asked by",
        "found": "Measures that apply to you",
        "none": "No restriction or warning was found to apply to you.",
        "open": "No conclusion yet: something is still being verified, and nothing adverse is done until it is.",
        "settled": "Whether the listing is yours was found out by a person: ",
        "same": "it is yours",
        "not the same": "it is not yours",
        "doubt": "To be verified",
        "basis": "Basis",
        "list": "List",
        "by": "Recognised by",
        "no": "Document",
        "until": "Valid until",
        "remedies": "What you can do",
        "record": "Record of the check",
        "ask": "With this number you can ask for the receipt of the check: when, why and with which answer.",
    },
}
_PURPOSES: Final = {
    "personnel.recruit": {"zh": "录用", "en": "recruitment"},
    "personnel.appoint": {"zh": "任用", "en": "appointment"},
    "personnel.supervise": {"zh": "管理监督", "en": "supervision"},
}
_WAYS: Final = {
    "zh": (
        "向查询单位说明情况、提交证件，以便核实名单上的信息是否属于您本人",
        "认为名单上的信息有误的，向查询单位或者认定部门提出异议申请或者投诉（实施方案二十五）",
    ),
    "en": (
        "Explain and show your documents to the asking office, so that it can find out whether the listing is yours",
        "Where the list is wrong, object or complain to the asking office or the recognising authority (clause 25)",
    ),
}
"""What can be done before there is a conclusion."""
_STYLE: Final = (
    "@page{size:A4;margin:20mm}body{font:12pt/1.6 serif;max-width:42em;margin:2em auto;color:#000}"
    "h1{font-size:18pt;text-align:center}th{text-align:left;padding-right:1.5em;vertical-align:top;white-space:nowrap}"
)


def notice(result: PanelResult, organisation: str, language: _Language = "zh") -> str:
    """The page. `organisation` is who asked."""
    words = _WORDS[language]
    purpose = _PURPOSES.get(result.purpose, {}).get(language, result.purpose)
    facts = [
        (words["to"], result.candidate),
        (words["post"], result.post),
        (words["purpose"], purpose),
        (words["day"], result.day),
        (words["from"], organisation),
    ]
    parts = [f"<h1>{words['title']}</h1>", _table(facts), *_findings(result, language)]
    remedies = [remedy[language == "en"] for remedy in result.remedies]
    if result.verdict is Verdict.CANNOT_TELL:
        remedies = [*_WAYS[language], *remedies]
    if remedies:
        told = "".join(f"<li>{escape(remedy)}</li>" for remedy in remedies)
        parts.append(f"<h2>{words['remedies']}</h2><ul>{told}</ul>")
    parts += [_table([(words["record"], result.record_id)]), f"<p>{words['ask']}</p>"]
    code = "zh-CN" if language == "zh" else "en"
    return (
        f'<!doctype html><html lang="{code}"><head><meta charset="utf-8"><title>{words["title"]}</title>'
        f"<style>{_STYLE}</style></head><body>{''.join(parts)}</body></html>\n"
    )


def _findings(result: PanelResult, language: _Language) -> list[str]:
    words = _WORDS[language]
    parts = []
    if result.verdict is Verdict.CANNOT_TELL and (result.unsettled or result.open_points or not result.settled):
        parts.append(f"<p>{words['open']}</p>")
        listings = [(words["doubt"], doubt.listing) for doubt in result.unsettled if doubt.listing]
        parts += [_table(listings)] if listings else []
    found = [words["not the same" if ": not the same" in told else "same"] for told in result.settled]
    if found:
        parts.append(f"<p>{words['settled']}{'；'.join(found)}</p>")
    if not result.findings:
        return parts or [f"<p>{words['none']}</p>"]
    rows = "".join(f"<li>{_finding(finding, language)}</li>" for finding in result.findings)
    return [*parts, f"<h2>{words['found']}</h2><ol>{rows}</ol>"]


def _finding(finding: Finding, language: _Language) -> str:
    words = _WORDS[language]
    facts = [
        (words["basis"], "；".join(finding.basis)),
        (words["list"], finding.list_en if language == "en" else finding.list_zh),
        (words["by"], finding.authority),
        (words["no"], finding.document_no),
        (words["until"], finding.valid_until),
    ]
    title = finding.title_en if language == "en" else finding.title_zh
    return f"{escape(title)}{_table([(label, value) for label, value in facts if value])}"


def _table(facts: list[tuple[str, str]]) -> str:
    rows = "".join(f"<tr><th>{label}</th><td>{escape(value)}</td></tr>" for label, value in facts)
    return f"<table>{rows}</table>"
