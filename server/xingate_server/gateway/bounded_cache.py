"""A bounded cache: a value stays until newer ones take its place, the oldest first.

Reading takes no lock and changes nothing: one look into a dict. Caches that keep what was used last have to be locked
to be read by several threads. Excluded: when a value stops being true (the key has to say it).
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
