"""The files of `[sources]`: for each pattern the newest file that fits, by the date in its name, else by its name.

Never by a file's time, which copying changes. A date is looked for in the file's name, then in the names of the folders
that the pattern leaves open; a name without one is older than any with one. Names of the same day are compared as
people count: 10 comes after 9. Excluded: the files' content. Source: DESIGN section 6.
"""

import glob
import os
import re
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

import msgspec

from xingate_server.option_values import read_dated_path
from xingate_server.settings import SourceSettings
from xingate_server.wiring.compiling.compile import GivenFile, OptionError

# 2026-06-30, 2026_6_30, 2026.06.30, 2026年6月30日, and 20260630, which a time of day may follow (HHMM or HHMMSS); any
# other run of digits is a number, whatever a part of it looks like.
_DATES = re.compile(
    r"(?<![0-9])(?P<y>[12]\d{3})(?:"
    r"(?P<part>[-_.])(?P<m>\d{1,2})(?P=part)(?P<d>\d{1,2})|年(?P<ym>\d{1,2})月(?P<yd>\d{1,2})日|"
    r"(?P<mm>\d{2})(?P<dd>\d{2})(?:(?:[01]\d|2[0-3])[0-5]\d(?:[0-5]\d)?)?"
    r")(?![0-9])",
    re.ASCII,
)
_NUMBERS = re.compile(r"([0-9]+)")
_LOCK = "~$"  # how the file begins that an office program puts beside an open one
_SHOWN = 3


class SourceFilesMissingError(Exception):
    """A pattern of `[sources]` fits no file (`source_files_missing`)."""


class Chosen(msgspec.Struct, frozen=True):
    """The file of a pattern, and others of the same day that fit as well."""

    file: GivenFile
    others: tuple[Path, ...] = ()


def choose_files(kinds: Mapping[str, SourceSettings], today: date) -> Iterator[Chosen]:
    """The file of each pattern on a day, in the order of the settings. Raises `SourceFilesMissingError` with every
    pattern that fits none, and `OptionError` for a day behind `@` that is none."""
    missing = []
    for kind, source in kinds.items():
        for pattern in source.files:
            chosen = _choose(kind, pattern, today)
            if chosen is None:
                missing.append(f"source `{kind}`: no file fits `{pattern}`")
            else:
                yield chosen
    if missing:
        raise SourceFilesMissingError(
            f"source_files_missing: {'; '.join(missing)} (a pattern that is not absolute counts from `{Path.cwd()}`); "
            "the current snapshot is unchanged: bring the files, or correct [sources] in xingate.toml"
        )


def date_in(name: str, today: date) -> date | None:
    """The latest day that a name holds and that is not to come; where all are to come, the first of them."""
    days = sorted(_days(name))
    return next((day for day in reversed(days) if day <= today), days[0] if days else None)


def _choose(kind: str, pattern: str, today: date) -> Chosen | None:
    try:
        path, day = read_dated_path(pattern)
    except ValueError as error:
        raise OptionError(f"source `{kind}`: {error}") from error
    found = sorted(((_place(path, each, today), each) for each in _fitting(path)), reverse=True)
    if not found:
        return None
    (named_day, _), newest = found[0]
    others = tuple(each for (its_day, _), each in found[1:] if its_day == named_day != date.min)
    named = None if named_day == date.min else named_day
    return Chosen(GivenFile(kind, newest, day, named, is_chosen=True), others[:_SHOWN])


def _fitting(pattern: Path) -> Iterator[Path]:
    if pattern.is_file():  # whatever characters are in its name
        yield pattern
        return
    for text in glob.glob(str(pattern), recursive=True):  # noqa: PTH207 -- `Path.glob` takes no absolute pattern
        path = Path(text)
        if not path.name.startswith(_LOCK) and path.is_file():
            yield path


def _place(pattern: Path, path: Path, today: date) -> tuple[date, tuple[list[str | int], ...]]:
    """Where a file stands among those of its pattern: its day, then its name from the file to the folders."""
    fixed = next((n for n, part in enumerate(pattern.parts) if glob.has_magic(part)), len(pattern.parts))
    names = path.parts[max(min(fixed, len(path.parts) - 1), 0) :][::-1]
    day = next((found for name in names if (found := date_in(name, today)) is not None), date.min)
    return day, tuple(_counted(name) for name in names)


def _counted(name: str) -> list[str | int]:
    """A name with its numbers as numbers, text and number in turns."""
    return [int(part) if part[:1] in "0123456789" and part else part for part in _NUMBERS.split(os.fsdecode(name))]


def _days(name: str) -> Iterator[date]:
    for found in _DATES.finditer(name):
        month, day = found["m"] or found["ym"] or found["mm"], found["d"] or found["yd"] or found["dd"]
        try:
            yield date(int(found["y"]), int(month), int(day))
        except ValueError:
            continue
