"""China's working days: how many lie in a notice, and whether any of its days is not known yet.

The days off and the make-up working days that the State Council announces, as `chinesecalendar` has them (2004
to 2026), and year files in the holiday-cn format laid over them. A year that nobody has announced is unknown: its
days are never counted as if it had no holidays. Source: Cl. 7, DESIGN section 5 (notice), DOMAIN "Calendars".
Left out: half days, regional holidays, working hours.
"""

from bisect import bisect_right
from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache
from typing import NamedTuple

from chinese_calendar.constants import holidays, workdays

_SATURDAY = 5


class WorkingDays(NamedTuple):
    """`known`: working days in known years. `has_unknown`: some day of the span lies in a year not announced."""

    known: int
    has_unknown: bool


class WorkCalendar:
    """The working days of the years that are known; frozen, made by `official` and `overlay`."""

    __slots__ = ("_is_off", "_working", "_years")

    def __init__(self, years: frozenset[int], is_off: Mapping[date, bool]) -> None:
        """`years` are those announced; `is_off` says of single days what the weekday does not."""
        self._years = tuple(sorted(years))
        self._is_off = dict(is_off)
        self._working = tuple(day.toordinal() for year in self._years for day in _days(year) if self._works(day))

    @staticmethod
    @cache
    def official() -> "WorkCalendar":
        """The calendar that ships: every year that `chinesecalendar` covers."""
        is_off = dict.fromkeys(holidays, True) | dict.fromkeys(workdays, False)
        return WorkCalendar(frozenset(day.year for day in holidays), is_off)

    @property
    def known_years(self) -> tuple[int, ...]:
        """The years that have been announced, in order."""
        return self._years

    def overlay(self, year_doc: Mapping[str, object]) -> "WorkCalendar":
        """This calendar with one year file in the holiday-cn format laid over it.

        Its year becomes known. Its days apply by their own date, also those that stand in a neighbouring year (the
        turn of the year), which does not make that year known. Empty `days` and `papers` mean "not announced yet":
        nothing changes. Raises ValueError, saying what is wrong and where, for a document that cannot be trusted.
        """
        year, days = _read_year(year_doc)
        if not days:
            return self
        return WorkCalendar(frozenset(self._years) | {year}, self._is_off | days)

    def working_days(self, start: date, end: date) -> WorkingDays:
        """The working days after `start` up to and with `end`; none if `end` is not after `start`."""
        if end <= start:
            return WorkingDays(0, False)
        first, last = start.toordinal(), end.toordinal()
        known = bisect_right(self._working, last) - bisect_right(self._working, first)
        first_year = (start + timedelta(days=1)).year
        known_years = bisect_right(self._years, end.year) - bisect_right(self._years, first_year - 1)
        return WorkingDays(known, known_years < end.year - first_year + 1)

    def _works(self, day: date) -> bool:
        is_off = self._is_off.get(day)
        return day.weekday() < _SATURDAY if is_off is None else not is_off


def _days(year: int) -> list[date]:
    first = date(year, 1, 1)
    return [first + timedelta(days=n) for n in range((date(year, 12, 31) - first).days + 1)]


def _read_year(year_doc: Mapping[str, object]) -> tuple[int, dict[date, bool]]:
    """The year and its days of a holiday-cn document, no days where it is not announced; ValueError otherwise."""
    if not isinstance(year_doc, Mapping):
        raise ValueError("a calendar file must contain one object with `year`, `papers` and `days`")  # noqa: TRY004 (the same)
    year = year_doc.get("year")
    if not isinstance(year, int) or isinstance(year, bool) or not date.min.year < year < date.max.year:
        raise ValueError(f"calendar `year` must be a whole number such as 2027, not `{year}`")
    days, papers = year_doc.get("days"), year_doc.get("papers", [])
    if not isinstance(days, list) or not isinstance(papers, list):
        raise ValueError(f"calendar {year}: `days` and `papers` must be lists")  # noqa: TRY004 (a document is at fault, not a caller)
    if papers and not days:
        raise ValueError(f"calendar {year}: names its papers but no days; take the whole file")
    read: dict[date, bool] = {}
    for place, item in enumerate(days, start=1):
        day, is_off = _read_day(item, f"calendar {year}, day {place}")
        if abs(day.year - year) > 1:
            raise ValueError(f"calendar {year}, day {place}: `{day}` lies more than one year away")
        if read.setdefault(day, is_off) is not is_off:
            raise ValueError(f"calendar {year}, day {place}: `{day}` is given both as a day off and as a working day")
    if read and not any(day.year == year for day in read):
        raise ValueError(f"calendar {year}: has no day of {year} itself; take the whole file")
    return year, read


def _read_day(item: object, where: str) -> tuple[date, bool]:
    if not isinstance(item, Mapping):
        raise ValueError(f"{where}: must be an object with `date` and `isOffDay`")  # noqa: TRY004 (the same)
    text, is_off = item.get("date"), item.get("isOffDay")
    if not isinstance(is_off, bool):
        raise ValueError(f"{where}: `isOffDay` must be true or false, not `{is_off}`")  # noqa: TRY004 (the same)
    try:
        day = date.fromisoformat(str(text))
    except ValueError:
        day = None
    if day is None or day.isoformat() != text:
        raise ValueError(f"{where}: `date` must be a day written YYYY-MM-DD, not `{text}`")
    return day, is_off
