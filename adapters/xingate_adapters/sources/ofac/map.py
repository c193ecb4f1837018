"""SDN entries to records of `international.ofac`.

* Entities and people become records. So do vessels and aircraft, with their own word for a kind: they are no
  subjects, and admission refuses them as `value_unknown`, so that every row of the list is accounted for. Addresses
  and alternate names whose entry is not in the file are counted in `passed_over`. An unknown type is a fault.
* The csv has no listing dates: the document date is the day the data is of (`Run.data_as_of`), the document number
  `OFAC <ent_num>`, so that an entry's id stays the same from day to day.
* `registered_in` is the country of the addresses; any Chinese one (with Hong Kong, Macao, Taiwan) or a Chinese code
  makes it "CN", because such a list must not act on Chinese subjects (Anti-Foreign Sanctions Law, art. 12).
* Numbers stand in the remarks. A unified code or a 15-digit Chinese registration number is taken as such; others as
  `foreign_reg_no`, only when they have eight characters or more and stand for a single entry of the file, because
  registers of different countries give the same short numbers to different companies. Without the addresses, which
  tell a Chinese company, no foreign number is taken: all are then known by name. So are people.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from xingate_adapters.reading.cells import country, iso
from xingate_adapters.reading.errors import SourceError, quoted
from xingate_adapters.reading.run import Run
from xingate_adapters.reading.tables import Row
from xingate_adapters.sources.ofac.read import ENTRY_COLUMNS, Files, rows, sort_files
from xingate_server.core.entry import Record

KIND = "ofac"
AUTHORITY = "US Department of the Treasury, Office of Foreign Assets Control"
MIN_FOREIGN_NUMBER = 8
_TYPES = {"": "legal_entity", "individual": "natural_person", "vessel": "vessel", "aircraft": "aircraft"}
_ENT_NUM, _NAME, _TYPE, _PROGRAM, _REMARKS = 0, 1, 2, 3, 11
_ALIAS_NAME, _COUNTRY = 3, 4
_QUOTED_ALIAS = re.compile(r"\b[afn]\.k\.a\. '([^']+)'")
_NUMBER = re.compile(
    r"^(?:alt\. )?"
    r"(?P<label>Uni(?:fi|t)ed Social Credit Code(?: Certificate)? \(USCCC?\)|Registration (?:ID|Number)"
    r"|Tax ID No\.|Company Number|Commercial Registry Number|C\.R\. No\.|Business Registration Number"
    r"|Certificate of Incorporation Number|Trade License No\.|Chinese Commercial Code)"
    r" (?P<number>[0-9A-Za-z][0-9A-Za-z./ -]{2,38}?)"
    r"(?: \((?P<country>[A-Z][A-Za-z ,.'-]+)\))?\.?$"
)
_USCC = re.compile(r"[0-9A-Z]{18}")
_REG_NO = re.compile(r"[0-9]{15}")
_CHINESE_NUMBER = re.compile(r"\((?:China|Hong Kong|Macau|Taiwan)\)")
_MAIN_FIRST = ("uscc", "reg_no", "foreign_reg_no")


def records(files: Sequence[Path], run: Run) -> Iterator[Record]:
    """One record per entity or person of the three files together."""
    if files:
        yield from _records(sort_files(files), run)


def own_date(file: Path) -> date | None:
    """The csv files state no date of their own."""
    del file
    return None


def _records(files: Files, run: Run) -> Iterator[Record]:
    aliases = _gathered(files.aliases, _ALIAS_NAME, run)
    countries = _gathered(files.addresses, _COUNTRY, run)
    shared = _shared_numbers(files.entries, at_most=0 if files.addresses is None else 1)
    for row in rows(files.entries, run):
        number, cells = row
        own_aliases = aliases.pop(cells[_ENT_NUM], [])
        own_countries = countries.pop(cells[_ENT_NUM], [])
        kind = cells[_TYPE].casefold()
        if kind not in _TYPES:
            raise SourceError(
                f"the type {quoted(kind)} is not known",
                file=files.entries,
                row=number,
                column="SDN_Type",
                expected="none, individual, vessel or aircraft",
            )
        yield _record(str(files.entries), row, own_aliases, own_countries, shared, run.data_as_of)
    for what, left in (("alternate name without entry", aliases), ("address without entry", countries)):
        if left:
            run.passed_over[what] += sum(map(len, left.values()))


def _gathered(file: Path | None, place: int, run: Run) -> dict[str, list[str]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    if file is None:
        return found
    for _, cells in rows(file, run):
        found[cells[_ENT_NUM]].append(cells[place])
    return found


def _shared_numbers(entries: Path, *, at_most: int) -> frozenset[str]:
    """Foreign numbers that stand for more than `at_most` entries."""
    seen = Counter(
        number
        for _, cells in rows(entries, Run())
        for scheme, number in set(_numbers(cells[_REMARKS]))
        if scheme == "foreign_reg_no"
    )
    return frozenset(number for number, count in seen.items() if count > at_most)


def _record(
    origin: str, row: Row, aliases: list[str], countries: list[str], shared: frozenset[str], day: date | None
) -> Record:
    number, cells = row
    name, remarks = cells[_NAME], cells[_REMARKS]
    kind = _TYPES[cells[_TYPE].casefold()]
    numbers = [] if kind != "legal_entity" else [pair for pair in _numbers(remarks) if pair[1] not in shared]
    numbers.sort(key=lambda pair: _MAIN_FIRST.index(pair[0]))
    is_chinese = _CHINESE_NUMBER.search(remarks) is not None or any(pair[0] != "foreign_reg_no" for pair in numbers)
    names = [alias for alias in (*aliases, *_QUOTED_ALIAS.findall(remarks)) if alias and alias != name]
    program = ", ".join(part.strip(" []") for part in cells[_PROGRAM].split("]") if part.strip(" []"))
    return Record(
        source=KIND,
        file=origin,
        row=number,
        list_type="international.ofac",
        subject_kind=kind,
        name=name,
        aliases=tuple(dict.fromkeys(names)),
        identifiers=tuple(dict.fromkeys(numbers)),
        registered_in="CN" if is_chinese else country(countries),
        facts=remarks,
        authority=AUTHORITY,
        basis=program,
        document_no=f"OFAC {cells[_ENT_NUM]}",
        document_date="" if day is None else iso(day),
        field=program,
        raw=dict(zip(ENTRY_COLUMNS, cells, strict=True)),
    )


def _numbers(remarks: str) -> Iterator[tuple[str, str]]:
    for part in remarks.split(";"):
        found = _NUMBER.match(part.strip())
        if found is None:
            continue
        number = found["number"].strip()
        if "USCC" in found["label"] and _USCC.fullmatch(number.upper()):
            yield "uscc", number.upper()
        elif found["country"] == "China":
            if _USCC.fullmatch(number.upper()):
                yield "uscc", number.upper()
            elif _REG_NO.fullmatch(number) and "Registration" in found["label"]:
                yield "reg_no", number
        elif "USCC" not in found["label"] and len(re.sub(r"[^0-9A-Za-z]", "", number)) >= MIN_FOREIGN_NUMBER:
            yield "foreign_reg_no", re.sub(r"[\s-]", "", number).upper()
