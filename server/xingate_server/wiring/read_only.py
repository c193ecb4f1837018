"""The records of a state directory for commands that only read: nothing is made, written or signed.

Reading a log in PostgreSQL takes SELECT rights alone. Receipts use the checkpoint that exists. Excluded: answering
questions, reports on them, and signing (`wiring.embedded`).
"""

import asyncio

from xingate.errors import ProtocolError, UnavailableError, XingateError, from_status
from xingate_server.gateway.gateway import Gateway
from xingate_server.settings import Settings
from xingate_server.snapshot.store import SnapshotSet
from xingate_server.trace.tree.checkpoint_files import CheckpointFiles
from xingate_server.trace.tree.signed_checkpoints import SignedCheckpoints
from xingate_server.trace.tree.signing import public_key
from xingate_server.transport.handlers import Handlers, call
from xingate_server.transport.metrics import Metrics
from xingate_server.transport.status import fault_of
from xingate_server.wiring.open_log import open_log

_RECORDS = ("GetRecord", "ListRecords")
_PROOFS = ("GetReceipt", "GetMatterReceipt", "GetCheckpoint", "GetConsistencyProof")
_TITLES = ("GetSnapshot", "ListActions", "ListMeasures")  # of a receipt's page
_CALLS = frozenset((*_RECORDS, *_PROOFS, *_TITLES))


class ReadingBackend:
    """A `Backend` of the SDK that takes the calls for records alone. Raises TraceError if there is no log."""

    def __init__(self, settings: Settings) -> None:
        self._log = open_log(settings, must_exist=True)
        key = public_key(settings.state)
        is_signed = CheckpointFiles(settings.state / "trace").read() is not None
        self._missing_key = settings.state / "keys" / "trace.pub" if is_signed and not key else None
        self._proofs = SignedCheckpoints(self._log, key, settings.state / "trace") if key else None
        gateway = Gateway(SnapshotSet(settings.state), self._log, proofs=self._proofs)
        self._handlers = Handlers(gateway, Metrics())

    def call(self, method: str, payload: bytes, /) -> bytes:
        """Answer one request. Raises errors of `xingate.errors`."""
        return asyncio.run(self.acall(method, payload))

    async def acall(self, method: str, payload: bytes, /) -> bytes:
        """The same for asyncio."""
        if method not in _CALLS:
            raise ProtocolError(f"a log that is only read takes no call `{method}`")
        if method in _PROOFS and self._missing_key is not None:
            text = (
                f"{self._missing_key} is missing, without which no checkpoint of this log can be verified: copy it too"
            )
            raise UnavailableError(text, reason="proofs_missing")
        try:
            return await call(self._handlers, method, payload)
        except Exception as error:  # noqa: BLE001 - the table says what a caller is told
            fault = fault_of(error)
            told: XingateError = from_status(fault.code, fault.reason, fault.message, fault.field)
            raise told from None

    def close(self) -> None:
        """Close the log."""
        if self._proofs is not None:
            self._proofs.close()
        self._log.close()
