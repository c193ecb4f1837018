"""When what has arrived is taken together: the one rule of batches, for records (`group_commit`) and for questions.

A batch is cut as soon as it contains as many as the last one plus those that came meanwhile, or after a multiple of the
time that the last one took: those just answered are about to ask again, and waiting for them saves a batch, but it may
not cost more than it saves. A lone caller never waits. Excluded: locks, timers, threads. Source: DESIGN section 12.
"""

from typing import Final

LINGER_S: Final = 0.004


class Pacing:
    """How many to wait for, and until when. Times are those of one monotonic clock, in seconds.

    A batch holds at most `most`; it is waited for at most `linger_s`, and at most `linger_times` as long as the last
    one took.
    """

    def __init__(self, most: int, linger_times: int, linger_s: float = LINGER_S) -> None:
        self.target = 1
        self._most = most
        self._linger_times = linger_times
        self._linger_s = linger_s
        self._until = 0.0

    def left_s(self, now: float) -> float:
        """How long it is still worth waiting for more; not above 0 when it is not."""
        return self._until - now

    def answered(self, count: int, waiting: int, began: float, now: float) -> None:
        """`count`, taken at `began`, are about to be answered and may ask again; `waiting` came meanwhile."""
        self.target = min(count + waiting, self._most)
        self._until = now + min(self._linger_s, self._linger_times * (now - began))

    def nobody_came(self) -> None:
        """The time is over and nothing waits: whoever comes next is taken at once."""
        self.target = 1
