"""Register rows to records of list type `register`: the subject exists, and since when.

The kind is the type's: 个体工商户 is a sole trader, every other type (and none) a legal entity. Codes have no scheme
here, because registers also hold registration numbers and organisation codes in that column (DOMAIN): admission
reads them by their shape.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from xingate_adapters.reading.cells.text import NOTHING, last_day
from xingate_adapters.reading.run import Run
from xingate_adapters.reading.tables import columns
from xingate_adapters.sources.entity_register.read import KNOWN, read
from xingate_server.core.entry import REGISTER, Record

KIND = "entity_register"


def records(files: Sequence[Path], run: Run) -> Iterator[Record]:
    """One record per row."""
    for file in files:
        yield from _records(file, run)


def own_date(file: Path) -> date | None:
    """The file states no date of its own."""
    del file
    return None


def columns_of(header: Sequence[str]) -> dict[str, str]:
    """Field -> the column that it is read from."""
    return columns.labelled(header, KNOWN)


def _records(file: Path, run: Run) -> Iterator[Record]:
    table, places = read(file, run)
    names, origin = columns.names(table.header), str(file)
    name_place, code_place, date_place = places["name"], places["code"], places["established"]
    type_place = places.get("type")
    region_places = [places[field] for field in ("province", "city") if field in places]
    rounded = table.rounded((code_place,))
    for row, cells in table.rows:
        name, code = cells[name_place].strip(), cells[code_place].strip()
        is_sole_trader = type_place is not None and "个体工商户" in cells[type_place]
        yield Record(
            source=KIND,
            file=origin,
            row=row,
            list_type=REGISTER,
            subject_kind="sole_trader" if is_sole_trader else "legal_entity",
            name="" if name in NOTHING else name,
            identifiers=() if code in NOTHING else (("", code),),
            registered_in="CN",
            established=last_day(cells[date_place]),
            region="".join(cell for place in region_places if (cell := cells[place].strip()) not in NOTHING),
            rounded=rounded(cells),
            raw=dict(zip(names, cells, strict=True)),
        )
