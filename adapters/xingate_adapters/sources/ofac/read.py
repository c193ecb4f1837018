"""The four SDN csv files: entries (12 columns), addresses (6), alternate names (5), comments (2), told apart by their
columns.

They have no header, so there are no unknown columns: a row of another width is a fault. `-0-` is null, and a line with
a single 0x1A may end them. Western encodings. Rows are joined on `ent_num`. Comments go on where the remarks of an
entry are cut, at `REMARKS_LIMIT` characters. All but the entries are held in memory (a few megabytes), entries are
streamed. Source: the Office of Foreign Assets Control's data specification of the SDN files.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from xingate_adapters.reading import files
from xingate_adapters.reading.errors import SourceError
from xingate_adapters.reading.run import Run
from xingate_adapters.reading.tables.tables import Row, csv_rows
from xingate_server.core.identifiers.decoration import clean

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
COMMENT_COLUMNS = ("ent_num", "comments")
REMARKS_LIMIT = 1_000
"""Characters of the remarks that the file of entries has room for."""

_NAMES = {
    len(ENTRY_COLUMNS): "entries",
    len(ADDRESS_COLUMNS): "addresses",
    len(ALIAS_COLUMNS): "alternate names",
    len(COMMENT_COLUMNS): "comments",
}
TYPE = 2
NO_TYPE = " "
"""A type that is blank, where an entity has `-0-`."""
_RUNNING_TEXT = {len(ENTRY_COLUMNS): len(ENTRY_COLUMNS) - 1, len(COMMENT_COLUMNS): 1}
"""Width -> the column whose blanks count, since a cut may fall before or after one."""
_END = "\x1a"


class Files(NamedTuple):
    """The files by what they hold; all but the first may be lacking."""

    entries: Path
    addresses: Path | None
    aliases: Path | None
    comments: Path | None = None


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
    others = (found.get(len(columns)) for columns in (ADDRESS_COLUMNS, ALIAS_COLUMNS, COMMENT_COLUMNS))
    return Files(entries, *others)


def rows(file: Path, run: Run) -> Iterator[Row]:
    """The rows of one of the files, null cells blank; remarks and comments are as they stand in the file, blanks and
    quotes around them included, to be cleaned when they are joined."""
    width = _width(file)
    for number, cells in csv_rows(file, run, files.WESTERN, is_cleaned=False):
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
        if number == 1 and clean(cells[0]).casefold() == "ent_num":
            continue
        if not clean(cells[0]).isdecimal():
            raise SourceError("no number", file=file, row=number, column="ent_num", expected="digits")
        running = _RUNNING_TEXT.get(width)
        found = [_cell(cell, keeps_blanks=place == running) for place, cell in enumerate(cells)]
        if width == len(ENTRY_COLUMNS) and not cells[TYPE].strip():
            found[TYPE] = NO_TYPE
        yield number, found


def _cell(cell: str, *, keeps_blanks: bool) -> str:
    bare = clean(cell)
    return "" if bare == "-0-" else cell if keeps_blanks else bare


def _is_numbered(cells: Sequence[str]) -> bool:
    """Whether a row begins with an entry's number, or with the name of its column."""
    first = cells[0].strip()
    return first.isdecimal() or first.casefold() == "ent_num"


def _width(file: Path) -> int:
    for number, cells in csv_rows(file, Run(), files.WESTERN):
        if not cells:
            continue
        is_comment = len(cells) == len(COMMENT_COLUMNS)  # many a file that is something else has two cells a row
        if len(cells) not in _NAMES or (is_comment and not _is_numbered(cells)):
            raise SourceError(
                f"the row has {len(cells)} cells",
                file=file,
                row=number,
                expected="12 (entries), 6 (addresses), 5 (alternate names) or 2 (comments)",
                hint="the SDN files have no header: other columns cannot be detected",
            )
        return len(cells)
    raise SourceError("the file is empty", file=file, expected="rows of an SDN csv file")
