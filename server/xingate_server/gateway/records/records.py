"""The records of a log, for those who look them up, search them, or need what proves them.

Excluded: making records (`gateway.check`, `outcomes`, `denials`), the figures (`usage`). Source: DESIGN section 7.
"""

from collections.abc import Callable, Sequence
from time import monotonic
from typing import Final

from xingate.matter_receipt import MatterReceipt
from xingate.receipt import Receipt
from xingate.types import ConsistencyProof, SignedCheckpoint
from xingate_server.core.subject import SubjectKeyer
from xingate_server.gateway import errors
from xingate_server.gateway.matter import sibling_keys
from xingate_server.gateway.records.receipts import Proofs, Receipts
from xingate_server.gateway.records.search import Search, read_search
from xingate_server.gateway.records.usage import usage_report
from xingate_server.trace import port
from xingate_server.trace.audit.report import Usage
from xingate_server.trace.audit.search import search as find
from xingate_server.trace.audit.tolerant_read import Damaged

MAX_RECORDS: Final = 1000
DEFAULT_RECORDS: Final = 50
SEARCH_S: Final = 1.0  # of one page


class Records:
    """Reads one log. `keyer` returns the maker of this installation's hashes. For any number of threads."""

    def __init__(self, trace: port.TraceLog, keyer: Callable[[], SubjectKeyer], proofs: Proofs | None) -> None:
        self._trace = trace
        self._keyer = keyer
        self._receipts = Receipts(trace, proofs)

    @property
    def origin(self) -> str:
        """The name of the log."""
        return self._trace.origin

    def get(self, record_id: str) -> port.Stored:
        """One record. Raises UnknownRecordError, and UnavailableError if the log cannot be read."""
        try:
            stored = self._trace.get(record_id)
        except port.TraceError as error:
            raise errors.of_trace(error) from error
        if stored is None:
            text = "no record has this id"
            raise errors.UnknownRecordError("record_unknown", text, "record_id")
        return stored

    def page(self, limit: int = DEFAULT_RECORDS, before: int | None = None) -> Sequence[port.Stored]:
        """At most `limit` (1 to 1000) records, newest first, with an index below `before`."""
        check_limit(limit)
        try:
            return self._trace.list(limit, before)
        except port.TraceError as error:
            raise errors.of_trace(error) from error

    def search(self, search: Search, limit: int, before: int | None = None) -> tuple[list[port.Stored], int | None]:
        """At most `limit` (1 to 1000) records that fit, newest first, with an index below `before`; and where to look
        further. Fewer, also none, after a second: for a thread of its own. Raises GatewayError."""
        check_limit(limit)
        query = read_search(search, self._keyer)
        until = monotonic() + SEARCH_S
        try:
            page = find(self._trace, query, limit, before, lambda: monotonic() < until)
        except port.TraceError as error:
            raise errors.of_trace(error) from error
        leaves = [leaf for leaf in page.leaves if isinstance(leaf, port.Stored)]
        for leaf in page.leaves:
            if isinstance(leaf, Damaged):
                text = f"{leaf.what}: look before it (`before` {leaf.leaf_index}) and behind it apart"
                raise errors.UnavailableError("log_damaged", text)
        return leaves, page.next_before

    async def receipt(self, record_id: str) -> Receipt:
        """What proves one record offline. Raises UnknownRecordError, and UnavailableError (`checkpoint_pending`)."""
        return await self._receipts.receipt(self.get(record_id))

    async def matter_receipt(self, record_id: str) -> MatterReceipt:
        """What proves the records of all parties of the matter check that this record is part of, offline.

        Raises UnknownRecordError, InvalidQuestionError (`record_not_matter`), UnavailableError.
        """
        leaves = [self._found(*key) for key in sibling_keys(self.get(record_id))]
        return MatterReceipt(tuple(await self._receipts.receipts(leaves)))

    async def checkpoint(self) -> SignedCheckpoint:
        """The newest signed checkpoint of the log. Raises UnavailableError."""
        return await self._receipts.checkpoint()

    async def consistency_proof(self, size1: int, size2: int = 0) -> ConsistencyProof:
        """That the log at `size2` (0: the newest checkpoint's) begins with the log at `size1`.

        Raises InvalidQuestionError (`size_unknown`, `size_order`), UnavailableError.
        """
        return await self._receipts.consistency_proof(size1, size2)

    def usage_report(self, first: str, last: str, by: str) -> Usage:
        """Figures over the whole log (`gateway.records.usage`): for a thread of its own. Raises GatewayError."""
        return usage_report(self._trace, first, last, by)

    def _found(self, system: str, organisation: str, request_id: str) -> port.Stored:
        try:
            stored = self._trace.find("check", system, organisation, request_id)
        except port.TraceError as error:
            raise errors.of_trace(error) from error
        if stored is None:
            text = "another party of this matter check has no record: its call failed, so ask it again"
            raise errors.UnknownRecordError("record_unknown", text, "record_id")
        return stored


def check_limit(limit: int) -> None:
    """Raises InvalidQuestionError for a page of less than one record or more than `MAX_RECORDS`."""
    if not 1 <= limit <= MAX_RECORDS:
        text = f"`{limit}` records at once: ask for 1 to {MAX_RECORDS}"
        raise errors.InvalidQuestionError("limit_out_of_range", text, "limit")
