"""How last days of validity are stored in the manifest, and what is missed of a group."""

from datetime import date

import pytest

from xingate_server.snapshot.compile.shrink_groups import grouped, last_day_stored, losses

TODAY = date(2026, 6, 10)


@pytest.mark.parametrize(
    ("until", "stored"),
    [
        ("", ""),
        ("2026-06-09", "0001-01-01"),
        ("2026-06-10", "2026-06-10"),
        ("2026-07-15", "2026-07-15"),
        ("2026-07-16", "2026-07-31"),
        ("2028-02-01", "2028-02-29"),
    ],
)
def test_last_days_are_stored_by_the_day_for_five_weeks(until: str, stored: str) -> None:
    assert last_day_stored(until, TODAY) == stored


def test_what_is_past_is_not_missed_and_the_rest_is() -> None:
    key = ("black.bribery", "region", "示例区")
    counts = {(*key, "2026-06-09"): 4, (*key, "2026-06-12"): 3, (*key, "2027-01-31"): 5}
    before = grouped(counts, {}, TODAY)
    assert before == {"black.bribery": {"region": {"示例区": {"0001-01-01": 4, "2026-06-12": 3, "2027-01-31": 5}}}}
    assert list(losses(before, {}, date(2026, 6, 11))) == ["black.bribery, region `示例区`: from 8 to 0 rows"]
    assert list(losses(before, {}, date(2026, 6, 13))) == ["black.bribery, region `示例区`: from 5 to 0 rows"]
    assert list(losses(before, {}, date(2027, 2, 1))) == []


def test_rows_that_are_past_do_not_stand_for_those_that_are_missed() -> None:
    key = ("black.bribery", "authority", "示例局")
    before = grouped({(*key, "2026-06-01"): 30, (*key, "2027-01-31"): 20}, {}, TODAY)
    now = grouped({(*key, "2026-06-01"): 30, (*key, "2027-01-31"): 0}, before, TODAY)
    assert list(losses(before, now, TODAY)) == ["black.bribery, authority `示例局`: from 20 to 0 rows"]
    fewer = grouped({(*key, "2027-01-31"): 20}, before, TODAY)
    assert list(losses(before, fewer, TODAY)) == [], "what is past may go"
    newly_past = grouped({(*key, "2026-06-01"): 50}, before, date(2027, 2, 1))
    assert list(losses(before, newly_past, date(2027, 2, 1))) == []
