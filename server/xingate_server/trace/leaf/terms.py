"""What a search looks at first: rows of 32 bytes, in blocks that are stored in a table beside the log.

A leaf has one row, a lookup by several numbers one for each key. A row contains the leaf's index, its minute and, as
32-bit digests, what can be searched for. Millions of rows are gone through in a second, newest first, whatever is asked
for, and they are written a thousand leaves at once behind the commits. Rows are derived and only say where to look:
each leaf that may fit is read itself, and so is one without a row or in a block with a wrong checksum. Losing rows
costs time alone. Texts are digested by CRC-32, and of a subject's keyed hash the first 32 bits are taken, so no row
reveals more than its leaf. Excluded: the tables (`trace.sqlite.terms`, `trace.postgres.terms`) and the search
(`trace.audit.search`).
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from struct import Struct
from time import monotonic
from typing import Final, NamedTuple
from zlib import crc32

import msgspec

from xingate_server.trace.leaf.record import ActLeaf, CheckLeaf, DenialLeaf, Leaf, OutcomeLeaf

CHUNK: Final = 1 << 16
"""Leaves that have their blocks together."""
WRITE_AT: Final = 1024
WRITE_AFTER_S: Final = 60.0
KIND_CODES: Final[Mapping[str, int]] = {"check": 1, "outcome": 2, "denial": 3, "act": 4}
VERDICTS_PER_KIND: Final = 16
COLUMNS: Final = ("minute", "subject", "matter", "organisation", "operator", "action", "what")
"""`minute` counts from 1970 in UTC; `what` is the kind's code times 16 plus the
verdict; the others are digests, 0 for what a leaf does not have."""

_NUMBER, _TWO, _FOUR = Struct("=I"), Struct("=2I"), Struct("=4I")
_TERMS_BYTES = _NUMBER.size * len(COLUMNS)
_ROW_BYTES = _NUMBER.size + _TERMS_BYTES
_FORM = ",".join(("1", *COLUMNS)).encode()
_FEW = 8  # values that are worth looking for in the bytes of a block


class Block(NamedTuple):
    """Rows of one chunk. `content` is what is stored, in numbers of 4 bytes: a checksum, the places of leaves counted
    from the chunk's first one, and for each of them the columns."""

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
    (term,) = _NUMBER.unpack(subject_key[:4])
    return int(term)


def minute_of(time: datetime) -> int:
    """The minute of an aware time."""
    return int(time.timestamp()) // 60


def minute_part(time: datetime) -> bytes:
    """The first column."""
    return _NUMBER.pack(minute_of(time))


def answer_part(organisation: str, operator: str, action: str, verdict: int) -> bytes:
    """The columns behind `matter` of a lookup, which recur; the code of a lookup is 1."""
    what = VERDICTS_PER_KIND + verdict
    return _FOUR.pack(text_term(organisation), text_term(operator), text_term(action), what)


def check_terms(
    minute: bytes, subject_key: bytes, matter: str, answer: bytes, further_keys: Sequence[bytes] = ()
) -> bytes:
    """The rows of a lookup, one for each key, but for their place; `minute` and `answer` are made by `minute_part` and
    `answer_part`."""
    rest = _NUMBER.pack(text_term(matter)) + answer
    row = minute + subject_key[:4] + rest
    return row + b"".join([minute + key[:4] + rest for key in further_keys]) if further_keys else row


def terms_of(leaf: Leaf) -> bytes:
    """The rows of any leaf but for their place. Raises ValueError for a time that is none."""
    minute = minute_part(datetime.fromisoformat(leaf.time))
    if isinstance(leaf, CheckLeaf):
        answer = answer_part(leaf.organisation, leaf.operator, leaf.action, leaf.verdict)
        return check_terms(minute, leaf.subject_key, leaf.matter, answer, leaf.further_keys)
    organisation = "" if isinstance(leaf, ActLeaf) else leaf.organisation
    what = KIND_CODES[kind_of(leaf)] * VERDICTS_PER_KIND
    return minute + _TWO.pack(0, 0) + _FOUR.pack(text_term(organisation), text_term(leaf.operator), 0, what)


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
    """Rows by their leaf index, ascending, as blocks; those of one leaf stand together."""
    if not rows:
        return []
    chunk, first = rows[0][0] // CHUNK, rows[0][0]
    if rows[-1][0] // CHUNK != chunk:
        at = bisect_left(rows, ((chunk + 1) * CHUNK,))
        return blocks_of(rows[:at]) + blocks_of(rows[at:])
    base = chunk * CHUNK
    places = [index - base for index, terms in rows for _ in range(len(terms) // _TERMS_BYTES)]
    content = array("I", places).tobytes() + b"".join([terms for _, terms in rows])
    return [Block(chunk, first, _checksum(chunk, content) + content)]


def _checksum(chunk: int, body: bytes) -> bytes:
    """Of a block in this form: one of another release, of another chunk, or damaged has another."""
    return _NUMBER.pack(crc32(body, crc32(_FORM, chunk)))


def candidates(contents: Iterable[bytes], sought: Sought, start: int, stop: int) -> list[int]:
    """The leaves from `start` on, before `stop`, all of one chunk, that have to be read, newest first: those that may
    fit, and those of which the chunk's blocks do not tell."""
    base = start // CHUNK * CHUNK
    is_unknown = bytearray(b"\x01") * CHUNK
    found: set[int] = set()
    for content in contents:
        body = content[_NUMBER.size :]
        count = len(body) // _ROW_BYTES
        if not count or len(body) % _ROW_BYTES or _checksum(base // CHUNK, body) != content[: _NUMBER.size]:
            continue
        table = memoryview(body).cast("I")
        places = table[:count]
        span = places[-1] - places[0] + 1
        if span == len(set(places)):  # without gaps; a leaf may have several rows
            is_unknown[places[0] : places[-1] + 1] = bytes(span)
        else:
            for place in places:
                is_unknown[place] = 0
        found.update(base + places[n] for n in _fitting(body, table[count:], sought))
    found.update(base + place for place in range(start - base, stop - base) if is_unknown[place])
    return sorted((index for index in found if start <= index < stop), reverse=True)


def _fitting(body: bytes, table: "memoryview[int]", sought: Sought) -> Sequence[int]:
    """Which rows of a block may be sought."""
    for values in sought.values.values():
        if len(values) <= _FEW and not any(_NUMBER.pack(value) in body for value in values):
            return ()
    minutes = table[:: len(COLUMNS)]
    if (sought.first or 0) > max(minutes) or (sought.end is not None and sought.end <= min(minutes)):
        return ()
    fitting: Sequence[int] = range(len(minutes))
    for name, values in sought.values.items():
        column = table[COLUMNS.index(name) :: len(COLUMNS)]
        fitting = [n for n in fitting if column[n] in values]
    if sought.first is not None:
        fitting = [n for n in fitting if minutes[n] >= sought.first]
    if sought.end is not None:
        fitting = [n for n in fitting if minutes[n] < sought.end]
    return fitting
