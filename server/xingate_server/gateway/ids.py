"""UUIDs of version 7 (RFC 9562, section 5.7): ordered by time, so that neighbours in time are neighbours in the index.

The 12 bits after the milliseconds hold the fraction of the millisecond (RFC 9562, section 6.2, method 3); the other
62 are random. Python has no uuid7 before 3.14.
"""

import os
import time
from uuid import UUID

_NS_PER_MS = 1_000_000
_VERSION, _VARIANT = 0x7, 0b10


def uuid7() -> str:
    """A fresh id in its usual text form."""
    milliseconds, rest = divmod(time.time_ns(), _NS_PER_MS)
    fraction = (rest << 12) // _NS_PER_MS
    random = int.from_bytes(os.urandom(8), "big") >> 2
    return str(
        UUID(int=(milliseconds & (1 << 48) - 1) << 80 | _VERSION << 76 | fraction << 64 | _VARIANT << 62 | random)
    )
