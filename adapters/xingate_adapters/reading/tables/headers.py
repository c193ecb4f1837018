"""The header of a table: where it stands, and two rows of labels made one.

The header is the first row with more than one filled cell; up to five title rows above it are passed over. A row
below that names the parts of a group (`法定代表人` over `姓名` and `证件号码`, merged or not) belongs to it: such a row
has labels only under a group's name and the blank cells that follow it.
"""

import itertools
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from xingate_adapters.reading.errors import SourceError
from xingate_adapters.reading.tables.columns import Label, fold

Row = tuple[int, list[str]]
_TITLE_ROWS = 5
_LONGEST_LABEL = 20
_DATA = re.compile(r"[0-9]{4,}|[0-9]+[年/.-][0-9]+")


def header_of(file: Path, rows: Iterator[Row], wanted: int) -> tuple[int, list[str], Iterator[Row]]:
    """The row and labels of the header (`wanted`: its row, 0 to look for it), and the rows under it."""
    row, header = _header_at(file, rows, wanted) if wanted else _header(file, rows)
    below = next(rows, None)
    if below is None:
        return row, header, iter(())
    labels = combined(header, below[1])
    if labels is None:
        return row, header, itertools.chain([below], rows)
    further = next(rows, None)
    deeper = None if further is None else combined(labels, further[1])
    if further is not None:
        rows = rows if deeper is not None else itertools.chain([further], rows)
    return row, deeper or labels, rows


def combined(upper: Sequence[str], lower: Sequence[str]) -> list[str] | None:
    """The labels of two rows as one; None when the second is not a row of labels."""
    width = max(len(upper), len(lower))
    above = [label.strip() for label in upper] + [""] * (width - len(upper))
    below = [label.strip() for label in lower] + [""] * (width - len(lower))
    below = ["" if label and fold(label) == fold(over) else label for label, over in zip(below, above, strict=True)]
    if not any(below) or any(len(label) > _LONGEST_LABEL or _DATA.search(label) for label in below):
        return None
    labels: list[str] = list(above)
    group = ""
    for place in range(width):
        if not below[place]:
            group = ""
            continue
        if above[place]:
            is_group = place + 1 < width and not above[place + 1] and below[place + 1] != ""
            if not is_group:
                return None
            group = above[place]
        if not group:
            return None
        labels[place] = Label.of(group, below[place])
    return labels


def _header_at(file: Path, rows: Iterator[Row], wanted: int) -> Row:
    for row, cells in rows:
        if row == wanted and any(cell.strip() for cell in cells):
            return row, cells
        if row >= wanted:
            break
    raise SourceError(
        "there is no header in this row", file=file, row=wanted, hint="correct `header_row` in the mapping"
    )


def _header(file: Path, rows: Iterator[Row]) -> Row:
    titles = 0
    last: Row | None = None
    for row, cells in rows:
        filled = sum(1 for cell in cells if cell.strip())
        if filled > 1:
            return row, cells
        if filled:
            last = (row, cells)
            titles += 1
            if titles > _TITLE_ROWS:
                break
    if last is None:
        raise SourceError("the file is empty", file=file, expected="at least a header", hint="export it again")
    return last
