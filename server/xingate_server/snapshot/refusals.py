"""`refused.jsonl`: every refused row, one object a line, with identity numbers masked."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

import msgspec

from xingate_server.core.entry import Record, fold_word
from xingate_server.core.identifiers import hide, mask_text
from xingate_server.core.subject import KIND_WORDS, SubjectClass, class_of
from xingate_server.snapshot.tally import FileTally

SHORTEST_NUMBER = 5  # shorter ones are no document's, and would be found inside other cells
_CELL_END = "\x00"  # stands in no sensible cell and in no number


class Refusal(msgspec.Struct, frozen=True):
    """One line. `row` counts as a person sees it in a spreadsheet."""

    source: str
    file: str
    row: int
    reasons: Sequence[str]
    details: Sequence[str]
    raw: Mapping[str, str]


class Refusals:
    """The open file."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")
        self._encode = msgspec.json.Encoder().encode

    def __enter__(self) -> "Refusals":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def write(
        self,
        file: FileTally,
        row: int,
        reasons: Sequence[str],
        details: Sequence[str],
        masked: Mapping[str, str],
    ) -> None:
        """Add a line; the row is masked already (`masked_row`)."""
        line = Refusal(file.source.plan.kind, str(file.path), row, reasons, details, masked)
        self._file.write(self._encode(line) + b"\n")


def masked_row(record: Record) -> dict[str, str]:
    """The row by its own columns, every number of a person masked: by its place in the record, or by its shape."""
    raw, numbers = record.raw, _personal_numbers(record)
    cells = _masked(_CELL_END.join(raw.values()), numbers).split(_CELL_END)
    if len(cells) != len(raw):
        cells = [_masked(cell, numbers) for cell in raw.values()]
    return dict(zip(raw, cells, strict=True))


def _masked(text: str, numbers: Sequence[str]) -> str:
    for number in numbers:
        text = text.replace(number, hide(number, 1, 2))
    return mask_text(text)


def _personal_numbers(record: Record) -> list[str]:
    """The cells that hold a document's number of a person, of whatever shape; unknown kinds count as persons."""
    kind = KIND_WORDS.get(fold_word(record.subject_kind))
    numbers = [record.legal_representative_id]
    numbers += [part.rpartition(":")[2] for part in record.related.replace("：", ":").replace("；", ";").split(";")]
    if kind is None or class_of(kind) is SubjectClass.PERSON:
        numbers += [text for _, text in record.identifiers]
    return [number for number in (number.strip() for number in numbers) if len(number) >= SHORTEST_NUMBER]
