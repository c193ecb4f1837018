"""A bounded cache: new values replace the oldest.

A read is one dict lookup, takes no lock and changes nothing; a least-recently-used cache needs a lock for reads by
several threads. Excluded: expiry. The key must contain all that the value depends on.
"""

from collections.abc import Hashable
from threading import Lock
from typing import Generic, TypeVar

_K = TypeVar("_K", bound=Hashable)
_V = TypeVar("_V")


class BoundedCache(Generic[_K, _V]):
    """At most `most` values by their keys, for any number of threads."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: dict[_K, _V] = {}
        self._changing = Lock()
        self.get = self._values.get

    def put(self, key: _K, value: _V) -> _V:
        """Store `value`, and return it."""
        with self._changing:
            if len(self._values) >= self._most and key not in self._values:
                del self._values[next(iter(self._values))]
            self._values[key] = value
        return value

    def __len__(self) -> int:
        return len(self._values)
