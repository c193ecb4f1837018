"""Cells and rows as spreadsheet programs write them: decoration, separators, line ends, quotes, encodings."""

import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from xingate_adapters.reading.cells.text import text
from xingate_adapters.reading.errors import SourceError
from xingate_adapters.reading.items import json_items
from xingate_adapters.reading.run import Run
from xingate_adapters.reading.tables import workbook
from xingate_adapters.reading.tables.probe import probe
from xingate_adapters.reading.tables.separators import separator_of
from xingate_adapters.reading.tables.tables import Layout, open_table
from xingate_adapters.sources import load_source
from xingate_server.core.entry import Record
from xingate_server.core.identifiers.decoration import clean
from xingate_server.demo.numbers import unified_code

CODE, OTHER = unified_code(701), unified_code(702)
HEADER = "名单类型,主体类别,主体名称,主体代码,认定部门,认定依据,文书号,认定日期"


def row(name: str = "示例甲有限公司", code: str = CODE) -> str:
    return f"watch.key_monitoring,法人和其他组织,{name},{code},示例局,示例办法,示例1号,2026-04-01"


def written(tmp_path: Path, content: str | bytes, encoding: str = "utf-8") -> Path:
    file = tmp_path / "list.csv"
    file.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return file


def records(file: Path) -> list[Record]:
    return list(load_source("city_list").records([file]))


@pytest.mark.parametrize(
    ("cell", "bare"),
    [
        (f'="{CODE}"', CODE),
        (f'=("{CODE}")', CODE),
        (f"＝“{CODE}”", CODE),
        (f"={CODE}", CODE),
        (f"'{CODE}", CODE),
        (f"‘{CODE}", CODE),
        (f"＇{CODE}", CODE),
        (f"`{CODE}", CODE),
        (f"{CODE}'", CODE),
        (f'"{CODE}"', CODE),
        (f"\xa0{CODE}\t", CODE),
        (f"\u3000\u202d{CODE}\u202c", CODE),
        (f"_x0009_{CODE}_x000D_", CODE),
        (f'="\'{CODE}"', CODE),
        ("_x005F_x000D_", "_x000D_"),
        ("示例\ue863公司", "示例䶮公司"),
        ("'2026-04-01", "2026-04-01"),
        ("'EX123456", "EX123456"),
        ("'示例公司", "示例公司"),
    ],
)
def test_decoration_of_a_cell_is_undone_once_and_for_all(cell: str, bare: str) -> None:
    assert clean(cell) == bare
    assert clean(bare) == bare or bare.startswith("_x")


@pytest.mark.parametrize(
    "cell", ["'Abd Example", "O'Example", "示例“乙”公司", "=A1&B1", "=1", "'", "a_x12_b", "_xD800_", '示例"分"店']
)
def test_what_is_no_decoration_stays(cell: str) -> None:
    assert clean(cell) == cell


def test_a_cell_of_nothing_says_nothing() -> None:
    assert [text(cell) for cell in ("\u200b", "'无", '="-"', "\xa0")] == ["", "", "", ""]


def test_decoration_is_undone_in_csv_xlsx_and_json_alike(tmp_path: Path) -> None:
    cells = [f'="{CODE}"', f"'{CODE}", f"\u202d{CODE}\u202c", f"{CODE}_x000D_", f"{CODE}\t", f"\ufeff{CODE}\u2800"]
    quoted = ['"' + cell.replace('"', '""') + '"' for cell in cells]
    found = records(written(tmp_path, "\n".join([HEADER, *(row(code=cell) for cell in quoted)])))
    assert [record.identifiers for record in found] == [(("", CODE),)] * len(cells)
    book = openpyxl.Workbook()
    sheet: Any = book.active
    sheet.append(["名称", "代码"])
    for place, cell in enumerate(cells, 2):
        sheet.cell(place, 1, "示例")
        sheet.cell(place, 2).value = cell
        sheet.cell(place, 2).data_type = "s"
    book.save(tmp_path / "a.xlsx")
    assert [cells[1] for _, cells in open_table(tmp_path / "a.xlsx", Run()).rows] == [CODE] * len(cells)
    (tmp_path / "a.json").write_text('[{"code": "=\\"' + CODE + '\\""}]', encoding="utf-8")
    assert list(json_items(tmp_path / "a.json", Run())) == [(1, {"code": CODE})]


def test_a_formula_that_only_keeps_a_number_text(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet: Any = book.active
    sheet.append(["名称", "代码"])
    sheet.append(["示例", f'="{CODE}"'])
    book.save(tmp_path / "a.xlsx")
    assert [cells for _, cells in open_table(tmp_path / "a.xlsx", Run()).rows] == [["示例", CODE]]


def test_a_decorated_cell_far_behind_clean_ones_is_undone(tmp_path: Path) -> None:
    lines = [HEADER, *(row(f"示例{place}") for place in range(12_000)), row("\u200b示例末", f"'{OTHER}")]
    found = records(written(tmp_path, "\n".join(lines)))
    assert (found[-1].name, found[-1].identifiers) == ("示例末", (("", OTHER),))


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("said", [False, True])
def test_the_separator_is_told_from_the_file(separator: str, said: bool, tmp_path: Path) -> None:
    lines = [f"sep={separator}"] if said else []
    lines += [line.replace(",", separator) for line in (HEADER, row(), row("示例乙", OTHER))]
    file = written(tmp_path, "\r\n".join(lines))
    assert [record.identifiers[0][1] for record in records(file)] == [CODE, OTHER]
    assert records(file)[0].row == len(lines) - 1
    assert probe(file).delimiter == separator


def test_what_only_looks_like_a_separator() -> None:
    related = "名称,关联人员\n" + "示例,法定代表人:示例甲:1;董事:示例乙:2;股东:示例丙:3\n" * 3
    assert separator_of(related) == ","
    assert separator_of("名称\t,代码\t\n示例\t,1\t\n") == ","
    assert separator_of("名称;金额\n示例;1,5\n示例;2,5\n") == ";"
    assert separator_of("名称\n示例\n") == ","
    assert separator_of('甲,乙,丙,丁,戊,己\n,|,"\r|","\r|","\r|","\r|"\n') == ","  # cells of several lines


def test_the_separator_of_a_mapping_wins(tmp_path: Path) -> None:
    file = written(tmp_path, "名称;甲,乙\n示例;1,2\n")
    table = open_table(file, Run(), Layout(","))
    assert (table.header, [cells for _, cells in table.rows]) == (["名称;甲", "乙"], [["示例;1", "2"]])


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_end_is_one(end: str, tmp_path: Path) -> None:
    found = records(written(tmp_path, end.join([HEADER, row(), row("示例乙", OTHER), ""]), "gb18030"))
    assert [(record.row, record.name) for record in found] == [(2, "示例甲有限公司"), (3, "示例乙")]


def test_mixed_line_ends_and_one_across_two_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = written(tmp_path, f"{HEADER}\r\n{row()}\r{row('示例乙', OTHER)}\n{row('示例丙')}\r\n")
    whole = [record.name for record in records(file)]
    assert whole == ["示例甲有限公司", "示例乙", "示例丙"]
    for size in (1, 7, 64):
        monkeypatch.setattr("xingate_adapters.reading.files.CHUNK_BYTES", size)
        if size > 1:  # the separator and the encoding are told from the first chunk
            monkeypatch.setattr("xingate_adapters.reading.tables.tables.separator_of", lambda _: ",")
            assert [record.name for record in records(file)] == whole


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("separator", [",", "\t"])
def test_utf_16_is_read_with_and_without_its_mark(encoding: str, separator: str, tmp_path: Path) -> None:
    file = written(tmp_path, f"{HEADER}\r\n{row()}".replace(",", separator), encoding)
    (found,) = records(file)
    assert (found.name, found.identifiers) == ("示例甲有限公司", (("", CODE),))
    assert probe(file).delimiter == separator


def test_utf_16_big_endian_with_its_mark(tmp_path: Path) -> None:
    file = written(tmp_path, b"\xfe\xff" + f"{HEADER}\n{row()}".encode("utf-16-be"))
    assert [record.name for record in records(file)] == ["示例甲有限公司"]


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ('示例甲"分店"有限公司', '示例甲"分店"有限公司'),
        ('"示例甲分店"有限公司', '"示例甲分店"有限公司'),
        ('"示例甲"分店"有限公司"', '示例甲"分店"有限公司'),
        ('"示例甲""分店""有限公司"', '示例甲"分店"有限公司'),
        ('"示例甲,""分店"""', '示例甲,"分店"'),
        ('"示例甲\n有限公司"', "示例甲\n有限公司"),
        ('"示例"甲"\n有限公司"', '示例"甲"\n有限公司'),
    ],
)
def test_quotes_that_are_certain_are_read(name: str, read: str, tmp_path: Path) -> None:
    found = records(written(tmp_path, "\n".join([HEADER, row("示例前"), row(name), row("示例后", OTHER), row(name)])))
    assert [record.name for record in found] == ["示例前", read, "示例后", read]
    assert [record.identifiers[0][1] for record in found] == [CODE, CODE, OTHER, CODE]
    assert [record.row for record in found] == [2, 3, 4, 5]


@pytest.mark.parametrize(
    "lines",
    [
        [row('"示例甲'), row("示例乙", OTHER)],
        [row('"示例甲'), row('"示例乙"', OTHER)],
        [row('"示例甲'), row('示例乙"', OTHER)],
        [row('"示例,甲'), row("示例乙", OTHER), row('"示例丙"')],
    ],
)
def test_an_open_quote_is_named_with_its_row_and_column(lines: list[str], tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="row 3, column `主体名称`: a double quote opens a cell and is not closed"):
        records(written(tmp_path, "\n".join([HEADER, row("示例前"), *lines])))


def test_no_message_is_one_of_the_language(tmp_path: Path) -> None:
    spoil: list[Callable[[], str]] = [
        lambda: "\n".join([HEADER, row('"示例甲')]),
        lambda: "\n".join([HEADER, row('"' + "例" * 140_000), row()]),
        lambda: "\n".join([HEADER, row("示例\0甲")]),
    ]
    for content in spoil:
        with pytest.raises(SourceError) as caught:
            records(written(tmp_path, content()))
        said = str(caught.value)
        assert not any(word in said.lower() for word in ("error", "expected after", "unexpected end", "field limit"))
        assert "row 2" in said


def with_row_numbers(tmp_path: Path, numbers: list[int | None], quote: str = '"') -> Path:
    """A workbook of a list whose row elements have these numbers, None for none."""
    book = openpyxl.Workbook()
    sheet: Any = book.active
    sheet.append(HEADER.split(","))
    for place in range(1, len(numbers)):
        sheet.append(row(f"示例{place}公司").split(","))
    file = tmp_path / "list.xlsx"
    book.save(file)
    with zipfile.ZipFile(file) as archive:
        parts = {info.filename: archive.read(info) for info in archive.infolist()}
    part = parts["xl/worksheets/sheet1.xml"].decode()
    part = re.sub(r'(<c r="[A-Z]+)\d+"', r"<c", part)
    wanted = iter(numbers)
    part = re.sub(
        r'<row r="\d+"', lambda _: "<row" if (n := next(wanted)) is None else f"<row r={quote}{n}{quote}", part
    )
    parts["xl/worksheets/sheet1.xml"] = part.encode()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file


@pytest.mark.parametrize("quote", ['"', "'"])
@pytest.mark.parametrize("chunk", [200, 1 << 20])
@pytest.mark.parametrize(
    ("numbers", "wrong"),
    [
        ([1, 2, 3, 4], None),
        ([1, 5, 9, 12], None),
        ([None, None, None, None], None),
        ([1, None, 7, None], None),
        ([1, 900, 4, 901], 4),
        ([1, 2, 2, 3], 2),
        ([3, 2, 4, 5], 2),
        ([1, 3, None, 4], 4),
        ([0, 1, 2, 3], 0),
        ([1, 2, 999_999_999, 3], 999_999_999),
        ([1, 2, 3, 1_048_577], 1_048_577),
    ],
)
def test_rows_of_a_sheet_ascend(
    numbers: list[int | None],
    wrong: int | None,
    chunk: int,
    quote: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(workbook, "_CHUNK_BYTES", chunk)
    file = with_row_numbers(tmp_path, numbers, quote)
    if wrong is None:
        assert [one.name for one in records(file)] == ["示例1公司", "示例2公司", "示例3公司"]
        return
    with pytest.raises(SourceError, match="the rows of the sheet `Sheet` have numbers that") as caught:
        records(file)
    assert caught.value.row == wrong


@pytest.mark.parametrize("separator", ["，", "；", "^", "~", ":"])
def test_a_separator_that_is_not_read_is_named_as_the_cause(separator: str, tmp_path: Path) -> None:
    lines = [HEADER, *(row(f"示例{place}公司") for place in range(9))]
    file = written(tmp_path, "\n".join(lines).replace(",", separator))
    with pytest.raises(SourceError, match=r"every row has one cell.*a comma, tab, semicolon or pipe"):
        records(file)


@pytest.mark.parametrize("before", ["var data = ", "callback(", "window.data=", "jQuery123_4("])
def test_a_script_around_json_is_named(before: str, tmp_path: Path) -> None:
    file = written(tmp_path, before + '[{"iname": "示例"}]')
    with pytest.raises(SourceError, match="the file is not JSON alone"):
        list(load_source("judgment_debtor").records([file]))


@pytest.mark.parametrize("end", ["\x1a", "\n\x1a", "\r\n\x1a\r\n", "\x1a\x1a", "\n\x1a\n\n"])
def test_a_mark_of_the_end_is_ignored(end: str, tmp_path: Path) -> None:
    found = records(written(tmp_path, f"{HEADER}\n{row('示例1公司')}\n{row('示例2公司')}{end}"))
    assert [one.name for one in found] == ["示例1公司", "示例2公司"]
    assert found[-1].raw == dict(zip(HEADER.split(","), row("示例2公司").split(","), strict=True))


def test_a_title_that_was_taken_for_the_header_is_named(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet: Any = book.active
    for cells in (["示例名单", "2026"], HEADER.split(","), row().split(",")):
        sheet.append(cells)
    book.save(tmp_path / "list.xlsx")
    with pytest.raises(SourceError, match="as in row 1, which was taken for the header") as caught:
        list(open_table(tmp_path / "list.xlsx", Run()).rows)
    assert "`header_row`" in str(caught.value)
