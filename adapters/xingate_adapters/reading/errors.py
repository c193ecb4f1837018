"""The faults of a source's file.

SourceError          a whole file cannot be relied on: wrong encoding, missing column, cut-off row, formula cell ...
|-- SchemaError      a file holds what nobody reads, or lacks what was always there: the list has a new layout
`-- EmptyListError   a file has the right layout and not a single entry
UnknownSourceError   no source has this kind

A row that can be told apart and read is never a fault here, whatever it says: admission judges values.
"""

import re
from pathlib import Path

_LONG_NUMBER = re.compile(r"[0-9０-９]{6,}")
_SHOWN_CHARACTERS = 40


def quoted(text: str) -> str:
    """`text` from a file in backticks for a message: cut short, on one line, long numbers hidden."""
    line = _LONG_NUMBER.sub("******", " ".join(text.split()))
    return f"`{line[:_SHOWN_CHARACTERS]}…`" if len(line) > _SHOWN_CHARACTERS else f"`{line}`"


class SourceError(Exception):
    """A file that cannot be relied on. `str()` is one line: where, what, what was expected, what to do.

    `row` is 1-based as a spreadsheet counts (the header is row 1; the ordinal of the item in JSON arrays and xml),
    `column` the column's name in the file. No message holds an identity number.
    """

    def __init__(
        self,
        what: str,
        *,
        file: Path,
        row: int | None = None,
        column: str | None = None,
        expected: str = "",
        hint: str = "",
    ) -> None:
        self.what = what
        self.file = file
        self.row = row
        self.column = column
        self.expected = expected
        self.hint = hint
        super().__init__(what)

    def __str__(self) -> str:
        where = f"`{self.file}`"
        if self.row is not None:
            where += f", row {self.row}"
        if self.column is not None:
            where += f", column {quoted(self.column)}"
        text = f"{where}: {self.what}"
        if self.expected:
            text += f"; expected {self.expected}"
        if self.hint:
            text += f"; {self.hint}"
        return text

    def at(self, row: int) -> "SourceError":
        """The same fault with its row, where it has none yet."""
        if self.row is None:
            self.row = row
        return self


class SchemaError(SourceError):
    """A file has a column or element that nothing reads, or lacks one that is expected (DESIGN, schema drift).

    The text begins with the reason code `schema_unknown`. The operator can accept it for a kind of source.
    """

    reason = "schema_unknown"

    def __str__(self) -> str:
        return f"{self.reason}: {super().__str__()}"


class EmptyListError(SourceError):
    """A file of the right layout without a single entry: a list that is never empty has been cut."""


class UnknownSourceError(Exception):
    """No source has this kind."""

    def __init__(self, kind: str, known: list[str]) -> None:
        self.kind = kind
        self.known = known
        super().__init__(f"unknown source kind {quoted(kind)}; expected one of {', '.join(known)}")
