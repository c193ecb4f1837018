"""A roster as a careful clerk reads it: what its columns are, and which listed parties must not come out CLEAR unsaid.

Excluded: how a roster is made dirty (`blocks`, `generate`) and how the product is asked (`asking`). Source: the rules
of docs/rosters.md.
"""

from dataclasses import dataclass, field
from typing import Final, Literal

ACTION: Final = "tender.bid"
"""The action of all questions: whoever is on the list is restricted in it."""

Kind = Literal["legal_entity", "sole_trader", "natural_person"]


@dataclass(frozen=True)
class Party:
    """Somebody whom a row names. `place` is the column of the number (of the name, where there is none); `is_loose`
    says that the row's own words are wrong, so that any word about the row will do."""

    row: int
    place: int
    kind: Kind
    name: str
    number: str
    is_listed: bool
    is_loose: bool = False


@dataclass
class DirtyRoster:
    """A file and its truth. `kind` is what the clerk gives with `--kind`, "" where a column says it; `columns` is what
    the clerk answers when asked about a column (place -> field, "-" for none); `footers` are rows that are no
    parties."""

    seed: int
    file_name: str
    content: bytes
    kind: str
    kinds: tuple[str, ...]
    parties: tuple[Party, ...]
    columns: dict[int, str]
    footers: tuple[int, ...] = ()
    listed: list[Party] = field(init=False)

    def __post_init__(self) -> None:
        self.listed = [party for party in self.parties if party.is_listed]
