"""SDN entries to records of `international.ofac`.

* Entities and people become records. Vessels and aircraft are not subjects: they are counted in `passed_over`, and so
  are addresses, alternate names and comments whose entry is not in the file. An unknown type is a fault; a blank one
  leaves the kind blank, and the row unreadable for people and organisations.
* The csv has no listing dates: the document date is the day the data is of (`Run.data_as_of`), the document number
  `OFAC <ent_num>`, so that an entry's id stays the same from day to day.
* `registered_in` is the country of the addresses, else the one that the remarks state for a citizenship or a number
  (for organisations only where the addresses are given). Any Chinese one (with Hong Kong, Macao, Taiwan), a Chinese
  number or Chinese citizenship makes it "CN", because such a list must not act on Chinese subjects (Anti-Foreign
  Sanctions Law, art. 12).
* Numbers stand in the remarks (`remarks.py`). Without the addresses, which tell a Chinese company, no foreign
  registration number is taken: those entries are then known by name, which is noted.
* Remarks that are cut go on in the comments, joined before either is cleaned. Where nothing goes on, the last part of
  cut remarks is not read, and of a person not stored, so that no cut number is taken for a whole one or shown; how
  many there are is noted.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from xingate_adapters.reading.cells.numbers import Number, sound_first
from xingate_adapters.reading.cells.text import country, iso
from xingate_adapters.reading.errors import SourceError, quoted
from xingate_adapters.reading.run import Run
from xingate_adapters.reading.tables.tables import Row
from xingate_adapters.sources.ofac import remarks as reading
from xingate_adapters.sources.ofac.read import ENTRY_COLUMNS, NO_TYPE, REMARKS_LIMIT, Files, rows, sort_files
from xingate_server.core.entry import Record
from xingate_server.core.identifiers.decoration import clean
from xingate_server.core.subject import SubjectClass

CAN_BE_CORRECTED = False
KIND = "ofac"
AUTHORITY = "US Department of the Treasury, Office of Foreign Assets Control"
BASIS = "SDN list"
_SUBJECTS = {"": "legal_entity", "individual": "natural_person", NO_TYPE: ""}
_NO_SUBJECTS = frozenset({"vessel", "aircraft"})
_ENT_NUM, _NAME, _TYPE, _PROGRAM, _REMARKS = 0, 1, 2, 3, 11
_ALIAS_NAME, _COUNTRY, _COMMENT = 3, 4, 1


class _Joined(NamedTuple):
    """What the other files say of one entry; `is_cut`: its remarks end in the middle."""

    aliases: list[str]
    countries: list[str]
    remarks: str
    is_cut: bool


def records(files: Sequence[Path], run: Run) -> Iterator[Record]:
    """One record per entity or person of the files together."""
    if files:
        yield from _records(sort_files(files), run)


def own_date(file: Path) -> date | None:
    """The csv files state no date of their own."""
    del file
    return None


def _records(files: Files, run: Run) -> Iterator[Record]:
    aliases = _gathered(files.aliases, _ALIAS_NAME, run)
    countries = _gathered(files.addresses, _COUNTRY, run)
    comments = _gathered(files.comments, _COMMENT, run)
    cut = unnumbered = 0
    for number, cells in rows(files.entries, run):
        entry = cells[_ENT_NUM]
        parts = [cells[_REMARKS], *filter(str.strip, comments.pop(entry, []))]
        joined = _Joined(
            aliases.pop(entry, []),
            countries.pop(entry, []),
            _whole(parts),
            _is_cut(parts[-1]),
        )
        kind = cells[_TYPE].casefold()
        if kind in _NO_SUBJECTS:
            run.passed_over[kind] += 1
            continue
        if kind not in _SUBJECTS:
            raise SourceError(
                f"the type {quoted(kind)} is not known",
                file=files.entries,
                row=number,
                column="SDN_Type",
                expected="none, individual, vessel or aircraft",
            )
        cut += joined.is_cut
        record, left_out = _record(str(files.entries), (number, cells), joined, run.data_as_of, files.addresses is None)
        unnumbered += left_out
        yield record
    left = (("alternate name", aliases), ("address", countries), ("comment", comments))
    for what, of_none in left:
        if of_none:
            run.passed_over[f"{what} without entry"] += sum(map(len, of_none.values()))
    _note(files, run, cut, unnumbered)


def _is_cut(remarks: str) -> bool:
    """Whether remarks fill their column; a blank at the end may have been lost."""
    return len(remarks) == REMARKS_LIMIT or (len(remarks) == REMARKS_LIMIT - 1 and not remarks.endswith("."))


def _whole(parts: Sequence[str]) -> str:
    """Remarks and the comments that go on with them, as one text: where a part is one character short of its column, a
    blank at the cut was lost."""
    made = parts[0]
    for before, part in pairwise(parts):
        has_lost_blank = len(before) == REMARKS_LIMIT - 1 and not before.endswith(" ") and not part.startswith(" ")
        made += f" {part}" if has_lost_blank else part
    return clean(made)


def _note(files: Files, run: Run, cut: int, unnumbered: int) -> None:
    if cut:
        what = (
            "give the file `sdn_comments` beside it"
            if files.comments is None
            else f"`{files.comments}` does not go on with them: fetch all the files again, of one day"
        )
        run.notes[
            f"`{files.entries}`: remarks are cut at {REMARKS_LIMIT:,} characters in {cut:,} of the entries, and what "
            f"follows is not read: {what}"
        ] = None
    if unnumbered:
        run.notes[
            f"`{files.entries}`: foreign registration numbers are not read in {unnumbered:,} of the entries without "
            "the file of addresses, which tells a Chinese company: give it beside this file"
        ] = None


def _gathered(file: Path | None, place: int, run: Run) -> dict[str, list[str]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    if file is None:
        return found
    for _, cells in rows(file, run):
        found[cells[_ENT_NUM]].append(cells[place])
    return found


def _record(origin: str, row: Row, joined: _Joined, day: date | None, is_by_name: bool) -> tuple[Record, bool]:
    """The record of a row, and whether foreign registration numbers were left out."""
    number, cells = row
    kind = _SUBJECTS[cells[_TYPE].casefold()]
    is_person = kind != "legal_entity"  # perhaps
    # What stands last in cut remarks may be a part of something.
    whole = joined.remarks.rpartition(";")[0] if joined.is_cut else joined.remarks
    found = list(reading.numbers(whole, is_person=is_person))
    if not kind:
        found += reading.numbers(whole, is_person=False)
    numbers = [pair for pair in found if not (is_by_name and pair[0] == "foreign_reg_no")]
    names = [alias for alias in (*joined.aliases, *reading.aliases(whole)) if alias and alias != cells[_NAME]]
    program = ", ".join(part.strip(" []") for part in cells[_PROGRAM].split("]") if part.strip(" []"))
    facts = reading.without_numbers(whole) if is_person else joined.remarks
    where = country(joined.countries)
    if not where and (is_person or not is_by_name):
        where = reading.stated_country(whole)
    record = Record(
        source=KIND,
        file=origin,
        row=number,
        list_type="international.ofac",
        subject_kind=kind,
        name=cells[_NAME],
        aliases=tuple(dict.fromkeys(names)),
        identifiers=_sorted(numbers, is_person=is_person),
        registered_in="CN" if reading.is_chinese(joined.remarks, found) else where,
        facts=facts,
        authority=AUTHORITY,
        basis=program or BASIS,
        document_no=f"OFAC {cells[_ENT_NUM]}",
        document_date="" if day is None else iso(day),
        field=program,
        raw=dict(zip(ENTRY_COLUMNS, [*cells[:_REMARKS], facts], strict=True)),
    )
    return record, len(numbers) < len(found)


def _sorted(numbers: list[Number], *, is_person: bool) -> tuple[Number, ...]:
    if is_person:
        return sound_first(numbers, SubjectClass.PERSON)
    ranked = sorted(numbers, key=lambda pair: reading.MAIN_FIRST.index(pair[0]))
    return sound_first(ranked, SubjectClass.ORGANISATION)
