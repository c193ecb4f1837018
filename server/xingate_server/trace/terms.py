"""What a search looks at first: 32 bytes for each leaf, in blocks that are kept in a table beside the log.

A row holds where the leaf stands, its minute and, as 32-bit digests, what can be searched for. Millions of rows are
gone through in a second, newest first, whatever is asked for, and they are written a thousand at once behind the
commits. Rows are derived and only say where to look: each leaf that may fit is read itself, and so is one without a
row or in a block whose checksum does not hold. Losing rows costs time alone. Texts are digested by CRC-32, and of a
subject's keyed hash the first 32 bits are taken, so no row says more than its leaf. Excluded: the tables
(`trace.terms_sqlite`, `trace.terms_postgres`) and the search (`trace.search`).
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import groupby
from struct import Struct
from time import monotonic
from typing import Final, NamedTuple
from zlib import crc32

import msgspec

from xingate_server.trace.leaf import ActLeaf, CheckLeaf, DenialLeaf, Leaf, OutcomeLeaf

CHUNK: Final = 1 << 16
"""Leaves that have their blocks together."""
WRITE_AT: Final = 1024
WRITE_AFTER_S: Final = 60.0
KIND_CODES: Final[Mapping[str, int]] = {"check": 1, "outcome": 2, "denial": 3, "act": 4}
VERDICTS_PER_KIND: Final = 16
COLUMNS: Final = ("place", "minute", "subject", "matter", "organisation", "operator", "action", "what")
"""`place` counts from the chunk's first leaf, `minute` from 1970 in UTC; `what` is the kind's code times 16 plus the
verdict; the others are digests, 0 for what a leaf does not have."""

_WIDTH = len(COLUMNS)
_TERMS = Struct(f"<{_WIDTH - 1}I")
_NUMBER = Struct("<I")
_FEW = 8  # values that are worth looking for in the bytes of a block


class Block(NamedTuple):
    """Rows of one chunk, `content` as it is stored: a checksum, then the rows by their places."""

    chunk: int
    first: int
    content: bytes


class Sought(msgspec.Struct, frozen=True):
    """What rows must hold: in each column one of some values, and a minute from `first` on, before `end` (None:
    open)."""

    values: Mapping[str, frozenset[int]]
    first: int | None = None
    end: int | None = None


def text_term(text: str) -> int:
    """The digest of a text; 0 for none."""
    return crc32(text.encode("utf-8", "surrogatepass")) if text else 0


def subject_term(subject_key: bytes) -> int:
    """The digest of a subject's key."""
    return int.from_bytes(subject_key[:4], "big")


def minute_of(time: datetime) -> int:
    """The minute of an aware time."""
    return int(time.timestamp()) // 60


@lru_cache(maxsize=4096)
def asker_terms(organisation: str, operator: str, action: str) -> tuple[int, int, int]:
    """The digests of what recurs."""
    return text_term(organisation), text_term(operator), text_term(action)


def check_terms(minute: int, subject_key: bytes, matter: str, asker: tuple[int, int, int], verdict: int) -> bytes:
    """The row of a lookup but for its place; `asker` is made by `asker_terms`."""
    what = VERDICTS_PER_KIND + verdict  # the code of a lookup is 1
    return _TERMS.pack(minute, subject_term(subject_key), text_term(matter), *asker, what)


def terms_of(leaf: Leaf) -> bytes:
    """The row of any leaf but for its place. Raises ValueError for a time that is none."""
    minute = minute_of(datetime.fromisoformat(leaf.time))
    if isinstance(leaf, CheckLeaf):
        asker = asker_terms(leaf.organisation, leaf.operator, leaf.action)
        return check_terms(minute, leaf.subject_key, leaf.matter, asker, leaf.verdict)
    organisation = "" if isinstance(leaf, ActLeaf) else leaf.organisation
    asker = asker_terms(organisation, leaf.operator, "")
    return _TERMS.pack(minute, 0, 0, *asker, KIND_CODES[kind_of(leaf)] * VERDICTS_PER_KIND)


def kind_of(leaf: Leaf) -> str:
    """The kind of a leaf, as `log.LeafKind`."""
    if isinstance(leaf, CheckLeaf):
        return "check"
    if isinstance(leaf, OutcomeLeaf):
        return "outcome"
    return "denial" if isinstance(leaf, DenialLeaf) else "act"


class Waiting:
    """Rows that wait to be written, for the thread that commits."""

    def __init__(self) -> None:
        self._rows: list[tuple[int, bytes]] = []
        self._since_s = 0.0

    def add(self, rows: Iterable[tuple[int, bytes]]) -> None:
        """Take the indexes and rows of leaves that were just appended; nothing for those without."""
        if not self._rows:
            self._since_s = monotonic()
        self._rows += [row for row in rows if row[1]]

    def take(self, *, at_once: bool = False) -> list[Block]:
        """What is to be written now: nothing while it is little and fresh."""
        is_due = at_once or len(self._rows) >= WRITE_AT or monotonic() - self._since_s >= WRITE_AFTER_S
        if not (self._rows and is_due):
            return []
        rows, self._rows = self._rows, []
        return blocks_of(rows)


def blocks_of(rows: Sequence[tuple[int, bytes]]) -> list[Block]:
    """Rows by their leaf index, ascending, as blocks."""
    blocks = []
    for chunk, some in groupby(rows, lambda row: row[0] // CHUNK):
        mine = list(some)
        content = b"".join([_NUMBER.pack(index % CHUNK) + terms for index, terms in mine])
        blocks.append(Block(chunk, mine[0][0], _NUMBER.pack(crc32(content, chunk)) + content))
    return blocks


def candidates(contents: Iterable[bytes], sought: Sought, start: int, stop: int) -> list[int]:
    """The leaves from `start` on, before `stop`, all of one chunk, that have to be read, newest first: those that may
    fit, and those of which the chunk's blocks do not tell."""
    base = start // CHUNK * CHUNK
    is_unknown = bytearray(b"\x01") * CHUNK
    found: set[int] = set()
    for content in contents:
        rows = content[_NUMBER.size :]
        if len(rows) % (_WIDTH * _NUMBER.size) or _NUMBER.pack(crc32(rows, base // CHUNK)) != content[: _NUMBER.size]:
            continue
        table = memoryview(rows).cast("I")
        places = table[::_WIDTH]
        if len(places) and places[-1] - places[0] + 1 == len(places):
            is_unknown[places[0] : places[-1] + 1] = bytes(len(places))
        else:
            for place in places:
                is_unknown[place] = 0
        found.update(base + places[n] for n in _fitting(rows, table, sought))
    found.update(base + place for place in range(start - base, stop - base) if is_unknown[place])
    return sorted((index for index in found if start <= index < stop), reverse=True)


def _fitting(rows: bytes, table: "memoryview[int]", sought: Sought) -> Sequence[int]:
    """Which rows of a block may be sought."""
    for values in sought.values.values():
        if len(values) <= _FEW and not any(_NUMBER.pack(value) in rows for value in values):
            return ()
    fitting: Sequence[int] = range(len(table) // _WIDTH)
    for name, values in sought.values.items():
        column = table[COLUMNS.index(name) :: _WIDTH]
        fitting = [n for n in fitting if column[n] in values]
    minutes = table[COLUMNS.index("minute") :: _WIDTH]
    if sought.first is not None:
        fitting = [n for n in fitting if minutes[n] >= sought.first]
    if sought.end is not None:
        fitting = [n for n in fitting if minutes[n] < sought.end]
    return fitting
