"""The built-in catalogues, row by row against the plan's measure table, which is written out here independently."""

import os
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import NamedTuple

import pytest

from xingate_server.catalogues import BUILT_IN, CatalogueError, catalogue_hash, load
from xingate_server.core.catalogue import (
    Audience,
    BasicListItem,
    Catalogue,
    ListType,
    Measure,
    Posture,
    Procedure,
    Trigger,
    acts_under,
    in_force,
    list_type_words,
    matches,
)
from xingate_server.core.entry import Severity, fold_word

HERE = Path(__file__).parent
PLAN = "《十堰市建立完善守信联合激励和失信联合惩戒制度加快推进社会诚信建设实施方案》"
FIVE_KINDS = (
    "permit.* penalty.* inspection.* funding.* procurement.* tender.* land.* research.* personnel.* honour.* other.*"
)
SERVICES = " ".join(
    f"public_service.{s}" for s in ("education", "culture", "employment", "startup", "housing", "social_security")
)


class Row(NamedTuple):
    id: str
    actions: str
    effect: str
    force: str  # M mandatory, D discretionary, A advisory
    reach: str
    trigger: str
    when: str = ""


TRADES = "procurement.bid procurement.award tender.bid tender.award land.bid land.award resource.bid resource.award"
LOANS = "finance.loan finance.rural_loan finance.insurance"
ADMINISTRATIVE = f"{FIVE_KINDS} resource.* concession.*"
DEFAULTS = "black.judgment_default[serious exceptional] black.administrative_default[serious exceptional]"
TABLE = (
    Row("5.strict", FIVE_KINDS, "scrutinise", "M", "S", "black"),
    Row("5.degree", FIVE_KINDS, "inform", "D", "S", "general.ordinary black.*[minor ordinary]"),
    Row("9.breach", "permit.*", "scrutinise", "D", "S", "commitment.breached"),
    Row("18.0", "inspection.*", "scrutinise", "M", "S", "black"),
    Row("18.1a", "permit.*", "scrutinise", "M", "S", "black"),
    Row("18.1b", "permit.production_licence", "scrutinise", "M", "S", "black"),
    Row("18.1c", "permit.new_project", "scrutinise", "M", "S", "black"),
    Row("18.2a", "finance.securities_issue", "limit", "M", "S", "black"),
    Row("18.2b", "finance.institution_founding", "limit", "M", "S", "black"),
    Row("18.2c", "permit.internet_information", "limit", "M", "S", "black"),
    Row("18.3a", "funding.apply", "limit", "M", "S", "black"),
    Row("18.3b", TRADES, "limit", "M", "S", "black"),
    Row("18.3c", "concession.participate", "limit", "M", "S", "black"),
    Row("18.4", "market.entry", "bar", "M", "So LR P RP", "black"),
    Row("18.5a", "honour.retain", "bar", "M", "So LR P X RD RS", "black"),
    Row("18.5b", "honour.nominate", "bar", "M", "So LR P X RD RS", "black"),
    Row(
        "18.6",
        "tender.bid tender.award procurement.bid procurement.award",
        "limit",
        "M",
        "So LR",
        "criticised.environment_project",
        "domain=environmental_protection",
    ),
    Row("19.0", "publicity.disclose", "inform", "M", "S", "black"),
    Row("19.1a", "exit.border", "limit", "M", "Sp", DEFAULTS),
    Row("19.1b", "property.purchase", "limit", "M", "S", DEFAULTS),
    Row("19.1c", "consumption.air", "limit", "M", "Sp", DEFAULTS),
    Row("19.1d", "consumption.rail_premium", "limit", "M", "Sp", DEFAULTS),
    Row("19.1e", "consumption.tourism", "limit", "M", "Sp", DEFAULTS),
    Row("19.1f", "consumption.hotel", "limit", "M", "Sp", DEFAULTS),
    Row("19.1g", "consumption.other", "limit", "M", "S", DEFAULTS),
    Row("19.2", "credit_report.include", "inform", "A", "S", "black"),
    Row("19.3a", LOANS, "scrutinise", "A", "S", "black"),
    Row("19.3b", f"{LOANS} finance.sponsor finance.underwrite", "limit", "A", "S", "black"),
    Row("20.1", "association.membership", "inform", "A", "S", "black"),
    Row("20.2", "association.membership", "inform", "A", "So", "black"),
    Row("20.3", "association.membership", "scrutinise", "A", "S", "black.* general.ordinary"),
    Row(
        "21.2",
        "publicity.litigation",
        "inform",
        "A",
        "S",
        "black.environment[serious exceptional] black.consumer_investor_harm[serious exceptional]",
    ),
    Row("24.watch", ADMINISTRATIVE, "inform", "D", "S", "watch.key_monitoring"),
    Row("12.grade", "inspection.*", "inform", "D", "So", "grade.credit/CD"),
    Row("5.tolerance", "permit.accept", "favour", "D", "S", "red"),
    Row("11.tolerance", "permit.accept", "favour", "D", "S", "clean:3"),
    Row("5.green", "permit.accept permit.grant", "favour", "D", "S", "red"),
    Row("11.green", "permit.accept permit.grant", "favour", "D", "S", "clean:3"),
    Row("5.support", "funding.apply", "favour", "D", "S", "red"),
    Row("12.inspect", "inspection.plan", "favour", "D", "So", "A red"),
    Row("13.service", SERVICES, "favour", "D", "Sp", "red"),
    Row("13.funding", "funding.apply funding.investment_policy", "favour", "D", "S", "A red"),
    Row("13.bonus", "procurement.bid tender.bid land.bid resource.bid", "favour", "A", "So", "A red"),
    Row("14.finance", "finance.loan", "favour", "A", "So", "A red"),
    Row("14.commerce", "commerce.sale", "favour", "A", "So", "A red"),
    Row(
        "15.personal",
        "consumption.transport public_service.medical consumption.culture",
        "favour",
        "A",
        "Sp",
        "red",
    ),
    Row("16.rural", "finance.rural_loan", "favour", "A", "S", "grade.rural_household"),
)

REACH = {
    "S": "subject",
    "So": "organisation",
    "Sp": "person",
    "LR": "legal_representative",
    "P": "principal",
    "X": "executive",
    "RD": "director",
    "RS": "shareholder",
    "RP": "practitioner",
}
FORCE = {"M": "mandatory", "D": "discretionary", "A": "advisory"}
SHORTHANDS = {
    "black": Trigger(name="black", list_types=("black.*",), severities=(Severity.SERIOUS, Severity.EXCEPTIONAL)),
    "red": Trigger(name="red", list_types=("red.*",)),
    "A": Trigger(name="A", list_types=("grade.credit",), grades=("A",)),
    "clean:3": Trigger(clean_years=3),
}

ACTIONS = {
    "permit": "accept grant renew production_licence new_project internet_information",
    "penalty": "decide",
    "inspection": "plan",
    "funding": "apply investment_policy",
    "procurement": "bid award",
    "tender": "bid award",
    "land": "bid award",
    "resource": "bid award",
    "research": "apply manage",
    "personnel": "recruit appoint supervise",
    "honour": "retain nominate",
    "other": "manage",
    "market": "entry",
    "concession": "participate",
    "finance": "securities_issue institution_founding loan insurance sponsor underwrite rural_loan",
    "publicity": "disclose litigation",
    "exit": "border",
    "property": "purchase",
    "consumption": "air rail_premium tourism hotel other transport culture",
    "credit_report": "include",
    "association": "membership",
    "public_service": "education culture employment startup housing social_security medical",
    "commerce": "sale",
}
WORKS = {
    1: "permit penalty inspection",
    2: "funding procurement tender land research",
    3: "personnel",
    4: "honour",
    5: "other",
}
FAMILIES = {
    "health_and_life": "food_drug environment engineering_quality land_resources real_estate work_safety fire_safety "
    "compulsory_certification",
    "market_and_social_order": "bribery tax_evasion debt_evasion payment_default wage_arrears illegal_fundraising "
    "contract_fraud pyramid_selling unlicensed_business counterfeit_ip bid_qualification_lending bid_rigging "
    "false_advertising consumer_investor_harm online_order price_order public_order",
    "legal_duties": "judgment_default administrative_default",
    "national_defence": "defence_service defence_requisition defence_facilities defence_interests",
}
OTHER_LIST_TYPES = {
    "criticised.environment_project": "administrative_decision",
    "red.integrity_model": "publicity",
    "red.moral_model": "publicity",
    "red.volunteer": "publicity",
    "red.association_member": "publicity",
    "red.media_model": "publicity",
    "red.a_grade_taxpayer": "publicity",
    "watch.key_monitoring": "notice",
    "grade.credit": "notice",
    "grade.rural_household": "notice",
    "general.ordinary": "notice",
    "penalty.administrative": "record",
    "permit.administrative": "record",
    "commitment.open": "record",
    "commitment.breached": "record",
}
JUDICIAL = {"black.judgment_default": "judicial", "black.administrative_default": "administrative_decision"}


@pytest.fixture(scope="module")
def plan() -> Catalogue:
    return load(["shiyan2017"], Posture.AS_PLANNED_2017)


@pytest.fixture(scope="module")
def international() -> Catalogue:
    return load(["international"], Posture.AS_PLANNED_2017)


def _trigger(word: str) -> tuple[Trigger, ...]:
    """`black`, `clean:3`, `x.y`, `x.y[serious exceptional]` or, with grades, `x.y/CD`."""
    if word in SHORTHANDS:
        return (SHORTHANDS[word],)
    word, _, grades = word.partition("/")
    name, _, severities = word.removesuffix("]").partition("[")
    severe = tuple(Severity(s) for s in severities.split())
    return (Trigger(list_types=(name,), severities=severe, grades=tuple(grades)),)


def _words(text: str) -> list[str]:
    words: list[str] = []
    for part in text.split():
        if words and "[" in words[-1] and "]" not in words[-1]:
            words[-1] += f" {part}"
        else:
            words.append(part)
    return words


def _by_id(catalogue: Catalogue) -> dict[str, Measure]:
    return {m.id: m for m in catalogue.measures}


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.id)
def test_every_row_of_the_measure_table(row: Row, plan: Catalogue) -> None:
    measure = _by_id(plan)[row.id]
    assert set(measure.actions) == set(row.actions.split())
    assert measure.effect == row.effect
    assert measure.force == FORCE[row.force]
    assert [str(r) for r in measure.reach] == [REACH[r] for r in row.reach.split()]
    expected = [t for word in _words(row.trigger) for t in _trigger(word)]
    assert list(measure.triggers) == expected
    assert measure.when == dict(pair.split("=") for pair in row.when.split())
    assert measure.layer == "shiyan2017"


def test_no_measure_beyond_the_table(plan: Catalogue) -> None:
    assert sorted(m.id for m in plan.measures) == sorted(row.id for row in TABLE)
    assert len(TABLE) == 47


def test_every_action_and_its_kind_of_work(plan: Catalogue) -> None:
    expected = {f"{group}.{name}" for group, names in ACTIONS.items() for name in names.split()}
    assert {a.id for a in plan.actions} == expected
    works = {group: work for work, groups in WORKS.items() for group in groups.split()}
    for action in plan.actions:
        assert action.work == works.get(action.id.partition(".")[0], 0), action.id


def test_actions_without_a_measure_of_their_own_are_there(plan: Catalogue) -> None:
    named = {pattern for m in plan.measures for pattern in m.actions}
    for action in [
        "permit.renew",
        "penalty.decide",
        "research.apply",
        "research.manage",
        "personnel.recruit",
        "personnel.appoint",
        "personnel.supervise",
        "other.manage",
    ]:
        assert action in {a.id for a in plan.actions}
        assert action not in named


def test_every_list_type_with_family_and_procedure(plan: Catalogue) -> None:
    found = {t.id: t for t in plan.list_types}
    black = {f"black.{name}": family for family, names in FAMILIES.items() for name in names.split()}
    assert set(found) == set(black) | set(OTHER_LIST_TYPES)
    for name, family in black.items():
        assert found[name].family == family
        assert found[name].procedure == JUDICIAL.get(name, "publicity")
        assert found[name].audience is Audience.PUBLIC
        assert found[name].clause == f"17({list(FAMILIES).index(family) + 1})"
    for name, procedure in OTHER_LIST_TYPES.items():
        assert found[name].procedure == procedure


def test_adverse_list_types_break_three_clean_years(plan: Catalogue) -> None:
    adverse = {t.id for t in plan.list_types if t.is_adverse}
    black = {t.id for t in plan.list_types if t.id.startswith("black.")}
    other = {"general.ordinary", "penalty.administrative", "commitment.breached"}
    # A circular of criticism and a place on a watch list are bad records too, and grades C and D on their day.
    assert adverse == black | other | {"criticised.environment_project", "watch.key_monitoring"}
    assert _list_type(plan, "grade.credit").adverse_grades == ("C", "D")


def _list_type(catalogue: Catalogue, name: str) -> ListType:
    return next(t for t in catalogue.list_types if t.id == name)


def test_only_penalties_have_a_maximum_validity(plan: Catalogue) -> None:
    maximum = _list_type(plan, "penalty.administrative").maximum_validity
    months = {str(m.severity): m.months for m in maximum}
    assert months == {"minor": 3, "ordinary": 12, "serious": 36, "exceptional": 36}
    assert {m.basis for m in maximum} == {"国家发展改革委令第36号"}
    assert {m.in_force_from for m in maximum} == {date(2026, 4, 1)}
    assert [t.id for t in plan.list_types if t.maximum_validity] == ["penalty.administrative"]


def test_grades_of_credit_are_closed_and_others_free(plan: Catalogue) -> None:
    assert _list_type(plan, "grade.credit").grades == ("A", "B", "C", "D")
    assert [t.id for t in plan.list_types if t.grades] == ["grade.credit"]


@pytest.mark.parametrize("names", [["shiyan2017"], ["international"]])
def test_every_measure_can_be_contested(names: list[str]) -> None:
    catalogue = load(names, Posture.AS_PLANNED_2017)
    assert [r.kind for r in catalogue.remedies] == ["objection", "repair", "administrative_review", "litigation"]
    for measure in catalogue.measures:
        assert measure.basis, measure.id
        assert measure.bodies, measure.id
        assert all(b.instrument and b.article and b.level for b in measure.basis), measure.id
        assert measure.basic_list is None, "the mapping to the basic list is the operator's"


def test_basis_is_the_plan_from_its_own_day(plan: Catalogue) -> None:
    for measure in plan.measures:
        assert {(b.instrument, b.document_no, b.issued_on) for b in measure.basis} == {(PLAN, "", date(2017, 10, 12))}
        assert not in_force(measure.basis, date(2017, 10, 11))
        assert in_force(measure.basis, date(2017, 10, 12))
    assert _by_id(plan)["18.1b"].basis[0].article == "十八(1)"
    assert _by_id(plan)["16.rural"].bodies == ("人行十堰中心支行", "市农业局", "市扶贫办", "各县市区人民政府")


@pytest.mark.parametrize(
    ("measure", "kind", "parameters"),
    [
        ("5.tolerance", "tolerance", {"promise_zh", "promise_en", "days_to_supply", "once_promised"}),
        ("11.tolerance", "tolerance", {"promise_zh", "promise_en", "days_to_supply", "once_promised"}),
        ("5.green", "green_channel", {"manner_zh", "manner_en"}),
        ("11.green", "green_channel", {"manner_zh", "manner_en"}),
        ("12.inspect", "inspection_frequency", {"frequency_factor"}),
        ("13.bonus", "bonus_points", {"points_at_most"}),
        ("18.3a", "strictness", {"degree"}),
        ("12.grade", "classified_supervision", {"manner_zh", "manner_en"}),
        ("20.3", "association_sanction", {"sanctions", "sanctions_zh", "sanctions_en", "order"}),
    ],
)
def test_obligations_and_their_parameters(measure: str, kind: str, parameters: set[str], plan: Catalogue) -> None:
    (obligation,) = _by_id(plan)[measure].obligations
    assert obligation.kind == kind
    assert parameters <= set(obligation.parameters)
    numbers = {key for key, value in obligation.parameters.items() if value.replace(".", "").isdigit()}
    # The plan gives no number: each one is marked as the operator's, in the answer and in the note.
    assert numbers == set(filter(None, obligation.parameters.get("operator_settings", "").split(", ")))
    assert all(key in _by_id(plan)[measure].note for key in numbers)


def test_the_sanctions_of_associations_stand_in_the_plans_order(plan: Catalogue) -> None:
    (obligation,) = _by_id(plan)["20.3"].obligations
    parameters = obligation.parameters
    assert parameters["sanctions_zh"].split("、") == ["警告", "行业内通报批评", "公开谴责", "不予接纳", "劝退"]
    assert parameters["sanctions_en"].split(", ") == [
        *("warning", "criticism within the trade", "public condemnation", "refusal", "advice to leave")
    ]
    assert len(parameters["sanctions"].split(", ")) == 5
    assert parameters["order"] == "mildest_first"
    assert all(word in _by_id(plan)["20.3"].title.zh for word in parameters["sanctions_zh"].split("、"))
    assert "有资质的第三方" in _by_id(plan)["20.2"].title.zh


def test_remedies_name_who_applies_the_measure_beside_who_recognised_the_entry(plan: Catalogue) -> None:
    for remedy in plan.remedies:
        assert "实施" in remedy.title.zh, remedy.kind
        assert "认定" in remedy.title.zh, remedy.kind
        assert "applies the measure" in remedy.title.en, remedy.kind
        assert "recogni" in remedy.title.en, remedy.kind
    objection = plan.remedies[0].title
    assert "核实期间暂不执行" in objection.zh
    assert "the measure waits" in objection.en


def test_every_condition_has_its_declared_values(plan: Catalogue) -> None:
    declared = {a.id: {v.id: (v.title.zh, *v.words) for v in a.values} for a in plan.context}
    assert declared == {"domain": {"environmental_protection": ("环境保护", "生态环保"), "other": ("其他",)}}
    assert {key for m in plan.measures for key in m.when} == set(declared)


def test_natural_words_name_the_list_types(plan: Catalogue) -> None:
    words = list_type_words(plan)
    assert words["失信被执行人"] == "black.judgment_default"
    assert words["重大税收违法失信主体"] == "black.tax_evasion"
    assert words["拖欠农民工工资失信联合惩戒对象"] == "black.wage_arrears"
    assert words["行政处罚"] == "penalty.administrative"
    assert {words[fold_word(t.title.zh)] for t in plan.list_types} == {t.id for t in plan.list_types}


@pytest.mark.parametrize("measure", ["18.3a", "18.4", "18.5a", "18.6"])
def test_arguable_readings_are_noted(measure: str, plan: Catalogue) -> None:
    assert "Arguable" in _by_id(plan)[measure].note


def test_programmes_of_society_are_explained_and_are_no_measures(plan: Catalogue) -> None:
    note = next(n for n in plan.notes if n.clause == "21")
    assert "items 1, 3 and 4" in note.text.en
    assert [m.id for m in plan.measures if m.clause.startswith("21")] == ["21.2"]


def test_every_list_type_is_explained_by_a_measure_or_is_a_record(plan: Catalogue) -> None:
    patterns = {p for m in plan.measures for t in m.triggers for p in t.list_types}
    silent = {t.id for t in plan.list_types if not any(matches(p, t.id) for p in patterns)}
    assert silent == {"penalty.administrative", "permit.administrative", "commitment.open"}
    assert {_list_type(plan, name).procedure for name in silent} == {Procedure.RECORD}


def test_international_stands_alone(international: Catalogue, plan: Catalogue) -> None:
    assert international.actions == plan.actions
    lists = {t.id: (t.is_name_only, t.is_foreign_only, t.is_adverse) for t in international.list_types}
    assert lists == {
        "international.un": (True, False, False),
        "international.ofac": (True, True, False),
        "international.other": (True, True, False),
    }
    (measure,) = international.measures
    assert (measure.id, measure.effect, measure.force) == ("intl.review", "scrutinise", "discretionary")
    assert [str(r) for r in measure.reach] == ["subject"]
    assert set(measure.actions) == {"procurement.*", "tender.*", "land.*", "funding.*", "permit.*"}
    assert {p for t in measure.triggers for p in t.list_types} == set(lists)
    assert "Article 12" in international.notes[0].text.en


@pytest.mark.parametrize("names", [["shiyan2017", "international"], ["international", "shiyan2017"]])
def test_layers_join_in_their_order(names: list[str], plan: Catalogue, international: Catalogue) -> None:
    both = load(names, Posture.BASIC_LIST_ONLY)
    assert both.name == "+".join(names)
    assert both.posture is Posture.BASIC_LIST_ONLY
    assert both.edition.count("+") == 1
    assert both.actions == plan.actions
    assert {t.id for t in both.list_types} == {t.id for c in (plan, international) for t in c.list_types}
    assert {m.id: m.layer for m in both.measures}["intl.review"] == "international"
    assert both.remedies == plan.remedies


INVENTED = HERE / "catalogues_good" / "invented_basic_list"


def test_an_operators_mapping_lets_a_restriction_act_under_basic_list_only() -> None:
    catalogue = load(["shiyan2017", str(INVENTED)], Posture.BASIC_LIST_ONLY)
    measures = _by_id(catalogue)
    assert measures["18.3b"].basic_list == BasicListItem(edition="INVENTED-0000", item="INVENTED-1")
    assert acts_under(measures["18.3b"], catalogue.posture)
    assert not acts_under(measures["18.3a"], catalogue.posture)
    assert acts_under(measures["5.tolerance"], catalogue.posture)
    assert catalogue.name == "shiyan2017+invented_basic_list"
    assert catalogue.edition == "2017-10-12+INVENTED-0000"


def test_an_operators_own_measures_file_stands_on_the_plan() -> None:
    own = str(HERE / "catalogues_good" / "own_measures.yaml")
    alone = load([own], Posture.AS_PLANNED_2017)
    assert [m.id for m in alone.measures] == ["own.1"]
    # Severe entries only, although the file does not say so; the other list type takes any.
    assert alone.measures[0].triggers == (
        Trigger(list_types=("black.bribery",), severities=(Severity.SERIOUS, Severity.EXCEPTIONAL)),
        Trigger(list_types=("general.ordinary",)),
    )
    together = load(["shiyan2017", own], Posture.AS_PLANNED_2017)
    assert len(together.measures) == len(TABLE) + 1
    assert len(together.list_types) == len(alone.list_types)


def test_hash_tells_content_apart(plan: Catalogue) -> None:
    other = load(["shiyan2017"], Posture.BASIC_LIST_ONLY)
    assert catalogue_hash(plan) == catalogue_hash(load(["shiyan2017"], Posture.AS_PLANNED_2017))
    assert catalogue_hash(plan) != catalogue_hash(other)


@pytest.mark.parametrize("name", BUILT_IN)
def test_hash_is_the_same_in_every_process(name: str) -> None:
    program = (
        "import sys; from xingate_server.catalogues import load, catalogue_hash; "
        "from xingate_server.core.catalogue import Posture; "
        "print(catalogue_hash(load([sys.argv[1]], Posture.AS_PLANNED_2017)))"
    )
    hashes = {
        subprocess.run(
            [sys.executable, "-c", program, name],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(hashes) == 1
    assert len(hashes.pop().strip()) == 64


def test_a_catalogue_with_problems_is_not_loaded() -> None:
    with pytest.raises(CatalogueError, match=r"unknown catalogue `shiyan2018`.*\(and 1 more\)") as caught:
        load(["shiyan2018", "nowhere"], Posture.AS_PLANNED_2017)
    assert len(caught.value.problems) == 2
