"""The city list's columns, in codes or Chinese, and its rows."""

from pathlib import Path

from xingate_adapters.reading.mapped.labels import LABELS
from xingate_adapters.reading.run import Run
from xingate_adapters.reading.tables import columns, unread
from xingate_adapters.reading.tables.tables import Table, open_table

REQUIRED = ("list_type", "subject_kind", "name", "code", "authority", "basis", "document_no", "document_date")
KNOWN = columns.inverted(LABELS)


def read(file: Path, run: Run) -> tuple[Table, dict[str, int]]:
    """The table and where its fields stand. Only what every list type needs is required of the header."""
    table = open_table(file, run)
    places = columns.places(file, table.header_row, table.header, KNOWN)
    columns.require(file, table.header_row, places, LABELS, REQUIRED, lambda: unread.hint_of(table, places.values()))
    return unread.watched(table, places.values(), run), places
