"""A deadline in working days, where the calendar is to hand (package `chinesecalendar`).

The start day does not count, the last one does. A year whose days off are not announced, or are not in the installed
calendar, is unknown: no date is then given, never one that takes it for a year without holidays (DOMAIN, Calendars).
"""

from datetime import date, timedelta

__all__ = ["working_day_deadline"]


def working_day_deadline(start: date, days: int) -> date | None:
    """The last of `days` (1 or more) working days after `start`; None if the calendar does not reach."""
    try:
        from chinese_calendar import is_workday
    except ModuleNotFoundError:
        return None
    day = start
    while days > 0:
        day += timedelta(days=1)
        try:
            days -= is_workday(day)
        except NotImplementedError:  # the package's own word for a year that it does not have
            return None
    return day
