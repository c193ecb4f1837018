"""The three SDN csv files: entries (12 columns), addresses (6), alternate names (5), told apart by their columns.

They have no header, `-0-` is null, and a line with a single 0x1A may end them. Western encodings. Rows are joined on
`ent_num`. Alternate names and addresses are held in memory (a few megabytes), entries are streamed.
Source: the Office of Foreign Assets Control's data specification of the SDN files.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from xingate_adapters.reading import files
from xingate_adapters.reading.errors import SourceError
from xingate_adapters.reading.run import Run
from xingate_adapters.reading.tables import Row, csv_rows

ENTRY_COLUMNS = (
    "ent_num",
    "SDN_Name",
    "SDN_Type",
    "Program",
    "Title",
    "Call_Sign",
    "Vess_type",
    "Tonnage",
    "GRT",
    "Vess_flag",
    "Vess_owner",
    "Remarks",
)
ADDRESS_COLUMNS = ("ent_num", "Add_num", "Address", "City/State/Province/Postal Code", "Country", "Add_remarks")
ALIAS_COLUMNS = ("ent_num", "alt_num", "alt_type", "alt_name", "alt_remarks")
_SETS = {len(columns): columns for columns in (ENTRY_COLUMNS, ADDRESS_COLUMNS, ALIAS_COLUMNS)}
_NAMES = {len(ENTRY_COLUMNS): "entries", len(ADDRESS_COLUMNS): "addresses", len(ALIAS_COLUMNS): "alternate names"}
_END = "\x1a"


class Files(NamedTuple):
    """The three files by what they hold; the last two may be lacking."""

    entries: Path
    addresses: Path | None
    aliases: Path | None


def sort_files(given: Sequence[Path]) -> Files:
    """Which file is which. The entries are needed; without the others names and countries are fewer."""
    found: dict[int, Path] = {}
    for file in given:
        width = _width(file)
        if width in found:
            raise SourceError(
                f"a second file with the {_NAMES[width]} (the first is `{found[width]}`)", file=file, hint="name one"
            )
        found[width] = file
    entries = found.get(len(ENTRY_COLUMNS))
    if entries is None:
        raise SourceError(
            f"the file with the {_NAMES[len(ENTRY_COLUMNS)]} is missing",
            file=given[0],
            expected=f"an SDN csv file of {len(ENTRY_COLUMNS)} columns beside it",
        )
    return Files(entries, found.get(len(ADDRESS_COLUMNS)), found.get(len(ALIAS_COLUMNS)))


def rows(file: Path, run: Run) -> Iterator[Row]:
    """The rows of one of the three files, null cells blank."""
    width = _width(file)
    for number, cells in csv_rows(file, run, files.WESTERN):
        if not cells or cells == [_END]:
            continue
        if len(cells) != width:
            raise SourceError(
                f"the row has {len(cells)} cells (cut off, or a separator inside a cell without quotes)",
                file=file,
                row=number,
                expected=f"{width}, as in the first row",
                hint="fetch it again",
            )
        if number == 1 and cells[0].strip().casefold() == "ent_num":
            continue
        if not cells[0].strip().isdecimal():
            raise SourceError("no number", file=file, row=number, column="ent_num", expected="digits")
        yield number, ["" if (cell := original.strip()) == "-0-" else cell for original in cells]


def _width(file: Path) -> int:
    for number, cells in csv_rows(file, Run(), files.WESTERN):
        if not cells:
            continue
        if len(cells) not in _SETS:
            raise SourceError(
                f"the row has {len(cells)} cells",
                file=file,
                row=number,
                expected="12 (entries), 6 (addresses) or 5 (alternate names)",
            )
        return len(cells)
    raise SourceError("the file is empty", file=file, expected="rows of an SDN csv file")
