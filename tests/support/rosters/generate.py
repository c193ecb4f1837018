"""A dirty roster from a seed: its blocks, the form of its header, the rows, what was done to them, and the truth.

Deterministic: the same seed gives the same bytes and the same truth.
"""

from dataclasses import dataclass, field
from random import Random
from typing import Final

from tests.support.dirty import sheets
from tests.support.rosters.blocks import MEMBER_FORMS, ODD_FORMS, PERSON_FORMS, ROLES, Block, Column, Maker, Named
from tests.support.rosters.truth import DirtyRoster, Kind, Party

_UNSEEN: Final = ("\u200b", "\u200e", "\ufeff", "\u2060", "\u00ad", "\ufe0f")
_WIDE: Final = str.maketrans("0123456789X", "０１２３４５６７８９Ｘ")
_KIND_WORDS: Final = {
    "legal_entity": ("企业", "法人", "法人和其他组织", "事业单位"),
    "sole_trader": ("个体工商户",),
    "natural_person": ("自然人", "个人"),
}
_FOOTERS: Final = (
    ("total", ("合计", "2家")),
    ("total", ("", "合计：2家")),
    ("total", ("总计", "", "9000000")),
    ("signature", ("填表人：示例", "", "审核人：示例", "", "2026年11月")),
    ("signature", ("制表人", "示例某", "审核人", "示例某某")),
    ("signature", ("负责人签字：", "", "日期：")),
)


@dataclass
class _Draft:
    """A roster that is being made. `grid` holds the rows under the header."""

    blocks: list[Block]
    kinds: list[str]
    grid: list[list[str]] = field(default_factory=list)
    named: list[list[list[Named]]] = field(default_factory=list)
    loose: set[int] = field(default_factory=set)
    footers: list[int] = field(default_factory=list)
    merged: list[tuple[int, int, int]] = field(default_factory=list)  # first and last row, column


def dirty_roster(seed: int) -> DirtyRoster:
    """The roster of this seed."""
    random = Random(f"roster {seed}")  # noqa: S311 - a fixed seed is wanted
    maker = Maker(random, seed)
    about = random.choices(("companies", "people", "mixed"), (7, 1, 2))[0]
    draft = _blocks(random, maker, about)
    is_xlsx = random.random() < 0.6
    count = 320 if "other_late_codes" in draft.kinds else random.choice((1, 2, 3, 5, 8, 12))
    kinds: list[Kind] = [_kind(random, about) for _ in range(count)]
    _rows(draft, random, kinds)
    _spoil(draft, random, is_xlsx=is_xlsx)
    content, first = _written(draft, random, is_xlsx=is_xlsx)
    option = {"companies": "legal_entity", "people": "natural_person", "mixed": ""}[about]
    columns = [column for block in draft.blocks for column in block.columns]
    parties = tuple(
        Party(first + row, place, one.kind, one.name, one.number, one.is_listed, row in draft.loose)
        for row, cells in enumerate(draft.named)
        for place, found in enumerate(cells)
        for one in found
    )
    return DirtyRoster(
        seed=seed,
        file_name=f"roster.{'xlsx' if is_xlsx else 'csv'}",
        content=content,
        kind=option,
        kinds=tuple(dict.fromkeys((f"about_{about}", *draft.kinds))),
        parties=parties,
        columns={place: column.field for place, column in enumerate(columns)},
        footers=tuple(first + row for row in draft.footers),
    )


def _kind(random: Random, about: str) -> Kind:
    if about == "companies":
        return "legal_entity"
    if about == "people":
        return "natural_person"
    return random.choice(("legal_entity", "legal_entity", "sole_trader", "natural_person"))


def _blocks(random: Random, maker: Maker, about: str) -> _Draft:
    labels = random.choices(("usual", "vague", "blank"), (6, 2, 1 if about == "companies" else 0))[0]
    if about == "companies" and random.random() < 0.1:
        blocks = [maker.two_codes()]
    elif about != "mixed" and random.random() < 0.25:
        blocks = [maker.odd_subject("passport" if about == "people" else random.choice(ODD_FORMS))]
    else:
        blocks = [maker.subject_block(labels, of_people=about == "people")]
    if about != "people":
        roles = random.sample(tuple(ROLES), random.choice((0, 1, 1, 1, 2)))
        blocks += [maker.people(role, random.choice(PERSON_FORMS)) for role in roles]
        if not roles and random.random() < 0.4:
            blocks.append(maker.two_owners())
        elif random.random() < 0.12:
            blocks.append(maker.other_people())
        if random.random() < 0.35:
            blocks.append(maker.members(random.choice(MEMBER_FORMS)))
    elif random.random() < 0.5:
        blocks.append(_employer(maker))
    if random.random() < 0.15:
        random.shuffle(blocks)
        blocks[0].kinds.append("order_of_blocks")
    others = [what for what in ("amount", "date", "phone", "account", "remark") if random.random() < 0.3]
    others += ["codes"] if random.random() < 0.05 else []
    others += ["late_codes"] if random.random() < 0.02 else []
    blocks += [maker.other(what) for what in others]
    if random.random() < 0.1:
        blocks.insert(0, maker.other("checked"))
    elif random.random() < 0.6:
        blocks.insert(0, maker.other("serial"))
    if about == "mixed":
        blocks.insert(random.choice((1, len(blocks))), _kind_column(maker))
    return _Draft(blocks, [kind for block in blocks for kind in block.kinds])


def _employer(maker: Maker) -> Block:
    """The employer of the person in the row, with its code: not the person's number."""

    def fill(_kind: Kind) -> tuple[list[str], list[list[Named]]]:
        one = maker.company()
        return [one.name, one.number], [[], [one]]

    columns = [
        Column("名称", "工作单位", "-"),
        Column("统一社会信用代码", maker.pick(("单位统一社会信用代码", "统一社会信用代码")), "-", is_number=True),
    ]
    return Block("工作单位", columns, fill, ["person_employer"])


def _kind_column(maker: Maker) -> Block:
    def fill(kind: Kind) -> tuple[list[str], list[list[Named]]]:
        return [maker.pick(_KIND_WORDS[kind])], [[]]

    label = maker.pick(("主体类别", "主体类型", "类别", "投标人类别", "主体性质"))
    return Block("", [Column(label, label, "subject_kind")], fill, ["kind_column"])


def _rows(draft: _Draft, random: Random, kinds: list[Kind]) -> None:
    for number, kind in enumerate(kinds):
        cells: list[str] = []
        named: list[list[Named]] = []
        for block in draft.blocks:
            own, who = block.fill(kind)
            if block.kinds[:1] == ["other_serial"]:
                own = [str(number + 1)]
            is_late = "other_late_codes" in block.kinds and number < len(kinds) - 4
            if is_late or (kind == "natural_person" and _is_of_organisations(block)):
                own, who = [""] * len(own), [[] for _ in own]
            cells += own
            named += who
        draft.grid.append(cells)
        draft.named.append(named)


def _is_of_organisations(block: Block) -> bool:
    return any(kind.startswith(("person_", "member_")) for kind in block.kinds) and "person_employer" not in block.kinds


# ---- what is done to the rows


def _spoil(draft: _Draft, random: Random, *, is_xlsx: bool) -> None:
    columns = [column for block in draft.blocks for column in block.columns]
    numbers = [place for place, column in enumerate(columns) if column.is_number]
    for row in range(len(draft.grid)):
        if random.random() < 0.3:
            place = random.choice(numbers)
            draft.kinds += _decorate(draft.grid[row], place, random, is_xlsx=is_xlsx)
        if random.random() < 0.02 and len(numbers) > 1 and len(draft.grid) > 3:
            one, other = random.sample(numbers, 2)
            cells, named = draft.grid[row], draft.named[row]
            cells[one], cells[other] = cells[other], cells[one]
            named[one], named[other] = named[other], named[one]
            draft.loose.add(row)
            draft.kinds.append("swapped_cells")
        if random.random() < 0.02:
            _mistype(draft, row, random.choice(numbers))
    if random.random() < 0.05:
        _swap_labels(draft, random)
    if is_xlsx and len(draft.grid) > 2 and random.random() < 0.25:
        _merge_down(draft, random)
    if random.random() < 0.3:
        what, cells = random.choice(_FOOTERS)
        width = len(draft.grid[0])
        if len(cells) <= width and not (cells[0] == "" and width < 2):
            draft.footers.append(len(draft.grid))
            draft.grid.append([*cells, *[""] * (width - len(cells))])
            draft.named.append([[] for _ in range(width)])
            draft.kinds.append(f"footer_{what}")


def _decorate(cells: list[str], place: int, random: Random, *, is_xlsx: bool) -> list[str]:
    cell = cells[place]
    if not cell or "*" in cell or "\n" in cell:
        return []
    how = random.choice(("invisible", "wide", "lower", "blanks", "newline", "apostrophe", "equals"))
    if how == "wide" and not cell.isalnum():
        how = "invisible"
    middle = len(cell) // 2
    changed = {
        "invisible": cell[:middle] + random.choice(_UNSEEN) + cell[middle:],
        "wide": cell.translate(_WIDE),
        "lower": cell.lower(),
        "blanks": f" {cell}\u3000",
        "newline": f"{cell}\n" if is_xlsx else f"\t{cell}",
        "apostrophe": f"'{cell}",
        "equals": f'="{cell}"',
    }[how]
    cells[place] = changed
    return [f"cell_{how}"]


def _mistype(draft: _Draft, row: int, place: int) -> None:
    """The last character of a number is another, so that its check fails."""
    cell = draft.grid[row][place]
    if len(cell) == 18 and cell.isascii() and cell.isalnum():
        draft.grid[row][place] = cell[:-1] + ("1" if cell[-1] != "1" else "2")
        draft.loose.add(row)
        draft.kinds.append("number_mistyped")


def _swap_labels(draft: _Draft, random: Random) -> None:
    """The labels of a name and of a number stand over each other's column; a clerk sees it by the cells."""
    block = random.choice([block for block in draft.blocks if len(block.columns) == 2 and block.group] or [None])
    if block is None or block.columns[0].field == "-":
        return
    one, other = block.columns
    one.part, other.part = other.part, one.part
    one.whole, other.whole = other.whole, one.whole
    draft.kinds.append("swapped_labels")


def _merge_down(draft: _Draft, random: Random) -> None:
    """The subject of a row stands in a cell merged over the next: one company, two people."""
    at = 0
    for block in draft.blocks:
        if block.kinds[:1] and block.kinds[0].startswith("subject_"):
            row = random.randrange(len(draft.grid) - 1)
            for place in range(at, at + len(block.columns)):
                draft.grid[row + 1][place] = draft.grid[row][place]
                draft.named[row + 1][place] = draft.named[row][place]
                draft.merged.append((row, row + 1, place))
            kinds = [b for b in draft.blocks if b.kinds[:1] == ["kind_column"]]
            if kinds:
                draft.loose |= {row, row + 1}
            draft.kinds.append("merged_down")
        at += len(block.columns)


# ---- the file


def _written(draft: _Draft, random: Random, *, is_xlsx: bool) -> tuple[bytes, int]:
    """The bytes, and the number of the first row under the header."""
    forms = ["one_row", "one_row", "two_rows", "two_rows_of_people"]
    header, merged, form = _header(draft, random, random.choice(forms), is_xlsx=is_xlsx)
    draft.kinds.append(f"header_{form}")
    width = len(header[0])
    titles = random.choice((0, 0, 1, 2))
    if titles:
        draft.kinds.append("title_rows")
    top: list[list[str]] = [[f"示例项目投标人登记表{i + 1}", *[""] * (width - 1)] for i in range(titles)]
    lead = len(top) + len(header)
    grid = [*top, *header, *draft.grid]
    if not is_xlsx:
        style = sheets.CsvStyle(
            encoding=random.choice(("utf_8", "utf_8_bom", "gb18030")),
            separator=random.choice(",,,;\t") if width > 1 else ",",
        )
        draft.kinds.append("csv")
        return sheets.csv_bytes(grid, style, random), lead + 1
    draft.kinds.append("xlsx")
    style_of_book = sheets.BookStyle(
        merged=[
            *((i, 0, i, width - 1) for i in range(titles)),
            *((a + titles, b, c + titles, d) for a, b, c, d in merged),
            *((a + lead, place, b + lead, place) for a, b, place in draft.merged),
        ]
    )
    return sheets.xlsx_bytes(grid, style_of_book), lead + 1


def _header(
    draft: _Draft, random: Random, form: str, *, is_xlsx: bool
) -> tuple[list[list[str]], list[tuple[int, int, int, int]], str]:
    """The rows of labels, the merged ranges in them, and the form that it came to."""
    upper: list[str] = []
    lower: list[str] = []
    merged: list[tuple[int, int, int, int]] = []
    has_parts = False
    for block in draft.blocks:
        place, many = len(upper), len(block.columns)
        of_people = any(kind.startswith(("person_", "member_")) for kind in block.kinds)
        is_grouped = (
            bool(block.group) and many > 1 and (form == "two_rows" or (form == "two_rows_of_people" and of_people))
        )
        if is_grouped:
            upper += [block.group, *[""] * (many - 1)]
            lower += [column.part for column in block.columns]
            merged.append((0, place, 0, place + many - 1))
            has_parts = True
        elif block.is_group_only:
            upper += [block.group, *[""] * (many - 1)]
            lower += [""] * many
            merged.append((0, place, 0, place + many - 1))
        else:
            labels = [column.whole for column in block.columns]
            upper += ["" for _ in labels] if form == "two_rows_of_people" else labels
            lower += labels if form == "two_rows_of_people" else ["" for _ in labels]
            if form == "two_rows":
                merged += [(0, place + i, 1, place + i) for i in range(many)]
    if not has_parts:
        flat = [a or b for a, b in zip(upper, lower, strict=True)]
        mark = random.choice(("", "", "", "number", "star"))
        if mark:
            draft.kinds.append(f"labels_{mark}")
        marks = {"number": "{1}.{0}", "star": "*{0}"}
        flat = [marks[mark].format(label, i) if mark and label else label for i, label in enumerate(flat, 1)]
        across = [(a, b, a, d) for a, b, c, d in merged if d > b]
        return [flat], across, "one_row"
    if not is_xlsx:
        merged = []
    return [upper, lower], merged, form
