"""What a careful clerk reads in a dirty list: who stands in each row, and which questions must not be answered clear.

Excluded: how the list was made dirty (`rows`, `damage`, `sheets`) and how the questions are asked (`asking`). Source:
DESIGN section 5, "Unreadable rows" and "One number, one subject".
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Final, Literal

from tests.support.dirty.numbers import Number

DAY: Final = date(2026, 7, 1)
"""The day on which all lists are compiled and all questions are asked."""

Kind = Literal["legal_entity", "sole_trader", "natural_person"]
Expectation = Literal["not_clear", "candidate", "recorded", "clear"]


@dataclass(frozen=True)
class Ask:
    """A question and what must hold of its answer.

    `not_clear`: neither CLEAR nor FAVOURED. `candidate`: not clear, and someone is named as a candidate. `recorded`: a
    penalty or permit is in the answer. `clear`: nobody is listed by this number, so the question can see a miss. An
    error is always a failure. `form` says how the question is written.
    """

    kind: Kind
    action: str
    expects: Expectation
    form: str
    scheme: str = ""
    number: str = ""
    name: str = ""


@dataclass
class Truth:
    """One row as the clerk reads it.

    `row` is counted as a spreadsheet counts. `numbers` are complete and valid. `may_be_clear` is empty, or why the row
    has no effect. `kinds` are the kinds of damage in it.
    """

    row: int
    kind: Kind
    name: str
    numbers: tuple[Number, ...]
    kinds: tuple[str, ...]
    may_be_clear: str
    asks: tuple[Ask, ...]


@dataclass(frozen=True)
class Refusal:
    """A file that may be refused as a whole. One of `words` must stand in the error; `is_certain` if it must be."""

    words: tuple[str, ...]
    is_certain: bool = False


@dataclass
class DirtyList:
    """A file and its truth. `source` is the kind of source that reads it; `kinds` are those of the file itself."""

    seed: int
    source: str
    layout: str
    file_name: str
    content: bytes
    kinds: tuple[str, ...]
    truths: tuple[Truth, ...]
    controls: tuple[Ask, ...] = ()
    refusal: Refusal | None = None
    own_source: dict[str, str] = field(default_factory=dict)  # file name -> text, of a source that the operator made

    def all_kinds(self) -> set[str]:
        """The kinds of the file and of every row; those of the file alone where it is no list."""
        if any(kind.startswith("no_list_") for kind in self.kinds):
            return set(self.kinds)
        return set(self.kinds).union(*(truth.kinds for truth in self.truths))

    def questions(self) -> list[tuple[Truth | None, Ask]]:
        """All questions in the order of the rows; the controls, which belong to no row, last."""
        return [(truth, ask) for truth in self.truths for ask in truth.asks] + [(None, ask) for ask in self.controls]


def masked(text: str) -> str:
    """A number or name for a message: its ends only."""
    return text if len(text) < 5 else f"{text[:2]}{'*' * (len(text) - 4)}{text[-2:]}"
