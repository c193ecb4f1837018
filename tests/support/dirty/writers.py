"""A csv file or a workbook of the rows of one layout, in a style drawn at random; what may be refused for it.

Source: docs/sources.md (files), the ways in which spreadsheet programs and other systems export lists.
"""

from datetime import date
from random import Random
from typing import Final

from tests.support.dirty import layouts, sheets
from tests.support.dirty.rows import Row
from tests.support.dirty.truth import Refusal

_DATE_FIELDS: Final = ("document_date", "valid_from", "valid_until", "notice_start", "notice_end", "listed_on")


class CsvWriter:
    """A csv file in a style drawn at random."""

    def __init__(self, random: Random, layout: str, labels: dict[str, str]) -> None:
        self._random = random
        self._labels, label_kinds, self.refusal = _labels(random, layout, labels)
        encodings = ("utf_8", "utf_8_bom", "gb18030", "utf_16_le", "utf_16_be", "utf_16_le_unmarked")
        self._style = sheets.CsvStyle(
            encoding=random.choices(encodings, (3, 3, 4, 1, 1, 1))[0],
            separator=random.choice(",,,;;\t|"),
            end=random.choice(("crlf", "crlf", "lf", "cr", "mixed")),
            has_sep_line=random.random() < 0.15,
            quotes=random.choice(("needed", "needed", "all", "unescaped")),
        )
        names = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}
        self.kinds = [
            "csv",
            f"encoding_{self._style.encoding}",
            f"separator_{names[self._style.separator]}",
            f"end_{self._style.end}",
            *label_kinds,
        ]
        if self._style.has_sep_line:
            self.kinds.append("sep_line")
        words = {",": (), ";": ("semicolon", "`;`"), "\t": ("tab",), "|": ("pipe", "`|`", "vertical")}[
            self._style.separator
        ]
        words += ("UTF-16", "encoding") if "utf_16" in self._style.encoding else ()
        words += ("line end", "carriage return", "CR") if self._style.end == "cr" else ()
        self.refusal = _with(self.refusal, words)
        self._titles = random.choice((0, 0, 0, 1, 2))
        if self._titles:
            self.kinds.append("title_rows")
        self.row_numbers: list[int] = []

    def write(self, made: list[Row]) -> bytes:
        if self._style.quotes == "unescaped":
            if any(c in cell for row in made for cell in row.cells.values() for c in ('"', "\n", "\r")):
                self._style.quotes = "needed"
            else:
                _add_inner_quotes(made, self._random)
                self.kinds.append("quotes_unescaped_inner")
                self.refusal = _with(self.refusal, ("quote",))
        if self._style.quotes == "all":
            self.kinds.append("quotes_all")
        fields = list(self._labels)
        grid = [[f"示例名单{i + 1}", *[""] * (len(fields) - 1)] for i in range(self._titles)]
        grid.append(list(self._labels.values()))
        first = len(grid) + 1 + self._style.has_sep_line
        for row in made:
            if any("\n" in cell or "\r" in cell for cell in row.cells.values()):
                row.kinds.append("newline_in_quoted_cell")
            grid.append([row.cells.get(field, "") for field in fields])
        self.row_numbers = [first + index for index in range(len(made))]
        return sheets.csv_bytes(grid, self._style, self._random)


def _add_inner_quotes(made: list[Row], random: Random) -> None:
    """Trade names in plain quotes, not doubled; the cell itself is quoted only where the separator is in it."""
    for row in random.sample(made, max(1, len(made) // 4)):
        if row.cells["name"] == row.name:
            quoted = f'{row.name[:2]}"{row.name[2:4]}"{row.name[4:]}'
            row.asked_names = [quoted if name == row.name else name for name in row.asked_names]
            row.cells["name"] = row.name = quoted


class BookWriter:
    """A workbook in a style drawn at random."""

    def __init__(self, random: Random, layout: str, labels: dict[str, str]) -> None:
        self._random, self._layout = random, layout
        self._labels, label_kinds, self.refusal = _labels(random, layout, labels)
        tricks = [
            "plain",
            "plain",
            "shared",
            "1904",
            "strict",
            "dimension",
            "hidden",
            "merged_down",
            "numeric",
            "numeric",
        ]
        if layout == "city_labels":
            tricks += ["two_row", "two_row", "numeric"]
        self._trick = random.choice(tricks)
        self.kinds = ["xlsx", f"xlsx_{self._trick}", *label_kinds]
        self._titles = random.choice((0, 0, 1, 2))
        if self._titles:
            self.kinds.append("title_rows")
        if self._trick == "strict":
            self.refusal = _with(self.refusal, ("Strict",))
        self.row_numbers: list[int] = []

    def write(self, made: list[Row]) -> bytes:
        random = self._random
        fields = list(self._labels)
        grid: list[list[str | date | int]] = []
        grid += [[f"示例名单{i + 1}", *[""] * (len(fields) - 1)] for i in range(self._titles)]
        style = sheets.BookStyle(
            is_strict=self._trick == "strict",
            is_1904=self._trick == "1904",
            has_shared_strings=self._trick == "shared" or random.random() < 0.3,
            dimension=random.choice(("A1", "A0:A0", "A1:XFD1048576")) if self._trick == "dimension" else "",
            merged=[(i, 0, i, len(fields) - 1) for i in range(self._titles)],
        )
        self._header(grid, style, fields)
        first = len(grid)
        has_days = self._trick == "1904" or random.random() < 0.3
        for row in made:
            grid.append([self._cell(row, field, has_days=has_days) for field in fields])
        if self._trick == "hidden":
            style.hidden = frozenset(random.sample(range(first, len(grid)), max(1, len(made) // 3)))
            for index in style.hidden:
                made[index - first].kinds.append("hidden_row")
        if self._trick == "merged_down":
            self._merge_down(grid, style, fields, first, made)
        self.row_numbers = [first + 1 + index for index in range(len(made))]
        return sheets.xlsx_bytes(grid, style)

    def _header(self, grid: list[list[str | date | int]], style: sheets.BookStyle, fields: list[str]) -> None:
        labels = list(self._labels.values())
        if self._trick != "two_row":
            grid.append([*labels])
            return
        top = len(grid)
        place = fields.index("legal_representative")
        second = [""] * len(fields)
        second[place], second[place + 1] = "姓名", "身份证号"
        labels[place + 1] = ""
        grid += [[*labels], [*second]]
        style.merged.append((top, place, top, place + 1))
        style.merged += [(top, i, top + 1, i) for i in range(len(fields)) if i not in {place, place + 1}]

    def _cell(self, row: Row, field: str, *, has_days: bool) -> str | date | int:
        cell = row.cells.get(field, "")
        if has_days and field in _DATE_FIELDS:
            try:
                day = date.fromisoformat(cell)
            except ValueError:
                return cell
            return cell if day.year > 2090 else day
        if self._trick == "numeric" and field == row.code_field and "rounded_number" in row.kinds:
            row.kinds.append("rounded_numeric_cell")
            return int(cell)
        return cell

    def _merge_down(
        self,
        grid: list[list[str | date | int]],
        style: sheets.BookStyle,
        fields: list[str],
        first: int,
        made: list[Row],
    ) -> None:
        """Merge equal neighbours of a column that is the same for many rows; the lower cells are blank in the file."""
        for field in ("list_type", "authority", "basis", "kind"):
            if field not in fields:
                continue
            column, top = fields.index(field), first
            while top < len(grid):
                bottom = top
                while bottom + 1 < len(grid) and grid[bottom + 1][column] == grid[top][column] != "":
                    bottom += 1
                if bottom > top:
                    style.merged.append((top, column, bottom, column))
                    for index in range(top + 1, bottom + 1):
                        made[index - first].kinds.append("merged_down_cell")
                top = bottom + 1


def _labels(random: Random, layout: str, labels: dict[str, str]) -> tuple[dict[str, str], list[str], Refusal | None]:
    """Labels, perhaps varied: those are read, or the error names the column of the number (`Refusal`)."""
    if layout in {"city_codes", "penalty_codes", "court_keys", "international"} or random.random() < 0.7:
        return labels, [], None
    how = random.choice(("numbered", "colon", "long"))
    varied = layouts.varied(labels, how, random)
    numbers = ("code", "uscc", "reg_no", "org_code", "tax_no", "document_number")
    return varied, [f"labels_{how}"], Refusal(tuple(varied[f] for f in numbers if f in varied))


def _with(refusal: Refusal | None, words: tuple[str, ...]) -> Refusal | None:
    """One more cause for which the file may be refused, where there is one."""
    return Refusal((*(refusal.words if refusal else ()), *words)) if words else refusal
