"""City list rows to records: every cell goes to the field of its name, as the city wrote it.

The words (`list_type`, `severity`, `status` ...) are left to admission, which reads them in code or Chinese. A
blank `id_scheme` stays blank: admission then reads the code by its shape. A last day that stands for no end is
blank; in other dates it is malformed.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import count
from pathlib import Path

from xingate_adapters.reading.cells.text import NOTHING, OPTIONAL_DAYS, day, last_day, optional_day
from xingate_adapters.reading.run import Run
from xingate_adapters.reading.tables import columns
from xingate_adapters.sources.city_list.read import KNOWN, read
from xingate_server.core.entry import Record

KIND = "city_list"
_DATES = ("document_date", "notice_start", "notice_end", "valid_from", "valid_until", "status_date")
_OWN_FIELDS = ("code", "id_scheme")


def records(files: Sequence[Path], run: Run) -> Iterator[Record | None]:
    """One record per row; None if it is not asked for."""
    ordinals = count()
    for file in files:
        yield from _records(file, run, ordinals)


def own_date(file: Path) -> date | None:
    """The rows have dates of their own; the file has none."""
    del file
    return None


def columns_of(header: Sequence[str]) -> dict[str, str]:
    """Field -> the column that it is read from."""
    return columns.labelled(header, KNOWN)


def _records(file: Path, run: Run, ordinals: Iterator[int]) -> Iterator[Record | None]:
    table, places = read(file, run)
    names, origin = columns.names(table.header), str(file)
    texts = [(field, place) for field, place in places.items() if field not in (*_DATES, *_OWN_FIELDS)]
    read_day = dict.fromkeys(OPTIONAL_DAYS, optional_day) | {"valid_until": last_day}
    dates = [(field, places[field], read_day.get(field, day)) for field in _DATES if field in places]
    code_place, scheme_place = places["code"], places.get("id_scheme")
    rounded = table.rounded((code_place, places.get("legal_representative_id")), (places.get("related"),))
    for (row, cells), ordinal in zip(table.rows, ordinals):  # noqa: B905
        if not run.holds(ordinal):
            yield None
            continue
        stripped = list(map(str.strip, cells))
        fields = {field: cell for field, place in texts if (cell := stripped[place]) not in NOTHING}
        for field, place, plain in dates:
            if (cell := stripped[place]) and (cell := plain(cell)):
                fields[field] = cell
        code = stripped[code_place]
        scheme = "" if scheme_place is None or stripped[scheme_place] in NOTHING else stripped[scheme_place]
        yield Record(
            source=KIND,
            file=origin,
            row=row,
            list_type=fields.pop("list_type", ""),
            identifiers=() if code in NOTHING else ((scheme, code),),
            rounded=rounded(stripped),
            raw=dict(zip(names, cells, strict=True)),
            **fields,  # type: ignore[arg-type]  # every field named here is text
        )
