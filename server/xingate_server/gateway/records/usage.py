"""The usage report of this gateway's own log (Cl. 31): what a caller asks for, and what it is refused.

Reads the whole log, so it belongs in a thread of its own. Excluded: the counting (`trace.audit.report`), reports over
several logs and coverage of matters (`cli`).
"""

from datetime import date

from xingate_server.core.identifiers.parsing import mask_text
from xingate_server.core.timestamps import read_day
from xingate_server.gateway.errors import InvalidQuestionError, UnavailableError
from xingate_server.trace.audit.report import By, Usage, UsageCount
from xingate_server.trace.audit.tolerant_read import walk
from xingate_server.trace.port import TraceError, TraceLog

_MOST_SHOWN = 64


def usage_report(trace: TraceLog, first: str, last: str, by: str) -> Usage:
    """Count. `first` and `last` are YYYY-MM-DD in Asia/Shanghai, both included, or "" for an open end; `by` is a value
    of `By`, or "" for organisations.

    Raises InvalidQuestionError, and UnavailableError if the log cannot be read or a leaf of it is damaged: figures
    that lack a leaf are not given without saying so.
    """
    first_day, last_day = read_span(first, last)
    group = _group(by)
    count = UsageCount(first_day, last_day)
    try:
        count.take("this log", walk(trace))
        usage = count.report(group)
    except TraceError as error:
        raise UnavailableError("record_failed", "the log cannot be read at the moment: ask again") from error
    finally:
        count.close()
    if usage.damaged_count:
        text = f"{usage.damaged[0]}: no figures are given; `xingate trace report` gives those of the other leaves"
        raise UnavailableError("log_damaged", text)
    return usage


def read_span(first: str, last: str) -> tuple[date | None, date | None]:
    """The days from `first` to `last`, "" for an open end. Raises InvalidQuestionError."""
    first_day, last_day = _day(first, "from"), _day(last, "to")
    if first_day and last_day and first_day > last_day:
        text = f"the first day `{first}` is after the last one `{last}`"
        raise InvalidQuestionError("span_malformed", text, "from")
    return first_day, last_day


def _day(text: str, field: str) -> date | None:
    if not text:
        return None
    if (day := read_day(text)) is not None:
        return day
    shown = mask_text(text[:_MOST_SHOWN])
    raise InvalidQuestionError("date_malformed", f"`{shown}` is not a date: expected YYYY-MM-DD", field)


def _group(text: str) -> By:
    try:
        return By(text or By.ORGANISATION)
    except ValueError:
        known = ", ".join(By)
        shown = mask_text(text[:_MOST_SHOWN])
        raise InvalidQuestionError("by_unknown", f"a report by `{shown}`: expected one of {known}", "by") from None
