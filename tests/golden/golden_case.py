"""One golden case: how its YAML is read, answered and told again in the words of `expected`.

`given` holds the rows of the subject (`entries`; with `role` and `via` those of an organisation that names it), which
go through `resolve()` as in a snapshot, `unsettled` rows, `unread` ones (what is left of rows that could not be read,
by the names of `UnreadRow`, with `is_unsettled`, `names`, `role` and `via` as held), registrations, the states of the
sources (where the case says nothing: all loaded and fresh), and the catalogue's layers, posture and invented
basic-list items.
"""

import sys
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, get_type_hints

import msgspec
import yaml

from xingate_server.catalogues import load
from xingate_server.core.admission.duplicates import Listed, resolve
from xingate_server.core.catalogue import Audience, BasicListItem, Catalogue, Effect, Posture
from xingate_server.core.decide.decide import decide
from xingate_server.core.decide.decision import Applied, Decision, GapReason, Question, Situation, SourceState, digest
from xingate_server.core.entry import Entry, Role, UnreadRow
from xingate_server.core.subject import EntityRef, Held, HeldUnread, Profile, Registration, SubjectFile, SubjectKind

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast, where PyYAML has libyaml
GOLDEN = Path(__file__).parent
CASES = GOLDEN / "decide"
TODAY = date(2026, 7, 1)

_BLACK_BY_CITY = (
    "food_drug environment engineering_quality land_resources real_estate work_safety fire_safety "
    "compulsory_certification bribery tax_evasion debt_evasion payment_default wage_arrears illegal_fundraising "
    "contract_fraud pyramid_selling unlicensed_business counterfeit_ip bid_qualification_lending bid_rigging "
    "false_advertising consumer_investor_harm online_order price_order public_order administrative_default "
    "defence_service defence_requisition defence_facilities defence_interests"
)
PROVIDES: Mapping[str, tuple[str, ...]] = {
    "city_list": (
        *(f"black.{name}" for name in _BLACK_BY_CITY.split()),
        "criticised.environment_project",
        "watch.key_monitoring",
        "grade.credit",
        "grade.rural_household",
        "general.ordinary",
        "commitment.open",
        "commitment.breached",
    ),
    "honours": (
        "red.integrity_model",
        "red.moral_model",
        "red.volunteer",
        "red.association_member",
        "red.media_model",
        "red.a_grade_taxpayer",
    ),
    "judgment_debtor": ("black.judgment_default",),
    "double_publicity": ("penalty.administrative", "permit.administrative"),
    "entity_register": (),
}
FRESH: Mapping[str, Any] = {
    "admitted": 100,
    "coverage_from": date(2016, 1, 1),
    "data_as_of": date(2026, 6, 30),
    "max_age_days": 30,
}


def read(path: Path) -> dict[str, Any]:
    """A case as written."""
    case: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader=LOADER)  # noqa: S506  # both are safe loaders
    return case


@cache
def _layers(names: tuple[str, ...], posture: Posture) -> Catalogue:
    return load([str(GOLDEN / name) if name.endswith(".yaml") else name for name in names], posture)


def catalogue_of(given: Mapping[str, Any]) -> Catalogue:
    """The case's catalogue; `basic_list` maps measure ids to invented items."""
    posture = Posture(given.get("posture", Posture.AS_PLANNED_2017))
    catalogue = _layers(tuple(given.get("layers", ("shiyan2017",))), posture)
    mapped = given.get("basic_list", ())
    item = BasicListItem(edition="INVENTED-0000", item="INVENTED-1")
    measures = (msgspec.structs.replace(m, basic_list=item) if m.id in mapped else m for m in catalogue.measures)
    return msgspec.structs.replace(catalogue, measures=tuple(measures))


def _entry(row: Mapping[str, Any]) -> Entry:
    hints = get_type_hints(Entry)
    cells = {name: value for name, value in row.items() if name not in {"role", "via", "names"}}
    cells.setdefault("valid_from", cells["document_date"])
    cells = {"authority": "示例局", "basis": "示例办法", "document_no": f"示例{row['id']}号"} | cells
    return Entry(**{name: msgspec.convert(value, hints[name]) for name, value in cells.items()})


def _held(row: Mapping[str, Any], entry: Entry) -> Held:
    return Held(
        entry,
        Role(row["role"]) if "role" in row else None,
        EntityRef(row["via"]["name"], row["via"]["code"]) if "via" in row else None,
        tuple(row.get("names", ())),
    )


def _unread(row: Mapping[str, Any]) -> HeldUnread:
    hints = get_type_hints(UnreadRow)
    cells = {name: value for name, value in row.items() if name not in {"role", "via", "names", "is_unsettled"}}
    cells = {"authority": "示例局", "document_no": f"示例{row['id']}号", "what": "示例"} | cells
    return HeldUnread(
        UnreadRow(**{name: msgspec.convert(value, hints[name]) for name, value in cells.items()}),
        Role(row["role"]) if "role" in row else None,
        EntityRef(row["via"]["name"], row["via"]["code"]) if "via" in row else None,
        tuple(row.get("names", ())),
        row.get("is_unsettled", False),
    )


def _holding(row: Mapping[str, Any]) -> tuple[str, str]:
    return row.get("via", {}).get("code", ""), row.get("role", "")


def resolved(given: Mapping[str, Any]) -> tuple[list[Held], list[str]]:
    """What remains of the rows, each organisation's and the subject's own resolved apart, and what was counted."""
    rows = given.get("entries", [])
    held: list[Held] = []
    dropped: list[str] = []
    for holding in sorted({_holding(row) for row in rows}):
        outcome = resolve([Listed(_entry(row), i) for i, row in enumerate(rows) if _holding(row) == holding])
        held += [_held(rows[row.place], row.entry) for row in outcome.kept]
        dropped += [f"row {d.place + 1} {d.reason}{' kept' if d.is_kept else ''}" for d in outcome.dropped]
    return held, dropped


def sources_of(given: Mapping[str, Any]) -> tuple[SourceState, ...]:
    """All sources loaded and fresh, but for what the case says; null takes one away."""
    said = given.get("sources", {})
    states = []
    for kind in [*PROVIDES, *(kind for kind in said if kind not in PROVIDES)]:
        if kind in said and said[kind] is None:
            continue
        cells = {"kind": kind, "provides": PROVIDES.get(kind, ()), **FRESH, **said.get(kind, {})}
        states.append(msgspec.convert(cells, SourceState))
    return tuple(states)


def arguments(case: Mapping[str, Any]) -> tuple[SubjectFile, Catalogue, Question, Situation]:
    """The four arguments of `decide`."""
    given = case.get("given", {})
    file = SubjectFile(
        profiles=tuple(Profile(SubjectKind(kind), "示例", "示例") for kind in given.get("listed_as", [])),
        held=tuple(resolved(given)[0]),
        registrations=tuple(
            Registration("entity_register", row.get("established"), tuple(row.get("flags", ())))
            for row in given.get("registrations", [])
        ),
        unsettled=tuple(_held(row, _entry(row)) for row in given.get("unsettled", [])),
        unread=tuple(_unread(row) for row in given.get("unread", [])),
    )
    asked = {"kind": "legal_entity", "as_of": TODAY, **case["asked"]}
    situation = Situation(
        sources=sources_of(given),
        checked_on=given.get("checked_on", TODAY),
        identity=tuple(GapReason(reason) for reason in given.get("identity", [])),
        audience=Audience(given.get("audience", Audience.GOVERNMENT)),
    )
    return file, catalogue_of(given), msgspec.convert(asked, Question), situation


def answer(case: Mapping[str, Any]) -> Decision:
    """The program's decision."""
    return decide(*arguments(case))


def told(decision: Decision, dropped: Iterable[str], expected: Mapping[str, Any]) -> dict[str, Any]:
    """The decision in the words of `expected`. Remedies, obligations and executability only where it asks for them."""
    said: dict[str, Any] = {"verdict": decision.verdict.name}
    for name in ("measures", "suspended", "withheld", "advisory_only", "ended"):
        said[name] = [_named(applied) for applied in getattr(decision, name)]
    said["records"] = [record.entry.id for record in decision.records]
    said["gaps"] = [
        {"reason": g.reason.value, "could_be": g.could_be.name} | ({"about": g.about} if g.about else {})
        for g in decision.gaps
    ]
    said["flags"] = [f"{flag.code} {flag.detail}" for flag in decision.flags]
    said["dropped"] = list(dropped)
    said = {name: value for name, value in said.items() if value}
    if "remedies" in expected:
        restrictions = [m for m in decision.measures if m.effect is not Effect.FAVOUR]
        said["remedies"] = {m.id: [remedy.kind for remedy in m.remedies] for m in restrictions}
    if "obligations" in expected:
        said["obligations"] = {m.id: [o.kind for o in m.obligations] for m in decision.measures}
    if "executable" in expected:
        said["executable"] = {m.id: m.is_executable_by_caller for m in decision.measures}
    return said


def _named(applied: Applied) -> str:
    through = f" of {applied.via.entity_code}" if applied.via else ""
    rests_on = applied.entry.id if applied.entry else "clean years"
    return f"{applied.id} by {rests_on} as {applied.reach}{through}"


def main() -> None:
    """Print each case's name and digest: the same lines in every process, whatever its hash seed."""
    for path in sorted(CASES.glob("*.yaml")):
        sys.stdout.write(f"{path.stem} {digest(answer(read(path)))}\n")


if __name__ == "__main__":
    main()
