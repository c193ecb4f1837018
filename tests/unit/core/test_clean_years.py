"""`core.decide.clean_years`: what the finding says, on which evidence, and what would close the gap (Cl. 11)."""

from datetime import date
from typing import Any

import pytest

from xingate_server.catalogues import load
from xingate_server.core.catalogue import Catalogue, Posture
from xingate_server.core.decide.clean_years import Clean, CleanYears, years_before
from xingate_server.core.decide.decision import Question, SourceState
from xingate_server.core.entry import Entry, Role, Severity, Status, UnreadRow
from xingate_server.core.subject import EntityRef, Held, HeldUnread, Registration, SubjectFile, SubjectKind

TODAY = date(2026, 7, 1)
OLD = (Registration("entity_register", date(2015, 5, 6)),)


@pytest.fixture(scope="module")
def plan() -> Catalogue:
    return load(["shiyan2017"], Posture.AS_PLANNED_2017)


def source(kind: str, *provides: str, **cells: Any) -> SourceState:
    complete = {"admitted": 3, "coverage_from": date(2020, 1, 1), "data_as_of": TODAY, "max_age_days": 30}
    return SourceState(kind=kind, provides=provides, **(complete | cells))


SOURCES = (source("double_publicity", "penalty.administrative"), source("city_list", "black.bribery", "red.volunteer"))


def entry(name: str = "B1", **cells: Any) -> Entry:
    complete = {
        "list_type": "black.bribery",
        "severity": Severity.MINOR,
        "document_date": date(2025, 3, 10),
        "valid_from": date(2025, 3, 10),
    }
    return Entry(id=name, **(complete | cells))


def find(
    plan: Catalogue,
    *held: Held,
    registrations: tuple[Registration, ...] = OLD,
    sources: tuple[SourceState, ...] = SOURCES,
    years: int = 3,
) -> tuple[Clean, str]:
    question = Question(action="permit.accept", kind=SubjectKind.LEGAL_ENTITY, as_of=TODAY)
    rule = CleanYears(plan, question, sources, years)
    return rule.find(SubjectFile(held=held, registrations=registrations), question)


def test_clean_years_name_their_evidence_whatever_the_order_of_sources(plan: Catalogue) -> None:
    evidence = (
        "established 2015-05-06; no adverse record after 2023-07-01 up to 2026-07-01 in city_list, double_publicity"
    )
    assert find(plan) == (Clean.YES, evidence)
    assert find(plan, sources=SOURCES[::-1]) == (Clean.YES, evidence)


def test_an_adverse_record_is_named(plan: Catalogue) -> None:
    held = (Held(entry("B2")), Held(entry("B1", status=Status.REPAIRED, status_date=date(2025, 9, 1))))
    assert find(plan, *held) == (Clean.NO, "adverse record B1")
    assert find(plan, *held[::-1]) == (Clean.NO, "adverse record B1")


def test_an_objection_is_waited_for(plan: Catalogue) -> None:
    held = tuple(Held(entry(name, status=Status.SUSPENDED, status_date=date(2026, 6, 1))) for name in ("B2", "B1"))
    assert find(plan, *held) == (Clean.UNKNOWN, "wait until the objection against entry B1 is decided")


def test_the_entry_of_a_company_does_not_break_its_peoples_years(plan: Catalogue) -> None:
    company = EntityRef("示例一号有限公司", "91420399000000019G")
    assert find(plan, Held(entry(), Role.DIRECTOR, company))[0] is Clean.YES


@pytest.mark.parametrize(
    ("registrations", "outcome"),
    [
        ((), (Clean.UNKNOWN, "load a register that holds the subject")),
        (
            (Registration("entity_register", None),),
            (Clean.UNKNOWN, "load a register that says when the subject was established"),
        ),
        (
            (Registration("entity_register", date(2024, 1, 1)), Registration("another", date(2025, 1, 1))),
            (Clean.NO, "established 2024-01-01, less than 3 years before"),
        ),
    ],
)
def test_the_register_decides_since_when(
    plan: Catalogue, registrations: tuple[Registration, ...], outcome: tuple[Clean, str]
) -> None:
    assert find(plan, registrations=registrations) == outcome


@pytest.mark.parametrize(
    "fault",
    [
        {"coverage_from": date(2023, 7, 3)},
        {"coverage_from": None},
        {"data_as_of": date(2026, 5, 1)},
        {"data_as_of": None},
        {"admitted": 0},
        {"is_loaded": False, "is_required": True},
        {"vanished": ("black.bribery",)},
    ],
)
def test_a_source_that_does_not_cover_is_named(plan: Catalogue, fault: dict[str, Any]) -> None:
    lacking = source("court", "black.judgment_default", **fault)
    also = source("another", "general.ordinary", **fault)
    told = "load another, court with a coverage from 2023-07-02 on"
    assert find(plan, sources=(*SOURCES, lacking, also)) == (Clean.UNKNOWN, told)


def test_without_adverse_lists_nothing_is_known(plan: Catalogue) -> None:
    told = "load the adverse lists with a coverage from 2023-07-02 on"
    assert find(plan, sources=(source("honours", "red.volunteer"),)) == (Clean.UNKNOWN, told)


def test_another_number_of_years(plan: Catalogue) -> None:
    earlier = entry(document_date=date(2022, 1, 1), valid_from=date(2022, 1, 1), valid_until=date(2022, 12, 31))
    assert find(plan, Held(earlier))[0] is Clean.YES
    assert find(plan, Held(earlier), years=5)[0] is Clean.NO


@pytest.mark.parametrize(
    ("starts_on", "stops_on", "outcome"),
    [
        (date(2023, 7, 3), None, Clean.NO),
        (date(2026, 8, 1), None, Clean.YES),
        (None, date(2023, 7, 3), Clean.NO),
        (None, date(2023, 7, 2), Clean.YES),
        (date(2023, 7, 10), date(2023, 7, 10), Clean.YES),
    ],
    ids=["replaced another in them", "replaces one later", "stopped in them", "stopped before them", "for no day"],
)
def test_a_row_that_replaced_or_was_replaced_counts_for_its_own_days(
    plan: Catalogue, starts_on: date | None, stops_on: date | None, outcome: Clean
) -> None:
    old = entry(document_date=date(2022, 1, 1), valid_from=date(2022, 1, 1), starts_on=starts_on, stops_on=stops_on)
    assert find(plan, Held(old))[0] is outcome


@pytest.mark.parametrize(
    ("day", "years", "before"),
    [
        (date(2026, 7, 1), 3, date(2023, 7, 1)),
        (date(2024, 2, 29), 3, date(2021, 2, 28)),
        (date(2024, 2, 29), 4, date(2020, 2, 29)),
        (date(2023, 3, 1), 3, date(2020, 3, 1)),
        (date(2023, 2, 28), 3, date(2020, 2, 28)),
        (date(2, 3, 4), 3, date.min),
    ],
)
def test_years_before(day: date, years: int, before: date) -> None:
    assert years_before(day, years) == before


@pytest.mark.parametrize(("is_suspended", "clean"), [(True, Clean.UNKNOWN), (False, Clean.YES)])
def test_a_suspended_row_that_could_not_be_read_stands_until_it_is_decided(
    plan: Catalogue, is_suspended: bool, clean: Clean
) -> None:
    row = UnreadRow(
        id="U1",
        list_types=("black.bribery",),
        document_date=date(2019, 3, 10),
        first=date(2019, 3, 10),
        ended_from=date(2020, 1, 1),
        is_suspended=is_suspended,
        what="severity `示例`",
    )
    question = Question(action="permit.accept", kind=SubjectKind.LEGAL_ENTITY, as_of=TODAY)
    rule = CleanYears(plan, question, SOURCES, 3)
    assert rule.find(SubjectFile(unread=(HeldUnread(row),), registrations=OLD), question)[0] is clean
