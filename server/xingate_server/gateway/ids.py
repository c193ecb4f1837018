"""UUIDs of version 7 (RFC 9562, section 5.7): ordered by time, so that neighbours in time are neighbours in the index.

The 12 bits after the milliseconds contain the fraction of the millisecond (RFC 9562, section 6.2, method 3); the other
62 are random. Python has no uuid7 before 3.14.
"""

import os
import time
from collections.abc import Iterator

_NS_PER_MS = 1_000_000
_RANDOM_DIGITS = 16
_POOL = 1024  # ids
_VARIANTS = {f"{digit:x}": "89ab"[digit & 3] for digit in range(16)}  # 10xx: two bits of the digit stay


def uuid7() -> str:
    """A fresh id in its usual text form."""
    return _id(next(_ends(1)))


class UuidPool:
    """Makes ids with random digits from a pool: a system call for each would hand the interpreter to another thread.

    For any number of threads of one process; a forked child takes none of its parent's.
    """

    def __init__(self) -> None:
        self._ends: list[str] = []
        self._process = os.getpid()

    def uuid7(self) -> str:
        """A fresh id in its usual text form."""
        if self._process != (process := os.getpid()):
            self._ends, self._process = [], process
        try:
            end = self._ends.pop()
        except IndexError:
            self._ends.extend(_ends(_POOL))
            end = next(_ends(1))
        return _id(end)


def _id(end: str) -> str:
    milliseconds, rest = divmod(time.time_ns(), _NS_PER_MS)
    return f"{milliseconds >> 16:08x}-{milliseconds & 0xFFFF:04x}-7{(rest << 12) // _NS_PER_MS:03x}-{end}"


def _ends(count: int) -> Iterator[str]:
    """The random last 19 characters of `count` ids."""
    digits = os.urandom(count * _RANDOM_DIGITS // 2).hex()
    for start in range(0, len(digits), _RANDOM_DIGITS):
        random = digits[start : start + _RANDOM_DIGITS]
        yield f"{_VARIANTS[random[0]]}{random[1:4]}-{random[4:]}"
