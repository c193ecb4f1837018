"""Who received an answer that showed an entry, so that a correction reaches them (Cl. 25).

Every lookup is listed whose answer showed the entry: acting, suspended, withheld, ended, as a record, or in a gap
(`identity_unsettled`, `row_unreadable`, `commitment_overdue`). Candidates carry no entry id and are not found. A record
that stands in several logs is listed once. Excluded: telling them.
"""

from collections.abc import Iterable, Iterator

import msgspec

from xingate_server.core.catalogue import Verdict
from xingate_server.trace.leaf import CheckLeaf, read
from xingate_server.trace.log import Stored
from xingate_server.trace.walk import Damaged


class Recipient(msgspec.Struct, frozen=True, kw_only=True):
    """One lookup whose answer showed the entry; `time` is RFC 3339 in UTC."""

    organisation: str
    system: str
    operator: str
    matter: str
    time: str
    verdict: Verdict
    record_id: str


class Recipients:
    """Goes through logs for one entry. `damaged` names the leaves that could not be read."""

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
                if isinstance(leaf, CheckLeaf) and self._entry_id in leaf.entry_ids:
                    self._seen.add(stored.record_id)
                    yield _recipient(leaf)


def _recipient(leaf: CheckLeaf) -> Recipient:
    return Recipient(
        organisation=leaf.organisation,
        system=leaf.system,
        operator=leaf.operator,
        matter=leaf.matter,
        time=leaf.time,
        verdict=leaf.verdict,
        record_id=leaf.record_id,
    )
