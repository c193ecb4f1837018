"""The moment of a question, as records have it: its time in UTC, and the day in Asia/Shanghai that it falls on.

What is the same for a whole second is made once for it, since writing a time out is slow. Source: RFC 3339.
"""

from datetime import UTC, date, datetime
from typing import NamedTuple

from xingate_server.core.timestamps import shanghai_day
from xingate_server.trace.leaf.terms import minute_part


class Moment(NamedTuple):
    """`time` with microseconds, `day` in Asia/Shanghai, `minute` as searches have it (`trace.leaf.terms`)."""

    time: str
    day: date
    minute: bytes


class _Second(NamedTuple):
    start: datetime
    time: str
    day: date
    minute: bytes


class Moments:
    """Tells moments. For any number of threads."""

    def __init__(self) -> None:
        self._second = _second(datetime(1970, 1, 1, tzinfo=UTC))

    def of(self, now: datetime) -> Moment:
        """`now` is an aware time."""
        second = self._second
        since = now - second.start
        if since.days or since.seconds:  # a later second, or an earlier one
            second = self._second = _second(now.astimezone(UTC).replace(microsecond=0))
            since = now - second.start
        return Moment(f"{second.time}.{since.microseconds:06}Z", second.day, second.minute)


def now_utc() -> datetime:
    """The time by this machine's clock."""
    return datetime.now(UTC)


def _second(start: datetime) -> _Second:
    return _Second(start, start.replace(tzinfo=None).isoformat(), shanghai_day(start), minute_part(start))
