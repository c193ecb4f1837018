"""Working days: the official years, year files laid over them, and years that nobody has announced."""

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import chinese_calendar
import pytest

from xingate_server.core.calendar import WorkCalendar, WorkingDays

HOLIDAY_CN = Path(__file__).parents[3].parent / "shared" / "data" / "holiday-cn"
needs_files = pytest.mark.skipif(not HOLIDAY_CN.exists(), reason="the holiday-cn year files are not beside the project")

OFFICIAL = WorkCalendar.official()


def year_file(year: int) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((HOLIDAY_CN / f"{year}.json").read_text(encoding="utf-8"))
    return loaded


def one_day(calendar: WorkCalendar, day: date) -> WorkingDays:
    return calendar.working_days(day - timedelta(days=1), day)


def invented_2027(*days: tuple[str, bool]) -> dict[str, Any]:
    named = [{"name": "示例", "date": day, "isOffDay": is_off} for day, is_off in days or (("2027-01-01", True),)]
    return {"year": 2027, "papers": ["https://example.invalid/2027"], "days": named}


def test_the_official_calendar_says_day_by_day_what_the_package_says() -> None:
    assert OFFICIAL.known_years == tuple(range(2004, 2027))
    day, end = date(2004, 1, 1), date(2026, 12, 31)
    while day <= end:
        assert one_day(OFFICIAL, day) == (int(chinese_calendar.is_workday(day)), False), day
        day += timedelta(days=1)


def test_a_span_is_the_sum_of_its_days() -> None:
    start = date(2024, 12, 20)
    total = sum(one_day(OFFICIAL, start + timedelta(days=n)).known for n in range(1, 60))
    assert OFFICIAL.working_days(start, start + timedelta(days=59)) == (total, False)


def test_the_start_day_is_left_out_and_the_end_day_counts() -> None:
    monday, friday = date(2026, 3, 2), date(2026, 3, 6)
    assert OFFICIAL.working_days(monday, friday).known == 4
    assert OFFICIAL.working_days(monday, monday).known == 0
    assert OFFICIAL.working_days(friday, monday) == (0, False)


def test_notices_of_exactly_19_and_20_working_days() -> None:
    """Monday 2026-03-02: four weeks without a holiday end on Monday 2026-03-30."""
    assert OFFICIAL.working_days(date(2026, 3, 2), date(2026, 3, 27)) == (19, False)
    assert OFFICIAL.working_days(date(2026, 3, 2), date(2026, 3, 29)) == (19, False), "a weekend adds none"
    assert OFFICIAL.working_days(date(2026, 3, 2), date(2026, 3, 30)) == (20, False)


def test_the_national_day_holiday_makes_a_notice_longer() -> None:
    """From Wednesday 2025-09-17: 1 to 8 October off, 28 September and 11 October made up."""
    assert OFFICIAL.working_days(date(2025, 9, 17), date(2025, 10, 19)).known == 18
    assert OFFICIAL.working_days(date(2025, 9, 17), date(2025, 10, 20)).known == 19
    assert OFFICIAL.working_days(date(2025, 9, 17), date(2025, 10, 21)).known == 20


def test_make_up_weekends_are_working_days_and_holidays_on_weekdays_are_not() -> None:
    assert one_day(OFFICIAL, date(2026, 2, 14)).known == 1, "a Saturday made up before the Spring Festival"
    assert one_day(OFFICIAL, date(2026, 2, 28)).known == 1, "and one after it"
    assert one_day(OFFICIAL, date(2026, 2, 17)).known == 0, "a Tuesday, the Spring Festival"
    assert one_day(OFFICIAL, date(2026, 2, 7)).known == 0, "a plain Saturday"


def test_the_turn_of_the_year() -> None:
    """31 December 2018 was off, and stands in the file of 2019; 29 December, a Saturday, was made up."""
    assert OFFICIAL.working_days(date(2018, 12, 28), date(2019, 1, 2)) == (2, False)


def test_a_year_not_announced_is_unknown_and_counts_nothing() -> None:
    assert OFFICIAL.working_days(date(2026, 12, 21), date(2026, 12, 31)) == (8, False)
    assert OFFICIAL.working_days(date(2026, 12, 21), date(2027, 3, 31)) == (8, True)
    assert OFFICIAL.working_days(date(2026, 12, 31), date(2027, 1, 1)) == (0, True)
    assert OFFICIAL.working_days(date(2003, 12, 1), date(2004, 1, 2)) == (1, True)
    assert OFFICIAL.working_days(date(2003, 12, 31), date(2004, 1, 2)) == (1, False), "the start day is left out"


def test_known_days_may_be_enough_without_the_unknown_ones() -> None:
    found = OFFICIAL.working_days(date(2026, 12, 1), date(2027, 1, 8))
    assert found.has_unknown
    assert found.known == 22


def test_absurd_spans_are_answered() -> None:
    known = OFFICIAL.working_days(date(2003, 12, 31), date(2026, 12, 31)).known
    assert OFFICIAL.working_days(date.min, date.max) == (known, True)
    assert OFFICIAL.working_days(date.max, date.min) == (0, False)
    assert OFFICIAL.working_days(date.max, date.max) == (0, False)


def test_an_overlay_makes_its_year_known_and_leaves_the_base_alone() -> None:
    calendar = OFFICIAL.overlay(invented_2027(("2027-01-01", True), ("2027-01-02", False)))
    assert calendar.working_days(date(2026, 12, 31), date(2027, 1, 4)) == (2, False)
    assert calendar.known_years[-1] == 2027
    assert OFFICIAL.working_days(date(2026, 12, 31), date(2027, 1, 4)) == (0, True)
    assert calendar.working_days(date(2027, 12, 31), date(2028, 1, 3)) == (0, True)


def test_days_of_an_overlay_apply_by_their_own_date() -> None:
    calendar = OFFICIAL.overlay(invented_2027(("2026-12-31", True), ("2027-01-01", True), ("2028-01-03", True)))
    assert one_day(OFFICIAL, date(2026, 12, 31)).known == 1
    assert one_day(calendar, date(2026, 12, 31)) == (0, False)
    assert one_day(calendar, date(2028, 1, 4)) == (0, True), "2028 itself is not announced by it"
    later = calendar.overlay({"year": 2028, "days": [{"date": "2028-10-01", "isOffDay": True}]})
    assert one_day(later, date(2028, 1, 3)) == (0, False), "what the earlier file said still holds"
    assert one_day(later, date(2028, 1, 4)) == (1, False)


def test_a_file_without_days_and_papers_is_not_announced_yet() -> None:
    assert OFFICIAL.overlay({"year": 2027, "papers": [], "days": []}) is OFFICIAL
    assert OFFICIAL.overlay({"year": 2027, "days": []}) is OFFICIAL


@needs_files
def test_the_year_files_agree_with_the_package() -> None:
    calendar = WorkCalendar(frozenset(), {})
    for year in range(2016, 2027):
        calendar = calendar.overlay(year_file(year))
    assert calendar.known_years == tuple(range(2016, 2027))
    day, end = date(2016, 1, 1), date(2026, 12, 31)
    while day <= end:
        assert one_day(calendar, day) == one_day(OFFICIAL, day), day
        day += timedelta(days=1)


@needs_files
def test_the_file_of_2027_says_not_announced() -> None:
    assert OFFICIAL.overlay(year_file(2027)) is OFFICIAL


DAY = {"date": "2027-01-01", "isOffDay": True}


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], "a calendar file must contain one object"),
        ({}, "calendar `year` must be a whole number such as 2027, not `None`"),
        ({"year": "2027", "days": [DAY]}, "not `2027`"),
        ({"year": True, "days": [DAY]}, "not `True`"),
        ({"year": 0, "days": [DAY]}, "not `0`"),
        ({"year": 10_000, "days": [DAY]}, "not `10000`"),
        ({"year": 2027}, "calendar 2027: `days` and `papers` must be lists"),
        ({"year": 2027, "days": [DAY], "papers": "x"}, "`days` and `papers` must be lists"),
        ({"year": 2027, "days": [], "papers": ["x"]}, "names its papers but no days"),
        ({"year": 2027, "days": ["2027-01-01"]}, "calendar 2027, day 1: must be an object"),
        ({"year": 2027, "days": [DAY, {"date": "2027-01-02"}]}, "day 2: `isOffDay` must be true or false, not `None`"),
        ({"year": 2027, "days": [{"date": "2027-01-02", "isOffDay": 1}]}, "must be true or false, not `1`"),
        ({"year": 2027, "days": [{"isOffDay": True}]}, "`date` must be a day written YYYY-MM-DD, not `None`"),
        ({"year": 2027, "days": [{"date": "2027-02-29", "isOffDay": True}]}, "not `2027-02-29`"),
        ({"year": 2027, "days": [{"date": "20270101", "isOffDay": True}]}, "not `20270101`"),
        ({"year": 2027, "days": [{"date": "2027-W01-1", "isOffDay": True}]}, "not `2027-W01-1`"),
        ({"year": 2027, "days": [{"date": 20270101, "isOffDay": True}]}, "not `20270101`"),
        ({"year": 2027, "days": [{"date": "2029-01-01", "isOffDay": True}]}, "lies more than one year away"),
        ({"year": 2027, "days": [DAY, DAY | {"isOffDay": False}]}, "both as a day off and as a working day"),
        ({"year": 2027, "days": [{"date": "2026-12-31", "isOffDay": True}]}, "has no day of 2027 itself"),
    ],
)
def test_a_file_that_cannot_be_trusted_is_refused_with_the_place(document: Any, message: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 (the text is compared whole below)
        OFFICIAL.overlay(document)
    assert message in str(caught.value)


def test_a_day_given_twice_alike_is_one_day() -> None:
    assert one_day(OFFICIAL.overlay({"year": 2027, "days": [DAY, DAY]}), date(2027, 1, 1)) == (0, False)
