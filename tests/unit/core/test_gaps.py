"""`core.decide.gaps`: when a source does not answer, what it may hide, and what closes each gap."""

from datetime import date, timedelta
from typing import Any

import pytest

from xingate_server.catalogues import load
from xingate_server.core.catalogue import Catalogue, Posture, Verdict, matches
from xingate_server.core.decide.decide import decide
from xingate_server.core.decide.decision import Gap, GapReason, Question, Situation, SourceState
from xingate_server.core.decide.gaps import (
    context_gap,
    fits_by_name,
    hides_more,
    identity_gaps,
    source_fault,
    source_gaps,
)
from xingate_server.core.entry import Entry, Severity
from xingate_server.core.subject import Held, SubjectFile, SubjectKind

DATA = date(2026, 6, 30)
FROM = date(2024, 1, 1)


@pytest.fixture(scope="module")
def plan() -> Catalogue:
    return load(["shiyan2017", "international"], Posture.AS_PLANNED_2017)


def state(**cells: Any) -> SourceState:
    complete = {"admitted": 3, "coverage_from": FROM, "data_as_of": DATA, "max_age_days": 30}
    return SourceState(kind="city_list", **({"provides": ("black.bribery",)} | complete | cells))


def question(action: str = "funding.apply", as_of: date = DATA, **cells: Any) -> Question:
    return Question(**({"action": action, "kind": SubjectKind.LEGAL_ENTITY, "as_of": as_of} | cells))


def gaps_of(plan: Catalogue, asked: Question, *states: SourceState) -> list[Gap]:
    acting = [m for m in plan.measures if any(matches(p, asked.action) for p in m.actions)]
    return source_gaps(acting, plan, asked, states)


@pytest.mark.parametrize(
    ("cells", "as_of", "fault"),
    [
        ({}, FROM, None),
        ({}, FROM - timedelta(days=1), GapReason.SOURCE_NOT_COVERING),
        ({}, DATA + timedelta(days=30), None),
        ({}, DATA + timedelta(days=31), GapReason.SOURCE_STALE),
        ({"max_age_days": 0}, DATA, None),
        ({"max_age_days": 0}, DATA + timedelta(days=1), GapReason.SOURCE_STALE),
        ({"is_loaded": False}, DATA, GapReason.SOURCE_MISSING),
        ({"admitted": 0}, DATA, GapReason.SOURCE_MISSING),
        ({"vanished": ("black.bribery",)}, DATA, GapReason.SOURCE_MISSING),
        ({"data_as_of": None}, DATA, GapReason.SOURCE_MISSING),
        ({"coverage_from": None}, DATA, GapReason.SOURCE_MISSING),
        ({"coverage_from": DATA + timedelta(days=60)}, DATA + timedelta(days=31), GapReason.SOURCE_STALE),
    ],
)
def test_a_source_answers_from_its_coverage_to_its_age(
    cells: dict[str, Any], as_of: date, fault: GapReason | None
) -> None:
    assert source_fault(state(**cells), as_of) is fault


def test_each_fault_says_what_closes_it(plan: Catalogue) -> None:
    stale = gaps_of(plan, question(as_of=DATA + timedelta(days=31)), state())
    missing = gaps_of(plan, question(), state(admitted=0))
    early = gaps_of(plan, question(as_of=date(2023, 1, 1)), state())
    told = {gap.reason: gap.closes_with for gap in (*stale, *missing, *early)}
    assert told == {
        GapReason.SOURCE_STALE: "load a newer export of the list, or ask for an earlier day",
        GapReason.SOURCE_MISSING: "load the list again and publish a new snapshot",
        GapReason.SOURCE_NOT_COVERING: "load the list with a coverage that includes the day asked about",
    }


@pytest.mark.parametrize(
    ("action", "kind", "provides", "could_be"),
    [
        ("market.entry", SubjectKind.LEGAL_ENTITY, "black.bribery", Verdict.PROHIBITED),
        ("market.entry", SubjectKind.SOLE_TRADER, "black.bribery", Verdict.PROHIBITED),
        ("market.entry", SubjectKind.NATURAL_PERSON, "black.bribery", Verdict.PROHIBITED),  # through a relation
        ("funding.apply", SubjectKind.NATURAL_PERSON, "black.bribery", Verdict.RESTRICTED),
        ("consumption.air", SubjectKind.NATURAL_PERSON, "black.judgment_default", Verdict.RESTRICTED),
        ("consumption.air", SubjectKind.LEGAL_ENTITY, "black.judgment_default", None),
        ("consumption.air", SubjectKind.NATURAL_PERSON, "black.bribery", None),
        ("finance.loan", SubjectKind.LEGAL_ENTITY, "black.bribery", Verdict.CAUTION),
        ("finance.loan", SubjectKind.LEGAL_ENTITY, "red.volunteer", Verdict.FAVOURED),
        ("finance.loan", SubjectKind.NATURAL_PERSON, "red.volunteer", None),
        ("funding.apply", SubjectKind.LEGAL_ENTITY, "penalty.administrative", None),
        ("permit.accept", SubjectKind.LEGAL_ENTITY, "penalty.administrative", None),  # clean years are no entry's
    ],
)
def test_could_be_is_the_strictest_measure_for_this_action_and_class(
    plan: Catalogue, action: str, kind: SubjectKind, provides: str, could_be: Verdict | None
) -> None:
    gaps = gaps_of(plan, question(action, kind=kind), state(admitted=0, provides=(provides,)))
    assert [gap.could_be for gap in gaps] == ([] if could_be is None else [could_be])
    assert all(gap.about == "city_list" for gap in gaps)


def test_a_source_that_answers_makes_no_gap(plan: Catalogue) -> None:
    assert gaps_of(plan, question(), state(), state(provides=("red.volunteer",))) == []


def test_a_unilateral_list_hides_something_from_foreign_subjects_only(plan: Catalogue) -> None:
    gone = state(admitted=0, provides=("international.ofac",))
    assert gaps_of(plan, question(), gone) == []
    assert [gap.could_be for gap in gaps_of(plan, question(is_foreign=True), gone)] == [Verdict.CAUTION]


def test_a_context_gap_names_every_attribute_that_is_lacking(plan: Catalogue) -> None:
    measure = next(m for m in plan.measures if m.id == "18.6")
    gap = context_gap(measure, question("tender.bid", context={"domain": ""}))
    assert gap == Gap(
        reason=GapReason.CONTEXT_MISSING,
        could_be=Verdict.RESTRICTED,
        closes_with="ask again with the context attribute domain",
        about="domain",
    )


def test_identity_reasons_stand_once_each_in_one_order() -> None:
    reasons = (GapReason.IDENTITY_NAME_ONLY, GapReason.IDENTITY_AMBIGUOUS, GapReason.IDENTITY_NAME_ONLY)
    gaps = identity_gaps(Situation(sources=(), checked_on=DATA, identity=reasons))
    assert [gap.reason for gap in gaps] == [GapReason.IDENTITY_AMBIGUOUS, GapReason.IDENTITY_NAME_ONLY]
    assert all(gap.could_be is Verdict.PROHIBITED and gap.closes_with for gap in gaps)


def test_an_unsettled_gap_says_which_document_to_compare(plan: Catalogue) -> None:
    entry = Entry(
        id="B1",
        list_type="black.bribery",
        severity=Severity.SERIOUS,
        authority="示例局",
        document_no="示例1号",
        document_date=date(2025, 3, 10),
        valid_from=date(2025, 3, 10),
    )
    file = SubjectFile(unsettled=(Held(entry),))
    told = Situation(sources=(), checked_on=DATA)
    (gap,) = decide(file, plan, question("concession.participate"), told).gaps
    assert gap.closes_with == "compare the subject's documents with the entry: 示例局, 示例1号, 2025-03-10"
    assert (gap.about, gap.could_be) == ("B1", Verdict.RESTRICTED)


@pytest.mark.parametrize(
    ("listed", "asked", "fits"),
    [
        ((), (), True),
        (("甲",), (), True),
        ((), ("甲",), True),
        (("甲", "乙"), ("乙",), True),
        (("甲",), ("乙",), False),
    ],
)
def test_a_name_lacking_on_either_side_does_not_speak_against_it(
    listed: tuple[str, ...], asked: tuple[str, ...], fits: bool
) -> None:
    entry = Entry(id="B1", list_type="black.bribery", document_date=DATA, valid_from=DATA)
    assert fits_by_name(Held(entry, names=listed), question(names=asked)) is fits


@pytest.mark.parametrize(
    ("could_be", "found", "hides"),
    [
        (Verdict.FAVOURED, Verdict.CLEAR, False),
        (Verdict.CAUTION, Verdict.CLEAR, True),
        (Verdict.CAUTION, Verdict.FAVOURED, True),
        (Verdict.CAUTION, Verdict.CAUTION, False),
        (Verdict.RESTRICTED, Verdict.CAUTION, True),
        (Verdict.RESTRICTED, Verdict.PROHIBITED, False),
        (Verdict.PROHIBITED, Verdict.RESTRICTED, True),
        (Verdict.PROHIBITED, Verdict.PROHIBITED, False),
    ],
)
def test_only_what_is_stricter_than_what_was_found_is_hidden(could_be: Verdict, found: Verdict, hides: bool) -> None:
    gap = Gap(reason=GapReason.SOURCE_STALE, could_be=could_be, closes_with="")
    assert hides_more(gap, found) is hides
