"""What the golden cases have in common, so that each says only what it is about. Expectations have no defaults.

Every expectation is written by hand from DESIGN section 4 and the measure table; nothing here runs the program.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

Row = dict[str, Any]

COMPANY = {"name": "示例一号有限公司", "code": "91420399000000019G"}
OTHER_COMPANY = {"name": "示例二号有限公司", "code": "91420399000000027B"}
ORG, LR = "legal_entity", "legal_representative"
PERSON, SOLE_TRADER = "natural_person", "sole_trader"
SINCE, UNTIL = date(2025, 3, 10), date(2028, 3, 9)
TODAY = date(2026, 7, 1)
UNKNOWN_YEARS = {"reason": "clean_years_unknown", "could_be": "FAVOURED"}


def row(name: str, list_type: str, **cells: Any) -> Row:
    """A row in force from 10 March 2025 to 9 March 2028."""
    return {"id": name, "list_type": list_type, "document_date": SINCE, "valid_until": UNTIL} | cells


def black(name: str = "B1", list_type: str = "black.tax_evasion", **cells: Any) -> Row:
    return row(name, list_type, **({"severity": "serious"} | cells))


def red(name: str = "R1", list_type: str = "red.integrity_model", **cells: Any) -> Row:
    return row(name, list_type, **cells)


def grade_a(name: str = "A1", **cells: Any) -> Row:
    return row(name, "grade.credit", **({"grade": "A"} | cells))


def through(role: str, listed: Row, company: Mapping[str, str] = COMPANY) -> Row:
    """The row of an organisation that names the subject in this role."""
    return listed | {"role": role, "via": dict(company)}


def registered(established: date | None) -> list[Row]:
    return [{"established": established} if established else {"flags": []}]


def case(
    slug: str,
    title: str,
    why: str,
    asked: str | Mapping[str, Any],
    expected: Mapping[str, Any],
    **given: Any,
) -> tuple[str, dict[str, Any]]:
    """A case: its file name, and what the file says."""
    question = {"action": asked} if isinstance(asked, str) else dict(asked)
    return slug, {"title": title, "why": why, "given": given, "asked": question, "expected": dict(expected)}


def ask(action: str, **more: Any) -> dict[str, Any]:
    return {"action": action} | more


def as_person(action: str, **more: Any) -> dict[str, Any]:
    return {"action": action, "kind": PERSON} | more


def expect(verdict: str, *measures: str, **more: Any) -> dict[str, Any]:
    """`measures` in their order, each as `18.3a by B1 as subject`."""
    return {"verdict": verdict} | ({"measures": list(measures)} if measures else {}) | more


def by(rests_on: str, reach: str, *ids: str) -> list[str]:
    return [f"{measure} by {rests_on} as {reach}" for measure in ids]


def gap(reason: str, could_be: str, about: str = "") -> Row:
    return {"reason": reason, "could_be": could_be} | ({"about": about} if about else {})


def clear(*gaps: Row, **more: Any) -> dict[str, Any]:
    return expect("CLEAR", **({"gaps": list(gaps)} if gaps else {}), **more)


Cases = Sequence[tuple[str, dict[str, Any]]]
