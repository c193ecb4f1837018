"""Columns that a mapping expects and a file lacks: a field under a new label would be lost without a word.

As of elements in xml (DESIGN section 5, *Schema drift*), in files of `ENOUGH_ROWS` rows that is a fault, else a note.

Left out: fields that the mapping requires (`mapped`), and columns that nothing reads (`unread`).
"""

from collections.abc import Container, Iterator
from difflib import get_close_matches

from xingate_adapters.reading.errors import SchemaError, quoted
from xingate_adapters.reading.mapped.mapping import MappingFile
from xingate_adapters.reading.run import Run
from xingate_adapters.reading.tables import columns
from xingate_adapters.reading.tables.tables import Row, Table

ENOUGH_ROWS = 50


def watched(table: Table, spec: MappingFile, found: Container[str], run: Run) -> Table:
    """The same table; in a file of `ENOUGH_ROWS` rows `SchemaError` is raised for expected columns that are lacking,
    unless `run.accepts_schema`; in a smaller one they are noted. `found` are the folded labels that the file has."""
    groups = ((label,) if isinstance(label, str) else label for label in spec.expected)
    lacking = [labels for labels in groups if not any(columns.fold(label) in found for label in labels)]
    return table._replace(rows=_judged(table, lacking, run)) if lacking else table


def _judged(table: Table, lacking: list[tuple[str, ...]], run: Run) -> Iterator[Row]:
    rows = 0
    for rows, row in enumerate(table.rows, 1):
        if rows == ENOUGH_ROWS and not run.accepts_schema:
            raise _fault(table, lacking[0])
        yield row
    for labels in lacking:
        run.notes[f"`{table.file}`: the column {_named(labels)} is expected and not in the file"] = None


def _named(labels: tuple[str, ...]) -> str:
    return " or ".join(f"`{label}`" for label in labels)


def _fault(table: Table, labels: tuple[str, ...]) -> SchemaError:
    close = [name for label in labels for name in get_close_matches(label, filter(None, table.header), n=1)]
    return SchemaError(
        f"the column {_named(labels)} is not in the file, and what it says would be lost",
        file=table.file,
        row=table.header_row,
        expected="the columns that every list of this kind has had so far",
        hint=(
            (f"if {quoted(close[0])} is it under a new label, name that in a mapping; " if close else "")
            + "fetch the list again, or, if its publisher has left it out, accept it with `--accept-schema KIND`"
        ),
    )


def note_lacking(table: Table, spec: MappingFile, found: Container[str], run: Run) -> None:
    """Note each field of a mapping none of whose columns is in the file, and each missing part of a joined field."""
    tables = {"columns": spec.columns, "identifiers": spec.identifiers}
    for name, fields in tables.items():
        for field, labels in fields.items():
            joined = spec.joined.get(field, ()) if name == "columns" else ()
            if not any(columns.fold(label) in found for label in (*labels, *joined)):
                run.notes[
                    f"`{table.file}`: `{name}.{field}` of the mapping is not read: the file has no column "
                    f"{_named(labels)}"
                ] = None
    for field, labels in spec.joined.items():
        lacking = tuple(label for label in labels if columns.fold(label) not in found)
        if lacking and not any(columns.fold(label) in found for label in spec.columns.get(field, ())):
            run.notes[
                f"`{table.file}`: `joined.{field}` of the mapping is not whole: the file has no column "
                f"{', '.join(f'`{label}`' for label in lacking)}"
            ] = None
