"""What a store's row becomes, the same for every store: a leaf that is checked, and the outcome of a draft.

Excluded: how rows are written and found (`trace.sqlite.store`, `trace.postgres.store`). Source: DESIGN section 7.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from xingate.errors import ProofError
from xingate.merkle import Frontier, leaf_hash
from xingate_server.trace.port import (
    Draft,
    LeafKind,
    Outcome,
    ReadFailedError,
    RecordFailedError,
    RequestIdReusedError,
    Stored,
    StoreUnusableError,
)
from xingate_server.trace.row_checksum import seal

Key = tuple[str, str, str, str]
"""`Draft.key`."""


class Row(msgspec.Struct, array_like=True, frozen=True):
    """A row as it is read, in the order of `COLUMNS`."""

    leaf_index: int
    kind: LeafKind
    record_id: str
    request_id: str
    time: str
    question_digest: bytes
    leaf: bytes
    answer: bytes
    system: str
    organisation: str
    leaf_hash: bytes
    topic: bytes
    seal: bytes


COLUMNS: Final = Row.__struct_fields__


def stored(values: Sequence[object], *, is_replay: bool = False) -> Stored:
    """Raises ReadFailedError for a row that is not as it was written: better no answer than an altered one."""
    try:
        row = msgspec.convert(values, Row)
    except msgspec.ValidationError as error:
        raise ReadFailedError(f"leaf {values[0]!r} is damaged: {error}") from error
    if leaf_hash(row.leaf) != row.leaf_hash or seal(row) != row.seal:
        raise ReadFailedError(f"leaf {row.leaf_index} is damaged: its bytes are not those that were recorded")
    return Stored(
        leaf_index=row.leaf_index,
        kind=row.kind,
        record_id=row.record_id,
        request_id=row.request_id,
        time=row.time,
        question_digest=row.question_digest,
        leaf=row.leaf,
        answer=row.answer,
        is_replay=is_replay,
    )


def fresh(draft: Draft, leaf_index: int) -> Stored:
    """The leaf that a draft has just become."""
    return Stored(
        leaf_index=leaf_index,
        kind=draft.kind,
        record_id=draft.record_id,
        request_id=draft.request_id,
        time=draft.time,
        question_digest=draft.question_digest,
        leaf=draft.leaf,
        answer=draft.answer,
    )


def outcome(draft: Draft, row: Stored | None, why: str) -> Outcome:
    """What a draft gets, given what is stored under its key."""
    if row is None:
        return RecordFailedError(f"the record could not be made durable: {why}")
    if row.question_digest != draft.question_digest:
        return RequestIdReusedError(draft.request_id)
    is_replay = row.record_id != draft.record_id
    return row if row.is_replay is is_replay else msgspec.structs.replace(row, is_replay=is_replay)


def tip_of(rows: Sequence[tuple[str | bytes | int | float | None, ...]], path: Path) -> Frontier:
    """The frontier that the newest row of a file holds. Raises StoreUnusableError if it is not that of the row."""
    if not rows:
        return Frontier()
    leaf_index, content = int(str(rows[0][0])), rows[0][1]
    try:
        frontier = Frontier.from_bytes(content if isinstance(content, bytes) else b"")
    except ProofError as error:
        raise StoreUnusableError(
            f"{path} is damaged at leaf {leaf_index}: its frontier cannot be read: {error}"
        ) from error
    if frontier.size - 1 != leaf_index:
        raise StoreUnusableError(
            f"{path} is damaged: its newest leaf {leaf_index} has a frontier of {frontier.size} leaves"
        )
    return frontier
