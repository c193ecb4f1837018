"""What keeping an answer in the SDK's spool costs its caller, in a full spool, and a receipt's durable write.

python benchmarks/spool.py [ANSWERS]
"""

import statistics
import sys
import tempfile
import time
import uuid
from pathlib import Path

from xingate.spool import MOST_RECORDS, Spool
from xingate.types import Decision, TraceRef, Verdict

RECEIPTS, RECEIPT_BYTES = 100, 2000


def decision(number: int) -> Decision:
    return Decision("r", Verdict.CLEAR, TraceRef(str(uuid.uuid4()), number, "log.example"), decision_digest="d" * 64)


def main(answers: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        spool = Spool(Path(folder) / "spool")
        for number in range(MOST_RECORDS):
            spool.keep(decision(number))
        decisions = [decision(number) for number in range(answers)]
        took, started = [], time.process_time()
        for each in decisions:
            at = time.perf_counter()
            spool.keep(each)
            took.append(time.perf_counter() - at)
        cpu_us = (time.process_time() - started) / answers * 1e6
        at = time.perf_counter()
        for each in decisions[-RECEIPTS:]:
            spool.keep_receipt(each.trace.record_id, "x" * RECEIPT_BYTES)
        receipt_ms = (time.perf_counter() - at) / RECEIPTS * 1e3
    print(
        f"answer: median {statistics.median(took) * 1e6:.1f} us, processor {cpu_us:.1f} us, longest "
        f"{max(took) * 1e3:.2f} ms; receipt: {receipt_ms:.2f} ms"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else MOST_RECORDS)
