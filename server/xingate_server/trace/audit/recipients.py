"""Who received an answer that showed an entry, so that a correction reaches them (Cl. 25); or any answer at all about a
subject (`trace.audit.search` finds those), so that a new listing does.

Of an entry, every lookup is listed whose answer showed it: acting, suspended, withheld, ended, as a record, or in a gap
(`identity_unsettled`, `row_unreadable`, `commitment_overdue`). Candidates carry no entry id and are not found. A record
that is in several logs is listed once. Excluded: notifying them.
"""

from collections.abc import Iterable, Iterator

import msgspec

from xingate_server.core.catalogue import Verdict
from xingate_server.trace.audit.tolerant_read import Damaged
from xingate_server.trace.leaf.record import CheckLeaf, read
from xingate_server.trace.port import Stored


class Recipient(msgspec.Struct, frozen=True, kw_only=True):
    """One lookup whose answer is concerned; `time` is RFC 3339 in UTC."""

    organisation: str
    system: str
    operator: str
    matter: str
    time: str
    verdict: Verdict
    record_id: str


def recipient(leaf: CheckLeaf) -> Recipient:
    """Who received the answer of a lookup."""
    return Recipient(
        organisation=leaf.organisation,
        system=leaf.system,
        operator=leaf.operator,
        matter=leaf.matter,
        time=leaf.time,
        verdict=leaf.verdict,
        record_id=leaf.record_id,
    )


class Recipients:
    """Goes through logs for one entry, or ("") for all lookups among the leaves that it is given. `damaged` names those
    that could not be read."""

    def __init__(self, entry_id: str) -> None:
        self._entry_id = entry_id
        self._seen: set[str] = set()
        self.damaged: list[str] = []

    def take(self, where: str, leaves: Iterable[Stored | Damaged]) -> Iterator[Recipient]:
        """Those of one log, in its order; memory grows with them alone."""
        for stored in leaves:
            if isinstance(stored, Damaged):
                self.damaged.append(f"{where}: {stored.what}")
            elif stored.kind == "check" and stored.record_id not in self._seen:
                try:
                    leaf = read(stored.leaf)
                except ValueError as error:
                    self.damaged.append(f"{where}: leaf {stored.leaf_index} is damaged: {error}")
                    continue
                if isinstance(leaf, CheckLeaf) and (not self._entry_id or self._entry_id in leaf.entry_ids):
                    self._seen.add(stored.record_id)
                    yield recipient(leaf)
