"""The states in which a gateway fails: a line in the log when each begins and one when it ends, never one in between.

While one of `SILENCING` lasts, this process answers no question; during the others it does, as the line shows. Callers
that get an error are counted apart (`xingate_errors_total`). Excluded: a worker that is stuck, since it cannot log
that itself (`serve`).
"""

from collections.abc import Mapping
from time import monotonic
from typing import Final

import structlog

SNAPSHOT_MISSING: Final = "snapshot_missing"
RECORD_FAILED: Final = "record_failed"
LOG_REFUSED: Final = "log_refused"
DRAINING: Final = "draining"
SILENCING: Final = (SNAPSHOT_MISSING, RECORD_FAILED, LOG_REFUSED, DRAINING)
"""While one of these lasts, no question is answered."""

OVERLOADED: Final = "overloaded"
CHECKPOINT_FAILED: Final = "checkpoint_failed"
ANCHOR_FAILED: Final = "anchor_failed"

_LOGGED_ELSEWHERE = (DRAINING, LOG_REFUSED)  # by lines of their own

LEAST_S: Final = 1.0
"""A state that comes and goes is one as long as it comes back within this time."""

log = structlog.get_logger(__name__)


class Faults:
    """Those of one process. `begin` may be called from any thread, `look` from one."""

    def __init__(self) -> None:
        self._began: dict[str, float] = {}
        self._seen: dict[str, float] = {}

    def begin(self, fault: str, problem: str) -> None:
        """It is there, now or still; `problem` says why, without what a caller sent."""
        now = monotonic()
        self._seen[fault] = now
        if self._began.setdefault(fault, now) == now and fault not in _LOGGED_ELSEWHERE:
            log.error("fault begins", fault=fault, is_answering=fault not in SILENCING, problem=problem)

    def look(self, present: Mapping[str, str]) -> None:
        """Take in all that can be seen at the moment, by its problem; what is not there any more ends."""
        for fault, problem in present.items():
            self.begin(fault, problem)
        now = monotonic()
        for fault in set(self._began) - present.keys():
            if now - self._seen[fault] >= LEAST_S:
                lasted_s = round(now - self._began.pop(fault), 1)
                log.info("fault ends", fault=fault, lasted_s=lasted_s)
