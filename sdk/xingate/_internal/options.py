"""What a client is made with: who asks, the time limit, retries, the spool."""

from dataclasses import dataclass, field, replace
from pathlib import Path

from xingate._internal.retry import RetryPolicy, require_timeout
from xingate.spool import Spool
from xingate.types import Caller, Decision


@dataclass(frozen=True)
class Options:
    """What a client is made with."""

    caller: Caller
    timeout_s: float = 10.0
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    spool: Spool | None = None

    def __post_init__(self) -> None:
        require_timeout(self.timeout_s)

    def caller_with(self, operator: str) -> Caller:
        """The caller, with a call's own operator where there is one."""
        return replace(self.caller, operator=operator) if operator else self.caller

    def keep(self, *answers: object) -> None:
        """Put every decision among the answers into the spool, if there is one."""
        if self.spool is not None:
            for answer in answers:
                if isinstance(answer, Decision):
                    self.spool.keep(answer)


def open_spool(spool: "Path | str | Spool | None") -> Spool | None:
    """The spool that `connect` was given."""
    return spool if spool is None or isinstance(spool, Spool) else Spool(spool)
