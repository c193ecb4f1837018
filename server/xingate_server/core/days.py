"""Days as lists write them (DESIGN section 5): four written forms, anything else is malformed."""

import re
from calendar import monthrange
from datetime import date
from functools import lru_cache
from unicodedata import normalize

_FORMS = re.compile(
    r"(?:(\d{4})-(\d{2})-(\d{2})|(\d{4})/(\d{1,2})/(\d{1,2})|(\d{4})(\d{2})(\d{2})|(\d{4})年(\d{1,2})月(\d{1,2})日)"
)

_SERIAL = re.compile(r"[1-6]\d{4}(?:\.\d+)?", re.ASCII)  # days since 1899-12-30: to the year 2091


@lru_cache(maxsize=1 << 14)  # lists repeat their dates
def parse_day(text: str) -> date | None:
    """Read YYYY-MM-DD, YYYY/M/D, YYYYMMDD or YYYY年M月D日; None for blank text.

    Raises ValueError for anything else, and for days that do not exist.
    """
    folded = normalize("NFKC", text).strip()
    if not folded:
        return None
    match = _FORMS.fullmatch(folded)
    if match is None and _SERIAL.fullmatch(folded):
        raise ValueError(f"`{text}` is a spreadsheet's day number; format the column as a date and export it again")
    if match is None:
        raise ValueError(f"`{text}` is not a date; expected YYYY-MM-DD, YYYY/M/D, YYYYMMDD or YYYY年M月D日")
    year, month, day = (int(part) for part in match.groups() if part is not None)
    try:
        return date(year, month, day)
    except ValueError:
        raise ValueError(f"`{text}` is not a day of the calendar") from None


def months_after(day: date, months: int) -> date:
    """The same day `months` months later, the last day of the month where that month is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
