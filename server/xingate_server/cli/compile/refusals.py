"""The refusal report: a workbook in which a clerk sees every refused row, why, and where, and corrects it in place.

One sheet for each source (more where a sheet would be full), and a summary. Persons' numbers are masked; `row` and
`key` tell `--fix` which row of which file it is. Every cell is text, so that neither a formula runs nor a code loses
its digits. It is written as a stream: memory does not grow with the rows, save for the first rows' comments.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from pathlib import Path
from typing import Any, Final
from zipfile import ZIP_DEFLATED, ZipFile

from xingate_server.cli.compile.refusals_words import faulty_columns, told
from xingate_server.cli.output.sheets import is_formula
from xingate_server.snapshot.compile.refusals import Refusal, read_refusals
from xingate_server.wiring.compiling.corrections import shown

SUMMARY: Final = "汇总 summary"
KEYS: Final = ("来源 source", "文件 file", "行 row", "键 key (勿改 keep)", "原因", "reason")
ROWS_A_SHEET: Final = 1_000_000
COMMENTS_A_SHEET: Final = 2_000  # openpyxl holds comments in memory
_FILE_MODE = 0o640
_MARK, _HEAD = "FFC7CE", "D9E1F2"
_CELL_WIDTH: Final = 20  # a code of 18 characters can be read
_NO_COLUMN: Final = (
    "（名单没有这一列，无法在此更正：请在名单或映射文件中补上）",
    " (the list has no such column, so it cannot be corrected here: add it to the list or to its mapping)",
)
_AT_PUBLISHER: Final = (
    "（本名单由发布机构更正，在此改动无效）",
    " (this list is corrected at its publisher: a change here has no effect)",
)
_HELP = (
    "请在各表中改正标红的单元格（或该行其他单元格），保存后用 --fix 交回。不要改动前四列。",
    "带 * 的号码不必补全：未改动的单元格按原文件还原；号码本身有错的，请填写完整号码。",
    "Correct the marked cells, or others of their row, in place; save, and give the file back with --fix.",
    "Leave the first four columns as they are. What you do not change, numbers with * too, is restored from the file.",
)
Columns = Callable[[str, Sequence[str]], Mapping[str, str]]
CanBeCorrected = Callable[[str], bool]


def _always(kind: str) -> bool:
    del kind
    return True


def write_report(refused: Path, target: Path, columns_of: Columns, can_be_corrected: CanBeCorrected = _always) -> int:
    """Write the report of a `refused.jsonl` to `target`; gives the number of rows. Raises OSError.

    `columns_of(kind, header)` says from which column of the header each field is read; `can_be_corrected(kind)` whether
    the rows of a kind are read again from the report: those of other lists have no key and no marked cell, and say
    that they are corrected at the publisher. Needs openpyxl.
    """
    from openpyxl import Workbook

    draft = target.with_name(f".{target.name}.draft")
    draft.open("wb").close()  # before any work: openpyxl takes it ill when its file cannot be written
    headers, counts = _survey(refused)
    book = Workbook(write_only=True)
    fixed = frozenset(kind for kind in headers if not can_be_corrected(kind))
    _summary(book, counts, fixed)
    for kind, header in headers.items():
        fields = None if kind in fixed else columns_of(kind, header)
        rows = (row for row in read_refusals(refused) if row.source == kind)
        _sheets_of(book, kind, header, fields, rows)
    try:
        _save(book, draft)
        draft.chmod(_FILE_MODE)
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    return sum(count for (_, _, reason), count in counts.items() if not reason)


def _save(book: Any, target: Path) -> None:
    """What `book.save` does, but when the disk is full nothing is left to be closed later, with a traceback."""
    from openpyxl.writer.excel import ExcelWriter

    for page in book.worksheets:
        page.close()
    archive = ZipFile(target, "w", ZIP_DEFLATED)
    try:
        ExcelWriter(book, archive).save()
    finally:
        archive.close()


def _survey(refused: Path) -> tuple[dict[str, list[str]], Counter[tuple[str, str, str]]]:
    """Each source's columns over all its files, and rows by source, file and reason ("" counts rows)."""
    headers: dict[str, dict[str, None]] = {}
    counts: Counter[tuple[str, str, str]] = Counter()
    for row in read_refusals(refused):
        headers.setdefault(row.source, {}).update(dict.fromkeys(row.raw))
        counts[row.source, row.file, ""] += 1
        counts.update((row.source, row.file, reason) for reason in row.reasons)
    return {kind: list(header) for kind, header in headers.items()}, counts


def _summary(book: Any, counts: Counter[tuple[str, str, str]], fixed: Set[str]) -> None:
    page = book.create_sheet(SUMMARY)
    for column, width in zip("ABCDE", (22, 40, 12, 60, 60), strict=True):
        page.column_dimensions[column].width = width
    for line in _HELP:
        page.append([line])
    for kind in sorted(fixed):
        page.append([_text(page, f"{kind}{''.join(_AT_PUBLISHER)}")])
    page.append([])
    page.append([_text(page, text, _HEAD) for text in ("来源 source", "文件 file", "行数 rows", "原因", "reason")])
    for (kind, file, reason), count in sorted(counts.items()):
        words = ("合计", "all refused rows") if not reason else (told(reason).zh, f"{reason}: {told(reason).en}")
        page.append([_text(page, kind), _text(page, file), count, *(_text(page, word) for word in words)])


def _sheets_of(
    book: Any, kind: str, header: Sequence[str], fields: Mapping[str, str] | None, rows: Iterable[Refusal]
) -> None:
    from openpyxl.utils import get_column_letter

    page: Any = None
    for number, row in enumerate(rows):
        place, sheet = number % ROWS_A_SHEET, number // ROWS_A_SHEET + 1
        if place == 0:
            page = book.create_sheet(f"{kind[:24]} {sheet}" if sheet > 1 else kind[:31])
            page.freeze_panes = "G2"
            for column, width in zip("ABCDEF", (18, 24, 8, 8, 50, 50), strict=True):
                page.column_dimensions[column].width = width
            page.column_dimensions["D"].hidden = True
            for place_of, _ in enumerate(header, len(KEYS) + 1):
                page.column_dimensions[get_column_letter(place_of)].width = _CELL_WIDTH
            page.append([_text(page, text, _HEAD) for text in (*KEYS, *header)])
        page.append(list(_cells(page, row, header, fields, has_comment=place < COMMENTS_A_SHEET)))


def _cells(
    page: Any, row: Refusal, header: Sequence[str], fields: Mapping[str, str] | None, *, has_comment: bool
) -> Iterator[Any]:
    """The cells of a row; `fields` is None if it is corrected at the publisher."""
    reasons = [(reason, detail, told(reason)) for reason, detail in zip(row.reasons, row.details, strict=True)]
    marks: dict[str, list[str]] = {}
    zh, en = [], []
    for reason, detail, words in reasons:
        faulty = faulty_columns(reason, detail, fields or {})
        for column in faulty:
            marks.setdefault(column, []).append(f"{words.zh}\n{words.en}\n{detail}")
        lacking = _NO_COLUMN if fields and words.fields and not faulty else ("", "")
        zh.append(f"{words.zh}{lacking[0]}")
        en.append(f"{words.en} ({detail}){lacking[1]}")
    for text in (row.source, row.file, str(row.row), "" if fields is None else row.digest):
        yield _text(page, text)
    for lines, list_note in zip((zh, en), _AT_PUBLISHER, strict=True):
        yield _text(page, "\n".join(lines) + ("" if fields is not None else list_note), is_wrapped=True)
    for column in header:
        cell = _text(page, row.raw.get(column, ""), _MARK if column in marks else "")
        if column in marks and has_comment:
            cell.comment = _comment("\n".join(marks[column]))
        yield cell


def _text(page: Any, text: str, colour: str = "", *, is_wrapped: bool = False) -> Any:
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Alignment, PatternFill

    cell: Any = WriteOnlyCell(page)
    cell.value = shown(text)
    cell.number_format = "@"  # what a person types stays text, codes with all their digits
    if is_wrapped:
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    if colour:
        cell.fill = PatternFill("solid", start_color=colour)
    cell.data_type = "s"
    if is_formula(text):
        cell.quotePrefix = True
    return cell


def _comment(text: str) -> Any:
    from openpyxl.comments import Comment

    return Comment(text, "xingate", height=120, width=360)
