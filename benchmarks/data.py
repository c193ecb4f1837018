"""Subjects in any number, and the state directories compiled from them.

`N` subjects are a register of N entities, of which the first tenth also stands on a city list. Everything is invented
(示例…, division 420399, valid check digits), but that a register of 100,000 or more begins with the real entities of
`../shared/data/hubei_entities.csv.gz` where that file is there; no real entity is ever put on a list.

Files are kept in a cache folder (`XINGATE_BENCH_CACHE`, else `~/.cache/xingate-bench`); snapshots are compiled anew
in every run, because that is measured too.
"""

import csv
import gzip
import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import NamedTuple

from xingate_server.demo.generate import COLUMNS, row
from xingate_server.demo.numbers import unified_code
from xingate_server.wiring.compiling.compile import CompileOptions, GivenFile

HUBEI = Path(__file__).parents[1].parent / "shared" / "data" / "hubei_entities.csv.gz"
LISTED_SHARE = 10  # one in ten is listed
_VERSION = 2  # of what the files below hold
_FROM_HUBEI = 100_000  # the smallest register that begins with the real one
_LIST_TYPES = (
    "black.contract_fraud",
    "black.wage_arrears",
    "black.bid_rigging",
    "black.tax_evasion",
    "red.integrity_model",
    "watch.key_monitoring",
    "general.ordinary",
    "black.administrative_default",
)


class Data(NamedTuple):
    """The files of one size."""

    subjects: int
    register: Path
    city_list: Path
    hubei: Path | None

    @property
    def listed(self) -> int:
        """How many of them stand on the city list."""
        return self.subjects // LISTED_SHARE

    @property
    def records(self) -> int:
        """How many rows there are to compile."""
        return self.subjects + self.listed

    @property
    def sources(self) -> tuple[tuple[str, Path], ...]:
        """Source kind and file."""
        files = [("city_list", self.city_list), ("entity_register", self.register)]
        return tuple(files + ([("entity_register", self.hubei)] if self.hubei else []))

    def options(self, state: Path) -> CompileOptions:
        """A compile of all of them; the data is of today."""
        today = date.today()  # noqa: DTZ011 (the lists of a benchmark are of whatever day it is)
        return CompileOptions(state_dir=state, files=tuple(GivenFile(kind, file, today) for kind, file in self.sources))

    def hit(self, number: int) -> str:
        """The code of a listed company."""
        return unified_code(number % self.listed + 1)

    def clean(self, number: int) -> str:
        """The code of a company that the register holds and no list does."""
        return unified_code(number % (self.subjects // 2) + self.listed + 1)

    def unknown(self, number: int) -> str:
        """The code of a company that is nowhere."""
        return unified_code(number % self.subjects + self.subjects + 1)

    def code(self, number: int, hit_percent: int) -> str:
        """The code of question `number` where `hit_percent` of all questions are about a listed company."""
        return self.hit(number) if number * hit_percent % 100 < hit_percent else self.clean(number)


def cache() -> Path:
    """The cache folder, made where it is not there."""
    folder = Path(os.environ.get("XINGATE_BENCH_CACHE") or Path.home() / ".cache" / "xingate-bench")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def prepare(subjects: int) -> Data:
    """The files of `subjects` subjects, written where they are not there."""
    hubei = HUBEI if subjects >= _FROM_HUBEI and HUBEI.exists() else None
    known = _rows(hubei) if hubei else 0
    folder = cache() / f"v{_VERSION}"
    folder.mkdir(exist_ok=True)
    data = Data(
        subjects, folder / f"register-{subjects}-{known}.csv", folder / f"city_list-{subjects}.csv", hubei
    )  # fmt: skip
    _once(data.register, _register_lines(subjects - known))
    _once(data.city_list, _list_lines(data.listed))
    return data


def _once(path: Path, lines: Iterator[str]) -> None:
    if path.exists():
        return
    part = path.with_suffix(".part")
    with part.open("w", encoding="utf-8", newline="") as file:
        file.writelines(lines)
    part.replace(path)


def _register_lines(count: int) -> Iterator[str]:
    yield "name,uscc,reg_date,type,province,city\n"
    for number in range(1, count + 1):
        day = f"20{number % 20:02d}-{number % 12 + 1:02d}-{number % 28 + 1:02d}"
        yield f"示例第{number}有限公司,{unified_code(number)},{day},有限责任公司,示例省,示例市\n"


def _list_lines(count: int) -> Iterator[str]:
    """A row of each list type gives the template, so that every row is admissible."""
    yield ",".join(COLUMNS) + "\n"
    name, code, number = "@name@", "91@code@", 987654321
    templates = []
    for list_type in _LIST_TYPES:
        cells = row(list_type, name, code, number)
        templates.append(",".join(cells.get(column, "") for column in COLUMNS) + "\n")
    for serial in range(1, count + 1):
        template = templates[serial % len(templates)]
        filled = template.replace(name, f"示例第{serial}有限公司").replace(code, unified_code(serial))
        yield filled.replace(str(number), str(serial))


def _rows(path: Path) -> int:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return sum(1 for _ in csv.reader(file)) - 1
