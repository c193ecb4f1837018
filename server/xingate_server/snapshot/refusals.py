"""`refused.jsonl`: every refused row, one object a line, with identity numbers masked."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType

import msgspec

from xingate_server.core.entry import Record
from xingate_server.core.privacy import hidden, personal_numbers
from xingate_server.core.subject import SubjectKeyer
from xingate_server.snapshot.tally import FileTally

_CELL_END = "\x00"  # stands in no sensible cell and in no number


class Refusal(msgspec.Struct, frozen=True):
    """One line. `row` counts as a person sees it in a spreadsheet; `digest` is the keyed digest of the whole row, ""
    where another row is the reason and nothing can be corrected in this one."""

    source: str
    file: str
    row: int
    reasons: Sequence[str]
    details: Sequence[str]
    raw: Mapping[str, str]
    digest: str = ""


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
        digest: str = "",
    ) -> None:
        """Add a line; the row is masked already (`masked_row`)."""
        line = Refusal(file.source.plan.kind, str(file.path), row, reasons, details, masked, digest)
        self._file.write(self._encode(line) + b"\n")


def read_refusals(path: Path) -> Iterator[Refusal]:
    """The lines of a `refused.jsonl`."""
    decoder = msgspec.json.Decoder(Refusal)
    with path.open("rb") as lines:
        for line in lines:
            yield decoder.decode(line)


def row_digest(keyer: SubjectKeyer, cells: Iterable[str]) -> str:
    """A keyed digest of a row's cells: a later row can be compared with it, and no number can be guessed from it."""
    return keyer.digest(msgspec.json.encode(list(cells))).hex()


def masked_row(record: Record) -> dict[str, str]:
    """The row by its own columns, every number of a person masked: by its place in the record, or by its shape."""
    raw, numbers = record.raw, personal_numbers(record)
    cells = hidden(_CELL_END.join(raw.values()), numbers).split(_CELL_END)
    if len(cells) != len(raw):
        cells = [hidden(cell, numbers) for cell in raw.values()]
    return dict(zip(raw, cells, strict=True))
