"""What is made from the clock: ids that sort by time, times in UTC, days in Asia/Shanghai."""

import secrets
import time
import uuid
from datetime import UTC, date, datetime, timedelta, timezone

SHANGHAI = timezone(timedelta(hours=8))


def new_request_id() -> str:
    """A UUIDv7 (RFC 9562): milliseconds since 1970, then random bits, so that ids sort by time."""
    milliseconds = time.time_ns() // 1_000_000
    bits = (milliseconds << 80) | secrets.randbits(80)
    bits = bits & ~(0xF << 76) | (0x7 << 76)
    return str(uuid.UUID(int=bits & ~(0x3 << 62) | (0x2 << 62)))


def now_text() -> str:
    """The time in UTC as a record has it: RFC 3339 with microseconds."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


def today() -> date:
    """The day in Asia/Shanghai."""
    return datetime.now(SHANGHAI).date()


def day_of(time_text: str) -> date:
    """The day in Asia/Shanghai of a record's time (RFC 3339)."""
    return datetime.fromisoformat(time_text).astimezone(SHANGHAI).date()
