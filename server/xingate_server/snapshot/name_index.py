"""The names of listed subjects, to be found when they are written otherwise: read in place from an open snapshot.

Two databases: `listed` (a name's number, 4 bytes -> the normalised name) and `gram` (8-byte hash of class and gram ->
how many names have it, then their numbers, unless they are more than `MOST_FREQUENT`). `compile.name_index` writes
them. Source: DESIGN section 6.
"""

import struct
from array import array
from hashlib import blake2b
from typing import Any

from xingate_server.core.subject import SubjectClass

NUMBER = struct.Struct(">I")
FREQUENCY = struct.Struct("<I")
_GRAM_BYTES = 8


def gram_key(subject_class: str, gram: str) -> bytes:
    """The 8 bytes under which a gram of one class is stored."""
    return blake2b(f"{subject_class}:{gram}".encode(), digest_size=_GRAM_BYTES).digest()


class StoredNames:
    """The index of one class in an open snapshot, for one thread (`core.names.search.NameIndex`)."""

    def __init__(self, transaction: Any, listed: Any, gram: Any, subject_class: SubjectClass) -> None:
        self._transaction = transaction
        self._listed = listed
        self._gram = gram
        self._class = subject_class

    @property
    def are_people(self) -> bool:
        """Whether they are names of people."""
        return self._class is SubjectClass.PERSON

    def frequency(self, gram: str) -> int:
        """How many names have a gram."""
        packed = self._transaction.get(gram_key(self._class, gram), db=self._gram)
        return int(FREQUENCY.unpack_from(packed)[0]) if packed else 0

    def names_with(self, gram: str) -> "array[int]":
        """The numbers of the names that have it."""
        numbers = array("I")
        packed = self._transaction.get(gram_key(self._class, gram), db=self._gram)
        if packed:
            numbers.frombytes(packed[FREQUENCY.size :])
        return numbers

    def name(self, number: int) -> str:
        """A name by its number."""
        return bytes(self._transaction.get(NUMBER.pack(number), db=self._listed)).decode()
