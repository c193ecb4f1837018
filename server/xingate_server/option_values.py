"""How days, spans, ages and dated files are written, on the command line and in `[sources]` of xingate.toml.

Each function raises ValueError with what was expected. Source: DESIGN sections 4 (coverage, maximum age) and 6.
"""

import re
from datetime import date
from pathlib import Path

from xingate_server.core.days import parse_day

_DATED = re.compile(r"(?P<path>.+)@(?P<day>\d{4}-\d{2}-\d{2})")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_AGE = re.compile(r"(\d{1,5})d?")


def read_dated_path(text: str) -> tuple[Path, date | None]:
    """`PATH[@YYYY-MM-DD]`: the path and the day that its data is of. A file that is named so goes before."""
    found = _DATED.fullmatch(text)
    if found is None or Path(text).exists():
        return Path(text), None
    return Path(found["path"]), read_day(found["day"])


def read_window(text: str) -> tuple[date, date | None]:
    """`FROM..TO`, both days included, or `FROM..` for as long as the data reaches."""
    first, dots, last = text.partition("..")
    if not dots:
        raise ValueError("two dates joined by `..` are expected")
    window = read_day(first), read_day(last) if last else None
    if window[1] is not None and window[0] > window[1]:
        raise ValueError("the first date is after the last one")
    return window


def read_day(text: str) -> date:
    """`YYYY-MM-DD`."""
    day = parse_day(text) if _DAY.fullmatch(text) else None
    if day is None:
        raise ValueError(f"`{text}` is not a date; expected YYYY-MM-DD")
    return day


def read_days(text: str) -> int:
    """A number of days, with or without a `d` behind it."""
    found = _AGE.fullmatch(text)
    if found is None:
        raise ValueError("a number of days such as 30d is expected")
    return int(found[1])
