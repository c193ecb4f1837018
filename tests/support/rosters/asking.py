"""Asks about a dirty roster as `xingate screen` does, and finds the listed parties that came out CLEAR without a word.

A word is: the row or the party has an error or a verdict that is not quiet; or the column in which the party stands is
named, as not asked about (`columns_not_asked`), or as unsure where the clerk has no field for it. Columns that the
reader asks about are answered by the truth; those that it is sure of are taken as they are.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

import openpyxl
from tests.support.dirty import layouts
from tests.support.dirty.asking import compile_file
from tests.support.dirty.truth import masked
from tests.support.rosters.truth import ACTION, DirtyRoster, Party

import xingate
from xingate.types import SubjectKind
from xingate_adapters.reading.errors import SourceError
from xingate_adapters.rosters import run
from xingate_adapters.rosters.layout import IGNORED, RosterLayout, guess_layout
from xingate_adapters.rosters.screening import Screening
from xingate_server.core.identifiers.parsing import fold

DAY: Final = "2026-07-01"
_QUIET: Final = ("CLEAR", "FAVOURED")
_KIND_WORDS: Final = {"legal_entity": "法人和其他组织", "sole_trader": "个体工商户", "natural_person": "自然人"}


@dataclass(frozen=True)
class Miss:
    """A listed party without a word, or (`footer`) a row of totals that was asked about."""

    seed: int
    kinds: tuple[str, ...]
    row: int
    what: str

    def __str__(self) -> str:
        return f"seed {self.seed}, row {self.row}: {self.what} ({', '.join(self.kinds)})"


@dataclass
class Found:
    """What came of one roster. `asked` are the columns that were not sure; `clear` counts quiet answers."""

    misses: list[Miss] = field(default_factory=list)
    asked: tuple[str, ...] = ()
    clear: int = 0
    listed: int = 0
    refusal: str = ""


def black_list(rosters: Iterable[DirtyRoster]) -> bytes:
    """A city list on which everybody stands who is listed in one of the rosters."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(layouts.CITY.values())
    seen: set[str] = set()
    for roster in rosters:
        for party in roster.listed:
            if party.number in seen:
                continue
            seen.add(party.number)
            cells = {
                "list_type": "black.bid_rigging",
                "subject_kind": _KIND_WORDS[party.kind],
                "name": party.name,
                "code": party.number,
                "severity": "严重",
                "authority": "示例市场监督管理局",
                "basis": "《示例领域信用名单管理办法》第八条",
                "document_no": f"示例测认〔2026〕{len(seen)}号",
                "document_date": "2026-04-01",
                "notice_start": "2026-03-02",
                "notice_end": "2026-03-30",
                "signed_by": "示例签署人",
                "region": "示例市",
            }
            writer.writerow([cells.get(name, "") for name in layouts.CITY])
    return text.getvalue().encode()


def compile_black_list(rosters: Iterable[DirtyRoster], state: Path) -> None:
    """Compile `black_list` into a state directory."""
    file = state.parent / "black.csv"
    file.write_bytes(black_list(rosters))
    compile_file(state, "city_list", file)


def try_roster(client: xingate.Client, made: DirtyRoster, folder: Path) -> Found:
    """Guess, answer what is asked, screen, and look for the listed parties in the workbook."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / made.file_name
    file.write_bytes(made.content)
    kind = SubjectKind[made.kind.upper()] if made.kind else None
    found = Found(listed=len(made.listed))
    try:
        layout = guess_layout(file, kind)
        unsure = {column.place for column in layout.unsure}
        found.asked = tuple(column.label for column in layout.unsure)
        layout = layout.mapped({column.label: _answer(made, column.place) for column in layout.unsure})
        if kind is None and not layout.places("subject_kind"):
            kind = SubjectKind.LEGAL_ENTITY
        screening = Screening(
            layout=layout,
            out=file.with_suffix(".screened.xlsx"),
            action=ACTION,
            kind=kind,
            as_of=DAY,
            matter="示例事项",
            context={},
            organisation="示例局",
            operator="EXAMPLE",
        )
        with patch.object(run, "_CHECKPOINT_WITHIN_S", 0):
            done = run.screen_file(client, screening, lambda _: None, lambda *_: None)
    except SourceError as error:
        found.refusal = str(error)
        return found
    rows = _rows(screening.out)
    named = {column.place for column in layout.columns if column.label in done.tally.not_asked}
    for party in made.listed:
        if not (_has_word(rows.get(party.row, []), party) or party.place in named or _is_left_out(made, party, unsure)):
            found.misses.append(Miss(made.seed, made.kinds, party.row, _told(party, layout)))
    for footer in made.footers:
        if footer not in done.tally.footers:
            found.misses.append(Miss(made.seed, made.kinds, footer, "footer"))
    found.clear = sum(answer["verdict"].endswith(_QUIET) for answers in rows.values() for answer in answers)
    return found


def _answer(made: DirtyRoster, place: int) -> str:
    return made.columns.get(place, IGNORED)


def _is_left_out(made: DirtyRoster, party: Party, unsure: set[int]) -> bool:
    """Whether the clerk was asked about the party's column, and it is none that a roster has."""
    return party.place in unsure and made.columns[party.place] == IGNORED


def _told(party: Party, layout: RosterLayout) -> str:
    read = next((column for column in layout.columns if column.place == party.place), None)
    how = f"`{read.label}` read as `{read.field}`, {read.why}" if read else "no column"
    return f"listed {party.kind} {party.name} {masked(party.number)} in column {party.place + 1}: {how}"


def _has_word(answers: Sequence[dict[str, str]], party: Party) -> bool:
    if any(answer["error"] for answer in answers) and party.is_loose:
        return True
    own = [answer for answer in answers if party.is_loose or _is_about(answer, party)]
    row_failed = bool(answers) and answers[0]["error"] != ""
    return row_failed or any(answer["error"] or not answer["verdict"].endswith(_QUIET) for answer in own)


def _is_about(answer: dict[str, str], party: Party) -> bool:
    number = fold(answer["number"])
    is_number = (
        bool(number)
        and len(number) == len(party.number)
        and all(a in ("*", b) for a, b in zip(number, party.number, strict=True))
    )
    name = "".join(answer["name"].split()).translate(str.maketrans("（）", "()"))
    return is_number or party.name.translate(str.maketrans("（）", "()")) in name


def _rows(workbook: Path) -> dict[int, list[dict[str, str]]]:
    """Row of the roster -> what the workbook says of its subject, and of its people."""
    book: Any = openpyxl.load_workbook(workbook, read_only=True)
    found: dict[int, list[dict[str, str]]] = {}
    lines = book["结果 results"].iter_rows(values_only=True)
    header = [str(cell) for cell in next(lines)]
    at = {key: next((i for i, title in enumerate(header) if title.endswith(f" {word}")), -1) for key, word in _TITLES}
    for cells in lines:
        answer = {key: str(cells[place] or "") if place >= 0 else "" for key, place in at.items()}
        found.setdefault(int(cells[0]), []).append(answer)
    book.close()
    return found


_TITLES: Final = (("name", "name"), ("number", "number"), ("verdict", "verdict"), ("error", "error"))
