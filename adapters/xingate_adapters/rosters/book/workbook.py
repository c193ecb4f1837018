"""The answered roster: a workbook (ISO/IEC 29500) whose rows are written as they come, so that memory stays flat.

Verdicts have a colour and say themselves in words. Every cell of a row is text, never a formula (OWASP, CSV
Injection); a text that begins like one is marked, so that it stays text when a person edits it. XlsxWriter, because it
writes about twice as many rows a second as openpyxl does, and charts.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from shutil import rmtree
from typing import Any, Final

from xingate.screening import RosterRow
from xingate.types import Subject, SubjectKind, Verdict, Via
from xingate_adapters.rosters.book.answers import Answer, Outcome, answer_of
from xingate_adapters.rosters.book.widths import Widths, lines_of
from xingate_adapters.rosters.book.words import COLOURS, COLUMNS, FOOTER, ROLES, SUBJECT, VERDICTS
from xingate_adapters.rosters.columns.footers import Footer
from xingate_adapters.rosters.rows import Fault, ReadRow
from xingate_server.core.identifiers.parsing import mask_text

ROWS_A_SHEET: Final = 1_000_000
FILE_MODE: Final = 0o640
RESULTS: Final = "结果 results"
SUMMARY: Final = "汇总 summary"
CERTIFICATE: Final = "证明 certificate"
_LONGEST: Final = 32_000  # characters; a cell holds 32,767
_STARTS: Final = tuple("=+-@＝＋－＠")
_MOST_LINES: Final = 14
_LINE_POINTS: Final = 15
_WIDTHS: Final = {
    "row": 7, "role": 18, "name": 30, "number": 22, "row_verdict": 20, "verdict": 20, "measures": 52, "basis": 44,
    "entries": 44, "remedies": 36, "gaps": 44, "notes": 36, "error": 40, "record": 38,
}  # fmt: skip
_INPUT_WIDTH: Final = 20
_LISTS: Final = ("measures", "basis", "entries", "remedies", "gaps", "notes")


class Roster:
    """A workbook being written beside its target; `save` puts it in place, leaving it without that leaves nothing."""

    def __init__(
        self, target: Path, header: Sequence[str], list_titles: Mapping[str, str], *, has_people: bool
    ) -> None:
        """`list_titles` are Chinese titles by list type. Raises OSError if nothing can be written beside `target`."""
        from xlsxwriter import Workbook

        self._target = target
        self._folder = target.with_name(f".{target.name}.draft")
        rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(mode=0o700)
        options = {"constant_memory": True, "tmpdir": str(self._folder), "default_date_format": "yyyy-mm-dd"}
        self.book: Any = Workbook(str(self._folder / "book.xlsx"), options)
        self.head = self.book.add_format(
            {"bold": True, "bg_color": "#D9E1F2", "text_wrap": True, "valign": "top", "border": 1}
        )
        self.wrapped = self.book.add_format({"text_wrap": True, "valign": "top"})
        self._text = self.book.add_format({"valign": "top"})
        self._quoted = self.book.add_format({"valign": "top", "quote_prefix": True})
        self.verdicts = {
            verdict: self.book.add_format({"bg_color": back, "font_color": front, "bold": True, "valign": "top"})
            for verdict, (back, front) in COLOURS.items()
        }
        self._keys = [key for key in COLUMNS if has_people or key not in ("role", "row_verdict")]
        self._header = list(header)
        self._list_titles = list_titles
        self.summary: Any = self.book.add_worksheet(SUMMARY)
        self._page: Any = None
        self._widths = Widths(())
        self._pages = 0
        self._line = 0
        self._new_page()

    def __enter__(self) -> "Roster":
        return self

    def __exit__(self, *_: object) -> None:
        for page in self.book.worksheets():
            if (handle := getattr(page, "row_data_fh", None)) is not None:
                with suppress(OSError):  # a full disk, which has been told
                    handle.close()
        rmtree(self._folder, ignore_errors=True)

    def add(self, row: ReadRow, verdict: Verdict | None, results: Sequence[Outcome]) -> None:
        """Write a row, and a row under it for each of its people. `results` are the subject's and theirs."""
        if self._line + len(results) > ROWS_A_SHEET:
            self._end_page()
            self._new_page()
        subjects = list(_subjects(row.asked))
        for place, (result, (role, subject)) in enumerate(zip(results, subjects, strict=True)):
            self._write(row, (role, subject), verdict, answer_of(result, self._list_titles), is_first=place == 0)

    def add_footer(self, row: ReadRow) -> None:
        """Write a row that is not a party, as it stands in the file."""
        if self._line + 1 > ROWS_A_SHEET:
            self._end_page()
            self._new_page()
        self._line += 1
        self._page.write_number(self._line, self._keys.index("row"), row.number, self._text)
        self._page.write_string(self._line, self._keys.index("verdict"), " ".join(FOOTER), self._text)
        self._write_cells(self._line, row)

    def save(self) -> None:
        """Close the workbook and put it in place. Raises OSError."""
        from xlsxwriter.exceptions import FileCreateError

        self._end_page()
        try:
            self.book.close()
        except FileCreateError as error:
            cause = error.args[0] if error.args else error
            raise cause if isinstance(cause, OSError) else OSError(str(error)) from error
        draft = self._folder / "book.xlsx"
        draft.chmod(FILE_MODE)
        draft.replace(self._target)

    def _new_page(self) -> None:
        self._pages += 1
        self._page = self.book.add_worksheet(RESULTS if self._pages == 1 else f"{RESULTS} {self._pages}")
        self._line = 0
        titles = [*(COLUMNS[key] for key in self._keys), *self._header]
        self._widths = Widths([*(_WIDTHS[key] for key in self._keys), *[_INPUT_WIDTH] * len(self._header)])
        self._page.freeze_panes(1, self._keys.index("verdict") + 1)
        self._page.outline_settings(symbols_below=False)  # people stand under their subject
        self._page.set_row(0, 2 * _LINE_POINTS)
        for column, title in enumerate(titles):
            self._put(0, column, title, self.head)
            self._widths.take(column, title)

    def _end_page(self) -> None:
        for column, width in self._widths.items():
            self._page.set_column(column, column, width)
        self._page.autofilter(0, 0, max(self._line, 1), len(self._keys) + len(self._header) - 1)

    def _write(
        self,
        row: ReadRow,
        asked: tuple[str, Subject | None],
        verdict: Verdict | None,
        answer: Answer,
        *,
        is_first: bool,
    ) -> None:
        self._line += 1
        line = self._line
        role, subject = asked
        lines = _height(answer)
        if lines > 1 or not is_first:
            level = None if is_first else {"level": 1}
            self._page.set_row(line, _LINE_POINTS * min(lines, _MOST_LINES), None, level)
        values = {
            "role": role,
            "name": "" if subject is None else mask_text(subject.name),
            "number": "" if subject is None else _numbers(subject),
            "error": answer.error,
            "record": answer.record,
        }
        for column, key in enumerate(self._keys):
            if key == "row":
                self._page.write_number(line, column, row.number, self._text)
            elif key in ("verdict", "row_verdict"):
                said = answer.verdict if key == "verdict" else verdict
                self._page.write_string(line, column, " ".join(VERDICTS[said]), self.verdicts[said])
            elif key in _LISTS:
                if found := getattr(answer, key):
                    self._put(line, column, "\n".join(found), self.wrapped)
                    self._widths.take(column, "\n".join(found))
            elif value := values[key]:
                self._put(line, column, value, self.wrapped if key == "error" else self._text)
        if is_first:
            self._write_cells(line, row)

    def _write_cells(self, line: int, row: ReadRow) -> None:
        for column, cell in enumerate(row.shown, len(self._keys)):
            if cell:
                self._put(line, column, cell, self._text)

    def _put(self, line: int, column: int, value: str, style: Any) -> None:
        text = printable(value)
        is_like_formula = style is self._text and text.lstrip().startswith(_STARTS)
        self._page.write_string(line, column, text, self._quoted if is_like_formula else style)


def _height(answer: Answer) -> int:
    """How many lines the tallest wrapped cell of an answer takes; a Chinese character is as wide as two others."""
    tallest = 1
    for key in (*_LISTS, "error"):
        if found := getattr(answer, key):
            tallest = max(tallest, lines_of(found.split("\n") if isinstance(found, str) else found, _WIDTHS[key]))
    return tallest


def printable(text: str) -> str:
    """Text that a workbook can hold: no control characters, no half characters, not too long."""
    if not text.isprintable():
        text = "".join(c if c.isprintable() or c == "\n" else " " for c in text)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _subjects(asked: RosterRow | Fault | Footer) -> Iterator[tuple[str, Subject | None]]:
    if not isinstance(asked, RosterRow):
        yield SUBJECT, None
        return
    yield SUBJECT, asked.subject
    for person in asked.people:
        yield ROLES.get(person.role) or f"{Via(person.role).title.zh} {person.role}", person.subject


def _numbers(subject: Subject) -> str:
    is_person = subject.kind is SubjectKind.NATURAL_PERSON
    return " ".join(identifier.shown(is_person=is_person) for identifier in subject.identifiers)
