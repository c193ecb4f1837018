"""What `verify_all` found: of the log as a whole, and of each answer that the spool kept."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class RecordResult:
    """One answer. `check` is "proven", or the first thing that is wrong:

    "missing" the gateway has no such record; "changed" the record says something else than the answer did; "other_log"
    it was recorded in another log than this gateway keeps; "unconnected" its checkpoint and the present one are not
    shown to be of one history; "damaged" the spool's own file is; otherwise a step of `xingate.receipt.CHECKS`.
    """

    record_id: str
    leaf_index: int
    check: str
    message: str = ""

    @property
    def is_proven(self) -> bool:
        """Whether the log holds the very answer that was given."""
        return self.check == "proven"


@dataclass(frozen=True)
class SpoolReport:
    """What is proven. `problem` is what is wrong with the log as a whole, or "".

    `size` is that of the gateway's checkpoint and `earlier_size` that of the one seen before (None: none was): without
    a problem, every leaf of the earlier one stands unchanged in the present one. `is_new_key`: the log's key was not
    known before and is trusted from now on; compare `verifier_key` with what the operator publishes.
    """

    origin: str
    verifier_key: str
    is_new_key: bool
    size: int
    earlier_size: int | None
    problem: str
    records: tuple[RecordResult, ...]

    @property
    def is_proven(self) -> bool:
        """Whether the log as a whole and every answer hold."""
        return not self.problem and all(record.is_proven for record in self.records)

    @property
    def wrong(self) -> tuple[RecordResult, ...]:
        """The answers that are not proven."""
        return tuple(record for record in self.records if not record.is_proven)

    def lines(self) -> Iterator[str]:
        """The report for people: Chinese and English."""
        count = len(self.records) - len(self.wrong)
        yield f"日志 log {self.origin}: {self.size} 条记录 leaves"
        if self.is_new_key:
            yield f"首次采用的日志公钥，请与运行单位公布的核对 key trusted at first use: {self.verifier_key}"
        if self.problem:
            yield f"日志不可信 the log does not hold: {self.problem}"
        elif self.earlier_size is not None:
            yield f"只增不改：自 {self.earlier_size} 条以来 only grew since {self.earlier_size} leaves"
        yield f"已证明 proven: {count} / {len(self.records)}"
        for record in self.wrong:
            yield f"  {record.record_id}: {record.check}: {record.message}"

    def __str__(self) -> str:
        return "\n".join(self.lines())
