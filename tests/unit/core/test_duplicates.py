"""`core.admission.duplicates`: duplicates, replaced rows, ties, red against black beyond the golden cases."""

from datetime import date
from itertools import permutations
from typing import Any

import pytest

from xingate_server.core.admission.duplicates import Dropped, Listed, Resolved, resolve
from xingate_server.core.entry import Entry, Severity, Standing, Status, StatusReason, standing

MINOR, SERIOUS, EXCEPTIONAL = Severity.MINOR, Severity.SERIOUS, Severity.EXCEPTIONAL
FIRST = date(2025, 1, 10)
SPRING, SUMMER, AUTUMN = date(2025, 3, 1), date(2025, 6, 1), date(2025, 9, 1)


def black(severity: Severity = SERIOUS, **cells: Any) -> Entry:
    complete = {"id": "B1", "list_type": "black.bribery", "document_date": FIRST, "valid_from": FIRST}
    return Entry(**(complete | {"severity": severity} | cells))


def red(**cells: Any) -> Entry:
    complete = {"id": "R1", "list_type": "red.volunteer", "document_date": FIRST, "valid_from": FIRST}
    return Entry(**(complete | cells))


def of(*entries: Entry) -> Resolved:
    return resolve([Listed(entry, place) for place, entry in enumerate(entries)])


def acting(outcome: Resolved, as_of: date) -> list[Severity | None]:
    return [row.entry.severity for row in outcome.kept if standing(row.entry, as_of) is Standing.IN_FORCE]


def test_nothing_remains_of_nothing() -> None:
    assert of() == Resolved((), ())


def test_different_keys_stand_side_by_side_in_a_fixed_order() -> None:
    outcome = of(red(id="G1", list_type="grade.credit", grade="A"), black(id="B2"), black())
    assert [row.entry.id for row in outcome.kept] == ["B1", "B2", "G1"]
    assert outcome.dropped == ()


def test_a_chain_of_severities_answers_day_by_day() -> None:
    rows = [black(MINOR), black(SERIOUS, status_date=SPRING), black(EXCEPTIONAL, status_date=SUMMER)]
    for order in permutations(rows):
        outcome = of(*order)
        days = (FIRST, date(2025, 2, 28), SPRING, date(2025, 5, 31), SUMMER, AUTUMN)
        expected = [[MINOR], [MINOR], [SERIOUS], [SERIOUS], [EXCEPTIONAL], [EXCEPTIONAL]]
        assert [acting(outcome, day) for day in days] == expected
        assert all(drop.reason == "superseded" and drop.is_kept for drop in outcome.dropped)
        assert len(outcome.dropped) == 2


def test_a_severity_that_came_back_answers_for_its_own_days() -> None:
    outcome = of(black(MINOR, status_date=SUMMER), black(SERIOUS, status_date=SPRING), black(MINOR))
    assert [acting(outcome, day) for day in (FIRST, SPRING, SUMMER)] == [[MINOR], [SERIOUS], [MINOR]]


def test_a_newer_row_of_the_same_severity_does_not_move_the_day_of_the_change() -> None:
    outcome = of(black(MINOR), black(SERIOUS, status_date=SPRING), black(SERIOUS, status_date=AUTUMN, facts="示例"))
    assert [acting(outcome, day) for day in (date(2025, 2, 28), SPRING, AUTUMN)] == [[MINOR], [SERIOUS], [SERIOUS]]
    assert outcome.dropped == (Dropped(0, "superseded", is_kept=True), Dropped(1, "superseded"))


def test_a_newer_row_that_ended_ends_the_key_from_its_day() -> None:
    exited = black(SERIOUS, status=Status.EXITED, status_date=SUMMER, status_reason=StatusReason.EXPIRY)
    outcome = of(black(MINOR), exited)
    assert acting(outcome, date(2025, 5, 31)) == [MINOR]
    assert acting(outcome, SUMMER) == []


def test_rows_without_a_date_are_told_apart_by_what_they_say_alone() -> None:
    rows = [black(MINOR), black(SERIOUS), black(EXCEPTIONAL)]
    outcomes = [of(*order) for order in permutations(rows)]
    assert len({outcome.kept[0].entry for outcome in outcomes}) == 1
    for outcome in outcomes:
        assert len(outcome.kept) == 1
        assert [(drop.reason, drop.is_kept) for drop in outcome.dropped] == [("superseded", False)] * 2


@pytest.mark.parametrize(
    ("winner", "loser"),
    [
        (Status.EXITED, Status.SUSPENDED),
        (Status.REPAIRED, Status.SUSPENDED),
        (Status.CORRECTED, Status.SUSPENDED),
        (Status.EXITED, Status.ACTIVE),
        (Status.SUSPENDED, Status.ACTIVE),
    ],
)
def test_on_one_day_ended_is_above_suspended_above_active(winner: Status, loser: Status) -> None:
    for order in permutations([black(status=winner, status_date=SPRING), black(status=loser, status_date=SPRING)]):
        (row,) = of(*order).kept
        assert row.entry.status is winner


def test_a_duplicate_is_the_row_of_the_later_source() -> None:
    outcome = of(black(source="province_list"), black(source="city_list"), black(source="city_list"))
    assert [row.entry.source for row in outcome.kept] == ["city_list"]
    assert outcome.dropped == (Dropped(0, "duplicate"), Dropped(2, "duplicate"))


def test_a_void_row_takes_all_older_ones_with_it() -> None:
    outcome = of(black(MINOR), black(SERIOUS, status_date=SPRING), black(status=Status.CORRECTED, status_date=SUMMER))
    assert [acting(outcome, day) for day in (FIRST, SPRING, AUTUMN)] == [[], [], []]
    assert outcome.dropped == (Dropped(0, "superseded"), Dropped(1, "superseded"))


def test_the_first_of_several_later_black_entries_ends_the_red_one() -> None:
    later = [black(id=f"B{n}", valid_from=day, document_date=day) for n, day in enumerate((AUTUMN, SPRING, SUMMER))]
    for order in permutations([red(), *later]):
        ended = next(row.entry for row in of(*order).kept if row.entry.id == "R1")
        assert (ended.stops_on, ended.stop_reason) == (SPRING, "blacklisted")


def test_a_red_entry_that_has_not_begun_is_ended_as_well() -> None:
    outcome = of(red(valid_from=SUMMER), black(document_date=SPRING, valid_from=SPRING))
    assert outcome.dropped == (Dropped(0, "red_removed_by_black", is_kept=True),)
    (kept,) = (row.entry for row in outcome.kept if row.entry.id == "R1")
    assert standing(kept, SUMMER) is Standing.ENDED


@pytest.mark.parametrize(
    "over",
    [
        {"valid_until": date(2025, 2, 28)},
        {"status": Status.EXITED, "status_date": SPRING, "status_reason": StatusReason.OWN_REQUEST},
        {"status": Status.CORRECTED, "status_date": AUTUMN},
    ],
    ids=["expired", "left on the very day", "void"],
)
def test_a_red_entry_that_is_over_by_then_is_left_as_it_is(over: dict[str, Any]) -> None:
    outcome = of(red(**over), black(document_date=SPRING, valid_from=SPRING))
    assert outcome.dropped == ()
    assert red(**over) in [row.entry for row in outcome.kept]


def test_a_red_entry_under_objection_would_still_run() -> None:
    suspended = red(status=Status.SUSPENDED, status_date=date(2025, 2, 1), status_reason=StatusReason.OBJECTION)
    outcome = of(suspended, black(document_date=SPRING, valid_from=SPRING))
    assert outcome.dropped == (Dropped(0, "red_removed_by_black", is_kept=True),)


def test_a_raised_severity_is_no_later_black_entry_for_a_red_one_refused_before() -> None:
    rows = (black(MINOR), black(SERIOUS, status_date=SUMMER), red(document_date=SPRING, valid_from=SPRING))
    assert of(*rows).dropped == (Dropped(0, "superseded", is_kept=True), Dropped(2, "red_blocked_by_black"))


def test_an_undated_black_row_that_is_not_active_takes_no_part() -> None:
    outcome = of(red(document_date=SPRING, valid_from=SPRING), black(status=Status.REPAIRED))
    assert outcome.dropped == ()


def test_a_red_row_that_never_acts_is_not_removed_by_a_later_black_one() -> None:
    later = black(document_date=SUMMER, valid_from=SUMMER)
    assert of(red(status=Status.SUSPENDED), later).dropped == (), "suspended without a date"
    assert of(red(status=Status.EXITED), later).dropped == (), "exited without a date"
    suspended = of(red(status=Status.SUSPENDED, status_date=AUTUMN), later)
    assert suspended.dropped == (Dropped(0, "red_removed_by_black", is_kept=True),)


def test_an_id_of_older_releases_makes_no_second_row() -> None:
    for order in (1, -1):
        outcome = of(*(black(older_id="c"), black(older_id="b"))[::order])
        assert [row.entry.older_id for row in outcome.kept] == ["b"]
        assert [drop.reason for drop in outcome.dropped] == ["duplicate"]
