"""A dirty list from a seed: the layout, the form of the file, clean rows, damages, and the questions to ask.

Deterministic: the same seed gives the same bytes and the same truth. Excluded: compiling and asking (`asking`).
"""

from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Final

from tests.support.dirty import layouts, rows, sheets
from tests.support.dirty.damage import Place
from tests.support.dirty.menu import MENU
from tests.support.dirty.numbers import Numbers
from tests.support.dirty.questions import controls, truth_of
from tests.support.dirty.rows import Maker, Row
from tests.support.dirty.truth import DirtyList, Refusal
from tests.support.dirty.writers import BookWriter, CsvWriter

_MAKERS: Final[dict[str, tuple[str, dict[str, str], Callable[[Maker], Row]]]] = {
    "city_codes": ("city_list", {field: field for field in layouts.CITY}, rows.city_row),
    "city_labels": ("city_list", layouts.CITY, rows.city_row),
    "penalty_codes": ("double_publicity", layouts.PENALTY_CODES, rows.penalty_row),
    "penalty_labels": ("double_publicity", layouts.PENALTY, rows.penalty_row),
    "permit_labels": ("double_publicity", layouts.PERMIT, rows.permit_row),
    "court_keys": ("judgment_debtor", layouts.COURT_KEYS, rows.court_row),
    "court_labels": ("judgment_debtor", layouts.COURT, rows.court_row),
    "tax": ("tax_violation", layouts.TAX, rows.tax_row),
    "international": ("example_council", layouts.INTERNATIONAL, rows.international_row),
}
_WEIGHTS: Final = (20, 30, 4, 6, 8, 5, 7, 9, 11)
_NO_LISTS: Final = {
    "password": (("password", "encrypt", "protected"), "list.xlsx"),
    "web_page": (("web page", "html", "HTML"), "list.xls"),
    "excel_97": (("Excel 97", "xls", "old"), "list.xls"),
    "xml_2003": (("xml", "XML", "2003"), "list.xls"),
    "open_quote": (("quote",), "list.csv"),
}


def dirty_list(seed: int) -> DirtyList:
    """The list of this seed."""
    random = Random(f"dirty {seed}")  # noqa: S311 - a fixed seed is wanted
    if random.random() < 0.12:
        return _no_list(seed, random)
    layout = random.choices(tuple(_MAKERS), _WEIGHTS)[0]
    is_xlsx = random.random() < 0.42
    made, maker = _rows(seed, random, layout, is_xlsx=is_xlsx)
    source, labels, _ = _MAKERS[layout]
    writer = BookWriter(random, layout, labels) if is_xlsx else CsvWriter(random, layout, labels)
    content = writer.write(made)
    truths = tuple(
        truth_of(row, number, random, maker.numbers) for row, number in zip(made, writer.row_numbers, strict=True)
    )
    return DirtyList(
        seed=seed,
        source=source,
        layout=layout,
        file_name=f"list.{'xlsx' if is_xlsx else 'csv'}",
        content=content,
        kinds=(f"layout_{layout}", *writer.kinds),
        truths=truths,
        controls=controls(made, maker),
        refusal=writer.refusal,
        own_source=layouts.OWN_SOURCE if layout == "international" else {},
    )


def _rows(seed: int, random: Random, layout: str, *, is_xlsx: bool) -> tuple[list[Row], Maker]:
    maker = Maker(random, Numbers(seed, random))
    place = Place(random, maker, is_xlsx, layout)
    made: list[Row] = []
    for _ in range(random.randint(5, random.choice((12, 40)))):
        row = _MAKERS[layout][2](maker)
        row.asked_names.insert(0, row.name)
        if layout == "court_labels":  # no column says the kind: a clerk reads it from sex, age and number
            row.cells["party"] = {"0": "自然人", "1": "法人或其他组织"}[row.cells["party"]]
        if (
            made and random.random() < 0.68
        ):  # the first stays clean: a source without any good row is missing as a whole
            _spoil(row, place, random.choice((1, 1, 2, 3)))
        made.append(row)
        if "duplicate_number" in row.kinds:
            cells = dict(row.cells)
            cells["reference" if layout == "international" else "document_no"] = maker.document()
            made.append(replace(row, cells=cells, kinds=[*row.kinds], asked_names=[*row.asked_names]))
    return made, maker


def _spoil(row: Row, place: Place, count: int) -> None:
    for _ in range(count):
        items = [item for item in MENU if item.fits(row, place.layout)]
        if not items:
            return
        item = place.random.choices(items, [item.weight for item in items])[0]
        before = row.name
        if item.damage(row, place):
            row.kinds.append(item.kind)
            row.slots |= item.slots
            row.asked_names = [row.name if name == before else name for name in row.asked_names]


def _no_list(seed: int, random: Random) -> DirtyList:
    """A file that is no list under a list's name: its cause is named; web pages and old xml may also be read."""
    kind = random.choice(tuple(_NO_LISTS))
    words, name = _NO_LISTS[kind]
    made, maker = _rows(seed, random, "city_labels", is_xlsx=False)
    grid = [list(layouts.CITY.values()), *([row.cells.get(f, "") for f in layouts.CITY] for row in made)]
    if kind == "password":
        content = sheets.compound_file(("EncryptedPackage", "EncryptionInfo"))
    elif kind == "excel_97":
        content = sheets.compound_file(("Workbook",))
    elif kind == "web_page":
        content = sheets.web_page(grid)
    elif kind == "xml_2003":
        content = sheets.xml_2003(grid)
    else:
        text = sheets.csv_bytes(grid, sheets.CsvStyle(), random).decode()
        line = text.index("\r\n", len(text) // 3) + 2
        content = (text[:line] + '"' + text[line:]).replace('""', '"').encode()
    is_readable = kind in {"web_page", "xml_2003"}
    truths = [truth_of(row, number, random, maker.numbers) for number, row in enumerate(made, 2)]
    return DirtyList(
        seed=seed,
        source="city_list",
        layout="city_labels",
        file_name=name,
        content=content,
        kinds=(f"no_list_{kind}",),
        truths=tuple(truths) if is_readable else (),
        controls=controls(made, maker) if is_readable else (),
        refusal=Refusal(words, is_certain=not is_readable),
    )
