"""How often an unavailable gateway is asked again, and the time that one call has. Nothing here sleeps.

A retry carries the same bytes, so the same request id, and a recorded answer comes back unchanged (DESIGN section 7).
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from xingate.errors import DeadlineError, UnavailableError


@dataclass(frozen=True)
class RetryPolicy:
    """How often an unavailable gateway is asked again, and how long is waited in between.

    Pauses grow from `pause_s` by `factor` up to `max_pause_s`; each is cut at random by up to a half, so that
    many callers do not come back at once. Where the gateway says after how long to ask again, the pause is that, and at
    random up to a half more. Everything ends with the call's own time limit.
    """

    attempts: int = 4
    pause_s: float = 0.05
    factor: float = 4.0
    max_pause_s: float = 2.0

    def __post_init__(self) -> None:
        if self.attempts < 1 or self.pause_s < 0 or self.factor < 1:
            raise ValueError("a retry policy has at least 1 attempt, a pause of 0 or more and a factor of 1 or more")


def require_timeout(timeout_s: float) -> float:
    """The time limit. Raises ValueError for one that leaves no time, or is not a number."""
    if not timeout_s > 0:
        raise ValueError(f"timeout_s is above 0, not {timeout_s}")
    return timeout_s


class Attempts:
    """The time and the tries that one call has."""

    def __init__(self, policy: RetryPolicy, timeout_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._policy = policy
        self._clock = clock
        self._deadline = clock() + require_timeout(timeout_s)
        self._failed = 0

    @property
    def timeout_s(self) -> float:
        """The seconds that the next try may take."""
        return max(self._deadline - self._clock(), 0.001)

    def pause_s(self, error: UnavailableError) -> float:
        """The seconds to wait after `error`; raises it when there is no further try."""
        self._failed += 1
        policy = self._policy
        pause = min(policy.pause_s * policy.factor ** (self._failed - 1), policy.max_pause_s)
        pause *= random.uniform(0.5, 1.0)  # noqa: S311 -- spreads callers out, guards nothing
        pause = max(pause, error.retry_after_s * random.uniform(1.0, 1.5))  # noqa: S311 -- the same
        is_last = self._failed >= policy.attempts or self._clock() + pause >= self._deadline
        if is_last or isinstance(error, DeadlineError):
            raise error
        return pause
