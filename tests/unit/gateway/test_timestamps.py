"""Moments of questions: written as all other times of records are, and on the right day in Asia/Shanghai."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from xingate_server.core.timestamps import written
from xingate_server.gateway.timestamps import Moments, now_utc

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "step",
    [
        *(timedelta(), timedelta(microseconds=1), timedelta(microseconds=999_999), timedelta(seconds=1)),
        *(timedelta(seconds=-1), timedelta(microseconds=-1), timedelta(days=1), timedelta(days=-366, microseconds=7)),
    ],
)
def test_written_as_other_times_are(step: timedelta) -> None:
    moments = Moments()
    moments.of(NOON)
    assert moments.of(NOON + step).time == written(NOON + step)


def test_one_second_after_the_other() -> None:
    moments = Moments()
    times = [NOON + timedelta(milliseconds=ms) for ms in (*range(0, 5000, 7), *range(5000, 0, -7))]
    assert [moments.of(each).time for each in times] == [written(each) for each in times]


def test_of_any_time_zone() -> None:
    elsewhere = datetime(2026, 7, 1, 23, 30, 1, 5, tzinfo=timezone(timedelta(hours=-9, minutes=-30)))
    moment = Moments().of(elsewhere)
    assert moment.time == "2026-07-02T09:00:01.000005Z"
    assert moment.day == date(2026, 7, 2)


def test_the_day_begins_at_midnight_in_shanghai() -> None:
    moments = Moments()
    midnight = datetime(2026, 7, 1, 16, tzinfo=UTC)
    days = [moments.of(midnight + timedelta(microseconds=us)).day for us in (-1, 0, 999_999, -1)]
    assert days == [date(2026, 7, 1), date(2026, 7, 2), date(2026, 7, 2), date(2026, 7, 1)]


def test_this_machine_s_clock_is_aware() -> None:
    assert now_utc().utcoffset() == timedelta()
