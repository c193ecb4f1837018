"""One gateway: the check, and apart from it what can be done with the records of earlier ones.

Data flows from the snapshots through the check into the log; records, receipts and reports read the log. Excluded:
faces (`transport`), opening the parts (`wiring`). Source: DESIGN section 3.
"""

from collections.abc import Callable
from datetime import datetime

from xingate_server.core.subject import SubjectKeyer
from xingate_server.gateway.check import Checker
from xingate_server.gateway.ids import UuidPool
from xingate_server.gateway.ports import Snapshots
from xingate_server.gateway.records.outcomes import Outcomes
from xingate_server.gateway.records.receipts import Proofs
from xingate_server.gateway.records.records import Records
from xingate_server.gateway.snapshots import SnapshotsInUse
from xingate_server.gateway.timestamps import now_utc
from xingate_server.trace.port import TraceLog


class Gateway:
    """The parts of a gateway over one log. Their calls may come from any thread and any event loop.

    `keyer` defaults to that of the snapshots, read when it is first needed. `clock` returns an aware time in UTC,
    `new_id` a UUIDv7; by default those of this machine.
    """

    def __init__(
        self,
        snapshots: Snapshots,
        trace: TraceLog,
        keyer: SubjectKeyer | None = None,
        clock: Callable[[], datetime] = now_utc,
        new_id: Callable[[], str] | None = None,
        proofs: Proofs | None = None,
    ) -> None:
        new_id = new_id or UuidPool().uuid7
        self.snapshots = SnapshotsInUse(snapshots, keyer)
        self.outcomes = Outcomes(trace, self.snapshots.keyer, clock, new_id)
        self.records = Records(trace, self.snapshots.keyer, proofs)
        self.checker = Checker(self.snapshots, trace, self.outcomes, clock, new_id)
