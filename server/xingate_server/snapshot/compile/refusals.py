"""`refused.jsonl`: every refused row, one object a line, with identity numbers masked."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from heapq import merge
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

import msgspec

from xingate_server.core.entry import Record
from xingate_server.core.identifiers.parsing import SHORTEST_SHAPE, mask_text
from xingate_server.core.identifiers.privacy import personal_numbers, without
from xingate_server.core.subject import SubjectKeyer
from xingate_server.snapshot.compile.counts import FileTally

_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(tuple[tuple[str, ...], tuple[str, ...]]).decode
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


Part = tuple[str, list[tuple[int, int]]]
"""A file that one process wrote, and the numbers of its blocks in the order in which they stand, with their bytes."""


class Refusals:
    """What one process refuses, in numbered blocks; `gather` brings the blocks of all processes into order."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("xb")
        self._encode = msgspec.json.Encoder().encode
        self._blocks: list[tuple[int, int]] = []
        self._block = self._length = 0

    def __enter__(self) -> "Refusals":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def begin(self, block: int) -> None:
        """What follows stands in this block."""
        if self._length:
            self._blocks.append((self._block, self._length))
        self._block, self._length = block, 0

    def close(self) -> Part:
        """Write all; where it is."""
        self.begin(0)
        self._file.close()
        return str(self._path), self._blocks

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
        self._length += self._file.write(self._encode(line) + b"\n")


def gather(parts: Sequence[Part], out: BinaryIO) -> None:
    """Append the blocks of all parts in the order of their numbers, and remove the parts."""
    with ExitStack() as stack:
        files = [stack.enter_context(Path(path).open("rb")) for path, _ in parts]
        blocks = ([(number, place, length) for number, length in part] for place, (_, part) in enumerate(parts))
        out.writelines(files[place].read(length) for _, place, length in merge(*blocks))
    for path, _ in parts:
        Path(path).unlink()


def pack_row(record: Record) -> bytes:
    """The masked row, packed for the spool."""
    return _pack((tuple(record.raw), _masked_cells(record)))


def unpack_row(packed: bytes) -> dict[str, str]:
    """The masked row of `pack_row`; empty if nothing was packed."""
    names, cells = _unpack(packed) if packed else ((), ())
    return dict(zip(names, cells, strict=True))


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
    return dict(zip(record.raw, _masked_cells(record), strict=True))


def _masked_cells(record: Record) -> list[str]:
    cells, numbers = list(record.raw.values()), personal_numbers(record)
    if numbers:
        joined = without(_CELL_END.join(cells), numbers).split(_CELL_END)
        cells = joined if len(joined) == len(cells) else [without(cell, numbers) for cell in cells]
    return [cell if len(cell) < SHORTEST_SHAPE else mask_text(cell) for cell in cells]
