"""Which column of a roster is which: a guess, with examples in which every number is masked, for a person to confirm.

The kind of subject is never guessed from a number: a column says it, or the person who asks.
"""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Final, NamedTuple

from xingate.types import SubjectKind
from xingate_adapters import guesses
from xingate_adapters.guesses import ColumnGuess, guess_columns, header_of
from xingate_adapters.reading import columns
from xingate_adapters.reading.errors import SourceError, quoted
from xingate_adapters.reading.probe import probe
from xingate_adapters.reading.tables import Layout
from xingate_server.core.entry import fold_word
from xingate_server.core.identifiers import hide, mask_text
from xingate_server.core.subject import KIND_WORDS

SURE: Final = 0.9
"""A guess below this wants a person's word."""
IGNORED: Final = "-"
FIELDS: Final[Mapping[str, str]] = {
    "identifiers": "号码 number",
    "name": "名称 name",
    "subject_kind": "主体类别 kind",
    "id_scheme": "证件类型 scheme",
    "legal_representative": "法定代表人 legal representative",
    "legal_representative_id": "法定代表人号码 its number",
    "principal": "主要负责人 principal",
    "principal_id": "主要负责人号码 its number",
    "related": "关联人员 related people",
    "matter": "事项编号 matter",
}
PERSON_NUMBERS: Final = ("legal_representative_id", "principal_id")
_EXAMPLES: Final = 3
_LONGEST_EXAMPLE: Final = 24
_SHORTEST_NUMBER: Final = 5

_MORE: Final[Mapping[str, Sequence[str]]] = {
    "identifiers": ("信用代码", "代码", "证件号", "身份证", "统一信用代码", "id number", "credit code", "number"),
    "name": (
        *("投标人", "投标人名称", "投标单位", "供应商", "供应商名称", "申请人", "申请人名称", "申请单位", "候选人"),
        *(
            "候选人姓名",
            "考生姓名",
            "公司名称",
            "单位",
            "企业",
            "bidder",
            "applicant",
            "candidate",
            "company",
            "supplier",
        ),
    ),
    "subject_kind": ("主体性质", "投标人类别", "申请人类别", "kind"),
    "id_scheme": ("证件种类", "scheme"),
    "legal_representative": ("法人姓名", "法定代表人名称", "legal representative"),
    "legal_representative_id": (
        *("法定代表人身份证号码", "法定代表人身份证", "法定代表人号码", "法人身份证号码", "法人身份证"),
        "legal representative id",
    ),
    "principal": ("主要负责人", "实际控制人", "项目负责人", "项目经理"),
    "principal_id": tuple(
        f"{who}{what}"
        for who in ("主要负责人", "实际控制人", "项目负责人", "项目经理")
        for what in ("身份证号", "身份证号码", "证件号码", "号码")
    ),
    "matter": ("事项编号", "办件编号", "标段编号", "标段", "项目编号", "申请编号", "受理号"),
}
SYNONYMS: Final = {field: (field, *guesses.SYNONYMS.get(field, ()), *_MORE.get(field, ())) for field in FIELDS}
# What people write for a kind beside the words of the lists; each says what it is.
_KINDS: Final[Mapping[str, SubjectKind]] = {
    **{word: SubjectKind[kind.name] for word, kind in KIND_WORDS.items()},
    **dict.fromkeys(("法人", "企业法人", "企业", "单位", "其他组织", "事业单位", "社会组织"), SubjectKind.LEGAL_ENTITY),
    "个体户": SubjectKind.SOLE_TRADER,
    "个人": SubjectKind.NATURAL_PERSON,
}


class MapError(ValueError):
    """A column or a field of `--map` that there is not; the text is one line."""


class RosterColumn(NamedTuple):
    """A column: its place from 0, its label, what it is read as ("" nothing), how sure that is, and masked examples."""

    place: int
    label: str
    field: str
    confidence: float
    why: str
    examples: tuple[str, ...]


class RosterLayout(NamedTuple):
    """How a roster is laid out, as guessed and then corrected. `unread` are other visible sheets that have rows."""

    file: Path
    table: Layout
    columns: tuple[RosterColumn, ...]
    unread: tuple[str, ...] = ()

    def places(self, field: str) -> tuple[int, ...]:
        """The places of a field's columns."""
        return tuple(column.place for column in self.columns if column.field == field)

    @property
    def has_people(self) -> bool:
        """Whether people of a row are asked about too: where the roster has their numbers."""
        return any(self.places(field) for field in (*PERSON_NUMBERS, "related"))

    @property
    def confidence(self) -> float:
        """Of the least sure of the columns that are used or may be a person's; 0 where nobody could be asked about."""
        used = [one.confidence for one in self.columns if one.field or one.why.startswith(guesses.UNSURE)]
        return min(used) if self.places("identifiers") or self.places("name") else 0.0

    def mapped(self, given: Mapping[str, str]) -> "RosterLayout":
        """The layout with columns read as given: label -> field, or `-` for none. Raises MapError."""
        by_label = {columns.fold(column.label): column for column in self.columns}
        changed: dict[int, RosterColumn] = {}
        for label, field in given.items():
            column = by_label.get(columns.fold(label))
            if column is None:
                labels = [one.label for one in self.columns]
                close = get_close_matches(label, labels, n=1)
                raise MapError(
                    f"`{self.file}` has no column `{label}`: "
                    + (f"did you mean `{close[0]}`" if close else f"expected one of {', '.join(labels)}")
                )
            if sum(1 for one in self.columns if columns.fold(one.label) == columns.fold(label)) > 1:
                raise MapError(f"`{self.file}` has two columns `{label}`: rename one of them")
            if field not in (*FIELDS, IGNORED):
                raise MapError(f"`{field}` is no field of a roster: expected one of {', '.join((*FIELDS, IGNORED))}")
            changed[column.place] = column._replace(
                field="" if field == IGNORED else field, confidence=1.0, why="as said"
            )
        taken = {column.field for column in changed.values()} - {"", "identifiers"}
        kept = (
            changed.get(one.place) or (one._replace(field="", why="as said") if one.field in taken else one)
            for one in self.columns
        )
        return self._replace(columns=tuple(kept))


def kind_of(word: str) -> SubjectKind | None:
    """The kind that a word says, None for one that is not known."""
    return _KINDS.get(word) or _KINDS.get(fold_word(word))


def guess_layout(file: Path) -> RosterLayout:
    """What a roster's columns seem to be. Raises SourceError for what can never be read."""
    found = probe(file)
    if found.form not in ("csv", "xlsx"):
        raise SourceError(f"a roster in {found.form}", file=file, expected="xlsx or csv with a header")
    if found.alike:
        titles = ", ".join(map(quoted, (found.sheet, *found.alike)))
        raise SourceError(
            f"sheets with the same columns ({titles})",
            file=file,
            expected="one sheet with rows",
            hint="save each sheet as a file of its own, or hide those that are not meant",
        )
    header_row, header = header_of(found, SYNONYMS)
    body = [cells for row, cells in found.head if row > header_row]
    named = [place for place, label in enumerate(header) if label]
    guessed = _settled(guess_columns(header, body, SYNONYMS))
    layout = Layout(found.delimiter, found.sheet if len(found.sheets) > 1 else "", header_row)
    return RosterLayout(
        file,
        layout,
        tuple(
            RosterColumn(place, guess.label, guess.field, guess.confidence, guess.why, _examples(guess, body, place))
            for place, guess in zip(named, guessed, strict=True)
        ),
        found.unread,
    )


def _settled(found: Sequence[ColumnGuess]) -> list[ColumnGuess]:
    """Only fields of a roster; a column that merely looks like numbers is the subject's where no label says so."""
    is_named = any(guess.field == "identifiers" and guess.why.startswith("its label") for guess in found)
    settled = []
    for guess in found:
        is_other = guess.field not in FIELDS
        if not is_other and guess.field == "identifiers" and is_named:
            is_other = not guess.why.startswith("its label")
        settled.append(ColumnGuess(guess.label, "", 0.0, guess.why if guess.field == "" else "") if is_other else guess)
    return settled


def _examples(guess: ColumnGuess, body: Sequence[Sequence[str]], place: int) -> tuple[str, ...]:
    cells = dict.fromkeys(cells[place].strip() for cells in body if place < len(cells) and cells[place].strip())
    is_number = guess.field in ("identifiers", "related", *PERSON_NUMBERS)
    return tuple(
        _masked_digits(cell)[:_LONGEST_EXAMPLE] if is_number else mask_text(cell)[:_LONGEST_EXAMPLE]
        for cell in list(cells)[:_EXAMPLES]
    )


def _masked_digits(cell: str) -> str:
    parts = cell.replace("：", ":").split(":")
    return ":".join(
        hide(part, 4, 2) if any(c.isdigit() for c in part) and len(part) >= _SHORTEST_NUMBER else part for part in parts
    )
