"""UUIDs of version 7 (RFC 9562, section 5.7): ordered by time, so that neighbours in time are neighbours in the index.

The 12 bits after the milliseconds hold the fraction of the millisecond (RFC 9562, section 6.2, method 3); the other
62 are random, from a pool: a system call for each id would hand the interpreter to another thread each time. Python
has no uuid7 before 3.14.
"""

import os
import time

_NS_PER_MS = 1_000_000
_RANDOM_DIGITS = 16
_POOL = 1024  # ids
_VARIANTS = {f"{digit:x}": "89ab"[digit & 3] for digit in range(16)}  # 10xx: two bits of the digit stay

_pool: list[str] = []  # the last 19 characters of ids


def uuid7() -> str:
    """A fresh id in its usual text form, from any thread."""
    milliseconds, rest = divmod(time.time_ns(), _NS_PER_MS)
    try:
        random = _pool.pop()
    except IndexError:
        random = _fill_pool()
    return f"{milliseconds >> 16:08x}-{milliseconds & 0xFFFF:04x}-7{(rest << 12) // _NS_PER_MS:03x}-{random}"


def _fill_pool() -> str:
    """Put ends of ids into the pool, all but the one that is given back."""
    digits = os.urandom(_POOL * _RANDOM_DIGITS // 2).hex()
    fresh = [_end(digits[start : start + _RANDOM_DIGITS]) for start in range(0, len(digits), _RANDOM_DIGITS)]
    mine = fresh.pop()
    _pool.extend(fresh)
    return mine


def _end(random: str) -> str:
    return f"{_VARIANTS[random[0]]}{random[1:4]}-{random[4:]}"


os.register_at_fork(after_in_child=_pool.clear)  # or parent and child would give out the same ids
