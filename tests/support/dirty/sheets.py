"""Bytes of csv and xlsx files, as tidy or as untidy as asked for.

The workbook is written part by part, because no library writes a wrong dimension or Strict Open XML. Sources: RFC 4180,
ECMA-376 (SpreadsheetML, transitional and strict), MS-CFB for what is no workbook.
"""

import io
import struct
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from random import Random
from typing import Final
from xml.sax.saxutils import escape


class NumberText(str):
    """A number as another program writes it: in a workbook the cell is a number."""

    __slots__ = ()


Grid = Sequence[Sequence["str | date | int"]]
_TRANSITIONAL: Final = "http://schemas.openxmlformats.org"
_CODECS: Final = {
    "utf_8": ("utf-8", b""),
    "utf_8_bom": ("utf-8", b"\xef\xbb\xbf"),
    "gb18030": ("gb18030", b""),
    "utf_16_le": ("utf-16-le", b"\xff\xfe"),
    "utf_16_le_unmarked": ("utf-16-le", b""),
    "utf_16_be": ("utf-16-be", b"\xfe\xff"),
}


@dataclass
class CsvStyle:
    """How a csv file is written. `has_sep_line`: the first line names the separator; `quotes`: `needed`, `all`,
    `unescaped` (inner quotes are not doubled)."""

    encoding: str = "utf_8"
    separator: str = ","
    end: str = "crlf"
    has_sep_line: bool = False
    quotes: str = "needed"


def csv_bytes(grid: Grid, style: CsvStyle, random: Random) -> bytes:
    """The rows as text in the style."""
    lines = [f"sep={style.separator}"] if style.has_sep_line else []
    lines += [style.separator.join(_csv_cell(str(cell), style) for cell in row) for row in grid]
    ends = {"crlf": ("\r\n",), "lf": ("\n",), "cr": ("\r",), "mixed": ("\r\n", "\n")}[style.end]
    text = "".join(line + random.choice(ends) for line in lines)
    codec, mark = _CODECS[style.encoding]
    return mark + text.encode(codec)


def _csv_cell(cell: str, style: CsvStyle) -> str:
    if style.quotes == "unescaped":
        return f'"{cell}"' if style.separator in cell else cell
    if style.quotes == "all" or any(c in cell for c in (style.separator, "\n", "\r")) or cell.startswith('"'):
        return '"' + cell.replace('"', '""') + '"'
    if '"' in cell and not cell.startswith("="):
        return '"' + cell.replace('"', '""') + '"'
    return cell


@dataclass
class BookStyle:
    """How a workbook is written. `merged` are ranges as (first row, first column, last row, last column), from 0; the
    cells below and beside the first are left blank. `dimension` is written as it is, or left right where empty."""

    is_strict: bool = False
    is_1904: bool = False
    has_shared_strings: bool = False
    dimension: str = ""
    hidden: frozenset[int] = frozenset()
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)


def xlsx_bytes(grid: Grid, style: BookStyle) -> bytes:
    """A workbook of one sheet. A `date` becomes a day cell, an `int` a number, all else text."""
    space = "http://purl.oclc.org/ooxml" if style.is_strict else _TRANSITIONAL
    main = f"{space}/spreadsheetml/main" if style.is_strict else f"{space}/spreadsheetml/2006/main"
    relations = f"{space}/officeDocument/{'' if style.is_strict else '2006/'}relationships"
    shared: dict[str, int] = {}
    sheet = _sheet(grid, style, main, shared)
    kinds = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{_TRANSITIONAL}/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kinds}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{kinds}.worksheet+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{kinds}.styles+xml"/>'
        f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kinds}.sharedStrings+xml"/></Types>',
        "_rels/.rels": _relations([("rId1", f"{relations}/officeDocument", "xl/workbook.xml")]),
        "xl/_rels/workbook.xml.rels": _relations(
            [
                ("rId1", f"{relations}/worksheet", "worksheets/sheet1.xml"),
                ("rId2", f"{relations}/styles", "styles.xml"),
                ("rId3", f"{relations}/sharedStrings", "sharedStrings.xml"),
            ]
        ),
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{relations}"'
        + (' conformance="strict"' if style.is_strict else "")
        + ("><workbookPr date1904='1'/>" if style.is_1904 else "><workbookPr/>")
        + '<sheets><sheet name="名单" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/styles.xml": f'<styleSheet xmlns="{main}">'
        '<fonts count="1"><font><sz val="11"/><name val="Arial"/></font></fonts>'
        '<fills count="1"><fill><patternFill patternType="none"/></fill></fills>'
        '<borders count="1"><border><left/><right/><top/><bottom/></border></borders>'
        '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
        '<cellXfs count="2"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
        '<xf numFmtId="14" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs></styleSheet>',
        "xl/sharedStrings.xml": f'<sst xmlns="{main}">' + "".join(f"<si>{_text(s)}</si>" for s in shared) + "</sst>",
        "xl/worksheets/sheet1.xml": sheet,
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            info = zipfile.ZipInfo(name, (2026, 7, 1, 0, 0, 0))  # the same bytes on every run
            archive.writestr(info, '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>' + text)
    return out.getvalue()


def _sheet(grid: Grid, style: BookStyle, main: str, shared: dict[str, int]) -> str:
    blank = {
        (row, column)
        for top, left, bottom, right in style.merged
        for row in range(top, bottom + 1)
        for column in range(left, right + 1)
        if (row, column) != (top, left)
    }
    lines = []
    for row, cells in enumerate(grid):
        hidden = ' hidden="1"' if row in style.hidden else ""
        written = "".join(
            _cell(cell, f"{_column(column)}{row + 1}", style, shared)
            for column, cell in enumerate(cells)
            if (row, column) not in blank and cell != ""
        )
        lines.append(f'<row r="{row + 1}"{hidden}>{written}</row>')
    width = max(len(cells) for cells in grid)
    dimension = style.dimension or f"A1:{_column(width - 1)}{len(grid)}"
    merges = "".join(f'<mergeCell ref="{_column(b)}{a + 1}:{_column(d)}{c + 1}"/>' for a, b, c, d in style.merged)
    merged = f'<mergeCells count="{len(style.merged)}">{merges}</mergeCells>' if merges else ""
    rows = "".join(lines)
    return f'<worksheet xmlns="{main}"><dimension ref="{dimension}"/><sheetData>{rows}</sheetData>{merged}</worksheet>'


def _cell(cell: "str | date | int", where: str, style: BookStyle, shared: dict[str, int]) -> str:
    if isinstance(cell, date):
        first = date(1904, 1, 1) if style.is_1904 else date(1899, 12, 30)
        return f'<c r="{where}" s="1"><v>{(cell - first).days}</v></c>'
    if isinstance(cell, int | NumberText):
        return f'<c r="{where}"><v>{cell}</v></c>'
    if style.has_shared_strings:
        return f'<c r="{where}" t="s"><v>{shared.setdefault(cell, len(shared))}</v></c>'
    return f'<c r="{where}" t="inlineStr"><is>{_text(cell)}</is></c>'


def _text(text: str) -> str:
    kept = escape(text, {"\n": "&#10;", "\r": "&#13;", "\t": "&#9;"})
    return f'<t xml:space="preserve">{kept}</t>'


def _column(index: int) -> str:
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(65 + rest) + name
    return name


def _relations(items: list[tuple[str, str, str]]) -> str:
    inner = "".join(f'<Relationship Id="{i}" Type="{kind}" Target="{target}"/>' for i, kind, target in items)
    return f'<Relationships xmlns="{_TRANSITIONAL}/package/2006/relationships">{inner}</Relationships>'


# ---- files that are no list, under a list's name

_SECTOR: Final = 512
_FREE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def compound_file(streams: Sequence[str]) -> bytes:
    """A compound file with empty-looking streams of these names (MS-CFB): a password-protected workbook has
    `EncryptedPackage` and `EncryptionInfo`, a workbook of Excel 97 has `Workbook`."""
    size = 8 * _SECTOR
    head = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16)
    head += struct.pack("<HHHHH6xIIIIIIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, 1, 1, 0, 4096, _END, 0, _END, 0)
    head += struct.pack("<109I", 0, *([_FREE] * 108))
    table = [_FAT, _END]
    entries = [_entry("Root Entry", 5, _END, 0, child=1)]
    for index, name in enumerate(streams):
        start = 2 + index * 8
        table += [*range(start + 1, start + 8), _END]
        entries.append(_entry(name, 2, start, size, right=index + 2 if index + 1 < len(streams) else _FREE))
    table += [_FREE] * (_SECTOR // 4 - len(table))
    directory = b"".join(entries).ljust(_SECTOR, b"\0")
    body = b"\x01" * (size * len(streams))
    return head + struct.pack(f"<{_SECTOR // 4}I", *table) + directory + body


def _entry(name: str, kind: int, start: int, size: int, child: int = _FREE, right: int = _FREE) -> bytes:
    coded = (name + "\0").encode("utf-16-le")
    return struct.pack(
        "<64sHBBIII16sI8s8sIQ",
        coded,
        len(coded),
        kind,
        1,
        _FREE,
        right,
        child,
        bytes(16),
        0,
        bytes(8),
        bytes(8),
        start,
        size,
    )


def web_page(grid: Grid) -> bytes:
    """A table of a web page, as many systems export a list under the name of a workbook."""
    rows = "".join("<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in grid)
    return f'<html><head><meta charset="utf-8"></head><body><table>{rows}</table></body></html>'.encode()


def xml_2003(grid: Grid) -> bytes:
    """A workbook in the xml of Excel 2003."""
    rows = "".join(
        "<Row>" + "".join(f'<Cell><Data ss:Type="String">{escape(str(c))}</Data></Cell>' for c in row) + "</Row>"
        for row in grid
    )
    space = "urn:schemas-microsoft-com:office:spreadsheet"
    return (
        f'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook xmlns="{space}" xmlns:ss="{space}">'
        f'<Worksheet ss:Name="名单"><Table>{rows}</Table></Worksheet></Workbook>'
    ).encode()
